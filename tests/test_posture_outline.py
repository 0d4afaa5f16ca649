"""Posture by the boxes of bodies: who stands, and who falls or lies down."""

from __future__ import annotations

import numpy as np
import pytest
from make_analysis import make_analysis, make_track

from pvchat.chat.clip_timeline import facts_as_rows
from pvchat.perception import posture
from pvchat.perception.bodyfeatures import slimness
from pvchat.perception.posture import FLOOR, tell_posture
from pvchat.schemas import ClipAnalysis, PersonFacts, Thing, Track

FACE = (0.42, 0.06, 0.48, 0.14)


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the outline alone."""
    monkeypatch.setattr(posture, "postures", lambda *_: {})


def told(
    *boxes: tuple[float, float, float, float], pose: str | None = None, first_s: float = 0.125, bed: Thing | None = None
) -> PersonFacts:
    """The facts of somebody whose body has these boxes in frames 0, 1, … of a square clip; its face is at the top."""
    analysis = make_analysis(make_track(frames=range(len(boxes)), box=FACE))
    analysis.times += first_s - analysis.times[0]
    analysis.width = analysis.height = 100
    analysis.bodies = [Thing("person", 0.9, list(range(len(boxes))), [list(b) for b in boxes], [0.9] * len(boxes))]
    analysis.things = [bed] if bed else []
    (track,) = analysis.tracks
    track.facts = PersonFacts(pose=pose, confidence={"pose": 0.9} if pose else {})
    tell_posture(track, analysis)
    return track.facts


TALL, BROAD, FLAT = (0.3, 0.05, 0.6, 0.95), (0.1, 0.05, 0.7, 0.95), (0.2, 0.7, 0.8, 0.95)


def test_tall_and_broad_boxes_alone_tell_nothing_and_leave_what_is_known():
    assert told(TALL, TALL, TALL).pose is None
    assert told(BROAD, BROAD, BROAD, pose="sitting").pose == "sitting"


def test_who_gets_flat_and_low_falls_and_then_lies():
    facts = told(TALL, TALL, FLAT, FLAT, FLAT, pose="standing")
    assert (facts.pose, facts.movement) == (None, "falling")
    assert facts.course == [(0.38, 0.62, "probably falling"), (0.62, 1.25, "lying down")]
    assert told((0.3, 0.05, 0.75, 0.65), FLAT, FLAT, FLAT).course[-1][2] == "lying down"  # off a chair
    assert told(TALL, FLAT, FLAT).movement is None  # too short
    assert told(FLAT, FLAT, FLAT, FLAT).movement is None


@pytest.mark.parametrize(
    ("label", "box", "seat"),
    [
        (None, (), "probably on the floor"),  # a bed may have been missed
        ("bed", (0.1, 0.5, 0.9, 0.9), "on a bed"),
        ("couch", (0.1, 0.5, 0.9, 0.9), "on a sofa"),
        ("bed", (0.1, 0.3, 0.9, 0.75), "on the floor"),  # before it
        ("bed", (0.7, 0.5, 1.0, 0.9), "on the floor"),  # beside it
        ("chair", (0.1, 0.5, 0.9, 0.9), "probably on the floor"),
    ],
)
def test_who_fell_lies_on_the_floor_unless_there_is_a_bed_under_her(label, box, seat):
    thing = Thing(label, 0.9, [0], [list(box)], [0.9]) if label else None
    facts = told(TALL, TALL, FLAT, FLAT, FLAT, bed=thing)
    assert facts.seat == seat
    rows = {
        (row.value, row.span, row.holds, row.probability < 0.8)
        for row in facts_as_rows("Ana", facts)
        if row.attribute == "near"
    }
    lying = (0.62, 1.25)
    assert (seat.removeprefix("probably "), lying, True, seat.startswith("probably")) in rows
    assert (("on a bed", lying, False, False) in rows) == (FLOOR in seat)


def test_who_falls_at_once_is_not_told_to_stand_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(posture, "postures", lambda *_: {"standing": 0.9})
    said = [said for *_, said in told(TALL, FLAT, FLAT, FLAT, first_s=0.0).course]
    assert said == ["probably falling", "lying down"]  # a part without a length would hold all the time


def test_who_gets_up_lies_no_longer():
    ends = [said_until for *_, said_until, said in told(TALL, FLAT, FLAT, FLAT, TALL).course if said == "lying down"]
    assert ends == [1.0]


def test_who_falls_is_told_with_what_she_did_before_and_does_after(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(posture, "postures", lambda *_: {"standing": 0.3, "striding": 0.4, "sitting": 0.3})
    said = [said for *_, said in told(BROAD, TALL, TALL, FLAT, FLAT, FLAT, TALL, TALL).course]
    assert said == ["probably standing", "probably falling", "lying down", "probably standing"]


def by_height(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is tall stands."""

    def postures(_: Track, part: ClipAnalysis, *__: object) -> dict[str, float]:
        tall = slimness(np.array(part.bodies[0].boxes, np.float32), part).mean() > 2
        return {"standing": 0.5 if tall else 0.1, "striding": 0.1, "sitting": 0.2 if tall else 0.6}

    monkeypatch.setattr(posture, "postures", postures)


SEATED = (0.3, 0.35, 0.6, 0.95)


def test_who_sinks_onto_her_feet_sits_down_and_who_rises_stands_up(monkeypatch: pytest.MonkeyPatch):
    by_height(monkeypatch)
    down = told(*[TALL] * 3, *[SEATED] * 5)
    assert down.course == [(0.0, 0.88, "probably standing"), (0.88, 2.0, "probably sitting")]
    assert down.pose == "probably sitting"
    assert [said for *_, said in told(*[SEATED] * 3, *[TALL] * 4).course] == ["probably sitting", "probably standing"]


def test_who_sinks_without_sitting_or_moves_as_a_whole_does_not_sit_down(monkeypatch: pytest.MonkeyPatch):
    assert not told(*[TALL] * 3, *[SEATED] * 4).course  # nobody knows what she does
    by_height(monkeypatch)
    assert not told(*[TALL] * 3, *[(0.3, 0.05, 0.6, 0.65)] * 4).course  # the camera moves, or she leaves below
    assert not told(*[TALL] * 3, *[(0.3, 0.35, 0.75, 0.95)] * 4).course  # broader, too: she comes near


def test_who_is_low_and_broad_most_of_the_time_lies():
    flat = (0.1, 0.05, 0.9, 0.4)  # the head at its side
    facts = told(*[flat] * 4)
    assert (facts.pose, facts.movement) == ("lying down", None)
    assert told(*[flat] * 3).pose is None
    broad_face = (0.0, 0.05, 1.0, 0.64)  # fills the frame
    assert told(*[broad_face] * 4).pose is None


def test_who_comes_near_or_leaves_the_picture_below_did_not_fall():
    assert told(TALL, *[(0.1, 0.05, 0.9, 0.5)] * 3).movement is None
    assert told(TALL, *[(0.3, 0.85, 0.6, 1.0)] * 3).movement is None


def test_somebody_elses_body_says_nothing():
    elsewhere = (0.7, 0.05, 0.95, 0.95)
    assert told(elsewhere, elsewhere, elsewhere).pose is None
