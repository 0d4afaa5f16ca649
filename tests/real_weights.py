"""Where the real embedded weights lie on this machine, which tests marked `weights` see and questions are read with."""

from __future__ import annotations

import os
from pathlib import Path

from pvchat.config import home

WEIGHTS_HOME = Path(os.environ.get("PVCHAT_TEST_WEIGHTS_HOME") or home()).absolute()


def lend_encoder(folder: Path) -> None:
    """Put the reader's encoder, and no other weights, into a home folder: another process reads questions there."""
    for encoder in (WEIGHTS_HOME / "weights").glob("sentences-*"):
        (folder / "weights").mkdir(exist_ok=True)
        if not (lent := folder / "weights" / encoder.name).exists():
            lent.symlink_to(encoder, target_is_directory=True)
