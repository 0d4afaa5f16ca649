"""A clip's analysis and its tracks.

Legend: T sampled frames of a clip, n sightings of one track, G of them kept as a grid.
Boxes are x0, y0, x1, y1 as fractions of the frame; times are seconds from the clip's start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas.facts import Appearance, PersonFacts, SceneFacts, SceneSpan, Thing, common_scene
from pvchat.schemas.sound import Sound

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
Pixels = NDArray[np.uint8]  # pictures [..., H, W, 3] RGB, pixels [N, 3], masks [..., h, w]
Flags = NDArray[np.bool_]
Stage = Literal["who", "what"]
Spans = tuple[tuple[float, float], ...]
BODY = 1280  # width of body and frame features (EfficientNet-Lite0)
GRID_CELLS = 7  # across and down the grid of a frame's features
FACEPRINT = 512  # width of a faceprint
STRIPS, TINTS = 3, 9  # a row of looks: features of head, torso and legs, then the Lab colour of each
LOOKS = STRIPS * BODY + TINTS


@dataclass
class Track:
    """One person or drawn figure followed through a clip, n sightings, structure of arrays."""

    kind: Literal["face", "figure"]  # figure: a drawn character, or, with `looks`, a person without a visible face
    frames: IntArray  # [n] indices into `ClipAnalysis.times`
    boxes: FloatArray  # [n, 4] face or figure box
    points: FloatArray  # [n, 5, 2] eyes, nose, mouth corners as fractions; NaN for figures
    scores: FloatArray  # [n] detector confidence
    quality: FloatArray  # [n] 0..1 fitness for identification (size, sharpness, frontality)
    identity: FloatArray  # [n, 128] of faces on dlib's scale, not normalised (ADR 0020); of figures of unit length
    body_boxes: FloatArray  # [n, 4] the region below and around the face that belongs to this person
    body: FloatArray  # [n, 1280] pooled EfficientNet features of that region
    pose: FloatArray  # [n, 33, 4] x, y (fractions), z, visibility; NaN where the pose expert found nobody
    # [m, 512] faceprints of its best sightings (`experts/faceprint.py`); empty for figures
    prints: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    # [m, LOOKS] hair, clothes and build of sightings in which the whole body was found (`perception/bodies.py`)
    looks: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    # [m, 3, L] the best scores of COCO's L labels in crops about head and arms: anywhere, at the mouth, at a wrist
    # (`perception/handled.py`); empty where no body was measured
    handled: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 0, 0), np.float16))
    thumbnail: bytes = b""  # JPEG of the best sighting
    facts: PersonFacts = field(default_factory=PersonFacts)  # what was measured (`perception/facts.py`)
    # [m] every sampled frame that shows this one, if only from behind (`perception/bodies.py`); empty: `frames`
    seen: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    appearances: list[Appearance] = field(default_factory=list)  # the facts by stretches of a long video, in order

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def shown_in(self) -> IntArray:
        """Every sampled frame that shows this one."""
        return self.seen if len(self.seen) else self.frames

    def rows(self, which: IntArray) -> Track:
        """The same track with these sightings [k] (indices into the arrays) only."""
        arrays = {name: getattr(self, name)[which] for name in SIGHTING_ARRAYS}
        return replace(self, **arrays, seen=self.shown_in)


SIGHTING_ARRAYS = ("frames", "boxes", "points", "scores", "quality", "identity", "body_boxes", "body", "pose")


@dataclass
class ClipAnalysis:
    """All that the experts said about one clip; cached on disk by content hash: a second question costs nothing."""

    key: str  # SHA-256 of the input file's bytes
    duration_s: float  # of the normalised clip, like width and height
    width: int
    height: int
    times: FloatArray  # [T] seconds of the sampled frames
    # [G, 49, 1280] EfficientNet-Lite0 grid (7 by 7, row-major) of G = min(T, 12) frames, spread evenly over the T
    frame_features: NDArray[np.float16]
    tracks: list[Track]  # everyone found
    scene: SceneFacts = field(default_factory=SceneFacts)
    # [S, 2] start and end (seconds) of each shot, one after the other, across whose edges nobody is followed
    shots: FloatArray = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    scenes: list[SceneSpan] = field(default_factory=list)  # the scene by stretches of a long video, in order of time
    in_all: int = 0  # how many tracks the whole has of which this is a part; 0 where this is the whole
    things: list[Thing] = field(default_factory=list)  # beside people, the surest first; not of long videos
    # people whose body is seen, followed through a shot, most in front first; of long videos those without a face
    bodies: list[Thing] = field(default_factory=list)
    # "who": looked for what tells who is there; "what": measured, too, what people do and wear (`measuring.py`), which
    # of a long video is told by `Appearance`
    stage: Stage = "what"
    damaged: bool = False  # whether parts of the file couldn't be read: somebody may have been missed
    sound: Sound | None = None  # what is heard (`perception/sound/`), once somebody asks for that

    def __post_init__(self) -> None:
        if not len(self.shots):
            self.shots = np.array([[0.0, self.duration_s]], np.float32)

    @cached_property
    def mean_frame(self) -> FloatArray:
        """[1280] mean of the frame features, what the place looks like; taken once, for everyone who is looked for."""
        return np.asarray(self.frame_features.astype(np.float32).mean((0, 1)), np.float32)

    @cached_property
    def pooled_frames(self) -> FloatArray:
        """[G, 1280] what each of the kept frames looks like."""
        return np.asarray(self.frame_features, np.float32).mean(1)

    @property
    def feature_frames(self) -> IntArray:
        """[G] the sampled frames that `frame_features` are of: indices into `times`."""
        return np.linspace(0, len(self.times) - 1, len(self.frame_features)).round().astype(np.int64)

    @cached_property
    def step_s(self) -> float:
        """Seconds from one sampled frame to the next."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else self.duration_s

    def shot_of(self, times: FloatArray) -> IntArray:
        """The index into `shots` of each of the times [n] (seconds)."""
        return np.clip(np.searchsorted(self.shots[1:, 0], times, side="right"), 0, len(self.shots) - 1)

    def spans(self, frames: IntArray) -> list[tuple[float, float]]:
        """Sampled frames as [start_s, end_s] spans: each stands for the time around it, as far as its shot goes.

        Spans of two shots become one where somebody is seen on both sides of the cut; a shot so short that no sample
        fell into it parts nobody.
        """
        if len(frames) == 0:
            return []
        step, shots = self.step_s, self.shot_of(self.times)
        spans: list[tuple[float, float]] = []
        last, before = -1, -1  # shot and frame of the last sighting
        seen = np.unique(frames)
        for frame, start, end in zip(seen.tolist(), *self._stand_for(seen, shots, step), strict=True):
            shot = int(shots[frame])
            gap = 1.5 * step if shot == last else 0.0  # a single missed frame doesn't cut a span, a cut does
            gap = step if shot != last and frame == before + 1 else gap
            if spans and start - spans[-1][1] <= gap + 1e-3:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
            last, before = shot, frame
        return [(round(a, 2), round(b, 2)) for a, b in spans]

    def shown_between(self, start_s: float, end_s: float) -> list[int]:
        """The tracks that `between` keeps, in order: indices into `tracks`."""
        first, last = self._inside(start_s, end_s)[[0, -1]]
        return [i for i, t in enumerate(self.tracks) if ((t.shown_in >= first) & (t.shown_in <= last)).any()]

    def _inside(self, start_s: float, end_s: float) -> IntArray:
        """The sampled frames from `start_s` to `end_s`; the nearest one where there is none."""
        inside = np.flatnonzero((self.times >= start_s) & (self.times <= end_s))
        return inside if len(inside) else np.array([int(np.abs(self.times - (start_s + end_s) / 2).argmin())])

    def without_features(self) -> ClipAnalysis:
        """Without features and pictures, of which it holds no memory: some kilobytes."""
        tracks = [replace(t, body=t.body[:0].copy(), pose=t.pose[:0].copy(), thumbnail=b"") for t in self.tracks]
        return replace(self, frame_features=self.frame_features[:0].copy(), tracks=tracks)

    def between(self, start_s: float, end_s: float) -> ClipAnalysis:
        """What was seen from `start_s` to `end_s` (seconds): times stay those of the clip, facts are the window's."""
        inside = self._inside(start_s, end_s)
        first, last = int(inside[0]), int(inside[-1])
        low, high = max(0.0, start_s), min(self.duration_s, end_s)
        stored = self.feature_frames
        kept = np.flatnonzero((stored >= inside[0]) & (stored <= inside[-1]))
        if not len(kept) and len(stored):
            kept = np.array([int(np.abs(stored - inside.mean()).argmin())])
        shots = np.clip(self.shots, low, high)
        scenes = [s for s in self.scenes if s.end_s > low and s.start_s < high]
        return replace(
            self, duration_s=high, times=self.times[inside], frame_features=self.frame_features[kept],
            tracks=[t for track in self.tracks if (t := _within(track, inside, low, high)) is not None],
            shots=shots[shots[:, 1] > shots[:, 0]], scenes=scenes,
            scene=common_scene(scenes) if scenes else self.scene, in_all=self.in_all or len(self.tracks),
            things=[part for one in self.things if (part := one.within(first, last)) is not None],
            bodies=[part for one in self.bodies if (part := one.within(first, last)) is not None],
            sound=None if self.sound is None else self.sound.within(low, high, self.shown_between(start_s, end_s)),
        )  # fmt: skip

    def _stand_for(self, frames: IntArray, shots: IntArray, step: float) -> tuple[list[float], list[float]]:
        """Start and end (seconds) of what sampled frames stand for: half a step around each, a whole one to a cut."""
        times, (low, high) = self.times[frames].astype(np.float64), self.shots[shots[frames]].astype(np.float64).T
        cuts = np.concatenate(([True], np.diff(shots) != 0, [True]))  # before each frame, and after the last
        starts = np.maximum(np.maximum(0.0, low), times - step / np.where(cuts[frames], 1, 2))
        ends = np.minimum(np.minimum(self.duration_s, high), times + step / np.where(cuts[frames + 1], 1, 2))
        return np.minimum(starts, times).tolist(), np.maximum(ends, times).tolist()


