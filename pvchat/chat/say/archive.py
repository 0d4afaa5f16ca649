"""Says what was found in many videos: an `ArchiveFinding` in; sentences out, and a line for each video.

Each video is named by its file, with date, place and moment: "kitchen-2.mp4 (Tuesday 24 November 2026 at 14:03, in the
kitchen) from 0:02 to 0:05". What is only likely is told apart: "in two of twelve videos, and perhaps in one more".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

from pvchat.chat import english
from pvchat.chat import query as queries
from pvchat.chat.archive import GONE, by_length, is_of_all, is_of_pairs, of_each
from pvchat.chat.english import STRANGER, clock, in_place, join, lasting, number, ordinal, so_many, upper, wording
from pvchat.chat.query import ANYTHING, EVERYBODY, NEVER, PRESENT, Has, Not, Query, Rank, Whom, is_plain, told_as
from pvchat.chat.say.clauses import asks_scene, called, clause, does, things_said, whom_said
from pvchat.chat.say.sounds import quoted, speaker
from pvchat.chat.say.voice import not_enrolled
from pvchat.chat.sounds import MUSIC
from pvchat.chat.spans import nth_of, seconds_in
from pvchat.chat.timeline import UNITS, ArchiveFinding, Missing, Seen
from pvchat.people.person import closest_name

_MOST_LISTED = 8  # videos that are listed one by one
_MOST_SPANS = 3  # … times, or quotes, of each

LEADS = {"yes": "Yes.", "no": "No.", "unsure": "I am not sure.", "unknown": "I can't tell.", "": ""}
_MOST = 8  # places, days, people …
_MOST_RANKED = 4  # … and of those at which it holds most, each with all at which it does as often
_NAMELESS = "somebody I can't tell"


def moment(one: Seen, last: bool = False, whole: bool = False) -> str:
    """A video with the moment that counts, its first or its last (`whole`: all of that); dated by when it began."""
    start, end = (one.spans[-1] if last else one.spans[0]) if one.spans else (0.0, 0.0)
    at = english.span_told(start if whole else end, end) if last else f"at {clock(start)}"
    return f"{_day(one, start)} ({Path(one.video.path).name} {at})"


def lines(seen: Sequence[Seen]) -> str:
    """A line for each video, from the last of them to the first."""
    told = [f"\n- {'' if one.sure else 'perhaps: '}{line(one)}" for one in seen[::-1][:_MOST_LISTED]]
    more = len(seen) - _MOST_LISTED
    return "".join(told) + (f"\n- and {number(more)} more" if more > 0 else "")


def line(one: Seen) -> str:
    """A video with its moment, and what is said there, else when it holds."""
    told = english.shortened([english.span_told(*span) for span in one.spans], _MOST_SPANS, "more times")
    if one.quotes:
        said = [f"{clock(start)} {speaker(who, of)}: {quoted(text)}" for who, of, (start, _), text in one.quotes]
        more = f" … and {number(len(said) - _MOST_SPANS)} more" if len(said) > _MOST_SPANS else ""
        told = " ".join(said[:_MOST_SPANS]) + more
    told += f": {_all_named(one)}" if one.names and not one.each else ""  # of a video that is listed as such
    return f"{_day(one, one.spans[0][0] if one.spans else 0.0)}: {Path(one.video.path).name} {told}".rstrip()


def _day(one: Seen, seconds: float) -> str:
    """Date, time and place of a moment of a video."""
    at = one.video.time_of(seconds)
    told = f"on {at:%A} {at.day} {at:%B %Y}" + f" at {at:%H:%M}" * (one.video.dated_by != "day")
    told += " by the file's date" if one.video.dated_by == "file" else ""
    return f"{told}, {in_place(one.video.place)}" if one.video.place else told


def unit_said(kind: str, unit: str) -> str:
    """Such as "in the kitchen", "on Friday 27 November 2026", "between 8 and 9"."""
    if kind == "place":
        return in_place(unit) if unit else "at a place without a name"
    if kind == "day and place":
        return f"{unit_said('day', unit[:10])} {unit_said('place', unit[11:])}"
    if kind in ("day", "night", "week"):
        at = date.fromisoformat(unit)
        return f"{'on' if kind == 'day' else f'in the {kind} of'} {at:%A} {at.day} {at:%B %Y}"
    if kind in ("month", "year"):
        return f"in {date.fromisoformat(f'{unit}-01'):%B %Y}" if kind == "month" else f"in {unit}"
    if kind == "scope":
        return unit
    return f"on {unit}s" if kind == "weekday" else f"between {int(unit)}:00 and {int(unit) + 1}:00"


@dataclass(frozen=True)
class Asked:
    """What a question says beside its query."""

    of: str = ""  # its words for times and places, such as " on Tuesday in the kitchen"
    moment: Seen | None = None  # the one sighting that is meant ("when she was last seen")
    told: str = ""  # of a question about what is known of somebody, the answer for the one video that tells it
    instead: str = ""  # where none tells it, what is known of her in that one
    today: date | None = None  # the day on which it is asked, where it asks how many days ago; or later than what
    enrolled: Sequence[str] = ()  # the names of everybody who is
    unfilmed: tuple[str, ...] = ()  # days, or places, of which there is no video, where it is asked at which nobody was
    unrecognised: tuple[str, ...] = ()  # … on which nobody but strangers was seen
    those: int = 0  # how many videos were meant: that of a sighting, those of the answer before; 0: all there are


def say_archive(found: ArchiveFinding, asked: Asked) -> str:
    """The answer, in one to a few sentences, a line for each video that is listed."""
    unknown = [Missing(name, "not enrolled", closest_name(name, asked.enrolled) or "") for name in found.strange]
    strange = not_enrolled(unknown, asked.enrolled)
    if strange and not found.query.whom.names:
        return " ".join(strange)
    if not found.looked_at:
        told = f"There is no video{asked.of}." if asked.of else wording("library", "empty")
    elif not found.seen and not asked.told:
        told = _nowhere(found, asked)
    else:
        told = _said_by(found.query)(found, asked)
    if found.untold and found.seen:
        why = wording("library", "not listened")
        told += f"\nOf {number(found.untold)} more I can't tell.{why}" * queries.is_of_sound(found.query)
    if found.query.unit == "place" and found.seen and not any(one.video.place for one in found.seen):
        told += f"\n{wording('library', 'unnamed')}"
    return " ".join([*strange, told])


def say_why(found: ArchiveFinding, asked: Asked, likely: Mapping[str, Mapping[int, float]]) -> str:
    """What an answer rests on: how probably (`likely`, by video) people are in its videos; and these."""
    told = list[str]()
    for name, videos in likely.items():
        hers = [videos.get(one.video.number, 1.0) for one in found.seen if name in one.names]
        sure = {"above 0.99" if one > 0.99 else f"{one:.2f}": None for one in sorted(hers)[:: max(1, len(hers) - 1)]}
        recognised = f"recognised by what was enrolled in {so_many(len(hers))} (probability {' to '.join(sure)})"
        told.append(f"{name} is {recognised if hers else 'not recognised in any of them'}.")
    missed = " Whoever is half hidden or far away I may miss." * (not found.sure)
    return f"I looked at {_among(found, asked)}. {' '.join(told)}{missed}".strip() + lines(found.seen)


def _nowhere(found: ArchiveFinding, asked: Asked) -> str:
    """That nothing of it was seen, in how many videos."""
    query, names, who, among = found.query, found.query.whom.names, _subject(found), _among(found, asked)
    several, done = len(names) > 1, _where(found).strip()
    of = f"{'any of ' * (found.looked_at > 1)}{among}"
    if found.untold:
        why = wording("library", "not listened") if queries.is_of_sound(query) else ""
        whose = _lower(who) if query.whom.such is None else whom_said(query.whom)  # "the nurse"
        so = (done or clause(query.where, 1 + several)).replace("in this video", "there")
        return f"I can't tell whether {whose} {so} in {of}.{why}"
    so = done or clause(query.whom.such or query.where, 1 + several)
    head = {"no": "No. ", "yes": "Yes. "}.get(found.verdict or "", "")
    if query.where == Not(Has("with")) and several and told_as(query) in ("when", "how_often"):
        return f"{head}In none of {among} are {who} both seen, but never together."
    if query.unit in UNITS and several and query.select == "when":
        unit = f"{query.unit} {'on' if 'day' in query.unit else 'in'} which"
        return f"{head}I found no {unit} {who} were both seen, in {among}."
    if queries.lists_videos(query):
        return f"{head}No video of such a length is among {among}."
    if told_as(query) in ("when", "how_often") and query.whom.quantifier == "none":
        there = join(names, "or") or f"Somebody{' I know' * bool(query.whom.known)}"
        return f"{head}{there} is in {'each of ' * (found.looked_at > 1)}{among}."
    if queries.is_of_sound(query) and query.where is None:
        heard = f"nothing that {who} {'say' if several else 'says'}" if names else "nobody speak"
        return f"I heard {heard} in {of}."
    if query.where == MUSIC:
        return f"{head}I heard no music in {of}."
    if is_plain(query.where) and queries.counts_people(query):
        return f"{head}I never saw {who[0].lower()}{who[1:]} in {of}."
    unsure = f" Of {join(found.maybe)} I am not sure." if found.maybe else ""  # "who has never been here?"
    if is_plain(query.where):
        return f"{head}{_not_seen(query.whom, of_all=query.whom.quantifier == 'both')} in {of}.{unsure}"
    nothing = f"no moment at which {_lower(who)}" if names or _asks_scene(query) else "nobody who"
    return f"{head}In {among} I found {nothing} {so}.{unsure}"


def _not_seen(whom: Whom, of_all: bool = False) -> str:
    """Such as "Ana was not seen", "Neither Ana nor Ben was seen"; of all of them, "Ana and Ben were not both seen"."""
    if len(whom.names) > 1 and whom.quantifier in ("either", "any"):
        return f"Neither {join(whom.names, 'nor')} was seen"
    if not whom.names:
        return f"{upper(whom_said(Whom(quantifier='none', known=whom.known, besides=whom.besides)))} was seen"
    several = len(whom.names) > 1
    seen = f"the only one{'s' * several}" if whom.quantifier == "only" else "seen"
    seen = f"{'all' if len(whom.names) > 2 else 'both'} seen" if several and of_all else seen
    return f"{english.shortened(whom.names, _MOST)} {'were' if several else 'was'} not {seen}"


def _said_by(query: Query) -> Callable[[ArchiveFinding, Asked], str]:
    """What says a finding of a query."""
    told, of_people = told_as(query), {"who": _who, "count": _count, "compare": _compare, "order": _compare}
    if query.select != "who" and (query.unit in UNITS or is_of_all(query)):
        return _at_units
    if told in of_people:
        return of_people[told]
    if told == "describe" or told == "attribute" and not queries.is_of_sound(query):
        return _known_of
    if query.rank is None or told in ("how_often", "how_long"):
        return _listed
    if query.select == "exists":
        return _compare
    if query.rank.by != "time":
        return _greatest
    return _first_or_last if query.number is None else _listed


def _listed(found: ArchiveFinding, asked: Asked) -> str:
    """Whether, in which videos, when, how long, how often."""
    query, told = found.query, told_as(found.query)
    if found.verdict == "unsure" and query.select == "exists" and not found.sure:
        return f"I am not sure: perhaps {_so(found)} in {so_many(len(found.perhaps))}{asked.of}.{lines(found.seen)}"
    seconds = sum(seconds_in(one.spans) for one in found.sure)
    length = f"for {lasting(seconds)}, " * (told == "how_long" and bool(found.sure))
    times = found.times
    again = f", {english.times_said(times)} in all" * (told == "how_often" and times not in (0, len(found.sure)))
    in_turn = found.seen[::-1] if query.per == "order" else found.seen
    if queries.lists_videos(query) and query.whom == EVERYBODY:
        some = f"{number(len(found.seen))} of " * (len(found.seen) < found.looked_at)
        said = f" last{'s' * (found.looked_at == 1)} {lasting(seconds)}" if told_as(query) != query.select else ""
        return f"{upper(f'{some}{_among(found, asked)}')}{said * (not query.number)}.{lines(in_turn)}"
    without = "Without " * (query.whom.quantifier == "none" and len(query.whom.names) == 1)
    by_name = query.whom.names and told not in ("how_often", "how_long")
    so = upper(_so(found)) if by_name else f"{without}{_subject(found)}{_where(found)}:"
    lead, who = f"{LEADS[found.verdict or '']} ".lstrip(), ""
    if query.select == "exists":
        lead = LEADS[found.verdict or "yes"].replace(".", ": " if found.verdict == "unsure" else ", ")
        so = _so(found)
        named = [*found.names, *[STRANGER] * any(one.strangers for one in found.sure)]
        perhaps = {name for one in found.seen for name in one.perhaps} - {*found.names}
        named += [f"perhaps {join(sorted(perhaps))}"] if perhaps else []
        who = f": {join(named)}" if query.whom == EVERYBODY and named else ""
    return f"{lead}{so} {length}{_in_how_many(found, asked)}{again}{who}.{lines(in_turn)}"


def _greatest(found: ArchiveFinding, asked: Asked) -> str:
    """The longest time, the longest video, or those with most people; the shortest, the fewest."""
    of, size, rank = f"of {_among(found, asked)}", found.number or 0.0, found.query.rank or Rank("long")
    if queries.counts_people(found.query):
        many = so_many(int(size), "person") if size else "nobody"
        word, so = "most" if rank.k > 0 else "fewest", clause(found.query.where, 2) if found.query.where else "are seen"
        untold = f" Of {number(found.untold)} I can't tell." if found.untold else ""
        return f"The {word} people {so} in {so_many(len(found.seen))}: {many}; {of}.{untold}{lines(found.seen)}"
    word = "longest" if rank.k > 0 else "shortest"
    if queries.lists_videos(found.query):
        if found.looked_at == 1:
            return f"{upper(_among(found, asked))} lasts {lasting(size)}.{lines(found.seen)}"
        names = f" of {join(list(found.query.whom.names))}" if found.query.whom.names else ""
        return f"The {word} video{names} lasts {lasting(size)}, {of}.{lines(found.seen)}"
    return f"{_subject(found)}: {word} {line(found.seen[0])}, for {lasting(size)}."


def _at_units(found: ArchiveFinding, asked: Asked) -> str:
    """At which places, on which days …, with how many videos or how long each; whether at each of them, or of whom."""
    query, of_people = found.query, is_of_all(found.query)
    said = {one: one if of_people else unit_said(query.unit, one) for one in found.groups}
    unknown, none = found.verdict == "unknown", [one for one, count in found.groups.items() if not count]
    perhaps = [said[one] for one in none if one in found.maybe and not unknown]
    left = [said[one] for one in none if said[one] not in perhaps]
    if query.number == NEVER:
        strange = [one for one in asked.unrecognised if said.get(one) in left]
        return _at_no_unit(found, asked, [one for one in left if one not in map(said.get, strange)], said, strange)
    ranked, told = query.rank is not None and query.unit != "scope", _sizes(found, said)
    sentences = [_lead(found), "" if none and not told else _listed_at(found, told)]
    unsaid = ("Of {} I can't tell." if of_people else "I can't tell about that {}.") if unknown else "Not {}."
    sentences += [unsaid.format(join(left[:_MOST], "or"))] if left else []
    sentences += [f"Perhaps not {join(perhaps[:_MOST], 'or')}."] if perhaps else []
    first = next(iter(found.groups.values()), 0.0)  # of a rank only the videos of the first are listed
    listed = {one for one, count in found.groups.items() if count == first or not ranked}
    kept = [one for one in found.seen if not (ranked or query.number) or UNITS[query.unit](one) in listed]
    return " ".join(filter(None, [*sentences, _that_is_of(found, asked)])) + lines(kept)


def _at_no_unit(
    found: ArchiveFinding, asked: Asked, left: list[str], said: Mapping[str, str], strange: Sequence[str]
) -> str:
    """At which places, on which days … nobody was (`left`), or there was no video; at which a stranger was."""
    query = found.query
    where = join(left, "or") or wording("each", query.unit)
    if left and query.select == "how_often":
        where = f"{'on' if 'day' in query.unit else 'in'} {so_many(len(left), query.unit)}: {join(left)}"
    if query.where == ANYTHING:
        return f"There was {'no video' if left else 'one'} {where}."
    missing = english.shortened(
        [unit_said(query.unit, one) for one in asked.unfilmed], _MOST, f"more {query.unit}s", "or"
    )
    unfilmed = f" There was no video{asked.of} {missing}." * bool(missing)
    where = f"{where} of which there is a video" if missing and not left else where
    were = "were" if len(query.whom.names) > 1 else "was"
    seen = f"{_subject(found)} {were} {'not ' * bool(left)}seen {where}." if left or not strange else ""
    then = upper(join(list(map(said.__getitem__, strange))))
    seen += f" {then} somebody unrecognised was seen, perhaps {_subject(found)}." * bool(strange)
    return f"{seen}{unfilmed} {_that_is_of(found, asked)}".strip()


def _sizes(found: ArchiveFinding, said: Mapping[str, str]) -> list[str]:
    """Each place, day … with its number or time; where they are ranked, equal ones together: none of them is first."""
    counted, told = "person" if found.query.select == "count" else "video", list[str]()
    ranked = found.query.rank is not None and found.query.unit != "scope"
    for count, same in groupby((one for one in found.groups if found.groups[one]), key=found.groups.__getitem__):
        size, equal = _size(count, found.query, counted), [said[one] for one in same]
        several = ranked and len(equal) > 1
        told += [f"{join(equal)} ({size} each)"] if several else [f"{one} ({size})" for one in equal]
    return told


def _size(size: float, query: Query, counted: str = "video") -> str:
    """Such as "three videos", or "for 2 minutes"."""
    return f"for {lasting(size)}" if by_length(query) else so_many(int(size), counted)


def _listed_at(found: ArchiveFinding, told: list[str]) -> str:
    """Such as "Ana: most often in the kitchen (three videos), then in the hall (one video).", of `told`."""
    query, rank, unit, so = found.query, found.query.rank, found.query.unit, f"{_subject(found)}{_where(found)}"
    if is_of_all(query):
        so = "Seen" if is_plain(query.where) else upper(clause(query.where, 1))
    elif query.select == "count" and (rank is None or unit == "scope"):
        so = "People I know"
    elif query.select == "count" and rank is not None and unit != "scope":
        so = "Most people" if rank.k > 0 else "Fewest people"
        so += "" if is_plain(query.where) else f" {clause(query.where, 2)}"
    how = ""
    if unit != "scope" and query.select != "count" and rank is not None and told:
        how = " longest" if by_length(query) else f" {'most' if rank.k > 0 else 'least'} often"
    if unit != "scope" and query.select == "how_often":
        how += f" {so_many(len(told), unit)}:" * bool(told or not found.maybe)
    maybe = [unit_said(unit, one) for one in found.maybe] if unit in UNITS else []
    on, most = "on" if "day" in unit else "in", _MOST if unit == "scope" else _MOST_RANKED
    up_to = f"{on} {'up to ' * (len(maybe) > 1)}{so_many(len(maybe), unit)}, perhaps:"
    nowhere = f"{up_to if query.select == 'how_often' else 'perhaps'} {join(maybe)}" if maybe else "perhaps"
    nowhere = nowhere if found.perhaps else f"{on} no {unit}"
    more = maybe and told and rank is None and query.number is None and {*found.groups}.isdisjoint(found.maybe)
    also = f" Perhaps also {join(maybe)}." if more else ""
    return f"{so}:{how} {(', then '.join(told[:most]) if rank is not None else join(told)) or nowhere}.{also}"


def _lead(found: ArchiveFinding) -> str:
    """Whether it holds at each of some times, of all people; at which of two it holds more."""
    query, rank = found.query, found.query.rank
    if found.verdict == "yes" and query.unit != "scope" and query.select not in ("when", "how_often"):
        return f"Yes, {_lower(_subject(found)) if is_of_all(query) else wording('each', query.unit)}."
    if query.form != "choice" or rank is None or query.unit != "scope":
        return LEADS[found.verdict or ""]
    (first, most), *others = found.groups.items()
    word = ("Longer", "More often", "Shorter", "Less often")[(rank.by == "often") + 2 * (rank.k < 0)]
    word = ("More people" if rank.k > 0 else "Fewer people") if query.select == "count" else word
    said = "About the same" if any(count == most for _, count in others) else f"{word} {first}"
    return f"Probably {said[0].lower()}{said[1:]}." if found.perhaps else f"{said}."


def _first_or_last(found: ArchiveFinding, asked: Asked) -> str:
    """The last time, or the first; or so many before or after it."""
    rank, sure, perhaps = found.query.rank or Rank("time"), found.sure, found.perhaps
    last, verb = rank.k < 0, "was" if len(found.query.whom.names) < 2 else "were"
    gone = found.query.whom.quantifier == "none" and bool(found.query.whom.names)  # "when was she last not here?"
    word, seen = ("last", "last seen") if last else ("first", "first seen")
    seen = f"{word} not seen" if gone else seen
    if abs(rank.k) > 1:
        word = f"for the {ordinal(rank.k)} time"
        seen = f"seen {word}"
    so = f"{_subject(found)}{_where(found)}"
    if queries.lists_videos(found.query) and found.seen and not found.query.whom.names:
        word = "last but one" if rank.k == -2 else ordinal(rank.k)
        return f"The {word} of {_among(found, asked)}: {line(nth_of(list(found.seen), rank.k)[0])}."
    edge = next(iter(nth_of(sure, rank.k)), None)
    whole = bool(found.query.where) and not queries.is_of_sound(found.query)  # "since when has she been lying there?"
    if edge is None and sure:
        maybe = [
            f" Perhaps {moment(one, last, whole)}{_apart(one, found, asked)}." for one in nth_of(found.seen, rank.k)
        ]
        return f"{so} {verb} not {'surely ' * bool(maybe)}seen {word} in any of {_among(found, asked)}.{''.join(maybe)}"
    happens = found.query.where or queries.is_of_sound(found.query)
    lead = f"{so}: {word}" if happens else f"{so} {verb} {seen}"
    at = f"{lead} {moment(edge, last, whole)}{_apart(edge, found, asked)}." if edge else ""
    told = [at or "I am not sure of it in any video."]
    if perhaps:
        also = f"Perhaps {'later' if last else 'earlier'}, too:" if sure else "Perhaps"
        those = (perhaps[::-1] if last else perhaps)[:2]
        also_at = [f"{moment(one, last, whole)}{_apart(one, found, asked)}" for one in those]
        told.append(f"{also} {'; '.join(also_at)}.")
    told += [f"That is among {_among(found, asked)}."] if asked.of and found.looked_at > 1 else []
    return " ".join(told) + (lines([edge]) if edge is not None and edge.quotes else "")


def _apart(one: Seen, found: ArchiveFinding, asked: Asked) -> str:
    """How many days a video lies before today, or after the sighting it is told from, where that is asked."""
    if asked.today is None:
        return ""
    days = (asked.today - one.video.at.date()).days
    near = "the same day" if found.query.per == "later" else "today"
    return f", {so_many(abs(days), 'day')} {'ago' if days > 0 else 'later'}" if days else f", {near}"


def _who(found: ArchiveFinding, asked: Asked) -> str:
    """Who, in how many videos each, and how often somebody without a name."""
    query, rank = found.query, found.query.rank
    if rank is not None and rank.by == "time" and query.unit in UNITS:
        most = _in_order(found.names, lambda count: so_many(int(count), query.unit))
        lead = f"{LEADS[found.verdict or '']} {', then '.join(most) or 'Nobody I know'}."
        return f"{' '.join([lead.lstrip(), *_at_each(found)])} {_that_is_of(found, asked)}{lines(found.seen)}"
    if rank is not None and rank.by == "time" and abs(rank.k) == 1:
        edges = [one for seen in (found.seen, found.sure) for one in nth_of(seen, rank.k)]  # else who surely was
        told = [f"{_all_named(one) or f'perhaps {_NAMELESS}'}, {moment(one, rank.k < 0)}" for one in edges]
        return f"{upper('; else '.join(dict.fromkeys(told)))}."
    if asked.moment is not None:
        return f"{upper(moment(asked.moment))}: {_all_named(found.seen[0])}."
    if query.number == NEVER:  # nobody; who perhaps is
        surely = {name for one in found.seen for name in one.names if name not in one.perhaps}
        perhaps = sorted({name for one in found.seen for name in one.perhaps} - surely)
        nobody = f"Perhaps {join(perhaps, 'or')}: everybody else" if perhaps else "Nobody: everybody"
        so = "I know was seen" if is_plain(query.where) else f"I see {clause(query.where)}"
        return f"{nobody} {so} at least once in {_among(found, asked)}."
    if rank is not None and query.number is None and found.names:
        return _who_most(found, asked, rank)
    if query.unit in {*UNITS} - {"scope"} and not query.throughout and query.number is None:
        return f"{' '.join(_at_each(found))} {_that_is_of(found, asked)}{lines(found.seen)}"
    return _who_is_there(found, asked)


def _in_order(sizes: Mapping[str, float], said: Callable[[float], str]) -> list[str]:
    """Those of each size in words, in order: "Ana (three days), Ben (three days)", "Carl (one day)"."""
    same = groupby(sizes, key=sizes.__getitem__)
    return [", ".join(f"{one} ({said(size)})" for one in those) for size, those in same]


def _who_most(found: ArchiveFinding, asked: Asked, rank: Rank) -> str:
    """Who is there most often, or longest, or comes next; on how many days, at how many places … each is, in order."""
    if is_of_pairs(found.query):
        told = _in_order(found.groups, lambda size: _size(size, found.query))
        return f"{', then '.join(told[:_MOST_RANKED]) or 'Nobody'}. {_that_is_of(found, asked)}"
    by_unit, counts = found.query.unit in UNITS, [*found.names.values()]
    unit = found.query.unit if by_unit else "video"
    long = {name: f"{_measured(found, name, rank.by)}, in " * (rank.by == "long") for name in found.names}
    told = [f"{name} ({long[name]}{so_many(count, unit)})" for name, count in found.names.items()]
    if by_unit:
        told = _in_order(found.names, lambda count: so_many(int(count), unit))
        return f"{', then '.join(told)}. {_that_is_of(found, asked)}"
    kth = next(iter(nth_of(list(dict.fromkeys(counts)), rank.k)), None) if rank.by == "often" else None
    told = [one for one, n in zip(told, counts, strict=True) if n == kth] or nth_of(told, rank.k)
    return f"{join(told) if told else 'Nobody'}, of {_among(found, asked)}."


def _who_is_there(found: ArchiveFinding, asked: Asked) -> str:
    """Who is there surely, and who perhaps; how often somebody without a name."""
    query, by_unit, lead = found.query, found.query.unit in UNITS, LEADS[found.verdict or ""]
    told = [f"{name} ({so_many(count)})" for name, count in found.names.items()]
    if query.number is not None and not told:
        nobody = "" if query.whom.names else " Nobody I know."
        return f"{lead}{nobody} {_that_is_of(found, asked)}".strip()
    sentences = [f"{lead.replace('.', ',')} {join(told)}.".strip() if told else lead] if told or lead else []
    perhaps = {name for one in found.seen for name in one.perhaps} - {*found.names}
    doubtful = [*found.maybe] if by_unit or query.number is not None else sorted(perhaps)
    sentences += [f"Perhaps {join(doubtful)}."] if doubtful else []
    strangers = sum(one.strangers > 0 for one in found.seen)
    if strangers and query.rank is None and not by_unit:
        sentences.append(f"{upper(STRANGER)} is in {so_many(strangers)}.")
    nameless = sum(any(not who for who, *_ in one.quotes) for one in found.seen)
    sentences += [f"{upper(_NAMELESS)} ({so_many(nameless)})."] if nameless else []
    sentences += [] if by_unit else _at_each(found)
    some = by_unit or query.number is not None
    theirs = [one for one in found.seen if not some or {*one.names} & {*found.names}]
    return f"{' '.join(sentences or ['Nobody I know.'])} {_that_is_of(found, asked)}{lines(theirs)}"


def _at_each(found: ArchiveFinding) -> list[str]:
    """Who was there at each of several times or places that are asked about, or at each place, on each day …."""
    unit, by_unit, there = found.query.unit, found.query.unit in UNITS, dict[str, dict[str, None]]()
    for one in found.seen:
        names = [f"perhaps {name}" if name in one.perhaps else called(name) for name in one.names]
        for at in [UNITS[unit](one)] if by_unit else one.scopes:
            there.setdefault(at, {}).update(dict.fromkeys(names))
    if not by_unit and len(there) < 2:
        return []
    said = {at: unit_said(unit, at) if by_unit else at for at in there}
    listed = {at: [name for name in names if by_unit or name in found.names] for at, names in there.items()}
    return [f"{upper(said[at])}: {join(names or ['nobody I know'])}." for at, names in listed.items()]


def _all_named(one: Seen) -> str:
    """Who is in a video, and who is only perhaps."""
    perhaps = [name for name in one.names if name in one.perhaps]
    sure = [called(name) for name in one.names if name not in one.perhaps]
    return join([*dict.fromkeys(sure), *([f"perhaps {join(perhaps)}"] if perhaps else [])])


def _count(found: ArchiveFinding, asked: Asked) -> str:
    """How many people there are in all, or at most at the same time."""
    if queries.counts_at_once(found.query):
        best = max(found.seen, key=lambda one: one.at_once)
        many = f"{so_many(best.at_once, 'person')} {'is' if best.at_once == 1 else 'are'}"
        return f"At most {many} seen at the same time: {moment(best)}, of {_among(found, asked)}."
    most = max((one.strangers for one in found.seen), default=0)
    told = [f"{number(len(found.names))} whom I know ({join(list(found.names))})"] if found.names else []
    told += [f"at least {number(most)} whom I don't know"] if most else []
    perhaps = {name for one in found.seen for name in one.perhaps} - {*found.names}
    maybe = f", and perhaps {number(len(perhaps))} more ({join(sorted(perhaps))})" if perhaps else ""
    return f"{upper(join(told) or 'nobody')}{maybe}, in {_among(found, asked)}."


def _compare(found: ArchiveFinding, asked: Asked) -> str:
    """People in order, with what they are held against each other by."""
    rank, lead = found.query.rank, LEADS[found.verdict or ""]
    by, told = rank.by if rank is not None else "time", list[str]()
    for size, same in groupby(found.names, lambda name: _measured(found, name, by)):
        names = [*same]
        told.append(f"{join(names)} {size}{' each' * (len(names) > 1 and by != 'time')}")
    if found.query.select == "order" and found.query.form == "choice" and len(told) > 1:
        verb = "left" if found.query.where in GONE else "came"
        first, other = [*found.names][:2]
        one, how = (first, "before") if first in found.query.whom.names else (other, "after")
        lead = f"{one} {verb} {how} {other if one == first else first}:"
    if rank is not None and found.query.select == "order":  # "who came second?", "who came second last?"
        kth = join(nth_of([*found.names], rank.k)) or "nobody I know"
        lead = upper(f"{'of those of whom I am sure ' * bool(found.perhaps)}{kth} was {ordinal(rank.k)}:")
    if not told:
        return f"{lead} {_perhaps_compared(found, asked)}".lstrip()
    each = of_each(found.query)
    left = [name for name in each.whom.names if name not in {*found.names, *found.absent}]
    sentences = [f"{lead} {', then '.join(told)}; of {_among(found, asked)}.".lstrip()]
    if found.absent:
        never = f"I found no moment at which {join(found.absent, 'or')} {clause(each.where)}"
        sentences.append(f"{_not_seen(Whom(found.absent, 'both')) if is_plain(each.where) else never}.")
    return " ".join([*sentences, *[f"Of {join(left, 'or')} I am not sure."] * bool(left)])


def _perhaps_compared(found: ArchiveFinding, asked: Asked) -> str:
    """Who is perhaps in how many videos, where nobody of those who are compared surely is in any."""
    counts = {name: sum(name in one.perhaps for one in found.seen) for name in of_each(found.query).whom.names}
    if not any(counts.values()):
        return f"I found nobody to compare in {_among(found, asked)}."
    told = [f"{name} in {so_many(count)}" for name, count in counts.items() if count]
    never = [name for name, count in counts.items() if not count]
    more = f" {_not_seen(Whom(tuple(never), 'either'))}." if never else ""
    lead = "Perhaps" if found.verdict else "I am not sure: perhaps"
    return f"{lead} {join(told)}; of {_among(found, asked)}.{more}{lines(found.seen)}"


def _measured(found: ArchiveFinding, name: str, by: str) -> str:
    """Such as "in three videos", "for 2 minutes", or the moment of the first, or of the last, time."""
    hers = [one for one in found.sure if name in one.names and name not in one.perhaps]
    if by == "often" or not hers:
        return f"in {so_many(len(hers))}"
    if by == "long":
        return f"for {lasting(sum(seconds_in(one.each.get(name, one.spans)) for one in hers))}"
    where, of_other = found.query.where, found.query.during.event is not None and name not in found.query.whom.names
    last = where in GONE and not of_other  # not "before Ben came"
    last = last or where == Not(PRESENT) and found.query.select == "order"
    latest = last or found.query.rank == Rank("time", -1) and found.query.select != "order"  # "who came last, A or B?"
    one = hers[-1 if latest else 0]
    return moment(replace(one, spans=one.each.get(name, one.spans)), last)


def _known_of(found: ArchiveFinding, asked: Asked) -> str:
    """What is known of somebody, from the one video that is meant, or that tells it last."""
    if not asked.told:
        known = f" {upper(moment(asked.moment))}: {asked.instead}" if asked.moment is not None and asked.instead else ""
        return f"{_subject(found)}: {_in_how_many(found, asked)}. What you ask can't be told from any of them.{known}"
    one = asked.moment or (found.sure or list(found.seen))[-1]
    unsure = [name for name in sorted(one.perhaps) if name in asked.told] if found.query.whom == EVERYBODY else []
    perhaps = f" I am not sure that it is {join(unsure, 'or')}." if unsure else ""
    return f"{upper(moment(one))}: {'' if one.sure else 'if that is who you mean, '}{asked.told}{perhaps}"


def _subject(found: ArchiveFinding) -> str:
    """Who is asked about, by name."""
    query, names = found.query, list(found.query.whom.names)
    if query.where in (MUSIC, ANYTHING):
        return "Music" if query.where == MUSIC else "Videos"
    if _asks_scene(query):
        return "This"
    if query.number is not None and queries.counts_people(query):
        return upper(f"{query.number.bound.replace('_', ' ')} {so_many(int(query.number.value), 'person')}")
    if query.whom.quantifier == "none" and names:
        return f"Neither {join(names, 'nor')}" if len(names) > 1 else names[0]
    if is_of_all(query) and not names:
        seen = " and saw" * (not is_plain(query.where))  # of the others it isn't asked
        return f"Everybody I know{seen}" + f" but {join(list(query.whom.besides))}" * bool(query.whom.besides)
    word = "or" if query.whom.quantifier in ("either", "any") else "and"
    only = "Only " * (query.whom.quantifier == "only")
    if query.whom.known is False and only:
        return "Only people I don't know"
    nameless = Whom(quantifier="none" if query.whom.quantifier == "none" else "any", known=query.whom.known)
    return f"{only}{english.shortened(names, _MOST, word=word)}" if names else upper(whom_said(nameless))


def _asks_scene(query: Query) -> bool:
    """Whether what is asked is of no person: "is there a cartoon?"; a thing is told of whoever is seen with it."""
    return asks_scene(query) and not things_said(query.where)


def _where(found: ArchiveFinding) -> str:
    """What is asked of them: " is smiling", " says “coffee”"; nothing where only their being there is."""
    where = found.query.where
    if queries.is_of_sound(found.query):
        return f" {does(found.query, len(found.query.whom.names) > 1)}"
    return "" if is_plain(where) or where == ANYTHING else f" {clause(where, max(1, len(found.query.whom.names)))}"


def _in_how_many(found: ArchiveFinding, asked: Asked) -> str:
    """Such as "in two of twelve videos on Tuesday, and perhaps in one more"."""
    sure, perhaps, counted = len(found.sure), len(found.perhaps), told_as(found.query) == "how_often"
    count = f"{so_many(sure or perhaps)}, of " if counted else f"{number(sure or perhaps)} of "
    count *= found.looked_at != 1
    more = f", and perhaps in {number(perhaps)} more" if sure and perhaps else ""
    return f"{'' if sure else 'perhaps '}in {count}{_among(found, asked)}{more}"


def _among(found: ArchiveFinding, asked: Asked) -> str:
    """The videos that were looked at: "twelve videos on Tuesday", "the one video today", "that video"."""
    if asked.those and asked.those == found.looked_at:
        return "that video" if asked.those == 1 else f"those {so_many(asked.those)}"
    return f"{'the ' * (found.looked_at == 1)}{so_many(found.looked_at)}{asked.of}"


def _that_is_of(found: ArchiveFinding, asked: Asked) -> str:
    """Such as "That is of twelve videos on Tuesday."."""
    return f"That is of {_among(found, asked)}."


def _so(found: ArchiveFinding) -> str:
    """What is asked, within a sentence: "Ana is", "somebody is smiling"."""
    whom = found.query.whom
    several = len(whom.names) > 1 and whom.quantifier != "none" or whom == Whom(quantifier="only", known=False)
    is_there = " are" if several else " is"
    is_there += " not" * (whom.quantifier == "none" and len(whom.names) == 1)
    return f"{_lower(_subject(found))}{_where(found) or is_there}"


def _lower(who: str) -> str:
    """Who is meant, within a sentence: a name stays as it is."""
    return who[0].lower() + who[1:] if who.startswith(("Somebody", "Everybody", "Music", "Only ", "This")) else who
