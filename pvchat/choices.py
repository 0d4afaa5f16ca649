"""Answers to choose from: places and deeds, told apart by the trained model, which never learned them as classes.

Zero-shot classification as in CLIP (arXiv 2103.00020, Sec. 3.1.4): every choice has a few sentences, and a clip is held
against them in sentence space, by its best query (BLIP-2, Sec. 3.2). Some sentences are near to every picture, so a
likeness counts in standard deviations from that of held-back pictures (`Scale`, written by `train/confidence.py`).

Legend: K choices, S sentences of all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray, PersonFacts, SceneFacts

Told = Literal["action", "location"]
Level = Literal["likely", "sure"]
Least = Mapping[str, float | None]
SETTINGS = ("indoors", "outdoors")
_BUSY = ("talking", "gesturing", "raising", "waving", "pointing", "nodding", "shaking", "holding")


@dataclass(frozen=True)
class Choice:
    """One answer.

    Attributes:
        said: what is said when it is chosen.
        sentences: what the clip is held against, without their subject ("A person …").
        words: pattern of the words by which a caption confirms it.
        setting: where it can be ("indoors", "outdoors"); None for both.
        busy: whether somebody who is seen talking or moving the hands may be doing it (or be there).
        company: how many people it takes.
    """

    said: str
    sentences: tuple[str, ...]
    words: str
    setting: str | None = None
    busy: bool = False
    company: int = 1


def _place(said: str, sentences: str, words: str, setting: str | None = None) -> Choice:
    return Choice(said, tuple(sentences.split("|")), words, setting, busy=True)


def _deed(said: str, sentences: str, words: str, *, busy: bool = False, company: int = 1) -> Choice:
    return Choice(said, tuple(sentences.split("|")), words, None, busy, company)


CHOICES: dict[Told, tuple[Choice, ...]] = {
    "location": (
        _place("in an office or meeting room",
               "in an office|in a meeting room|at a desk in an office|in a conference room",
               
               r"office|meeting|conference|desk|computer", "indoors"),
        _place("at an event", "at a party|at an awards event|at a press event|at a wedding|at a formal event",
               r"part(y|ies)|wedding|event|ceremon|awards?|festival|celebrat|convention|parade|prom"),
        _place("on a stage", "on a stage|at a concert|in front of an audience",
               r"stage|concert|audience|band|perform\w*|microphone|sing\w*|spotlight"),
        _place("in a studio", "in a TV studio|in a photo studio|in a recording studio", r"studio|backdrop", "indoors"),
        _place("in a hospital or doctor's office",
               "in a hospital|in a doctor's office|in a treatment room|in a laboratory",
               
               r"hospital|doctor|nurse|patient|medical|lab\w*", "indoors"),
        _place("in a living room", "in a living room|on a couch in a living room|on a sofa at home",
               r"living room|couch|sofa|carpet|television|tv|home", "indoors"),
        _place("in a kitchen", "in a kitchen", r"kitchen|cook\w*|stove|oven", "indoors"),
        _place("in a bedroom", "in a bedroom|on a bed", r"bed(room|s)?|pillows?", "indoors"),
        _place("in a restaurant or café", "in a restaurant|in a cafeteria|in a bar|at a table with food",
               r"restaurant|caf\w*|bar|diner|beers?|food|meal|eat\w*|table", "indoors"),
        _place("in a shop", "in a shop|in a supermarket|at a market", r"shop\w*|stores?|supermarket|market"),
        _place("in a gym", "in a gym", r"gym\w*|court", "indoors"),
        _place("in a classroom", "in a classroom|in a library", r"class\w*|school|library|students?", "indoors"),
        _place("in a vehicle", "in a car|on a bus|on a train", r"cars?|bus|train|subway|vehicle"),
        _place("on a street", "on a street|in a city|on a sidewalk",
               r"streets?|road|city|sidewalk|crosswalk|town", "outdoors"),
        _place("in a park or garden", "in a park|in a garden|in a yard|on the grass",
               r"park|garden|yard|lawn|grass\w*|backyard", "outdoors"),
        _place("on a playground", "on a playground", r"playground|swings?|slide", "outdoors"),
        _place("in a forest", "in a forest|on a path in the woods",
               r"forest|woods|wooded|trees?|trail|path", "outdoors"),
        _place("in a field", "in a field|in a grassy field", r"fields?|grass\w*|meadow", "outdoors"),
        _place("on a beach", "on a beach|on the sand at the sea", r"beach|sand\w*|shore|ocean|sea", "outdoors"),
        _place("in the water", "in the water|in a pool|in the ocean",
               r"water|pool|ocean|waves?|swim\w*|surf\w*|lake|river|sea", "outdoors"),
        _place("by the water", "at a lake|by a river|on a boat",
               r"lake|river|boat|canoe|kayak|raft|dock|pier|water|creek", "outdoors"),
        _place("in the mountains", "in the mountains|on a rock|on a cliff",
               r"mountains?|rock\w*|cliff|hills?|canyon|climb\w*", "outdoors"),
        _place("in the snow", "in the snow|on a snowy hill", r"snow\w*|ski\w*|sled\w*|ice|icy", "outdoors"),
        _place("in a stadium", "in a stadium|on a sports field|on a court",
               r"stadium|court|football|soccer|baseball|basketball|tennis|game|players?|track|rugby|hockey"),
    ),
    "action": (
        _deed("posing for a photo", "posing for a photo|smiling at the camera|looking at the camera",
              r"pos(e|es|ed|ing)|camera|picture|photos?|photograph|smil\w+"),
        _deed("posing for a photo with others",
              "posing for a group photo|standing with friends for a picture|posing with other people",
              r"pos(e|es|ed|ing)|camera|picture|photos?|photograph|smil\w+", company=2),
        _deed("speaking into a microphone", "talking into a microphone|giving a speech|speaking at a podium",
              r"microphones?|speech|podium|speaks?|speaking|sing\w*", busy=True),
        _deed("singing or playing music", "singing into a microphone|playing a guitar|performing with a band",
              r"sing\w*|guitars?|band|music\w*|instruments?|drum\w*|perform\w*|microphone", busy=True),
        _deed("talking with somebody", "talking to another person|having a conversation|listening to somebody",
              r"talk\w*|convers\w*|chat\w*|listen\w*|speak\w*", busy=True, company=2),
        _deed("sitting at a table", "sitting at a table|sitting at a desk", r"table|desk|sits?|sitting|seated"),
        _deed("sitting on a couch", "sitting on a couch|sitting on a sofa", r"couch|sofa|armchair|chairs?"),
        _deed("eating or drinking", "eating|drinking|having a meal",
               r"eat\w*|drink\w*|meal|food|ice cream|bites?|beer"),
        _deed("reading", "reading a book|reading a newspaper", r"read\w*|books?|newspaper|magazine"),
        _deed("working at a computer", "using a computer|working at a desk", r"computer|laptop|desk|typing|keyboard"),
        _deed("talking on the phone", "talking on the phone", r"\w*phone"),
        _deed("dancing", "dancing", r"danc\w+", busy=True),
        _deed("hugging somebody", "hugging somebody|kissing somebody",
               r"hug\w*|kiss\w*|embrac\w*|arms? around", company=2),
        _deed("holding a child", "holding a baby|holding a child", r"bab(y|ies)|child|infant|toddler"),
        _deed("cooking", "cooking|preparing food", r"cook\w*|prepar\w*|grill\w*|kitchen"),
        _deed("sleeping", "sleeping|lying on a bed", r"sleep\w*|asleep|lying|lays?|laying|nap\w*"),
        _deed("caring for a patient", "examining a patient|caring for a patient",
               r"patient|doctor|nurse|medical", busy=True),
        _deed("walking", "walking|walking down the street", r"walk\w*|stroll\w*|hik\w+"),
        _deed("running", "running", r"run\w*|race|racing|jog\w*"),
        _deed("jumping", "jumping in the air", r"jump\w*|leap\w*|air|flip\w*"),
        _deed("riding a bike", "riding a bike", r"bik\w+|bicycl\w*|cycl\w*|motorcycl\w*"),
        _deed("swimming", "swimming|splashing in the water", r"swim\w*|splash\w*|pool|water|surf\w*"),
        _deed("climbing", "climbing", r"climb\w*|scal\w+"),
        _deed("playing with a ball", "playing with a ball|playing soccer|playing basketball",
              r"\w*ball|soccer|tennis|rugby|hockey"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Scale:
    """How likeness becomes a probability; all of one kind of answer, measured on held-back pictures.

    Attributes:
        sentence: [2, S] mean and standard deviation of each sentence's likeness over the pictures.
        choice: [2, K] the same of each choice's score.
        offered: [K] enough captions confirm it there; of the others nothing is known, so they are never chosen.
        sharpness: of the softmax over scores (inverse temperature), fitted.
        likely, sure: by setting, probability of the best choice from which it is said with "probably", and without;
            None: never. Its training pictures are mostly outdoors, so the same probability is worth less indoors.
    """

    sentence: FloatArray
    choice: FloatArray
    offered: NDArray[np.bool_]
    sharpness: float = 1.0
    likely: Least = field(default_factory=dict)
    sure: Least = field(default_factory=dict)

    @classmethod
    def fit(cls, kind: Told, likeness: FloatArray) -> Scale:
        """What is usual, out of likeness [n, S] to n pictures; everything is offered."""
        sentence = np.stack([likeness.mean(0), likeness.std(0) + 1e-6])
        scores = _pooled(kind, (likeness - sentence[0]) / sentence[1])
        usual = np.stack([scores.mean(0), scores.std(0) + 1e-6])
        return cls(sentence, usual, np.ones(scores.shape[1], bool))

    @classmethod
    def from_dict(cls, kind: Told, row: Mapping[str, Any]) -> Scale:
        """What `to_dict` gave; ValueError when it was made for other choices."""
        said = [c.said for c in CHOICES[kind]]
        if list(row["choices"]) != said or np.shape(row["sentence"]) != (2, len(sentences(kind))):
            raise ValueError(f"measured for other choices of '{kind}'")
        sentence, choice = (np.asarray(row[key], np.float32) for key in ("sentence", "choice"))
        offered = np.isin(said, row["offered"])
        likely, sure = (
            {where: None if row[key][where] is None else float(row[key][where]) for where in SETTINGS}
            for key in ("likely", "sure")
        )
        return cls(sentence, choice, offered, float(row["sharpness"]), likely, sure)

    def to_dict(self, kind: Told) -> dict[str, Any]:
        """JSON-ready."""
        said = [c.said for c in CHOICES[kind]]
        return {
            "likely": dict(self.likely), "sure": dict(self.sure), "sharpness": self.sharpness,
            "offered": [name for name, yes in zip(said, self.offered, strict=True) if yes], "choices": said,
            **{key: np.round(getattr(self, key).astype(float), 5).tolist() for key in ("sentence", "choice")},
        }  # fmt: skip

    def scores(self, kind: Told, likeness: FloatArray) -> FloatArray:
        """[n, K] in standard deviations, of likeness [n, S]."""
        pooled = _pooled(kind, (likeness - self.sentence[0]) / self.sentence[1])
        scaled: FloatArray = (pooled - self.choice[0]) / self.choice[1]
        return scaled

    def probabilities(self, kind: Told, likeness: FloatArray, allowed: NDArray[np.bool_]) -> FloatArray:
        """[n, K] of likeness [n, S], over the choices that are offered and allowed ([n, K] or [K]); 0 if none is."""
        return softmax(self.sharpness * self.scores(kind, likeness), allowed & self.offered)


def at_odds(choice: Choice, facts: PersonFacts) -> bool:
    """Whether somebody seen talking or moving the hands can't be doing this."""
    return not choice.busy and any(gesture.startswith(_BUSY) for gesture in facts.gestures)


