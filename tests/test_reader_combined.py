"""Questions in combination and the queries that they are read as: without, ever, more than, while she does."""

from __future__ import annotations

import pytest
from make_asked import found, query_of, read_question
from make_written import written

from pvchat.chat.query import And, During, Event, Has, Not, Number, Or, Query, Rank, Whom
from pvchat.chat.question import Question
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.schemas import PersonPresence

NAMES = ("Ana", "Ben", "Cleo")
ANA, BEN, CLEO, BOTH = Whom(("Ana",)), Whom(("Ben",)), Whom(("Cleo",)), Whom(("Ana", "Ben"), "both")
WOMAN = Whom(such=Has("gender", "woman"))
SITS, TALKS, HAT = Has("posture", "sitting"), Has("deed", "talking"), Has("worn", "hat")
BETWEEN = Has("beside", "between", of=Whom(("Ana", "Ben"), "all"))
APART = And((Not(Has("with")),))
COMBINED: dict[str, Query] = {
    # two questions, one behind a comma
    "Where's Ben, is he alone?": Query(
        "attribute", BEN, attribute="place", then=Query("exists", BEN, Has("alone"), form="polar")
    ),
    # … or one about the same people
    "Who wears a hat and is sitting?": Query("who", where=And((HAT, SITS))),
    "Who is sitting and has a beard?": Query("who", where=And((SITS, Has("hair", "beard")))),
    "Who wears a hat and is he sitting?": Query("who", where=HAT, then=Query("exists", where=SITS, form="polar")),
    "Who sits and who stands?": Query("who", where=SITS, then=Query("who", where=Has("posture", "standing"))),
    "When Ana sits, is Ben there?": Query("exists", BEN, form="polar", during=During("while", Event(ANA, SITS))),
    "How many men and women are there?": Query(
        "count", Whom(such=Or((Has("gender", "man"), Has("gender", "woman"))))
    ),
    "was it ben?": Query("exists", BEN, form="polar"),
    "Who came in?": Query("who", where=Has("enters")),
    "standers": Query("who", where=Has("posture", "standing")),
    "Is anyone in olive?": Query("exists", where=Has("worn", "", "dark green"), form="polar"),
    # a third question
    "Is Ana there? Who sits? How many are there?": Query(
        "exists", ANA, form="polar", then=Query("who", where=SITS, then=Query("count"))
    ),
    # the topic first, or words in another order
    "The hat, is it Ana's?": Query("exists", ANA, HAT, form="polar"),
    "The man in red, who is it?": Query("who", Whom(such=And((Has("gender", "man"), Has("worn", "", "red"))))),
    "Between which two men is Ana?": Query("attribute", ANA, attribute="beside"),
    "Who is Ana behind?": Query("who", where=Has("beside", "in front of", of=ANA)),
    "Ana or Ben, who is nearer to Cleo?": Query("who", Whom(("Ana", "Ben")), Has("beside", of=CLEO)),
    "Before Ben sits, what she does?": Query(
        "attribute", BEN, attribute="deed", during=During("before", Event(BEN, SITS))
    ),
    "Did Ana talk first and then sit down?": Query(
        "exists", ANA, TALKS, form="polar", during=During("before", Event(ANA, SITS))
    ),
    "Is it inside of building?": Query("exists", where=Has("setting", "indoors"), form="polar"),
    "Is neither Ana there?": Query("exists", Whom(("Ana",), "none"), form="polar"),
    "Is Ana closest to Ben?": Query("exists", ANA, Has("beside", of=BEN), form="polar"),
    "Who joins Ana?": Query("who", where=Has("with", of=ANA)),
    "Did Ana get any visitors?": Query("exists", ANA, Has("with"), form="polar"),
    "Between which people is there a fight?": Query("who", where=Has("deed", "fighting")),
    "Who says hello more often, Ana or Ben?": Query(
        "compare", Whom(("Ana", "Ben")), Has("says", "hello"), form="choice", rank=Rank("often")
    ),
    "Does Ana say it is Monday?": Query("exists", ANA, Has("says", "it is Monday"), form="polar"),
    "When did Ana leave her chair?": Query("when", ANA, Has("leaves", "on a chair")),
    "Is anybody missing?": Query("exists", where=Not(Has("present")), form="polar"),
    "Is Ana wearing stripes?": Query("exists", ANA, Has("worn", "stripes"), form="polar"),
    # a thing is nobody's name, a grandma without an article is; what is on a thing, or how somebody is, isn't told
    "Where is toothbrush?": Query("exists", where=Has("thing", "toothbrush")),
    "Where is the scarf?": Query("who", where=Has("worn", "scarf")),
    "Where is grandma?": Query("attribute", Whom(unknown=("grandma",)), attribute="place"),
    "Is anything on the table?": Query("refuse"),
    "Ana ok?": Query("refuse", refusal="unseen"),
    # one of several, some of them two together
    "Is Ana sitting, standing or lying down?": Query("attribute", ANA, attribute="posture", form="choice"),
    "Is Ana looking up or down?": Query(
        "exists", ANA, Or((Has("deed", "looking up"), Has("deed", "looking down"))), form="choice"
    ),
    "Is Ana face down or face up?": Query(
        "exists", ANA, Or((Has("deed", "face down"), Has("deed", "face up"))), form="polar"
    ),
    "Is Ana wearing a red hat and a coat or a scarf?": Query(
        "exists", ANA, Or((And((Has("worn", "hat", "red"), Has("worn", "coat"))), Has("worn", "scarf"))), form="choice"
    ),
    "Is Ana sitting to the left or to the right of Ben?": Query(
        "exists", ANA, And((Or((Has("left_of", of=BEN), Has("right_of", of=BEN))), SITS)), form="choice"
    ),
    "Is he or she sitting?": Query("exists", where=SITS, form="polar"),
    "When is no one there but Ana?": Query("when", Whom(("Ana",), "only")),
    "What happens when no one is there but Ana?": Query(
        "describe", during=During("while", Event(Whom(("Ana",), "only")))
    ),
    "When did Ana go down?": Query("when", ANA, Has("posture", "lying down")),
    "Has Ana a cup, a phone or a book?": Query("attribute", ANA, attribute="holding", form="choice"),
    "Did any nurse come in?": Query("exists", Whom(such=Has("role", "nurse")), Has("enters"), form="polar"),
    "Who is the speaker?": Query("who", where=Has("speaks")),
    "Do you think Ana is the speaker?": Query("exists", ANA, Has("speaks"), form="polar"),
    "Is there lightning?": Query("exists", where=Has("thing", "lightning"), form="polar"),
    "Can you see the storm?": Query("exists", where=Has("thing", "storm"), form="polar"),
    # a fall told by the noun; to sit down isn't to sit
    "Was there a fall?": Query("exists", where=Has("deed", "falling"), form="polar"),
    "When was the fall?": Query("when", where=Has("deed", "falling")),
    "Does Ben get up again?": Query(
        "exists", BEN, Has("posture", "standing up"), form="polar", during=During("since", Event(BEN, Or((
            Has("deed", "falling"), Has("posture", "lying down"), SITS))))
    ),
    "Is Ben sitting down?": Query("exists", BEN, SITS, form="polar"),
    "Who appears in the last scene?": Query("who", during=During(start_s=-1, unit="shot")),
    # without, except, only, neither
    "Does Ana sit without Ben?": Query("exists", ANA, And((SITS, Not(Has("with", of=BEN)))), form="polar"),
    "Is Ana ever shown without Ben?": Query("exists", ANA, And((Not(Has("with", of=BEN)),)), form="polar"),
    "When is Ben on screen without Ana?": Query("when", BEN, Not(Has("with", of=ANA))),
    "Were Ana and Ben ever together without Cleo?": Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    "Are Ana and Ben together but not with Cleo?": Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    "How long were Ana and Ben together without Cleo?": Query("how_long", BOTH, Not(Has("with", of=CLEO))),
    "Who's got a hat but no glasses?": Query("who", where=And((HAT, Not(Has("worn", "glasses"))))),
    "Leaving Ana out, who is talking?": Query("who", Whom(besides=("Ana",)), TALKS),
    "Only Ana is wearing a hat, isn't she?": Query("exists", Whom(("Ana",), "only"), HAT, form="polar"),
    "Neither Ana nor Ben is sitting, right?": Query("exists", Whom(("Ana", "Ben"), "none"), SITS, form="polar"),
    # the light is nobody's clothes
    "Who is there while it is dark?": Query("who", during=During("while", Event(Whom(), Has("light", "dark")))),
    "Does Ana leave before it gets dark?": Query(
        "exists", ANA, Has("leaves"), form="polar", during=During("before", Event(Whom(), Has("light", "dark")))
    ),
    "Who is there when the lights go out?": Query(
        "who", during=During("while", Event(Whom(), Has("light", "dark")))
    ),
    # who is left out by the looks
    "Is everybody sitting except the man in the hat?": Query(
        "exists", Whom(quantifier="all", such=Not(And((Has("gender", "man"), HAT)))), SITS, form="polar"
    ),
    # going is a moment; being gone while something happens isn't what comes first
    "Does anybody leave?": Query("exists", where=Has("leaves"), form="polar"),
    "Was Ben gone when Ana clapped?": Query(
        "exists", BEN, Not(Has("present")), form="polar", during=During("while", Event(ANA, Has("deed", "clapping")))
    ),
    # what is dark may be the light, not what is worn
    "Is it dark outside?": Query("exists", where=And((Has("light", "dark"), Has("setting", "outdoors"))), form="polar"),
    "Who wears a dark coat?": Query("who", where=Has("worn", "coat", "dark")),
    # nothing but a time; more words than the network takes
    "at 0:10": Query("refuse", refusal="unclear"),
    "Was somebody gone?": Query("exists", where=And((Not(Has("present")),)), form="polar"),
    # what a garment is on is no garment
    "Who has a stethoscope round her neck?": Query("who", where=Has("worn", "stethoscope")),
    # a deed that is measured is never refused, nor passed over
    "Is Ana reading?": Query("exists", ANA, Has("deed", "reading"), form="polar"),
    "Is anyone laughing?": Query("exists", where=Has("deed", "laughing"), form="polar"),
    "Who opened the door?": Query("who", where=Has("deed", "opening a door")),
    "Can Ana read?": Query("refuse", ANA, refusal="unseen"),
    "Can Ana see Ben?": Query("refuse", Whom(("Ana", "Ben")), refusal="unseen"),
    "Can Ana be seen?": Query("exists", ANA, form="polar"),
    # towards whom
    "Is Ana hugging Ben?": Query("exists", ANA, Has("deed", "hugging", of=BEN), form="polar"),
    "Is Ana waving at Ben?": Query("exists", ANA, Has("deed", "waving", of=BEN), form="polar"),
    "Is Ana talking next to Ben?": Query("exists", ANA, And((TALKS, Has("beside", of=BEN))), form="polar"),
    # each of two with a condition
    "Is Ana sitting and Ben talking?": Query(
        "exists", ANA, SITS, form="polar", then=Query("exists", BEN, TALKS, form="polar")
    ),
    "When is Ana sitting and Ben talking?": Query("when", where=And((Event(ANA, SITS), Event(BEN, TALKS)))),
    "Is Ana sitting while music plays?": Query(
        "exists", ANA, SITS, form="polar", during=During("while", Event(Whom(), Has("music")))
    ),
    # … with those whom a relation is with; both of those named together
    "Is Ana sitting and Cleo next to Ben?": Query(
        "exists", ANA, SITS, form="polar", then=Query("exists", Whom(("Cleo",)), Has("beside", of=BEN), form="polar")
    ),
    "Is Ana sitting and Cleo next to her?": Query(
        "exists", ANA, SITS, form="polar",
        then=Query("exists", Whom(("Cleo",)), Has("beside", of=ANA), form="polar"),
    ),
    "Are Ana and Ben sitting and Cleo talking?": Query(
        "exists", BOTH, SITS, form="polar", then=Query("exists", Whom(("Cleo",)), TALKS, form="polar")
    ),
    "Is Cleo standing while Ana sits and Ben claps?": Query(
        "exists", Whom(("Cleo",)), Has("posture", "standing"), form="polar",
        during=During("while", Event(Whom(), And((Event(ANA, SITS), Event(BEN, Has("deed", "clapping")))))),
    ),
    # a verb that nothing reads says more than that somebody is there
    "Was Ana in both rooms?": Query("refuse", ANA, refusal="unseen"),
    "Is Ana following Ben?": Query("refuse", ANA, refusal="unseen"),
    "Did Ana come with Ben?": Query("exists", ANA, Has("with", of=BEN), form="polar"),
    "Did Ana meet Ben?": Query("exists", ANA, Has("with", of=BEN), form="polar"),
    "Have Ana and Ben met?": Query("exists", BOTH, Has("with"), form="polar"),
    "Who dances with Ana?": Query("who", where=And((Has("deed", "dancing"), Has("with", of=ANA)))),
    "Is Cleo left of Ana or of Ben?": Query(
        "exists", Whom(("Cleo",)), Has("left_of", of=Whom(("Ana", "Ben"), "either")), form="polar"
    ),
    # music as a time; who is there, not in which order they come; things; a time that goes on to the end
    "When music plays, who claps?": Query(
        "who", where=Has("deed", "clapping"), during=During("while", Event(Whom(), Has("music")))
    ),
    "Who claps when there is music?": Query(
        "who", where=Has("deed", "clapping"), during=During("while", Event(Whom(), Has("music")))
    ),
    "Who is there after the music starts?": Query("who", during=During("since", Event(Whom(), Has("music")))),
    "Who is there when the music stops?": Query("who", during=During("after", Event(Whom(), Has("music")))),
    "who was there before Ana came": Query("who", during=During("before", Event(ANA))),
    "Do you see a dog or a ball?": Query(
        "exists", where=Or((Has("thing", "dog"), Has("thing", "sports ball"))), form="polar"
    ),
    "Who was never in the corridor?": Query("who", where=Not(Has("place", "corridor")), throughout=True),
    "When Ana comes back does she still wear the hat?": Query(
        "exists", ANA, HAT, form="polar", during=During("while", Event(ANA), nth=2)
    ),
    # a garment's colour; words that say nothing
    "Is the man in the black hat Ben?": Query(
        "exists", BEN, And((Has("gender", "man"), Has("worn", "hat", "black"))), form="polar"
    ),
    # ever
    "When are Ana and Ben but not Cleo there?": Query(
        "when", Whom(("Ana", "Ben"), "both"), Not(Has("with", of=Whom(("Cleo",))))
    ),
    "Are Ana and Ben ever apart?": Query("exists", Whom(("Ana", "Ben")), APART, form="polar"),
    "Does Ana ever stop talking?": Query("exists", ANA, And((Not(TALKS),)), form="polar"),
    "Is the room ever empty?": Query("when", Whom(quantifier="none"), form="polar"),
    "Is there a moment with nobody in the room?": Query("when", Whom(quantifier="none"), form="polar"),
    # more, longer, the second
    "Are there more people standing than sitting?": Query(
        "compare", Whom(such=Has("posture", "standing")), form="polar", versus=Whom(such=SITS)
    ),
    "Are there fewer women than men?": Query(
        "compare", Whom(such=Has("gender", "man")), form="polar", versus=WOMAN
    ),
    "Who of Ana and Ben gets more screen time?": Query("compare", Whom(("Ana", "Ben")), rank=Rank("long")),
    "Who talks second most?": Query("who", where=Has("speaks"), rank=Rank("long", 2)),
    "Who comes in third?": Query("who", rank=Rank("time", 3)),
    "Who is in the picture at least twice?": Query("who", rank=Rank("often"), number=Number("at_least", 2)),
    # at the same time
    "Who talks at the same time as Ana?": Query(
        "who", Whom(besides=("Ana",)), TALKS, during=During("while", Event(ANA, TALKS))
    ),
    "What is going on while both Ana and Ben are sitting?": Query(
        "describe", during=During("while", Event(BOTH, SITS))
    ),
    "Is there a third person?": Query("count", form="polar", number=Number("at_least", 3)),
    "Is there a second man?": Query(
        "count", Whom(such=Has("gender", "man")), form="polar", number=Number("at_least", 2)
    ),
    "For how long are three people sitting at once?": Query(
        "how_long", where=SITS, value="people", number=Number("at_least", 3)
    ),
    "While Ana was visiting, was Ben on his feet?": Query(
        "exists", BEN, Has("posture", "standing"), form="polar", during=During("while", Event(ANA))
    ),
    "For how long are two people there together?": Query("how_long", value="people", number=Number("at_least", 2)),
    # one by name and one by looks
    "Who is in view for longer, the woman or Ben?": Query("compare", WOMAN, rank=Rank("long"), versus=BEN),
    "The man in the brown hat, who else is in the picture with him?": Query(
        "who", where=Has("with", of=Whom(such=And((Has("gender", "man"), Has("worn", "hat", "brown")))))
    ),
    "What's the woman called?": Query("who", WOMAN),
    # both are of a place, though only one was tagged
    "Which characters turn up both in the café and out on the street?": Query(
        "who", where=And((Has("place", "restaurant"), Has("place", "street")))
    ),
    # he, within one question
    "What does Ana do when she comes back?": Query(
        "attribute", ANA, attribute="deed", during=During("while", Event(ANA), nth=2)
    ),
    "Does Ben get up before he leaves?": Query(
        "order", BEN, Has("posture", "standing up"), form="polar",
        during=During("before", Event(BEN, Not(Has("present")))),
    ),
    # a statement before a question; two parts of the video
    "Ana was talking. Who was sitting next to her?": Query("who", where=And((SITS, Has("beside", of=ANA)))),
    "Is Ana there after the first minute, and who is talking at the end?": Query(
        "exists", ANA, form="polar", during=During(start_s=60),
        then=Query("who", where=TALKS, during=During(start_s=-1, unit="edge")),
    ),
    # the scene
    "Is the light on?": Query("exists", where=Has("light", "bright"), form="polar"),
    # between, on the table, by name
    "Did Ana come after Ben?": Query("order", ANA, form="polar", during=During("after"), versus=BEN),
    "Who is between Ana and Ben?": Query("who", where=BETWEEN),
    "Is Cleo between Ana and Ben?": Query("exists", Whom(("Cleo",)), BETWEEN, form="polar"),
    "Is it just Ana who talks?": Query("exists", Whom(("Ana",), "only"), Has("deed", "talking"), form="polar"),
    "Is the woman sitting next to Ben Ana?": Query(
        "exists", ANA, And((Has("gender", "woman"), SITS, Has("beside", of=BEN))), form="polar"
    ),
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
JACKET = Has("worn", "jacket")
FOLLOWING: dict[tuple[str, str], Query] = {
    # a condition beside one of another kind, in the place of one of its own
    ("Is Ana talking?", "With Ben?"): Query("exists", ANA, And((TALKS, Has("with", of=BEN))), form="polar"),
    ("Are Ana and Ben together?", "Without Cleo?"): Query("when", BOTH, Not(Has("with", of=CLEO)), form="polar"),
    ("Is Ana next to Ben?", "Or alone?"): Query("exists", ANA, Has("alone"), form="polar"),
    ("What is Ana doing?", "With Ben?"): Query("attribute", ANA, Has("with", of=BEN), "deed"),
    ("What is Ana wearing?", "Glasses too?"): Query("exists", ANA, Has("worn", "glasses"), form="polar"),
    ("What is Ana wearing?", "So no hat?"): Query("exists", ANA, Not(HAT), form="polar"),
    ("Is Ana holding a cup?", "And a book?"): Query("exists", ANA, Has("holding", "book"), form="polar"),
    ("Is Ana there?", "Not her, the one with the hat"): Query("exists", Whom(such=HAT), form="polar"),
    ("Who comes first?", "Not first, last"): Query("who", rank=Rank("time", -1)),
    ("Is Ana wearing a jacket?", "But no hat?"): Query("exists", ANA, And((JACKET, Not(HAT))), form="polar"),
    ("Does Ana wear a red jacket?", "Not red, blue."): Query(
        "exists", ANA, Has("worn", "jacket", "blue"), form="polar"
    ),
    # after that, meanwhile, a thing
    ("Is Ana talking?", "What did she do after that?"): Query(
        "attribute", ANA, attribute="deed", during=During("after", Event(ANA, TALKS))
    ),
    ("Does Ana smile?", "While eating?"): Query(
        "exists", ANA, Has("deed", "smiling"), form="polar", during=During("while", Event(ANA, Has("deed", "eating")))
    ),
    ("Is there a dog?", "Where is it?"): Query("exists", where=Has("thing", "dog")),
    ("Does anyone talk to Ben?", "How often?"): Query("how_often", where=Has("deed", "talking", of=BEN)),
    # the condition before
    ("Is Ana wearing a jacket?", "Who else is?"): Query("who", Whom(besides=("Ana",)), JACKET),
    ("Is Ana wearing a jacket?", "Who isn't?"): Query("who", where=Not(JACKET)),
    ("Is Ana wearing a jacket?", "Is it red?"): Query("exists", ANA, Has("worn", "jacket", "red"), form="polar"),
    ("Is Ana wearing a jacket?", "A blue one?"): Query("exists", ANA, Has("worn", "jacket", "blue"), form="polar"),
    ("Is Ana wearing a jacket?", "The whole time?"): Query("exists", ANA, JACKET, form="polar", throughout=True),
    ("Who is sitting?", "Name them."): Query("who", where=SITS),
    ("Who is sitting?", "For how many seconds?"): Query("how_long", ANA, SITS),
    ("What is Ana wearing?", "And the mister?"): Query("attribute", Whom(such=Has("gender", "man")), attribute="worn"),
    ("Who wears a hat?", "The red one, who wears it?"): Query("who", where=Has("worn", "hat", "red")),
    # the people before
    ("What is Ana wearing?", "Who is it?"): Query("who", ANA),
    ("Who is sitting?", "Is it a man?"): Query("exists", ANA, Has("gender", "man"), form="polar"),
    ("Is Ana there?", "Fell at all?"): Query("exists", ANA, Has("deed", "falling"), form="polar"),
    ("Who is furthest to the left?", "And next to her?"): Query("who", where=Has("beside", of=ANA)),
    ("Is Barnaby there?", "Is Ben there then?"): Query("exists", BEN, form="polar"),
    ("Is there a bed?", "Is Ana lying on it?"): Query(
        "exists", ANA, And((Has("posture", "lying down"), Has("near", "on a bed"))), form="polar"
    ),
    ("Is there a car?", "Is Ana in it?"): Query("exists", ANA, Has("place", "car"), form="polar"),
    ("Is there a table?", "Is anything on it?"): Query("refuse", attribute="thing", refusal="unseen"),
    ("Who does Ana talk to?", "Who is it?"): Query("attribute", ANA, TALKS, "with"),
    ("Is Ana carrying a backpack?", "What colour is it?"): Query("attribute", ANA, attribute="worn", value="backpack"),
    ("How long is Ana there?", "Is that longer than Ben?"): Query(
        "compare", ANA, form="polar", rank=Rank("long"), versus=BEN
    ),
    ("Is Ana sitting?", "Not Ana, Ben."): Query("exists", Whom(("Ben",), besides=("Ana",)), SITS, form="polar"),
    ("Where is Ana?", "Who is there with her?"): Query("who", where=Has("with", of=ANA)),
    # the time before
    ("When is Ana talking?", "What is Ben doing during that?"): Query(
        "attribute", BEN, attribute="deed", during=During("while", Event(ANA, TALKS))
    ),
    ("When does Ana come in for the second time?", "Is Ben there at that moment?"): Query(
        "exists", BEN, form="polar", during=During("while", Event(ANA), nth=2)
    ),
    ("When is Ana talking?", "Is Ben wearing his hat then?"): Query(
        "exists", BEN, HAT, form="polar", during=During("while", Event(ANA, TALKS))
    ),
    ("Who is sitting?", "Which of them did it first?"): Query("compare", ANA, SITS, rank=Rank("time")),
    ("What is Ana doing at 0:10?", "And then?"): Query("attribute", ANA, attribute="deed", during=During(start_s=10)),
    ("What is Ana doing at 0:10?", "And at 25?"): Query(
        "attribute", ANA, attribute="deed", during=During(start_s=25, end_s=25)
    ),
    ("What is Ana doing in the beginning?", "Then what?"): Query(
        "attribute", ANA, attribute="deed", during=During(start_s=1, unit="edge")
    ),
    ("When does Ana sit?", "Before this, what she did?"): Query(
        "attribute", ANA, attribute="deed", during=During("before", Event(ANA, SITS))
    ),
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
MAN, LADY = _row("gender", "man"), _row("gender", "woman")
SHOTS = written({
    "seconds": 120, "shots": [[0, 40], [40, 80], [80, 120]], "looked_for": ["dog", "cup"],
    "scene": [_row("place", "kitchen", at=(0, 40)), _row("place", "garden", at=(80, 120))],
    "things": [_row("thing", "dog", at=(20, 60))],
    "people": [
        {"name": "Ana", "seen": [[0, 30], [40, 70], [90, 110]], "x": 0.2, "rows": [
            LADY, _row("posture", "sitting", at=(0, 20)), _row("posture", "standing", at=(20, 30)),
            _row("posture", "sitting", at=(40, 70)), _row("deed", "walking", at=(90, 110))]},
        {"name": "Ben", "seen": [[35, 75], [95, 120]], "x": 0.4, "rows": [
            MAN, _row("posture", "sitting", at=(50, 75)), _row("posture", "standing", at=(35, 50))]},
        {"name": "#1", "enrolled": False, "seen": [[50, 80]], "x": 0.6, "rows": [
            MAN, COAT, _row("posture", "standing")]},
        {"name": "#2", "enrolled": False, "seen": [[85, 100]], "x": 0.8, "rows": [
            LADY, DRESS, _row("posture", "standing")]},
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
)  # fmt: skip
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
