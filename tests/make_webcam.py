"""A webcam where there is none: FFmpeg's own V4L2 reader is answered by `make_webcam.c`, compiled and preloaded.

    with plugged_in(folder) as webcam:
        webcam.is_now("unplugged")
        webcam.until(lambda seen: "No such device" in seen.problem)

In: what the webcam does: "plugged", "busy", "frozen" or "unplugged". Out: what `live_pictures` makes of it, in a
process of its own, since only a process that begins with it can be given another `ioctl`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

DEVICE = "/dev/null"  # a character device, as webcams are, that everybody may open
COMPILER = shutil.which("cc") if sys.platform == "linux" else None


@dataclass
class Seen:
    """What came of the webcam so far."""

    pictures: int = 0
    size: str = ""
    late_s: float = 0.0  # the last one's time of day, against the clock
    connected: bool = False
    breaks: int = 0
    problem: str = ""


@dataclass
class Webcam:
    """A webcam, and the process that reads it."""

    state: Path
    reader: subprocess.Popen[str]
    seen: list[Seen] = field(default_factory=list)

    def is_now(self, what: str) -> None:
        """Let it do something else from now on."""
        draft = self.state.with_suffix(".draft")
        draft.write_text(what)
        os.replace(draft, self.state)

    def until(self, holds: Callable[[Seen], bool]) -> Seen:
        """Read on until something holds; fails where the process has ended before."""
        assert self.reader.stdout is not None
        for line in self.reader.stdout:
            self.seen.append(Seen(**json.loads(line)))
            if holds(self.seen[-1]):
                return self.seen[-1]
        raise AssertionError(f"the reader has ended: {self.seen[-1:]}")

    def stop(self) -> int:
        """Tell the reader to end; its exit code."""
        assert self.reader.stdin is not None
        self.reader.stdin.close()
        return self.reader.wait(60)


@contextmanager
def plugged_in(folder: Path, state: str = "plugged") -> Iterator[Webcam]:
    """A webcam, and a process that reads it, as long as the context lasts."""
    source, library, now = Path(__file__).with_suffix(".c"), folder / "webcam.so", folder / "state"
    subprocess.run([str(COMPILER), "-shared", "-fPIC", "-o", str(library), str(source)], check=True, timeout=120)
    now.write_text(state)
    words, pipe = [sys.executable, __file__], subprocess.PIPE
    places = os.pathsep.join(map(str, (Path(__file__).parents[1], os.environ.get("PYTHONPATH", ""))))
    env = {**os.environ, "LD_PRELOAD": str(library), "FAKE_WEBCAM": str(now), "PYTHONPATH": places}
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, env=env, text=True) as reader:
        try:
            yield Webcam(now, reader)
        finally:
            reader.kill()


def _read() -> None:
    """In the other process: read the webcam until stdin is closed, and tell ten times a second what came."""
    import time

    from pvchat.video import Link, live_pictures, read_address

    link, stop, seen = Link(), threading.Event(), Seen()

    def tell() -> None:
        while not stop.wait(0.1):
            seen.connected, seen.breaks, seen.problem = link.connected, link.breaks, link.problem
            sys.stdout.write(f"{json.dumps(asdict(seen))}\n")
            sys.stdout.flush()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        stop.set()

    for work in (tell, wait_for_the_end):
        threading.Thread(target=work, daemon=True).start()
    for picture in live_pictures(read_address(DEVICE), link, stop):
        seen.pictures, seen.size = seen.pictures + 1, f"{picture.frame.width} x {picture.frame.height}"
        seen.late_s = time.time() - picture.time


if __name__ == "__main__":
    _read()
