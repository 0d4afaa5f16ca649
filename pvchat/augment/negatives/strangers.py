"""Who is certainly not the subject.

In: tracks, from an analysis or from an index. Out: for each the probability that it shows the subject, and its distance
from the subject's mean vector. A track is a stranger when the presence model says "improbable" (at most
`max_probability`), its mean lies beyond `min_distance`, and it lies beyond that from everything that was recognised as
the subject elsewhere, too: a side view that is far from the enrollment is near to the subject's other clips.

Measured (`benchmarks/negatives.py`): of clips that show the subject none has a probability below 0.14 on the
development set, so the limit of 0.05 leaves room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pvchat.identity.presence import PresenceModel
from pvchat.index.entries import MASK, ClipEntry
from pvchat.people.person import Person
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, PersonFacts, SceneFacts, Track


@dataclass(frozen=True)
class Judged:
    """What is known about K tracks of one clip.

    Attributes:
        probability: [K] that the track shows the subject.
        distance: [K] of its mean vector from the subject's.
        clip: that anyone in the clip is the subject.
    """

    probability: FloatArray
    distance: FloatArray
    clip: float


class Strangers:
    """Tells strangers from the subject.

    Args:
        person: the subject, enrolled.
        presence: the presence model.
        max_probability, min_distance: see the module.
    """

    def __init__(self, person: Person, presence: PresenceModel, max_probability: float, min_distance: float) -> None:
        self.person, self.presence = person, presence
        # In her own place her reach would make a view of her that the enrollment doesn't have somebody else's.
        self.anywhere = replace(person, arrays={k: v for k, v in person.arrays.items() if k != "frame"})
        self.max_probability, self.min_distance = max_probability, min_distance
        self.middle = np.asarray(person.arrays["prototypes"], np.float32).mean(0)
        self.recognised: list[FloatArray] = []

    def judge(self, analysis: ClipAnalysis) -> Judged:
        """How like the subject everyone in a clip is."""
        kind = self.person.kind
        distance = np.array([self._distance(t) if t.kind == kind else np.inf for t in analysis.tracks], np.float32)
        each = [self._probability(analysis, [track]) for track in analysis.tracks]
        together = self._probability(analysis, analysis.tracks)  # drawn figures are scored clip by clip
        return Judged(np.array(each, np.float32), distance, max([together, *each]))

    def recognise(self, analysis: ClipAnalysis, judged: Judged, present_from: float) -> None:
        """Remember the tracks that show the subject, so that what is near to them is refused, too."""
        for track, probability in zip(analysis.tracks, judged.probability, strict=True):
            if track.kind == self.person.kind and probability >= present_from:
                self.recognised.append(mean_identity(track.identity, track.quality))

    def is_stranger(self, track: Track, probability: float, distance: float) -> bool:
        """Whether a track is certainly not the subject."""
        if probability > self.max_probability or distance < self.min_distance:
            return False
        return self.person.kind != track.kind or self._from_recognised(track) >= self.min_distance

    def refusal(self, analysis: ClipAnalysis, judged: Judged) -> str | None:
        """Why a clip may show the subject, or None: nobody in it does."""
        if judged.clip > self.max_probability:
            return "may be the subject"
        if np.min(judged.distance, initial=np.inf) < self.min_distance:
            return "too near to the subject"
        if any(t.kind == self.person.kind and self._from_recognised(t) < self.min_distance for t in analysis.tracks):
            return "near to the subject's other clips"
        return None

    def _probability(self, analysis: ClipAnalysis, tracks: list[Track]) -> float:
        shown = replace(analysis, tracks=tracks)
        return max(_largest(self.presence.logits([one], shown)) for one in (self.person, self.anywhere))

    def _distance(self, track: Track) -> float:
        return float(np.linalg.norm(mean_identity(track.identity, track.quality) - self.middle))

    def _from_recognised(self, track: Track) -> float:
        mean = mean_identity(track.identity, track.quality)
        return min((float(np.linalg.norm(mean - other)) for other in self.recognised), default=np.inf)


def stand_in(
    entry: ClipEntry, faces: Mapping[int, FloatArray], figures: Mapping[int, FloatArray], scene: FloatArray,
    presence: PresenceModel,
) -> ClipAnalysis:  # fmt: skip
    """An analysis made of what an index keeps of a clip, good for the presence model and for nothing else.

    Args:
        entry: of the clip.
        faces: views [V, 128] of face tracks by track number.
        figures: the same of figure tracks.
        scene: [1280] unit vector of the clip.
        presence: gives the mean body, so that unknown clothes say nothing.
    """
    tracks = []
    for track in entry.tracks:
        views = (faces if track.kind == "face" else figures)[track.number]
        count = len(views)
        tracks.append(
            Track(
                kind=track.kind,
                frames=np.arange(count),
                boxes=np.tile(np.array(track.box, np.float32), (count, 1)),
                points=np.full((count, 5, 2), np.nan, np.float32),
                scores=np.ones(count, np.float32),
                quality=np.full(count, track.quality, np.float32),
                identity=views,
                body_boxes=np.zeros((count, 4), np.float32),
                body=np.tile(presence.body_mean, (count, 1)),
                pose=np.zeros((count, 33, 4), np.float32),
                facts=PersonFacts(gender=track.gender, features=[MASK] if track.masked else []),
            )
        )
    frames = (scene * entry.length)[None, None].astype(np.float16)
    times = np.zeros(1, np.float32)
    scene_facts = SceneFacts(drawn=entry.drawn)
    return ClipAnalysis(entry.key, entry.duration_s, 1, 1, times, frames, tracks, scene_facts)


def _largest(logits: FloatArray) -> float:
    return float(1 / (1 + np.exp(-np.clip(logits.max(), -30, 30)))) if logits.size else 0.0
