"""A clip becomes what the experts say about it.

In: a decoded `Clip`. Out: `ClipAnalysis`: frame features, tracks of everyone in it with identity, body, pose and
measured facts, and the scene. This is the only place where frozen experts run for a question; `ClipCache` keeps the
result.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.perception import facts, tracks
from pvchat.perception.camera import Camera, measure_camera
from pvchat.perception.experts.attributes import body_box, crop
from pvchat.perception.experts.efficientnet import WIDTH, FrameExpert
from pvchat.perception.experts.faces import FaceExpert, Faces
from pvchat.perception.experts.figures import FigureExpert
from pvchat.perception.experts.figuretracks import link_figures
from pvchat.perception.experts.landmarks import BodyExpert, HandExpert, MeshExpert
from pvchat.perception.motion import BodyMeasures, describe_motion, measure_bodies
from pvchat.schemas import SIGHTING_ARRAYS, ClipAnalysis, FloatArray, IntArray, Progress, Track
from pvchat.video import Clip
from pvchat.video.shots import shots

_AT_ONCE = 8  # frames searched for faces together
_TOLD_FIGURES = 3  # figure tracks that are described; the rest, often parts of a close-up, only help to recognise
_THUMBNAIL = 192  # pixels, longest side
_MOUTH = ("talking", "smiling")
_DRAWN = 0.68  # probability from which a clip counts as drawn …
_PERHAPS_DRAWN = 0.35  # … and from which drawn figures are looked for


@dataclass(frozen=True)
class Depth:
    """How much of a clip the dear experts look at.

    Attributes:
        grid_frames: frames whose grid features are kept, spread evenly.
        body_crops: sightings of a track whose body region is described.
        masked: sightings of a track that are also described behind a drawn mask.
        poses: sightings of a track whose pose and hands are measured …
        posed_tracks: … for so many of the most prominent tracks; a crowd is only recognised.
        told_tracks: face tracks about which facts are measured.
        figure_frames, figure_tracks: frames searched for drawn figures, and tracks kept.
        figures_where_no_face: look for figures in a photographed clip, too, where no face was found.
    """

    grid_frames: int = 12
    body_crops: int = 6
    masked: int = 4
    poses: int = 24
    posed_tracks: int = 4
    told_tracks: int = 1000
    figure_frames: int = 6
    figure_tracks: int = 8
    figures_where_no_face: bool = True


WHOLE = Depth()


class Experts:
    """The frozen experts, each loaded when it is first needed."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device

    @cached_property
    def frames(self) -> FrameExpert:
        """Features of frames and crops."""
        return FrameExpert(device=self.device)

    @cached_property
    def faces(self) -> FaceExpert:
        """Faces and whose they are."""
        return FaceExpert(device=self.device)

    @cached_property
    def figures(self) -> FigureExpert:
        """Drawn figures."""
        return FigureExpert(self.frames)

    @cached_property
    def facts(self) -> facts.FactExperts:
        """What clothes, places and features are measured with."""
        return facts.FactExperts(self.frames)

    @cached_property
    def body(self) -> BodyExpert:
        """Body pose."""
        return BodyExpert()

    @cached_property
    def hands(self) -> HandExpert:
        """Hands."""
        return HandExpert()

    @cached_property
    def mesh(self) -> MeshExpert:
        """Face mesh."""
        return MeshExpert()

    def convert(self) -> None:
        """Convert the networks that are converted once, so that no first question waits for it."""
        _ = self.frames, self.faces

    def load(self) -> None:
        """Load them all now."""
        _ = self.frames, self.faces, self.figures, self.facts, self.body, self.hands, self.mesh


