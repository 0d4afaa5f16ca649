"""What parts of a question mean in one video: when Ana sits (`Has`), who "the man in red" is (`Whom`), who is first or
leftmost (`Rank`), which seconds "while Ben is away" are (`During`).

In: parts of a `Query`, a `Timeline`. Out: `Truth` over time, verdicts, `Chosen` people, `Ranked` ones, a `Part`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pvchat.chat import query as queries
from pvchat.chat.english import word_set
from pvchat.chat.query import PRESENT, And, Condition, During, Event, Has, Not, Number, Or, Quantifier, RankBy, Whom
from pvchat.chat.sounds import rows_heard, truth_heard
from pvchat.chat.spans import (
    TURNED,
    UNKNOWN,
    WHOLE,
    Span,
    Truth,
    Verdict,
    all_verdict,
    common,
    merged,
    nth_of,
    seconds_in,
    without,
)
from pvchat.chat.timeline import EXCLUSIVE, OF_SCENE, TELLING, Found, Missing, Row, Timeline, is_of_scene, says, words
from pvchat.chat.window import stretch_of
from pvchat.errors import SettingsError
from pvchat.people.person import closest_name

RELATIONS = ("with", "beside", "left_of", "right_of")
_AT_THINGS = ("at ", "on ", "by ", "in ")  # with these begins where somebody is at a thing: "on a sofa"
_TAKES_TWO = word_set("hugging embracing kissing cuddling wrestling fighting dancing")  # deeds of two together
_TURNS = {"sitting down": "sitting", "standing up": "standing"}  # a posture that begins while somebody is seen
BETWEEN = "between"  # the value of "beside" that is asked of two people
DEEP = {"behind": ("background", "foreground"), "in front of": ("foreground", "background")}  # who is so of whom
_LASTING = ("gender", "hair")  # what doesn't change while nobody looks
_APART = 0.02  # frame widths from which one is left or right of another [choice]
_MOMENT = 0.5  # seconds that somebody comes or goes [choice]
_PROBABLY = 0.6  # that a hug is given to whoever is beside [choice]
# How much two may differ and be alike: of what was measured, and of what is known exactly [choice].
_ALIKE_S, _ALIKE_SHARE, _AT_ONCE, _NEARER = 0.5, 0.05, 0.3, 1.25
_EXACT = 1e-6
_MEANT_S, _EXACT_S = 0.5, 0.01  # seconds to both sides of a moment, where spans are measured, or exact [choice]


@dataclass(frozen=True)
class Chosen:
    """The people whom a `Whom` means ("" is the scene): surely, perhaps, and those of whom nothing can be told."""

    sure: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class Part:
    """The part of a video that is asked about: when, who is missing from what it hangs on, how much its event is known
    to happen ("no": never).
    """

    spans: Sequence[Span]
    missing: tuple[Missing, ...] = ()
    happens: Verdict = "yes"


def truth_of(condition: Condition, entity: str, timeline: Timeline) -> Truth:
    """When a condition holds of somebody; of whoever may not be there nothing is known."""
    if isinstance(condition, Not):
        return truth_of(condition.part, entity, timeline).negated
    if isinstance(condition, And):
        return Truth.all_of([truth_of(part, entity, timeline) for part in condition.parts], timeline.whole)
    if isinstance(condition, Or):
        parts = (*condition.parts, *queries.choices_of_deeds(condition))
        return Truth.any_of([truth_of(part, entity, timeline) for part in parts], timeline.whole)
    if isinstance(condition, Event):
        return _event_truth(condition, timeline)[1]
    return _truth(condition, entity, timeline)


def whether(
    condition: Condition, entity: str, part: Sequence[Span], timeline: Timeline, always: bool = False
) -> Verdict:
    """Whether a condition holds of somebody at some time in a part; with `always` all the time that she is seen in it.

    It doesn't of whoever isn't seen in it; of who isn't enrolled nothing is known. A `Not` holds where its part never
    does. A single measurement against it is a no where nothing else is known; of conditions put together all the time
    must be known.
    """
    one = timeline.entity(entity)
    if entity and one is None and not entity.startswith("#"):  # a stranger is in another part
        return "unknown"
    if one is not None and one.decision == "unsure":
        return "unsure"
    if not (time := spoken_of(condition, entity, part, timeline)):
        unseen = isinstance(condition, Not) and one is not None and one.decision == "absent"
        return "yes" if unseen and condition == Not(PRESENT) else "unknown" if unseen else "no"
    if isinstance(condition, Not) and not always:
        return TURNED[whether(condition.part, entity, part, timeline)]
    if isinstance(condition, And) and not always and (apart := _of_other_times(condition)):
        rest = queries.conjunction([one for one in condition.parts if one not in apart])
        return all_verdict([whether(one, entity, part, timeline) for one in (rest, *apart)])
    if isinstance(condition, And) and always:  # "is she always sitting in the kitchen?": while she is there
        places, more = queries.by_place(condition)
        placed = common(time, truth_of(And(places), entity, timeline).yes) if places and more else []
        condition, time = (queries.conjunction(more), placed) if placed else (condition, time)
    truth, total = truth_of(condition, entity, timeline), seconds_in(time)
    holds, against = (seconds_in(common(spans, time)) for spans in (truth.yes, truth.no))
    if always:
        return "yes" if holds >= WHOLE * total else "no" if against > (1 - WHOLE) * total else "unknown"
    may_follow = queries.is_of(condition, "deed") and condition.of is None  # who sits for a while may fall later
    enough = against > 0 if isinstance(condition, Has) and not may_follow else against >= WHOLE * total
    if isinstance(condition, And) and not enough:  # "does she eat alone?": never while she eats
        there = (common(time, truth_of(one, entity, timeline).yes) for one in condition.parts)
        enough = any(spans and not without(spans, truth.no) for spans in there)
    if queries.is_of(condition, *queries.HEARD):  # no doubt about any moment
        enough = not without(time, truth.no)
    return "yes" if holds else "no" if enough else "unknown"


def state_after(condition: Condition | None) -> str:
    """The posture that somebody is in from then on who sits down or stands up; "" of another condition."""
    if isinstance(condition, Has) and condition.attribute in ("posture", "deed"):
        return _TURNS.get(condition.value, "")
    return ""


def _of_other_times(condition: And) -> list[Condition]:
    """Those of several conditions that another one excludes at any time, so that they are meant of other times: "both
    indoors and outdoors", "seen in the street but not in the car".
    """
    parts = [(part, queries.affirmed(part)) for part in condition.parts]
    values = [(part, one) for part, one in parts if queries.is_of(one, *EXCLUSIVE)]
    plain = [one for part, one in reversed(values) if part is one and one.attribute != "side"]
    first: dict[str, str] = {one.attribute: one.value for one in plain}
    apart = [(part, one) for part, one in values if first.get(one.attribute, one.value) != one.value]
    return [part for part, one in apart if part is one or one.attribute in queries.PLACES]


def spoken_of(condition: Condition, entity: str, part: Sequence[Span], timeline: Timeline) -> list[Span]:
    """The time of a part in which a condition can be true of somebody: that she is there can at any time."""
    if any(has.attribute in ("present", *queries.MOVES) for has in queries.atoms(condition)):
        return merged(part)
    return common(part, timeline.seen(entity))


def jointly(who: Chosen, where: Condition, whom: Whom, timeline: Timeline) -> Truth:
    """When a condition holds of people as their quantifier says: of any, all, none, or only them, at the same time."""
    whole, quantifier = timeline.whole, whom.quantifier
    truths = [truth_of(each_other(where, name, who, whom), name, timeline) for name in who.sure]
    gone = [Truth((), [whole]) if one.why == "absent" else UNKNOWN for one in who.missing]
    if quantifier == "all" and not whom.names:  # of all who are there
        there = [truth_of(PRESENT, name, timeline) for name in who.sure]
        away = [Truth.any_of([seen.negated, truth], whole) for seen, truth in zip(there, truths, strict=True)]
        return Truth.all_of([Truth.any_of(there, whole), *away], whole)
    if quantifier not in ("all", "both") and not (quantifier == "only" and whom.names):
        truths += [Truth((), truth_of(where, name, timeline).no) for name in who.maybe]
    if quantifier != "only":
        return _quantified(quantifier, [*truths, *gone], whole)
    mine = _quantified("all" if whom.names else "any", [*truths, *gone], whole)
    rest = [truth_of(where, name, timeline) for name in timeline.others(who.sure)]
    return Truth.all_of([mine, Truth.any_of(rest, whole).negated], whole)


def at_once(who: Chosen, where: Condition, number: Number, timeline: Timeline) -> Truth:
    """When a condition holds of as many people at the same time as somebody thinks."""
    truths = [truth_of(And((PRESENT, where)), name, timeline) for name in who.sure]
    return Truth.at_once([*truths, *(UNKNOWN for _ in who.maybe)], number.within, timeline.whole)


def each_other(condition: Condition, entity: str, who: Chosen, whom: Whom) -> Condition:
    """The condition as it is meant of one of several: "together" is with the others of them, for one with anybody."""
    several = len(whom.names) > 1 and whom.quantifier != "either" or whom.quantifier in ("all", "both")
    rest = tuple(name for name in (*who.sure, *(one.name for one in who.missing)) if name != entity)
    others_of = Whom(rest, "both" if len(rest) > 1 else "any")
    return related_to(others_of, condition) if several and rest else condition


def related_to(whom: Whom, condition: Condition) -> Condition:
    """A condition with these people where it says "together" or "next to" without saying with whom."""
    if isinstance(condition, Not):
        return Not(related_to(whom, condition.part))
    if isinstance(condition, And | Or):
        return replace(condition, parts=tuple(related_to(whom, part) for part in condition.parts))
    if queries.is_of(condition, "with", "beside") and condition.of is None:
        return replace(condition, of=whom)
    return condition


def chosen(whom: Whom, part: Sequence[Span], timeline: Timeline) -> Chosen:
    """Who is meant, in order: by name, or everybody who is seen, narrowed by what holds of them in a part.

    Somebody of whom that holds at another time is meant where it holds of nobody in this part.
    """
    if whom.names or whom.unknown:
        told = [(name, timeline.missing(name, whom.names)) for name in whom.names]
        there, missing = [name for name, why in told if why is None], [why for _, why in told if why is not None]
        enrolled = [one.name for one in timeline.entities if one.known]
        missing += [Missing(name, "not enrolled", closest_name(name, enrolled) or "") for name in whom.unknown]
    else:
        seen = [one for one in timeline.entities if timeline.seen(one.name) and one.decision == "present"]
        there, missing = [one.name for one in seen if not one.like and whom.known in (None, one.known)], []
    there = [name for name in there if name not in timeline.same_as(whom.besides)]
    sure, maybe = there, list[str]()
    if whom.such is not None:
        for spans in (part, [timeline.whole]):
            verdicts = {name: whether(whom.such, name, spans, timeline) for name in there}
            sure, maybe = ([name for name in verdicts if verdicts[name] == so] for so in ("yes", "unknown"))
            if sure:
                break
    if whom.nth:
        times = {name: common(timeline.seen(name), part) for name in there if name in sure}
        sure, maybe = [one.entity for one in in_order(times, whom.nth_by, timeline).at(whom.nth)], []
    return Chosen(tuple(sure), tuple(maybe), tuple(missing))


def subjects(whom: Whom, condition: Condition | None, part: Sequence[Span], timeline: Timeline) -> Chosen:
    """Who is meant, or the scene where the condition is about nothing else, or about others."""
    events = queries.events_in(condition)
    if whom == Whom() and (events or is_of_scene(condition)):
        return Chosen(("",), missing=tuple(one for event in events for one in _event_truth(event, timeline)[0].missing))
    found = chosen(whom, part, timeline)
    parts = () if whom.names else queries.together(queries.affirmed(condition))
    of = [part.of.names for part in parts if isinstance(part, Has) and part.of is not None]
    others = {name for names in of for name in names}  # nobody is with herself
    sure, maybe = (tuple(one for one in some if one not in others) for some in (found.sure, found.maybe))
    return replace(found, sure=sure, maybe=maybe)


def doubt(missing: Sequence[Missing]) -> Verdict:
    """The verdict where somebody who is asked about is missing."""
    return "unsure" if any(one.why == "unsure" for one in missing) else "unknown"


def numbered_part(during: During, timeline: Timeline) -> Timeline:
    """The part that is named by numbers as a timeline of its own; all of it where there is no such part."""
    span = common([_numbered(during, timeline)], [timeline.whole]) if queries.is_numbered(during) else []
    return timeline.between(*span[0]) if span else timeline


def part_of(during: During, timeline: Timeline) -> Part:
    """The part of a video that is meant; without spans where it doesn't exist or its event never happens."""
    numbered = common([_numbered(during, timeline)], [timeline.whole])
    if during.event is None or not during.relation:
        return Part(numbered)
    who, truth = _event_truth(during.event, timeline)
    spans, (start, end) = merged(truth.yes), timeline.whole
    if isinstance(during.event.where, Not):  # who leaves was there before
        spans = [span for span in spans if span[0] > start] or spans
    picked = nth_of(spans, during.nth) if during.nth else spans
    if not picked and during.event.where == Has("enters"):  # who was there from the start came then
        there = merged(_event_truth(replace(during.event, where=PRESENT), timeline)[1].yes)
        picked = [(a, min(a + _MOMENT, b)) for a, b in there[:1]]
    if not picked:
        seen = merged([span for name in who.sure for span in timeline.seen(name)]) or [timeline.whole]
        surely = bool(spans) or seconds_in(truth.no) >= WHOLE * seconds_in(seen)
        happens = doubt(who.missing)
        return Part([], who.missing, "no" if surely and happens == "unknown" else happens)
    if isinstance(during.event.where, Not) and picked[0][0] > start and during.relation in ("after", "since"):
        picked = [(span[0], span[0]) for span in picked]  # "after he left" is from then on
    last = picked[-1][1] if picked[-1][1] < end else picked[-1][0]  # what goes on to the end: after it began
    found = {
        "while": picked, "before": [(start, picked[0][0])], "until": [(start, picked[0][0])],
        "after": [(last, end)], "since": [(picked[0][0], end)],
    }[during.relation]  # fmt: skip
    return Part(common(found, numbered), who.missing)


