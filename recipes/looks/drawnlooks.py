"""Recipe of `perception/experts/drawnlooks.safetensors`: `python -m recipes.looks.drawnlooks TRAINDATA --out FILE`.

In: the drawn faces of `expressions.json`, of whose labels the third letter tells the sex (f, m), the fourth the colour
of the hair (k: black, b: brown, o: orange, y: blonde, w: white, g: grey, p: pink, r: red, u: blue, a: aqua, v: purple,
n: green, m: two), x always what can't be told; what the head wears and glasses, the last two, were too few to learn.
Out: a network like that of `expressions.py` for LOOKS, and a card: how far faces of other characters and clips are told
rightly, by five parts. Drawings of one character are nearly all of girls, so that sex is learned from clips above all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pvchat.perception.drawnheads import HAIR, HAIRS, LOOKS, MAN, WOMAN
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.schemas import FloatArray
from recipes.heads import arguments, write_head
from recipes.looks.expressions import Faces, learn, look, told_by_others

LETTERS = "kboywgpruavn"  # of HAIRS
SEX_OF_CLIPS, SEX_OF_DRAWINGS, OF_MEN, HAIR_OF_CLIPS = 2.0, 0.4, 1.5, 1.5  # what counts how much


def read_label(label: str) -> tuple[list[bool], list[bool]]:
    """What a label says of LOOKS, and of which of them it says anything; of no face nothing."""
    sex, hair = label[2:4] if label != "zz" else "xx"
    return [sex == "m", *(hair == one for one in LETTERS)], [sex != "x", *[hair not in "xm"] * len(HAIRS)]


def weigh(faces: Faces) -> None:
    """Let men and clips count for more."""
    sex = np.where(faces.clip, SEX_OF_CLIPS, SEX_OF_DRAWINGS) * np.where(faces.truth[:, 0] > 0, OF_MEN, 1.0)
    faces.worth[:, 0] *= sex
    faces.worth[faces.clip, 1:] *= HAIR_OF_CLIPS


def judge(faces: Faces, shares: FloatArray) -> dict[str, Any]:
    """Of faces of drawings and of clips: how many there are, are told from the limits on, rightly."""
    card = dict[str, Any]()
    man, likeliest = shares[:, 0], shares[:, 1:].argmax(1)
    right = np.take_along_axis(faces.truth[:, 1:], likeliest[:, None], 1)[:, 0] > 0
    for of, kept in (("drawings", ~faces.clip), ("clips", faces.clip)):
        sex, hair = kept & (faces.worth[:, 0] > 0), kept & (faces.worth[:, 1] > 0)
        he, told = faces.truth[:, 0] > 0, hair & (shares[:, 1:].max(1) >= HAIR)
        counts = {
            "man": (sex & he, sex & (man >= MAN), sex & he & (man >= MAN)),
            "woman": (sex & ~he, sex & (man <= WOMAN), sex & ~he & (man <= WOMAN)),
            "hair": (hair, told, told & right),
        }
        for name, rows in counts.items():
            card[f"{name}, {of}"] = dict(zip(("there", "told", "right"), (int(r.sum()) for r in rows), strict=True))
    return card


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.drawnlooks TRAINDATA --out FILE`."""
    args = arguments(__doc__ or "", words)
    faces = look(args.traindata, FrameExpert(), read_label)
    weigh(faces)
    card = {"labels": LOOKS, "held back": judge(faces, *told_by_others(faces))}
    write_head(args.out, {name: one.astype(np.float16) for name, one in learn(faces).items()}, card)


if __name__ == "__main__":
    main()
