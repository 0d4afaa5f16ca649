"""The first step: what is known about the subject of the one clip, frame by frame; and what new clips are made of it.

Frames are denser than those of an analysis and as small as the face allows; the face's place between two sightings is
interpolated, so no detector runs again.
Legend: T dense frames, H and W their pixels, h and w of a mask.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import maximum_filter

from pvchat import video
from pvchat.augment.schemas import FPS, AugmentConfig, Split
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.identity import enroll
from pvchat.people.person import Person
from pvchat.perception.experts.body import PersonMask, resize
from pvchat.schemas import ClipAnalysis, Flags, FloatArray, IntArray, PersonFacts, Pixels, Service, Track

MEASURES = ("yaw", "pitch", "roll", "mouth_open", "eyes_open", "smile")
SHARES: tuple[tuple[Split, float], ...] = (("train", 0.7), ("val", 0.15), ("test", 0.15))
_FACE_PX = 110.0  # face height aimed at: dlib's chips are 150 pixels with a margin
_SIDE = (320, 640)  # longest side of the dense frames
_MOST_FRAMES = 240  # 30 s at 8 frames a second; longer clips are sampled coarser
_GAP = 2.5  # sightings may lie this many analysis steps apart to be interpolated between
_MASK_COVERS = (0.35, 0.9)  # share of the subject's box that a plausible mask fills; share of the frame it may fill


@dataclass
class Profile:
    """The subject through T dense frames; NaN where the subject is not seen."""

    name: str
    key: str  # content key of the clip
    person: Person  # the instant enrollment
    images: Pixels  # [T, H, W, 3] uint8 RGB
    times: FloatArray  # [T] seconds
    boxes: FloatArray  # [T, 4] face (or figure) box, fractions
    meshes: FloatArray  # [T, 468, 3] face mesh, x, y as fractions, z of the width; NaN for figures
    motion: FloatArray  # [T, 6] `MEASURES` of the mesh
    masks: Pixels | None = None  # [T, h, w], 255 where the person is; None: nothing plausible was found
    spans: dict[Split, tuple[int, int]] = field(default_factory=dict)  # first and past-the-last frame
    facts: PersonFacts | None = None  # of the subject in the whole clip; None for a long video, where it changes
    eyes_open: float = 0.3  # the subject's usual lid gap over eye width
    drawn: bool = False  # an animated or drawn clip

    def __len__(self) -> int:
        return len(self.images)

    @property
    def seen(self) -> Flags:
        """[T] frames that show the subject."""
        return np.asarray(np.isfinite(self.boxes).all(1))

    @property
    def meshed(self) -> Flags:
        """[T] frames with a face mesh."""
        return np.asarray(np.isfinite(self.meshes).all((1, 2)))

    @property
    def has(self) -> frozenset[str]:
        """What generators may need: "subject", "motion" (several frames), "mesh", "mask"."""
        seen, mask = int(self.seen.sum()), self.masks is not None
        found = {"subject": seen > 0, "motion": seen > 1, "mesh": self.meshed.any(), "mask": mask}
        return frozenset(name for name, there in found.items() if there)

    def part(self, split: Split) -> Profile:
        """The profile of one segment alone."""
        start, end = self.spans[split]
        cut = slice(start, end)
        masks = self.masks[cut] if self.masks is not None else None
        arrays = {n: getattr(self, n)[cut] for n in ("images", "times", "boxes", "meshes", "motion")}
        return replace(self, **arrays, masks=masks, spans={split: (0, end - start)})

    def source(self, split: Split) -> str:
        """Names a segment: content key and seconds. No two splits have one in common."""
        start, end = self.spans[split]
        return f"{self.key}@{self.times[start]:.2f}-{self.times[end - 1]:.2f}"


@dataclass
class Positive:
    """New frames that show the subject, and what was changed in them."""

    images: Pixels  # [T, H, W, 3] RGB; T is 1 for a still
    notes: dict[str, str] = field(default_factory=dict)  # by question type, as in `Sample.notes`


def build(clip: str | Path, name: str, chat: Service, config: AugmentConfig, watch: Watch = UNWATCHED) -> Profile:
    """Look closely at the clip's subject; raises VideoReadError, SubjectError (as enrolling does)."""
    analysis, track, profile = _unmeasured(Path(clip), name, chat, config)
    seen, gap = analysis.times[track.frames], _GAP * max(analysis.step_s, 1e-3)
    profile.boxes = interpolate(track.boxes, seen, profile.times, gap)
    meshed = np.flatnonzero(profile.seen).tolist() if track.kind == "face" else []
    points = interpolate(track.points, seen, profile.times, gap) if meshed else np.zeros(0, np.float32)
    for index in meshed:
        mesh = chat.networks.experts.mesh.mesh(profile.images[index], profile.boxes[index], points[index])
        if mesh is not None:
            profile.meshes[index] = mesh.points
            profile.motion[index] = [getattr(mesh, name) for name in MEASURES]
        watch.tell("laying the mesh", index + 1, len(profile))
    if profile.meshed.any():
        profile.eyes_open = float(np.nanmedian(profile.motion[:, MEASURES.index("eyes_open")]))
    profile.masks = person_masks(profile, chat, watch)
    profile.spans = segments(len(profile))
    return profile


