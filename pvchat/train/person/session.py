"""Around one training of a person: who watches and may stop it, and where its state is kept. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pvchat.augment.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Session(Watch):
    """Whoever waits for a training; when it is stopped, the best so far is kept.

    Attributes:
        folder: where the run's state is kept for resuming; None keeps none.
        resume: go on from the state in `folder`.
    """

    folder: Path | None = None
    resume: bool = False


ALONE = Session()
