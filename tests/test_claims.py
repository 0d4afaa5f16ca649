"""Which gaps the model is asked about, and how its phrases fill them without touching what was measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_asked import plain_answer, read_question

from pvchat.chat.evidence import Evidence
from pvchat.chat.reader.captions import read_phrase
from pvchat.chat.speakers.calibration import CLAIM_KINDS, GAIN, Calibration
from pvchat.chat.speakers.claims import ASKED, Ask, Say, Speaker, asks, claim, fill_gaps, filled
from pvchat.model.lines import Line, Utterance
from pvchat.schemas import Garment, PersonFacts, PersonPresence, SceneFacts


@given(st.sampled_from(sorted(ASKED)), st.text(max_size=60))
def test_no_text_breaks_the_reading(kind: str, text: str) -> None:
    phrase = read_phrase(kind, text)
    assert "\n" not in phrase
    claim(Ask(kind, "Ana", Line("?")), Utterance(text, 1.0), Evidence(), ["Ana", "Ben"], GAIN)


def evidence(**facts: object) -> Evidence:
    return Evidence(facts={"Ana": PersonFacts(**facts)}, boxes={"Ana": (0.1, 0.1, 0.3, 0.5)})


def only_places(say: Say, gain: float) -> Speaker:
    """A model of whose own words only places are worth hearing, from this gain on."""
    return Speaker(say, calibration=Calibration(dict.fromkeys(CLAIM_KINDS) | {"location": gain}))


def present(name: str = "Ana") -> PersonPresence:
    return PersonPresence(name, "present", 0.9, [], 0)


@pytest.mark.parametrize(
    ("text", "facts", "scene", "kinds"),
    [
        ("What is Ana doing?", {}, {}, ["action"]),
        ("What is Ana doing?", {"activity": "playing tennis"}, {}, []),
        ("What is Ana wearing?", {}, {}, ["appearance"]),
        ("What is Ana wearing?", {"clothes": [Garment("top", "red", 0.9)]}, {}, ["appearance"]),
        ("What is Ana wearing?", {"clothes": [Garment("coat", "red", 0.9)]}, {}, []),
        ("Where is Ana?", {}, {}, ["location"]),
        ("Where is Ana?", {}, {"place": "an office"}, []),
        ("Where is Ana?", {}, {"setting": "indoors"}, ["location"]),
        ("Where is Ana?", {}, {"setting": "outdoors"}, ["location"]),
        ("Is Ana here?", {}, {}, []),
        ("Describe Ana.", {"activity": "cooking"}, {}, ["appearance", "location"]),
    ],
)
def test_only_gaps_are_asked_for(text: str, facts: dict, scene: dict, kinds: list[str]) -> None:
    seen = evidence(**facts)
    seen.scene = SceneFacts(**scene)
    question = read_question(text, ["Ana"])
    assert [ask.kind for ask in asks(question, [present()], seen)] == kinds
    for decision in ("absent", "unsure"):
        assert asks(question, [PersonPresence("Ana", decision, 0.2)], seen) == []


def test_the_person_is_called_what_was_measured() -> None:
    for gender, word in (("man", "man"), ("woman", "woman"), (None, "person")):
        (ask,) = asks(read_question("What is Ana wearing?", ["Ana"]), [present()], evidence(gender=gender))
        assert ask.line.question == f"What is the {word} wearing?"
        assert ask.line.track == 0


def test_nothing_is_asked_about_drawn_pictures() -> None:
    seen = evidence()
    seen.scene = SceneFacts(drawn=True)
    for text in ("What is Ana doing?", "What is Ana wearing?", "Where is Ana?"):
        assert asks(read_question(text, ["Ana"]), [present()], seen) == []


def test_what_was_measured_stays_word_for_word() -> None:
    seen = evidence(activity="cooking", clothes=[Garment("coat", "red", 0.9)], where="on the left of the frame")
    seen.scene = SceneFacts(place="a kitchen")
    told = [
        claim(Ask(kind, "" if kind == "location" else "Ana"), Utterance(text, 1.0), seen, ["Ana"], GAIN)
        for kind, text in (
            ("action", "The man is riding a bike."),
            ("appearance", "A green dress."),
            ("location", "At the beach."),
        )
    ]
    for text in ("What is Ana doing?", "What is Ana wearing?", "Where is Ana?"):
        question = read_question(text, ["Ana"])
        assert plain_answer(question, [present()], filled(seen, told)) == plain_answer(question, [present()], seen)


def test_base_training_asks_in_the_same_words() -> None:
    """The questions taught are the questions asked: else the answers come from nowhere."""
    pytest.importorskip("torch")
    from recipes.model.base import captions

    class Photo:
        captions = ("A man in a red shirt is riding a bike in the park .",)
        auto = False

    taught = {a.question for a in captions.questions(Photo(), __import__("numpy").random.default_rng(0))}
    assert {ASKED["appearance"].format("man"), ASKED["location"]} <= taught


@pytest.mark.parametrize(("setting", "asked"), [("indoors", 0), (None, 0), ("outdoors", 1)])
def test_places_that_may_be_indoors_are_not_asked_for_in_words(setting: str | None, asked: int) -> None:
    """Its captions hardly name any; they are chosen from the list (`test_choices.py`)."""
    heard: list[Line] = []

    def say(lines: list[Line]) -> list[Utterance]:
        heard.extend(lines)
        return [Utterance("In a park.", 0.4) for _ in lines]

    seen = evidence()
    seen.scene = SceneFacts(setting=setting)
    least = {"action": None, "appearance": None, "location": 0.3, "scene": None}
    fill_gaps(
        [read_question("Where is Ana?", ["Ana"])],
        [[present()]],
        seen,
        ["Ana"],
        Speaker(say, calibration=Calibration(least)),
    )
    assert len(heard) == asked


def test_kinds_that_are_not_worth_it_are_never_asked_for() -> None:
    questions = [read_question(text, ["Ana"]) for text in ("What is Ana doing?", "Where is Ana?")]
    heard: list[str] = []

    def say(lines: list[Line]) -> list[Utterance]:
        heard.extend(line.question for line in lines)
        return [Utterance("In a park.", 0.4) for _ in lines]

    outdoors = evidence()
    outdoors.scene = SceneFacts(setting="outdoors")
    seen = fill_gaps(questions, [[present()]] * 2, outdoors, ["Ana"], only_places(say, 0.3))
    assert heard == [ASKED["location"]]
    assert [one.place for one in seen] == [None, "in a park"]
    seen = fill_gaps(questions, [[present()]] * 2, outdoors, ["Ana"], only_places(say, 0.5))
    assert [one.place for one in seen] == [None, None]
