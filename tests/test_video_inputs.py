"""Video: files that must be refused, limits, bounded memory, and that nothing is left behind on the disk."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import make_clips
import numpy as np
import pytest
from make_clips import made
from PIL import Image

from pvchat.config import VideoConfig
from pvchat.errors import DiskFullError, VideoReadError
from pvchat.video import load, pictures, probe

CONFIG = VideoConfig(max_duration_s=30 * 60.0)  # so that a lie about two hours breaks the limit
MEMORY_CHILD = """
import re, sys
from pathlib import Path
from pvchat.config import VideoConfig
from pvchat.video import load
if sys.argv[2] == "pyav":
    sys.modules["decord"] = None
clip = load(sys.argv[1], VideoConfig())
status = Path("/proc/self/status").read_text()  # ru_maxrss would be the parent's: it survives fork and exec
print(len(clip.times), re.search(r"VmHWM:\s+(\d+)", status)[1])
"""
COPY_CHILD = """
import sys
from pvchat.video.copies import workspace
with workspace() as folder:
    (folder / "copy.mp4").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.readline()
"""
BAD = {
    "zero_length.mp4": "empty", "without_index.mp4": "index", "pictures_destroyed.mp4": "can't be decoded",
    "junk.mp4": "not a video", "text.mp4": "text file", "audio_only.mp4": "only sound",
    "huge_header.mp4": "7680 by 4320", "two_hour_header.mkv": "120.0 minutes", "two_hour_gap.mkv": "120.0 minutes",
    "image_bomb.png": "too large",
}  # fmt: skip


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def child_environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def left_behind(home: Path) -> list[str]:
    return sorted(p.name for p in (home / "tmp").glob("*")) if (home / "tmp").exists() else []


@pytest.mark.parametrize("kind", ["PNG", "GIF", "AVIF", "WEBP", "JPEG"])
def test_a_picture_that_is_cut_off_anywhere_is_refused_or_read(tmp_path: Path, kind: str) -> None:
    """Pillow's readers run into all kinds of errors."""
    pictures = [Image.fromarray(frame) for frame in make_clips.noisy_frames(3)]
    more = {"save_all": True, "append_images": pictures[1:]} if kind in ("GIF", "WEBP") else {}
    whole = tmp_path / "whole"
    try:
        pictures[0].save(whole, kind, **more)
    except (KeyError, OSError):
        pytest.skip(f"this Pillow can't write {kind}")
    data, refused = whole.read_bytes(), 0
    for share in np.linspace(0.02, 0.98, 40):
        path = tmp_path / "cut"
        path.write_bytes(data[: int(share * len(data))])
        with contextlib.suppress(VideoReadError):
            assert len(load(path, CONFIG).images)
            continue
        refused += 1
    assert refused


