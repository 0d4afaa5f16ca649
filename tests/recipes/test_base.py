"""Base training on a generated set: all phases run, resumed runs equal straight ones, signals save."""

from __future__ import annotations

import os
import signal
import threading

import pytest
import torch
from make_sets import encode, make_config
from safetensors.torch import load_file

from pvchat.bases.models import trained_folder
from pvchat.errors import PVChatError
from pvchat.model.pvchat import PVChatModel
from pvchat.train.signals import stopping
from recipes.model.base import checkpoints, optimizer
from recipes.model.base import run as base
from recipes.model.base.config import BaseConfig, parse
from recipes.model.base.data import picture_features
from recipes.model.base.report import read_metrics
from recipes.model.batches import encode_clips
from recipes.model.check import check


def tensors(folder, which="last"):
    place = checkpoints.find(folder / "checkpoints", which)
    files = ("model/model.safetensors", "optimizer.safetensors", "objective.safetensors", "random.safetensors")
    return {f"{name}:{k}": v for name in files for k, v in load_file(place / name).items()}


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_resumed_equals_straight_to_the_last_bit(tmp_path, phase):
    straight = make_config(tmp_path, phase=phase, out=tmp_path / "straight")
    assert base.train_base(straight, encode)["done"]
    cut = make_config(tmp_path, phase=phase, out=tmp_path / "cut")
    run = base.setup(cut, encode)
    taken = []

    def stop_after_three(step):
        taken.append(step)
        if len(taken) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return batch(step)

    batch, run.phase.batch = run.phase.batch, stop_after_three
    torch.manual_seed(cut.seed + 1)  # as train_base does
    first = base.fit(run)
    assert (first["step"], first["done"]) == (3, False)
    torch.manual_seed(99)  # another process has another state
    assert base.train_base(make_config(tmp_path, phase=phase, out=tmp_path / "cut", resume=True), encode)["done"]
    one, two = tensors(tmp_path / "straight"), tensors(tmp_path / "cut")
    assert one.keys() == two.keys()
    assert [k for k in one if not torch.equal(one[k], two[k])] == []
    assert any(k.startswith("optimizer") for k in one)
    timings = {"data_s", "update_s"}
    rows = [
        [{k: v for k, v in r.items() if k not in timings} for r in read_metrics(tmp_path / name / "metrics.jsonl")]
        for name in ("straight", "cut")
    ]
    assert rows[0] == rows[1]
    assert [r["step"] for r in rows[0] if r["part"] == "train"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
def test_contrastive_phase_learns(tmp_path):
    config = make_config(
        tmp_path,
        steps=40,
        lr=3e-3,
        batch=8,
        auto_share=0.0,
        validate_every=40,
        save_every=40,
        log_every=1,
        negatives=8,
        dropout=0.0,
    )
    base.train_base(config, encode)
    losses = [r["loss"] for r in read_metrics(config.out / "metrics.jsonl") if r["part"] == "train"]
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])


def test_a_fresh_model_tells_pictures_apart(tmp_path):
    config = make_config(tmp_path)
    model = base.make_model(config).eval()
    grids = torch.rand((6, 49, 1280), generator=torch.Generator().manual_seed(0)).numpy()
    grids[:] += 3 * (torch.arange(1280) % 6 == torch.arange(6)[:, None, None]).float().numpy()
    with torch.no_grad():
        tokens = encode_clips(model, picture_features(grids, None, model.config)).tokens[:, :49]
        alike = torch.nn.functional.cosine_similarity(tokens[:, None], tokens[None], dim=-1).mean(-1)
    assert alike[~torch.eye(6, dtype=torch.bool)].mean() < 0.9


def test_phases_build_on_one_another(tmp_path):
    base.train_base(make_config(tmp_path, steps=2, out=tmp_path / "one"), encode)
    second = make_config(tmp_path, phase=2, steps=2, out=tmp_path / "two", start=str(tmp_path / "one"))
    began = base.make_model(second)
    kept = load_file(trained_folder(tmp_path / "one") / "model.safetensors")
    assert torch.equal(began.state_dict()["qformer.queries"], kept["qformer.queries"])
    base.train_base(second, encode)
    third = make_config(tmp_path, phase=3, steps=2, out=tmp_path / "three", start=str(tmp_path / "two"))
    done = base.train_base(third, encode)
    model = PVChatModel.from_pretrained(done["checkpoint"] / "model")
    assert model.llm is not None


def test_words_about_people_are_learned_without_touching_anything_else(tmp_path):
    first = make_config(tmp_path, phase=3, steps=1, out=tmp_path / "first")
    base.train_base(first, encode)
    second = make_config(tmp_path, phase=3, only="project_p", start=str(first.out), steps=2, out=tmp_path / "second")
    run = base.setup(second, encode)
    peaks = {g["peak"]: g["weight_decay"] for g in run.state.optimizer.param_groups}
    assert peaks[optimizer.TOLD * second.lr] == 0  # the soft prompt's
    before = {k: v.clone() for k, v in run.state.model.state_dict().items()}
    assert "said_balanced_accuracy" in base.fit(run)
    assert run.state.best == run.phase.validate(run.state.model)[run.phase.score]
    moved = {k for k, v in run.state.model.state_dict().items() if not torch.equal(v, before[k])}
    assert moved == {"project_people.weight", "project_people.bias", "project_presence.weight"}


