"""Hostile media, enrolled and looked through: bombs, lies, cut files, wrong names, lists that name other files.

Each is tried in a process of its own, which may not take long nor much memory. A server on this machine notes whether
anybody follows an address.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

import make_clips  # noqa: E402
import make_odd_clips  # noqa: E402
from make_analysis import make_analysis, make_track  # noqa: E402
from make_app import open_scenery  # noqa: E402
from make_server import Quiet, serving  # noqa: E402

from pvchat import PVChat  # noqa: E402
from pvchat.config import Settings  # noqa: E402
from pvchat.errors import PVChatError  # noqa: E402
from pvchat.video.files import walk  # noqa: E402

from . import Outcome  # noqa: E402

REFUSED = "refused"
WAIT_S = 120
MEMORY_BYTES = 1_000_000_000  # more than this process has already


def run(home: Path) -> Iterator[Outcome]:
    """All cases, enrolled and then looked through; then all files in one folder beside a good one."""
    with pytest.MonkeyPatch.context() as patch, listener() as (url, visits):
        scenery = open_scenery(home, patch)
        anybody = make_analysis(make_track(1))
        patch.setattr("pvchat.perception.analysis.recognise", lambda clip, *_, **__: anybody)
        patch.setattr("pvchat.perception.measuring.measure", lambda clip, seen, *_, **__: seen)
        every = home / "every"
        every.mkdir()
        for name, make in {**FILES, **{name: _list(text, url) for name, text in LISTS.items()}}.items():
            folder = home / name
            folder.mkdir()
            path = make(folder / name)
            os.link(path, every / name)
            yield _outcome(f"enroll {name}", _apart(_enroll, path), visits)
            yield _outcome(f"look at {name}", _apart(_look, folder), visits)
        for address in ADDRESSES:
            yield _outcome(f"enroll {address[:20]}", _apart(_enroll, address.format(url=url)), visits)
        os.link(scenery.clip("good", 1), every / "good.mp4")
        got = _apart(_look, every)
        expected = f"1 taken, {len(FILES) + len(LISTS)} refused"
        yield Outcome("look at them all, and a good one", expected, got, got == expected and not visits)


def _outcome(case: str, got: str, visits: list[str]) -> Outcome:
    got = f"followed {visits[0]}" if visits else got
    return Outcome(case, REFUSED, got[:100], got.startswith((REFUSED, "0 taken, 1 refused")))


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """A web server, and what was asked of it."""
    visits: list[str] = []

    class Handler(Quiet):
        def do_GET(self) -> None:
            visits.append(self.path)
            self.send_error(404)

    with serving(Handler) as url:
        yield url, visits


def _apart(work: Callable[[Any], str], clip: Any) -> str:
    """What the work says in another process; "hangs", or "killed" where it didn't survive."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_limited, args=(work, clip, theirs))
    child.start()
    theirs.close()
    try:
        return str(ours.recv()) if ours.poll(WAIT_S) else "hangs"
    except EOFError:
        return "killed"
    finally:
        child.kill()
        child.join()


def _limited(work: Callable[[Any], str], clip: Any, told: Any) -> None:
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + MEMORY_BYTES, resource.RLIM_INFINITY))
    try:
        told.send(work(clip))
    except BaseException as error:  # what must not happen
        told.send(f"{type(error).__name__}: {error}")


def _enroll(clip: Path | str) -> str:
    try:
        return f"enrolled {PVChat(Settings(device='cpu')).enroll(clip, 'Eve').name}"
    except PVChatError as error:
        return f"{REFUSED}: {error.what}"


def _look(folder: Path) -> str:
    chat, taken, refused = PVChat(Settings(device="cpu")), 0, 0
    for path, _ in walk(folder):
        try:
            chat.analyse(path)
            taken += 1
        except PVChatError:
            refused += 1
    return f"{taken} taken, {refused} refused"


def _gif_bomb(path: Path) -> Path:
    """69 kB that are 3000 frames of 3000 x 3000 pixels: each draws a single one."""
    side, one = (3000).to_bytes(2, "little"), (1).to_bytes(2, "little")
    delay = b"\x21\xf9\x04\x04\x0a\x00\x00\x00"
    frame = delay + b"\x2c" + bytes(4) + one + one + b"\x00" + b"\x02\x02\x44\x01\x00"  # GIF89a §20 to 23
    path.write_bytes(b"GIF89a" + side + side + b"\x80\x00\x00" + bytes(3) + b"\xff\xff\xff" + frame * 3000 + b";")
    return path


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _tall(path: Path) -> Path:
    """A picture of one pixel's width that is longer than any side may be."""
    from PIL import Image

    Image.new("L", (1, 2_000_000)).save(path, "PNG")
    return path


def _list(text: str, url: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_text(text.format(url=url, folder=path.parent))
        return path

    return make


FILES: dict[str, Callable[[Path], Path]] = {
    "empty.mp4": _empty,
    "junk.mp4": make_clips.junk,
    "text.mp4": make_clips.text,
    "cut.mp4": lambda path: make_clips.truncated(path, 0.05),
    "destroyed.mp4": make_clips.pictures_destroyed,
    "sound.mp4": make_clips.audio_only,
    "huge.mp4": make_clips.huge_header,
    "beyond.mp4": make_odd_clips.beyond_any_end,
    "codec.mkv": make_odd_clips.unknown_codec,
    "bomb.png": make_clips.image_bomb,
    "tall.png": _tall,
    "bomb.gif": _gif_bomb,
    "picture.mp4": make_clips.image_bomb,
}
LISTS = {
    "playlist.jpg": "#EXTM3U\n{url}/a.ts\n",
    "playlist.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}/a.ts\n#EXT-X-ENDLIST\n",
    "concat.mp4": "ffconcat version 1.0\nfile '{url}/a.mp4'\n",
    "passwd.mp4": "ffconcat version 1.0\nfile /etc/passwd\n",
    "dash.mp4": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}/</BaseURL></MPD>\n',
    "session.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "drawing.jpg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/a.png"/></svg>',
}
ADDRESSES = (
    "{url}/clip.mp4", "concat:/etc/passwd|/etc/hosts", "file:/etc/passwd", "pipe:0", "data:video/mp4;base64,AAAA",
    "subfile,,start,0,end,9,,:/etc/passwd", "/dev/zero", "-i",
)  # fmt: skip
