"""Follows people by their bodies through a clip's shots, so that whoever turns away is still there; and what they wear.

Out: a `Thing` for each body, a sighting in every frame from where it is first seen to the last; the looks of a body;
and, in a clip without faces, tracks of kind "figure" of the bodies themselves.

The detector looks at every fourth frame and at more where somebody comes, goes or moves; between them a body goes along
a straight line. Bodies are linked as in ByteTrack (Zhang et al. 2022, arXiv:2110.06864), by overlap with where one is
heading and by colours: sure ones first, then unsure ones go on with what is left; who is never sure is nobody. Where a
body is lost, as of who lies or bends, the detector of people may go on with it. Nobody is followed across a cut.

Looks are hair, clothes and build as pooled features and Lab colours of three strips of the body's box: head, torso and
legs. They mean somebody only as long as she wears the same: `identity/same_place.py` says how much they count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception import colours
from pvchat.perception.bodyfaces import head_of
from pvchat.perception.boxes import area, crop, crop_square, nesting, overlap
from pvchat.perception.experts.efficientnet import FrameExpert
from pvchat.perception.experts.facemaps import face_maps
from pvchat.perception.experts.figures import FigureExpert
from pvchat.perception.experts.objects import Detection
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.sightings import best_of_stretches, spread
from pvchat.perception.tracks import cheapest_pairs, new_track
from pvchat.schemas import BODY, GRID_CELLS, FloatArray, IntArray, Pixels, Thing, Track
from pvchat.video import Clip

_SURE, _LEAST = 0.5, 0.25  # score from which a body is one, and from which it goes on with one [choice]
_SAME = 0.3  # overlap from which a body is where one was [choice]
_STRIDE, _STILL = 4, 0.6  # frames from look to look while every body overlaps as much as this with itself [choice]
_STEP, _GROWN = 0.5, 1.8  # most that a body's centre may jump, in its diagonals, and that its size may change [choice]
_ALIKE = 40.0  # distance of the colours [9] of two sightings of one body, that jumps [choice]
_LOST = 6  # sampled frames that a body may be missed for
_SMALL = 120  # rows of a frame, or a few more, that colours are taken of
_REACH = 0.35  # of the way from crown to hips that a body is wide, to each side [choice]
MOST = 4  # bodies of a clip that are described, those most in front, and sightings of each
_SIGHTINGS = 6  # of a body without a face that make its track
_STRIPS = ((0, 2), (2, 4), (4, 7))  # rows of the 7 by 7 grid of a body's box: head, torso, legs
_SIZE, _ROWS, _COLUMNS = (16, 32), ((0, 7), (7, 17), (17, 30)), slice(4, 12)  # of the picture that tints are taken of

Things = Callable[[Pixels], list[Detection]]
People = Callable[[Pixels], Detections]


@dataclass(frozen=True)
class _Body:
    """A body in one frame: box [4], score, colours [9]."""

    box: FloatArray
    score: float
    colours: FloatArray


@dataclass
class _Path:
    """A body's sightings so far, and the frames in which they are."""

    frames: list[int]
    seen: list[_Body]

    @property
    def sure(self) -> bool:
        """Whether it was sure once."""
        return max(one.score for one in self.seen) >= _SURE

    def ahead(self, frame: int) -> FloatArray:
        """The predicted box [4] in a later frame: moved on as between its last two sightings, for one step at most."""
        last = self.seen[-1].box
        if len(self.frames) < 2:
            return last
        steps, moved = (frame - self.frames[-1]) / (self.frames[-1] - self.frames[-2]), last - self.seen[-2].box
        return np.asarray(last + min(1.0, steps) * np.tile((moved[:2] + moved[2:]) / 2, 2), np.float32)

    def thing(self) -> Thing:
        """The whole path, with an interpolated box in every frame that wasn't searched."""
        frames, sure = np.arange(self.frames[0], self.frames[-1] + 1), np.array([one.score for one in self.seen])
        boxes = np.stack([np.interp(frames, self.frames, side) for side in _boxes(self.seen).T], 1)
        after = np.searchsorted(self.frames, frames)
        scores = np.minimum(sure[after], sure[np.maximum(after - 1, 0)])
        scores[np.isin(frames, self.frames)] = sure
        return Thing("person", 0.0, frames.tolist(), boxes.round(4).tolist(), scores.round(4).tolist())


