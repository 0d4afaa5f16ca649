"""Mixture-of-Heads attention against `torch.nn.functional.scaled_dot_product_attention`."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from pvchat.errors import SettingsError
from pvchat.model.heads import ROUTERS, HeadMixer, Heads, MixtureOfHeadsAttention, make_router
from recipes.model import routers  # noqa: F401  it adds some

B, Q, K, D, H, SHARED = 3, 7, 11, 48, 12, 8


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def reference(module, x, context, mask=None):
    """Dense attention with the module's projections, written out."""

    def heads(t):
        return t.view(t.shape[0], -1, H, module.head_width).transpose(1, 2)

    q, k, v = heads(module.query(x)), heads(module.key(context)), heads(module.value(context))
    out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return module.out(out.transpose(1, 2).reshape(x.shape))


def trained(router="relu"):
    """A module whose routers have left their neutral start."""
    module = MixtureOfHeadsAttention(D, Heads(H, SHARED, router))
    torch.nn.init.normal_(module.mixer.logit.weight, std=0.5)
    torch.nn.init.constant_(module.mixer.logit.bias, 0.0)
    torch.nn.init.normal_(module.mixer.alpha.weight, std=0.5)
    return module


@pytest.mark.parametrize("router", sorted(ROUTERS))
@pytest.mark.parametrize("grad", [True, False])
def test_a_fresh_module_is_dense_self_attention(router, grad):
    module = MixtureOfHeadsAttention(D, Heads(H, SHARED, router))
    x = torch.randn(B, Q, D)
    with torch.set_grad_enabled(grad):
        out, stats = module(x)
        assert (out - reference(module, x, x)).abs().max() <= 1e-6
    assert torch.equal(stats.gates, torch.ones(B, Q, H - SHARED))


@pytest.mark.parametrize("router", sorted(ROUTERS))
def test_a_fresh_module_is_dense_cross_attention_with_padding(router):
    module = MixtureOfHeadsAttention(D, Heads(H, SHARED, router), context_width=20)
    x, context = torch.randn(B, Q, D), torch.randn(B, K, 20)
    mask = torch.arange(K)[None] < torch.tensor([[K], [4], [1]])
    out, _ = module(x, context, mask=mask)
    assert (out - reference(module, x, context, mask[:, None, None])).abs().max() <= 1e-6


def test_padded_keys_change_nothing():
    module, x = trained(), torch.randn(1, Q, D)
    context = torch.randn(1, K, D)
    mask = torch.arange(K)[None] < 5
    short, _ = module(x, context[:, :5])
    long, _ = module(x, context, mask=mask)
    assert (short - long).abs().max() <= 1e-6


def test_weights_follow_the_formula():
    mixer = HeadMixer(D, Heads(H, SHARED))
    torch.nn.init.normal_(mixer.logit.weight)
    torch.nn.init.normal_(mixer.alpha.weight)
    x, z = torch.randn(B, Q, D), torch.randn(B, 1, H - SHARED)
    weights, stats = mixer(x, z)
    alpha = torch.softmax(x @ mixer.alpha.weight.T, -1) * 2
    gate = torch.relu(x @ mixer.logit.weight.T + 1 + z)
    assert torch.allclose(weights[..., :SHARED], alpha[..., :1].expand(B, Q, SHARED))
    assert torch.allclose(weights[..., SHARED:], alpha[..., 1:] * gate, atol=1e-5)
    assert float(stats.head_share().mean()) == pytest.approx(float((gate > 0).float().mean()))


def test_routing_is_fp32_under_autocast():
    """Gates near zero decide whether a head runs: in bfloat16 their logits would be rounded to steps of .4 %."""
    mixer = trained().mixer
    x, z = torch.randn(B, Q, D), torch.randn(B, 1, H - SHARED)
    plain, stats = mixer(x, z)
    with torch.autocast("cpu", torch.bfloat16):
        assert mixer.logit(x).dtype == torch.bfloat16  # what routing would be computed in otherwise
        again, cast = mixer(x, z)
        inside, _ = mixer(x.bfloat16())
    assert torch.equal(plain, again)
    assert torch.equal(stats.logits, cast.logits)
    assert cast.logits.dtype == cast.gates.dtype == torch.float32
    rounded = x.bfloat16().float()
    assert torch.equal(inside, mixer(rounded)[0].bfloat16())  # tokens may be bfloat16; nothing after them is


