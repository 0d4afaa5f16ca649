"""What people of a clip do and wear is measured, when a question or a training first needs it.

In: a decoded `Clip` and its analysis of stage "who" (`analysis.recognise`). Out: the same of stage "what": poses,
motion and gestures, clothes, hair, things and what is held. Nothing here changes who is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property, partial
from itertools import count
from typing import Any

import numpy as np

from pvchat.perception import facts
from pvchat.perception.analysis import PERHAPS_DRAWN, WHOLE, Depth, company, with_facts
from pvchat.perception.camera import Camera, measure_camera
from pvchat.perception.collars import dress_neck
from pvchat.perception.deeds import tell_deed
from pvchat.perception.drawnheads import DrawnHeads
from pvchat.perception.experts import networks
from pvchat.perception.experts.body import Before
from pvchat.perception.experts.collection import Experts
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.experts.workers import one_at_a_time, side_by_side
from pvchat.perception.grounds import ground_facts
from pvchat.perception.handled import look_at_hands
from pvchat.perception.motion import BodyMeasures, describe_motion, measure_body, wears_glasses
from pvchat.perception.places import tell_place
from pvchat.perception.posture import Known, tell_posture
from pvchat.perception.relations import tell_things
from pvchat.perception.sightings import pictured, spread
from pvchat.perception.sleeves import dress_limbs
from pvchat.perception.things import detect, find_things, shows_bookshelves
from pvchat.schemas import BOOKSHELVES, ClipAnalysis, IntArray, Progress, Track
from pvchat.video import Clip

_POSED, _POSES = 4, 24  # of so many tracks, the most prominent, the pose and hands are measured, in so many sightings …
_FACED, _FACES = 8, 8  # … of so many more the face, for where they look and whether they smile
_FOLLOWED = 6  # sightings in a row that are looked at one after the other, each with what the one before it showed
_GLASSES_SURE = 0.9  # confidence of glasses
_GUESSED = ("talking", "smiling", "looking ahead")
_Posed = tuple[IntArray, list[BodyMeasures]]  # sightings whose pose was looked for, and what face and hands show there


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
    tell = one_at_a_time(progress)
    copies = [replace(t, pose=t.pose.copy(), facts=deepcopy(t.facts)) for t in analysis.tracks]
    measured = replace(analysis, tracks=copies, stage="what")
    figures = {n for n, track in enumerate(copies) if track.kind == "figure"}  # colours cost little
    wanted = sorted(with_facts(copies, depth) | figures if only is None else only)
    posing = [n for n in wanted if _has_body(copies[n]) and (only is not None or n < _POSED)]
    seen = _looked_at(copies, wanted, posing)
    frames = _Frames(clip, analysis.shot_of(clip.times), experts)
    if seen:
        _ = experts.body.landmarks, experts.mesh, experts.hands  # loaded here, not by several threads at once
    stretches = [(n, part) for n in seen for part in np.array_split(seen[n], -(-len(seen[n]) // _FOLLOWED))]
    looks: list[Callable[[], Any]] = [
        partial(with_things, clip, measured, experts, depth.thing_frames),
        *([lambda: frames.camera] if seen else []),
        *(partial(_follow, frames, copies[n], part, n in posing) for n, part in stretches),
    ]
    handling = [] if measured.scene.drawn else [copies[n] for n in posing]
    done, total = count(1), len(looks) + len(handling) + len(wanted)

    def work(job: Callable[[], Any]) -> Any:
        made = job()
        tell("measuring people", next(done), total)
        return made

    measured, *found = side_by_side(work, looks)  # none needs what another one finds
    measured = tell_place(measured)  # what stands in a bedroom is a bed
    side_by_side(work, [partial(look_at_hands, clip.images, track, experts.things) for track in handling])  # by joints
    networks.rest()  # one kind of network after the other: their buffers are never there together
    posed = {n: (seen[n], list[BodyMeasures]()) for n in seen}
    for (number, _), measures in zip(stretches, found[len(found) - len(stretches) :], strict=True):
        posed[number][1].extend(measures)
    side_by_side(work, [partial(_fill_facts, frames, measured, copies[n], posed.get(n)) for n in wanted])
    networks.rest()
    return tell_place(measured)  # nor is a ward told without white coats


def _looked_at(tracks: Sequence[Track], wanted: Sequence[int], posing: Sequence[int]) -> dict[int, IntArray]:
    """The sightings of each track in which face and hands are measured: more of those whose pose is looked for."""
    facing = [n for n in wanted if tracks[n].kind == "face" and n not in posing][:_FACED]
    return {n: spread(len(tracks[n]), _POSES if n in posing else _FACES) for n in (*posing, *facing)}


def _has_body(track: Track) -> bool:
    """Whether a pose can be looked for: of a face, and of a body whose face isn't seen; of no drawn figure."""
    return track.kind == "face" or bool(len(track.looks))


