"""Who is in a clip: tracks with identity and body, and the scene.

In: a decoded `Clip`. Out: `ClipAnalysis` of stage "who". What people do and wear is measured by `measuring.py`, when
that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from pvchat.perception import bodies, facts, joining, places, tracks
from pvchat.perception.bodyfaces import face_tracks_of
from pvchat.perception.boxes import body_box, crop, part
from pvchat.perception.experts import networks
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.facemaps import SIDE
from pvchat.perception.experts.faces import DetectedFaces
from pvchat.perception.experts.figures import link_figures
from pvchat.perception.search import find_faces
from pvchat.perception.sightings import pictured, spread
from pvchat.schemas import BODY, GRID_CELLS, ClipAnalysis, FloatArray, IntArray, Pixels, Progress, Track
from pvchat.video import Clip, jpeg_of
from pvchat.video.shots import shots

_MEASURED_FIGURES = 3  # figure tracks whose bodies are described; the rest are often parts of a close-up
_THUMBNAIL = 192  # pixels, longest side
_DRAWN = 0.68  # probability from which a clip counts as drawn …
PERHAPS_DRAWN = 0.35  # … and from which drawn figures are looked for
_REAL_FACE = 0.995  # mean score of a face in half of the frames from which a clip is real


@dataclass(frozen=True)
class Depth:
    """How much of a clip the slow experts look at."""

    grid_frames: int = 12  # whose grid features are kept, spread evenly
    body_crops: int = 6  # sightings of a track whose body region is described
    prints: int = 8  # sightings of a face track that a faceprint is made of
    fact_tracks: int = 1000  # face tracks about which facts are measured
    figure_frames: int = 6  # searched for drawn figures, of which …
    figure_tracks: int = 8  # … so many are kept
    by_shot: bool = False  # so many of each shot, of which the next may show others
    thing_frames: int = 6  # searched for things
    faceless: bool = True  # bodies are described; where no face was found, they are tracks, and figures are looked for


WHOLE = Depth()


def recognise(clip: Clip, experts: Experts, progress: Progress | None = None, depth: Depth = WHOLE) -> ClipAnalysis:
    """Look for who is in a clip of T decoded frames, and no further: what they do and wear is `measuring.measure`'s."""
    report = networks.thread_safe(progress)
    kept = spread(len(clip.images), depth.grid_frames)
    analysis = ClipAnalysis(
        clip.key, clip.duration_s, clip.width, clip.height, clip.times,
        np.zeros((0, GRID_CELLS**2, BODY), np.float16), [],
        shots=shots(clip.cuts, clip.duration_s, clip.start_s), stage="who", damaged=clip.damaged,
    )  # fmt: skip
    numbers = analysis.shot_of(clip.times)
    total = len(clip.images)
    found = find_faces(clip.images, numbers, experts.faces, lambda done: report("looking for faces", done, total))
    networks.release_buffers()  # so that the buffers of one step aren't there beside those of the next
    grid = experts.frames.grid(clip.images[kept])
    analysis.frame_features = grid.astype(np.float16)
    analysis.tracks = [face_track(clip, found, sightings) for sightings in tracks.link(found, numbers)]
    often = [track for track in analysis.tracks if 2 * len(track) >= len(analysis.times)]
    real = any(float(track.scores.mean()) >= _REAL_FACE for track in often)
    likely_drawn = 0.0 if real else drawn_probability(grid.mean(1), experts)
    if likely_drawn < (_DRAWN if analysis.tracks else PERHAPS_DRAWN):  # a body alone may be a drawn figure's
        add_bodies(clip, analysis, experts, depth)
    if depth.figure_tracks and (likely_drawn >= PERHAPS_DRAWN or (depth.faceless and not analysis.tracks)):
        analysis.tracks += _figure_tracks(clip, kept, experts, depth)
    networks.release_buffers()
    measured, done = described_tracks(analysis.tracks, depth), count(1)

    def describe(number: int) -> None:
        crops = depth.body_crops if number in measured else 0
        _describe_track(clip, analysis, analysis.tracks[number], experts, depth.prints, crops)
        report("telling who is there", next(done), len(analysis.tracks))

    if any(track.kind == "face" for track in analysis.tracks):
        _ = experts.headlooks, experts.frames.middle(SIDE)  # loaded here, not by several threads at once
    networks.in_parallel(describe, range(len(analysis.tracks)))  # in any order, and at once
    analysis.scene = places.measure_scene(clip, grid, likely_drawn >= _DRAWN, experts=experts)
    analysis.scene.confidence["drawn"] = round(likely_drawn, 3)
    networks.release_buffers()
    return analysis


def described_tracks(found: Sequence[Track], depth: Depth) -> set[int]:
    """The numbers of the tracks that are described; faces come first."""
    faces = sum(t.kind == "face" for t in found)
    return {*range(min(faces, depth.fact_tracks)), *range(faces, min(faces + _MEASURED_FIGURES, len(found)))}


