"""What people of a clip do and wear is measured, when a question or a training first needs it.

In: a decoded `Clip` and its analysis of stage "who" (`analysis.recognise`). Out: the same of stage "what": poses,
motion and gestures, clothes, hair, things and what is held. Nothing here changes who is there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pvchat.perception import facts
from pvchat.perception.analysis import PERHAPS_DRAWN, WHOLE, Depth, Experts, behind_masks, company, spread, told
from pvchat.perception.camera import Camera, measure_camera
from pvchat.perception.experts import networks
from pvchat.perception.grounds import ground_facts
from pvchat.perception.motion import BodyMeasures, describe_motion, measure_bodies
from pvchat.perception.relations import tell_things
from pvchat.perception.things import find_things, room_of
from pvchat.schemas import SIGHTING_ARRAYS, ClipAnalysis, IntArray, PersonFacts, Progress, Track
from pvchat.video import Clip

_MOUTH = ("talking", "smiling")


def measure(
    clip: Clip,
    analysis: ClipAnalysis,
    experts: Experts,
    progress: Progress | None = None,
    depth: Depth = WHOLE,
    only: Collection[int] | None = None,
) -> ClipAnalysis:
    """The analysis with all that is measured; the one that is given stays as it is.

    Args:
        clip: T decoded frames.
        analysis: what `recognise` said about it.
        experts: the frozen experts.
        progress: called with what is being done, how much of it is done, and how much there is.
        depth: how much the dear experts look at.
        only: numbers of the tracks to measure; None: all that facts are told of.
    """
    tell = progress or (lambda what, done, total: None)
    copies = [replace(t, pose=t.pose.copy(), facts=PersonFacts.from_dict(t.facts.to_dict())) for t in analysis.tracks]
    measured = with_things(clip, replace(analysis, tracks=copies, stage="what"), experts, depth.thing_frames)
    networks.rest()  # one kind of network after the other: their buffers are never there together
    camera = _Camera(clip, analysis.shot_of(clip.times))
    wanted = sorted(told(copies, depth)) if only is None else sorted(only)
    posing = [n for n in wanted if copies[n].kind == "face" and (only is not None or n < depth.posed_tracks)]
    for number in posing:
        _pose(clip, copies[number], experts, depth.poses)
        tell("measuring people", number + 1, 3 * len(copies))
    networks.rest()
    posed = {number: _posed(clip, copies[number], experts, depth.poses) for number in posing}
    networks.rest()
    for number, track in enumerate(copies):
        if track.kind == "face" and only is None and not len(track.masked):
            track.masked = behind_masks(clip, track, experts, depth.masked)
        if number in wanted:
            _measure(clip, measured, track, experts, camera, posed.get(number))
        tell("measuring people", 2 * len(copies) + number + 1, 3 * len(copies))
    networks.rest()
    return measured


def with_things(clip: Clip, analysis: ClipAnalysis, experts: Experts, frames: int) -> ClipAnalysis:
    """The analysis with the things of so many frames, and the place that they tell where nothing else does."""
    if analysis.scene.confidence.get("drawn", 0.0) >= PERHAPS_DRAWN:
        return analysis  # the detector learned from photos
    searched = spread(len(clip.images), frames)
    found = find_things(clip.images, searched, analysis.shot_of(clip.times), experts.things)
    scene = analysis.scene
    if scene.place is None and scene.setting != "outdoors" and (room := room_of(found)) is not None:
        scene = replace(scene, place=room[0], confidence=scene.confidence | {"place": room[1]})
    return replace(analysis, things=found, scene=scene)


@dataclass(frozen=True)
class _Posed:
    """Sightings of a track whose pose was looked for, and what face and hands show in them."""

    seen: IntArray
    measures: Sequence[BodyMeasures]


class _Camera:
    """The clip's camera, measured when motion first needs it."""

    def __init__(self, clip: Clip, shot: IntArray) -> None:
        self._clip, self._shot = clip, shot

    @cached_property
    def measured(self) -> Camera:
        camera = measure_camera(self._clip.images)
        camera.cut[1:] |= np.diff(self._shot) > 0
        return camera


def _measure(
    clip: Clip, analysis: ClipAnalysis, track: Track, experts: Experts, camera: _Camera, posed: _Posed | None
) -> None:
    """Fill in a track's facts."""
    track.facts = facts.measure_person(clip, track, company(track, analysis), experts=experts.facts)
    if posed is not None:
        _tell_motion(track, posed, analysis, camera.measured)
    tell_things(track, analysis)
    ground_facts(track, analysis)


def _pose(clip: Clip, track: Track, experts: Experts, count: int) -> None:
    """Fill in a track's pose in so many sightings."""
    for i in spread(len(track), count):
        if (pose := experts.body.pose(clip.images[track.frames[i]], track.boxes[i])) is not None:
            track.pose[i] = pose.joints


def _posed(clip: Clip, track: Track, experts: Experts, count: int) -> _Posed | None:
    """Face and hand measures of a track's posed sightings; None where there are none."""
    seen = spread(len(track), count)
    part = _part(track, seen)
    shown = [clip.images[track.frames[i]] for i in seen]
    measures = measure_bodies(shown, part.boxes, part.points, part.pose, experts.mesh, experts.hands)
    return _Posed(seen, measures) if measures else None


def _tell_motion(track: Track, posed: _Posed, analysis: ClipAnalysis, camera: Camera) -> None:
    found = track.facts
    found.pose, found.movement, found.gestures, confidence = describe_motion(
        _part(track, posed.seen), analysis.times, posed.measures, camera
    )
    if "a face mask" in found.features:  # the mesh guesses the mouth behind a mask
        found.gestures = [g for g in found.gestures if g not in _MOUTH]
    found.confidence.update(confidence)


def _part(track: Track, seen: IntArray) -> Track:
    return Track(track.kind, *(getattr(track, name)[seen] for name in SIGHTING_ARRAYS))
