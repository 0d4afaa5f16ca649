"""How a question was read, in words: what was asked, what was found, which rows answer."""

from __future__ import annotations

from make_conditions import GONE, HAT, MALE
from make_queries import ANA, BEN, CLEO, at, refused, what

from pvchat.chat.query import And, During, Has, Not, Number, Query, Rank, Whom
from pvchat.chat.say.explanation import MOST_ROWS, Measured, explain, lines
from pvchat.chat.timeline import Finding, Found, Missing, Row

BEN_AWAY = at("while", BEN, GONE)
JACKET = Row("Ana", "worn", "jacket", 2.0, 9.0, colour="red")


def asked(query: Query) -> dict[str, str]:
    explanation = explain(Finding(query).to_dict())
    assert explanation is not None
    return dict(explanation.asked)


def test_what_is_asked_is_said_part_by_part():
    query = Query("when", ANA, And((Has("deed", "sitting"), Not(HAT))), during=BEN_AWAY)
    assert asked(query) == {
        "asked": "when", "about": "Ana", "condition": "is sitting and not wearing a hat", "while": "Ben is away",
    }  # fmt: skip
    assert asked(Query("count", Whom(such=MALE, besides=("Ben",)))) == {
        "asked": "how many", "about": "the men but Ben", "part": "the whole video",
    }  # fmt: skip
    assert asked(what("worn", ANA, value="coat"))["asked"] == "what is worn (coat)"
    assert asked(refused("foreign")) == {"asked": "another language than English"}


def test_parts_of_the_video_are_named():
    parts = {
        "from 0:05 to 0:10": During(start_s=5, end_s=10), "from 1:00 on": During(start_s=60),
        "the last 10 seconds": During(start_s=-10), "shot 2": During(start_s=2, unit="shot"),
        "the last shot": During(start_s=-1, unit="shot"), "50 to 100 % of the video": During(start_s=0.5, unit="share"),
        "the video's end": During(start_s=-1, unit="edge"),
    }  # fmt: skip
    assert {part: asked(Query("who", during=during))["part"] for part, during in parts.items()} == {p: p for p in parts}
    second = at("while", BEN, Has("deed", "waving"), nth=2)
    assert asked(Query("who", during=second))["at"] == "the second time that Ben is waving"


def test_ranks_and_numbers_are_named():
    assert asked(Query("who", rank=Rank("long")))["which"] == "longest"
    assert asked(Query("who", rank=Rank("time", -1)))["which"] == "last"
    assert asked(Query("who", rank=Rank("left", 2)))["which"] == "second furthest to the left"
    assert asked(Query("count", number=Number("more_than", 2)))["number"] == "more than two"
    assert asked(Query("exists", number=Number("at_least", 70)))["number"] == "at least 1 minute 10 seconds"
    of_many = explain({"query": Query("who", unit="day", number=Number("at_least", 3)).to_dict()}, many=True)
    assert of_many is not None
    assert of_many.asked == (("asked", "who"), ("number", "at least three"))  # days, and no part of one video
    assert asked(Query("who", number=Number("exactly", 0)))["number"] == "never"


def test_strangers_have_no_numbers():
    query = Query("who", Whom(besides=("#1",)), Has("beside", of=Whom(("#2",))))
    assert "#" not in "".join(asked(query).values())


def test_what_is_found_and_the_rows_that_answer():
    hat = Row("Ben", "worn", "hat", 0.0, 4.0, probability=0.6, holds=False)
    finding = Finding(
        Query("exists", Whom(("Ana", "Ben", "Zoe")), Has("worn", "jacket")), "yes", (Found("Ana", rows=(JACKET,)),),
        (Found("Ben", "no", rows=(hat,)),), missing=(Missing("Zoe", "not enrolled", "Zoë"),),
        rows=(Row("", "thing", "tv", 0.0, 4.0, of="left"),),
    )  # fmt: skip
    explanation = explain(finding.to_dict())
    assert explanation.found == (
        ("answer", "yes"), ("true of", "Ana"), ("not true of", "Ben"),
        ("Zoe", "not enrolled; Zoë is probably meant"),
    )  # fmt: skip
    assert explanation.rows == (
        Measured("Ana", "wearing a red jacket", 2.0, 9.0, 1.0), Measured("Ben", "not wearing a hat", 0.0, 4.0, 0.6),
        Measured("the scene", "a screen on the left", 0.0, 4.0, 1.0),
    )  # fmt: skip


def test_the_scene_may_come_before_somebody():
    dog = Finding(Query("order", where=Has("thing", "dog")), "yes", (Found("", number=1.0),), (Found("Ana", "no"),))
    assert dict(explain(dog.to_dict()).found) == {"answer": "yes", "true of": "the scene", "not true of": "Ana"}


def test_two_questions_and_many_rows_as_lines():
    many = Found("Ana", rows=(JACKET,) * (MOST_ROWS + 2))
    told = lines(explain(Finding(Query("who"), people=(many,), then=Finding(Query("length"), number=75.0)).to_dict()))
    assert told[0] == "Asked: who · part: the whole video"
    assert told[2] == "Ana: wearing a red jacket, from 0:02 to 0:09"
    assert told[-3:] == [
        "and 2 more rows",
        "Asked: how long it is · part: the whole video",
        "Number: 1 minute 15 seconds",
    ]
    assert lines(explain({})) == []


def test_who_is_seen_instead_has_a_name_only_where_that_is_sure():
    rows = tuple(Row(name, "worn", "jacket", 2.0, 9.0) for name in ("Ana", "Ben"))
    instead = (Found("Ana", rows=rows[:1]), Found("Ben", rows=rows[1:], likely=True))
    explanation = explain(Finding(what("worn", CLEO), instead=instead).to_dict())
    assert explanation is not None
    assert dict(explanation.found) == {"seen instead": "Ana and somebody I don't know"}
    assert [row.who for row in explanation.rows] == ["Ana", "somebody I don't know"]


def test_videos_with_anything_in_them_have_no_condition():
    finding = {"query": Query("when", where=And(()), number=Number("exactly", 0), unit="day").to_dict()}
    assert lines(explain(finding, many=True)) == ["Asked: when · number: never"]
