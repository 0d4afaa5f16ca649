"""The face student: its batches of look-alikes, and what it is taught.

In: `FaceSet`, teachers' vectors. Out: chips as footage shows them, and a loss.

The student is dlib's network, from dlib's weights; as with dlib's own vectors, plain distance counts. Four demands:

- regression: the vector of a degraded face is dlib's of the face as it was, and a linear map of it is faceres'.
- relations: squared distances inside a batch are the teachers' joined ones.
- identity: a softmax over (negative squared distances to) people, with a margin as in CosFace (Wang et al. 2018); a
  face without a name is a person of its own, and those whom the teachers find alike are no strangers to it, as they
  may be the same actor.
- ranking: a person's other photo is nearer than any look-alike, by a margin. Batches are built of look-alikes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, normalize

from pvchat.schemas import FloatArray
from recipes.faces.facedegrade import FaceView, degraded_chip, draw
from recipes.faces.faceset import FaceSet
from recipes.faces.faceteachers import Joined, squared

WIDTH = 128
_GROUP = 4  # look-alikes of a group
_NEAR = 12  # look-alikes are drawn from so many nearest people
_SCALE, _MARGIN = 38.0, 0.12  # of the softmax, for squared distances: 24 and 0.2 in cosines
_ALIKE = 0.42  # joined squared distance under which a nameless face may be the same person
_RANK = 0.06  # by how much a look-alike must be further
_RARE = 0.25  # share of faces that are shown as they are
WEIGHTS = {"dlib": 1.0, "faceres": 0.5, "relations": 4.0, "identity": 0.15, "ranking": 1.0}


@dataclass(frozen=True)
class FaceLessons:
    """Training faces and what the teachers say of them.

    Attributes:
        faces: n faces.
        person: [n] number of the person; a face without a name has its own.
        named: people 0 to `named` - 1 have names.
        joined: the teachers on these faces.
        targets: [n, 128] faceres' main directions, unit length.
        near: [named, k] nearest named people, by the teachers.
    """

    faces: FaceSet
    person: NDArray[np.int64]
    named: int
    joined: Joined
    targets: Tensor
    near: NDArray[np.int64]

    @property
    def people(self) -> int:
        """Persons, nameless faces among them."""
        return int(self.person.max()) + 1


def lessons(faces: FaceSet, joined: Joined) -> FaceLessons:
    """Number the people, find their look-alikes, reduce faceres' vectors to their main directions."""
    names = sorted(set(faces.name.tolist()) - {""})
    number = {name: i for i, name in enumerate(names)}
    fresh = iter(range(len(names), len(names) + len(faces)))
    person = np.array([number[n] if n else next(fresh) for n in faces.name.tolist()], np.int64)
    both = torch.cat((joined.dlib / joined.spread[0] ** 0.5, joined.faceres / joined.spread[1] ** 0.5), 1)
    means = _means(both, torch.from_numpy(person), len(names))
    apart = squared(means, means).fill_diagonal_(float("inf"))
    near = apart.topk(min(_NEAR, len(names) - 1), largest=False).indices.numpy()
    centred = joined.faceres - joined.faceres.mean(0)
    axes = torch.linalg.svd(centred[:4000], full_matrices=False)[2][:WIDTH]
    return FaceLessons(faces, person, len(names), joined, normalize(centred @ axes.T), near)


def _means(vectors: Tensor, person: Tensor, count: int) -> Tensor:
    """Mean [count, D] of each person's vectors [n, D]; persons beyond `count` are left out."""
    few = person < count
    total = vectors.new_zeros(count, vectors.shape[1]).index_add_(0, person[few], vectors[few])
    return total / torch.bincount(person[few], minlength=count)[:, None]


