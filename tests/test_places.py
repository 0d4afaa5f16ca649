"""Kinds of places that clothes tell."""

from __future__ import annotations

import pytest
from make_analysis import make_track

from pvchat.perception.places import place_by_clothes
from pvchat.schemas import Garment, SceneFacts

OFFICE, HOSPITAL = "an office or meeting room", "a hospital or doctor's office"
COAT, STETHOSCOPE = Garment("coat", "white", 0.8), Garment("stethoscope", None, 0.9)


def place(*worn: Garment, told: str | None, sure: float = 0.3, setting: str = "indoors") -> str | None:
    scene = SceneFacts(place=told, setting=setting, confidence={"place": sure} if told else {})
    track = make_track()
    track.facts.clothes = list(worn)
    return place_by_clothes(scene, [track]).place


@pytest.mark.parametrize(
    ("worn", "told", "found"),
    [
        ([COAT, STETHOSCOPE], OFFICE, HOSPITAL),
        ([STETHOSCOPE], None, HOSPITAL),
        ([Garment("coat", "black", 0.8)], OFFICE, OFFICE),
        ([COAT], "a kitchen", "a kitchen"),
        ([], OFFICE, OFFICE),
    ],
)
def test_a_white_coat_or_a_stethoscope_tells_a_doctors_office(worn, told, found):
    assert place(*worn, told=told) == found


def test_not_outdoors():
    assert place(COAT, told=None, setting="outdoors") is None


def test_bare_walls_alone_must_be_surer():
    assert place(told=HOSPITAL, sure=0.3) is None
    assert place(told=HOSPITAL, sure=0.45) == HOSPITAL
    assert place(STETHOSCOPE, told=HOSPITAL, sure=0.3) == HOSPITAL


def test_who_wears_a_mask_bears_out_a_hospital():
    track = make_track()
    track.facts.features = ["a face mask"]
    scene = SceneFacts(place=HOSPITAL, setting="indoors", confidence={"place": 0.3})
    assert place_by_clothes(scene, [track]).place == HOSPITAL