def level(scale: Scale, probability: float, setting: str | None) -> Level | None:
    """How surely a choice of this probability is said, None for not at all; both must agree on an unknown setting."""
    for name in ("sure", "likely"):
        least = [getattr(scale, name).get(where) for where in SETTINGS if setting in (None, where)]
        if all(limit is not None and probability >= limit for limit in least):
            return name
    return None


def softmax(logits: FloatArray, allowed: NDArray[np.bool_]) -> FloatArray:
    """Probabilities [n, K] over what is allowed; rows in which nothing is are 0."""
    allowed = np.broadcast_to(allowed, logits.shape)
    shifted = np.where(
        allowed, logits - np.where(allowed, logits, -np.inf).max(1, keepdims=True, initial=-1e9), -np.inf
    )
    weights = np.exp(shifted)
    shares: FloatArray = weights / np.maximum(weights.sum(1, keepdims=True), 1e-12)
    return shares


def sentences(kind: Told) -> list[str]:
    """All sentences of a kind, choice after choice."""
    verb = "" if kind == "location" else "is "
    return [f"A person {verb}{text}." for choice in CHOICES[kind] for text in choice.sentences]


def possible(kind: Told, scene: SceneFacts, people: int) -> NDArray[np.bool_]:
    """[K] the choices that can be in this scene with so many people in it."""
    return np.array(
        [c.company <= people and (not scene.setting or c.setting in (None, scene.setting)) for c in CHOICES[kind]]
    )


def _pooled(kind: Told, scores: FloatArray) -> FloatArray:
    """[n, K] the mean over each choice's sentences [n, S]."""
    ends = np.cumsum([0, *(len(c.sentences) for c in CHOICES[kind])])
    pairs: Sequence[tuple[int, int]] = list(zip(ends[:-1], ends[1:], strict=True))
    return np.stack([scores[:, a:b].mean(1) for a, b in pairs], 1).astype(np.float32)