def with_things(clip: Clip, analysis: ClipAnalysis, experts: Experts, frames: int) -> ClipAnalysis:
    """The analysis with the things of so many frames, and bookshelves where they are shown."""
    if analysis.scene.confidence.get("drawn", 0.0) >= PERHAPS_DRAWN:
        return analysis  # the detector learned from photos
    searched = 2 * spread(-(-len(clip.images) // 2), frames)  # many of them were looked at for bodies
    detected = detect(clip.images, searched, experts.things)
    found, scene = find_things(detected, analysis.shot_of(clip.times)), analysis.scene
    if shows_bookshelves(detected) and BOOKSHELVES not in scene.behind:
        scene = replace(scene, behind=[*scene.behind, BOOKSHELVES])
    return replace(analysis, things=found, scene=scene)


class _Frames:
    """What is measured of whole frames, once for everybody, when it is first needed; `shot` [T]: of each.

    `described`: people, once each, for postures and deeds.
    """

    def __init__(self, clip: Clip, shot: IntArray, experts: Experts) -> None:
        self.clip, self.shot, self.experts = clip, shot, experts
        self.described: Known = {}
        self._persons: dict[int, Detections] = {}

    def persons(self, frame: int) -> Detections:
        """Whoever the person detector sees in a frame."""
        if frame not in self._persons:
            self._persons[frame] = self.experts.body.persons(self.clip.images[frame])
        return self._persons[frame]

    @cached_property
    def camera(self) -> Camera:
        """What the camera did."""
        camera = measure_camera(self.clip.images)
        camera.cut[1:] |= np.diff(self.shot) > 0
        return camera


def _follow(frames: _Frames, track: Track, stretch: IntArray, whole: bool) -> list[BodyMeasures]:
    """Fill in the pose of a stretch of sightings, unless not `whole`; what face and hands show in them."""
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
        before = None if pose is None else Before(pose, box)
        measures.append(measure_body(image, box, track.points[i], track.pose[i], experts.mesh, experts.hands))
    return measures


def _fill_facts(frames: _Frames, analysis: ClipAnalysis, track: Track, posed: _Posed | None) -> None:
    """Fill in a track's facts."""
    clip, experts = frames.clip, frames.experts
    drawn = track.kind == "figure" and analysis.scene.drawn
    heads = DrawnHeads(experts.faces.wide, experts.frames) if drawn else None
    seen = pictured(clip, track)
    track.facts = facts.measure_person(clip, seen, company(track, analysis), experts=experts, heads=heads)
    if posed is not None and posed[1]:
        _fill_motion(track, *posed, frames)
    tell_posture(track, analysis, frames.described)
    tell_things(track, analysis)
    tell_deed(track, analysis, frames.described)  # who rides or plays is told that
    dress_limbs(seen)
    dress_neck(seen)
    ground_facts(track, analysis)


def _fill_motion(track: Track, seen: IntArray, measures: Sequence[BodyMeasures], frames: _Frames) -> None:
    found, part = track.facts, track.rows(seen)
    if track.kind == "figure":  # seen in a few frames only, a second apart: how they move and gesture isn't
        return
    found.movement, found.gestures, confidence = describe_motion(part, frames.shot, measures, frames.camera)
    if "a face mask" in found.features:  # the mesh guesses the mouth behind a mask, and hardly sees who looks down
        found.gestures = [g for g in found.gestures if g not in _GUESSED]
    found.confidence.update(confidence)
    if wears_glasses(measures) and not {"sunglasses", "glasses"} & set(found.features):
        found.features.append("glasses")
        found.confidence["glasses"] = _GLASSES_SURE
