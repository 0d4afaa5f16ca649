"""A question about everything in a library: candidates by SQL, the executor over each, one answer.

In: a question and the tables. Out: a `LibraryAnswer`, with every video it speaks of. Only videos that hold whoever is
asked about are opened, and of a question about the last time only until it is answered.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property, reduce
from itertools import compress
from typing import Any, cast

import numpy as np

from pvchat.chat import archive
from pvchat.chat.archive import Sighted, is_backwards, is_of_all, most_of, of_each, sought
from pvchat.chat.english import wording
from pvchat.chat.query import (
    ANYTHING,
    EVERYBODY,
    NEVER,
    PRESENT,
    Has,
    Query,
    Whom,
    is_of_sound,
    lists_videos,
    names_in,
    told_as,
)
from pvchat.chat.question import require_readable
from pvchat.chat.reader.archive import ArchiveQuestion, questions_in, read_archive
from pvchat.chat.reader.dates import Dates, around, held_on
from pvchat.chat.reader.followups import Turn
from pvchat.chat.reader.read import Known
from pvchat.chat.reader.scopes import Scope
from pvchat.chat.run import asks_what_is_done, run
from pvchat.chat.say.archive import Asked, say_archive, say_why
from pvchat.chat.say.voice import say
from pvchat.chat.sounds import MUSIC, as_seen, bare, phrase_of
from pvchat.chat.spans import Span, nth_of
from pvchat.chat.timeline import UNITS, ArchiveFinding, Finding, Found, Row, Seen, Timeline, Video, without_traits
from pvchat.errors import PVChatError
from pvchat.library import records
from pvchat.library.rates import adjusted, base_rate
from pvchat.library.recognise import BATCH, bring_up_to_date, people_in, timeline_in
from pvchat.library.titles import shelves_of, titled
from pvchat.people.corrections import corrections_of
from pvchat.people.folders import Snapshot
from pvchat.schemas import Service
from pvchat.storage.library import LibraryError

# From which probability somebody whom a video by itself shows, or may show, is "perhaps" in it, once it is known how
# seldom she is in any: one in ten of these videos, at least, is worth looking at [choice]
_PERHAPS = 0.1
_ASIDE = ("wish", "small_talk", "foreign")  # what was refused so is no question that the next one goes on from
_VIDEOS = "clips AS c JOIN files AS f ON f.clip = c.id JOIN sources AS s ON s.id = f.source"
_LENGTH = "julianday(c.recorded) + c.seconds / 86400.0"


@dataclass(frozen=True)
class LibraryAnswer:
    """One answer."""

    answer: str  # text
    finding: ArchiveFinding  # what it says
    dates: tuple[str | None, str | None] = (None, None)  # asked about, from and until; local, ISO 8601; None: ever
    place: str = ""  # the place, folder or file that was asked about; "" for all

    def to_dict(self) -> dict[str, Any]:
        """As JSON: `clips` lists every video that the answer speaks of, with the seconds to play."""
        return {"answer": self.answer, **self.finding.to_dict(), "dates": list(self.dates), "place": self.place}


def ask(
    library: sqlite3.Connection, chat: Service, question: str, history: Sequence[str], now: datetime
) -> LibraryAnswer:
    """Answer a question about all videos, as typed; `history`: earlier ones, oldest first; `now`: local time.

    The tables are up to date with the people store. Raises SettingsError: it is no text, or too long; PeopleError:
    somebody it names has damaged files.
    """
    require_readable(question)
    everyone = chat.people.snapshot()
    places = [row[0] for row in library.execute("SELECT DISTINCT place FROM sources WHERE place <> ''")]
    known, shelves = Known(everyone.names, everyone.aliases), shelves_of(library)
    called = {name.lower() for name in (*everyone.names, *everyone.aliases)}
    names = people_in(library, chat)
    searches = list[_Search]()
    for text in [one for typed in (*history, question) for one in questions_in(typed)]:
        before = next((one.asked for one in reversed(searches) if not _is_aside(one.asked.query)), None)
        if searches:
            timeline = known.timeline or _genders(library, names, chat.settings.traits)
            known = replace(known, history=(*known.history, searches[-1].turn()), timeline=timeline)
        place = before.places[0][0] if before is not None and len(before.places) == 1 else ""
        text, titles = titled(text, shelves, places, called, place)
        read = read_archive(text, known, [*places, *titles], now, before)
        searches.append(_Search(library, chat, read, names, everyone, now.date()))
    asked = searches[-len(questions_in(question)) :]
    for search in asked:
        everyone.require_whole(names_in(search.asked.query))
    scope = asked[0].asked.scopes[0]
    dates = scope.dates or Dates()
    since, until = (None if end is None else end.isoformat() for end in (dates.since, dates.until))
    answer = reduce(_then, [_without_nowhere(one) for one in asked][::-1])
    return replace(answer, dates=(since, until), place=scope.place.lstrip("/"))


def _is_aside(query: Query) -> bool:
    """Whether the next question goes on from the one before it: "hello", "are you sure?"."""
    return query.select == "why" or query.refusal in _ASIDE


def _genders(library: sqlite3.Connection, names: Mapping[int, str], traits: bool) -> Timeline:
    """Who of everybody enrolled is a man or a woman, by her last videos, as rows of no video."""
    last = "SELECT clip FROM appearances WHERE who = ?1 AND decision = 'present' ORDER BY clip DESC LIMIT 9"
    words = f"SELECT value FROM facts WHERE who = ?1 AND attribute = 'gender' AND clip IN ({last})"
    words += " GROUP BY value ORDER BY count(*) DESC"
    told = ((name, library.execute(words, (who,)).fetchone()) for who, name in names.items() if traits)
    return Timeline(0.0, 0.0, rows=tuple(Row(name, "gender", row[0]) for name, row in told if row))


def _without_nowhere(search: _Search) -> LibraryAnswer:
    """The answer, after what is said of a place that a question names and none is called."""
    one, name = search.answer(), search.asked.nowhere
    if not name:
        return one
    rest = "." if search.asked.query.select == "refuse" else f"; asked without it: {one.answer}"
    return replace(one, answer=f"I know no place, folder or file called {name}{rest}")


def _then(second: LibraryAnswer, first: LibraryAnswer) -> LibraryAnswer:
    """Two answers as one; that to the first of two questions may have a second one, too."""
    last = first.finding if first.finding.then is None else first.finding.then
    then = replace(last, then=second.finding)
    finding = then if first.finding.then is None else replace(first.finding, then=then)
    said = "" if second.answer in first.answer else f"\n{second.answer}"  # "were they together, and if so when?"
    return LibraryAnswer(first.answer + said, finding)


@dataclass(frozen=True)
class _Search:
    """One question over the tables."""

    library: sqlite3.Connection
    chat: Service  # whose people
    asked: ArchiveQuestion
    names: dict[int, str]  # of everyone enrolled by their numbers …
    everyone: Snapshot  # … the same people
    today: date  # when it is asked; of a second question how much later than what it is
    only: Mapping[int, bool] | None = None  # the videos that are meant, and whether surely; None: all of them

    def turn(self) -> Turn:
        """The question for those that follow it: of whom it speaks, and who was found, if that is asked."""
        query, asked, among = self.asked.query, self, self.asked.among
        told = told_as(archive.over_videos(query))
        if among is not None and names_in(among.query) and lists_videos(query) and query.whom == EVERYBODY:
            those = tuple(map(Found, names_in(among.query)))  # "which of those are longer?"
            return query, Finding(query, people=those)
        if query.where == Has("with") and len(query.whom.names) == 1 and told in ("exists", "when", "how_often"):
            company = Query("who", where=Has("with", of=query.whom), during=query.during)
            asked = replace(self, asked=replace(self.asked, query=company))  # "was Ana with anybody?"
        elif told != "who" and (names_in(query) or told not in ("count", "exists", "when")) or query.unit in UNITS:
            return query, Finding(query)
        return query, Finding(query, people=cast("tuple[Found, ...]", _FoundLater(asked)))

    def answer(self) -> LibraryAnswer:
        """The answer, and that to a second question."""
        query, sighted = self.asked.query, self.asked.sighted
        if self.asked.among is not None and self.only is None:
            return self._among_those(self.asked.among)
        if query.select == "why" and sighted is not None:
            return self._why(query, replace(self, asked=sighted).answer().finding)
        if archive.is_told_of_one(query) and {one.joint for one in self.asked.scopes} == {"", "and"}:
            apart = [replace(self, asked=one).answer() for one in self.asked.one_by_one()]
            return reduce(_then, apart[::-1])  # what she wore on Monday, and on Tuesday
        one = self._answer(archive.over_videos(replace(query, then=None)))
        if query.then is None:
            return one
        places = () if len(self.asked.places) > 1 and query.then.whom != query.whom else self.asked.places
        then = replace(self, asked=replace(self.asked, query=query.then, places=places, sighting=None))
        if query.then.per == "later" and query.rank is not None:
            edges = nth_of(one.finding.sure or list(one.finding.seen), query.rank.k)
            then = replace(then, today=edges[0].video.at.date()) if edges else then
        return _then(then.answer(), one)

    def _among_those(self, among: ArchiveQuestion) -> LibraryAnswer:
        """The answer by those videos alone that an answer before has found; where it found none, that, or by all."""
        those = replace(self, asked=among).answer()
        only = {one.video.number: one.sure for one in those.finding.seen}
        if not only and archive.is_told_of_one(self.asked.query):  # "was she smiling?" (no), "what did she wear?"
            return replace(self, asked=replace(self.asked, among=None)).answer()
        return replace(self, only=only).answer() if only else those

    def _why(self, query: Query, found: ArchiveFinding) -> LibraryAnswer:
        """What an answer before rests on: how surely those whom it was about are recognised in its videos."""
        before = self.asked.sighted or self.asked
        likely = {name: self._likely(name) for name in query.whom.names or found.names}
        return LibraryAnswer(say_why(found, Asked(before.of), likely), replace(found, query=query))

    def _answer(self, query: Query) -> LibraryAnswer:
        """The answer to one question."""
        asked = self.asked
        query = archive.over_scopes(query, [one.joint for one in asked.scopes]) if len(asked.scopes) > 1 else query
        today, those = self.today if query.per in ("ago", "later") else None, len(self.only or ())
        said = Asked(asked.of, today=today, enrolled=self.everyone.names, those=those)
        if query.select == "refuse" or not archive.is_answered(query):
            return LibraryAnswer(_refused(query), ArchiveFinding(query, self._count(query)))
        query = self._of_everything(query)
        if asked.sighting is None:
            return self._told(query, said, self)
        sighted = self._sighting(asked.sighting)
        if not sighted.seen:
            return LibraryAnswer(say_archive(sighted, said), sighted)
        rank, seen = asked.sighting.rank, sighted.sure or list(sighted.seen)
        if asked.sighting.unit in UNITS:  # the day that had most
            seen = [one for one in seen if UNITS[asked.sighting.unit](one) in [*sighted.groups][:1]] or seen
        edges = nth_of(seen, rank.k if rank is not None and rank.by == "time" else 1)
        if not edges:  # she wasn't there so often
            return LibraryAnswer(say_archive(sighted, said), sighted)
        edge = edges[0]
        edge = replace(edge, spans=edge.spans[-1:] if is_backwards(asked.sighting) else edge.spans[:1])
        if asked.around:
            at, after = edge.video.at, any(shift[0] == "after" for shift in asked.shifts)
            if asked.around == "moment" and edge.spans:  # of her sighting, till it is over
                at = edge.video.time_of(edge.spans[0][1] + 1 if after else edge.spans[0][0])
            day = around(at, asked.around, asked.shifts)
            found = replace(asked, sighting=None, dates=() if day is None else held_on(asked.dates, (day,)))
            return replace(self, asked=found)._answer(query)
        only = {edge.video.number: edge.sure}
        return self._told(query, replace(said, moment=edge, those=1), replace(self, only=only))

    def _sighting(self, query: Query) -> ArchiveFinding:
        """The sighting that is meant, of the times and places in which it was asked about."""
        asked = self.asked.sighted or self.asked
        if asked.among is not None and self.only is None:
            return replace(self, asked=replace(asked, query=query, sighting=None)).answer().finding
        return replace(self, asked=asked)._found(query)

    def _of_everything(self, query: Query) -> Query:
        """A query with the names of all people who are asked about at once; what happened is who was in each video."""
        if query == Query("describe") and self.asked.sighting is None and self._count(query) > 1:
            return Query("when", unit="video")
        if query.whom != Whom(quantifier="all") or query.where != Has("with") or query.select == "exists":
            return query
        whoever = self.library.execute("SELECT DISTINCT who FROM appearances WHERE decision = 'present'")
        everybody = tuple(sorted(self.names[who] for (who,) in whoever if who in self.names))
        return replace(query, whom=Whom(everybody, "both"))  # "when were all there at once?"

    def _told(self, query: Query, said: Asked, search: _Search) -> LibraryAnswer:
        """The answer to one question by the videos that are searched: all, or the one that is meant."""
        found = search._found(query)
        if query.number == NEVER and query.whom.names and query.where is not None and not found.seen:
            there = search._where_seen(query)
            found = found if there.seen else there  # of nobody who isn't there is it said that she always sits
        if archive.is_told_of_one(query):
            found, said = self._told_of_one(query, found, said)
        said = replace(said, unfilmed=search._without_videos(query), unrecognised=search._days_of_strangers(query))
        text, whom = say_archive(found, said), found.query.whom
        by_day = "SELECT 1 FROM clips WHERE dated_by = 'day'"
        if "'day'" in search._meant(query)[0] and self.library.execute(by_day).fetchone():
            text += f"\n{wording('library', 'no hour')}"
        if found.query.where == Has("with") and whom.quantifier == "both" and len(whom.names) > 1 and not found.seen:
            both = self._where_seen(found.query)  # not together, but one after the other, as films show who talks
            text += f" One after the other, {say_archive(both, said)}" if both.seen else ""
        if asks_what_is_done(query) and whom.names and not found.seen:
            others = search._found(Query("when", Whom(known=False), query.where))  # who may be her, unrecognised
            text += f" But s{say_archive(others, said)[1:]}" if others.seen else ""
        return LibraryAnswer(text, found)

    def _told_of_one(self, query: Query, found: ArchiveFinding, said: Asked) -> tuple[ArchiveFinding, Asked]:
        """What is known of somebody by the one video that tells it; if none does, what the last one with her tells."""
        one = said.moment or next(iter([*found.sure[::-1], *found.seen[::-1]]), None)
        if one is not None:
            one = replace(one, spans=one.spans[-1:]) if one.video.long else one  # of a long one its last time is told
            return found, replace(said, moment=one, told=self._described(query, one))
        there = self._where_seen(query)
        last = next(iter([*there.sure[::-1], *there.seen[::-1]]), None)
        if last is not None and not last.video.long and query.whom.names:
            said = replace(said, moment=last, instead=self._described(Query("describe", query.whom), last))
        return replace(there, query=query), said

    def _where_seen(self, query: Query) -> ArchiveFinding:
        """The videos in which whoever a query is about is at all."""
        return self._found(Query("when", query.whom, during=query.during))

    def _found(self, query: Query) -> ArchiveFinding:
        """What is found at all of the times and places."""
        joints = [one.joint for one in self._scopes(query)]
        count = self._count(query) if self.only is None or len(self.only) > 1 else 1
        return archive.find(query, self._sighted(query), count, self._everything(query), joints)

    def _scopes(self, query: Query) -> list[Scope]:
        """The times and places that count: those that are left out ("but not on Friday") where each is asked about."""
        return [one for one in self.asked.scopes if query.unit == "scope" or one.joint != "but not"]

    def _everything(self, query: Query) -> list[str]:
        """Everybody, or all places, days … of the times and places asked about, where a number of times is asked for;
        everybody, or everybody who is seen, where it is asked whether all are there, or what holds of all, or never.
        """
        scopes = self._scopes(query)
        if query.unit == "scope":
            return [self.asked.label(one) for one in scopes]
        anywhere = query.throughout and query.unit in UNITS  # a day with videos of other places is a day, too
        where, values = _any_of([replace(one, place="") for one in scopes] if anywhere else scopes)
        if (is_of_all(query) or query.number == NEVER) and query.where not in (None, PRESENT, ANYTHING):
            left = {*query.whom.besides, *sought(query)}  # nobody is with herself
            seen = self._seen(where, values) - left
            return [name for name in self.names.values() if name in seen]
        if query.number is None and not is_of_all(query) and not query.throughout:
            return []
        if is_of_all(query) and query.whom.names:
            return list(query.whom.names)
        if query.unit not in UNITS:  # first those who are seen anywhere
            seen = self._seen("TRUE", ())
            return sorted({*self.names.values()} - {*query.whom.besides}, key=lambda name: (name not in seen, name))
        found = self._units(query.unit, where, values)
        every = query.where == ANYTHING and query.unit == "day"
        return _every_day(found, scopes, self.today) if every else found

    def _seen(self, where: str, values: Sequence[Any]) -> set[str]:
        """Who is seen in any of such videos, but for those who hardly are in it."""
        words = f"SELECT DISTINCT a.who, c.id FROM {_VIDEOS} JOIN appearances AS a ON a.clip = c.id "
        rows = self.library.execute(f"{words} WHERE a.decision = 'present' AND {where}", values)
        known = ((self.names[who], clip) for who, clip in rows if who in self.names)
        return {name for name, clip in known if self._likely(name).get(clip, 1.0) >= _PERHAPS}

    def _units(self, unit: str, where: str, values: Sequence[Any]) -> list[str]:
        """The places, days … of which there are such videos, in order of time."""
        words = f"SELECT f.path, s.place, c.recorded FROM {_VIDEOS} WHERE {where} ORDER BY c.recorded"
        rows = self.library.execute(words, values)
        videos = (Seen(Video(0, path, place, datetime.fromisoformat(at), "", 0.0)) for path, place, at in rows)
        return list(dict.fromkeys(filter(None, map(UNITS[unit], videos))))

    def _without_videos(self, query: Query) -> tuple[str, ...]:
        """Days, or places, without any video of the times and places, where it is asked at which of them nobody was."""
        if query.number != NEVER or query.unit not in ("day", "place") or query.where == ANYTHING:
            return ()
        scopes = self._scopes(query)
        filmed = self._units(query.unit, *_any_of(scopes))
        if query.unit == "place":
            everywhere = [] if self.asked.places else self._units("place", *_any_of([Scope()]))
            return tuple(place for place in everywhere if place not in filmed)
        days = self._units("day", *_any_of([replace(one, place="") for one in scopes]))
        return tuple(day for day in _every_day(days, scopes, self.today) if day not in filmed)

    def _days_of_strangers(self, query: Query) -> tuple[str, ...]:
        """Days with a video of nobody but strangers, where it is asked on which days somebody wasn't there."""
        if query.number != NEVER or query.unit != "day" or not query.whom.names:
            return ()
        where, values = _any_of(self._scopes(query))
        known = "max(a.who > 0 AND a.decision = 'present')"
        words = f"SELECT date(c.recorded) FROM {_VIDEOS} JOIN appearances AS a ON a.clip = c.id WHERE {where}"
        rows = self.library.execute(f"{words} GROUP BY c.id HAVING NOT {known} ORDER BY c.recorded", values)
        return tuple(dict.fromkeys(day for (day,) in rows))

    def _described(self, query: Query, one: Seen) -> str:
        """What is known of somebody in one video, in words of an answer about it; a long one is looked at closer."""
        number, place = one.video.number, one.video.place
        if one.video.long and one.spans:
            try:
                return self.chat.ask(one.video.path, self.asked.text, between=one.spans[-1]).answer
            except (PVChatError, OSError):  # the file is gone: what was stored is told
                pass
        timeline, doubted = self._weighed(number, f"the {place}" * bool(place))
        entities = [replace(one, probability=_PERHAPS) if one.name in doubted else one for one in timeline.entities]
        timeline = replace(timeline, entities=tuple(entities))
        return say(run(query, timeline), timeline).replace("this video", "that video")

    def _count(self, query: Query) -> int:
        where, values = self._meant(query)
        words = f"SELECT count(DISTINCT c.id) FROM {_VIDEOS} WHERE {where}"
        return int(self.library.execute(words, values).fetchone()[0])

    def _meant(self, query: Query) -> tuple[str, list[Any]]:
        """The condition that a clip lies in any of the times and places, and is one of the videos that are meant."""
        where, values = _any_of(self._scopes(query))
        where += " AND c.dated_by <> 'day'" * (query.unit == "hour")  # else it isn't known
        return where if self.only is None else f"{where} AND c.id IN ({', '.join(map(str, self.only))})", values

    def _sighted(self, query: Query) -> Iterator[Sighted]:
        """The videos that may say something, each once, with who is doubtful in it and in which of the times and places
        it lies, in the order in which they are wanted.
        """
        asked, scopes = of_each(query), self._scopes(query)
        needed = [self._likely(name) for name in sought(asked)]
        rows = [row for row in self._rows(query) if all(hers.get(row[0], 1.0) >= _PERHAPS for hers in needed)]
        for at, (number, path, place, recorded, dated_by, seconds, long, unheard, *inside) in enumerate(rows):
            if at % BATCH == 0:
                bring_up_to_date(self.library, self.chat, [row[0] for row in rows[at : at + BATCH]])
            video = Video(number, path, place, datetime.fromisoformat(recorded), dated_by, seconds, bool(long))
            parts = [(self.asked.label(one), _within(video, one)) for one in compress(scopes, inside)]
            sure = self.only is None or self.only[number]
            if unheard and _is_of_words(asked):
                yield Sighted(video, Timeline(0.0, seconds), parts=parts)
                continue
            try:
                yield Sighted(video, *self._weighed(number, place), parts, sure)
            except LibraryError:  # it was deleted meanwhile
                continue

    def _rows(self, query: Query) -> list[Any]:
        """What the tables say of the videos that may say something, and in which of the times and places each lies."""
        (where, values), each = self._meant(query), [_where(one) for one in self._scopes(query)]
        for condition, value in self._needed(of_each(query)):
            where, values = f"{where} AND {condition}", [*values, *value]
        self.library.create_function("there", 1, cache(os.path.exists))  # of copies one whose disk is plugged in counts
        order, lies_in = "DESC" if is_backwards(query) else "ASC", [value for _, more in each for value in more]
        return self.library.execute(
            "SELECT c.id, substr(min((NOT there(s.path)) || f.path), 2), s.place, c.recorded, c.dated_by, c.seconds, "
            f"c.long, coalesce(c.sound, x'') = x''{''.join(f', sum({one})' for one, _ in each)} FROM {_VIDEOS} "
            f"WHERE {where} GROUP BY c.id ORDER BY c.recorded {order}, c.id {order}",
            [*lies_in, *values],
        ).fetchall()  # clips that are behind are written while these are gone through

    def _weighed(self, number: int, place: str) -> tuple[Timeline, frozenset[str]]:
        """A video's timeline, `place` standing for the one that was measured, and who is only perhaps in it, since she
        is in so few; who hardly is is a stranger.
        """
        timeline = timeline_in(self.library, number, self.names, place)
        timeline = timeline if self.chat.settings.traits else without_traits(timeline)
        there = [one.name for one in timeline.entities if one.known and one.decision != "absent"]
        likely = {name: self._likely(name).get(number, 1.0) for name in there}
        doubted = {name for name in there if likely[name] < self.chat.settings.presence.present_from}
        unlikely = {name for name in doubted if likely[name] < _PERHAPS}
        return archive.as_strangers(timeline, unlikely), frozenset(doubted - unlikely)

    def _needed(self, query: Query) -> Iterator[tuple[str, list[Any]]]:
        """Conditions on clips without which nothing holds in them."""
        numbers = {name: number for number, name in self.names.items()}
        any_of = [query.whom.names] if query.whom.names and query.whom.quantifier in ("any", "either") else []
        for names in [*((name,) for name in sought(query)), *any_of]:
            there = f"SELECT clip FROM places_of_people WHERE who IN ({', '.join('?' * len(names))})"
            yield f"c.id IN ({there})", [numbers.get(name, 0) for name in names]
        if not _is_of_words(query):
            return
        known = {bare(name) for name in self.names.values()}  # these may be written as they sound
        word = next((one for one in map(bare, phrase_of(query).split()) if one not in known), "")
        self.library.create_function("bare", 1, bare, deterministic=True)
        said = "SELECT clip FROM facts WHERE attribute = 'says'" + " AND bare(value) = ?" * bool(word)
        said = "SELECT clip FROM facts WHERE attribute = 'music'" if query.where == MUSIC else said
        yield f"(coalesce(c.sound, x'') = x'' OR c.id IN ({said}))", [word] * bool(word)

    @cached_property
    def _likely(self) -> Callable[[str], dict[int, float]]:
        """How probably somebody, by name, is in each clip in which she was recognised, since she is in so few of all
        videos; clips of which the user said that she is in them are left out.
        """
        videos = int(self.library.execute("SELECT count(*) FROM clips").fetchone()[0])
        numbers = {name: number for number, name in self.names.items()}
        people = {one.name: one for one in self.everyone.people}

        def likely(name: str) -> dict[int, float]:
            words = "SELECT clip, probability FROM appearances WHERE who = ?"
            rows = self.library.execute(words, (numbers.get(name),)).fetchall()
            if not rows:
                return {}
            shares = np.array([probability for _, probability in rows], np.float32)
            told = zip((clip for clip, _ in rows), adjusted(shares, base_rate(shares, videos)).tolist(), strict=True)
            hers = (one.clip for one in corrections_of(people[name]) if one.her)
            confirmed = {*records.clips_of(self.library, hers)}
            return {clip: one for clip, one in told if clip not in confirmed}

        return cache(likely)


