"""The options of a run: which questions, systems and workers, and how it is measured. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pvchat.config import DEPTHS
from pvchat.errors import SettingsError
from pvchat.eval.manifest import HALVES

MAKER = "pvchat.eval.worker:open_systems"


@dataclass(frozen=True)
class EvalOptions:
    """The options of a run; raises SettingsError for values that can't be used."""

    half: str = ""  # "tune" or "check" for the clips of one half, see `manifest.py`; "" for all
    depth: str = "instant"  # at which people are enrolled
    limit: int | None = None  # at most so many questions, spread evenly
    systems: tuple[str, ...] = ()  # names; empty for all
    engine: str = "local"  # where clips are answered
    workers: int = 1
    resamples: int = 1000  # of the bootstrap
    bertscore: bool = True  # measure it too
    maker: str = MAKER  # see `worker.Spec`; for tests
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("resamples", 0)):
            if (count := getattr(self, name)) < least:
                raise SettingsError(f"must be at least {least}, not {count}.", subject=f"--{name}")
        for name, values in {"half": ("", *HALVES), "depth": DEPTHS}.items():
            if (value := getattr(self, name)) not in values:
                known = ", ".join(filter(None, values))
                raise SettingsError(f"there is no {name} '{value}'.", hint=f"Use one of: {known}.")
