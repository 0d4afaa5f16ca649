"""Phrases out of a model's sentences."""

from __future__ import annotations

import pytest

from pvchat.augment.questions.measured import read_phrase


@pytest.mark.parametrize(
    ("kind", "text", "phrase"),
    [
        ("action", "The man is riding a bike on the beach .", "riding a bike on the beach"),
        ("action", "A man in a red shirt is playing a guitar.", "playing a guitar"),
        ("action", "A woman wearing a hat sitting on a bench .", "sitting on a bench"),
        ("action", "The person is wearing a red shirt.", ""),
        ("action", "In the park.", ""),
        ("action", "Two people are smiling for the camera . They talk .", "smiling for the camera"),
        ("action", "The man is riding a", ""),
        ("appearance", "The woman is wearing a black dress and a hat.", "a black dress and a hat"),
        ("appearance", "A man in a blue suit.", "a blue suit"),
        ("appearance", "The man is sitting.", ""),
        ("location", "In the park.", "in the park"),
        ("location", "The video was taken in a kitchen .", "in a kitchen"),
        ("location", "A dog.", ""),
    ],
)
def test_phrases_are_read_out_of_sentences(kind: str, text: str, phrase: str) -> None:
    assert read_phrase(kind, text) == phrase
