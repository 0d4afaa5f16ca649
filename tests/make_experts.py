"""Experts of which it is known what they say; they remember what they were shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from pvchat.perception.experts.faces import DetectedFaces
from pvchat.perception.experts.figures import Figures


class Frames:
    """Features that say how bright the picture is, and remember what was shown."""

    def __init__(self) -> None:
        self.crops: list[np.ndarray] = []

    def grid(self, images: Any, side: int = 224) -> np.ndarray:
        return np.stack([np.full((49, 1280), image.mean() / 255, np.float32) for image in images])

    def pooled(self, images: Any, side: int = 224) -> np.ndarray:
        self.crops += list(images)
        return np.stack([np.full(1280, image.mean(), np.float32) for image in images])

    def middle(self, side: int) -> None:
        """There is no network behind the maps."""

    def maps(self, images: Any, side: int) -> np.ndarray:
        cells = side // 16
        return np.stack([np.full((472, cells, cells), image.mean(), np.float32) for image in images])


class FacesByFrame:
    """Gives the faces of frame 0, 1, … one after the other, however many are asked for at once."""

    wide = None  # drawn figures' faces aren't looked for

    def __init__(self, faces: list[DetectedFaces]) -> None:
        self.left = list(faces)

    def find_many(self, images: np.ndarray) -> list[DetectedFaces]:
        return [self.left.pop(0) for _ in images]

    def prints(self, images: list[np.ndarray], points: list[np.ndarray]) -> np.ndarray:
        assert all(five.min() > 1 for five in points)  # pixels, not fractions
        return np.stack([np.full(512, image.mean(), np.float32) for image in images])


class FiguresOf:
    """A figure expert with a fixed opinion, that sees as many unlike figures in every frame."""

    def __init__(self, drawn: float, count: int) -> None:
        self.drawn, self.count, self.searched = drawn, count, 0

    def is_drawn(self, pooled: np.ndarray) -> float:
        assert pooled.shape[1:] == (1280,)
        return self.drawn

    def find(self, images: np.ndarray) -> list[Figures]:
        self.searched += len(images)
        left = np.linspace(0, 0.9, self.count + 1)[: self.count]
        boxes = np.float32([[x, 0.2, x + 0.6 / self.count, 0.8] for x in left]).reshape(-1, 4)
        scores = np.linspace(0.9, 0.5, self.count, dtype=np.float32)
        return [Figures(boxes, scores, np.eye(self.count, 128, dtype=np.float32)) for _ in images]


class HeadsOf:
    """Attribute heads that hold every frame for a drawing with the same probability."""

    def __init__(self, drawn: float) -> None:
        self.drawn = drawn

    def of_label(self, head: str, label: str, features: np.ndarray) -> np.ndarray:
        assert (head, label) == ("frame", "drawn")
        assert features.shape[1:] == (1280,)
        return np.full(len(features), self.drawn, np.float32)


class Bodies:
    """Sees a pose in every sighting but the first."""

    landmarks = None

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []
        self.searched = 0  # whole frames

    def persons(self, image: np.ndarray) -> Any:
        self.searched += 1
        return SimpleNamespace()

    def pose(self, image: np.ndarray, box: np.ndarray, persons: Any, before: Any) -> Any:
        self.asked.append(box)
        persons()
        assert box.max() <= 1.5  # fractions
        return None if len(self.asked) == 1 else SimpleNamespace(joints=np.full((33, 4), 0.5, np.float32))


def experts_of(
    faces: list[DetectedFaces], drawn: float = 0.001, photo_head: float | None = None, figures: int = 1
) -> Any:
    """Experts of which both, or each of the two, think that the clip is drawn with a probability."""
    return SimpleNamespace(
        frames=Frames(),
        faces=FacesByFrame(faces),
        figures=FiguresOf(drawn, figures),
        body=Bodies(),
        hands=None,
        mesh=None,
        things=SimpleNamespace(
            find=lambda image: [], people=lambda image: [], scores=lambda image: (np.zeros((0, 4)), np.zeros((0, 80)))
        ),
        clothes=None,
        imagenet=None,  # nobody's facts are measured with these
        heads=HeadsOf(drawn if photo_head is None else photo_head),
        headlooks=None,
    )
