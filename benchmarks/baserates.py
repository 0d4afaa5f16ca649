"""How sure a library may be: who is told as surely in a video, and as perhaps, by how seldom she is in any.

    python benchmarks/baserates.py DEVSET --half tune

In: labelled clips as `pvchat eval` reads them. All of a half lie in one library, in which everybody is enrolled. Out: a
row for each `rates.SLOPE` and `rates._DRAWS`, the shipped ones marked, of real people and of drawn ones: people who are
surely told where they are, and where they aren't, the same of perhaps, and the mean log loss of all pairs of a person
and a video that may show her. A pair without a label counts as no, unless both are of one set, where nobody has looked.
`--times` adds so many videos that are nothing to anybody, with as many wrong pairs more: what a larger library does.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from itertools import product
from pathlib import Path

import labelled
import numpy as np
from libraryquestions import filled

from pvchat import Settings
from pvchat.library import rates
from pvchat.library.asking import _PERHAPS
from pvchat.library.recognise import people_in
from pvchat.storage.library import connect

# Of each person: her probability in a video by itself, whether it shows her
Pairs = dict[str, list[tuple[float, bool]]]


def main() -> None:
    """Scan, then hold each pair of constants against the labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("devset", type=Path)
    parser.add_argument("--half", choices=("tune", "check"), default="tune")
    parser.add_argument("--times", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs, videos = pairs_of(args.devset, args.half, Path(folder))
    for her in (*pairs[False].values(), *pairs[True].values()):
        her += [one for one in her if not one[1]] * (args.times - 1)
    shipped = rates.SLOPE, rates._DRAWS
    for drawn in (False, True):
        print("drawn people" if drawn else "real people")
        print("slope  draws  surely right, wrong  perhaps right, wrong  log loss")
        for rates.SLOPE, rates._DRAWS in product((1.0, 1.25, 1.5, 2.0, 3.0), (2.0, 4.0, 8.0)):
            print(row(pairs[drawn], videos * args.times), "*" * (shipped == (rates.SLOPE, rates._DRAWS)))


def pairs_of(devset: Path, half: str, folder: Path) -> tuple[dict[bool, Pairs], int]:
    """Probabilities of real people and of drawn ones (True) in a library of all clips of a half; how many it has."""
    everyone, rows = labelled.people(devset), labelled.questions(devset, half)
    label = {(one["video"], name): there for one in rows for name, there in one["present"].items()}
    sets = {**{one["name"]: one["set"] for one in everyone}, **{one["video"]: one["set"] for one in rows}}
    people = {one["name"]: one["enroll"] for one in everyone}
    videos = {Path(video).name: video for video in {one["video"] for one in rows} - {*people.values()}}
    clips = [{"file": f"videos/{name}", "from": video} for name, video in sorted(videos.items())]
    chat = filled({"people": people, "clips": clips}, devset, folder)
    library, pairs = connect(chat.people.root), {False: Pairs(), True: Pairs()}
    drawn = {one.name: one.drawn is not False for one in chat.people.snapshot().people}
    names = people_in(library, chat)
    found = "SELECT a.who, a.probability, f.path FROM appearances AS a JOIN files AS f ON f.clip = a.clip WHERE who > 0"
    for who, probability, path in library.execute(found):
        video, name = videos[Path(path).name], names[who]
        there = label.get((video, name))
        if there is not None or sets[video] != sets[name]:
            pairs[drawn[name]].setdefault(name, []).append((probability, bool(there)))
    return pairs, len(videos)


def row(pairs: Pairs, videos: int) -> str:
    """What one pair of constants does."""
    told, losses = Counter[tuple[str, bool]](), list[float]()
    for her in pairs.values():
        shares = np.array([one for one, _ in her], np.float32)
        likely = rates.adjusted(shares, rates.base_rate(shares, videos))
        for one, (_, there) in zip(likely.tolist(), her, strict=True):
            sure = one >= Settings().presence.present_from
            told["surely" if sure else "perhaps" if one >= _PERHAPS else "not", there] += 1
            losses.append(-float(np.log(np.clip(one if there else 1 - one, 1e-4, 1))))
    counts = [told[how, there] for how in ("surely", "perhaps") for there in (True, False)]
    rights = "  ".join(f"{right:13}, {wrong:5}" for right, wrong in zip(counts[::2], counts[1::2], strict=True))
    return f"{rates.SLOPE:5}  {rates._DRAWS:5}  {rights}  {np.mean(losses):8.3f}"


if __name__ == "__main__":
    main()
