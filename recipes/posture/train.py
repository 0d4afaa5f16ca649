"""Train the postures (`pvchat/perception/experts/posture.safetensors`).

    python -m recipes.posture.train TRAINDATA --out pvchat/perception/experts/posture.safetensors --seed 0

In: photos and frames of film in which people are known to stand, sit, lie, walk, run or bend: by their captions
(`flickr8k`), by what they do (`har_stills`, `stanford40`, `film_actions`, `dark_actions`, `ut_interaction`) or by name
(`poses_stock`); each once more cut off below the chest, as people are filmed who talk. `clips.json` names clips of film
by posture: who walks, runs or shoots with a bow by what they do, others read from one frame; of them several frames
count, and those without a face, too. Upon that head comes what was read by eye (`by_eye.py`). Out: the head that
`perception/posture.py` reads, and a card: how often it is right of films that it hasn't learned from, and the first
head of sets that it hasn't.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception.bodyfeatures import geometry
from pvchat.perception.experts.body import HIPS, LEFT_EYE, NOSE, RIGHT_EYE, SHOULDERS, BodyExpert
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.headfiles import softmax
from pvchat.perception.experts.mesh import WideFaceDetector
from pvchat.schemas import FloatArray
from recipes.heads import arguments, drawn, softmax_head, write_head
from recipes.pictures import framed, read_metadata
from recipes.posture import by_eye

Picture = NDArray[np.uint8]
Experts = tuple[BodyExpert, WideFaceDetector, FrameExpert]

NAMES = ("standing", "sitting", "lying down", "walking", "running", "bending")
VERBS = {
    "standing": r"stands?|standing", "sitting": r"sits?|sitting|seated",
    "lying down": r"lies|lying|lays|laying|sleep\w*",
    "walking": r"walks?|walking|strolls?|hik\w+", "running": r"runs?|running|jogs?|jogging",
    "bending": r"kneel\w*|crouch\w*|squat\w*|bend\w*|bent",
}  # fmt: skip
_ONE = re.compile(r"\b(man|woman|boy|girl|person|lady|guy)\b")
_MORE = re.compile(
    r"\b(men|women|boys|girls|people|children|kids|two|three|four|five|group|couple|crowd|friends|dogs?)\b"
)
STILLS = {  # set: action -> posture, at most so many pictures of each
    "har_stills": (90, {"sitting": "sitting", "using a laptop": "sitting", "sleeping": "lying down",
                        "running": "running", "dancing": "standing"}),
    "stanford40": (35, dict.fromkeys(("using a computer", "watching TV", "reading", "writing in a book"), "sitting")
                   | dict.fromkeys(("washing dishes", "cleaning the floor", "writing on a board", "cooking", "waving",
                                    "taking photos", "applauding"), "standing")),
    "poses_stock": (99, {"sitting": "sitting", "standing": "standing"}),
}  # fmt: skip
FILM = (  # set, action, frames (of 8), posture, at most
    ("film_actions", "walking", (2, 5), "walking", 70), ("film_actions", "running", (2, 5), "running", 60),
    ("film_actions", "standing up", (0,), "sitting", 35), ("film_actions", "standing up", (7,), "standing", 35),
    ("film_actions", "sitting down", (7,), "sitting", 35), ("film_actions", "sitting down", (0,), "standing", 35),
    ("film_actions", "waving", (3,), "standing", 25), ("film_actions", "shooting with a bow", (3,), "standing", 25),
    ("film_actions", "firing a gun", (3,), "standing", 25),
    ("film_actions", "picking something up", (4,), "bending", 30),
    ("dark_actions", "sitting down", (7,), "sitting", 99), ("dark_actions", "sitting down", (0,), "standing", 99),
    ("dark_actions", "standing up", (0,), "sitting", 99), ("dark_actions", "standing up", (7,), "standing", 99),
    ("dark_actions", "walking", (2, 5), "walking", 99), ("dark_actions", "running", (3,), "running", 99),
    ("ut_interaction", "shaking hands", (2,), "standing", 20), ("ut_interaction", "pointing", (2,), "standing", 20),
)  # fmt: skip
CLIPS: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("clips.json").read_text(encoding="utf-8"))
CLIP_FRAMES, CLIP_WORTH = 4, 3.0  # frames of a clip that count, and what they count together
CAPTIONED, SIDE = 260, 240  # captioned pictures of each posture; pixels that a part of a picture has at least
DECAY_POSE, DECAY_FRAME = 0.02, 0.5
EARS = (7, 8)  # of the pose
CUT = ("standing", "sitting", "walking", "running")  # postures of which people cut off tell something, too …
BELOW, CUT_WORTH = (1.2, 4.0), 0.7  # … between so many face heights below the chin; what they count beside whole ones
APART = (
    ("flickr8k",),
    ("har_stills", "poses_stock"),
    ("stanford40",),
    ("film_actions", "dark_actions", "ut_interaction", "tv_talk"),
)


@dataclass
class PosedPerson:
    """Somebody in a picture: the posture, the data set, the pose, features of the frame, what she counts."""

    posture: str
    set: str
    shown: FloatArray
    frame: FloatArray
    worth: float = 1.0


def chosen(root: Path, random: np.random.Generator) -> Iterator[tuple[str, dict[str, Any]]]:
    """Posture and metadata row of each picture to learn from."""
    captioned = [(posture_of(row["captions"]), row) for row in read_metadata(root / "flickr8k")]
    for posture in NAMES:
        yield from drawn([pair for pair in captioned if pair[0] == posture], CAPTIONED, random)
    for name, (most, postures) in STILLS.items():
        rows = read_metadata(root / name)
        for action, posture in postures.items():
            yield from drawn([(posture, row) for row in rows if row["action"] == action], most, random)
    film = {name: read_metadata(root / name) for name in {row[0] for row in FILM}}
    for name, action, frames, posture, most in FILM:
        rows = [row for row in film[name] if row["action"] == action and row["frame"] in frames]
        yield from drawn([(posture, row) for row in rows], most, random)


def clip_frames(root: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Posture and metadata rows, in order, of each clip of `CLIPS`."""
    for name, postures in CLIPS.items():
        rows = sorted(read_metadata(root / name), key=lambda row: int(row["frame"]))
        for posture, clips in postures.items():
            yield from ((posture, [row for row in rows if row["clip"] == clip]) for clip in clips)


