"""Answers a `Query` from a `Timeline`: a `Finding` comes out, which holds no words of the question or the answer.

A `Lookup` is a query with the part of the video and the people that it speaks of. Each select ("who", "when", "count")
is one function of it; `conditions.py` says when conditions hold, and who is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

from pvchat.chat import conditions
from pvchat.chat import query as queries
from pvchat.chat.query import EVERYBODY, PRESENT, And, Condition, Has, Not, Number, Query, Rank, Whom, atoms
from pvchat.chat.sounds import MUSIC, as_heard, as_seen, asked_of, audible, is_of_anybody, stretches
from pvchat.chat.spans import TURNED, WHOLE, Span, all_verdict, any_verdict, common, most_at_once, nth_of, seconds_in
from pvchat.chat.timeline import LIKELY, OF_SCENE, TELLING, Finding, Found, Row, Timeline, Verdict, alike, is_of_scene
from pvchat.identity.evidence import FEW

_ANSWERING = {  # the attributes that answer where one is asked for
    "place": ("place", "setting", "background", "near", "side", "beside"), "looks": ("worn", "hair", "gender"),
}  # fmt: skip
_BESIDE = {"deed": ("side", "shot_size", "beside"), "worn": ("hair",)}  # told where what is asked for isn't known
_TOLD_INSTEAD = ("worn", "looks", "hair", "deed", "posture", "holding", "place", "setting", "side", "gender")
_OF_SOMEBODY = ("gender", "worn", "hair", "posture", "deed", "holding", "near", "side", "beside", "shot_size")
_OF_THINGS = ("thing", "style")
_DEEDS = {"deed", "holding"}
_DONE = {*_DEEDS, "posture", "worn", "near"}  # of which it is told who does it where who is asked about isn't there
_LYING = (Has("posture", "lying down"), Has("deed", "falling"))  # told of whoever does, not of her alone
_AT_ONCE_S = 1.0  # by which what begins first may begin apart [choice]
_WORD_S = 0.01  # seconds that a word lasts that ends as it begins


@dataclass(frozen=True)
class Lookup:
    """A query with what it speaks of: the spans of the part and the people who are meant."""

    query: Query
    timeline: Timeline
    part: Sequence[Span]
    who: conditions.Chosen

    @property
    def where(self) -> Condition:
        """What must hold: that they are there, or are heard, where nothing else is asked."""
        return self.query.where or (asked_of(self.query) if queries.is_of_sound(self.query) else PRESENT)

    def about(self, whom: Whom, where: Condition | None = None) -> Lookup:
        """The same of other people."""
        return replace(self, who=conditions.subjects(whom, where, self.part, self.timeline))

    def whether(self, name: str, where: Condition | None = None) -> Verdict:
        """Whether the condition, or another one, holds of somebody, as it stands."""
        return conditions.whether(where or self.where, name, self.part, self.timeline)

    def meant_of(self, name: str) -> Condition:
        """What must hold of one of those who are meant."""
        return conditions.each_other(self.where, name, self.who, self.query.whom)

    def times_of(self, name: str) -> list[Span]:
        """When it holds of somebody in the part."""
        return common(conditions.truth_of(self.meant_of(name), name, self.timeline).yes, self.part)

    def of_one(self, name: str) -> Found:
        """What is found of one: the verdict, when it holds, and the rows that say so."""
        query, where, spans, doubtful = self.query, self.meant_of(name), self.times_of(name), False
        if query.number is None or query.select not in ("exists", "who"):
            verdict = conditions.whether(where, name, self.part, self.timeline, query.throughout)
        elif query.rank is not None and query.rank.by == "often":  # as often as is asked
            verdict = query.number.within(len(spans), len(spans) if spans or not self.open_s(name) else inf)
        else:  # as long
            seen_s = seconds_in(common(self.timeline.seen(name), self.part)) if query.value == "share" else 1.0
            least, most = seconds_in(spans), seconds_in(spans) + self.open_s(name)
            verdict = query.number.within(least / seen_s, most / seen_s) if seen_s else "no"
        if verdict == "unknown" and isinstance(where, And) and query.number is None:
            verdict, doubtful = self._but_for_deeds(where, name), True
            if verdict == "yes" and len(where.parts) == 1:  # taken off: from then on
                spans = common(self.timeline.seen(name), self.part)
        rows = self._because(where, name, verdict)
        named = name in query.whom.names and self.timeline.doubtful(name)  # if it is this one
        doubtful = verdict in ("yes", "no") and (doubtful or likely(rows) or named)
        return Found(name, verdict, tuple(spans), tuple(rows), likely=doubtful)

    def _but_for_deeds(self, where: And, name: str) -> Verdict:
        """Whether several conditions probably hold, of which only a denied deed isn't known: somebody in glasses who
        isn't seen dancing is who "wears glasses and never dances".
        """
        denied = [one for one in where.parts if isinstance(one, Not) and {h.attribute for h in atoms(one)} <= _DEEDS]
        rest = [one for one in where.parts if one not in denied]
        if not denied and [*map(type, rest)] == [Not] and {has.attribute for has in atoms(where)} == {"worn"}:
            worn = [row.span for row in self.timeline.of(name, "worn")]  # taken off, where other clothes are seen then
            once = all(conditions.truth_of(has, name, self.timeline).yes for has in atoms(where))
            return "yes" if once and common(worn, self.part) else "unknown"
        if not denied or not rest or any(self.whether(name, one.part) == "yes" for one in denied):
            return "unknown"
        holds = conditions.whether(queries.conjunction(rest), name, self.part, self.timeline, self.query.throughout)
        return "yes" if holds == "yes" else "unknown"

    def each(self, least: Verdict = "unknown") -> list[Found]:
        """What is found of everybody who is meant; of whoever only may be, that it isn't known, unless it doesn't hold.

        With `least` "yes" they count only if it does, or nobody surely is meant: "the man" is who surely is one.
        """
        maybe = [*map(self.of_one, self.who.maybe)]
        if least == "yes" and self.who.sure:
            maybe = [one for one in maybe if one.verdict == "yes"]
        open_ = (one if one.verdict == "no" else replace(one, verdict="unknown") for one in maybe)
        return [*map(self.of_one, self.who.sure), *open_]

    def timed(self) -> list[Found]:
        """`each` where times are asked for: it holds of whoever has any. A `Not` may never hold, and have some; where
        nobody knows at most times, that it never holds isn't known.
        """
        found = list[Found]()
        for one in map(self.of_one, self.who.sure):
            never: Verdict = "no" if one.verdict == "yes" else one.verdict
            if isinstance(self.where, Not):
                never = "unknown" if self.open_s(one.entity) > (1 - WHOLE) * seconds_in(self.part) else "no"
            found.append(replace(one, verdict="yes" if one.spans else never))
        return found

    def open_s(self, name: str) -> float:
        """For how many seconds it isn't known whether the condition holds of somebody."""
        where = self.meant_of(name)
        truth = conditions.truth_of(where, name, self.timeline)
        time = conditions.spoken_of(where, name, self.part, self.timeline)
        return max(0.0, seconds_in(time) - seconds_in(common(time, [*truth.yes, *truth.no])))

    def _because(self, where: Condition, name: str, verdict: Verdict) -> list[Row]:
        """The rows that say yes or no to a condition's parts; where neither is known, all that speak of them."""
        found: list[Row] = []
        for event in queries.events_in(where):
            rest = self.about(event.whom)
            found += [row for one in rest.who.sure for row in rest._because(event.where, one, verdict)]
        for has in (*atoms(where), *queries.choices_of_deeds(where)):
            if has.attribute not in ("present", *queries.MOVES):
                rows = conditions.rows_saying(has, name, verdict, self.timeline)
                ends = [(row.start_s, max(row.end_s, row.start_s + _WORD_S)) for row in rows]
                found += [row for row, span in zip(rows, ends, strict=True) if common([span], self.part)]
        return list(dict.fromkeys(found))

    def attributes_of(self, name: str, attributes: Sequence[str]) -> Found:
        """The rows of somebody about some attributes, and of the scene while she is seen."""
        spans = common(self.timeline.seen(name), self.part)
        rows = replace(self, part=spans).rows(name, attributes)
        verdict: Verdict = "yes" if rows else "unknown" if spans else "no"
        return Found(name, verdict, tuple(spans), tuple(rows), likely=likely(rows))

    def rows(self, name: str, attributes: Sequence[str]) -> list[Row]:
        """Rows about some attributes as far as they lie in the part; what goes on without a break is one row."""
        asked_for = [Has(attribute) for attribute in attributes]  # type: ignore[arg-type]
        found = [row for has in asked_for for row in conditions.rows_about(has, name, self.timeline)]
        asked, value = self.query.attribute or "present", self.query.value
        about_it = TELLING.get(asked, (asked,))
        return [
            replace(same[0], start_s=start, end_s=end, probability=max(one.probability for one in same))
            for same in alike([row for row in found if row.attribute not in about_it or row.narrowed(value)])
            for start, end in common([one.span for one in same], self.part)
        ]


