"""Who a clip is about: which people could be enrolled from it, and who of them is meant.

In: `ClipAnalysis`, perhaps a number. Out: a `Track`. The subject is the main one: it fills most of the clip, largest
and clearest. Several of like weight are several plausible subjects, and the user must pick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pvchat.errors import Candidate, NoSubjectError, SeveralSubjectsError, SubjectError
from pvchat.identity.competition import is_clear, is_face_of
from pvchat.perception.experts.figures import MIN_SCORE
from pvchat.perception.joining import join
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, Track
from pvchat.storage import atomic, temporary

# Distance of means up to which tracks of different shots of an enrollment clip are one person.
ONE_PERSON = 0.55
_RIVAL_PROMINENCE = 0.5  # share of the main subject's prominence from which another track is a plausible subject too


def choose(analysis: ClipAnalysis, track: int | None, source: str) -> Track:
    """The subject's track; see `enroll`."""
    subjects = subjects_of(analysis)
    if not subjects:
        hint = "Use a clip that shows the person's face for a second or more."
        raise NoSubjectError("nobody, filmed or drawn, was found in it.", subject=source, hint=hint)
    if track is not None:
        if not isinstance(track, int) or not 1 <= track <= len(subjects):
            hint = f"Pick one from 1 to {len(subjects)}."
            raise SubjectError(f"there is no track {track}.", subject=source, hint=hint)
        return subjects[track - 1]
    weights = [prominence(t) for t in subjects]
    prominent = [number for number, weight in enumerate(weights, 1) if weight >= _RIVAL_PROMINENCE * weights[0]]
    rivals = {number: subjects[number - 1] for number in prominent if subjects[number - 1].kind == "face"}
    if len(rivals) > 1 and subjects[0].kind == "face":
        what = f"the clip shows {len(rivals)} people about equally: whom do you mean?"
        raise several_subjects_error(what, analysis, rivals, source, "Pick one with --track N.")
    return subjects[0]


def subjects_of(analysis: ClipAnalysis) -> list[Track]:
    """The tracks that can be enrolled, most prominent first: faces; figures where the clip is drawn or faceless.

    A drawn face identifies nobody. A clear one is that of somebody computer-generated, and stands for the figure.
    """
    faces, figures = ([t for t in analysis.tracks if t.kind == kind] for kind in ("face", "figure"))
    figures = [t for t in figures if t.scores.max() >= MIN_SCORE]  # below, the middle of the frame stands in: nobody
    if not analysis.scene.drawn:
        figures = [t for t in figures if not len(t.looks)]  # clothes identify nobody
    if figures and (analysis.scene.drawn or not faces):
        figures.sort(key=prominence, reverse=True)
        clear = [face for face in faces if is_clear(face)]
        found = [next((face for face in clear if is_face_of(face, figure)), figure) for figure in figures]
        return list({id(track): track for track in found}.values())
    joined = joined_across_shots(faces) if len(analysis.shots) > 1 else faces
    return sorted(joined, key=prominence, reverse=True)


def figure_of(face: Track, analysis: ClipAnalysis) -> Track | None:
    """The drawn figure whose face a face of a drawn clip is, the most prominent; None where it is nobody drawn."""
    figures = [t for t in analysis.tracks if analysis.scene.drawn and t.kind == "figure" and is_face_of(face, t)]
    return max(figures, key=prominence, default=None)


def joined_across_shots(faces: Sequence[Track]) -> list[Track]:
    """Join tracks of different shots that may be one person.

    A montage of somebody gives a track a shot. Where a clip is asked about, tracks join only when they are surely one
    person's; a clip that somebody is enrolled from is mostly about one person, so here they join up to `ONE_PERSON`,
    the most alike first, and never two that are visible at once.
    """
    groups = [[face] for face in faces]
    while len(groups) > 1:
        rows = [(np.concatenate([t.identity for t in g]), np.concatenate([t.quality for t in g])) for g in groups]
        means = np.stack([mean_identity(identity, quality) for identity, quality in rows])
        apart = np.linalg.norm(means[:, None] - means[None], axis=2)
        frames = [set(np.concatenate([t.shown_in for t in group]).tolist()) for group in groups]
        together = np.array([[bool(one & other) for other in frames] for one in frames])
        apart[together] = np.inf  # the diagonal, too
        a, b = np.unravel_index(int(apart.argmin()), apart.shape)
        if apart[a, b] > ONE_PERSON:
            break
        groups[a] += groups[b]
        del groups[b]
    return [join(sorted(group, key=lambda t: int(t.frames[0]))) for group in groups]


def index_of(analysis: ClipAnalysis, subject: Track) -> int:
    """The number of the clip's own track that a subject is, or, joined of several, the most prominent of them."""
    return next(i for i, track in enumerate(analysis.tracks) if track.thumbnail == subject.thumbnail)


def parts_of(analysis: ClipAnalysis, subject: Track) -> list[int]:
    """The numbers of all of the clip's own tracks that a subject is made of."""
    return [i for i, track in enumerate(analysis.tracks) if _is_part(track, subject)]


def number_of(analysis: ClipAnalysis, track: Track) -> int:
    """The number, from 1, of the subject that one of the clip's tracks is, or is a part of; raises NoSubjectError."""
    for number, subject in enumerate(subjects_of(analysis), 1):
        if _is_part(track, subject):
            return number
    raise NoSubjectError("this one can't be enrolled.", hint="Use another clip.")


def _is_part(track: Track, subject: Track) -> bool:
    """Whether a subject is one of the clip's tracks, or has it joined."""
    where = np.flatnonzero(subject.frames == track.frames[0])
    return subject.kind == track.kind and any(np.array_equal(subject.boxes[n], track.boxes[0]) for n in where)


def prominence(track: Track) -> float:
    """How much a track is the clip's subject: box height (share of the frame) times quality, summed over sightings."""
    return float(((track.boxes[:, 3] - track.boxes[:, 1]) * track.scores * (0.2 + track.quality)).sum())


def several_subjects_error(
    what: str, analysis: ClipAnalysis, offered: Mapping[int, Track], source: str, hint: str
) -> SeveralSubjectsError:
    """The error that lets the user pick one of several tracks, by number.

    `temporary.delete_subject_pictures` deletes the pictures of them.
    """
    folder = temporary.root() / temporary.SUBJECT_PICTURES
    atomic.make_private_folder(folder)
    candidates = []
    for number, track in offered.items():
        path, seconds = folder / f"{analysis.key[:12]}-{number}.jpg", analysis.spans(track.shown_in)
        path.write_bytes(track.thumbnail)
        seen_s = round(sum(end - start for start, end in seconds), 1)
        candidates.append(Candidate(number, seen_s, track.facts.where or "in the frame", str(path)))
    return SeveralSubjectsError(what, candidates=candidates, subject=source, hint=hint)
