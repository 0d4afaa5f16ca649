"""Which model answers, which bases there are: presets, folders; without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from pvchat.bases import models
from pvchat.bases.sources import list_bases
from pvchat.cli import main as cli
from pvchat.config import Settings
from pvchat.errors import SettingsError, WeightsError
from pvchat.model.config import pretrained_folder, read_config
from pvchat.service.networks import needed_weights
from pvchat.storage.tensorfile import pack


def make_model(folder: Path, llm: str = "embedded", **changes: object) -> Path:
    """A folder as `save_pretrained` leaves it, with two small tensors."""
    folder.mkdir(parents=True)
    row = asdict(read_config(pretrained_folder("embedded"))) | {"llm": llm} | changes
    (folder / "config.json").write_text(json.dumps(row))
    (folder / "model.safetensors").write_bytes(pack({"a": np.zeros((3, 4), np.float32), "b": np.zeros(5, np.float32)}))
    return folder


def test_a_training_run_stands_for_its_best_checkpoint(tmp_path: Path) -> None:
    for step in ("000002", "000004"):
        make_model(tmp_path / "run" / "checkpoints" / step / "model")
    (tmp_path / "run" / "checkpoints" / "last").write_text("000004\n")
    assert models.find(str(tmp_path / "run")).parent.name == "000004"
    (tmp_path / "run" / "checkpoints" / "best").write_text("000002\n")
    assert models.find(str(tmp_path / "run")).parent.name == "000002"
    assert models.find(str(tmp_path / "run" / "checkpoints" / "000004")).parent.name == "000004"


@pytest.mark.parametrize(("answers", "source"), [("auto", "model"), ("facts", "facts"), ("model", "model")])
def test_a_folder_with_weights_answers_by_itself(tmp_path: Path, answers: str, source: str) -> None:
    folder = make_model(tmp_path / "m")
    assert models.choose(Settings(model=str(folder), answers=answers)) == (source, folder)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such model"):
        models.find(str(tmp_path))
    (make_model(tmp_path / "m") / "config.json").write_text("{")
    with pytest.raises(WeightsError, match="no readable model"):
        models.read_config(tmp_path / "m")


def test_the_command_prints_what_the_module_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "--json", "--device", "cpu"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in told] == [row["name"] for row in models.base_rows()] == list_bases()
    assert cli.main(["models"]) == 0
    assert list_bases()[0] in capsys.readouterr().out
    assert cli.main(["models", str(make_model(tmp_path / "m"))]) == 1  # one of our own is none
    assert "no pretrained base" in capsys.readouterr().err


def test_a_base_is_sized_for_a_card_that_is_not_here() -> None:
    assert all(row["memory"] > 1e9 for row in models.base_rows(device="cuda"))


def test_listing_models_and_the_help_of_training_need_no_torch() -> None:
    for words in (["models", "--json"], ["train", "base", "--help"]):
        code = f"""
import sys
from pvchat.cli.main import main
try:
    main({words!r})
except SystemExit:
    pass
sys.exit(any(m in sys.modules for m in ("torch", "transformers")))
"""
        assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_train_base_takes_all_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys) -> None:
    from recipes.model.base import run as base

    seen = []
    result = {"step": 2, "done": True, "checkpoint": tmp_path / "000002", "bleu4": 1.5}
    monkeypatch.setattr(base, "train_base", lambda config: seen.append(config) or result)
    words = ["train", "base", "--phase", "2", "--steps", "2", "--out", str(tmp_path), "--resume", "--json"]
    assert cli.main(words) == 0
    assert (seen[0].phase, seen[0].steps, seen[0].out, seen[0].resume) == (2, 2, tmp_path, True)
    assert json.loads(capsys.readouterr().out)["bleu4"] == 1.5
    assert cli.main(["train", "base", "--phase", "9"]) == 1


def test_train_base_says_that_it_takes_a_checkout(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """In the wheel, whatever options were typed."""
    monkeypatch.setattr("pvchat.cli.train._in_checkout", lambda: False)
    assert cli.main(["train", "base", "--model", "smolvlm2-500m", "--data", "sets", "--connector", "-v"]) == 1
    assert "takes a checkout of the source" in capsys.readouterr().err
    assert cli.main(["train", "base", "--phase", "1", "--json"]) == 1
    assert "checkout" in capsys.readouterr().out


@pytest.mark.parametrize(("answers", "needed"), [("auto", False), ("facts", False), ("model", False), ("spoken", True)])
def test_a_language_model_is_needed_for_its_words_alone(answers: str, needed: bool) -> None:
    assert needed_weights(Settings(answers=answers)) == (("embedded", "spoken") if needed else ("embedded",))