def likely(rows: Sequence[Row]) -> bool:
    """Whether some rows hold only probably."""
    return bool(rows) and all(row.probability < LIKELY for row in rows)


def listed(found: Sequence[Found], finding: Finding) -> Finding:
    """A finding with people sorted into those of whom it holds, doesn't, or isn't known; the scene has rows only."""
    scene, people = [one for one in found if not one.entity], [one for one in found if one.entity]
    return replace(
        finding,
        spans=finding.spans or tuple(span for one in scene for span in one.spans),
        rows=(*finding.rows, *(row for one in scene for row in one.rows)),
        people=tuple(one for one in people if one.verdict == "yes"),
        against=tuple(one for one in people if one.verdict == "no"),
        open=(*(one for one in people if one.verdict in ("unknown", "unsure")), *finding.open),
    )  # fmt: skip


def run(query: Query, timeline: Timeline, history: Sequence[Finding] = ()) -> Finding:
    """What is found for a query; `history` is what was found for the questions before, the last one last."""
    if query.select == "refuse":
        found = _refused(query, timeline)
    elif query.select == "why":
        found = _what_it_rests_on(query, timeline, history)
    else:
        found = _seen_or_heard(query, timeline)
    if query.then is None or query.if_so and not (found.verdict == "yes" or found.verdict is None and found.people):
        return found
    return replace(found, then=run(query.then, timeline, (*history, found)))


