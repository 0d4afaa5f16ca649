"""Sentences that say whether something is so, who, how many, when, how long, how often, in which order, and who of some
people most ("Ana is seen longest").

In: findings, a `Timeline`. Out: sentences for every select but "attribute" and "describe". Each is made of the same
clauses: of whom it holds, of whom it doesn't, who isn't there, of whom it can't be told. For a photo no times are said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pvchat.chat import conditions, english
from pvchat.chat import query as queries
from pvchat.chat.conditions import RELATIONS, Chosen, each_other, is_towards, jointly, related_to, truth_of
from pvchat.chat.english import HEDGE, be, clock, join, lower, number, shortened, so_many, upper, wording
from pvchat.chat.query import EVERYBODY, PRESENT, And, Condition, Event, Has, Not, Or, Query, Rank, Whom, is_plain
from pvchat.chat.say import clauses
from pvchat.chat.say.clauses import called, clause, does, happens_said, in_passing, lead, noun, people_said, whom_said
from pvchat.chat.say.people import company, measured, said, whereabouts
from pvchat.chat.spans import common, grouped, without
from pvchat.chat.timeline import Finding, Found, Timeline

_MOST_OPEN = 4  # people of whom it can't be told, by name
_MOST_DENIED = 3  # people of a kind of whom it is denied by name
NO_STRANGERS = "I see nobody in this video whom I don't know."
_MOST_SHOTS = 12  # that one sentence numbers
_MOST = 4  # people that one sentence tells
_BY_PLACE = ("left", "right", "near", "big")


def holders(finding: Finding, timeline: Timeline) -> str:
    """Whether something holds of somebody, or of whom; where no more is asked, who is there, or isn't."""
    query, whom = finding.query, finding.query.whom
    if queries.asks_absence(query):
        asked = [one for one in timeline.enrolled if one.name not in whom.besides]
        absent = clauses.decided(asked, "absent")
        missed = f"{clauses.not_here(absent)}." if absent else "I miss nobody whom I know."
        return " ".join([missed, *clauses.may_be(asked)])
    plain, polar = asks_who_is_there(query), query.select == "exists"
    if not plain or whom.names[1:]:
        return _whether(finding, timeline) if plain or polar else _who(finding, timeline)
    if whom.names:
        one = timeline.entity(whom.names[0])
        return "" if one is None else clauses.existence(one, timeline, polar)
    if whom.known is not False:
        absent = clauses.decided(timeline.enrolled, "absent") if whom.quantifier == "all" else []
        return f"{clauses.who_is_there(timeline, whom.besides)}{f' {clauses.not_here(absent)}.' if absent else ''}"
    many = max(timeline.strangers, len(finding.people))
    found = f"{lead(finding)}{lower(clauses.unknown_people(many)) or NO_STRANGERS}"
    unsure = [replace(o, decision="unsure") if timeline.doubtful(o.name) else o for o in timeline.enrolled]
    return " ".join([found, *clauses.may_be(unsure)] if polar or not many else [found])


def asks_who_is_there(query: Query) -> bool:
    """Whether no more is asked of those who are meant than whether they are there."""
    whom = query.whom
    more = query.throughout or query.number or query.rank or whom.such or whom.nth or query.during.event
    return is_plain(query.where) and not more and whom.quantifier not in ("only", "none", "either")


def _whether(finding: Finding, timeline: Timeline) -> str:
    """Whether something holds: of whom it does, of whom it doesn't, of whom I can't tell."""
    query, whom, where = finding.query, finding.query.whom, finding.query.where
    inner = queries.affirmed(where) or PRESENT
    if whom.such is not None and is_plain(where) and not query.during.event and not query.throughout:
        if finding.open and not finding.people:
            return nobody(finding, timeline)
        return "" if finding.missing and not finding.everyone else f"{lead(finding)}{_seen_count(finding, timeline)}."
    if _says_nobody(finding):
        return f"{lead(finding)}{_none_does(query)}."
    surely, finding = _verdict_told(finding, timeline)
    told, denied = _holders_told(finding, timeline), _denied(finding, timeline)
    if is_plain(where) and (unsure := clauses.here_or_not(finding.missing).get("unsure")):
        denied.append(unsure)
    if told or denied or finding.verdict == "yes":
        said = _with_others(told, denied, finding, timeline)
        as_seen = queries.is_of(inner, "gender") and finding.verdict != "unknown" and not said[-1].endswith("I can see")
        return f"{surely}{'; '.join(said)}{', as far as I can see' * as_seen}." * bool(said)
    if finding.open and (whom.names or len(finding.everyone) == 1):
        unknown = upper("; ".join(unknown_said(finding, timeline, there=True)))
        return _to_nobody(finding, timeline) or f"{unknown}."
    none = nobody(finding, timeline)
    if not none and finding.verdict == "no" and whom.such is not None:  # of one by name and one by looks
        none = f"I see {_none_of(whom)}."
    return f"{lead(finding)}{none}" * bool(none)


