"""Answers to choose from: lists of places and deeds, told apart by an encoder that never learned them as classes.

Zero-shot classification as in CLIP (arXiv 2103.00020, Sec. 3.1.4): every choice has a few sentences, and a clip is held
against them. Where no choice is sure enough, a group of them may be ("Hedging your bets", Deng et al., CVPR 2012).

Legend: K choices, S sentences of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import HANDS, Flags, FloatArray, PersonFacts, SceneFacts

Liken = Callable[[list[int | None], list[str]], FloatArray]  # B tracks (None: the whole), n texts -> likeness [B, n]
ChoiceKind = Literal["action", "location"]
KINDS: tuple[ChoiceKind, ...] = ("action", "location")
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
    """How likeness becomes a probability, and from which one on it is told."""

    sharpness: float  # of the softmax over the choices' likeness (inverse temperature)
    nothing: float  # likeness of "none of these", which has its share
    least: float  # probability from which the likeliest choice is told
    least_of_group: float  # else its group

    def probabilities(self, kind: ChoiceKind, likeness: FloatArray, allowed: Flags) -> FloatArray:
        """[n, K] of likeness [n, S], over the choices that are allowed ([K]) and "none of these"."""
        scores = np.pad(pooled(kind, likeness), ((0, 0), (0, 1)), constant_values=self.nothing)
        return softmax(self.sharpness * scores, np.append(allowed, True))[:, :-1]


# Priors, none of them measured: zero-shot softmaxes are too sure of themselves, so half as sharp as in training; "none
# of these" is as likely as a sentence by this many logits above the one that tells nothing (a cosine of .01 for most
# encoders); more likely than not is told.
ZERO_SHOT = Scale(sharpness=0.5, nothing=1.0, least=0.5, least_of_group=0.6)


def at_odds(choice: Choice, facts: PersonFacts, said: str = "") -> bool:
    """Whether it is a deed that somebody seen talking or, perhaps, moving the hands can't be doing, posing turned away,
    talking with others and looking down, or sitting, where somebody is seen standing or falling.

    `said`: the choice or its group; who talks or moves the hands may do any deed of a group.
    """
    falls = facts.movement == "falling"
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
    told: bool  # it is likely enough
    choice: Choice  # what speaks for it


def pick(kind: ChoiceKind, scale: Scale, shares: FloatArray) -> Picked:
    """The likeliest choice, or its group where only that much is likely enough, of probabilities [K]."""
    groups = group_shares(kind, shares[None])[0]
    name, best = group_names(kind)[int(groups.argmax())], choices(kind)[int(shares.argmax())]
    inside = max((i for i, c in enumerate(choices(kind)) if c.group == name), key=lambda i: shares[i])
    if shares.max() < scale.least and groups.max() >= scale.least_of_group:
        return Picked(name, float(groups.max()), True, choices(kind)[inside])
    return Picked(best.said, float(shares.max()), bool(shares.max() >= scale.least), best)


def group_names(kind: ChoiceKind) -> list[str]:
    """The groups, in the order of their first choices."""
    return list(dict.fromkeys(choice.group for choice in choices(kind)))


def group_shares(kind: ChoiceKind, shares: NDArray[Any]) -> NDArray[Any]:
    """Sums [n, G] of [n, K] over each group."""
    return np.stack([shares[:, [c.group == g for c in choices(kind)]].sum(1) for g in group_names(kind)], 1)


def softmax(logits: FloatArray, allowed: Flags) -> FloatArray:
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


def possible(kind: ChoiceKind, scene: SceneFacts, people: int) -> Flags:
    """[K] the choices that can be in this scene with so many people in it."""
    return np.array(
        [c.company <= people and (not scene.setting or c.setting in (None, scene.setting)) for c in choices(kind)]
    )


def pooled(kind: ChoiceKind, likeness: FloatArray) -> FloatArray:
    """[n, K] the mean over each choice's sentences [n, S]."""
    parts = np.split(likeness, np.cumsum([len(c.sentences) for c in choices(kind)])[:-1], 1)
    return np.stack([part.mean(1) for part in parts], 1).astype(np.float32)
