"""The second step of the places: film and photos of people whose kind of place was read by eye.

    python -m recipes.places.by_eye TRAINDATA --out pvchat/perception/experts/scenes.safetensors

In: the head that `train.py` made, at OUT; `by_eye.json`, which names by set the clips and photos that show a kind of
place, or one of two or three ("another place" where none can be told). Out: the head that ships, in its place, and how
often it is right of the films and photos of the quarter that is kept back.

How often footage plays where is stated (`kinds.json`), not learned: what was read is mostly sport and streets.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.perception.experts.attributes import linear_head
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.perception.experts.scenes import free_cells
from pvchat.schemas import FloatArray
from recipes.heads import arguments, softmax_head, write_head
from recipes.pictures import framed, read_metadata
from recipes.places.train import KINDS, LABELS, OTHER_OFTEN, judge
from recipes.posture.by_eye import CLIPS, PHOTO, source_of

FILE = Path(__file__).with_name("by_eye.json")
OFTEN = np.log([*(float(row["often"]) for row in KINDS.values()), OTHER_OFTEN]).astype(np.float32)
DECAY, LEAST_SPREAD = 0.3, 0.05
SURER = 1.5  # times the first head's log-odds: it was learned from teachers that hardly commit themselves
KEPT_WORD = 0.3  # share of the first head in the one that ships: it knows news photos, of which few were read
UNTOLD = 0.25  # what a picture counts that shows no kind of place
FEWEST = 5.0  # worth of pictures of a kind up to which a kind counts like one of so much
FRAMES = (2, 5)  # of the eight of a clip; of a third of the clips that it learned from, 1 and 6
AT_HOME = {"a living room": 0.45, "a bedroom": 0.25, "a kitchen": 0.25, "a bathroom": 0.05}  # where the room is unclear
LEAST = 0.3  # probability from which the card counts a place as told


@dataclass(frozen=True)
class Seen:
    """A clip or photo whose place was read: [1280] what it shows beside people, [C] how likely each label is."""

    set: str
    source: str
    features: FloatArray
    truth: FloatArray

    @property
    def kept_back(self) -> bool:
        """Whether its film or photo is one of the quarter that the card is measured on."""
        return zlib.crc32(f"{self.set} {self.source}".encode()) % 4 == 0


def look(root: Path) -> Iterator[Seen]:
    """All that `by_eye.json` names."""
    expert, faces = FrameExpert(), WideFaceDetector()
    for name, kinds in json.loads(FILE.read_text(encoding="utf-8")).items():
        read = {clip: kind for kind, clips in kinds.items() for clip in clips}
        shown = dict[str, list[dict[str, Any]]]()
        for row in read_metadata(root / name):
            if row.get("frame", FRAMES[0]) in FRAMES:
                shown.setdefault(row.get("clip", row["file"]), []).append(row)
        for clip, told in read.items():
            images = [framed(root, row) for row in shown[clip]]
            free = [free_cells(faces.faces(image, 0.5)[0]) for image in images]
            cells = [grid[kept].mean(0) for grid, kept in zip(expert.grid(images), free, strict=True)]
            yield Seen(name, source_of(shown[clip][0]), np.mean(cells, 0), shares(told))


def shares(kinds: str) -> FloatArray:
    """[C] how likely each label is of "a street, a park or garden": either as much."""
    named = kinds.split(", ")
    found = {kind: AT_HOME if kind == "at home" else {kind: 1.0} for kind in named}
    return np.array([sum(one.get(label, 0.0) for one in found.values()) / len(named) for label in LABELS], np.float32)


def learn(seen: list[Seen], first: tuple[FloatArray, FloatArray]) -> dict[str, FloatArray]:
    """Weights [C, 1280] and bias [C]: what the first head says, and what is to be added to it.

    Every kind counts alike, people of one film count as their root, and photos count half beside clips.
    """
    x, truth = np.stack([one.features for one in seen]), np.stack([one.truth for one in seen])
    sources = Counter((one.set, one.source) for one in seen)
    worth = np.array([sources[one.set, one.source] ** -0.5 for one in seen], np.float32)
    worth *= [1.0 if one.set in CLIPS else PHOTO for one in seen]
    worth *= np.where(truth[:, -1] == 1, UNTOLD, 1.0)
    worth *= (truth / np.maximum((truth * worth[:, None]).sum(0), FEWEST)).sum(1)
    word = SURER * (x @ first[0].T + first[1] - OFTEN)
    weight, bias = softmax_head(x, truth, worth / worth.mean(), DECAY, LEAST_SPREAD, word.astype(np.float32))
    surer = KEPT_WORD + (1 - KEPT_WORD) * SURER
    prior = (1 - KEPT_WORD) * (1 - SURER) * OFTEN
    return {
        "weight": surer * first[0] + (1 - KEPT_WORD) * weight,
        "bias": surer * first[1] + (1 - KEPT_WORD) * bias + prior,
    }


def main(words: list[str] | None = None) -> None:
    """Look at what was read, learn without those kept back for the card, then from all."""
    args = arguments(__doc__, words)
    first, seen = linear_head(args.out), list(look(args.traindata))
    back = [one for one in seen if one.kept_back and one.truth[-1] < 1]
    head = learn([one for one in seen if not one.kept_back], first)
    card = judge(np.stack([one.features for one in back]), np.stack([one.truth for one in back]), head, LEAST)
    head = learn(seen, first)
    arrays: dict[str, Any] = {"weight": head["weight"].astype(np.float16), "bias": head["bias"].astype(np.float32)}
    write_head(args.out, arrays, {"source": "recipes.places.by_eye", "labels": LABELS} | card)


if __name__ == "__main__":
    main()
