"""Answers to choose from: places and deeds, told apart by the trained model, which never learned them as classes.

Zero-shot classification as in CLIP (arXiv 2103.00020, Sec. 3.1.4): every choice has a few sentences, and a clip is held
against them in sentence space, by its best query (BLIP-2, Sec. 3.2). Some sentences are near to every picture, so a
likeness counts in standard deviations from that of held-back pictures (`Scale`; from `recipes/model/confidence.py`).
Where no choice is sure enough, a group of them may be ("Hedging your bets", Deng et al., CVPR 2012).

Legend: K choices, S sentences of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import WeightsError
from pvchat.schemas import HANDS, FloatArray, PersonFacts, SceneFacts

Liken = Callable[[list[int | None], list[str]], FloatArray]  # B tracks (None: the whole), n texts -> likeness [B, n]
ChoiceKind = Literal["action", "location"]
KINDS: tuple[ChoiceKind, ...] = ("action", "location")
Level = Literal["sure", "group sure", "likely", "group likely"]  # "likely" is said with "probably"
LEVELS: tuple[Level, ...] = ("sure", "group sure", "likely", "group likely")  # tried in this order
SETTINGS = ("indoors", "outdoors")
CAPTION_QUESTION = "What is happening in the video?"  # what base training asks a caption with
LIMITS = "claims.json"  # beside the weights: {"choices": {kind: Scale}}
_TO_THE_CAMERA = ("facing the camera", "smiling")
_BUSY = ("talking", "gesturing", "raising", "nodding", "shaking", "holding")


@dataclass(frozen=True)
class Choice:
    """One answer."""

    said: str  # when it is chosen
    sentences: tuple[str, ...]  # what the clip is held against, without their subject ("A person …")
    words: str  # pattern of the words by which a caption confirms it
    group: str  # what is said instead where only that much is sure: it and choices like it share this
    setting: str | None = None  # where it can be ("indoors", "outdoors"); None for both
    busy: bool = False  # a deed of which somebody who is seen talking or moving the hands may be doing it
    company: int = 1  # how many people it takes
    footage: bool = True  # a place that was right six times in ten on the development footage, or was never chosen
    group_footage: bool = False  # although it wasn't, its group was where it is said for sure
    seen: frozenset[str] = frozenset()  # things of which one must be found for this deed; empty for none


@lru_cache
def choices(kind: ChoiceKind) -> tuple[Choice, ...]:
    """All choices of a kind, from `choices.json`."""
    rows = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))[kind]
    for row in rows:
        row |= {"sentences": tuple(row["sentences"]), "seen": frozenset(row.get("seen", ()))}
        row.setdefault("group", row["said"])
    return tuple(Choice(**row) for row in rows)


@dataclass(frozen=True)
class Scale:
    """How likeness becomes a probability; all of one kind of answer, measured on held-back pictures."""

    sentence: FloatArray  # [2, S] mean and standard deviation of each sentence's likeness over the pictures
    choice: FloatArray  # [2, K] the same of each choice's score
    offered: NDArray[np.bool_]  # [K] enough captions confirm it there; the others are never chosen
    sharpness: float = 1.0  # of the softmax over scores (inverse temperature), fitted
    # By level and setting, the probability from which the best choice is said so; None: never. The training pictures
    # are mostly outdoors, so the same probability is worth less indoors.
    least: Mapping[Level, Mapping[str, float | None]] = field(default_factory=dict)
    nothing: float | None = None  # score of "none of these", which has its share; None where it isn't weighed

    @classmethod
    def stated(
        cls, kind: ChoiceKind, sharpness: float, nothing: float, least: Mapping[Level, Mapping[str, float | None]]
    ) -> Scale:
        """For likeness of which nothing was measured: it counts as it is, and everything is offered."""
        counts = (len(sentences(kind)), len(choices(kind)))
        sentence, choice = (np.array([[0.0] * n, [1.0] * n], np.float32) for n in counts)
        return cls(sentence, choice, np.full(counts[1], True), sharpness, least, nothing)

    @classmethod
    def from_dict(cls, kind: ChoiceKind, row: Mapping[str, Any]) -> Scale:
        """A row of `claims.json`; ValueError when it was made for other choices."""
        said = [c.said for c in choices(kind)]
        if list(row["choices"]) != said or np.shape(row["sentence"]) != (2, len(sentences(kind))):
            raise ValueError(f"measured for other choices of '{kind}'")
        sentence, choice = (np.asarray(row[key], np.float32) for key in ("sentence", "choice"))
        offered = np.isin(said, row["offered"])
        limits = {level: {where: row["least"][level][where] for where in SETTINGS} for level in LEVELS}
        least = {k: {w: None if v is None else float(v) for w, v in one.items()} for k, one in limits.items()}
        return cls(sentence, choice, offered, float(row["sharpness"]), least)

    def scores(self, kind: ChoiceKind, likeness: FloatArray) -> FloatArray:
        """[n, K] in standard deviations, of likeness [n, S]."""
        return standardised(pooled(kind, standardised(likeness, self.sentence)), self.choice)

    def probabilities(self, kind: ChoiceKind, likeness: FloatArray, allowed: NDArray[np.bool_]) -> FloatArray:
        """[n, K] of likeness [n, S], over the choices that are offered and allowed ([n, K] or [K]); 0 if none is."""
        scores = self.scores(kind, likeness)
        among = np.broadcast_to(allowed & self.offered, scores.shape)
        if self.nothing is None:
            return softmax(self.sharpness * scores, among)
        scores = np.pad(scores, ((0, 0), (0, 1)), constant_values=self.nothing)
        return softmax(self.sharpness * scores, np.pad(among, ((0, 0), (0, 1)), constant_values=True))[:, :-1]


@dataclass(frozen=True)
class Chooser:
    """Who chooses about one clip, the trained model or an encoder."""

    liken: Liken  # to sentences
    scales: Mapping[ChoiceKind, Scale]  # how sure each kind of choice must be
    judged: bool = True  # it is the trained model: what of its choices was seldom right on footage isn't said


def read_scales(folder: Path) -> dict[ChoiceKind, Scale]:
    """How sure the choices of the weights in a folder must be; nothing is chosen where that wasn't measured. Raises
    WeightsError where the file is broken, or was measured for other choices.
    """
    file = folder / LIMITS
    if not file.is_file():
        return {}
    try:
        measured = json.loads(file.read_text(encoding="utf-8"))["choices"]
        return {kind: Scale.from_dict(kind, measured[kind]) for kind in KINDS if kind in measured}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError("no limits can be read here", subject=str(file), hint="Measure them again.") from error


def often_compared() -> list[str]:
    """The texts whose vectors every choosing needs: the question that clips are looked at with, and all choices."""
    return [CAPTION_QUESTION, *(text for kind in KINDS for text in sentences(kind))]


def at_odds(choice: Choice, facts: PersonFacts, said: str = "") -> bool:
    """Whether it is a deed that somebody seen talking or, perhaps, moving the hands can't be doing, posing turned away,
    talking with others and looking down, or sitting, where somebody is seen standing or falling.

    `said`: the choice or its group; who talks or moves the hands may do any deed of a group.
    """
    falls = facts.movement == "falling or lying down"
    if "sitting" in choice.said + choice.group and (falls or facts.pose == "standing"):
        return True
    if choice.said == "talking with somebody" and "looking down" in facts.gestures:
        return True
    if choice.said.startswith("posing") and not set(facts.gestures) & set(_TO_THE_CAMERA):
        return True
    may = choice.busy or any(c.busy for c in choices("action") if said == c.group != c.said)
    return not may and (HANDS in facts.confidence or any(gesture.startswith(_BUSY) for gesture in facts.gestures))


@dataclass(frozen=True)
class Picked:
    """What was picked from a list."""

    said: str
    probability: float
    level: Level | None  # None: it isn't said
    choice: Choice  # what speaks for it


def pick(kind: ChoiceKind, scale: Scale, shares: FloatArray, setting: str | None) -> Picked:
    """The likeliest choice, or its group where only that much is sure, of probabilities [K].

    Where the setting wasn't measured, the limits of both must be kept.
    """
    groups = group_shares(kind, shares[None])[0]
    name, best = group_names(kind)[int(groups.argmax())], choices(kind)[int(shares.argmax())]
    inside = max((i for i, c in enumerate(choices(kind)) if c.group == name), key=lambda i: shares[i])
    narrow, wide = (best.said, float(shares.max()), best), (name, float(groups.max()), choices(kind)[inside])
    for level in LEVELS:
        said, probability, choice = wide if level.startswith("group") else narrow
        limits = [scale.least.get(level, {}).get(where) for where in SETTINGS if setting in (None, where)]
        if all(limit is not None and probability >= limit for limit in limits):
            return Picked(said, probability, level, choice)
    return Picked(best.said, narrow[1], None, best)


def group_names(kind: ChoiceKind) -> list[str]:
    """The groups, in the order of their first choices."""
    return list(dict.fromkeys(choice.group for choice in choices(kind)))


def group_shares(kind: ChoiceKind, shares: NDArray[Any]) -> NDArray[Any]:
    """Sums [n, G] of [n, K] over each group."""
    return np.stack([shares[:, [c.group == g for c in choices(kind)]].sum(1) for g in group_names(kind)], 1)


def softmax(logits: FloatArray, allowed: NDArray[np.bool_]) -> FloatArray:
    """Probabilities [n, K] over what is allowed; rows in which nothing is are 0."""
    allowed = np.broadcast_to(allowed, logits.shape)
    among = np.where(allowed, logits, -np.inf)
    weights = np.exp(among - among.max(1, keepdims=True, initial=-1e9))
    shares: FloatArray = weights / np.maximum(weights.sum(1, keepdims=True), 1e-12)
    return shares


def sentences(kind: ChoiceKind) -> list[str]:
    """All sentences of a kind, choice after choice."""
    verb = "" if kind == "location" else "is "
    return [f"A person {verb}{text}." for choice in choices(kind) for text in choice.sentences]


def possible(kind: ChoiceKind, scene: SceneFacts, people: int) -> NDArray[np.bool_]:
    """[K] the choices that can be in this scene with so many people in it."""
    return np.array(
        [c.company <= people and (not scene.setting or c.setting in (None, scene.setting)) for c in choices(kind)]
    )


def standardised(values: FloatArray, usual: FloatArray) -> FloatArray:
    """In standard deviations from what is usual [2, n]."""
    scaled: FloatArray = (values - usual[0]) / usual[1]
    return scaled


def pooled(kind: ChoiceKind, scores: FloatArray) -> FloatArray:
    """[n, K] the mean over each choice's sentences [n, S]."""
    parts = np.split(scores, np.cumsum([len(c.sentences) for c in choices(kind)])[:-1], 1)
    return np.stack([part.mean(1) for part in parts], 1).astype(np.float32)