def follow_bodies(images: Pixels, shots: IntArray, things: Things, people: People) -> list[Thing]:
    """The bodies of a clip [T, H, W, 3] uint8 RGB, the largest first; `shots` [T]: in which shot each frame is."""
    found = _detect_as_needed(images, shots, things)
    paths: list[_Path] = []
    for frame, there in sorted(found.items()):
        free = [p for p in paths if frame - p.frames[-1] <= _LOST and shots[p.frames[-1]] == shots[frame]]
        image = images[frame]
        bodies = _with_colours(there, image)
        lost, left = _extend_paths(free, [one for one in bodies if one.score >= _SURE], frame)
        unsure = [one for one in bodies if one.score < _SURE]
        lost, unsure = _extend_paths([p for p in lost if p.sure], unsure, frame)
        if lost:
            _extend_paths(lost, _with_colours(_people_without_body(people(image), there, image), image), frame, nesting)
        _, unsure = _extend_paths([p for p in free if not p.sure and p.frames[-1] != frame], unsure, frame)
        paths += [_Path([frame], [one]) for one in left + unsure]
    followed = (path.thing() for path in paths if path.sure)
    return sorted(followed, key=lambda body: -area(np.array(body.boxes, np.float32)).sum())


def _detect_as_needed(images: Pixels, shots: IntArray, things: Things) -> dict[int, list[Detection]]:
    """Bodies by frame: of the first and the last frame of each shot, and of others where bodies come, go or move."""
    found: dict[int, list[Detection]] = {}

    def look(frame: int) -> list[Detection]:
        if frame not in found:
            found[frame] = kept = list[Detection]()
            for one in things(images[frame]):  # the surest first; of several boxes below one head the surest is kept
                likely = one.label == "person" and one.score >= _LEAST
                if likely and not any(_share_head(one.box, other.box) for other in kept):
                    kept.append(one)
        return found[frame]

    for shot in np.unique(shots):
        first, last = np.flatnonzero(shots == shot)[[0, -1]].tolist()
        spans = [(start, min(start + _STRIDE, last)) for start in range(first, last + 1, _STRIDE)]
        while spans:
            start, end = spans.pop(0)
            least = _SAME if end - start <= 2 else _STILL
            if not _all_matched(look(start), look(end), least) and end - start > 1:
                middle = (start + end) // 2
                look(middle)
                spans[:0] = [(start, middle), (middle, end)]
    return found


