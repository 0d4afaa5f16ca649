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


TURNS = (("Where is she?", "In a garden."), ("Is she alone?", "Yes."))


@pytest.fixture
def conversation():
    """One prompt with three questions, and the same as three prompts."""
    first = Prompt("What is Ana doing?", ANSWERS[0], facts="Ana is in a garden.")
    asked = ((first.question, first.answer), *TURNS)
    return [replace(first, turns=TURNS)], [replace(first, question=q, answer=a) for q, a in asked]


def test_questions_in_one_row_are_worth_what_they_are_apart(scene, shared_model, conversation):
    features, _ = scene
    together, separate = (shared_model(features, prompts) for prompts in conversation)
    assert together.answer_tokens == separate.answer_tokens
    torch.testing.assert_close(together.lm_loss, separate.lm_loss, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(together.first_loss, separate.first_loss, rtol=1e-5, atol=1e-5)


def test_a_question_in_a_row_has_the_tokens_that_it_has_alone(shared_model, conversation):
    writer = shared_model.writer
    together, alone = (writer.batch(prompts, [[]] * len(prompts)) for prompts in conversation)
    for k in range(3):
        own = (together.segment[0] == 0) | (together.segment[0] == k + 1)
        kept = alone.mask[k]
        assert together.ids[0][own & together.mask[0]].tolist() == alone.ids[k][kept].tolist()
        assert together.positions()[0][own & together.mask[0]].tolist() == alone.positions()[k][kept].tolist()


def test_questions_that_find_no_room_are_left_out(shared_model, conversation):
    (packed,), _ = conversation
    batch = shared_model.writer.batch([replace(packed, turns=TURNS * 40)], [[]])
    assert batch.ids.shape[1] <= shared_model.writer.max_length
    assert int(batch.segment.max()) > 3
