"""Are strangers grouped rightly: every clip of one half in a library, nobody enrolled in it.

    OMP_NUM_THREADS=1 python benchmarks/inbox.py DEVSET [--half tune] [--same A B] [--sheet FOLDER] [--sweep]

In: a folder of labelled clips as `pvchat eval` reads it (`people.json`, `questions.jsonl`). Out: pairwise precision,
recall and F1 of the groups over clear faces and over all, whom the ten largest groups hold, and with `--sweep` F1 at
other limits. Whose a track is, `whose.py` says; `--same` counts two names as one person's: a role and its actress.
Tracks without a name count nowhere.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from unittest import mock

import labelled
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from whose import Whose

from pvchat import PVChat, Settings
from pvchat.eval.manifest import HALVES, half_of
from pvchat.library import grouping, records, strangers
from pvchat.people.store import PeopleStore
from pvchat.storage.library import connect, transaction
from pvchat.video import recorded

FOUND = tuple(round(0.95 + 0.025 * n, 3) for n in range(9))
JOIN = tuple(round(0.8 + 0.05 * n, 2) for n in range(7))


@dataclass
class Seen:
    """Tracks in order: whose each is ("" where nobody knows), whether it is clear, its picture, and all faces."""

    tracks: list[int]
    names: list[str]
    clear: list[bool]
    pictures: list[bytes]
    faces: grouping.Faces


def main() -> None:
    """Fill a library, group, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("devset", type=Path)
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--same", nargs=2, action="append", default=[], metavar=("A", "B"), help="are one person")
    parser.add_argument("--sheet", type=Path, help="a folder for pictures of the ten largest groups")
    parser.add_argument("--sweep", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        seen = _fill(PVChat(Settings(device="cpu"), people=PeopleStore(Path(place) / "people")), args.devset, args.half)
    seen.names = [dict(args.same).get(name, name) for name in seen.names]
    print(f"{len(seen.tracks)} tracks of faces, {sum(seen.clear)} clear; {sum(map(bool, seen.names))} with a name, of "
         f"{len({*seen.names} - {''})} people")  # fmt: skip
    labels = grouping.group(seen.faces)
    _report(seen, labels)
    _largest(seen, labels, args.sheet)
    if args.sweep:
        _sweep(seen)


def _fill(chat: PVChat, devset: Path, half: str) -> Seen:
    """A library of every clip of the half, and whose its tracks are."""
    people = {row["name"]: row for row in labelled.people(devset)}
    present: dict[str, set[str]] = {}
    for row in labelled.questions(devset, half):
        present.setdefault(row["video"], set()).update(name for name, there in row["present"].items() if there)
    for row in people.values():
        if half_of(row["enroll"]) == half:
            present.setdefault(row["enroll"], set()).add(row["name"])
    chat.people.root.mkdir(parents=True)
    library, names_of, pictures, whose = (
        connect(chat.people.root),
        dict[int, str](),
        dict[int, bytes](),
        Whose(chat, devset),
    )
    for number, clip in enumerate(sorted(present)):
        analysis = chat.analyse(devset / clip, stage="who")
        with transaction(library):
            made = records.write_clip(library, analysis, recorded(devset / clip))
        rows = library.execute("SELECT id, number FROM tracks WHERE clip = ?", (made,)).fetchall()
        names = whose.names([people[name] for name in sorted(present[clip])], analysis)
        for track, place in rows:
            names_of[track], pictures[track] = names[place], analysis.tracks[place].thumbnail
        if number % 20 == 0:
            print(f"  {number} of {len(present)} clips")
    tracks, _, faces = strangers.faces_of(library)
    clear = (faces.quality > 0).tolist()
    return Seen(tracks, [names_of[track] for track in tracks], clear, [pictures[track] for track in tracks], faces)


def scores(names: Sequence[str], labels: NDArray[np.int64], which: Sequence[bool]) -> tuple[float, float, float]:
    """Pairwise precision, recall and F1 over the tracks that have a name."""
    rows = [n for n, name in enumerate(names) if name and which[n]]
    same_name = np.array([[names[a] == names[b] for b in rows] for a in rows])
    mine = labels[rows]
    same_group = (mine[:, None] == mine[None]) & (mine[:, None] >= 0)
    pairs = np.triu(np.ones_like(same_name), 1)
    right = (same_name & same_group & pairs).sum()
    precision, recall = right / max(1, (same_group & pairs).sum()), right / max(1, (same_name & pairs).sum())
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def _report(seen: Seen, labels: NDArray[np.int64]) -> None:
    for what, which in (("clear", seen.clear), ("all", [True] * len(seen.tracks))):
        precision, recall, f1 = scores(seen.names, labels, which)
        print(f"{what}: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    print(f"{(labels >= 0).sum()} tracks in {len({*labels.tolist()} - {-1})} groups")


def _largest(seen: Seen, labels: NDArray[np.int64], sheet: Path | None) -> None:
    counts = Counter(label for label in labels.tolist() if label >= 0)
    for place, (label, count) in enumerate(counts.most_common(10)):
        mine = np.flatnonzero(labels == label).tolist()
        print(f"  {count}: {dict(Counter(seen.names[n] or '?' for n in mine).most_common())}")
        if sheet is not None:
            sheet.mkdir(parents=True, exist_ok=True)
            _sheet([seen.pictures[n] for n in mine]).save(sheet / f"{place}.png")


def _sheet(pictures: Sequence[bytes]) -> Image.Image:
    from io import BytesIO

    side, across = 96, 10
    sheet = Image.new("RGB", (side * across, side * -(-len(pictures) // across)))
    for n, data in enumerate(pictures):
        with Image.open(BytesIO(data)) as picture:
            sheet.paste(picture.convert("RGB").resize((side, side)), (n % across * side, n // across * side))
    return sheet


def _sweep(seen: Seen) -> None:
    """The same at other limits."""
    for found, join in (*product(FOUND, (grouping.JOINING_DISTANCE,)), *product((grouping.FOUNDING_DISTANCE,), JOIN)):
        with mock.patch.multiple(grouping, FOUNDING_DISTANCE=found, JOINING_DISTANCE=join):
            labels = grouping.group(seen.faces)
        told = [f"{what} {' '.join(f'{one:.3f}' for one in scores(seen.names, labels, which))}"
                for what, which in (("clear", seen.clear), ("all", [True] * len(seen.tracks)))]  # fmt: skip
        print(f"FOUND {found:.3f} JOIN {join:.2f}: {'; '.join(told)}; joined rightly {_joined(seen, labels)}")


def _joined(seen: Seen, labels: NDArray[np.int64]) -> str:
    """Of the tracks that aren't clear and joined a group, how many joined one that is mostly theirs."""
    right = total = 0
    for n in np.flatnonzero(labels >= 0).tolist():
        others = [seen.names[k] for k in np.flatnonzero(labels == labels[n]) if seen.clear[k] and seen.names[k]]
        if not seen.clear[n] and seen.names[n] and others:
            total += 1
            right += Counter(others).most_common(1)[0][0] == seen.names[n]
    return f"{right} of {total}"


if __name__ == "__main__":
    main()
