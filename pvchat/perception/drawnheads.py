"""Where the faces of drawn figures are (the figure detector's boxes take in hair or half a body), and what they show.

What a face shows is told by verb phrases that complete "is ...", as `gestures.py` has them of faces that are filmed. It
is read from the figure's box by small networks that learned from drawn faces read by eye
(`recipes/looks/expressions.py`; ADR 0122, 0131); several sightings decide together, and those that show no face don't
count.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pvchat.perception import colours
from pvchat.perception.boxes import crop, crop_square, part
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.facemaps import face_maps, probabilities
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.perception.sightings import Pictured
from pvchat.schemas import FloatArray, IntArray, Pixels

EXPRESSIONS = Path(__file__).with_name("experts") / "expressions.safetensors"
# A mouth that smiles, shut or open; is open, smiling or not; is open and smiles. Eyes that are shut. A face at all, for
# the locator takes hands and clothes for some. Open eyes that look at whoever looks at the picture, or nearly so.
SHOWN = ("smile", "open", "laugh", "shut", "face", "ahead")
DRAWN_LOOKS = EXPRESSIONS.with_name("drawnlooks.safetensors")
HAIRS = ("dark", "brown", "orange", "blonde", "white", "grey", "pink", "red", "blue", "light blue", "purple", "green")
LOOKS = ("man", *HAIRS)  # that it is a man or a boy; the colour of the hair
_SURE = 0.4  # the detector's score
_MARGIN = 0.1  # of the figure's box that is looked at beyond it
_SMALLEST, _LARGEST = 0.3, 1.1  # height of the face over that of the figure's box: ears and eyes look like faces, too
# Probabilities from which four of five faces of other characters are told rightly (ADR 0122): a face of single
# sightings, an open mouth of who talks; the others in the mean.
LIMITS = {"smile": 0.75, "open": 0.8, "laugh": 0.6, "shut": 0.65, "face": 0.5, "ahead": 0.9}
_MOST = 0.5  # share of the sightings that must show a face
MAN, WOMAN, HAIR = 0.8, 0.1, 0.5  # probabilities from which, or down to which, looks are told (ADR 0131)
_CLOSED, _TALK_FACES = 0.2, 3  # of the mouth of who talks, within the shot in which it opens; faces that it needs


def read_heads(seen: Pictured, frames: FrameExpert) -> tuple[FloatArray, FloatArray]:
    """How probable what SHOWN and what LOOKS list is of a figure in each picture: [n, K] and [n, L]."""
    maps = face_maps(frames, [crop_square(one.image, one.box) for one in seen])
    return probabilities(maps, EXPRESSIONS), probabilities(maps, DRAWN_LOOKS)


def face_in(image: Pixels, figure: FloatArray, detector: WideFaceDetector) -> FloatArray | None:
    """The face [4] that is surest in a picture's figure box [4], or None."""
    around = np.clip(part(figure, -_MARGIN, -_MARGIN, 1 + _MARGIN, 1 + _MARGIN), 0, 1)
    found, _, _ = detector.faces(np.ascontiguousarray(crop(image, around)), _SURE)
    scale = np.tile(around[2:] - around[:2], 2)
    for box in found:  # the surest first
        face = np.asarray(np.tile(around[:2], 2) + box * scale, np.float32)
        tall = float(face[3] - face[1]) / max(float(figure[3] - figure[1]), 1e-6)
        middle = (face[:2] + face[2:]) / 2
        if _SMALLEST <= tall <= _LARGEST and (middle > figure[:2]).all() and (middle < figure[2:]).all():
            return face
    return None


def drawn_looks(shown: FloatArray, looks: FloatArray) -> tuple[str | None, float, str | None]:
    """Man, woman or None with its probability, and the colour of the hair, of the sightings [n, L] that show a face."""
    faces = shown[:, SHOWN.index("face")] >= LIMITS["face"]
    if not faces.any():
        return None, 0.0, None
    likely = looks[faces].mean(0)
    man, hairs = float(likely[0]), likely[1:]
    gender = "man" if man >= MAN else "woman" if man <= WOMAN else None
    colour = LOOKS[1 + int(hairs.argmax())] if hairs.max() >= HAIR else None
    return gender, max(man, 1 - man), colour


def drawn_hair(seen: Pictured) -> str | None:
    """Hair colour, which may be any, of a drawn head: the top of its box in each picture."""
    said: list[str | None] = []
    for one in seen:
        found = colours.dominant(crop(one.image, part(one.box, 0.3, 0.05, 0.7, 0.25)).reshape(-1, 3), groups=3)
        said.append(found[0].word if found[0].share > 0.5 else None)
    name, share = colours.vote(said)
    if name is None or share < 0.6:
        return None
    blonde = {"yellow": "blonde", "beige": "blonde", "dark grey": "dark", "black": "dark"}
    return f"{blonde.get(name, name)} hair"


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
    elif len(seen) >= _TALK_FACES:  # a mouth that is surely open and surely shut in one shot talks
        opened = [seen[shots[faces] == shot, SHOWN.index("open")] for shot in np.unique(shots[faces])]
        if any(float(part.max()) >= LIMITS["open"] and float(part.min()) <= _CLOSED for part in opened):
            found.append(("talking", LIMITS["open"]))
    if holds["shut"]:
        found.append(("closing the eyes", likely["shut"]))
    elif holds["ahead"]:
        found.append(("looking ahead", likely["ahead"]))
    return [(phrase, round(share, 3)) for phrase, share in found]