def interpolate(values: FloatArray, at: FloatArray, times: FloatArray, gap: float) -> FloatArray:
    """Places [n, …] known at times `at` [n], at other times [T]: linear, NaN where no known time is within `gap`."""
    flat = values.reshape(len(values), -1)
    out = np.stack([np.interp(times, at, column) for column in flat.T], 1)
    out[np.abs(times[:, None] - at[None]).min(1) > gap] = np.nan
    return out.reshape(len(times), *values.shape[1:]).astype(np.float32)


def segments(count: int) -> dict[Split, tuple[int, int]]:
    """Cut T frames into stretches for training, validation and test; what is too short to cut is training alone."""
    if count < 8:
        return {"train": (0, count)}
    bounds = np.round(np.cumsum([0.0, *(share for _, share in SHARES)]) * count).astype(int)
    return {split: (int(a), int(b)) for (split, _), a, b in zip(SHARES, bounds[:-1], bounds[1:], strict=True)}


def draw_stretch(usable: Flags, count: int, rng: np.random.Generator) -> IntArray:
    """Indices [count] of a random stretch of usable frames [T]; one that is too short is played to and fro.

    Raises ValueError where no frame is usable.
    """
    runs = np.flatnonzero(np.diff(usable.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    if len(runs) == 0:
        raise ValueError("no frame shows the subject")
    starts = np.concatenate([np.arange(start, end - count + 1) for start, end in runs])
    if len(starts):
        return starts[rng.integers(len(starts))] + np.arange(count)
    start, end = max(runs.tolist(), key=lambda run: run[1] - run[0])
    return np.resize([*range(start, end), *range(end - 2, start, -1)], count).astype(np.int64)


def person_masks(profile: Profile, chat: Service, watch: Watch = UNWATCHED) -> Pixels | None:
    """[T, h, w] the subject's masks, or None when what was found doesn't look like a mask of the subject.

    MediaPipe's selfie mask follows outlines best but shows everybody; its pose mask shows one person. Where a pose was
    found for the face, the selfie mask is cut to its surroundings.
    """
    selfie, masks = PersonMask(), []
    for index, image in enumerate(profile.images):
        mask, pose = selfie.mask(image), None
        if not profile.drawn and np.isfinite(profile.boxes[index]).all():
            pose = chat.networks.experts.body.pose(image, profile.boxes[index], mask=True)
        if pose is not None and pose.mask is not None:
            near = resize(maximum_filter(pose.mask, 25), *mask.shape)
            mask = mask * np.clip(2 * near, 0, 1)
        masks.append(np.uint8(255 * mask))
        watch.tell("measuring the subject", index + 1, len(profile))
    return np.stack(masks) if plausible_masks(np.stack(masks), profile.boxes) else None


def plausible_masks(masks: Pixels, boxes: FloatArray) -> bool:
    """Whether masks [T, h, w] cover the subject's boxes [T, 4] and leave some of the frame free."""
    rows, columns = masks.shape[1:]
    inside = []
    for mask, box in zip(masks, boxes, strict=True):
        if np.isfinite(box).all():
            x0, y0, x1, y1 = (np.clip(box, 0, 1) * [columns, rows, columns, rows]).astype(int)
            inside.append((mask[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)] > 127).mean())
    least, most = _MASK_COVERS
    return bool(inside) and float(np.median(inside)) > least and float((masks > 127).mean()) < most


def _unmeasured(clip: Path, name: str, chat: Service, config: AugmentConfig) -> tuple[ClipAnalysis, Track, Profile]:
    """The clip's analysis, the subject's track, and a profile of which nothing was measured frame by frame."""
    analysis = chat.analyse(clip)
    person = enroll.enroll(analysis, name, config.track, source=clip.name)
    track = enroll.choose(analysis, config.track, clip.name)
    face_px = float(np.median(track.boxes[:, 3] - track.boxes[:, 1])) * analysis.height
    side = round(float(np.clip(max(analysis.width, analysis.height) * _FACE_PX / max(face_px, 1.0), *_SIDE)))
    dense = replace(chat.settings.video, sample_fps=FPS, max_frames=_MOST_FRAMES, max_side=side)
    found = video.load(clip, dense)
    images, times = found.images, found.times
    shapes = ((4,), (468, 3), (len(MEASURES),))
    boxes, meshes, motion = (np.full((len(times), *shape), np.nan, np.float32) for shape in shapes)
    facts = None if analysis.scenes else track.facts
    known = (name, analysis.key, person, images, times)
    return analysis, track, Profile(*known, boxes, meshes, motion, facts=facts, drawn=analysis.scene.drawn)
