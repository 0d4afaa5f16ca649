"""How fast what learns: AdamW with a learning rate for each part, and its schedule."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

from pvchat.model.pvchat import PVChatModel
from recipes.model.base.config import BaseConfig
from recipes.model.base.phases import Objective

ROUTERS = 0.05  # of the peak learning rate: at the full one all routed heads go off, and on again, within 40 steps
TOLD = 30.0  # of it, as soft prompts need: at 1 the language model's yes and no stay at chance for a hundred steps
FLOOR = 0.1  # of the peak learning rate, where the cosine ends
DECAY = 0.05  # of matrices' weights
BETAS = (0.9, 0.98)  # CLIP's


def make_optimizer(model: PVChatModel, objective: Objective, config: BaseConfig) -> torch.optim.AdamW:
    """AdamW: matrices decay, vectors, numbers and soft prompts don't; LoRA, routers and "told" have their own rates."""
    groups: list[dict[str, Any]] = []
    for part, parameters in {**trained_parameters(model), "objective": list(objective.parameters())}.items():
        peak = {"lora": config.lora_lr, "routers": ROUTERS * config.lr, "told": TOLD * config.lr}.get(part, config.lr)
        for matrices in (True, False):
            chosen = [p for p in parameters if (p.dim() > 1) == matrices]
            if chosen:
                decay = DECAY if matrices and part not in ("routers", "told") else 0.0
                groups.append({"params": chosen, "peak": peak, "weight_decay": decay})
    return torch.optim.AdamW(groups, lr=config.lr, betas=BETAS)


def learning_rate(step: int, config: BaseConfig) -> float:
    """Share of the peak learning rate at a step: linear warm-up, then a cosine to FLOOR at the last step."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    share = (step - config.warmup) / max(1, config.steps - config.warmup)
    return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def trained_parameters(model: PVChatModel) -> dict[str, list[nn.Parameter]]:
    """Trainable parameters by part: "lora", "routers" (W_r, W_h of mixed heads), "aligner", "told", "rest"."""
    groups: dict[str, list[nn.Parameter]] = {"lora": [], "routers": [], "aligner": [], "told": [], "rest": []}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[_part(name)].append(parameter)
    return groups


def _part(name: str) -> str:
    """Which group a parameter belongs to."""
    if name.startswith("llm."):
        return "lora"
    if ".mixer." in name:
        return "routers"
    if name.startswith("project_presence."):
        return "told"
    return "aligner" if name.startswith("aligner.") else "rest"