def _refused(query: Query, timeline: Timeline) -> Finding:
    """A refusal, with who is meant ("he" in the next question), and whom nobody enrolled."""
    who = conditions.chosen(query.whom, [timeline.whole], timeline)
    meant = () if query.whom.such is None else who.sure
    strange = [one for one in who.missing if one.why == "not enrolled" and query.refusal in (None, "unseen")]
    return Finding(query, open=tuple(Found(name, "unknown") for name in meant), missing=tuple(strange))


def _what_it_rests_on(query: Query, timeline: Timeline, history: Sequence[Finding]) -> Finding:
    """What was found before, as what it rests on."""
    found = history[-1] if history else Finding(query)
    if found.query.select in ("who", "count") and found.people:  # of whom it was said, not of the others
        found = replace(found, against=(), open=())
    whom = query.whom if query.whom.names or found.query.select != "refuse" else found.query.whom
    if whom.names and {*whom.names} != {*found.names} and not found.instead:  # "how sure are you about Ana?"
        found = _looked_up(Query("exists", whom, form="polar"), timeline)
    elif found.query.attribute in conditions.RELATIONS:  # "who is with Ana?"
        others = dict.fromkeys(row.of for one in found.people for row in one.rows if row.of)
        found = replace(found, people=(*found.people, *map(Found, others)))
    return replace(found, query=query, then=None)


def _seen_or_heard(query: Query, timeline: Timeline) -> Finding:
    """What is found by sight, or by hearing; of sound, where it wasn't listened to, as far as it can be seen."""
    heard, languages = timeline.sound == "heard", any(row.attribute == "language" for row in timeline.rows)
    asked, query = query, as_heard(query) if heard else query
    if not queries.is_of_sound(query):
        return _looked_up(query, timeline)
    if heard and (languages or asked_of(query).attribute != "language"):
        found = _looked_up(query, timeline)
        whose = query.where == asked.where or found.people or found.verdict == "no"
        by_mouth = found if whose else _looked_up(asked, timeline)  # nobody knows whose voice it is
        return by_mouth if by_mouth.people else found
    if not heard and (seen := as_seen(query)) is not None:  # who seems to talk
        return _looked_up(seen, timeline)
    return Finding(replace(query, select="refuse", refusal="sound", value="language" if heard else timeline.sound))


def _looked_up(query: Query, timeline: Timeline) -> Finding:
    """What is found in the part that is asked about, of the people who are meant."""
    ordered = query.select == "order"  # then the event is what it is held against
    part = conditions.Part([timeline.whole]) if ordered else conditions.part_of(query.during, timeline)
    timeline = audible(timeline) if queries.is_of_sound(query) else timeline
    who, presumed = _meant(query, part.spans, timeline)
    lookup = Lookup(query, timeline, part.spans, who)
    if not part.spans:
        untimed = timeline.measured and query.during.event is not None  # "before he falls", who falls from the start
        never: Verdict = part.happens if part.happens != "yes" else "unknown" if untimed else "no"
        found = Finding(query, never if _is_polar(query) or never == "unknown" else None, nothing=True)
    else:
        found = (_finding_of_sound if queries.is_of_sound(query) else _SELECTS[query.select])(lookup)
    state = conditions.state_after(query.where)
    if state and found.people and found.verdict != "no":  # who sat down sits from then on
        found = replace(found, query=replace(query, where=Has("posture", state)))
    during = tuple(part.spans) if query.during.event is not None and not ordered else ()
    missing = tuple(dict.fromkeys((*who.missing, *found.missing, *part.missing)))
    return _with_others_instead(replace(found, during=during, missing=missing, presumed=presumed), lookup)


def _meant(query: Query, part: Sequence[Span], timeline: Timeline) -> tuple[conditions.Chosen, Condition | None]:
    """Who is meant, of whom it may be asked who is not there; and `Finding.presumed`."""
    of_people = query.select in ("who", "count", "order", "describe") or query.value == "people"
    of_people = of_people or query.select == "attribute" and query.attribute not in OF_SCENE
    things = any(has.attribute in _OF_THINGS for has in atoms(query.where))
    placed = of_people and not things and is_of_scene(query.where)  # by where they are: "who is in the kitchen?"
    who = conditions.subjects(query.whom, None if placed else query.where, part, timeline)
    presumed: Condition | None = None
    if query.whom.quantifier == "any" and not who.sure and len(who.maybe) == 1 and _takes_alone(query, timeline):
        (name,), such = who.maybe, queries.together(query.whom.such)
        unknown = [one for one in such if conditions.whether(one, name, [timeline.whole], timeline) == "unknown"]
        presumed = queries.conjunction(unknown) if unknown else None
        who = replace(who, sure=(name,), maybe=())
    if queries.asks_absence(query):
        gone = [one.name for one in timeline.enrolled if one.decision == "absent"]
        who = replace(who, sure=(*who.sure, *(name for name in gone if name not in query.whom.besides)))
    elif query.select in ("who", "count") and query.where == Not(PRESENT) and query.rank is None:  # which of them isn't
        gone = [one.name for one in who.missing if one.why == "absent"]
        who = replace(who, sure=(*who.sure, *gone), missing=tuple(m for m in who.missing if m.name not in gone))
    return who, presumed