def _to_nobody(finding: Finding, timeline: Timeline) -> str:
    """That somebody does something, but not towards whom; "" where that isn't so."""
    has, one = finding.query.where, finding.open[0]
    if not isinstance(has, Has) or not is_towards(has):
        return ""
    spans = truth_of(deed := replace(has, of=None), one.entity, timeline).yes
    so = holds_said([replace(one, spans=tuple(spans))], deed, finding, timeline)[0]
    return f"{so}, but I can't tell towards whom." * bool(spans)


def _verdict_told(finding: Finding, timeline: Timeline) -> tuple[str, Finding]:
    """The yes or no before an answer; of what is only likely, that it probably is so, and no doubt of each; of whoever
    is likelier somebody else, "perhaps".
    """
    told = finding.people if finding.verdict == "yes" else (*finding.people, *finding.against)
    if finding.verdict not in ("yes", "no") or not told or not all(one.likely for one in told):
        return lead(finding), finding
    people, against = (tuple(replace(one, likely=False) for one in x) for x in (finding.people, finding.against))
    doubles = {one.name for one in timeline.entities if one.like and one.decision == "present"}
    perhaps = finding.verdict == "yes" and all(one.entity in doubles for one in told)
    return "Perhaps: " if perhaps else lead(finding, likely=True), replace(finding, people=people, against=against)


def _holders_told(finding: Finding, timeline: Timeline) -> list[str]:
    """Of whom it holds, as clauses; of those of whom it should always, but does at times only."""
    query, many = finding.query, len(finding.people)
    always = _asks_share(query) and finding.verdict != "yes"
    at_times = [one for one in finding.against if one.spans and always]
    told = holds_said([*finding.people, *at_times], query.where, finding, timeline)
    several = finding.verdict == "yes" and query.whom.quantifier in ("all", "both") and many > 1
    if not several or len(told) > 1 and not _is_mutual(query):
        return told
    every = "" if _is_mutual(query) else "both" if many == 2 else "all"
    when = in_passing(finding.spans, timeline) * (not every and not query.during.event)
    return [f"{join(people_said(finding.people))} {clause(query.where, many, every)} {when}".rstrip()]


def _with_others(told: list[str], denied: list[str], finding: Finding, timeline: Timeline) -> list[str]:
    """Clauses of those of whom it holds, with those about others that the answer needs."""
    query, whom, verdict = finding.query, finding.query.whom, finding.verdict
    rest = open_said(finding.open) if told else unknown_said(finding, timeline)
    if told and whom.quantifier == "only" and verdict == "yes":
        return [f"only {told[0]}"]
    if verdict == "yes":
        rest, denied = [], denied if is_plain(query.where) and query.number is None else []
    if verdict == "unknown" and whom.quantifier == "only":
        rest = rest or ["I can't tell of others"]
    return [*told, *denied, *rest]


def _asks_share(query: Query) -> bool:
    """Whether it is asked if something holds all the time, or a share of it; never is told as what is denied."""
    return (query.throughout or query.value == "share") and not isinstance(query.where, Not)


def _who(finding: Finding, timeline: Timeline) -> str:
    """Of whom something holds; where of nobody, how far that is known."""
    whom, where = finding.query.whom, finding.query.where
    if finding.people and is_plain(where) and (whom.nth or whom.such is not None) and not finding.query.during.event:
        if not whom.nth and len(finding.people) > 1:
            return f"{_seen_count(finding, timeline)}."
        names = people_said(finding.people)
        kind, known = whom_said(whom), join(clauses.hedged(names, timeline))
        plain = queries.is_of(whom.such, "gender") and not whom.nth and len(names) == 1
        return f"{kind} is {known}." if plain else f"{known} {be(names)} {kind}."  # "what's the woman's name?"
    said = holds_said(finding.people, where, finding, timeline)
    if isinstance(where, Not):
        against = [replace(o, spans=tuple(truth_of(where.part, o.entity, timeline).yes)) for o in finding.against]
        said += holds_said([one for one in against if one.spans], where.part, finding, timeline)
        said += open_said(finding.open) if said else []
    besides = f"besides {join(people_said(whom.besides))}, " if whom.besides else ""
    return f"{besides}{'; '.join(said)}." if said else nobody(finding, timeline)


