"""The recipe of answers: questions about made evidence have the rules' answers, and a model learns from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from make_sets import encode, make_config

from pvchat.chat.question import known_of
from recipes.answering.answering import AnsweringConfig, AnsweringPhase, agrees
from recipes.answering.questionbank import bank
from recipes.model.base import run as base


@pytest.fixture
def phase(tmp_path):
    """The phase on the generated sets."""
    return base.setup(make_config(tmp_path, AnsweringConfig), encode, AnsweringPhase).phase


def made(phase, count=40, validation=False):
    return phase.plans(count, np.random.default_rng(1), validation)


def test_the_free_questions_are_in_no_bank():
    free = [
        line.rsplit("|", 1)[0].strip()
        for file in ("free_questions.txt", "free_questions_more.txt")
        for line in (Path(__file__).parents[2] / "data" / file).read_text().splitlines()
        if line and line[0] != "#"
    ]
    assert len(free) == len(set(free)) == 250
    taught = {text for w in bank().values() for text in (w.plain, *w.training, *w.kept_back)}
    assert [text for text in free if text in taught] == []


@pytest.mark.slow
def test_answers_are_the_rules_and_agree_with_themselves(phase):
    for one in made(phase):
        for lesson in one.lessons:
            if lesson.kind != "existence by tokens":
                assert lesson.answer == known_of(lesson.question, one.sheet.presences, one.sheet.timeline).plain
            assert agrees(one, lesson, lesson.answer)
            assert not agrees(one, lesson, "Somebody is dancing on the roof.")


def test_it_learns_to_answer(tmp_path):
    settings = {"steps": 12, "validate_every": 100, "lora_lr": 1e-2, "lr": 1e-2, "warmup": 1}
    run = base.setup(make_config(tmp_path, AnsweringConfig, **settings), encode, AnsweringPhase)
    losses = [base.take_step(run)[0]["lm_loss"] for _ in range(12)]  # of one batch, over and over
    assert losses[-1] < losses[0] - 0.1
