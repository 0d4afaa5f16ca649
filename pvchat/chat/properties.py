"""Whether something holds of somebody: a predicate and what was measured in; yes, no, probably or unknown out.

What wasn't measured is unknown, never no: that no hat was seen doesn't mean that there is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pvchat.chat.aspect import Manner
from pvchat.chat.english import HEDGE, are, be, join, upper
from pvchat.chat.evidence import Evidence, decided, in_company
from pvchat.chat.existence import untold
from pvchat.chat.guard import same_colour
from pvchat.chat.lineup import LineUp
from pvchat.chat.predicates import HOME, Predicate
from pvchat.chat.say.phrases import action_phrase, appearance_phrase, location_phrase, side_by_side
from pvchat.chat.standing import meant
from pvchat.schemas import PersonFacts, PersonPresence

Verdict = Literal["yes", "no", "probably", "unknown"]
_ONE_WORD = ("setting", "gender", "pose")  # kinds that are measured as one word of a few
_MUTUAL = {"each", "other"}
_SAME_PLACE = ("same",)  # "in the same room"
_TOLD_AS = {  # what a garment may be told as, where its colour is asked for: a shirt is often told as a top
    **dict.fromkeys(("shirt", "t-shirt", "tee", "blouse", "sweater", "jumper", "pullover", "hoodie"), ("top",)),
    "jacket": ("suit",), "blazer": ("suit", "jacket"), "coat": ("jacket",), "top": ("shirt",), "trousers": ("suit",),
}  # fmt: skip
_SHOTS = {
    "close-up": "in close-up", "medium shot": "in a medium shot", "full figure": "seen as a full figure",
    "far away": "far away",
}  # fmt: skip


def whether(predicate: Predicate, asked: Sequence[PersonPresence], evidence: Evidence, manner: Manner = "polar") -> str:
    """Yes, no or "I can't tell" about each of the people asked about; nothing is said of the absent and the unsure.

    Args:
        predicate: what is asked of them.
        asked: their presence.
        evidence: what was measured.
        manner: how it is asked: "plain" is answered by neither yes nor no, "what" and "when" even less.
    """
    present = decided(asked, "present")
    missing = untold(asked)
    if set(predicate.words) >= _MUTUAL and len(present) > 1:
        return " ".join([rest(present), *missing])  # each of them talks, but to whom?
    if predicate.kind == "place" and predicate.words[:1] == _SAME_PLACE and len(asked) > 1:
        return " ".join(missing) or _in_one_place(present, evidence)
    if predicate.kind != "beside":
        return " ".join([*(_of_one(predicate, name, evidence, manner) for name in present), *missing])
    if missing or not present:
        return " ".join(missing)
    return _beside(present, evidence) if len(present) > 1 else rest(present)


def rest(present: Sequence[str]) -> str:
    """What is said where nothing measured speaks to a question about people who are there."""
    return f"{join(present)} {be(present)} in this video, but I can't tell the rest."


def alone_or_not(name: str, evidence: Evidence) -> str:
    """Who else is in the clip beside somebody who is there."""
    company = in_company(name, evidence)
    return f"{join(company)} {are(company)} in this video too." if company else f"I see nobody but {name}."


def holds(predicate: Predicate, name: str, evidence: Evidence) -> Verdict:
    """Whether a predicate holds of somebody present."""
    facts, words = evidence.facts_of(name), predicate.words
    if predicate.kind == "side":
        return _among(words[0], facts.where, ("left", "right", "middle", "foreground", "background"))
    if predicate.kind == "shot":
        return _same(words[0], facts.shot)
    if predicate.kind in _ONE_WORD:
        measured = evidence.scene.setting if predicate.kind == "setting" else getattr(facts, predicate.kind)
        if predicate.kind == "pose" and measured is None and len(words) == 1:
            return _deed(words[0].split()[:1], facts)  # "falling or lying down", "sitting on a bed"
        return _same(words[0], measured) if len(words) == 1 else "yes" if measured in words else "unknown"
    if predicate.kind == "alone":
        return "yes" if bool(in_company(name, evidence)) == bool(predicate.words) else "no"
    if predicate.kind == "worn":
        return _worn(predicate, facts)
    if predicate.kind == "looks":
        seen = " ".join(x for x in (facts.hair, *facts.features) if x).split()
        return "yes" if set(words) <= set(seen) else "unknown"
    if predicate.kind == "deed":
        return _deed(words, facts)
    if predicate.kind == "place":
        place = f"{evidence.scene.place or ''} {evidence.place or ''}"
        said = set(re.findall(r"[\w']+", place))
        found = bool(said & set(words)) if words == HOME else set(words) <= said
        return "unknown" if not found else "probably" if HEDGE in place else "yes"
    return "unknown"


def _of_one(predicate: Predicate, name: str, evidence: Evidence, manner: Manner) -> str:
    """What is told of one who is there."""
    told = _polar(predicate, name, evidence)
    if manner == "polar":
        return told
    fact, verdict = fact_of(predicate, name, evidence), holds(predicate, name, evidence)
    if manner in ("when", "often") and fact and verdict in ("yes", "probably"):
        return f"{fact}, but I can't {'tell when' if manner == 'when' else 'count how often'}."
    if manner == "often" and predicate.kind == "unknown":
        return f"{name} is in this video, but I can't count that."
    if manner in ("what", "when", "often"):
        asked = "what" if manner == "what" else "whether"
        unsure = f"{name} is in this video, but I can't tell {asked} {name} {clause(predicate, [name])}."
        known = fact and manner == "what" and verdict == "yes"
        return f"{fact}." if known else f"{unsure} {upper(fact)}." if fact else unsure
    return upper(re.sub(r"^(?:Yes|No), ", "", told))


def _polar(predicate: Predicate, name: str, evidence: Evidence) -> str:
    """Yes, no, probably, or that it can't be told, of one who is there."""
    if predicate.kind == "alone":
        return f"{upper(holds(predicate, name, evidence))}, {alone_or_not(name, evidence)}"
    verdict, fact = holds(predicate, name, evidence), fact_of(predicate, name, evidence)
    if verdict == "yes" and predicate.kind in _ONE_WORD and len(predicate.words) > 1:
        return f"{name} is {evidence.scene.setting}." if predicate.kind == "setting" else f"{fact}."  # which of two
    if verdict == "yes":
        plain = predicate.kind in ("side", "setting") or not fact
        return f"Yes, {name} {clause(predicate, [name])}." if plain else f"Yes, {fact}."
    if verdict in ("probably", "no"):
        return f"{'Probably yes:' if verdict == 'probably' else 'No,'} {fact}."
    unsure = f"{name} is in this video, but I can't tell whether {name} {clause(predicate, [name])}."
    return f"{unsure} {upper(fact)}." if fact else unsure


