"""Recipe of `perception/experts/expressions.safetensors`: `python -m recipes.looks.expressions TRAINDATA --out FILE`.

In: `expressions.json`, which names drawn faces of a set (anime, anime_hair: whole pictures; anime_actions: boxes that
the locator found in a frame) and what each shows, read by eye: a letter for the mouth (n: shut, s: shut and smiling,
l: open and smiling, o: open without a smile, x: can't tell) and one for the eyes (v: at the viewer or nearly so, l, r,
u, d: aside, up or down, c: shut, w: one of them, x: can't tell), "zz" for no face; what the other letters say is for
`drawnlooks.py`. Out: the network that `experts/facemaps.py` runs, and a card: how far faces of other characters and
clips are told rightly, by five parts.

Each face is learned from as it is and as it may be cut, dimmed, tinted, small and mirrored. Three networks learn, whose
log-odds are averaged: side by side they are one.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from pvchat.perception.boxes import crop_square
from pvchat.perception.drawnheads import LIMITS, SHOWN
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.facemaps import CELLS, face_maps, probabilities
from pvchat.schemas import FloatArray
from recipes.figures.figurefits import descend
from recipes.figures.figurehead import arrays_of_network
from recipes.heads import arguments, write_head
from recipes.pictures import framed, read_image, read_metadata

Picture = NDArray[np.uint8]
FILE = Path(__file__).with_suffix(".json")
CLIPS = "anime_actions"  # a clip's faces are of one part; of the others a character's, or each its own
COPIES, PARTS, SEED = 5, 5, 5
WIDTH, LOOKS, DROPPED = 32, 6, 0.3
NETWORKS, EPOCHS, BATCH, RATE, DECAY = 3, 20, 64, 2e-3, 0.05
OF_CLIPS = 1.5  # how much a face of a clip counts beside one of a drawing
LEAST_SPREAD = 0.05


@dataclass
class Faces:
    """N faces: maps [N, copies, C, 8, 8] float16, the first as it is; truth, and how much it counts, nothing
    where it isn't known [N, K].
    """

    maps: NDArray[np.float16]
    truth: FloatArray
    worth: FloatArray
    part: NDArray[np.int64]  # [N]
    clip: NDArray[np.bool_]  # [N] whether it is of one


def main(words: list[str] | None = None) -> None:
    """`python -m recipes.looks.expressions TRAINDATA --out FILE`."""
    args = arguments(__doc__ or "", words)
    faces = look(args.traindata, FrameExpert(), read_label)
    faces.worth[faces.clip] *= OF_CLIPS
    card = {"labels": SHOWN, "held back": judge(faces, *told_by_others(faces))}
    arrays = learn(faces)
    write_head(args.out, {name: one.astype(np.float16) for name, one in arrays.items()}, card)


def read_label(label: str) -> tuple[list[bool], list[bool]]:
    """What a label's first two letters say of SHOWN, and of which of them they say anything."""
    mouth, eyes = label[0], label[1]
    says_mouth, says_eyes = mouth != "x", eyes not in "xw"
    truth = [mouth in "sl", mouth in "lo", mouth == "l", eyes == "c", mouth != "z", eyes == "v"]
    return truth, [says_mouth] * 3 + [says_eyes, True, says_eyes]


def look(root: Path, expert: FrameExpert, read: Callable[[str], tuple[list[bool], list[bool]]]) -> Faces:
    """All faces that `expressions.json` names; `read` tells of a label what is true and what is known."""
    random, maps, labels = np.random.default_rng(SEED), list[NDArray[np.float16]](), list[str]()
    part, clip = list[int](), list[bool]()
    for name, pictures in json.loads(FILE.read_text(encoding="utf-8")).items():
        rows = {row["file"]: row for row in read_metadata(root / name)}
        for file, faces in pictures.items():
            image = framed(root, rows[file]) if name == CLIPS else read_image(root / name / file)
            source = rows[file].get("clip") or rows[file].get("identity") or file
            for label, *box in [[faces, 0, 0, 1, 1]] if isinstance(faces, str) else faces:
                where = np.array(box, np.float32)
                pictures = [
                    crop_square(image, where),
                    *(_changed(image, where, name, random) for _ in range(COPIES)),
                ]
                maps.append(face_maps(expert, pictures).astype(np.float16))
                labels.append(str(label))
                part.append(zlib.crc32(source.encode()) % PARTS)
                clip.append(name == CLIPS)
    told = np.array([read(label) for label in labels], np.float32)
    return Faces(np.stack(maps), told[:, 0], told[:, 1], np.array(part), np.array(clip))


