"""Turns a user's correction ("that is Ana", "that is not Ana, at 0:04") into the example that is kept with her.

In: a person, a `ClipAnalysis`, yes or no, perhaps a moment. Out: the tracks that are meant, and an `Example` of each.
`examples.py` says how they count.

Legend: K tracks.
"""

from __future__ import annotations

import numpy as np

from pvchat.errors import NoSubjectError, SettingsError, SubjectError
from pvchat.identity.enroll import prototypes
from pvchat.identity.examples import is_masked, may_show
from pvchat.identity.subjects import several_subjects_error
from pvchat.people.corrections import Correction, Example
from pvchat.people.person import Person
from pvchat.perception.experts.figures import MIN_SCORE
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, Track

_MOMENT_S = 0.75  # seconds about a moment within which somebody is taken to be seen
_MAX_REJECTED = 4  # tracks that one "that is not her" is kept of
_MAX_OFFERED = 12  # of those who could be meant
_CLEAR_LEAD = 1.0  # log-odds by which the likeliest track must lead where several could be meant


def tracks_meant(
    person: Person, analysis: ClipAnalysis, odds: FloatArray, *, her: bool, at: float | None = None, source: str = ""
) -> list[int]:
    """The tracks of a clip that a user means by "that is her" (one track) or "that is not her" (all taken for her).

    Whoever is seen otherwise than she is known (bodies without a face, drawn figures) only where nobody else is.
    `odds`: [K] log-odds that each track shows her, everyone enrolled competing; `at`: the moment that was named,
    seconds; `source`: the clip's file name, for messages.

    Raises:
        SettingsError: the clip has no such moment.
        NoSubjectError: nobody is seen then.
        SeveralSubjectsError: "that is her" could mean several.
    """
    seen = [i for i, track in enumerate(analysis.tracks) if shows_somebody(track)]
    if at is not None:
        if not 0 <= at <= analysis.duration_s + 1:
            what = f"the clip is {analysis.duration_s:.1f} s long."
            raise SettingsError(what, subject=f"{source} at {at:g} s", hint="Use a time within the clip.")
        then = np.flatnonzero(np.abs(analysis.times - at) <= _MOMENT_S)
        seen = [i for i in seen if np.isin(then, analysis.tracks[i].shown_in).any()]
    if not seen:
        when = "in the clip" if at is None else f"at {at:g} s"
        raise NoSubjectError(f"nobody is seen {when}.", subject=source, hint="Name another moment with --at.")
    could = [i for i in seen if _is_learned_from(analysis.tracks[i], person, her) or not her and odds[i] > 0] or seen
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


def index_of_number(analysis: ClipAnalysis, track: int, source: str) -> int:
    """The index of a track that was picked by its number, from 1; raises SubjectError where it shows nobody."""
    if not 1 <= track <= len(analysis.tracks) or not shows_somebody(analysis.tracks[track - 1]):
        raise SubjectError(f"there is no track {track}.", subject=source, hint="Leave --track out to see which are.")
    return track - 1


def shows_somebody(track: Track) -> bool:
    """Whether a track shows somebody: a drawn figure that nobody is sure of is the middle of the frame."""
    return track.kind == "face" or len(track.looks) > 0 or float(track.scores.max()) >= MIN_SCORE


def example_of(
    person: Person, track: Track, her: bool, analysis: ClipAnalysis, source: str, at: float | None = None
) -> Example:
    """The example that a correction keeps of a track: its prototypes, and a moment at which it is seen.

    `at`: the moment that was named, of which the nearest sighting is kept; None: the best sighting.
    """
    here, seen = not _is_learned_from(track, person, her), analysis.times[track.shown_in]
    rows = mean_identity(track.identity, track.quality)[None] if here else prototypes(track)
    best = track.frames[int(track.quality.argmax())]
    moment = float(analysis.times[best] if at is None else seen[np.abs(seen - at).argmin()])
    said = Correction(her, analysis.key, round(moment, 2), source, here=here, masked=is_masked(track))
    return Example(said, rows.astype(np.float16), track.prints)


def _is_learned_from(track: Track, person: Person, her: bool) -> bool:
    """Whether something is learned of a track for other clips; where she has a face, only a face is kept as hers."""
    return track.kind == person.kind if her else may_show(person, track)
