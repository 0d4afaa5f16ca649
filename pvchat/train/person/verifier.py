"""Fits a person's own verification (`pvchat/identity/verify.py`) on her augmentation.

In: the instant person, samples with their analyses. Out: arrays and a record to store with the person. Prototypes come
from the training split; bias, the choice among candidates and the decision whether any is used at all come from
sightings that were held back. Where they say that it is worse than the instant score, the instant score stays.

Negatives are the samples without her, everybody else in the samples with her, and the cohort of strangers that the
presence model is shipped with. Legend: P prototypes, D width, n sightings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pvchat.augment.questions.cast import Analyses
from pvchat.augment.schemas import Sample
from pvchat.identity.examples import MASK
from pvchat.identity.measures import measures
from pvchat.identity.presence import PresenceModel
from pvchat.identity.verify import MASKED, OTHER_SCENE, PROTOTYPES, RECORD, Verifier, joined
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray, Track

MOST_ADDED = 8  # prototypes that are added to the instant ones of a face: views and lights of one clip
MOST_FIGURE = 48  # of a figure: they are averaged
ALIKE = 0.3  # cosine to the instant figure from which a figure of a positive sample is taken for her
FACE_KEPT = ("source", "subclip", "background", "recolour", "photometric")  # recipes that leave the face as it is
QUANTILE, MARGIN = 0.8, 0.03  # of her own distances; and how much more is still within reach
LEAST_REACH = 0.28  # in other clips from the same place people come as near as .13 to .27 (development set)
FEWEST = 4  # samples from which a reach can be told
BIAS_SPREAD = 0.5  # log-odds: how far a person's bias may lie from the shared calibration's 0
_ADDED = (("prototypes", PROTOTYPES), ("masked", MASKED))
LOSS_SLACK = 0.01  # nats: a held-back loss that much higher is no worse


@dataclass(frozen=True)
class Seen:
    """One clip against the person.

    Attributes:
        analysis: of the sample.
        track: the one that is compared.
        present: it is her.
        masked: behind a mask.
        split: of the sample.
        scene: cosine to the enrollment clip's frames.
        recipe: how the sample was made.
    """

    analysis: ClipAnalysis
    track: Track
    present: bool
    masked: bool
    split: str
    scene: float
    recipe: str


@dataclass(frozen=True)
class Fitted:
    """The result: a person with her verification among arrays and record, and what the held-back split said."""

    person: Person
    accepted: bool
    loss: float
    record: dict[str, Any]


def fit(person: Person, samples: Sequence[Sample], analyses: Analyses, model: PresenceModel) -> Fitted:
    """A person's verification: of several, the simplest that the held-back split has nothing against.

    Args:
        person: the instant enrollment.
        samples: kept ones, of both roles.
        analyses: what the experts saw in a sample.
        model: the shared presence model.
    """
    bare = {k: v for k, v in person.arrays.items() if k not in (PROTOTYPES, MASKED)}  # not of an earlier training
    person = replace(person, arrays=bare, depth="instant")
    seen = look(person, samples, analyses, model)
    train = [s for s in seen if s.present and s.split == "train"]
    held = [s for s in seen if s.split != "train" or not s.present]
    if person.kind == "figure":
        return best([Verifier(figure_prototypes(person, train), np.zeros((0, 128), np.float32))], person, held, model)
    candidates = face_verifiers(person, train, reach_of(person, seen))
    fitted = best(candidates, person, held, model)
    if fitted.accepted:
        return fitted
    return best([replace(own, reach=np.inf) for own in candidates], person, held, model)  # her own scene varies


def best(candidates: Sequence[Verifier], person: Person, held: Sequence[Seen], model: PresenceModel) -> Fitted:
    """The first candidate, or a later one where held-back sightings clearly speak for it; each has its own bias.

    Args:
        candidates: the simplest first: augmented sightings resemble each other more than real ones do, so a hair's
            breadth on them is no reason to add prototypes, and every prototype brings strangers nearer too.
        person: the instant enrollment.
        held: sightings that weren't used.
        model: the shared presence model.
    """
    with_bias = [replace(own, bias=fit_bias(person, own, held, model)) for own in candidates]
    chosen, *later = [judge(person, own, held, model) for own in with_bias]
    for one in later:
        if (one.accepted, -one.loss) > (chosen.accepted, LOSS_SLACK - chosen.loss):
            chosen = one
    return chosen


def look(person: Person, samples: Sequence[Sample], analyses: Analyses, model: PresenceModel) -> list[Seen]:
    """Every sample's tracks of the person's kind: hers where she is in it, everybody's elsewhere."""
    found = []
    for sample in samples:
        analysis = analyses(sample)
        tracks = [t for t in analysis.tracks if t.kind == person.kind]
        # the reach is of faces as they are: it doesn't count where hers is covered (another occasion) or bent
        altered = sample.role == "positive" and sample.recipe.startswith(("wear:", "reenact:"))
        same = person.kind == "face" and not altered
        scene = model.scene_likeness(person, analysis) if same else 0.0
        hers = _hers(person, tracks, model) if sample.role == "positive" else None
        if sample.role == "positive" and hers is None:
            continue  # the gates passed it, but the experts see nobody like her: nothing to learn
        for track in tracks[:1] if person.kind == "figure" else tracks:  # figures of a clip are measured together
            is_her = track is hers or (person.kind == "figure" and hers is not None)
            masked = MASK in track.facts.features or (is_her and sample.recipe.startswith("wear:mask"))
            found.append(Seen(analysis, track, is_her, masked, sample.split, scene, sample.recipe))
    return found


