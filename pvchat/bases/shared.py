"""What is added to a base for all people: mixed heads in the upper half of its decoder, and where trained a connector.

Its own tensors never change, and fresh parts leave its output as it is: mixed heads are dense at first
(docs/adr/0010-remoh.md), the connector adds 0. A folder of base training (`recipes/bases/`) holds

    base.json             which base, the connector's sizes
    shared.safetensors    mixers and connector

Two thirds of the heads are shared, one third is routed (PVChat, arXiv 2503.17069: 8 and 4 of 12).
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from pvchat.bases.connector import ConnectorConfig, attach, connector_of
from pvchat.bases.loading import Base
from pvchat.bases.prompts import BasePrompt, inputs_of, yes_no
from pvchat.bases.soft import spoken_with
from pvchat.bases.sources import TRAINED, read_json
from pvchat.errors import SettingsError, WeightsError
from pvchat.model.people import PersonState
from pvchat.model.retrofit import KINDS, head_count, mixers, retrofit_moh

WEIGHTS = "shared.safetensors"
SHARED = 2 / 3  # of the heads
log = logging.getLogger(__name__)


def add_shared(base: Base) -> Base:
    """Add mixed heads, and what the source's folder of base training holds, with a connector where it has one.

    Raises WeightsError where that doesn't fit this base.
    """
    folder = base.source.trained
    attention = next((one for one in base.decoder.modules() if type(one).__name__.endswith(KINDS)), None)
    if attention is None:
        log.warning("%s: its attention isn't known, so its heads stay as they are", base.source.name)
    elif (heads := head_count(attention)) > 1:
        retrofit_moh(base.decoder, min(heads - 1, max(1, round(heads * SHARED))))
    if folder is not None:
        if sizes := read_json(folder / TRAINED).get("connector"):
            attach(base, ConnectorConfig(**sizes))
        load_shared(base, folder)
    for value in shared_parameters(base).values():
        value.requires_grad_(False)
    return base


def shared_parameters(base: Base) -> dict[str, Tensor]:
    """All tensors that are added, by name; gradients may be switched on."""
    found: dict[str, Tensor] = {
        f"mixer.{name}.{key}": v for name, m in mixers(base.decoder) for key, v in m.named_parameters()
    }
    connector = connector_of(base)
    if connector is not None:
        found |= {f"connector.{key}": v for key, v in connector.named_parameters()}
    return found


@torch.no_grad()
def load_shared(base: Base, folder: Path) -> None:
    """Fill what was added from a folder; raises WeightsError where that is another base's, or a tensor doesn't fit."""
    if not (folder / WEIGHTS).is_file():
        raise WeightsError("no trained parts here", subject=str(folder), hint=f"Expected {WEIGHTS}.")
    saved, own = load_file(folder / WEIGHTS), shared_parameters(base)
    fits = saved.keys() == own.keys() and all(saved[k].shape == own[k].shape for k in own)
    if not fits or read_json(folder / TRAINED).get("stamp") != stamp_of(base, bare=True):
        hint = "Train again: pvchat train base --model BASE --out DIR"
        raise WeightsError("this was trained for another base.", subject=str(folder), hint=hint)
    for key, value in own.items():
        value.copy_(saved[key])


def stamp_of(base: Base, *, bare: bool = False) -> str:
    """Which base this is, with what was added (`bare`: without): a person's state belongs to one.

    Hashed are shapes, norms and some rows, rounded to bfloat16: the whole of a large base would take seconds.
    """
    found = hashlib.sha256(type(base.model).__name__.encode())
    for name, value in base.model.named_parameters():
        if "moh_mixer" in name or name.startswith("connector.") or not value.is_floating_point():
            continue
        found.update(f"{name}{tuple(value.shape)}".encode())
        found.update(_bytes(value.detach().flatten()[:64]))
    if not bare:
        for name, value in sorted(shared_parameters(base).items()):
            found.update(name.encode() + _bytes(value.detach().flatten()))
    return found.hexdigest()[:16]


def check_base(base: Base) -> None:
    """Raise SettingsError unless people can be made known to this base: places are found, gradients come back."""
    tokens = torch.zeros(2, base.width, device=base.device, requires_grad=True)
    inputs = inputs_of(base, None, BasePrompt("Is Ana there?", soft=(("Ana", 2),)))
    placed = int((inputs["input_ids"] == base.soft).sum())
    with torch.enable_grad(), spoken_with(base, [PersonState("Ana", tokens)]):
        yes_no(base, inputs).backward()
    if placed != 2 or tokens.grad is None or not bool(tokens.grad.any()):
        hint = "Use SmolVLM2, Qwen3-VL, InternVL or LLaVA-OneVision; instant enrollment works with this one."
        raise SettingsError("personal tokens don't reach this base.", subject=base.source.name, hint=hint)


def _bytes(value: Tensor) -> bytes:
    return value.to(torch.bfloat16).view(torch.int16).cpu().numpy().tobytes()
