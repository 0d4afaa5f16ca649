"""Templates: enough of them, apart between splits, grammatical, and read by `pvchat ask` as what they ask."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from make_asked import read_question

from pvchat.augment.questions import templates as book
from pvchat.augment.schemas import Split

NAMES = ("Ana", "Ben", "Cleo")
FRAMES = ("yes", "no", "described", "refusal")
PLURAL = r"(are|have|do|were|don't|aren't)"


def questions_of(split: Split) -> list[tuple[str, str]]:
    """Type and text of each question of a split, asked of Ana."""
    return [(kind, book.fill(t.text, "Ana")) for kind in book.TYPES for t in book.templates(kind, split)]


def every_answer() -> list[str]:
    words = {"description": "sits and talks", "what": book.refused_topic("location", "Ana")}
    texts = [text for split in book.SPLITS for frame in FRAMES for text in book.answers(frame, split)]
    return [book.fill(text, "Ana", **words) for text in texts]


@pytest.mark.parametrize("split", book.SPLITS)
@pytest.mark.parametrize("kind", book.TYPES)
def test_there_are_twelve_of_each_type_and_split(kind: str, split: Split) -> None:
    found = book.templates(kind, split)
    assert len({t.text for t in found}) == len(found) >= 12


def test_every_template_has_its_own_number() -> None:
    numbers = [t.number for split in book.SPLITS for kind in book.TYPES for t in book.templates(kind, split)]
    assert max(Counter(numbers).values()) == 1


def test_no_question_and_no_answer_stands_in_two_splits() -> None:
    where: dict[str, set[str]] = {}
    for split in book.SPLITS:
        for _, text in questions_of(split):
            where.setdefault(book.mask_names(text, ()), set()).add(split)
        for frame in FRAMES:
            for text in book.answers(frame, split):
                where.setdefault(book.mask_names(text, ()), set()).add(split)
    assert {text: splits for text, splits in where.items() if len(splits) > 1} == {}


@pytest.mark.parametrize("split", book.SPLITS)
def test_questions_are_read_with_whom_they_name(split: Split) -> None:
    for _, text in questions_of(split):
        read = read_question(text, NAMES)
        assert (read.people, read.query.whom.unknown) == (("Ana",), ()), text


def test_nearly_all_questions_are_read_as_their_type() -> None:
    texts = [asked for split in book.SPLITS for asked in questions_of(split)]
    otherwise = [text for kind, text in texts if read_question(text, NAMES).type != kind]
    assert len(otherwise) <= 0.03 * len(texts), otherwise


@pytest.mark.parametrize("split", book.SPLITS)
def test_questions_are_grammatical(split: Split) -> None:
    for _, text in questions_of(split):
        assert not mistakes(text), text
        imperative = re.match(r"(Tell|Describe|Say|Please|Give|Point)\b", text)
        assert text.endswith("." if imperative else "?"), text


def test_answers_are_grammatical() -> None:
    for text in every_answer():
        assert not mistakes(text), text
        assert text.endswith("."), text


def test_the_grammar_check_finds_mistakes() -> None:
    wrong = ["Are Ana here?", "what is Ana doing?", "Is  Ana here?", "Is {name} here?", "Does Ana appears here?",
             "Tell me if Ana are here.", "Is is Ana here?", "What [is/are] Ana doing?"]  # fmt: skip
    assert [text for text in wrong if not mistakes(text)] == []


def test_names_that_look_like_placeholders_stay() -> None:
    assert book.fill("Is {name} here?", "{other}", other="Ben") == "Is {other} here?"


def test_masking_folds_names_and_case() -> None:
    assert book.mask_names("Is Ana Lee  with Ana?", ["Ana", "Ana Lee"]) == "is <n> with <n>?"


def mistakes(text: str) -> list[str]:
    """What is wrong with a filled sentence: enough to catch what a template can get wrong."""
    rules = {
        "placeholder": r"[{}\[\]]",
        "spaces": r"  |^ | $| [.,?;:]",
        "capital": r"^[a-z]",
        "twice": r"(?i)\b(\w+) \1\b",
        "plural verb before the name": rf"\b(?i:{PLURAL}) Ana",
        "plural verb after the name": rf"(?<!does )(?<!Does )Ana {PLURAL}\b",
        "infinitive": r"\b(?i:do|does|can|could|did) Ana \w+[^s]s\b",
        "article": r"\b(a [aeio]|an [bcdfgjklmnpqrstvwxyz])",
    }
    return [name for name, pattern in rules.items() if re.search(pattern, text)]
