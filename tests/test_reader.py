"""Plain questions of every kind and the queries that they are read as; what nothing can answer is refused."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from make_asked import query_of, read_question
from make_conditions import ALONE, FALLS, GLASSES, GONE, HAT, KITCHEN, SITS, STANDS, TALKS, WITH
from make_queries import ANA, BEN, BOTH, MAN, NAMES, WOMAN, at, choice, polar, refused, what

from pvchat.chat.english import wording
from pvchat.chat.query import EVERYBODY, And, During, Event, Has, Not, Number, Or, Query, Rank, Whom
from pvchat.chat.question import Conversation, type_of
from pvchat.chat.reader.network import likeliest_path
from pvchat.chat.reader.words import canonical, find_mentions, known_phrases, worded
from pvchat.errors import SettingsError

PLAIN: dict[str, Query] = {
    # who is there
    "Is Ana in this video?": polar(ANA), "is ana there": polar(ANA), "Can you see Ben?": polar(BEN),
    "Are Ana and Ben there?": polar(BOTH), "Is anyone I know there?": polar(Whom(known=True)),
    "Is everybody known?": polar(Whom(quantifier="none", known=False)),
    "Is Ana only with Ben at the end?": Query(
        "exists", ANA, And((Has("with", of=BEN), Not(Has("with", of=Whom(besides=("Ben",)))))),
        form="polar", during=During(start_s=-1, unit="edge"),
    ),
    "Do three people talk at once?": polar(where=TALKS, number=Number("exactly", 3)),
    "Who did Ana see first?": Query("who", where=Has("with", of=ANA), rank=Rank("time")),
    "Is there a stranger in the room?": polar(Whom(known=False)),
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
    "Is that the same person as Ana?": polar(ANA),
    "Is Ana the same person as Ben?": refused("unseen", Whom(("Ana", "Ben"))),
    "It's not Ben, it's Ana.": polar(ANA),
    "No, that isn’t Ben but Ana": polar(ANA),
    "Is it Ana from Spy x Family?": polar(ANA),
    "What is the man's name?": Query("who", MAN),
    "What is the name of the woman?": Query("who", WOMAN),
    "Whose tie is it?": Query("who", where=Has("worn", "tie")),
    "Who is the person you don't know?": Query("describe", Whom(known=False)),
    "Who is the stranger?": Query("describe", Whom(known=False)),
    "Why isn't Ana there?": Query("why", ANA),
    "Why do you think Ana isn't there?": Query("why", ANA),
    "Why is Ana missing?": Query("why", ANA),
    # coming in is not being there
    "Does Ana come in?": polar(ANA, Has("enters")),
    "Did Ben walk in?": polar(BEN, Has("enters")),
    # in the order in which they are seen
    "Name them from left to right": Query("order", rank=Rank("left")),
    "List the people right to left": Query("order", rank=Rank("right")),
    "In what order do they sit?": Query("order", where=SITS, rank=Rank("left")),
    "In what order do they come in?": Query("order"),
    "Who is at the left end of the sofa?": Query("who", where=Has("near", "on a sofa"), rank=Rank("left")),
    # which of several
    "Did Ana fall or did she sit down?": choice(ANA, Or((FALLS, SITS))),
    "Is Ana looking left, right or into the camera?": Query(
        "exists", ANA, form="choice",
        where=Or(tuple(Has("deed", f"looking {way}") for way in ("to the left", "to the right", "at the camera"))),
    ),
    "Is Ana writing or on the phone?": choice(ANA, Or((Has("deed", "writing"), Has("deed", "using a phone")))),
    # what happens
    "What happened?": Query("describe"),
    "Tell me everything": what("looks", then=Query("describe")),
    "Describe the room": what("place", then=what("thing")),
    "What happened at the end?": Query("describe", during=During(start_s=-1, unit="edge")),
    "What happened to Ana?": what("deed", ANA),
    # when
    "When does Ben appear?": Query("when", BEN),
    "When is Ben last seen?": Query("when", BEN, rank=Rank("time", -1)),
    "When is Ben not there?": Query("when", BEN, GONE),
    "How long is Ana in the video?": Query("how_long", ANA),
    "How often is Ana seen?": Query("how_often", ANA),
    "Does Ben come back?": Query("how_often", BEN, form="polar", number=Number("more_than", 1)),
    "How long is this video?": Query("length"),
    "How many cuts are there?": Query("shots"),
    "Is Ana there the whole time?": polar(ANA, throughout=True),
    "Who is there from start to finish?": Query("who", throughout=True),
    "What proportion of the video is Ana in?": Query("how_long", ANA, value="share"),
    "Who is there while Ana is away?": Query("who", during=at("while", ANA, GONE)),
    "What is Ana doing at 3:20?": what("deed", ANA, during=During(start_s=200, end_s=200)),
    "Who is in the second half?": Query("who", during=During(start_s=0.5, end_s=1.0, unit="share")),
    # longer, first, together
    "Who is visible longest?": Query("who", rank=Rank("long")),
    "Who is seen first?": Query("who", rank=Rank("time")),
    "Is Ana there longer than Ben?": Query("compare", ANA, form="polar", rank=Rank("long"), versus=BEN),
    "Is Ana seen more often than Ben?": Query("compare", ANA, form="polar", rank=Rank("often"), versus=BEN),
    "When are Ana and Ben together?": Query("when", BOTH, WITH),
    "Are Ana and Ben together?": polar(BOTH, WITH), "Is Ana alone?": polar(ANA, ALONE),
    "When is Ana alone?": Query("when", ANA, ALONE), "Who is Ana seen with?": what("with", ANA),
    "In which order do they appear?": Query("order"),
    # looks
    "Where is Ana looking?": what("deed", ANA, value="looking"),
    "Show me Ana": Query("describe", ANA),
    "What is Ana wearing?": what("worn", ANA),
    "What does Ben look like?": what("looks", BEN),
    "Does Ana wear glasses?": polar(ANA, GLASSES),
    "What colour is Ben's jacket?": what("worn", BEN, value="jacket"),
    "Is Ben wearing a red jacket?": polar(BEN, Has("worn", "jacket", "red")),
    "Is the man wearing a red jacket?": polar(MAN, Has("worn", "jacket", "red")),
    "How often does Ana with the glasses smile?": Query("how_often", ANA, And((Has("deed", "smiling"), GLASSES))),
    "Is Ana eating, sitting or wearing a hat in the garden?":
        choice(ANA, And((Or((Has("deed", "eating"), SITS, HAT)), Has("place", "garden")))),
    "How many people wear glasses?": Query("count", where=GLASSES),
    "How many women wear glasses?": Query("count", WOMAN, GLASSES),
    "Who isn't wearing glasses?": Query("who", where=Not(GLASSES)),
    "Who is wearing a hat?": Query("who", where=HAT),
    "What is Ana's hair like?": what("hair", ANA),
    # deeds
    "What is Ana doing?": what("deed", ANA),
    "What are Ana and Ben doing?": what("deed", BOTH),
    "Is Ana talking?": polar(ANA, TALKS),
    "Who is standing?": Query("who", where=STANDS),
    "Who is sitting and wearing glasses?": Query("who", where=And((SITS, GLASSES))),
    "Is everybody sitting?": polar(Whom(quantifier="all"), SITS),
    "What is Ana holding?": what("holding", ANA),
    "What is the man with glasses doing?": what("deed", Whom(such=And((Has("gender", "man"), GLASSES)))),
    # where
    "Where is Ana?": what("place", ANA),
    "Who is next to Ben?": Query("who", where=Has("beside", of=BEN)),
    "Is Ana next to Ben?": polar(ANA, Has("beside", of=BEN)),
    "Who is to the left of Ben?": Query("who", where=Has("left_of", of=BEN)),
    "Is Ana on the left or on the right?": what("side", ANA, form="choice"),
    "Who is furthest right?": Query("who", rank=Rank("right")),
    "Who is nearest to the camera?": Query("who", rank=Rank("near")),
    "Is this an office?": polar(where=Has("place", "office")),
    "Is there a cup?": polar(where=Has("thing", "cup")),
    "Who is on the right at the end?": Query("who", where=Has("side", "right"), during=During(start_s=-1, unit="edge")),
    # by words that nobody lists
    "Does Ana hang up?": polar(ANA, Has("deed", "hanging up")),
    "Does Ana look away?": polar(ANA, Has("deed", "looking away")),
    "Does Ana hang around?": polar(ANA, Has("deed", "hanging around")),
    "What colour are the masks?": what("worn", value="face mask"),
    # conditions side by side
    "Ana wears black and has long hair, right?": polar(ANA, And((Has("worn", "", "black"), Has("hair", "long hair")))),
    "Who is wearing green but not glasses?": Query("who", where=And((Has("worn", "", "green"), Not(GLASSES)))),
    "Is Ana wearing a plaid shirt?": polar(ANA, Has("worn", "plaid shirt")),
    "Does Ana wear a short-sleeved shirt?": polar(ANA, Has("worn", "short-sleeved shirt")),
    "Is Ana sitting next to Ben or standing alone?":
        choice(ANA, Or((And((SITS, Has("beside", of=BEN))), And((STANDS, ALONE))))),
    # what two do to each other, who is behind whom, how many they are, what comes last
    "Do Ana and Ben look at each other?":
        polar(where=And((Event(ANA, Has("deed", "looking", of=BEN)), Event(BEN, Has("deed", "looking", of=ANA))))),
    "Is Ana behind Ben?": polar(ANA, Has("beside", "behind", of=BEN)),
    "Who is behind Ana?": Query("who", where=Has("beside", "behind", of=ANA)),
    "Who's behind the man?": Query("who", where=Has("beside", "behind", of=MAN)),
    "Who is above Ana?": refused("unseen", value="above"),
    "How many people is Ana with?": Query("count", where=Has("with", of=ANA)),
    "Are there more than two people at once?": Query("count", where=WITH, form="polar", number=Number("more_than", 2)),
    # where somebody lies, and what is on a part of the body
    "Where does Ana lie?": what("place", ANA, Has("posture", "lying down")),
    "Where did Ana fall?": what("place", ANA, Or((FALLS, Has("posture", "lying down")))),
    "Is Ana on the carpet?": polar(ANA, Has("near", "on the floor")),
    "Did anybody fall out of bed?": polar(where=FALLS),
    "What does Ana have round her neck?": what("worn", ANA, value="neck"),
    "Does Ana have anything on her head?": what("worn", ANA, value="head"),
    "Is Ana wearing something blue on her head?": polar(ANA, Has("worn", "", "blue")),
    "What are the four men doing?": what("deed", MAN),
    "What does the man do last?": what("deed", MAN, rank=Rank("time", -1)),
    "Does the doctor smile?": polar(Whom(such=Has("role", "doctor")), Has("deed", "smiling")),
    "Is Ana next to the doctor?": polar(ANA, Has("beside", of=Whom(unknown=("the doctor",)))),
    "Who is the masked man?": Query("who", Whom(such=And((Has("worn", "face mask"), Has("gender", "man"))))),
    "What does Ana look like? I need it for a poster": what("looks", ANA),
    # who this is, what somebody does or wears, in the words of every day
    "Oh, who's this pretty lady?": Query("who", WOMAN),
    "Can you tell me who this young lady is?": Query("who", WOMAN),
    "Where looks Ana?": what("deed", ANA),
    "Is Ana looking at me?": polar(ANA, Has("deed", "looking at the camera")),
    "When does the man fall off?": Query("when", MAN, FALLS),
    "When doesn't Ana fall off?": Query("when", ANA, Not(FALLS)),
    "When does Ana stick out her tongue?": Query("when", ANA, Has("deed", "sticking out her tongue")),
    "Was anybody there to help Ana?": polar(where=Has("deed", "helping", of=ANA)),
    "Does Ana stand up again?": Query(
        "exists", ANA, Has("posture", "standing up"), form="polar", during=During("since", Event(ANA, Or((
            Has("deed", "falling"), Has("posture", "lying down"), Has("posture", "sitting")))))
    ),
    "What plants are there?": Query("exists", where=Has("thing", "potted plant")),
    # words that say nothing of what is asked, or how surely
    "Do you think Ana is there?": polar(ANA), "Could you check whether Ana is there?": polar(ANA),
    "Is it true that Ana is there?": polar(ANA), "Is little Ana there?": polar(ANA),
    "Is Ana clearly visible?": polar(ANA), "Who attends the meeting?": Query("who"),
    "Is Ana there for most of it?": polar(ANA, number=Number("more_than", 0.5), value="share"),
    "Who is there the shortest?": Query("who", rank=Rank("long", -1)),
    "Is there an intruder?": polar(Whom(known=False)),
    # what stands before "or" together, and what both have
    "Who is smiling and waving or talking?":
        Query("who", where=Or((And((Has("deed", "smiling"), Has("deed", "waving"))), TALKS))),
    "Is Ana in the kitchen sitting or standing?": what("posture", ANA, KITCHEN, form="choice"),
    "Who is sitting in the kitchen or in the garden?":
        Query("who", where=And((Or((KITCHEN, Has("place", "garden"))), SITS))),
    # what is asked by words that the network passes over isn't whether she is there
    "Is Ana keeping still?": polar(ANA, Has("deed", "keeping still")),
    "Does Ana stay still?": polar(ANA, Has("deed", "keeping still")),
    "Is Ana balder?": polar(ANA, Has("deed", "balder")),
    "Ana not move?": polar(ANA, Not(Has("deed", "moving"))),
    "Who is lying?": Query("who", where=Has("posture", "lying down")),
    # sides and the middle, of the picture or of the time
    "Who left side": Query("who", where=Has("side", "left")),
    "Who stands in between?": Query("who", where=Has("side", "middle")),
    "Who isn't in the first half?": Query("who", where=GONE, during=During(end_s=0.5, unit="share")),
    "Who doesn't sit at all?": Query("who", where=Not(SITS), throughout=True),
    "Is it mostly Ana or mostly Ben?": Query("compare", Whom(("Ana", "Ben")), rank=Rank("long")),
    "How much of the clip is Ana in?": Query("how_long", ANA, value="share"),
    "Is Ana still sitting when Ben sits down?": polar(ANA, SITS, during=at("while", BEN, SITS)),
    "Does the stranger talk to anybody?": polar(Whom(known=False), TALKS),
    "Nobody but Ana sits, right?": polar(Whom(("Ana",), "only"), SITS),
    "Does Ana stop sitting?": polar(ANA, And((Not(SITS),)), during=at("after", ANA, SITS)),
    "Is the woman the same as Ana?": polar(Whom(("Ana",), such=Has("gender", "woman"))),
    "Ana play what?": what("holding", ANA, Has("deed", "playing")),
    "Is Ana there, and if not, who is?": polar(ANA, then=Query("who")),
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
    "is Ana": polar(ANA), "are Ana and Ben": polar(BOTH), "where is Ana": what("place", ANA),
    "what is Ana wearing": what("worn", ANA), "what is Ana doing": what("deed", ANA),
    "what does Ana look like": what("looks", ANA), "who is": Query("who"), "how many people are": Query("count"),
    "when is Ana": Query("when", ANA), "how long is Ana": Query("how_long", ANA), "is Ana alone": polar(ANA, ALONE),
    "is Ana wearing glasses": polar(ANA, GLASSES), "is Ana sitting": polar(ANA, SITS),
}  # fmt: skip


@pytest.mark.parametrize("said", ["in this video?", "in the video", "in this clip?", "in the clip", "in the film?"])
@pytest.mark.parametrize("asked", OF_THE_VIDEO)
def test_naming_the_video_changes_nothing(asked: str, said: str) -> None:
    assert query_of(f"{asked} {said}", NAMES) == OF_THE_VIDEO[asked]
    assert query_of(f"{asked[0].upper()}{asked[1:]} {said}", NAMES) == OF_THE_VIDEO[asked]
