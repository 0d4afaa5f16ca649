"""Says what is heard: quotes with times and, where it is known, who spoke; without interpretation.

In: the finding of a query about what is heard (`chat/sounds.py`). Out: sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pvchat.chat.english import join, lasting, number, ordinal, span_told, upper
from pvchat.chat.query import HEARD, Has, Not, Or, Rank, Select, atoms
from pvchat.chat.say.answers import in_order
from pvchat.chat.say.clauses import called, does, event_said, lead, people_said, time_asked, whom_said
from pvchat.chat.sounds import (
    BY_VOICE,
    MUSIC,
    SEVERAL,
    UNSEEN,
    asked_of,
    bare,
    in_context,
    phrase_of,
    quotes,
    spans_heard,
)
from pvchat.chat.spans import Span, merged, nth_of, seconds_in
from pvchat.chat.timeline import Finding, Row, Timeline

_MOST_QUOTES, _MOST_IN_CONTEXT = 8, 3
_MEASURED = ("how_long", "how_often")  # what is measured of all who speak
# Whose words nobody knows, by `Row.of`
_NOBODY = {UNSEEN: "somebody who isn't seen", SEVERAL: "one of several whose mouths move", "": "somebody"}

_HEARD = dict.fromkeys((UNSEEN, BY_VOICE), ", by the voice,")  # … or whose they are by the voice alone


def of_sound(finding: Finding, timeline: Timeline) -> str:
    """The answer to a question about what is heard."""
    query, where = finding.query, finding.query.where
    if where == MUSIC or where == Not(MUSIC) and query.select != "exists":
        no = "no " * isinstance(where, Not)
        never = "as far as I hear, " + ("music plays the whole time" if no else "no music plays")
        plays = f"{no}music plays {_measured(finding.spans, finding, timeline)}" if finding.spans else never
        return upper(f"{lead(finding)}{plays}.")
    if isinstance(where, Or) and all(has.attribute in HEARD for has in atoms(where)):
        return _each(finding, timeline)
    if isinstance(where, Not):
        return of_sound(_about(finding, asked_of(query)), timeline)
    rank = query.rank if query.select == "who" and query.number is None else None
    if query.select == "attribute":
        return _quoted(finding) if query.attribute == "says" else _languages(finding)
    if query.select == "count":
        return _voices(finding)
    if rank is not None and (finding.people or rank.k != 1):
        return upper(f"{'; '.join(_in_order(finding, rank))}.")
    if clauses := _speakers(finding, timeline):
        sound = "this video has sound: " if query.value == "sound" else ""
        return upper(f"{lead(finding)}{sound}{'; '.join(_with_doubt(clauses, finding))}.")
    return _nothing(finding)


def _speakers(finding: Finding, timeline: Timeline) -> list[str]:
    """Who speaks, and when: each by name, then those whom nobody knows."""
    query = finding.query
    people = [one for one in finding.people or finding.against if one.spans]  # or less than is asked for
    clauses = []
    for one in people:
        how = {row.of for row in one.rows}
        who = speaker(one.entity, how.pop() if len(how) == 1 else "")
        clauses.append(_clause(who, one.spans, one.rows, finding, timeline))
    if query.select in _MEASURED or not (people and query.whom.names):
        clauses += [_clause(who, spans, [row for row in finding.rows if row.of == of], finding, timeline)
                    for of, who in _NOBODY.items() if (spans := _spans(finding, of))]  # fmt: skip
    return clauses


def _with_doubt(clauses: list[str], finding: Finding) -> list[str]:
    """The same, with whose voice it may be: whoever was asked about may be heard unseen."""
    query, unsure = finding.query, any(_spans(finding, of) for of in ("", SEVERAL))
    hidden = [one.name for one in finding.missing if one.why != "not enrolled"]  # who isn't seen may be heard
    hidden = hidden if unsure or _spans(finding, UNSEEN) else []
    maybe = join([*(called(one.entity) for one in finding.open if unsure), *hidden], "or")
    if maybe and query.select in _MEASURED and query.whom.names:
        return [*clauses, f"whether that is {maybe} I can't tell"]
    if maybe and query.select == "exists" and finding.verdict != "yes":
        return [*clauses[:-1], f"{clauses[-1]}, but I can't tell whether that is {maybe}"]
    of_rank = query.select == "who" and query.rank is not None and query.number is None
    return [*clauses, "who that is I can't tell"] if of_rank else clauses


def _clause(who: str, spans: Sequence[Span], rows: Sequence[Row], finding: Finding, timeline: Timeline) -> str:
    """That somebody speaks, or says a phrase, and when; of a phrase also what else is said there."""
    said, query = f"{who} {does(finding.query)} {_measured(spans, finding, timeline)}", finding.query
    phrase = bare(phrase_of(query))
    if not phrase_of(query) or query.select not in ("exists", "who", "when"):
        return said
    told = [text for text in in_context(rows, timeline) if bare(text) != phrase][:_MOST_IN_CONTEXT]
    return f"{said} ({'; '.join(f'“{text}”' for text in told)})" if told else said


def _each(finding: Finding, timeline: Timeline) -> str:
    """What is heard of each of several things that are asked for; of none of them, that none is."""
    lead = {"yes": "Yes.", "no": "No."}.get(finding.verdict or "", "")
    if finding.query.select == "how_long" and finding.number:
        lead = f"For about {lasting(finding.number)}."
    told: dict[bool, list[str]] = {True: [], False: []}
    for has in dict.fromkeys(atoms(finding.query.where)):
        heard = _about(finding, has, "when")
        told[bool(heard.rows or heard.people)].append(of_sound(heard, timeline))
    return " ".join(filter(None, [lead, *(told[True] or told[False])]))


def _about(finding: Finding, has: Has, select: Select = "exists") -> Finding:
    """What was found of one thing that is heard, by the rows that tell of it."""

    def told(rows: Sequence[Row]) -> tuple[Row, ...]:
        return tuple(row for row in rows if row.attribute == has.attribute or has.attribute == "says")

    people = [replace(one, rows=told(one.rows)) for one in (*finding.people, *finding.against)]
    people = [replace(one, spans=tuple(spans_heard(one.rows, has))) for one in people if one.rows or select == "exists"]
    rows, query = told(finding.rows), replace(finding.query, select=select, where=has)
    found = replace(finding, query=query, people=tuple(people), against=(), rows=rows)
    return replace(found, spans=tuple(spans_heard(rows, has)), verdict=finding.verdict if select == "exists" else None)


def _voices(finding: Finding) -> str:
    """How many voices are heard, and whose they are."""
    count = round(finding.number or 0)
    if not count:
        return _nothing(finding) if not finding.at_least else "I hear somebody speak, but too shortly to tell voices."
    least = "at least " * finding.at_least
    names = [f"{one.entity}'s" for one in finding.people if not one.entity.startswith("#")]
    whose = f": {join(names)}{' among them' * (len(names) < count)}" if names else ""
    return f"I hear {least}{number(count)} {'voice' if count == 1 else 'different voices'}{whose}."


def _languages(finding: Finding) -> str:
    """Who speaks which languages."""
    whose = finding.query.whom.names or finding.query.whom.such is not None
    spoken: dict[str, dict[str, None]] = {}
    for row in (*(row for one in finding.people for row in one.rows), *(() if whose else finding.rows)):
        spoken.setdefault(speaker(row.entity, row.of), {})[row.value] = None
    told = "; ".join(f"{who} speaks {join(list(languages))}" for who, languages in spoken.items())
    return upper(f"{told}.") if told else _nothing(finding)


def speaker(who: str, of: str) -> str:
    """Whose words they are, with that she is only heard, where that is so."""
    return called(who) + _HEARD.get(of, "") if who else _NOBODY[of]


def quoted(text: str) -> str:
    """Words in quotation marks that end a sentence."""
    return f"“{text}”" if text[-1] in ".?!" else f"“{text}”."


def _measured(spans: Sequence[Span], finding: Finding, timeline: Timeline) -> str:
    """How long or often it is heard, and when: words at their beginning."""
    at = [(start, start) for start, _ in spans] if phrase_of(finding.query) else merged(spans)
    return time_asked(at, finding, timeline)


def _spans(finding: Finding, of: str) -> list[Span]:
    """When rows of nobody hold whose speaker is told so."""
    return spans_heard([row for row in finding.rows if row.of == of], asked_of(finding.query))


def _in_order(finding: Finding, rank: Rank) -> list[str]:
    """Who speaks most, or first, and for how long somebody does of whom nobody knows who it is."""
    place = f"{ordinal(rank.k)}{' most' * (rank.by == 'long')}"
    nobody = f"as far as I hear, nobody {does(finding.query)} {place}"
    clauses = [in_order(finding, rank) if finding.people else nobody]
    unseen = seconds_in(_spans(finding, UNSEEN))
    rest = seconds_in([*_spans(finding, SEVERAL), *_spans(finding, "")])
    if rank.by == "long" and unseen >= 1:
        clauses.append(f"{_NOBODY[UNSEEN]} for about {lasting(unseen)}")
    if rest >= 1:
        clauses.append(f"of {lasting(rest)} more I can't tell who speaks")
    return clauses


def _quoted(finding: Finding) -> str:
    """What is said, word for word, as far as it was understood."""
    whose = finding.query.whom.names or finding.query.whom.such is not None
    known, every = [called(one.entity) for one in finding.open], quotes(finding.every_row)
    mine = [one for one in every if one[0]] if whose else every
    if (rank := finding.query.rank) is not None:  # what is said first, or last
        mine = nth_of(mine, rank.k)
    if mine:
        said = [f"{speaker(who, of)} says {span_told(*span)}: {quoted(text)}" for who, of, span, text in mine]
        left = len(mine) - _MOST_QUOTES
        more = [f"{number(left)} more: `pvchat transcribe` lists all."] if left > 0 else []
        return " ".join(map(upper, [*said[:_MOST_QUOTES], *more]))
    if whose and known and every:
        listed = "; ".join(f"{span_told(*span)} “{text}”" for _, _, span, text in every[:_MOST_QUOTES])
        return f"I can't tell whether {join(known, 'or')} says it, but I hear {listed}."
    if finding.people or finding.rows and not whose:
        return "Somebody speaks, but I understand no word of it."
    return _nothing(finding)


def _nothing(finding: Finding) -> str:
    """That nothing is heard of what is asked."""
    query, silent = finding.query, [one.entity for one in (*finding.people, *finding.against)]
    if query.rank is not None and not finding.missing:  # where nobody is first, nobody is after
        silent = silent or list(query.whom.names)
    named, event = people_said(silent), event_said(query.during)
    when = f" {event}" if event else ""
    if query.value == "sound":
        return "Yes, this video has sound, but I hear nobody speak."
    if not (query.whom.names or query.whom.such is not None):
        nobody = whom_said(replace(query.whom, quantifier="none"))
        return upper(f"{lead(finding)}as far as I hear, {nobody} {does(query)}{when}.")
    never = f"neither {join(named, 'nor')} ever" if len(named) > 1 else f"{join(named)} never"
    return upper(f"{lead(finding)}as far as I hear, {never} {does(query)}{when}.") if named else ""
