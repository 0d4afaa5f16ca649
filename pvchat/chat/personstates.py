"""Stored people as the trained model takes them: an enrollment in, personal tokens, z and prototypes out.

A person's tokens and z are made once, when she is enrolled, and lie in her folder with the stamp of the weights that
made them. Files without them, or made with other weights, get them made anew from prototypes and body vectors.

Legend: I personal tokens, D their width, M modules with routed heads, R routed heads of a module.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.chat.trained import TrainedModel
from pvchat.people.person import Person
from pvchat.schemas import FloatArray

if TYPE_CHECKING:
    from pvchat.model.config import ModelConfig
    from pvchat.model.features import PersonFeatures
    from pvchat.model.people import PersonState

STAMP = "model"  # key in `Person.extra`: which weights made tokens and z
_log = logging.getLogger(__name__)


def remember(trained: TrainedModel, person: Person) -> Person:
    """An instant enrollment with fresh tokens [I, D] and z [M, R] among its arrays, to be stored."""
    state = person_state(trained, replace(person, extra={}))
    arrays = {"tokens": state.tokens.cpu().numpy().astype(np.float16), "z": state.z.cpu().numpy()}
    return replace(person, arrays={**person.arrays, **arrays}, extra={**person.extra, STAMP: trained.stamp})


def person_state(trained: TrainedModel, person: Person) -> PersonState:
    """What the model takes for a person: stored, where these weights made it, else made by the aligner."""
    import torch

    from pvchat.model.people import PersonState

    features = person_features(person)
    if person.extra.get(STAMP) == trained.stamp and _fits(person, trained.reader.config):
        tokens, z = (torch.from_numpy(person.arrays[key].astype(np.float32)) for key in ("tokens", "z"))
        prototypes = features.identity[0][features.identity_mask[0]]
        return PersonState(person.name, *(part.to(trained.device) for part in (tokens, z, prototypes)))
    if person.depth == "deep":
        _log.warning("'%s' was trained with another model: only her instant enrollment counts here", person.name)
    with trained.lock, torch.inference_mode():
        made = trained.reader.aligner.people(features.to(trained.device), [person.name])[0]
    made.tokens = made.tokens.half().float()  # as they are stored
    return made


def _fits(person: Person, config: ModelConfig) -> bool:
    """Whether tokens and z have the model's shapes: a stranger's file may bear its stamp all the same."""
    wanted = {"tokens": (config.personal_tokens, config.width), "z": (config.routed_modules, config.routed_heads)}
    return all(key in person.arrays and person.arrays[key].shape == shape for key, shape in wanted.items())


def person_features(person: Person) -> PersonFeatures:
    """A stored person as the aligner takes her, a batch of one: prototypes (unit length, faces only), body vectors."""
    import torch

    from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH
    from pvchat.model.features import PersonFeatures

    faces = person.arrays.get("prototypes", np.zeros((0, IDENTITY_WIDTH)))
    if person.kind != "face" or faces.ndim != 2 or faces.shape[1] != IDENTITY_WIDTH:
        faces = np.zeros((0, IDENTITY_WIDTH))
    faces = faces / np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-6)
    bodies = person.arrays.get("body", np.zeros((0, BODY_WIDTH)))
    most = max(1, len(faces), len(bodies))
    parts = [torch.from_numpy(part) for rows in (faces, bodies) for part in _padded(rows, most)]
    return PersonFeatures(*parts)


def _padded(rows: FloatArray, most: int) -> tuple[FloatArray, Any]:
    """Rows [n, W] as [1, most, W] with their mask [1, most]."""
    out = np.zeros((1, most, rows.shape[1]), np.float32)
    out[0, : len(rows)] = rows
    return out, np.arange(most)[None] < len(rows)