def _takes_alone(query: Query, timeline: Timeline) -> bool:
    """Whether the only one who may be "the man with the badge" is taken for him: where it is asked when, or how he is;
    of "the doctor", which is never measured, also whether he does something, if nobody else is seen.
    """
    told = query.select in ("attribute", "describe")
    alone = queries.is_of(query.whom.such, "role") and len(timeline.others(())) == 1
    return query.select in queries.TIMES or told and query.where is None or alone and (told or query.where is not None)


def _with_others_instead(found: Finding, lookup: Lookup) -> Finding:
    """With who is told of where all whom a question names are missing: whoever does what is asked ("is Ana falling?"),
    or at least lies who isn't seen to lie on the floor, and may be her where nobody knows who that is; else who is
    seen, as in drawn pictures, where one is easily taken for two.
    """
    asked, who, timeline = lookup.query, lookup.who, lookup.timeline
    named = asked.whom.names and not (who.sure or who.maybe) and all(one.why != "not enrolled" for one in who.missing)
    if not named or asked.during.event is not None or asked.whom.quantifier == "only":
        return found
    others = timeline.others(()) if asks_what_is_done(asked) and not timeline.drawn else []
    lying = [one for one in queries.together(asked.where) if one in _LYING]
    for query in (asked, *(replace(asked, where=one) for one in lying)):
        did = tuple(one for one in map(replace(lookup, query=query).of_one, others) if one.verdict == "yes")
        may_be_her = any(one.entity.startswith("#") or timeline.doubtful(one.entity) for one in did)
        if did:
            verdict: Verdict | None = "unknown" if found.verdict == "no" and may_be_her else found.verdict
            return replace(found, query=query, instead=did, verdict=verdict)
    return _with_who_is_seen(found, lookup)


def _with_who_is_seen(found: Finding, lookup: Lookup) -> Finding:
    """With who may be one of the missing, else everybody who is seen, if they are few, as far as that answers what is
    asked; and in which place it plays. Of drawn pictures one alone is told of, and by no name that nobody asked for.
    """
    query, timeline, done = lookup.query, lookup.timeline, asks_what_is_done(lookup.query)
    kind = query.attribute or "side"
    there = query.select == "exists" and (queries.is_plain(query.where) or done)
    if not (there or query.select == "describe" or query.select == "attribute" and kind in _TOLD_INSTEAD):
        return found
    likes = [one.like for one in lookup.who.missing if one.like]
    seen = [name for name in timeline.others(()) if common(timeline.seen(name), lookup.part)]
    few = [name for name in seen if timeline.of(name, "side")] if len(seen) <= (1 if timeline.drawn else FEW) else []
    names = [] if there and likes else likes or few  # of whom a reason tells already
    kinds = _OF_SOMEBODY if query.select == "describe" else (*_ANSWERING.get(kind, (kind,)), "gender", "side")
    wanted = ["side"] if there else [one for one in kinds if one not in OF_SCENE]
    maybe = [one.name for one in timeline.entities if timeline.doubtful(one.name) or timeline.drawn and one.known]
    told_of = [lookup.attributes_of(name, wanted) for name in dict.fromkeys(names)]
    so: Verdict = "unknown" if done else "yes"
    instead = tuple(replace(one, verdict=so, likely=one.entity in maybe) for one in told_of)
    rows = tuple(lookup.rows("", queries.PLACES)) if kind in queries.PLACES else found.rows
    return replace(found, instead=instead, rows=rows)


def asks_what_is_done(query: Query) -> bool:
    """Whether it is asked if, when or how long somebody does or wears something."""
    asked, denied = {has.attribute for has in atoms(query.where)}, next(queries.parts_of(query.where, Not), None)
    plain = not (query.number or query.rank or denied) and query.whom.quantifier != "none"
    where = query.attribute in ("place", "near") and any(has in _LYING for has in atoms(query.where))
    return plain and (where or query.select in queries.WHETHER) and not asked.isdisjoint(_DONE)


def _finding_of_sound(lookup: Lookup) -> Finding:
    """What is heard of those who are meant; what nobody knows of whom it is stands as rows of nobody."""
    query, names = lookup.query, tuple(name for name in lookup.who.sure if name)
    unnamed, ranks = lookup.of_one(""), query.rank is not None and query.number is None
    in_order = query.select in ("compare", "order") or query.select in ("exists", "who") and ranks
    if query.select == "who" and query.versus is not None:  # who talks longer, these or those?
        names += lookup.about(query.versus).who.sure
    if query.where == MUSIC:
        names = ("",)
    elif is_of_anybody(query.whom) and not in_order:
        names = (*names, "")
    lookup = replace(lookup, who=replace(lookup.who, sure=names))
    found = _SELECTS[query.select](lookup)
    if query.select == "count":
        heard = [row for one in (*found.people, unnamed) for row in one.rows if row.attribute == "speaks"]
        voices = {row.value for row in heard if row.value}
        found = replace(found, number=float(len(voices)), at_least=any(not row.value for row in heard))
    return replace(found, rows=tuple(dict.fromkeys((*found.rows, *unnamed.rows))))


