"""Measured facts as phrases: what somebody wears, does, and where; all complete "Ana …" or "Ana is …".

In: facts and evidence. Out: parts of sentences, empty or None where nothing is known. Nothing that wasn't measured is
spoken of. Actions are in the simple present ("sits and talks"), as in captions.
"""

from __future__ import annotations

from pvchat.chat.english import HEDGE, indefinite, join, present_tense, so_many_people, words
from pvchat.chat.evidence import Box, Evidence, Neighbour, at_once, seen_together
from pvchat.schemas import BLUE_SKY, BOOKSHELVES, Garment, PersonFacts, SceneFacts

# Confidence from which a setting is said of a photographed scene. On the tune half 46 of 47 clips told "indoors" and 6
# of 8 told "outdoors" are, from there on; below, 3 of 9 that are dark or before one grey surface, and 4 of 10 others.
SETTING_SURE = {"indoors": 0.65, "outdoors": 0.72}
_PRONOUN = 0.9  # confidence of the gender from which "he" or "she" is said [choice]
_NEAR = 1.5  # gap between two boxes, in mean box widths, up to which two people count as side by side [choice]


def appearance_phrase(facts: PersonFacts, whole: bool = False) -> str:
    """Such as "is wearing a dark suit and glasses"; hair and beard when `whole` or when nothing worn was measured.

    Bare shoulders are told with what is worn.
    """
    worn = [garment_phrase(g) for g in facts.clothes] + [f for f in facts.features if not is_of_body(f)]
    has = [x for x in (facts.hair, *(f for f in facts.features if is_of_body(f))) if x]
    has = has if whole or not worn else [x for x in has if x.startswith("bare")]
    if worn and not has:
        return f"is wearing {join(worn)}"
    if worn:
        return f"is wearing {join(worn)}, with {join(has)}"
    return f"has {join(has)}" if has else ""


def action_phrase(facts: PersonFacts) -> str:
    """Such as "sits, talks and raises a hand": pose, activity, gestures, movement and what is held."""
    walks = facts.movement is not None and facts.movement.startswith("walking")
    pose = None if walks and facts.pose == "standing" else facts.pose
    pose = f"{pose} {facts.seat}" if pose and facts.seat else pose
    held = f"holding {facts.holding}" if facts.holding else None
    told = (pose, facts.activity, *facts.gestures, facts.movement, held)
    deeds = sorted([d.strip() for d in told if d and d.strip()], key=lambda d: d.startswith(HEDGE))  # doubt comes last
    kept = [d for i, d in enumerate(deeds) if not any(_says(e, d, j < i) for j, e in enumerate(deeds) if j != i)]
    return join([present_tense(_own(d, sure_gender(facts))) for d in kept])


def location_phrase(name: str, evidence: Evidence, others: bool = False) -> str:
    """Completes "is …": "in an office, on the left, next to Ben". Strangers count only when `others` is asked for."""
    facts, scene = evidence.facts_of(name), evidence.scene
    place = place_phrase(evidence)
    where = _in_picture(facts.where) if facts.where and place else facts.where
    sky = f"under {BLUE_SKY}" if BLUE_SKY in scene.behind else None
    backed = before if (before := _before(evidence, place)) not in facts.near else None
    near = beside(name, evidence, others or not (place or backed or where))
    parts = [place, sky, *facts.near, backed, where, f"next to {join(near)}" if near else None]
    if not (place or backed) and facts.shot in ("close-up", "far away"):
        parts.append("in close-up" if facts.shot == "close-up" else facts.shot)
    return ", ".join(p for p in parts if p)


def _before(evidence: Evidence, place: str | None) -> str | None:
    """Such as "before dark red curtains"; None where that says no more than the place or the sky."""
    scene, shown = evidence.scene, backdrop(evidence.scene)
    if not shown or BLUE_SKY in scene.behind and "blue" in shown:
        return None
    if shown == scene.background and _plain(shown) in words("no_place"):
        told = bool(scene.place or evidence.place or place and scene.light == "dark")
    else:
        told = shown == scene.background and bool(place) and _is_wall(shown)
    return None if told else f"before {shown}"


def place_phrase(evidence: Evidence) -> str | None:
    """Such as "in an office" or "outdoors in the dark"; None where nothing of it is sure."""
    scene = evidence.scene
    place = f"{preposition(scene.place)} {scene.place}" if scene.place else evidence.place
    return place or setting_phrase(scene)


def sure_setting(scene: SceneFacts) -> str | None:
    """Indoors or outdoors, where that is sure enough to be said."""
    sure = scene.setting and (scene.drawn or scene.confidence.get("setting", 1.0) >= SETTING_SURE[scene.setting])
    return scene.setting if sure else None


def setting_phrase(scene: SceneFacts) -> str | None:
    """Such as "indoors", "outdoors in the dark", "in a dark place"; None where nothing of it is sure."""
    setting = sure_setting(scene)
    dark = {"indoors": "indoors in dim light", "outdoors": "outdoors in the dark"}
    return dark.get(setting or "", "in a dark place") if scene.light == "dark" else setting


