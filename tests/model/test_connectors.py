"""Connectors: MoEC, HGA, MoVA, each against its formula, each to be switched off."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pvchat.model.connectors import MixtureConnector, QuestionGate, group_aggregate
from recipes.model.batches import encode_clips, from_analysis, select
from recipes.model.made import preset

CONFIG = preset("tiny")


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_moec_is_the_weighted_sum_of_two_experts():
    connector = MixtureConnector(10, 6, 8)
    x = random(7, 10)
    out, losses = connector(x)
    normed = torch.nn.functional.layer_norm(x, (10,))
    probability = (normed @ connector.gate.weight.T).softmax(-1)
    for row in range(7):
        weight, chosen = probability[row].topk(2)
        mixed = sum(w / weight.sum() * connector.experts[i](normed[row]) for w, i in zip(weight, chosen, strict=True))
        assert torch.allclose(out[row], mixed, atol=1e-6)
    assert float(losses["z"].detach()) == pytest.approx(
        float((normed @ connector.gate.weight.T).logsumexp(-1).square().mean().detach()), rel=1e-5
    )


def test_balance_loss_is_one_when_balanced_and_grows():
    connector = MixtureConnector(4, 4, 4, top_k=1)
    tokens = torch.eye(4)
    with torch.no_grad():
        connector.gate.weight.copy_(4 * torch.eye(4))  # each token has an expert of its own
        _, even = connector(tokens)
        _, uneven = connector(tokens[:1].expand(4, 4))
    assert float(even["balance"]) == pytest.approx(1.0)
    assert float(uneven["balance"]) > 3.9


def test_moec_takes_no_tokens():
    out, losses = MixtureConnector(10, 6, 8)(torch.zeros(0, 10))
    assert out.shape == (0, 8)
    assert float(losses["balance"].detach()) == 0.0


def reference_hga(x, group):
    """HGA of one sample, in loops, as MoCHA writes it: with the factor exp(1 / mean norm), which cancels."""
    n = len(x)
    norm = x.norm(dim=-1)
    affinity = (x / norm[:, None]) @ (x / norm[:, None]).T * torch.exp(1 / norm.mean())
    edge = torch.zeros(n, n, dtype=torch.bool)
    for i in range(n):
        for same, count in ((True, 14), (False, 6)):
            others = [j for j in range(n) if j != i and (group[i] == group[j]) == same]
            for j in sorted(others, key=lambda j: -float(affinity[i, j]))[:count]:
                edge[i, j] = True
    low, high = affinity[edge].min(), affinity[edge].max()
    weight = torch.where(edge, (affinity - low) / (high - low), torch.zeros(()))
    weight = (weight + weight.T) / 2
    mean = weight @ x / weight.sum(1, keepdim=True)
    gate = torch.sigmoid(10 * ((x - mean).abs().mean(1, keepdim=True) - 0.2))
    return (1 - gate) * x + gate * mean


def test_hga_equals_the_loop_and_ignores_padding():
    group = torch.tensor([0] * 20 + [1] * 12)
    x = random(1, 32, 6)
    expected = reference_hga(x[0], group)
    assert torch.allclose(group_aggregate(x, group, torch.ones(1, 32, dtype=torch.bool))[0], expected, atol=1e-5)
    padded = torch.cat([x, 9 * random(1, 3, 6, seed=1)], dim=1)
    mask = torch.arange(35)[None] < 32
    out = group_aggregate(padded, torch.cat([group, torch.tensor([1, 1, 1])]), mask)
    assert torch.allclose(out[0, :32], expected, atol=1e-5)


def test_hga_replaces_what_stands_out_and_keeps_near_duplicates():
    like, odd = random(1, 6), random(1, 6, seed=1)
    x = torch.cat([like + 0.01 * random(8, 6, seed=2), like + odd])[None]
    out = group_aggregate(x, torch.zeros(9, dtype=torch.long), torch.ones(1, 9, dtype=torch.bool))
    moved = (out - x).norm(dim=-1)[0] / x.norm(dim=-1)[0]
    assert float(moved[:8].max()) < 0.1
    assert float((out[0, 8] - like[0]).norm()) < 0.2 * float(odd.norm())


def test_hga_leaves_a_lonely_token_alone():
    x = random(1, 3, 6).requires_grad_()
    mask = torch.tensor([[True, False, False]])
    out = group_aggregate(x, torch.tensor([0, 0, 1]), mask)
    assert torch.allclose(out[0, 0], x[0, 0])
    out.sum().backward()
    assert bool(x.grad.isfinite().all())


def test_connectors_keep_clips_apart(scene, shared_model):
    features, _ = scene
    together = encode_clips(shared_model, features)
    assert bool(together.tokens.isfinite().all())
    one = type(features)(
        {n: type(e)(*(t[1:2] for t in (e.tokens, e.where, e.track, e.mask))) for n, e in features.experts.items()}
    )
    alone = encode_clips(shared_model, one)
    assert torch.allclose(alone.tokens[0][alone.mask[0]], together.tokens[1][together.mask[1]], atol=1e-5)
    assert torch.equal(select(together, torch.tensor([1, 1])).tokens[0], together.tokens[1])


def test_one_clip_is_looked_at_as_in_a_batch(make_analysis, shared_model):
    for clip in (make_analysis(0), make_analysis(1, 1, ("figure",)), make_analysis(2, 3, ())):
        whole = encode_clips(shared_model, from_analysis(clip, shared_model.config))
        seen = shared_model.look(clip)
        assert torch.allclose(seen.tokens[seen.mask], whole.tokens[whole.mask], atol=1e-6)
        assert all(torch.equal(getattr(seen, name), getattr(whole, name)) for name in ("mask", "expert"))


@pytest.mark.parametrize("off", ["moec", "hga", "mova"])
def test_each_part_can_be_switched_off(scene, off):
    from pvchat.model.pvchat import PVChatModel

    features, _ = scene
    model = PVChatModel(replace(CONFIG, **{off: False})).eval()
    assert bool(model.read(encode_clips(model, features)).sentences.isfinite().all())
    assert (len(model.connectors.connectors["frame"].experts) == 1) == (off == "moec")
    assert (model.gate is None) == (off == "mova")


def test_mova_is_exactly_neutral_at_first_and_weighs_later(scene, shared_model):
    visual = encode_clips(shared_model, scene[0])
    gate = QuestionGate(CONFIG.width, CONFIG.sentence_width, len(CONFIG.experts))
    question = random(3, CONFIG.sentence_width)
    tokens, weights = gate(visual, question)
    assert torch.equal(tokens[visual.mask], visual.tokens[visual.mask])
    assert weights.tolist() == [[1, 1, 1, 1], [1, 1, 0, 1], [1, 0, 0, 0]]  # frame, body, face, pose; 0 where absent
    torch.nn.init.normal_(gate.gate[-1].weight)
    torch.nn.init.normal_(gate.out.weight)
    tokens, weights = gate(visual, question)
    assert torch.allclose(weights.sum(1), torch.tensor([4.0, 3.0, 1.0]), atol=1e-4)
    assert (gate(visual, question + 1)[0] - tokens).abs().max() > 1e-4


def test_mova_learns_from_its_neutral_start(scene, shared_model):
    visual = replace(encode_clips(shared_model, scene[0]))
    visual.tokens = visual.tokens.detach()
    gate = QuestionGate(CONFIG.width, CONFIG.sentence_width, len(CONFIG.experts))
    gate(visual, None)[0].square().sum().backward()
    assert float(gate.gate[-1].weight.grad.abs().sum()) > 0
    assert float(gate.out.weight.grad.abs().sum()) > 0