def _is_polar(query: Query) -> bool:
    whether = query.select == "exists" and not queries.is_choice(query)
    return whether or query.form == "polar" or query.number is not None


def _exists(lookup: Lookup) -> Finding:
    """Whether a condition holds of those who are meant, as their quantifier says."""
    query, who = lookup.query, lookup.who
    missed = [lookup.whether(one.name) if one.why != "unsure" else "unsure" for one in who.missing]
    if query.rank is not None and query.number is None:  # of everybody
        finding = ranked(lookup.about(EVERYBODY), query.rank, Finding(query))
        mine = [name in finding.names for name in who.sure]
        holds = (all if query.whom.quantifier in ("all", "both") else any)(mine)
        return replace(finding, verdict=any_verdict(missed) if not mine else "yes" if holds else "no")
    if who.sure == ("",) and queries.events_in(query.where):
        return _when(lookup)
    people = lookup.each(least="yes")
    if query.whom.quantifier == "all" and not query.whom.names:  # all who are there
        people = [one for one in people if conditions.spoken_of(lookup.where, one.entity, lookup.part, lookup.timeline)]
    spans = common(conditions.jointly(who, lookup.where, query.whom, lookup.timeline).yes, lookup.part)
    quantifier, named = query.whom.quantifier, bool(query.whom.names)
    several = all_verdict if quantifier in ("all", "both") or quantifier == "only" and named else any_verdict
    perhaps: list[Verdict] = ["unsure"] * len(_perhaps(lookup))
    verdict = several([*(one.verdict for one in people), *missed, *perhaps])
    rest = list(map(lookup.of_one, lookup.timeline.others(who.sure) if quantifier == "only" else ()))
    verdict = all_verdict([verdict, *(TURNED[one.verdict] for one in rest)])
    verdict = TURNED[verdict] if quantifier == "none" else verdict
    finding = Finding(query, None if queries.is_choice(query) else verdict, spans=tuple(spans))
    if named:  # who else does so
        people += [one for one in rest if one.verdict == "yes"]
    return listed(people, finding)


def _perhaps(lookup: Lookup, counted: bool = True) -> list[str]:
    """Enrolled people who may be there, or may be strangers, where that is asked; `counted`: beside who is seen."""
    whom, where = lookup.query.whom, lookup.query.where
    if whom.names or whom.unknown or whom.such or not queries.is_plain(where):
        return []
    if whom.known is False:  # who isn't surely known
        return [one.name for one in lookup.timeline.entities if lookup.timeline.doubtful(one.name)]
    doubtful = [one for one in lookup.timeline.entities if one.decision == "unsure" or one.like and not counted]
    return [one.name for one in doubtful if one.name not in whom.besides and not (counted and one.like)]


def _who(lookup: Lookup) -> Finding:
    """Of whom it holds; with a rank, who is the n-th of them."""
    query = lookup.query
    unsure = tuple(Found(name, "unsure") for name in _perhaps(lookup, counted=False))
    denied = query.where.part if isinstance(query.where, Not) else None  # "who isn't wearing glasses?": at some time
    at_times = isinstance(denied, Has) and denied.attribute not in ("present", *queries.HEARD)
    at_times = at_times and not query.throughout and query.rank is None
    each = [replace(one, verdict="yes") if at_times and one.spans else one for one in lookup.each()]
    finding = listed(each, Finding(query, open=unsure))
    return finding if query.rank is None or query.number is not None else ranked(lookup, query.rank, finding)


def _count(lookup: Lookup) -> Finding:
    """How many they are; of things, how many are seen at the same time."""
    query = lookup.query
    if queries.counts_at_once(query):
        seen = [row.span for one in lookup.timeline.entities for row in lookup.timeline.of(one.name, "present")]
        most = float(most_at_once([span for span in seen if common([span], lookup.part)]))
        if query.number is None:
            return Finding(query, number=most)
        fits = common(conditions.at_once(lookup.who, PRESENT, query.number, lookup.timeline).yes, lookup.part)
        verdict: Verdict = "yes" if fits else "unknown" if lookup.timeline.at_least else "no"
        return Finding(query, verdict, number=most)
    found = _who(replace(lookup, query=replace(query, select="who", rank=None, number=None)))
    at_least = lookup.timeline.at_least or any(one.verdict == "unknown" for one in found.open)
    unknown = sum(one.verdict == "unknown" for one in found.open) + len(_perhaps(lookup))
    number: float | None = float(len(found.people))
    high = inf if lookup.timeline.at_least else len(found.people) + unknown
    if lookup.who.sure == ("",):
        known = lookup.whether("") != "unknown"
        number = float(most_at_once([row.span for row in found.rows])) if known else None
        high = inf if number is None else number
    found = replace(found, query=query, number=number, at_least=at_least)
    if query.number is None:
        return found
    verdict = query.number.within(number or 0.0, high)
    unsure = verdict == "unknown" and bool(found.open) and not at_least
    return replace(found, verdict="unsure" if unsure else verdict)


