"""How like somebody many stored face tracks are, all at once: an enrollment changes nothing where none is.

In: a person, N face tracks with the same numbers of rows. Out: log-odds, never less than `PresenceModel.compared` gives
each of them but for rounding: what the place takes away is left out, and clothes add the most they can.

Legend: N tracks; n sightings and m faceprints of each; P rows of a person, D vector width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pvchat.identity.bodies import MOST, WEAK, WORTH
from pvchat.identity.gallery import Gallery, Stack
from pvchat.identity.measures import FADES, Weights, distances, near_of, strange
from pvchat.identity.presence import NOTHING, PresenceModel, doubt
from pvchat.people.person import Person
from pvchat.perception.experts.faceprint import BLANK, BLANK_MASKED, blankness
from pvchat.schemas import FloatArray


@dataclass(frozen=True)
class Faces:
    """N face tracks with the same numbers of rows, one of each at least.

    Attributes:
        identity: [N, n, 128] vectors of the sightings.
        quality: [N, n] of these.
        prints: [N, m, 512] faceprints.
        masked: all these faces are behind masks, or none is.
    """

    identity: FloatArray
    quality: FloatArray
    prints: FloatArray
    masked: bool


def most_odds(model: PresenceModel, person: Person, faces: Faces) -> FloatArray:
    """The most that the log-odds can be that each track [N] shows somebody who is enrolled by face."""
    count, prints, _ = faces.prints.shape
    blank = blankness(faces.prints.reshape(count * prints, -1)).reshape(count, prints)
    limit = BLANK_MASKED if faces.masked else BLANK
    least = blank.min(1, keepdims=True)
    seen = (blank < limit) | (blank == least)  # as `measures.made_out`
    shown = np.clip((limit + FADES[1] - least[:, 0]) / sum(FADES), 0.0, 1.0)
    weight = faces.quality[:, :, None] + 1e-3
    middles = (faces.identity * weight).sum(1) / weight.sum(1)
    odds = np.empty(count)
    stacks = Gallery([person]).stacks(faces.masked, model.prints is not None)
    for kept in np.unique(seen, axis=0):
        which = (seen == kept).all(1)
        part = replace(faces, identity=faces.identity[which], prints=faces.prints[np.ix_(which, kept)])
        found = [one for stack in stacks for one in _views_odds(model, stack, part, middles[which], shown[which])]
        odds[which] = np.logaddexp.reduce(found, axis=0) - np.log(len(found))
    best = faces.quality.max(1)
    worn = WORTH * MOST * np.maximum(0.0, 1 - best / WEAK) if len(person.arrays.get("looks", ())) else 0.0
    return odds - doubt(person) + worn


def _views_odds(
    model: PresenceModel, stack: Stack, faces: Faces, middles: FloatArray, shown: FloatArray
) -> Iterator[FloatArray]:
    """Log-odds [N] by each view of a stack: `PresenceModel.compare` the other way round."""
    cohort = model.masked_cohort if stack.hidden else model.cohort
    weights = model.masked_weights if stack.hidden else model.weights
    for rows, prints, clear in zip(stack.rows, stack.prints, stack.clear, strict=True):
        terms = _terms(rows, faces.identity, middles, cohort)
        if model.prints is None or not len(prints):
            yield _weighed(terms, weights)
            continue
        terms += _terms(prints, faces.prints, faces.prints.mean(1), model.prints.cohort)
        odds = _weighed(terms, model.prints.masked_weights if faces.masked else model.prints.weights)
        yield odds - (1 - np.minimum(clear, shown)) * np.maximum(odds - NOTHING, 0.0)


def _terms(hers: FloatArray, rows: FloatArray, middles: FloatArray, cohort: FloatArray) -> list[FloatArray]:
    """`measures.measures` [N] each of N tracks: near, apart, cohort distance."""
    apart = np.linalg.norm(hers.mean(0) - middles, axis=1)
    pairs = distances(rows.reshape(-1, rows.shape[-1]), hers).reshape(len(rows), -1)  # faster than one by one
    return [near_of(pairs), apart, strange(middles, cohort)]


def _weighed(terms: list[FloatArray], weights: Weights) -> FloatArray:
    return np.asarray(sum(w * one for w, one in zip(weights, terms, strict=False)) + weights[-1], np.float64)
