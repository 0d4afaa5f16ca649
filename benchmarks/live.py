"""A camera that breaks off again and again: are its events those of the offline scan, how late, does memory grow?

In: a film of labelled clips as `planted.py` makes it (its JSON beside it says who is planted), and the folder of
clips, from which these people are enrolled. Out: how many of the events that the offline scan's spans make are told by
the live road within a second, what it tells beside them, delays, drops, memory. What happens in a break can't be seen:
it is wanted where the pictures end, or begin again; nobody leaves in a break who is there after it.

    python benchmarks/planted.py ../shared/devset runs/film.mp4 --minutes 4
    python benchmarks/live.py runs/film.mp4 ../shared/devset --minutes 4 --breaks 8              over RTSP, in real time
    python benchmarks/live.py runs/film.mp4 ../shared/devset --minutes 4 --breaks 8 --by-processor

Over RTSP the film is GStreamer's (`tests/make_rtsp.py`), and a break closes the connection, which is refused for
`BREAK_S` then. `--by-processor` needs neither a server nor an idle machine: pictures are read from the file, those of a
break left out, none is dropped, and a delay is what passes on the film plus the processor time that the part took.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import labelled
import numpy as np
from film import _held_mb
from planted import lengthened

from pvchat import PVChat
from pvchat.chat.spans import Span, common
from pvchat.config import Settings
from pvchat.library.live.live import Live
from pvchat.library.live.parts import Sampler
from pvchat.library.live.ring import Ring
from pvchat.library.live.window import GONE_S
from pvchat.library.recognise import follow
from pvchat.storage.library import connect
from pvchat.video import Link, Picture, live_pictures, read_address

BREAK_S = 2.0
WITHIN_S = 1.0
SERVER = Path(__file__).parents[1] / "tests" / "make_rtsp.py"
ZERO = datetime(2026, 1, 1).timestamp()


@dataclass(frozen=True)
class Told:
    """An event: what, who, when in the film (seconds); and how much later it was told."""

    kind: str
    name: str
    at: float
    delay: float = 0.0


def offline(chat: PVChat, film: Path, length_s: float, breaks: list[float]) -> list[Told]:
    """The events that the spans of the offline scan make, as far as they can be seen between the breaks.

    Who is there at the end doesn't leave.
    """
    found, seen = [], _between(breaks, length_s)
    for one in chat.presence(chat.analyse(film, stage="who")):
        spans = common(one.spans, seen) if one.decision == "present" else []
        for start, end in _joined_over(spans, breaks):
            found.append(Told("appears", one.name, start))
            found += [Told("leaves", one.name, end)] if end < length_s - GONE_S else []
    return found


def _between(breaks: list[float], length_s: float) -> list[Span]:
    """When there are pictures."""
    return list(zip([0.0, *(at + BREAK_S for at in breaks)], [*breaks, length_s], strict=True))


def _joined_over(spans: list[Span], breaks: list[float]) -> list[Span]:
    """Spans, those joined between which nobody has left in all the time that there were pictures."""
    out: list[Span] = []
    for start, end in sorted(spans):
        blind = sum(BREAK_S for at in breaks if out and out[-1][1] <= at + 1e-6 and at + BREAK_S <= start + 1e-6)
        if out and start - out[-1][1] - blind <= GONE_S:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def by_processor(chat: PVChat, film: Path, breaks: list[float], growth: list[float]) -> tuple[list[Told], str]:
    """Live events of a film that is read as fast as it can be looked at; see above."""
    told, rows = list[Told](), list[dict]()
    live = chat.library.live(str(film), told=rows.append)
    with closing(connect(chat.people.root)) as tables:
        follow(tables, chat)
        ring = Ring(tables, chat, live._source, live.how.fps)
        sampler, spent = Sampler(live.how.fps, chat.settings.video), 0.0
        for picture in _broken(film, breaks):
            if (part := sampler.add(picture)) is None:
                continue
            began = time.process_time()
            live.feed(tables, ring, part)
            took = time.process_time() - began
            spent += took
            told += [_told(row, ZERO, picture.time - ZERO + took) for row in rows]
            rows.clear()
            growth.append(_held_mb())
        ring.end()
    status = live.status()
    took = f"{spent / (picture.time - ZERO):.2f} s of processor a second of film"
    return told, f"{status.looked_at} samples looked at, {status.still} still; {took}"


def over_rtsp(chat: PVChat, film: Path, breaks: list[float], growth: list[float], length_s: float) -> tuple[list, str]:
    """Live events of a film that GStreamer serves in real time, by way of a proxy that breaks."""
    python = shutil.which("python3", path="/usr/bin") or sys.exit("needs the system's Python")
    direct, told = _free_port(), list[Told]()
    server = subprocess.Popen([python, str(SERVER), str(film), str(direct)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    server.stdout.readline()
    proxy = _Proxy(direct)
    begun = threading.Event()
    threading.Thread(target=_keep, args=(direct, begun), daemon=True).start()  # it plays on through every break
    begun.wait(20)
    zero = time.time()
    live: Live = chat.library.live(
        f"rtsp://127.0.0.1:{proxy.port}/camera", told=lambda row: told.append(_told(row, zero, time.time() - zero))
    )
    live.start()
    for at in [*breaks, length_s]:
        while time.time() < zero + at:
            time.sleep(0.2)
            growth.append(_held_mb())
        proxy.pause(BREAK_S)
    status = live.status()
    live.stop()
    server.kill()
    return told, f"{status.looked_at} samples looked at, {status.dropped} dropped, {status.breaks} breaks"


def compared(wanted: list[Told], told: list[Told], breaks: list[float]) -> str:
    """The numbers."""
    left, found, undisturbed, of = list(told), 0, 0, 0
    for one in wanted:
        near = [t for t in left if (t.kind, t.name) == (one.kind, one.name) and abs(t.at - one.at) <= WITHIN_S]
        calm = not any(at - WITHIN_S - GONE_S <= one.at <= at + BREAK_S + WITHIN_S for at in breaks)
        of += calm
        if near:
            left.remove(min(near, key=lambda t: abs(t.at - one.at)))
            found, undisturbed = found + 1, undisturbed + calm
    beside = [one for one in left if one.kind != "unknown"]
    out = [f"offline {len(wanted)} events; told within {WITHIN_S:.0f} s: {found}, of the {of} apart from breaks "
           f"{undisturbed}; told beside them: {len(beside)}; unknown: {len(left) - len(beside)}"]  # fmt: skip
    for kind in ("appears", "leaves", "unknown"):
        delays = [one.delay for one in told if one.kind == kind]
        if delays:
            out.append(f"{kind}: delay median {np.median(delays):.1f} s, 95 % {np.percentile(delays, 95):.1f} s")
    out += [f"  missing: {one}" for one in wanted if not any(
        (t.kind, t.name) == (one.kind, one.name) and abs(t.at - one.at) <= WITHIN_S for t in told)]  # fmt: skip
    return "\n".join([*out, *(f"  beside: {one}" for one in beside)])


def _told(row: dict, zero: float, now: float) -> Told:
    at = datetime.fromisoformat(row["at"]).timestamp() - zero
    return Told(row["kind"], row["name"], at, now - at)


def _broken(film: Path, breaks: list[float]) -> Iterator[Picture]:
    """The film's pictures but for those in a break."""
    fresh = True
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            at = float(frame.time or 0.0)
            if any(one <= at < one + BREAK_S for one in breaks):
                fresh = True
                continue
            yield Picture(ZERO + at, frame, time.monotonic(), fresh)
            fresh = False