def _every_day(days: Sequence[str], scopes: Sequence[Scope], today: date) -> list[str]:
    """All days from the first of some to the last; of one time with a beginning and an end all of its days so far."""
    dates = (scopes[0].dates if len(scopes) == 1 else None) or Dates()
    ends = [date.fromisoformat(one) for one in days]
    if dates.since and dates.until:
        ends += [dates.since.date(), min((dates.until - timedelta(microseconds=1)).date(), today)]
    each = [min(ends) + timedelta(days=n) for n in range((max(ends) - min(ends)).days + 1)] if days else []
    return [f"{one}" for one in each if not dates.weekdays or one.weekday() in dates.weekdays]


def _refused(query: Query) -> str:
    """What is said to what many videos can't tell."""
    if query.value in ("times", "ours", "same"):
        return wording("library", query.value)
    if query.select != "refuse":
        return wording("library", "unanswered")
    query = replace(query, whom=EVERYBODY)  # nobody has looked whether she is in any
    return say(run(query, Timeline(0.0, 0.0)), Timeline(0.0, 0.0)).replace("this video", "your videos")


def _where(scope: Scope) -> tuple[str, list[Any]]:
    """The condition on clips (`c`) and sources (`s`) by time and place, with its values."""
    dates, found = scope.dates or Dates(), list[tuple[str, list[Any]]]()
    if dates.since is not None:
        found.append((f"{_LENGTH} >= julianday(?)", [dates.since.isoformat()]))
    if dates.until is not None:
        found.append(("c.recorded < ?", [dates.until.isoformat()]))
    if dates.hours is not None:
        start, end = (one.isoformat() for one in dates.hours)
        between = f"(time(c.recorded) < ? {'AND' if start < end else 'OR'} time({_LENGTH}) >= ?)"
        found.append((between, [end, start]))
    if dates.hours or dates.since and dates.until and dates.until - dates.since < timedelta(days=1):
        found.append(("c.dated_by <> 'day'", []))  # else the hour isn't known
    if dates.among:
        ends = [one.isoformat() for among in dates.among for one in among]
        found.append((" OR ".join([f"{_LENGTH} >= julianday(?) AND c.recorded < ?"] * len(dates.among)), ends))
    if dates.weekdays:
        late = dates.hours[1] if dates.hours and dates.hours[1] <= dates.hours[0] else time()  # of the day before
        day = f"strftime('%w', c.recorded, '-{60 * late.hour + late.minute} minutes')"
        found.append((f"({day} + 6) % 7 IN ({', '.join(map(str, dates.weekdays))})", []))
    if scope.place[:1] == "/":
        stands = [f"/{name}/" for name in scope.place[1:].split("/")]
        found.append(("s.camera IS NULL" + " AND instr(shelf(f.path, s.path), ?)" * len(stands), stands))
    elif scope.place:
        found.append(("s.place = ?", [scope.place]))
    if scope.besides:
        others, values = _any_of(scope.besides)
        found.append((f"NOT {others}", values))
    words = " AND ".join(["c.timeline IS NOT NULL", *(f"({one})" for one, _ in found)])
    return words, [value for _, values in found for value in values]


