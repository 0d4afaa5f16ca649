"""The scene and its things, in words: where a video plays, what is on the table, whether there is a dog.

In: findings, evidence. Out: sentences. Something small or half hidden is easily missed, so what wasn't seen is no sure
no.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import HEDGE, indefinite, join, number, upper, wording
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Row
from pvchat.chat.query import Has, Not, atoms
from pvchat.chat.say.clauses import complement, condition_of, conditions_of, event_said, lead
from pvchat.chat.say.phrases import place_phrase
from pvchat.chat.spans import most_at_once

_PLURALS = ("scissors", "skis")  # words without a singular
_MOST_TOLD = 5
_PLAIN = 0.8  # confidence from which a thing is told without "probably"; of less sure ones 10 of 14 were right
_DRAWN = "I can't make out things in drawn pictures."


def of_scene(finding: Finding, evidence: Evidence) -> str:
    """What is asked of the scene: where it plays, which things there are, or what stands on one."""
    kind, event = finding.query.attribute or "place", event_said(finding.query.during)
    if kind in ("thing", "on"):
        return _things(finding.rows, finding.query.value, evidence)
    place = place_phrase(evidence) if kind == "place" and not event else None
    told = [place] if place else [_said(row) for row in finding.rows if row.attribute == kind]
    told = told or [_said(row) for row in finding.rows if row.attribute != "background"]
    if not told:
        return f"I can't make out {wording('scene', kind) or f'the {kind}'}."
    return f"{event}{', ' * bool(event)}this is {join(list(dict.fromkeys(told)))}."


def whether_scene(finding: Finding, evidence: Evidence) -> str:
    """Whether something is so of the scene, or a thing is there."""
    asked = conditions_of(finding)
    if asked[0].attribute in ("thing", "on"):
        return " ".join(_whether_thing(has, finding, evidence) for has in asked)
    known = join(list(dict.fromkeys(_said(row) for row in finding.rows if row.holds)))
    known = (place_phrase(evidence) if asked[0].attribute == "place" else None) or known
    told = f"this is {known}." if known else ""
    if told and lead(finding):
        return f"{'Probably yes, ' if finding.verdict == 'yes' and HEDGE in told else lead(finding)}{told}"
    if told and finding.query.options:
        return told
    question = "I can't tell whether this is " + " or ".join(complement(has)[1] for has in asked)
    return f"{question}. {upper(told)}".rstrip()


def count_things(finding: Finding, evidence: Evidence) -> str:
    """How many things of a kind are seen at the same time."""
    label, found = next(atoms(finding.query.where)).value, int(finding.number or 0)
    if evidence.scene.drawn and not found:
        return _DRAWN
    return f"{lead(finding)}I see {number(found) if found else 'no'} {said(label, found)} in this video."


def _said(row: Row) -> str:
    return complement(condition_of(row))[1]


def _whether_thing(has: Has, finding: Finding, evidence: Evidence) -> str:
    """Whether a thing is there, the surest of it first."""
    held = [row for row in finding.rows if row.holds]
    rows = [row for row in held if row.value == has.value] or (held if finding.verdict == "yes" else [])
    denied = isinstance(finding.query.where, Not)
    if not rows:
        no = "No, " if finding.verdict == "no" and not denied else ""
        missed = f"{no}I see no {said(has.value, 1)} in this video, but I may miss one."
        return _DRAWN if evidence.scene.drawn else missed
    thing, told = rows[0], counted(rows[0].value, most_at_once([row.span for row in rows]))
    side = (wording("side", thing.of) or thing.of) if thing.attribute == "thing" else ""
    where = f"{f' on the {said(thing.of, 1)}' * (thing.attribute == 'on')}{', ' * bool(side)}{side}"
    hedge = "" if max(row.probability for row in rows) >= _PLAIN else f"{HEDGE} "
    if finding.query.form != "polar" and side:
        return f"The {said(thing.value, 1)} is {hedge}{side}."
    if hedge:
        return f"There {'are' if told.split(' ')[0] not in ('a', 'an') else 'is'} {hedge}{told}{where}."
    return f"{'No' if denied else 'Yes'}, I see {told}{where}."


def _things(rows: Sequence[Row], on: str, evidence: Evidence) -> str:
    """Which things are seen: two chairs, a laptop and probably a cup."""
    if evidence.scene.drawn:
        return _DRAWN
    kinds: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: -row.probability):
        kinds.setdefault(row.value, []).append(row)
    words = {k: counted(k, most_at_once([r.span for r in kinds[k]])) for k in list(kinds)[:_MOST_TOLD] if k != "tie"}
    likely = [words[k] for k in words if kinds[k][0].probability < _PLAIN]
    sure = [words[k] for k in words if kinds[k][0].probability >= _PLAIN]
    told = join([*sure, *([f"{HEDGE} {join(likely)}"] if likely else [])])
    where = f"on the {said(on, 1)} " if on else ""
    if not told:
        return f"I see {f'nothing {where}' if on else 'no things '}that I could name for sure."
    return f"{where}I see {told}."


def counted(label: str, count: int) -> str:
    """Such as "a chair", "three chairs", "scissors"."""
    word = said(label, count)
    if label in _PLURALS:
        return word
    return f"{number(count)} {word}" if count > 1 else indefinite(word)


def said(label: str, count: int) -> str:
    """A label in the product's words, in the plural for more or fewer than one."""
    word = wording("thing", label) or label
    if count == 1:
        return word
    head, _, last = word.rpartition(" ")
    ending = "es" if last.endswith(("s", "x", "ch", "sh")) else "s"
    return " ".join(x for x in (head, wording("plural", last) or f"{last}{ending}") if x)
