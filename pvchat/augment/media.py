"""A sample's frames as a file: H.264 mp4 for clips, PNG for stills; whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def write(path: Path, images: NDArray[np.uint8], fps: float) -> None:
    """Write frames [T, H, W, 3] to `path`; a `.png` takes the first one alone."""
    from pvchat.video import save_clip

    draft = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        if path.suffix == ".png":
            Image.fromarray(np.ascontiguousarray(images[0])).save(draft, "PNG", compress_level=3)
        else:
            save_clip(draft, images, fps)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
