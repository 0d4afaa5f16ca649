"""Events of cameras, and rules about which of them are told to whom; `library.events` is an `EventLog`.

In: what happened. Out: rows of `events`, and of `deliveries` for every rule that fits, in one transaction: what is
written is told, however often this process is killed (`courier.py`). People are ids of the people store, so a name that
changes is told as it is now, and nothing of a forgotten person stays (`storage/library.py`). For others: rules as words
("somebody unknown is seen at night"), events as JSON, whose "id" counts up: `since` gives those that came after one.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pvchat.chat.english import STRANGER
from pvchat.people.store import PeopleStore
from pvchat.schemas import Service
from pvchat.storage.library import LibraryError, transaction
from pvchat.video import read_address

Opened = Callable[[], AbstractContextManager[sqlite3.Connection]]
Kind = Literal["appears", "leaves", "unknown"]
RuleKind = Literal[Kind, "anybody"]  # "anybody": whoever is seen, enrolled or unknown
PAGE = "page"  # the target of what only the page shows
NIGHT = "22:00-06:00"
QUIET_S = 60.0
_RULE = re.compile(
    r"(?:when |whenever |if )?(?P<who>.+?) "
    r"(?:is (?:seen|t?here)|appears|comes|arrives|enters|shows up|(?P<leaves>leaves|goes|is gone))\Z",
    re.IGNORECASE,
)
_ANYBODY = re.compile(r"(?:some|any)(?:body|one)|a person|a visitor|people", re.IGNORECASE)
_UNKNOWN = re.compile(rf"(?:some|any)(?:body|one) unknown|an unknown person|a stranger|{STRANGER}", re.IGNORECASE)
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_HIDDEN = "***"


@dataclass(frozen=True)
class CameraEvent:
    """Something that happened before a camera."""

    kind: Kind  # somebody enrolled appears or leaves, or somebody unknown is seen
    ref: str  # her id; "" for somebody unknown
    at: float  # when, seconds since 1970
    probability: float  # that it is she; of somebody unknown, that it is nobody enrolled
    clip: str = ""  # path of the clip that shows it; "" for none
    second: float = 0.0  # where in it


@dataclass(frozen=True)
class Rule:
    """Which events are told, and to whom."""

    kind: RuleKind  # of the events that it is about
    ref: str = ""  # id of whom they are about; "" for somebody unknown, or anybody
    sources: tuple[str, ...] = ()  # places or addresses of cameras; none: all
    hours: str = ""  # from when to when of the day ("22:00-06:00"), local; "": always
    least: float = 0.0  # probability from which
    quiet_s: float = QUIET_S  # after one event, for how long no other is told, by each camera
    target: str = PAGE  # an address of http, https, mqtt or mqtts; or `PAGE`
    secret: str = field(default="", repr=False)  # that signs what is sent by http
    id: int = 0  # its number; 0 for a new one

    def fits(self, event: CameraEvent, source: Sequence[str]) -> bool:
        """Whether it is about this event of a camera, of which address and place are given."""
        about = event.kind != "leaves" if self.kind == "anybody" else (event.kind, event.ref) == (self.kind, self.ref)
        if not about or event.probability < self.least:
            return False
        here = not self.sources or any(one.casefold() in map(str.casefold, source) for one in self.sources)
        if not here or not self.hours:
            return here
        start, end = (time.fromisoformat(part) for part in self.hours.split("-"))
        at = datetime.fromtimestamp(event.at).time()
        return start <= at < end if start <= end else at >= start or at < end

    def to_dict(self, names: Mapping[str, str]) -> dict[str, Any]:
        """As JSON, without passwords."""
        row = asdict(self) | {"sources": list(self.sources), "target": without_password(self.target)}
        del row["secret"], row["ref"]
        return row | {"name": names.get(self.ref, ""), "rule": in_words(self.kind, names.get(self.ref, ""))}


class EventLog:
    """Events and rules of a library, of which `opened` opens the tables."""

    def __init__(self, chat: Service, opened: Opened) -> None:
        self.chat, self._opened = chat, opened

    def since(self, number: int = 0, most: int = 100) -> list[dict[str, Any]]:
        """The events after the one of this number, in order, as JSON."""
        with self._opened() as library:
            return events_after(library, self.chat.people.ids(), number, most)

    def last(self, most: int = 20) -> list[dict[str, Any]]:
        """The last events, in order, as JSON."""
        return self.since(-most) if most > 0 else []

    def add(self, text: str, target: str = PAGE, **options: Any) -> Rule:
        """Add a rule: "Ana is seen", "Ben leaves", "somebody unknown is seen at night", "anybody is seen".

        `options` are fields of `Rule`: `sources`, `hours`, `least`, `quiet_s`, `secret`.
        Events go to `target`, an address of http, https, mqtt or mqtts, or "page". What is sent by http is signed with
        a secret, which is made where none is given. Raises LibraryError: it can't be read, nobody has the name, there
        is no such camera, or an option is off; VideoReadError: a camera's address is of no known kind.
        """
        rule = read_rule(text, self.chat.people, target, options)
        if target.startswith("http") and not rule.secret:
            rule = replace(rule, secret=secrets.token_hex(32))
        row = (rule.kind, rule.ref, json.dumps(rule.sources), rule.hours, rule.least, rule.quiet_s, rule.target,
               rule.secret)  # fmt: skip
        with self._opened() as library, transaction(library):
            _require_cameras(library, rule.sources)
            number = library.execute("INSERT INTO rules VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row).lastrowid
        assert number is not None
        return replace(rule, id=number)

    def rules(self) -> list[dict[str, Any]]:
        """All rules as JSON, without secrets and passwords."""
        with self._opened() as library:
            return [rule.to_dict(self.chat.people.ids()) for rule in rules(library)]

    def remove(self, number: int) -> None:
        """Delete a rule, and what waits to be told by it; raises LibraryError where there is none."""
        with self._opened() as library, transaction(library):
            if not library.execute("DELETE FROM rules WHERE id = ?", (number,)).rowcount:
                hint = "pvchat events list shows them."
                raise LibraryError("there is no such rule.", subject=str(number), hint=hint)

    def deliveries(self, most: int = 50) -> list[dict[str, Any]]:
        """The last deliveries as JSON, the newest first, and what came of each one's last try."""
        last = "coalesce((SELECT outcome FROM attempts WHERE delivery = id ORDER BY at DESC LIMIT 1), '')"
        words = f"SELECT uid, event, rule, state, tries, {last} FROM deliveries ORDER BY id DESC LIMIT ?"
        names = ("id", "event", "rule", "state", "tries", "outcome")
        with self._opened() as library:
            return [dict(zip(names, row, strict=True)) for row in library.execute(words, (most,))]


