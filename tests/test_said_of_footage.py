"""What is said where footage shows little, or the same of several: timelines as they come of real clips."""

from __future__ import annotations

from dataclasses import replace

import pytest
from make_conditions import SITS
from make_queries import ANA, BEN, polar, refused, what

from pvchat.chat.query import Has, Query, Rank, Whom
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Entity, Row, Timeline

END = 4.0
EVERYBODY = ("Ana", "Ben", "Cleo", "#1", "#2", "#3")


def clip(*rows: Row, people: tuple[str, ...] = ("Ana",)) -> Timeline:
    """A clip of four seconds, in which some people are seen all the time and some rows hold."""
    entities = tuple(Entity(name, known=not name.startswith("#")) for name in people)
    seen = [Row(name, "present", end_s=END) for name in people]
    rest = [Row(r.entity, r.attribute, r.value, 0.0, END, r.colour, r.of, r.probability) for r in rows]
    return Timeline(0.0, END, entities, (*seen, *rest), measured=True)


def asked(query: Query, *rows: Row, people: tuple[str, ...] = ("Ana",)) -> str:
    timeline = clip(*rows, people=people)
    return say(run(query, timeline), timeline)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((("deed", "facing the camera"), ("deed", "talking"), ("posture", "sitting")),
         "Ana sits, talks and looks towards the camera."),
        ((("deed", "looking ahead"), ("deed", "walking or running")), "Ana walks or runs and looks ahead."),
        ((("deed", "looking to the right"), ("deed", "falling")), "Ana falls."),
        ((("deed", "looking up"), ("deed", "looking to the right")), "Ana looks up and to the right."),
    ],
)  # fmt: skip
def test_what_the_body_does_comes_first_and_the_gaze_last(values: tuple[tuple[str, str], ...], text: str) -> None:
    rows = [Row("Ana", attribute, value) for attribute, value in values]
    assert asked(what("deed", ANA), *rows) == text


@pytest.mark.parametrize(("place", "verdict"), [("hospital", "unknown"), ("kitchen", "no")])
def test_an_office_may_be_in_a_hospital(place: str, verdict: str) -> None:
    timeline = clip(Row("", "place", "office or meeting room"))
    assert run(polar(ANA, Has("place", place)), timeline).verdict == verdict


def test_people_are_told_in_the_order_in_which_they_are_seen() -> None:
    timeline = clip(people=("Ana", "Ben", "#1"))
    spots = zip(timeline.entities, (0.5, 0.8, 0.1), strict=True)
    timeline = replace(timeline, entities=tuple(replace(one, centre=(x, 0.5)) for one, x in spots))
    assert run(Query("order", rank=Rank("left")), timeline).names == ("#1", "Ana", "Ben")
    assert run(Query("order", rank=Rank("right")), timeline).names == ("Ben", "Ana", "#1")


def test_those_who_do_the_same_share_a_sentence_and_the_place_is_told_once() -> None:
    rows = [Row(name, "posture", "sitting") for name in EVERYBODY if name not in ("Cleo", "#3")]
    scene = Row("Cleo", "worn", "jacket", colour="red"), Row("", "place", "kitchen")
    sits = "Ana sits, and so do Ben and two people I don't know."
    assert asked(Query("describe"), *rows, *scene, people=EVERYBODY) == (
        f"{sits} Cleo is wearing a red jacket. This is in a kitchen."
    )
    deeds = asked(what("deed"), *rows, *scene, people=EVERYBODY)
    assert deeds == f"{sits} Cleo is in this video, but I can't make out what Cleo is doing."
    strangers = asked(what("deed"), *rows[2:], people=("#1", "#2"))
    assert strangers == "Somebody I don't know sits, and so does one other person."


@pytest.mark.parametrize(
    ("kind", "text"),
    [("long-sleeved top", "Ana is wearing a blue long-sleeved top."),
     ("jacket", "Ana is in this video, but I can't make out Ana's shirt. Ana is wearing a blue jacket.")],
)  # fmt: skip
def test_a_garment_asked_by_name_is_told_as_what_it_looks_like(kind: str, text: str) -> None:
    shirt = what("worn", ANA, value="shirt")
    assert asked(shirt, Row("Ana", "worn", kind, colour="blue")) == text


@pytest.mark.parametrize(
    ("looks", "camera", "left"),
    [("looking to the left", "No, Ana is looking to the left.", "Yes, Ana is looking to the left."),
     ("looking down", "No, Ana is looking down.", None), ("facing the camera", None, "No, Ana is facing the camera."),
     ("looking ahead", None, "No, Ana is looking ahead.")],
)  # fmt: skip
def test_who_looks_one_way_does_not_look_another(looks: str, camera: str | None, left: str | None) -> None:
    for way, text in (("looking at the camera", camera), ("looking to the left", left)):
        told = asked(polar(ANA, Has("deed", way)), Row("Ana", "deed", looks))
        assert text is None or told == text


def test_it_is_said_in_english_that_a_gaze_is_not_known() -> None:
    gaze = asked(what("deed", ANA, value="looking"))
    assert gaze == "Ana is in this video, but I can't make out where Ana is looking."


def test_a_stranger_who_was_spoken_of_is_that_person() -> None:
    helps = polar(where=Has("deed", "helping", of=Whom(("#1",))))
    assert asked(helps, people=("#1",)) == "No, nobody is helping that person."


def test_a_time_that_may_be_longer_is_for_at_least_so_long() -> None:
    seen = clip()
    sits = replace(seen, rows=(*seen.rows, Row("Ana", "posture", "sitting", end_s=2.0)))
    told = say(run(Query("how_long", ANA, SITS), sits), sits)
    assert told == "Ana is sitting for at least 2 seconds, from 0:00 to 0:02."


def test_who_is_beside_nobody_may_be_beside_somebody_unseen() -> None:
    assert asked(Query("who", where=Has("beside", of=ANA)), people=("Ana", "Ben")) == "I see nobody next to Ana."


def test_who_is_beside_somebody_who_is_not_there_is_told_that() -> None:
    footage = clip(people=("Ben", "Cleo"))
    without_her = replace(footage, entities=(*footage.entities, Entity("Ana", decision="absent")))
    for select in ("who", "when", "exists"):
        for kind in ("beside", "with"):
            query = Query(select, BEN if select == "when" else Whom(), where=Has(kind, of=ANA))
            assert say(run(query, without_her), without_her).endswith(" Ana is not in this video.")
    both = polar(BEN, Has("beside", of=ANA))  # said once
    assert say(run(both, without_her), without_her) == "No, Ben is not next to Ana; Ana is not in this video."


def test_who_asks_for_her_son_is_told_that_he_is_not_enrolled() -> None:
    son = Whom(unknown=("my son",))
    known = "is not enrolled; I know Ana and Ben."
    for query in (Query("exists", son), refused("unseen", son)):
        assert asked(query, people=("Ana", "Ben")) == f"Your son {known}"
    near = polar(ANA, Has("beside", of=Whom(unknown=("Zoe",))))
    assert asked(near, people=("Ana", "Ben")).endswith(f" Zoe {known}")