def count(finding: Finding, timeline: Timeline) -> str:
    """How many they are, by name; "at least" where more may be."""
    query, many = finding.query, int(finding.number or 0)
    if query.where == Has("with"):
        who = f"{number(many)} {noun(query.whom.such, many)}"
        text = f"at most {who} {'is' if many == 1 else 'are'} seen at the same time in this video."
    elif not is_plain(query.where) or query.whom.such and finding.open and not finding.people:
        held = "; ".join(holds_said(finding.people, query.where, finding, timeline))
        most = f"at most {number(len(finding.open))}: " * bool(lead(finding) and finding.open)
        none = f"{most}{lower(nobody(finding, timeline))}"
        text = f"{'at least ' * finding.at_least}{number(many)}: {held}." if held else none
    else:
        text = f"{_seen_count(finding, timeline)}."
    doubt = "I can't tell for sure: " if finding.verdict in ("unknown", "unsure") else ""
    return f"{doubt}{lead(finding)}{text}" * bool(text)


def nobody(finding: Finding, timeline: Timeline) -> str:
    """That it holds of nobody, or of whom I can't tell that: silence denies nothing; "" where all named are missing."""
    query, whom = finding.query, finding.query.whom
    if (whom.names or whom.unknown) and not finding.everyone:
        return ""
    unsure = [one for found in finding.open if found.verdict == "unsure" and (one := timeline.entity(found.entity))]
    if finding.against and len(unsure) == len(finding.open) > 0:  # of all who surely are there it doesn't hold
        return " ".join([f"{upper(_none_does(query))}.", *clauses.may_be(unsure)])
    if finding.open and not (whom.nth and is_plain(query.where)):
        alone = query.select == "who" and not whom.names and len(finding.everyone) == 1  # "who is the man?"
        return f"{upper('; '.join(unknown_said(finding, timeline, alone)))}."
    none = _none_of(whom)
    if whom.nth:
        place = f" {wording('nth', whom.nth_by)}" * (whom.nth_by != "time")
        nth = f"{english.ordinal(whom.nth)} {noun(whom.such)}{clauses.KNOWN_SAID[whom.known]}{place}"
        return f"{'; '.join([f'I see no {nth}', *open_said(finding.open)])}."
    if queries.is_of(query.where, *RELATIONS):  # whoever is near may be overlooked
        return f"I see {none} {clauses.complement(query.where)[1].removeprefix('seen ')}."
    if finding.against and whom.names and finding.missing:  # nothing is denied of who isn't there
        return f"{upper('; '.join(_denied(replace(finding, missing=()), timeline)))}."
    if finding.against:
        hedge = f"{HEDGE} " * any(one.likely for one in finding.against)
        return upper(f"{hedge}{_none_does(query)}.")
    if whom.such is None and is_plain(query.where):
        return NO_STRANGERS if whom.known is False else clauses.who_is_there(timeline, whom.besides)
    who = f" who {clause(query.where)}" if not is_plain(query.where) and whom.such is None else ""
    return f"I see {none}{who}."


def unknown_said(finding: Finding, timeline: Timeline, there: bool = False) -> list[str]:
    """Of whom what isn't known, as clauses; what is known comes first: "Ana and Ben are sitting, but I can't tell
    whether they are men"; `there`: at least that they are there, and, of one, all that was measured of the kind.
    """
    told, asked = list[str](), wording("asked_for", finding.query.select)
    groups = grouped((_known_and_not(one.entity, finding.query, timeline), one) for one in finding.open)
    for (known, rest), people in groups.items():
        names, many = _subjects(people, finding, timeline), len(people) if known or there else 1
        so = clause(queries.conjunction(known or (PRESENT,)), many)
        each = [clauses.subject(one, timeline, finding.query.whom.called) for one in people_said(people, "one of ")]
        who = "they" if many > 1 else shortened(each, _MOST_OPEN, word="or")
        if (known or there) and len(people) == 1 and names != [people[0].entity]:
            who = "that person"
        what = queries.conjunction(rest)
        what = queries.affirmed(what) or PRESENT if asked == "whether" else _of_each(what, people, finding, timeline)
        text = f"I can't tell {asked} {who} {clause(what, many)}"
        told.append(f"{join(names)} {so}, but {text}" if known or there else text)
        if there and not known and len(people) == 1:  # all that was measured of the kind
            kind = measured(people[0].entity, next(queries.atoms(rest[0])), timeline.seen(people[0].entity), timeline)
            told[-1] += f". {upper(who)} {kind}" * bool(kind)
    return told


def _known_and_not(name: str, query: Query, timeline: Timeline) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """What is known of somebody out of what is asked, and what isn't, of who is meant as well."""
    asked = () if is_plain(query.where) else queries.together(query.where)
    parts = (*queries.together(query.whom.such), *asked)
    rest = [part for part in parts if conditions.whether(part, name, timeline.seen(name), timeline) != "yes"]
    if not rest or query.throughout or query.number is not None and query.select != "count":
        return (), asked or queries.together(query.whom.such) or (PRESENT,)
    return tuple(part for part in asked if part not in rest), tuple(rest)