def posture_of(captions: list[str]) -> str | None:
    """The posture that most captions of a picture of one person name; None where they name several or none."""
    texts = [text.lower() for text in captions]
    if not any(map(_ONE.search, texts)) or sum(bool(_MORE.search(text)) for text in texts) >= 2:
        return None
    named = {name: sum(bool(re.search(rf"\b({verb})\b", text)) for text in texts) for name, verb in VERBS.items()}
    first, second = sorted(named.values())[:-3:-1]
    return max(named, key=lambda name: named[name]) if first >= 2 and first >= 2 * second else None


def look(root: Path, seed: int) -> list[PosedPerson]:
    """Whoever has the surest face in each picture, and once more cut off below the chest."""
    random, experts = np.random.default_rng(seed), (BodyExpert(), WideFaceDetector(), FrameExpert())
    found = list[PosedPerson]()
    for posture, row in chosen(root, random):
        image = framed(root, row)
        for picture, worth in ((image, 1.0), (cut_off(image, experts[1], random), CUT_WORTH)):
            if picture is not None and (worth == 1 or posture in CUT):
                found += [PosedPerson(posture, row["set"], *one, worth) for one in _described(picture, experts)]
    for posture, rows in clip_frames(root):
        found += _of_clip(posture, rows, root, experts)
    return found


def _of_clip(posture: str, rows: list[dict[str, Any]], root: Path, experts: Experts) -> list[PosedPerson]:
    """Whoever has the surest face, or else the surest pose, in some of a clip's frames that show a pose."""
    bodies, faces, features = experts
    shown, images = list[FloatArray](), list[Picture]()
    for row in rows:
        image = framed(root, row)
        face, aspect = _face(image, faces), image.shape[1] / image.shape[0]
        pose = (bodies.pose(image, face) if face is not None else None) or bodies.pose(image)
        if pose is not None:
            shown.append(geometry(pose.joints, guessed_face(pose.joints, aspect) if face is None else face, aspect))
            images.append(image)
    if not images:
        return []
    some = np.unique(np.linspace(0, len(images) - 1, CLIP_FRAMES).round().astype(int)).tolist()
    frames, worth = features.pooled([images[i] for i in some]), CLIP_WORTH / len(some)
    return [PosedPerson(posture, rows[0]["set"], shown[i], frame, worth) for i, frame in zip(some, frames, strict=True)]


def guessed_face(joints: FloatArray, aspect: float) -> FloatArray:
    """[4] where the face of a pose [33, 4] is: about nose, eyes and ears, .42 of the trunk's length high."""
    scale = np.array([aspect, 1.0])
    middle = (joints[[NOSE, LEFT_EYE, RIGHT_EYE, *EARS], :2] * scale).mean(0)
    trunk = (joints[list(HIPS), :2].mean(0) - joints[list(SHOULDERS), :2].mean(0)) * scale
    half = 0.21 * float(np.linalg.norm(trunk)) * np.array([0.8, 1.0])
    return np.concatenate([(middle - half) / scale, (middle + half) / scale]).astype(np.float32)