def _when(lookup: Lookup) -> Finding:
    """When it holds: of each, and of all who are meant together."""
    query = lookup.query
    if query.number is None or query.value != "people":
        joint = conditions.jointly(lookup.who, lookup.where, query.whom, lookup.timeline)
    else:
        joint = conditions.at_once(lookup.who, lookup.where, query.number, lookup.timeline)
    spans = tuple(_picked(common(joint.yes, lookup.part), query.rank))
    people = [replace(one, spans=tuple(_picked(one.spans, query.rank))) for one in lookup.timed()]
    people += [] if people else [Found(name, "unknown") for name in lookup.who.maybe]
    surely = seconds_in(common(joint.no, lookup.part)) >= WHOLE * seconds_in(lookup.part)
    kept = [] if surely else [one for one in people if one.verdict == "unknown"]
    found = listed(kept if query.whom.quantifier == "none" else people, Finding(query, spans=spans))
    if not _is_polar(query) or query.number is not None:
        return found
    return replace(found, verdict="yes" if spans else "no" if surely else conditions.doubt(lookup.who.missing))


def _picked(spans: Sequence[Span], rank: Rank | None) -> list[Span]:
    """All spans, or the n-th by time or length."""
    if rank is None or rank.by not in ("time", "long"):
        return list(spans)
    in_turn = sorted(spans, key=lambda span: span[0] - span[1]) if rank.by == "long" else sorted(spans)
    return nth_of(in_turn, rank.k)


def _measured(lookup: Lookup) -> Finding:
    """How long or how often it holds, of each and of all together; no number where that isn't known at all."""
    query, missing, long = lookup.query, lookup.who.missing, lookup.query.select == "how_long"
    measure: Callable[[Sequence[Span]], float] = seconds_in if long else len
    open_s = sum(lookup.open_s(name) for name in lookup.who.sure) if long else 0.0
    of_people = query.value == "people"  # the number is theirs, not of what is measured
    found = _when(lookup if of_people else replace(lookup, query=replace(query, number=None, form="wh")))
    number: float | None = float(measure(found.spans))
    if not number and (found.open or any(one.why != "absent" for one in missing)):
        number = None
    people = tuple(replace(one, number=float(measure(one.spans))) for one in found.people)
    more = number is not None and open_s > (1 - WHOLE) * seconds_in(lookup.part)
    found = replace(found, query=query, people=people, number=number, at_least=more)
    if query.number is None or of_people:
        return found
    if people and not query.whom.names and query.whom.quantifier in ("any", "all"):  # "did anybody come twice?"
        each = replace(lookup, query=replace(query, select="exists", rank=None if long else Rank("often"))).each()
        so = (all_verdict if query.whom.quantifier == "all" else any_verdict)([one.verdict for one in each])
        fits = {one.entity for one in each if one.verdict == so}
        shown = tuple(one for one in people if one.entity in fits) or people * (so != "no")
        return replace(found, verdict=so, people=shown)
    high = inf if number is None else number + open_s
    verdict = query.number.within(number or 0.0, high)
    return replace(found, verdict=conditions.doubt(missing) if verdict == "unknown" else verdict)


def _shots(lookup: Lookup) -> Finding:
    """How many shots there are, or in which it holds of those who are meant (with `throughout`: all through)."""
    query, shots = lookup.query, [shot for shot in lookup.timeline.shots if common([shot], lookup.part)]
    found = Finding(query)
    if query.whom != EVERYBODY or query.where is not None:
        truth = conditions.jointly(lookup.who, lookup.where, query.whom, lookup.timeline)
        least = WHOLE if query.throughout or query.whom.quantifier in ("none", "only") else 0.0
        shots = [s for s in shots if (t := seconds_in(common([s], truth.yes))) and t >= least * (s[1] - s[0])]
        found = listed(lookup.each(), found)
        if query.rank is not None and query.rank.by == "time" and query.number is None:
            shots = nth_of(shots, query.rank.k)  # "in which shot does she first appear?"
    rows = tuple(Row("", "shot", str(1 + lookup.timeline.shots.index(shot)), *shot) for shot in shots)
    found = replace(found, spans=tuple(shots), rows=rows, number=float(len(shots)))
    if query.number is not None:
        return replace(found, verdict=query.number.within(len(shots), len(shots)))
    return replace(found, verdict="yes" if shots else "no") if query.form == "polar" else found


def _length(lookup: Lookup) -> Finding:
    """How long the video is, or the part that is asked about."""
    query, seconds = lookup.query, seconds_in(lookup.part)
    return Finding(query, None if query.number is None else query.number.within(seconds, seconds), number=seconds)


