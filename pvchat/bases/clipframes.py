"""Frames of a clip for one question to a base: of the seconds that count, people outlined, a crop of one person.

In: the clip, who is surely there, the analysis. Out: `bases.marking.Visuals`. The frames of the last clip are kept, so
that a conversation decodes once.

Legend: T frames. Boxes are x0, y0, x1, y1 as fractions of the frame.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pvchat import video
from pvchat.bases.loading import Base
from pvchat.bases.marking import Marked, Visuals, cropped, outlined
from pvchat.config import VideoConfig
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis, FloatArray, PersonPresence
from pvchat.video import Clip

Window = tuple[float, float]  # seconds
NEAR_S = 0.3  # a sighting this near to a frame's time stands for it; half the sampling step where that is more


class ClipFrames:
    """Frames of clips, the last ones kept."""

    def __init__(self, config: VideoConfig) -> None:
        self.config = config
        self._kept: tuple[tuple[str, Window, int], Clip] | None = None
        self._forgotten, self._lock = 0, threading.Lock()

    def visuals(
        self, path: Path, analysis: ClipAnalysis, present: Sequence[PersonPresence], base: Base, show: str = "auto"
    ) -> Visuals:
        """The frames that are shown for one question about people who are surely there; raises VideoReadError.

        `show` is "plain", "marks", "crop" (beside marks), or "auto": crops where the base takes them beside a video.
        """
        clip = self._clip(path, analysis, window_of(present, analysis), base.frames)
        people = tuple(Marked(p.name, boxes_at(analysis, p, clip.times), tuple(p.spans)) for p in present)
        plain = Visuals(clip.images, clip.times, people)
        if show == "plain":
            return plain
        marked = outlined(plain, base.family.pair)
        wanted = show == "crop" or (show == "auto" and base.family.beside)
        return replace(marked, crop=cropped(plain)) if wanted else marked

    def forget(self) -> None:
        """Drop them; what is read at this moment isn't kept either."""
        with self._lock:
            self._kept, self._forgotten = None, self._forgotten + 1

    def _clip(self, path: Path, analysis: ClipAnalysis, window: Window, frames: int) -> Clip:
        key, kept, before = (analysis.key, window, frames), self._kept, self._forgotten
        if kept is not None and kept[0] == key:
            return kept[1]
        rate = max(self.config.sample_fps, frames / max(0.1, window[1] - window[0]))
        config = replace(self.config, max_frames=frames, sample_fps=rate)
        clip = video.load(path, config, span=window, key=analysis.key)
        with self._lock:
            if self._forgotten == before:
                self._kept = key, clip
        return clip


def window_of(present: Sequence[PersonPresence], analysis: ClipAnalysis) -> Window:
    """The seconds that are shown: from when those asked about are first seen until they are last seen, else all."""
    start = float(analysis.shots[0, 0]) if len(analysis.shots) else 0.0
    spans = [span for p in present for span in p.spans]
    if not spans:
        return start, analysis.duration_s
    return max(start, min(a for a, _ in spans)), min(analysis.duration_s, max(b for _, b in spans))


def boxes_at(analysis: ClipAnalysis, person: PersonPresence, times: FloatArray) -> FloatArray:
    """Her box [T, 4] at each of the times [T] (seconds): face and body together; NaN where she isn't seen."""
    found = np.full((len(times), 4), np.nan, np.float32)
    for number in dict.fromkeys((*([] if person.track is None else [person.track]), *person.tracks)):
        track = analysis.tracks[number]
        seen = analysis.times[track.frames]
        if not len(seen):
            continue
        nearest = np.abs(seen[None] - np.asarray(times)[:, None]).argmin(1)
        near = np.abs(seen[nearest] - times) <= max(NEAR_S, analysis.step_s / 2 + 1e-3)
        free = near & ~np.isfinite(found).all(1)
        found[free] = whole_boxes(track)[nearest[free]]
    return found