def _truth(has: Has, entity: str, timeline: Timeline) -> Truth:
    """When a single condition holds of somebody who is there, or who surely isn't."""
    one, seen = timeline.entity(entity), timeline.seen(entity)
    if one is not None and one.decision == "unsure":
        return UNKNOWN
    if has.attribute == "present":
        return Truth(seen, without([timeline.whole], seen))
    if has.attribute in queries.MOVES:
        where = Has("near" if has.value.startswith(_AT_THINGS) else "place", has.value)
        there = _truth(where, entity, timeline) if has.value else Truth(seen, ())
        comes = [(a, min(a + _MOMENT, b)) for a, b in there.yes if a > timeline.start_s]
        goes = [(max(a, b - _MOMENT), b) for a, b in there.yes if b < timeline.end_s]
        at = comes if has.attribute == "enters" else goes
        known = not has.value or not without(seen, [*there.yes, *there.no])  # where she is all the time
        return Truth(at, without([timeline.whole], at) if known else ())
    if turned := state_after(has):  # who stands up sat or lay before
        there = _truth(replace(has, value=turned), entity, timeline)
        begun = [span for span in there.yes if not any(abs(span[0] - start) < _MOMENT for start, _ in seen)]
        return Truth(begun, merged([*there.no, *without(there.yes, begun)]))
    if has.attribute == "alone":
        return _related(Has("with"), entity, timeline).negated
    if has.attribute in RELATIONS or is_towards(has):
        return _related(has, entity, timeline)
    if has.attribute in queries.HEARD:
        return truth_heard(has, entity, timeline)
    rows = rows_about(has, entity, timeline)
    said = [(says(has, row, timeline.measured), row.span) for row in rows]
    yes, no = ([span for verdict, span in said if verdict == wanted] for wanted in ("yes", "no"))
    if has.attribute == "thing" and any(words(has.value) <= words(label) for label in timeline.looked_for):
        no = [timeline.whole]
    truth = Truth(merged(yes), without(no, yes))  # whoever says it is believed
    if has.attribute in _LASTING and truth.yes:
        return Truth(without([timeline.whole], truth.no), truth.no)
    return Truth(common(truth.yes, seen), common(truth.no, seen))


