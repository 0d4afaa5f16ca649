"""Several answers in one row must be worth exactly what they are in rows of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pvchat.model.prompts import IGNORE, Prompt

ANSWERS = ("Ana reads a book.", "A woman sits at a table by the window.", "Yes.")


@pytest.fixture
def packed():
    """Two prompts, one with three answers and one with one."""
    return [Prompt("What is Ana doing?", ANSWERS[0], clip=0, more=ANSWERS[1:]), Prompt("Where?", "In a room.", clip=1)]


def apart(prompts):
    """The same prompts with one answer a row."""
    return [replace(p, answer=a, more=()) for p in prompts for a in (p.answer, *p.more)]


def test_packed_answers_have_the_loss_of_separate_rows(scene, shared_model, packed):
    features, _ = scene
    together = shared_model(features, packed)
    separate = shared_model(features, apart(packed))
    assert together.answer_tokens == separate.answer_tokens
    torch.testing.assert_close(together.lm_loss, separate.lm_loss, rtol=1e-5, atol=1e-5)


def test_packed_answers_have_the_gradients_of_separate_rows(scene, model, packed):
    features, _ = scene
    gradients = []
    for prompts in (packed, apart(packed)):
        model.zero_grad()
        model(features, prompts).lm_loss.backward()
        gradients.append(model.qformer.queries.grad.clone())
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-6)


def test_an_answer_sees_the_prompt_and_itself(shared_model, packed):
    batch = shared_model.writer.batch(packed, [[], []])
    visible, segment = batch.visible()[0], batch.segment[0]
    second = int((segment == 2).nonzero()[-1])
    assert set(segment[visible[second]].tolist()) == {0, 2}
    assert batch.positions()[0, segment == 2][0] == (segment == 0).logical_and(batch.mask[0]).sum()


def test_every_answer_is_labelled_from_its_first_token(shared_model, packed):
    batch = shared_model.writer.batch(packed, [[], []])
    for k, answer in enumerate(ANSWERS, start=1):
        labels = batch.labels[0][(batch.segment[0] == k) & (batch.labels[0] != IGNORE)].tolist()
        assert labels == [*shared_model.writer._ids(answer), shared_model.writer.end]