def _keep(port: int, begun: threading.Event) -> None:
    """Watch the camera directly, so that it goes on."""
    for _ in live_pictures(read_address(f"rtsp://127.0.0.1:{port}/camera"), Link(), threading.Event()):
        begun.set()


class _Proxy:
    """Passes a port on to another, and breaks off when told to."""

    def __init__(self, to: int) -> None:
        self._to, self._open, self._until = to, list[socket.socket](), 0.0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def pause(self, seconds: float) -> None:
        """Close every connection, and new ones for a while."""
        self._until = time.time() + seconds
        for one in self._open:
            one.close()
        self._open.clear()

    def _accept(self) -> None:
        while True:
            here, _ = self._server.accept()
            if time.time() < self._until:
                here.close()
                continue
            there = socket.create_connection(("127.0.0.1", self._to))
            self._open += [here, there]
            for a, b in ((here, there), (there, here)):
                threading.Thread(target=_pass, args=(a, b), daemon=True).start()


def _pass(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for end in (one, other):
        end.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _enroll(chat: PVChat, folder: Path, film: Path) -> None:
    """Whoever is planted in the film."""
    import json

    planted = {row["name"] for row in json.loads(film.with_suffix(".json").read_text(encoding="utf-8"))}
    for row in labelled.people(folder):
        if row["name"] in planted:
            chat.enroll(folder / row["enroll"], row["name"], track=1)


def main() -> None:
    """Prints the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("film", type=Path)
    parser.add_argument("folder", type=Path, help="labelled clips")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--breaks", type=int, default=50)
    parser.add_argument("--by-processor", action="store_true", help="see above")
    asked = parser.parse_args()
    length_s = asked.minutes * 60
    breaks = [round(length_s * (k + 0.5) / asked.breaks, 1) for k in range(asked.breaks)]
    with tempfile.TemporaryDirectory() as folder:
        film = lengthened(asked.film.absolute(), Path(folder) / "film.mp4", asked.minutes)
        chat, growth = PVChat(Settings(answers="facts")).with_people(Path(folder) / "people"), list[float]()
        _enroll(chat, asked.folder, asked.film)
        wanted = offline(chat, film, length_s, breaks)
        sys.stdout.write(f"{len(chat.people.names())} people enrolled, {len(breaks)} breaks of {BREAK_S:.0f} s\n")
        told, how = (
            by_processor(chat, film, breaks, growth)
            if asked.by_processor
            else over_rtsp(chat, film, breaks, growth, length_s)
        )
    quarter = len(growth) // 4
    memory = f"memory {np.mean(growth[quarter : 2 * quarter]):.0f} MB in the second quarter, "
    sys.stdout.write(
        f"{how}\n{compared(wanted, told, breaks)}\n{memory}{np.mean(growth[-quarter:]):.0f} MB in the last\n"
    )


if __name__ == "__main__":
    main()
