"""What was found, said: `say(finding, evidence)`, the one way from a `Finding` to text.

One function for each `select`; names that nobody bears come first, whoever isn't there last. "this video" stands for
all that was looked at: whoever asked about a part puts "this part of the video" in its place.
"""

from __future__ import annotations

from collections.abc import Callable

from pvchat.chat.english import upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding
from pvchat.chat.say import presence
from pvchat.chat.say.attributes import attribute, describe, untold_type
from pvchat.chat.say.counts import count
from pvchat.chat.say.facts import is_plain
from pvchat.chat.say.holders import exists, who
from pvchat.chat.say.ranks import compare, order, ranked
from pvchat.chat.say.refusals import CANT_TELL, TRAITS_OFF, asks_traits, never, not_enrolled, refused, why
from pvchat.chat.say.scenes import asks_scene, count_things, whether_scene
from pvchat.chat.say.sounds import heard
from pvchat.chat.say.times import length, shots, timed
from pvchat.chat.sounds import is_heard
from pvchat.schemas import PersonPresence

Told = Callable[[Finding, Evidence], str]
_SELECTS: dict[str, Told] = {
    "exists": exists, "who": who, "count": count, "when": timed, "how_long": timed, "how_often": timed,
    "attribute": attribute, "describe": describe, "compare": compare, "order": order, "shots": shots, "length": length,
}  # fmt: skip
_OF_SCENE: dict[str, Told] = {"exists": whether_scene, "who": whether_scene, "count": count_things}


def say(finding: Finding, evidence: Evidence) -> str:
    """The answer, in one to a few sentences.

    Args:
        finding: what was found, of one question or of two asked together.
        evidence: what was measured in the clip, and everyone's presence.
    """
    told, then = list(map(upper, _of_one(finding, evidence))), finding.then
    unasked = finding.query.if_so and finding.verdict not in ("yes", None)
    if then is not None and not unasked and not _only_missing(then, finding):
        told += [sentence for sentence in map(upper, _of_one(then, evidence)) if sentence not in told]
    return " ".join(told)


def _only_missing(then: Finding, first: Finding) -> bool:
    """Whether a second answer could only say again that somebody isn't there."""
    names = {one.name for one in first.missing}
    nobody = not (then.people or then.against or then.open or then.rows)
    return bool(then.missing) and nobody and {one.name for one in then.missing} <= names


def _of_one(finding: Finding, evidence: Evidence) -> list[str]:
    """The sentences that answer one question."""
    query = finding.query
    if query.select == "refuse":
        return [text for text in (refused(finding, evidence), *not_enrolled(finding, evidence)) if text] or [CANT_TELL]
    if query.select == "why":
        return [why(finding, evidence)]
    if not evidence.traits and asks_traits(query):
        gone = _missing(finding, "")
        return gone if gone and len(finding.missing) == len(query.whom.names) else [TRAITS_OFF, *gone]
    strangers = not_enrolled(finding, evidence)
    if finding.nothing:
        return [*strangers, *(_unsure(finding) or [never(finding, evidence)])]
    told = _told(finding, evidence) if not strangers or _anything(finding) else ""
    return [text for text in (*strangers, told, *_missing(finding, told)) if text] or [CANT_TELL]


def _anything(finding: Finding) -> bool:
    return bool(finding.people or finding.against or finding.open or finding.rows)


def _told(finding: Finding, evidence: Evidence) -> str:
    query = finding.query
    if is_heard(query):
        return heard(finding, evidence)
    if asks_scene(finding) and query.select in _OF_SCENE:
        return _OF_SCENE[query.select](finding, evidence)
    if query.rank is not None and query.number is None and query.select in ("who", "exists"):
        return ranked(finding, evidence)
    return _SELECTS[query.select](finding, evidence)


def _missing(finding: Finding, told: str) -> list[str]:
    """That nothing can be told of those who aren't there, or may not be, unless the answer names them."""
    gone = [
        PersonPresence(one.name, one.why, 0.0)
        for one in finding.missing
        if one.why != "not enrolled" and not _says_gone(one.name, told, finding)
    ]
    if finding.verdict == "no" and not told:
        names = [person.name for person in gone if person.decision == "absent"]
        return [presence.existence([person for person in gone if person.name in names], Evidence())] if names else []
    return presence.untold(gone, untold_type(finding))


def _says_gone(name: str, told: str, finding: Finding) -> bool:
    """Whether an answer says already that somebody isn't there: "next to Ben" says nothing of that."""
    query = finding.query
    if query.select == "exists" and is_plain(query.where) and query.whom.such is None:  # who of them is there
        return name in told
    return f"{name} is not in this video" in told or f"whether {name}" in told


def _unsure(finding: Finding) -> list[str]:
    """That what is asked hangs on somebody who may not be there."""
    unsure = [PersonPresence(one.name, "unsure", 0.0) for one in finding.missing if one.why == "unsure"]
    return presence.untold(unsure)
