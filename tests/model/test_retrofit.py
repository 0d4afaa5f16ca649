"""Mixed heads in pretrained models of transformers: tiny random ones in the hub's layout."""

from __future__ import annotations

import copy

import pytest
import torch

from pvchat.errors import SettingsError
from pvchat.model.retrofit import (
    mixers,
    retrofit_moh,
    routing_stats,
)
from pvchat.train.losses import SparsityController

TEXT = {
    "vocab_size": 60,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
ROPE = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
VISION = {"depth": 1, "num_heads": 2, "patch_size": 4}


def qwen2_vl():
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration

    vision = {**VISION, "embed_dim": 16, "hidden_size": 48}
    return Qwen2VLForConditionalGeneration(
        Qwen2VLConfig(text_config={**TEXT, "rope_parameters": ROPE}, vision_config=vision)
    )


def qwen2_5_vl():
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    vision = {**VISION, "hidden_size": 16, "intermediate_size": 16, "out_hidden_size": 48, "fullatt_block_indexes": [0]}
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(text_config={**TEXT, "rope_parameters": ROPE}, vision_config=vision)
    )


def run(model):
    """The model's main output on fixed inputs."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(3, 60, (2, 9), generator=generator)
    return model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits


BUILDERS = {"Qwen2-VL": (qwen2_vl, 4, 2), "Qwen2.5-VL": (qwen2_5_vl, 4, 2)}


@pytest.fixture(params=sorted(BUILDERS))
def hub(request, tmp_path):
    """(folder in the hub's layout, the class, shared heads, modules in the upper half)."""
    build, shared, modules = BUILDERS[request.param]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build()
    model.save_pretrained(tmp_path / "stock")
    return tmp_path / "stock", type(model), shared, modules


def disturb(model):
    """Move every mixer off its neutral start."""
    generator = torch.Generator().manual_seed(2)
    for _, mixer in mixers(model):
        for layer in (mixer.logit, mixer.alpha):
            layer.weight.data.copy_(torch.randn(layer.weight.shape, generator=generator) * 0.5)


@pytest.mark.parametrize("router", ["relu", "topk", "relu_norm"])
def test_the_output_does_not_change_at_first(hub, router):
    folder, cls, shared, modules = hub
    model = cls.from_pretrained(folder).eval()
    before = run(model)
    names = retrofit_moh(model, shared, router)
    assert len(names) == modules
    assert (run(model) - before).abs().max() <= 1e-6
    assert len(routing_stats(model)) == modules
    disturb(model)
    assert (run(model) - before).abs().max() > 1e-4


def test_routers_train(hub):
    folder, cls, shared, modules = hub
    model = cls.from_pretrained(folder).train()
    model.requires_grad_(False)
    retrofit_moh(model, shared)
    loss = run(model).square().mean() + sum(SparsityController(beta=1.0)(routing_stats(model)).values())
    loss.backward()
    for _, mixer in mixers(model):
        assert float(mixer.logit.weight.grad.abs().sum()) > 0
        assert float(mixer.alpha.weight.grad.abs().sum()) > 0


def test_a_deep_copy_uses_its_own_mixers(hub):
    folder, cls, shared, _ = hub
    model = cls.from_pretrained(folder).eval()
    retrofit_moh(model, shared)
    before = run(model)
    twin = copy.deepcopy(model)
    disturb(twin)
    assert torch.equal(run(model), before)
    assert (run(twin) - before).abs().max() > 1e-4


def test_generation_with_a_cache_is_unchanged(tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = qwen2_vl().eval()
    ids = torch.tensor([[5, 9, 11, 7]])
    options = {"max_new_tokens": 6, "do_sample": False, "attention_mask": torch.ones_like(ids)}
    before = model.generate(ids, **options)
    retrofit_moh(model, 4)
    assert torch.equal(model.generate(ids, **options), before)


def test_a_model_without_such_attention_or_with_mixed_heads_is_refused():
    with pytest.raises(SettingsError, match="no attention module"):
        retrofit_moh(torch.nn.Linear(2, 2), 1)
    model = qwen2_vl()
    retrofit_moh(model, 4)
    with pytest.raises(SettingsError, match="already"):
        retrofit_moh(model, 4)
