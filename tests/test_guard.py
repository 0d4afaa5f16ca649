"""The guard: rephrasings that say the same pass; every kind of change is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvchat.guard import problems, prompt, rephrase

NAMES = ["Ana", "Ben", "Will"]


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ("Ana sits, talks and raises a hand.", "Ana is sitting and talking while raising a hand."),
        ("Ana is wearing a dark suit and glasses.", "Ana wears a dark suit with glasses."),
        ("Yes, Ana is in this video, from 0:02 to 0:09.", "Yes, Ana appears in this video from 0:02 to 0:09."),
        ("Yes, both Ana and Ben are in this video.", "Yes, Ana and Ben both appear in this video."),
        ("Will is in an office, on the left.", "Will is on the left in an office."),
    ],
)
def test_rephrasings_that_say_the_same_pass(plain: str, said: str) -> None:
    assert problems(said, plain, NAMES) == []


@pytest.mark.parametrize(
    ("plain", "said", "why"),
    [
        ("Ana sits and talks.", "Ana sits and talks happily.", "adds happily"),
        ("Ana sits and talks.", "Ana sits.", "drops talks"),
        ("Ana sits and talks.", "She sits and talks.", "adds she"),
        ("Ana sits and talks.", "Zoe sits and talks.", "adds zoe"),
        ("Ana sits and talks.", "Ana sits and may not talk.", "adds may"),
        ("Ana sits and talks.", "Ana sits and talks", "unfinished"),
        ("Ana sits and talks.", "Ana sits and talks.\nAna talks.", "several lines"),
        ("Ana sits and talks.", "Ana sits. Ana talks. Ana sits. Ana talks.", "too long"),
        ("Ana wears a dark suit and a white shirt.", "Ana wears a white suit and a dark shirt.", "changes a colour"),
        ("Ana is on the left of the frame.", "Ana is on the right of the frame.", "changes a side"),
        ("Ana is in this video, from 0:02 to 0:09.", "Ana is in this video, from 0:03 to 0:09.", "changes a number"),
        ("Only Ana is in this video; Ben is not.", "Only Ben is in this video; Ana is not.", "changes who or not"),
        ("Ana sits. Ben stands.", "Ana stands. Ben sits.", "changes whose facts"),
        ("Yes, Ana is in this video.", "Ana is in this video.", "changes yes"),
        ("Will sits.", "Will Ana sit.", "adds @"),
        ("Ana is before a wall.", "Ana is behind a wall.", "adds behind"),
        ("Ana sits.", "", "unfinished"),
    ],
)  # fmt: skip
def test_every_kind_of_change_is_refused(plain: str, said: str, why: str) -> None:
    assert any(why in p for p in problems(said, plain, NAMES)), problems(said, plain, NAMES)


PLAIN = st.sampled_from(
    ["Ana sits, talks and raises a hand.", "Ana is wearing a red coat and a hat.", "Yes, Ana is in this video."]
)


@given(PLAIN)
def test_the_plain_sentence_itself_passes(plain: str) -> None:
    assert problems(plain, plain, NAMES) == []


@given(
    PLAIN,
    st.sampled_from(["dog", "happily", "blue", "three", "behind", "she", "not", "nobody", "Ben"]),
    st.integers(0, 9),
)
def test_any_word_of_content_put_anywhere_is_refused(plain: str, word: str, at: int) -> None:
    words = plain[:-1].split()
    words.insert(min(at, len(words)), word)
    assert problems(" ".join(words) + ".", plain, NAMES)


@given(st.text(max_size=80), PLAIN)
def test_rephrase_gives_either_a_passing_text_or_the_plain_one(said: str, plain: str) -> None:
    class Model:
        def generate(self, messages, max_new_tokens=64, seed=0, stream=None) -> str:
            assert messages[-1] == {"role": "user", "content": plain}
            return said

    phrasing = rephrase(plain, NAMES, Model())
    assert phrasing.accepted == (not phrasing.problems)
    assert phrasing.text == (phrasing.raw if phrasing.accepted else plain)


def test_the_worked_examples_of_the_prompt_pass_the_guard_themselves() -> None:
    turns = prompt("Ana sits.")[1:-1]
    pairs = list(zip(turns[::2], turns[1::2], strict=True))
    assert pairs
    for user, reply in pairs:
        names = ["Kim", "Lee"]
        found = problems(reply["content"], user["content"], names)
        assert found in ([], ["changes whose facts"])  # the guard is stricter than English where two are named


@pytest.mark.weights
def test_the_real_model_often_passes_and_never_changes_the_facts() -> None:
    from pvchat.language import LanguageModel

    model = LanguageModel.load()
    plain = [
        "Yes, Ana is in this video, on the left of the frame, from 0:02 to 0:09.",
        "Ana is wearing a dark suit, a white shirt and glasses.",
        "Ana sits, talks and raises a hand.",
        "Ana is in an office, on the left.",
    ]
    phrasings = [rephrase(p, NAMES, model) for p in plain]
    assert sum(p.accepted for p in phrasings) >= 2
    assert all(problems(p.text, before, NAMES) == [] for p, before in zip(phrasings, plain, strict=True))
