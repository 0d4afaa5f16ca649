"""Stored people as the trained model takes them: an enrollment in, personal tokens and z out.

An enrollment stores neither: the aligner makes them of her faces' and her body's vectors when the language model is to
speak of her. What training made of a person lies in her folder with the stamp of the weights that it belongs to.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH
from pvchat.model.trained import TrainedModel
from pvchat.people.person import Person

if TYPE_CHECKING:
    from torch import Tensor

    from pvchat.model.people import PersonState

STAMP = "model"  # key in `Person.extra`: which weights made tokens and z
_log = logging.getLogger(__name__)


def person_state(trained: TrainedModel, person: Person) -> PersonState:
    """What the model takes for a person: what training stored, where it was of these weights, else the aligner's."""
    import torch

    from pvchat.model.people import PersonState

    config, arrays = trained.config, person.arrays
    wanted = {"tokens": (config.personal_tokens, config.width), "z": (config.routed_modules, config.routed_heads)}
    # a stranger's file may bear our stamp and have other shapes all the same
    fits = all(key in arrays and arrays[key].shape == shape for key, shape in wanted.items())
    if fits and person.extra.get(STAMP) == trained.stamp:
        stored = (torch.from_numpy(person.arrays[name].astype(np.float32)) for name in ("tokens", "z"))
        tokens, z = (part.to(trained.device) for part in stored)
    else:
        if "tokens" in person.arrays:
            _log.warning("'%s' was trained with another model: only her enrollment counts here", person.name)
        tokens, z = _aligned(trained, person)
    return PersonState(person.name, tokens, z, person)


def _aligned(trained: TrainedModel, person: Person) -> tuple[Tensor, Tensor]:
    """Tokens [I, D] and z [M, R] that the aligner makes of a stored person."""
    import torch

    from pvchat.model.aligner import PersonFeatures

    faces = person.arrays.get("prototypes", np.zeros((0, IDENTITY_WIDTH)))
    if person.kind != "face" or faces.ndim != 2 or faces.shape[1] != IDENTITY_WIDTH:
        faces = np.zeros((0, IDENTITY_WIDTH))
    faces = faces / np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-6)
    parts: list[Tensor] = []
    for side in (faces, person.arrays.get("body", np.zeros((0, BODY_WIDTH)))):
        rows = torch.from_numpy(side.astype(np.float32))[None]
        parts += [rows, torch.ones(rows.shape[:2], dtype=torch.bool)]
    with trained.lock, torch.no_grad():
        tokens, z = trained.model.aligner(PersonFeatures(*parts).to(trained.device))
    return tokens[0], z[0]