def holds_said(people: Iterable[Found], condition: Condition | None, finding: Finding, timeline: Timeline) -> list[str]:
    """Clauses of those of whom it holds: "Ana and perhaps Ben are sitting", "Cleo is probably sitting at 0:05"."""

    def told_of(one: Found) -> tuple[tuple[Condition, str, str], ...]:
        held = _ways_that_hold(condition or PRESENT, one, timeline)
        return tuple((so, HEDGE * one.likely, clauses.time_of(found, finding, timeline)) for so, found in held)

    texts = []
    for told, group in grouped((told_of(one), one) for one in people).items():
        said = _always if clauses.asks_always_there(finding.query) and group[0].verdict == "yes" else clause
        meant = [(_of_each(so, group, finding, timeline), hedge, time) for so, hedge, time in told]
        each = [f"{said(so, len(group), hedge)}{time}".rstrip() for so, hedge, time in meant]
        hedged = clauses.hedged(people_said(group), timeline, finding.query.whom.names)
        who = hedged if is_plain(condition) else _subjects(group, finding, timeline)
        texts.append(f"{join(who)} {join(each)}")
    return texts


def _subjects(people: Sequence[Found], finding: Finding, timeline: Timeline) -> list[str]:
    """Their names before a verb: "Ana, perhaps Ben"; of one alone "somebody who may be Ben"."""
    asked = finding.query.whom.names if finding.verdict in ("yes", "no") else finding.query.whom.called  # no hedge else
    if len(people) == 1:
        return [clauses.subject(people[0].entity, timeline, asked)]
    return clauses.hedged(people_said(people), timeline, asked)


def _of_each(where: Condition, people: Sequence[Found], finding: Finding, timeline: Timeline) -> Condition:
    """What holds of several people as it does of each: next to each other only where they are, else to somebody."""
    who, whom = Chosen(tuple(one.entity for one in people)), finding.query.whom
    if not who.sure[1:]:  # "do Ana and Ben sit next to each other?"
        return each_other(where, people[0].entity, Chosen(whom.names), whom)
    of_each = related_to(EVERYBODY, where)
    if of_each == where or each_other(where, people[0].entity, who, whom) != where:
        return where
    denied = any(isinstance(part, Not) for part in queries.together(where))
    mutual = jointly(who, where, Whom(who.sure, "both"), timeline).yes
    return of_each if denied or without([span for one in people for span in one.spans], mutual) else where


def _always(where: Condition, count: int, hedge: str) -> str:
    """Such as "is always sitting in a kitchen", "is never sitting on a street"."""
    parts = queries.together(where)
    never = all(isinstance(one, Not) for one in parts if one not in queries.by_place(And(parts))[0])
    plain = [one.part if isinstance(one, Not) and never else one for one in parts]
    return clause(queries.conjunction(plain), count, f"{hedge} {'never' if never else 'always'}".lstrip())


def _denied(finding: Finding, timeline: Timeline) -> list[str]:
    """That it doesn't hold of some people, as clauses, the same of several as one; that others aren't there."""
    denied = [one for one in finding.against if not (one.spans and _asks_share(finding.query))]
    groups = grouped(((_so_instead(one, finding, timeline), one.likely), one) for one in denied)
    told = [
        so if isinstance(so, str) else
        f"{join(people_said(some))} {clause(_of_each(so, some, finding, timeline), len(some), HEDGE * likely)}"
        for (so, likely), some in groups.items()
    ]  # fmt: skip
    others = queries.others_in(finding.query.where)
    gone = [one.name for one in finding.missing if one.why == "absent"]
    gone += clauses.decided([one for one in timeline.enrolled if one.name in others], "absent")
    surely, either = all(one.surely for one in finding.missing), finding.query.whom.quantifier in ("any", "either")
    return [*told, clauses.not_here(list(dict.fromkeys(gone)), surely, either)] if gone else told


def did_instead(finding: Finding, timeline: Timeline) -> str:
    """Such as "Ana is not in this video, but Ben is falling"; "" where nobody does it in her place."""
    query, did = finding.query, [one for one in finding.instead if one.verdict == "yes"]
    if not (did and finding.missing) or is_plain(query.where) or query.select not in (*queries.WHETHER, "attribute"):
        return ""
    missing = [replace(one, surely=one.surely and finding.verdict == "no") for one in finding.missing]
    gone = ", and ".join(clauses.here_or_not(missing).values())
    told = holds_said(did, query.where, finding, timeline)
    if query.select == "attribute" and len(did) == 1:  # "where does Ana lie?"
        told = [", ".join(filter(None, (*told, whereabouts(did[0].entity, did[0].spans, timeline, seat=True))))]
    return f"{lead(finding)}{gone}, but {'; '.join(told)}."