def rows_about(has: Has, entity: str, timeline: Timeline) -> list[Row]:
    """The rows that may say something to a condition, of somebody or of the scene; for a thing those of its label: a
    hot dog is no dog.
    """
    about = "" if has.attribute in OF_SCENE else entity
    if has.attribute in queries.HEARD:
        return rows_heard(has, about, timeline)
    if has.value == BETWEEN:
        return [*relations("left_of", entity, timeline), *relations("right_of", entity, timeline)]
    if has.attribute in (*RELATIONS, "alone"):
        return relations("with" if has.attribute == "alone" else has.attribute, entity, timeline)
    found = [
        row for name in TELLING.get(has.attribute, (has.attribute,)) for row in timeline.of(about, name, denied=True)
    ]
    if is_towards(has):
        theirs = chosen(has.of or Whom(), [timeline.whole], timeline).sure
        found += [row for other in theirs for row in _done_to(has, entity, other, timeline)]
    same = [row for row in found if row.value == has.value]
    return same if has.attribute == "thing" and (same or has.value in timeline.looked_for) else found


def rows_saying(has: Has, entity: str, verdict: Verdict, timeline: Timeline) -> list[Row]:
    """The rows that say yes or no to a condition; where neither is known, all that speak of it."""
    rows = rows_about(has, entity, timeline)
    if has.of is not None and has.of.names and not is_towards(has):
        return [row for row in rows if row.of in has.of.names]
    if verdict not in ("yes", "no") or has.attribute in queries.HEARD:
        return rows
    told = [row for row in rows if row.of or verdict == "no" or not is_towards(has)]
    return [row for row in told if says(has, row, timeline.measured) != "unknown"]


