"""What was found, said: `say(finding, timeline)`, the one way from a `Finding` to text.

One function for each `select`; names that nobody bears come first, whoever isn't there last. "this video" stands for
all that was looked at: whoever asked about a part puts "this part of the video" in its place.
"""

from __future__ import annotations

from collections.abc import Callable

from pvchat.chat.english import upper
from pvchat.chat.finding import Finding
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import asks_scene, is_plain
from pvchat.chat.say.holders import exists, who
from pvchat.chat.say.numbers import count, length, shots, timed
from pvchat.chat.say.people import attribute, describe, untold_type
from pvchat.chat.say.ranks import compare, order, ranked
from pvchat.chat.say.refusals import CANT_TELL, TRAITS_OFF, asks_traits, never, not_enrolled, refused, why
from pvchat.chat.say.scenes import count_things, whether_scene
from pvchat.chat.say.sounds import heard
from pvchat.chat.sounds import is_heard
from pvchat.chat.timeline import Entity, Timeline

_SELECTS: dict[str, Callable[[Finding, Timeline], str]] = {
    "exists": exists, "who": who, "count": count, "when": timed, "how_long": timed, "how_often": timed,
    "attribute": attribute, "describe": describe, "compare": compare, "order": order, "shots": shots, "length": length,
}  # fmt: skip
_OF_SCENE = {"exists": whether_scene, "who": whether_scene, "count": count_things}


def say(finding: Finding, timeline: Timeline) -> str:
    """The answer, in one to a few sentences.

    Args:
        finding: what was found, of one question or of two asked together.
        timeline: in which it was found.
    """
    sentences, then = list(map(upper, _sentences(finding, timeline))), finding.then
    unasked = finding.query.if_so and finding.verdict not in ("yes", None)
    if then is not None and not unasked and not _only_missing(then, finding):
        sentences += [text for text in map(upper, _sentences(then, timeline)) if text not in sentences]
    return " ".join(sentences)


def _only_missing(then: Finding, first: Finding) -> bool:
    """Whether a second answer could only say again that somebody isn't there."""
    names = {one.name for one in first.missing}
    return bool(then.missing) and not _anything(then) and {one.name for one in then.missing} <= names


def _anything(finding: Finding) -> bool:
    return bool(finding.people or finding.against or finding.open or finding.rows)


def _sentences(finding: Finding, timeline: Timeline) -> list[str]:
    """The sentences that answer one question."""
    query, strangers = finding.query, not_enrolled(finding, timeline)
    if query.select == "refuse":
        return [text for text in (refused(finding, timeline), *strangers) if text] or [CANT_TELL]
    if query.select == "why":
        return [why(finding, timeline)]
    if not timeline.traits and asks_traits(query):
        gone = _missing(finding, "")
        return gone if gone and len(finding.missing) == len(query.whom.names) else [TRAITS_OFF, *gone]
    if finding.nothing:
        unsure = [Entity(one.name, decision="unsure") for one in finding.missing if one.why == "unsure"]
        return [*strangers, *(presence.untold(unsure) or [never(finding, timeline)])]
    answer = _answer(finding, timeline) if not strangers or _anything(finding) else ""
    return [text for text in (*strangers, answer, *_missing(finding, answer)) if text] or [CANT_TELL]


def _answer(finding: Finding, timeline: Timeline) -> str:
    query = finding.query
    if is_heard(query):
        return heard(finding, timeline)
    if asks_scene(finding) and query.select in _OF_SCENE:
        return _OF_SCENE[query.select](finding, timeline)
    if query.rank is not None and query.number is None and query.select in ("who", "exists"):
        return ranked(finding, timeline)
    return _SELECTS[query.select](finding, timeline)


def _missing(finding: Finding, answer: str) -> list[str]:
    """That nothing can be told of those who aren't there, or may not be, unless the answer names them."""
    gone = [
        Entity(one.name, decision=one.why)
        for one in finding.missing
        if one.why != "not enrolled" and not _says_gone(one.name, answer, finding)
    ]
    if finding.verdict == "no" and not answer:
        absent = [person for person in gone if person.decision == "absent"]
        return [presence.existence(absent, Timeline(0.0, 0.0))] if absent else []
    return presence.untold(gone, untold_type(finding))


def _says_gone(name: str, answer: str, finding: Finding) -> bool:
    """Whether an answer says already that somebody isn't there: "next to Ben" says nothing of that."""
    query = finding.query
    if query.select == "exists" and is_plain(query.where) and query.whom.such is None:  # who of them is there
        return name in answer
    return f"{name} is not in this video" in answer or f"whether {name}" in answer