def _so_instead(found: Found, finding: Finding, timeline: Timeline) -> Condition | str:
    """What is so of somebody of whom it doesn't hold, or, as a clause with the name, when it does all the same."""
    where = finding.query.where or PRESENT
    if isinstance(where, Not) and found.spans:
        return f"{holds_said([found], where, finding, timeline)[0]}, and {clause(where.part)} at other times"
    if where == Has("alone") and found.rows:
        return company(found, "with")
    if isinstance(where, And) and (failing := _part_that_fails(found, where, timeline)):
        return failing
    rivals = list(dict.fromkeys(clauses.condition_of(row) for row in found.rows if row.holds and row.value))
    excludes = isinstance(where, Has) and where.attribute != "thing" and where.of is None and len(rivals) == 1
    return rivals[0] if excludes and not finding.query.during.event else Not(where)


def open_said(people: Sequence[Found]) -> list[str]:
    """That it isn't known of some people, as a clause."""
    names = people_said(people)
    return [f"I can't tell of {shortened(names, _MOST_OPEN, word='or')}"] if names else []


def _seen_count(finding: Finding, timeline: Timeline) -> str:
    """How many of those who are meant are seen, by name, as a clause: "I see two men in this video: Ben and Dov"."""
    whom, people, many = finding.query.whom, finding.people, len(finding.people)
    several = f"{'at least ' * finding.at_least}{number(many)} {noun(whom.such, many)}{clauses.KNOWN_SAID[whom.known]}"
    kind = several if many else _none_of(whom)
    when = clauses.time_of(people[0], finding, timeline) if finding.query.during.event and people else ""
    named = whom.such is not None or any(not one.entity.startswith("#") for one in people)
    names = f": {join(clauses.hedged(people_said(people), timeline))}" if people and named else ""
    doubt = open_said(finding.open) if whom.such is not None else []
    return "; ".join([f"I see {kind} in this video{when}{names}", *doubt])


def _part_that_fails(found: Found, where: And, timeline: Timeline) -> str:
    """Such as "Karl is not in a kitchen", "Karl is eating from 0:10 to 0:20, but is not alone then"; else nothing."""
    name, plain = called(found.entity), [part for part in where.parts if not isinstance(part, Not)]
    times = {part: truth_of(part, found.entity, timeline) for part in where.parts}
    if never := [part for part in plain if times[part].no and not times[part].yes]:
        return f"{name} {clause(Not(queries.conjunction(never)))}"
    for part in plain:
        rest = [one for one in where.parts if one is not part]
        denied = truth_of(And(tuple(rest)), found.entity, timeline).no
        if rest and times[part].yes and not without(times[part].yes, denied):
            so = f"{name} {clause(part)} {in_passing(times[part].yes, timeline)}".rstrip()
            return f"{so}, but {clause(Not(queries.conjunction(rest)))} then"
    denials = [part for part in where.parts if isinstance(part, Not) and times[part].no]
    return f"{name} {clause(denials[0].part)} {in_passing(times[denials[0]].no, timeline)}".rstrip() if denials else ""


def _ways_that_hold(where: Condition, found: Found, timeline: Timeline) -> list[tuple[Condition, Found]]:
    """What of a condition holds of somebody, when: of "next to Ana or Ben" next to Ana, of "hugging" hugging Ben."""
    parts = queries.together(where)
    if choice := next((part for part in parts if isinstance(part, Or)), None):
        ways = [queries.conjunction([part if one is choice else one for one in parts]) for part in choice.parts]
        held = [(way, common(truth_of(way, found.entity, timeline).yes, found.spans)) for way in ways]
        return [(way, replace(found, spans=tuple(spans))) for way, spans in held if spans] or [(where, found)]
    of = where.of if isinstance(where, Has) else None
    if isinstance(where, Has) and (of.quantifier == "either" if of else where.attribute == "deed"):
        rows = [row for row in found.rows if row.of and (of is None or row.of in of.names)]
        names = tuple(dict.fromkeys(row.of for row in rows))
        where = replace(where, of=Whom(names, "both" if len(names) > 1 else "any")) if names else where
    return [(where, found)]


def _is_mutual(query: Query) -> bool:
    """Whether several people are asked about with each other: "are Ana and Ben together?"."""
    where = query.where
    relation = queries.is_of(where, *RELATIONS) and where.of is None
    return relation and len(query.whom.names) > 1 and query.whom.quantifier in ("both", "all")


