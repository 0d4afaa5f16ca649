"""Recipe of `perception/experts/facelooks.safetensors`: `python -m recipes.looks.facelooks TRAINDATA --out FILE`.

In: faces of film (imfdb_attr) and of the press (lfw), as they are and thrice as footage shows them: small, compressed,
in other light; `facelooks.json`, which names them with what was read by eye. Of film a letter for the mouth (s: smiles,
n: doesn't, x: can't tell), for smiles of the press the set's own word is taken; of all a letter for the hair on the
face (b: a beard, be it about the mouth only, m: a moustache, n: neither, u: stubble, x: can't tell). Out: the network
by which `experts/facemaps.py` tells all that, and a card: how far faces of other people are told rightly, by five
parts.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.facemaps import FACE_LOOKS, cut_out, face_maps
from pvchat.perception.gestures import SMILES
from pvchat.perception.motion import BEARD, HAIR_ON_FACE, NO_BEARD
from pvchat.schemas import FloatArray
from recipes.heads import arguments, write_head
from recipes.looks.expressions import PARTS, Faces, learn, told_by_others
from recipes.model.base.degrade import degrade_face
from recipes.pictures import read_image, read_metadata

Picture = NDArray[np.uint8]
FILE = Path(__file__).with_suffix(".json")
BOXES = {"imfdb_attr": (0.12, 0.12, 0.88, 0.95), "lfw": (0.27, 0.18, 0.73, 0.82)}  # where the face lies
COPIES, SEED, EPOCHS = 3, 3, 40
LARGER, STRAY = 0.1, 0.05  # a copy's face is so much nearer or farther (log), and beside the middle (of its width)
BLOCK = 150  # of imfdb_attr: consecutive numbers are frames of one actor, and of a few films
UNSURE = ("disgust", "disgusted", "contempt")  # drawn-up lips that labellers took for smiles and the reverse


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.facelooks TRAINDATA --out FILE`."""
    args, expert = arguments(__doc__ or "", words), FrameExpert()
    sets = [read_faces(args.traindata / name, read, expert) for name, read in json.loads(FILE.read_text()).items()]
    faces = Faces(*(np.concatenate([getattr(one, name) for one in sets]) for name in Faces.__dataclass_fields__))
    plain, small = told_by_others(faces, EPOCHS, (0, 1))
    card = {"labels": FACE_LOOKS, "as they are": judge(faces, plain), "small": judge(faces, small)}
    write_head(args.out, {name: one.astype(np.float16) for name, one in learn(faces, EPOCHS).items()}, card)


def read_faces(folder: Path, read: dict[str, str], expert: FrameExpert) -> Faces:
    """The faces of one set, as they are and as COPIES."""
    random, box = np.random.default_rng(SEED), np.array(BOXES[folder.name], np.float32)
    emotions = {row["file"]: row.get("emotion") for row in read_metadata(folder)}
    maps, told = list[NDArray[np.float16]](), list[tuple[list[bool], list[bool]]]()
    for file, label in read.items():
        image = read_image(folder / file)
        pictures = [cut_out(image, box), *(_as_filmed(image, box, random) for _ in range(COPIES))]
        maps.append(face_maps(expert, pictures).astype(np.float16))
        told.append(read_label(label if len(label) > 1 else _by_emotion(emotions[file]) + label))
    labels, part = np.array(told, np.float32), [_part(folder.name, file) for file in read]
    return Faces(np.stack(maps), labels[:, 0], labels[:, 1], np.array(part), np.zeros(len(maps), bool))


def _by_emotion(emotion: str | None) -> str:
    return "x" if emotion is None or emotion in UNSURE else "s" if emotion == "happiness" else "n"


def read_label(label: str) -> tuple[list[bool], list[bool]]:
    """What a label's two letters say of FACE_LOOKS, and of which of them they say anything."""
    mouth, hair = label
    known = hair in "bmn"
    return [mouth == "s", hair == "b", hair in "bm"], [mouth != "x", known, known]


def _part(name: str, file: str) -> int:
    """Of PARTS: faces of one person, or of neighbouring numbers, are in one."""
    stem = Path(file).stem
    return zlib.crc32(stem.rsplit("_", 1)[0].encode()) % PARTS if name == "lfw" else int(stem) // BLOCK % PARTS


def _as_filmed(image: Picture, box: FloatArray, random: np.random.Generator) -> Picture:
    """The face cut out of a degraded copy, a little beside it, every other one mirrored."""
    copy, _ = degrade_face(image, float(box[3] - box[1]) * len(image), random)
    half = (box[2:] - box[:2]) / 2 * float(np.exp(random.uniform(-LARGER, LARGER)))
    middle = (box[:2] + box[2:]) / 2 + random.normal(0, STRAY, 2) * (box[2] - box[0])
    found = cut_out(copy, np.concatenate((middle - half, middle + half)).astype(np.float32))
    return np.ascontiguousarray(found[:, ::-1] if random.random() < 0.5 else found)


def judge(faces: Faces, shares: FloatArray) -> dict[str, dict[str, int]]:
    """Of single faces: how many smile, have a beard, a moustache and no beard; are told so; of these rightly."""
    smile, beard, hair = shares.T
    moustache = (hair >= HAIR_ON_FACE[1]) & (beard < NO_BEARD)
    told = {"smile": smile >= SMILES, "beard": beard >= BEARD, "moustache": moustache}
    known, truth = faces.worth > 0, faces.truth > 0
    there = {"smile": truth[:, 0], "beard": truth[:, 1], "moustache": truth[:, 2] & ~truth[:, 1]}
    card = dict[str, dict[str, int]]()
    for name, said in told.items():
        of = known[:, 0] if name == "smile" else known[:, 1]
        counts = (of & there[name], of & said, of & said & there[name])
        card[name] = dict(zip(("there", "told", "right"), (int(one.sum()) for one in counts), strict=True))
    none = known[:, 1] & (hair < HAIR_ON_FACE[0])
    card["neither beard nor moustache"] = {"told": int(none.sum()), "right": int((none & ~truth[:, 2]).sum())}
    return card


if __name__ == "__main__":
    main()
