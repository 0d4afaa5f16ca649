"""Base training on a base: mixed heads from identity episodes, stopped, resumed, used by `--model`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from make_lessons import PEOPLE, STRANGERS, crop
from PIL import Image

from pvchat.bases.shared import add_shared, shared_parameters, stamp_of
from pvchat.bases.sources import read_source
from pvchat.cli import main as cli
from pvchat.errors import SettingsError, WeightsError
from pvchat.train.base.config import BaseConfig
from pvchat.train.bases.episodes import Identities, read_identities
from pvchat.train.bases.sharing import train_shared


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of six identities with four pictures each; two of them are held back."""
    root = tmp_path_factory.mktemp("sets")
    (root / "faces").mkdir()
    rows = []
    for who, colours in enumerate([*PEOPLE.values(), *STRANGERS]):
        for i in range(4):
            name = f"{who}-{i}.png"
            Image.fromarray(crop(colours, 10 * who + i)).save(root / "faces" / name)
            split = "val" if who >= 4 else "train"
            rows.append({"file": name, "set": "faces", "split": split, "w": 24, "h": 26, "identity": f"p{who}"})
    (root / "faces" / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def config(pictures: Path, model: str, out: Path, **more: object) -> BaseConfig:
    words = {"steps": 3, "batch": 2, "validate_every": 3, "validate_rows": 4, "lr": 0.05, "identities": "faces,absent"}
    return BaseConfig(data=pictures, out=out, model=model, device="cpu", **(words | more))  # type: ignore[arg-type]


def test_episodes_are_drawn_by_their_step(pictures, open_base) -> None:
    base = open_base("llava_onevision")
    people = Identities(pictures, ["faces"], base, held_back=False)
    assert len(people.all) == 4
    drawn = people.draw(0, 0, 8)
    assert [e.present for e in drawn] == [True, False] * 4
    assert drawn == people.draw(0, 0, 8)
    assert drawn != people.draw(1, 0, 8)
    assert all(people.all[e.identity].name == f"p{e.picture.name[0]}" for e in drawn if e.present)
    assert people.tokens(0).shape == (16, base.width)
    assert {one.held_back for one in read_identities(pictures, ["faces"])} == {True, False}
    with pytest.raises(SettingsError, match="too few identities"):
        Identities(pictures, ["absent"], base, held_back=False)


def test_a_run_is_resumed_to_the_bit_and_answers_by_its_folder(pictures, folder_of, open_base, tmp_path) -> None:
    folder, full = str(folder_of("llava_onevision")), torch.float32
    source = read_source(folder)
    straight = train_shared(config(pictures, folder, tmp_path / "one"), source, full)
    assert straight["done"]
    assert 0 <= straight["best"] <= 1
    train_shared(config(pictures, folder, tmp_path / "two", steps=1), source, full)
    with pytest.raises(WeightsError, match="made otherwise"):
        train_shared(config(pictures, folder, tmp_path / "two", resume=True, lr=1.0), source, full)
    again = train_shared(config(pictures, folder, tmp_path / "two", resume=True), source, full)
    assert again["step"] == straight["step"] == 3
    one, two = ((tmp_path / name / "shared.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two
    trained = read_source(str(tmp_path / "one"))
    assert trained.trained == tmp_path / "one"
    assert trained.path == folder
    fresh = open_base("llava_onevision")
    base = add_shared(type(fresh)(trained, open_base("llava_onevision", bare=True).model, fresh.processor,
                                  fresh.family, fresh.frames, fresh.soft))  # fmt: skip
    moved = shared_parameters(base)
    assert any(float(v.abs().sum()) > 0 for k, v in moved.items() if k.endswith("logit.weight"))
    assert stamp_of(base) != stamp_of(fresh)
    assert stamp_of(base, bare=True) == stamp_of(fresh, bare=True)
    losses = [json.loads(line) for line in (tmp_path / "one" / "metrics.jsonl").read_text().splitlines()]
    assert all(np.isfinite(row["loss"]) for row in losses if "loss" in row)
    other = open_base("smolvlm", bare=True)
    wrong = type(other)(read_source(str(tmp_path / "one")), other.model, other.processor, other.family, 8, other.soft)
    with pytest.raises(WeightsError, match="another base"):
        add_shared(wrong)


def test_the_command_trains_on_a_base(pictures, folder_of, tmp_path, capsys) -> None:
    base = str(folder_of("llava_onevision"))
    words = ["train", "base", "--model", base, "--data", str(pictures), "--identities", "faces", "--json"]
    words += ["--out", str(tmp_path / "run"), "--steps", "1", "--batch", "2", "--validate-rows", "2"]
    assert cli.main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["done"]
    assert Path(told["checkpoint"]) == tmp_path / "run"
