"""Mixed heads in a pretrained model of transformers: a tiny random one (tests/bases has every family)."""

from __future__ import annotations

import pytest
import torch

from pvchat.model.retrofit import mixers, retrofit_moh, routing_stats

SHARED = 4  # of six heads
TEXT = {
    "vocab_size": 60, "hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 4, "num_attention_heads": 6,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
    "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
}  # fmt: skip
VISION = {"depth": 1, "num_heads": 2, "patch_size": 4, "embed_dim": 16, "hidden_size": 48}


@pytest.fixture
def model():
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Qwen2VLForConditionalGeneration(Qwen2VLConfig(text_config=TEXT, vision_config=VISION)).eval()


def run(model):
    """The model's main output on fixed inputs."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, 60, (2, 9), generator=generator)
    return model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits


def disturb(model):
    """Move every mixer off its neutral start."""
    generator = torch.Generator().manual_seed(2)
    for _, mixer in mixers(model):
        for layer in (mixer.logit, mixer.alpha):
            layer.weight.data.copy_(torch.randn(layer.weight.shape, generator=generator) * 0.5)


def test_the_output_does_not_change_at_first(model):
    before = run(model)
    retrofit_moh(model, SHARED)
    assert len(mixers(model)) == 2  # the upper half of four layers
    assert (run(model) - before).abs().max() <= 1e-6
    assert len(routing_stats(model)) == 2
    disturb(model)
    assert (run(model) - before).abs().max() > 1e-4
