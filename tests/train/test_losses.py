"""Routing losses against their formulas and finite differences, and the schedule of β."""

from __future__ import annotations

import math

import pytest
import torch

from pvchat.errors import SettingsError
from pvchat.model.heads import HeadMixer, Heads, RoutingStats
from pvchat.train import losses
from recipes.model.base.contrast import contrastive_loss, similarity
from recipes.model.routers import TopKRouter


def routed(logits, mask=None, adaptive=True):
    gates = torch.relu(logits) if adaptive else TopKRouter(1)(logits)
    return RoutingStats(logits, gates, mask, adaptive)


def random_logits(seed, mean=0.0, shape=(2, 5, 4)):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + mean


def with_share(share, tokens=100):
    """Statistics with exactly that active share."""
    logits = torch.full((1, tokens, 1), -1.0)
    logits[0, : round(share * tokens)] = 1.0
    return routed(logits)


@pytest.mark.parametrize(("share", "steps"), [(0.55, 461), (0.6, 231), (0.7, 116), (0.9, 58)])
def test_beta_reaches_one_on_schedule(share, steps):
    controller = losses.SparsityController("both")
    taken = 0
    while float(controller.beta) < 1.0:
        controller([with_share(share)])
        controller.step()
        taken += 1
        assert taken < 1000
    assert abs(taken - steps) <= 1
    assert taken == pytest.approx(math.log(1e8) / (0.8 * (share - 0.5)), abs=1.5)


def test_beta_falls_when_too_few_are_active_and_stays_in_bounds():
    controller = losses.SparsityController(beta=5.0)
    for _ in range(200):
        controller([with_share(1.0)])
        controller.step()
    assert float(controller.beta) == pytest.approx(losses.BETA_MAX)
    for _ in range(200):
        controller([with_share(0.0)])
        controller.step()
    assert float(controller.beta) < losses.BETA_MAX
    controller.beta.fill_(1e-15)
    controller([with_share(0.0)])
    controller.step()
    assert float(controller.beta) == pytest.approx(losses.BETA_MIN)


def test_beta_never_moves_in_evaluation_and_travels_in_the_state():
    controller = losses.SparsityController().eval()
    controller([with_share(0.9)])
    controller.step()
    assert float(controller.beta) == pytest.approx(losses.BETA_START)
    controller.train()
    controller([with_share(0.9)])
    controller.step()
    other = losses.SparsityController()
    other.load_state_dict(controller.state_dict())
    assert torch.equal(other.beta, controller.beta)
    assert float(other.beta) > losses.BETA_START


def test_micro_batches_count_as_one_step():
    one, two = losses.SparsityController(), losses.SparsityController()
    one([with_share(0.7)])
    one.step()
    two([with_share(0.6)])
    two([with_share(0.8)])
    two.step()
    two.step()  # nothing seen since: nothing moves
    assert float(two.beta) == pytest.approx(float(one.beta))


def test_switches():
    stats = [routed(random_logits(0, mean=-1.0))]
    assert losses.SparsityController("none")(stats) == {}
    assert set(losses.SparsityController("spr")(stats)) == {"spr"}
    assert set(losses.SparsityController("both")(stats)) == {"spr", "hae"}
    assert losses.SparsityController("both")([]) == {}
    assert losses.SparsityController("both")([routed(random_logits(0), adaptive=False)]) == {}
    with pytest.raises(SettingsError, match="unknown sparsity mode"):
        losses.SparsityController("all")
    with pytest.raises(SettingsError, match="share of the routed heads"):
        losses.SparsityController("both", target=3.0)


def test_spr_is_the_formula_pooled_over_modules():
    a, b = random_logits(1), random_logits(2, mean=0.5)
    expected = []
    for logits in (a, b):
        for i in range(4):
            gate = torch.relu(logits[..., i])
            expected.append(float((gate > 0).float().mean() * gate.mean()))
    assert float(losses.spr_loss([routed(a), routed(b)], 0.3)) == pytest.approx(0.3 * sum(expected) / 8, rel=1e-5)


