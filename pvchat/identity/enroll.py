"""An enrollment clip's analysis becomes a person.

In: `ClipAnalysis`, a name, perhaps a track number. Out: a `Person` with identity prototypes, body features, thumbnail.

The subject is the main track: the one that fills most of the clip, largest and clearest. Several tracks of like
weight are several plausible subjects, and the user must pick. Where no face was found, the recurring drawn figure is
the subject; such an enrollment is recognised by looks alone and says so by its lower confidence.
"""

from __future__ import annotations

import shutil

import numpy as np

from pvchat.config import home
from pvchat.errors import Candidate, NoSubjectError, SeveralSubjectsError, SubjectError
from pvchat.people.person import Person
from pvchat.perception.experts.figures import MIN_SCORE
from pvchat.schemas import ClipAnalysis, FloatArray, Track

_PROTOTYPES = 8  # identity vectors kept: views and lights of one clip rarely differ more
_BODIES = 4
_RIVAL = 0.5  # share of the main subject's prominence from which another track is a plausible subject too
_FEW = 4.0  # good sightings from which a face enrollment is as sure as it gets
_FIGURE_CONFIDENCE = 0.6  # of a drawn figure: recognised by appearance, not by a face


def enroll(analysis: ClipAnalysis, name: str, track: int | None = None, source: str = "") -> Person:
    """Make a person out of a clip.

    Args:
        analysis: of the enrollment clip.
        name: what to call the person.
        track: number of the subject, from 1, as listed by `SeveralSubjectsError`.
        source: the clip's file name, for messages.

    Raises:
        NoSubjectError: nobody and no recurring figure is in the clip.
        SeveralSubjectsError: several plausible subjects and no `track`.
        SubjectError: there is no such track.
    """
    subject = choose(analysis, track, source)
    return Person(
        name=name,
        kind=subject.kind,
        depth="instant",
        arrays={
            "prototypes": prototypes(subject),
            "masked": subject.masked,
            "body": _bodies(subject).astype(np.float16),
            "frame": analysis.frame_features.astype(np.float32).mean((0, 1)).astype(np.float16),
        },
        extra={"sightings": len(subject), "quality": round(float(subject.quality.max()), 3)},
        thumbnail=subject.thumbnail,
        confidence=confidence(subject),
        clip_key=analysis.key,
    )


def choose(analysis: ClipAnalysis, track: int | None, source: str) -> Track:
    """The subject's track; see `enroll`."""
    subjects = subjects_of(analysis)
    if not subjects:
        raise NoSubjectError(
            "nobody and no recurring figure was found in the clip.",
            subject=source,
            hint="Use a clip that shows the person's face for a second or more.",
        )
    if track is not None:
        if not 1 <= track <= len(subjects):
            raise SubjectError(
                f"there is no track {track}.", subject=source, hint=f"Pick one from 1 to {len(subjects)}."
            )
        return subjects[track - 1]
    weights = [prominence(t) for t in subjects]
    rivals = [t for t, w in zip(subjects, weights, strict=True) if w >= _RIVAL * weights[0]]
    if len(rivals) > 1 and subjects[0].kind == "face":
        raise SeveralSubjectsError(
            f"{len(rivals)} people are about equally prominent in the clip.",
            candidates=[_candidate(analysis, number, t) for number, t in enumerate(rivals, 1)],
            subject=source,
            hint="Pick one with --track N.",
        )
    return subjects[0]


def subjects_of(analysis: ClipAnalysis) -> list[Track]:
    """The tracks that can be enrolled, most prominent first: faces; figures where the clip is drawn or faceless."""
    faces, figures = ([t for t in analysis.tracks if t.kind == kind] for kind in ("face", "figure"))
    if not analysis.scene.drawn:  # where nothing scores, the middle of the frame stands in for a figure: nobody
        figures = [t for t in figures if t.scores.max() >= MIN_SCORE]
    chosen = figures if figures and (analysis.scene.drawn or not faces) else faces  # drawn faces identify nobody
    return sorted(chosen, key=prominence, reverse=True)


def prominence(track: Track) -> float:
    """How much a track is the clip's subject: box height (share of the frame) times quality, summed over sightings."""
    return float(((track.boxes[:, 3] - track.boxes[:, 1]) * track.scores * (0.2 + track.quality)).sum())


def prototypes(track: Track) -> FloatArray:
    """Identity vectors [P, D] that stand for a track: means of up to eight groups of its better sightings."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if track.kind == "figure":  # few and unlike each other: their mean is what is compared
        return track.identity.astype(np.float32)
    good = track.quality >= 0.5 * track.quality.max()
    identity, quality = track.identity[good], track.quality[good] + 1e-3
    groups = np.ones(1, int)
    if len(identity) > 1:
        groups = fcluster(linkage(identity, "average"), _PROTOTYPES, "maxclust")
    return np.stack(
        [np.average(identity[groups == g], axis=0, weights=quality[groups == g]) for g in np.unique(groups)]
    ).astype(np.float32)


def confidence(track: Track) -> float:
    """How sure the enrollment is of its subject, 0..1: good sightings of a face; drawn figures stay lower."""
    if track.kind == "figure":
        return round(_FIGURE_CONFIDENCE * float(track.scores.max()), 2)
    return round(min(1.0, float(track.quality.sum()) / _FEW) * float(track.scores.mean()), 2)


def _bodies(track: Track) -> FloatArray:
    best = np.argsort(-track.quality)[:_BODIES]
    return track.body[np.sort(best)]


def forget_candidates() -> None:
    """Delete the thumbnails that `SeveralSubjectsError` offered."""
    shutil.rmtree(home() / "tmp" / "subjects", ignore_errors=True)


def _candidate(analysis: ClipAnalysis, number: int, track: Track) -> Candidate:
    folder = home() / "tmp" / "subjects"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{analysis.key[:12]}-{number}.jpg"
    path.write_bytes(track.thumbnail)
    seconds = sum(end - start for start, end in analysis.spans(track.shown_in))
    return Candidate(number, round(seconds, 1), track.facts.where or "in the frame", str(path))
