"""What is said of findings that docs/questions.md shows none of, which is where all other wording is pinned; and that
whatever was found is said in whole sentences.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from make_asked import answered
from make_conditions import ALONE, FEMALE, GLASSES, GONE, HAT, KITCHEN, MALE, SITS, STANDS, TALKS, WITH
from make_findings import (
    BEN_AWAY,
    NO_CLEO,
    RED,
    SAT,
    SEEN,
    SPECS,
    STOOD,
    finding,
    found,
    no,
    row,
    timeline,
    told,
    unknown,
)
from make_queries import ALL, ANA, BEN, BOTH, CLEO, EITHER, MAN, NOBODY, WOMAN, at, choice, polar, refused, what
from make_written import written

from pvchat.chat.query import PRESENT, And, During, Event, Has, Not, Number, Or, Query, Rank, Whom
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Entity, Found, Missing, Row, Timeline, without_traits
from pvchat.schemas import Why

TOGETHER = Whom(quantifier="both")  # whoever they are
A_MAN, WHO_SITS = polar(MAN), Query("who", where=SITS)


EXISTS = [
    (polar(Whom(known=True)), "yes", {"people": found("Ana")},
     "Ana and Ben are in this video. I'm not sure about Dan."),
    (polar(Whom(known=False)), "yes", {"people": found("#1")},
     "Yes, there is one person I don't know. I'm not sure about Dan."),
    (polar(ANA, GLASSES), "yes", {"people": found("Ana", SPECS, spans=((2.0, 5.0),))},
     "Yes, Ana is wearing glasses from 0:02 to 0:05."),
    (polar(ANA, SITS), "yes", {"people": found("Ana", SAT, likely=True)}, "Probably yes: Ana is sitting."),
    (polar(ANA, STANDS), "no", {"against": no("Ana", SAT)}, "No, Ana is sitting."),
    (polar(Whom(("#1",)), STANDS), "no", {"against": no("#1", row("#1", "posture", "sitting"))},
     "No, somebody I don't know is sitting."),
    (polar(ANA, STANDS), "no", {"against": no("Ana", row("Ana", "posture", "sitting", probability=0.6), likely=True)},
     "Probably not: Ana is sitting."),
    (polar(BOTH, SITS), "no", {"people": found("Ana"), "against": no("Ben", likely=True)},
     "No, Ana is sitting; Ben is probably not sitting."),
    (polar(ANA, HAT), "no", {"against": no("Ana", row("Ana", "worn", "hat", holds=False))},
     "No, Ana is not wearing a hat."),
    (polar(ANA, Not(Has("with", of=BEN))), "no", {"against": no("Ana", spans=((0.0, 5.0),))},
     "Ana is not seen with Ben from 0:00 to 0:05, and is seen with Ben at other times."),
    (polar(ANA, Not(SITS), throughout=True), "no", {"against": no("Ana", SAT, spans=((5.0, 10.0),))},
     "Ana is not sitting from 0:05 to 0:10, and is sitting at other times."),
    (polar(throughout=True), "yes", {"people": found("Ana"), "against": no("Ben", spans=((5.0, 10.0),))},
     "Yes, Ana is in this video the whole time."),
    (polar(BEN, Not(SITS), throughout=True), "yes", {"people": found("Ben", STOOD)}, "Yes, Ben is never sitting."),
    (polar(TOGETHER, WITH), "no", {"against": (no("Ana"), no("Ben"), no("#1"))},
     "No, Ana, Ben and somebody I don't know are not seen together."),
    (polar(BOTH, SITS), "yes", {"people": (found("Ana"), found("Ben"))}, "Yes, Ana and Ben are both sitting."),
    (polar(Whom(("Ana", "Cleo"), "both"), SITS), "no", {"people": found("Ana"), "missing": NO_CLEO},
     "No, Ana is sitting; Cleo is not in this video."),
    (polar(EITHER, SITS), "no", {"against": (no("Ana"), no("Ben"))},
     "No, Ana and Ben are not sitting."),
    (polar(Whom(("Ana",), "only"), GLASSES), "no", {"people": (found("Ana"), found("#1"))},
     "No, Ana and somebody I don't know are wearing glasses."),
    (polar(ALL, SITS), "unknown", {"people": found("Ana"), "open": unknown("Ben")},
     "Ana is sitting; I can't tell of Ben."),
    (polar(NOBODY, SITS), "yes", {"against": no("Ben")}, "Yes, nobody is sitting."),
    (polar(Whom(), SITS), "yes", {"people": (found("Ana"), found("#1", likely=True))},
     "Yes, Ana is sitting; somebody I don't know is probably sitting."),
    (polar(Whom(), GLASSES), "unknown", {"open": (unknown("Ana"), unknown("Ben"))},
     "I can't tell whether Ana or Ben is wearing glasses."),
    (replace(A_MAN, where=SITS), "no", {}, "No, I see no man."),
    (A_MAN, "yes", {"people": (found("Ben"), found("#1"))},
     "Yes, I see two men in this video: Ben and somebody I don't know."),
    (polar(ANA, And((SITS, HAT))), "unknown", {"open": unknown("Ana")},
     "Ana is sitting, but I can't tell whether Ana is wearing a hat."),
    (A_MAN, "unknown", {"open": unknown("Ana")}, "I can't tell whether Ana is a man."),
    (polar(NOBODY, HAT), "unknown", {"against": no("Ben"), "open": unknown("Ana")},
     "Ben is not wearing a hat; I can't tell whether Ana is wearing a hat."),
    (polar(ANA, SITS), "unsure", {"missing": Missing("Dan", "unsure")},
     "I'm not sure whether Dan is in this video, so I can't tell."),
    (polar(ANA, during=BEN_AWAY), "yes", {"people": found("Ana", spans=((0.0, 5.0),))},
     "Yes, Ana is in this video while Ben is away, from 0:00 to 0:05."),
    (choice(ANA, Or((SITS, Has("deed", "dancing")))), None, {"open": unknown("Ana")},
     "Ana is in this video, but I can't tell whether Ana is sitting or dancing. Ana sits and talks."),
    (polar(Whom(), KITCHEN), "no", {"rows": row("", "place", "an office")}, "No, this is in an office."),
    (polar(Whom(), Has("light", "dark")), "unknown", {}, "I can't tell whether this is in the dark."),
]  # fmt: skip
WHO = [
    (Query("who", Whom(known=False)), {"people": (found("#1"), found("#2"))}, "There are two people I don't know."),
    (WHO_SITS, {"people": (found("Ana"), found("#1"), found("#2"))}, "Ana and two people I don't know are sitting."),
    (WHO_SITS, {"against": no("Ben")}, "Nobody is sitting."),
    (WHO_SITS, {"against": no("Ben", likely=True)}, "Probably nobody is sitting."),
    (Query("who", Whom(("Ben", "Dan")), SITS), {"against": no("Ben"), "missing": Missing("Dan", "unsure")},
     "Ben is not sitting. I'm not sure whether Dan is in this video, so I can't tell."),
    (replace(WHO_SITS, where=Has("deed", "eating")), {"open": (unknown("Ana"), unknown("Ben"))},
     "I can't tell whether Ana or Ben is eating."),
    (Query("who", WOMAN, SITS), {"open": unknown("Ana")},
     "Ana is in this video, but I can't tell whether Ana is sitting. Ana sits and talks."),
    (Query("who", Whom(such=HAT), SITS), {"open": unknown("Ana")},
     "Ana is sitting, but I can't tell whether Ana is wearing a hat."),
    (Query("who", Whom(nth=-2, nth_by="right")), {"people": found("#1")},
     "Somebody I don't know is the second to last from the right."),
    (Query("how_long", TOGETHER, WITH), {"against": (no("Ana"), no("Ben"), no("#1"))},
     "Ana, Ben and somebody I don't know are never seen together."),
    (what("posture", ANA, during=at("while", ANA)), {"people": found("Ana", SAT), "during": ((0.0, 10.0),)},
     "Ana is sitting."),
    (Query("who", during=BEN_AWAY), {"people": (found("Ana"), found("#1")), "during": ((0.0, 5.0),)},
     "Ana and somebody I don't know are in this video while Ben is away, from 0:00 to 0:05."),
    (Query("who", WOMAN), {"people": found("Ana")}, "The woman is Ana."),
    (Query("order", rank=Rank("left")), {"people": (found("Ben"), found("Ana"), found("#1"))},
     "From left to right: Ben, then Ana, then somebody I don't know."),
    (Query("who", rank=Rank("time", -1)), {"people": found("Ben", number=5.0), "against": no("Ana", number=0.0)},
     "Ben comes in last, at 0:05, before that Ana at 0:00."),
    (Query("who", where=GONE, rank=Rank("time")), {"people": (found("Ana", number=9.0), found("Ben", number=9.0))},
     "Ana and Ben leave at the same time, at 0:09."),
    (Query("who", rank=Rank("often", 3)), {"against": (no("Ana"), no("Ben"))}, "I see two people: Ana and Ben."),
]  # fmt: skip
COUNT = [
    (Query("count"), {"people": (found("Ana"), found("#1")), "number": 2.0},
     "I see two people in this video: Ana and somebody I don't know."),
    (Query("count", Whom(known=True)), {"people": found("Ana"), "number": 1.0},
     "I see one person I know in this video: Ana."),
    (Query("count", WOMAN), {"people": found("Ana"), "number": 1.0, "open": unknown("#1")},
     "I see one woman in this video: Ana; I can't tell of somebody I don't know."),
]  # fmt: skip
TIMES = [
    (Query("when", BEN, SITS), {"against": no("Ben")}, "Ben is never sitting."),
    (Query("when", BEN, SITS), {"against": no("Ben", likely=True)}, "Ben is probably never sitting."),
    (Query("when", BOTH), {"people": (found("Ana"), found("Ben")), "spans": ((5.0, 10.0),)},
     "Ana and Ben are both in this video from 0:05 to 0:10."),
    (Query("when", NOBODY), {"spans": ((3.0, 4.0),)}, "Nobody is in this video from 0:03 to 0:04."),
    (Query("when", where=Has("thing", "cup")), {"spans": ((2.0, 8.0),)}, "I see the cup from 0:02 to 0:08."),
    (Query("how_often", ANA, TALKS), {"people": found("Ana", number=2.0, spans=((0.0, 1.0), (4.0, 5.0)))},
     "Ana is talking twice, from 0:00 to 0:01 and from 0:04 to 0:05."),
    (Query("shots"), {"spans": ((0.0, 6.0), (6.0, 10.0)), "rows": (row("", "shot", "1"), row("", "shot", "2"))},
     "I see two shots and one cut in this video, at 0:06."),
    (Query("shots", ANA), {"people": found("Ana"), "rows": row("", "shot", "2")},
     "Ana is seen in one of two shots: 2."),
]  # fmt: skip
ATTRIBUTES = [
    (what("worn", BEN, value="shoes"), {"open": replace(unknown("Ben"), spans=((5.0, 10.0),))},
     "Ben is in this video, but I can't make out Ben's shoes. Ben is wearing a blue jacket."),
    (what("posture", ANA), {"open": replace(unknown("Ana"), spans=((0.0, 10.0),))},
     "Ana is in this video, but I can't make out whether Ana is sitting or standing."),
    (what("deed", MAN), {"open": unknown("Ben")}, "I can't tell whether Ben is a man."),
    (what("posture", Whom(such=HAT)), {"people": found("Ana", SAT), "presumed": HAT},
     "Ana is sitting. I can't tell whether Ana is wearing a hat, but I see nobody else who can be meant."),
    (what("holding", ANA), {"open": replace(unknown("Ana"), spans=((0.0, 10.0),))},
     "Ana is in this video, but I can't make out anything in Ana's hands."),
]  # fmt: skip
AGAINST = [
    (Query("compare", BEN, rank=Rank("left"), versus=ANA, form="polar"), "no",
     {"people": found("Ana"), "against": no("Ben")}, "No, Ana is furthest to the left."),
    (Query("compare", MAN, versus=WOMAN, form="polar"), "no",
     {"people": found("Ben"), "against": (found("Ana"), found("#1")), "number": 1.0},
     "No, I see one man and two women."),
]  # fmt: skip
REFUSED = [
    (refused("sound", value="music"), {}, "Which music it is, and who sings, I can't tell"),
    (refused("small_talk"), {}, "I'm here for questions about people in videos"),
    (refused("foreign", value="Italian"), {}, "Leggo solo domande in inglese"),
    (refused("unclear"), {}, "I don't understand that question; ask me"),
    (refused("unseen", attribute="worn", value="couch"), {}, "I can't tell the colour of the sofa"),
    (refused("unseen", ANA, value="arms bare"), {},
     "Ana is in this video, but I can't tell anything about “arms bare”."),
    (refused("unseen", ANA, value="height"), {}, "Ana is in this video, but I can't tell how tall anybody is."),
    (refused("unseen", value="role"), {}, "I can't tell what anybody's job or role is"),
    (polar(Whom(unknown=("my sister",))), {"missing": Missing("my sister", "not enrolled")},
     "Your sister is not enrolled; I know Ana, Ben, Cleo and Dan."),
    (Query("who", during=at("while", BEN, SITS)), {"nothing": True}, "Ben is never sitting, as far as I can see."),
    (Query("who", during=at("while", ANA, Has("deed", "waving"))), {"nothing": True},
     "I can't tell when Ana is waving."),
    (Query("who", during=at("before", ANA, SITS)), {"nothing": True},
     "Ana is sitting from the beginning, so I see nothing before that."),
    (Query("who", during=at("before", ANA, nth=3)), {"nothing": True},
     "There is no third time that Ana is in this video."),
    (Query("why", ANA), {"people": found("Ana", SPECS)},
     "Ana is recognised by what was enrolled (probability above 0.99), the whole time. Seen best: glasses at 0:03."),
    (Query("why"), {}, "Ana is recognised by what was enrolled (probability above 0.99), the whole time."),
]  # fmt: skip


@pytest.mark.parametrize(("query", "verdict", "more", "text"), EXISTS + AGAINST)
def test_yes_and_no(query: Query, verdict: Any, more: dict[str, Any], text: str) -> None:
    assert told(query, verdict, **more) == text


@pytest.mark.parametrize(("query", "more", "text"), WHO + TIMES + ATTRIBUTES)
def test_who_when_and_what(query: Query, more: dict[str, Any], text: str) -> None:
    assert told(query, **more) == text


@pytest.mark.parametrize(("query", "more", "text"), COUNT)
def test_how_many(query: Query, more: dict[str, Any], text: str) -> None:
    assert say(finding(query, **more), timeline(unknown=1)) == text


@pytest.mark.parametrize(("query", "more", "text"), REFUSED)
def test_what_is_refused_begins_so(query: Query, more: dict[str, Any], text: str) -> None:
    assert told(query, **more).startswith(text)


def test_who_is_behind_whom_is_told_by_depth_and_who_is_the_doctor_of_one_alone() -> None:
    seen = [row(name, "present") for name in ("Ana", "Ben")]
    deep = (row("Ana", "side", "background"), row("Ben", "side", "foreground"), row("Ana", "deed", "smiling"))
    two = Timeline(0, 10, entities=(Entity("Ana"), Entity("Ben")), rows=(*seen, *deep))
    asked = [polar(ANA, Has("beside", way, of=BEN)) for way in ("behind", "in front of")]
    assert [run(one, two).verdict for one in asked] == ["yes", "unknown"]
    assert run(asked[0], replace(two, rows=(*seen, deep[0]))).verdict == "unknown"
    smiles = polar(Whom(such=Has("role", "doctor")), Has("deed", "smiling"))
    assert run(smiles, two).verdict == "unknown"
    assert run(smiles, replace(two, entities=(Entity("Ana"),))).verdict == "yes"


def test_two_questions_are_two_sentences_and_nobody_is_missed_twice() -> None:
    wears, where = what("worn", ANA), what("place", ANA)
    both = finding(replace(wears, then=where), people=found("Ana", RED), then=finding(where, people=found("Ana")))
    assert say(both, timeline()) == (
        "Ana is wearing a red jacket and glasses. Ana is in an office, on the left, next to Ben."
    )
    absent = finding(
        replace(wears, whom=CLEO), missing=NO_CLEO, then=finding(replace(where, whom=CLEO), missing=NO_CLEO)
    )
    assert say(absent, timeline()) == "Cleo is not in this video, so I can't say what Cleo is wearing."
    if_so = finding(replace(polar(CLEO), if_so=True), "no", missing=NO_CLEO, then=finding(where, people=found("Ana")))
    assert say(if_so, timeline()) == "No, Cleo is not in this video."


def _seen(*people: dict[str, Any], style: str = "filmed") -> Timeline:
    cleo = {"name": "Cleo", "seen": [], "decision": "absent"}
    return written({"seconds": 10, "people": [cleo, *people], "scene": [{"attribute": "style", "value": style}]})


def _stranger(name: str, side: str = "left") -> dict[str, Any]:
    rows = [{"attribute": "side", "value": side}, {"attribute": "worn", "value": "top", "colour": "black"},
            {"attribute": "gender", "value": "woman"}]  # fmt: skip
    return {"name": name, "enrolled": False, "seen": [[0, 10]], "rows": rows}


BLACK = Query("who", where=Has("worn", "", "black"))
WEARS_CLEO = what("worn", CLEO)
INSTEAD = [
    (polar(CLEO), _seen(_stranger("#1")), "No, Cleo is not in this video. I see one person, on the left."),
    (WEARS_CLEO, _seen(_stranger("#1")), "Cleo is not in this video, so I can't say what Cleo is wearing. I see one "
     "woman, on the left, who is wearing a black top."),
    (Query("describe", CLEO), _seen(_stranger("#1"), _stranger("#2", "right")), "Cleo is not in this video, so I can't "
     "describe Cleo. I see two people: one woman, on the left, who is wearing a black top; one woman, on the right, "
     "who is wearing a black top."),
    (polar(CLEO), _seen(_stranger("#1"), _stranger("#2")), "No, Cleo is not in this video. I see two people."),
    (polar(CLEO), _seen(_stranger("#1"), _stranger("#2"), style="drawn"), "No, Cleo is not in this video."),
    (polar(CLEO), _seen(*(_stranger(f'#{i}') for i in range(1, 5))), "No, Cleo is not in this video."),
    (polar(CLEO, during=During(end_s=4.0)), _seen(_stranger("#1"), {**_stranger("#2"), "seen": [[5, 10]]}),
     "No, Cleo is not in this part of the video. I see one person, on the left."),
    (polar(Whom(("Cleo",), "only")), _seen(_stranger("#1")),
     "No, somebody I don't know is in this video; Cleo is not in this video."),
    (what("worn", Whom(("Zoe",), unknown=("Zoe",))), _seen(_stranger("#1")), "Zoe is not enrolled; I know Cleo."),
]  # fmt: skip


@pytest.mark.parametrize(("query", "seen", "text"), INSTEAD)
def test_where_somebody_is_not_there_the_few_who_are_are_told_of(query: Query, seen: Timeline, text: str) -> None:
    assert answered(query, seen) == text


def test_whoever_may_be_somebody_is_told_of_with_that_condition() -> None:
    seen = _seen(_stranger("#1"))
    cleo, *others = seen.entities
    seen = replace(seen, entities=(replace(cleo, decision="unsure", probability=0.5, like="#1"), *others))
    found = run(WEARS_CLEO, seen)
    assert [one.entity for one in found.instead] == ["#1"]
    assert found.missing[0].like == "#1"
    unsure = "I'm not sure whether Cleo is in this video."
    assert say(found, seen) == f"{unsure} Whoever is most like Cleo, on the left, is wearing a black top."
    assert answered(polar(CLEO), seen) == unsure  # why not is told of that


def test_a_name_that_nobody_asked_for_is_told_where_it_is_sure() -> None:
    sure, drawn = (
        _seen({**_stranger("Ben"), "enrolled": True}),
        _seen({**_stranger("Ben"), "enrolled": True}, style="drawn"),
    )
    cleo, ben = sure.entities
    unsure = replace(sure, entities=(cleo, replace(ben, probability=0.6)))
    told = [
        (say(found, seen), found.instead[0].likely)
        for seen in (sure, unsure, drawn)
        for found in [run(polar(CLEO), seen)]
    ]
    gone = "No, Cleo is not in this video. I see"
    assert told == [(f"{gone} {who}, on the left.", likely) for who, likely in
                    (("Ben", False), ("one person", True), ("one person", True))]  # fmt: skip


def _likely(seen: Timeline, name: str, probability: float, like: str = "") -> Timeline:
    """A timeline in which somebody's name is so likely, and another one likelier for the same sighting."""
    people = (replace(one, probability=probability, like=like) if one.name == name else one for one in seen.entities)
    return replace(seen, entities=tuple(people))