def batch(found: FaceLessons, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Chips [B, 150, 150, 3] uint8 of a quarter nameless faces and groups of look-alikes, and their places [B].

    Each person is shown twice: as footage, and (every other time) as a good photo.
    """
    nameless = np.nonzero(found.person >= found.named)[0]
    rows = list(rng.choice(nameless, size // 4)) if len(nameless) else []
    plain = [bool(rng.random() < _RARE) for _ in rows]
    while len(rows) < size:
        first = int(rng.integers(found.named))
        for who in [first, *rng.permutation(found.near[first])[: _GROUP - 1]]:
            photos = rng.permutation(np.nonzero(found.person == who)[0])
            rows += [photos[0], photos[1 % len(photos)]]
            plain += [bool(rng.random() < 2 * _RARE), False]
    rows, plain = rows[:size], plain[:size]
    chips = np.stack([_training_chip(found.faces, i, p, rng) for i, p in zip(rows, plain, strict=True)])
    return torch.from_numpy(chips), torch.from_numpy(np.array(rows))


def _training_chip(faces: FaceSet, i: int, plain: bool, rng: np.random.Generator) -> NDArray[np.uint8]:
    view = FaceView(jitter=float(rng.uniform(0, 1))) if plain else draw(rng)
    out = degraded_chip(faces.patches[i], float(faces.height[i]), faces.mesh[i], view, rng)
    return np.ascontiguousarray(out[:, ::-1]) if rng.random() < 0.5 else out


class Student(nn.Module):
    """The network in training, with what is thrown away afterwards: prototypes and the map to faceres.

    Args:
        trunk: dlib's network: [B, 150, 150, 3] uint8 -> [B, 128].
        found: for the start of prototypes and map.
    """

    def __init__(self, trunk: nn.Module, found: FaceLessons) -> None:
        super().__init__()
        self.trunk = trunk
        x, y = found.joined.dlib, found.targets
        self.prototypes = nn.Parameter(_means(x, torch.from_numpy(found.person), found.people))
        self.centre = nn.Parameter(x.mean(0))
        x = x - x.mean(0)
        ridge = torch.linalg.solve(x.T @ x + 0.01 * float(x.square().sum()) / WIDTH * torch.eye(WIDTH), x.T @ y)
        self.map = nn.Parameter(ridge.T.contiguous() * 2)  # its output is scaled to unit length: only the rate minds

    def forward(self, chips: Tensor) -> Tensor:
        """Chips [B, 150, 150, 3] uint8 RGB to vectors [B, 128], in mixed precision."""
        with torch.autocast("cpu", torch.bfloat16):
            return self.trunk(chips).float()


def losses(student: Student, v: Tensor, rows: Tensor, found: FaceLessons) -> dict[str, Tensor]:
    """The demands on vectors [B, 128] of the faces at `rows` [B], by name."""
    joined = found.joined
    person, level = torch.from_numpy(found.person)[rows], joined.level[0]
    nameless = torch.from_numpy(found.person >= found.named)
    # the same actor may be there under two numbers: [B, n]
    unsure = (joined.distance(rows, torch.arange(len(nameless))) < _ALIKE) & (nameless[None] | nameless[rows][:, None])
    apart, distance = ~torch.eye(len(rows), dtype=torch.bool), squared(v, v)
    mapped = normalize(linear(v - student.centre, student.map))
    return {
        "dlib": (v - joined.dlib[rows]).square().sum(1).mean() / level,
        "faceres": 1 - (mapped * found.targets[rows]).sum(1).mean(),
        "relations": ((distance - joined.distance(rows, rows)) / level)[apart].square().mean(),
        "identity": _identity(squared(v, student.prototypes), person, unsure, torch.from_numpy(found.person)),
        "ranking": _ranking(distance, person, apart, unsure[:, rows]) / level,
    }


def _identity(distance: Tensor, person: Tensor, unsure: Tensor, everyone: Tensor) -> Tensor:
    """Margin softmax.

    Args:
        distance: [B, people] squared, to the prototypes.
        person: [B] whom the vectors are of.
        unsure: [B, n] faces that may be the same person under another number.
        everyone: [n] whom the training faces are of.
    """
    own = torch.zeros_like(distance, dtype=torch.bool).scatter_(1, person[:, None], True)
    skipped = torch.zeros_like(own)
    row, face = unsure.nonzero(as_tuple=True)
    skipped[row, everyone[face]] = True
    logits = -_SCALE * (distance + _MARGIN * own)
    return cross_entropy(logits.masked_fill(skipped & ~own, -1e4), person)


def _ranking(distance: Tensor, person: Tensor, apart: Tensor, unsure: Tensor) -> Tensor:
    """How far the three nearest look-alikes of the batch fall short of lying behind the person's furthest photo."""
    same = (person[:, None] == person[None]) & apart
    stranger = (person[:, None] != person[None]) & ~unsure
    nearest = distance.masked_fill(~stranger, 9.0).topk(min(3, len(distance)), largest=False).values
    other = distance.masked_fill(~same, -1.0).max(1).values  # -1: has no other photo here
    short = (other[:, None] - nearest + _RANK).clamp_min(0).mean(1)
    return short[other >= 0].sum() / len(distance)


@torch.inference_mode()
def vectors(network: nn.Module, chips: NDArray[np.uint8], mirrored: bool = False, fast: bool = False) -> FloatArray:
    """Raw vectors [n, 128] of chips [n, 150, 150, 3], in half precision if fast."""
    rows = []
    for start in range(0, len(chips), 32):
        x = torch.from_numpy(chips[start : start + 32])
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            y = network(x).float()
            rows.append(((y + network(x.flip(2)).float()) / 2 if mirrored else y).numpy())
    return np.concatenate(rows)
