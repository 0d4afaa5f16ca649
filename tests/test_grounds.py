"""What facts rest on: filled in at analysis, kept in the cache, told with the answer."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_asked import read_question

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.question import known_of
from pvchat.chat.say.voice import grounds_of
from pvchat.perception.grounds import ground_facts
from pvchat.schemas import Answer, ClipAnalysis, Garment, Ground, PersonFacts, PersonPresence, Thing

ANA = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0)
CUP = Ground(0.6, (0.1, 0.2, 0.3, 0.4), 0.8)


def analysed() -> ClipAnalysis:
    track = make_track(quality=[0.1, 0.2, 0.9, 0.3, 0.1, 0.1, 0.1, 0.1])
    track.facts = PersonFacts(
        clothes=[Garment("suit", "black", 0.7), Garment("trousers", None, 0.7)], hair="dark hair", pose="sitting",
        deed="holding a cup",
        headwear=["a helmet"], gestures=["smiling"], confidence={"pose": 0.9, "smiling": 0.6}, grounds={"deed": CUP},
    )  # fmt: skip
    analysis = make_analysis(track)
    ground_facts(track, analysis)
    return analysis


def told(question: str, analysis: ClipAnalysis, presence: PersonPresence = ANA) -> list[tuple[str, str, float | None]]:
    known = known_of(read_question(question, ["Ana"]), [presence], timeline_of([presence], analysis))
    return [(g.about, g.fact, g.ground.score) for g in grounds_of(known.finding)]


def test_facts_point_at_the_best_sighting_and_the_part_that_shows_them() -> None:
    analysis = analysed()
    grounds = analysis.tracks[0].facts.grounds
    assert {g.time_s for name, g in grounds.items() if name != "deed"} == {round(float(analysis.times[2]), 2)}
    assert grounds["suit"].box[1] > grounds["hair"].box[1]  # a torso lies below a head
    assert grounds["trousers"].box[1] < grounds["suit"].box[1]  # the whole body, for the legs are in it
    assert grounds["a helmet"].box == grounds["hair"].box
    assert grounds["hair"].score is None
    assert grounds["deed"] == CUP  # what was nearer to the fact stays
    assert all(0 <= v <= 1 for g in grounds.values() for v in g.box)


def test_the_cache_s_row_gives_them_back() -> None:
    facts = analysed().tracks[0].facts
    assert PersonFacts.from_dict(asdict(facts)) == facts


def test_an_answer_tells_the_grounds_of_its_own_rows_only() -> None:
    analysis = analysed()
    assert told("What is Ana wearing?", analysis) == [
        ("Ana", "a black suit", 0.757), ("Ana", "trousers", 0.757), ("Ana", "a helmet", None),
    ]  # fmt: skip
    assert told("What is Ana doing?", analysis) == [
        ("Ana", "sitting", 0.9), ("Ana", "smiling", 0.919), ("Ana", "holding a cup", 0.8),
    ]  # fmt: skip
    assert told("What is Ana wearing?", analysis, PersonPresence("Ana", "absent", 0.1)) == []


@pytest.mark.parametrize(("measured", "right"), [(0.0, 0.593), (0.5, 0.731), (0.9, 0.794), (1.0, 0.835)])
def test_a_garment_is_as_sure_as_garments_are_on_footage(measured: float, right: float) -> None:
    """More where the heads are surer, and never as sure as they are at most."""
    analysis = analysed()
    analysis.tracks[0].facts.grounds["suit"] = Ground(0.5, (0.0, 0.0, 1.0, 1.0), measured)
    assert told("What is Ana wearing?", analysis)[0] == ("Ana", "a black suit", right)
    analysis.tracks[0].facts.grounds["suit"] = Ground(0.5, (0.0, 0.0, 1.0, 1.0), None)
    assert told("What is Ana wearing?", analysis)[0][2] is None


def test_things_have_grounds_too() -> None:
    analysis = analysed()
    analysis.things = [Thing("dog", 0.8, [1, 2], [[0.1, 0.2, 0.3, 0.4]] * 2, [0.5, 0.9])]
    assert told("Is there a dog?", analysis) == [("", "a dog on the left", 0.8)]
    assert told("Is there a cat?", analysis) == []


@pytest.mark.parametrize("some", [True, False])
def test_the_json_has_evidence_where_there_is_any(some: bool) -> None:
    known = known_of(read_question("What is Ana doing?", ["Ana"]), [ANA], timeline_of([ANA], analysed()))
    rows = grounds_of(known.finding) if some else []
    row = Answer("…", "action", [ANA], {}, evidence=rows).to_dict()
    assert ("evidence" in row) == some
    if some:
        assert row["evidence"][-1] == {
            "about": "Ana", "fact": "holding a cup", "time_s": 0.6, "box": [0.1, 0.2, 0.3, 0.4], "score": 0.8,
        }  # fmt: skip


def test_of_whom_a_question_means_by_the_place_alone_the_grounds_are_told() -> None:
    ana, other = make_track(1), make_track(2)
    other.boxes = other.boxes + np.float32([0.4, 0, 0.4, 0])
    for track, kind, colour, side in ((ana, "jacket", "red", "left"), (other, "coat", "blue", "right")):
        track.facts = PersonFacts(clothes=[Garment(kind, colour, 0.7)], where=f"on the {side} of the frame")
    analysis = make_analysis(ana, other)
    ground_facts(ana, analysis)
    ground_facts(other, analysis)
    assert told("What is the person on the left wearing?", analysis) == [("Ana", "a red jacket", 0.757)]
    assert told("What is the person on the right wearing?", analysis) == [("", "a blue coat", 0.757)]