def relations(attribute: str, entity: str, timeline: Timeline) -> list[Row]:
    """With whom somebody is seen, beside whom, or left or right of whom, as rows."""
    return [
        Row(entity, attribute, "", start, end, of=other)
        for other in timeline.others([entity])
        for start, end in _relation(Has(attribute), entity, other, timeline).yes  # type: ignore[arg-type]
    ]


def is_towards(has: Has) -> bool:
    """Whether it is asked towards whom something is done: "hugging Ben", "waving at Ben"."""
    return has.attribute == "deed" and has.of is not None


def _done_to(has: Has, entity: str, other: str, timeline: Timeline) -> list[Row]:
    """The rows of a deed towards somebody. Whom it is done to is seldom measured: what takes two, such as a hug, is
    probably done to whoever is beside alone, or beside and does the same.
    """
    deed = replace(has, of=None)
    rows = [row for row in rows_about(deed, entity, timeline) if says(deed, row, timeline.measured) == "yes"]
    found = [row for row in rows if row.of == other]
    if words(has.value) & _TAKES_TWO:
        beside = relations("beside", entity, timeline)
        near, third = ([row.span for row in beside if (row.of == other) == mine] for mine in (True, False))
        alike = common(near, truth_of(deed, other, timeline).yes)
        spans = merged([*without(near, third), *alike])
        found += [replace(row, start_s=start, end_s=end, of=other, probability=min(row.probability, _PROBABLY))
                  for row in rows if not row.of for start, end in common([row.span], spans)]  # fmt: skip
    return found