def _attribute(lookup: Lookup) -> Finding:
    """What is known of an attribute, or all that is known: of each who is meant, and of the scene."""
    query, everything = lookup.query, lookup.query.select == "describe"
    name, of_all = query.attribute or "deed", query.whom == EVERYBODY
    if name in queries.HEARD:
        if name == "says":  # whole stretches, also of those that begin before the part, or end after it
            lookup = replace(lookup, part=stretches(lookup.part, lookup.timeline))
        return listed(lookup.each(), Finding(query))
    wanted = _OF_SOMEBODY if everything else _ANSWERING.get(name, (name,))
    if of_all and name in OF_SCENE and not everything:
        of_people = query.where is not None and not is_of_scene(query.where)  # "where does he lie?", who is seen to lie
        if of_people and (known := _known_of_each(lookup, wanted)):
            return listed(known, Finding(query))
        lookup = replace(lookup, part=lookup.times_of("")) if is_of_scene(query.where) else lookup  # "in the garden?"
        return Finding(query, rows=tuple(lookup.rows("", [one for one in wanted if one in OF_SCENE])))
    known, perhaps = _known_of_each(lookup, wanted), tuple(Found(one, "unknown") for one in lookup.who.maybe)
    if everything:
        known = [replace(one, verdict="yes") if one.spans and query.where is None else one for one in known]
        return listed(known, Finding(query, rows=tuple(lookup.rows("", OF_SCENE)) if of_all else (), open=perhaps))
    if (rank := query.rank) is not None and rank.by in ("long", "time"):
        known = [_picked_rows(one, query, rank) for one in known]
    return listed(known, Finding(query, open=perhaps))


def _picked_rows(found: Found, query: Query, rank: Rank) -> Found:
    """With what holds longest alone ("where is Ana most of the time?"), or begins first or last."""
    rows = [row for row in found.rows if row.attribute == query.attribute == "place"] or found.rows
    if rank.by == "long":
        kept = max(alike(rows), key=lambda same: seconds_in([row.span for row in same]), default=[])
    else:
        postures = {row.value for row in rows if row.attribute == "posture"}
        deeds = [row for row in rows if row.attribute != "posture" or postures - {row.value}] or rows
        starts = sorted(row.start_s for row in deeds)
        starts = [a for i, a in enumerate(starts) if not i or a - starts[i - 1] > _AT_ONCE_S]
        edges = nth_of([(start, start) for start in starts], rank.k)
        kept = [row for row in rows if edges and abs(row.start_s - edges[0][0]) <= _AT_ONCE_S]
    return replace(found, rows=tuple(kept), likely=likely(kept))


def _known_of_each(lookup: Lookup, attributes: Sequence[str]) -> list[Found]:
    """What is known of some attributes of each who is meant, while the condition holds, where there is one ("what does
    Ana wear in the kitchen?"); of whoever is named also that it doesn't, or, beside what is known, that nobody knows.
    """
    found = []
    for name in filter(None, lookup.who.sure):
        if lookup.query.where is None:
            known, other = lookup.attributes_of(name, attributes), _BESIDE.get(lookup.query.attribute or "", ())
            unknown = known.spans and not known.rows and not lookup.query.value
            found.append(replace(lookup.attributes_of(name, other), verdict="unknown") if unknown else known)
        elif (holds := lookup.whether(name)) == "yes":
            then = replace(lookup, part=lookup.times_of(name))
            found.append(replace(then.attributes_of(name, attributes), verdict=holds))
        elif lookup.query.whom.names:
            known = lookup.attributes_of(name, attributes) if holds == "unknown" else lookup.of_one(name)
            found.append(replace(known, verdict=holds))
    return found


def ranking(lookup: Lookup, rank: Rank, people: Sequence[str], nth: int = 0) -> conditions.Ranked:
    """People in the order of when the condition holds (the `nth` time, if not 0); of a `Not`, when its part ends: of
    all without those who are there to the end, but where it is asked who is "seen" last.
    """
    query, last_heard = lookup.query, rank.k < 0 and queries.is_of(lookup.where, *queries.HEARD)  # after all others
    ends = rank.by == "time" and (isinstance(lookup.where, Not) or last_heard)
    stay = last_heard or query.value == "seen" or query.select == "order" or query.versus or query.whom.names[1:]
    last = inf if stay else max(end for _, end in lookup.part)
    where = lookup.where.part if ends and isinstance(lookup.where, Not) else lookup.where
    times = dict[str, Sequence[Span]]()
    for name in (name for name in (*(one.name for one in lookup.timeline.entities), "") if name in people):
        meant = conditions.each_other(where, name, lookup.who, lookup.query.whom)
        spans = conditions.truth_of(meant, name, lookup.timeline).yes
        spans = nth_of(spans, nth) if nth else spans
        if ends and spans and spans[-1][1] >= last:
            continue
        if spans or lookup.query.where is None:  # "the leftmost who sits"
            times[name] = common(spans, lookup.part)
    return conditions.in_order(times, rank.by, lookup.timeline, ends)


def ranked(lookup: Lookup, rank: Rank, finding: Finding) -> Finding:
    """A finding with the n-th of those who are meant; the others follow as `against`."""
    order = ranking(lookup, rank, lookup.who.sure)
    top, people = order.at(rank.k), order.people if rank.k > 0 else order.people[::-1]
    groups = (
        tuple(replace(lookup.of_one(one.entity), verdict="yes", number=one.number) for one in group)
        for group in (top, [one for one in people if one not in top])
    )
    return replace(finding, people=next(groups), against=next(groups))


