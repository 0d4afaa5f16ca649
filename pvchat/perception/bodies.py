"""What people wear, by their bodies: who turns away, bends down or stands too far off has no face that says anything.

In: frames and bodies as they are followed (`bodytracks.py`). Out: the looks of a body, and, in a clip without faces,
tracks of kind "figure" of the bodies themselves.

Looks are hair, clothes and build as pooled features and Lab colours of three strips of the body's box: head, torso and
legs. They mean somebody only as long as she wears the same: `identity/bodies.py` says how much they count.
Legend: n sightings, m of them described.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception import colours
from pvchat.perception.experts.attributes import crop
from pvchat.perception.experts.efficientnet import WIDTH, FrameExpert
from pvchat.perception.experts.figurelooks import face_maps
from pvchat.perception.experts.figures import FigureExpert, crop_squares
from pvchat.perception.heads import head_of
from pvchat.perception.sightings import spread
from pvchat.schemas import FloatArray, Thing, Track
from pvchat.video import Clip

Looks = NDArray[np.float16]
MOST = 4  # bodies of a clip that are described, those most in front, and sightings of each
_SIGHTINGS = 6  # of a body without a face
_STRIPS = ((0, 2), (2, 4), (4, 7))  # rows of the 7 by 7 grid of a body's box: head, torso, legs
_SIZE, _ROWS, _COLUMNS = (16, 32), ((0, 7), (7, 17), (17, 30)), slice(4, 12)  # of the picture that tints are taken of


def describe(clip: Clip, body: Thing, expert: FrameExpert) -> Looks:
    """Looks [m, LOOKS] of a body's surest sightings, one of each stretch."""
    parts = np.array_split(np.arange(len(body.frames)), min(MOST, len(body.frames)))
    best = [part[np.asarray(body.scores)[part].argmax()] for part in parts]
    crops = [crop(clip.images[body.frames[i]], np.asarray(body.boxes[i], np.float32)) for i in best]
    grid = expert.grid(crops).reshape(len(crops), 7, 7, WIDTH)
    strips = [grid[:, first:end].mean((1, 2)) for first, end in _STRIPS]
    return np.concatenate([*strips, np.stack([tints(picture) for picture in crops])], 1).astype(np.float16)


def body_track(clip: Clip, body: Thing, frames: FrameExpert, figures: FigureExpert) -> Track:
    """A body without a face as a track of kind "figure", its box where the head is, in a few sightings."""
    seen, body = np.array(body.frames, np.int64), body.rows(spread(len(body.frames), _SIGHTINGS).tolist())
    n, boxes = len(body.frames), np.array(body.boxes, np.float32)
    heads = np.stack([head_of(box) for box in boxes])
    images = [clip.images[frame] for frame in body.frames]
    cuts = [crop_squares(image, head[None])[0] for image, head in zip(images, heads, strict=True)]
    return Track(
        kind="figure",
        frames=np.array(body.frames, np.int64),
        boxes=heads,
        points=np.full((n, 5, 2), np.nan, np.float32),
        scores=np.array(body.scores, np.float32),
        quality=np.zeros(n, np.float32),
        identity=figures.identity(face_maps(frames, cuts)).astype(np.float32),
        body_boxes=boxes,
        body=np.zeros((n, WIDTH), np.float32),
        pose=np.full((n, 33, 4), np.nan, np.float32),
        looks=describe(clip, body, frames),
        seen=seen,
    )


def tints(picture: NDArray[np.uint8]) -> FloatArray:
    """Mean Lab colours [9] of the middle of head, torso and legs."""
    lab = colours.to_lab(np.asarray(Image.fromarray(picture).resize(_SIZE)))[:, _COLUMNS]
    return np.concatenate([lab[first:end].mean((0, 1)) for first, end in _ROWS])
