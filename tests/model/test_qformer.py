"""The Q-Former: layers against transformers' BLIP-2, people kept apart, z where it belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pvchat.model.heads import Heads
from pvchat.model.people import PersonState
from pvchat.model.qformer import QFormer, QFormerLayer
from recipes.model.batches import encode_clips, select
from recipes.model.made import preset

CONFIG = preset("tiny")


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def copy_attention(own, theirs):
    for a, b in (("query", "attention.query"), ("key", "attention.key"), ("value", "attention.value")):
        getattr(own, a).load_state_dict(theirs.get_submodule(b).state_dict())
    own.out.load_state_dict(theirs.output.dense.state_dict())


@pytest.mark.parametrize("shared", [12, 8])
def test_a_layer_equals_blip2(shared):
    """Dense, and with a fresh router, which must be dense too."""
    from transformers import Blip2QFormerConfig
    from transformers.models.blip_2.modeling_blip_2 import Blip2QFormerLayer

    config = Blip2QFormerConfig(
        hidden_size=48,
        num_attention_heads=12,
        intermediate_size=64,
        encoder_hidden_size=20,
        cross_attention_frequency=1,
        num_hidden_layers=1,
    )
    config._attn_implementation = "eager"
    theirs = Blip2QFormerLayer(config, 0).eval()
    own = QFormerLayer(48, Heads(12, shared), 64, context_width=20).eval()
    copy_attention(own.attention, theirs.attention)
    copy_attention(own.cross, theirs.crossattention)
    own.attention_norm.load_state_dict(theirs.attention.output.LayerNorm.state_dict())
    own.cross_norm.load_state_dict(theirs.crossattention.output.LayerNorm.state_dict())
    own.up.load_state_dict(theirs.intermediate_query.dense.state_dict())
    own.down.load_state_dict(theirs.output_query.dense.state_dict())
    own.ffn_norm.load_state_dict(theirs.output_query.LayerNorm.state_dict())

    x, context = random(2, 5, 48), random(2, 7, 20, seed=1)
    mask = torch.arange(7)[None] < torch.tensor([[7], [4]])
    additive = torch.zeros(2, 1, 1, 7).masked_fill(~mask[:, None, None], torch.finfo(torch.float32).min)
    expected = theirs(x, encoder_hidden_states=context, encoder_attention_mask=additive, query_length=5)
    expected = expected[0] if isinstance(expected, tuple) else expected
    out, routing = own(x, context, mask)
    assert (out - expected).abs().max() <= 2e-6
    assert len(routing) == (0 if shared == 12 else 2)


def test_routed_modules_are_the_upper_half():
    queries, personal, routing = QFormer(CONFIG).eval()(random(2, 9, CONFIG.width), torch.ones(2, 9, dtype=torch.bool))
    assert len(routing) == CONFIG.routed_modules == 3  # layers 2 and 3, the last with cross-attention
    assert queries.shape == (2, CONFIG.queries, CONFIG.width)
    assert personal.shape == (2, 0, 16, CONFIG.width)


def test_dense_at_first_whatever_the_router():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        routed = QFormer(CONFIG).eval()
        dense = QFormer(replace(CONFIG, shared_heads=CONFIG.heads)).eval()
    dense.load_state_dict({k: v for k, v in routed.state_dict().items() if ".mixer." not in k})
    context, mask = random(2, 9, CONFIG.width), torch.ones(2, 9, dtype=torch.bool)
    assert (routed(context, mask)[0] - dense(context, mask)[0]).abs().max() <= 1e-6


def read(model, scene, rows, batch_people, clips=None):
    features, _ = scene
    visual = encode_clips(model, features)
    if clips is not None:
        visual = select(visual, torch.tensor(clips))
    with torch.no_grad():
        return model.read(visual, None, batch_people(rows))


def test_one_persons_reading_does_not_depend_on_others(scene, shared_model, batch_people):
    ana, bo = scene[1]
    alone = read(shared_model, scene, [[ana], [], [ana]], batch_people)
    both = read(shared_model, scene, [[ana, bo], [bo], [bo, ana]], batch_people)
    assert torch.allclose(alone.personal[0, 0], both.personal[0, 0], atol=1e-5)
    assert torch.allclose(alone.personal[2, 0], both.personal[2, 1], atol=1e-5)
    assert torch.allclose(alone.presence[0, 0], both.presence[0, 0], atol=1e-5)
    assert torch.allclose(alone.queries, both.queries, atol=1e-5)
    assert bool(both.personal.isfinite().all())


def test_z_moves_the_routers_at_its_persons_tokens_only(scene, shared_model, batch_people):
    ana, bo = scene[1]
    off = PersonState("Ana", ana.tokens, torch.full_like(ana.z, -100.0))
    routing = read(shared_model, scene, [[off, bo], [], []], batch_people).routing
    first = 1 + CONFIG.queries
    for stats in routing:
        active = stats.active()[0]
        assert not bool(active[first : first + 16].any())
        assert bool(active[first + 16 :].all())
        assert bool(active[:first].all())
        assert stats.mask.sum(1).tolist() == [first + 32, first, first]


def test_a_persons_tokens_and_z_train_and_nothing_else_has_to(scene, shared_model, batch_people):
    tokens, z = (part.clone().requires_grad_() for part in (scene[1][0].tokens, scene[1][0].z))
    visual = encode_clips(shared_model, scene[0])
    reading = shared_model.read(visual, None, batch_people([[PersonState("Ana", tokens, z)], [], []]))
    reading.personal[0, 0].sum().backward()
    assert float(tokens.grad.abs().sum()) > 0
    assert float(z.grad.abs().sum()) > 0
    shared_model.zero_grad()