def test_one_sighting_bears_one_name() -> None:
    seen = _seen({**_stranger("Ana"), "enrolled": True}, {**_stranger("Ben"), "enrolled": True})
    seen = _likely(_likely(seen, "Ana", 0.7), "Ben", 0.6, like="Ana")
    both = run(polar(BOTH), seen)
    assert (both.verdict, both.names) == ("unsure", ("Ana",))
    may_be = "Whom I take for Ana may be Ben."
    for query, text in (
        (Query("who"), f"Perhaps Ana is in this video. {may_be}"),
        (polar(ANA), f"Probably yes: Ana is in this video, on the left of the frame, the whole time. {may_be}"),
        (polar(BEN), "Perhaps: Ben is in this video, on the left of the frame, the whole time."),
        (polar(BEN, SITS), "Ben is in this video, but I can't tell whether Ben is sitting."),
        (polar(BEN, Has("with", of=ANA)), "Ben is in this video, but I can't tell whether Ben is seen with Ana."),
        (Query("who", Whom(besides=("Ben",))), "I see nobody else in this video."),
    ):
        assert answered(query, seen).removesuffix(" This is likelier Ana than Ben.") == text
    assert answered(polar(BEN, SITS), seen).endswith(" This is likelier Ana than Ben.")


def test_a_likely_name_may_be_a_strangers() -> None:
    sure = _seen({**_stranger("Ana"), "enrolled": True})
    unsure, anybody = _likely(sure, "Ana", 0.7), polar(Whom(known=False))
    assert (run(anybody, sure).verdict, run(anybody, unsure).verdict) == ("no", "unsure")
    assert run(polar(ANA, ALONE), unsure).people[0].likely