def _says_nobody(finding: Finding) -> bool:
    """Whether an answer says of nobody that it holds, in place of naming them one by one."""
    whom = finding.query.whom
    if whom.quantifier == "none":
        return finding.verdict == "yes"
    few = whom.names or whom.nth or whom.quantifier in ("all", "both")
    few = few or whom.such is not None and len(finding.against) <= _MOST_DENIED
    return finding.verdict == "no" and not finding.people and not few


def _none_does(query: Query) -> str:
    """Such as "none of Ana and Ben is sitting", "no woman is away more than once", "nobody I don't know is waving"."""
    whom, again = query.whom, query.rank is not None and query.number == queries.Number("more_than", 1)
    how = " the whole time" if query.throughout else " more than once" if again else ""
    return f"{_none_of(whom, whom.names)} {clause(query.where)}{how}"


def _none_of(whom: Whom, names: Sequence[str] = ()) -> str:
    """Such as "nobody else", "no man I don't know"; of several names "neither Ana nor Ben"."""
    return whom_said(Whom(tuple(names) if names[1:] else (), "none", whom.such, whom.known, whom.besides))


def timed(finding: Finding, timeline: Timeline) -> str:
    """When something holds of those who are meant, for how long, or how often."""
    query, where, quantifier = finding.query, finding.query.where, finding.query.whom.quantifier
    both = quantifier == "both" or quantifier == "all" and where == Has("with")  # "when are all together?"
    both = both and not finding.missing and bool(finding.people or not query.whom.names or quantifier == "all")
    many = query.number is not None and query.value == "people"
    if both or many or quantifier in ("none", "only") or clauses.asks_scene(finding.query):
        return f"{lead(finding)}{_together(finding, timeline)}."
    told = holds_said(finding.people, where, finding, timeline)
    if query.rank in (Rank("time"), Rank("time", -1)) and is_plain(where):
        word, at = ("first", 0) if query.rank.k == 1 else ("last", -1)
        edges = [(called(one.entity), clock(one.spans[at][at])) for one in finding.people if one.spans]
        told = [f"{who} is {word} seen at {time}" for who, time in edges] or told
    told = [f"{text}." for text in told]
    if not told or query.whom.names:  # of whom it never holds, and of whom that isn't known
        for one in finding.against:
            never = _of_each(where or PRESENT, [one], finding, timeline)
            told.append(f"{called(one.entity)} {clause(never, 1, f'{HEDGE} ' * one.likely + 'never')}.")
        told += [] if query.whom.such else [f"{text}." for text in unknown_said(finding, timeline, there=True)]
    told[:1] = [f"{lead(finding)}{text}" for text in told[:1]]
    return " ".join(map(upper, told)) or nobody(finding, timeline)


def _together(finding: Finding, timeline: Timeline) -> str:
    """The time of several together, of nobody, or of the scene, as a clause."""
    query, where, whom = finding.query, finding.query.where, finding.query.whom
    has = next(queries.atoms(where), PRESENT)
    if query.number is not None and query.value == "people":
        many = int(query.number.value)
        who, end = f"{query.number.bound.replace('_', ' ')} {so_many(many, 'person')}", " at the same time"
        holds, never = (f"{who} {clause(where, many, how)}{end}" for how in ("", "never"))
        never += ", as far as I can see"
    elif clauses.asks_scene(finding.query):
        thing = said(has.value, 1) * (has.attribute == "thing")
        holds = f"I see {'no' if isinstance(where, Not) else 'the'} {thing}" if thing else f"this {clause(where)}"
        never = f"I see no {thing} in this video" if thing else "I can't tell when"
    elif whom.quantifier == "none":
        besides = f" besides {join(people_said(whom.besides))}" * bool(whom.besides)
        holds, never = f"nobody{besides} {clause(where)}", f"somebody{besides} {clause(where)} the whole time"
    elif whom.quantifier == "only":
        who, many = f"only {join(people_said(whom.names)) or noun(whom.such, 2)}", len(whom.names) or 2
        holds, never = (f"{who} {clause(where, many, how)}" for how in ("", "never"))
    else:
        both = "" if has.attribute == "with" or _is_mutual(query) else "both"  # "seen together" says it
        names = people_said(finding.people if finding.spans else finding.everyone)
        holds = f"{join(names)} {clause(where, len(names), both)}"
        no = "No, " * (query.form == "polar" and finding.verdict != "yes" and not lead(finding))
        never = f"{no}{join(names)} {clause(where, len(names), 'never')}{' at the same time' * bool(both)}"
    never = f"I can't tell when {holds}" if finding.open else never
    times = finding.spans and not timeline.still
    return f"{holds} {clauses.time_asked(finding.spans, finding, timeline)}" if times else never