def face_verifiers(person: Person, train: Sequence[Seen], reach: float) -> list[Verifier]:
    """Candidates for a face: prototypes of no training sample, of masked ones, of those that leave the face as it is
    too, of all.
    """
    instant, covered = joined(person, "prototypes", PROTOTYPES), joined(person, "masked", MASKED)
    masked = _with(covered, [s.track.identity for s in train if s.masked])
    rows = [(s.recipe, s.track.identity[s.track.quality >= 0.5 * s.track.quality.max()]) for s in train if not s.masked]
    kept = [v for recipe, v in rows if recipe in FACE_KEPT]
    return [
        Verifier(instant, covered, reach),
        Verifier(instant, masked, reach),
        Verifier(_with(instant, kept), masked, reach),
        Verifier(_with(instant, [v for _, v in rows]), masked, reach),
    ]


def reach_of(person: Person, seen: Sequence[Seen]) -> float:
    """How far from her instant prototypes she is found in her own scene; inf where that was hardly seen.

    Samples that cover or bend the face say nothing about it; those that show it badly lie beyond the quantile.
    """
    prototypes = joined(person, "prototypes", PROTOTYPES)
    kept = [s for s in seen if s.present and not s.masked and s.recipe in FACE_KEPT and s.scene > OTHER_SCENE]
    if len(kept) < FEWEST:
        return float("inf")
    near = [nearest(prototypes, s.track) for s in kept]
    return max(LEAST_REACH, float(np.quantile(near, QUANTILE)) + MARGIN)


def figure_prototypes(person: Person, train: Sequence[Seen]) -> FloatArray:
    """Prototypes of a drawn figure: all her sightings in the training split that look like the instant ones."""
    instant = np.asarray(person.arrays["prototypes"], np.float32)
    middle = instant.mean(0) / max(float(np.linalg.norm(instant.mean(0))), 1e-9)
    rows = [t.identity for s in train for t in s.analysis.tracks if t.kind == "figure"]
    extra = np.concatenate([instant[:0], *rows])
    extra = extra[extra @ middle > ALIKE]
    chosen = np.unique(np.linspace(0, len(extra) - 1, min(MOST_FIGURE, len(extra))).round().astype(int))
    return np.concatenate([instant, extra[chosen]]).astype(np.float32) if len(extra) else instant


def fit_bias(person: Person, own: Verifier, held: Sequence[Seen], model: PresenceModel) -> float:
    """The bias of a logistic fit on held-back positives and all negatives, both sides alike heavy, held near 0.

    Minimises Σ weighted log-loss + bias² / (2 n σ²) with σ `BIAS_SPREAD`, n the number of effective examples.
    """
    from scipy.optimize import minimize_scalar

    logits, truth = logits_of(person, own, held, model)
    if not truth.any() or truth.all():
        return 0.0
    weight = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())
    count = 2 * min(int(truth.sum()), int((~truth).sum()))

    def loss(bias: float) -> float:
        sign = np.where(truth, -1.0, 1.0)
        fitted = float((weight * np.logaddexp(0, sign * (logits + bias))).sum())
        return fitted + bias**2 / (2 * count * BIAS_SPREAD**2)

    return round(float(minimize_scalar(loss, bounds=(-2.0, 2.0), method="bounded").x), 4)