def test_a_doubtful_name_is_told_flatly_only_to_who_asks_for_it() -> None:
    """Of those at .5 to .8 that nobody asked about, two of three are strangers; of those asked about one in seven."""
    seen = _likely(_seen({**_stranger("Ana"), "enrolled": True}, {**_stranger("Ben"), "enrolled": True}), "Ana", 0.7)
    wears = "is wearing a black top"
    for query, text in (
        (replace(WEARS_CLEO, whom=ANA), f"Ana {wears}."),
        (replace(WEARS_CLEO, whom=WOMAN), f"Ben {wears}, and so is perhaps Ana."),
        (replace(WEARS_CLEO, whom=BOTH), f"Ana {wears}, and so is Ben."),
        (Query("who"), "Ben and perhaps Ana are in this video."),
        (BLACK, "Ben and perhaps Ana are wearing something black."),
    ):
        assert answered(query, seen) == text
    alone = _likely(_seen({**_stranger("Ana"), "enrolled": True}), "Ana", 0.7)
    assert answered(replace(WEARS_CLEO, whom=Whom()), alone) == f"Somebody who may be Ana {wears}."
    assert answered(BLACK, alone) == "Somebody who may be Ana is wearing something black."
    she = Whom(("Ana",), by_name=False)  # "what is she wearing?"
    assert answered(replace(WEARS_CLEO, whom=she), alone) == f"Somebody who may be Ana {wears}."
    assert answered(polar(where=Has("deed", "eating")), alone) == (
        "Somebody who may be Ana is in this video, but I can't tell whether that person is eating."
    )
    assert answered(polar(where=Has("deed", "eating")), seen) == (
        "I can't tell whether somebody who may be Ana or Ben is eating."
    )
    assert answered(refused("unseen", she, value="age"), alone) == (
        "Somebody who may be Ana is in this video, but I can't tell how old anybody is."
    )
    doctor = Whom(such=Has("role", "doctor"))  # nobody else can be meant
    assert "whether that person is a doctor" in answered(replace(WEARS_CLEO, whom=doctor), alone)


