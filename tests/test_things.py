"""Things: found, followed, told of people, asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_asked import plain_answer, read_question

from pvchat.identity.evidence import gather
from pvchat.perception import things
from pvchat.perception.experts.objects import LABELS, Detection, ThingExpert, read_detections
from pvchat.schemas import ClipAnalysis, Garment, PersonPresence, Thing

LAPTOP = (0.4, 0.6, 0.6, 0.8)
TABLE = (0.2, 0.7, 0.9, 1.0)


def seen(label: str, box: tuple[float, ...] = LAPTOP, score: float = 0.9) -> Detection:
    return Detection(label, np.float32(box), score)


def found(*rows: list[Detection], shots: list[int] | None = None) -> list[Thing]:
    shot = np.array(shots or [0] * len(rows))
    return things.find_things(dict(enumerate(rows)), shot)


def thing(label: str, box: tuple[float, ...] = LAPTOP, frames: range = range(8)) -> Thing:
    return Thing(label, 0.9, list(frames), [list(box)] * len(frames), [0.9] * len(frames))


def asked(question: str, *seen_things: Thing, **facts: str) -> str:
    track = make_track()
    for name, value in facts.items():
        setattr(track.facts, name, value)
    analysis = make_analysis(track)
    analysis.things = list(seen_things)
    ana = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0)
    return plain_answer(read_question(question, ["Ana"]), [ana], gather([ana], analysis))


def test_many_books_in_a_frame_stand_on_shelves() -> None:
    books = [seen("book", score=0.3)] * 4
    assert things.shows_bookshelves({0: books, 5: books[:3]})
    assert not things.shows_bookshelves({0: books, 5: books[:1]})
    assert not things.shows_bookshelves({0: [seen("book", score=0.21)] * 9})
    assert not things.shows_bookshelves({0: [seen("laptop")] * 9})
    assert not things.shows_bookshelves({})


def test_a_thing_is_followed_and_seen_twice_is_surer_than_once() -> None:
    twice, once = found([seen("laptop")], [seen("laptop")]), found([seen("laptop")], [])
    assert [(t.label, t.frames) for t in twice] == [("laptop", [0, 1])]
    assert twice[0].confidence > once[0].confidence


def test_nothing_is_followed_across_a_cut_and_a_weak_score_is_no_thing() -> None:
    assert [t.frames for t in found([seen("laptop")], [seen("laptop")], shots=[0, 1])] == [[0], [1]]
    assert found([seen("laptop", score=0.25)], [seen("laptop", score=0.25)]) == []


def test_one_place_bears_one_label() -> None:
    both = [seen("laptop"), seen("tv", score=0.8)]
    assert [t.label for t in found(both, both)] == ["laptop"]
    assert [t.label for t in found([seen("laptop")], [seen("tv", score=0.8)], [seen("laptop")])] == ["laptop"]
    assert found([seen("person")], [seen("person")]) == []


def test_the_network_s_numbers_become_labels_and_corners() -> None:
    scores = np.zeros((3, 91), np.float32)
    scores[0, 73], scores[1, 73], scores[2, 90] = 0.9, 0.7, 0.6
    boxes = np.float32([[0.1, 0.2, 0.5, 0.6], [0.1, 0.2, 0.5, 0.62], [0.7, 0.8, 0.9, 1.2]])
    rows = read_detections(boxes, scores)
    assert [(row.label, round(row.score, 2)) for row in rows] == [("laptop", 0.9), ("toothbrush", 0.6)]
    np.testing.assert_allclose(rows[1].box, [0.8, 0.7, 1.0, 0.9])
    assert len(LABELS) == 80


def posed(box: tuple[float, ...] = (0.45, 0.2, 0.55, 0.36), wrist: tuple[float, float] = (0.5, 0.55)) -> ClipAnalysis:
    track = make_track(box=box)
    joints = np.full((33, 4), 0.5, np.float32)
    joints[[15, 17, 19], :2] = wrist
    joints[[23, 24], :2] = (0.5, 0.75)
    joints[:, 3] = 0.1
    joints[[15, 23, 24], 3] = 0.9
    track.pose = np.repeat(joints[None], len(track), 0)
    track.body_boxes = np.tile(np.float32([0.34, 0.34, 0.66, 0.84]), (len(track), 1))
    return make_analysis(track)


def told(analysis: ClipAnalysis, *seen_things: Thing) -> ClipAnalysis:
    analysis.things = list(seen_things)
    things.tell_things(analysis.tracks[0], analysis)
    return analysis


def test_a_seat_needs_somebody_who_sits() -> None:
    sofa, analysis = thing("couch", (0.2, 0.5, 0.8, 0.9)), posed()
    assert told(analysis, sofa).tracks[0].facts.seat is None
    analysis.tracks[0].facts.pose = "sitting"
    assert told(analysis, sofa).tracks[0].facts.seat == "on a sofa"
    analysis.tracks[0].facts.pose, analysis.tracks[0].facts.seat = "probably sitting", None
    assert told(analysis, sofa).tracks[0].facts.seat == "on a sofa"
    assert asked("What is Ana doing?", pose="probably sitting", seat="on a sofa") == "Ana probably sits on a sofa."
    assert asked("What is Ana doing?", pose="sitting", seat="on a sofa") == "Ana sits on a sofa."


def test_a_tie_is_at_the_collar() -> None:
    assert [g.kind for g in told(posed(), thing("tie", (0.48, 0.38, 0.52, 0.6))).tracks[0].facts.clothes] == ["tie"]


def test_answers_tell_what_was_seen() -> None:
    room = (thing("dining table", TABLE), thing("laptop"), thing("cup", (0.7, 0.6, 0.75, 0.75)))
    assert asked("Is there a laptop?", *room) == "Yes, I see a laptop, in the middle."
    assert asked("Is there a dog?", *room) == "No, I see no dog in this video, but I may miss one."
    assert asked("Where is the cup?", *room) == "I see a cup, on the right."
    assert asked("What objects can you see?", *room) == "I see a table, a laptop and a cup."


def test_what_is_less_sure_is_told_with_probably() -> None:
    room = (thing("chair"), replace(thing("cup", (0.7, 0.6, 0.75, 0.75)), confidence=0.7))
    assert asked("Is there a cup?", *room) == "I see probably a cup, on the right."
    assert asked("What objects can you see?", *room) == "I see a chair and probably a cup."
    less = [replace(one, confidence=0.7) for one in room]
    assert asked("What objects can you see?", *less) == "I see probably a chair and a cup."
    assert asked("Is there a chair?", *room).startswith("Yes, I see a chair")


def test_things_are_counted_where_they_are_seen_at_once() -> None:
    pair = [thing("chair", box, range(7)) for box in ((0.1, 0.5, 0.3, 0.9), (0.6, 0.5, 0.8, 0.9))]
    later = thing("chair", (0.6, 0.5, 0.8, 0.9), range(7, 8))
    assert asked("How many chairs are there?", *pair, later) == "I see two chairs in this video."
    assert asked("How many dogs are there?", *pair) == "I see no dogs in this video."


def test_what_is_held_is_said_of_the_present_only() -> None:
    assert asked("What is Ana holding?", deed="holding a cup") == "Ana is holding a cup."
    assert asked("What is Ana holding?", gender="woman").endswith("I can't make out anything in Ana's hands.")
    ana = PersonPresence("Ana", "absent", 0.1)
    question = read_question("What is Ana holding?", ["Ana"])
    assert "is not in this video" in plain_answer(question, [ana], gather([ana], make_analysis()))


@pytest.mark.weights
def test_the_detector_finds_the_astronaut_s_surroundings() -> None:
    from pvchat.assets.packages import table
    from pvchat.assets.weights import member_path
    from recipes.pictures import read_image

    row = next(row for row in table("footage") if row.role == "footage-astronaut")
    expert, picture = ThingExpert(), read_image(member_path(row.role, row.names[0]))
    rows, people = expert.find(picture), expert.people(picture)
    assert rows[0].label == "person"
    assert rows[0].score > 0.5
    those = [one for one in rows if one.label == "person"]
    assert len(people) == len(those)
    for one, other in zip(people, those, strict=True):
        assert one.label == "person"
        assert one.score == pytest.approx(other.score, abs=1e-5)
        assert one.box == pytest.approx(other.box)


def test_a_bed_tells_the_room() -> None:
    assert things.room_of([thing("chair"), thing("bed")]) == ("a bedroom", 0.9)
    once = Thing("toilet", 0.7, [0], [list(LAPTOP)], [0.7])
    assert things.room_of([once, thing("chair")]) is None


def test_a_dark_top_with_a_tie_is_a_suit_and_a_light_one_a_shirt() -> None:
    tie = thing("tie", (0.48, 0.38, 0.52, 0.6))
    for colour, kind in (("dark blue", "suit"), ("light blue", "shirt")):
        analysis = posed()
        analysis.tracks[0].facts.clothes = [Garment("top", colour, 0.8)]
        assert [g.kind for g in told(analysis, tie).tracks[0].facts.clothes] == [kind, "tie"]


def test_a_face_that_is_found_once_and_unclearly_is_nobody() -> None:
    ana, ghost, guest = make_track(), make_track(1, [3], score=0.9), make_track(2, [3], score=0.99)
    here = PersonPresence("Ana", "present", 0.9, [(0.0, 2.0)], 0)
    assert gather([here], make_analysis(ana, ghost)).unknown == 0
    assert gather([here], make_analysis(ana, guest)).unknown == 1
    assert gather([], make_analysis(ghost)).unknown == 1  # the only one there is


def test_in_a_bedroom_a_couch_is_a_bed() -> None:
    analysis = posed()
    analysis.tracks[0].facts.pose, analysis.scene.place = "sitting", "a bedroom"
    assert told(analysis, thing("couch", (0.2, 0.5, 0.8, 0.9))).tracks[0].facts.seat == "on a bed"