def test_offsets_differ_within_a_batch_and_within_a_sequence():
    module, x = trained(), torch.randn(1, Q, D).expand(2, Q, D)
    z = torch.zeros(2, 1, H - SHARED)
    z[1] = -100.0
    _, stats = module(x, z=z)
    assert bool(stats.active()[0].any())
    assert not bool(stats.active()[1].any())
    per_query = torch.zeros(2, Q, H - SHARED)
    per_query[:, 3] = -100.0
    _, stats = module(x, z=per_query)
    assert not bool(stats.active()[:, 3].any())
    assert bool(stats.active()[:, 2].any())


@pytest.mark.parametrize("router", sorted(ROUTERS))
def test_every_parameter_gets_a_gradient(router):
    module = trained(router)
    module.mixer.logit.bias.data.fill_(0.5)
    module(torch.randn(B, Q, D))[0].square().sum().backward()
    for name, parameter in module.named_parameters():
        if name == "mixer.logit.bias" and router == "topk":
            continue
        assert bool(parameter.grad.isfinite().all()), name
        if name != "key.bias":  # softmax doesn't see a shift of all scores
            assert float(parameter.grad.abs().sum()) > 0, name


def test_router_gradients_are_right():
    mixer = HeadMixer(5, Heads(6, 2)).double()
    torch.nn.init.normal_(mixer.logit.weight)
    torch.nn.init.normal_(mixer.alpha.weight)
    x = torch.randn(1, 3, 5, dtype=torch.double, requires_grad=True)

    def scalar(t):  # routing itself is fp32, so the check is a coarse one
        return mixer(t)[0].square().sum()

    (slope,) = torch.autograd.grad(scalar(x), x)
    step = torch.randn_like(x) * 1e-3
    difference = (scalar(x + step) - scalar(x - step)) / 2
    assert float(difference.detach()) == pytest.approx(float((slope * step).sum()), rel=2e-2, abs=1e-5)


def test_relu_norm_survives_all_heads_off():
    router = make_router("relu_norm", 4, 2)
    logits = torch.full((2, 4), -1.0, requires_grad=True)
    gates = router(logits)
    gates.sum().backward()
    assert torch.equal(gates, torch.zeros(2, 4))
    assert bool(logits.grad.isfinite().all())


def test_topk_keeps_k_heads_with_mean_gate_one():
    gates = make_router("topk", 4, 2)(torch.randn(50, 4))
    assert torch.equal((gates > 0).sum(-1), torch.full((50,), 2))
    assert torch.allclose(gates.sum(-1), torch.full((50,), 2.0))


def test_statistics_leave_padding_out():
    module, x = trained(), torch.randn(1, 4, D)
    mask = torch.tensor([[True, True, False, False]])
    _, stats = module(x, query_mask=mask)
    assert torch.allclose(stats.head_share(), (stats.gates[0, :2] > 0).float().mean(0))


@pytest.mark.parametrize("heads", [Heads(H), Heads(H, H)])
def test_all_heads_shared_means_dense_and_no_router(heads):
    module, x = MixtureOfHeadsAttention(D, heads), torch.randn(B, Q, D)
    out, stats = module(x)
    assert stats is None
    assert module.mixer is None
    assert (out - reference(module, x, x)).abs().max() <= 1e-6


def test_wrong_settings_are_named():
    with pytest.raises(SettingsError, match="unknown router 'gru'"):
        MixtureOfHeadsAttention(D, Heads(H, SHARED, "gru"))
    with pytest.raises(SettingsError, match="multiple"):
        MixtureOfHeadsAttention(50, Heads(H, SHARED))
    with pytest.raises(SettingsError, match="shared heads"):
        HeadMixer(D, Heads(4, 4))
