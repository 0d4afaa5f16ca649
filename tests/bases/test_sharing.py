"""Base training on a base: mixed heads from identity episodes, stopped, resumed, used by `--model`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from make_lessons import PEOPLE, SHADES, STRANGERS, crop, shown
from PIL import Image
from safetensors.torch import load_file

from pvchat.bases.loading import load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of, yes_no
from pvchat.bases.shared import add_shared, shared_parameters, stamp_of
from pvchat.bases.soft import spoken_with
from pvchat.bases.sources import list_bases, read_source
from pvchat.cli import main as cli
from pvchat.errors import SettingsError, WeightsError
from pvchat.model.people import PersonState
from pvchat.model.retrofit import mixers
from pvchat.runtime import one_thread
from recipes.bases.sharing import REFERENCES, Identities, name_of, read_identities, read_picture, train_shared
from recipes.model.base.config import BaseConfig


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


def no_room(*_: object) -> None:
    raise OSError("the disk is full")


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


def test_a_run_is_resumed_to_the_bit_and_answers_by_its_folder(
    pictures, folder_of, open_base, tmp_path, monkeypatch
) -> None:
    """Random weights needn't get better in three steps: the last parts stand in the folder, not the best ones."""
    monkeypatch.setattr("pvchat.train.run.Run.put_best_back", lambda run: None)
    folder, full = str(folder_of("llava_onevision")), torch.float32
    with monkeypatch.context() as elsewhere:  # it is named from another folder than it is asked for from
        elsewhere.chdir(Path(folder).parent)
        source = read_source(Path(folder).name)
        train_shared(config(pictures, folder, tmp_path / "near", steps=1), source, full)
    assert read_source(str(tmp_path / "near")).path == folder
    source = read_source(folder)
    straight = train_shared(config(pictures, folder, tmp_path / "one"), source, full)
    assert straight["done"]
    assert 0 <= straight["best"] <= 1
    train_shared(config(pictures, folder, tmp_path / "two", steps=1), source, full)
    with pytest.raises(SettingsError, match="holds a run"):
        train_shared(config(pictures, folder, tmp_path / "two"), source, full)
    with pytest.raises(WeightsError, match="made with another"):
        train_shared(config(pictures, folder, tmp_path / "two", resume=True, lr=1.0), source, full)
    before = {path.name: path.read_bytes() for path in (tmp_path / "two").glob("[!.]*")}
    with monkeypatch.context() as killed:
        killed.setattr("pvchat.storage.atomic.os.replace", no_room)
        with pytest.raises(OSError, match="full"):
            train_shared(config(pictures, folder, tmp_path / "two", resume=True), source, full)
    assert {path.name: path.read_bytes() for path in (tmp_path / "two").glob("[!.]*")} == before
    again = train_shared(config(pictures, folder, tmp_path / "two", resume=True), source, full)
    assert again["step"] == straight["step"] == 3
    for file in ("shared.safetensors", "training.safetensors"):
        one, two = (load_file(tmp_path / name / file) for name in ("one", "two"))
        assert one.keys() == two.keys()
        assert all(one[name].equal(two[name]) for name in one), file
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


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 36 people of two colours, twelve of them held back: two pictures of each alone, four before a scene."""
    root, rng, rows = tmp_path_factory.mktemp("many"), np.random.default_rng(77), []
    (root / "faces").mkdir()
    for who in range(36):
        colours = tuple(tuple(int(v) for v in rng.integers(*SHADES, 3)) for _ in range(2))
        for i in range(6):
            seed = 50_000 + 10 * who + i
            picture = crop(colours, seed) if i < REFERENCES else shown(colours, seed, 1).frames[0]
            Image.fromarray(picture).save(root / "faces" / f"{who:02d}-{i}.png")
            rows.append({"file": f"{who:02d}-{i}.png", "set": "faces", "split": "val" if who >= 24 else "train",
                         "w": picture.shape[1], "h": picture.shape[0], "identity": f"p{who}"})  # fmt: skip
    (root / "faces" / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


@pytest.mark.slow
def test_mixed_heads_learn_whom_a_pretrained_base_shall_tell(many, pretrained, tmp_path, capsys) -> None:
    """On people whom training never saw: less loss, more told; with the mixers as they were, as before."""
    words = ["train", "base", "--model", str(pretrained), "--data", str(many), "--identities", "faces", "--device",
             "cpu", "--out", str(tmp_path / "run"), "--steps", "60", "--batch", "8", "--lr", "0.02", "--validate-every",
             "20", "--validate-rows", "64", "--json"]  # fmt: skip
    with one_thread():
        assert cli.main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["best_loss"] < told["start_loss"]
    assert told["best"] > told["start"]
    fresh, base = (add_shared(load_base(read_source(name), dtype=torch.float32))
                   for name in (str(pretrained), str(tmp_path / "run")))  # fmt: skip
    before, after = _right(fresh, many), _right(base, many)
    for (_, mixer), (_, first) in zip(mixers(base.decoder), mixers(fresh.decoder), strict=True):
        mixer.load_state_dict(first.state_dict())
    assert _right(base, many) == before
    assert np.mean(after) > np.mean(before)


@pytest.mark.parametrize("hub", [list_bases()[0], "hub:some/base"])
def test_a_run_on_a_run_names_the_hub_s_base_beneath_both(tmp_path: Path, hub: str) -> None:
    """It holds all that was added, so that the first run may be moved."""
    (tmp_path / "base.json").write_text(json.dumps({"model": hub}))
    first, plain = read_source(str(tmp_path)), read_source(hub)
    assert first is not None
    assert plain is not None
    assert first.trained == tmp_path
    assert name_of(first) == name_of(plain) == hub


def _right(base, many: Path) -> list[bool]:
    """Whether a base tells rightly, of other episodes than validation looked at."""
    people, found = Identities(many, ["faces"], base, held_back=True), []
    for episode in people.draw(1, 5, 100):
        tokens = people.tokens(episode.identity)
        one = Visuals(read_picture(episode.picture)[None], np.zeros(1, np.float32))
        asked = BasePrompt(
            PRESENCE_QUESTION.format(episode.name), soft=((episode.name, len(tokens)),), brief=PRESENCE_BRIEF
        )
        with torch.no_grad(), spoken_with(base, [PersonState(episode.name, tokens)]):
            found.append((float(yes_no(base, inputs_of(base, one, asked))) > 0) == episode.present)
    return found


def test_the_command_trains_on_a_base(pictures, folder_of, tmp_path, capsys) -> None:
    base = str(folder_of("llava_onevision"))
    words = ["train", "base", "--model", base, "--data", str(pictures), "--identities", "faces", "--json"]
    words += ["--out", str(tmp_path / "run"), "--steps", "1", "--batch", "2", "--validate-rows", "2"]
    assert cli.main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["done"]
    assert Path(told["checkpoint"]) == tmp_path / "run"
