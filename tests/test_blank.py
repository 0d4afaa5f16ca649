"""Nobody is in a blank picture, whatever a person file that is accepted says: every field of it is tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile.imports import files, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from make_analysis import make_analysis, make_track
from PIL import Image
from safetensors.numpy import load_file

from pvchat import PVChat
from pvchat.config import PresenceConfig, Settings
from pvchat.errors import PeopleError
from pvchat.identity.corrections import corrected_tracks
from pvchat.identity.presence import PresenceModel
from pvchat.people import contents, exchange
from pvchat.people.corrections import examples_of
from pvchat.people.person import Person
from pvchat.perception.experts import faceprint
from pvchat.perception.experts.faces import FaceExpert
from pvchat.schemas import ClipAnalysis

SCORE = 0.0627  # of the middle of a grey picture, the highest that plain colours have
ODD: tuple[Any, ...] = (
    -1e9, -5, -1, -0.001, 0, 0.5, 1, 1.001, 2, 10**9, 10**12, True, False, None, "x", [], {}, [[-1, 2]], [[4, 0]],
)  # fmt: skip
VALUES = st.sampled_from(ODD) | st.floats(-1e12, 1e12) | st.integers(-(10**12), 10**12)
KINDS = st.sampled_from(("face", "figure"))


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    return PresenceModel.load()


def blank() -> ClipAnalysis:
    """What the experts say of a plain colour: the middle of the frame stands in for a figure."""
    track = make_track(0, range(4), kind="figure", score=SCORE, quality=SCORE, box=(0.2, 0.05, 0.8, 0.95))
    track.identity[:] = track.identity[0] / np.linalg.norm(track.identity[0])
    return make_analysis(track, frames=4)


def like_the_blank(clip: ClipAnalysis, extra: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """A person file whose figure looks just as the blank picture does."""

    def copied(arrays: dict[str, Any]) -> None:
        arrays["prototypes"] = clip.tracks[0].identity[:1].astype(np.float32)
        arrays["corrections.faces"] = arrays["prototypes"].astype(np.float16)

    said = {"her": True, "clip": clip.key, "at_s": 0.0, "faces": 1}
    record = {"drawn": False, "corrections": [said], **(extra or {})}
    return zipped(files(copied, **{"kind": "figure", **fields}, extra=record))


def accepted(folder: Path, data: bytes) -> Person | None:
    path = folder / "x.pvperson"
    path.write_bytes(data)
    try:
        return exchange.read(path)
    except PeopleError:
        return None


def assert_nobody_there(model: PresenceModel, clip: ClipAnalysis, person: Person | None) -> None:
    for one in model.score([person], clip, PresenceConfig()) if person else ():
        assert one.decision != "present"


def put(extra: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        extra = extra[key][0] if isinstance(extra[key], list) else extra[key]
    extra[path[-1]] = value


FIELDS = [
    *((key,) for key in contents.EXTRA),
    *((part, key) for part in ("base", "deep") for key in contents.EXTRA[part]),
    *(("corrections", key) for key in contents.EXTRA["corrections"][0]),
]


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=KINDS, value=VALUES)
def test_extra_fields(tmp_path: Path, model: PresenceModel, path: tuple[str, ...], kind: str, value: Any) -> None:
    clip = blank()
    said = {"her": True, "clip": clip.key, "at_s": 0.0, "faces": 1}
    extra: dict[str, Any] = {"base": {}, "deep": {}, "corrections": [said]}
    put(extra, path, value)
    assert_nobody_there(model, clip, accepted(tmp_path, like_the_blank(clip, extra, kind=kind)))


@pytest.mark.parametrize("name", exchange.FIELDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=VALUES)
def test_fields_of_the_config(tmp_path: Path, model: PresenceModel, name: str, value: Any) -> None:
    if name not in ("extra", "sha256"):
        assert_nobody_there(model, blank(), accepted(tmp_path, like_the_blank(blank(), **{name: value})))


@pytest.mark.parametrize("name", contents.ARRAYS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=KINDS, rows=st.integers(0, 9), scale=st.sampled_from((-1e3, -1.0, -1e-3, 0.0, 1e-3, 1.0, 1e2, 1e3, 1e4)))
def test_arrays(tmp_path: Path, model: PresenceModel, name: str, kind: str, rows: int, scale: float) -> None:
    clip, shape = blank(), contents.ARRAYS[name].shape
    likeness = np.resize(clip.tracks[0].identity[0], shape[-1] or 128) * scale
    array = (likeness if len(shape) == 1 else np.tile(likeness, (rows, 1))).astype(np.float32)
    extra = {"drawn": False}
    data = zipped(files(lambda arrays: arrays.update({name: array}), kind=kind, extra=extra))
    assert_nobody_there(model, clip, accepted(tmp_path, data))


OUT_OF_RANGE: dict[str, Any] = {
    "quality": -1e9, "quality above one": 1.5, "sightings": -1, "clips": -1, "parts": [[-1, 2]],
    "base": {"stamp": 1}, "deep": {"seconds": -1}, "deep count": {"samples": -1}, "deep word": {"samples": "x"},
    "corrections": [{"her": True, "clip": "a", "at_s": -1.0}],
    "corrections count": [{"her": True, "clip": "a", "at_s": 1.0, "faces": -1}],
}  # fmt: skip


@pytest.mark.parametrize("what", OUT_OF_RANGE)
def test_out_of_range_is_refused_on_import_and_on_load(tmp_path: Path, what: str) -> None:
    made = files(extra={what.split()[0]: OUT_OF_RANGE[what]})
    assert accepted(tmp_path, zipped(files())) is not None
    assert accepted(tmp_path, zipped(made)) is None
    with pytest.raises(PeopleError, match="must lie in|wrong type"):
        exchange.decode(made, own=True)


def test_a_strangers_word_about_a_clip_takes_nobody_away(tmp_path: Path) -> None:
    """What was said of a clip holds there against everything measured: only who is asked here may say it."""
    clip = blank()
    eve = accepted(tmp_path, like_the_blank(clip))
    assert eve is not None
    assert len(examples_of(eve)) == 1  # the face itself counts as one of hers
    assert corrected_tracks(eve, clip) == {}


@pytest.mark.weights
def test_a_real_blank_picture(tmp_path: Path, model: PresenceModel, weights_home: Path, pvchat_home: Path) -> None:
    Image.new("RGB", (640, 480), (128, 128, 128)).save(tmp_path / "grey.png")
    clip = PVChat(Settings(device="cpu")).analyse(tmp_path / "grey.png")
    assert [track.kind for track in clip.tracks] == ["figure"]
    assert float(clip.tracks[0].scores.max()) == pytest.approx(SCORE, abs=0.005)
    person = accepted(tmp_path, like_the_blank(clip))
    assert person is not None
    assert_nobody_there(model, clip, person)


def test_the_shipped_directions_are_means_of_unit_length() -> None:
    rows = load_file(faceprint.NOBODY)["directions"].astype(np.float32)
    assert rows.shape == (2, faceprint.FACEPRINT)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-2)


@pytest.mark.weights
def test_a_face_shows_more_than_noise_does() -> None:
    """The demo's portrait at 40 pixels, and the detector's crops of a picture without a face."""
    from pvchat.assets.weights import member_path

    image = np.asarray(Image.open(member_path("footage-astronaut", "astronaut.png")).convert("RGB"))
    expert = FaceExpert()
    (found,) = expert.locate_many([image])
    best = int(found.scores.argmax())
    scale = 40 / float(found.boxes[best, 3] - found.boxes[best, 1])
    small = np.asarray(Image.fromarray(image).resize((round(512 * scale), round(512 * scale))))
    (face,) = faceprint.blankness(expert.prints([small], [found.points[best] * scale]))
    noise = np.random.default_rng(0).integers(0, 255, (12, 112, 112, 3), np.uint8)
    assert face < 0.1
    assert np.median(faceprint.blankness(expert.printer.describe(noise))) > faceprint.BLANK