def test_who_does_it_is_told_where_who_is_asked_about_is_not_there() -> None:
    rows = [{"attribute": "posture", "value": "sitting"}, {"attribute": "side", "value": "left"}]
    sits, absent = {"rows": rows}, "Cleo is not in this video"
    stranger, ben = _seen({**_stranger("#1"), **sits}), _seen({**_stranger("Ben"), **sits, "enrolled": True})
    unknown, known = (run(polar(CLEO, SITS), seen) for seen in (stranger, ben))
    assert [(one.verdict, one.instead[0].entity) for one in (unknown, known)] == [("unknown", "#1"), ("no", "Ben")]
    assert (
        say(unknown, stranger)
        == "Cleo is not in this video, as far as I can see, but somebody I don't know is sitting."
    )
    assert say(known, ben) == f"No, {absent}, but Ben is sitting."
    sat = Row("#1", "posture", "sitting", 0, 10, ground=SPECS.ground)
    seen = replace(stranger, rows=(*(one for one in stranger.rows if one.attribute != "posture"), sat))
    why = run(Query("why", CLEO), seen, [run(polar(CLEO, SITS), seen)])  # "why do you think that?"
    assert "Seen best: sitting at 0:03." in say(why, seen)
    dan = replace(ben, entities=(*ben.entities, Entity("Dan", decision="unsure", probability=0.4)))
    both, may_be = polar(Whom(("Cleo", "Dan"), "both"), SITS), "I'm not sure whether Dan is in this video"
    assert answered(both, dan) == f"No, {absent}, and {may_be}, but Ben is sitting."
    assert answered(polar(CLEO, GLASSES), ben).startswith(f"No, {absent}. I see Ben")
    no_man = polar(replace(BEN, such=FEMALE), SITS)  # nobody who is missing
    assert "but Ben" not in answered(no_man, ben)


