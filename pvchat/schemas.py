"""The things that pass between the steps: a clip's analysis, its tracks, measured facts, answers. Torch-free.

Legend: T sampled frames of a clip, n sightings of one track, K face landmarks (5), J body joints (33), D vector width.
Boxes are x0, y0, x1, y1 as fractions of the frame; times are seconds from the clip's start.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Decision = Literal["present", "absent", "unsure"]
QuestionType = Literal["existence", "appearance", "action", "location", "other"]


@dataclass
class Garment:
    """One piece of clothing: kind ("jacket"; "top" when the kind isn't known), colour word or None, confidence 0..1."""

    kind: str
    colour: str | None
    confidence: float


@dataclass
class PersonFacts:
    """What was measured about one track. A field left None or empty was not measured: it must not be spoken of.

    `where` is a phrase that completes "is …" ("on the left of the frame"). `gestures` and `movement` are verb phrases
    that complete "is …" ("raising a hand", "talking", "walking to the right"). Confidences are 0..1.
    """

    where: str | None = None
    shot: str | None = None  # "close-up" | "medium shot" | "full figure" | "far away"
    clothes: list[Garment] = field(default_factory=list)
    hair: str | None = None  # "dark hair", "long blonde hair"
    features: list[str] = field(default_factory=list)  # "glasses", "a beard", "a face mask", "a hat"
    gender: str | None = None  # "man" | "woman", only when the head is confident
    pose: str | None = None  # "standing" | "sitting" | "lying down"
    movement: str | None = None
    gestures: list[str] = field(default_factory=list)
    holding: str | None = None  # "a cup"
    activity: str | None = None  # "playing tennis", from the action head
    confidence: dict[str, float] = field(default_factory=dict)  # field name -> confidence

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> PersonFacts:
        return cls(**{**row, "clothes": [Garment(**g) for g in row.get("clothes", [])]})


@dataclass
class SceneFacts:
    """What was measured about the whole clip. `place` completes "in …" or "at …" with its article ("an office")."""

    place: str | None = None
    setting: str | None = None  # "indoors" | "outdoors"
    light: str | None = None  # "dark" | "bright"
    background: str | None = None  # "a grey background"
    drawn: bool = False  # an animated or drawn picture
    confidence: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Track:
    """One person or drawn figure followed through a clip, n sightings, structure of arrays.

    Attributes:
        kind: "face" (a real, detectable face) or "figure" (a drawn character or a person without a visible face).
        frames: [n] indices into `ClipAnalysis.times`.
        boxes: [n, 4] face or figure box.
        points: [n, 5, 2] eyes, nose, mouth corners as fractions; NaN for figures.
        scores: [n] detector confidence.
        quality: [n] 0..1 fitness for identification (size, sharpness, frontality).
        identity: [n, D] L2-normalised identity vectors (D=128 for faces, the figure expert's width for figures).
        body_boxes: [n, 4] the region below and around the face that belongs to this person.
        body: [n, 1280] pooled EfficientNet features of that region.
        pose: [n, 33, 4] x, y (fractions), z, visibility; NaN where the pose expert found nobody.
        masked: [m, D] identity vectors of the best sightings with a surgical mask drawn on; empty for figures.
        thumbnail: JPEG bytes of the best sighting.
        facts: what was measured (`facts.py`).
    """

    kind: Literal["face", "figure"]
    frames: IntArray
    boxes: FloatArray
    points: FloatArray
    scores: FloatArray
    quality: FloatArray
    identity: FloatArray
    body_boxes: FloatArray
    body: FloatArray
    pose: FloatArray
    masked: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    thumbnail: bytes = b""
    facts: PersonFacts = field(default_factory=PersonFacts)

    def __len__(self) -> int:
        return len(self.frames)


@dataclass
class ClipAnalysis:
    """All that the experts said about one clip; cached on disk by content hash: a second question costs nothing.

    Attributes:
        key: SHA-256 of the input file's bytes.
        duration_s, width, height: of the normalised clip.
        times: [T] seconds of the sampled frames.
        frame_features: [T, 49, 1280] float16 EfficientNet-Lite0 grid (7 by 7, row-major).
        tracks: everyone found.
        scene: measured scene facts.
        shots: [S, 2] start and end (seconds) of each shot, one after the other; nobody is followed across their edges.
            One shot of the whole length when not given.
    """

    key: str
    duration_s: float
    width: int
    height: int
    times: FloatArray
    frame_features: NDArray[np.float16]
    tracks: list[Track]
    scene: SceneFacts = field(default_factory=SceneFacts)
    shots: FloatArray = field(default_factory=lambda: np.zeros((0, 2), np.float32))

    def __post_init__(self) -> None:
        if not len(self.shots):
            self.shots = np.array([[0.0, self.duration_s]], np.float32)

    def shot_of(self, times: FloatArray) -> IntArray:
        """The index into `shots` of each of the times [n] (seconds)."""
        return np.clip(np.searchsorted(self.shots[1:, 0], times, side="right"), 0, len(self.shots) - 1)

    def spans(self, frames: IntArray) -> list[tuple[float, float]]:
        """Merge sampled frames into [start_s, end_s] spans.

        Each sighting stands for the time around its sample, as far as its shot goes. Spans of two shots become one
        where somebody is seen on both sides of the cut.
        """
        if len(frames) == 0:
            return []
        step = float(np.median(np.diff(self.times))) if len(self.times) > 1 else self.duration_s
        shots = self.shot_of(self.times)
        spans: list[tuple[float, float]] = []
        last = -1  # shot of the last sighting
        for frame in np.unique(frames).tolist():
            start, end = self._stands_for(frame, shots, step)
            shot = int(shots[frame])
            gap = 1.5 * step if shot == last else 0.0  # a single missed frame doesn't cut a span, a cut does
            if spans and start - spans[-1][1] <= gap + 1e-3:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
            last = shot
        return [(round(a, 2), round(b, 2)) for a, b in spans]

    def _stands_for(self, frame: int, shots: IntArray, step: float) -> tuple[float, float]:
        """The seconds that a sampled frame speaks for: half a step to its neighbours, a whole one to a cut."""
        time, (low, high) = float(self.times[frame]), self.shots[shots[frame]].tolist()
        first = frame == 0 or shots[frame - 1] != shots[frame]
        last = frame + 1 == len(shots) or shots[frame + 1] != shots[frame]
        start = max(0.0, low, time - step / (1 if first else 2))
        end = min(self.duration_s, high, time + step / (1 if last else 2))
        return min(start, time), max(end, time)


@dataclass
class PersonPresence:
    """One enrolled person's presence in one clip."""

    name: str
    decision: Decision
    probability: float
    spans: list[tuple[float, float]] = field(default_factory=list)
    track: int | None = None  # index into ClipAnalysis.tracks of the best matching track

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "decision": self.decision,
            "probability": round(float(self.probability), 4),
            "spans": [list(s) for s in self.spans],
        }


@dataclass
class Answer:
    """What `PVChat.ask` returns; `to_dict()` is the JSON contract of `pvchat ask --json`."""

    answer: str
    type: QuestionType
    people: list[PersonPresence]
    timing: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        return {
            "answer": self.answer,
            "type": self.type,
            "people": [p.to_dict() for p in self.people],
            "timing": {k: round(v, 3) for k, v in self.timing.items()},
        }
