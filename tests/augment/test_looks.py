"""The subject's looks: measured once, told alike of every sample, and never of what a sample doesn't show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from make_samples import ANA, make_analyses, make_sample

from pvchat.augment.questions.rows import describe, write_questions
from pvchat.augment.questions.views import Subject, looks_as_in_clip, view_samples, with_clip_looks
from pvchat.schemas import Garment, PersonFacts

ONCE = PersonFacts(
    clothes=[Garment("coat", "white", 0.9), Garment("trousers", "black", 0.7)], hair="dark hair", features=["glasses"],
    gender="woman", pose="sitting", confidence={"gender": 0.95, "hair": 0.8, "pose": 0.9},
)  # fmt: skip


def of_sample(**changes) -> PersonFacts:
    usual = {"clothes": [Garment("top", "light grey", 0.6)], "hair": "grey hair", "features": [], "pose": "standing"}
    return PersonFacts(**{**usual, "confidence": {"hair": 0.6, "pose": 0.7}, **changes})


def kinds(facts: PersonFacts) -> list[tuple[str, str | None]]:
    return [(g.kind, g.colour) for g in facts.clothes]


def test_what_a_sample_shows_is_told_in_the_clips_words() -> None:
    facts = looks_as_in_clip(of_sample(), ONCE)
    assert kinds(facts) == [("coat", "white")]  # no legs are seen in it
    assert (facts.hair, facts.gender, facts.pose) == ("dark hair", "woman", "standing")
    assert facts.confidence == {"gender": 0.95, "hair": 0.8, "pose": 0.7}


def test_what_a_sample_does_not_show_stays_unsaid() -> None:
    facts = looks_as_in_clip(of_sample(clothes=[], hair=None, features=["a beard"]), ONCE)
    assert (facts.clothes, facts.hair, facts.features) == ([], None, [])
    assert looks_as_in_clip(of_sample(features=["glasses"]), ONCE).features == ["glasses"]
    assert looks_as_in_clip(of_sample(), PersonFacts()).clothes == []  # nor what only a few frames say


@pytest.fixture
def samples():
    return [make_sample(i, {"Ana": True}) for i in range(3)] + [make_sample(9, {"Ana": False})]


@pytest.fixture
def analyses(samples):
    """Each sample of the clip is measured otherwise."""
    known, words = make_analyses(samples), ("white", "light grey", "grey", "grey")

    def analyse(sample):
        found = known(sample)
        for track in found.tracks:
            clothes = [Garment("top", words[samples.index(sample)], 0.6)]
            track.facts = replace(track.facts, clothes=clothes, hair=None)
        return found

    return analyse


def test_samples_of_one_clip_agree(samples, analyses) -> None:
    seen = [with_clip_looks(view, ONCE) for view in view_samples(samples, ANA, analyses)]
    assert [describe(view, "appearance") for view in seen] == [
        "is wearing a white coat",
        "is wearing a white coat",
        "is wearing a white coat",
        "",
    ]


def test_rows_of_one_clip_do_not_contradict_each_other(samples, analyses) -> None:
    def worn(facts: PersonFacts | None) -> set[str]:
        rows = write_questions(samples[:2] + samples[3:], Subject("Ana", facts=facts), analyses)
        told = [r.answer for r in rows if r.type == "appearance" and r.present["Ana"]]
        assert told
        return {answer.partition("is wearing ")[2].rstrip(".") for answer in told}

    assert worn(ONCE) == {"a white coat"}
    assert worn(None) == {"a white top", "a light grey top"}
