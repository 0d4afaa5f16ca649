"""The wordings that questions in other words are read by, and the classifier that is learned from them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pvchat.chat.paraphrases import NAMES, UNANSWERABLE
from pvchat.chat.questions import read_question
from pvchat.train.fits import paraphrases

ROWS = paraphrases.read_asked() | paraphrases.read_asked(paraphrases.LATER)
REFUSALS = paraphrases.REFUSALS.read_text(encoding="utf-8").splitlines()
DATA = Path(__file__).parents[2] / "data"


def bare(text: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9{} ]", "", text.lower()).split())


def test_each_wording_names_as_many_people_as_its_plain_question() -> None:
    for plain, texts in ROWS.items():
        assert {frozenset(NAMES.findall(text)) for text in texts} == {frozenset(NAMES.findall(plain))}, plain


def test_no_wording_stands_twice_nor_among_those_that_are_measured_on() -> None:
    texts = [bare(t) for texts in ROWS.values() for t in texts] + [bare(t) for t in REFUSALS]
    assert len(texts) == len(set(texts))
    for name in ("other_words.txt", "free_questions.txt", "free_questions_more.txt"):
        lines = [x for x in (DATA / name).read_text(encoding="utf-8").splitlines() if x and not x.startswith("#")]
        kept = {bare(x.split(" | ")[2 if name == "other_words.txt" else 0]) for x in lines}
        assert kept.isdisjoint(texts), kept & set(texts)


@pytest.mark.parametrize("plain", ROWS)
def test_the_rules_read_each_plain_question_for_what_it_asks(plain: str) -> None:
    asked = read_question(plain.format("Ana", "Ben"), ["Ana", "Ben"])
    assert asked.aspect.name != "rest"
    assert not asked.unknown
    assert set(asked.people) <= {"Ana", "Ben"}


def made() -> tuple[np.ndarray, paraphrases.Wordings]:
    """Two plain questions about one person and what can't be answered, ten wordings of two variants each."""
    rng = np.random.default_rng(0)
    plain = np.repeat(np.arange(3), 20)
    vectors = np.eye(8, dtype=np.float32)[plain] + 0.1 * rng.standard_normal((60, 8), np.float32)
    questions = (UNANSWERABLE, "When does {0} appear?", "Where is {0}?")
    return vectors, paraphrases.Wordings(["x"] * 60, plain, np.ones(60, int), np.arange(60) // 2, questions)


def test_wordings_are_told_apart_and_judged_when_they_were_kept_back() -> None:
    vectors, wordings = made()
    head = paraphrases.learn(vectors, wordings, np.ones(60, bool))
    told = [int(head.chances(v, 1).argmax()) for v in vectors]
    assert np.mean(np.array(told) == wordings.plain) == 1.0
    assert head.chances(vectors[30], 2)[1] == 0.0  # names too many people for it
    found = paraphrases.measure(vectors, wordings)
    assert found["wordings"] == 30
    assert found["right"] == 1.0
    shuffled = replace(wordings, plain=np.random.default_rng(1).permutation(wordings.plain))
    assert paraphrases.measure(vectors, shuffled)["right"] < 0.7


def test_what_came_later_is_no_plain_question_of_the_first_classifier() -> None:
    later = paraphrases.read_asked(paraphrases.LATER)
    assert later.keys().isdisjoint(paraphrases.read_asked())
    every = paraphrases.read(paraphrases.ASKED, paraphrases.LATER)
    assert set(every.questions) == {UNANSWERABLE, *ROWS}
    assert set(paraphrases.read().questions) == {UNANSWERABLE, *ROWS} - later.keys()


def test_both_variants_of_a_wording_are_read(tmp_path: Path) -> None:
    asked, refusals = tmp_path / "asked.txt", tmp_path / "refusals.txt"
    asked.write_text("# Where is {0}?\nWhereabouts, {0}?\n", encoding="utf-8")
    refusals.write_text("Who wins?\n", encoding="utf-8")
    found = paraphrases.read(asked, refusals=refusals)
    assert found.texts == ["Where is Alex?", "where is Alex", "Whereabouts, Alex?", "whereabouts Alex", "Who wins?",
                           "who wins"]  # fmt: skip
    assert found.source.tolist() == [0, 0, 1, 1, 2, 2]
    assert [found.questions[i] for i in found.plain] == ["Where is {0}?"] * 4 + [UNANSWERABLE] * 2
