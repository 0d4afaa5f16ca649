"""Templates: enough of them, apart between splits, grammatical, and read by `pvchat ask` as what they ask."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from make_asked import read_question

from pvchat.augment.questions import templates as book

NAMES = ("Ana", "Ben", "Cleo")
FRAMES = ("yes", "no", "some", "all", "none", "described", "refusal")
PLURAL, SINGULAR = r"(are|have|do|were|don't|aren't)", r"(is|has|does|was|doesn't|isn't)"


def filled(template: book.Template) -> list[str]:
    return [book.fill(template.text, NAMES[:n]) for n in ((1, 2, 3) if template.form == "plain" else (2, 3))]


def every_answer() -> list[str]:
    found = []
    for split in book.SPLITS:
        for frame in FRAMES:
            counts = {"some": (1, 2), "all": (2, 3), "none": (2, 3)}.get(frame, (1, 2, 3))
            for n in counts:
                words = {"description": "sits and talks", "what": "where they are"}
                found += [book.fill(t, NAMES[:n], ("Dov", "Eve")[: 3 - n], **words) for t in book.answers(frame, split)]
    return found


@pytest.mark.parametrize("split", book.SPLITS)
@pytest.mark.parametrize("kind", book.TYPES)
def test_there_are_twelve_of_each_type_and_split(kind: str, split: str) -> None:
    found = book.templates(kind, split)
    assert len({t.text for t in found}) == len(found) >= 12


@pytest.mark.parametrize("split", book.SPLITS)
def test_there_are_some_about_groups(split: str) -> None:
    assert len(book.templates("existence", split, "group")) >= 4


def test_every_template_has_its_own_number() -> None:
    assert max(Counter(t.number for t in book.all_templates()).values()) == 1


def test_no_question_and_no_answer_stands_in_two_splits() -> None:
    where: dict[str, set[str]] = {}
    for t in book.all_templates():
        where.setdefault(book.masked(t.text, ()), set()).add(t.split)
    for split in book.SPLITS:
        for frame in FRAMES:
            for text in book.answers(frame, split):
                where.setdefault(book.masked(text, ()), set()).add(split)
    assert {text: splits for text, splits in where.items() if len(splits) > 1} == {}


@pytest.mark.parametrize("split", book.SPLITS)
def test_questions_are_read_with_whom_they_name(split: str) -> None:
    for text in (text for t in book.all_templates() if t.split == split for text in filled(t)):
        named = tuple(n for n in NAMES if n in text)
        read = read_question(text, NAMES)
        assert (read.people, read.query.whom.unknown) == (named, ()), text
        assert read.query.select != "who" or read.query.whom.names == named, text  # "which of Ana and Ben is there?"


def test_nearly_all_questions_are_read_as_their_type() -> None:
    texts = [(t.type, text) for t in book.all_templates() for text in filled(t)]
    otherwise = [text for kind, text in texts if read_question(text, NAMES).type != kind]
    assert len(otherwise) <= 0.03 * len(texts), otherwise


@pytest.mark.parametrize("split", book.SPLITS)
def test_questions_are_grammatical(split: str) -> None:
    for text in (text for t in book.all_templates() if t.split == split for text in filled(t)):
        assert not mistakes(text), text
        imperative = re.match(r"(Tell|Describe|Say|Please|Give|Point)\b", text)
        assert text.endswith("." if imperative else "?"), text


def test_answers_are_grammatical() -> None:
    for text in every_answer():
        assert not mistakes(text), text
        assert text.endswith("."), text


def test_the_grammar_check_finds_mistakes() -> None:
    wrong = ["Are Ana here?", "Is Ana and Ben here?", "What does Ana and Ben wear?", "what is Ana doing?",
             "Is  Ana here?", "Is {name} here?", "Does Ana appears here?", "Ana and Ben is here.",
             "Tell me if Ana are here.", "Is is Ana here?", "What [is/are] Ana doing?"]  # fmt: skip
    assert [text for text in wrong if not mistakes(text)] == []


def test_verbs_and_lists_agree_with_the_names() -> None:
    assert book.fill("[Is/Are] {name} here?", ["Ana"]) == "Is Ana here?"
    assert book.fill("[Is/Are] {name} here?", ["Ana", "Ben"]) == "Are Ana and Ben here?"
    assert book.fill("{None} is here.", ["Ana", "Ben"]) == "Neither Ana nor Ben is here."
    assert book.fill("{None} is here.", NAMES) == "None of Ana, Ben and Cleo is here."
    one = book.fill("{name} [is/are] here, but {absent} [is/are] not.", ["Ana"], ["Ben", "Cleo"])
    assert one == "Ana is here, but Ben and Cleo are not."


def test_names_that_look_like_placeholders_stay() -> None:
    assert book.fill("Is {name} here?", ["{other}"], other="Ben") == "Is {other} here?"
    assert book.fill("[Is/Are] {name} here?", ["[a/b]"]) == "Is [a/b] here?"


def test_masking_folds_names_and_case() -> None:
    assert book.masked("Is Ana Lee  with Ana?", ["Ana", "Ana Lee"]) == "is <n> with <n>?"


def mistakes(text: str) -> list[str]:
    """What is wrong with a filled sentence: enough to catch what a template can get wrong."""
    person = r"(?:Ana|Ben|Cleo|Dov|Eve)"
    several = rf"{person}(?:, {person})* (?:and) {person}"
    alone = rf"(?<!and )(?<!or )(?<!, )(?<!nor ){person}(?! and| or| nor|,)"
    text = re.sub(rf"\b(of|or|nor) {several}", r"\1 them", text)  # "none of Ana and Ben is", "Ana, Ben or Cleo is"
    rules = {
        "placeholder": r"[{}\[\]]",
        "spaces": r"  |^ | $| [.,?;:]",
        "capital": r"^[a-z]",
        "twice": r"(?i)\b(\w+) \1\b",
        "plural verb before one": rf"\b(?i:{PLURAL}) {alone}",
        "plural verb after one": rf"(?<!does )(?<!Does ){alone} {PLURAL}\b",
        "singular verb before several": rf"\b(?i:{SINGULAR}) {several}(?! \w*s\b)",
        "singular verb after several": rf"{several} {SINGULAR}\b",
        "infinitive": rf"\b(?i:do|does|can|could|did) {person}(?:(?:, {person})* and {person})? \w+[^s]s\b",
        "article": r"\b(a [aeio]|an [bcdfgjklmnpqrstvwxyz])",
    }
    return [name for name, pattern in rules.items() if re.search(pattern, text)]