def test_spr_has_the_gradient_of_the_mean_gate():
    logits = random_logits(3).requires_grad_()
    losses.spr_loss([routed(logits)], 2.0).backward()
    share = (logits > 0).float().mean((0, 1))
    assert torch.allclose(logits.grad, 2.0 * share / 4 / 10 * (logits > 0), atol=1e-7)


def test_hae_value():
    stats = [with_share(0.2)]
    assert float(losses.hae_loss(stats)) == pytest.approx(0.5 * (math.exp(2 * (0.8 - 0.5)) - 1), rel=1e-5)
    assert float(losses.hae_loss([with_share(0.5)])) == 0.0
    assert float(losses.hae_loss([with_share(0.9)])) == 0.0


def test_hae_pools_modules_before_it_compares():
    assert float(losses.hae_loss([with_share(0.2), with_share(0.9)])) == 0.0


def test_hae_gradient_is_that_of_the_surrogate():
    """Finite differences of w · (exp(2 (1 - S_hard - (σ̄(ℓ) - σ̄(ℓ0)) - T)) - 1), whose slope is passed on."""
    logits = random_logits(4, mean=-0.3).double()
    leaf = logits.clone().requires_grad_()
    losses.hae_loss([routed(leaf)]).backward()
    assert float(leaf.grad.abs().sum()) > 0

    hard, soft = (logits > 0).double().mean(), torch.sigmoid(10 * logits).mean()

    def surrogate(moved):
        share = hard + torch.sigmoid(10 * moved).mean() - soft
        return 0.5 * torch.expm1(2 * (1 - share - 0.5))

    for place in ((0, 0, 0), (1, 2, 3), (0, 4, 1)):
        step = torch.zeros_like(logits)
        step[place] = 1e-5
        slope = (surrogate(logits + step) - surrogate(logits - step)) / 2e-5
        assert float(leaf.grad[place]) == pytest.approx(float(slope), rel=1e-4, abs=1e-9)


def test_hae_revives_dead_heads():
    mixer = HeadMixer(6, Heads(6, 2))
    mixer.logit.bias.data.fill_(-0.2)
    x = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0))
    optimiser = torch.optim.SGD(mixer.parameters(), lr=0.5)
    assert float(mixer(x)[1].head_share().mean()) == 0.0
    for _ in range(50):
        optimiser.zero_grad()
        losses.hae_loss([mixer(x)[1]]).backward()
        optimiser.step()
    assert float(mixer(x)[1].head_share().mean()) >= 0.5


def test_padding_counts_nowhere():
    logits = random_logits(5, mean=-0.5)
    mask = torch.tensor([[True] * 3 + [False] * 2] * 2)
    cut = routed(logits[:, :3])
    padded = routed(logits, mask)
    assert float(losses.hae_loss([padded])) == pytest.approx(float(losses.hae_loss([cut])), rel=1e-5)
    assert float(losses.spr_loss([padded], 1.0)) == pytest.approx(float(losses.spr_loss([cut], 1.0)), rel=1e-5)


def test_contrastive_loss_prefers_the_right_pairs():
    rows = torch.nn.functional.normalize(random_logits(7, shape=(6, 8)), dim=-1)
    right, wrong = similarity(rows[:, None], rows), similarity(rows[:, None], rows.roll(1, 0))
    assert float(contrastive_loss(right)) < float(contrastive_loss(wrong))
    assert float(contrastive_loss(torch.ones(4, 4))) == pytest.approx(math.log(4))


def test_similarity_is_the_best_query_of_a_clip():
    queries = torch.eye(4)[None, :3]  # one clip, three queries
    assert similarity(queries, torch.eye(4)).tolist() == [[1.0, 1.0, 1.0, 0.0]]
