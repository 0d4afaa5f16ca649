"""Face boxes and five points: MTCNN (Zhang et al., 2016, arXiv:1604.02878), three small cascaded networks, frozen.

In: one uint8 RGB image. Out: boxes in pixels, five points (eyes, nose, mouth corners), scores. Written from the paper
with the layer names of facenet-pytorch's weight files (`weights.py`, role "faces"); only those files are used,
because the package itself pins an old torch. Candidates of all pyramid levels go through each network in one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torchvision.ops import nms

from pvchat.perception.boxes import nesting
from pvchat.schemas import FloatArray

# Constants of the paper's reference code: the pyramid shrinks by 0.709 (half the area a step); P-Net sees 12-pixel
# cells at stride 2; R-Net and O-Net take 24 and 48 pixels.
_FACTOR = 0.709
_CELL, _STRIDE = 12, 2
_CANDIDATES = 600  # at most this many go into R-Net: bounds the time on busy textures


class MTCNN:
    """The three networks and the cascade between them.

    Args:
        folder: holds pnet.pt, rnet.pt and onet.pt; None takes them from the weights cache.
        min_face: smallest face side that is looked for, in pixels.
        thresholds: P-, R- and O-Net scores from which a candidate passes.
    """

    def __init__(
        self,
        folder: Path | None = None,
        device: str = "cpu",
        min_face: int = 20,
        thresholds: tuple[float, float, float] = (0.6, 0.7, 0.7),
    ) -> None:
        if folder is None:
            from pvchat.assets.weights import member_path

            folder = member_path("faces", "pnet.pt").parent
        self.device, self.min_face, self.thresholds = device, min_face, thresholds
        self._pnet = _load(_PNet(), folder / "pnet.pt", device)
        self._rnet = _load(_RNet(), folder / "rnet.pt", device)
        self._onet = _load(_ONet(), folder / "onet.pt", device)

    @torch.inference_mode()
    def detect(self, image: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Find faces.

        Args:
            image: [H, W, 3] uint8 RGB.

        Returns:
            boxes [n, 4] (x0, y0, x1, y1), points [n, 5, 2] (x, y), scores [n]; pixels, best first.
        """
        pixels = torch.tensor(image).to(self.device)  # copied: frames may be read-only
        pixels = pixels.permute(2, 0, 1)[None].float()
        boxes = self._propose(pixels)
        boxes, scores, _, shift = self._score(pixels, boxes, self._rnet, 24, self.thresholds[1])
        keep = nms(boxes, scores, 0.7)
        boxes = _shift(boxes, shift, 1)[keep]
        boxes, scores, points, shift = self._score(pixels, boxes, self._onet, 48, self.thresholds[2])
        boxes = _shift(boxes, shift, 1)
        order = scores.argsort(descending=True)
        order = order[_not_nested(boxes[order])]
        return tuple(t[order].cpu().numpy().astype(np.float32) for t in (boxes, points, scores))  # type: ignore[return-value]

    def _propose(self, pixels: Tensor) -> Tensor:
        """P-Net over the image pyramid: candidate boxes [n, 4]."""
        height, width = pixels.shape[-2:]
        cells: list[Tensor] = []
        shifts: list[Tensor] = []
        scores: list[Tensor] = []
        for scale in _pyramid(min(height, width), self.min_face):
            size = (int(height * scale + 1), int(width * scale + 1))
            score, shift = self._pnet(_normalise(interpolate(pixels, size=size, mode="area")))
            row, column = torch.nonzero(score[0, 1] >= self.thresholds[0], as_tuple=True)
            corner = torch.stack((column, row), 1) * _STRIDE
            cell = torch.cat(((corner + 1) / scale, (corner + _CELL) / scale), 1).floor()
            keep = nms(cell, score[0, 1, row, column], 0.5)
            cells.append(cell[keep])
            shifts.append(shift[0, :, row, column].T[keep])
            scores.append(score[0, 1, row, column][keep])
        if not cells:  # smaller than any face that is looked for
            return pixels.new_zeros(0, 4)
        cell, score = torch.cat(cells), torch.cat(scores)
        keep = nms(cell, score, 0.7)[:_CANDIDATES]
        return _shift(cell[keep], torch.cat(shifts)[keep])

    def _score(
        self, pixels: Tensor, boxes: Tensor, net: nn.Module, side: int, threshold: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """R-Net or O-Net on squared boxes: those above the threshold as boxes, scores, points and box shifts."""
        boxes, crops = _crop(pixels, _square(boxes), side)
        if len(boxes) == 0:
            return boxes, boxes.new_zeros(0), boxes.new_zeros(0, 5, 2), boxes
        shift, points, score = net(_normalise(crops))
        keep = torch.nonzero(score[:, 1] > threshold)[:, 0]
        boxes, shift, points, score = boxes[keep], shift[keep], points[keep], score[keep, 1]
        size = boxes[:, 2:] - boxes[:, :2] + 1
        points = torch.stack((points[:, :5], points[:, 5:]), 2) * size[:, None] + boxes[:, None, :2] - 1
        return boxes, score, points, shift


class _PNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 10, 3), nn.PReLU(10)
        self.pool1 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(10, 16, 3), nn.PReLU(16)
        self.conv3, self.prelu3 = nn.Conv2d(16, 32, 3), nn.PReLU(32)
        self.conv4_1, self.conv4_2 = nn.Conv2d(32, 2, 1), nn.Conv2d(32, 4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.prelu3(self.conv3(self.prelu2(self.conv2(x))))
        return self.conv4_1(x).softmax(1), self.conv4_2(x)


class _RNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 28, 3), nn.PReLU(28)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(28, 48, 3), nn.PReLU(48)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = nn.Conv2d(48, 64, 2), nn.PReLU(64)
        self.dense4, self.prelu4 = nn.Linear(576, 128), nn.PReLU(128)
        self.dense5_1, self.dense5_2 = nn.Linear(128, 2), nn.Linear(128, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.prelu4(self.dense4(_flatten(self.prelu3(self.conv3(x)))))
        return self.dense5_2(x), x.new_zeros(len(x), 10), self.dense5_1(x).softmax(1)


class _ONet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.prelu1 = nn.Conv2d(3, 32, 3), nn.PReLU(32)
        self.pool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2, self.prelu2 = nn.Conv2d(32, 64, 3), nn.PReLU(64)
        self.pool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv3, self.prelu3 = nn.Conv2d(64, 64, 3), nn.PReLU(64)
        self.pool3 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.conv4, self.prelu4 = nn.Conv2d(64, 128, 2), nn.PReLU(128)
        self.dense5, self.prelu5 = nn.Linear(1152, 256), nn.PReLU(256)
        self.dense6_1, self.dense6_2, self.dense6_3 = nn.Linear(256, 2), nn.Linear(256, 4), nn.Linear(256, 10)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = self.pool1(self.prelu1(self.conv1(x)))
        x = self.pool2(self.prelu2(self.conv2(x)))
        x = self.pool3(self.prelu3(self.conv3(x)))
        x = self.prelu5(self.dense5(_flatten(self.prelu4(self.conv4(x)))))
        return self.dense6_2(x), self.dense6_3(x), self.dense6_1(x).softmax(1)


def _flatten(x: Tensor) -> Tensor:
    # The dense weights were converted from a column-major framework: width first, then height, then channel.
    return x.permute(0, 3, 2, 1).reshape(len(x), -1)


def _load(net: nn.Module, path: Path, device: str) -> nn.Module:
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return net.eval().requires_grad_(False).to(device)


def _normalise(pixels: Tensor) -> Tensor:
    return (pixels - 127.5) / 128.0


def _pyramid(side: int, min_face: int) -> Sequence[float]:
    """Scales at which a 12-pixel cell covers faces from `min_face` up to the whole image."""
    scales, scale = [], _CELL / min_face
    while side * scale >= _CELL:
        scales.append(scale)
        scale *= _FACTOR
    return scales


def _shift(boxes: Tensor, shift: Tensor, border: int = 0) -> Tensor:
    """Box regression; `border` is 1 where a box counts its last pixel."""
    size = boxes[:, 2:] - boxes[:, :2] + border
    return boxes + shift * size.repeat(1, 2)


def _square(boxes: Tensor) -> Tensor:
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(1, keepdim=True).values
    corner = boxes[:, :2] + size / 2 - side / 2
    return torch.cat((corner, corner + side), 1)


def _crop(pixels: Tensor, boxes: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Cut the boxes out of the image and resize them: the boxes that overlap it, [n, 3, side, side]."""
    height, width = pixels.shape[-2:]
    kept, crops = [], []
    for box in boxes:
        x0, y0, x1, y1 = (int(v) for v in box.tolist())
        x0, y0, x1, y1 = max(1, x0), max(1, y0), min(width, x1), min(height, y1)
        if x1 > x0 and y1 > y0:
            kept.append(box)
            crops.append(interpolate(pixels[..., y0 - 1 : y1, x0 - 1 : x1], size=(side, side), mode="area"))
    if not kept:
        return boxes[:0], pixels.new_zeros(0, 3, side, side)
    return torch.stack(kept), torch.cat(crops)


def _not_nested(boxes: Tensor) -> Tensor:
    """Indices of boxes (best first) that don't lie mostly inside a better one: overlap over the smaller area <= 0.7."""
    corners = boxes.cpu().numpy()
    share = nesting(corners, corners)
    keep: list[int] = []
    for i in range(len(boxes)):
        if all(share[i, j] <= 0.7 for j in keep):
            keep.append(i)
    return torch.tensor(keep, dtype=torch.long, device=boxes.device)
