"""What people of a clip do and wear is measured, when a question or a training first needs it.

In: a decoded `Clip` and its analysis of stage "who" (`analysis.recognise`). Out: the same of stage "what".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from itertools import count
from typing import Any

import numpy as np

from pvchat.perception import (
    bodyfeatures,
    collars,
    deeds,
    facts,
    grounds,
    handled,
    places,
    posture,
    sleeves,
    things,
)  # fmt: skip
from pvchat.perception.analysis import PERHAPS_DRAWN, WHOLE, Depth, described_tracks, sharing_a_shot
from pvchat.perception.experts import networks
from pvchat.perception.experts.body import PreviousPose
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.facemaps import SIDE
from pvchat.perception.motion import BodyMeasures, describe_motion, facial_hair, is_earnest, measure_body, wears_glasses
from pvchat.perception.sightings import MASK, pictured, spread
from pvchat.schemas import BOOKSHELVES, ClipAnalysis, IntArray, Progress, Track
from pvchat.video import Clip

# Of so many tracks, the most prominent, pose and hands are measured, in so many sightings of each; of so many more the
# face alone, for where they look and whether they smile.
_POSED_TRACKS, _POSE_SIGHTINGS = 4, 24
_FACE_TRACKS, _FACE_SIGHTINGS = 8, 8
_STRETCH = 6  # sightings in a row that are measured one after the other, each pose a hint for the next
_GLASSES_SURE = 0.9  # confidence of glasses
_ARMS = ("gesturing", "raising")
_UNSEEN_BEHIND_MASK = ("talking", "smiling", "looking ahead")
_Measured = tuple[IntArray, list[BodyMeasures]]  # sightings of a track [k], and what face and hands show in each


def measure(
    clip: Clip,
    analysis: ClipAnalysis,
    experts: Experts,
    progress: Progress | None = None,
    depth: Depth = WHOLE,
    only: Collection[int] | None = None,
) -> ClipAnalysis:
    """What `recognise` made of a clip, with all that is measured; the one that is given stays as it is.

    `only`: numbers of the tracks to measure; None: all that facts are told of.
    """
    tracks = [replace(t, pose=t.pose.copy(), facts=deepcopy(t.facts)) for t in analysis.tracks]
    measured = replace(analysis, tracks=tracks, stage="what")
    described, posed, sightings = _plan(tracks, depth, only)
    stretches = [(n, part) for n, rows in sightings.items() for part in np.array_split(rows, -(-len(rows) // _STRETCH))]
    frames = _FrameMeasures(clip, analysis.shot_of(clip.times), experts)
    if sightings:
        # loaded here, not by several threads at once
        _ = experts.body.landmarks, experts.mesh, experts.hands, experts.frames.middle(SIDE)
    looks: list[Callable[[], Any]] = [partial(with_things, clip, measured, experts, depth.thing_frames)]
    looks += [partial(_measure_stretch, frames, tracks[n], part, n in posed) for n, part in stretches]
    handling = [] if measured.scene.drawn else [tracks[n] for n in posed]
    hands = [partial(handled.look_at_hands, clip.images, track, experts.things) for track in handling]
    jobs, report, done = len(looks) + len(hands) + len(described), networks.thread_safe(progress), count(1)

    def work(job: Callable[[], Any]) -> Any:
        made = job()
        report("measuring people", next(done), jobs)
        return made

    made = networks.in_parallel(work, looks)  # none of which needs another
    measured = made[0]
    found: dict[int, _Measured] = {n: (rows, []) for n, rows in sightings.items()}
    for (n, _), measures in zip(stretches, made[1:], strict=True):
        found[n][1].extend(measures)
    measured = places.tell_place(measured)  # what stands in a bedroom is a bed
    networks.in_parallel(work, hands)
    networks.release_buffers()  # one kind of network after the other: their buffers are never there together
    if any(tracks[n].kind == "face" for n in described):
        _ = experts.clothes, experts.imagenet  # loaded here, not by several threads at once
    networks.in_parallel(work, [partial(_fill_facts, frames, measured, tracks[n], found.get(n)) for n in described])
    deeds.share_pose(measured)
    networks.release_buffers()
    return places.tell_place(measured)  # nor is a ward told without white coats


def _plan(
    tracks: Sequence[Track], depth: Depth, only: Collection[int] | None
) -> tuple[list[int], list[int], dict[int, IntArray]]:
    """The tracks about which facts are measured, `only` these or the most prominent ones; those of them whose pose and
    hands are; and the sightings in which the face is (pose and hands, if posed), by track.
    """
    figures = {n for n, track in enumerate(tracks) if track.kind == "figure"}  # colours cost little
    described = sorted(described_tracks(tracks, depth) | figures if only is None else only)
    people = [n for n in described if tracks[n].kind == "face" or len(tracks[n].looks)]  # no drawn figures
    posed = [n for n in people if only is not None or n < _POSED_TRACKS]
    faces = [n for n in described if tracks[n].kind == "face" and n not in posed][:_FACE_TRACKS]
    counts = dict.fromkeys(posed, _POSE_SIGHTINGS) | dict.fromkeys(faces, _FACE_SIGHTINGS)
    return described, posed, {n: spread(len(tracks[n]), most) for n, most in counts.items()}


def with_things(clip: Clip, analysis: ClipAnalysis, experts: Experts, frames: int) -> ClipAnalysis:
    """The analysis with the things of so many frames, and bookshelves where they are shown."""
    if analysis.scene.confidence.get("drawn", 0.0) >= PERHAPS_DRAWN:
        return analysis  # the detector learned from photos
    searched = 2 * spread(-(-len(clip.images) // 2), frames)  # many of them were looked at for bodies
    detected = {frame: experts.things.find(clip.images[frame]) for frame in searched.tolist()}
    found, scene = things.find_things(detected, analysis.shot_of(clip.times)), analysis.scene
    if things.shows_bookshelves(detected) and BOOKSHELVES not in scene.behind:
        scene = replace(scene, behind=[*scene.behind, BOOKSHELVES])
    return replace(analysis, things=found, scene=scene)


class _FrameMeasures:
    """What is measured of whole frames, once for everybody, when it is first needed; `shot` [T]: of each frame.

    `described`: descriptions of people, one each, for postures and deeds; `persons`: whoever the person detector sees
    in a frame, by its number.
    """

    def __init__(self, clip: Clip, shot: IntArray, experts: Experts) -> None:
        self.clip, self.shot, self.experts = clip, shot, experts
        self.described: bodyfeatures.Descriptions = {}
        self.persons = cache(lambda frame: experts.body.persons(clip.images[frame]))


def _measure_stretch(frames: _FrameMeasures, track: Track, stretch: IntArray, whole: bool) -> list[BodyMeasures]:
    """Measure face and hands in a stretch of sightings, and, if `whole`, the pose, which is filled in."""
    clip, experts = frames.clip, frames.experts
    measures: list[BodyMeasures] = []
    before, shot = None, -1
    for i in stretch.tolist():
        frame, image, box = int(track.frames[i]), clip.images[track.frames[i]], track.boxes[i]
        if (here := frames.shot[frame]) != shot:
            before, shot = None, here
        pose = experts.body.pose(image, box, persons=partial(frames.persons, frame), before=before) if whole else None
        if pose is not None:
            track.pose[i] = pose.joints
        before = None if pose is None else PreviousPose(pose, box)
        measures.append(measure_body(image, box, track.points[i], track.pose[i], experts))
    return measures


def _fill_facts(frames: _FrameMeasures, analysis: ClipAnalysis, track: Track, posed: _Measured | None) -> None:
    clip, experts = frames.clip, frames.experts
    seen = pictured(clip, track)
    track.facts = facts.measure_person(clip, seen, sharing_a_shot(track, analysis), experts=experts)
    if posed is not None and posed[1]:
        _fill_motion(track, *posed, frames, analysis.scene.drawn)
    posture.tell_posture(track, analysis, frames.described)
    if track.facts.movement:  # arms swing
        track.facts.gestures = [one for one in track.facts.gestures if not one.startswith(_ARMS)]
    things.tell_things(track, analysis)
    deeds.tell_deed(track, analysis, frames.described)  # who rides or plays is told that
    sleeves.add_trousers(seen)
    collars.add_neckline(seen)
    grounds.ground_facts(track, analysis)


def _fill_motion(
    track: Track, seen: IntArray, measures: Sequence[BodyMeasures], frames: _FrameMeasures, drawn: bool
) -> None:
    found, part = track.facts, track.rows(seen)
    if track.kind == "figure":  # seen in a few frames only, a second apart: how they gesture isn't
        return
    height, width = frames.clip.images.shape[1:3]
    found.gestures, confidence = describe_motion(part, frames.shot, measures, width / height)
    if MASK in found.features:  # the mesh guesses the mouth behind a mask, and hardly sees who looks down
        found.gestures = [g for g in found.gestures if g not in _UNSEEN_BEHIND_MASK]
    found.confidence.update(confidence)
    worn = wears_glasses(measures) if {"sunglasses", "glasses"}.isdisjoint([*found.features, *found.headwear]) else None
    if worn:
        found.features.append("glasses")
        found.confidence["glasses"] = _GLASSES_SURE
    if drawn:  # where nothing is said to be lacking
        return
    found.lacking += ["glasses"] * (worn is False)
    if MASK not in found.features:
        hair, none = facial_hair(measures)
        found.features += [one.label for one in hair]
        found.confidence |= {one.label: one.confidence for one in hair}
        found.lacking += [*none, *["smiling"] * is_earnest(measures)]
