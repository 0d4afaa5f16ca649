"""What ships: bf16, whole, and never glued together from runs that don't fit."""

from __future__ import annotations

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from pvchat.errors import WeightsError
from pvchat.model.checkpoint import ANSWERING, read_words
from pvchat.model.printmatch import CROWD
from pvchat.model.pvchat import PVChatModel
from pvchat.model.registry import create_model
from pvchat.train.base.release import release


@pytest.fixture
def runs(tmp_path):
    """A saved model with a language model, and one without that trained its presence head."""
    worded = create_model("tiny")
    worded.save_pretrained(tmp_path / "worded", dtype=torch.float32)
    silent = PVChatModel.from_pretrained(tmp_path / "worded", llm="none")
    with torch.no_grad():
        silent.match_weight.fill_(7.0)
    silent.save_pretrained(tmp_path / "silent", dtype=torch.float32)
    return tmp_path / "silent", tmp_path / "worded"


def test_the_released_model_has_both_runs_parts(runs, tmp_path):
    silent, worded = runs
    release(silent, tmp_path / "out", worded)
    model = PVChatModel.from_pretrained(tmp_path / "out")
    assert model.llm is not None
    assert float(model.match_weight.detach()) == 7.0
    saved = load_file(tmp_path / "out" / "model.safetensors")
    assert {v.dtype for v in saved.values() if v.dim()} == {torch.bfloat16}
    assert saved.keys() == load_file(worded / "model.safetensors").keys()


def test_runs_that_moved_apart_are_refused(runs, tmp_path):
    silent, worded = runs
    moved = PVChatModel.from_pretrained(silent)
    with torch.no_grad():
        moved.qformer.queries.add_(1.0)
    moved.save_pretrained(tmp_path / "moved", dtype=torch.float32)
    with pytest.raises(WeightsError, match="differ"):
        release(tmp_path / "moved", tmp_path / "out", worded)


def test_what_answers_rest_on_is_laid_beside_it(runs, tmp_path):
    _, worded = runs
    taught = PVChatModel.from_pretrained(worded)
    with torch.no_grad():
        taught.prints.crowd.fill_(-7.0)
    taught.save_pretrained(tmp_path / "taught", dtype=torch.float32)
    release(worded, tmp_path / "out", answering=[tmp_path / "taught"])
    model = PVChatModel.from_pretrained(tmp_path / "out")
    assert float(model.prints.crowd.detach()) == pytest.approx(CROWD)
    assert float(read_words(model, tmp_path / "out" / ANSWERING)["prints.crowd"]) == -7.0


def test_two_ends_of_a_training_are_averaged(runs, tmp_path):
    _, worded = runs
    for name, value in (("one", 1.0), ("two", 2.0)):
        end = PVChatModel.from_pretrained(worded)
        with torch.no_grad():
            end.project_people.weight.fill_(value)
        end.save_pretrained(tmp_path / name, dtype=torch.float32)
    release(worded, tmp_path / "out", answering=[tmp_path / "one", tmp_path / "two"], heard=(2.0, 1.5))
    model = PVChatModel.from_pretrained(tmp_path / "out")
    words = read_words(model, tmp_path / "out" / ANSWERING)
    assert torch.allclose(words["project_people.weight"].float(), torch.tensor(1.5), rtol=0.01)
    assert words["prints.heard"].tolist() == [2.0, 1.5]


def test_ends_of_other_trainings_are_not_averaged(runs, tmp_path):
    _, worded = runs
    rows = load_file(worded / "model.safetensors")
    shutil.copytree(worded, tmp_path / "less")
    save_file({k: v for k, v in rows.items() if k != "project_presence.weight"}, tmp_path / "less/model.safetensors")
    with pytest.raises(WeightsError, match="the same"):
        release(worded, tmp_path / "out", answering=[worded, tmp_path / "less"])