def _any_of(scopes: Sequence[Scope]) -> tuple[str, list[Any]]:
    """The condition that a clip lies in any of several times and places, with its values."""
    each = [_where(one) for one in scopes]
    return f"({' OR '.join(where for where, _ in each)})", [value for _, values in each for value in values]


def _within(video: Video, scope: Scope) -> Span | None:
    """The seconds of a video that lie in the time asked about; None: all of them."""
    ends = (scope.dates or Dates()).on(video.at)
    start = 0.0 if ends[0] is None else max(0.0, (ends[0] - video.at).total_seconds())
    end = video.seconds if ends[1] is None else min(video.seconds, (ends[1] - video.at).total_seconds())
    return None if (start, end) == (0.0, video.seconds) else (start, end)


class _FoundLater(Sequence[Found]):
    """Who was found for a question: it is looked up once a later one asks ("how long was he there?")."""

    def __init__(self, search: _Search) -> None:
        self._search = search

    @cached_property
    def _people(self) -> tuple[Found, ...]:
        found = self._search.answer().finding
        perhaps = {name for one in found.seen for name in one.perhaps}  # who is meant where nobody surely is
        return tuple(map(Found, most_of(found) or sorted(perhaps) * (found.query.select == "who")))

    def __len__(self) -> int:
        return len(self._people)

    def __getitem__(self, at: Any) -> Any:
        return self._people[at]


def _is_of_words(query: Query) -> bool:
    """Whether only a video that was listened to can answer."""
    return is_of_sound(query) and as_seen(query) is None
