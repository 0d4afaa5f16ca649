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
from pvchat.schemas import FloatArray, SceneFacts

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
    scene.light, scene.background = colours.light(clip.images), colours.background(clip.images)
    return scene


def _tell_setting(scene: SceneFacts, pooled: FloatArray, experts: FactExperts) -> None:
    told = {claim.label: claim for claim in experts.settings.claims("drawn" if scene.drawn else "photo", pooled)}
    if not scene.drawn:
        agreed = [claim for claim in experts.heads.claims("frame", pooled) if claim.kind == "setting"]
        told = {claim.label: claim for claim in agreed if claim.label in told}
    for claim in told.values():
        scene.setting = scene.setting or claim.label
        scene.confidence.setdefault("setting", claim.confidence)


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
