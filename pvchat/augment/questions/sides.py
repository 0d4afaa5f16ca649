"""Who is left or right of whom, as the camera sees it.

In: a `SampleView`. Out: `Pair`s: somebody named, somebody else (by name, or as "the woman"), and the side. Said only
where the two are seen in the same frames, clearly apart, and on the same sides nearly all the time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pvchat.augment.questions.cast import SampleView
from pvchat.schemas import Track

Side = Literal["left", "right"]
OPPOSITE: dict[Side, Side] = {"left": "right", "right": "left"}
_APART = 0.5  # distance of the middles in mean box widths [choice: boxes that half overlap are not said to be apart]
_ALWAYS = 0.9  # share of common frames with the same order [choice]


@dataclass(frozen=True)
class Pair:
    """`name` is on this side of `other`; `named` when `other` is a name. `side` is None where `name` is absent."""

    name: str
    other: str
    named: bool
    side: Side | None


def pairs(view: SampleView) -> list[Pair]:
    """All clear pairs of a sample, and for the absent the others that one can ask about."""
    names = {track: name for name, track in view.tracks.items()}
    labels = {i: names.get(i) or _label(view, i) for i in range(len(view.analysis.tracks))}
    found = []
    for name, there in view.sample.people.items():
        own = view.tracks.get(name)
        for i, label in labels.items():
            if label is None or i == own or (there and own is None):
                continue
            side = None if own is None else side_of(view.analysis.tracks[own], view.analysis.tracks[i])
            if not there or side:
                found.append(Pair(name, label, i in names, side))
    return found


def side_of(track: Track, other: Track) -> Side | None:
    """On which side of another track a track is; None where that isn't clear."""
    common, mine, theirs = np.intersect1d(track.frames, other.frames, return_indices=True)
    if not len(common):
        return None
    a, b = track.boxes[mine], other.boxes[theirs]
    width = ((a[:, 2] - a[:, 0]) + (b[:, 2] - b[:, 0])) / 2
    apart = ((a[:, 0] + a[:, 2]) - (b[:, 0] + b[:, 2])) / 2 / np.maximum(width, 1e-6)
    for side, wins in (("left", apart < -_APART), ("right", apart > _APART)):
        if wins.mean() >= _ALWAYS:
            return side  # type: ignore[return-value]
    return None


def _label(view: SampleView, index: int) -> str | None:
    """Such as "the woman" or "the man in the dark suit": what fits nobody else in the clip; None when nothing does."""
    tracks = view.analysis.tracks
    facts = tracks[index].facts
    unnamed = [i for i in range(len(tracks)) if i not in view.tracks.values()]
    if facts.gender is None:
        return ("the other person" if view.tracks else "the person") if len(unnamed) == 1 else None
    genders = Counter(t.facts.gender for t in tracks)
    if genders[facts.gender] == 1 and not genders[None]:
        return f"the {facts.gender}"
    if len(unnamed) == 1:
        alike = any(tracks[i].facts.gender == facts.gender for i in view.tracks.values())
        return f"the {'other ' if alike else ''}{facts.gender}"
    worn = [_worn(t) for t in tracks]
    return f"the {facts.gender} in {worn[index]}" if worn[index] and worn.count(worn[index]) == 1 else None


def _worn(track: Track) -> str:
    """Such as "the dark suit"; empty where no garment with a colour was measured."""
    garment = next((g for g in track.facts.clothes if g.colour), None)
    return f"the {garment.colour} {garment.kind}" if garment else ""
