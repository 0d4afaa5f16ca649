"""How a run is made: what is asked, of which systems, by which workers, and how it is measured.

In: words of the command line or of the app. Out: `EvalOptions`, frozen and torch-free; `provenance.py` keeps what of it
decides the predictions, `scores.py` reads what decides the measures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pvchat.errors import SettingsError
from pvchat.eval.subsets import HALVES, SUITES

DEPTHS = ("instant", "deep")
MAKER = "pvchat.eval.worker:open_systems"


@dataclass(frozen=True)
class EvalOptions:
    """How to run.

    Attributes:
        suite: which sets, see `subsets.py`.
        half: "tune" or "check" for the clips of one half, see `subsets.py`; "" for all.
        depth: "instant", or "deep" for both depths side by side.
        limit: at most so many questions, spread evenly.
        systems: names; empty for all.
        engine, workers: where clips are answered.
        layout: of the manifest, "auto" to guess.
        frames: put pictures of the worst failures into the report.
        resamples: of the bootstrap.
        bertscore: the scorer's model: "minilm" offline, a hub id or folder otherwise, "none" to leave it out.
        judge: "" for rules only, "hub:FOLDER" or an OpenAI-compatible "http://…/v1#MODEL".
        restart: delete a run that the folder holds instead of going on with it.
        maker, options: see `worker.Spec`; for tests.
    """

    suite: str = "all"
    half: str = ""
    depth: str = "instant"
    limit: int | None = None
    systems: tuple[str, ...] = ()
    engine: str = "local"
    workers: int = 1
    layout: str = "auto"
    frames: bool = True
    resamples: int = 1000
    bertscore: str = "minilm"
    judge: str = ""
    restart: bool = False
    maker: str = MAKER
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def depths(self) -> tuple[str, ...]:
        """The depths at which people are enrolled."""
        return DEPTHS if self.depth == "deep" else DEPTHS[:1]


def check(options: EvalOptions) -> None:
    """Refuse what can't be run.

    Raises:
        SettingsError: there is no such suite, half or depth, or a number is too small.
    """
    for name, least in (("workers", 1), ("resamples", 0)):
        if (count := getattr(options, name)) < least:
            raise SettingsError(f"must be at least {least}, not {count}.", subject=f"--{name}")
    allowed = {"suite": SUITES, "half": ("", *HALVES), "depth": DEPTHS}
    for name, values in allowed.items():
        if (value := getattr(options, name)) not in values:
            raise SettingsError(
                f"there is no {name} '{value}'.", hint=f"Use one of: {', '.join(filter(None, values))}."
            )
