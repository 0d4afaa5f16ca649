"""Train the deeds (`pvchat/perception/experts/deeds.safetensors`).

    python -m recipes.deeds.train TRAINDATA --out pvchat/perception/experts/deeds.safetensors

In: `by_eye.json`, which names for each clip or photo of a set the frames that were looked at and its people: what each
does, read by eye, in which of the frames, and the middle of the face; `kinds.json`, how often somebody in footage does
what. Out: the head that `perception/deeds.py` reads, and a card: how often it is right of people of other films and
photos than those it learned from.

The clips go through what an analysis of footage goes through. Beside what an analysis holds, the head learns from the
log-odds of ImageNet's classes that are things in hands (phones, cups, guitars), which count as a few numbers, not as
thousands; these are linear in the same features, so one matrix holds both.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.perception.bodyfeatures import JOINTS, PLACEMENT
from pvchat.perception.boxes import crop
from pvchat.perception.deeds import (
    ATTENTION,
    COMPANY,
    GAZE,
    HANDLED,
    HANDS,
    KINDS,
    LIKELY,
    TOLD,
    deed_features,
    likeliest,
)
from pvchat.perception.experts.attributes import ImageNetHead
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.headfiles import softmax
from pvchat.perception.handled import look_at_hands
from pvchat.schemas import BODY, ClipAnalysis, FloatArray, Track
from recipes.heads import arguments, is_held_back, softmax_head, write_head
from recipes.pictures import framed
from recipes.posture.by_eye import CLIPS, PHOTO, RARE, analysed, rows_of_clips, source_of, whose

FILE, STATED = (Path(__file__).with_name(name) for name in ("by_eye.json", "kinds.json"))
NOTHING = "nothing"
LEAST_SPREAD = 0.05
_LEAST = 1e-3  # share of what was learned that a deed has at least
DECAY = (  # by how many numbers: joints, outline, frame, place, below, torso, legs, body, hands to company, things
    (JOINTS, 0.01), (8, 0.005), (BODY, 0.45), (PLACEMENT, 0.005), (2 * BODY, 0.45), (BODY, 0.6), (BODY, 0.21),
    (HANDS + GAZE + COMPANY, 0.005), (HANDLED, 0.01), (ATTENTION, 0.005),
)  # fmt: skip
# Where the features of what is below, of the torso and of the body begin, whose ImageNet classes count, and how much.
_BELOW = JOINTS + 8 + BODY + PLACEMENT
THINGS_DECAY = ((_BELOW, 0.05), (_BELOW + BODY, 0.05), (_BELOW + 3 * BODY, 0.025))
THINGS = (  # classes of ImageNet: phones, computers, cups, bottles, books, food, instruments, weapons, tools, sport
    487, 528, 707, 590, 605, 620, 681, 527, 508, 664, 782, 810, 878, 673, 968, 504, 967, 440, 441, 572, 737, 898, 907,
    969, 966, 921, 917, 916, 922, 923, 762, 659, 809, 910, 567, 909, 766, 827, 499, 402, 546, 420, 889, 486, 776, 513,
    566, 579, 881, 593, 558, 683, 541, 401, 875, 650, 819, 851, 763, 764, 413, 456, 732, 759, 626, 563, 418, 749, 697,
    831, 529, 750, 564, 721, 768, 430, 805, 722, 852, 840, 462, 882, 928, 929, 931, 932, 933, 934, 963, 965, 924, 925,
    926, 797, 617, 823, 845, 834, 457, 906, 643, 570, 465, 652, 631, 629, 838, 585, 589,
)  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """Somebody whose deeds were read: these, the data set, the film or photo, what the head reads of her."""

    deeds: tuple[str, ...]
    set: str
    source: str
    described: FloatArray


def main(words: list[str] | None = None) -> None:
    """Look at all that was read, learn, write the head and its card."""
    args = arguments(__doc__ or "", words)
    people, things = [one for one, _, _ in look(args.traindata)], ImageNetHead().weight
    card = {"labels": KINDS, "held back": judge(*told_by_the_rest(people, things))}
    write_head(args.out, {name: one.astype(np.float16) for name, one in learn(people, things).items()}, card)


def look(root: Path) -> Iterator[tuple[Seen, ClipAnalysis, Track]]:
    """All whom `by_eye.json` names, with what was seen of them."""
    experts = Experts()
    for name, clips in json.loads(FILE.read_text(encoding="utf-8")).items():
        rows = rows_of_clips(root / name)
        for clip, told in clips.items():
            shown = [row for row in rows[clip] if row.get("frame", 0) in told["frames"]]
            images = [framed(root, row) for row in shown]
            analysis = analysed(images, experts, drawn=False)
            for deeds, track in whose(told["people"], analysis):
                middle = len(track) // 2
                picture = crop(images[track.frames[middle]], track.body_boxes[middle])
                look_at_hands(np.stack(images), track, experts.things)
                track.body = np.repeat(experts.frames.pooled([picture]), len(track), 0)
                yield Seen(tuple(deeds), name, source_of(shown[0]), deed_features(track, analysis)), analysis, track


def learn(people: list[Seen], things: FloatArray) -> dict[str, FloatArray]:
    """Weights [C, N] and bias [C] of a softmax over KINDS, each as often as it is stated.

    Args:
        people: to learn from.
        things: [1000, 1280] weights of ImageNet's classifier.
    """
    x, truth = np.stack([one.described for one in people]), np.stack([truth_of(one) for one in people])
    classes = (things - things.mean(0))[list(THINGS)].astype(np.float32)
    looks = [x[:, at : at + BODY] @ classes.T for at, _ in THINGS_DECAY]
    decay = np.concatenate([np.full(count, pull) for count, pull in DECAY])
    decay = np.concatenate([decay, *(np.full(len(THINGS), pull) for _, pull in THINGS_DECAY)]).astype(np.float32)
    worth = worth_of(people, truth)
    both, bias = softmax_head(np.concatenate([x, *looks], 1), truth, worth, decay, LEAST_SPREAD)
    weight = both[:, : x.shape[1]].copy()
    for k, (at, _) in enumerate(THINGS_DECAY):
        first = x.shape[1] + k * len(THINGS)
        weight[:, at : at + BODY] += both[:, first : first + len(THINGS)] @ classes
    return {"weight": weight, "bias": bias + prior(truth, worth)}


def prior(truth: FloatArray, worth: FloatArray) -> FloatArray:
    """[C] what makes the log-odds learned from people [n, C], who count so much [n], those of what is stated."""
    stated = json.loads(STATED.read_text(encoding="utf-8"))
    often, learned = np.array([stated[deed] for deed in KINDS]), (truth * worth[:, None]).mean(0)
    return np.asarray(np.log(often / often.sum()) - np.log(np.maximum(learned, _LEAST)), np.float32)


def truth_of(one: Seen) -> FloatArray:
    """[C] what somebody does, each of several alike."""
    deeds = one.deeds or (NOTHING,)
    return np.array([(deed in deeds) / len(deeds) for deed in KINDS], np.float32)


def worth_of(people: list[Seen], truth: FloatArray) -> FloatArray:
    """[n] what each counts, 1 in the mean: a film's people as their root, photos half, rare deeds more."""
    sources = Counter((one.set, one.source) for one in people)
    worth = np.array([sources[one.set, one.source] ** -0.5 for one in people], np.float32)
    worth *= [1.0 if one.set in CLIPS else PHOTO for one in people]
    worth *= (truth / np.maximum(truth.sum(0), 1.0) ** RARE).sum(1)
    return np.asarray(worth / worth.mean(), np.float32)


def held_back(one: Seen) -> bool:
    """Whether somebody is of the quarter of films and photos that the card is measured on."""
    return is_held_back(one.set, one.source)


def told_by_the_rest(people: list[Seen], things: FloatArray) -> tuple[list[Seen], FloatArray]:
    """Those held back, and their probabilities [n, C] by a head that learned from the rest."""
    back, head = [one for one in people if held_back(one)], learn([p for p in people if not held_back(p)], things)
    return back, softmax(np.stack([one.described for one in back]) @ head["weight"].T + head["bias"])


def judge(people: list[Seen], shares: FloatArray) -> dict[str, Any]:
    """How many do one of TOLD, of how many something is told by `shares` [n, C], how often that is right."""
    told = [likeliest(dict(zip(KINDS, row.tolist(), strict=True))) for row in shares]
    right = [bool(one and any(deed in one[0] for deed in who.deeds)) for one, who in zip(told, people, strict=True)]
    return {
        "people": len(people), "do one": sum(not set(one.deeds).isdisjoint(TOLD) for one in people),
        "told": sum(one is not None for one in told), "right": sum(right), "from": LIKELY,
    }  # fmt: skip


if __name__ == "__main__":
    main()
