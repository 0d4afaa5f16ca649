"""Hostile photos and animations, read by Pillow: a file object in, facts or upright RGB pictures out.

Pillow reads the header first; pixels are decoded only when the size has passed the limits. GIF and WebP are Pillow's
because it composes partial and transparent frames and because many builds of FFmpeg have no animated WebP.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pvchat.config import VideoConfig
from pvchat.errors import VideoReadError
from pvchat.video import files
from pvchat.video.files import PathLike, Probe, unreadable

if TYPE_CHECKING:
    from PIL import Image


FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "AVIF", "HEIF")  # no EPS: Pillow would start Ghostscript
ANIMATED = ("GIF", "WEBP", "PNG")
DELAY_S = 0.1  # browsers show animation frames whose delay is 0 or 10 ms for this long
ORIENTATION = 274  # EXIF tag
_QUALITY = 85  # of what is written
TURNS = {3: 180, 6: 270, 8: 90}  # EXIF orientation -> degrees counter-clockwise


def probe_picture(path: PathLike, file: BinaryIO, config: VideoConfig) -> Probe:
    """Read a photo's header, or walk through an animation."""
    with open_picture(path, file) as image, _reading(path, "picture"):
        moves = image.format in ANIMATED and getattr(image, "is_animated", False)
        files.check_pixels(path, *image.size, config.max_pixels * (1 if moves else files.PHOTO_FACTOR))
        files.check_side(path, *image.size)
        name = (image.format or "").lower()
        if not moves:
            orientation, seconds = exif_of(image).get(ORIENTATION, 1), config.still_seconds
            width, height = image.size[::-1] if orientation in (5, 6, 7, 8) else image.size
            turned = TURNS.get(orientation, 0)
            return Probe(name, name, width, height, turned, 1.0 / seconds, seconds, 1, "photo")
        declared, seconds, frames = _frame_count(image), 0.0, 0
        files.check_amount(path, image.size, declared, config, "animation")
        for start, delay, _ in animation(path, image):
            seconds, frames = start + delay, frames + 1
            files.check_length(path, seconds, frames, config)
            files.check_amount(path, image.size, frames, config, "animation")  # damaged ones can't be counted before
        note = f"the animation is damaged from frame {frames + 1} on." if frames != declared else ""
        return Probe(name, name, *image.size, 0, frames / seconds, seconds, frames, "animation", note=note)


def jpeg_of(image: NDArray[np.uint8], side: int) -> bytes:
    """JPEG of a picture [H, W, 3] that is made no larger than `side` pixels either way."""
    from PIL import Image

    small, out = Image.fromarray(image), io.BytesIO()
    small.thumbnail((side, side))
    small.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


@contextlib.contextmanager
def open_picture(path: PathLike, file: BinaryIO) -> Iterator[Image.Image]:
    """Open a photo or an animation: header only, pixels are decoded by whoever asks."""
    from PIL import Image, UnidentifiedImageError

    if os.fstat(file.fileno()).st_size > files.PICTURE_BYTES:
        raise unreadable(path, f"a picture file of more than {files.PICTURE_BYTES >> 20} MB.", "Make it smaller.")
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    Image.init()
    try:
        image = Image.open(file, formats=[f for f in FORMATS if f in Image.OPEN])
    except Image.DecompressionBombError as error:
        raise unreadable(path, f"its picture is far too large ({error}).", "Make it smaller.") from error
    except UnidentifiedImageError as error:
        hint = "HEIC photos need the package pillow-heif, or convert them to JPEG."
        raise unreadable(path, "this picture can't be read; it is damaged or of an unknown kind.", hint) from error
    except Exception as error:  # as `_reading`, but for the two above
        raise unreadable(path, f"this picture can't be read ({error}).", "The file is damaged.") from error
    with image:
        yield image


def animation(path: PathLike, image: Image.Image) -> Iterator[tuple[float, float, Image.Image]]:
    """Yield (start, delay in seconds, picture) of an animation; ends where it is damaged."""
    start = 0.0
    for number in count():
        try:
            with _reading(path, "animation"):
                image.seek(number)
                image.load()
        except VideoReadError:
            if number == 0:
                raise
            return
        delay = image.info.get("duration", 0) / 1000.0
        delay = delay if delay > 0.0101 else DELAY_S
        yield start, delay, image.copy()
        start += delay


def exif_of(image: Image.Image) -> Image.Exif:
    """A picture's EXIF tags; none where they are damaged, which is no reason to refuse the picture."""
    with contextlib.suppress(SyntaxError):  # "not a TIFF file"; from then on Pillow holds them for empty
        image.getexif()
    return image.getexif()


def flat(path: PathLike, image: Image.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Upright [H, W, 3] uint8 RGB of `size` (W, H); what is transparent lies on white."""
    from PIL import Image as PILImage
    from PIL import ImageOps

    with _reading(path, "picture"):
        exif_of(image)
        image = ImageOps.exif_transpose(image)
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = PILImage.alpha_composite(PILImage.new("RGBA", image.size, "white"), image)
        return np.asarray(image.convert("RGB").resize(size, PILImage.Resampling.BICUBIC))


@contextlib.contextmanager
def _reading(path: PathLike, what: str) -> Iterator[None]:
    """What a damaged file runs Pillow's readers into: OSError, IndexError, KeyError, zlib.error …"""
    try:
        yield
    except VideoReadError:
        raise
    except Exception as error:
        raise unreadable(path, f"this {what} can't be decoded ({error}).", "The file is damaged.") from error


def _frame_count(image: Image.Image) -> int:
    """Frames by the file's own count; -1 where damage keeps them from being counted."""
    try:
        return getattr(image, "n_frames", 1)
    except Exception:
        return -1
