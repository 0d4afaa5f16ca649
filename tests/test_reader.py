"""Plain questions of every kind and the queries that they are read as; what nothing can answer is refused."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from make_asked import query_of, read_question

from pvchat.chat.english import wording
from pvchat.chat.query import (
    EVERYBODY,
    And,
    During,
    Event,
    Has,
    Not,
    Number,
    Or,
    Query,
    Rank,
    Whom,
)
from pvchat.chat.question import Conversation, type_of
from pvchat.chat.reader.network import likeliest_path
from pvchat.chat.reader.words import canonical, find_mentions, known_phrases, worded
from pvchat.errors import SettingsError

NAMES = ("Ana", "Ben", "Cleo")
ANA, BEN, BOTH = Whom(("Ana",)), Whom(("Ben",)), Whom(("Ana", "Ben"), "both")
MAN, WOMAN = Whom(such=Has("gender", "man")), Whom(such=Has("gender", "woman"))
GONE, SITTING = Not(Has("present")), Has("posture", "sitting")
PLAIN: dict[str, Query] = {
    # who is there
    "Is Ana in this video?": Query("exists", ANA, form="polar"),
    "is ana there": Query("exists", ANA, form="polar"),
    "Can you see Ben?": Query("exists", BEN, form="polar"),
    "Are Ana and Ben there?": Query("exists", BOTH, form="polar"),
    "Is anyone I know there?": Query("exists", Whom(known=True), form="polar"),
    "Is everybody known?": Query("exists", Whom(quantifier="none", known=False), form="polar"),
    "Is Ana only with Ben at the end?": Query(
        "exists", ANA, And((Has("with", of=BEN), Not(Has("with", of=Whom(besides=("Ben",)))))),
        form="polar", during=During(start_s=-1, unit="edge"),
    ),
    "Do three people talk at once?": Query(
        "exists", where=Has("deed", "talking"), form="polar", number=Number("exactly", 3)
    ),
    "Who did Ana see first?": Query("who", where=Has("with", of=Whom(("Ana",))), rank=Rank("time")),
    "Is there a stranger in the room?": Query("exists", Whom(known=False), form="polar"),
    "Who is in this video?": Query("who"),
    "Who is there?": Query("who"),
    "Who else is there besides Ana?": Query("who", Whom(besides=("Ana",))),
    "Who is not in this video?": Query("who", where=GONE),
    "How many people are in this video?": Query("count"),
    "How many women are there?": Query("count", WOMAN),
    "How many people do you recognise?": Query("count", Whom(known=True)),
    "Are there more than two people?": Query("count", form="polar", number=Number("more_than", 2)),
    "How many people are there now?": Query("count"),
    "How many women are there at the moment?": Query("count", WOMAN),
    # who somebody is
    "Is that the same person as Ana?": Query("exists", ANA, form="polar"),
    "Is Ana the same person as Ben?": Query("refuse", Whom(("Ana", "Ben")), refusal="unseen"),
    "It's not Ben, it's Ana.": Query("exists", ANA, form="polar"),
    "No, that isn’t Ben but Ana": Query("exists", ANA, form="polar"),
    "Is it Ana from Spy x Family?": Query("exists", ANA, form="polar"),
    "What is the man's name?": Query("who", MAN),
    "What is the name of the woman?": Query("who", WOMAN),
    "Whose tie is it?": Query("who", where=Has("worn", "tie")),
    "Who is the person you don't know?": Query("describe", Whom(known=False)),
    "Who is the stranger?": Query("describe", Whom(known=False)),
    "Why isn't Ana there?": Query("why", ANA),
    "Why do you think Ana isn't there?": Query("why", ANA),
    "Why is Ana missing?": Query("why", ANA),
    # coming in is not being there
    "Does Ana come in?": Query("exists", ANA, Has("enters"), form="polar"),
    "Did Ben walk in?": Query("exists", BEN, Has("enters"), form="polar"),
    # in the order in which they are seen
    "Name them from left to right": Query("order", rank=Rank("left")),
    "List the people right to left": Query("order", rank=Rank("right")),
    "In what order do they sit?": Query("order", where=SITTING, rank=Rank("left")),
    "In what order do they come in?": Query("order"),
    "Who is at the left end of the sofa?": Query("who", where=Has("near", "on a sofa"), rank=Rank("left")),
    # which of several
    "Did Ana fall or did she sit down?": Query(
        "exists", ANA, Or((Has("deed", "falling"), SITTING)), form="choice"
    ),
    "Is Ana looking left, right or into the camera?": Query(
        "exists", ANA, form="choice",
        where=Or(tuple(Has("deed", f"looking {way}") for way in ("to the left", "to the right", "at the camera"))),
    ),
    "Is Ana writing or on the phone?": Query(
        "exists", ANA, Or((Has("deed", "writing"), Has("deed", "using a phone"))), form="choice"
    ),
    # what happens
    "What happened?": Query("describe"),
    "Tell me everything": Query("attribute", attribute="looks", then=Query("describe")),
    "Describe the room": Query("attribute", attribute="place", then=Query("attribute", attribute="thing")),
    "What happened at the end?": Query("describe", during=During(start_s=-1, unit="edge")),
    "What happened to Ana?": Query("attribute", ANA, attribute="deed"),
    # when
    "When does Ben appear?": Query("when", BEN),
    "When is Ben last seen?": Query("when", BEN, rank=Rank("time", -1)),
    "When is Ben not there?": Query("when", BEN, GONE),
    "How long is Ana in the video?": Query("how_long", ANA),
    "How often is Ana seen?": Query("how_often", ANA),
    "Does Ben come back?": Query("how_often", BEN, form="polar", number=Number("more_than", 1)),
    "How long is this video?": Query("length"),
    "How many cuts are there?": Query("shots"),
    "Is Ana there the whole time?": Query("exists", ANA, form="polar", throughout=True),
    "Who is there from start to finish?": Query("who", throughout=True),
    "What proportion of the video is Ana in?": Query("how_long", ANA, value="share"),
    "Who is there while Ana is away?": Query("who", during=During("while", Event(ANA, GONE))),
    "What is Ana doing at 3:20?": Query("attribute", ANA, attribute="deed", during=During(start_s=200, end_s=200)),
    "Who is in the second half?": Query("who", during=During(start_s=0.5, end_s=1.0, unit="share")),
    # longer, first, together
    "Who is visible longest?": Query("who", rank=Rank("long")),
    "Who is seen first?": Query("who", rank=Rank("time")),
    "Is Ana there longer than Ben?": Query("compare", ANA, form="polar", rank=Rank("long"), versus=BEN),
    "Is Ana seen more often than Ben?": Query("compare", ANA, form="polar", rank=Rank("often"), versus=BEN),
    "When are Ana and Ben together?": Query("when", BOTH, Has("with")),
    "Are Ana and Ben together?": Query("exists", BOTH, Has("with"), form="polar"),
    "Is Ana alone?": Query("exists", ANA, Has("alone"), form="polar"),
    "When is Ana alone?": Query("when", ANA, Has("alone")),
    "Who is Ana seen with?": Query("attribute", ANA, attribute="with"),
    "In which order do they appear?": Query("order"),
    # looks
    "Where is Ana looking?": Query("attribute", ANA, attribute="deed", value="looking"),
    "Show me Ana": Query("describe", ANA),
    "What is Ana wearing?": Query("attribute", ANA, attribute="worn"),
    "What does Ben look like?": Query("attribute", BEN, attribute="looks"),
    "Does Ana wear glasses?": Query("exists", ANA, Has("worn", "glasses"), form="polar"),
    "What colour is Ben's jacket?": Query("attribute", BEN, attribute="worn", value="jacket"),
    "Is Ben wearing a red jacket?": Query("exists", BEN, Has("worn", "jacket", "red"), form="polar"),
    "Is the man wearing a red jacket?": Query("exists", MAN, Has("worn", "jacket", "red"), form="polar"),
    "How often does Ana with the glasses smile?": Query(
        "how_often", ANA, And((Has("deed", "smiling"), Has("worn", "glasses")))
    ),
    "Is Ana eating, sitting or wearing a hat in the garden?": Query(
        "exists", ANA, form="choice",
        where=And((Or((Has("deed", "eating"), SITTING, Has("worn", "hat"))), Has("place", "garden"))),
    ),
    "How many people wear glasses?": Query("count", where=Has("worn", "glasses")),
    "How many women wear glasses?": Query("count", WOMAN, Has("worn", "glasses")),
    "Who isn't wearing glasses?": Query("who", where=Not(Has("worn", "glasses"))),
    "Who is wearing a hat?": Query("who", where=Has("worn", "hat")),
    "What is Ana's hair like?": Query("attribute", ANA, attribute="hair"),
    # deeds
    "What is Ana doing?": Query("attribute", ANA, attribute="deed"),
    "What are Ana and Ben doing?": Query("attribute", BOTH, attribute="deed"),
    "Is Ana talking?": Query("exists", ANA, Has("deed", "talking"), form="polar"),
    "Who is standing?": Query("who", where=Has("posture", "standing")),
    "Who is sitting and wearing glasses?": Query("who", where=And((Has("posture", "sitting"), Has("worn", "glasses")))),
    "Is everybody sitting?": Query("exists", Whom(quantifier="all"), Has("posture", "sitting"), form="polar"),
    "What is Ana holding?": Query("attribute", ANA, attribute="holding"),
    "What is the man with glasses doing?": Query(
        "attribute", Whom(such=And((Has("gender", "man"), Has("worn", "glasses")))), attribute="deed"
    ),
    # where
    "Where is Ana?": Query("attribute", ANA, attribute="place"),
    "Who is next to Ben?": Query("who", where=Has("beside", of=BEN)),
    "Is Ana next to Ben?": Query("exists", ANA, Has("beside", of=BEN), form="polar"),
    "Who is to the left of Ben?": Query("who", where=Has("left_of", of=BEN)),
    "Is Ana on the left or on the right?": Query("attribute", ANA, attribute="side", form="choice"),
    "Who is furthest right?": Query("who", rank=Rank("right")),
    "Who is nearest to the camera?": Query("who", rank=Rank("near")),
    "Is this an office?": Query("exists", where=Has("place", "office"), form="polar"),
    "Is there a cup?": Query("exists", where=Has("thing", "cup"), form="polar"),
    "Who is on the right at the end?": Query("who", where=Has("side", "right"), during=During(start_s=-1, unit="edge")),
    # by words that nobody lists
    "Does Ana hang up?": Query("exists", ANA, Has("deed", "hanging up"), form="polar"),
    "Does Ana look away?": Query("exists", ANA, Has("deed", "looking away"), form="polar"),
    "Does Ana hang around?": Query("exists", ANA, Has("deed", "hanging around"), form="polar"),
    "What colour are the masks?": Query("attribute", attribute="worn", value="face mask"),
    # conditions side by side
    "Ana wears black and has long hair, right?": Query(
        "exists", ANA, And((Has("worn", "", "black"), Has("hair", "long hair"))), form="polar"
    ),
    "Who is wearing green but not glasses?": Query(
        "who", where=And((Has("worn", "", "green"), Not(Has("worn", "glasses"))))
    ),
    "Is Ana wearing a plaid shirt?": Query("exists", ANA, Has("worn", "plaid shirt"), form="polar"),
    "Does Ana wear a short-sleeved shirt?": Query("exists", ANA, Has("worn", "short-sleeved shirt"), form="polar"),
    "Is Ana sitting next to Ben or standing alone?": Query(
        "exists", ANA, form="choice",
        where=Or((
            And((Has("posture", "sitting"), Has("beside", of=BEN))), And((Has("posture", "standing"), Has("alone"))),
        )),
    ),
    # what two do to each other, who is behind whom, how many they are, what comes last
    "Do Ana and Ben look at each other?": Query("exists", form="polar", where=And((
        Event(ANA, Has("deed", "looking", of=BEN)), Event(BEN, Has("deed", "looking", of=ANA)),
    ))),
    "Is Ana behind Ben?": Query("exists", ANA, Has("beside", "behind", of=BEN), form="polar"),
    "Who is behind Ana?": Query("who", where=Has("beside", "behind", of=ANA)),
    "Who's behind the man?": Query("who", where=Has("beside", "behind", of=MAN)),
    "Who is above Ana?": Query("refuse", value="above", refusal="unseen"),
    "How many people is Ana with?": Query("count", where=Has("with", of=ANA)),
    "Are there more than two people at once?": Query(
        "count", where=Has("with"), form="polar", number=Number("more_than", 2)
    ),
    # where somebody lies, and what is on a part of the body
    "Where does Ana lie?": Query("attribute", ANA, Has("posture", "lying down"), "place"),
    "Where did Ana fall?": Query(
        "attribute", ANA, Or((Has("deed", "falling"), Has("posture", "lying down"))), "place"
    ),
    "Is Ana on the carpet?": Query("exists", ANA, Has("near", "on the floor"), form="polar"),
    "Did anybody fall out of bed?": Query("exists", where=Has("deed", "falling"), form="polar"),
    "What does Ana have round her neck?": Query("attribute", ANA, attribute="worn", value="neck"),
    "Does Ana have anything on her head?": Query("attribute", ANA, attribute="worn", value="head"),
    "Is Ana wearing something blue on her head?": Query("exists", ANA, Has("worn", "", "blue"), form="polar"),
    "What are the four men doing?": Query("attribute", MAN, attribute="deed"),
    "What does the man do last?": Query("attribute", MAN, attribute="deed", rank=Rank("time", -1)),
    "Does the doctor smile?": Query("exists", Whom(such=Has("role", "doctor")), Has("deed", "smiling"), form="polar"),
    "Is Ana next to the doctor?": Query(
        "exists", ANA, Has("beside", of=Whom(unknown=("the doctor",))), form="polar"
    ),
    "Who is the masked man?": Query("who", Whom(such=And((Has("worn", "face mask"), Has("gender", "man"))))),
    "What does Ana look like? I need it for a poster": Query("attribute", ANA, attribute="looks"),
    # who this is, what somebody does or wears, in the words of every day
    "Oh, who's this pretty lady?": Query("who", WOMAN),
    "Can you tell me who this young lady is?": Query("who", WOMAN),
    "Where looks Ana?": Query("attribute", ANA, attribute="deed"),
    "Is Ana looking at me?": Query("exists", ANA, Has("deed", "looking at the camera"), form="polar"),
    "When does the man fall off?": Query("when", MAN, Has("deed", "falling")),
    "When doesn't Ana fall off?": Query("when", ANA, Not(Has("deed", "falling"))),
    "When does Ana stick out her tongue?": Query("when", ANA, Has("deed", "sticking out her tongue")),
    "Was anybody there to help Ana?": Query("exists", where=Has("deed", "helping", of=ANA), form="polar"),
    "Does Ana stand up again?": Query(
        "exists", ANA, Has("posture", "standing up"), form="polar", during=During("since", Event(ANA, Or((
            Has("deed", "falling"), Has("posture", "lying down"), Has("posture", "sitting")))))
    ),
    "What plants are there?": Query("exists", where=Has("thing", "potted plant")),
    # words that say nothing of what is asked, or how surely
    "Do you think Ana is there?": Query("exists", ANA, form="polar"),
    "Could you check whether Ana is there?": Query("exists", ANA, form="polar"),
    "Is it true that Ana is there?": Query("exists", ANA, form="polar"),
    "Is little Ana there?": Query("exists", ANA, form="polar"),
    "Is Ana clearly visible?": Query("exists", ANA, form="polar"),
    "Who attends the meeting?": Query("who"),
    "Is Ana there for most of it?": Query("exists", ANA, form="polar", number=Number("more_than", 0.5), value="share"),
    "Who is there the shortest?": Query("who", rank=Rank("long", -1)),
    "Is there an intruder?": Query("exists", Whom(known=False), form="polar"),
    # what stands before "or" together, and what both have
    "Who is smiling and waving or talking?": Query("who", where=Or((
        And((Has("deed", "smiling"), Has("deed", "waving"))), Has("deed", "talking"),
    ))),
    "Is Ana in the kitchen sitting or standing?": Query(
        "attribute", ANA, Has("place", "kitchen"), "posture", form="choice"
    ),
    "Who is sitting in the kitchen or in the garden?": Query(
        "who", where=And((Or((Has("place", "kitchen"), Has("place", "garden"))), Has("posture", "sitting")))
    ),
    # what is asked by words that the network passes over isn't whether she is there
    "Is Ana keeping still?": Query("exists", ANA, Has("deed", "keeping still"), form="polar"),
    "Does Ana stay still?": Query("exists", ANA, Has("deed", "keeping still"), form="polar"),
    "Is Ana balder?": Query("exists", ANA, Has("deed", "balder"), form="polar"),
    "Ana not move?": Query("exists", ANA, Not(Has("deed", "moving")), form="polar"),
    "Who is lying?": Query("who", where=Has("posture", "lying down")),
    # sides and the middle, of the picture or of the time
    "Who left side": Query("who", where=Has("side", "left")),
    "Who stands in between?": Query("who", where=Has("side", "middle")),
    "Who isn't in the first half?": Query("who", where=GONE, during=During(end_s=0.5, unit="share")),
    "Who doesn't sit at all?": Query("who", where=Not(SITTING), throughout=True),
    "Is it mostly Ana or mostly Ben?": Query("compare", Whom(("Ana", "Ben")), rank=Rank("long")),
    "How much of the clip is Ana in?": Query("how_long", ANA, value="share"),
    "Is Ana still sitting when Ben sits down?": Query(
        "exists", ANA, SITTING, form="polar", during=During("while", Event(BEN, SITTING))
    ),
    "Does the stranger talk to anybody?": Query(
        "exists", Whom(known=False), Has("deed", "talking"), form="polar"
    ),
    "Nobody but Ana sits, right?": Query("exists", Whom(("Ana",), "only"), SITTING, form="polar"),
    "Does Ana stop sitting?": Query(
        "exists", ANA, And((Not(SITTING),)), form="polar", during=During("after", Event(ANA, SITTING))
    ),
    "Is the woman the same as Ana?": Query("exists", Whom(("Ana",), such=Has("gender", "woman")), form="polar"),
    "Ana play what?": Query("attribute", ANA, Has("deed", "playing"), "holding"),
    "Is Ana there, and if not, who is?": Query("exists", ANA, form="polar", then=Query("who")),
    # doubts
    "Any doubt that it's Ana?": Query("why", ANA),
    "Are you 100% sure that Ana is in it?": Query("why", ANA),
    "How likely is it that Ana is there?": Query("why", ANA),
    "What happens in the middle?": Query("describe", during=During(start_s=1 / 3, end_s=2 / 3, unit="share")),
    # everything
    "Describe Ana.": Query("describe", ANA),
    "What is going on in this video?": Query("describe"),
}  # fmt: skip
REFUSED = {
    "How old is Ana?": "unseen", "Is Ana married to Ben?": "unseen", "What is Ana thinking about?": "unseen",
    "Is Ana dead?": "unseen", "Where was Ana born?": "unseen", "What is Ana's blood type?": "unseen",
    "Is Ana a doctor?": "unseen", "Which song is it?": "sound",
    "Is the camera moving?": "camera", "Thanks!": "small_talk", "Hello": "small_talk", "Who are you?": "small_talk",
    "Save this one as Bob.": "wish", "Forget Ana.": "wish", "¿Dónde está Ana?": "foreign", "Was trägt Ana?": "foreign",
    "???": "unclear", "Can you hear the sea?": "sound", "Does Ana sound angry?": "sound",
    "How does her voice sound?": "sound",
    "Do we see his face?": "unseen", "Are his arms bare?": "unseen", "What colour is the lamp?": "unseen",
    "Which one has the broken arm?": "unseen", "How many people, not counting the reflection?": "unseen",
    "Are there spectators to be seen?": "unseen",
    "Was anyone there on Saturday?": "unseen", "What happened in December?": "unseen", "Was it Sunday?": "unseen",
    "Are the two strangers the same person?": "unseen",
    "Who is the shortest?": "unseen", "Is Ana taller than Ben?": "unseen", "Are most of them men?": "unseen",
}  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_question_is_read_as_what_it_asks(text: str) -> None:
    assert query_of(text, NAMES) == PLAIN[text]


@pytest.mark.parametrize("text", ["You are wrong.", "That is wrong!", "That answer is wrong"])
def test_who_says_that_an_answer_is_wrong_is_told_how_to_correct_it(text: str) -> None:
    query = query_of(text, NAMES)
    assert "people not NAME CLIP" in wording(query.refusal or "", query.value)


@pytest.mark.parametrize("text", REFUSED)
def test_what_nothing_can_answer_is_refused(text: str) -> None:
    query = query_of(text, NAMES)
    assert (query.select, query.refusal) == ("refuse", REFUSED[text])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Is Ana in this video?", "existence"), ("What is she wearing?", "appearance"), ("Is Ana sitting?", "action"),
        ("Where is Ana?", "location"), ("Describe Ana.", "other"), ("How old is Ana?", "other"),
    ],
)  # fmt: skip
def test_a_question_has_one_of_five_types(text: str, kind: str) -> None:
    assert type_of(text) == kind


def test_names_are_found_as_people_write_them() -> None:
    names = ("Ana María", "Dr. Lina", "José")
    for text, name in (("is ana maria there?", "Ana María"), ("Where's Lina?", "Dr. Lina"), ("Jose's hat?", "José")):
        assert read_question(text, names).people == (name,), text
    assert [one.end for one in find_mentions("is ana maria there", names, {})] == [len("is ana maria")]
    assert Conversation(names, {"Pepe": "José"}).read(["Is Pepe there?"])[0].people == ("José",)


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("whos", "who 's"), ("wasnt", "wasn't"), ("doesnt", "doesn't"), ("hows", "how 's"), ("shes", "she 's"),
        ("cant", "can't"), ("bakc", "back"), ("glases", "glasses"), ("lef", "left"), ("wearign", "wearing"),
        ("stethscope", "stethoscope"), ("w/", "with"), ("w/o", "without"), ("dat", "that"),
        ("sleaping", "sleeping"), ("carers", "carers"), ("tattoo", "tattoo"),
    ],
)  # fmt: skip
def test_a_short_form_is_spelled_out_and_a_slip_mended(typed: str, seen: str) -> None:
    words = worded(f"so {typed}", NAMES, {})[0][1:]
    assert " ".join(word.seen for word in words) == seen


def test_what_may_be_a_name_is_no_short_form() -> None:
    for name in ("Wen", "R"):
        assert query_of(f"Is {name} there?", NAMES).whom == Whom(unknown=(name,))
    assert query_of("Whos there?", NAMES) == Query("who")


@pytest.mark.parametrize(
    ("phrase", "value"),
    [("check his phone", "using a phone"), ("opened the door", "opening a door"), ("whittling", "whittling"),
     ("uses the mobile phone", "using a phone")],
)  # fmt: skip
def test_a_phrase_is_known_with_any_article_and_the_thing_in_it_by_another_name(phrase: str, value: str) -> None:
    assert canonical("deed", phrase) == value


def test_phrases_of_the_lexicon_are_found_the_longest_first() -> None:
    assert known_phrases(["is", "she", "having", "a", "meal", "in", "dark", "blue"]) == [
        (2, 5, "deed"),
        (6, 8, "colour"),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_likeliest_path_is_the_best_of_all(seed: int) -> None:
    scores, alike = np.random.default_rng(seed).normal(size=(5, 3)), 0.7

    def total(path: tuple[int, ...]) -> float:
        same = sum(alike for one, after in pairwise(path) if one == after and one > 0)
        return float(sum(scores[word, tag] for word, tag in enumerate(path))) + same

    assert likeliest_path(scores, alike) == list(max(product(range(3), repeat=5), key=total))


def test_a_name_that_nobody_bears_is_kept_as_it_was_typed() -> None:
    assert query_of("Is Barnaby there?", NAMES).whom == Whom(unknown=("Barnaby",))
    assert query_of("Is Anna there?", NAMES).whom == Whom(unknown=("Anna",))
    assert query_of("Is Dr. Lina there?", NAMES).whom == Whom(unknown=("Dr. Lina",))
    assert query_of("Is Nurse Kelly there?", NAMES).whom == Whom(unknown=("Nurse Kelly",))
    for typed in ("codi", "Codi"):  # one slip in a short name
        assert query_of(f"where's {typed} sitting?", ("Cody", "Emre")).whom == Whom(unknown=("Codi",))
    assert query_of("Who is there?", ()).whom == EVERYBODY
    for asked in ("is zoltan here", "where's zoltan", "did zoltan fall?", "who is zoltan?", "what about zoltan?"):
        assert query_of(asked, NAMES).whom.unknown == ("Zoltan",), asked
    assert query_of("Is April there?", NAMES).whom == Whom(unknown=("April",))  # no month here


def test_a_name_in_lower_case_behind_a_title_or_with_a_slip_is_hers() -> None:
    assert query_of("is he michael", ("Michael",)).whom == Whom(("Michael",))
    assert query_of("Is Dr. Ana there?", NAMES).whom == ANA
    assert query_of("Is Natsha there?", ("Natasha", "Ben")).whom == Whom(("Natasha",))
    assert query_of("Is Norah there?", ("Nora",)).whom == Whom(unknown=("Norah",))  # another name


@pytest.mark.parametrize("text", [None, 3, "a" * 100_000])
def test_what_is_no_text_or_too_long_is_an_error(text: object) -> None:
    with pytest.raises(SettingsError):
        Conversation(NAMES).read([text])  # type: ignore[list-item]


OF_THE_VIDEO: dict[str, Query] = {
    "is Ana": Query("exists", ANA, form="polar"),
    "are Ana and Ben": Query("exists", BOTH, form="polar"),
    "where is Ana": Query("attribute", ANA, attribute="place"),
    "what is Ana wearing": Query("attribute", ANA, attribute="worn"),
    "what is Ana doing": Query("attribute", ANA, attribute="deed"),
    "what does Ana look like": Query("attribute", ANA, attribute="looks"),
    "who is": Query("who"),
    "how many people are": Query("count"),
    "when is Ana": Query("when", ANA),
    "how long is Ana": Query("how_long", ANA),
    "is Ana alone": Query("exists", ANA, Has("alone"), form="polar"),
    "is Ana wearing glasses": Query("exists", ANA, Has("worn", "glasses"), form="polar"),
    "is Ana sitting": Query("exists", ANA, Has("posture", "sitting"), form="polar"),
}


@pytest.mark.parametrize("said", ["in this video?", "in the video", "in this clip?", "in the clip", "in the film?"])
@pytest.mark.parametrize("asked", OF_THE_VIDEO)
def test_naming_the_video_changes_nothing(asked: str, said: str) -> None:
    assert query_of(f"{asked} {said}", NAMES) == OF_THE_VIDEO[asked]
    assert query_of(f"{asked[0].upper()}{asked[1:]} {said}", NAMES) == OF_THE_VIDEO[asked]