def test_who_lies_is_told_whoever_it_is_and_wherever_she_lies() -> None:
    lying, floor = Has("posture", "lying down"), Has("near", "on the floor")
    rows = [{"attribute": "posture", "value": "lying down"}]
    somebody, absent = "somebody I don't know is lying down", "Cleo is not in this video, as far as I can see"
    seen = _seen({**_stranger("#1"), "rows": rows})
    assert answered(polar(CLEO, And((lying, floor))), seen) == f"{absent}, but {somebody}."
    there = _seen({**_stranger("#1"), "rows": [*rows, {"attribute": "near", "value": "on the floor"}]})
    assert answered(what("place", Whom(), lying), there) == "Somebody I don't know is on the floor."
    where = what("place", CLEO, lying)
    assert answered(where, there) == f"{absent}, but {somebody}, on the floor."


def test_what_is_on_a_part_of_the_body_is_told_or_that_nothing_is_known_of_it() -> None:
    hat, scarf = row("Ana", "worn", "hat", holds=False), row("Ana", "worn", "scarf")
    seen, bare = _ana(RED, hat, scarf), _ana(RED)
    on = {part: what("worn", ANA, value=part) for part in ("head", "neck")}
    assert answered(on["neck"], seen) == "Ana is wearing a scarf."
    none = "Ana is wearing no hat, as far as I can see. Ana is wearing a red jacket and a scarf."
    assert answered(on["head"], seen) == none
    told = "Ana is in this video, but I can't make out anything round Ana's neck. Ana is wearing a red jacket."
    assert answered(on["neck"], bare) == told
    plain = _ana(row("Ana", "worn", "glasses", holds=False))
    assert answered(on["head"], plain) == "Ana is in this video, but I can't make out anything on Ana's head."


