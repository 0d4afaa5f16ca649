"""Tasks for workers; in a module of their own, so that other processes can import them without the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pvchat.augment.settings import AugmentConfig
from pvchat.errors import PVChatError


class Squares:
    """A worker."""

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "square": row["n"] ** 2 / 7, "deep": {"a": [1, 2.5, None]} if row["n"] % 2 else "text"}


def steps_of(clip: str, name: str, out: Path, chat: Any, config: AugmentConfig) -> Path:
    """Stands in for `steps.augment`: as many rows as clips are asked for."""
    if name == "three":
        raise PVChatError("is three.")
    Path(out).mkdir(parents=True, exist_ok=True)
    (Path(out) / "dataset.jsonl").write_text(f'"{name}"\n' * min(3, config.clips))
    return Path(out)
