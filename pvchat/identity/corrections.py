"""Users' corrections ("that is Ana", "that is not Ana, at 0:04"): whom they mean, what is kept of them, how it counts.

In: a person, a `ClipAnalysis`, yes or no, perhaps a moment. Out: the tracks that are meant, and an `Example` of each,
which is kept with her (`people/corrections.py`). When she is looked for, examples change log-odds:

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

from pvchat.errors import NoSubjectError, SettingsError, SubjectError
from pvchat.identity.enroll import prototypes, several_subjects_error
from pvchat.people.corrections import SAME_TRACK, Correction, Example, examples_of
from pvchat.people.parts import View, stacked
from pvchat.people.person import Person
from pvchat.perception.experts.figures import MIN_SCORE
from pvchat.perception.sightings import is_masked
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, Track

_MOMENT_S = 0.75  # seconds about a moment within which somebody is taken to be seen
_MAX_REJECTED = 4  # tracks that one "that is not her" is kept of
_MAX_OFFERED = 12  # of those who could be meant
_CLEAR_LEAD = 1.0  # log-odds by which the likeliest track must lead where several could be meant
# log-odds: what "that is not her" takes from a track that is as like her as it is like that face [choice]
_REJECTION_LOGIT = 2.0
STATED_LOGIT = 6.0  # log-odds of what the user said: .998

Compared = Callable[[View, Track], float]  # what somebody looks like and a track → log-odds


def tracks_meant(
    person: Person, analysis: ClipAnalysis, odds: FloatArray, *, her: bool, at: float | None = None, source: str = ""
) -> list[int]:
    """The tracks of a clip that a user means by "that is her" (one track) or "that is not her" (all taken for her).

    Only tracks of her kind are: of somebody who is known by her face, no body without one.
    `odds`: [K] log-odds that each track shows her, everyone enrolled competing; `at`: the moment that was named,
    seconds; `source`: the clip's file name, for messages.
    Raises SettingsError where the clip has no such moment, NoSubjectError where nobody of her kind is seen then, and
    SeveralSubjectsError where "that is her" could mean several.
    """
    could = [i for i, track in enumerate(analysis.tracks) if could_be_meant(track, person, her)]
    if at is not None:
        if not 0 <= at <= analysis.duration_s + 1:
            what = f"the clip is {analysis.duration_s:.1f} s long."
            raise SettingsError(what, subject=f"{source} at {at:g} s", hint="Use a time within the clip.")
        then = np.flatnonzero(np.abs(analysis.times - at) <= _MOMENT_S)
        could = [i for i in could if np.isin(then, analysis.tracks[i].shown_in).any()]
    if not could:
        when = "in the clip" if at is None else f"at {at:g} s"
        what = "nobody's face is seen" if person.kind == "face" else "no figure is seen"
        raise NoSubjectError(f"{what} {when}.", subject=source, hint="Name another moment with --at.")
    could.sort(key=lambda i: -float(odds[i]))
    if not her:
        return [could[0], *(i for i in could[1:] if odds[i] > 0)][:_MAX_REJECTED]
    found = odds[could[0]] > 0  # where nobody would be taken for her, the likeliest one may be anybody
    rivals = [i for i in could if not found or odds[could[0]] - odds[i] < _CLEAR_LEAD][:_MAX_OFFERED]
    if len(rivals) > 1:
        offered = {i + 1: analysis.tracks[i] for i in sorted(rivals)}
        hint = "Pick one with --track N, or name a moment at which only one is seen with --at."
        raise several_subjects_error(f"{len(rivals)} people could be meant.", analysis, offered, source, hint)
    return could[:1]


def index_of_number(person: Person, analysis: ClipAnalysis, track: int, source: str, *, her: bool) -> int:
    """The index of a track that was picked by its number, from 1; raises SubjectError where it can't be meant."""
    if not 1 <= track <= len(analysis.tracks) or not could_be_meant(analysis.tracks[track - 1], person, her):
        what, hint = f"there is no track {track} that could be meant.", "Leave --track out to see which could."
        raise SubjectError(what, subject=source, hint=hint)
    return track - 1


def shows_somebody(track: Track) -> bool:
    """Whether a track shows somebody: a drawn figure that nobody is sure of is the middle of the frame."""
    return track.kind == "face" or len(track.looks) > 0 or float(track.scores.max()) >= MIN_SCORE


def could_be_meant(track: Track, person: Person, her: bool) -> bool:
    """Whether a user can say of a track that it is her (`her`) or isn't; only one of her own kind can be said to be."""
    return shows_somebody(track) and (track.kind == person.kind if her else may_show(person, track))


def example_of(track: Track, her: bool, analysis: ClipAnalysis, source: str, at: float | None = None) -> Example:
    """The example that a correction keeps of a track: its prototypes, and a moment at which it is seen.

    `at`: the moment that was named, of which the nearest sighting is kept; None: the best sighting.
    """
    seen = analysis.times[track.shown_in]
    best = track.frames[int(track.quality.argmax())]
    moment = float(analysis.times[best] if at is None else seen[np.abs(seen - at).argmin()])
    said = Correction(her, analysis.key, round(moment, 2), source, masked=is_masked(track))
    return Example(said, prototypes(track).astype(np.float16), track.prints)


def confirmed_view(person: Person) -> View:
    """The tracks that users confirmed to be a person, as one view; of faces without a mask, where there are any."""
    hers = [example for example in examples_of(person) if example.correction.her]
    clearest = [example for example in hers if not example.correction.masked] or hers
    masked = any(example.correction.masked for example in clearest)
    return View(stacked(one.faces for one in clearest), stacked(one.prints for one in clearest), masked)


def corrected_tracks(person: Person, analysis: ClipAnalysis) -> dict[int, bool]:
    """Whether tracks of a clip, by index, are her by what the user said of them; later corrections win."""
    found: dict[int, bool] = {}
    for example in (one for one in examples_of(person) if one.correction.clip == analysis.key and len(one.faces)):
        middle = np.asarray(example.faces, np.float32).mean(0)
        for i, track in enumerate(analysis.tracks):
            alike = may_show(person, track) and track.identity.shape[1] == len(middle)
            if alike and np.linalg.norm(mean_identity(track.identity, track.quality) - middle) < SAME_TRACK:
                found[i] = example.correction.her
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
        if example.correction.her:
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