def _changed(image: Picture, box: FloatArray, name: str, random: np.random.Generator) -> Picture:
    """A face cut out anew: moved, nearer or farther, dimmed, tinted, every other one mirrored, some drawings small."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box * np.array([width, height] * 2, np.float32)
    room, stray = ((0.85, 1.15), 0.06) if name == CLIPS else ((0.85, 1.35), 0.08)
    side = max(x1 - x0, y1 - y0, 8.0) * float(np.exp(random.uniform(*np.log(room))))
    x, y = np.array([x0 + x1, y0 + y1]) / 2 + random.normal(0, stray, 2) * side
    found = _square(image, x, y, side)
    if name != CLIPS and random.random() < 0.5:
        pixels = int(random.uniform(36, 80))
        found = np.asarray(Image.fromarray(found).resize((pixels, pixels), Image.Resampling.BILINEAR))
    lit = np.clip(found * (random.uniform(0.6, 1.1) * random.uniform(0.93, 1.07, 3)), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(lit[:, ::-1] if random.random() < 0.5 else lit)


def _square(image: Picture, x: float, y: float, side: float) -> Picture:
    """The square about a place in pixels; beyond the edge the edge goes on."""
    left, top, whole = int(round(x - side / 2)), int(round(y - side / 2)), int(round(side))
    height, width = image.shape[:2]
    room = max(0, -left, -top, left + whole - width, top + whole - height)
    wide = np.pad(image, ((room, room), (room, room), (0, 0)), mode="edge")
    return wide[top + room : top + room + whole, left + room : left + room + whole]


class Looks(nn.Module):
    """The network of `facemaps.attention_pooled`, and what reads it."""

    def __init__(self, channels: int, kinds: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(channels, WIDTH, 1), nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.place = nn.Parameter(torch.zeros(WIDTH, CELLS, CELLS))
        self.look, self.out = nn.Conv2d(WIDTH, LOOKS, 1), nn.Linear(WIDTH * LOOKS, kinds)
        self.channels, self.drop = nn.Dropout2d(0.1), nn.Dropout(DROPPED)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps [B, C, 8, 8] to logits [B, K]."""
        x = torch.relu(self.first(self.channels(maps)) + self.place)
        x = x + torch.relu(self.second(x))
        where = torch.softmax(self.look(x).flatten(2), 2)
        out: Tensor = self.out(self.drop((where @ x.flatten(2).transpose(1, 2)).flatten(1)))
        return out


def spread_of(maps: NDArray[np.float16]) -> tuple[FloatArray, FloatArray]:
    """Mean and spread [C] of the channels of faces as they are."""
    plain = maps[:, 0].astype(np.float32)
    return plain.mean((0, 2, 3)), plain.std((0, 2, 3)) + LEAST_SPREAD


def learn(faces: Faces, epochs: int = EPOCHS) -> dict[str, FloatArray]:
    """The arrays that `experts/facemaps.py` reads."""
    mean, spread = spread_of(faces.maps)
    fitted = [_fitted(faces, mean, spread, SEED + number, epochs) for number in range(NETWORKS)]
    return as_one([arrays_of_network(network, mean, spread) for network in fitted])


def as_one(parts: list[dict[str, FloatArray]]) -> dict[str, FloatArray]:
    """Networks side by side, none of which reads another's channels: a network whose log-odds are their mean."""
    one = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    for name in ("learned.1.weight", "learned.look.weight"):
        channels = parts[0][name].shape[1]
        one[name] = np.concatenate(
            [np.pad(part[name], _beside(i, len(parts), channels)) for i, part in enumerate(parts)]
        )
    looks = len(parts[0]["learned.look.bias"])
    bias = np.mean([part["learned.out.bias"] for part in parts], 0)
    read = np.zeros((len(bias), len(parts), looks, len(parts), WIDTH), np.float32)
    for number, part in enumerate(parts):
        read[:, number, :, number] = part["learned.out.weight"].reshape(len(bias), looks, WIDTH) / len(parts)
    return one | {"learned.out.weight": read.reshape(len(bias), -1), "learned.out.bias": bias}


def _beside(number: int, count: int, channels: int) -> list[tuple[int, int]]:
    """How a convolution's weights are padded to read the channels of all networks, of the others with nought."""
    return [(0, 0), (number * channels, (count - 1 - number) * channels), (0, 0), (0, 0)]


def _fitted(faces: Faces, mean: FloatArray, spread: FloatArray, seed: int, epochs: int) -> Looks:
    torch.manual_seed(seed)
    random, (count, kinds) = np.random.default_rng(seed), faces.truth.shape
    network = Looks(faces.maps.shape[2], kinds)
    truth, worth = torch.from_numpy(faces.truth), torch.from_numpy(faces.worth)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = count // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=epochs * steps)
    for _ in range(epochs):
        order = random.permutation(count)
        for rows in np.split(order[: steps * BATCH], steps):
            shown = faces.maps[rows, random.integers(0, faces.maps.shape[1], len(rows))].astype(np.float32)
            logits = network(torch.from_numpy((shown - mean[:, None, None]) / spread[:, None, None]))
            wrong = nn.functional.binary_cross_entropy_with_logits(logits, truth[rows], reduction="none")
            descend(optimiser, (wrong * worth[rows]).sum() / (worth[rows] > 0).sum())
            schedule.step()
    return network.eval()


def told_by_others(faces: Faces, epochs: int = EPOCHS, copies: Sequence[int] = (0,)) -> list[FloatArray]:
    """[N, K] probabilities of each of these pictures of all faces, by networks that learned from the other parts."""
    found = [np.zeros_like(faces.truth) for _ in copies]
    for number in range(PARTS):
        mine = faces.part == number
        rest = Faces(*(getattr(faces, name)[~mine] for name in ("maps", "truth", "worth", "part", "clip")))
        arrays = learn(rest, epochs)
        for shares, copy in zip(found, copies, strict=True):
            shares[mine] = probabilities(faces.maps[mine, copy].astype(np.float32), arrays)
    return found


def judge(faces: Faces, shares: FloatArray) -> dict[str, Any]:
    """Of faces of drawings and of clips, by what they show: how many there are, are told from LIMITS on, rightly."""
    card = dict[str, Any]()
    for of, kept in (("drawings", ~faces.clip), ("clips", faces.clip)):
        for number, name in enumerate(SHOWN):
            known, there = kept & (faces.worth[:, number] > 0), faces.truth[:, number] > 0
            told = known & (shares[:, number] >= LIMITS[name])
            counts = (known & there, told, told & there)
            card[f"{name}, {of}"] = dict(
                zip(("there", "told", "right"), (int(one.sum()) for one in counts), strict=True)
            )
    return card


if __name__ == "__main__":
    main()