def _within(track: Track, inside: IntArray, low: float, high: float) -> Track | None:
    """A track as seen in the sampled frames `inside` (renumbered from 0), from `low` to `high` seconds; or None."""
    first, last = int(inside[0]), int(inside[-1])
    seen = track.shown_in[(track.shown_in >= first) & (track.shown_in <= last)]
    if not len(seen):
        return None
    rows = np.flatnonzero((track.frames >= first) & (track.frames <= last))
    frames = track.frames[rows]
    if not len(rows):  # none of the best sightings lies inside: the nearest stands for it
        rows, frames = np.array([int(np.abs(track.frames - seen.mean()).argmin())]), seen[:1]
    stretches = [a for a in track.appearances if a.end_s > low and a.start_s < high]
    longest = max(stretches, key=lambda a: min(a.end_s, high) - max(a.start_s, low), default=None)
    facts = track.facts if longest is None else longest.facts
    return replace(track.rows(rows), frames=frames - first, seen=seen - first, appearances=stretches, facts=facts)


@dataclass(frozen=True)
class Look:
    """One look at a clip: what the experts said, and what it took; no seconds where that was known already."""

    analysis: ClipAnalysis
    decode_s: float = 0.0
    experts_s: float = 0.0
    length_s: float | None = None  # of the whole video, where no more than a part of it was looked at


