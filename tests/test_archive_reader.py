"""Questions about many videos, read (`chat/reader/archive.py`): their query, dates, place and sighting."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

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
        ("When was the last time Ana was here?", Query("when", ANA, rank=LAST)),
        ("Tell me when Ana was last seen.", Query("when", ANA, rank=LAST)),
        ("When did Ana leave?", Query("when", ANA, rank=LAST)),
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
        ("When did anyone last set eyes on Ana?", Query("when", ANA, rank=LAST)),
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
        ("Did anyone sit for more than a minute?", polar(where=SITS, number=Number("more_than", 60.0))),
    ],
)  # fmt: skip
def test_what_is_said_of_many_videos(text: str, query: Query) -> None:
    assert asked(text) == ArchiveQuestion(query, asked(text).text)


@pytest.mark.parametrize(
    ("text", "place", "query"),
    [
        ("Who used the kitchen?", "kitchen", Query("who")),
        ("Was Ana in the garden?", "back garden", polar(ANA)),
        ("Who came into the kitchen this morning?", "kitchen", Query("who")),
        ("Was Ana in the back garden today?", "back garden", polar(ANA)),
        ("Was Ana on the ward this week?", "ward", polar(ANA)),
        ("When was Ana in the kitchen with Ben last week?", "kitchen", Query("when", ANA, WITH_BEN)),
        ("What time did Ana leave the kitchen?", "kitchen", Query("when", ANA, rank=LAST)),
        ("When was Ana last seen in the kitchen in May?", "kitchen", Query("when", ANA, rank=LAST)),
        ("Which kitchen recordings show Ana?", "kitchen", Query("when", ANA)),
        ("Who was there? → And the kitchen clips?", "kitchen", Query("who")),
        ("Who was in the office yesterday?", "", Query("who", where=Has("place", "office"))),
    ],
)
def test_place_and_time_are_taken_out(text: str, place: str, query: Query) -> None:
    found = asked(text)
    assert ([one for one, _ in found.places], found.query) == ([place] * bool(place), query)


@pytest.mark.parametrize(
    ("text", "query", "sighting"),
    [
        ("What was Ana wearing when she was last seen?", what("worn", ANA), Query("when", ANA, rank=LAST)),
        ("What was Ana wearing when she was first seen with Ben?", what("worn", ANA),
         Query("when", ANA, WITH_BEN, rank=Rank("time"))),
        ("Where was Ana last seen?", what("place", ANA), Query("when", ANA, rank=LAST)),
        ("Who is in the second last video?", Query("who"), Query("when", rank=Rank("time", -2), unit="video")),
        ("Where was Ana seen the last time but one?", what("place", ANA), Query("when", ANA, rank=Rank("time", -2))),
        ("Where is Ana now?", what("place", ANA), Query("when", ANA, rank=LAST)),
        ("How long was Ana's first visit?", Query("how_long", ANA), Query("when", ANA, rank=Rank("time"))),
        ("Who else was there when Ana was last seen?", Query("who", Whom(besides=("Ana",))),
         Query("when", ANA, rank=LAST)),
        ("Who was with Ana the last time?", Query("who", Whom(besides=("Ana",)), Has("with", of=ANA)),
         Query("when", ANA, rank=LAST)),
        ("When did Ana last fall? → Was anyone with her?", polar(where=Has("with", of=ANA)),
         Query("when", ANA, FALLS, rank=LAST)),
    ],
)  # fmt: skip
def test_the_one_sighting_that_is_meant(text: str, query: Query, sighting: Query) -> None:
    assert (asked(text).query, asked(text).sighting) == (query, sighting)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Was Ana here every Monday?", polar(ANA, unit="day", throughout=True)),
        ("Who was here each week?", Query("who", unit="week", throughout=True)),
        ("How often per week was Ana here?", Query("when", ANA, unit="week")),
        ("How often a day was Ana here? → And every week?", Query("when", ANA, unit="week")),
        ("How long was Ana here every day?", Query("when", ANA, unit="day", rank=LONG)),
        ("Was Ana here on Monday? → And every Tuesday?", polar(ANA, unit="day", throughout=True)),
        ("Was Ana here at night? → And before?", refused("unclear", value="times")),
        ("Was Ana longer in the kitchen or on the ward? → And in the back garden?", refused("unclear")),
        ("Was Ana here more often on Monday than on Friday?", Query("compare", ANA, form="polar", rank=Rank("often"))),
        ("Was Ana in the kitchen more often than on the ward?",
         Query("compare", ANA, form="polar", rank=Rank("often"))),
        ("Was Ana longer in the kitchen or on the ward?", Query("compare", ANA, form="choice", rank=LONG)),
        ("Were there more people in the kitchen than on the ward?",
         Query("count", form="polar", rank=Rank("often"), unit="scope")),
        ("Were Ana and Ben ever in the same room on the same day?",
         Query("when", BOTH, form="polar", unit="day and place")),
        ("Show me the last three videos", Query("when", rank=LAST, number=Number("exactly", 3), unit="video")),
    ],
)  # fmt: skip
def test_of_each_time_or_of_two(text: str, query: Query) -> None:
    assert asked(text).query == query


def test_places_and_times_are_asked_one_by_one() -> None:
    scopes = asked("Was Ana in the kitchen or on the ward on Monday?").scopes
    assert [(one.place, one.joint, one.dates and one.dates.said) for one in scopes] == [
        ("kitchen", "", "on Monday"), ("ward", "or", "on Monday"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "joints", "number"),
    [
        ("Was Ana neither in the kitchen nor on the ward?", ["", "or"], NEVER),
        ("Was Ana in neither the kitchen nor the ward?", ["", "or"], NEVER),
        ("Was Ana not in the kitchen and not on the ward?", ["", "or"], NEVER),
        ("Was Ana in the kitchen and not on the ward?", ["", "but not"], None),
        ("Was Ana here on Monday and not on Friday?", ["", "but not"], None),
        ("Has Ana only been in the kitchen?", ["", "but not"], None),
    ],
)
def test_what_is_so_in_none_or_only_in_one(text: str, joints: list[str], number: Number | None) -> None:
    found = asked(text)
    assert ([one.joint for one in found.scopes], found.query.number) == (joints, number)


def test_in_the_library_is_a_place_where_two_are_called_so() -> None:
    for places, where in ((("school library", "town library"), Has("place", "library")), (("kitchen",), None)):
        found = read_archive("Who was in the library?", Known(("Ana",), {}), places, NOW)
        assert (found.query.where, found.places) == (where, ())


def test_a_time_may_stand_between_two_places() -> None:
    scopes = asked("Who was in the kitchen on Monday but not in the ward?").scopes
    assert [(one.place, one.joint) for one in scopes] == [("kitchen", ""), ("ward", "but not")]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Was Ana here last week? → On which days?", Query("when", ANA, unit="day")),
        ("Was anybody smiling? → How many days?", Query("how_often", where=Has("deed", "smiling"), unit="day")),
        ("Show me yesterday's videos", Query("when", unit="video")),
        ("Was Ana here last week? → Which videos?", Query("when", ANA)),
        ("Is there a video without Ana? → Which one?", Query("when", Whom(("Ana",), "none"))),
    ],
)
def test_more_of_what_was_asked(text: str, query: Query) -> None:
    assert asked(text).query == query


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("How many days after her first visit did Ana come back?", 1, 2),
        ("How many days are between Ana's first and last visit?", 1, -1),
        ("How many years are between Ana's first and last visit?", 1, -1),
    ],
)
def test_how_much_later_somebody_came_is_asked_of_two_sightings(text: str, first: int, second: int) -> None:
    then = Query("when", ANA, rank=Rank("time", second), per="later")
    assert asked(text).query == Query("when", ANA, rank=Rank("time", first), then=then)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Was anybody in the kitchen before nine? → Someone we know?", ["before 9"]),
        ("Was anybody in the kitchen on Monday? → The Monday before that then?", ["the Monday before that"]),
        ("Who came to kitchen the Saturday?", ["on Saturday"]),
        ("Who came by the kitchen in the morning? → And the afternoon?", ["in the afternoon"]),
    ],
)
def test_a_few_words_go_on_at_the_same_place(text: str, where: list[str]) -> None:
    then = asked(text)
    assert (then.places, [one.said for one in then.dates]) == ((("kitchen", ""),), where)


def test_with_her_in_it_is_of_another_person_and_nobody_is_beside_herself() -> None:
    assert asked("How many videos have we with Ben in them? → And with Ana?").query == Query("how_often", ANA)
    beside = asked("Who was next to Ana on Monday? → What was she doing there?").query
    assert (beside.whom, beside.attribute, beside.during.event) == (ANA, "deed", None)


def test_where_somebody_was_instead_is_asked_of_all_places() -> None:
    then = asked("Was Ana in the kitchen on Monday? → Where was she then?")
    assert (then.query.attribute, then.places, len(then.dates)) == ("place", (), 1)


@pytest.mark.parametrize(
    "text",
    [
        "Was Ana seen outside the kitchen?", "Has Ana been anywhere apart from the kitchen?",
        "Was Ana in the kitchen? → Was she anywhere else?", "Was Ana in the kitchen? → And elsewhere?",
    ],
)  # fmt: skip
def test_everywhere_but_one_place_may_be_asked_about(text: str) -> None:
    found = asked(text)
    assert (found.query.select, found.query.whom, found.places, found.only) == (
        "exists",
        ANA,
        (("kitchen", ""),),
        "elsewhere",
    )
    assert found.of == " elsewhere than in the kitchen"


def test_everywhere_but_one_place_on_two_days_is_asked_of_both() -> None:
    found = asked("Was Ana anywhere but the kitchen on Monday or on Tuesday?")
    assert [(one.joint, bool(one.besides)) for one in found.scopes] == [("", True), ("or", True)]
    assert found.of == " on Monday or on Tuesday elsewhere than in the kitchen"


def test_what_is_asked_of_elsewhere_holds_on_for_what_leans_on_it() -> None:
    worn = asked("Was Ana ever seen outside the kitchen? → What was she wearing there?")
    assert (worn.query.attribute, worn.only) == ("worn", "elsewhere")
    where = asked("Was Ana in the kitchen? → Where else was she?")
    assert (where.query.unit, where.only) == ("place", "elsewhere")


@pytest.mark.parametrize("said", ["came earlier", "showed up earlier"])
def test_who_came_earlier_on_a_day_is_who_was_first(said: str) -> None:
    found = asked(f"Was it Ana or Ben who {said} on Tuesday?")
    assert (found.query.select, found.query.whom.names, found.query.rank) == ("compare", BOTH.names, Rank("time"))
    assert found.dates[0].said == "on Tuesday"


def test_two_of_them_are_both_who_were_spoken_of() -> None:
    found = asked("Has Ana ever turned up without Ben? → In how many videos are the two of them together?")
    assert (found.query.select, found.query.whom, found.query.where) == ("how_often", BOTH, WITH)


@pytest.mark.parametrize(
    "text", ["Has anyone I know been in more than one place?", "Does anyone of ours show up in two different places?"]
)
def test_anybody_in_two_places_is_the_same_one(text: str) -> None:
    found = asked(text).query
    assert (found.select, found.unit, found.number) == ("who", "place", Number("more_than", 1))


def test_how_far_two_visits_lie_apart_is_told_in_days() -> None:
    found = asked("How far apart are Ana's two visits?").query
    assert (found.rank, found.then and (found.then.rank, found.then.per)) == (Rank("time"), (Rank("time", 2), "later"))


def test_a_second_question_of_days_is_of_whom_the_first_one_was() -> None:
    found = asked("In which room was Ana? → Which dates should I look at?").query
    assert (found.select, found.whom, found.unit) == ("when", ANA, "day")


def test_one_of_them_is_one_of_those_who_were_found() -> None:
    found = asked("Who was here on Monday? → Was Ana one of them?")
    assert (found.query.select, found.query.whom, [one.said for one in found.dates]) == ("exists", ANA, ["on Monday"])


def test_later_than_an_hour_is_no_number() -> None:
    found = asked("Who was here later than six in the evening?")
    assert (found.query.number, [one.said for one in found.dates]) == (None, ["after 6 in the evening"])


def test_since_and_by_a_day() -> None:
    assert asked("Have Ana and Ben met again since the 10th?").dates[0].since == datetime(2026, 11, 11)
    assert asked("Who was here up to and including 15 November?").dates[0].until == datetime(2026, 11, 16)


def test_who_was_somewhere_without_somebody_is_not_that_one() -> None:
    assert asked("Was the kitchen ever used without Ana?").query.whom == Whom(besides=("Ana",))


@pytest.mark.parametrize(
    "text",
    [
        "Was Ana in the kitchen on Monday or on the ward on Friday?",
        "How many days are between Ana's first and Ben's last visit?",
        "Does Ana wear the same clothes every time?",
    ],
)
def test_what_would_be_read_as_something_else_is_refused(text: str) -> None:
    assert (asked(text).query.select, asked(text).query.refusal) == ("refuse", "unclear")


@pytest.mark.parametrize("typed", ["bedroom", "bed room", "Bed Room"])
def test_a_room_may_be_written_in_two_words(typed: str) -> None:
    assert read_archive(f"Was Ana in the {typed}?", Known(("Ana",)), ["bedroom", "hall"], NOW).places == (
        ("bedroom", ""),
    )


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


def test_a_date_in_july_is_a_day() -> None:
    assert [one.since for one in asked("Was Ana here on 24/7?").dates] == [datetime(2026, 7, 24)]


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
