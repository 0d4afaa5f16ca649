"""How users' corrections ("that is Ana", "that is not Ana") count when a person is looked for.

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
_REJECTION_LOGIT = 2.0
_SAME_MOMENT_S = 0.01  # seconds: a correction's moment is rounded
STATED_LOGIT = 6.0  # log-odds of what the user said: .998

Compared = Callable[[View, Track], float]  # what somebody looks like and a track → log-odds


def confirmed_view(person: Person) -> View:
    """The tracks that users confirmed to be a person, as one view; of faces without a mask, where there are any."""
    hers = [example for example in examples_of(person) if example.correction.her and not example.correction.here]
    told = [example for example in hers if not example.correction.masked] or hers
    masked = any(example.correction.masked for example in told)
    return View(stacked(one.faces for one in told), stacked(one.prints for one in told), masked)


def corrected_tracks(person: Person, analysis: ClipAnalysis) -> dict[int, bool]:
    """Whether tracks of a clip, by index, are her by what the user said of them; later corrections win."""
    found: dict[int, bool] = {}
    for example in examples_of(person):
        if example.correction.clip == analysis.key:
            found |= dict.fromkeys(_tracks_of(example, person, analysis), example.correction.her)
    return found


def apply_corrections(odds: FloatArray, people: Sequence[Person], analysis: ClipAnalysis) -> FloatArray:
    """Log-odds [P, K] of P people with users' corrections of this clip; a track that is hers is nobody else's."""
    said = [corrected_tracks(person, analysis) for person in people]
    for column in (column for one in said for column, her in one.items() if her):
        odds[:, column] = -STATED_LOGIT
    for row, one in enumerate(said):
        for column, her in one.items():
            odds[row, column] = STATED_LOGIT if her else -STATED_LOGIT
    return odds


def rejection_cost(person: Person, tracks: Sequence[Track], odds: FloatArray, compared: Compared) -> FloatArray:
    """Log-odds [K] that a person loses (of `odds` [K]), since a track may show somebody who was said not to be her.

    `compared`: log-odds that a track shows whoever looks like a view.
    """
    out = np.zeros(len(tracks), np.float32)
    for example in examples_of(person):
        if example.correction.her or example.correction.here:
            continue
        for column, track in enumerate(tracks):
            if may_show(person, track) and (is_masked(track) or not example.correction.masked):
                theirs = compared(View(example.faces, example.prints, example.correction.masked), track)
                fall = _REJECTION_LOGIT + min(theirs, max(theirs - float(odds[column]), 0.0))
                out[column] = max(out[column], fall if theirs > 0 else 0.0)
    return out


def may_show(person: Person, track: Track) -> bool:
    """Whether a track is of a kind that a person is compared with: hers, or drawn figures where she is one, too."""
    drawn = track.kind == "figure" and not len(track.looks)  # with looks it is a body that turns away
    return track.kind == person.kind or drawn and person.figure is not None


def is_masked(track: Track) -> bool:
    """Whether a track's face is behind a mask."""
    return MASK in track.facts.features


def _tracks_of(example: Example, person: Person, analysis: ClipAnalysis) -> list[int]:
    """The tracks of a clip that a correction of it is about."""
    rows = np.asarray(example.faces, np.float32)
    if not len(rows):
        return []
    middle, here, tracks = rows.mean(0), example.correction.here, analysis.tracks
    then = np.flatnonzero(np.abs(analysis.times - example.correction.at_s) < _SAME_MOMENT_S) if here else ()
    apart = {
        i: float(np.linalg.norm(mean_identity(track.identity, track.quality) - middle))
        for i, track in enumerate(tracks)
        if (here or may_show(person, track)) and track.identity.shape[1] == len(middle)
    }
    near = [i for i in apart if (np.isin(then, tracks[i].shown_in).any() if len(then) else apart[i] < SAME_TRACK)]
    # heads from behind are much alike: of those who are seen at that moment the nearest was meant, and nobody else
    return sorted(near, key=lambda i: apart[i])[:1] if here else near
