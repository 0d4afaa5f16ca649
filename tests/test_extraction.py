"""Phrases out of a model's sentences, and garments out of phrases."""

from __future__ import annotations

import pytest

from pvchat.chat.reader.captions import dressed, garments, read_phrase
from pvchat.schemas import Garment


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
        ("scene", "Two dogs run on the beach .", "Two dogs run on the beach."),
        ("scene", "", ""),
    ],
)
def test_phrases_are_read_out_of_sentences(kind: str, text: str, phrase: str) -> None:
    assert read_phrase(kind, text) == phrase


def test_garments_are_taken_apart() -> None:
    found = garments("a red shirt, blue jeans and a hat")
    assert [(g.kind, g.colour) for g in found] == [("shirt", "red"), ("jeans", "blue"), ("hat", None)]
    assert garments("a 100% thing") == []


def test_a_told_garment_names_the_kind_of_a_measured_one_only() -> None:
    top = Garment("top", "black", 0.9)
    assert dressed([top], garments("a dark jacket")) == [Garment("jacket", "black", 0.9)]
    assert dressed([top], garments("a red jacket and blue jeans")) == [top]
    assert dressed([Garment("coat", "black", 0.9)], garments("a black dress")) == [Garment("coat", "black", 0.9)]
    assert dressed([], garments("a black dress")) == garments("a black dress")
