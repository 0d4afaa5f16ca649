"""Is the subject ever their own negative, and how hard are the negatives?

    python benchmarks/negatives.py FOLDER

In: a folder with `people.json`, `questions.jsonl` and clips (the layout of a development set). All clips, those of the
subjects included, are searched; for each person negatives are looked for with the default settings. Out: how many
were chosen, how many of them show the subject by the folder's own answers (must be 0), the share of look-alikes, and
distances of hard and of random ones from the subject. Clips whose truth isn't known are counted apart.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import labelled
import numpy as np

from pvchat import PVChat
from pvchat.augment.negatives import search
from pvchat.augment.negatives.strangers import SubjectClip
from pvchat.augment.schemas import AugmentConfig
from pvchat.identity.enroll import enroll, subjects_of


def main(argv: list[str] | None = None) -> None:
    """Look for everyone's negatives, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=AugmentConfig.negatives)
    args = parser.parse_args(argv)
    chat, truth = PVChat.from_pretrained("embedded"), _truth(args.folder)
    out = sys.stdout.write
    search.MOST_FILES = sys.maxsize
    config = AugmentConfig(negatives=args.count, others=(args.folder,))
    out(f"{'person':12s} {'kind':6s} clips own leak  ?  share  hard  random   s   dropped\n")
    total: Counter[str] = Counter()
    for person in labelled.people(args.folder):
        total += _one(person, args.folder, chat, truth, config)
    known = total["chosen"] - total["unknown"]
    out(f"\n{total['chosen']} negatives, {known} of known truth, {total['leaked']} of them show the subject; "
        f"{total['own']} clips of the subjects were among those searched\n")  # fmt: skip


def _one(
    row: dict[str, str], folder: Path, chat: PVChat, truth: dict[tuple[str, str], bool], config: AugmentConfig
) -> Counter[str]:
    clip = folder / row["enroll"]
    analysis = chat.analyse(clip)
    track = next(i for i, t in enumerate(analysis.tracks) if t is subjects_of(analysis)[0])
    subject = SubjectClip(row["name"], enroll(analysis, row["name"], 1), analysis, track, clip)
    start = time.perf_counter()
    found = search.find_negatives(subject, chat, config)
    seconds = time.perf_counter() - start
    counts: Counter[str] = Counter()
    for candidate in found.candidates:
        if candidate.recipe == "same-clip":
            counts["beside"] += 1
            continue
        shows = truth.get((row["name"], candidate.clip.relative_to(folder.absolute()).as_posix()))
        counts["chosen"] += 1
        counts["unknown"] += shows is None
        counts["leaked"] += bool(shows)
    counts["own"] = sum(shows for (name, _), shows in truth.items() if name == row["name"])
    hard, rest = ([c.distance for c in found.candidates if (c.recipe != "random") == h] for h in (True, False))
    share = len(hard) / max(1, len(found.candidates))
    near, far = (np.median(d) if d else float("nan") for d in (hard, rest))
    sys.stdout.write(
        f"{row['name']:12s} {subject.person.kind:6s} {len(found.candidates):5d} {counts['own']:3d} "
        f"{counts['leaked']:4d} {counts['unknown']:2d}  {share:5.2f} {near:5.3f}  {far:5.3f} {seconds:5.1f} "
        f"{found.dropped}\n"
    )
    return counts


def _truth(folder: Path) -> dict[tuple[str, str], bool]:
    """(name, path of the clip) -> whether the person is in it, from every question that says so."""
    rows = labelled.questions(folder)
    found = {(name, row["video"]): bool(shown) for row in rows for name, shown in row["present"].items()}
    return found | {(p["name"], p["enroll"]): True for p in labelled.people(folder)}


if __name__ == "__main__":
    main()
