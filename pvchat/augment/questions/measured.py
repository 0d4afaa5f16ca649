"""What was measured of the people of a sample, with what is known of how it was made, in words after a name.

"sits and talks", "is on the left of the frame". Nothing is told of the absent: refusals are made by rule.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pvchat.augment.questions.cast import SampleView
from pvchat.augment.schemas import PLAIN, TOGETHER
from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.english import same_colour
from pvchat.chat.say.people import acts, looks, whereabouts
from pvchat.chat.timeline import Timeline
from pvchat.identity.evidence import Evidence
from pvchat.schemas import Garment, SceneFacts

_MASK = re.compile(r"\bmask\b")
_MOUTH = re.compile(r"\b(smil|laugh|talk)\w*")
_BEARD = re.compile(r"\b(beard|moustache|mustache|stubble)\b")
_TURNS, _FACES = re.compile(r"^turning\b"), re.compile(r"^(facing|looking)\b")
_HEADGEAR = re.compile(r"\b(cap|hat|hood)\b")
_LOOKS = re.compile(r"\b(looks?|appearance)\b")


def describe(view: SampleView, kind: str, name: str, question: str) -> str:
    """What was measured of the "appearance", "action" or "location" of somebody present; empty where nothing was.

    Where a question is about looks, hair and beard belong to the answer.
    """
    return phrase(timeline_of_sample(view), kind, name, bool(_LOOKS.search(question)))


def phrase(timeline: Timeline, kind: str, name: str, whole: bool = False) -> str:
    """The same of a timeline; `whole` also says what isn't worn (hair, beard)."""
    spans = timeline.seen(name)
    if kind == "location":
        place = whereabouts(name, spans, timeline) if spans else ""
        return f"is {place}" if place else ""
    return looks(name, spans, timeline, whole) if kind == "appearance" else acts(name, spans, timeline)


def timeline_of_sample(view: SampleView) -> Timeline:
    """What is known of a sample as the answers' rows."""
    return timeline_from(informed(view), view.presence)


def informed(view: SampleView) -> Evidence:
    """What was measured, with what is known of how the sample was made (`Sample.notes`: about its first person)."""
    evidence, subject = view.evidence, next(iter(view.sample.people))
    if view.sample.recipe == TOGETHER:  # each stands in a place of her own: what was measured is true of none of them
        evidence = replace(evidence, scene=SceneFacts(drawn=evidence.scene.drawn))
    notes, facts = view.sample.notes, evidence.facts.get(subject)
    if facts is None:
        return evidence
    worn = re.sub(r"^(wears|wearing|is wearing) ", "", notes.get("appearance", ""))
    deed = notes.get("action", "")
    clothes, worn = _recoloured(facts.clothes, worn)
    features = list(facts.features)
    if worn:
        features = [f for f in features if not _same_thing(f, worn)] + _items(worn)
    covered = bool(_MASK.search(" ".join(features)))
    gestures = [*facts.gestures, *([deed] if deed and deed not in facts.gestures else [])]
    hidden = [_MOUTH] * covered + [_FACES] * bool(_TURNS.search(deed))
    gestures = [g for g in gestures if not any(pattern.search(g) for pattern in hidden)]
    changed = replace(
        facts,
        clothes=clothes,
        features=[f for f in features if not (covered and _BEARD.search(f))],
        gestures=gestures,
        hair=None if _HEADGEAR.search(worn) else facts.hair,
    )
    scene = evidence.scene
    if place := notes.get("location"):
        colour = scene.background if place == PLAIN else None
        scene = SceneFacts(None if colour else place, background=colour, drawn=scene.drawn)
    return replace(evidence, facts={**evidence.facts, subject: changed}, scene=scene)


def _recoloured(clothes: list[Garment], worn: str) -> tuple[list[Garment], str]:
    """Garments with the colour that a note gives ("red clothes"), and what is left of the note."""
    note = re.fullmatch(r"(.+) clothes", worn)
    if note is None or not clothes:
        return clothes, worn
    first = clothes[0] if same_colour(clothes[0].colour, note[1]) and clothes[0].colour else None
    return [first or replace(clothes[0], colour=note[1]), *clothes[1:]], ""


def _items(worn: str) -> list[str]:
    return [part for part in re.split(r", | and ", worn) if part]


def _same_thing(feature: str, worn: str) -> bool:
    """Whether a measured feature is what was put on ("a face mask" and "a surgical mask"; "glasses", "sunglasses")."""
    nouns = [item.split()[-1] for item in _items(worn)]
    own = feature.split()[-1]
    return any(own == n or own.endswith(n) or n.endswith(own) or {own, n} <= {"hat", "cap", "hood"} for n in nouns)
