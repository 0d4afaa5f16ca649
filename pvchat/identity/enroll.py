"""An enrollment clip's analysis becomes a person.

In: `ClipAnalysis`, a name, perhaps a track number. Out: a `Person` with identity prototypes, body features, thumbnail.

`subjects.py` says who the subject is. Where no face was found it is the recurring drawn figure; such an enrollment is
recognised by looks alone and says so by its lower confidence. A clear face of a drawn figure, as computer-generated
people have, is enrolled as both.
"""

from __future__ import annotations

import numpy as np

from pvchat.identity.subjects import choose, figure_of
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray, Track

_MAX_PROTOTYPES = 8  # identity vectors kept: views and lights of one clip rarely differ more
_MAX_BODIES = 4
_ENOUGH_SIGHTINGS = 4.0  # good sightings from which a face enrollment is as sure as it gets
_FIGURE_CONFIDENCE = 0.6  # of a drawn figure: recognised by appearance, not by a face


def enroll(analysis: ClipAnalysis, name: str, track: int | None = None, source: str = "") -> Person:
    """Make a person out of a clip; `track`: number of the subject, from 1, as listed by `SeveralSubjectsError`.

    Raises NoSubjectError where nobody and no recurring figure is in the clip, SeveralSubjectsError where several are
    plausible subjects and there is no `track`, SubjectError where there is no such track.
    """
    subject = choose(analysis, track, source)
    figure = figure_of(subject, analysis) if subject.kind == "face" else None
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