def test_an_animation_that_is_damaged_anywhere_is_refused_or_read(tmp_path: Path) -> None:
    path, rng = make_clips.gif(tmp_path / "a.gif"), np.random.default_rng(5)
    data = path.read_bytes()
    for _ in range(60):
        changed = np.frombuffer(data, np.uint8).copy()
        changed[rng.integers(0, len(data), 8)] = rng.integers(0, 256, 8)
        path.write_bytes(changed.tobytes())
        with contextlib.suppress(VideoReadError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert len(load(path, CONFIG).images)


@pytest.mark.parametrize("name", make_clips.BAD)
def test_bad_files_end_in_an_error_that_names_the_reason(clips: Path, name: str, pvchat_home: Path) -> None:
    path = made(clips, name)
    with pytest.raises(VideoReadError, match=re.escape(BAD[name])) as caught:
        load(path, CONFIG)
    assert caught.value.subject == str(path)
    assert caught.value.hint
    assert left_behind(pvchat_home) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".", "folder"), ("missing.mp4", "no such file"), ("https://example.org/a.mp4", "address"),
        ("rtsp://127.0.0.1/a", "address"), ("concat:a.mp4|b.mp4", "address"), ("file:a.mp4", "address"),
        ("data:video/mp4;base64,AAAA", "address"), ("nul\0byte.mp4", "can't be opened"), (os.devnull, "regular file"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("use", [load, probe])
def test_only_regular_local_files(name: str, reason: str, use, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VideoReadError, match=reason):
        use(name, CONFIG)


@pytest.mark.parametrize("body", [
    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{url}\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile '{url}'\n",
    "\n#EXTM3U\n#EXTINF:2,\n{url}\n#EXT-X-ENDLIST\n",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
])  # fmt: skip
@pytest.mark.parametrize("sniffed", [True, False])
def test_playlists_open_nothing(
    body: str, sniffed: bool, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither another file nor an address in a playlist is touched, even if the check by content let it through."""
    if not sniffed:
        monkeypatch.setattr("pvchat.video.clips.sniff", lambda path, file: "container")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.05)
        other = tmp_path / "other.mp4"  # FFmpeg itself lets a list name files beside it
        other.write_bytes(made(clips, "b_frames.mp4").read_bytes())
        for url in (f"http://127.0.0.1:{server.getsockname()[1]}/a.mp4", str(other), other.name):
            path = tmp_path / "list.mp4"
            path.write_text(body.format(url=url))
            with pytest.raises(VideoReadError):
                load(path, CONFIG)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(("limit", "reason"), [
    ({"max_bytes": 1000}, "MB, more than the limit"), ({"max_duration_s": 1.0}, "minutes, more than the limit"),
    ({"max_pixels": 1000}, "160 by 96"),
])  # fmt: skip
def test_limits_are_configurable(clips: Path, limit: dict[str, int], reason: str) -> None:
    with pytest.raises(VideoReadError, match=reason):
        load(made(clips, "b_frames.mp4"), replace(CONFIG, **limit))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("counted", [True, False])
def test_an_animation_of_too_many_pixels_in_all_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, counted: bool
) -> None:
    path = tmp_path / "a"
    frames = [Image.new("RGB", (40, 30), (value * 20, 0, 0)) for value in range(10)]
    frames[0].save(path, kind, save_all=True, append_images=frames[1:], duration=100)
    seen, real = list[int](), pictures.animation
    monkeypatch.setattr(pictures, "animation", lambda *a: (seen.append(n) or one for n, one in enumerate(real(*a))))
    assert probe(path, CONFIG).frames == 10
    del seen[:]
    monkeypatch.setattr("pvchat.video.pictures._frame_count", lambda image: 10 if counted else -1)
    monkeypatch.setattr("pvchat.video.files.ANIMATION_PIXELS", 6 * 40 * 30)
    with pytest.raises(VideoReadError, match="pictures of 40 by 30 have .* more than the limit of"):
        probe(path, CONFIG)
    assert len(seen) == (0 if counted else 7)


def test_a_few_kilobytes_of_huge_pictures_are_refused_before_one_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3000 frames that each change one pixel of a screen of 3000 by 3000: 69 kB took 220 s and 1.5 GB."""
    side = (3000).to_bytes(2, "little")
    frame = b"!\xf9\x04\x00\x0a\x00\x00\x00," + bytes(4) + b"\x01\x00" * 2 + b"\x00\x02\x02D\x01\x00"
    path = tmp_path / "bomb.gif"
    path.write_bytes(b"GIF89a" + side * 2 + b"\x80\x00\x00" + bytes(3) + b"\xff" * 3 + frame * 3000 + b";")
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(pictures, "animation", None)
    with pytest.raises(VideoReadError, match=r"its 3000 pictures of 3000 by 3000 have 27.0 billion pixels") as caught:
        probe(path, CONFIG)
    assert "more than the limit of 3.0 billion" in caught.value.what
    assert "mp4" in caught.value.hint


def test_a_video_of_too_many_pixels_in_all_is_refused(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvchat.video.files.STEADY_RATE", 1e-6)
    with pytest.raises(VideoReadError, match="its 48 pictures of 160 by 96 .* more than the limit"):
        probe(made(clips, "b_frames.mp4"), CONFIG)


def test_decoding_stops_at_the_limit_even_if_probing_was_fooled(clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(clips, "b_frames.mp4")
    found = probe(path, CONFIG)
    monkeypatch.setattr("pvchat.video.clips.probe", lambda path, config: found)
    with pytest.raises(VideoReadError, match="more than the limit"):
        load(path, replace(CONFIG, max_duration_s=1.0))


def test_the_copy_is_deleted_after_success_and_after_errors(
    clips: Path, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(made(clips, "b_frames.mp4"), CONFIG)
    assert left_behind(pvchat_home) == []

    def interrupted(*args: object) -> None:
        assert left_behind(pvchat_home) != []
        raise KeyboardInterrupt

    monkeypatch.setattr("pvchat.video.clips.read_copy", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load(made(clips, "b_frames.mp4"), CONFIG)
    assert left_behind(pvchat_home) == []


def test_copies_of_killed_processes_are_swept_and_living_ones_kept(clips: Path, pvchat_home: Path) -> None:
    command = [sys.executable, "-c", COPY_CHILD]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=child_environment())
        for _ in range(2)
    ]
    folders = [Path(child.stdout.readline().strip()) for child in children]
    children[0].kill()
    children[0].wait()
    load(made(clips, "b_frames.mp4"), CONFIG)
    assert [f.exists() for f in folders] == [False, True]
    children[1].communicate("\n")
    assert left_behind(pvchat_home) == []


def test_a_full_disk_is_told(clips: Path, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pvchat.video.clips.encode", full)
    with pytest.raises(DiskFullError, match="the disk is full"):
        load(made(clips, "b_frames.mp4"), CONFIG)
    assert left_behind(pvchat_home) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("backend", ["pyav", "decord"])
def test_memory_is_bounded_on_full_hd(clips: Path, backend: str) -> None:
    """A minute of 1080p, 120 frames: decoded all at once they would take 746 MB."""
    if backend == "decord":
        pytest.importorskip("decord", exc_type=ImportError)
    path = clips / "hd.mp4"
    if not path.exists():
        frames = (np.full((1080, 1920, 3), make_clips.shade(i, 120), np.uint8) for i in range(120))
        make_clips.encode(path, frames, fps=2, options={"preset": "ultrafast", "threads": "1", "g": "20"})
    command = [sys.executable, "-c", MEMORY_CHILD, str(path), backend]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=child_environment())
    samples, peak = (int(word) for word in done.stdout.split())
    assert samples == 40
    assert peak / 1024 < 400  # MB; 62 of them are the samples