def _with_colours(found: Sequence[Detection], image: Pixels) -> list[_Body]:
    small = image[:: max(1, image.shape[0] // _SMALL), :: max(1, image.shape[0] // _SMALL)]
    return [_Body(one.box, one.score, tints(crop(small, one.box))) for one in found]


def _share_head(a: FloatArray, b: FloatArray) -> bool:
    """Whether the upper edges of two boxes are at one head, so that both are of one person."""
    width, height = np.minimum(a[2:] - a[:2], b[2:] - b[:2])
    aside = abs(float(a[0] + a[2] - b[0] - b[2])) / 2
    return bool(aside < 0.25 * width and abs(float(a[1] - b[1])) < 0.15 * height)


def _all_matched(bodies: Sequence[Detection], others: Sequence[Detection], least: float) -> bool:
    """Whether each sure body of either frame overlaps by `least` with a body of the other frame, sure or not."""
    for here, there in ((bodies, others), (others, bodies)):
        shared = overlap(_boxes([one for one in here if one.score >= _SURE]), _boxes(there))
        if (shared.max(1, initial=0.0) < least).any():
            return False
    return True


def _people_without_body(found: Detections, bodies: Sequence[Detection], image: Pixels) -> list[Detection]:
    """Detections of the second detector that overlap no body of the first; boxes reach from crown to feet."""
    size = np.array(image.shape[1::-1], np.float32)
    hips, crowns = found.points[:, 0] / size, found.points[:, 1] / size
    wide = _REACH * np.linalg.norm((crowns - hips) * size, axis=1, keepdims=True) / size
    low, high = np.minimum(crowns, 2 * hips - crowns) - wide, np.maximum(crowns, 2 * hips - crowns) + wide
    boxes = np.clip(np.concatenate([low, high], 1), 0, 1).astype(np.float32).reshape(-1, 4)
    new = overlap(boxes, _boxes(bodies)).max(1, initial=0.0) < _SAME
    return [Detection("person", box, _LEAST) for box in boxes[new]]


def _extend_paths(
    paths: Sequence[_Path],
    bodies: Sequence[_Body],
    frame: int,
    shared: Callable[[FloatArray, FloatArray], FloatArray] = overlap,
) -> tuple[list[_Path], list[_Body]]:
    """Append a frame's bodies to the paths that they continue, each once; returns paths and bodies left over."""
    if not paths or not bodies:
        return list(paths), list(bodies)
    was, now = np.array([path.ahead(frame) for path in paths], np.float32), _boxes(bodies)
    shown, before = (np.stack([one.colours for one in some]) for some in (bodies, [path.seen[-1] for path in paths]))
    apart = np.linalg.norm(before[:, None] - shown[None], axis=2)
    near, way = shared(was, now), _centre_distances(was, now)
    allowed = (near >= _SAME) | ((way <= _STEP) & (apart <= _ALIKE))
    pairs = cheapest_pairs(1 - near + np.minimum(way, 1.0) + apart / _ALIKE, allowed)
    for i, j in pairs:
        paths[i].frames.append(frame)
        paths[i].seen.append(bodies[j])
    gone, taken = {i for i, _ in pairs}, {j for _, j in pairs}
    return [p for i, p in enumerate(paths) if i not in gone], [b for j, b in enumerate(bodies) if j not in taken]


def _centre_distances(was: FloatArray, now: FloatArray) -> FloatArray:
    """Distances [n, m] of boxes' centres, in the smaller one's diagonals; infinite where the sizes differ much."""
    long, short = (np.linalg.norm(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (was, now))
    smaller, larger = np.minimum.outer(long, short), np.maximum.outer(long, short)
    middles = (was[:, None, :2] + was[:, None, 2:] - now[None, :, :2] - now[None, :, 2:]) / 2
    way = np.linalg.norm(middles, axis=2) / np.maximum(smaller, 1e-6)
    return np.asarray(np.where(larger <= _GROWN * smaller, way, np.inf), np.float32)


def _boxes(found: Sequence[Detection | _Body]) -> FloatArray:
    return np.array([one.box for one in found], np.float32).reshape(-1, 4)


def describe(clip: Clip, body: Thing, expert: FrameExpert) -> NDArray[np.float16]:
    """Looks [m, LOOKS] of a body's surest sightings, one of each stretch."""
    best = best_of_stretches(np.asarray(body.scores), MOST)
    crops = [crop(clip.images[body.frames[i]], np.asarray(body.boxes[i], np.float32)) for i in best]
    grid = expert.grid(crops).reshape(len(crops), GRID_CELLS, GRID_CELLS, BODY)
    strips = [grid[:, first:end].mean((1, 2)) for first, end in _STRIPS]
    return np.concatenate([*strips, np.stack([tints(picture) for picture in crops])], 1).astype(np.float16)


def body_track(clip: Clip, body: Thing, frames: FrameExpert, figures: FigureExpert) -> Track:
    """A body without a face as a track of kind "figure", its box where the head is, in a few sightings."""
    seen, body = np.array(body.frames, np.int64), body.rows(spread(len(body.frames), _SIGHTINGS).tolist())
    heads = np.stack([head_of(np.array(box, np.float32)) for box in body.boxes])
    cuts = [crop_square(clip.images[frame], head) for frame, head in zip(body.frames, heads, strict=True)]
    identity, unknown = figures.identity(face_maps(frames, cuts)).astype(np.float32), np.zeros(len(heads), np.float32)
    track = new_track("figure", body.frames, heads, np.array(body.scores, np.float32), unknown, identity)
    track.body_boxes, track.looks, track.seen = np.array(body.boxes, np.float32), describe(clip, body, frames), seen
    return track


def tints(picture: Pixels) -> FloatArray:
    """Mean Lab colours [9] of the middle of head, torso and legs."""
    lab = colours.to_lab(np.asarray(Image.fromarray(picture).resize(_SIZE)))[:, _COLUMNS]
    return np.concatenate([lab[first:end].mean((0, 1)) for first, end in _ROWS])
