"""The scene and its things, in words: where a video plays, what is on the table, whether there is a dog.

In: findings, things, evidence. Out: sentences. Something small or half hidden is easily missed, so what wasn't seen is
no sure no.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import HEDGE, indefinite, join, number, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Row
from pvchat.chat.query import EVERYBODY, Has, Not
from pvchat.chat.say.clauses import complement, event_said, leaves
from pvchat.chat.say.facts import condition_of, lead
from pvchat.chat.say.phrases import place_phrase
from pvchat.chat.spans import Span

OF_SCENE = ("place", "setting", "light", "background", "thing", "on", "style")
# What is said of a label where that is another word than COCO's.
SAID = {
    "couch": "sofa", "tv": "screen", "cell phone": "phone", "dining table": "table", "potted plant": "plant",
    "remote": "remote control", "sports ball": "ball", "donut": "doughnut", "airplane": "plane", "handbag": "bag",
    "hair drier": "hair dryer", "tennis racket": "racket", "wine glass": "glass", "oven": "stove",
    "refrigerator": "fridge",
}  # fmt: skip
_IRREGULAR = {"knife": "knives", "mouse": "mice", "sheep": "sheep", "scissors": "scissors", "skis": "skis"}
_PLURALS = ("scissors", "skis")  # words without a singular
_MOST_TOLD = 5
_SIDES = {"left": "on the left", "right": "on the right", "middle": "in the middle"}
_PLAIN = 0.8  # confidence from which a thing is told without "probably"; of less sure ones 10 of 14 were right
DRAWN = "I can't make out things in drawn pictures."
NO_THINGS = "I see no things that I could name for sure."
_WHICH = {"place": "where this is", "setting": "whether this is indoors or outdoors"}


def asks_scene(finding: Finding) -> bool:
    """Whether a question's conditions are about the scene, and about nobody in it."""
    asked, whom = _conditions(finding), finding.query.whom
    return bool(asked) and all(has.attribute in OF_SCENE for has in asked) and whom == EVERYBODY


def _conditions(finding: Finding) -> list[Has]:
    return [has for one in (finding.query.where, *finding.query.options) for has in leaves(one)]


def of_scene(finding: Finding, evidence: Evidence) -> str:
    """What is asked of the scene: where it plays, which things there are, or what stands on one."""
    kind = finding.query.attribute or "place"
    if kind in ("thing", "on"):
        return _things(finding.rows, finding.query.value, evidence)
    event = event_said(finding.query.during)
    place = place_phrase(evidence) if kind == "place" and not event else None
    told = [place] if place else [_scene_said(row) for row in finding.rows if row.attribute == kind]
    told = told or [_scene_said(row) for row in finding.rows if row.attribute != "background"]
    if not told:
        return f"I can't make out {_WHICH.get(kind, f'the {kind}')}."
    return upper(f"{event}{', ' * bool(event)}this is {join(list(dict.fromkeys(told)))}.")


def whether_scene(finding: Finding, evidence: Evidence) -> str:
    """Whether something is so of the scene, or a thing is there."""
    asked = _conditions(finding)
    if asked[0].attribute in ("thing", "on"):
        return " ".join(_there(has, finding, evidence) for has in asked)
    known = list(dict.fromkeys(_scene_said(row) for row in finding.rows if row.holds))
    place = place_phrase(evidence) if asked[0].attribute == "place" else None
    told = f"this is {place or join(known)}" if place or known else ""
    if lead(finding) and told:
        return f"{'Probably yes, ' if finding.verdict == 'yes' and HEDGE in told else lead(finding)}{told}."
    if finding.query.options and told:
        return upper(f"{told}.")
    question = "I can't tell whether this is " + " or ".join(complement(has)[1] for has in asked)
    return f"{question}. {upper(told)}." if told else f"{question}."


def count_things(finding: Finding, evidence: Evidence) -> str:
    """How many things of a kind are seen at the same time."""
    label, found = leaves(finding.query.where)[0].value, int(finding.number or 0)
    if evidence.scene.drawn and not found:
        return DRAWN
    return f"{lead(finding)}I see {number(found) if found else 'no'} {said(label, found)} in this video."


def _scene_said(row: Row) -> str:
    return complement(condition_of(row))[1]


def _there(has: Has, finding: Finding, evidence: Evidence) -> str:
    """Whether a thing is there, the surest of it first."""
    rows = [row for row in finding.rows if row.value == has.value and row.holds]
    if not rows and finding.verdict == "yes":
        rows = [row for row in finding.rows if row.holds]
    denied = isinstance(finding.query.where, Not)
    if not rows:
        no = "No, " if finding.verdict == "no" and not denied else ""
        return (
            DRAWN if evidence.scene.drawn else f"{no}I see no {said(has.value, 1)} in this video, but I may miss one."
        )
    told = counted(rows[0].value, _at_once([row.span for row in rows]))
    where = f", {_SIDES.get(rows[0].of, rows[0].of)}" if rows[0].attribute == "thing" and rows[0].of else ""
    on = f" on the {said(rows[0].of, 1)}" if rows[0].attribute == "on" else ""
    hedge = "" if max(row.probability for row in rows) >= _PLAIN else f"{HEDGE} "
    if finding.query.form != "polar" and where:
        return f"The {said(rows[0].value, 1)} is {hedge}{where.removeprefix(', ')}."
    if hedge:
        return f"There {'are' if told.split(' ')[0] not in ('a', 'an') else 'is'} {hedge}{told}{on}{where}."
    return f"{'No' if denied else 'Yes'}, I see {told}{on}{where}."


def _things(rows: Sequence[Row], on: str, evidence: Evidence) -> str:
    """Which things are seen: two chairs, a laptop and probably a cup."""
    if evidence.scene.drawn:
        return DRAWN
    kinds: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: -row.probability):
        kinds.setdefault(row.value, []).append(row)
    words = {k: counted(k, _at_once([row.span for row in kinds[k]])) for k in list(kinds)[:_MOST_TOLD] if k != "tie"}
    likely = [words[k] for k in words if kinds[k][0].probability < _PLAIN]
    sure = [words[k] for k in words if kinds[k][0].probability >= _PLAIN]
    told = join([*sure, *([f"{HEDGE} {join(likely)}"] if likely else [])])
    where = f"on the {said(on, 1)} " if on else ""
    if not told:
        return f"I see nothing {where}that I could name for sure." if on else NO_THINGS
    return upper(f"{where}I see {told}.")


def _at_once(spans: Sequence[Span]) -> int:
    return max((sum(a <= start < b or a == start for a, b in spans) for start, _ in spans), default=0)


def counted(label: str, count: int) -> str:
    """Such as "a chair", "three chairs", "scissors"."""
    word = said(label, count)
    if count > 1 and label not in _PLURALS:
        return f"{number(count)} {word}"
    return word if label in _PLURALS else indefinite(word)


def said(label: str, count: int) -> str:
    """A label in the product's words, in the plural for more or fewer than one."""
    word = SAID.get(label, label)
    return word if count == 1 else plural(word)


def plural(word: str) -> str:
    """The plural of a thing's word."""
    head, _, last = word.rpartition(" ")
    ending = "es" if last.endswith(("s", "x", "ch", "sh")) else "s"
    return " ".join(x for x in (head, _IRREGULAR.get(last, f"{last}{ending}")) if x)
