"""Where a clip plays, as far as whole frames show it: place, indoors or outdoors, light, background.

In: a clip's frames and their features. Out: `SceneFacts`. The place is told whenever an analysis is looked at, of all
that it holds: by a head (`recipes/places`) from what is seen beside the people, all frames together; white coats,
things, a stage or people who pose may tell more. Indoors or outdoors is told by a head of ours where a second one,
learned from composites, is not at odds with it; of drawn scenes by the second alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pvchat.perception import colours
from pvchat.perception.boxes import area
from pvchat.perception.experts.headfiles import arrays_of, labels_of, softmax
from pvchat.perception.things import room_of
from pvchat.schemas import BLUE_SKY, GRID_CELLS, PLACE_SURE, ClipAnalysis, Flags, FloatArray, SceneFacts

if TYPE_CHECKING:
    from pvchat.perception.experts.collection import Experts
    from pvchat.video import Clip

_FILE = Path(__file__).with_name("experts") / "scenes.safetensors"
KINDS = labels_of(_FILE)
OTHER = "another place"  # of no kind that has a name here
# What people cover of a frame: so many face widths to each side, from so much above the face down to the lower edge.
_BESIDE, _ABOVE, _LEFT = 1.3, 0.3, 6  # cells of the grid that must be left to tell by
_FILLED = 0.3  # share of a filmed picture that faces cover from which no place is seen [choice]
# Probability from which a kind is told, filmed or drawn, and an office, which is surely indoors (from `PLACE_SURE` on
# without "probably"). Where no kind is likely enough, several together may be, with "probably" (ADR 0123, 0137).
_OFFICE, _AT_HOME, _COUNTRY = "an office or meeting room", "at home", "a park or the countryside"
_LIKELY, _LIKELY_DRAWN, _LIKELY_OFFICE = 0.32, 0.4, 0.3
_TOGETHER = {
    _AT_HOME: ("a living room", "a bedroom", "a kitchen", "a bathroom"),
    _COUNTRY: ("a park or garden", "a forest", "a field", "the mountains", "a lake or beach"),
}
_LIKELY_TOGETHER, _TOGETHER_SURE = {False: {_AT_HOME: 0.4, _COUNTRY: 0.6}, True: {_COUNTRY: 0.4}}, 0.49
_Place = tuple[str | None, float]  # a kind of place, and how likely it is
# A white coat or a stethoscope tells more than walls do, which offices and bare rooms have, too.
_HOSPITAL = "a hospital or doctor's office"
_COAT_COLOURS = ("white", "light grey", "light blue")
_OPEN = frozenset(("a street", "a street market", *_TOGETHER[_COUNTRY]))
_EITHER = ("an event", "an airport", "a vehicle", OTHER)  # indoors or outdoors
# An event in the dark is on a stage where a cell of the grid is likely a stage or curtains (ImageNet's classes).
_EVENT, _ON_STAGE, _STAGE, _STAGE_SURE = "an event", "on a stage at an event", [794, 819, 854], 0.45
_STUDIO, _POSING = "a photo studio", "posing for a photo"
# What covers a wall, told by single cells of the grid: the mean of a cell over a few frames.
_BEHIND, _CELL_SURE, _CELL_FRAMES = {"curtains": [794, 854], "window blinds": [904, 905]}, 0.75, 4
_BOTH = {"outdoors": 0.62, "indoors": 0.68}  # mean of the two heads from which a drawn scene's setting is told


def measure_scene(clip: Clip, frame_features: FloatArray, drawn: bool = False, *, experts: Experts) -> SceneFacts:
    """What can be said of the clip as a whole, but for the place; by grid features [F, 49, 1280] of some frames."""
    shown = colours.without_bars(clip.images)
    scene = SceneFacts(drawn=drawn, light=colours.light(shown), background=colours.background(shown))
    _tell_setting(scene, np.asarray(frame_features, np.float32).mean(1), experts)
    if not drawn and len(frame_features):
        some = np.asarray(frame_features[:: -(-len(frame_features) // _CELL_FRAMES)], np.float32)
        p = experts.imagenet.probabilities(some.reshape(-1, some.shape[2])).reshape(*some.shape[:2], -1).mean(0)
        scene.behind += [name for name, kinds in _BEHIND.items() if float(p[:, kinds].sum(1).max()) >= _CELL_SURE]
        if scene.light == "dark":
            scene.confidence["stage"] = round(float(p[:, _STAGE].sum(1).max()), 3)
    if scene.setting == "outdoors" and colours.blue_sky(shown):
        scene.behind.append(BLUE_SKY)
    return scene


def tell_place(analysis: ClipAnalysis) -> ClipAnalysis:
    """The analysis with the kind of place that walls, clothes and things tell together, all that it holds.

    Of drawn scenes only walls tell; of a long video each stretch's was told when it was scanned.
    """
    scene, grid = analysis.scene, np.asarray(analysis.frame_features, np.float32)
    if analysis.scenes or not len(grid):
        return analysis
    shown = ([box for t in analysis.tracks for box in t.boxes[t.frames == at]] for at in analysis.feature_frames)
    faces = [np.array(boxes, np.float32).reshape(-1, 4) for boxes in shown]
    beside = np.stack([cells[free_cells(boxes)].mean(0) for cells, boxes in zip(grid, faces, strict=True)])
    filled = not scene.drawn and np.median([area(boxes).sum() for boxes in faces]) >= _FILLED
    by_walls = (None, 0.0) if filled else _likeliest(place_shares(beside, scene.drawn), scene)
    place, sure = by_walls if scene.drawn else _refined_place(by_walls, analysis)
    others = {name: value for name, value in scene.confidence.items() if name != "place"}
    confidence = others | ({"place": round(sure, 3)} if place else {})
    return replace(analysis, scene=replace(scene, place=place, confidence=confidence))


def place_shares(features: FloatArray, drawn: bool) -> dict[str, float]:
    """How likely each of KINDS is of a clip with frames [B, 1280], B > 0: they decide together."""
    arrays, head = arrays_of(_FILE), "drawn." if drawn else ""
    logits = features @ arrays[f"{head}weight"].T + arrays[f"{head}bias"]
    return dict(zip(KINDS, softmax(logits.mean(0)).tolist(), strict=True))


def free_cells(faces: FloatArray) -> Flags:
    """[49] cells of a frame's grid that show nobody whose face is in boxes [n, 4]; all where few would be left."""
    middles, free = (np.arange(GRID_CELLS) + 0.5) / GRID_CELLS, np.ones((GRID_CELLS, GRID_CELLS), bool)
    for x0, y0, x1, y1 in faces:
        beside = np.abs(middles - (x0 + x1) / 2) < _BESIDE * (x1 - x0)
        free &= ~((middles > y0 - _ABOVE * (y1 - y0))[:, None] & beside[None])
    return free.ravel() if free.sum() >= _LEFT else np.ones(GRID_CELLS * GRID_CELLS, bool)


