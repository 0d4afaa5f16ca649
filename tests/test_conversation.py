"""A question after others: whom "she" and "they" mean, what an ellipsis keeps, corrections; and what is found then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from make_asked import answered, found, read_question
from make_conditions import ALONE, FALLS, GLASSES, GONE, HAT, JACKET, KITCHEN, MALE, SITS, STANDS, TALKS, WITH
from make_queries import ANA, BEN, BOTH, CLEO, MAN, NOBODY, at, polar, refused, what
from make_written import written

from pvchat.chat.query import And, During, Event, Has, Not, Query, Rank, Whom
from pvchat.chat.question import Conversation, Question
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import without_traits
from pvchat.errors import SettingsError
from pvchat.schemas import PersonPresence

NAMES = ("Ana", "Ben", "Cleo", "Dan")
WORN = what("worn", ANA)
WARD = written({
    "seconds": 60, "shots": [[0, 60]],
    "people": [
        {"name": "Ana", "seen": [[0, 25], [40, 60]], "x": 0.2, "rows": [
            {"attribute": "gender", "value": "woman"}, {"attribute": "worn", "value": "jacket", "colour": "red"},
            {"attribute": "deed", "value": "talking"}]},
        {"name": "Ben", "seen": [[10, 25]], "x": 0.6, "rows": [
            {"attribute": "gender", "value": "man"}, {"attribute": "worn", "value": "shirt", "colour": "blue"},
            {"attribute": "posture", "value": "standing"}]},
        {"name": "Cleo", "seen": [], "rows": [{"attribute": "worn", "value": "hat", "colour": "green"}]},
        {"name": "Dan", "seen": [], "decision": "unsure", "rows": [{"attribute": "worn", "value": "hat"}]},
    ],
})  # fmt: skip


def read(text: str, *before: str) -> Query:
    return read_question(text, NAMES, before, WARD).query


@pytest.mark.parametrize(
    ("before", "text", "query"),
    [
        # pronouns
        (("Is Ana there?",), "What is she wearing?", WORN),
        (("Is Ana there?",), "and what is she wearing?", WORN),
        (("Is Ana there?", "Thanks!"), "What is she wearing?", WORN),
        (("Is Ben there?", "Is Ana there?"), "What is he doing?", what("deed", BEN)),
        (("Is Ana there?", "And Ben?"), "Are they together?", polar(BOTH, WITH)),
        (("Who is in this video?",), "What are they doing?", what("deed", BOTH)),
        (("Who is visible longest?",), "What is she wearing?", WORN),
        (("Is Cleo there?",), "Why do you think she isn't there?", Query("why", CLEO)),
        (("Is Ana there?", "Is Ben there?"), "Is she nearer than Ben?",
         Query("compare", ANA, form="polar", rank=Rank("near"), versus=BEN)),
        # at that time, in that place
        (("When is Ana talking?",), "Is Ben next to her then?",
         polar(BEN, Has("beside", of=ANA), during=at("while", ANA, TALKS))),
        (("When is Ana sitting?",), "So Ben is never next to her then?",
         polar(BEN, Not(Has("beside", of=ANA)), throughout=True)),
        (("Is Ana in the garden?",), "Who is next to her there?",
         Query("who", where=And((Has("beside", of=ANA), Has("place", "garden"))))),
        (("Who is Ana with?",), "When?", Query("when", BEN, Has("with", of=ANA))),
        # ellipses
        (("Is Ana there?",), "and Ben?", polar(BEN)),
        (("What is Ben wearing?",), "And Ana?", WORN),
        (("Is Ana sitting or standing?",), "And Ben?", what("posture", BEN, form="choice")),
        (("Who is furthest right?",), "and furthest left?", Query("who", rank=Rank("left"))),
        (("Who is seen first?",), "and last?", Query("who", rank=Rank("time", -1))),
        (("Is Ana there?",), "When?", Query("when", ANA)),
        (("Who is there?",), "and at 3:40?", Query("who", during=During(start_s=220, end_s=220))),
        (("Is Ana there at 0:20?",), "and at 0:40?", polar(ANA, during=During(start_s=40, end_s=40))),
        (("Is Ana there at 0:20?",), "and Ben?", polar(BEN, during=During(start_s=20, end_s=20))),
        # somebody of several
        (("Who is in this video?", "What is Ana wearing?"), "and the other one?", what("worn", BEN)),
        # the others, each
        (("Who is in this video?", "Who of them is wearing a red jacket?"), "What are the others doing?",
         what("deed", BEN)),
        (("Are Ana and Ben there?",), "What are the others wearing?", what("worn", Whom(besides=("Ana", "Ben")))),
        (("How long is Ana there?",), "And the rest?", Query("how_long", BEN)),
        (("Who is standing?",), "Who else?", Query("who", Whom(besides=("Ben",)), STANDS)),
        # two people by their looks
        (("Is the woman in red with the man in blue?",), "Are they sitting?", polar(BOTH, SITS)),
        (("Is the woman in red with the man in blue?",), "What is he doing?", what("deed", BEN)),
        # before and after
        (("What is Ana wearing?",), "And afterwards?", replace(WORN, rank=Rank("time", -1))),
        (("What is Ana wearing after 0:20?",), "I mean before that.", replace(WORN, during=During(end_s=20))),
        (("What did Ben do before Ana came?",), "And after she left?",
         what("deed", BEN, during=at("after", ANA, GONE))),
        (("Is Ana wearing a jacket?",), "And when she is talking?", polar(ANA, JACKET, during=at("while", ANA, TALKS))),
        # a garment's colour is asked, not whether it is worn
        (("What is Ana wearing?",), "What colour is the jacket?", replace(WORN, value="jacket")),
        (("Is Ana there?",), "Jacket is what colour?", replace(WORN, value="jacket")),
        (("What is Ana wearing?",), "And a hat?", polar(ANA, HAT)),
        # what the hands do is what somebody does, who "this" is asks for a name, "he" is no guy's "she"
        (("Is Ana there?",), "What is she doing with her hands?", what("deed", ANA)),
        (("Is Ana there?",), "Is this Barnaby?", polar(Whom(unknown=("Barnaby",)))),
        (("Is Ana there?",), "Who is this lady?", Query("who", ANA)),
        (("Is Ana there?",), "Is she speaking or silent?", polar(ANA, Has("speaks"))),
        (("Is Ana there?",), "Are they inside a house?", polar(ANA, Has("setting", "indoors"))),
        # places, things, company
        (("Is Ana in the kitchen?",), "What is she doing there?", what("deed", ANA, KITCHEN)),
        (("Is there a dog?",), "Who is there while it is there?",
         Query("who", during=at("while", where=Has("thing", "dog")))),
        (("Is there a dog?",), "Where?", Query("exists", where=Has("thing", "dog"))),
        # after what was refused, or doubted
        (("Is Ana next to Ben?", "Who is taller?"), "No, I meant next to Cleo.", polar(ANA, Has("beside", of=CLEO))),
        (("Is Ana there?", "Are you sure?"), "And Ben?", polar(BEN)),
        (("Is Ana sitting?", "Is she happy?"), "Since when?", refused("unseen", ANA, value="mood")),
        (("Is Ben sitting?",), "What is Ana doing meanwhile?", what("deed", ANA)),
        # at the same time: of several people, or of two questions
        (("Who is talking?", "And Ben?"), "At the same time?", Query("when", BOTH, TALKS, form="polar")),
        (("Is Ana sitting?", "Is Ben standing?"), "Same time?",
         Query("when", where=And((Event(ANA, SITS), Event(BEN, STANDS))), form="polar")),
        (("Does Ana leave?",), "Before or after Ben?", Query("order", ANA, Has("leaves"), form="choice", versus=BEN)),
        # whoever is not there is not meant
        (("Is Ana there?", "Is Cleo there?"), "What is she wearing?", WORN),
        (("Is Cleo there?",), "What is he doing?", what("deed", BEN)),
        (("Are Ana and Ben there?", "And Cleo?"), "Are they together?", polar(BOTH, WITH)),
        (("Are Ana and Ben there?", "Is Ana there?", "And Cleo?"), "Are they together?",
         polar(Whom(("Ana", "Cleo"), "both"), WITH)),
        (("Who is there?", "Is the woman in red sitting?"), "And everybody else?",
         polar(Whom(quantifier="all", besides=("Ana",)), SITS)),
        # the other side, another spot, another colour, a name
        (("Who is left of Ben?",), "And on the other side?", Query("who", where=Has("right_of", of=BEN))),
        (("Who is next to Ana?",), "And the person in the middle?", Query("who", Whom(such=Has("side", "middle")))),
        (("Is Ana wearing something red?",), "Or is it blue?", polar(ANA, Has("worn", "", "blue"))),
        (("Is Ana smiling?",), "Inside or outside?", what("setting", ANA, form="choice")),
        (("How many people are there at the same time?",), "Ben too?", polar(BEN)),
        (("What is the man in blue doing?",), "Is it Ana?",
         polar(ANA, And((MALE, Has("worn", "", "blue"))))),
        (("Is there a woman in red?", "Is she Ana?"), "And the man?", polar(MAN)),
        # two questions in one are two turns
        (("Is Ana there, and is Ben standing?",), "And Ana?", polar(ANA, STANDS)),
        # a short question about her takes over whom it is about, not what was asked before
        (("Does Ana wear gloves?",), "whats her name", Query("who", ANA)),
        (("Does Ana wear gloves?",), "and his name?", Query("who", BEN)),
        (("What does the man in blue do?",), "How is he called?", Query("who", BEN)),
        (("Does Ana wear gloves?",), "how hair", what("hair", ANA)),
        (("Is Ben in the garden?", "And Ana?"), "her hair?", what("hair", ANA)),
        (("Does Ana wear gloves?", "And Ben?"), "and his eyes?", what("looks", BEN)),
        (("Is Ana there?", "Is Ben sitting?"), "what doing?", what("deed", BEN)),
        (("Is Ben sitting?",), "is he the only one", polar(Whom(("Ben",), "only"))),
        (("Is Ben standing?",), "is he the only one", polar(Whom(("Ben",), "only"), STANDS)),
        # corrections
        (("What is Ben wearing?",), "No, I meant Ana.", WORN),
        # a question of its own stays one
        (("What is Ben wearing?",), "Is Ana there?", polar(ANA)),
    ],
)  # fmt: skip
def test_what_a_question_leans_on(before: tuple[str, ...], text: str, query: Query) -> None:
    assert read(text, *before) == query


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What are they doing?", "Ana sits. Ben stands."),
        ("Which of them is sitting?", "Ana is sitting."),
        ("And what is the second one doing?", "Ben stands."),
        ("And what is she doing?", "Cleo is not in this video, so I can't say what Cleo is doing. I see two people: "
         "Ana, on the left, who sits; Ben, on the right, who stands."),
    ],
)  # fmt: skip
def test_they_are_who_was_told_of_in_the_place_of_whoever_is_not_there(text: str, answer: str) -> None:
    people = [
        {"name": name, "seen": [[0, 10]], "x": x, "rows": [{"attribute": "side", "value": side},
                                                           {"attribute": "posture", "value": posture}]}
        for name, x, side, posture in (("Ana", 0.2, "left", "sitting"), ("Ben", 0.8, "right", "standing"))
    ]  # fmt: skip
    shop = written({"seconds": 10, "people": [*people, {"name": "Cleo", "seen": []}]})
    assert say(found(text, NAMES, shop, ["Is Cleo there?"]), shop) == answer


TWO_SHOTS = written({
    "seconds": 20, "shots": [[0, 10], [10, 20]], "looked_for": ["cup"],
    "scene": [{"attribute": "place", "value": "kitchen"}, {"attribute": "light", "value": "bright"}],
    "things": [{"attribute": "thing", "value": "cup"}],
    "people": [
        {"name": "Ana", "seen": [[0, 5], [12, 20]], "x": 0.2, "rows": [
            {"attribute": "gender", "value": "woman"}, {"attribute": "side", "value": "left"},
            {"attribute": "posture", "value": "sitting"}, {"attribute": "worn", "value": "hat", "holds": False}]},
        {"name": "Ben", "seen": [[10, 20]], "x": 0.6, "rows": [
            {"attribute": "gender", "value": "man"}, {"attribute": "deed", "value": "laughing"}]},
        {"name": "Cleo", "seen": []},
    ],
})  # fmt: skip
BEN_ALONE = written({"seconds": 20, "people": [
    {"name": "Ben", "seen": [[0, 20]], "rows": [{"attribute": "posture", "value": "sitting"}]},
    {"name": "Cleo", "seen": []}]})  # fmt: skip
RECOGNISED = "{} is recognised by what was enrolled (probability above 0.99)"
THERE = "Ana and Ben are in this video. This is in a kitchen."


@pytest.mark.parametrize(
    ("talk", "answer"),
    [
        # what nobody is found for is no bare yes or no
        (("Is Ana next to the fifth man?",),
         "I can't tell that; ask me who is in this video, what they wear, what they do or where they are."),
        (("Is Ana there?", "Does she look at the second man?"), "I see Ana, on the left."),
        (("Do both Ana and the man in the black coat sit?",),
         "No, I see no man in a black coat. I see Ana, on the left."),
        (("Is the fifth person from the left sitting?",), "No, I see no fifth person from the left."),
        # a place, a light or a thing is about nobody: who is there
        (("And in the kitchen?",), "Ana sits. Ben laughs."),
        (("Is it bright?", "With whom?"), "Ben is seen with Ana. Ana is seen with Ben."),
        (("Is there a cup?", "With whom?"), THERE),
        # who is there, but doesn't wear it
        (("What does Ana do before Ben comes?", "A hat?"), "Ana is not wearing a hat."),
        # how often
        (("Who comes back?",), "Ana is in this video twice, from 0:00 to 0:05 and from 0:12 to 0:20."),
        # shots without somebody
        (("In which shots is nobody there?",), "Somebody is seen in two of two shots."),
        # who isn't there is told once
        (("Who of Ana and Cleo is there?",), "Ana is in this video; Cleo is not in this video."),
        (("Who is Cleo?",), "Cleo is not in this video."),
        (("Who of Ana and Cleo is there longest?",), "Cleo is not in this video, so I can't tell."),
        (("Is Cleo there?", "Could she be the woman on the left?"),
         "No, Cleo is not in this video. I see Ana, on the left."),
        # doubts are about whom it was said of
        (("Who is on the left?", "Sure?"), f"{RECOGNISED.format('Ana')}, from 0:00 to 0:05 and from 0:12 to 0:20."),
        (("Who is next to Ana?", "Who is with Ana?", "Sure it's him?"),
         f"{RECOGNISED.format('Ben')}, from 0:10 to 0:20."),
        (("Is Ben there?", "Are you sure it's not Cleo?"),
         f"{RECOGNISED.format('Ben')}, from 0:10 to 0:20. Cleo is not recognised (probability above 0.99)."),
        # another time
        (("Who is there at 0:02?", "And in the middle?"), "Ana and Ben are in this part of the video."),
        (("Who is laughing?", "Not even at the start?"), "I can't tell whether Ana is laughing."),
        (("What does Ben do last?", "Is Ana there then?"),
         "Yes, Ana is in this video while Ben is laughing, from 0:12 to 0:20."),
        (("Who is sitting with Ben?",), "Ana is sitting and seen with Ben from 0:12 to 0:20."),
        (("Who is sitting with Ana?",), "Ben is seen with Ana, but I can't tell whether Ben is sitting."),
        (("Who is there all the time?",), "Nobody is in this video the whole time."),
        # an order; whoever is there to the end doesn't leave
        (("Who comes before Ben?",), "Ana comes in at 0:00, before Ben."),
        (("Who leaves last?",), "Nobody leaves, as far as I can see."),
        (("Is Ana the last to come?",), "No, Ben comes in last, at 0:10, before that Ana at 0:00."),
        (("Who is the fifth person from the left?",), "I see no fifth person from the left."),
        (("Who is the fifth man from the left?",), "I see no fifth man from the left."),
        (("When did the stranger first show up?",), "I see no first person I don't know."),
    ],
)  # fmt: skip
def test_what_is_said_where_nobody_or_nothing_is_found(talk: tuple[str, ...], answer: str) -> None:
    assert say(found(talk[-1], NAMES, TWO_SHOTS, talk[:-1]), TWO_SHOTS) == answer


def test_a_stranger_who_is_there_in_another_part_is_not_in_this_one() -> None:
    part = TWO_SHOTS.between(10, 20)
    told = answered(polar(Whom(("#1",))), part)
    assert told.startswith("No, somebody I don't know is not in this video.")


def test_what_is_done_in_turn_is_told_with_postures_that_change() -> None:
    does = (("posture", "standing", 0, 3), ("deed", "falling", 3, 5), ("posture", "lying down", 5, 10))
    rows = [{"attribute": kind, "value": value, "from": a, "to": b} for kind, value, a, b in does]
    falls = written({"seconds": 10, "people": [{"name": "Ana", "seen": [[0, 10]], "rows": rows}]})
    told = [answered(what("deed", ANA, rank=Rank("time", k)), falls) for k in (1, 2, 3, 4)]
    assert told == [
        "Ana is standing from 0:00 to 0:03.", "Ana is falling from 0:03 to 0:05.",
        "Ana is lying down from 0:05 to 0:10.", "Ana does nothing else, as far as I can see.",
    ]  # fmt: skip


def test_who_walks_or_runs_probably_walks() -> None:
    rows = [{"attribute": "deed", "value": "walking or running"}]
    strides = written({"seconds": 10, "people": [{"name": "Ana", "seen": [[0, 10]], "rows": rows}]})
    asked = [polar(ANA, Has("deed", deed)) for deed in ("walking", "running", "moving")]
    assert [run(one, strides).verdict for one in asked] == ["yes", "unknown", "yes"]


def test_nobody_is_compared_with_herself() -> None:
    query = Query("compare", ANA, SITS, form="polar", rank=Rank("long"), versus=Whom(such=SITS))
    assert run(query, TWO_SHOTS).verdict == "unknown"


def test_in_which_shots_neither_of_two_is_there() -> None:
    three = replace(TWO_SHOTS, shots=((0, 6), (6, 10), (10, 20)))
    told = "Neither Ana nor Ben is seen in one of three shots: 2."
    assert say(found("In which shots is neither Ana nor Ben there?", NAMES, three), three) == told


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Does the doctor smile?", "Ben is in this video, but I can't tell whether Ben is a doctor and smiling."),
        ("Do both Ben and the man in the black coat sit?",
         "Ben is sitting, but I can't tell whether Ben is a man and wearing a black coat."),
    ],
)  # fmt: skip
def test_what_is_not_known_of_the_only_one_who_can_be_meant_is_told_once(text: str, answer: str) -> None:
    assert say(found(text, NAMES, BEN_ALONE), BEN_ALONE) == answer


def test_with_traits_off_nobody_is_said_to_laugh() -> None:
    off = without_traits(TWO_SHOTS)
    told = "Telling men from women, and smiles, is switched off here."
    assert say(found("Is Ben laughing?", NAMES, off), off) == told


@pytest.mark.parametrize(
    ("worn", "text", "verdict"),
    [
        ("hoodie", "Is Ana wearing a hoodie?", "yes"), ("hoodie", "Is Ana wearing a sweater?", "yes"),
        ("cardigan", "Is Ana wearing a top?", "yes"), ("T-shirt", "Is Ana wearing a top?", "yes"),
        ("robe", "Is Ana wearing a robe?", "yes"), ("sweater", "Is Ana wearing a hoodie?", "unknown"),
        ("top", "Is Ana wearing a hoodie?", "unknown"), ("jacket", "Is Ana wearing a top?", "unknown"),
    ],
)  # fmt: skip
def test_a_garment_is_what_it_is_told_as_and_of_the_kinds_it_belongs_to(worn: str, text: str, verdict: str) -> None:
    ana = {"name": "Ana", "seen": [[0, 10]], "rows": [{"attribute": "worn", "value": worn}]}
    assert found(text, NAMES, written({"seconds": 10, "people": [ana]})).verdict == verdict


@pytest.mark.parametrize("text", ["Who answers?", "Could Ana be Cleo?", "Could she be Cleo?"])
def test_what_nothing_was_said_of_before_and_who_somebody_could_be_is_refused(text: str) -> None:
    assert read(text).select == "refuse"


@pytest.mark.parametrize("text", ["While music plays,", "Who is there between when and the end?", "between when and"])
def test_half_a_question_is_read_as_well(text: str) -> None:
    assert read(text).select


def test_only_who_had_something_on_takes_it_off() -> None:
    for text in ("Who takes off their hat?", "Who takes off their jacket?"):
        assert run(read(text), WARD).names == ()


def test_a_thing_that_is_always_there_is_never_gone() -> None:
    video = written({"seconds": 9, "shots": [[0, 9]], "things": [{"attribute": "thing", "value": "car"}],
                     "people": [{"name": "Ana", "seen": [[0, 9]], "rows": []}]})  # fmt: skip
    query = Query("who", during=During("while", Event(Whom(), Not(Has("thing", "car")))))
    assert answered(query, video) == "The car is never gone, as far as I can see."


def test_why_is_about_the_answer_before() -> None:
    assert read("Why do you say so?", "Is Ana there?").select == "why"


def test_a_doubt_of_one_by_name_is_about_that_one() -> None:
    query = read("How sure are you about Ben?", "Who is there?")
    assert run(query, WARD, [found("Who is there?", NAMES, WARD)]).names == ("Ben",)


def test_a_doubt_after_what_was_refused_is_about_who_was_meant() -> None:
    refused, sure = found("Is Ana happy?", NAMES, WARD), read("Are you sure it's her?", "Is Ana happy?")
    assert run(replace(sure, whom=Whom()), WARD, [refused]).names == ("Ana",)
    alone = say(run(Query("why", NOBODY), WARD, [found("Who is there?", NAMES, WARD)]), WARD)
    assert alone.startswith("Ana and Ben are in this video. I'm not sure about Dan. Whoever is half hidden")


def test_she_is_not_who_was_called_a_guy() -> None:
    rows = [{"attribute": "side", "value": "left"}]
    two = written({"seconds": 10, "people": [
        {"name": "Ana", "seen": [[0, 10]], "x": 0.2, "rows": [{"attribute": "gender", "value": "woman"}]},
        {"name": "#1", "enrolled": False, "seen": [[0, 10]], "x": 0.8, "rows": rows}]})  # fmt: skip
    talk = ["Is Ana there?", "What is the man wearing?"]
    assert read_question("What is she doing?", NAMES, talk, two).people == ("Ana",)


def test_of_who_is_absent_or_may_be_there_nothing_is_found() -> None:
    """Whatever is asked: they are named as missing, and no row is about them."""
    for name, why in (("Cleo", "absent"), ("Dan", "unsure")):
        for text in ("What is {} wearing?", "What is {} doing?", "Where is {}?", "Describe {}.", "When is {} there?",
                     "What does {} look like?"):  # fmt: skip
            told = found(text.format(name), NAMES, WARD)
            assert [(one.name, one.why) for one in told.missing] == [(name, why)], text
            assert (told.people, [row for row in told.rows if row.entity == name]) == ((), []), text
        several = found(f"What are Ana and {name} wearing?", NAMES, WARD)
        assert (several.names, [one.name for one in several.missing]) == (("Ana",), [name])


def test_there_is_a_yes_or_no_only_where_it_is_known() -> None:
    for text, verdict in (
        ("Is Ana there?", "yes"), ("Is Cleo there?", "no"), ("Is Dan there?", "unsure"),
        ("Is Ana wearing a hat?", "unknown"), ("Is Dan wearing a hat?", "unsure"), ("Is Ana sitting?", "unknown"),
        ("Is Ana talking?", "yes"), ("Is Ben sitting?", "no"), ("Is Barnaby there?", "unknown"),
    ):  # fmt: skip
        assert found(text, NAMES, WARD).verdict == verdict, text


@pytest.mark.parametrize(
    "odd",
    ["dead", "a doctor", "in love", "married to Ben", "famous", "on holiday", "as tall as Ben", "a ghost", "30",
     "allergic to nuts", "there for Ben's birthday", "pretty"],
)  # fmt: skip
def test_nobody_is_told_yes_about_what_no_camera_sees(odd: str) -> None:
    assert found(f"Is Ana {odd}?", NAMES, WARD).verdict not in ("yes", "no")


def test_questions_come_as_a_list() -> None:
    with pytest.raises(SettingsError, match="as a list"):
        Conversation(NAMES, before="Is Ana there?")


# -- questions that lean on one before, and those that are like others

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
    ("Who is sitting?", "Is it a man?"): polar(ANA, MALE),
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
    assert answered(read_question(text, NAMES, (), FILM).query, FILM).startswith(answer)


def _row(attribute: str, value: str, *, at: tuple[int, int] | None = None, colour: str = "") -> dict[str, object]:
    times = {} if at is None else {"from": at[0], "to": at[1]}
    return {"attribute": attribute, "value": value, **({"colour": colour} if colour else {}), **times}


COAT, DRESS = _row("worn", "coat", colour="black"), _row("worn", "dress", colour="green")
A_MAN, A_WOMAN = _row("gender", "man"), _row("gender", "woman")
SHOTS = written({
    "seconds": 120, "shots": [[0, 40], [40, 80], [80, 120]], "looked_for": ["dog", "cup"],
    "scene": [_row("place", "kitchen", at=(0, 40)), _row("place", "garden", at=(80, 120))],
    "things": [_row("thing", "dog", at=(20, 60))],
    "people": [
        {"name": "Ana", "seen": [[0, 30], [40, 70], [90, 110]], "x": 0.2, "rows": [
            A_WOMAN, _row("posture", "sitting", at=(0, 20)), _row("posture", "standing", at=(20, 30)),
            _row("posture", "sitting", at=(40, 70)), _row("deed", "walking", at=(90, 110))]},
        {"name": "Ben", "seen": [[35, 75], [95, 120]], "x": 0.4, "rows": [
            A_MAN, _row("posture", "sitting", at=(50, 75)), _row("posture", "standing", at=(35, 50))]},
        {"name": "#1", "enrolled": False, "seen": [[50, 80]], "x": 0.6, "rows": [
            A_MAN, COAT, _row("posture", "standing")]},
        {"name": "#2", "enrolled": False, "seen": [[85, 100]], "x": 0.8, "rows": [
            A_WOMAN, DRESS, _row("posture", "standing")]},
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


@pytest.mark.parametrize(
    ("before", "text", "by_name"),
    [
        ("", "What is Ana wearing?", True),
        ("", "What is she wearing?", False),
        ("Who is the woman?", "What is she doing?", False),  # nobody said who
        ("Is Ana there?", "What is she wearing?", True),
    ],
)
def test_whether_somebody_was_called_by_her_name_is_kept(before: str, text: str, by_name: bool) -> None:
    whom = found(text, NAMES, SHOTS, [before] if before else []).query.whom
    assert whom.names == ("Ana",)
    assert whom.by_name == by_name