def backdrop(scene: SceneFacts) -> str | None:
    """What is behind everybody: "dark red curtains", "window blinds", else "a grey background"; None if unknown."""
    covered = [word for word in scene.behind if word != BLUE_SKY]
    colour = _plain(scene.background or "")
    told = [word if word == BOOKSHELVES else f"{colour} {word}".strip() for word in covered]
    return join(told) if told else scene.background


def scene_told(evidence: Evidence) -> str:
    """Such as "The video shows a drawn scene, outdoors."; empty where its place isn't known."""
    scene = evidence.scene
    style = "a drawn scene" if scene.drawn else None
    behind = backdrop(scene)
    shown = [x for x in (style, scene.place, scene.setting, behind and f"with {behind}") if x]
    return f"The video shows {', '.join(shown)}." if style or scene.place else ""


def beside(name: str, evidence: Evidence, strangers: bool) -> list[str]:
    """["Ben", "one other person"]: those about as high up and less than `_NEAR` box widths away.

    Strangers are told where they are asked for, and so are names of drawn characters: of those that nobody had asked
    for on the tune half none of 4 was there.
    """
    here = evidence.boxes.get(name)
    if here is None:
        return []
    mine = evidence.frames_of(name)
    # Where two names are one sighting, the less likely one has its box, and is nobody beside the other.
    around = [o for o in evidence.others if o.name != name and o.box != here] + [
        Neighbour(box, other)
        for other, box in evidence.boxes.items()
        if other != name and box != here and all(o.name != other and o.box != box for o in evidence.others)
    ]
    near = [o for o in around if side_by_side(here, o.box) and seen_together(mine, o.frames)]
    known = strangers or not evidence.scene.drawn
    named = [o.name for o in near if o.name and o.sure and known]
    others = [o for o in near if not (o.name and o.sure)]
    most = evidence.not_known + sum(o.name is not None for o in others)  # a body may be somebody's
    unnamed = min(at_once([o.frames for o in others]), most) if strangers else 0
    if unnamed:
        named.append(so_many_people(unnamed, others=bool(named)))
    return named


def side_by_side(a: Box, b: Box) -> bool:
    """Whether two people are about as high up and less than `_NEAR` box widths apart."""
    width = ((a[2] - a[0]) + (b[2] - b[0])) / 2
    height = ((a[3] - a[1]) + (b[3] - b[1])) / 2
    gap = max(a[0], b[0]) - min(a[2], b[2])
    return gap <= _NEAR * width and abs((a[1] + a[3]) - (b[1] + b[3])) / 2 <= height


def sure_gender(facts: PersonFacts) -> str | None:
    """The gender where a pronoun may be used: a wrong one is worse than the name said twice."""
    return facts.gender if facts.confidence.get("gender", 1.0) >= _PRONOUN else None


def _own(deed: str, gender: str | None) -> str:
    """A deed as it is told of one person: "shaking his head", "shaking the head" where the gender isn't known."""
    whose = {"man": "his", "woman": "her"}.get(gender or "", "the")
    own = " ".join(whose if word == "their" else word for word in deed.split(" "))
    return own.replace("facing the camera", "looking towards the camera")


def _says(other: str, deed: str, earlier: bool) -> bool:
    """Whether `other` already says `deed` (the same words, or the same and more)."""
    return other.startswith(deed) and (len(other) > len(deed) and other[len(deed)] == " " or other == deed and earlier)


def garment_phrase(garment: Garment) -> str:
    """Such as "an orange top" or "grey scrubs"."""
    sleeves = garment.sleeves if garment.kind == "top" else None
    return with_article(" ".join(x for x in (garment.colour, sleeves, garment.kind) if x))


def with_article(noun: str) -> str:
    """Such as "a cup" and "an umbrella"; what has an article, or is several, stays as it is."""
    own = not noun or noun.split(" ")[0] in words("determiners") or noun.endswith(words("several"))
    return noun if own else indefinite(noun)


def preposition(place: str) -> str:
    """What stands before a place: "in" an office, "at" a party, "on" a stage."""
    last = place.split(" ")[-1]
    return "at" if last in words("at") else "on" if last in words("on") or place.endswith("beach front") else "in"


def is_of_body(feature: str) -> bool:
    """Whether somebody has this, and doesn't wear it: a beard, bare shoulders."""
    return any(word.removesuffix("s") in words("body") or word in words("body") for word in feature.split(" "))


def _in_picture(where: str) -> str:
    """Such as "on the left" of "on the left of the frame"."""
    head, _, tail = where.rpartition(" of the ")
    return head if tail in ("frame", "picture", "image") else where


def _plain(background: str) -> str:
    """The colour of "a grey background"."""
    return background.removeprefix("an ").removeprefix("a ").removesuffix(" background")


def _is_wall(background: str) -> bool:
    return background.endswith(" background") and any(f" {colour} " in f" {background}" for colour in words("walls"))
