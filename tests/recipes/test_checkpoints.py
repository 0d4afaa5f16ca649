"""Checkpoints: same bits back, whole or absent, pointers, pruning, refusals."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from pvchat.errors import WeightsError
from pvchat.train import run
from recipes.model.base import checkpoints
from recipes.model.base.checkpoints import TrainState
from recipes.model.made import create_model


class Extra(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.register_buffer("beta", torch.tensor(1e-8))


def make_state(seed=0, **shared):
    model, extra = create_model("tiny", llm="none", seed=seed), Extra()
    optimizer = torch.optim.AdamW([*model.qformer.parameters(), *extra.parameters()], lr=1e-2)
    return TrainState(model, optimizer, extra, shared={"seed": 0, **shared})


def take_step(state):
    """Uses torch's generator, so that its state counts; some parameters get no gradient."""
    loss = sum((p * torch.randn_like(p)).sum() for p in state.model.qformer.layers.parameters()) * state.objective.scale
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    state.optimizer.step()
    state.objective.beta.mul_(1.5)
    state.step += 1


def bits(state):
    moments = run.moments(state.optimizer, checkpoints._names(state))
    return {**state.model.state_dict(), **state.objective.state_dict(), **moments}


def test_goes_on_with_the_same_bits(tmp_path):
    torch.manual_seed(5)
    straight = make_state()
    take_step(straight)
    straight.best = 0.25
    checkpoints.save(straight, tmp_path, keep=2)
    take_step(straight)
    other = make_state(seed=1)
    checkpoints.load(other, tmp_path)
    assert (other.step, other.best) == (1, 0.25)
    take_step(other)
    one, two = bits(straight), bits(other)
    assert one.keys() == two.keys()
    assert [k for k in one if not torch.equal(one[k], two[k])] == []


def test_newest_and_best_stay(tmp_path):
    state = make_state()
    for step in range(1, 7):
        state.step = step
        checkpoints.save(state, tmp_path, keep=2, best=step == 2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000002", "000005", "000006", "best", "last"]
    assert checkpoints.find(tmp_path).name == "000006"
    assert checkpoints.find(tmp_path, "best").name == "000002"
    assert checkpoints.find(tmp_path, "000005").name == "000005"


def test_a_killed_write_leaves_the_last_one(tmp_path, monkeypatch):
    state = make_state()
    state.step = 1
    checkpoints.save(state, tmp_path, keep=3)

    def die(*_):
        raise KeyboardInterrupt

    state.step = 2
    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "_random", die)
        with pytest.raises(KeyboardInterrupt):
            checkpoints.save(state, tmp_path, keep=3)
    fresh = make_state()
    checkpoints.load(fresh, tmp_path)
    assert fresh.step == 1
    checkpoints.save(state, tmp_path, keep=3)  # and the remains are swept
    assert not list(tmp_path.glob(".*"))


def test_a_kill_while_a_checkpoint_takes_anothers_place_leaves_one(tmp_path, monkeypatch):
    """A run that begins anew in a folder, or looks twice at one step, writes where there is one."""
    state = make_state()
    state.step = 1
    checkpoints.save(state, tmp_path, keep=1)

    delete = checkpoints.shutil.rmtree

    def die(path, **options):
        if path.exists():
            delete(path)
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.shutil, "rmtree", die)
        with pytest.raises(KeyboardInterrupt):
            checkpoints.save(state, tmp_path, keep=1)
    checkpoints.load(make_state(), tmp_path)
    checkpoints.save(state, tmp_path, keep=1)
    assert not list(tmp_path.glob(".*"))


def test_refuses_what_does_not_belong(tmp_path):
    with pytest.raises(WeightsError, match="no checkpoint"):
        checkpoints.load(make_state(), tmp_path)
    checkpoints.save(make_state(), tmp_path, keep=1)
    other = make_state(data="other")
    other.shared["seed"] = 1
    with pytest.raises(WeightsError, match="another data, seed"):
        checkpoints.load(other, tmp_path)
