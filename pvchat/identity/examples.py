"""Corrections at work: how what users said of somebody's recognition counts when she is looked for.

- "That is Ana" adds prototypes, as another enrollment clip of hers would.
- "That is not Ana" adds somebody else, without a name, to the competition, after calibration: where a track is more
  like that face than like Ana, her log-odds fall by as much; where it is as like both, a little, as the word may be a
  mistake.
- In the clip that was spoken of, what was said of a track holds; nothing is estimated there.

Legend: K tracks, P rows, D vector width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pvchat.people.corrections import SAME_TRACK, Example, examples_of
from pvchat.people.parts import View, stacked
from pvchat.people.person import Person
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, Track

MASK = "a face mask"  # the feature of `PersonFacts` that says so
# log-odds: what "that is not her" takes from a track that is as like her as it is like that face [choice]
_ONE_WORD = 2.0
_SAME_MOMENT = 0.01  # seconds: a correction's moment is rounded
TOLD = 6.0  # log-odds of what the user said: .998

Compared = Callable[[View, Track], float]  # what somebody looks like and a track → log-odds


def view_beside(person: Person) -> View:
    """What "that is her" adds to a person's own looks: of faces without a mask, where there are any."""
    hers = [example for example in examples_of(person) if example.correction.her and not example.correction.here]
    told = [example for example in hers if not example.correction.masked] or hers
    masked = any(example.correction.masked for example in told)
    return View(stacked(one.faces for one in told), stacked(one.prints for one in told), masked)


def corrected_tracks(person: Person, analysis: ClipAnalysis) -> dict[int, bool]:
    """What the user said of a clip's tracks: by their index, whether it is her; later words count more."""
    found: dict[int, bool] = {}
    for example in examples_of(person):
        if example.correction.clip == analysis.key:
            found |= dict.fromkeys(_meant(example, person, analysis), example.correction.her)
    return found


def settle(odds: FloatArray, people: Sequence[Person], analysis: ClipAnalysis) -> FloatArray:
    """Log-odds [P, K] of P people with what users said of the clip's tracks; a track that is somebody's is nobody
    else's.
    """
    said = [corrected_tracks(person, analysis) for person in people]
    for column in (column for one in said for column, her in one.items() if her):
        odds[:, column] = -TOLD
    for row, one in enumerate(said):
        for column, her in one.items():
            odds[row, column] = TOLD if her else -TOLD
    return odds


def against(person: Person, tracks: Sequence[Track], odds: FloatArray, compared: Compared) -> FloatArray:
    """Log-odds [K] by which a person's (`odds` [K]) fall, since a track may show somebody who was said not to be her.

    `compared`: log-odds that a track shows whoever looks like a view.
    """
    out = np.zeros(len(tracks), np.float32)
    for example in examples_of(person):
        if example.correction.her or example.correction.here:
            continue
        for column, track in enumerate(tracks):
            if may_show(person, track) and (is_masked(track) or not example.correction.masked):
                theirs = compared(View(example.faces, example.prints, example.correction.masked), track)
                fall = _ONE_WORD + min(theirs, max(theirs - float(odds[column]), 0.0))
                out[column] = max(out[column], fall if theirs > 0 else 0.0)
    return out


def may_show(person: Person, track: Track) -> bool:
    """Whether a track is of a kind that a person is compared with: hers, or drawn figures where she is one, too."""
    drawn = track.kind == "figure" and not len(track.looks)  # with looks it is a body that turns away
    return track.kind == person.kind or drawn and person.figure is not None


def is_masked(track: Track) -> bool:
    """Whether a track's face is behind a mask."""
    return MASK in track.facts.features


def _meant(example: Example, person: Person, analysis: ClipAnalysis) -> list[int]:
    rows = np.asarray(example.faces, np.float32)
    if not len(rows):
        return []
    middle, here, tracks = rows.mean(0), example.correction.here, analysis.tracks
    then = np.flatnonzero(np.abs(analysis.times - example.correction.at_s) < _SAME_MOMENT) if here else ()
    apart = {
        i: float(np.linalg.norm(mean_identity(track.identity, track.quality) - middle))
        for i, track in enumerate(tracks)
        if (here or may_show(person, track)) and track.identity.shape[1] == len(middle)
    }
    near = [i for i in apart if (np.isin(then, tracks[i].shown_in).any() if len(then) else apart[i] < SAME_TRACK)]
    # heads from behind are much alike: of those who are seen at that moment the nearest was meant, and nobody else
    return sorted(near, key=lambda i: apart[i])[:1] if here else near
