"""Video: every kind of good and damaged file, both decoders; what is refused: tests/test_video_inputs.py."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import make_clips
import numpy as np
import pytest
from make_clips import made
from numpy.typing import NDArray
from PIL import Image

from pvchat.config import VideoConfig
from pvchat.errors import VideoReadError
from pvchat.video import Clip, backend_in_use, content_key, copies, load, probe, save_clip
from pvchat.video.clips import copy_size
from pvchat.video.files import walk

CONFIG = VideoConfig()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def needs_decord() -> None:
    pytest.importorskip("decord", exc_type=ImportError)


def frame_numbers(clip: Clip, count: int = make_clips.COUNT) -> NDArray[np.float64]:
    """Which frame each sample shows, read from its shade (by green: full-range JPEG tints grey by 2)."""
    grey = clip.images[:, :, int(clip.width * 0.7) :, 1].mean((1, 2))
    return (grey - 40) / 175 * (count - 1)


def corners(image: NDArray[np.uint8]) -> list[str]:
    """The names of the colours in the corners: top left, top right, bottom left, bottom right."""
    spots = [image[8, 8], image[8, -9], image[-9, 8], image[-9, -9]]
    names = list(make_clips.CORNERS)
    colours = np.array(list(make_clips.CORNERS.values()), int)
    return [names[np.abs(colours - spot).sum(1).argmin()] for spot in spots]


UPRIGHT = list(make_clips.CORNERS)


@pytest.mark.parametrize("width", [72, 74])
def test_pictures_that_decord_gives_a_fourth_colour_are_read_all_the_same(tmp_path: Path, width: int) -> None:
    needs_decord()
    save_clip(tmp_path / "narrow.mp4", np.full((3, 66, width, 3), 90, np.uint8), 4.0)
    images = load(tmp_path / "narrow.mp4", VideoConfig()).images
    assert images.shape[1:] == (66, width, 3)
    assert abs(float(images.mean()) - 90) < 3


@pytest.mark.parametrize("name", make_clips.GOOD)
def test_good_clips_give_the_frames_at_the_sample_times(clips: Path, name: str) -> None:
    clip = load(made(clips, name), CONFIG)
    assert clip.images.shape == (8, make_clips.HEIGHT, make_clips.WIDTH, 3)
    assert (clip.images.dtype, clip.times.dtype) == (np.uint8, np.float32)
    np.testing.assert_allclose(clip.times, np.arange(8) * 0.25 + 0.125, atol=0.002)
    np.testing.assert_allclose(frame_numbers(clip), [3, 9, 15, 21, 27, 33, 39, 45], atol=0.99)
    assert clip.duration_s == pytest.approx(2.0, abs=0.01)
    assert clip.note == ""


@pytest.mark.parametrize("name", [*make_clips.GOOD, *make_clips.OTHER])
def test_decord_and_pyav_give_the_same_frames(
    clips: Path, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    needs_decord()
    path = made(clips, name)
    theirs = load(path, CONFIG)
    assert "decord failed" not in caplog.text
    monkeypatch.setitem(sys.modules, "decord", None)
    ours = load(path, CONFIG)
    np.testing.assert_array_equal(ours.images, theirs.images)
    np.testing.assert_array_equal(ours.times, theirs.times)


def test_probe_tells_container_codec_and_start(clips: Path) -> None:
    found = probe(made(clips, "offset_start.mkv"), CONFIG)
    assert (found.container, found.codec, found.kind, found.frames) == ("matroska", "h264", "video", 48)
    assert found.start_s == pytest.approx(1.5)


def test_variable_rate_shows_what_is_on_the_screen(clips: Path) -> None:
    clip = load(made(clips, "variable_rate.mp4"), CONFIG)
    stamps = np.array([i / 24 for i in range(24)] + [1.0, 1.5, 2.0, 2.5])
    expected = np.searchsorted(stamps, clip.times, side="right") - 1
    np.testing.assert_allclose(frame_numbers(clip, 28), expected, atol=0.6)


@pytest.mark.parametrize(("degrees", "seen"), [(90, [2, 0, 3, 1]), (180, [3, 2, 1, 0]), (270, [1, 3, 0, 2])])
def test_phone_rotation_is_baked_in(tmp_path: Path, degrees: int, seen: list[int]) -> None:
    path = make_clips.rotated(tmp_path / "r.mp4", degrees)
    found, clip = probe(path, CONFIG), load(path, CONFIG)
    assert found.rotation == (360 - degrees) % 360
    assert (clip.width, clip.height) == (found.width, found.height) == ((96, 160) if degrees % 180 else (160, 96))
    assert corners(clip.images[0]) == [UPRIGHT[i] for i in seen]


@pytest.mark.parametrize("colorspace", [None, 1, 5])
def test_colours_survive(tmp_path: Path, colorspace: int | None) -> None:
    path = make_clips.encode(tmp_path / "c.mp4", make_clips.corner_frames(), colorspace=colorspace)
    image = load(path, CONFIG).images[0].astype(int)
    for spot, colour in zip([(8, 8), (8, -9), (-9, 8), (-9, -9)], make_clips.CORNERS.values(), strict=True):
        assert np.abs(image[spot] - colour).max() <= 6


def test_untagged_hd_is_read_as_bt709(tmp_path: Path) -> None:
    frames = (f for f in make_clips.corner_frames(2, 1280, 720))
    tagged = make_clips.encode(tmp_path / "a.avi", frames, codec="mpeg4", container="avi", colorspace=1,
                               options={"b": "20000000"})  # fmt: skip
    image = load(tagged, CONFIG).images[0].astype(int)
    assert np.abs(image[8, 8] - make_clips.CORNERS["top left"]).max() <= 12


def test_one_frame(clips: Path) -> None:
    clip = load(made(clips, "one_frame.mp4"), CONFIG)
    assert len(clip.times) == 1
    assert 0 < clip.times[0] < clip.duration_s < 0.1


@pytest.mark.parametrize("name", ["gif.gif", "animated.webp"])
def test_animations_follow_their_delays(clips: Path, name: str, tmp_path: Path) -> None:
    disguised = tmp_path / "clip.mp4"  # the content decides, not the name
    disguised.write_bytes(made(clips, name).read_bytes())
    clip = load(disguised, CONFIG)
    assert probe(disguised, CONFIG).kind == "animation"
    assert clip.duration_s == pytest.approx(2.0)
    np.testing.assert_allclose(frame_numbers(clip, 10), (clip.times / 0.2).astype(int), atol=0.5)


def test_animation_delay_of_zero_is_what_browsers_make_of_it(tmp_path: Path) -> None:
    path = make_clips._animation(tmp_path / "fast.gif", "GIF", [0] * 5)
    assert probe(path, CONFIG).duration_s == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "seen"), [(1, [0, 1, 2, 3]), (2, [1, 0, 3, 2]), (6, [2, 0, 3, 1]), (8, [1, 3, 0, 2])]
)
def test_photos_stand_upright(tmp_path: Path, kind: str, orientation: int, seen: list[int]) -> None:
    path = make_clips.photo(tmp_path / "p.mp4", orientation, kind)
    found, clip = probe(path, CONFIG), load(path, CONFIG)
    assert found.kind == "photo"
    assert clip.duration_s == CONFIG.still_seconds
    assert len(clip.times) == round(CONFIG.still_seconds * CONFIG.sample_fps)
    assert (clip.width, clip.height) == (found.width, found.height)
    assert corners(clip.images[-1]) == [UPRIGHT[i] for i in seen]


def test_transparent_pictures_lie_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 48), (0, 0, 0, 0)).save(tmp_path / "t.png")
    assert load(tmp_path / "t.png", CONFIG).images.min() >= 253


def test_phone_photos_are_not_too_large(tmp_path: Path) -> None:
    Image.new("RGB", (4032, 3024), (90, 120, 150)).save(tmp_path / "p.jpg")
    clip = load(tmp_path / "p.jpg", CONFIG)
    assert (clip.width, clip.height) == (1920, 1440)


@pytest.mark.parametrize(
    ("width", "height", "copied"),
    [(640, 360, (640, 360)), (960, 540, (960, 540)), (1280, 720, (960, 540)), (1920, 1080, (1440, 810)),
     (1080, 1920, (810, 1440)), (3840, 2160, (1920, 1080))],
)  # fmt: skip
def test_larger_pictures_are_seen_larger(width: int, height: int, copied: tuple[int, int]) -> None:
    assert copy_size(width, height, CONFIG) == copied
    assert max(copy_size(width, height, replace(CONFIG, max_side=960))) == min(960, max(width, height))


def test_a_header_that_lies_is_not_believed(clips: Path) -> None:
    clip = load(made(clips, "lying_header.mp4"), CONFIG)
    assert clip.duration_s == pytest.approx(2.0)


def test_truncated_clips_are_used_as_far_as_they_go(clips: Path) -> None:
    clip = load(made(clips, "truncated.mp4"), CONFIG)
    assert 0.4 < clip.duration_s < 1.6
    assert clip.times[-1] < clip.duration_s
    np.testing.assert_allclose(frame_numbers(clip), clip.times * 24, atol=1.5)
    assert "cut off" in clip.note


def test_damage_in_the_middle_keeps_what_lies_around_it(clips: Path) -> None:
    clip = load(made(clips, "corrupted.mp4"), CONFIG)
    numbers = frame_numbers(clip)
    whole = np.abs(numbers - clip.times * 24) < 1.5
    assert whole[[0, 1, -2, -1]].all()
    assert whole.sum() >= len(whole) - 3
    assert "damaged" in clip.note


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [("a.mpg", "mpeg", "mpeg1video"), ("a.VOB", "vob", "mpeg2video"), ("a.m2ts", "mpegts", "libx264"),
     ("a.wmv", "asf", "wmv2"), ("a.flv", "flv", "flv"), ("a.3gp", "3gp", "mpeg4")],
)  # fmt: skip
def test_what_older_cameras_write_is_taken_in(tmp_path: Path, name: str, container: str, codec: str) -> None:
    path = make_clips.encode(tmp_path / name, make_clips.grey_frames(24, 352, 288), codec=codec, container=container,
                             container_options={"mpegts_m2ts_mode": "1"} if "m2ts" in name else {})  # fmt: skip
    assert [found for found, _ in walk(tmp_path)] == [str(path)]
    assert load(path, CONFIG).duration_s == pytest.approx(1.0, abs=0.1)


def test_samples_are_bounded_even_and_inside_the_side_limit(tmp_path: Path) -> None:
    path = make_clips.encode(tmp_path / "odd.avi", make_clips.grey_frames(48, 322, 182), codec="mjpeg", container="avi")
    clip = load(path, replace(CONFIG, max_frames=5, max_side=101))
    assert (clip.width, clip.height) == (100, 56)
    np.testing.assert_allclose(clip.times, [0.2, 0.6, 1.0, 1.4, 1.8], atol=1e-5)


def test_jumping_over_what_is_not_needed_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clips.encode(tmp_path / "long.mp4", make_clips.noisy_frames(24 * 30, 96, 64),
                             options={"g": "48", "bf": "3", "x264-params": "open-gop=1"})  # fmt: skip
    few = replace(CONFIG, max_frames=6)
    jumps = []
    from pvchat.video import containers

    real = containers._seek
    monkeypatch.setattr(containers, "_seek", lambda *args: jumps.append(args[2]) or real(*args))
    jumped = load(path, few)
    assert len(jumps) >= 5
    monkeypatch.setattr(containers, "_keyframe_before", lambda *args: None)
    straight = load(path, few)
    np.testing.assert_array_equal(jumped.images, straight.images)
    assert jumped.note == straight.note == ""
    np.testing.assert_allclose(frame_numbers(jumped, 720), jumped.times * 24, atol=8.3)  # a grey level is 4.1 frames


def test_key_is_the_hash_of_the_bytes(clips: Path) -> None:
    path = made(clips, "b_frames.mp4")
    assert load(path, CONFIG).key == content_key(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_progress_runs_to_the_end(clips: Path) -> None:
    seen: list[tuple[str, float, float]] = []
    load(made(clips, "b_frames.mp4"), CONFIG, progress=lambda *told: seen.append(told))
    done = [d for _, d, _ in seen]
    assert done == sorted(done)
    assert len(seen) > 10
    assert seen[-1] == ("reading b_frames.mp4", 2.0, 2.0)


def test_without_decord_pyav_reads(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "decord", None)  # import raises ImportError
    name, reason = backend_in_use()
    assert name == "pyav"
    assert "does not load" in reason
    assert len(load(made(clips, "b_frames.mp4"), CONFIG).times) == 8


def test_when_decord_fails_pyav_reads_the_copy(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("decord is ill")

    monkeypatch.setattr(copies, "backend_in_use", lambda: ("decord", ""))
    monkeypatch.setattr(copies, "_read_decord", broken)
    assert len(load(made(clips, "b_frames.mp4"), CONFIG).times) == 8


def test_save_clip_round_trip(tmp_path: Path) -> None:
    images = np.stack(list(make_clips.grey_frames(24, 97, 65)))
    save_clip(tmp_path / "out.mp4", images, 12.0)
    found = probe(tmp_path / "out.mp4", CONFIG)
    assert (found.codec, found.width, found.height, found.frames) == ("h264", 96, 64, 24)
    assert found.duration_s == pytest.approx(2.0)
    clip = load(tmp_path / "out.mp4", CONFIG)
    expected = images[(clip.times * 12 + 1e-3).astype(int), :64, :96]
    assert np.abs(clip.images.astype(int) - expected).mean() < 3


def test_save_clip_refuses_nothing(tmp_path: Path) -> None:
    with pytest.raises(VideoReadError, match="no pictures"):
        save_clip(tmp_path / "out.mp4", [], 12.0)
    assert list(tmp_path.iterdir()) == []
