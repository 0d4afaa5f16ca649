"""The index at one million face vectors: build, memory and latency, and whether the right people are found.

    OMP_NUM_THREADS=1 python benchmarks/index.py [--rows 1000000] [--folder FOLDER]

The vectors are made up, like faces: people are drawn from a normal distribution with the covariance of the cohort that
the presence model ships (so directions that real descriptors use are used), scaled so that strangers lie as far apart
as that cohort's descriptors do before averaging (about .75), eight views a person with the spread of one person's
sightings (about .35 apart). Queries are further views of people in the index; a second set are views of strangers.
Truth comes from numpy: differences to the people's middles. Everything goes through `VideoIndex`, file and all; memory
is the process's own. Times are processor time: with one thread that is what a quiet machine takes, and a busy one
doesn't change it much.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.identity.presence import PresenceModel
from pvchat.index import VideoIndex
from pvchat.index.entries import NO_TRACK, ClipEntry, Kind, TrackEntry, Views
from pvchat.schemas import FloatArray

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

VIEWS, PEOPLE = 8, 25  # views of a person, people of a clip
APART, SPREAD = 0.75, 0.35
QUERIES, NEAREST = 20, 10
SEED = 0


def main(argv: list[str] | None = None) -> None:
    """Build, search, change; print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the index is written (default: a temporary folder)")
    parser.add_argument("--search", type=Path, metavar="INDEX", help="only search the index that an earlier run made")
    args = parser.parse_args(argv)
    clips = max(1, args.rows // (VIEWS * PEOPLE))
    if args.search:
        _search(args.search, _Faces(clips * PEOPLE))
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as place:
        root = Path(place) / "index"
        _build(root, clips)
        # in a process of its own, so that its memory is that of searching
        subprocess.run([sys.executable, __file__, "--rows", str(args.rows), "--search", str(root)], check=True)
        _change(root, _Faces(clips * PEOPLE), clips)


def _build(root: Path, clips: int) -> None:
    print(f"{clips * VIEWS * PEOPLE:,} rows of 128 numbers, {clips * PEOPLE:,} people in {clips:,} clips; "
         f"threads: {os.environ.get('OMP_NUM_THREADS', 'all')}")  # fmt: skip
    faces, made = _Faces(clips * PEOPLE), VideoIndex(root)
    described = [_clip(number, faces) for number in range(clips)]
    _timed("add and write", lambda: made.add(described, "bench"))
    info = made.info()
    print(f"on disk {info['bytes'] / 1e6:,.0f} MB")
    if resource is not None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"peak memory of building, the rows themselves included: {peak:,.0f} MB")


def _search(root: Path, faces: _Faces) -> None:
    index, known = VideoIndex(root), range(QUERIES)
    index.nearest("faces", faces.middles[:1], 1)  # loads faiss
    before = _memory()
    for title, queries in (("known people", faces.views(known, seed=1)), ("strangers", faces.strangers())):
        start = time.process_time()
        hits = [index.nearest("faces", query[None], NEAREST) for query in queries]
        seconds = (time.process_time() - start) / len(queries)
        print(f"{title}: {1e3 * seconds:.0f} ms a query; memory after: {_memory() - before:+,.0f} MB")
        if title == "known people":
            found = [(int(one[0].clip.key, 16), one[0].track and one[0].track.number) for one in hits]
            right = sum(place == divmod(who, PEOPLE) for place, who in zip(found, known, strict=True))
            print(f"the right one is nearest for {right} of {QUERIES}")


def _change(root: Path, faces: _Faces, clips: int) -> None:
    """Adding and removing one clip, and whether both are seen."""
    index, late = VideoIndex(root), _Faces(PEOPLE, seed=9)
    late.middles += faces.mean - late.mean
    print("")
    _timed("add one clip", lambda: index.add([_clip(clips, late)], "bench"))
    hits = index.nearest("faces", late.views([3], seed=5), 1)
    found = hits[0].clip.key == f"{clips:064x}"
    _timed("remove one clip from the middle", lambda: index.remove(keys=[f"{clips // 2:064x}"]))
    gone = index.nearest("faces", faces.views([clips // 2 * PEOPLE], seed=6), 1)[0].clip.key != f"{clips // 2:064x}"
    print(f"the added clip is found: {found}; the removed one isn't: {gone}")


class _Faces:
    """Made-up people; `middles` [people, 128]."""

    def __init__(self, people: int, seed: int = SEED) -> None:
        cohort = PresenceModel.load().cohort
        self.mean, self.spread = cohort.mean(0), np.cov(cohort.T).astype(np.float32)
        _, vectors = np.linalg.eigh(self.spread)
        variances = np.maximum(np.linalg.eigvalsh(self.spread), 0)
        scale = APART / np.sqrt(2 * variances.sum())
        self._mix = np.float32(vectors * np.sqrt(variances) * scale).T
        drawn = np.random.default_rng(seed).standard_normal((people, 128), np.float32)
        self.middles = drawn @ self._mix + self.mean

    def views(self, people: Iterable[int], seed: int) -> FloatArray:
        """One view [n, 128] of each of these people."""
        return self._around(self.middles[list(people)], np.random.default_rng((seed, 2)))

    def strangers(self) -> FloatArray:
        """Views of people who aren't among them."""
        rng = np.random.default_rng(77)
        return self._around(rng.standard_normal((QUERIES, 128), np.float32) @ self._mix + self.mean, rng)

    def all_views(self, first: int, count: int) -> FloatArray:
        """Eight views each of `count` people: [8 * count, 128]."""
        return self._around(np.repeat(self.middles[first : first + count], VIEWS, 0), np.random.default_rng((first, 3)))

    def _around(self, middles: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Half of the spread lies where people differ from each other, half anywhere."""
        along = rng.standard_normal(middles.shape, np.float32) @ self._mix * np.float32(SPREAD / APART / np.sqrt(2))
        anywhere = rng.standard_normal(middles.shape, np.float32) * np.float32(SPREAD / np.sqrt(2 * 128) / np.sqrt(2))
        return middles + along + anywhere


def _clip(number: int, faces: _Faces) -> tuple[ClipEntry, dict[Kind, Views]]:
    first = (number * PEOPLE) % len(faces.middles)
    tracks = [TrackEntry(i, "face", [(0.0, 2.0)], 0.8, None, False, (0.4, 0.2, 0.6, 0.5)) for i in range(PEOPLE)]
    entry = ClipEntry(f"{number:064x}", 2.0, False, 1.0, {f"{number}.mp4": (1, 1)}, tracks)
    rows = faces.all_views(first, PEOPLE).reshape(PEOPLE, VIEWS, 128)
    scene = np.full((1, 1280), 1 / np.sqrt(1280), np.float32)
    return entry, {"faces": dict(enumerate(rows)), "figures": {}, "clips": {NO_TRACK: scene}}


def _timed(what: str, do: Callable[[], Any]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    do()
    print(f"{what}: {time.perf_counter() - wall:.1f} s ({time.process_time() - cpu:.1f} s of processor time)")


def _memory() -> float:
    """The process's own memory in MB; NaN where the system doesn't say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon"))


if __name__ == "__main__":
    main()