def analyse(
    clip: Clip, experts: Experts, progress: Progress | None = None, depth: Depth = WHOLE, start_s: float = 0.0
) -> ClipAnalysis:
    """Run the experts over a clip.

    Args:
        clip: T decoded frames.
        experts: the frozen experts.
        progress: called with what is being done, how much of it is done, and how much there is.
        depth: how much the dear experts look at.
        start_s: where the clip begins, if it is a part of a longer one (seconds).
    """
    tell = progress or (lambda what, done, total: None)
    found = find_faces(clip.images, experts, lambda done: tell("looking for faces", done, len(clip.images)))
    kept = spread(len(clip.images), depth.grid_frames)
    grid = experts.frames.grid(clip.images[kept])
    analysis = ClipAnalysis(
        clip.key, clip.duration_s, clip.width, clip.height, clip.times, grid.astype(np.float16), [],
        shots=shots(clip.cuts, clip.duration_s, start_s),
    )  # fmt: skip
    numbers = analysis.shot_of(clip.times)
    analysis.tracks = [_face_track(clip, found, t, experts, depth) for t in tracks.link(found, numbers)]
    likely_drawn = drawn_probability(grid.mean(1), experts)
    if likely_drawn >= _PERHAPS_DRAWN or (depth.figures_where_no_face and not analysis.tracks):
        analysis.tracks += _figure_tracks(clip, kept, experts, depth)
    camera = _Camera(clip, numbers)
    faces = sum(t.kind == "face" for t in analysis.tracks)  # they come first
    for number, track in enumerate(analysis.tracks):
        track.thumbnail = thumbnail(clip, track)
        if number < min(faces, depth.told_tracks) or faces <= number < faces + _TOLD_FIGURES:
            _measure(clip, analysis, track, experts, camera, depth)
        tell("measuring people", number + 1, len(analysis.tracks))
    analysis.scene = facts.measure_scene(clip, grid, experts=experts.facts)
    analysis.scene.drawn = likely_drawn >= _DRAWN
    analysis.scene.confidence["drawn"] = round(likely_drawn, 3)
    return analysis


def find_faces(
    images: NDArray[np.uint8], experts: Experts, tell: Callable[[int], None] = lambda done: None
) -> list[Faces]:
    """The faces of each of T frames [T, H, W, 3]; `tell` hears how many frames are done."""
    found: list[Faces] = []
    for start in range(0, len(images), _AT_ONCE):
        found += experts.faces.find_many(list(images[start : start + _AT_ONCE]))
        tell(len(found))
    return found


class _Camera:
    """The clip's camera, measured when motion first needs it."""

    def __init__(self, clip: Clip, shot: IntArray) -> None:
        self._clip, self._shot = clip, shot

    @cached_property
    def measured(self) -> Camera:
        camera = measure_camera(self._clip.images)
        camera.cut[1:] |= np.diff(self._shot) > 0
        return camera


def drawn_probability(pooled: FloatArray, experts: Experts) -> float:
    """Whether frames with pooled features [T, 1280] are drawn: mean log-odds of two heads trained on other photos."""
    heads = experts.facts.heads
    photo_head = heads.probabilities("frame", pooled)[:, heads.labels("frame").index("drawn")]
    both = [np.clip(p, 1e-6, 1 - 1e-6) for p in (experts.figures.is_drawn(pooled), photo_head)]
    both = [np.log(p / (1 - p)) for p in both]
    return float(1 / (1 + np.exp(-(both[0] + both[1].mean()) / 2)))


def _figure_tracks(clip: Clip, kept: IntArray, experts: Experts, depth: Depth) -> list[Track]:
    searched = kept[spread(len(kept), depth.figure_frames)]
    shot = np.searchsorted(clip.cuts, clip.times[searched], side="right")
    found = link_figures(experts.figures.find(clip.images[searched]), shot)
    for track in found:
        track.frames = searched[track.frames]
    return found[: depth.figure_tracks]


