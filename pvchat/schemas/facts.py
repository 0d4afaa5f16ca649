"""What was measured: things, about a person, about a scene, about stretches of a long video; what facts rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np


@dataclass
class Garment:
    """One piece of clothing."""

    kind: str  # "jacket"; "top" when it isn't known
    colour: str | None
    confidence: float  # 0..1
    sleeves: str | None = None  # "long-sleeved", "short-sleeved", "sleeveless"


HANDS = "hands"  # among the confidences of `PersonFacts`: that hands may move, where that isn't sure enough to be said


@dataclass
class PersonFacts:
    """What was measured about one track. A field left None or empty was not measured: it must not be spoken of.

    Many complete "is …". Confidences are 0..1.
    """

    where: str | None = None  # "on the left of the frame"
    shot: str | None = None  # "close-up" | "medium shot" | "full figure" | "far away"
    clothes: list[Garment] = field(default_factory=list)
    hair: str | None = None  # "dark hair", "long blonde hair"
    features: list[str] = field(default_factory=list)  # "glasses", "a beard", "a face mask", "a hat"
    headwear: list[str] = field(default_factory=list)  # "a helmet", "a hat", "sunglasses", if no feature says so
    # What surely does not hold: "a hat", "a helmet", "sunglasses", "a face mask", "glasses", "long hair", "smiling"
    lacking: list[str] = field(default_factory=list)
    gender: str | None = None  # "man" | "woman", only when the head is confident
    pose: str | None = None  # "standing" | "sitting" | "lying down" | "probably sitting"
    movement: str | None = None  # "walking or running" | "falling"
    # From when to when (seconds) she does what, where posture changes: (0.0, 1.2, "probably standing"),
    # (1.2, 1.7, "probably falling"), (1.7, 6.0, "lying down").
    course: list[tuple[float, float, str]] = field(default_factory=list)
    gestures: list[str] = field(default_factory=list)  # "raising a hand", "talking"
    deed: str | None = None  # "talking on the phone", "probably eating or drinking" (`perception/deeds.py`)
    seat: str | None = None  # "on a sofa", what she sits or lies on
    confidence: dict[str, float] = field(default_factory=dict)  # field name or `HANDS` -> confidence
    grounds: dict[str, Ground] = field(default_factory=dict)  # field name or what is told -> what it rests on

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> PersonFacts:
        """What `asdict` made of facts, after JSON."""
        grounds = {what: Ground(g["time_s"], tuple(g["box"]), g["score"]) for what, g in row.get("grounds", {}).items()}
        clothes = [Garment(**g) for g in row.get("clothes", [])]
        course = [tuple(part) for part in row.get("course", [])]
        return cls(**{**_known(cls, row), "clothes": clothes, "grounds": grounds, "course": course})


def _known(kind: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row its class still has: a library keeps what earlier versions measured until it looks again."""
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in row.items() if name in names}


_MOSTLY = 0.6  # share of a long video for which what is said of all of it must hold
BOOKSHELVES, BLUE_SKY = "bookshelves", "a blue sky"  # of what is behind everybody
# Confidence from which a setting is said of a photographed scene, and a place without "probably" (ADR 0103).
_SETTING_SURE, PLACE_SURE = {"indoors": 0.65, "outdoors": 0.72}, 0.5


@dataclass
class SceneFacts:
    """What was measured about the whole clip."""

    place: str | None = None  # "an office", "at home"; below `PLACE_SURE` it is told with "probably"
    setting: str | None = None  # "indoors" | "outdoors"
    light: str | None = None  # "dark" | "bright"
    background: str | None = None  # "a grey background"
    behind: list[str] = field(default_factory=list)  # "curtains", "window blinds", `BOOKSHELVES`, `BLUE_SKY`
    drawn: bool = False  # an animated or drawn picture
    confidence: dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> SceneFacts:
        """What `asdict` made of facts, after JSON."""
        return cls(**_known(cls, row))

    @property
    def sure_setting(self) -> str | None:
        """The setting where it is sure enough to be said; of a drawn scene always."""
        sure = self.setting and (self.drawn or self.confidence.get("setting", 1.0) >= _SETTING_SURE[self.setting])
        return self.setting if sure else None


@dataclass
class Appearance:
    """What was measured about somebody in one stretch (seconds) of a long video, first to last sighting."""

    start_s: float
    end_s: float
    facts: PersonFacts  # as far as they were measured
    told: bool = False  # what she does and wears was measured, too, not only what tells who she is


@dataclass
class SceneSpan:
    """What was measured about the scene of one stretch (seconds) of a long video."""

    start_s: float
    end_s: float
    scene: SceneFacts


@dataclass
class Thing:
    """One thing followed through a clip, n sightings."""

    label: str  # COCO's word ("dining table")
    confidence: float  # 0..1 probability that there is such a thing, calibrated (`recipes/looks/things.py`)
    frames: list[int] = field(default_factory=list)  # [n] indices into `ClipAnalysis.times`
    boxes: list[list[float]] = field(default_factory=list)  # [n][4] x0, y0, x1, y1 as fractions of the frame
    scores: list[float] = field(default_factory=list)  # [n] of the detector

    def within(self, first: int, last: int) -> Thing | None:
        """As seen in the sampled frames `first` to `last`, renumbered from 0; None where it isn't."""
        rows = [i for i, frame in enumerate(self.frames) if first <= frame <= last]
        return self.rows(rows, -first) if rows else None

    def rows(self, rows: Sequence[int], offset: int = 0) -> Thing:
        """The same thing with these sightings only, their frames moved by `offset`."""
        frames = [self.frames[i] + offset for i in rows]
        return replace(self, frames=frames, boxes=[self.boxes[i] for i in rows], scores=[self.scores[i] for i in rows])


@dataclass
class Ground:
    """What a fact rests on: a moment (seconds), a place in the frame (fractions), a confidence (0..1) or None."""

    time_s: float
    box: tuple[float, float, float, float]
    score: float | None


def common_scene(scenes: Sequence[SceneSpan]) -> SceneFacts:
    """What is true of a long video's scene: each fact that holds for most of the time."""
    total = max(sum(s.end_s - s.start_s for s in scenes), 1e-6)
    found = SceneFacts()
    for name in ("place", "setting", "light", "background", "drawn"):
        times: dict[Any, float] = {}
        for span in scenes:
            value = getattr(span.scene, name)
            times[value] = times.get(value, 0.0) + span.end_s - span.start_s
        value = max(times, key=lambda v: times[v], default=None)
        if value and times[value] >= (0.5 if name == "drawn" else _MOSTLY) * total:
            setattr(found, name, value)
        agree = [span.scene.confidence for span in scenes if getattr(span.scene, name) == value]
        sure = [confidence[name] for confidence in agree if name in confidence]
        if sure and (value or name == "drawn"):
            found.confidence[name] = round(float(np.mean(sure)), 3)
    for name in dict.fromkeys(word for span in scenes for word in span.scene.behind):
        seen = sum(span.end_s - span.start_s for span in scenes if name in span.scene.behind)
        found.behind += [name] if seen >= _MOSTLY * total else []
    return found
