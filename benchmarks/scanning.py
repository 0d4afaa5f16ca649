"""Two hours of mixed 720p scanned by the clock, and again while the scan is killed five times: the same rows?

    python benchmarks/scanning.py ../shared/devset OUT [--minutes 120] [--workers 2] [--kills 5] [--films FOLDER]

In: the folder of labelled clips that `planted.py` makes films of, or a folder of films. `MADE` films of ten minutes are
made; further ones are these from another second on, their packets copied. Out: how many times real time a scan by
`pvchat library scan` takes, start-up included, the most memory of its processes together (the share of each, PSS), and
whether the tables are those of a scan that was never killed. It is killed (SIGKILL, workers too) after equal shares of
the time that the whole took. What is done is kept in OUT: a benchmark that is stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import planted

MADE, LENGTH_S = 3, 600.0  # films that are made, and how long each is
TABLES = {  # of which the rows are compared; what only counts is left out
    "clips": "key, version, seconds, width, height, long, times, frame, scene, sound, timeline",
    "tracks": "clip, number, kind, start, \"end\", facts, seen, sightings, identity, prints, looks",
    "appearances": "who, clip, decision, probability, tracks", "facts": "*", "shots": "*",
}  # fmt: skip


@dataclass(frozen=True)
class Took:
    """One scan from start to end, kills included: seconds by the clock, the most memory (MB), and how often killed."""

    wall_s: float
    peak_mb: float
    kills: int


def films(devset: Path, folder: Path, minutes: float) -> None:
    """So many minutes of films, in files of `LENGTH_S`; those that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    count = round(minutes * 60 / LENGTH_S)
    for number in range(count):
        film, turn = folder / f"2026-11-{1 + number % 28:02d} 08.{number:02d}.00.mp4", number // MADE
        if film.exists():
            continue
        draft = folder / "draft.mp4"
        if turn == 0:
            planted.make(devset, draft, LENGTH_S / 60, seed=number + 1)
        else:
            first = sorted(folder.glob("2026*.mp4"))[number % MADE]
            turned(first, draft, LENGTH_S * turn * MADE / count)
        draft.rename(film)


def turned(film: Path, to: Path, start_s: float) -> None:
    """A film that begins at its first key picture after a moment, and goes on with what was before: packets copied."""
    import av

    with av.open(str(to), "w", format="mp4") as out, av.open(str(film)) as source:
        stream = source.streams.video[0]
        copy, base = out.add_stream_from_template(stream), stream.time_base or Fraction(1, 25)
        packets = [one for one in source.demux(stream) if one.dts is not None and one.pts is not None]
        first = next(i for i, one in enumerate(packets) if one.is_keyframe and one.pts * base >= start_s)
        by, whole = packets[first].dts, packets[-1].dts + packets[-1].duration - packets[0].dts
        for one in (*packets[first:], *packets[:first]):
            at, ahead = (one.dts - by) % whole, one.pts - one.dts  # a picture may be shown later than it is decoded
            one.dts, one.pts = at, at + ahead
            one.stream = copy
            out.mux(one)


def scanned(home: Path, folder: Path, workers: int, kill_at: list[float]) -> Took:
    """A scan in a home of its own, killed after each of some times (seconds); what a run before has noted is kept."""
    noted = home / "took.json"
    if noted.exists():
        return Took(**json.loads(noted.read_text(encoding="utf-8")))
    weights = Path(os.environ.get("PVCHAT_HOME", Path.home() / ".pvchat")) / "weights"
    if not home.exists():
        home.mkdir(parents=True)
        (home / "weights").symlink_to(weights)
    _pvchat(home, "library", "add", str(folder)).wait()
    wall, peak, kills = 0.0, 0.0, 0
    for most in (*kill_at, float("inf")):
        run, began = _pvchat(home, "library", "scan", "--workers", str(workers)), time.monotonic()
        while run.poll() is None and time.monotonic() - began < most:
            peak = max(peak, _held_mb(run.pid))
            time.sleep(0.5)
        killed = run.poll() is None
        if killed:
            os.killpg(run.pid, signal.SIGKILL)
        if run.wait() and not killed:
            raise SystemExit(f"the scan failed: {run.returncode}")
        wall, kills = wall + time.monotonic() - began, kills + killed
    took = Took(wall, peak, kills)
    noted.write_text(json.dumps(asdict(took)) + "\n", encoding="utf-8")
    return took


def _pvchat(home: Path, *words: str) -> subprocess.Popen[bytes]:
    """The command, in a group of processes of its own."""
    env = {**os.environ, "PVCHAT_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-m", "pvchat", *words], env=env, start_new_session=True,
                            stdout=subprocess.DEVNULL)  # fmt: skip


def _held_mb(group: int) -> float:
    """Memory of a group of processes, what they share counted once (PSS)."""
    held = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(folder.name)) == group:
                rows = (folder / "smaps_rollup").read_text(encoding="ascii").splitlines()
                held += next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        except (OSError, StopIteration):  # it has ended
            continue
    return held / 1024


def _rows(home: Path) -> Iterator[tuple[str, list[str]]]:
    """The rows of each table."""
    with closing(sqlite3.connect(home / "library" / "library.db")) as tables:
        for table, columns in TABLES.items():
            yield table, sorted(map(repr, tables.execute(f"SELECT {columns} FROM {table}")))


def main() -> None:
    """Prints the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("devset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--films", type=Path, help="ready ones, in the place of those that are made")
    asked = parser.parse_args()
    folder = (asked.films or asked.out / "films").absolute()
    if asked.films is None:
        films(asked.devset, folder, asked.minutes)
    whole = scanned(asked.out.absolute() / "whole", folder, asked.workers, [])
    share = whole.wall_s / (asked.kills + 1)
    killed = scanned(asked.out.absolute() / "killed", folder, asked.workers, [share] * asked.kills)
    one, other = (dict(_rows(asked.out / name)) for name in ("whole", "killed"))
    with closing(sqlite3.connect(asked.out / "whole" / "library" / "library.db")) as tables:
        seconds = tables.execute("SELECT sum(seconds) FROM clips").fetchone()[0]
    print(f"{seconds / 60:.1f} minutes in {whole.wall_s:.0f} s: {seconds / whole.wall_s:.2f} × real time, "
          f"{whole.peak_mb:.0f} MB")  # fmt: skip
    print(f"killed {killed.kills} times: {killed.wall_s:.0f} s in all, {killed.peak_mb:.0f} MB")
    print("rows: " + ", ".join(f"{len(rows)} {name}{'' if rows == other[name] else ' DIFFER'}"
                               for name, rows in one.items()))  # fmt: skip


if __name__ == "__main__":
    main()