def read_rule(text: str, people: PeopleStore, target: str, options: Mapping[str, Any]) -> Rule:
    """A rule out of words, with its options: "Ana is seen", "somebody unknown is seen at night", "Ben leaves".

    Raises as `EventLog.add` does, but doesn't ask whether there are such cameras.
    """
    named = (read_address(one).without_password if "://" in one else one for one in options.get("sources", ()))
    fields: dict[str, Any] = {**options, "target": target, "sources": tuple(named)}
    words = " ".join(text.split()).rstrip(".")
    if words.casefold().endswith(" at night"):
        if options.get("hours", "") not in ("", NIGHT):
            hint = f'Leave one out; "at night" is {NIGHT}.'
            raise LibraryError('the rule says "at night", and other hours are given, too.', subject=text, hint=hint)
        words, fields["hours"] = words[: -len(" at night")], NIGHT
    found = _RULE.match(words)
    kinds: dict[RuleKind, re.Pattern[str]] = {"unknown": _UNKNOWN, "anybody": _ANYBODY}
    kind = None if found is None else next((one for one, said in kinds.items() if said.fullmatch(found["who"])), None)
    if found is None or (found["leaves"] and kind):
        hint = 'Say "Ana is seen", "Ben leaves", "anybody is seen" or "somebody unknown is seen at night".'
        raise LibraryError("this rule can't be read.", subject=text, hint=hint)
    if kind:
        return _checked(Rule(kind, **fields))
    if (person := people.find(found["who"])) is None:
        hint = "Names: pvchat people list. A rule is about one of them, or about anybody."
        raise LibraryError("nobody of this name is enrolled.", subject=found["who"], hint=hint)
    return _checked(Rule("leaves" if found["leaves"] else "appears", person.id, **fields))


def rules(library: sqlite3.Connection) -> list[Rule]:
    """All rules, in order."""
    columns = "kind, ref, sources, hours, least, quiet_s, target, secret, id"
    rows = library.execute(f"SELECT {columns} FROM rules ORDER BY id")
    return [Rule(kind, ref, tuple(json.loads(sources)), *rest) for kind, ref, sources, *rest in rows]


