"""Where a clip plays, as far as whole frames show it: place, indoors or outdoors, light, background.

In: a clip's frames and their features. Out: `SceneFacts`. Places come from small heads, from ImageNet's classes where
several that go together add up (stage and microphone; four-poster and quilt), and from things (`things.room_of`).
Indoors or outdoors is told by a head of ours where a second one, learned from composites, is not at odds with it; of
drawn scenes by the second alone. A head for 23 groups of places was right on footage in bedrooms and forests only, and
isn't used (docs/LOG.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pvchat.perception import colours
from pvchat.perception.experts.attributes import Attribute
from pvchat.schemas import BLUE_SKY, FloatArray, SceneFacts

if TYPE_CHECKING:
    from pvchat.perception.facts import FactExperts
    from pvchat.video import Clip

# ImageNet class -> place; one of them alone must be this sure.
_PLACES = {424: "a barbershop", 454: "a bookshop", 624: "a library", 762: "a restaurant", 582: "a shop",
           819: "a stage", 788: "a shop", 497: "a church", 467: "a shop", 415: "a bakery", 498: "a cinema"}  # fmt: skip
_SURE = 0.6
# Place: its classes, the sum they need, those of them that must be there for sure, and how much of them.
_TOGETHER: dict[str, tuple[list[int], float, list[int], float]] = {
    "a stage": ([819, 650, 854, 402, 486, 541, 542, 546, 558, 683, 776, 889], 0.45, [819], 0.1),
    "a bedroom": ([831, 564, 750, 520, 516], 0.5, [564, 750, 520, 516], 0.1),
    "a hospital or doctor's office": ([617, 823], 0.6, [823], 0.15),
}
# What covers a wall, told by single cells of the grid: the mean of a cell over a few frames. On the tune half curtains
# were right 10 of 10 times from there on, blinds 4 of 4; couches, bookcases and screens weren't.
_BEHIND, _CELL_SURE, _CELL_FRAMES = {"curtains": [794, 854], "window blinds": [904, 905]}, 0.75, 4

# Mean of the two heads from which a drawn scene's setting is told: on the tune half outdoors was right in 4 of 4,
# indoors in 4 of 5.
_BOTH = {"outdoors": 0.62, "indoors": 0.68}


def measure_scene(
    clip: Clip, frame_features: FloatArray, drawn: bool = False, *, experts: FactExperts | None = None
) -> SceneFacts:
    """What can be said of the clip as a whole.

    Args:
        clip: T frames.
        frame_features: [F, 49, 1280] grid features of some of its frames.
        drawn: whether it is a drawn scene: places were learned from photos, so none is told.
        experts: None takes one shared by the process.
    """
    from pvchat.perception.facts import shared_experts

    experts = experts or shared_experts()
    scene = SceneFacts(drawn=drawn)
    pooled = np.asarray(frame_features, np.float32).mean(1)
    _tell_setting(scene, pooled, experts)
    if not drawn:
        _tell_place(scene, pooled, experts)
        scene.behind += _behind(frame_features, experts)
    scene.light, scene.background = colours.light(clip.images), colours.background(clip.images)
    if scene.setting == "outdoors" and colours.blue_sky(clip.images):
        scene.behind.append(BLUE_SKY)
    return scene


def _tell_setting(scene: SceneFacts, pooled: FloatArray, experts: FactExperts) -> None:
    told = {claim.label: claim for claim in experts.settings.claims("drawn" if scene.drawn else "photo", pooled)}
    if not scene.drawn:
        agreed = [claim for claim in experts.heads.claims("frame", pooled) if claim.kind == "setting"]
        told = {claim.label: claim for claim in agreed if claim.label in told}
    elif not told:
        told = _drawn_setting(pooled, experts)
    for claim in told.values():
        scene.setting = scene.setting or claim.label
        scene.confidence.setdefault("setting", claim.confidence)


def _drawn_setting(pooled: FloatArray, experts: FactExperts) -> dict[str, Attribute]:
    """Where a drawn scene plays when the head for drawn scenes isn't sure by itself, but the one for photos agrees."""
    found: dict[str, Attribute] = {}
    for label, least in _BOTH.items():
        drawn = experts.settings.probabilities("drawn", pooled)[:, experts.settings.labels("drawn").index(label)]
        photo = experts.heads.probabilities("frame", pooled)[:, experts.heads.labels("frame").index(label)]
        if (both := float((drawn.mean() + photo.mean()) / 2)) >= least:
            found[label] = Attribute(label, both)
    return found


def _tell_place(scene: SceneFacts, pooled: FloatArray, experts: FactExperts) -> None:
    found = [claim for claim in experts.heads.claims("frame", pooled) if claim.kind == "place"]
    if found:
        scene.place, scene.confidence["place"] = found[0].label, found[0].confidence
        return
    p = experts.imagenet.probabilities(pooled).mean(0)
    sums: dict[str, float] = {}
    for index, name in _PLACES.items():
        sums[name] = sums.get(name, 0.0) + float(p[index])
    sums = {name: sure for name, sure in sums.items() if sure >= _SURE}
    for name, (classes, least, main, there) in _TOGETHER.items():
        if p[classes].sum() >= least and p[main].sum() >= there:
            sums[name] = float(p[classes].sum())
    if sums:
        scene.place = max(sums, key=lambda name: sums[name])
        scene.confidence["place"] = round(sums[scene.place], 3)


def _behind(grid: FloatArray, experts: FactExperts) -> list[str]:
    """What a cell of the grid [F, 49, 1280] shows for sure in a few of the frames."""
    some = np.asarray(grid[:: -(-len(grid) // _CELL_FRAMES)], np.float32)
    if not len(some):
        return []
    p = experts.imagenet.probabilities(some.reshape(-1, some.shape[2])).reshape(*some.shape[:2], -1).mean(0)
    return [name for name, classes in _BEHIND.items() if float(p[:, classes].sum(1).max()) >= _CELL_SURE]