def test_a_colour_that_is_not_known_is_said_to_be_so_and_what_is_used_is_told_of_hands() -> None:
    seen = _ana(
        row("Ana", "worn", "face mask"),
        row("Ana", "deed", "using a phone"),
        row("Ana", "hair", "hair", colour="blonde"),
    )
    mask, holds = (
        what("worn", ANA, value="face mask"),
        what("holding", ANA),
    )
    assert answered(mask, seen) == "Ana is wearing a face mask, but I can't tell the colour."
    told = "Ana is in this video, but I can't make out anything in Ana's hands. Ana uses a phone."
    assert answered(holds, seen) == told
    braided = "Ana is in this video, but I can't tell whether Ana has braided hair. Ana has blonde hair."
    assert answered(polar(ANA, Has("hair", "braided")), seen) == braided
    jewels = answered(polar(ANA, Has("worn", "jewellery")), seen)
    assert jewels.startswith("Ana is in this video, but I can't tell whether Ana is wearing jewellery.")
    armed = answered(what("deed", ANA, Has("holding", "gun")), seen)
    assert armed == "Ana is in this video, but I can't tell whether Ana is holding a gun. Ana uses a phone."
    assert run(polar(ANA, Has("hair", "hair", "white")), seen).verdict == "unknown"  # blonde may be said so


def test_no_answer_calls_a_stranger_by_a_number() -> None:
    seen = _seen({**_stranger("#1"), "seen": [[0, 6]]}, {**_stranger("Ana"), "enrolled": True})
    one, two = Whom(("#1",)), Whom(("Ana", "#1"), "either")
    wheres = (None, SITS, Not(SITS), HAT, WITH, Has("beside", "behind", of=ANA), KITCHEN)
    selects = ("exists", "who", "count", "when", "how_long", "how_often", "describe", "compare", "order", "shots")
    asked = [Query(select, whom, where) for select in selects for whom in (one, two) for where in wheres]
    asked += [polar(ANA, Has(kind, of=one)) for kind in ("beside", "left_of", "with")]
    asked += [what(kind, one) for kind in ("worn", "deed", "place", "gender", "beside")]
    asked += [refused("unseen", one, value=value) for value in ("", "mood", "height")]
    asked += [Query("who", during=During(how, Event(one, SITS))) for how in ("while", "after")]
    assert not [text for query in asked if "#" in (text := answered(query, seen))]