def spread(count: int, most: int) -> IntArray:
    """At most `most` indices spread evenly over `count`."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _face_track(
    clip: Clip, found: Sequence[Faces], sightings: list[tracks.Sighting], experts: Experts, depth: Depth
) -> Track:
    size = np.array([clip.width, clip.height], np.float32)
    frames = np.array([f for f, _ in sightings], np.int64)
    quality = np.array([found[f].quality[i] for f, i in sightings], np.float32)
    best = [sightings[i] for i in np.argsort(-quality)[: depth.masked]]
    boxes = np.asarray(np.stack([found[f].boxes[i] for f, i in sightings]) / np.tile(size, 2), np.float32)
    return Track(
        kind="face",
        frames=frames,
        boxes=boxes,
        points=np.asarray(np.stack([found[f].points[i] for f, i in sightings]) / size, np.float32),
        scores=np.array([found[f].scores[i] for f, i in sightings], np.float32),
        quality=quality,
        identity=np.stack([found[f].identity[i] for f, i in sightings]),
        body_boxes=np.stack([body_box(box) for box in boxes]),
        body=np.zeros((len(frames), WIDTH), np.float32),
        pose=np.full((len(frames), 33, 4), np.nan, np.float32),
        masked=np.concatenate([experts.faces.masked(clip.images[f], found[f].points[i]) for f, i in best]),
    )


def _measure(clip: Clip, analysis: ClipAnalysis, track: Track, experts: Experts, camera: _Camera, depth: Depth) -> None:
    """Fill in a track's body features, pose and facts; poses of the first few only."""
    images = [clip.images[f] for f in track.frames]
    seen = spread(len(track), depth.body_crops)
    described = experts.frames.pooled([crop(images[i], track.body_boxes[i]) for i in seen])
    track.body = described[np.abs(np.arange(len(track))[:, None] - seen[None]).argmin(1)]  # the nearest described one
    measures: list[BodyMeasures] = []
    seen = spread(len(track), depth.poses)
    posed = any(track is one for one in analysis.tracks[: depth.posed_tracks])
    if posed and track.kind == "face":
        measures = _pose(images, track, seen, experts)
    company = replace(analysis, tracks=_company(track, analysis))
    track.facts = facts.measure_person(clip, track, company, experts=experts.facts)
    if measures:
        _tell_motion(track, seen, measures, analysis, camera.measured)


def _company(track: Track, analysis: ClipAnalysis) -> list[Track]:
    """The tracks that share a shot with this one, itself too: only they can be in front of or behind it."""
    shots = [set(analysis.shot_of(analysis.times[t.frames]).tolist()) for t in analysis.tracks]
    own = next(shown for t, shown in zip(analysis.tracks, shots, strict=True) if t is track)
    return [t for t, shown in zip(analysis.tracks, shots, strict=True) if shown & own]


def _pose(images: list[NDArray[np.uint8]], track: Track, seen: IntArray, experts: Experts) -> list[BodyMeasures]:
    """Fill in the pose of the sightings `seen`; face and hand measures of them."""
    for i in seen:
        if (pose := experts.body.pose(images[i], track.boxes[i])) is not None:
            track.pose[i] = pose.joints
    part = _part(track, seen)
    return measure_bodies([images[i] for i in seen], part.boxes, part.points, part.pose, experts.mesh, experts.hands)


def _tell_motion(
    track: Track, seen: IntArray, measures: Sequence[BodyMeasures], analysis: ClipAnalysis, camera: Camera
) -> None:
    told = track.facts
    told.pose, told.movement, told.gestures, confidence = describe_motion(
        _part(track, seen), analysis.times, measures, camera
    )
    if "a face mask" in told.features:  # the mesh guesses the mouth behind a mask
        told.gestures = [g for g in told.gestures if g not in _MOUTH]
    told.confidence.update(confidence)


def _part(track: Track, seen: IntArray) -> Track:
    return Track(track.kind, *(getattr(track, name)[seen] for name in SIGHTING_ARRAYS))


def thumbnail(clip: Clip, track: Track) -> bytes:
    """JPEG of the track's best sighting, head and shoulders."""
    best = int((track.quality * track.scores).argmax())
    x0, y0, x1, y1 = track.boxes[best]
    grow_x, grow_y = 0.5 * (x1 - x0), 0.5 * (y1 - y0)
    box = np.clip([x0 - grow_x, y0 - grow_y, x1 + grow_x, y1 + 1.6 * grow_y], 0, 1).astype(np.float32)
    picture = Image.fromarray(crop(clip.images[track.frames[best]], box))
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
