"""The second step of the places: film, photos of people and drawn clips whose kind of place was read by eye.

    python -m recipes.places.by_eye TRAINDATA --out pvchat/perception/experts/scenes.safetensors

In: the head that `train.py` made, at OUT; `by_eye.json`, which names by set the clips and photos that show a kind of
place, or one of two or three ("another place" where none can be told). Out: the heads that ship, in its place, for what
is filmed and what is drawn, and how often they are right: of the films and photos of the quarter that is kept back, of
drawn clips by heads that learned from the others.

How often footage plays where is stated (`kinds.json`), not learned: what was read is mostly sport and streets. Of drawn
clips it is learned. Their head starts from the word of the other one, which is hardly ever right of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.figures import MIN_SCORE, FigureExpert
from pvchat.perception.experts.headfiles import linear_head, softmax
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.perception.places import free_cells
from pvchat.schemas import BODY, FloatArray
from recipes.heads import arguments, is_held_back, softmax_head, write_head
from recipes.pictures import framed, read_metadata
from recipes.places.train import KINDS, LABELS, OTHER_OFTEN, judge
from recipes.posture.by_eye import CLIPS, DRAWN, PHOTO, source_of

FILE = Path(__file__).with_name("by_eye.json")
OFTEN = np.log([*(float(row["often"]) for row in KINDS.values()), OTHER_OFTEN]).astype(np.float32)
DECAY, LEAST_SPREAD = 0.3, 0.05
SURER = 1.5  # times the first head's log-odds: it was learned from teachers that hardly commit themselves
KEPT_WORD = 0.3  # share of the first head in the one that ships: it knows news photos, of which few were read
UNTOLD = 0.25  # what a picture counts that shows no kind of place
FEWEST = 5.0  # worth of pictures of a kind up to which a kind counts like one of so much
FRAMES = (2, 5)  # of the eight of a clip, of a drawn one all; of a third of the clips that it learned from, 1 and 6
AT_HOME = {"a living room": 0.45, "a bedroom": 0.25, "a kitchen": 0.25, "a bathroom": 0.05}  # where the room is unclear
LEAST, DRAWN_LEAST = 0.3, 0.4  # probability from which the card counts a place as told
DRAWN_DECAY, WORD_DECAY, FOLDS = 1.0, 0.03, 8  # of the drawn head: of features, of the word; parts told by the others

Head = tuple[FloatArray, FloatArray]  # weights [C, 1280], bias [C]


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
        return is_held_back(self.set, self.source)


def look(root: Path) -> Iterator[Seen]:
    """All that `by_eye.json` names."""
    expert, faces = FrameExpert(), WideFaceDetector()
    figures = FigureExpert(expert)
    for name, kinds in json.loads(FILE.read_text(encoding="utf-8")).items():
        read = {clip: kind for kind, clips in kinds.items() for clip in clips}
        shown = dict[str, list[dict[str, Any]]]()
        for row in read_metadata(root / name):
            if name == DRAWN or row.get("frame", FRAMES[0]) in FRAMES:
                shown.setdefault(row.get("clip", row["file"]), []).append(row)
        for clip, told in read.items():
            images = [framed(root, row) for row in shown[clip]]
            if name == DRAWN:
                people = [found.boxes[found.scores >= MIN_SCORE] for found in figures.find(images)]
            else:
                people = [faces.faces(image, 0.5)[0] for image in images]
            cells = [grid[free_cells(boxes)].mean(0) for grid, boxes in zip(expert.grid(images), people, strict=True)]
            yield Seen(name, source_of(shown[clip][0]), np.mean(cells, 0), shares(told))


def shares(kinds: str) -> FloatArray:
    """[C] how likely each label is of "a street, a park or garden": either as much."""
    named = kinds.split(", ")
    found = {kind: AT_HOME if kind == "at home" else {kind: 1.0} for kind in named}
    return np.array([sum(one.get(label, 0.0) for one in found.values()) / len(named) for label in LABELS], np.float32)


def learn(seen: list[Seen], first: Head) -> dict[str, FloatArray]:
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


def learn_drawn(seen: list[Seen], filmed: Head) -> dict[str, FloatArray]:
    """Weights [C, 1280] and bias [C] of the drawn head: the word of the one for film weighed anew, and more."""
    x, truth = np.stack([one.features for one in seen]), np.stack([one.truth for one in seen])
    bare = filmed[1] - OFTEN
    word = (x @ filmed[0].T + bare).astype(np.float32)
    decay = np.repeat(np.array([DRAWN_DECAY, WORD_DECAY], np.float32), [BODY, len(LABELS)])
    added, bias = softmax_head(np.hstack([x, word]), truth, np.ones(len(x), np.float32), decay, LEAST_SPREAD, word)
    weighed = np.eye(len(LABELS), dtype=np.float32) + added[:, BODY:]  # the word is linear, too: one matrix holds both
    weight, bias = added[:, :BODY] + weighed @ filmed[0], bias + weighed @ bare
    return {"weight": np.asarray(weight, np.float32), "bias": np.asarray(bias, np.float32)}


def judge_drawn(seen: list[Seen], filmed: Head) -> dict[str, int]:
    """How many clips are told a kind by heads that learned from other clips, and of how many that is one they show."""
    told = right = 0
    for part in range(FOLDS):
        head = learn_drawn([one for n, one in enumerate(seen) if n % FOLDS != part], filmed)
        for one in seen[part::FOLDS]:
            share = softmax(head["weight"] @ one.features + head["bias"])
            if (best := int(share.argmax())) < len(LABELS) - 1 and share[best] >= DRAWN_LEAST:
                told, right = told + 1, right + bool(one.truth[best])
    return {"clips": len(seen), "told": told, "right": right}


def main(words: list[str] | None = None) -> None:
    """Look at what was read, learn without those kept back for the card, then from all."""
    args = arguments(__doc__, words)
    first, found = linear_head(args.out), list(look(args.traindata))
    seen, drawn = ([one for one in found if (one.set == DRAWN) == is_drawn] for is_drawn in (False, True))
    back = [one for one in seen if one.kept_back and one.truth[-1] < 1]
    head = learn([one for one in seen if not one.kept_back], first)
    card = judge(np.stack([one.features for one in back]), np.stack([one.truth for one in back]), head, LEAST)
    head = learn(seen, first)
    filmed, arrays = (head["weight"], head["bias"]), dict[str, Any]()
    for kind, one in (("", head), ("drawn.", learn_drawn(drawn, filmed))):
        arrays |= {f"{kind}weight": one["weight"].astype(np.float16), f"{kind}bias": one["bias"].astype(np.float32)}
    rows = {"source": "recipes.places.by_eye", "labels": LABELS} | card | {"drawn": judge_drawn(drawn, filmed)}
    write_head(args.out, arrays, rows)


if __name__ == "__main__":
    main()