def cut_off(image: Picture, faces: WideFaceDetector, random: np.random.Generator) -> Picture | None:
    """The picture of the surest face down to somewhere between chest and hips; None where no more is seen of it."""
    height, width = image.shape[:2]
    if (face := _face(image, faces)) is None:
        return None
    tall = float(face[3] - face[1])
    if (below := (1 - float(face[3])) / tall) <= BELOW[0] + 0.6:
        return None
    bottom = float(face[3]) + tall * random.uniform(BELOW[0], min(BELOW[1], below - 0.3))
    top = max(0.0, float(face[1]) - tall * random.uniform(0.3, 1.5))
    wide = (bottom - top) * height * random.uniform(1.2, 1.8)
    left = float(face[0] + face[2]) / 2 * width + random.uniform(-0.7, -0.3) * wide
    part = image[int(top * height) : int(bottom * height), max(0, int(left)) : int(min(width, left + wide))]
    if min(part.shape[:2]) <= 40:
        return None
    scale = max(1, -(-SIDE // max(part.shape[:2])))
    return np.asarray(Image.fromarray(part).resize((part.shape[1] * scale, part.shape[0] * scale)))


def _face(image: Picture, faces: WideFaceDetector) -> FloatArray | None:
    boxes, _, scores = faces.faces(image, 0.5)
    return np.asarray(boxes[int(np.argmax(scores))], np.float32) if len(boxes) else None


def _described(image: Picture, experts: Experts) -> Iterator[tuple[FloatArray, FloatArray]]:
    """What the surest face's pose shows and what the picture looks like; nothing where there is no face."""
    bodies, faces, features = experts
    if (face := _face(image, faces)) is None:
        return
    pose = bodies.pose(image, face)
    joints = np.full((33, 4), np.nan, np.float32) if pose is None else pose.joints
    yield geometry(joints, face, image.shape[1] / image.shape[0]), features.pooled([image])[0]


def learn(people: list[PosedPerson]) -> dict[str, FloatArray]:
    """Weights [6, 56 + 1280] and bias [6]: a softmax over NAMES; rare postures count for more."""
    x = _read(people)
    truth = np.array([NAMES.index(one.posture) for one in people])
    counts = np.maximum(np.bincount(truth, minlength=len(NAMES)), 1)
    worth = np.array([one.worth for one in people]) * ((len(truth) / counts) ** 0.5)[truth]
    shown = len(people[0].shown)
    decay = np.array([DECAY_POSE] * shown + [DECAY_FRAME] * (x.shape[1] - shown), np.float32)
    labels = np.eye(len(NAMES), dtype=np.float32)[truth]
    weight, bias = softmax_head(x, labels, worth / worth.mean(), decay, least_spread=0.05)
    return {"weight": weight, "bias": bias}


def _read(people: list[PosedPerson]) -> FloatArray:
    """[n, 56 + 1280] what the first head reads."""
    return np.stack([np.concatenate([one.shown, one.frame]) for one in people]).astype(np.float32)


def judge(people: list[PosedPerson], shares: FloatArray, told: float = 0.7) -> dict[str, Any]:
    """How often the likeliest posture is right by `shares` [n, 6], and how often who sits is told from who is up, of
    all and of those of whom one of them has a probability of `told` or more.
    """
    truth = np.array([NAMES.index(one.posture) for one in people])
    sits, feet = shares[:, 1], shares[:, [0, 3, 4]].sum(1)
    either, sure = np.isin(truth, (0, 1, 3, 4)), np.maximum(sits, feet) >= told
    right = (sits > feet) == (truth == 1)
    return {
        "right": round(float((shares.argmax(1) == truth).mean()), 3),
        "sitting or not": round(float(right[either].mean()), 3),
        "sure": round(float(sure[either].mean()), 3),
        "right of sure": round(float(right[either & sure].mean()), 3),
        "people": len(people),
    }


def told_by_others(people: list[PosedPerson]) -> FloatArray:
    """[n, 6] probabilities, each set's by a head that learned from the other sets alone."""
    x, shares = _read(people), np.zeros((len(people), len(NAMES)), np.float32)
    for sets in APART:
        kept = np.array([one.set in sets for one in people])
        if kept.any() and not kept.all():
            head = learn([one for one in people if one.set not in sets])
            shares[kept] = softmax(x[kept] @ head["weight"].T + head["bias"])
    return shares


def main(words: list[str] | None = None) -> None:
    """Look at the pictures, train set by set without it for the card, then with all; then what was read by eye."""
    args = arguments(__doc__, words)
    people = look(args.traindata, args.seed)
    first = learn(people)
    write(first, judge(people, told_by_others(people)), by_eye.look(args.traindata, first), args.out)


def write(first: dict[str, FloatArray], card: dict[str, Any], read: list[by_eye.Seen], out: Path) -> None:
    """The first head and the second, fitted to what was read by eye; weights and card."""
    judged = by_eye.judge(read, by_eye.told_by_others(read, 0))
    both = {f"first {name}": array for name, array in first.items()} | by_eye.learn(read)
    heads = {name: array.astype(np.float16) for name, array in both.items()}
    write_head(out, heads, {"source": "recipes.posture.train", "by eye": judged, "first head": card})


if __name__ == "__main__":
    main()
