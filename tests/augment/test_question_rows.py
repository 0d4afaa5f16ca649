"""Question rows: numbers, balance, refusals, presence combinations, splits, repeatability."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import product

import pytest
from make_analysis import identity_of
from make_samples import ANA, PEOPLE, make_analyses, make_sample, paper_scale

from pvchat.augment.questions import templates as book
from pvchat.augment.questions.rows import PER_SAMPLE, write_questions
from pvchat.augment.questions.views import Subject, view_samples
from pvchat.eval.metrics.rubric import WANTED, stances
from pvchat.people.person import Person

SPLITS = ("train", "val", "test")


def combined(copies: int = 4, strangers: int = 0):
    """Samples with all eight presence combinations of three people, in all splits; and their rows."""
    who = list(product((True, False), repeat=3)) * copies
    samples = [make_sample(i, dict(zip(PEOPLE, there, strict=True)), SPLITS[i // 8 % 3]) for i, there in enumerate(who)]
    return samples, write_questions(samples, ANA, make_analyses(samples, strangers))


@pytest.fixture(scope="module")
def single():
    samples = paper_scale()
    return samples, write_questions(samples, ANA, make_analyses(samples))


@pytest.fixture(scope="module")
def several():
    return combined()


def test_the_papers_scale_from_81_samples(single) -> None:
    samples, rows = single
    assert len(samples) == 81
    assert 1455 <= len(rows) <= PER_SAMPLE * 81


def test_yes_and_no_are_equal_in_every_split_and_type(single) -> None:
    counts: dict[tuple[str, str], Counter[bool]] = defaultdict(Counter)
    for row in single[1]:
        counts[row.split, row.type][row.present["Ana"]] += 1
    assert {key for key, count in counts.items() if count[True] != count[False]} == set()
    assert set(counts) == set(product(SPLITS, book.TYPES))


def test_yes_and_no_stay_equal_when_few_samples_lack_the_person() -> None:
    samples = [make_sample(i, {"Ana": i % 9 > 0}) for i in range(45)]
    rows = write_questions(samples, ANA, make_analyses(samples))
    for kind in book.TYPES:
        count = Counter(r.present["Ana"] for r in rows if r.type == kind)
        assert count[True] == count[False] > 0


def test_without_anybody_else_only_existence_is_answered_yes() -> None:
    samples = [make_sample(i, {"Ana": True}) for i in range(6)]
    rows = write_questions(samples, ANA, make_analyses(samples))
    assert rows
    assert all(r.present["Ana"] and r.kind == "single" for r in rows)
    samples = [make_sample(i, {"Ana": False}) for i in range(6)]
    assert write_questions(samples, ANA, make_analyses(samples)) == []


def test_absent_people_are_refused_in_all_types(single, several) -> None:
    for _, rows in (single, several):
        refused = [r for r in rows if r.kind == "refusal"]
        assert {r.type for r in refused} == {"appearance", "action", "location"}
        for row in refused:
            told = stances(row.answer.split(": ")[-1], row.people)[row.people[0]]
            assert told in ("absent", "unsure"), row.answer


def test_answers_say_who_is_there(several) -> None:
    for row in several[1]:
        if row.type == "existence":
            plain = row.answer.replace("but not ", "but no sign of ").replace("clip, ", "clip; ")
            plain = plain.replace("can't.", "can't be seen.")
            assert stances(plain, row.people) == {n: WANTED[there] for n, there in row.present.items()}, row.answer


def test_who_and_which_are_answered_neither_yes_nor_no(several) -> None:
    rows = [r for r in several[1] if r.type == "existence" and r.question.startswith(("Who", "Which", "Of"))]
    assert {r.split for r in rows} == set(SPLITS)
    assert [(r.question, r.answer) for r in rows if r.answer.startswith(("Yes", "No,"))] == []


def test_every_presence_combination_of_pairs_and_triples(several) -> None:
    for split in SPLITS:
        for kind, size in (("pair", 2), ("triple", 3)):
            rows = [r for r in several[1] if r.split == split and r.kind == kind]
            found = Counter(tuple(r.present[n] for n in sorted(r.people)) for r in rows)
            assert set(found) == set(product((True, False), repeat=size)), (split, kind)
            assert {r.type for r in rows} == set(book.TYPES)


def test_descriptions_of_groups_speak_of_everyone(several) -> None:
    rows = [r for r in several[1] if r.kind in ("pair", "triple") and r.type != "existence"]
    for row in rows:
        assert all(n in row.answer or "they" in row.answer for n in row.people)
        assert ("not" in row.answer or "n't" in row.answer or "no sign" in row.answer) is not all(row.present.values())


def test_paraphrases_are_disjoint_between_splits(several) -> None:
    where, worded = defaultdict(set), defaultdict(set)
    for row in several[1]:
        where[row.template].add(row.split)
        worded[book.masked(row.question, list(PEOPLE))].add(row.split)
    assert max(len(s) for s in [*where.values(), *worded.values()]) == 1
    for split in SPLITS:
        for kind in book.TYPES:
            used = {r.template for r in several[1] if (r.split, r.type) == (split, kind)}
            assert len(used) >= 10, (split, kind)


def test_nothing_is_asked_twice_about_a_sample_and_ids_are_unique(several) -> None:
    rows = several[1]
    assert max(Counter(r.id for r in rows).values()) == 1
    assert max(Counter((r.sample, r.question) for r in rows).values()) == 1


def test_stills_show_no_actions(single) -> None:
    stills = {s.id for s in single[0] if s.stage == "image"}
    assert stills
    assert {r.type for r in single[1] if r.sample in stills} == {"existence", "appearance", "location"}


def test_the_same_seed_gives_the_same_rows() -> None:
    samples = paper_scale()[:20]
    one, two, other = (write_questions(samples, ANA, make_analyses(samples), seed=s) for s in (3, 3, 4))
    assert one == two
    assert one != other


def test_what_was_not_measured_is_not_asked() -> None:
    samples = [make_sample(i, {"Ana": i % 2 == 0}) for i in range(10)]
    known = make_analyses(samples)

    def bare(sample):
        found = known(sample)
        for track in found.tracks:
            track.facts = replace(track.facts, pose=None, gestures=[])
        return found

    rows = write_questions(samples, ANA, bare)
    assert "action" not in {r.type for r in rows}
    assert len(rows) == PER_SAMPLE * len(samples), "existence makes up for it"


def test_dropped_samples_are_left_out() -> None:
    samples = [make_sample(0, {"Ana": True}), make_sample(1, {"Ana": False}, dropped="identity")]
    assert {r.sample for r in write_questions(samples, ANA, make_analyses(samples))} == {samples[0].id}


def test_they_stands_only_after_the_names_it_means(several) -> None:
    found = [r for r in several[1] if " they " in r.answer]
    assert found
    for row in found:
        refusal = row.answer[row.answer.rfind(". ") + 1 :]
        assert all(refusal.index(n) < refusal.index(" they ") for n, there in row.present.items() if not there)


def test_of_her_among_strangers_only_her_presence_is_asked() -> None:
    """Who is Ana, who is the man? Her enrollment tells."""
    samples = [make_sample(i, {"Ana": i % 2 == 0}) for i in range(30)]
    analyses = make_analyses(samples, strangers=1)
    rows = write_questions(samples, ANA, analyses)
    assert {r.type for r in rows if r.present["Ana"]} == {"existence"}
    ana = Person("Ana", arrays={"prototypes": identity_of(PEOPLE["Ana"])[None]})
    rows = write_questions(samples, Subject("Ana", ana), analyses)
    assert {r.type for r in rows if r.present["Ana"]} == set(book.TYPES)


def test_people_are_found_among_others_by_those_who_are_alone() -> None:
    samples, _ = combined(1)
    analyses = make_analyses(samples)
    for view in view_samples(samples, analyses):
        where = {n: tuple(view.analysis.tracks[i].boxes[0]) for n, i in view.tracks.items()}
        assert set(where) == {n for n, there in view.sample.people.items() if there}
        assert len(set(where.values())) == len(where)
