"""What was measured of somebody in a sample, and what is known of how it was made, as a phrase after the name.

"sits and talks", "is on the left of the frame". Nothing is told of the absent: refusals are made by rule.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pvchat.augment.questions.views import SampleView
from pvchat.augment.schemas import PLAIN, TOGETHER
from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.english import same_colour
from pvchat.chat.say.people import acts, looks, whereabouts
from pvchat.identity.evidence import Evidence
from pvchat.schemas import Garment, PersonFacts, SceneFacts

_MASK = re.compile(r"\bmask\b")
_MOUTH = re.compile(r"\b(smil|laugh|talk)\w*")
_BEARD = re.compile(r"\b(beard|moustache|mustache|stubble)\b")
_TURNS, _FACES = re.compile(r"^turning\b"), re.compile(r"^(facing|looking)\b")
_HEADGEAR = re.compile(r"\b(cap|hat|hood)\b")
_LOOKS = re.compile(r"\b(looks?|appearance)\b")


def describe(view: SampleView, kind: str, name: str, question: str = "") -> str:
    """What was measured of the "appearance", "action" or "location" of somebody; empty where nothing was, or of absent.

    Where a question is about looks, hair and beard belong to the answer.
    """
    timeline = timeline_from(with_notes(view), view.presence)
    spans = timeline.seen(name)
    if kind == "location":
        place = whereabouts(name, spans, timeline) if spans else ""
        return f"is {place}" if place else ""
    if kind == "appearance":
        return looks(name, spans, timeline, bool(_LOOKS.search(question)))
    return acts(name, spans, timeline)


def with_notes(view: SampleView) -> Evidence:
    """What was measured, with what is known of how the sample was made (`Sample.notes`: of its first person)."""
    evidence, sample = view.evidence, view.sample
    subject, place, scene = next(iter(sample.people)), sample.notes.get("location"), evidence.scene
    if sample.recipe == TOGETHER:  # each stands in a place of her own: what was measured is true of none of them
        scene = SceneFacts(drawn=scene.drawn)
    if (facts := evidence.facts.get(subject)) is None:
        return replace(evidence, scene=scene)
    if place:
        colour = scene.background if place == PLAIN else None
        scene = SceneFacts(None if colour else place, background=colour, drawn=scene.drawn)
    return replace(evidence, facts={**evidence.facts, subject: _facts_with_notes(facts, sample.notes)}, scene=scene)


def _facts_with_notes(facts: PersonFacts, notes: dict[str, str]) -> PersonFacts:
    """Facts of the subject, with what the sample's recipe put on them or had them do, without what that hides."""
    worn, deed = re.sub(r"^(wears|wearing|is wearing) ", "", notes.get("appearance", "")), notes.get("action", "")
    clothes, worn = _recoloured(facts.clothes, worn)
    features = list(facts.features)
    if worn:
        features = [f for f in features if not _same_thing(f, worn)] + _items(worn)
    masked = bool(_MASK.search(" ".join(features)))
    hidden = [_MOUTH] * masked + [_FACES] * bool(_TURNS.search(deed))
    gestures = [*facts.gestures, *([deed] if deed and deed not in facts.gestures else [])]
    return replace(
        facts,
        clothes=clothes,
        features=[f for f in features if not (masked and _BEARD.search(f))],
        gestures=[g for g in gestures if not any(pattern.search(g) for pattern in hidden)],
        hair=None if _HEADGEAR.search(worn) else facts.hair,
    )


def _recoloured(clothes: list[Garment], worn: str) -> tuple[list[Garment], str]:
    """Garments in the colour of a note such as "red clothes", and the note without what says so."""
    note = re.fullmatch(r"(.+) clothes", worn)
    if note is None or not clothes:
        return clothes, worn
    first = clothes[0] if same_colour(clothes[0].colour, note[1]) and clothes[0].colour else None
    return [first or replace(clothes[0], colour=note[1]), *clothes[1:]], ""


def _items(worn: str) -> list[str]:
    """The things of a note: "a surgical mask and a scrub cap" are two."""
    return [part for part in re.split(r", | and ", worn) if part]


def _same_thing(feature: str, worn: str) -> bool:
    """Whether a measured feature is what was put on ("a face mask" and "a surgical mask"; "glasses", "sunglasses")."""
    nouns = [item.split()[-1] for item in _items(worn)]
    own = feature.split()[-1]
    return any(own == n or own.endswith(n) or n.endswith(own) or {own, n} <= {"hat", "cap", "hood"} for n in nouns)