def clause(predicate: Predicate, names: Sequence[str], hedge: str = "") -> str:
    """Such as "is wearing glasses" or "have dark hair", after the names."""
    owned = predicate.said.startswith("with ")
    verb = ("has" if len(names) == 1 else "have") if owned else be(names)
    return " ".join(x for x in (verb, hedge, predicate.said.removeprefix("with ")) if x)


def fact_of(predicate: Predicate, name: str, evidence: Evidence) -> str:
    """What was measured of the kind that is asked for, as a clause; empty where nothing was."""
    facts = evidence.facts_of(name)
    if predicate.kind == "gender":
        return f"{name} is a {facts.gender}, as far as I can see" if facts.gender else ""
    if predicate.kind in ("worn", "looks"):
        looks = appearance_phrase(facts, whole=predicate.kind == "looks")
        return f"{name} {looks}" if looks else ""
    if predicate.kind in ("pose", "deed"):
        acts = action_phrase(facts)
        return f"{name} {acts}" if acts else ""
    if predicate.kind == "shot":
        return f"{name} is {_SHOTS[facts.shot]}" if facts.shot in _SHOTS else ""
    if predicate.kind in ("side", "setting", "place"):
        place = location_phrase(name, evidence)
        return f"{name} is {place}" if place else ""
    return ""