def _compare(lookup: Lookup) -> Finding:
    """Which of some people is longest, nearest …; whether one is more so than others, or like them in an attribute."""
    query = lookup.query
    if query.rank is None and query.attribute is not None:
        return _alike(lookup)
    if query.rank is None and query.versus is not None:
        return _more_or_fewer(lookup, query.versus)
    theirs = conditions.Chosen() if query.versus is None else lookup.about(query.versus).who
    names = tuple(dict.fromkeys((*lookup.who.sure, *theirs.sure)))
    if query.versus is None and len(query.whom.names) == 1:  # "is Ana the last to leave?": of all
        names = (*names, *(name for name in lookup.about(EVERYBODY).who.sure if name not in names))
    everyone = replace(lookup, who=conditions.Chosen(names))
    finding = ranked(everyone, query.rank or Rank("long"), Finding(query, missing=theirs.missing))
    if query.form != "polar":
        return finding
    first = set(names[:1] if query.versus is None else lookup.who.sure)
    counted = query.rank is not None and query.rank.by in ("long", "often")  # whoever never does counts as none
    counted = counted or isinstance(lookup.where, Not)  # whoever doesn't leave
    count = len(finding.people) + len(finding.against)
    alone = query.versus is not None and first.issuperset(theirs.sure)  # "does she sit longer than she lies?"
    if not first or alone or count < (1 if counted else len(names)) or lookup.who.missing or theirs.missing:
        return replace(finding, verdict=conditions.doubt((*lookup.who.missing, *theirs.missing)))
    return replace(finding, verdict="yes" if finding.names and set(finding.names) <= first else "no")


def _more_or_fewer(lookup: Lookup, than: Whom) -> Finding:
    """Whether there are more of these people than of those."""
    theirs = lookup.about(than)
    one, other = _count(lookup), _count(replace(theirs, query=replace(lookup.query, whom=than)))
    first, second = one.number or 0.0, other.number or 0.0
    more = Number("more_than", 0).within(first - second - len(other.open), first + len(one.open) - second)
    verdict: Verdict = "unknown" if lookup.timeline.at_least else more
    open_ = tuple({found.entity: found for found in (*one.open, *other.open)}.values())
    return replace(one, verdict=verdict, against=other.people, open=open_, missing=theirs.who.missing)


def _alike(lookup: Lookup) -> Finding:
    """Whether people have an attribute in common; of what is worn, a colour."""
    name = lookup.query.attribute or "worn"
    people = [lookup.attributes_of(one, (name,)) for one in lookup.who.sure]
    people = [replace(one, rows=tuple(r for r in one.rows if r.attribute == name)) for one in people]
    people = [replace(one, rows=tuple(r for r in one.rows if name != "worn" or r.colour)) for one in people]
    values = [{r.colour if name == "worn" else (r.value, r.colour, r.of) for r in one.rows} for one in people]
    finding = Finding(lookup.query, people=tuple(people))
    if len(values) < 2 or lookup.who.missing or not all(values):
        return replace(finding, verdict=conditions.doubt(lookup.who.missing))
    return replace(finding, verdict="yes" if set.intersection(*values) else "no")


def _order(lookup: Lookup) -> Finding:
    """Who comes one after the other, before or after somebody; whether something begins, or ends, before another."""
    query, event, theirs = lookup.query, lookup.query.during.event, lookup.query.versus
    if theirs is None and event is None:
        rank = query.rank if query.rank is not None and query.rank.by in ("left", "right") else Rank("time")
        return Finding(query, people=ranking(lookup, rank, lookup.who.sure).people)
    where = event.where if theirs is None and event is not None else lookup.where
    if theirs is not None and all(has.attribute == "thing" for has in atoms(where)):  # "did the cat come before Ben?"
        where = PRESENT
    whom = theirs or (Whom() if event is None else event.whom)
    if whom.such is not None and is_of_scene(whom.such):  # "before the cat"
        where, whom = whom.such, EVERYBODY
    one = replace(lookup, part=[lookup.timeline.whole])
    other = replace(one.about(whom, where), query=replace(query, whom=whom, where=where))
    mine = ranking(one, Rank("time"), one.who.sure)
    against = ranking(other, Rank("time"), other.who.sure, query.during.nth)
    before, missing = query.during.relation in ("", "before", "until"), other.who.missing
    if theirs is not None and query.form != "polar" and not query.whom.names:  # "who comes after Ben?"
        edge = against.people[0].number or 0.0 if against.people else None
        apart = [one for one in mine.people if edge is not None and one.number != edge]
        beyond = [one for one in apart if ((one.number or 0.0) < (edge or 0.0)) == before]
        return Finding(query, people=tuple(beyond[::-1] if before else beyond), missing=missing)
    finding = Finding(query, people=mine.people, against=against.people, missing=missing)
    if not (mine.people and against.people):
        return replace(finding, verdict=conditions.doubt((*one.who.missing, *missing)))
    first, second = mine.people[0], against.people[0]
    right = not mine.alike(first, second) and ((first.number or 0.0) < (second.number or 0.0)) == before
    return finding if query.form == "choice" else replace(finding, verdict="yes" if right else "no")


_SELECTS: dict[str, Callable[[Lookup], Finding]] = {
    "exists": _exists, "who": _who, "count": _count, "when": _when, "how_long": _measured, "how_often": _measured,
    "attribute": _attribute, "describe": _attribute, "compare": _compare, "order": _order, "shots": _shots,
    "length": _length,
}  # fmt: skip
