"""Ctrl-C in the middle of a training on a base, by the command line: what was reached is kept, and gone on from."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import load_file

from pvchat import video
from pvchat.assets.footage import move_over
from pvchat.cli import main as cli
from pvchat.train.stages import STATE

REPO = Path(__file__).parents[2]
SHORT = ("--image-steps", "4", "--video-steps", "8", "--batch", "2", "--validate-every", "2", "--validate-rows", "4",
         "--patience", "9", "--lora", "2")  # fmt: skip


@pytest.fixture
def augmented(tmp_path: Path, pvchat_home: Path, folder_of: Callable[[str], Path]) -> tuple[Path, str]:
    """Somebody is enrolled, and her data set made; its folder, and that of a tiny base."""
    data = pytest.importorskip("skimage.data")
    clip, model = tmp_path / "eileen.mp4", str(folder_of("llava_onevision"))
    video.save_clip(clip, move_over(Image.fromarray(data.astronaut()), ((0.5, 0.4, 0.9), (0.46, 0.3, 0.7)), 1.0, 20), 8)
    words = ["--name", "Eileen", "--model", model, "--device", "cpu", "--json"]
    (tmp_path / "others").mkdir()  # shows a cat: nothing else has to be looked through for other people
    cat = move_over(Image.fromarray(data.chelsea()), ((0.5, 0.4, 0.9), (0.46, 0.3, 0.7)), 1.0, 8)
    video.save_clip(tmp_path / "others" / "cat.mp4", cat, 8)
    few = ["--clips", "6", "--stills", "3", "--negatives", "4", "--out", str(tmp_path / "set"), "--others",
           str(tmp_path / "others")]  # fmt: skip
    assert cli.main(["enroll", str(clip), *words]) == 0
    assert cli.main(["augment", str(clip), *words, *few]) == 0
    return tmp_path / "set", model


@pytest.fixture
def train(augmented: tuple[Path, str], pvchat_home: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """A function (run, options) that begins `pvchat train person` in a process, in a copy of the home a run."""
    folder, model = augmented

    def begin(run: str, *options: str) -> subprocess.Popen[str]:
        home, out = tmp_path / f"home-{run}", tmp_path / run
        if not home.exists():
            shutil.copytree(pvchat_home, home, symlinks=True)
        words = ["train", "person", "Eileen", "--data", str(folder), "--out", str(out), "--model", model, "--device",
                 "cpu", "--json", "-v", *SHORT, *options]  # fmt: skip
        env = os.environ | {"PVCHAT_HOME": str(home), "OMP_NUM_THREADS": "1"}
        return subprocess.Popen([sys.executable, "-m", "pvchat", *words], env=env, cwd=REPO, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip

    return begin


def told(process: subprocess.Popen[str]) -> dict:
    """What a run said of its training."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-3000:]
    found: dict = json.loads(out)["training"]["training"]
    return found


@pytest.mark.weights
@pytest.mark.slow
def test_ctrl_c_and_resume_end_with_the_bits_of_a_straight_run(train: Callable[..., subprocess.Popen[str]],
                                                               tmp_path: Path) -> None:  # fmt: skip
    straight = told(train("straight"))
    cut = train("cut")
    assert cut.stderr is not None
    for line in cut.stderr:
        if "step 6:" in line:  # in the second stage
            cut.send_signal(signal.SIGINT)
            break
    stopped = told(cut)
    assert straight["done"]
    assert not stopped["done"]
    assert 6 <= stopped["steps"] < straight["steps"] == 12
    resumed = told(train("cut", "--resume"))
    assert resumed == straight  # losses, the gate's numbers, whether it is kept
    one, two = (load_file(tmp_path / run / STATE) for run in ("straight", "cut"))
    assert one.keys() == two.keys()
    assert any("lora" in name for name in one)
    assert all(one[name].equal(two[name]) for name in one)
