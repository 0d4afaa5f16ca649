"""Questions about many videos, read (`chat/reader/archive.py`): their query, dates, place and sighting."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

import pytest
from make_conditions import FALLS, SITS, WITH
from make_queries import ANA, BOTH, at, polar, refused, what

from pvchat.chat.query import EVERYBODY, NEVER, Has, Number, Query, Rank, Whom
from pvchat.chat.question import Conversation
from pvchat.chat.reader.archive import ArchiveQuestion, read_archive
from pvchat.chat.reader.read import Known
from pvchat.chat.timeline import Finding

pytestmark = pytest.mark.weights
NOW = datetime(2026, 11, 29, 10, 30)
MALE = Has("gender", "man")
LAST, LONG = Rank("time", -1), Rank("long")
LAST_SEEN = Query("when", ANA, rank=LAST)
WITH_BEN = Has("with", of=Whom(("Ben",)))


def asked(text: str) -> ArchiveQuestion:
    """The last of some questions, each of which follows the one before it."""
    known, found = Known(("Ana", "Ben")), None
    for turn in text.split(" → "):
        found = read_archive(turn, known, ["kitchen", "back garden", "ward"], NOW, found)
        known = replace(known, history=(*known.history, (found.query, Finding(found.query))))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("When was the last time Ana was here?", LAST_SEEN),
        ("Tell me when Ana was last seen.", LAST_SEEN),
        ("When did Ana leave?", LAST_SEEN),
        ("When did anybody last fall?", Query("when", where=FALLS, rank=LAST)),
        ("Show me every fall.", Query("when", where=FALLS)),
        ("Show me the last fall.", Query("when", where=FALLS, rank=LAST)),
        ("On which day were the most falls?", Query("when", where=FALLS, rank=Rank("often"), unit="day")),
        ("Who came after the fall?", Query("who", during=at("after", EVERYBODY, FALLS))),
        ("Did Ana and Ben meet?", polar(BOTH, WITH)),
        ("Show me Ana smiling", Query("when", ANA, Has("deed", "smiling"))),
        ("Show Ana's clips", Query("when", ANA)),
        ("List the videos with Ana, newest first", Query("when", ANA)),
        ("Show all clips of Ana, oldest first", Query("when", ANA, per="order")),
        ("Which people were filmed?", Query("who")),
        ("How often was everybody here?", Query("who")),
        ("In how many videos is each person?", Query("who")),
        ("Videos pls", Query("when", unit="video")),
        ("List everything", Query("when", unit="video")),
        ("List the videos in order", Query("when", unit="video", per="order")),
        ("Is there any video with two people?",
         Query("count", unit="video", form="polar", number=Number("exactly", 2))),
        ("In how many videos are two people?", Query("count", number=Number("exactly", 2), unit="video", per="count")),
        ("How many videos have two people?", Query("count", number=Number("exactly", 2), unit="video", per="count")),
        ("In how many videos is only one person?",
         Query("count", number=Number("exactly", 1), unit="video", per="count")),
        ("Which videos have none of our people in them?", Query("when", Whom(quantifier="none", known=True))),
        ("List all videos of Ana", Query("when", ANA)),
        ("Find all clips of Ana with Ben, please.", Query("when", ANA, WITH_BEN)),
        ("Which videos is Ana in?", Query("when", ANA)),
        ("On which days was Ana here?", Query("when", ANA, unit="day")),
        ("Which room is Ana in most often?", Query("when", ANA, unit="place", rank=Rank("often"))),
        ("Where does Ana spend most of her time?", Query("when", ANA, unit="place", rank=Rank("long"))),
        ("Which rooms has Ana never been in?", Query("when", ANA, unit="place", number=NEVER)),
        ("How many days was Ana here?", Query("how_often", ANA, unit="day")),
        ("Which room is used most?", Query("when", unit="place", rank=Rank("often"))),
        ("Who only appears once?", Query("who", rank=Rank("often"), number=Number("exactly", 1))),
        ("Who have you never seen?", Query("who", number=NEVER)),
        ("Was it Ana or Ben in the hall?", Query("who", Whom(("Ana", "Ben")), Has("place", "corridor"))),
        ("Show me the last three videos of Ana", Query("when", ANA, rank=LAST, number=Number("exactly", 3))),
        ("How many times did Ana visit?", Query("how_often", ANA)),
        ("How many days ago did we last see Ana?", Query("when", ANA, rank=LAST, per="ago")),
        ("How long ago was Ana seen?", Query("when", ANA, rank=LAST, per="ago")),
        ("Ana's visits in order, please", Query("when", ANA, per="order")),
        ("Which of our people are seen together?", Query("who", Whom(known=True), Has("with", of=Whom(known=True)))),
        ("What did Ana say to Ben?", what("says", ANA)),
        ("When did anyone last set eyes on Ana?", LAST_SEEN),
        ("Who do you have more of, Ana or Ben?",
         Query("compare", Whom(("Ana", "Ben")), form="choice", rank=Rank("often"))),
        ("The last three videos of Ana", Query("when", ANA, rank=LAST, number=Number("exactly", 3))),
        ("Which video is Ana in the longest?", Query("when", ANA, rank=LONG)),
        ("Which video shows Ana longest?", Query("when", ANA, rank=LONG)),
        ("Which video has Ana in it the longest?", Query("when", ANA, rank=LONG)),
        ("In which video was Ana longest?", Query("when", ANA, rank=LONG)),
        ("What was the longest time Ana was there?", Query("when", ANA, rank=LONG)),
        ("What's the shortest time Ana was there?", Query("when", ANA, rank=Rank("long", -1))),
        ("How long was the longest visit of Ana?", Query("when", ANA, rank=LONG)),
        ("Which video of Ana is the longest?", Query("length", ANA, rank=LONG, unit="video")),
        ("In which video are most people sitting?", Query("count", where=SITS, rank=Rank("often"), unit="video")),
        ("Which video did most people smile in?",
         Query("count", where=Has("deed", "smiling"), rank=Rank("often"), unit="video")),
        ("Who was Ana with?", what("with", ANA)),
        ("Who is Ana usually with?", Query("who", where=Has("with", of=ANA), rank=Rank("often"))),
        ("When does Ana usually come?", Query("when", ANA, unit="hour", rank=Rank("often"))),
        ("Which years was Ana filmed?", Query("when", ANA, unit="year")),
        ("What is the longest video?", Query("length", rank=LONG, unit="video")),
        ("Which is the longest video?", Query("length", rank=LONG, unit="video")),
        ("What is the longest video? → Which is the shortest?", Query("length", rank=Rank("long", -1), unit="video")),
        ("When was Ana first seen? → And before that?", refused("unclear")),
        ("When was Ana last seen? → And before that?", Query("when", ANA, rank=Rank("time", -2))),
        ("When did Ana last come? → When had she come before that?", Query("when", ANA, rank=Rank("time", -2))),
        ("How many films is Ana in?", Query("how_often", ANA)),
        ("Who is in the most films?", Query("who", rank=Rank("often"))),
        ("Which films are longer than five minutes?", Query("length", number=Number("more_than", 300), unit="video")),
        ("How long since Ana was last seen?", Query("when", ANA, rank=LAST, per="ago")),
        ("When was Ana's second visit?", Query("when", ANA, rank=Rank("time", 2))),
        ("Which videos were made?", Query("when", unit="video")),
        ("Which cameras did Ana pass?", Query("when", ANA, unit="place")),
        ("Was Ana away all day?", Query("how_often", ANA, form="polar", number=NEVER)),
        ("Are all men known?", Query("how_often", Whom(such=MALE, known=False), form="polar", number=NEVER)),
        ("Are all the people I know here?", polar(Whom(quantifier="all"))),
        ("Whom has Ana seen?", Query("who", where=Has("with", of=ANA))),
        ("When was Ana on duty?", Query("when", ANA)),
        ("How often was Ana in our building?", Query("how_often", ANA)),
        ("What did Ana say about the party?", Query("when", ANA, Has("says", "party"))),
        ("What's the longest anyone stayed here?", Query("when", rank=LONG)),
        ("Did a nurse come?", polar(Whom(such=Has("role", "nurse")))),
        ("Did anyone sit for more than a minute?", polar(where=SITS, number=Number("more_than", 60.0))),
    ],
)  # fmt: skip
def test_what_is_said_of_many_videos(text: str, query: Query) -> None:
    assert asked(text) == ArchiveQuestion(query, asked(text).text)


def parts_of(found: ArchiveQuestion) -> dict[str, Any]:
    """The fields of a question and of its query, and what its dates and scopes are called."""
    query = {field.name: getattr(found.query, field.name) for field in fields(Query)}
    return {
        **query, "query": found.query, "sighting": found.sighting, "only": found.only, "of": found.of,
        "places": [place for place, _ in found.places], "said": [one.said for one in found.dates],
        "since": [one.since for one in found.dates], "until": [one.until for one in found.dates],
        "scopes": [(one.place, one.joint) for one in found.scopes],
        "times": [one.dates and one.dates.said for one in found.scopes],
        "besides": [bool(one.besides) for one in found.scopes],
    }  # fmt: skip


def later(first: int, second: int) -> dict[str, Any]:
    """How much later somebody came is asked of two sightings."""
    then = Query("when", ANA, rank=Rank("time", second), per="later")
    return {"query": Query("when", ANA, rank=Rank("time", first), then=then)}


OFTEN, FIRST, UNCLEAR = Rank("often"), Rank("time"), refused("unclear")
ELSEWHERE = {"select": "exists", "whom": ANA, "places": ["kitchen"], "only": "elsewhere",
             "of": " elsewhere than in the kitchen"}  # fmt: skip
EARLIER = {"select": "compare", "whom": Whom(("Ana", "Ben")), "rank": FIRST, "said": ["on Tuesday"]}
PARTS: list[tuple[str, dict[str, Any]]] = [
    # place and time are taken out
    ("Who used the kitchen?", {"places": ["kitchen"], "query": Query("who")}),
    ("Was Ana in the garden?", {"places": ["back garden"], "query": polar(ANA)}),
    ("Who came into the kitchen this morning?", {"places": ["kitchen"], "query": Query("who")}),
    ("Was Ana in the back garden today?", {"places": ["back garden"], "query": polar(ANA)}),
    ("Was Ana on the ward this week?", {"places": ["ward"], "query": polar(ANA)}),
    ("When was Ana in the kitchen with Ben last week?", {"places": ["kitchen"], "query": Query("when", ANA, WITH_BEN)}),
    ("What time did Ana leave the kitchen?", {"places": ["kitchen"], "query": LAST_SEEN}),
    ("When was Ana last seen in the kitchen in May?", {"places": ["kitchen"], "query": LAST_SEEN}),
    ("Which kitchen recordings show Ana?", {"places": ["kitchen"], "query": Query("when", ANA)}),
    ("Who was there? → And the kitchen clips?", {"places": ["kitchen"], "query": Query("who")}),
    ("Who was in the office yesterday?", {"places": [], "query": Query("who", where=Has("place", "office"))}),
    # the one sighting that is meant
    ("What was Ana wearing when she was last seen?", {"query": what("worn", ANA), "sighting": LAST_SEEN}),
    ("What was Ana wearing when she was first seen with Ben?",
     {"query": what("worn", ANA), "sighting": Query("when", ANA, WITH_BEN, rank=FIRST)}),
    ("Where was Ana last seen?", {"query": what("place", ANA), "sighting": LAST_SEEN}),
    ("Who is in the second last video?",
     {"query": Query("who"), "sighting": Query("when", rank=Rank("time", -2), unit="video")}),
    ("Where was Ana seen the last time but one?",
     {"query": what("place", ANA), "sighting": Query("when", ANA, rank=Rank("time", -2))}),
    ("Where is Ana now?", {"query": what("place", ANA), "sighting": LAST_SEEN}),
    ("How long was Ana's first visit?", {"query": Query("how_long", ANA), "sighting": Query("when", ANA, rank=FIRST)}),
    ("Who else was there when Ana was last seen?",
     {"query": Query("who", Whom(besides=("Ana",))), "sighting": LAST_SEEN}),
    ("Who was with Ana the last time?",
     {"query": Query("who", Whom(besides=("Ana",)), Has("with", of=ANA)), "sighting": LAST_SEEN}),
    ("When did Ana last fall? → Was anyone with her?",
     {"query": polar(where=Has("with", of=ANA)), "sighting": Query("when", ANA, FALLS, rank=LAST)}),
    # places and times are asked one by one; a time may stand between two places
    ("Was Ana in the kitchen or on the ward on Monday?",
     {"scopes": [("kitchen", ""), ("ward", "or")], "times": ["on Monday", "on Monday"]}),
    ("Who was in the kitchen on Monday but not in the ward?", {"scopes": [("kitchen", ""), ("ward", "but not")]}),
    # so in none, or only in one
    ("Was Ana neither in the kitchen nor on the ward?", {"scopes": [("kitchen", ""), ("ward", "or")], "number": NEVER}),
    ("Was Ana in neither the kitchen nor the ward?", {"scopes": [("kitchen", ""), ("ward", "or")], "number": NEVER}),
    ("Was Ana not in the kitchen and not on the ward?", {"scopes": [("kitchen", ""), ("ward", "or")], "number": NEVER}),
    ("Was Ana in the kitchen and not on the ward?", {"scopes": [("kitchen", ""), ("ward", "but not")], "number": None}),
    ("Was Ana here on Monday and not on Friday?", {"scopes": [("", ""), ("", "but not")], "number": None}),
    ("Has Ana only been in the kitchen?", {"scopes": [("kitchen", ""), ("", "but not")], "number": None}),
    # two sightings
    ("How many days after her first visit did Ana come back?", later(1, 2)),
    ("How many days are between Ana's first and last visit?", later(1, -1)),
    ("How many years are between Ana's first and last visit?", later(1, -1)),
    ("How far apart are Ana's two visits?", later(1, 2)),
    # a few words go on at the same place, of whom the question before was
    ("Was anybody in the kitchen before nine? → Someone we know?", {"places": ["kitchen"], "said": ["before 9"]}),
    ("Was anybody in the kitchen on Monday? → The Monday before that then?",
     {"places": ["kitchen"], "said": ["the Monday before that"]}),
    ("Who came to kitchen the Saturday?", {"places": ["kitchen"], "said": ["on Saturday"]}),
    ("Who came by the kitchen in the morning? → And the afternoon?",
     {"places": ["kitchen"], "said": ["in the afternoon"]}),
    ("How many videos have we with Ben in them? → And with Ana?", {"query": Query("how_often", ANA)}),
    ("Who was next to Ana on Monday? → What was she doing there?", {"query": what("deed", ANA)}),
    ("Was Ana in the kitchen on Monday? → Where was she then?",
     {"attribute": "place", "places": [], "said": ["on Monday"]}),
    ("Has Ana ever turned up without Ben? → In how many videos are the two of them together?",
     {"select": "how_often", "whom": BOTH, "where": WITH}),
    ("In which room was Ana? → Which dates should I look at?", {"select": "when", "whom": ANA, "unit": "day"}),
    ("Who was here on Monday? → Was Ana one of them?", {"select": "exists", "whom": ANA, "said": ["on Monday"]}),
    # everywhere but one place
    *((text, ELSEWHERE) for text in (
        "Was Ana seen outside the kitchen?", "Has Ana been anywhere apart from the kitchen?",
        "Was Ana in the kitchen? → Was she anywhere else?", "Was Ana in the kitchen? → And elsewhere?",
    )),
    ("Was Ana anywhere but the kitchen on Monday or on Tuesday?",
     {"scopes": [("", ""), ("", "or")], "besides": [True, True],
      "of": " on Monday or on Tuesday elsewhere than in the kitchen"}),
    ("Was Ana ever seen outside the kitchen? → What was she wearing there?",
     {"attribute": "worn", "only": "elsewhere"}),
    ("Was Ana in the kitchen? → Where else was she?", {"unit": "place", "only": "elsewhere"}),
    # who came earlier on a day is who was first; anybody in two places is the same one
    ("Was it Ana or Ben who came earlier on Tuesday?", EARLIER),
    ("Was it Ana or Ben who showed up earlier on Tuesday?", EARLIER),
    ("Has anyone I know been in more than one place?",
     {"select": "who", "unit": "place", "number": Number("more_than", 1)}),
    ("Does anyone of ours show up in two different places?",
     {"select": "who", "unit": "place", "number": Number("more_than", 1)}),
    ("Was the kitchen ever used without Ana?", {"whom": Whom(besides=("Ana",))}),
    # times
    ("Who was here later than six in the evening?", {"number": None, "said": ["after 6 in the evening"]}),
    ("Have Ana and Ben met again since the 10th?", {"since": [datetime(2026, 11, 11)]}),
    ("Who was here up to and including 15 November?", {"until": [datetime(2026, 11, 16)]}),
    ("Was Ana here on 24/7?", {"since": [datetime(2026, 7, 24)]}),
    # what would be read as something else is refused
    *((text, {"select": "refuse", "refusal": "unclear"}) for text in (
        "Was Ana in the kitchen on Monday or on the ward on Friday?", "Does Ana wear the same clothes every time?",
        "How many days are between Ana's first and Ben's last visit?",
    )),
    # of each time or of two, and more of what was asked
    ("Was Ana here every Monday?", {"query": polar(ANA, unit="day", throughout=True)}),
    ("Who was here each week?", {"query": Query("who", unit="week", throughout=True)}),
    ("How often per week was Ana here?", {"query": Query("when", ANA, unit="week")}),
    ("How often a day was Ana here? → And every week?", {"query": Query("when", ANA, unit="week")}),
    ("How long was Ana here every day?", {"query": Query("when", ANA, unit="day", rank=LONG)}),
    ("Was Ana here on Monday? → And every Tuesday?", {"query": polar(ANA, unit="day", throughout=True)}),
    ("Was Ana here at night? → And before?", {"query": refused("unclear", value="times")}),
    ("Was Ana longer in the kitchen or on the ward? → And in the back garden?", {"query": UNCLEAR}),
    ("Was Ana here more often on Monday than on Friday?", {"query": Query("compare", ANA, form="polar", rank=OFTEN)}),
    ("Was Ana in the kitchen more often than on the ward?", {"query": Query("compare", ANA, form="polar", rank=OFTEN)}),
    ("Was Ana longer in the kitchen or on the ward?", {"query": Query("compare", ANA, form="choice", rank=LONG)}),
    ("Were there more people in the kitchen than on the ward?",
     {"query": Query("count", form="polar", rank=OFTEN, unit="scope")}),
    ("Were Ana and Ben ever in the same room on the same day?",
     {"query": Query("when", BOTH, form="polar", unit="day and place")}),
    ("Show me the last three videos", {"query": Query("when", rank=LAST, number=Number("exactly", 3), unit="video")}),
    ("Was Ana here last week? → On which days?", {"query": Query("when", ANA, unit="day")}),
    ("Was anybody smiling? → How many days?", {"query": Query("how_often", where=Has("deed", "smiling"), unit="day")}),
    ("Show me yesterday's videos", {"query": Query("when", unit="video")}),
    ("Was Ana here last week? → Which videos?", {"query": Query("when", ANA)}),
    ("Is there a video without Ana? → Which one?", {"query": Query("when", Whom(("Ana",), "none"))}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PARTS)
def test_what_a_question_is_made_of(text: str, expected: dict[str, Any]) -> None:
    parts = parts_of(asked(text))
    assert {name: parts[name] for name in expected} == expected


def test_in_the_library_is_a_place_where_two_are_called_so() -> None:
    for places, where in ((("school library", "town library"), Has("place", "library")), (("kitchen",), None)):
        found = read_archive("Who was in the library?", Known(("Ana",), {}), places, NOW)
        assert (found.query.where, found.places) == (where, ())


@pytest.mark.parametrize("typed", ["bedroom", "bed room", "Bed Room"])
def test_a_room_may_be_written_in_two_words(typed: str) -> None:
    assert read_archive(f"Was Ana in the {typed}?", Known(("Ana",)), ["bedroom", "hall"], NOW).places == (
        ("bedroom", ""),
    )


@pytest.mark.parametrize("whose", ["his", "Ben's", "bens"])
def test_a_room_is_asked_about_whosever_it_is(whose: str) -> None:
    found = asked(f"Was Ana in {whose} kitchen?")
    assert (found.query, [place for place, _ in found.places]) == (polar(ANA), ["kitchen"])


def test_a_place_may_be_called_otherwise_but_two_in_one_question_are_not_read() -> None:
    lounge = read_archive("Was Ana in the living room?", Known(("Ana",)), ["lounge", "hall"], NOW)
    assert (lounge.places, lounge.query) == ((("lounge", ""),), Query("exists", Whom(("Ana",)), form="polar"))
    text = "Was Ana in the hall more often than Ben in the kitchen?"
    assert read_archive(text, Known(("Ana", "Ben")), ["hall", "study"], NOW).query.select == "refuse"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Was Ana up before 9?", "Was Ana there before 9?"),
        ("Has Ana been up at all this week?", "Has Ana been there at all this week?"),
        ("Who hasn't been here for more than 2 weeks?", "Who hasn't been here in the last 2 weeks?"),
        ("Has Ana been away for a week?", "Was Ana not seen in the last week?"),
        ("Who's been gone for over 3 days?", "Who was not seen in the last 3 days?"),
        ("Who's here right now?", "Who is here in the last hour?"),
        ("Who was in the hall... sorry, the garden on Monday?", "Who was in the garden on Monday?"),
        ("When was Ana in the hall, no wait, when was Ben in the garden?", "When was Ben in the garden?"),
        ("How many clips do you have in total?", "How many videos are there?"),
        ("Was Ana here at half seven?", "Was Ana here at half past seven?"),
        ("On Monday, where did Ana go first: the hall or the garden?",
         "On Monday, where did Ana go first in the hall or in the garden?"),
        ("Was Ana first in the hall or the garden?", "Where was Ana first seen in the hall or in the garden?"),
        ("Was Ana in the hall or in the garden last?", "Where was Ana last seen in the hall or in the garden?"),
    ],
)  # fmt: skip
def test_other_words_mean_the_same(text: str, plain: str) -> None:
    assert replace(asked(text), text="") == replace(asked(plain), text="")


@pytest.mark.parametrize(
    "text",
    [
        "Where is the dog?", "Where is he going?", "Where is this filmed?", "Did Ana come in at once after Ben left?",
        "Who gets up before Ben?", "Who stands up after Ana?", "Does Ana look up at Ben?",
    ],
)  # fmt: skip
def test_words_that_mean_something_else_stay(text: str) -> None:
    assert asked(text).text == text


@pytest.mark.parametrize("text", ["Where is {}?", "Videos without {}", "How long haven't we seen {}?"])
@pytest.mark.parametrize("name", ["Jo.*", "Ali$", "C++ (Bob)"])
def test_names_may_end_in_any_character(text: str, name: str) -> None:
    found = read_archive(text.format(name), Known((name,)), [], NOW)
    whom = (found.sighting or found.query).whom
    assert (whom.names, whom.unknown) == ((name,), ())


@pytest.mark.parametrize(
    ("text", "of_clip", "of_library"),
    [
        ("Where is Ana now?", "refuse", "attribute"),
        ("On how many days was Ana there?", "refuse", "how_often"),
        ("How often does Ana come a week?", "refuse", "when"),
        ("Was Ana in every room?", "refuse", "exists"),
        ("Which room is Ana in most often?", "attribute", "when"),
        ("Which video is Ana in?", "when", "when"),
    ],
)
def test_the_same_words_ask_one_video_and_many_otherwise(text: str, of_clip: str, of_library: str) -> None:
    assert Conversation(("Ana", "Ben")).read([text])[0].query.select == of_clip
    assert asked(text).query.select == of_library
