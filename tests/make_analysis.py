"""Faces, tracks and analysed clips made up for the tests; sizes and values are chosen, nothing is detected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from make_people import jpeg
from numpy.typing import NDArray

from pvchat.identity.calibration import Calibration
from pvchat.identity.presence import PresenceModel
from pvchat.perception.experts.faces import DetectedFaces, FaceExpert
from pvchat.perception.search import find_faces
from pvchat.schemas import ClipAnalysis, FloatArray, PersonFacts, Track
from pvchat.video import Clip

WIDTH, HEIGHT = 320, 240  # pixels of the made-up clips
PLAIN = Calibration((1.0, 0, 0, 0, 0, 0), (1.0, 0, 0, 0, 0, 0))  # log-odds as they are


def made_up_model(weights: tuple[float, ...] = (-10.0, -10.0, 4.0, 9.0), **fields: Any) -> PresenceModel:
    """A cohort of made-up people, and weights that put the border between one and two people's distances."""
    cohort = np.stack([identity_of(500 + i) for i in range(60)])
    return PresenceModel(cohort, weights, np.full(1280, 0.5, np.float32), **{"calibration": PLAIN, **fields})


def identity_of(person: int, noise: float = 0.0, seed: int = 0) -> FloatArray:
    """A descriptor [128] of a made-up person: two people are about 0.85 apart, as strangers are for dlib's network."""
    middle = np.random.default_rng(1000 + person).standard_normal(128)
    spread = np.random.default_rng(7919 * person + seed).standard_normal(128)
    length = 0.85 / np.sqrt(2)
    return np.float32(length * middle / np.linalg.norm(middle) + noise * spread / np.linalg.norm(spread))


def box_at(x: float, y: float = 100.0, side: float = 40.0) -> tuple[float, float, float, float]:
    """A square face box in pixels around a centre."""
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def make_faces(*rows: tuple[Any, FloatArray] | tuple[Any, FloatArray, float], quality: float = 0.8) -> DetectedFaces:
    """The faces of one frame out of (box in pixels, descriptor[, score])."""
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    identity = np.array([row[1] for row in rows], np.float32).reshape(-1, 128)
    scores = np.array([row[2] if len(row) > 2 else 0.99 for row in rows], np.float32)
    points = np.stack([five_points(b) for b in boxes]) if len(boxes) else np.zeros((0, 5, 2), np.float32)
    return DetectedFaces(boxes, points, scores, np.full(len(boxes), quality, np.float32), identity)


def five_points(box: Sequence[float] | FloatArray) -> FloatArray:
    """Eyes, nose and mouth corners [5, 2] of a frontal face that fills a box."""
    x0, y0, x1, y1 = box
    places = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
    return np.float32([x0, y0] + places * [x1 - x0, y1 - y0])


def make_track(
    person: int = 0,
    frames: Sequence[int] = range(8),
    *,
    box: Sequence[float] = (0.3, 0.2, 0.5, 0.6),
    kind: str = "face",
    quality: float | Sequence[float] = 0.8,
    score: float = 0.99,
    noise: float = 0.15,
    where: str = "on the left of the frame",
) -> Track:
    """A track of one made-up person, one sighting a frame."""
    n = len(frames)
    boxes = np.tile(np.float32(box), (n, 1))
    points = np.stack([five_points(b) for b in boxes]) if kind == "face" else np.full((n, 5, 2), np.nan, np.float32)
    return Track(
        kind=kind,  # type: ignore[arg-type]
        frames=np.array(frames, np.int64),
        boxes=boxes,
        points=points,
        scores=np.full(n, score, np.float32),
        quality=np.broadcast_to(np.float32(quality), (n,)).copy(),
        identity=np.stack([identity_of(person, noise, seed=i) for i in range(n)]),
        body_boxes=np.tile(np.float32([0.2, 0.6, 0.6, 1.0]), (n, 1)),
        body=np.random.default_rng(person).random((n, 1280), np.float32),
        pose=np.full((n, 33, 4), np.nan, np.float32),
        thumbnail=jpeg(person),
        facts=PersonFacts(where=where, confidence={"where": 0.9}),
    )


def make_analysis(*tracks: Track, frames: int = 8, step: float = 0.25, key: str = "a" * 64) -> ClipAnalysis:
    """An analysed clip of `frames` samples, `step` seconds apart."""
    times = (np.arange(frames, dtype=np.float32) + 0.5) * step
    grid = np.random.default_rng(list(key.encode())).random((min(frames, 12), 49, 1280)).astype(np.float16)
    return ClipAnalysis(key, frames * step, WIDTH, HEIGHT, times, grid, list(tracks))


def faces_of(image: NDArray[np.uint8], expert: FaceExpert) -> DetectedFaces:
    """The faces of a picture [H, W, 3] uint8 RGB by itself."""
    return find_faces(image[None], np.zeros(1, np.int64), expert)[0]


def make_clip(frames: int = 6, key: str = "b" * 64, seed: int = 0) -> Clip:
    """A decoded clip of noise: every frame another one."""
    images = np.random.default_rng(seed).integers(0, 256, (frames, HEIGHT, WIDTH, 3), dtype=np.uint8)
    times = (np.arange(frames, dtype=np.float32) + 0.5) * 0.25
    return Clip(key, frames * 0.25, WIDTH, HEIGHT, times, images)


class FakeDetector:
    """Answers `MTCNN.detect_many` with given boxes and points, in pixels of whatever it is shown."""

    def __init__(self, boxes: Any = (), scores: Any = None) -> None:
        self.boxes = np.array(boxes, np.float32).reshape(-1, 4)
        self.scores = np.full(len(self.boxes), 0.99, np.float32) if scores is None else np.float32(scores)
        self.shown: list[tuple[int, ...]] = []

    def detect(self, image: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray, FloatArray]:
        self.shown.append(image.shape)
        points = [five_points(b) for b in self.boxes]
        return self.boxes, np.array(points, np.float32).reshape(-1, 5, 2), self.scores

    def detect_many(self, images: Sequence[NDArray[np.uint8]]) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
        return [self.detect(image) for image in images]


class FakeWide:
    """Answers `WideFaceDetector.faces` with given boxes (fractions), six key points a box, and scores."""

    def __init__(self, boxes: Any = (), scores: Any = ()) -> None:
        self.boxes, self.scores = np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32)

    def faces(
        self, image: NDArray[np.uint8], threshold: float | None = None
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        keep = self.scores >= (threshold or 0.0)
        places = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.5, 0.8], [0.1, 0.5], [0.9, 0.5]])
        low, size = self.boxes[:, None, :2], (self.boxes[:, 2:] - self.boxes[:, :2])[:, None]
        keys = (low + places * size).astype(np.float32)
        return self.boxes[keep], keys[keep], self.scores[keep]


class FakeNetwork:
    """Describes a chip by the mean colours of a coarse grid, 128 numbers: the same chip always gives the same."""

    def describe(self, chips: NDArray[np.uint8]) -> FloatArray:
        if not len(chips):
            return np.zeros((0, 128), np.float32)
        coarse = np.asarray(chips, np.float32).reshape(len(chips), 10, 15, 10, 15, 3).mean((2, 4)) / 255
        places = np.linspace(0, 299, 128).astype(int)  # all over the chip
        return np.ascontiguousarray(coarse.reshape(len(chips), -1)[:, places], np.float32)
