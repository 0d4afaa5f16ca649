"""A contact sheet: one tile a sample, with its recipe, so that people can see what augmentation made.

In: a folder of an augmentation. Out: one JPEG. Kept samples come first, by recipe; dropped ones follow with the gate
that refused them. A clip shows its frame of most change against the first one, where a motion is at its peak.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pvchat.augment.schemas import Sample
from pvchat.config import VideoConfig
from pvchat.errors import PVChatError, VideoReadError

TILE = 150  # pixels, height of a picture
_LABEL = 16
_COLUMNS = 10
_QUALITIES = (85, 75, 65, 55)
_SHRINK = 0.85


def make(out: str | Path, path: str | Path, *, most: int = 80, max_bytes: int = 240_000) -> Path:
    """Write the contact sheet of an augmentation.

    Args:
        out: its folder.
        path: where to, ends in .jpg or .jpeg.
        most: samples shown.
        max_bytes: the JPEG's quality, then its size is lowered until it fits.

    Returns:
        `path`.

    Raises:
        PVChatError: nothing to show there, or another ending or folder.
    """
    from pvchat.augment.augmentation import read_samples

    out, path = Path(out), Path(path)
    check(path)
    if not (out / "samples.jsonl").exists():
        raise PVChatError("there are no samples here.", subject=str(out), hint="Run `pvchat augment` first.")
    tiles = [_tile(out, sample) for sample in _order(read_samples(out))[:most]]
    path.write_bytes(_encode(lay_out([t for t in tiles if t is not None]), max_bytes))
    return path


def check(path: Path) -> None:
    """Raise PVChatError where a sheet can't have this name."""
    if path.suffix.lower() not in (".jpg", ".jpeg"):
        raise PVChatError("a contact sheet is a JPEG.", subject=str(path), hint="Let the name end in .jpg.")
    if not path.absolute().parent.is_dir():
        raise PVChatError("its folder doesn't exist.", subject=str(path), hint="Choose another path.")


def lay_out(tiles: Sequence[Image.Image], columns: int = _COLUMNS) -> Image.Image:
    """Tiles in rows of about equal width, each as wide as its picture."""
    if not tiles:
        return Image.new("RGB", (TILE, TILE), "white")
    rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    width = max(sum(t.width + 4 for t in row) for row in rows)
    sheet = Image.new("RGB", (width, len(rows) * (TILE + _LABEL + 4)), "white")
    for number, row in enumerate(rows):
        left = 2
        for tile in row:
            sheet.paste(tile, (left, number * (TILE + _LABEL + 4)))
            left += tile.width + 4
    return sheet


def _order(samples: Sequence[Sample]) -> list[Sample]:
    return sorted(samples, key=lambda s: (bool(s.dropped), s.role != "positive", s.recipe, s.stage != "video", s.id))


def _tile(out: Path, sample: Sample) -> Image.Image | None:
    from pvchat import video

    path = out / sample.media
    path = path if path.exists() else out / "dropped" / path.name
    if not path.exists():
        return None
    try:
        images = video.load(path, VideoConfig(sample_fps=8.0, max_frames=16)).images
    except VideoReadError:
        return None
    picture = Image.fromarray(_telling(images))
    picture = picture.resize((max(1, round(picture.width * TILE / picture.height)), TILE), Image.Resampling.LANCZOS)
    tile = Image.new("RGB", (picture.width, TILE + _LABEL), "white")
    tile.paste(picture, (0, 0))
    text = f"{sample.recipe}{'' if sample.stage == 'video' else ' (still)'}"
    text = f"{text}: {sample.dropped}" if sample.dropped else text
    ImageDraw.Draw(tile).text((1, TILE + 2), text, fill=(170, 20, 20) if sample.dropped else (20, 20, 20))
    return tile


def _telling(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = images[:, ::4, ::4].astype(np.float32)
    return images[int(np.abs(small - small[:1]).mean((1, 2, 3)).argmax())]


def _encode(sheet: Image.Image, max_bytes: int) -> bytes:
    """A JPEG of at most so many bytes: by its quality, then by its size."""
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            sheet.save(file, "JPEG", quality=quality, optimize=True)
            if file.tell() <= max_bytes or min(sheet.size) < TILE:
                return file.getvalue()
        sheet = sheet.resize((round(sheet.width * _SHRINK), round(sheet.height * _SHRINK)), Image.Resampling.LANCZOS)
