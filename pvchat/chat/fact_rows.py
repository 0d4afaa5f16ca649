"""What was measured, as rows of a timeline without times: facts of a person, facts of a scene.

In: `PersonFacts`, `SceneFacts`. Out: rows, each with what it rests on and, where it is told with "probably", less sure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from pvchat.chat.english import HEDGE, join, words
from pvchat.chat.finding import Row
from pvchat.chat.vocabulary import COLOURS
from pvchat.schemas import BLUE_SKY, BOOKSHELVES, Ground, PersonFacts, SceneFacts

SIDES = ("left", "right", "middle", "foreground", "background")
PROBABLY = 0.6  # what "probably" counts as
# Confidence from which a setting is said of a photographed scene (docs/LOG.md).
SETTING_SURE = {"indoors": 0.65, "outdoors": 0.72}
# How often garments (kind and colour) and gestures are right on footage: slope and offset over the log-odds of what was
# measured, which tells little: whether sightings agree, not whether they see well. Other kinds are as measured.
_ON_FOOTAGE = {"garment": (0.16, 1.0), "gesture": (0.0, 2.43)}
_SUREST = 0.98  # as much as a measured share counts


def facts_as_rows(name: str, facts: PersonFacts) -> Iterator[Row]:
    """Facts as rows without times, each with what it rests on."""
    seen = facts.grounds
    if facts.gender:
        yield Row(name, "gender", facts.gender, ground=seen.get("gender"))
    for garment in facts.clothes:
        sleeves = garment.sleeves if garment.kind == "top" else None
        kind, ground = " ".join(filter(None, (sleeves, garment.kind))), on_footage(seen.get(garment.kind), "garment")
        yield Row(name, "worn", kind, colour=garment.colour or "", ground=ground)
    for look in filter(None, (facts.hair, *facts.features)):
        said = [word for word in look.split() if word not in ("a", "an")]
        colour, value = (" ".join(w for w in said if (w in COLOURS) == wanted) for wanted in (True, False))
        body, ground = look == facts.hair or is_of_body(look), seen.get("hair" if look == facts.hair else look)
        yield Row(name, "hair" if body else "worn", value, colour=colour, ground=ground)
    if facts.pose:
        yield Row(name, "posture", facts.pose, ground=seen.get("pose"))
    gestures = [(gesture, gesture) for gesture in facts.gestures]
    for key, deed in (("activity", facts.activity), *gestures, ("movement", facts.movement)):
        if deed:
            kind = "gesture" if key == deed else key
            yield replace(hedged(name, "deed", deed), ground=on_footage(seen.get(key), kind))
    yield from _placed(name, facts)


def _placed(name: str, facts: PersonFacts) -> Iterator[Row]:
    """What somebody holds, what is near, and where in the picture it all is."""
    seen = facts.grounds
    if facts.holding:
        held = facts.holding.removeprefix("an ").removeprefix("a ")
        yield Row(name, "holding", held, ground=seen.get("holding"))
    for near in dict.fromkeys(filter(None, (facts.seat, *facts.near))):
        yield Row(name, "near", near, ground=seen.get("seat" if near == facts.seat else near))
    said = (facts.where or "").replace(",", " ").split()
    yield from (Row(name, "side", word) for word in SIDES if word in said)
    if facts.shot:
        yield Row(name, "shot_size", facts.shot)


def hedged(name: str, attribute: str, said: str) -> Row:
    """A row whose probability tells what a phrase tells by "probably" or "or"."""
    sure = not said.startswith(HEDGE) and "or" not in said.split()
    return Row(name, attribute, said.removeprefix(f"{HEDGE} "), probability=1.0 if sure else PROBABLY)


def scene_as_rows(scene: SceneFacts) -> Iterator[Row]:
    """Facts of a scene as rows without times; indoors or outdoors only where that is sure."""
    if scene.place:
        yield Row("", "place", scene.place.removeprefix("an ").removeprefix("a "))
    if setting := sure_setting(scene):
        yield Row("", "setting", setting)
    if scene.light:
        yield Row("", "light", scene.light)
    if behind := backdrop(scene):
        yield Row("", "background", behind)
    if BLUE_SKY in scene.behind:
        yield Row("", "background", BLUE_SKY)
    yield Row("", "style", "drawn" if scene.drawn else "filmed")


def sure_setting(scene: SceneFacts) -> str | None:
    """Indoors or outdoors, where that is sure enough to be said."""
    sure = scene.setting and (scene.drawn or scene.confidence.get("setting", 1.0) >= SETTING_SURE[scene.setting])
    return scene.setting if sure else None


def backdrop(scene: SceneFacts) -> str | None:
    """What is behind everybody: "dark red curtains", "window blinds", else "a grey background"; None if unknown."""
    covered = [word for word in scene.behind if word != BLUE_SKY]
    colour = (scene.background or "").removeprefix("an ").removeprefix("a ").removesuffix(" background")
    return join([w if w == BOOKSHELVES else f"{colour} {w}".strip() for w in covered]) or scene.background


def is_of_body(feature: str) -> bool:
    """Whether somebody has this, and doesn't wear it: a beard, bare shoulders."""
    return any(word.removesuffix("s") in words("body") or word in words("body") for word in feature.split(" "))


def on_footage(ground: Ground | None, kind: str) -> Ground | None:
    """The ground of a fact of this kind with how often such a fact is right, where that was read off footage."""
    if ground is None or ground.score is None or kind not in _ON_FOOTAGE:
        return ground
    slope, offset = _ON_FOOTAGE[kind]
    measured = min(max(ground.score, 1 - _SUREST), _SUREST)
    odds = slope * math.log(measured / (1 - measured)) + offset
    return replace(ground, score=round(1 / (1 + math.exp(-odds)), 3))
