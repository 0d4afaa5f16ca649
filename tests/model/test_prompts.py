"""Several questions with their answers in one row must be worth exactly what they are in rows of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from recipes.model.prompts import IGNORE, Prompt, token_batch
from recipes.model.scoring import Asked, score

ANSWER = "Ana reads a book."
TURNS = (("Where is she?", "In a garden."), ("What is Ana doing?", "A woman sits at a table."))


@pytest.fixture
def conversation():
    """One prompt with three questions, and the same as three prompts."""
    first = Prompt("What is Ana doing?", ANSWER, facts="Ana is in a garden.")
    asked = ((first.question, first.answer), *TURNS)
    return [replace(first, turns=TURNS)], [replace(first, question=q, answer=a) for q, a in asked]


def test_questions_in_one_row_are_worth_what_they_are_apart(scene, shared_model, conversation):
    features, _ = scene
    together, separate = (score(shared_model, Asked(features, prompts)) for prompts in conversation)
    assert together.answer_tokens == separate.answer_tokens
    torch.testing.assert_close(together.lm_loss, separate.lm_loss, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(together.first_loss, separate.first_loss, rtol=1e-5, atol=1e-5)


def test_a_question_in_a_row_has_the_tokens_that_it_has_alone(shared_model, conversation):
    writer = shared_model.writer
    together, alone = (token_batch(writer, prompts, [[]] * len(prompts)) for prompts in conversation)
    for k in range(3):
        own = (together.segment[0] == 0) | (together.segment[0] == k + 1)
        kept = alone.mask[k]
        assert together.ids[0][own & together.mask[0]].tolist() == alone.ids[k][kept].tolist()
        assert together.positions()[0][own & together.mask[0]].tolist() == alone.positions()[k][kept].tolist()


def test_questions_that_find_no_room_are_left_out(shared_model, conversation):
    (packed,), _ = conversation
    batch = token_batch(shared_model.writer, [replace(packed, turns=TURNS * 40)], [[]])
    assert batch.ids.shape[1] <= shared_model.writer.max_length
    assert int(batch.segment.max()) > 3


def test_questions_in_one_row_have_the_gradients_that_they_have_apart(scene, model, conversation):
    features, _ = scene
    gradients = []
    for prompts in conversation:
        model.zero_grad()
        score(model, Asked(features, prompts)).lm_loss.backward()
        gradients.append(model.qformer.queries.grad.clone())
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-6)


def test_a_question_sees_what_stands_before_all_and_itself(shared_model, conversation):
    batch = token_batch(shared_model.writer, conversation[0], [[]])
    visible, segment = batch.visible()[0], batch.segment[0]
    second = int((segment == 2).nonzero()[-1])
    assert set(segment[visible[second]].tolist()) == {0, 2}
    assert batch.positions()[0, segment == 2][0] == (segment == 0).logical_and(batch.mask[0]).sum()


def test_every_answer_is_labelled_from_its_first_token(shared_model, conversation):
    batch = token_batch(shared_model.writer, conversation[0], [[]])
    for k, answer in enumerate((ANSWER, *(said for _, said in TURNS)), start=1):
        labels = batch.labels[0][(batch.segment[0] == k) & (batch.labels[0] != IGNORE)].tolist()
        assert labels == [*shared_model.writer.tokens(answer), shared_model.writer.tokenizer.eos_token_id]
