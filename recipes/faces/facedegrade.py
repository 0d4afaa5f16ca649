"""A face as footage shows it: turned, masked, in a cap or glasses, small, dim, blurred, compressed, aligned wrongly.

In: a patch of `faceset.py` with its mesh. Out: the 150-pixel chip that the product would have cut from that footage.

Order of a camera: what lies on the face, the head's turn, the lens and the sensor (size, blur, light, noise), the
codec, then the detector, whose points are wrong by a part of a pixel: at 20 pixels of face that is a large part of an
eye. The chip is cut by the product's own function from the small picture.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates
from torch.nn.functional import grid_sample, interpolate

from pvchat.perception.experts.faces import TEMPLATE, chip
from pvchat.schemas import FloatArray
from recipes.faces.faceset import MARGIN, PATCH
from recipes.faces.facewear import WEAR
from recipes.model.base.degrade import compressed

# Mesh points that stand for the five: corners of either eye (their middle), nose tip, mouth corners.
_FIVE = ((33, 133), (263, 362), (1, 1), (61, 61), (291, 291))
_GRID = 5  # pixels between the places where a turn is worked out
_SMOOTH = 7.0  # pixels over which depth is smoothed
_LOOKS = 6  # rounds in which a turn is inverted
# MTCNN's error on LFW faces shrunk to 14-60 pixels: a coordinate's spread is this share of the face's height plus this
# many pixels, and all points shift right and down.
_JITTER, _SHIFT = (0.013, 0.20), np.array([0.4, 0.3])


@dataclass(frozen=True)
class FaceView:
    """How one face is shown.

    Attributes:
        height: of the face in pixels; None leaves it as it is.
        turn: yaw and pitch in degrees that are added to its own.
        wear: any of "mask", "cap", "glasses".
        quality: JPEG quality, or a negative H.264 constant rate factor; None for no compression.
        blur: length of the motion in pixels of the small picture.
        light: factor on brightness.
        noise: standard deviation of the sensor's noise.
        grey: without colour.
        jitter: factor on the detector's error.
    """

    height: float | None = None
    turn: tuple[float, float] = (0.0, 0.0)
    wear: tuple[str, ...] = ()
    quality: int | None = None
    blur: float = 0.0
    light: float = 1.0
    noise: float = 0.0
    grey: bool = False
    jitter: float = 0.0


CLEAN = FaceView()


def draw(rng: np.random.Generator) -> FaceView:
    """A view of footage at random; heights are log-uniform, two thirds of them under 40 pixels."""
    low, high = (11.0, 40.0) if rng.random() < 0.67 else (40.0, 140.0)
    height = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    turned = rng.random() < 0.2
    wear = [w for w, share in (("mask", 0.25), ("cap", 0.08), ("glasses", 0.10)) if rng.random() < share]
    pick = rng.random()
    return FaceView(
        height=height,
        turn=(float(rng.uniform(-45, 45)), float(rng.uniform(-15, 15))) if turned else (0.0, 0.0),
        wear=tuple(wear),
        quality=None if pick < 0.15 else int(rng.integers(35, 92)) if pick < 0.65 else -int(rng.integers(18, 32)),
        blur=height * float(rng.uniform(0.03, 0.12)) if rng.random() < 0.2 else 0.0,
        light=float(np.exp(rng.uniform(np.log(0.35), np.log(1.3)))),
        noise=float(rng.uniform(0, 8)) if rng.random() < 0.4 else 0.0,
        grey=bool(rng.random() < 0.1),
        jitter=float(rng.uniform(0.3, 1.5)),
    )


def degraded_chip(
    patch: NDArray[np.uint8], face: float, mesh: FloatArray, view: FaceView, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """The chip [150, 150, 3] cut from a picture that shows a face this way.

    Args:
        patch: [200, 200, 3] uint8 RGB.
        face: height of the face box in patch pixels.
        mesh: [468, 3] in patch pixels, or NaN: such a face isn't turned.
        view: how it is shown.
        rng: draws colours, errors of points, noise.
    """
    points, pixels = TEMPLATE + MARGIN, patch
    for name in view.wear:
        pixels = WEAR[name](pixels, rng)
    if view.turn != (0.0, 0.0) and np.isfinite(mesh).all():
        pixels, points = turned(pixels, mesh, *view.turn)
    ratio = min(1.0, view.height / face) if view.height else 1.0
    pixels = _sensor(pixels, ratio, view, rng)
    scale = np.array(pixels.shape[1::-1]) / PATCH
    spread = _JITTER[0] * face * ratio + _JITTER[1]
    error = rng.normal(0, spread, points.shape) + _SHIFT + rng.normal(0, 0.2, 2)
    placed = (points + 0.5) * scale - 0.5 + view.jitter * error
    return chip(_coded(pixels, view.quality, rng), placed)


def turned(
    patch: NDArray[np.uint8], mesh: FloatArray, yaw: float, pitch: float
) -> tuple[NDArray[np.uint8], FloatArray]:
    """A patch whose head is turned by its mesh, and where its five points lie then.

    The mesh gives a depth to every place; around it the depth of its edge goes on. Where the turned picture looks into
    the old one is found by repetition, as depth is known only at the old place.
    """
    a, b = np.radians([yaw, pitch])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    spin = about_x @ about_y
    centre = mesh.mean(0)
    axis = np.arange(0, PATCH + _GRID, _GRID, dtype=np.float64)
    goal = np.stack(np.meshgrid(axis, axis), -1) - centre[:2]
    depth = _depth(mesh, axis) - centre[2]
    back, lift = np.linalg.inv(spin[:2, :2]), spin[:2, 2]
    place = goal.copy()
    for _ in range(_LOOKS):
        found = map_coordinates(depth, ((place + centre[:2]) / _GRID).transpose(2, 1, 0), order=1, mode="nearest").T
        place = 0.4 * place + 0.6 * (goal - found[..., None] * lift) @ back.T
    field = torch.from_numpy(((place + centre[:2] + 0.5) * (2 / PATCH) - 1).astype(np.float32)).permute(2, 0, 1)[None]
    fine = interpolate(field, scale_factor=_GRID, mode="bilinear", align_corners=False)
    start = _GRID // 2  # a grid place is the middle of its pixels
    fine = fine[:, :, start : start + PATCH, start : start + PATCH].permute(0, 2, 3, 1)
    source = torch.from_numpy(patch).permute(2, 0, 1)[None].float()
    bent = grid_sample(source, fine, mode="bilinear", padding_mode="border", align_corners=False)
    out = bent[0].permute(1, 2, 0).byte().numpy()
    moved = (mesh - centre) @ spin.T + centre
    shift = np.stack([(moved - mesh)[list(p), :2].mean(0) for p in _FIVE])
    return out, TEMPLATE + MARGIN + shift


def _depth(mesh: FloatArray, axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth [g, g] (rows, columns) at the places of a grid: the mesh's own, smoothed."""
    x, y = (np.exp(-((axis[:, None] - mesh[None, :, k]) ** 2) / (2 * _SMOOTH**2)) + 1e-9 for k in (0, 1))
    return (y * mesh[:, 2]) @ x.T / (y @ x.T)


