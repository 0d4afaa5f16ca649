"""What each fact about a person rests on: the best sighting, the part of it that shows the fact, how sure it is.

For "why do you say so?" and `--json`. Facts are measured on several sightings that agree; the best of them is told.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pvchat.perception import collars
from pvchat.perception.boxes import head_box
from pvchat.perception.sightings import best_sightings, torso_box, whole_boxes
from pvchat.schemas import ClipAnalysis, Ground, PersonFacts, Track

_WHOLE = ("pose", "movement", "deed")


def ground_facts(track: Track, analysis: ClipAnalysis) -> None:
    """Fill in the grounds of facts that don't have one yet."""
    best = best_sightings(track)
    row = int(best[np.argmax(track.quality[best])])
    time = round(float(analysis.times[track.frames[row]]), 2)
    face, torso, whole = track.boxes[row], torso_box(track, row), whole_boxes(track)[row]
    boxes = {"head": head_box(face) if track.kind == "face" else face, "torso": torso, "whole": whole}
    for what, part, score in _facts_with_parts(track.facts):
        x0, y0, x1, y1 = (round(float(v), 3) for v in np.clip(boxes[part], 0, 1))
        track.facts.grounds.setdefault(what, Ground(time, (x0, y0, x1, y1), score))


def _facts_with_parts(facts: PersonFacts) -> Iterator[tuple[str, str, float | None]]:
    """Each fact with the part of the person that shows it, and its confidence."""
    sure = facts.confidence
    for garment in facts.clothes:
        yield garment.kind, "whole" if garment.kind == "trousers" else "torso", garment.confidence
    looks = [*facts.features, *facts.headwear]
    for name in [*looks, *(["hair"] if facts.hair else []), *(["gender"] if facts.gender else [])]:
        yield name, "torso" if name == collars.BARE else "head", sure.get(name)
    for name in [*(n for n in _WHOLE if getattr(facts, n)), *facts.gestures]:
        yield name, "whole", sure.get(name)