def test_phase_three_rehearses_phase_two(tmp_path):
    base.train_base(make_config(tmp_path, phase=3, rehearsal=2, steps=1), encode)
    (first, *_) = read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert first["loss"] == pytest.approx(sum(first[k] for k in ("lm_loss", "first_loss", "rehearsal_loss")))


def test_refusals(tmp_path):
    config = make_config(tmp_path, steps=1)
    base.train_base(config, encode)
    with pytest.raises(PVChatError, match="holds a run"):
        base.train_base(config, encode)
    with pytest.raises(PVChatError, match="another lr"):
        base.train_base(make_config(tmp_path, steps=1, lr=1.0, resume=True), encode)
    with pytest.raises(PVChatError, match="language model"):
        base.train_base(make_config(tmp_path, phase=2, llm="none", out=tmp_path / "x"), encode)
    with pytest.raises(PVChatError, match="device"):
        base.train_base(make_config(tmp_path, device="tpu", out=tmp_path / "x"), encode)
    with pytest.raises(PVChatError, match="phase"):
        BaseConfig(phase=4)


def test_a_small_batch_leaves_labelled_pictures_out(tmp_path):
    config = make_config(tmp_path, batch=4, auto_share=0.05, steps=1)
    phase = base.setup(config, encode).phase
    assert len(phase.lessons.pools) == 1
    assert len(phase.batch(0).features) == 4


def test_a_run_that_ended_before_its_first_checkpoint_is_started_anew(tmp_path):
    config = make_config(tmp_path, steps=1)
    base.setup(config, encode)  # killed here
    assert base.train_base(config, encode)["done"]


def test_time_limit_ends_a_sitting(tmp_path):
    done = base.train_base(make_config(tmp_path, steps=10**6, minutes=1e-4), encode)
    assert not done["done"]
    assert (done["checkpoint"] / "state.json").is_file()


def test_signals_are_given_back():
    before = signal.getsignal(signal.SIGINT)
    with stopping() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        assert signal.getsignal(signal.SIGINT) is before  # a second one ends the process
    assert signal.getsignal(signal.SIGINT) is before
    found = []
    thread = threading.Thread(target=lambda: found.append(stopping().__enter__().is_set()))
    thread.start()
    thread.join()
    assert found == [False]


def test_learning_rate():
    config = BaseConfig(steps=100, warmup=10)
    rates = [optimizer.learning_rate(step, config) for step in range(100)]
    assert rates[0] == 0.1
    assert rates[9] == rates[10] == 1
    assert all(a >= b for a, b in zip(rates[10:], rates[11:], strict=False))
    assert abs(optimizer.learning_rate(100, config) - optimizer.FLOOR) < 1e-9


def test_every_setting_is_an_option():
    config = parse(["--data", "d", "--phase", "3", "--resume", "--auto-share", "0.1", "--llm", "none"])
    assert (str(config.data), config.phase, config.resume, config.auto_share, config.llm) == ("d", 3, True, 0.1, "none")
    assert parse([]) == BaseConfig()


@pytest.mark.parametrize("phase", [1, 2, 3])
def test_check_repeats_the_last_validation(tmp_path, phase):
    run = base.train_base(make_config(tmp_path, phase=phase), encode)
    again = check(make_config(tmp_path, phase=phase, start=str(run["checkpoint"])), encode)
    assert {k: again[k] for k in run if k in again} == {k: v for k, v in run.items() if k in again}
    assert again.keys() & run.keys()


def test_sparsity_acts_on_the_heads_that_train(tmp_path):
    """With `--only` the routed heads, a step moves their routers by SPR and HAE, too, and nothing else.

    The target is one that heads which are all on miss, so that HAE has something to push.
    """
    moved = {}
    for sparsity in ("none", "both"):
        only = "qformer.layers."
        out = tmp_path / sparsity
        config = make_config(tmp_path, phase=2, out=out, sparsity=sparsity, only=only, lr=0.1, warmup=1, dropout=0)
        run = base.setup(config, encode)
        run.state.objective.sparsity.target = -0.5
        before = {k: v.clone() for k, v in run.state.model.named_parameters()}
        numbers, _ = base.take_step(run)
        after = dict(run.state.model.named_parameters())
        changed = {k for k in before if not torch.equal(before[k], after[k])}
        assert all(k.startswith(only) for k in changed)
        assert any(".mixer." in k for k in changed)
        assert ("hae_loss" in numbers) == ("spr_loss" in numbers) == (sparsity == "both")
        moved[sparsity] = numbers["gradient_norm"]
    assert moved["both"] != moved["none"]
