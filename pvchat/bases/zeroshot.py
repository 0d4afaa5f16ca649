"""Zero-shot choices: an encoder of CLIP's kind fills the gaps that `claims.py` names.

The likeness of a sentence of the lists (`choices.json`) is the cosine of a person's crops, or of whole frames for a
place, at a few moments, to it in several templates (CLIP, arXiv 2103.00020, Sec. 3.1.4), minus that to a sentence which
tells nothing ("a photo of a person."), in logits. Nothing was measured with a real encoder: how sure a choice must be
is a stated prior, and each is told with "probably".

Legend: B looks, n texts, W width of vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from pvchat import video
from pvchat.bases.eyes import Eyes
from pvchat.bases.marking import Frames, crop_of
from pvchat.config import VideoConfig
from pvchat.model.choices import Chooser, Scale
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis, FloatArray

MOMENTS = 4  # at which a person or the place is looked at, spread evenly
TEMPLATES = (
    "a photo of {}.", "a frame of a video of {}.", "a blurry photo of {}.", "a picture of {} by a security camera.",
)  # fmt: skip
BASELINE = "A person."
# Priors, none of them measured: zero-shot softmaxes are too sure of themselves, so half as sharp as in training; "none
# of these" is as likely as a sentence by this many logits above the one that tells nothing (a cosine of .01 for most
# encoders); more likely than not is told.
TEMPERATURE = 2.0
MARGIN = 1.0
LEAST, LEAST_OF_GROUP = 0.5, 0.6

Moment = tuple[float, FloatArray | None]  # seconds, and the box [4] that is looked at; None for the whole frame


class ZeroShot:
    """One encoder as it looks at clips. It keeps the vectors of sentences, nothing of a clip."""

    def __init__(self, eyes: Eyes, config: VideoConfig) -> None:
        self.eyes, self.config = eyes, config
        self._vectors = lru_cache(maxsize=8)(self._encode)

    def chooser(self, analysis: ClipAnalysis, clip: Path) -> Chooser:
        """The encoder as it chooses about one clip, or about the part of it that was analysed."""
        return Chooser(partial(self.likeness, analysis, clip), Scale(1 / TEMPERATURE, MARGIN, LEAST, LEAST_OF_GROUP))

    def likeness(
        self, analysis: ClipAnalysis, clip: Path, tracks: Sequence[int | None], texts: Sequence[str]
    ) -> FloatArray:
        """How much nearer each of n texts is to each of B tracks (None: to the whole clip) than one that tells nothing:
        [B, n] in logits. Raises VideoReadError where the clip is gone or damaged.
        """
        vectors, baseline = self._vectors(tuple(texts)), self._vectors((BASELINE,))
        wanted = [moments(analysis, track) for track in tracks]
        frames = self._frames(analysis, clip, {time for one in wanted for time, _ in one})
        rows = []
        for looks in wanted:
            seen_at = [(frames[time], box) for time, box in looks if time in frames]
            shown = [frame if box is None else crop_of(frame, box) for frame, box in seen_at]
            seen = self.eyes.pictures(shown).mean(0) if shown else np.zeros(vectors.shape[1], np.float32)
            rows.append((vectors - baseline) @ seen)
        return np.stack(rows).astype(np.float32) * np.float32(self.eyes.sharpness)

    def _frames(self, analysis: ClipAnalysis, clip: Path, times: set[float]) -> dict[float, Frames]:
        """The pictures at some of the sampled times; without those that can't be decoded."""
        found = video.probe(clip, self.config)
        if found.kind == "video":
            return dict(video.pictures_at(clip, found, times, self.config))
        read = video.load(clip, self.config, key=analysis.key, found=found)  # a photo or an animation
        return {time: read.images[int(np.abs(read.times - time).argmin())] for time in times}

    def _encode(self, texts: tuple[str, ...]) -> FloatArray:
        """[n, W] the mean direction of each text in all templates."""
        # "A person is cooking." → "a person cooking"
        plain = [t.rstrip(".").replace("A person is ", "a person ").replace("A person", "a person") for t in texts]
        prompts = [template.format(text) for text in plain for template in TEMPLATES]
        mean = self.eyes.sentences(prompts).reshape(len(texts), len(TEMPLATES), -1).mean(1)
        unit: FloatArray = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-6)
        return unit


def moments(analysis: ClipAnalysis, track: int | None) -> list[Moment]:
    """When to look at somebody (an index into the tracks), and where; None: at whole frames."""
    if track is None:
        return [(float(analysis.times[i]), None) for i in _spread(len(analysis.times))]
    one = analysis.tracks[track]
    boxes = whole_boxes(one)
    return [(float(analysis.times[one.frames[i]]), boxes[i]) for i in _spread(len(one))]


def _spread(count: int) -> list[int]:
    """At most `MOMENTS` of `count` places, evenly, the middle one of each share."""
    most = min(MOMENTS, count)
    return [int((i + 0.5) * count / most) for i in range(most)]
