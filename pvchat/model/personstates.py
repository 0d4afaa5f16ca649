"""Stored people as the trained model takes them: an enrollment in, personal tokens, z, prototypes and marks out.

A person's tokens and z are made once, when she is enrolled, and lie in her folder with the stamp of the weights that
made them. Files without them, or made with other weights, get them made anew from prototypes and body vectors.

Legend: I personal tokens, D their width, M modules with routed heads, R routed heads of a module.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pvchat.identity.examples import view_beside
from pvchat.identity.measures import made_out
from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH
from pvchat.model.trained import TrainedModel
from pvchat.people.parts import stacked
from pvchat.people.person import Person
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    from pvchat.model.config import ModelConfig
    from pvchat.model.marks import Marks
    from pvchat.model.people import PersonState

STAMP = "model"  # key in `Person.extra`: which weights made tokens and z
_log = logging.getLogger(__name__)


def remember(trained: TrainedModel, person: Person) -> Person:
    """An instant enrollment with fresh tokens [I, D] and z [M, R] among its arrays, to be stored."""
    tokens, z = _aligned(trained, person)
    arrays = {**person.arrays, "tokens": tokens.astype(np.float16), "z": z}
    return replace(person, arrays=arrays, extra={**person.extra, STAMP: trained.stamp})


def person_state(trained: TrainedModel, person: Person) -> PersonState:
    """What the model takes for a person: stored, where these weights made it, else made by the aligner."""
    import torch

    from pvchat.model.people import PersonState

    if person.extra.get(STAMP) == trained.stamp and _fits(person, trained.config):
        tokens, z = person.arrays["tokens"], person.arrays["z"]
    else:
        if person.depth == "deep":
            _log.warning("'%s' was trained with another model: only her instant enrollment counts here", person.name)
        tokens, z = _aligned(trained, person)
        tokens = tokens.astype(np.float16)  # as they are stored
    parts = [torch.from_numpy(part.astype(np.float32)).to(trained.device) for part in (tokens, z, _faces(person))]
    return PersonState(person.name, parts[0], parts[1], parts[2], marks_of(person))


def marks_of(person: Person) -> Marks:
    """By what she is recognised: what is stored of her and what corrections add.

    Faceprints are those in which a face can be made out; those behind a mask count where there are no others.
    """
    from pvchat.model.marks import Marks

    stored, told = person.arrays, view_beside(person)
    if person.kind == "figure":
        return Marks.nothing() if person.outdated else Marks.of(figures=stacked((stored["prototypes"], told.bare)))
    bare = stacked((stored.get("prints", ()), told.prints))
    behind = not len(bare)
    prints = stacked((stored.get("masked_prints", ()), told.masked_prints)) if behind else bare
    looks = np.asarray(stored.get("looks", ()), np.float32)
    return Marks.of(
        prints=made_out(prints, behind)[0] if len(prints) else (),
        looks=looks.mean(0, keepdims=True) if len(looks) and "frame" in stored else (),
        place=np.asarray(stored.get("frame", ()), np.float32),
        quality=person.quality, behind=behind,
    )  # fmt: skip


def _fits(person: Person, config: ModelConfig) -> bool:
    """Whether tokens and z have the model's shapes: a stranger's file may bear its stamp all the same."""
    wanted = {"tokens": (config.personal_tokens, config.width), "z": (config.routed_modules, config.routed_heads)}
    return all(key in person.arrays and person.arrays[key].shape == shape for key, shape in wanted.items())


def _aligned(trained: TrainedModel, person: Person) -> tuple[FloatArray, FloatArray]:
    """Tokens [I, D] and z [M, R] that the aligner makes of a stored person: her faces' and her body's vectors."""
    faces, bodies = _faces(person), person.arrays.get("body", np.zeros((0, BODY_WIDTH)))
    most = max(1, len(faces), len(bodies))
    with trained.lock:
        return trained.frozen.person(*_padded(faces, most), *_padded(bodies, most))


def _faces(person: Person) -> FloatArray:
    """Her prototypes [n, 128], unit length; none where they are of something else than a face."""
    faces = person.arrays.get("prototypes", np.zeros((0, IDENTITY_WIDTH)))
    if person.kind != "face" or faces.ndim != 2 or faces.shape[1] != IDENTITY_WIDTH:
        faces = np.zeros((0, IDENTITY_WIDTH))
    unit: FloatArray = faces / np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-6)
    return unit.astype(np.float32)


def _padded(rows: FloatArray, most: int) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Rows [n, W] as [most, W] with their mask [most]."""
    out = np.zeros((most, rows.shape[1]), np.float32)
    out[: len(rows)] = rows
    return out, np.arange(most) < len(rows)
