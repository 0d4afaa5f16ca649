"""Recipes of the trained model: what ships."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from pvchat.model.pvchat import PVChatModel
from recipes.model.made import create_model, save_model
from recipes.model.release import release


@pytest.fixture
def runs(tmp_path):
    """A saved model with a language model, and one without that trained its aligner."""
    worded = create_model("tiny")
    save_model(worded, tmp_path / "worded", torch.float32)
    silent = PVChatModel.from_pretrained(tmp_path / "worded", llm="none")
    with torch.no_grad():
        silent.aligner.kind.fill_(7.0)
    save_model(silent, tmp_path / "silent", torch.float32)
    return tmp_path / "silent", tmp_path / "worded"


@pytest.mark.slow
def test_the_released_model_has_both_runs_parts(runs, tmp_path):
    silent, worded = runs
    release(silent, tmp_path / "out", worded)
    model = PVChatModel.from_pretrained(tmp_path / "out")
    assert model.llm is not None
    assert float(model.aligner.kind.detach().min()) == 7.0
    saved = load_file(tmp_path / "out" / "model.safetensors")
    assert {v.dtype for v in saved.values() if v.dim()} == {torch.bfloat16}
    assert saved.keys() == load_file(worded / "model.safetensors").keys()
