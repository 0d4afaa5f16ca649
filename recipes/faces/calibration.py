"""How `pvchat/identity/calibration.json` is made: what log-odds are worth on footage.

    PVCHAT_HOME=FOLDER python benchmarks/presence.py ../shared/devset --half tune --calibrate calibration.json

In: rows of existence questions, each with the person's log-odds on the tracks of the clip, in three companies: alone,
among ten others, among everybody. Out: weights of `calibration.TERMS`, for faces and for figures.

Photo identities, on which the log-odds themselves are fitted, can't say this: footage has other light, other codecs and
many people of one cast. The half that is looked at fits it, the other half is only measured on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import SettingsError
from pvchat.identity.calibration import CROWD_SCALE, LOGIT_RANGE, TERMS, Calibration, terms
from pvchat.schemas import FloatArray

MOST = 100_000  # people for whom the result must still rise with the log-odds
_RIDGE, _RIDGE_DRAWN = 0.001, 0.003  # weight of the squared standardised coefficients: of figures there are few rows
_SQUARE = TERMS.index("crowd × crowd")  # of faces alone: it changes no decision about figures that were looked at


@dataclass(frozen=True)
class Row:
    """One person and one clip.

    Attributes:
        logits: [K] log-odds after competition; none where the clip shows nobody.
        good: [K] quality of the worse of the two that are compared (`EnrollmentQuality.of_pair`).
        others: how many other people competed.
        figure: she is a drawn figure.
        present: the truth.
    """

    logits: FloatArray
    others: int
    figure: bool
    present: bool
    good: FloatArray | None = None


def fit(rows: Sequence[Row]) -> Calibration:
    """Weights by logistic regression with a little ridge, each kind of person for itself.

    Raises:
        SettingsError: not both truths for a kind, or more likeness would come out as less likely.
    """
    face, figure = (_weights([row for row in rows if row.figure == drawn], drawn) for drawn in (False, True))
    return Calibration(face, figure)


def save(fitted: Calibration, path: Path, fitted_on: str) -> None:
    """Write a calibration with the words that say where it comes from."""
    rows = {**asdict(fitted), "fitted_on": fitted_on}
    path.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def slopes(weights: Sequence[float]) -> tuple[float, ...]:
    """How fast the result rises with the log-odds: of somebody alone and among `MOST`, at quality 0 and 1."""
    crowd = weights[1] * np.log1p(MOST) / CROWD_SCALE
    return tuple(float(weights[0] + c + g) for c in (0.0, crowd) for g in (0.0, weights[2]))


def _weights(rows: Sequence[Row], drawn: bool) -> tuple[float, ...]:
    from scipy.optimize import minimize

    kind = "figures" if drawn else "faces"
    if len({row.present for row in rows}) < 2:
        raise SettingsError("both truths are needed to fit on", subject=kind, hint="Use more of the questions.")
    x = np.stack([_best(row) for row in rows])
    x[:, _SQUARE] *= not drawn
    sign = np.where([row.present for row in rows], -1.0, 1.0)
    scale = np.where(x.std(0) > 0, x.std(0), 1.0)  # "one", and what says nothing of figures
    penalty = np.where(np.arange(len(TERMS)) == TERMS.index("one"), 0.0, _RIDGE_DRAWN if drawn else _RIDGE)

    def loss(w: NDArray[np.float64]) -> float:
        return float(np.logaddexp(0, sign * (x @ (w / scale))).mean() + (penalty * w**2).sum())

    weights = tuple(round(float(v), 4) for v in minimize(loss, np.zeros(len(TERMS))).x / scale)
    if min(slopes(weights)) <= 0:
        raise SettingsError(f"the fit falls with the log-odds: {weights}", subject=kind)
    return weights


def _best(row: Row) -> NDArray[np.float64]:
    """Terms of the track that speaks most for the person: [6]."""
    if not len(row.logits):
        return np.array(terms(np.array(LOGIT_RANGE[0]), row.others, 0.0))
    best = int(np.argmax(row.logits))
    return np.array(terms(row.logits[best], row.others, 0.0 if row.good is None else float(row.good[best])))