def judge(person: Person, own: Verifier, held: Sequence[Seen], model: PresenceModel) -> Fitted:
    """Accept it when neither the loss nor the errors on the held-back split are worse than the instant score's."""
    loss, wrong = {}, {}
    for name, verifier in (("instant", None), ("deep", own)):
        logits, truth = logits_of(person, verifier, held, model)
        sides = [np.logaddexp(0, np.where(side, -logits, logits))[truth == side] for side in (True, False)]
        loss[name] = float(np.mean([s.mean() for s in sides if len(s)])) if len(logits) else 0.0
        wrong[name] = int(((logits > 0) != truth).sum())
    accepted = loss["deep"] <= loss["instant"] + LOSS_SLACK and wrong["deep"] <= wrong["instant"]
    record: dict[str, Any] = {
        "accepted": bool(accepted),
        "reach": round(own.reach, 4) if np.isfinite(own.reach) else None,
        "bias": own.bias,
        "held_back": {"loss": {k: round(v, 4) for k, v in loss.items()}, "wrong": wrong, "count": len(held)},
    }
    had = {"prototypes": own.prototypes, "masked": own.masked}
    rows = {added: had[key][len(person.arrays.get(key, ())) :] for key, added in _ADDED}
    arrays = {key: value.astype(np.float16) for key, value in rows.items()}
    extra = {**person.extra, RECORD: record}
    return Fitted(replace(person, arrays={**person.arrays, **arrays}, extra=extra), accepted, loss["deep"], record)


def logits_of(
    person: Person, own: Verifier | None, seen: Sequence[Seen], model: PresenceModel
) -> tuple[FloatArray, Any]:
    """Log-odds of each sighting, competition apart, and the truth; the cohort's rows count as sightings of strangers.

    Returns:
        [N] log-odds, [N] bool.
    """
    if person.kind == "figure":
        logits = [model.figure_logit(person, s.analysis, own) for s in seen]
        return np.array(logits, np.float32), np.array([s.present for s in seen], bool)
    logits = [model.face_logit(person, s.track, s.masked, own, s.scene) for s in seen]
    truth = [s.present for s in seen]
    for row in model.cohort:  # means over several people: near the middle, so easy ones; they steady the fit
        stranger = _stranger(row)
        logits.append(model.face_logit(person, stranger, False, own))
        truth.append(False)
    return np.array(logits, np.float32), np.array(truth, bool)


def nearest(prototypes: FloatArray, track: Track) -> float:
    """`measures.measures`' near: mean of the nearest tenth of all pairs of sightings and prototypes."""
    nobody = np.full((1, prototypes.shape[1]), 9.0, np.float32)
    return float(measures(prototypes, track.identity, track.quality, nobody)[0])


def _with(instant: FloatArray, rows: Sequence[FloatArray]) -> FloatArray:
    """Instant prototypes and up to `MOST_ADDED` means of groups of further sightings."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if not rows:
        return instant
    vectors = np.concatenate(rows)
    groups = np.ones(len(vectors), int)
    if len(vectors) > 1:
        groups = fcluster(linkage(vectors, "average"), MOST_ADDED, "maxclust")
    added = np.stack([vectors[groups == g].mean(0) for g in np.unique(groups)])
    return np.concatenate([instant, added]).astype(np.float32)


def _hers(person: Person, tracks: Sequence[Track], model: PresenceModel) -> Track | None:
    """The track of a positive sample that is hers: the nearest one."""
    if not tracks:
        return None
    if person.kind == "figure":
        middle = np.asarray(person.arrays["prototypes"], np.float32).mean(0)
        best = max(tracks, key=lambda t: float((t.identity @ middle).max()))
        alike = best.identity @ (middle / max(float(np.linalg.norm(middle)), 1e-9))
        return best if float(alike.max()) > ALIKE else None
    return max(tracks, key=lambda t: model.face_logit(person, t, MASK in t.facts.features))


def _stranger(row: FloatArray) -> Track:
    """A cohort row as a track of one good sighting that wears nothing of hers."""
    one = np.ones(1, np.float32)
    empty = np.zeros((1, 4), np.float32)
    return Track("face", np.zeros(1, np.int64), empty, np.zeros((1, 5, 2), np.float32), one, one, row[None], empty,
                 np.zeros((1, 1280), np.float32), np.zeros((1, 33, 4), np.float32))  # fmt: skip
