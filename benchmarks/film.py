"""Long videos: what looking through one takes by its length, and whether everybody planted in it is found.

In: a folder of labelled clips (`planted.py` makes the film of ten minutes, once). Out: a row a length (seconds by the
clock and of the processor, peak memory, each in a process of its own), a plot, and what was found of whom is planted.

    python benchmarks/film.py ../shared/devset --out runs/film --minutes 1 3 10 --found
    python benchmarks/film.py ../shared/devset --out runs/film --minutes 60 --plot docs/film.svg

Rows are kept in `rows.json` in that folder, the newest of each length, so that a long one may be run by itself.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import labelled
import planted

from pvchat import PVChat
from pvchat.config import Settings, VideoConfig
from pvchat.storage.clips import ClipCache
from pvchat.video import content_key, probe

WITHIN_S = 0.5
AROUND_S = 15.0  # of a film that is asked about where somebody is planted


@dataclass(frozen=True)
class Row:
    """What looking through one video took.

    Attributes:
        minutes: of film.
        wall_s, cpu_s: seconds by the clock and of the processor, starting the process included.
        peak_mb: the most memory that was held.
        tracks: people, as far as they were joined.
    """

    minutes: float
    wall_s: float
    cpu_s: float
    peak_mb: float
    tracks: int


def looked_through(film: Path) -> Row:
    """One video from its file to an analysis that can be asked, by a process that has loaded nothing yet.

    The analysis is kept in `cache` beside the film, and after each part how far it has come, in `<film>.way.json`.
    """
    start, way, kept = time.perf_counter(), list[tuple[float, float, float]](), film.with_suffix(".way.json")

    def note(what: str, done: float, total: float) -> None:
        if what.startswith("looking through"):
            way.append((round(done / 60, 2), round(_cpu_s(), 1), round(_held_mb())))
            kept.write_text(json.dumps(way) + "\n", encoding="utf-8")

    cache = ClipCache(film.parent / "cache")
    cache.remove(content_key(film), forgotten=True)  # of an earlier run, and what it came to if it was stopped
    chat = PVChat(Settings(answers="facts"), note, cache=cache)
    seen = chat.analyse(film, stage="who")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Row(seen.duration_s / 60, time.perf_counter() - start, _cpu_s(), peak, len(seen.tracks))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _held_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def in_a_process(film: Path) -> Row:
    """`looked_through` in a fresh process, so that its peak is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(looked_through, film).result()


def ten_minutes(folder: Path, out: Path, half: str = "tune", seed: int = 0) -> Path:
    """The film of ten minutes, made where it isn't there yet."""
    film = out / f"ten{'' if half == 'tune' else f'-{half}'}{f'-{seed}' if seed else ''}.mp4"
    if not film.with_suffix(".json").is_file():
        out.mkdir(parents=True, exist_ok=True)
        planted.make(folder, film, 10.0, half, seed)
    return film


def measure(folder: Path, out: Path, lengths: Sequence[float]) -> list[Row]:
    """Prints a row for each length, minutes; returns these and those that were measured before."""
    ten, kept = ten_minutes(folder, out), out / "rows.json"
    rows = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else []
    known = {round(row["minutes"], 1): Row(**row) for row in rows}
    for minutes in lengths:
        row = in_a_process(ten if minutes == 10 else planted.lengthened(ten, out / f"{minutes:g}.mp4", minutes))
        known[round(row.minutes, 1)] = row
        kept.write_text(json.dumps([asdict(known[m]) for m in sorted(known)]) + "\n", encoding="utf-8")
        tell(
            f"{row.minutes:5.1f} minutes: {row.wall_s:.0f} s by the clock, processor {row.cpu_s:.0f} s"
            f" ({row.cpu_s / row.minutes:.1f} a minute), peak {row.peak_mb:.0f} MB, {row.tracks} tracks"
        )
    return [known[m] for m in sorted(known)]


def found_in(folder: Path, out: Path, half: str, seed: int = 0) -> None:
    """Prints who of the planted is found in the film of ten minutes, how far off the spans' ends are, and what else.

    Everybody planted is enrolled with the clip of `people.json`, and all are asked for together; beside it stands what
    the planted clip alone says. A span beside them is true, false or not known by the labels of the clip shown then.
    """
    film, plan = ten_minutes(folder, out, half, seed), planted.plan(folder, 10.0, half, seed)
    truth, said_of = plan.planted, planted.labels(folder)
    with tempfile.TemporaryDirectory() as store:
        chat = PVChat(Settings(answers="facts"), cache=ClipCache(out / "cache")).with_people(store)
        _enroll(chat, folder, {p.name for p in truth})
        spans = _spans(chat, film)
        alone = {p: bool(_spans(chat, folder / p.clip).get(p.name)) for p in truth}
    off = {p: min((_apart(p, span) for span in spans.get(p.name, ())), default=float("inf")) for p in truth}
    for p in truth:
        tell(f"  {p.name:10s} {p.start_s:6.1f}-{p.end_s:6.1f} s  off by {off[p]:5.2f} s  {alone[p]!s:5}  {p.clip}")
    found = [p for p in truth if off[p] <= WITHIN_S]
    tell(f"planted {len(truth)}: found within {WITHIN_S} s {len(found)}, in their clip alone {sum(alone.values())}")
    tell(f"  of those that are found in their clip alone: {sum(alone[p] for p in found)}")
    for name, (start, end) in [(one, span) for one in sorted(spans) for span in spans[one]]:
        if not any(p.name == name and p.start_s < end and start < p.end_s for p in truth):
            clip = plan.shown(start, end)
            there = said_of.get((clip, name))
            label = "no label" if there is None else "she is there" if there else "she isn't there"
            tell(f"  also said: {name} {start:.1f}-{end:.1f} s  {label}  {clip}")


