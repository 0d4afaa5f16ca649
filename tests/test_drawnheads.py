"""Faces of drawn figures: which of those that are found count, and what lies above and below them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from test_facts import analysis, track_at

from pvchat.perception import drawnheads, facts
from pvchat.perception.drawnheads import LOOKS, SHOWN, face_in
from pvchat.perception.sightings import pictured
from pvchat.schemas import ClipAnalysis, PersonFacts, Track

FIGURE = np.float32([0.25, 0.1, 0.75, 0.6])
IMAGE = np.full((200, 200, 3), 240, np.uint8)


def finds(*boxes: tuple[float, float, float, float]) -> SimpleNamespace:
    """A detector that finds these boxes (fractions of what it is shown), the first one surest."""
    scores = np.linspace(0.9, 0.5, len(boxes)).astype(np.float32)
    return SimpleNamespace(faces=lambda image, least: (np.float32(boxes).reshape(-1, 4), None, scores))


def measured(
    clip: SimpleNamespace, seen: ClipAnalysis, detector: SimpleNamespace, monkeypatch, **shows: float
) -> PersonFacts:
    """The facts of a drawn figure whose head shows, with these probabilities, what is named, by a network's word."""
    rows = [[shows.get(name, 0.0) for name in names] for names in (SHOWN, LOOKS)]
    monkeypatch.setattr(
        drawnheads, "read_heads", lambda seen, _: tuple(np.float32([row] * len(seen.rows)) for row in rows)
    )
    experts = SimpleNamespace(frames=None, faces=SimpleNamespace(wide=detector))
    return facts.measure_person(clip, pictured(clip, seen.tracks[0]), seen, experts=experts)


def drawn(figure: Track) -> ClipAnalysis:
    seen = analysis(figure)
    seen.scene.drawn = True
    return seen


def test_a_face_is_given_in_fractions_of_the_picture():
    face = face_in(IMAGE, FIGURE, finds((0.25, 0.25, 0.75, 0.75)))
    assert face is not None
    assert face == pytest.approx([0.35, 0.2, 0.65, 0.5], abs=0.01)


def test_ears_and_what_lies_outside_are_no_faces():
    assert face_in(IMAGE, FIGURE, finds((0.4, 0.4, 0.5, 0.5))) is None
    assert face_in(IMAGE, FIGURE, finds((0.95, 0.2, 1.0, 0.8))) is None
    assert face_in(IMAGE, FIGURE, finds()) is None


def test_a_drawn_figure_is_described_by_its_face(monkeypatch):
    image = IMAGE.copy()
    image[60:100, 70:130] = (250, 220, 200)  # face
    image[105:170, 60:140] = (200, 30, 40)  # clothes
    clip = SimpleNamespace(images=np.repeat(image[None], 6, 0), width=200, height=200)
    figure = track_at((0.25, 0.25, 0.75, 0.75), kind="figure")  # a box that ends amid the clothes
    shows = {"face": 1.0, "smile": 0.9, "ahead": 0.95, "man": 0.02, "blue": 0.7}
    found = measured(clip, drawn(figure), finds((0.25, 0.15, 0.75, 0.48)), monkeypatch, **shows)
    assert (found.gender, found.hair) == ("woman", "blue hair")
    assert [(g.kind, g.colour) for g in found.clothes] == [("top", "red")]
    assert found.gestures == ["smiling", "looking ahead"]
    assert found.confidence["smiling"] == pytest.approx(0.9)


def test_without_a_face_what_has_the_colour_of_the_background_is_not_told(monkeypatch):
    image = np.full((200, 200, 3), (150, 190, 240), np.uint8)
    clip = SimpleNamespace(images=np.repeat(image[None], 6, 0), width=200, height=200)
    figure = track_at((0.25, 0.25, 0.75, 0.55), kind="figure")
    seen = drawn(figure)
    found = measured(clip, seen, finds(), monkeypatch)
    assert (found.hair, [g.colour for g in found.clothes]) == ("light blue hair", ["light blue"])
    seen.scene.background = "a light blue background"
    found = measured(clip, seen, finds(), monkeypatch)
    assert (found.hair, found.clothes) == (None, [])