def facts_to_row(analysis: ClipAnalysis) -> dict[str, Any]:
    """What was measured of a clip beside its tracks and its sound, as JSON."""
    found = {name: [asdict(one) for one in getattr(analysis, name)] for name in ("scenes", "things", "bodies")}
    return {**found, "scene": asdict(analysis.scene), "damaged": analysis.damaged}


def facts_from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `ClipAnalysis` that `facts_to_row` stored."""
    return {
        "scene": SceneFacts.from_dict(row["scene"]),
        "scenes": [
            SceneSpan(one["start_s"], one["end_s"], SceneFacts.from_dict(one["scene"])) for one in row["scenes"]
        ],
        **{name: [Thing(**one) for one in row[name]] for name in ("things", "bodies")},
        "damaged": row.get("damaged", False),  # rows of versions before lack it
    }


def track_to_row(track: Track) -> dict[str, Any]:
    """What was measured of a track, as JSON."""
    return {"facts": asdict(track.facts), "appearances": [asdict(one) for one in track.appearances]}


def track_from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Track` that `track_to_row` stored."""
    stretches = [Appearance(**{**one, "facts": PersonFacts.from_dict(one["facts"])}) for one in row["appearances"]]
    return {"facts": PersonFacts.from_dict(row["facts"]), "appearances": stretches}
