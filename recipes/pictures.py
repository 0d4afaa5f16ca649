"""Image sets as training reads them: a folder with a `metadata.jsonl`, a line an image, and the images it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.augment.lines import read_lines
from pvchat.errors import SettingsError

_SMALL = 240  # pixels of the longer side below which a picture is doubled


def read_metadata(folder: Path) -> list[dict[str, Any]]:
    """The rows of a set's `metadata.jsonl`; raises SettingsError where there is no such set."""
    if not (folder / "metadata.jsonl").is_file():
        hint = "Name the folder that holds all sets; each is a folder with a metadata.jsonl."
        raise SettingsError("there is no set of pictures here", subject=str(folder), hint=hint)
    return read_lines(folder / "metadata.jsonl")


def read_image(path: Path) -> NDArray[np.uint8]:
    """[H, W, 3] RGB."""
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def middle_of(boxes: NDArray[np.float32], image: NDArray[np.uint8]) -> int:
    """Which of some boxes [n, 4] (pixels) lies nearest to the middle of an image [H, W, 3]: whom a face crop shows."""
    return int(np.abs(boxes.reshape(-1, 2, 2).mean(1) - np.array(image.shape[1::-1]) / 2).sum(1).argmin())


def with_room(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A face crop with a quarter of its height around it: the detector finds no face that fills the picture."""
    border = image.shape[0] // 4
    return np.pad(image, ((border, border), (border, border), (0, 0)), mode="edge")


def middle_face(
    image: NDArray[np.uint8], detector: Any
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]] | None:
    """A face crop with room around it, box [4] and five points [5, 2] of its middle face; None where none is found."""
    image = with_room(image)
    boxes, points, _ = detector.detect_many([image])[0]
    if not len(boxes):
        return None
    middle = middle_of(boxes, image)
    return image, boxes[middle], points[middle]


def framed(root: Path, row: dict[str, Any]) -> NDArray[np.uint8]:
    """The picture of a metadata row: small ones doubled, squashed ones back in the shape of most photos."""
    from PIL import Image

    picture = Image.fromarray(read_image(root / row["set"] / row["file"]))
    if row.get("squashed") is True:
        return np.asarray(picture.resize((288, 216)))
    grown = 2 if max(picture.size) < _SMALL else 1
    return np.asarray(picture.resize((grown * picture.width, grown * picture.height)))
