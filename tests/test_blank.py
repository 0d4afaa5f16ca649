"""Nobody is in a blank picture, whatever somebody's arrays are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_analysis import make_analysis, make_track
from make_people import make_person
from PIL import Image
from safetensors.numpy import load_file

from pvchat import PVChat
from pvchat.config import PresenceConfig, Settings
from pvchat.errors import PeopleError
from pvchat.identity.presence import PresenceModel
from pvchat.people import contents
from pvchat.people.person import Person, checked
from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faces import FaceExpert
from pvchat.schemas import ClipAnalysis

SCORE = 0.0627  # of the middle of a grey picture, the highest that plain colours have
KINDS = st.sampled_from(("face", "figure"))


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    return PresenceModel.load()


def blank() -> ClipAnalysis:
    """What the experts say of a plain colour: the middle of the frame stands in for a figure."""
    track = make_track(0, range(4), kind="figure", score=SCORE, quality=SCORE, box=(0.2, 0.05, 0.8, 0.95))
    track.identity[:] = track.identity[0] / np.linalg.norm(track.identity[0])
    return make_analysis(track, frames=4)


def accepted(**fields: Any) -> Person | None:
    """A person with these fields, if she may be stored."""
    try:
        return checked(make_person(**fields))
    except PeopleError:
        return None


def assert_nobody_there(model: PresenceModel, clip: ClipAnalysis, person: Person | None) -> None:
    for one in model.score([person], clip, PresenceConfig()) if person else ():
        assert one.decision != "present"


@pytest.mark.parametrize("name", contents.SHAPES)
@settings(max_examples=40)
@given(kind=KINDS, rows=st.integers(0, 9), scale=st.sampled_from((-1e3, -1.0, -1e-3, 0.0, 1e-3, 1.0, 1e2, 1e3, 1e4)))
def test_arrays(model: PresenceModel, name: str, kind: str, rows: int, scale: float) -> None:
    clip, shape = blank(), contents.SHAPES[name].shape
    likeness = np.resize(clip.tracks[0].identity[0], shape[-1] or 128) * scale
    array = (likeness if len(shape) == 1 else np.tile(likeness, (rows, 1))).astype(np.float32)
    arrays = {**make_person().arrays, name: array}
    assert_nobody_there(model, clip, accepted(kind=kind, extra={"drawn": False}, arrays=arrays))


@pytest.mark.weights
def test_a_real_blank_picture(tmp_path: Path, model: PresenceModel, weights_home: Path, pvchat_home: Path) -> None:
    Image.new("RGB", (640, 480), (128, 128, 128)).save(tmp_path / "grey.png")
    clip = PVChat(Settings(device="cpu")).analyse(tmp_path / "grey.png", stage="who")
    assert [track.kind for track in clip.tracks] == ["figure"]
    assert float(clip.tracks[0].scores.max()) == pytest.approx(SCORE, abs=0.005)
    likeness = clip.tracks[0].identity[:1].astype(np.float32)  # a figure that looks just as the blank picture does
    arrays = {**make_person().arrays, "prototypes": likeness}
    assert_nobody_there(model, clip, accepted(kind="figure", extra={"drawn": False}, arrays=arrays))


def test_the_shipped_directions_are_means_of_unit_length() -> None:
    rows = load_file(faceprint.NOBODY)["directions"].astype(np.float32)
    assert rows.shape == (2, faceprint.FACEPRINT)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-2)


@pytest.mark.weights
def test_a_face_shows_more_than_noise_does() -> None:
    """The demo's portrait at 40 pixels, and the detector's crops of a picture without a face."""
    from pvchat.assets.footage import FOOTAGE
    from pvchat.assets.weights import member_path

    image = np.asarray(Image.open(member_path("footage-astronaut", "astronaut.png", table=FOOTAGE)).convert("RGB"))
    expert = FaceExpert()
    (found,) = expert.locate_many([image])
    best = int(found.scores.argmax())
    scale = 40 / float(found.boxes[best, 3] - found.boxes[best, 1])
    small = np.asarray(Image.fromarray(image).resize((round(512 * scale), round(512 * scale))))
    (face,) = faceprint.blankness(expert.prints([small], [found.points[best] * scale]))
    noise = np.random.default_rng(0).integers(0, 255, (12, 112, 112, 3), np.uint8)
    assert face < 0.1
    assert np.median(faceprint.blankness(expert.printer.describe(noise))) > faceprint.BLANK
