"""Frames of a clip as a base is shown them, for one question: of the seconds that count, people outlined, one cropped.

A small model can't tell who is who from reference pictures, and is helped by a line round the person (visual prompting,
as AutoAD-Zero, arXiv 2407.15850, has it); names are told in words (`prompts.py`). Never drawn: anybody who isn't surely
there.

Legend: T frames, H and W pixels. Boxes are x0, y0, x1, y1 as fractions of the frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pvchat import video
from pvchat.bases.loading import Base
from pvchat.config import Settings
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis, FloatArray, PersonPresence, Pixels

Window = tuple[float, float]  # seconds
NEAR_S = 0.3  # a sighting this near to a frame's time stands for it; half the sampling step where that is more
COLOURS = {"red": (255, 0, 0), "green": (0, 200, 0), "blue": (0, 80, 255), "yellow": (255, 220, 0)}
LINE = 0.01  # of the frame's width (AutoAD-Zero)
LEAST = 3  # pixels of the line after a processor has made the frame smaller …
SEEN_AT = 512  # … to this width
MARGIN = 0.25  # of a crop, of the person's box, on every side


@dataclass(frozen=True)
class Marked:
    """One person in some frames: her boxes [T, 4], NaN where she isn't seen, and the seconds in which she is."""

    name: str
    boxes: FloatArray
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Visuals:
    """What a base is shown of a clip."""

    frames: Pixels  # [T, H, W, 3] RGB
    times: FloatArray  # [T] seconds from the clip's start
    people: tuple[Marked, ...] = ()  # those asked about who are there
    outlined: bool = False  # lines are drawn, of each in the colour of her place (`colour_of`)
    crop: Pixels | None = None  # [h, w, 3] of the one person asked about


def visuals_of(
    path: Path, analysis: ClipAnalysis, present: Sequence[PersonPresence], base: Base, settings: Settings
) -> Visuals:
    """The frames that are shown for one question about people who are surely there; raises VideoReadError.

    `settings.show` is "plain", "marks", "crop" (beside marks), or "auto": crops where the base takes them beside a
    video.
    """
    window, show = window_of(present, analysis), settings.show
    rate = max(settings.video.sample_fps, base.frames / max(0.1, window[1] - window[0]))
    config = replace(settings.video, max_frames=base.frames, sample_fps=rate)
    clip = video.load(path, config, span=window, key=analysis.key)
    people = tuple(Marked(p.name, boxes_at(analysis, p, clip.times), tuple(p.spans)) for p in present)
    plain = Visuals(clip.images, clip.times, people)
    if show == "plain":
        return plain
    marked = outlined(plain, base.family.pair)
    wanted = show == "crop" or (show == "auto" and base.family.beside)
    return replace(marked, crop=cropped(plain)) if wanted else marked


def window_of(present: Sequence[PersonPresence], analysis: ClipAnalysis) -> Window:
    """The seconds that are shown: from the first to the last sighting of those asked about, else all."""
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


def colour_of(place: int) -> str:
    """The colour of the first, second … person; more than four share the last."""
    return list(COLOURS)[min(place, len(COLOURS) - 1)]


def outlined(visuals: Visuals, pair: int = 1) -> Visuals:
    """The same with lines round the people; frames that the base makes one of (`pair`) get the same box."""
    frames, (height, width) = visuals.frames.copy(), visuals.frames.shape[1:3]
    line = max(1, int(np.ceil(max(LINE * width, LEAST * width / max(SEEN_AT, width)))))
    for place, person in enumerate(visuals.people):
        colour = COLOURS[colour_of(place)]
        for frame, box in zip(frames, _shared_boxes(person.boxes, pair), strict=True):
            if not np.isfinite(box).all():
                continue
            x0, x1 = (int(np.clip(v * width, 0, width - 1)) for v in (box[0], box[2]))
            y0, y1 = (int(np.clip(v * height, 0, height - 1)) for v in (box[1], box[3]))
            frame[y0 : y0 + line, x0:x1] = frame[max(0, y1 - line) : y1, x0:x1] = colour
            frame[y0:y1, x0 : x0 + line] = frame[y0:y1, max(0, x1 - line) : x1] = colour
    return replace(visuals, frames=frames, outlined=bool(visuals.people))


def cropped(visuals: Visuals) -> Pixels | None:
    """A padded crop of the one person, taken where she is largest; None for none or several."""
    if len(visuals.people) != 1:
        return None
    boxes = visuals.people[0].boxes
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    if not np.isfinite(area).any():
        return None
    at = int(np.nanargmax(area))
    return crop_of(visuals.frames[at], boxes[at])


def crop_of(frame: Pixels, box: FloatArray, margin: float = MARGIN) -> Pixels:
    """A box of a frame with a margin, at least 8 pixels a side."""
    height, width = frame.shape[:2]
    size = np.array([width, height, width, height], np.float32)
    pad = margin * np.array([box[2] - box[0], box[3] - box[1]])
    x0, y0, x1, y1 = (np.concatenate([box[:2] - pad, box[2:] + pad]) * size).round().astype(int)
    x0, y0 = max(0, min(x0, width - 8)), max(0, min(y0, height - 8))
    return np.ascontiguousarray(frame[y0 : max(y1, y0 + 8), x0 : max(x1, x0 + 8)])


def _shared_boxes(boxes: FloatArray, pair: int) -> FloatArray:
    """Boxes [T, 4] that hold what every `pair` frames show; a frame without the person gets none."""
    joined = boxes.copy()
    for start in range(0, len(boxes), pair):
        part = boxes[start : start + pair]
        seen = np.isfinite(part).all(1)
        if seen.any():
            whole = np.concatenate([part[seen, :2].min(0), part[seen, 2:].max(0)])
            joined[start : start + pair][seen] = whole
    return joined
