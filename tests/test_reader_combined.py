"""Questions in combination and the queries that they are read as: without, ever, more than, while she does."""

from __future__ import annotations

import pytest
from make_asked import found, query_of, read_question
from make_conditions import ALONE, FALLS, GLASSES, GONE, HAT, JACKET, SITS, STANDS, TALKS, WITH
from make_queries import ANA, BEN, BOTH, CLEO, MAN, NAMES, NOBODY, WOMAN, at, choice, polar, refused, what
from make_written import written

from pvchat.chat.query import And, During, Event, Has, Not, Number, Or, Query, Rank, Whom
from pvchat.chat.question import Question
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.schemas import PersonPresence

BETWEEN = Has("beside", "between", of=Whom(("Ana", "Ben"), "all"))
APART = And((Not(Has("with")),))
COMBINED: dict[str, Query] = {
    # two questions, one behind a comma
    "Where's Ben, is he alone?": what("place", BEN, then=polar(BEN, ALONE)),
    # … or one about the same people
    "Who wears a hat and is sitting?": Query("who", where=And((HAT, SITS))),
    "Who is sitting and has a beard?": Query("who", where=And((SITS, Has("hair", "beard")))),
    "Who wears a hat and is he sitting?": Query("who", where=HAT, then=polar(where=SITS)),
    "Who sits and who stands?": Query("who", where=SITS, then=Query("who", where=STANDS)),
    "When Ana sits, is Ben there?": polar(BEN, during=at("while", ANA, SITS)),
    "How many men and women are there?": Query("count", Whom(such=Or((Has("gender", "man"), Has("gender", "woman"))))),
    "was it ben?": polar(BEN),
    "Who came in?": Query("who", where=Has("enters")),
    "standers": Query("who", where=STANDS),
    "Is anyone in olive?": polar(where=Has("worn", "", "dark green")),
    # a third question
    "Is Ana there? Who sits? How many are there?": polar(ANA, then=Query("who", where=SITS, then=Query("count"))),
    # the topic first, or words in another order
    "The hat, is it Ana's?": polar(ANA, HAT),
    "The man in red, who is it?": Query("who", Whom(such=And((Has("gender", "man"), Has("worn", "", "red"))))),
    "Between which two men is Ana?": what("beside", ANA),
    "Who is Ana behind?": Query("who", where=Has("beside", "in front of", of=ANA)),
    "Ana or Ben, who is nearer to Cleo?": Query("who", Whom(("Ana", "Ben")), Has("beside", of=CLEO)),
    "Before Ben sits, what she does?": what("deed", BEN, during=at("before", BEN, SITS)),
    "Did Ana talk first and then sit down?": polar(ANA, TALKS, during=at("before", ANA, SITS)),
    "Is it inside of building?": polar(where=Has("setting", "indoors")),
    "Is neither Ana there?": polar(Whom(("Ana",), "none")),
    "Is Ana closest to Ben?": polar(ANA, Has("beside", of=BEN)),
    "Who joins Ana?": Query("who", where=Has("with", of=ANA)),
    "Did Ana get any visitors?": polar(ANA, WITH),
    "Between which people is there a fight?": Query("who", where=Has("deed", "fighting")),
    "Who says hello more often, Ana or Ben?":
        Query("compare", Whom(("Ana", "Ben")), Has("says", "hello"), form="choice", rank=Rank("often")),
    "Does Ana say it is Monday?": polar(ANA, Has("says", "it is Monday")),
    "When did Ana leave her chair?": Query("when", ANA, Has("leaves", "on a chair")),
    "Is anybody missing?": polar(where=GONE),
    "Is Ana wearing stripes?": polar(ANA, Has("worn", "stripes")),
    # a thing is nobody's name, a grandma without an article is; what is on a thing, or how somebody is, isn't told
    "Where is toothbrush?": Query("exists", where=Has("thing", "toothbrush")),
    "Where is the scarf?": Query("who", where=Has("worn", "scarf")),
    "Where is grandma?": what("place", Whom(unknown=("grandma",))),
    "Is anything on the table?": Query("refuse"),
    "Ana ok?": refused("unseen"),
    # one of several, some of them two together
    "Is Ana sitting, standing or lying down?": what("posture", ANA, form="choice"),
    "Is Ana looking up or down?": choice(ANA, Or((Has("deed", "looking up"), Has("deed", "looking down")))),
    "Is Ana face down or face up?": polar(ANA, Or((Has("deed", "face down"), Has("deed", "face up")))),
    "Is Ana wearing a red hat and a coat or a scarf?":
        choice(ANA, Or((And((Has("worn", "hat", "red"), Has("worn", "coat"))), Has("worn", "scarf")))),
    "Is Ana sitting to the left or to the right of Ben?":
        choice(ANA, And((Or((Has("left_of", of=BEN), Has("right_of", of=BEN))), SITS))),
    "Is he or she sitting?": polar(where=SITS),
    "When is no one there but Ana?": Query("when", Whom(("Ana",), "only")),
    "What happens when no one is there but Ana?": Query("describe", during=at("while", Whom(("Ana",), "only"))),
    "When did Ana go down?": Query("when", ANA, Has("posture", "lying down")),
    "Has Ana a cup, a phone or a book?": what("holding", ANA, form="choice"),
    "Did any nurse come in?": polar(Whom(such=Has("role", "nurse")), Has("enters")),
    "Who is the speaker?": Query("who", where=Has("speaks")),
    "Do you think Ana is the speaker?": polar(ANA, Has("speaks")),
    "Is there lightning?": polar(where=Has("thing", "lightning")),
    "Can you see the storm?": polar(where=Has("thing", "storm")),
    # a fall told by the noun; to sit down isn't to sit
    "Was there a fall?": polar(where=FALLS),
    "When was the fall?": Query("when", where=FALLS),
    "Does Ben get up again?": Query(
        "exists", BEN, Has("posture", "standing up"), form="polar", during=During("since", Event(BEN, Or((
            Has("deed", "falling"), Has("posture", "lying down"), SITS))))
    ),
    "Is Ben sitting down?": polar(BEN, SITS),
    "Who appears in the last scene?": Query("who", during=During(start_s=-1, unit="shot")),
    # without, except, only, neither
    "Does Ana sit without Ben?": polar(ANA, And((SITS, Not(Has("with", of=BEN))))),
    "Is Ana ever shown without Ben?": polar(ANA, And((Not(Has("with", of=BEN)),))),
    "When is Ben on screen without Ana?": Query("when", BEN, Not(Has("with", of=ANA))),
    "Were Ana and Ben ever together without Cleo?": Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    "Are Ana and Ben together but not with Cleo?": Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    "How long were Ana and Ben together without Cleo?": Query("how_long", BOTH, Not(Has("with", of=CLEO))),
    "Who's got a hat but no glasses?": Query("who", where=And((HAT, Not(GLASSES)))),
    "Leaving Ana out, who is talking?": Query("who", Whom(besides=("Ana",)), TALKS),
    "Only Ana is wearing a hat, isn't she?": polar(Whom(("Ana",), "only"), HAT),
    "Neither Ana nor Ben is sitting, right?": polar(Whom(("Ana", "Ben"), "none"), SITS),
    # the light is nobody's clothes
    "Who is there while it is dark?": Query("who", during=at("while", where=Has("light", "dark"))),
    "Does Ana leave before it gets dark?": polar(ANA, Has("leaves"), during=at("before", where=Has("light", "dark"))),
    "Who is there when the lights go out?": Query("who", during=at("while", where=Has("light", "dark"))),
    # who is left out by the looks
    "Is everybody sitting except the man in the hat?":
        polar(Whom(quantifier="all", such=Not(And((Has("gender", "man"), HAT)))), SITS),
    # going is a moment; being gone while something happens isn't what comes first
    "Does anybody leave?": polar(where=Has("leaves")),
    "Was Ben gone when Ana clapped?": polar(BEN, GONE, during=at("while", ANA, Has("deed", "clapping"))),
    # what is dark may be the light, not what is worn
    "Is it dark outside?": polar(where=And((Has("light", "dark"), Has("setting", "outdoors")))),
    "Who wears a dark coat?": Query("who", where=Has("worn", "coat", "dark")),
    # nothing but a time; more words than the network takes
    "at 0:10": refused("unclear"),
    "Was somebody gone?": polar(where=And((GONE,))),
    # what a garment is on is no garment
    "Who has a stethoscope round her neck?": Query("who", where=Has("worn", "stethoscope")),
    # a deed that is measured is never refused, nor passed over
    "Is Ana reading?": polar(ANA, Has("deed", "reading")),
    "Is anyone laughing?": polar(where=Has("deed", "laughing")),
    "Who opened the door?": Query("who", where=Has("deed", "opening a door")),
    "Can Ana read?": refused("unseen", ANA),
    "Can Ana see Ben?": refused("unseen", Whom(("Ana", "Ben"))),
    "Can Ana be seen?": polar(ANA),
    # towards whom
    "Is Ana hugging Ben?": polar(ANA, Has("deed", "hugging", of=BEN)),
    "Is Ana waving at Ben?": polar(ANA, Has("deed", "waving", of=BEN)),
    "Is Ana talking next to Ben?": polar(ANA, And((TALKS, Has("beside", of=BEN)))),
    # each of two with a condition
    "Is Ana sitting and Ben talking?": polar(ANA, SITS, then=polar(BEN, TALKS)),
    "When is Ana sitting and Ben talking?": Query("when", where=And((Event(ANA, SITS), Event(BEN, TALKS)))),
    "Is Ana sitting while music plays?": polar(ANA, SITS, during=at("while", where=Has("music"))),
    # … with those whom a relation is with; both of those named together
    "Is Ana sitting and Cleo next to Ben?": polar(ANA, SITS, then=polar(CLEO, Has("beside", of=BEN))),
    "Is Ana sitting and Cleo next to her?": polar(ANA, SITS, then=polar(CLEO, Has("beside", of=ANA))),
    "Are Ana and Ben sitting and Cleo talking?": polar(BOTH, SITS, then=polar(CLEO, TALKS)),
    "Is Cleo standing while Ana sits and Ben claps?":
        polar(CLEO, STANDS, during=at("while", where=And((Event(ANA, SITS), Event(BEN, Has("deed", "clapping")))))),
    # a verb that nothing reads says more than that somebody is there
    "Was Ana in both rooms?": refused("unseen", ANA),
    "Is Ana following Ben?": refused("unseen", ANA),
    "Did Ana come with Ben?": polar(ANA, Has("with", of=BEN)),
    "Did Ana meet Ben?": polar(ANA, Has("with", of=BEN)),
    "Have Ana and Ben met?": polar(BOTH, WITH),
    "Who dances with Ana?": Query("who", where=And((Has("deed", "dancing"), Has("with", of=ANA)))),
    "Is Cleo left of Ana or of Ben?": polar(CLEO, Has("left_of", of=Whom(("Ana", "Ben"), "either"))),
    # music as a time; who is there, not in which order they come; things; a time that goes on to the end
    "When music plays, who claps?": Query("who", where=Has("deed", "clapping"), during=at("while", where=Has("music"))),
    "Who claps when there is music?":
        Query("who", where=Has("deed", "clapping"), during=at("while", where=Has("music"))),
    "Who is there after the music starts?": Query("who", during=at("since", where=Has("music"))),
    "Who is there when the music stops?": Query("who", during=at("after", where=Has("music"))),
    "who was there before Ana came": Query("who", during=at("before", ANA)),
    "Do you see a dog or a ball?": polar(where=Or((Has("thing", "dog"), Has("thing", "sports ball")))),
    "Who was never in the corridor?": Query("who", where=Not(Has("place", "corridor")), throughout=True),
    "When Ana comes back does she still wear the hat?": polar(ANA, HAT, during=at("while", ANA, nth=2)),
    # a garment's colour; words that say nothing
    "Is the man in the black hat Ben?": polar(BEN, And((Has("gender", "man"), Has("worn", "hat", "black")))),
    # ever
    "When are Ana and Ben but not Cleo there?": Query("when", BOTH, Not(Has("with", of=CLEO))),
    "Are Ana and Ben ever apart?": polar(Whom(("Ana", "Ben")), APART),
    "Does Ana ever stop talking?": polar(ANA, And((Not(TALKS),))),
    "Is the room ever empty?": Query("when", NOBODY, form="polar"),
    "Is there a moment with nobody in the room?": Query("when", NOBODY, form="polar"),
    # more, longer, the second
    "Are there more people standing than sitting?":
        Query("compare", Whom(such=STANDS), form="polar", versus=Whom(such=SITS)),
    "Are there fewer women than men?": Query("compare", MAN, form="polar", versus=WOMAN),
    "Who of Ana and Ben gets more screen time?": Query("compare", Whom(("Ana", "Ben")), rank=Rank("long")),
    "Who talks second most?": Query("who", where=Has("speaks"), rank=Rank("long", 2)),
    "Who comes in third?": Query("who", rank=Rank("time", 3)),
    "Who is in the picture at least twice?": Query("who", rank=Rank("often"), number=Number("at_least", 2)),
    # at the same time
    "Who talks at the same time as Ana?": Query("who", Whom(besides=("Ana",)), TALKS, during=at("while", ANA, TALKS)),
    "What is going on while both Ana and Ben are sitting?": Query("describe", during=at("while", BOTH, SITS)),
    "Is there a third person?": Query("count", form="polar", number=Number("at_least", 3)),
    "Is there a second man?": Query("count", MAN, form="polar", number=Number("at_least", 2)),
    "For how long are three people sitting at once?":
        Query("how_long", where=SITS, value="people", number=Number("at_least", 3)),
    "While Ana was visiting, was Ben on his feet?": polar(BEN, STANDS, during=at("while", ANA)),
    "For how long are two people there together?": Query("how_long", value="people", number=Number("at_least", 2)),
    # one by name and one by looks
    "Who is in view for longer, the woman or Ben?": Query("compare", WOMAN, rank=Rank("long"), versus=BEN),
    "The man in the brown hat, who else is in the picture with him?":
        Query("who", where=Has("with", of=Whom(such=And((Has("gender", "man"), Has("worn", "hat", "brown")))))),
    "What's the woman called?": Query("who", WOMAN),
    # both are of a place, though only one was tagged
    "Which characters turn up both in the café and out on the street?":
        Query("who", where=And((Has("place", "restaurant"), Has("place", "street")))),
    # he, within one question
    "What does Ana do when she comes back?": what("deed", ANA, during=at("while", ANA, nth=2)),
    "Does Ben get up before he leaves?":
        Query("order", BEN, Has("posture", "standing up"), form="polar", during=at("before", BEN, GONE)),
    # a statement before a question; two parts of the video
    "Ana was talking. Who was sitting next to her?": Query("who", where=And((SITS, Has("beside", of=ANA)))),
    "Is Ana there after the first minute, and who is talking at the end?":
        polar(ANA, during=During(start_s=60), then=Query("who", where=TALKS, during=During(start_s=-1, unit="edge"))),
    # the scene
    "Is the light on?": polar(where=Has("light", "bright")),
    # between, on the table, by name
    "Did Ana come after Ben?": Query("order", ANA, form="polar", during=During("after"), versus=BEN),
    "Who is between Ana and Ben?": Query("who", where=BETWEEN),
    "Is Cleo between Ana and Ben?": polar(CLEO, BETWEEN),
    "Is it just Ana who talks?": polar(Whom(("Ana",), "only"), TALKS),
    "Is the woman sitting next to Ben Ana?": polar(ANA, And((Has("gender", "woman"), SITS, Has("beside", of=BEN)))),
}  # fmt: skip
FILM = written({
    "seconds": 60, "shots": [[0, 60]],
    "people": [
        {"name": "Ana", "seen": [[0, 25], [40, 60]], "rows": [
            {"attribute": "gender", "value": "woman"}, {"attribute": "worn", "value": "jacket", "colour": "red"},
            {"attribute": "posture", "value": "sitting"},
            {"attribute": "deed", "value": "talking", "from": 5, "to": 12}]},
        {"name": "Ben", "seen": [[10, 50]], "rows": [
            {"attribute": "gender", "value": "man"}, {"attribute": "posture", "value": "standing"}]},
    ],
})  # fmt: skip
FOLLOWING: dict[tuple[str, str], Query] = {
    # a condition beside one of another kind, in the place of one of its own
    ("Is Ana talking?", "With Ben?"): polar(ANA, And((TALKS, Has("with", of=BEN)))),
    ("Are Ana and Ben together?", "Without Cleo?"): Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    ("Is Ana next to Ben?", "Or alone?"): polar(ANA, ALONE),
    ("What is Ana doing?", "With Ben?"): what("deed", ANA, Has("with", of=BEN)),
    ("What is Ana wearing?", "Glasses too?"): polar(ANA, GLASSES),
    ("What is Ana wearing?", "So no hat?"): polar(ANA, Not(HAT)),
    ("Is Ana holding a cup?", "And a book?"): polar(ANA, Has("holding", "book")),
    ("Is Ana there?", "Not her, the one with the hat"): polar(Whom(such=HAT)),
    ("Who comes first?", "Not first, last"): Query("who", rank=Rank("time", -1)),
    ("Is Ana wearing a jacket?", "But no hat?"): polar(ANA, And((JACKET, Not(HAT)))),
    ("Does Ana wear a red jacket?", "Not red, blue."): polar(ANA, Has("worn", "jacket", "blue")),
    # after that, meanwhile, a thing
    ("Is Ana talking?", "What did she do after that?"): what("deed", ANA, during=at("after", ANA, TALKS)),
    ("Does Ana smile?", "While eating?"):
        polar(ANA, Has("deed", "smiling"), during=at("while", ANA, Has("deed", "eating"))),
    ("Is there a dog?", "Where is it?"): Query("exists", where=Has("thing", "dog")),
    ("Does anyone talk to Ben?", "How often?"): Query("how_often", where=Has("deed", "talking", of=BEN)),
    # the condition before
    ("Is Ana wearing a jacket?", "Who else is?"): Query("who", Whom(besides=("Ana",)), JACKET),
    ("Is Ana wearing a jacket?", "Who isn't?"): Query("who", where=Not(JACKET)),
    ("Is Ana wearing a jacket?", "Is it red?"): polar(ANA, Has("worn", "jacket", "red")),
    ("Is Ana wearing a jacket?", "A blue one?"): polar(ANA, Has("worn", "jacket", "blue")),
    ("Is Ana wearing a jacket?", "The whole time?"): polar(ANA, JACKET, throughout=True),
    ("Who is sitting?", "Name them."): Query("who", where=SITS),
    ("Who is sitting?", "For how many seconds?"): Query("how_long", ANA, SITS),
    ("What is Ana wearing?", "And the mister?"): what("worn", MAN),
    ("Who wears a hat?", "The red one, who wears it?"): Query("who", where=Has("worn", "hat", "red")),
    # the people before
    ("What is Ana wearing?", "Who is it?"): Query("who", ANA),
    ("Who is sitting?", "Is it a man?"): polar(ANA, Has("gender", "man")),
    ("Is Ana there?", "Fell at all?"): polar(ANA, FALLS),
    ("Who is furthest to the left?", "And next to her?"): Query("who", where=Has("beside", of=ANA)),
    ("Is Barnaby there?", "Is Ben there then?"): polar(BEN),
    ("Is there a bed?", "Is Ana lying on it?"):
        polar(ANA, And((Has("posture", "lying down"), Has("near", "on a bed")))),
    ("Is there a car?", "Is Ana in it?"): polar(ANA, Has("place", "car")),
    ("Is there a table?", "Is anything on it?"): refused("unseen", attribute="thing"),
    ("Who does Ana talk to?", "Who is it?"): what("with", ANA, TALKS),
    ("Is Ana carrying a backpack?", "What colour is it?"): what("worn", ANA, value="backpack"),
    ("How long is Ana there?", "Is that longer than Ben?"):
        Query("compare", ANA, form="polar", rank=Rank("long"), versus=BEN),
    ("Is Ana sitting?", "Not Ana, Ben."): polar(Whom(("Ben",), besides=("Ana",)), SITS),
    ("Where is Ana?", "Who is there with her?"): Query("who", where=Has("with", of=ANA)),
    # the time before
    ("When is Ana talking?", "What is Ben doing during that?"): what("deed", BEN, during=at("while", ANA, TALKS)),
    ("When does Ana come in for the second time?", "Is Ben there at that moment?"):
        polar(BEN, during=at("while", ANA, nth=2)),
    ("When is Ana talking?", "Is Ben wearing his hat then?"): polar(BEN, HAT, during=at("while", ANA, TALKS)),
    ("Who is sitting?", "Which of them did it first?"): Query("compare", ANA, SITS, rank=Rank("time")),
    ("What is Ana doing at 0:10?", "And then?"): what("deed", ANA, during=During(start_s=10)),
    ("What is Ana doing at 0:10?", "And at 25?"): what("deed", ANA, during=During(start_s=25, end_s=25)),
    ("What is Ana doing in the beginning?", "Then what?"): what("deed", ANA, during=During(start_s=1, unit="edge")),
    ("When does Ana sit?", "Before this, what she did?"): what("deed", ANA, during=at("before", ANA, SITS)),
    # the next, and the other end
    ("Who comes first?", "And the last one?"): Query("who", rank=Rank("time", -1)),
    ("Who comes first?", "Who's next?"): Query("who", rank=Rank("time", 2)),
    ("Who is there the longest?", "And the shortest?"): Query("who", rank=Rank("long", -1)),
}  # fmt: skip


