"""Where a clip plays, as far as whole frames show it: place, indoors or outdoors, light, background.

In: a clip's frames and their features, and who is seen in them. Out: `SceneFacts`. The place is told by a head of ours
(`experts/scenes.py`) from what is seen beside the people, all frames together, from things (`things.room_of`), and from
what people wear (`place_by_clothes`).
Indoors or outdoors is told by a head of ours where a second one, learned from composites, is not at odds with it; of
drawn scenes by the second alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pvchat.perception import colours
from pvchat.perception.experts.attributes import Attribute
from pvchat.perception.experts.scenes import OTHER, free_cells
from pvchat.schemas import BLUE_SKY, FloatArray, SceneFacts, Track

if TYPE_CHECKING:
    from pvchat.perception.experts.collection import Experts
    from pvchat.video import Clip

_SURE = 0.25  # probability from which a place is told
# A white coat or a stethoscope tells more than walls do, which offices and bare rooms have, too.
_OFFICE, _HOSPITAL, _BY_WALLS = "an office or meeting room", "a hospital or doctor's office", 0.4
_COAT_COLOURS = ("white", "light grey", "light blue")
_OPEN = frozenset(
    ("a street", "a street market", "a forest", "a lake or beach", "the mountains", "a field", "a park or garden")
)
_EITHER = ("an event", "an airport", "a vehicle")  # indoors or outdoors
# What covers a wall, told by single cells of the grid: the mean of a cell over a few frames.
_BEHIND, _CELL_SURE, _CELL_FRAMES = {"curtains": [794, 854], "window blinds": [904, 905]}, 0.75, 4
_BOTH = {"outdoors": 0.62, "indoors": 0.68}  # mean of the two heads from which a drawn scene's setting is told


def measure_scene(
    clip: Clip,
    frame_features: FloatArray,
    drawn: bool = False,
    *,
    tracks: Sequence[Track] = (),
    experts: Experts,
) -> SceneFacts:
    """What can be said of the clip as a whole.

    Args:
        clip: T frames.
        frame_features: [F, 49, 1280] grid features of some of its frames.
        drawn: whether it is a drawn scene: places were learned from photos, so none is told.
        tracks: of the people in it, who are no part of the place.
        experts: the networks.
    """
    scene = SceneFacts(drawn=drawn)
    pooled = np.asarray(frame_features, np.float32).mean(1)
    _tell_setting(scene, pooled, experts)
    if not drawn:
        _tell_place(scene, _without_people(clip, frame_features, tracks), experts)
        scene.behind += _behind(frame_features, experts)
    scene.light, scene.background = colours.light(clip.images), colours.background(clip.images)
    if scene.setting == "outdoors" and colours.blue_sky(clip.images):
        scene.behind.append(BLUE_SKY)
    return scene


def place_by_clothes(scene: SceneFacts, tracks: Sequence[Track]) -> SceneFacts:
    """The scene with the kind of place that the clothes of somebody tell.

    A hospital is told by its walls alone only where they are sure, or somebody wears a mask there.
    """
    medical = [
        garment.confidence
        for track in tracks
        for garment in track.facts.clothes
        if garment.kind == "stethoscope" or (garment.kind == "coat" and garment.colour in _COAT_COLOURS)
    ]
    if medical and scene.setting == "indoors" and scene.place in (None, _OFFICE, _HOSPITAL):
        return replace(scene, place=_HOSPITAL, confidence=scene.confidence | {"place": max(medical)})
    masked = any("a face mask" in track.facts.features for track in tracks)
    if scene.place == _HOSPITAL and not masked and scene.confidence["place"] < _BY_WALLS:
        sure = {name: value for name, value in scene.confidence.items() if name != "place"}
        return replace(scene, place=None, confidence=sure)
    return scene


def _tell_setting(scene: SceneFacts, pooled: FloatArray, experts: Experts) -> None:
    told = {claim.label: claim for claim in experts.settings.claims("drawn" if scene.drawn else "photo", pooled)}
    if not scene.drawn:
        agreed = [claim for claim in experts.heads.claims("frame", pooled) if claim.kind == "setting"]
        told = {claim.label: claim for claim in agreed if claim.label in told}
    elif not told:
        told = _drawn_setting(pooled, experts)
    for claim in told.values():
        scene.setting = scene.setting or claim.label
        scene.confidence.setdefault("setting", claim.confidence)


def _drawn_setting(pooled: FloatArray, experts: Experts) -> dict[str, Attribute]:
    """Where a drawn scene plays when the head for drawn scenes isn't sure by itself, but the one for photos agrees."""
    found: dict[str, Attribute] = {}
    for label, least in _BOTH.items():
        drawn = experts.settings.probabilities("drawn", pooled)[:, experts.settings.labels("drawn").index(label)]
        photo = experts.heads.probabilities("frame", pooled)[:, experts.heads.labels("frame").index(label)]
        if (both := float((drawn.mean() + photo.mean()) / 2)) >= least:
            found[label] = Attribute(label, both)
    return found


def _tell_place(scene: SceneFacts, pooled: FloatArray, experts: Experts) -> None:
    shares = experts.places.probabilities(pooled)
    sure, place = max(zip(shares.tolist(), experts.places.labels, strict=True))
    elsewhere = "indoors" if place in _OPEN else "outdoors"
    if place != OTHER and sure >= _SURE and (place in _EITHER or scene.setting != elsewhere):
        scene.place, scene.confidence["place"] = place, round(sure, 3)


def _without_people(clip: Clip, grid: FloatArray, tracks: Sequence[Track]) -> FloatArray:
    """[F, 1280] the mean of the cells of a frame's grid [F, 49, 1280] that show nobody; of all where few are left."""
    frames = np.linspace(0, len(clip.images) - 1, len(grid)).round()
    faces = ([box for track in tracks for box in track.boxes[track.frames == frame]] for frame in frames)
    shown = zip(np.asarray(grid, np.float32), faces, strict=True)
    return np.stack([cells[free_cells(np.array(boxes, np.float32).reshape(-1, 4))].mean(0) for cells, boxes in shown])


def _behind(grid: FloatArray, experts: Experts) -> list[str]:
    """What a cell of the grid [F, 49, 1280] shows for sure in a few of the frames."""
    some = np.asarray(grid[:: -(-len(grid) // _CELL_FRAMES)], np.float32)
    if not len(some):
        return []
    p = experts.imagenet.probabilities(some.reshape(-1, some.shape[2])).reshape(*some.shape[:2], -1).mean(0)
    return [name for name, classes in _BEHIND.items() if float(p[:, classes].sum(1).max()) >= _CELL_SURE]
