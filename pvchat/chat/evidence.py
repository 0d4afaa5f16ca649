"""Who is there and what was measured of the clip, put together for the answers.

In: presences and a clip's analysis. Out: `Evidence`: facts and boxes of the people who are present, who else is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pvchat.schemas import ClipAnalysis, FloatArray, PersonFacts, PersonPresence, SceneFacts

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 as fractions of the frame


@dataclass(frozen=True)
class Neighbour:
    """Another person of the clip: where, and who if enrolled."""

    box: Box
    name: str | None = None


@dataclass
class Evidence:
    """What was measured in one clip, by name of the matched people.

    Attributes:
        facts: of each present person's track.
        boxes: each present person's usual box.
        others: the other tracks of the clip (people asked about may be among them; they are skipped by name).
        scene: of the whole clip.
        unknown: how many people in the clip match nobody enrolled.
        duration_s: of the clip; None or a still leaves the times out.
        place: where the clip plays ("on a beach"), said where `scene.place` wasn't measured.
        shown: a sentence about the whole clip, for questions that name nobody.
        doubtful: how many people in the clip may be somebody enrolled.
    """

    facts: dict[str, PersonFacts] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    others: list[Neighbour] = field(default_factory=list)
    scene: SceneFacts = field(default_factory=SceneFacts)
    unknown: int = 0
    duration_s: float | None = None
    place: str | None = None
    shown: str | None = None
    doubtful: int = 0


def gather(presences: Sequence[PersonPresence], analysis: ClipAnalysis) -> Evidence:
    """What was measured about the people found present, and about who is with them."""
    present = {p.track: p.name for p in presences if p.decision == "present" and p.track is not None}
    boxes = [_usual_box(t.boxes) for t in analysis.tracks]
    doubtful = {p.track for p in presences if p.decision == "unsure"}
    unknown = [i for i, t in enumerate(analysis.tracks) if t.kind == "face" and i not in present and i not in doubtful]
    return Evidence(
        facts={name: analysis.tracks[i].facts for i, name in present.items()},
        boxes={name: boxes[i] for i, name in present.items()},
        others=[
            Neighbour(boxes[i], present.get(i)) for i in range(len(analysis.tracks)) if i in present or i in unknown
        ],
        scene=analysis.scene,
        unknown=len(unknown),
        doubtful=len(doubtful - {None, *present}),
        duration_s=analysis.duration_s,
    )


def _usual_box(boxes: FloatArray) -> Box:
    """Where a track usually is: the median [4] of its boxes [n, 4]."""
    x0, y0, x1, y1 = (float(v) for v in np.median(boxes, axis=0))
    return x0, y0, x1, y1
