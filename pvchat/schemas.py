"""The things that pass between the steps: a clip's analysis, its tracks, measured facts, answers. Torch-free.

Legend: T sampled frames of a clip, n sightings of one track, G of them kept as a grid.
Boxes are x0, y0, x1, y1 as fractions of the frame; times are seconds from the clip's start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pvchat.config import Settings, VideoConfig

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Decision = Literal["present", "absent", "unsure"]
QuestionType = Literal["existence", "appearance", "action", "location", "other"]
Progress = Callable[[str, float, float], None]  # what is being done, how much of it is done, how much there is (0: ?)


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
        """The facts as JSON, for the cache."""
        return asdict(self)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> PersonFacts:
        """What `to_dict` wrote."""
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
        """The facts as JSON, for the cache."""
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
        identity: [n, 128] identity vectors: for faces dlib's own, not normalised (docs/adr/0004-identity-network.md);
            for figures of unit length.
        body_boxes: [n, 4] the region below and around the face that belongs to this person.
        body: [n, 1280] pooled EfficientNet features of that region.
        pose: [n, 33, 4] x, y (fractions), z, visibility; NaN where the pose expert found nobody.
        masked: [m, 128] identity vectors of the best sightings with a surgical mask drawn on; empty for figures.
        thumbnail: JPEG bytes of the best sighting.
        facts: what was measured (`perception/facts.py`).
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
        frame_features: [G, 49, 1280] float16 EfficientNet-Lite0 grid (7 by 7, row-major) of G = min(T, 12) frames that
            are spread evenly over the T.
        tracks: everyone found.
        scene: measured scene facts.
    """

    key: str
    duration_s: float
    width: int
    height: int
    times: FloatArray
    frame_features: NDArray[np.float16]
    tracks: list[Track]
    scene: SceneFacts = field(default_factory=SceneFacts)

    def spans(self, frames: IntArray) -> list[tuple[float, float]]:
        """Merge sampled frames into [start_s, end_s] spans; each sighting stands for the time around its sample."""
        if len(frames) == 0:
            return []
        step = float(np.median(np.diff(self.times))) if len(self.times) > 1 else self.duration_s
        spans: list[tuple[float, float]] = []
        for t in self.times[np.unique(frames)]:
            start, end = max(0.0, float(t) - step / 2), min(self.duration_s, float(t) + step / 2)
            if spans and start - spans[-1][1] <= 1.5 * step:  # a single missed frame doesn't cut a span
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
        return [(round(a, 2), round(b, 2)) for a, b in spans]


@dataclass(frozen=True)
class Look:
    """One look at a clip: what the experts said, and what it took; no seconds where that was known already."""

    analysis: ClipAnalysis
    decode_s: float = 0.0
    experts_s: float = 0.0


@dataclass
class PersonPresence:
    """One enrolled person's presence in one clip."""

    name: str
    decision: Decision
    probability: float
    spans: list[tuple[float, float]] = field(default_factory=list)
    track: int | None = None  # index into ClipAnalysis.tracks of the best matching track

    def to_dict(self) -> dict[str, Any]:
        """One row of `people` in the JSON contract."""
        return {
            "name": self.name,
            "decision": self.decision,
            "probability": round(float(self.probability), 4),
            "spans": [list(s) for s in self.spans],
        }


@dataclass
class Answer:
    """What `PVChat.ask` returns; `to_dict()` is the JSON contract of `pvchat ask --json`.

    Attributes:
        answer: the text.
        type: what was asked for.
        people: presence of those asked about; of everyone enrolled where nobody is named.
        timing: seconds: `decode_s` and `experts_s` (0 where the clip was known), `total_s`, and `first_token_s`: from
            the question until the answer's first piece was there (none is shown before the whole passed the guard).
        everyone: presence of everyone enrolled, in the order of enrollment; not part of the contract.
    """

    answer: str
    type: QuestionType
    people: list[PersonPresence]
    timing: dict[str, float]
    everyone: list[PersonPresence] = field(default_factory=list, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The JSON contract; seconds to the millisecond."""
        return {
            "answer": self.answer,
            "type": self.type,
            "people": [p.to_dict() for p in self.people],
            "timing": {k: round(v, 3) for k, v in self.timing.items()},
        }


class Service(Protocol):
    """What augmentation, index and training need of `pvchat.service.PVChat`: it is handed to them, never imported.

    They stand below it, and so do the classes named here in words: a contract imports nothing that stands above it.
    """

    @property
    def settings(self) -> Settings:
        """Device, seed, limits and thresholds."""
        ...

    @property
    def device(self) -> str:
        """The torch device that the models are on."""
        ...

    @property
    def people(self) -> Any:
        """Everyone enrolled, a `pvchat.people.store.PeopleStore`."""
        ...

    @property
    def experts(self) -> Any:
        """The frozen experts, a `pvchat.perception.analysis.Experts`."""
        ...

    @property
    def presence_model(self) -> Any:
        """Who is in a clip, a `pvchat.identity.presence.PresenceModel`."""
        ...

    @property
    def describer(self) -> Any:
        """The trained model, a `pvchat.chat.describe.Describer`; None where no weights are shipped."""
        ...

    def analyse(self, clip: str | Path) -> ClipAnalysis:
        """What the experts say about a clip; raises VideoReadError."""
        ...

    def score(self, people: Sequence[Any], analysis: ClipAnalysis) -> list[PersonPresence]:
        """Presence of these people (`pvchat.people.person.Person`), enrolled or not, in the order given."""
        ...

    def beside(self, cache: Any, video: VideoConfig) -> Service:
        """The same models and people for other files: another `pvchat.storage.clips.ClipCache`, read otherwise."""
        ...
