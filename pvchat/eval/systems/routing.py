"""Which attention heads the trained model uses while it answers, by forward hooks on its routers.

In: a model. Out, after a block: for each routed module the share of tokens for which each routed head was on, meaned
over the module's calls in the block. Nothing of the model changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

DIGITS = 4


@contextmanager
def watched(model: Any | None) -> Iterator[dict[str, list[float]]]:
    """Watch a model's routers; the dict is filled when the block ends, and stays empty without a model."""
    out: dict[str, list[float]] = {}
    if model is None:
        yield out
        return
    from pvchat.model.heads import HeadMixer

    seen: dict[str, list[np.ndarray]] = {}

    def hook_for(name: str) -> Any:
        def hook(module: Any, given: Any, result: Any) -> None:
            seen.setdefault(name, []).append(result[1].head_share().detach().cpu().numpy())

        return hook

    routers = [(name, part) for name, part in model.named_modules() if isinstance(part, HeadMixer)]
    handles = [part.register_forward_hook(hook_for(_short(name))) for name, part in routers]
    try:
        yield out
    finally:
        for handle in handles:
            handle.remove()
        out |= {name: [round(float(v), DIGITS) for v in np.mean(rows, 0)] for name, rows in seen.items()}


def _short(name: str) -> str:
    """What tells one routed module from another: "3.cross" of "qformer.layers.3.cross.mixer"."""
    parts = [p for p in name.split(".") if p not in ("qformer", "layers", "mixer", "blocks")]
    return ".".join(parts) or name
