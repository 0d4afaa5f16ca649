"""The subject among others: cut out by the mask and put beside the people of other clips.

In: a profile with masks, folders of clips or pictures of other people. Out: frames of such a clip with the subject in
front, to the left or right, so that the others stay in view. Only the subject is named: who the others are isn't known.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.augment.positives.backgrounds import PICTURES, matte, replace_background
from pvchat.augment.positives.protocol import BOTH, Made, Take, window
from pvchat.augment.profile import Profile
from pvchat.config import VideoConfig
from pvchat.errors import VideoReadError
from pvchat.schemas import FloatArray

Images = NDArray[np.uint8]
CLIPS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif")
_TRIES = 3  # files that may be unreadable
_ASIDE = (0.14, 0.26)  # how far the subject moves to the side, in frame widths
_SIZE = (0.75, 0.95)  # and how much smaller they become
_TOUCHES = 0.05  # share of a border that is the subject's when they are cut off there
_HEADS = 0.15  # of the height that a frame has too much, so much is cut off above: heads are in the upper part
_SPLITS = {3: "val", 6: "test"}  # of seven parts of the files; the rest is for training


class Crowd:
    """The subject in clips of other people.

    Args:
        folders: of those clips.
    """

    name = "crowd"
    needs = frozenset({"subject", "mask"})
    stages = BOTH
    share = 8.0

    def __init__(self, folders: Sequence[Path]) -> None:
        files = (p for folder in folders for p in folder.rglob("*") if p.suffix.lower() in (*CLIPS, *PICTURES))
        self.files = sorted(files)

    def make(self, profile: Profile, take: Take, rng: np.random.Generator) -> Made:
        """See `Generator`."""
        assert profile.masks is not None
        frames = window(profile.seen, take.count, rng)
        height, width = profile.images.shape[1:3]
        scene = self._scene(profile, take, (height, width), rng)
        scale, aside = float(rng.uniform(*_SIZE)), float(rng.uniform(*_ASIDE)) * _side(profile.masks[frames], rng)
        images: list[Images] = []
        mattes: list[FloatArray] = []
        for frame in frames:
            image = profile.images[frame]
            share = (255 * matte(image, profile.masks[frame])).astype(np.uint8)
            images.append(_move(image, scale, aside))
            mattes.append(_move(share, scale, aside).astype(np.float32) / np.float32(255))
        out = [
            replace_background(one[None], share[None], behind, rng)[0]
            for one, share, behind in zip(images, mattes, scene, strict=True)
        ]
        return Made(np.stack(out), take.times)

    def _scene(self, profile: Profile, take: Take, size: tuple[int, int], rng: np.random.Generator) -> Images:
        """Frames [T, H, W, 3] of another clip.

        Raises:
            ValueError: none of the files tried can be read.
        """
        split = next(iter(profile.spans))
        own = [f for f in self.files if _SPLITS.get(zlib.crc32(f.name.encode()) % 7, "train") == split]
        files = own or self.files
        for _ in range(_TRIES if files else 0):
            try:
                return _read(files[int(rng.integers(len(files)))], take, size, rng)
            except VideoReadError:
                continue
        raise ValueError("no clip of other people can be read")


def _read(path: Path, take: Take, size: tuple[int, int], rng: np.random.Generator) -> Images:
    """A stretch of a clip, its frames filled to `size` (H, W)."""
    from pvchat import video

    config = VideoConfig(sample_fps=take.fps, max_frames=take.count, max_side=2 * max(size))
    long, wanted = video.probe(path, config).duration_s, take.count / take.fps
    start = float(rng.uniform(0, max(long - wanted, 0.0)))
    found = video.load(path, config, span=(start, start + wanted) if long > wanted else None).images
    found = found[np.minimum(np.arange(take.count), len(found) - 1)]
    scale = max(size[0] / found.shape[1], size[1] / found.shape[2])
    wide, tall = size[1] / scale, size[0] / scale
    left, top = (found.shape[2] - wide) / 2, (found.shape[1] - tall) * _HEADS
    box = (left, top, left + wide, top + tall)
    scaled = [Image.fromarray(i).resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box) for i in found]
    return np.stack([np.asarray(i) for i in scaled])


def _side(masks: NDArray[np.uint8], rng: np.random.Generator) -> int:
    """-1 or 1: towards the border at which the masks [T, h, w] are cut off, else drawn."""
    left, right = ((masks[:, :, column] > 127).mean() > _TOUCHES for column in (0, -1))
    return int(rng.choice([-1, 1])) if left == right else (-1 if left else 1)


def _move(picture: Images, scale: float, aside: float) -> Images:
    """A picture [H, W(, 3)] made smaller about the middle of its lower edge and moved by `aside` widths; else black."""
    height, width = picture.shape[:2]
    size = max(2, round(width * scale)), max(2, round(height * scale))
    small = Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR)
    out = Image.new(small.mode, (width, height))
    out.paste(small, (round((width - size[0]) / 2 + aside * width), height - size[1]))
    return np.asarray(out)