def shots(finding: Finding, timeline: Timeline) -> str:
    """How many shots there are and where it is cut, or in which of them it holds of somebody."""
    query, found = finding.query, [row.value for row in finding.rows if row.attribute == "shot"]
    total = max(len(timeline.shots), len(found))
    if query.whom == EVERYBODY and query.where is None:
        cuts = [clock(start) for start, _ in finding.spans[1:]]
        at = f", at {shortened(cuts, _MOST_SHOTS, 'more')}" if cuts else ""
        many = f"{number(len(cuts)) if cuts else 'no'} cut{'s' * (len(cuts) > 1)}"
        seen = f"I see {number(len(found))} shot{'s' * bool(cuts)} and {many} in this video{at}."
        return f"{lead(finding)}{seen}" if found else "I can't tell where this video is cut."
    if not finding.people and finding.missing:
        return ""
    people = people_said(finding.people) or people_said(query.whom.names) or [whom_said(query.whom)]
    if query.whom.quantifier == "none":
        some = whom_said(replace(query.whom, quantifier="either", such=None))
        people = [_none_of(query.whom, query.whom.names) if found else some]
        found = found or [str(1 + i) for i in range(total)]
    seen = f"{be(people)} seen{' together' * (len(people) > 1)}"
    who = f"{lead(finding)}{join(people)} {seen if is_plain(query.where) else clause(query.where, len(people))}"
    rank = query.rank if query.number is None else None
    if rank is not None and rank.by == "time" and total > 1 and len(found) == 1:
        return f"{who} {english.ordinal(rank.k)} in shot {found[0]} of {number(total)}."
    if not found or total == 1:
        return f"{who} in {'no shot' if not found else 'the only shot'}."
    each = f": {shortened(found, _MOST_SHOTS, 'more')}" * (len(found) < total)
    return f"{who} in {number(len(found))} of {number(total)} shots{each}."


def of_events(finding: Finding, timeline: Timeline) -> str:
    """Whether, when or how long things happen at once, each of somebody else: "Ana is sitting and Ben is standing"."""
    query, word = finding.query, "or" if isinstance(finding.query.where, Or) else "and"
    happens = join([happens_said(one) for one in queries.events_in(query.where)], word)
    if finding.spans and not timeline.still and not isinstance(query.where, Not):
        return f"{lead(finding)}{happens} {clauses.time_asked(finding.spans, finding, timeline)}."
    if finding.verdict == "unknown" or finding.spans or not truth_of(query.where or PRESENT, "", timeline).no:
        return f"I can't tell whether {happens}."
    return f"{lead(finding)}as far as I can see it is never so that {happens} at the same time."


def length(finding: Finding, timeline: Timeline) -> str:
    """How long the video is, or the part that is asked about."""
    if timeline.still:
        return "This is a photo, or a video of about a second."
    seconds = english.lasting(finding.number or 0.0)
    if finding.during and (event := clauses.event_said(finding.query.during)):
        return f"{lead(finding)}about {seconds} pass {event}, {clauses.each_time(finding.during)}."
    return f"{lead(finding)}this is a video of about {seconds}."


def ranked(finding: Finding, timeline: Timeline) -> str:
    """Who is the n-th by a measure, and who comes next; whether that is somebody."""
    rank, whom = finding.query.rank or Rank("long"), finding.query.whom
    if not finding.people and finding.against:
        return f"I see {so_many(len(finding.against), 'person')}: {join(people_said(finding.against))}."
    if not finding.people and rank.by == "time" and isinstance(finding.query.where, Not):
        return f"{lead(finding)}nobody {_comes_or_stops(finding.query)}, as far as I can see."
    if not finding.people:
        return nobody(finding, timeline)
    named = whom.names or any(one.entity.startswith("#") for one in finding.people)
    known = "of those I know, " * bool(timeline.unnamed and rank.by in ("long", "often") and not named)
    return f"{lead(finding)}{known}{in_order(finding, rank)}."


def in_order(finding: Finding, rank: Rank, most: int = _MOST) -> str:
    """Who comes where by a measure, as a clause; by a number also how the others are."""
    query, names, many, by_place = finding.query, people_said(finding.people), len(finding.people), rank.by in _BY_PLACE
    measure = "" if by_place else f", {_measured(rank.by, finding.people[0])}"
    if by_place:
        verb = be(names)
    elif queries.is_of_sound(query):
        verb = does(query, many > 1)
    elif rank.by == "time" and (is_plain(query.where) or isinstance(query.where, Not)):
        verb = _comes_or_stops(query, many)
    else:
        verb = f"{be(names)} seen" if is_plain(query.where) else clause(query.where, many)
    if many > 1 and (by_place or not finding.against):
        return f"{join(names)} {verb} {wording('alike', rank.by)}{measure}"
    others = [f"{called(one.entity)} {_measured(rank.by, one)}" for one in finding.against] if measure else []
    link = "; " if rank.by != "time" else ", then " if rank.k > 0 else ", before that "
    rest = f"{link}{shortened(others, most - 1, 'more')}" if abs(rank.k) == 1 and others else ""
    return f"{join(names)} {verb} {clauses.rank_said(rank, queries.is_of_sound(query))}{measure}{rest}"


