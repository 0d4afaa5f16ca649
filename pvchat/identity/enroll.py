"""Enrolling: which people a clip could enroll, who of them is meant, and that one as a person.

The subject is the main one: it fills most of the clip, largest and clearest. Several of like weight are several
plausible subjects, and the user must pick.

Where no face was found the subject is the recurring drawn figure; such an enrollment is recognised by looks alone and
says so by its lower confidence. A clear face of a drawn figure, as computer-generated people have, is enrolled as both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pvchat.errors import Candidate, NoSubjectError, SeveralSubjectsError, SubjectError
from pvchat.identity.competition import is_clear, is_face_of
from pvchat.people.person import Person
from pvchat.perception.experts.figures import MIN_SCORE
from pvchat.perception.joining import join
from pvchat.perception.tracks import group_tracklets, prominence_of_sightings
from pvchat.schemas import ClipAnalysis, FloatArray, Track
from pvchat.storage import atomic, temporary

_MAX_PROTOTYPES = 8  # identity vectors kept: views and lights of one clip rarely differ more
_MAX_BODIES = 4
_ENOUGH_SIGHTINGS = 4.0  # good sightings from which a face enrollment is as sure as it gets
_FIGURE_CONFIDENCE = 0.6  # of a drawn figure: recognised by appearance, not by a face
# Distance of means up to which tracks of different shots of an enrollment clip are one person.
ONE_PERSON = 0.55
_RIVAL_PROMINENCE = 0.5  # share of the main subject's prominence from which another track is a plausible subject too


def enroll(analysis: ClipAnalysis, name: str, track: int | None = None, source: str = "") -> Person:
    """Make a person out of a clip; `track`: number of the subject, from 1, as listed by `SeveralSubjectsError`.

    Raises NoSubjectError where nobody and no recurring figure is in the clip, SeveralSubjectsError where several are
    plausible subjects and there is no `track`, SubjectError where there is no such track.
    """
    subject = choose(analysis, track, source)
    figures = analysis.tracks if analysis.scene.drawn and subject.kind == "face" else ()
    own = (one for one in figures if one.kind == "figure" and is_face_of(subject, one))  # whose face the subject is
    figure = max(own, key=prominence, default=None)
    return Person(
        name=name,
        kind=subject.kind,
        depth="instant",
        arrays={
            "prototypes": prototypes(subject),
            "body": subject.body[np.sort(np.argsort(-subject.quality)[:_MAX_BODIES])].astype(np.float16),
            "frame": analysis.mean_frame.astype(np.float16),
            **({"prints": subject.prints} if len(subject.prints) else {}),
            **({"looks": subject.looks} if len(subject.looks) else {}),
            **({"figure": prototypes(figure)} if figure is not None else {}),
        },
        extra={
            "sightings": len(subject),
            "quality": round(float(subject.quality.max()), 3),
            "drawn": analysis.scene.drawn and (subject.kind == "figure" or figure is not None),
        },
        thumbnail=subject.thumbnail,
        confidence=confidence(subject),
        clip_key=analysis.key,
    )


def prototypes(track: Track) -> FloatArray:
    """Identity vectors [P, D] that stand for a track: means of up to eight groups of its better sightings."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if track.kind == "figure":  # few and unlike each other: their mean is what is compared
        return track.identity.astype(np.float32)
    good = track.quality >= 0.5 * track.quality.max()
    identity, quality = track.identity[good], track.quality[good] + 1e-3
    groups = np.ones(1, int)
    if len(identity) > 1:
        groups = fcluster(linkage(identity, "average"), _MAX_PROTOTYPES, "maxclust")
    means = [np.average(identity[groups == g], axis=0, weights=quality[groups == g]) for g in np.unique(groups)]
    return np.stack(means).astype(np.float32)


def confidence(track: Track) -> float:
    """How sure the enrollment is of its subject, 0..1: good sightings of a face; drawn figures stay lower."""
    if track.kind == "figure":
        return round(_FIGURE_CONFIDENCE * float(track.scores.max()), 2)
    return round(min(1.0, float(track.quality.sum()) / _ENOUGH_SIGHTINGS) * float(track.scores.mean()), 2)


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


def joined_across_shots(faces: Sequence[Track]) -> list[Track]:
    """Join tracks of different shots that may be one person, the most alike first, and never two visible at once.

    A montage of somebody gives a track a shot. A clip that somebody is enrolled from is mostly about one person, so
    tracks join that are less surely one person's than where a clip is asked about.
    """
    parts = [(face.identity, face.quality, set(face.shown_in.tolist())) for face in faces]
    groups = [[faces[i] for i in group] for group in group_tracklets(parts, lambda _: ONE_PERSON)]
    return [join(sorted(group, key=lambda t: int(t.frames[0]))) for group in groups]


def index_of(analysis: ClipAnalysis, subject: Track) -> int:
    """The index of the clip's own track that a subject is, or, joined of several, the most prominent of them."""
    return next(i for i, track in enumerate(analysis.tracks) if track.thumbnail == subject.thumbnail)


def tracks_of(analysis: ClipAnalysis, subject: Track) -> list[int]:
    """The indices of all of the clip's own tracks that a subject is made of."""
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
    """How much a track is the clip's subject, by all of its sightings."""
    return float(prominence_of_sightings(track).sum())


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
