"""A base and a person from one clip to the file and back, with the real experts and the real augmentation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pvchat import PVChat, video
from pvchat.assets.footage import move_over
from pvchat.augment.schemas import AugmentConfig
from pvchat.bases.states import STATE, TOKENS
from pvchat.cli import main as cli
from pvchat.config import Settings
from pvchat.train import person as training
from pvchat.train.config import PersonConfig
from pvchat.train.deep import RECORD

CONFIG = AugmentConfig(clips=6, stills=3, negatives=4, seconds=0.5, frames=2)
QUICK = PersonConfig(image_steps=6, video_steps=6, batch=4, lr=5e-3, anchor=0.0, validate_every=3, validate_rows=8)


@pytest.fixture
def footage(tmp_path: Path) -> Callable[[str], Path]:
    """A function (name) to a short clip over a public photograph; "empty" shows nobody."""
    data = pytest.importorskip("skimage.data")

    def made(name: str) -> Path:
        path = tmp_path / f"{name}.mp4"
        photo = data.astronaut() if name != "empty" else data.chelsea()
        way = ((0.5, 0.4, 0.9), (0.46, 0.3, 0.7)) if name != "again" else ((0.44, 0.3, 0.8), (0.5, 0.35, 0.9))
        video.save_clip(path, move_over(Image.fromarray(photo), way, 1.0, 20), 8)
        return path

    return made


@pytest.mark.weights
@pytest.mark.slow
def test_from_one_clip_to_a_file_and_back(
    footage: Callable[[str], Path], folder_of: Callable[[str], Path], tmp_path: Path, monkeypatch, capsys
) -> None:
    """Enrolled deep on a base by the command, asked, exported, forgotten (others stay as they were), imported."""
    model = str(folder_of("llava_onevision"))
    monkeypatch.setattr("pvchat.train.deep.AugmentConfig", lambda track=None: replace(CONFIG, track=track))
    monkeypatch.setattr(training, "ON_BASE", QUICK)
    found: list[training.Gate] = []
    examine = training.examine

    def examined(trainee, data, seed=0):
        """The gate's own numbers; passed all the same, for random weights learn nothing in twelve steps."""
        found.append(examine(trainee, data, seed))
        return replace(found[-1], yes_recall=1.0, no_recall=1.0, swap=1.0, drift=0.0, scale=1.0)

    monkeypatch.setattr(training, "examine", examined)

    def run(*words: str) -> dict:
        asked = [] if words[0] == "people" else ["--model", model, "--device", "cpu"]
        assert cli.main([*words, *asked, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    clip, again = footage("eileen"), footage("again")
    run("enroll", str(again), "--name", "Bea")
    alone = run("ask", str(again), "Is Bea there?")
    run("people", "forget", "Bea")
    assert run("enroll", str(clip), "--name", "Eileen", "--depth", "deep")["depth"] == "deep"
    chat = PVChat(Settings(device="cpu", model=model))
    eileen = chat.people.get("Eileen")
    told = eileen.extra[RECORD]["training"]
    assert told["kept"]
    assert told["best"] <= told["start"]
    assert found[0].clips > 0
    assert eileen.arrays[TOKENS].shape == (16, chat.networks.narrator.base.width)
    assert eileen.bytes_on_disk < 1_000_000

    said = run("ask", str(again), "Is Eileen there?")
    assert said["answer"].startswith("Yes")
    assert "Eileen" in run("ask", str(again), "What is Eileen wearing?")["answer"]
    assert run("ask", str(footage("empty")), "Is Eileen there?")["people"][0]["decision"] == "absent"

    run("people", "export", "Eileen", str(tmp_path / "eileen.pvperson"))
    run("enroll", str(again), "--name", "Bea")
    run("people", "forget", "Eileen")
    assert run("ask", str(again), "Is Bea there?")["people"] == alone["people"]
    run("people", "import", str(tmp_path / "eileen.pvperson"), "--alike")
    back = PVChat(Settings(device="cpu", model=model)).people.get("Eileen")
    assert back.extra[STATE] == eileen.extra[STATE]
    assert (back.arrays[TOKENS] == eileen.arrays[TOKENS]).all()
