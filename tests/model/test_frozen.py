"""The trained model's passes as converted networks: what torch says, without torch."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from make_analysis import make_analysis, make_track

from pvchat.model.pvchat import PVChatModel
from pvchat.model.trained import TrainedModel
from pvchat.schemas import ClipAnalysis
from recipes.model.made import create_model, save_model

CLIPS = {
    "nobody": make_analysis(),
    "two": make_analysis(make_track(1), make_track(2)),
    "more than the model keeps": make_analysis(*(make_track(number) for number in range(1, 11))),
}
TRACKS = (0, 1, 8)  # whose tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved tiny model."""
    path = tmp_path_factory.mktemp("model")
    save_model(create_model("tiny"), path, torch.float32)
    return path


@pytest.fixture(scope="module")
def model(folder: Path) -> PVChatModel:
    return PVChatModel.from_pretrained(folder, llm="none")


@pytest.fixture(scope="module", params=["openvino", "torch"])
def frozen(request: pytest.FixtureRequest, folder: Path, model: PVChatModel) -> TrainedModel:
    """Its passes by each runtime; torch runs the very model, OpenVINO what was converted of it."""
    return TrainedModel(folder, "cpu", model if request.param == "torch" else None)


@pytest.mark.parametrize("clip", CLIPS.values(), ids=list(CLIPS))
def test_a_clip_is_seen_as_by_torch(frozen: TrainedModel, model: PVChatModel, clip: ClipAnalysis) -> None:
    with torch.inference_mode():
        whole = model.look(clip)
    seen = frozen.tokens(clip)
    real = whole.mask[0].numpy()
    np.testing.assert_array_equal(seen.mask, real)
    asked = torch.nn.functional.normalize(torch.arange(1.0, model.config.sentence_width + 1)[None], dim=1)
    for shown in (seen.mask, *(frozen.tokens_near(seen, track, np.array([0, 0, 1, 1])) for track in TRACKS)):
        mask = torch.from_numpy(shown)[None]
        with torch.inference_mode():
            mixed = model.connectors.mixed(torch.from_numpy(seen.raw), whole.expert, mask)
            reading = model.read(replace(whole, tokens=mixed, mask=mask), asked)
            theirs = reading.queries[0].mean(0).numpy()
            if shown[real].all():
                all_of_it = model.read(whole, asked).queries[0].mean(0).numpy()
                np.testing.assert_allclose(theirs, all_of_it, atol=1e-5)
        np.testing.assert_allclose(frozen.read(seen, shown, asked[0].numpy()), theirs, atol=1e-5)


def test_a_view_that_shows_nothing_is_read_as_by_torch(frozen: TrainedModel, model: PVChatModel) -> None:
    clip = CLIPS["two"]
    whole, seen = model.look(clip), frozen.tokens(clip)
    nothing = torch.zeros_like(whole.mask)
    nothing[0, 0] = True
    whole.tokens, whole.mask = torch.zeros_like(whole.tokens), nothing
    asked = torch.nn.functional.normalize(torch.ones(1, model.config.sentence_width), dim=1)
    with torch.inference_mode():
        theirs = model.read(whole, asked).queries[0].mean(0).numpy()
    ours = frozen.read(seen, np.zeros(len(seen.mask), bool), asked[0].numpy())
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.slow
def test_what_was_converted_needs_no_torch(folder: Path, pvchat_home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from make_analysis import make_analysis, make_track; "
        "from pvchat.model.trained import TrainedModel; import numpy as np; "
        f"frozen = TrainedModel(Path({str(folder)!r}), 'cpu'); "
        "clip = frozen.tokens(make_analysis(make_track(1))); "
        "frozen.read(clip, clip.mask, np.ones(frozen.config.sentence_width, np.float32)); frozen.load_passes(); "
        "print('torch' in sys.modules)"
    )
    tests = Path(__file__).parents[1]
    run = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tests)
           for _ in range(2)]  # fmt: skip
    assert [done.stdout.split()[-1] for done in run] == ["True", "False"]