def found_by_minutes(folder: Path, out: Path, half: str, seed: int = 0) -> None:
    """Prints who of the planted is found where her own minutes are asked about and nothing else was looked through.

    That is from `AROUND_S` before to as long after; what a question before had looked through is known.
    """
    film, truth = ten_minutes(folder, out, half, seed), planted.plan(folder, 10.0, half, seed).planted
    found, started, length_s = 0, _cpu_s(), probe(film, VideoConfig()).duration_s
    with tempfile.TemporaryDirectory() as store:
        chat = PVChat(Settings(answers="facts"), cache=ClipCache(Path(store) / "cache")).with_people(store)
        _enroll(chat, folder, {p.name for p in truth})
        for p in truth:
            part = max(0.0, p.start_s - AROUND_S), min(p.end_s + AROUND_S, length_s)
            (said,) = chat.ask(film, f"Is {p.name} in this video?", between=part).people
            there = said.decision == "present" and any(_apart(p, span) <= WITHIN_S for span in said.spans)
            found += there
            tell(f"  {p.name:10s} {p.start_s:6.1f}-{p.end_s:6.1f} s  {said.decision} {said.probability:.2f}  {there}")
    tell(f"planted {len(truth)}: found by their minutes alone {found}; processor {_cpu_s() - started:.0f} s in all")


def _enroll(chat: PVChat, folder: Path, names: Collection[str]) -> None:
    clips = {one["name"]: one["enroll"] for one in labelled.people(folder)}
    for name in sorted(names):
        chat.enroll(folder / clips[name], name, track=1)


def _spans(chat: PVChat, clip: Path) -> dict[str, list[tuple[float, float]]]:
    """When each person who is said to be there is."""
    said = chat.presence(chat.analyse(clip, stage="who"))
    return {p.name: [(a, b) for a, b in p.spans] for p in said if p.decision == "present"}


def _apart(one: planted.Planted, span: tuple[float, float]) -> float:
    return max(abs(span[0] - one.start_s), abs(span[1] - one.end_s))


def plot(rows: Sequence[Row], way: Sequence[Sequence[float]], path: Path) -> None:
    """A line on the way through the longest film, be it not finished; dots at the end of each (its peak memory)."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with pyplot.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pvchat", "font.size": 9}):
        figure, sides = pyplot.subplots(1, 2, figsize=(7, 2.8), layout="constrained")
        for side, column, what in ((sides[0], 1, "processor seconds"), (sides[1], 2, "memory, MB")):
            side.plot([at[0] for at in way], [at[column] for at in way], color="#3f51b5", linewidth=1)
            ends = [row.cpu_s if column == 1 else row.peak_mb for row in rows]
            side.plot([row.minutes for row in rows], ends, "o", color="#b26a00", markersize=4)
            side.set(xlabel="minutes of film", ylabel=what, xlim=(0, None), ylim=(0, None))
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def _longest_way(out: Path) -> list[tuple[float, float, float]]:
    ways = [json.loads(path.read_text(encoding="utf-8")) for path in out.glob("*.way.json")]
    return max(ways, key=lambda way: way[-1][0] if way else 0.0, default=[])


def tell(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measures each length that is asked for, then what is found in the film of ten minutes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="labelled clips")
    parser.add_argument("--out", type=Path, default=Path("runs/film"), help="where films and rows are kept")
    parser.add_argument("--minutes", type=float, nargs="*", default=[])
    parser.add_argument("--found", action="store_true", help="enroll who is planted and look for them")
    parser.add_argument("--by-minutes", action="store_true", help="look for them in their own minutes alone")
    parser.add_argument("--half", choices=("tune", "check"), default="tune", help="whose clips --found is measured on")
    parser.add_argument("--seed", type=int, default=0, help="of the film that --found is measured on")
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    rows = measure(asked.folder, asked.out, asked.minutes)
    if asked.found:
        found_in(asked.folder, asked.out, asked.half, asked.seed)
    if asked.by_minutes:
        found_by_minutes(asked.folder, asked.out, asked.half, asked.seed)
    if asked.plot:
        plot(rows, _longest_way(asked.out), asked.plot)


if __name__ == "__main__":
    main()