def _refined_place(by_walls: _Place, analysis: ClipAnalysis) -> _Place:
    """The place that white coats, a stage, people who pose or things tell, where they tell more than the walls do."""
    place, sure = by_walls
    scene, worn = analysis.scene, [garment for track in analysis.tracks for garment in track.facts.clothes]
    coats = [one.confidence for one in worn if one.kind == "coat" and one.colour in _COAT_COLOURS]
    medical = coats + [one.confidence for one in worn if one.kind == "stethoscope"]
    if medical and scene.setting == "indoors" and place in (None, _OFFICE, _HOSPITAL):
        return _HOSPITAL, max(medical)
    doubtful = sure < PLACE_SURE
    if place == _EVENT and scene.light == "dark":  # most dark places look like one
        on_stage = scene.confidence.get("stage", 0.0) >= _STAGE_SURE
        return (_ON_STAGE, sure) if on_stage else (None, 0.0) if doubtful else by_walls
    posing = [track.facts.deed == _POSING for track in analysis.tracks]
    if place == _OFFICE and doubtful and scene.background and 2 * sum(posing) > len(posing):
        return _STUDIO, sure
    if place in (None, _AT_HOME) and scene.setting != "outdoors":
        return room_of(analysis.things) or by_walls
    return by_walls


def _tell_setting(scene: SceneFacts, pooled: FloatArray, experts: Experts) -> None:
    claims = {c.label: c.confidence for c in experts.settings.claims("drawn" if scene.drawn else "photo", pooled)}
    if not scene.drawn:
        agreed = experts.heads.claims("frame", pooled)
        claims = {c.label: c.confidence for c in agreed if c.label in claims}
    elif not claims:  # the head for drawn scenes isn't sure by itself, but the one for photos may agree
        for label, least in _BOTH.items():
            drawn, photo = (
                head.of_label(kind, label, pooled).mean()
                for head, kind in ((experts.settings, "drawn"), (experts.heads, "frame"))
            )
            if (both := float((drawn + photo) / 2)) >= least:
                claims[label] = both
    if claims:
        scene.setting, scene.confidence["setting"] = next(iter(claims.items()))


def _likeliest(shares: dict[str, float], scene: SceneFacts) -> _Place:
    """The kind of place, or several together, that is likely enough (else None), and how likely it is."""
    sure, outdoors = scene.sure_setting, scene.setting == "outdoors"
    left = {kind: p for kind, p in shares.items() if not sure or kind in _EITHER or (kind in _OPEN) == outdoors}
    total = max(sum(left.values()), 1e-9)
    place = max(left, key=lambda kind: left[kind])
    share = left[place] / total
    room = place != _OFFICE or share >= PLACE_SURE or sure == "indoors"  # what is like nothing else is like an office
    least = _LIKELY_DRAWN if scene.drawn else _LIKELY_OFFICE if place == _OFFICE else _LIKELY
    if place != OTHER and share >= least and room:
        return place, share
    for group, least in _LIKELY_TOGETHER[scene.drawn].items() if place != _OFFICE else ():
        share = sum(left.get(kind, 0.0) for kind in _TOGETHER[group])
        others = max(p for kind, p in left.items() if kind not in _TOGETHER[group])
        if share >= least * total and share > others:
            return group, min(share / total, _TOGETHER_SURE)
    return None, 0.0
