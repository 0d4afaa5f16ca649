"""The scene and its things, in words: where a video plays, what is on the table, whether there is a dog.

In: findings, a `Timeline`. Out: sentences. Something small or half hidden is easily missed, so what wasn't
seen is no sure no.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import HEDGE, indefinite, join, number, upper, wording, words
from pvchat.chat.finding import Finding, Row
from pvchat.chat.query import Has, Not, atoms, is_choice
from pvchat.chat.say.clauses import complement, condition_of, conditions_of, event_said, lead, place_said, with_article
from pvchat.chat.spans import Span, most_at_once
from pvchat.chat.timeline import LIKELY, Timeline
from pvchat.schemas import BLUE_SKY

_PLURALS = ("scissors", "skis")  # words without a singular
_MOST_TOLD = 5
_DRAWN = "I can't make out things in drawn pictures."


def of_scene(finding: Finding, timeline: Timeline) -> str:
    """What is asked of the scene: where it plays, which things there are, or what stands on one."""
    kind, event = finding.query.attribute or "place", event_said(finding.query.during)
    if kind in ("thing", "on"):
        return _things(finding.rows, finding.query.value, timeline)
    if known := _known(finding, kind, timeline):
        return f"{event}{', ' * bool(event)}this is {known}."
    return f"I can't make out {wording('scene', kind) or f'the {kind}'}."


def _known(finding: Finding, kind: str, timeline: Timeline) -> str:
    """What is known of the scene: "in an office"; of another attribute than was asked where that one isn't known."""
    place = scene_place(timeline) if kind == "place" and finding.query.during.event is None else ""
    rows = [row for row in finding.rows if row.holds]
    rows = [row for row in rows if row.attribute == kind] or [row for row in rows if row.attribute != "background"]
    return place or join(list(dict.fromkeys(complement(condition_of(row))[1] for row in rows)))


def scene_place(timeline: Timeline, spans: Sequence[Span] = ()) -> str:
    """Such as "in an office", "probably in a vehicle" or "outdoors in the dark"; empty where nothing of it is sure."""
    rows = timeline.lasting("", "place", spans)
    if rows:
        return f"{f'{HEDGE} ' * (rows[0].probability < LIKELY)}{place_said(rows[0].value)}"
    setting = next((row.value for row in timeline.lasting("", "setting", spans)), "")
    dark = {"indoors": "indoors in dim light", "outdoors": "outdoors in the dark", "": "in a dark place"}
    return dark[setting] if any(row.value == "dark" for row in timeline.lasting("", "light", spans)) else setting


def scene_told(timeline: Timeline) -> str:
    """Such as "The video shows a drawn scene, outdoors."; empty where its place isn't known."""
    known = {name: [row.value for row in timeline.lasting("", name)] for name in ("place", "setting", "background")}
    behind = [value for value in known["background"] if value != BLUE_SKY]
    places = [with_article(it) for it in known["place"][:1] if it.split()[0] not in words("prepositions")]
    shown = ["a drawn scene"] * timeline.drawn + places + known["setting"][:1] + [f"with {it}" for it in behind[:1]]
    return f"The video shows {', '.join(shown)}." if timeline.drawn or places else ""


def whether_scene(finding: Finding, timeline: Timeline) -> str:
    """Whether something is so of the scene, or a thing is there."""
    asked = conditions_of(finding)
    if asked[0].attribute in ("thing", "on"):
        return " ".join(_whether_thing(has, finding, timeline) for has in asked)
    known = _known(finding, asked[0].attribute, timeline)
    text = f"this is {known}." if known else ""
    if text and (lead(finding) or is_choice(finding.query)):
        return f"{'Probably yes, ' if finding.verdict == 'yes' and HEDGE in text else lead(finding)}{text}"
    question = "I can't tell whether this is " + " or ".join(complement(has)[1] for has in asked)
    return f"{question}. {upper(text)}".rstrip()


def count_things(finding: Finding, timeline: Timeline) -> str:
    """How many things of a kind are seen at the same time."""
    label, found = next(atoms(finding.query.where)).value, int(finding.number or 0)
    if timeline.drawn and not found:
        return _DRAWN
    return f"{lead(finding)}I see {number(found) if found else 'no'} {said(label, found)} in this video."


def _whether_thing(has: Has, finding: Finding, timeline: Timeline) -> str:
    """Whether a thing is there, the surest of it first."""
    held = [row for row in finding.rows if row.holds]
    alone = finding.verdict == "yes" and len(conditions_of(finding)) == 1
    rows = [row for row in held if row.value == has.value] or (held if alone else [])
    denied = isinstance(finding.query.where, Not)
    if not rows:
        no = "No, " if finding.verdict == "no" and not denied else ""
        return _DRAWN if timeline.drawn else f"{no}I see no {said(has.value, 1)} in this video, but I may miss one."
    thing, what = rows[0], counted(rows[0].value, most_at_once([row.span for row in rows]))
    side = (wording("side", thing.of) or thing.of) if thing.attribute == "thing" else ""
    where = f"{f' on the {said(thing.of, 1)}' * (thing.attribute == 'on')}{', ' * bool(side)}{side}"
    hedge = "" if max(row.probability for row in rows) >= LIKELY else f"{HEDGE} "
    if finding.query.form != "polar" and side:
        return f"The {said(thing.value, 1)} is {hedge}{side}."
    sure = "" if hedge else "No, " if denied else "Yes, "
    return f"{sure}I see {hedge}{what}{where}."


def _things(rows: Sequence[Row], on: str, timeline: Timeline) -> str:
    """Which things are seen: two chairs, a laptop and probably a cup."""
    if timeline.drawn:
        return _DRAWN
    kinds: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: -row.probability):
        kinds.setdefault(row.value, []).append(row)
    named = {k: counted(k, most_at_once([r.span for r in kinds[k]])) for k in list(kinds)[:_MOST_TOLD] if k != "tie"}
    likely = [named[k] for k in named if kinds[k][0].probability < LIKELY]
    sure = [named[k] for k in named if kinds[k][0].probability >= LIKELY]
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
