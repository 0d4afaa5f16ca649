"""How good an enrollment clip is: what would make her hard to recognise later, and whom she looks like already.

In: the clip's `ClipAnalysis` and its subject's track. Out: `Notes`. How the limits were chosen:
docs/adr/0074-measured-constants.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.identity.competition import is_clear
from pvchat.identity.examples import is_masked
from pvchat.identity.reasons import face_height, turn
from pvchat.identity.subjects import index_of, prominence, subjects_of
from pvchat.people.notes import Notes, Poor
from pvchat.schemas import ClipAnalysis, PersonPresence, Track

_SMALL_PX = 48
_BLURRED = 0.3  # quality of the best sighting
_FEW_S = 1.0  # seconds; a photo stands for as long
_ONE_ANGLE = 0.1  # range of the head's turn (`reasons.turn`), left and right apart: some ten degrees
_BESIDE = 0.25  # share of the subject's prominence from which somebody else is more than a passer-by


def notes_on(subject: Track, analysis: ClipAnalysis, found: Sequence[PersonPresence] = (), added_to: str = "") -> Notes:
    """What to say about an enrollment of the `subject` of a clip in which everyone enrolled before was looked for.

    `added_to`: the enrolled person whom the clip is added to; "" for a new one.
    """
    there = [p for p in found if p.decision == "present" and index_of(analysis, subject) in p.tracks]
    others = [p for p in there if p.name != added_to]
    like = max(others, key=lambda p: p.probability).name if others else ""
    unlike = bool(added_to) and not any(p.name == added_to for p in there)
    heights = [face_height(subject, i, analysis) for i in range(len(subject))] if subject.kind == "face" else []
    return Notes(weaknesses(subject, analysis), round(float(np.median(heights))) if heights else None, like, unlike)


def weaknesses(subject: Track, analysis: ClipAnalysis) -> tuple[Poor, ...]:
    """What makes a clip a poor one to be enrolled from, what weighs most first; of drawn figures little is known."""
    if subject.kind != "face":
        return ()
    found: list[Poor] = []
    if np.median([face_height(subject, i, analysis) for i in range(len(subject))]) < _SMALL_PX:
        found.append("small")
    if is_masked(subject):
        found.append("masked")
    blank = len(subject.prints) > 0 and not is_clear(subject)
    if (subject.quality.max() < _BLURRED or blank) and "small" not in found:
        found.append("blurred")
    if analysis.scene.light == "dark":
        found.append("dark")
    if sum(end - start for start, end in analysis.spans(subject.shown_in)) <= _FEW_S:
        found.append("few")
    turns = [turn(subject, i, analysis) for i in range(len(subject))]
    if np.ptp(np.percentile(turns, (5, 95))) < _ONE_ANGLE:
        found.append("one angle")
    rivals = [t for t in subjects_of(analysis) if t.thumbnail != subject.thumbnail]
    if any(prominence(t) >= _BESIDE * prominence(subject) for t in rivals):
        found.append("several people")
    return tuple(found)
