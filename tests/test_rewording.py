"""Rewordings that say the same pass; every kind of change, and words at odds with what was measured, are refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.english import same_colour
from pvchat.chat.speakers.checking import contradictions, prompt, rephrase, same_words
from pvchat.identity.evidence import Evidence
from pvchat.schemas import PersonFacts, PersonPresence, SceneFacts

NAMES = ["Ana", "Ben", "Will"]


def at_odds(said: str, facts: PersonFacts, scene: SceneFacts, names: Sequence[str] = ()) -> list[str]:
    """How words about Ana contradict what was measured."""
    seen = timeline_from(Evidence({"Ana": facts}, scene=scene), [PersonPresence("Ana", "present", 1.0)])
    return contradictions(said, "Ana", seen, names)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("Ana sits, talks and raises a hand.", "Ana is sitting and talking while raising a hand."),
        ("Ana is wearing a dark suit and glasses.", "Ana wears a dark suit and glasses."),
        ("Yes, Ana is in this video, from 0:02 to 0:09.", "Yes, Ana appears in this video from 0:02 to 0:09."),
        ("Yes, both Ana and Ben are in this video.", "Yes, Ana and Ben both appear in this video."),
        ("Will is in an office, on the left.", "Will is on the left in an office."),
    ],
)
def test_rephrasings_that_say_the_same_pass(plain: str, said: str) -> None:
    assert same_words(said, plain, NAMES)


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("Ana sits and talks.", "Ana sits and talks happily."),
        ("Ana sits and talks.", "Ana sits."),
        ("Ana sits and talks.", "She sits and talks."),
        ("Ana sits and talks.", "Zoe sits and talks."),
        ("Ana sits and talks.", "Ana sits and may not talk."),
        ("Ana sits and talks.", "Ana sits and talks"),
        ("Ana sits and talks.", "Ana sits and talks.\nAna talks."),
        ("Ana sits and talks.", "Ana sits. Ana talks. Ana sits. Ana talks."),
        ("Ana wears a dark suit and a white shirt.", "Ana wears a white suit and a dark shirt."),
        ("Ana is on the left of the frame.", "Ana is on the right of the frame."),
        ("Ana is in this video, from 0:02 to 0:09.", "Ana is in this video, from 0:03 to 0:09."),
        ("Only Ana is in this video; Ben is not.", "Only Ben is in this video; Ana is not."),
        ("Ana sits. Ben stands.", "Ana stands. Ben sits."),
        ("Yes, Ana is in this video.", "Ana is in this video."),
        ("Will sits.", "Will Ana sit."),
        ("Ana is before a wall.", "Ana is behind a wall."),
        ("Ana is not here, so I can't tell.", "Ana is here, so I can't tell."),
        ("Ana sits.", ""),
    ],
)  # fmt: skip
def test_every_kind_of_change_is_refused(plain: str, said: str) -> None:
    assert not same_words(said, plain, NAMES)


PLAIN = st.sampled_from(
    ["Ana sits, talks and raises a hand.", "Ana is wearing a red coat and a hat.", "Yes, Ana is in this video."]
)


@given(PLAIN)
def test_the_plain_sentence_itself_passes(plain: str) -> None:
    assert same_words(plain, plain, NAMES)


@given(
    PLAIN,
    st.sampled_from(["dog", "happily", "blue", "three", "behind", "she", "not", "nobody", "Ben"]),
    st.integers(0, 9),
)
def test_any_word_of_content_put_anywhere_is_refused(plain: str, word: str, at: int) -> None:
    words = plain[:-1].split()
    words.insert(min(at, len(words)), word)
    assert not same_words(" ".join(words) + ".", plain, NAMES)


@given(st.text(max_size=80), PLAIN)
def test_rephrase_gives_either_a_passing_text_or_the_plain_one(said: str, plain: str) -> None:
    class Model:
        def generate(self, messages, max_new_tokens=64) -> str:
            assert messages[-1] == {"role": "user", "content": plain}
            return said

    raw = said.strip().strip('"')
    assert rephrase(plain, NAMES, Model()) == (raw if same_words(raw, plain, NAMES) else plain)


def test_the_worked_examples_of_the_prompt_pass_the_guard_themselves() -> None:
    turns = prompt("Ana sits.")[1:-1]
    pairs = list(zip(turns[::2], turns[1::2], strict=True))
    assert pairs
    for user, reply in pairs:
        assert same_words(reply["content"], user["content"], ["Kim", "Lee"])


@pytest.mark.weights
def test_the_real_model_often_passes_and_never_changes_the_facts() -> None:
    from pvchat.model.llm import LanguageModel

    model = LanguageModel()
    plain = [
        "Yes, Ana is in this video, on the left of the frame, from 0:02 to 0:09.",
        "Ana is wearing a dark suit, a white shirt and glasses.",
        "Ana sits, talks and raises a hand.",
        "Ana is in an office, on the left.",
    ]
    said = [rephrase(p, NAMES, model) for p in plain]
    assert sum(own != before for own, before in zip(said, plain, strict=True)) >= 2
    assert all(same_words(own, before, NAMES) for own, before in zip(said, plain, strict=True))


# --- new words about somebody present


FACTS = PersonFacts(where="on the left of the frame", gender="man", pose="sitting")
SCENE = SceneFacts(setting="indoors")


@pytest.mark.parametrize(
    "said",
    [
        "The man is sitting at a table.",
        "A man and a woman are talking.",
        "The person is in a kitchen.",
        "A man is sitting on the left side of a couch.",
        "",
    ],
)
def test_new_words_that_fit_what_was_measured_pass(said: str) -> None:
    assert at_odds(said, FACTS, SCENE, ["Ben"]) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("The man is not sitting.", "denies"),
        ("The man isn't here.", "denies"),
        ("Nobody is at the table.", "denies"),
        ("Ben is sitting at a table.", "names Ben"),
        ("ben's dog is sitting.", "names Ben"),
        ("The woman is sitting at a table.", "another gender"),
        ("The man is sitting in a field.", "another setting"),
        ("The man is standing by a table.", "another posture"),
        ("The man is walking by a table.", "another posture"),
        ("The man is sitting on the right.", "another side"),
    ],
)
def test_new_words_at_odds_with_what_was_measured_are_refused(said: str, why: str) -> None:
    assert why in at_odds(said, FACTS, SCENE, ["Ben"])


@pytest.mark.parametrize(
    ("said", "setting"),
    [("in a shop", "outdoors"), ("on a couch", "outdoors"), ("in a park", "indoors"), ("on the streets", "indoors")],
)
def test_places_are_indoors_or_outdoors(said: str, setting: str) -> None:
    other = "indoors" if setting == "outdoors" else "outdoors"
    assert at_odds(f"She stands {said}.", PersonFacts(), SceneFacts(setting=setting)) == ["another setting"]
    assert at_odds(f"She stands {said}.", PersonFacts(), SceneFacts(setting=other)) == []


def test_where_nothing_was_measured_only_denials_and_names_are_refused() -> None:
    said = "The woman is walking on a beach on the right."
    assert at_odds(said, PersonFacts(), SceneFacts()) == []
    assert at_odds("A man is riding a bike outdoors.", FACTS, SceneFacts(setting="outdoors")) == []


@given(st.sampled_from(["Ben", "Ana", "Zoë", "Mary Ann", "R2-D2", "(x"]), st.text(max_size=30))
def test_other_peoples_names_never_pass(name: str, rest: str) -> None:
    assert f"names {name}" in at_odds(f"So {name} sits. {rest}", PersonFacts(), SceneFacts(), [name])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("black", "dark", True), ("dark grey", "black", True), ("red", "blue", False), ("maroon", "red", True),
        (None, "green", True), ("white", "black", False), ("light blue", "blue", True), ("checked", "red", True),
        ("dark blue", "red", False), ("dark blue", "black", True), ("light green", "white", True),
    ],
)  # fmt: skip
def test_colours_that_people_would_call_the_same(one: str | None, other: str | None, same: bool) -> None:
    assert same_colour(one, other) == same == same_colour(other, one)