def _relation(has: Has, entity: str, other: str, timeline: Timeline) -> Truth:
    """When somebody is with, beside, left or right of somebody else, right or left as they usually are; or does
    something to somebody else: what takes two isn't done to whoever isn't seen then.
    """
    if is_towards(has):
        deed, done = truth_of(replace(has, of=None), entity, timeline), _done_to(has, entity, other, timeline)
        alone = without(deed.yes, timeline.seen(other)) if words(has.value) & _TAKES_TWO else []
        return Truth(merged([row.span for row in done]), merged([*deed.no, *alone]))
    attribute, seen = has.attribute, timeline.seen(entity)
    yes = common(seen, timeline.seen(other))
    if has.value in DEEP:
        mine, theirs = (timeline.of(name, "side") for name in (entity, other))
        deep = [common([a.span], [b.span]) for a in mine for b in theirs if (a.value, b.value) == DEEP[has.value]]
        return Truth(merged([span for spans in deep for span in spans]), ())  # who else stands there may not be found
    if attribute == "beside":
        rows = [row for row in timeline.of(entity, attribute) if row.of == other]
        rows += [row for row in timeline.of(other, attribute) if row.of == entity]
        yes = common(merged([row.span for row in rows]), yes)
    elif attribute != "with":
        centres = [one.centre for name in (entity, other) if (one := timeline.entity(name)) and one.centre]
        if not yes or len(centres) < 2:
            return UNKNOWN
        apart = (centres[1][0] - centres[0][0]) * (1 if attribute == "left_of" else -1)
        yes = yes if apart > _APART else []
    return Truth(yes, without(seen, yes))