def _sensor(pixels: NDArray[np.uint8], ratio: float, view: FaceView, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The picture [h, w, 3] at the sensor's size, with its blur, light and noise; at a random place of its raster."""
    side = max(8, round(PATCH * ratio))
    picture = Image.fromarray(pixels)
    if ratio < 1.0:
        kind = Image.Resampling.BOX if rng.random() < 0.5 else Image.Resampling.BILINEAR
        picture = picture.resize((side, side), kind)
    out = np.asarray(picture, np.float32)
    if view.blur:
        angle, steps = rng.uniform(0, np.pi), 5
        path = np.linspace(-0.5, 0.5, steps) * view.blur
        out = np.mean([_moved(out, s * np.sin(angle), s * np.cos(angle)) for s in path], 0)
    if view.grey:
        out = np.repeat(out.mean(2, keepdims=True), 3, 2)
    out = out * view.light
    if view.noise:
        out = out + gaussian_filter(rng.normal(0, view.noise, out.shape), (0.5, 0.5, 0)) * 1.5
    return np.clip(out, 0, 255).astype(np.uint8)


def _moved(pixels: FloatArray, dy: float, dx: float) -> FloatArray:
    """Pixels [h, w, 3] shifted by parts of a pixel, linearly."""
    for axis, by in ((0, dy), (1, dx)):
        whole = int(np.floor(by))
        part = by - whole
        pixels = (1 - part) * np.roll(pixels, whole, axis) + part * np.roll(pixels, whole + 1, axis)
    return pixels


def _coded(pixels: NDArray[np.uint8], quality: int | None, rng: np.random.Generator) -> NDArray[np.uint8]:
    if quality is None:
        return pixels
    if quality < 0:
        return _filmed(pixels, -quality, rng)
    return np.asarray(compressed(Image.fromarray(pixels), quality))


def _filmed(pixels: NDArray[np.uint8], rate: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The last of three H.264 frames in which the face drifts by up to a pixel a frame."""
    import av

    height, width = pixels.shape[:2]
    even = ((0, height % 2), (0, width % 2), (0, 0))
    frame = np.pad(pixels, even, mode="edge")
    dy, dx = rng.integers(-1, 2, 2)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width = frame.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(rate), "preset": "superfast", "threads": "1", "tune": "zerolatency"}
        for i in (2, 1, 0):
            image = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(frame, (i * dy, i * dx), (0, 1))), "rgb24")
            container.mux(stream.encode(image))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as film:
        last = list(film.decode(video=0))[-1]
    return np.asarray(last.to_ndarray(format="rgb24"), np.uint8)[:height, :width]
