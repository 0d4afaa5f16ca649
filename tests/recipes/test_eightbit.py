"""Frozen layers in 8 bits: nearly the same numbers forwards and backwards, and the same trained arrays."""

from __future__ import annotations

import copy

import pytest
import torch

from pvchat.model.config import LoraConfig
from pvchat.model.llm import add_lora
from recipes.model.base.eightbit import EightBitLayer, in_eight_bits, rounded
from recipes.model.made import random_llama


@pytest.fixture
def pair():
    """A tiny language model with adapters that change something, in float32 and in 8 bits."""
    llm, _ = random_llama()
    add_lora(llm, LoraConfig(rank=4))
    torch.manual_seed(0)
    for name, parameter in llm.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    other = copy.deepcopy(llm)
    assert in_eight_bits(other) == 8  # attention of two blocks
    return llm, other


def gradients(llm):
    """Hidden states of some tokens, and the gradients of their sum's square by name."""
    torch.manual_seed(1)
    out = llm(torch.randint(3, 200, (2, 12)), output_hidden_states=True).hidden_states[-1]
    out.square().sum().backward()
    return out.detach(), {n: p.grad for n, p in llm.named_parameters() if p.grad is not None}


def test_numbers_and_gradients_are_nearly_those_of_float32(pair):
    (one, mine), (other, theirs) = (gradients(llm) for llm in pair)
    assert torch.nn.functional.cosine_similarity(one.flatten(), other.flatten(), 0) > 0.99
    assert mine.keys() == theirs.keys()
    assert all("lora_" in name for name in mine)
    for name, gradient in mine.items():
        alike = torch.nn.functional.cosine_similarity(gradient.flatten(), theirs[name].flatten(), 0)
        assert alike > 0.9, name


def test_what_is_trained_keeps_its_names_and_the_frozen_weights_theirs(pair):
    one, other = (llm.state_dict() for llm in pair)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_second_call_changes_nothing(pair):
    assert in_eight_bits(pair[1]) == 0
    assert any(isinstance(m, EightBitLayer) for m in pair[1].modules())


def test_rounding_is_off_by_half_a_step_at_most():
    x = torch.randn(5, 7) * torch.tensor([1e-3, 1, 10, 1e3, 0])[:, None]
    small, scale = rounded(x)
    assert small.dtype == torch.int8
    assert ((small * scale - x).abs() <= scale / 2 * 1.001).all()