def _related(has: Has, entity: str, timeline: Timeline) -> Truth:
    """When somebody is with, beside, left or right of those whom a condition names, or of anybody; or between two."""
    if has.value == BETWEEN and has.of is not None:
        one, other = (Whom((name,)) for name in has.of.names)
        ways = (And((Has("left_of", of=a), Has("right_of", of=b))) for a, b in ((one, other), (other, one)))
        return truth_of(Or(tuple(ways)), entity, timeline)
    seen, whom = timeline.seen(entity), has.of or Whom()
    who = chosen(whom, [timeline.whole], timeline) if has.of else Chosen(tuple(timeline.others([entity])))
    parts = [Truth((), seen) if one.why == "absent" else UNKNOWN for one in who.missing]
    for name in (name for name in (*who.sure, *who.maybe) if name != entity):
        one_sighting = name in timeline.same_as([entity])
        truth = UNKNOWN if one_sighting else _relation(has, entity, name, timeline)
        maybe = UNKNOWN if truth.yes else truth  # "next to the man with glasses": who is next to her may wear some
        parts.append(truth if name in who.sure else maybe)
    found = _quantified(whom.quantifier, parts, timeline.whole)
    return Truth(common(found.yes, seen), common(found.no, seen))


def _quantified(quantifier: Quantifier, parts: Sequence[Truth], whole: Span) -> Truth:
    if quantifier in ("all", "both"):
        return Truth.all_of(parts, whole) if parts else Truth((), [whole])
    return Truth.any_of(parts, whole).negated if quantifier == "none" else Truth.any_of(parts, whole)


@dataclass(frozen=True)
class Ranked:
    """People in the order of a measure, which is their `number`."""

    people: tuple[Found, ...]  # whoever can be measured
    by: RankBy  # which measure it is
    measured: bool  # out of pictures (`Timeline.measured`): near values count as the same

    def at(self, k: int) -> list[Found]:
        """The n-th from 1 (negative: from the last), with all who are like this one; nobody beyond the last."""
        return [one for wanted in nth_of(self.people, k) for one in self.people if self.alike(one, wanted)]

    def alike(self, one: Found, other: Found) -> bool:
        """Whether the measures of two count as the same."""
        low, high = sorted((one.number or 0.0, other.number or 0.0))
        if self.by in ("near", "big") and self.measured:
            return high < _NEARER * low
        most = _APART if self.by in ("left", "right") else _EXACT
        if self.measured and self.by in ("time", "long"):
            most = _AT_ONCE if self.by == "time" else max(_ALIKE_S, _ALIKE_SHARE * high)
        return high - low <= most


def in_order(times: Mapping[str, Sequence[Span]], by: RankBy, timeline: Timeline, ends: bool = False) -> Ranked:
    """People in the order of a measure of some time of each, else as they came; who can't be measured is left out.

    With `ends` "time" is when it ends for the last time, not when it begins.
    """
    people = list[Found]()
    for name, seen in times.items():
        one, measure = timeline.entity(name), None
        if by in ("left", "right"):
            measure = one.centre[0] if one is not None and one.centre is not None else None
        elif by in ("near", "big"):
            measure = one.height if one is not None else None
        elif seen:
            edge = seen[-1][1] if ends else seen[0][0]
            measure = {"often": float(len(seen)), "long": seconds_in(seen)}.get(by, edge)
        people += [] if measure is None else [Found(name, number=measure)]
    sign = -1 if by in ("long", "often", "right", "near", "big") else 1  # the most comes first
    return Ranked(tuple(sorted(people, key=lambda one: sign * (one.number or 0.0))), by, timeline.measured)


def _event_truth(event: Event, timeline: Timeline) -> tuple[Chosen, Truth]:
    """Whom an event is about, and when it goes on."""
    who = subjects(event.whom, event.where, [timeline.whole], timeline)
    who = replace(who, sure=(*who.sure, *(one.name for one in who.missing if one.why == "absent")))
    return who, jointly(replace(who, missing=()), event.where, event.whom, timeline) if who.sure else UNKNOWN


def _numbered(during: During, timeline: Timeline) -> Span:
    """From when to when a part goes that is named by numbers; a span of no length where there is none."""
    start, end = timeline.whole
    if not queries.is_numbered(during):
        return timeline.whole
    if during.unit == "seconds" and during.start_s == during.end_s:
        around = _MEANT_S if timeline.measured else _EXACT_S
        return during.start_s - around, during.start_s + around
    try:
        first, last = stretch_of(during, timeline.shots, end)
    except SettingsError:  # no such shot
        return start, start
    return first, end if last is None else last