@pytest.mark.parametrize("text", COMBINED)
def test_a_combined_question_is_read_as_what_it_asks(text: str) -> None:
    query, expected = query_of(text, NAMES), COMBINED[text]
    if expected.select == "refuse":  # of whom nothing is told doesn't matter
        assert (query.select, query.refusal) == ("refuse", expected.refusal)
    else:
        assert query == expected


@pytest.mark.parametrize(("before", "text"), FOLLOWING)
def test_a_question_takes_what_it_leaves_out_from_the_one_before(before: str, text: str) -> None:
    assert read_question(text, NAMES, (before,), FILM).query == FOLLOWING[before, text]


@pytest.mark.parametrize(
    ("text", "everybody", "by_looks"),
    [
        ("Is Ana there, and what is she wearing?", False, False),
        ("Is Ana there? And who else is there?", True, False),
        ("Is Ana there, and is the man with glasses sitting?", True, True),
    ],
)
def test_both_of_two_questions_say_whom_they_need(text: str, everybody: bool, by_looks: bool) -> None:
    asked = read_question(text, NAMES)
    assert (asked.asks_everybody, asked.means_by_looks) == (everybody, by_looks)


def test_after_thanks_somebody_is_asked_about() -> None:
    two = Question("", Query("refuse", refusal="small_talk", then=Query("who")))
    assert [one.name for one in two.about([PersonPresence("Ana", "absent", 0.1)])] == ["Ana"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Who isn't talking?", "Ana is talking from 0:05 to 0:12; I can't tell of Ben."),
        ("Is Ana talking while Ben is there?", "Yes, Ana is talking while Ben is in this video, from 0:10 to 0:12."),
        ("Is anyone waving at Ben?", "Ana is in this video, but I can't tell whether Ana is waving at Ben."),
        ("Is Ana looking at Ben?", "Ana is in this video, but I can't tell whether Ana is looking at Ben."),
    ],
)
def test_times_and_people_are_those_of_the_answer(text: str, answer: str) -> None:
    assert say(run(read_question(text, NAMES, (), FILM).query, FILM), FILM).startswith(answer)