def _beside(names: Sequence[str], evidence: Evidence) -> str:
    """Whether the first of some people stands next to each of the others."""
    first, *others = names
    boxes = evidence.boxes
    if first not in boxes or any(name not in boxes for name in others):
        return rest(names)
    near = all(side_by_side(boxes[first], boxes[other]) and evidence.together(first, other) for other in others)
    if not near and len(others) == 1 and _nobody_between(first, others[0], evidence):
        return f"{first} and {others[0]} aren't close together, but I see nobody between them."
    return f"{'Yes' if near else 'No'}, {first} is {'' if near else 'not '}next to {join(others)}."


def _nobody_between(one: str, other: str, evidence: Evidence) -> bool:
    """Whether two people are seen together and nobody is seen between them: at a table they may be neighbours."""
    return evidence.together(one, other) and not meant(LineUp("between"), (one, other), evidence)


def _in_one_place(names: Sequence[str], evidence: Evidence) -> str:
    """Whether people are seen together; of those who aren't nothing can be told."""
    together = all(evidence.frames_of(name) and evidence.together(names[0], name) for name in names)
    return f"Yes, {join(names)} are seen together." if together else rest(names)


def _worn(predicate: Predicate, facts: PersonFacts) -> Verdict:
    nouns, colour = predicate.words, predicate.colour
    if not nouns:
        return "yes" if any(_coloured(g.colour, colour) for g in facts.clothes) else "unknown"
    kinds = {nouns[-1], *(_TOLD_AS.get(nouns[-1], ()) if colour else ())}
    mine = [g for g in facts.clothes if len(nouns) == 1 and kinds & {g.kind.lower(), f"{g.kind.lower()}s"}]
    if mine and colour:
        known = [g.colour for g in mine if g.colour]
        if any(_coloured(c, colour) for c in known):
            return "yes"
        return "no" if known and not any(same_colour(c, colour) for c in known) else "unknown"
    features = [f.lower().split() for f in facts.features]
    return "yes" if mine or not colour and any(set(nouns) <= set(f) for f in features) else "unknown"


def _coloured(measured: str | None, asked: str | None) -> bool:
    """Whether a measured colour has the word that is asked for; shades that only may be meant don't count."""
    words = [set((c or "").replace("gray", "grey").split()) for c in (measured, asked)]
    return bool(words[1]) and words[1] <= words[0]


def _deed(words: Sequence[str], facts: PersonFacts) -> Verdict:
    if words[0] == "moving" and facts.movement and facts.movement != "standing still":
        return "yes"
    held = f"holding {facts.holding}" if facts.holding else None
    told = [d for d in (facts.pose, facts.activity, *facts.gestures, facts.movement, held) if d]
    for deed in told:
        sure, said = not deed.startswith(HEDGE), deed.removeprefix(f"{HEDGE} ").split()
        if words[0] in said and set(words[1:]) <= set(said):
            return "yes" if sure and "or" not in said else "probably"
    return "unknown"


def _among(word: str, phrase: str | None, rivals: Sequence[str]) -> Verdict:
    """Whether a word stands in a phrase; where one of its rivals stands instead it is denied."""
    if not phrase:
        return "unknown"
    said = set(re.findall(r"\w+", phrase))
    sides, depths = rivals[:3], rivals[3:]
    own = sides if word in sides else depths
    return "yes" if word in said else "no" if said & set(own) else "unknown"


def _same(word: str, measured: str | None) -> Verdict:
    return "unknown" if not measured else "yes" if word == measured else "no"
