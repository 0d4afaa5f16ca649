"""Faces of drawn figures: which of those that are found count, and what lies above and below them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from test_facts import analysis, track_at

from pvchat.perception import facts
from pvchat.perception.drawnheads import DrawnHeads, clothes_of
from pvchat.perception.experts.figurelooks import LOOKS, SHOWN
from pvchat.perception.sightings import pictured

FIGURE = np.float32([0.25, 0.1, 0.75, 0.6])
IMAGE = np.full((200, 200, 3), 240, np.uint8)


def finds(*boxes: tuple[float, float, float, float]) -> SimpleNamespace:
    """A detector that finds these boxes (fractions of what it is shown), the first one surest."""
    scores = np.linspace(0.9, 0.5, len(boxes)).astype(np.float32)
    return SimpleNamespace(faces=lambda image, least: (np.float32(boxes).reshape(-1, 4), None, scores))


class Seeing(DrawnHeads):
    """Heads whose network says the same of every figure: how probably it shows what is named."""

    def __init__(self, detector: SimpleNamespace, **shows: float) -> None:
        super().__init__(detector, frames=None)
        self.rows = [[shows.get(name, 0.0) for name in names] for names in (SHOWN, LOOKS)]

    def shown(self, images: list[np.ndarray], figures: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        shown, looks = (np.float32([row] * len(images)) for row in self.rows)
        return shown, looks


def face_in(image: np.ndarray, figure: np.ndarray, detector: SimpleNamespace) -> np.ndarray | None:
    return Seeing(detector).face(image, figure)


def test_a_face_is_given_in_fractions_of_the_picture():
    face = face_in(IMAGE, FIGURE, finds((0.25, 0.25, 0.75, 0.75)))
    assert face is not None
    assert face == pytest.approx([0.35, 0.2, 0.65, 0.5], abs=0.01)


def test_ears_and_what_lies_outside_are_no_faces():
    assert face_in(IMAGE, FIGURE, finds((0.4, 0.4, 0.5, 0.5))) is None
    assert face_in(IMAGE, FIGURE, finds((0.95, 0.2, 1.0, 0.8))) is None
    assert face_in(IMAGE, FIGURE, finds()) is None


def test_clothes_are_below_the_face():
    face = np.float32([0.4, 0.3, 0.6, 0.5])
    assert clothes_of(face)[1] > face[3]


def test_a_drawn_figure_is_described_by_its_face():
    image = IMAGE.copy()
    image[60:100, 70:130] = (250, 220, 200)  # face
    image[105:170, 60:140] = (200, 30, 40)  # clothes
    clip = SimpleNamespace(images=np.repeat(image[None], 6, 0), width=200, height=200)
    figure = track_at((0.25, 0.25, 0.75, 0.75), kind="figure")  # a box that ends amid the clothes
    found = facts.measure_person(
        clip,
        pictured(clip, figure),
        analysis(figure),
        experts=None,
        heads=Seeing(finds((0.25, 0.15, 0.75, 0.48)), face=1.0, smile=0.9, ahead=0.95, man=0.02, blue=0.7),
    )
    assert (found.gender, found.hair) == ("woman", "blue hair")
    assert [(g.kind, g.colour) for g in found.clothes] == [("top", "red")]
    assert found.gestures == ["smiling", "looking ahead"]
    assert found.confidence["smiling"] == pytest.approx(0.9)


def test_without_a_face_what_has_the_colour_of_the_background_is_not_told():
    image = np.full((200, 200, 3), (150, 190, 240), np.uint8)
    clip = SimpleNamespace(images=np.repeat(image[None], 6, 0), width=200, height=200)
    figure = track_at((0.25, 0.25, 0.75, 0.55), kind="figure")
    seen = analysis(figure)
    found = facts.measure_person(clip, pictured(clip, figure), seen, experts=None, heads=Seeing(finds()))
    assert (found.hair, [g.colour for g in found.clothes]) == ("light blue hair", ["light blue"])
    seen.scene.background = "a light blue background"
    found = facts.measure_person(clip, pictured(clip, figure), seen, experts=None, heads=Seeing(finds()))
    assert (found.hair, found.clothes) == (None, [])
