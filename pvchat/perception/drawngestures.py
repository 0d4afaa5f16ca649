"""What the face of a drawn figure does: it smiles, laughs, talks, has its eyes shut, looks ahead.

In: what each of its sightings shows (`experts/expressions.py`), and in which shot. Out: verb phrases that complete
"is ...", with confidences, as `gestures.py` has them of faces that are filmed. Several sightings decide together; those
that show no face don't count. Limits are those from which faces of other characters are told rightly (ADR 0122).
"""

from __future__ import annotations

import numpy as np

from pvchat.perception.experts.expressions import SHOWN
from pvchat.schemas import FloatArray, IntArray

# Probabilities from which four of five faces of other characters are told rightly (ADR 0122): a face of single
# sightings, an open mouth of who talks; the others in the mean.
LIMITS = {"smile": 0.75, "open": 0.8, "laugh": 0.6, "shut": 0.65, "face": 0.5, "ahead": 0.9}
_MOST = 0.5  # share of the sightings that must show a face
_CLOSED, _HEARD = 0.2, 3  # of the mouth of who talks, within the shot in which it opens; faces that it needs


def drawn_gestures(shown: FloatArray, shots: IntArray) -> list[tuple[str, float]]:
    """What is told of sightings [n, K] (probabilities of SHOWN) in shots [n]; mouth first, then eyes."""
    faces = shown[:, SHOWN.index("face")] >= LIMITS["face"]
    if not len(shown) or faces.mean() < _MOST:
        return []
    seen = shown[faces]
    likely = dict(zip(SHOWN, seen.mean(0).tolist(), strict=True))
    holds = {name: likely[name] >= LIMITS[name] for name in SHOWN}
    found = list[tuple[str, float]]()
    if holds["smile"]:
        laughs = holds["shut"] and holds["laugh"]
        found.append(("laughing", likely["laugh"]) if laughs else ("smiling", likely["smile"]))
    elif len(seen) >= _HEARD:  # a mouth that is surely open and surely shut in one shot talks
        opened = [seen[shots[faces] == shot, SHOWN.index("open")] for shot in np.unique(shots[faces])]
        if any(float(part.max()) >= LIMITS["open"] and float(part.min()) <= _CLOSED for part in opened):
            found.append(("talking", LIMITS["open"]))
    if holds["shut"]:
        found.append(("closing the eyes", likely["shut"]))
    elif holds["ahead"]:
        found.append(("looking ahead", likely["ahead"]))
    return [(phrase, round(share, 3)) for phrase, share in found]