def _comes_or_stops(query: Query, many: int = 1) -> str:
    """Such as "comes in", "leaves" or "stops sitting"; of several "come in"."""
    s, where = "s" * (many == 1), query.where
    if where == Not(PRESENT):
        return f"leave{s}"
    return f"stop{s} {clause(where.part).partition(' ')[2]}" if isinstance(where, Not) else f"come{s} in"


def _measured(by: str, one: Found) -> str:
    value = one.number or 0.0
    if by == "time":
        return f"at {clock(value)}"
    return f"for about {english.lasting(value)}" if by == "long" else english.times_said(int(value))


def compare(finding: Finding, timeline: Timeline) -> str:
    """People held against each other: by a measure, by what they wear, do or where they are, by how many they are."""
    query, everyone = finding.query, [*finding.people, *finding.against]
    cant = "" if finding.missing else "I can't compare that."
    if query.attribute is not None and query.rank is None and len(everyone) != 1:
        told = join([f"{called(one.entity)} {clauses.held_by(one.rows)}" for one in finding.people if one.rows])
        if lead(finding) and told:
            return f"{lead(finding)}{told}."
        if finding.missing or not finding.people:
            return cant
        unsure = f"I can't tell whether {join(people_said(finding.people))} are alike in that."
        return f"{unsure} {upper(told)}." if told else unsure
    if finding.number is not None:  # more of these than of those
        groups = ((query.whom, finding.people), (query.versus or query.whom, finding.against))
        kinds = [f"{number(len(some)) if some else 'no'} {noun(whom.such, len(some))}" for whom, some in groups]
        return f"{lead(finding)}{'; '.join([f'I see {join(kinds)}', *open_said(finding.open)])}."
    if len(everyone) < 2 and finding.verdict not in ("yes", "no"):
        there = people_said(one for one in everyone if one.entity and cant)
        return clauses.here_but(there, "compare that") if there else cant
    return ranked(finding, timeline)


def order(finding: Finding, timeline: Timeline) -> str:
    """Who comes one after the other, or whether something begins, or ends, of one before it does of another."""
    query, people, event, versus = finding.query, finding.people, finding.query.during.event, finding.query.versus
    two = query.form in ("polar", "choice") or bool(finding.against)
    if query.rank is not None and query.rank.by in ("left", "right"):
        names = [clauses.hedged([called(one.entity)], timeline)[0] for one in people]
        way = "left to right" if query.rank.by == "left" else "right to left"
        return f"From {way}: {', then '.join(names)}." if names else nobody(finding, timeline)
    if people and not two and versus is not None:
        before = query.during.relation != "after"
        came = [f"{called(one.entity)} {_measured('time', one)}" for one in (people[::-1] if before else people)]
        came[0] = came[0].replace(" at ", " comes in at ")
        return f"{join(came)}, {'before' if before else 'after'} {whom_said(versus)}."
    if people and not two:
        return f"{in_order(replace(finding, people=people[:1], against=people[1:]), Rank('time'), 2 * _MOST)}."
    if not people or not finding.against:
        both = [Event(query.whom, query.where or PRESENT), event] if event and not finding.missing else []
        for each in both:  # one may never happen
            if conditions.part_of(queries.During("while", each), timeline).happens == "no":
                return f"{upper(happens_said(each, 'never'))}, as far as I can see."
        if finding.missing or two:
            return "" if finding.missing else "I can't tell which comes first."
        other = "" if versus is None else f" {query.during.relation or 'before'} {whom_said(versus)}"
        return f"I see nobody come in{other}."
    theirs = query.where if versus is not None or event is None else event.where
    theirs = versus.such if versus is not None and clauses.things_said(versus.such) else theirs
    told = []
    for one, where, nth in ((people[0], query.where, 0), (finding.against[0], theirs, query.during.nth)):
        whom = Whom((one.entity,)) if one.entity else EVERYBODY
        which, part = ("last", where.part) if isinstance(where, Not) else ("first", where or PRESENT)
        part = PRESENT if one.entity and clauses.things_said(where) else part
        which = which * (nth in (0, 1))  # not of "the second time that Ben comes"
        begins = happens_said(Event(whom, part), which).replace("in this video", "seen")
        told.append(f"{begins} {_measured('time', one)}")
    return f"{lead(finding)}{', '.join(told)}."
