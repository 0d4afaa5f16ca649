"""What of somebody a question asks: only being there gets a yes by itself; the rest is answered from facts or not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_questions import PARAPHRASES

from pvchat.chat.answers import plain_answer
from pvchat.chat.claims import asks
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question
from pvchat.schemas import Garment, PersonFacts, PersonPresence, SceneFacts

NAMES = ["Ana", "Ben", "Cleo"]
BOXES = {"Ana": (0.1, 0.3, 0.2, 0.6), "Ben": (0.22, 0.3, 0.32, 0.6), "Cleo": (0.8, 0.3, 0.9, 0.6)}


def evidence(**changes: object) -> Evidence:
    """Ana sits on the left in a yellow jacket, Ben smiles beside her, Cleo is on the right; a stranger is there."""
    facts = {
        "Ana": PersonFacts(where="on the left of the frame", clothes=[Garment("jacket", "yellow", 0.9)], pose="sitting",
                           gender="woman", features=["sunglasses"]),
        "Ben": PersonFacts(where="in the middle of the frame", clothes=[Garment("top", "grey", 0.9)],
                           gestures=["smiling"], movement="walking to the left", hair="dark hair"),
        "Cleo": PersonFacts(where="on the right of the frame", activity="probably eating or drinking"),
    }  # fmt: skip
    others = [Neighbour(box, name) for name, box in BOXES.items()] + [Neighbour((0.5, 0.3, 0.6, 0.6))]
    row = {"facts": facts, "boxes": BOXES, "others": others, "scene": SceneFacts("an office", "indoors"),
           "unknown": 1, "duration_s": 20.0}  # fmt: skip
    return Evidence(**{**row, **changes})


def ask(text: str, decisions: str = "ppp", previous: Question | None = None, seen: Evidence | None = None) -> str:
    full = {"p": "present", "a": "absent", "u": "unsure"}
    spans = [(2.0, 9.0)]
    everyone = [
        PersonPresence(n, full[d], 0.5, spans if d == "p" else [], track if d == "p" else None)
        for track, (n, d) in enumerate(zip(NAMES, decisions, strict=True))
    ]
    question = read_question(text, NAMES, previous=previous)
    assert question.unknown == ()
    return plain_answer(question, question.about(everyone), seen or evidence())


ODD = ["dead", "a doctor", "in a car", "in London", "the boss", "famous", "in love", "married to Ben", "late", "ill",
       "as tall as Ben", "on holiday", "in danger", "a ghost", "in prison", "in charge", "there for Ben"]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("form", ["Is Ana {}?", "is ana {}", "Was Ana {} in this video?", "And is Ana {}?"])
def test_nobody_is_told_yes_about_anything_but_being_there(odd: str, form: str) -> None:
    for decisions, there in (("ppp", "in this video, but I can't tell"), ("app", "not in this video"),
                             ("upp", "not sure")):  # fmt: skip
        answer = ask(form.format(odd), decisions)
        assert not re.match(r"(Yes|No|Probably)\b", answer), answer
        assert "Ana" in answer
        assert there in answer


TRICKY = """
    Does Ana get a present?|Is Ana out?|Is Ana up?|Can Ana see Ben?|Could Ana be dead?|Is Ana 30?|Is Ana
    well?|Is Ana really Ben?|Which person is Ana?|Do you think Ana is pretty?|Tell me whether Ana is dead.|So
    Ana is dead, right?|Is it true that Ana is dead?|Ana is here and dead, right?|Is Ana Ben?|Does Ana know
    Ben?|Did Ana come with Ben?|Will Ana die?|Is Ana with us or dead?|Is everyone dead?|Are Ana and Ben
    married?|Does Ana turn around?|Is this Ana's house?
    Is Ana like Ben?|How long has Ana been dead?|Has Ana left?|Was Ana there when Ben died?|Is Ana no more?|Is
    Ana missing an arm?|Is there a picture of Ana on the wall?|Is Ana here to stay?"""


@pytest.mark.parametrize("text", [" ".join(t.split()) for t in TRICKY.split("|")])
def test_no_trick_of_wording_gets_a_yes(text: str) -> None:
    answer = ask(text)
    assert re.search(r"in this video, but I can't tell the rest\.$", answer), answer


@pytest.mark.parametrize("text", ["Why is Ana here?", "How old is Ana?", "When was Ana born?", "What is Ana?"])
def test_other_question_words_get_no_yes_either(text: str) -> None:
    assert ask(text) == "Ana is in this video, but I can't tell the rest."


def test_questions_about_being_there_are_still_answered_with_yes() -> None:
    rows = [q.strip() for line in PARAPHRASES["existence"].strip().splitlines() for q in line.split("|")]
    asked = [q.replace("X", "Ana").replace(" x ", " ana ") for q in rows]
    for text in asked:
        question = read_question(text, NAMES)
        assert question.aspect.name in ("usual", "times", "missing"), text
    yes = [ask(t).startswith(("Yes, Ana is in this video", "Ana is in this video")) for t in asked]
    assert sum(yes) >= 0.85 * len(yes)  # the others have no rule without the sentence encoder


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Is Ana missing from the video?", "Ana is in this video, on the left of the frame, from 0:02 to 0:09."),
        ("I think I saw Ana. Am I right?", "Yes, Ana is in this video, on the left of the frame, from 0:02 to 0:09."),
        ("I saw Ana crying. Am I right?", "Ana is in this video, but I can't tell the rest."),
        ("I think Ana is wrong.", "Ana is in this video, but I can't tell the rest."),
        ("Is Ana here without Ben?", "Both Ana and Ben are in this video."),
        ("Is Ana here without her dog?", "Ana is in this video, but I can't tell the rest."),
        ("Isn't Ana here?", "Yes, Ana is in this video, on the left of the frame, from 0:02 to 0:09."),
        ("Is Ana in the second Big Bang clip?",
         "Yes, Ana is in this video, on the left of the frame, from 0:02 to 0:09."),
    ],
)  # fmt: skip
def test_being_there_in_other_words(text: str, answer: str) -> None:
    assert ask(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Is Ana a woman?", "Yes, Ana is a woman, as far as I can see."),
        ("Is Ana a man?", "No, Ana is a woman, as far as I can see."),
        ("Is Ben a man?", "Ben is in this video, but I can't tell whether Ben is a man."),
        ("Is Ana alone?", "No, Ben, Cleo and one other person are in this video too."),
        ("Is Ana sitting?", "Yes, Ana sits."),
        ("Is Ana standing?", "No, Ana sits."),
        ("Is Ana on her feet?", "No, Ana sits."),
        ("Does Ana have a yellow jacket on?", "Yes, Ana is wearing a yellow jacket and sunglasses."),
        ("Has Ana got something yellow on?", "Yes, Ana is wearing a yellow jacket and sunglasses."),
        ("Is anybody near Ana?", "Ben is next to Ana."),
        ("Is someone next to Cleo?", "I see nobody next to Cleo."),
        ("Is Ben smiling?", "Yes, Ben smiles and walks to the left."),
        ("Does Ben move?", "Yes, Ben smiles and walks to the left."),
        ("Does Ben dance?",
         "Ben is in this video, but I can't tell whether Ben is dancing. Ben smiles and walks to the left."),
        ("Is Cleo eating?", "Probably yes: Cleo probably eats or drinks."),
        ("Is Ana on the left?", "Yes, Ana is on the left."),
        ("Is Ana on the right?", "No, Ana is in an office, on the left, next to Ben."),
        ("Is Ana outdoors?", "No, Ana is in an office, on the left, next to Ben."),
        ("Is Ana in an office?", "Yes, Ana is in an office, on the left, next to Ben."),
        ("Is Ana next to Ben?", "Yes, Ana is next to Ben."),
        ("Is Ana next to Cleo?", "No, Ana is not next to Cleo."),
        ("Are Ana and Ben next to each other?", "Yes, Ana is next to Ben."),
        ("Is Ana wearing yellow?", "Yes, Ana is wearing a yellow jacket and sunglasses."),
        ("Is Ana wearing a yellow jacket?", "Yes, Ana is wearing a yellow jacket and sunglasses."),
        ("Is Ana's jacket blue?", "No, Ana is wearing a yellow jacket and sunglasses."),
        ("Does Ana wear sunglasses?", "Yes, Ana is wearing a yellow jacket and sunglasses."),
        ("Does Ben wear glasses?",
         "Ben is in this video, but I can't tell whether Ben is wearing glasses. Ben is wearing a grey top."),
        ("Does Ben have a beard?",
         "Ben is in this video, but I can't tell whether Ben has a beard. Ben is wearing a grey top, with dark hair."),
        ("Tell me whether Ana is sitting.", "Yes, Ana sits."),
        ("Does Ben have dark hair?", "Yes, Ben is wearing a grey top, with dark hair."),
    ],
)  # fmt: skip
def test_whether_something_holds_is_told_from_what_was_measured(text: str, answer: str) -> None:
    assert ask(text) == answer


def test_moods_and_what_two_do_to_each_other_are_not_told() -> None:
    for text in ("Does Ana look very angry?", "Does Ana appear angry?"):
        assert ask(text) == "Ana is in this video, but what Ana feels I can't tell."
    both = "Ana and Ben are in this video, but I can't tell the rest."
    assert ask("Are Ana and Ben talking to each other?") == both


def test_company_is_being_alone_the_other_way_round() -> None:
    only = evidence(others=[Neighbour(BOXES["Ana"], "Ana")], unknown=0)
    assert ask("Is Ana with anybody?", "paa", seen=only) == "No, I see nobody but Ana."
    some = evidence(others=only.others, unknown=1)
    for text in ("Is Ana with someone?", "Does Ana have company?", "Is Ana accompanied?"):
        assert ask(text, "paa", seen=some) == "Yes, one person is in this video too.", text


def test_who_is_seen_together_is_in_one_place() -> None:
    text = "Are Ana and Ben in the same room?"
    frames = evidence(others=[Neighbour(BOXES["Ana"], "Ana", (0, 1)), Neighbour(BOXES["Ben"], "Ben", (1, 2))])
    assert ask(text, seen=frames) == "Yes, Ana and Ben are seen together."
    apart = evidence(others=[Neighbour(BOXES["Ana"], "Ana", (0, 1)), Neighbour(BOXES["Ben"], "Ben", (2, 3))])
    assert ask(text, seen=apart) == "Ana and Ben are in this video, but I can't tell the rest."
    assert ask(text, "paa", seen=frames) == "Ben is not in this video, so I can't tell."


@pytest.mark.parametrize(
    ("text", "scene", "answer"),
    [
        ("What room is this?", SceneFacts(place="a kitchen"), "This is in a kitchen."),
        ("Where was this filmed?", SceneFacts(setting="outdoors"), "This is outdoors."),
        ("What room is this?", SceneFacts(), "I can't make out where this is."),
        ("Is this indoors?", SceneFacts(setting="indoors"), "Yes, this is indoors."),
        ("Is it outside?", SceneFacts(setting="indoors"), "No, this is indoors."),
        ("Is this inside or outside?", SceneFacts(setting="outdoors"), "This is outdoors."),
        ("Is the video outdoors?", SceneFacts(), "I can't make out whether this is indoors or outdoors."),
        ("Is it a cartoon?", SceneFacts(drawn=True), "Yes, this is a drawn scene."),
        ("Is this animated?", SceneFacts(), "No, this is no drawn scene, as far as I see."),
    ],
)
def test_the_scene_is_told_without_who_is_where(text: str, scene: SceneFacts, answer: str) -> None:
    before = read_question("Is Ana here?", NAMES)
    assert ask(text, seen=evidence(scene=scene)) == ask(text, seen=evidence(scene=scene), previous=before) == answer


def test_the_room_that_somebody_is_in_is_where_she_is() -> None:
    assert ask("What room is she in?", previous=read_question("Is Ana here?", NAMES)) == ask("Where is Ana?")


def test_what_is_behind_somebody_is_where_they_are() -> None:
    assert ask("What is behind Ana?") == ask("Where is Ana?")


def test_strangers_are_not_described_by_those_who_are_known() -> None:
    told = "There is one person I don't know. Ask me about one by the place, such as the person on the right."
    assert ask("What is the person I don't know wearing?", seen=evidence(unknown=1)) == told
    assert "Ana" not in ask("Is there a man with a beard?")


def strangers(*facts: PersonFacts) -> Evidence:
    """Ana and Ben, and people without a name, all in one frame."""
    others = [Neighbour((0.1 * i, 0.2, 0.1 * i + 0.05, 0.4), None, (0,), facts=one) for i, one in enumerate(facts, 5)]
    return evidence(unknown=len(facts), others=others)


def test_who_has_no_name_counts_where_anybody_is_asked_for() -> None:
    pink = PersonFacts(clothes=[Garment("top", "pink", 0.9)], features=["glasses"], activity="talking")
    assert ask("Who is wearing pink?", seen=strangers(pink)) == "One person I don't know is wearing pink."
    assert ask("How many people wear pink?", seen=strangers(pink, pink)) == (
        "At least two: two people I don't know are wearing pink."
    )
    assert "I don't know" not in ask("Which of Ana and Ben wears pink?", seen=strangers(pink))
    assert ask("What is the woman in pink doing?", seen=strangers(pink)) == "Somebody I don't know talks."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Is Ana in close-up?", "Yes, Ana is in close-up."),
        ("is ana far away", "No, Ana is in close-up."),
        ("Who wears the darkest clothes?", "I can't tell that"),
        ("Who talks the most?", "I can't tell that"),
        ("Do Ana and Ben look at each other?", "Ana and Ben are in this video, but I can't tell the rest."),
    ],
)
def test_what_is_measured_is_told_and_what_isn_t_is_told_so(text: str, said: str) -> None:
    seen = evidence(facts={"Ana": PersonFacts(shot="close-up")})
    assert ask(text, seen=seen).startswith(said)


def test_when_is_asked_after_whether() -> None:
    assert ask("At what second?", previous=read_question("Is Ana here?", NAMES)) == ask("When is Ana here?")


def test_what_happened_before_is_not_what_somebody_does() -> None:
    assert ask("What happened before Ana came in?") == "Ana is in this video, but I can't tell the rest."


def test_the_colour_of_clothes_is_not_that_of_hair() -> None:
    facts = {"Ana": PersonFacts(hair="dark hair")}
    told = ask("What colour is Ana's top?", seen=evidence(facts=facts))
    assert told == "Ana is in this video, but I can't make out what Ana is wearing."


def test_hair_alone_is_told_where_only_hair_is_asked() -> None:
    assert ask("What colour is Ben's hair?") == "Ben has dark hair."
    assert ask("What is Ben wearing and how is his hair?").startswith("Ben is wearing a grey top")


def test_who_is_absent_is_told_apart_from_what_is_not_known() -> None:
    assert ask("Does Ana like Ben?", "paa") == "Ana is in this video. Ben is not in this video, so I can't tell."
    assert ask("What is Ben holding?", "paa") == "Ben is not in this video, so I can't tell."


def test_alone_is_alone() -> None:
    only = evidence(others=[Neighbour(BOXES["Ana"], "Ana")], unknown=0)
    assert ask("Is Ana alone?", "paa", seen=only) == "Yes, I see nobody but Ana."
    assert ask("Is Ana by herself?", "pau", seen=evidence(others=only.others, doubtful=1, unknown=0)).startswith(
        "No, one person"
    )
    two = evidence(others=only.others, doubtful=2, unknown=0)
    assert ask("Is Ana alone?", "pau", seen=two) == "No, two people are in this video too."


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Who is on the left?", "Ana is on the left."),
        ("Which of them is on the left?", "Ana is on the left."),
        ("Who is wearing yellow?", "Ana is wearing yellow."),
        ("Who is wearing red?", "As far as I can see, nobody I know is wearing red."),
        ("Who is sitting?", "Ana is sitting."),
        ("Is anybody smiling?", "Ben is smiling."),
        ("Which people are eating?", "Cleo is probably eating."),
    ],
)
def test_of_whom_something_holds(text: str, answer: str) -> None:
    assert ask(text) == answer


def test_who_is_furthest_to_a_side_where_nobody_stands_there() -> None:
    middle = {n: PersonFacts(where="in the middle of the frame") for n in NAMES}
    assert ask("Who is on the right?", seen=evidence(facts=middle)) == "Cleo is furthest to the right."
    stranger = evidence(facts=middle, others=[Neighbour((0.0, 0.3, 0.05, 0.6)), Neighbour(BOXES["Ana"], "Ana")])
    assert ask("Who is on the left?", seen=stranger) == "Somebody I don't know is furthest to the left."


@pytest.mark.parametrize(
    ("text", "decisions", "answer"),
    [
        ("Who is not in this video?", "pau", "Ben is not in this video. I'm not sure about Cleo."),
        ("Who is missing?", "ppp", "I miss nobody whom I know."),
        ("How many people?", "ppa", "I see three people in this video: Ana, Ben and one whom I don't know."),
        ("How many people are in this clip?", "aaa", "I see one person in this video, nobody whom I know for sure."),
        ("When does Ana appear?", "ppp", "Ana is in this video from 0:02 to 0:09."),
        ("When was Ana last seen?", "ppp", "Ana is last seen at 0:09."),
        ("When does Ana first appear?", "ppp", "Ana is first seen at 0:02."),
        ("When does Ana leave the picture?", "ppp", "Ana is last seen at 0:09."),
        ("When did Ana come in?", "ppp", "Ana is first seen at 0:02."),
        ("Is Ana here without Ben?", "pap", "Only Ana is in this video; Ben is not."),
        ("How long is Ana in the video?", "ppp", "Ana is in this video for about 7 seconds, from 0:02 to 0:09."),
        ("How often is Ana seen?", "ppp", "Ana is in this video once, from 0:02 to 0:09."),
        ("When does Ana appear?", "app", "Ana is not in this video, so I can't tell."),
    ],
)
def test_who_is_absent_how_many_and_when(text: str, decisions: str, answer: str) -> None:
    assert ask(text, decisions) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Is Ana inside or outside?", "Ana is indoors."),
        ("Is Ana standing or sitting?", "Ana sits."),
        (
            "Is Ben sitting or lying down?",
            "Ben is in this video, but I can't tell whether Ben is sitting or lying down.",
        ),
        ("Is Ben in the middle of the picture?", "Yes, Ben is in the middle."),
        ("Do Ana and Ben stand beside one another?", "Yes, Ana is next to Ben."),
        ("Is Ana by Cleo's side?", "No, Ana is not next to Cleo."),
        ("Tell me the names of everyone you recognize.", "Ana, Ben and Cleo are in this video."),
    ],
)
def test_one_of_two_side_by_side_and_names(text: str, answer: str) -> None:
    assert ask(text).startswith(answer)


def test_a_setting_that_is_not_known_is_not_told_by_the_background() -> None:
    said = ask("Is Ana indoors or outdoors?", seen=evidence(scene=SceneFacts(background="grey")))
    assert said.startswith("Ana is in this video, but I can't tell whether Ana is indoors or outdoors.")


def test_of_many_who_are_absent_the_first_are_named() -> None:
    everyone = [PersonPresence(f"P{chr(65 + i)}", "absent", 0.1) for i in range(20)]
    names = [p.name for p in everyone]
    question = read_question("Who is missing?", names)
    told = plain_answer(question, question.about(everyone), evidence())
    assert told == f"{', '.join(names[:12])} and eight others whom I know are not in this video."


def test_nobody_at_all_is_counted_as_nobody() -> None:
    assert ask("How many people?", "aaa", seen=evidence(unknown=0)) == "I see nobody in this video."
    assert "two people" in ask("How many people?", "aua", seen=evidence(unknown=1, doubtful=1))


def test_follow_ups_ask_the_same_of_somebody_else() -> None:
    first = read_question("Is Ana sitting?", NAMES)
    assert ask("And Ben?", previous=first).startswith("Ben is in this video, but I can't tell whether Ben is sitting.")
    there = read_question("Is Ana here?", NAMES)
    assert ask("When does she appear?", previous=there) == "Ana is in this video from 0:02 to 0:09."
    assert ask("is she dead?", previous=there) == "Ana is in this video, but I can't tell the rest."


@pytest.mark.parametrize("text", ["Is Ana dead?", "How many people?", "When does Ana appear?", "Is Ana alone?"])
def test_the_model_is_not_asked_where_its_words_would_not_be_heard(text: str) -> None:
    question = read_question(text, NAMES)
    bare = Evidence(facts={"Ana": PersonFacts()})
    assert asks(question, [PersonPresence("Ana", "present", 0.9, [], 0)], bare) == []


WORDS = ("zorb", "flim", "in", "on", "the", "a", "very", "dead", "Ben", "wug", "not")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_made_up_words_never_get_a_yes(words: list[str]) -> None:
    answer = ask(f"Is Ana {' '.join(words)}?")
    assert set(words) <= {"in", "on", "the", "a"} or not answer.startswith("Yes"), answer