def _row(attribute: str, value: str, *, at: tuple[int, int] | None = None, colour: str = "") -> dict[str, object]:
    times = {} if at is None else {"from": at[0], "to": at[1]}
    return {"attribute": attribute, "value": value, **({"colour": colour} if colour else {}), **times}


COAT, DRESS = _row("worn", "coat", colour="black"), _row("worn", "dress", colour="green")
MALE, FEMALE = _row("gender", "man"), _row("gender", "woman")
SHOTS = written({
    "seconds": 120, "shots": [[0, 40], [40, 80], [80, 120]], "looked_for": ["dog", "cup"],
    "scene": [_row("place", "kitchen", at=(0, 40)), _row("place", "garden", at=(80, 120))],
    "things": [_row("thing", "dog", at=(20, 60))],
    "people": [
        {"name": "Ana", "seen": [[0, 30], [40, 70], [90, 110]], "x": 0.2, "rows": [
            FEMALE, _row("posture", "sitting", at=(0, 20)), _row("posture", "standing", at=(20, 30)),
            _row("posture", "sitting", at=(40, 70)), _row("deed", "walking", at=(90, 110))]},
        {"name": "Ben", "seen": [[35, 75], [95, 120]], "x": 0.4, "rows": [
            MALE, _row("posture", "sitting", at=(50, 75)), _row("posture", "standing", at=(35, 50))]},
        {"name": "#1", "enrolled": False, "seen": [[50, 80]], "x": 0.6, "rows": [
            MALE, COAT, _row("posture", "standing")]},
        {"name": "#2", "enrolled": False, "seen": [[85, 100]], "x": 0.8, "rows": [
            FEMALE, DRESS, _row("posture", "standing")]},
    ],
})  # fmt: skip
CAME = "When did Ben come?"