def drawn_probability(pooled: FloatArray, experts: Experts) -> float:
    """Whether frames with pooled features [T, 1280] are drawn: mean log-odds of two heads trained on other photos."""
    photo_head = experts.heads.of_label("frame", "drawn", pooled)
    both = [np.clip(p, 1e-6, 1 - 1e-6) for p in (experts.figures.is_drawn(pooled), photo_head)]
    both = [np.log(p / (1 - p)) for p in both]
    return float(1 / (1 + np.exp(-(both[0] + both[1].mean()) / 2)))


def add_bodies(clip: Clip, analysis: ClipAnalysis, experts: Experts, depth: Depth) -> None:
    """Follow the bodies, and give their frames and looks to the face tracks; without faces, bodies are the tracks."""
    numbers = analysis.shot_of(clip.times)
    found = bodies.follow_bodies(clip.images, numbers, experts.things.people, lambda image: experts.body.persons(image))
    analysis.bodies = found
    if not analysis.tracks and depth.faceless:
        front = found[: bodies.MOST]
        analysis.tracks = [bodies.body_track(clip, body, experts.frames, experts.figures) for body in front]
        return
    analysis.tracks = joining.join_on_bodies(analysis.tracks, face_tracks_of(found, analysis.tracks))
    for rank, (body, owners) in enumerate(zip(found, face_tracks_of(found, analysis.tracks), strict=True)):
        for number in set(owners.values()):
            track, rows = analysis.tracks[number], [i for i, f in enumerate(body.frames) if owners.get(f) == number]
            track.seen = np.union1d(track.shown_in, np.array(body.frames)[rows])
            if depth.faceless and rank < bodies.MOST and not len(track.looks):
                track.looks = bodies.describe(clip, body.rows(rows), experts.frames)


def _figure_tracks(clip: Clip, kept: IntArray, experts: Experts, depth: Depth) -> list[Track]:
    numbers = np.searchsorted(clip.cuts, clip.times, side="right")
    shown = [np.flatnonzero(numbers == shot) for shot in np.unique(numbers)] if depth.by_shot else [kept]
    searched = np.concatenate([frames[spread(len(frames), depth.figure_frames)] for frames in shown])
    found = link_figures(experts.figures.find(clip.images[searched]), numbers[searched])
    for track in found:
        track.frames = searched[track.frames]
    return found[: depth.figure_tracks * len(shown)]


def face_track(clip: Clip, found: Sequence[DetectedFaces], sightings: list[tracks.Sighting]) -> Track:
    """One person's sightings as a track, without what is measured later."""
    size = np.array([clip.width, clip.height], np.float32)
    arrays = ("boxes", "points", "scores", "quality", "identity")
    boxes, points, scores, quality, identity = (tracks.rows_of(found, name, sightings) for name in arrays)
    boxes = np.asarray(boxes / np.tile(size, 2), np.float32)
    track = tracks.new_track("face", [f for f, _ in sightings], boxes, scores, quality, identity)
    track.points = np.asarray(points / size, np.float32)
    track.body_boxes = np.stack([body_box(box) for box in boxes])
    return track


def sharing_a_shot(track: Track, analysis: ClipAnalysis) -> ClipAnalysis:
    """The analysis with those tracks only that share a shot with this one, itself included."""
    own, *others = (set(analysis.shot_of(analysis.times[t.frames]).tolist()) for t in (track, *analysis.tracks))
    return replace(analysis, tracks=[t for t, shown in zip(analysis.tracks, others, strict=True) if shown & own])


def _describe_track(
    clip: Clip, analysis: ClipAnalysis, track: Track, experts: Experts, prints: int, crops: int
) -> None:
    """Fill in a track's thumbnail, so many faceprints, body features from so many crops, and what tells who it is."""
    best = (track.quality * track.scores).argmax()
    track.thumbnail = portrait(clip.images[track.frames[best]], track.boxes[best])
    if track.kind == "face" and prints:
        seen, size = pictured(clip, track, prints), np.array([clip.width, clip.height], np.float32)
        track.prints = experts.faces.prints(seen.images, [track.points[i] * size for i in seen.rows]).astype(np.float16)
    if crops:
        rows = spread(len(track), crops)
        described = experts.frames.pooled([crop(clip.images[track.frames[i]], track.body_boxes[i]) for i in rows])
        track.body = described[np.abs(np.arange(len(track))[:, None] - rows[None]).argmin(1)]  # the nearest described
    if crops or track.kind == "figure":  # any of these may be who is asked about, and where it is takes no network
        track.facts = facts.recognise_person(clip, track, sharing_a_shot(track, analysis), experts=experts)


def portrait(image: Pixels, face: FloatArray) -> bytes:
    """JPEG of head and shoulders about a face box [4] (fractions) of an image [H, W, 3]."""
    return jpeg_of(crop(image, np.clip(part(face, -0.5, -0.5, 1.5, 1.8), 0, 1)), _THUMBNAIL)
