"""Who turns away, or doesn't face the camera yet, is there all the same: her body is followed from where it has a face.

In: a part of a long video, its face tracks, the detector of things (`experts/objects.py`). Out: `Track.seen` with the
samples of her shot, too, in which only her body shows; spans end where that does.

The detector looks at a sample only where a face that was there the moment before, or after, isn't found in the same
shot. The body that carries the face there is followed, as long as one alone lies where it was and none but hers is the
face that it carries. Nobody is recognised by it, and it crosses neither cuts nor the borders of parts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.perception.analysis import Experts
from pvchat.perception.boxes import overlap
from pvchat.perception.heads import carries
from pvchat.schemas import ClipAnalysis, FloatArray, IntArray, Track
from pvchat.video import Clip

_LEAST = 0.3  # score of a body; the face that it carries is the other half of the proof [choice]
_SAME = 0.3  # overlap from one sample to the next from which a body is the same one, as of things [choice]


def add_turned(clip: Clip, part: ClipAnalysis, experts: Experts) -> None:
    """Give the face tracks of a part the samples in which their bodies alone are seen.

    Args:
        clip: T frames.
        part: what was seen in them; its tracks' `seen` is filled in.
        experts: of whom the detector of things finds bodies; it isn't loaded where every face is seen throughout.
    """
    bodies = _Bodies(clip, part, experts)
    for track in part.tracks:
        if track.kind == "face":
            more = [frame for end, step in bodies.ends(track) for frame in bodies.followed(track, end, step)]
            if more:
                track.seen = np.union1d(track.shown_in, more)


class _Bodies:
    """The bodies of a part's frames, each frame looked at when it is first asked for."""

    def __init__(self, clip: Clip, part: ClipAnalysis, experts: Experts) -> None:
        self._images, self._tracks, self._experts = clip.images, part.tracks, experts
        self._shots: IntArray = part.shot_of(clip.times)
        self._found: dict[int, list[FloatArray]] = {}

    def ends(self, track: Track) -> list[tuple[int, int]]:
        """(sighting, step): where a track has a neighbouring sample in its shot, `step` away, without a sighting."""
        own = set(track.frames.tolist())
        sides = [(i, step) for i in range(len(track)) for step in (-1, 1)]
        return [(i, step) for i, step in sides if self._beside(int(track.frames[i]), step) not in own | {None}]

    def followed(self, track: Track, end: int, step: int) -> list[int]:
        """The samples from one sighting of a track on, in one direction, in which its body shows, up to the next."""
        own, frames, at = set(track.frames.tolist()), list[int](), int(track.frames[end])
        body = _only([box for box in self._of(at, track) if carries(box, track.boxes[end])])
        while body is not None and (beside := self._beside(at, step)) is not None and beside not in own:
            at = beside
            body = _only([box for box in self._of(at, track) if overlap(body[None], box[None])[0, 0] >= _SAME])
            frames += [at] if body is not None else []
        return frames

    def _beside(self, frame: int, step: int) -> int | None:
        """The sample before or after, if it is of the same shot."""
        to = frame + step
        return to if 0 <= to < len(self._shots) and self._shots[to] == self._shots[frame] else None

    def _in(self, frame: int) -> list[FloatArray]:
        if frame not in self._found:
            found = self._experts.things.find(self._images[frame])
            self._found[frame] = [one.box for one in found if one.label == "person" and one.score >= _LEAST]
        return self._found[frame]

    def _of(self, frame: int, track: Track) -> list[FloatArray]:
        """The bodies in a frame that carry nobody else's face."""
        others = [box for t in self._tracks if t is not track for box in t.boxes[t.frames == frame]]
        return [box for box in self._in(frame) if not any(carries(box, face) for face in others)]


def _only(boxes: Sequence[FloatArray]) -> FloatArray | None:
    """The one of them; None where there is none or where there are several."""
    return boxes[0] if len(boxes) == 1 else None