def record_event(library: sqlite3.Connection, source: int, event: CameraEvent, now: float) -> int:
    """Write a camera's event, and a delivery for each rule that fits; its number. `now`: seconds since 1970."""
    at = datetime.fromtimestamp(event.at).astimezone().isoformat(timespec="milliseconds")
    with transaction(library):
        where = address_and_place(library, source)
        row = (uuid.uuid4().hex, source, event.kind, event.ref, at, event.probability, event.clip, event.second)
        number = library.execute("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row).lastrowid
        assert number is not None
        for rule in rules(library):
            if rule.fits(event, where) and not _is_quiet(library, rule, source, event.at):
                state = "delivered" if rule.target == PAGE else "waiting"  # what the page alone shows is told so
                told = (uuid.uuid4().hex, number, rule.id, state, now, now)
                library.execute("INSERT INTO deliveries VALUES (NULL, ?, ?, ?, ?, ?, ?, 0)", told)
    return number


def address_and_place(library: sqlite3.Connection, source: int, address: str = "") -> tuple[str, str]:
    """Of a camera by its number; LibraryError: it was taken out, or, of this `address`, its number is another's."""
    found: tuple[str, str] = library.execute("SELECT path, place FROM sources WHERE id = ?", (source,)).fetchone()
    if found is None or address not in ("", found[0]):
        raise LibraryError("it was taken out of the library meanwhile.", subject="camera", hint="Add it again.")
    return found


def events_after(
    library: sqlite3.Connection, names: Mapping[str, str], number: int, most: int = 100
) -> list[dict[str, Any]]:
    """So many events after the one of a number, in order, as JSON; a negative number: so many of the last.

    `names`: of everyone by id.
    """
    words = (
        "SELECT e.id, e.uid, e.kind, e.ref, e.at, e.probability, e.clip, e.second, s.path, s.place, "
        "(SELECT json_group_array(d.rule) FROM deliveries AS d WHERE d.event = e.id) "
        "FROM events AS e JOIN sources AS s ON s.id = e.source"
    )
    if number < 0:
        rows = library.execute(f"{words} ORDER BY e.id DESC LIMIT ?", (-number,)).fetchall()[::-1]
    else:
        rows = library.execute(f"{words} WHERE e.id > ? ORDER BY e.id LIMIT ?", (number, most)).fetchall()
    found = list[dict[str, Any]]()
    for event, uid, kind, ref, at, probability, clip, second, source, place, telling in rows:
        name = names.get(ref, "")
        found.append({
            "id": event, "uid": uid, "kind": kind, "name": name, "text": in_words(kind, name, place), "at": at,
            "probability": round(probability, 3), "source": source, "place": place, "clip": clip,
            "second": round(second, 2), "rules": json.loads(telling),
        })  # fmt: skip
    return found


def event_of(library: sqlite3.Connection, names: Mapping[str, str], number: int) -> dict[str, Any] | None:
    """The event of a number as `events_after` gives it; None: it was deleted."""
    return next((row for row in events_after(library, names, number - 1, 1) if row["id"] == number), None)


def in_words(kind: str, name: str, place: str = "") -> str:
    """An event or a rule in words."""
    who = {"unknown": STRANGER, "anybody": "anybody"}.get(kind) or name or "somebody who was forgotten"
    where = f", {place}" if place else ""
    return f"{who} {'leaves' if kind == 'leaves' else 'is seen'}{where}"


def without_password(target: str) -> str:
    """An address without its password and without what follows a "?"."""
    if "://" not in target:
        return target
    parts = urlsplit(target)
    place = parts.netloc.rpartition("@")[2]
    place = f"{parts.username}:{_HIDDEN}@{place}" if parts.password else place
    return urlunsplit((parts.scheme, place, parts.path, _HIDDEN if parts.query else "", ""))


def _require_cameras(library: sqlite3.Connection, wanted: Sequence[str]) -> None:
    """Raise LibraryError where one of these cameras isn't there: a rule about it would never tell anybody."""
    rows = library.execute("SELECT path, place FROM sources WHERE camera IS NOT NULL")
    known = {name.casefold() for row in rows for name in row}
    for one in wanted:
        if one.casefold() not in known:
            hint = "pvchat library list shows addresses and places; add a camera first: pvchat library add ADDRESS."
            raise LibraryError("there is no such camera.", subject=one, hint=hint)


def _checked(rule: Rule) -> Rule:
    if rule.hours and (not _HOURS.fullmatch(rule.hours) or rule.hours[:5] == rule.hours[6:]):
        raise LibraryError("these are no hours.", subject=rule.hours, hint="Say them like 22:00-06:00.")
    if not 0 <= rule.least <= 1 or rule.quiet_s < 0:
        raise LibraryError("a probability is 0 to 1, and a quiet time isn't negative.", subject="rule")
    try:
        parts = urlsplit(rule.target)
        known = parts.scheme in ("http", "https", "mqtt", "mqtts") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known and rule.target != PAGE:
        hint = "Use http://…, https://…, mqtt://…, mqtts://… or page."
        raise LibraryError("events can't be sent there.", subject="the rule's address", hint=hint)
    return rule


def _is_quiet(library: sqlite3.Connection, rule: Rule, source: int, at: float) -> bool:
    """Whether a rule has told an event of this camera a moment ago."""
    words = (
        "SELECT e.at FROM deliveries AS d JOIN events AS e ON e.id = d.event WHERE d.rule = ? AND e.source = ? "
        "ORDER BY e.id DESC LIMIT 1"
    )
    last = library.execute(words, (rule.id, source)).fetchone()
    return last is not None and 0 <= at - datetime.fromisoformat(last[0]).timestamp() < rule.quiet_s