def test_what_is_unknown_and_who_is_missing_are_told_once() -> None:
    seen = timeline()
    second, many = Query("who", Whom(nth=3)), Query("count", Whom(such=HAT), number=Number("at_least", 3), form="polar")
    came = Query("order", CLEO, during=at("before", ANA, GONE), form="polar")
    together = Query("when", Whom(("Ana", "Cleo"), "both"), SITS)
    for query, text in (
        (second, "I see no third person from the left; I can't tell of Dan."),
        (many, "No, at most two: I can't tell whether Ana or Ben is wearing a hat."),
        (came, "Cleo is not in this video, so I can't tell."),
        (together, "Ana is sitting the whole time, from 0:00 to 0:10. Cleo is not in this video, so I can't tell."),
        (Query("who", during=at("before", CLEO, SITS)), "Cleo is not in this video."),
        (polar(Whom(such=MALE, quantifier="none"), SITS), "Yes, no man is sitting."),
        (Query("when", Whom(("Ben", "Cleo"), "both"), WITH),
         "Ben is never seen with Cleo. Cleo is not in this video, so I can't tell."),
        (Query("who", Whom(("Cleo", "Dan"), "either"), SITS),
         "Cleo is not in this video, and I'm not sure whether Dan is in this video, so I can't tell."),
        (Query("who", Whom(("Ben", "Cleo"), "either"), HAT),
         "I can't tell whether Ben is wearing a hat. Cleo is not in this video, so I can't tell."),
    ):  # fmt: skip
        assert answered(query, seen) == text
    di, diana = Entity("Di", decision="unsure", probability=0.4), Entity("Diana", decision="absent", probability=0.0)
    both = run(polar(Whom(("Di", "Diana"), "both"), SITS), Timeline(0, 10, (di, diana)))
    told = "No, Diana is not in this video. I'm not sure whether Di is in this video, so I can't tell."
    assert say(both, Timeline(0, 10, (di, diana))) == told  # the letters of a name within another


def test_who_is_denied_though_somebody_is_hard_to_see_is_so_as_far_as_i_can_see() -> None:
    seen = _seen(_stranger("#1"))
    cleo, *others = seen.entities
    seen = replace(seen, entities=(replace(cleo, why=Why("turned", ("turned",))), *others))
    hard = "Cleo is not in this video, as far as I can see"
    assert answered(polar(CLEO), seen).startswith(f"No, {hard}: whoever is most like Cleo is turned away.")
    assert answered(WEARS_CLEO, seen).startswith(f"{hard}, so I can't say what Cleo is wearing.")


def test_who_is_denied_though_it_may_be_otherwise_is_so_as_far_as_i_can_see() -> None:
    seen = _seen(_stranger("#1"))
    cleo, *others = seen.entities
    told = {p: replace(seen, entities=(replace(cleo, probability=p), *others)) for p in (0.05, 0.2)}
    one = "I see one person, on the left."
    assert answered(polar(CLEO), told[0.05]) == f"No, Cleo is not in this video. {one}"
    assert answered(polar(CLEO), told[0.2]) == f"No, Cleo is not in this video, as far as I can see. {one}"
    both = answered(polar(Whom(("Cleo", "#1"), "both")), told[0.2])
    assert "Cleo is not in this video, as far as I can see" in both


def test_where_a_deed_is_not_known_it_is_told_where_she_is() -> None:
    seen = _seen({**_stranger("Ana"), "enrolled": True})
    text = "Ana is in this video, but I can't make out what Ana is doing. Ana is on the left of the frame."
    assert answered(what("deed", ANA), seen) == text


def _ana(*rows: Row, style: str = "filmed") -> Timeline:
    seen = _seen({**_stranger("Ana"), "enrolled": True, "rows": []}, style=style)
    return replace(seen, rows=(*seen.rows, *(replace(one, start_s=0.0, end_s=10.0) for one in rows)))


FACES = row("Ana", "deed", "facing the camera")
DEEDS = [
    (row("Ana", "posture", "sitting", probability=0.6), row("Ana", "deed", "posing for a photo", probability=0.6),
     FACES, "Ana looks towards the camera and probably sits and poses for a photo."),
    (row("Ana", "deed", "looking up"), row("Ana", "deed", "looking to the right"), "Ana looks up and to the right."),
]  # fmt: skip


@pytest.mark.parametrize("case", DEEDS)
def test_deeds_are_hedged_once_and_looks_share_their_verb(case: tuple[Any, ...]) -> None:
    *rows, text = case
    seen = _ana(*rows)
    assert answered(what("deed", ANA), seen) == text


def test_the_rim_of_a_drawing_that_has_the_colour_of_her_hair_is_no_background() -> None:
    where, hair = what("place", ANA), row("Ana", "hair", "hair", colour="light blue")
    for style, text in (("drawn", "Ana is on"), ("filmed", "Ana is before a light blue background, on")):
        rim, side = row("", "background", "a light blue background"), row("Ana", "side", "left")
        seen = _ana(hair, side, rim, style=style)
        assert answered(where, seen) == f"{text} the left of the frame."


def test_after_who_is_there_it_is_not_said_again() -> None:
    does = what("deed", NOBODY)
    seen = _ana()
    text = answered(replace(Query("who"), then=replace(does, whom=Whom())), seen)
    assert text == "Ana is in this video. I can't make out what Ana is doing."


def test_whoever_is_not_enrolled_is_so_in_no_part() -> None:
    zoe = polar(Whom(("Zoe",), unknown=("Zoe",)), during=During(end_s=5.0))
    query, seen = replace(zoe, then=replace(zoe, during=During(start_s=5.0))), _seen(_stranger("#1"))
    assert answered(query, seen) == "Zoe is not enrolled; I know Cleo."


