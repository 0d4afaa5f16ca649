"""Question rows: numbers, balance, refusals, splits, repeatability."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import product

import pytest
from make_analysis import identity_of
from make_samples import ANA, NUMBER, make_analyses, make_sample, paper_scale

from pvchat.augment.questions import templates as book
from pvchat.augment.questions.rows import PER_SAMPLE, write_questions
from pvchat.augment.questions.views import Subject, view_samples
from pvchat.eval.metrics.rubric import WANTED, stances
from pvchat.people.person import Person

SPLITS = ("train", "val", "test")


@pytest.fixture(scope="module")
def single():
    samples = paper_scale()
    return samples, write_questions(samples, ANA, make_analyses(samples))


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


def test_who_is_absent_is_refused_in_all_types(single) -> None:
    refused = [r for r in single[1] if r.kind == "refusal"]
    assert {r.type for r in refused} == {"appearance", "action", "location"}
    for row in refused:
        told = stances(row.answer.split(": ")[-1], row.people)[row.people[0]]
        assert told in ("absent", "unsure"), row.answer


def test_answers_say_whether_she_is_there(single) -> None:
    for row in single[1]:
        if row.type == "existence":
            assert stances(row.answer, row.people) == {"Ana": WANTED[row.present["Ana"]]}, row.answer


def test_paraphrases_are_disjoint_between_splits(single) -> None:
    where, worded = defaultdict(set), defaultdict(set)
    for row in single[1]:
        where[row.template].add(row.split)
        worded[book.mask_names(row.question, ["Ana"])].add(row.split)
    assert max(len(s) for s in [*where.values(), *worded.values()]) == 1
    for split in SPLITS:
        for kind in book.TYPES:
            used = {r.template for r in single[1] if (r.split, r.type) == (split, kind)}
            assert len(used) >= 10, (split, kind)


def test_nothing_is_asked_twice_about_a_sample_and_ids_are_unique(single) -> None:
    rows = single[1]
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


def test_of_her_among_strangers_only_her_presence_is_asked() -> None:
    """Who is Ana, who is the man? Her enrollment tells."""
    samples = [make_sample(i, {"Ana": i % 2 == 0}) for i in range(30)]
    analyses = make_analyses(samples, strangers=1)
    rows = write_questions(samples, ANA, analyses)
    assert {r.type for r in rows if r.present["Ana"]} == {"existence"}
    ana = Person("Ana", arrays={"prototypes": identity_of(NUMBER)[None]})
    rows = write_questions(samples, Subject("Ana", ana), analyses)
    assert {r.type for r in rows if r.present["Ana"]} == set(book.TYPES)


def test_she_is_found_among_others_by_samples_in_which_she_is_alone() -> None:
    samples = [make_sample(i, {"Ana": True}) for i in range(12)]
    alone, beside = make_analyses(samples), make_analyses(samples, strangers=2)
    for view in view_samples(samples, ANA, lambda s: alone(s) if s is samples[0] else beside(s)):
        assert view.track is not None
        assert view.analysis.tracks[view.track].facts.gender == "woman"  # the strangers are men
