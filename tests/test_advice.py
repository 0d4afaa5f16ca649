"""What would make an enrollment better is said, and only where something would."""

from __future__ import annotations

from dataclasses import replace

import pytest
from make_analysis import make_analysis, make_track

from pvchat.identity.advice import advice
from pvchat.schemas import SceneFacts


def said(track, **fields) -> str:
    return " ".join(advice(track, replace(make_analysis(track, **fields), width=640, height=480)))


def test_a_good_clip_gets_no_advice() -> None:
    assert said(make_track(1)) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"box": (0.5, 0.5, 0.53, 0.54)}, "only 19 pixels high"),
        ({"quality": 0.2}, "blurred"),
        ({"frames": [3]}, "seen for only"),
        ({"kind": "figure"}, "No face was found"),
    ],
)
def test_what_is_poor_is_named(change, words: str) -> None:
    assert words in said(make_track(1, **change))


def test_a_turned_and_a_masked_face_are_named() -> None:
    turned = make_track(1)
    turned.points[:, 2, 0] = turned.points[:, 1, 0]  # the nose under an eye
    assert "from the side" in said(turned)
    masked = make_track(1)
    masked.facts.features = ["a face mask"]
    assert "mask" in said(masked)


def test_dark_clips_are_called_dark() -> None:
    track = make_track(1, quality=0.2)
    analysis = replace(make_analysis(track), width=640, height=480, scene=SceneFacts(light="dark"))
    assert any("dark" in sentence for sentence in advice(track, analysis))