def test_of_a_photo_no_times_are_told() -> None:
    photo = finding(Query("when", ANA, SITS), people=found("Ana"))
    assert say(photo, timeline(duration_s=0.5)) == "Ana is sitting, but I can't tell when."


def test_with_traits_off_nobody_is_called_a_woman() -> None:
    off = "Telling men from women, and smiles, is switched off here."
    assert say(finding(Query("count", WOMAN), number=0.0), without_traits(timeline())) == off
    smiles = finding(polar(ANA, Has("deed", "smiling")), "unknown", open=unknown("Ana"))
    assert say(smiles, without_traits(timeline())) == off


WHOMS = (
    ANA, BEN, CLEO, BOTH, NOBODY, ALL, Whom(), EITHER, Whom(("Ana",), "only"), Whom(("#1",)),
    Whom(such=And((MALE, GLASSES))), Whom(nth=2), Whom(known=False), Whom(unknown=("Anna",)),
)  # fmt: skip
WHERES = (None, PRESENT, SITS, Not(GLASSES), GONE, Has("with", of=BEN), ALONE, And((SITS, Not(GLASSES))),
          Has("hair", "beard"), Has("thing", "cup"), KITCHEN, Has("worn", "", "red"))  # fmt: skip
DURINGS = (During(), BEN_AWAY, at("before", BOTH, SITS, nth=-1))
SELECTS = ("exists", "who", "count", "when", "how_long", "how_often", "attribute", "describe", "compare", "order",
           "shots", "length", "why", "refuse")  # fmt: skip
MISSED = (NO_CLEO, Missing("Dan", "unsure"), Missing("Anna", "not enrolled", "Ana"))
ROWS = (
    RED, SPECS, SAT, row("Ana", "beside", of="#1"), row("", "thing", "cup", of="on the left"), row("", "shot", "1"),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_found_is_said_in_whole_sentences(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(100):
        people = [
            Found(who, draw.choice(["yes", "no", "unknown"]), SEEN.get(who, ()), tuple(draw.sample(ROWS, 2)), 2.0)
            for who in draw.sample(["Ana", "Ben", "#1", "#2"], draw.randrange(5))
        ]
        query = Query(
            draw.choice(SELECTS), draw.choice(WHOMS), draw.choice(WHERES), draw.choice([None, "worn", "place", "with"]),
            form=draw.choice(["polar", "wh"]), during=draw.choice(DURINGS), throughout=draw.random() < 0.2,
            rank=draw.choice([None, None, Rank("long"), Rank("time", -1), Rank("left", 2)]),
            versus=draw.choice([None, BEN]),
        )  # fmt: skip
        verdict = draw.choice(["yes", "no", "unknown", "unsure"]) if query.form == "polar" else None
        groups = {
            name: tuple(one for one in people if one.verdict == of)
            for name, of in (("people", "yes"), ("against", "no"), ("open", "unknown"))
        }
        text = told(
            query, verdict, **groups, number=draw.choice([None, 0.0, 2.0]), nothing=draw.random() < 0.1,
            missing=tuple(draw.sample(MISSED, draw.randrange(3))), rows=tuple(draw.sample(ROWS, 2)),
            spans=draw.choice([(), ((1.0, 2.0),)]),
        )  # fmt: skip
        assert text[:1].isupper(), (query, text)
        assert text[-1:] in (".", "?"), (query, text)
        assert not [part for part in ("  ", "None", " ,", "..", " .", ",,", "#") if part in text], (query, text)


def test_what_changes_is_told_with_its_times() -> None:
    rows = (
        row("#1", "present"), row("#1", "worn", "coat"), row("#1", "worn", "hat", 2.0, 3.0),
        row("#1", "posture", "standing", 0.0, 7.0), row("#1", "posture", "sitting", 7.0),
    )  # fmt: skip
    seen = Timeline(0.0, 10.0, (Entity("#1", known=False),), rows)
    queries = [what(kind, Whom(known=False)) for kind in ("worn", "deed")]
    worn, deed = (answered(query, seen) for query in queries)
    assert worn == "Somebody I don't know is wearing a coat, and a hat from 0:02 to 0:03."
    assert deed == "Somebody I don't know stands from 0:00 to 0:07 and sits from 0:07 to 0:10."


def test_people_are_next_to_each_other_only_where_they_are() -> None:
    """Those of whom the same is so at the same time are told together, each next to somebody else."""
    names = ("Ana", "Ben", "Cleo", "Dov")
    seen = tuple(Row(name, "present", "", 0, 10) for name in names)
    pairs = (Row("Ana", "beside", "", 2, 5, of="Ben"), Row("Cleo", "beside", "", 2, 5, of="Dov"))
    two = Timeline(0, 10, tuple(map(Entity, names)), (*seen, *pairs))
    asked = Query("who", where=Has("beside"))
    assert answered(asked, two) == "Ana, Ben, Cleo and Dov are next to somebody from 0:02 to 0:05."
    one = replace(two, rows=(*seen, pairs[0]))
    both = BOTH
    always = polar(both, Has("beside"), throughout=True)
    assert answered(always, one) == "No, Ana and Ben are next to each other from 0:02 to 0:05."
    when = run(Query("when", both, Has("beside")), one)
    assert say(when, one) == "Ana and Ben are next to each other from 0:02 to 0:05."