@pytest.mark.parametrize(
    ("before", "text", "verdict", "names"),
    [
        # two of whom one is described are with each other, but only where no more is said of them
        ("", "Are Ana and the man in the black coat together?", "yes", ["Ana"]),
        ("", "Are both Ana and the man in the black coat together?", "yes", ["Ana"]),
        ("", "Are the man in the black coat and Ben together?", "yes", ["#1"]),
        ("", "When are Ana and the man in the black coat together?", None, ["Ana"]),
        ("", "Are the man in the black coat and Ana next to each other?", "no", []),
        ("", "Are Ana and the unknown man together?", "yes", ["Ana"]),
        ("", "Are only Ana and the man in the black coat standing?", "no", ["Ana", "Ben", "#1", "#2"]),
        ("", "Did only Ana and the man in the black coat leave?", "no", ["Ana", "Ben", "#1", "#2"]),
        ("", "Do both Ana and the man in the black coat sit?", "no", []),
        ("", "Is there a man and a woman in a red jacket?", "unknown", []),
        # "already" and "still" name no time
        (CAME, "Had Ana already left?", "yes", ["Ana"]),
        (CAME, "Had Ana already been there?", "yes", ["Ana"]),
        (CAME, "Had Ana already drunk something?", "unknown", []),
        ("How often was Ana there?", "Is Ben still there?", "yes", ["Ben"]),
        ("How long did Ana sit?", "Was Ben still there?", "yes", ["Ben"]),
        ("When is Ana away?", "Is Ben still there?", "yes", ["Ben"]),
        ("When did Ana leave?", "Was Ben still there?", "yes", ["Ben"]),
        ("How long was Ben there?", "Was Ana still sitting?", "yes", ["Ana"]),
        # a place takes the place of a time only where that was when the same person is at another
        ("Is Ana there before Ben comes?", "And in the garden?", "no", []),
        ("What does Ana do when she is in the kitchen?", "And in the garden?", None, ["Ana"]),
        # a reason may be what is asked about, or stand before the question
        ("", "Did Ana leave, because Ben came?", None, []),
        ("", "Ana must be there, because I saw her. Was Ben there too?", "yes", ["Ana", "Ben"]),
        ("", "I ask, because I lost it. Is Ana holding a cup?", "unknown", []),
        ("", "Please check the video, because I was away: was Ana there?", "yes", ["Ana"]),
        # "of them" doesn't always pick
        ("Who is sitting?", "Who is with the two of them?", None, ["#1", "#2"]),
        ("Who is sitting?", "Who else is there besides the two of them?", None, ["#1", "#2"]),
        ("Who is there?", "Which of them is unknown?", None, ["#1", "#2"]),
        ("Who is there?", "Which of them are strangers?", None, ["#1", "#2"]),
        # those who were found at a place are asked about there
        ("Who is in the garden?", "Which of them is standing?", None, ["#2"]),
        ("Who is in the garden?", "Which of them are women?", None, ["Ana", "#2"]),
        # how many somebody is with isn't whether she is
        ("", "How many people does Ana sit together with?", None, ["Ben", "#1", "#2"]),
        # how long, or how often, is asked of each, not of all together
        ("", "Was anybody there for less than 25 seconds?", "yes", ["#2"]),
        ("", "Was anybody there for more than 90 seconds?", "no", ["Ana", "Ben", "#1", "#2"]),
        ("", "Is everybody there for more than 25 seconds?", "no", ["#2"]),
        ("", "Did anyone come more than twice?", "yes", ["Ana"]),
        ("", "Did anybody walk more than once?", "unknown", ["Ana"]),
        ("", "Does nobody sit for more than 90 seconds?", "yes", []),
        # how sure it is that somebody does something is whether it is so
        ("", "Are you sure that Ben is standing?", "yes", ["Ben"]),
        ("", "Could it be Ana?", "yes", ["Ana"]),
        # where somebody walks to isn't measured; "right now" is no way
        ("", "Is Ana walking to the right?", "unknown", []),
        ("", "Is Ana walking towards the camera?", "unknown", []),
        ("", "Is Ana walking right now?", "yes", ["Ana"]),
        ("", "Ben is standing right?", "yes", ["Ben"]),
        # the second stranger leaves once; Ana leaves for the third time
        ("", "Was Ana there when the second stranger left?", "yes", ["Ana"]),
        ("", "Was Ben there when Ana left for the third time?", "yes", ["Ben"]),
    ],
)
def test_near_questions_are_not_taken_for_each_other(
    before: str, text: str, verdict: str | None, names: list[str]
) -> None:
    finding = found(text, NAMES, SHOTS, [before] if before else [])
    assert (finding.verdict, [*finding.names]) == (verdict, names)


@pytest.mark.parametrize(
    "text",
    ["How sure are you that it is Ana?", "Why do you think Ana is there?", "How likely is it that Ana is there?"],
)
def test_how_sure_it_is_that_somebody_is_there_is_what_that_rests_on(text: str) -> None:
    finding = found(text, NAMES, SHOTS, [])
    assert (finding.query.select, [*finding.names]) == ("why", ["Ana"])
