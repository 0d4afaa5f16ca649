"""What waits to be told is told: by webhook or MQTT, again and again until it is taken, each try logged.

In: rows of `deliveries`. Out: requests, or messages, and rows of `attempts`. A delivery keeps its id however often it
is tried, and it is tried again where this process was killed before it could write that it was taken: at least once,
and whoever receives tells a second one by its id.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import sqlite3
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pvchat.errors import PVChatError
from pvchat.library.live import events, mqtt
from pvchat.library.live.events import Rule
from pvchat.storage.library import exists, opened, transaction

FIRST_S, LONGEST_S = 1.0, 300.0  # until the second try, and at most until any later one: each pause is twice as long
LEASE_S = 60.0  # until somebody else may try what this process has begun
GIVE_UP_S = 3 * 24 * 3600.0
IDLE_S = 0.5  # between two looks
QUIET_S = 30.0  # the least pause after a failure that took longer than `SLOW_S`: the others waited meanwhile
SLOW_S = 2.0
TIMEOUT_S = 10.0  # of a request
_log = logging.getLogger(__name__)
_ANSWERED = "answered"  # so begins why a receiver that is there didn't take it
Names = Callable[[], Mapping[str, str]]  # everyone's name by all her ids
Claim = tuple[int, str, int, int, int]  # a delivery: its id, uid, event, rule, and which try this is


@dataclass
class _Pauses:
    """Whom nothing is sent for now, an address or a rule: after each failure in a row for twice as long."""

    _ends: dict[str | int, tuple[int, float]] = field(default_factory=dict)  # failures in a row, and until when

    def holds(self, whom: str | int, now: float) -> bool:
        """Whether its pause goes on; not where the clock was put back since."""
        return 0 < self._ends.get(whom, (0, 0.0))[1] - now <= LONGEST_S

    def begin(self, whom: str | int, now: float, took_s: float) -> bool:
        """It failed, after so many seconds; within a pause that counts once. Whether it is the first time in a row."""
        failures = self._ends.get(whom, (0, 0.0))[0] + 1
        if not self.holds(whom, now):
            least = QUIET_S if took_s > SLOW_S else 0.0
            self._ends[whom] = failures, now + max(least, _pause_s(failures))
        return failures == 1

    def end(self, whom: str | int) -> bool:
        """It answered; whether it had failed before."""
        return self._ends.pop(whom, None) is not None


@dataclass
class Courier:
    """Tells what waits in the library beside a folder of people."""

    people: Path
    names: Names
    now: Callable[[], float] = time.time
    _announced: dict[int, mqtt.Message] = field(default_factory=dict)  # what brokers were told of rules
    _pauses: _Pauses = field(default_factory=_Pauses)  # an address where nobody is, or a rule that was refused

    def run(self, stop: threading.Event) -> None:
        """Tell until `stop` is set, and once more then."""
        stopped = False
        while not stopped:
            stopped = stop.wait(IDLE_S)
            with suppress(PVChatError, OSError):  # somebody else writes, the disk is full, or it was deleted
                self.step()

    def step(self) -> int:
        """Try everything that is due, in order, at each address until something isn't taken; how many were taken."""
        taken = 0
        if not exists(self.people):  # the home was moved: no empty one is made in its place
            return taken
        with opened(self.people) as library:
            held = {one.id for one in events.rules(library) if self._is_paused(one)}
            self._announce(library)
            while (claimed := _claim_next(library, self.now(), held)) is not None:
                delivery, uid, event, number, tries = claimed
                rules = {one.id: one for one in events.rules(library)}
                rule, row = rules.get(number), events.event_of(library, self.names(), event)
                if rule is None or row is None:
                    continue  # deleted meanwhile, and this delivery with it
                del row["rules"]
                message = row | {"id": uid, "event": row.pop("uid"), "rule": number}
                began = self.now()
                outcome = send(rule, message, mqtt.node_of(library), began)
                taken += not outcome
                is_there = not outcome or outcome.startswith(_ANSWERED)  # others it may take
                if is_there:
                    self._resume(rule.target)
                if outcome:
                    self._pause(number if is_there else rule.target, outcome, began)
                    held |= {one.id for one in rules.values() if self._is_paused(one)} | {number}
                    for one in held:  # a broker that comes again may know nothing any more
                        self._announced.pop(one, None)
                else:
                    self._resume(number)
                self._note(library, delivery, outcome, _pause_s(tries) if is_there else 0.0)
        return taken

    def _pause(self, whom: str | int, why: str, began: float) -> None:
        """Leave an address or a rule alone, after a failure that began then."""
        if self._pauses.begin(whom, self.now(), self.now() - began):
            _log.warning("%s: messages wait: %s", _shown(whom), why)

    def _resume(self, whom: str | int) -> None:
        if self._pauses.end(whom):
            _log.warning("%s: messages are taken again", _shown(whom))

    def _is_paused(self, rule: Rule) -> bool:
        return any(self._pauses.holds(one, self.now()) for one in (rule.id, rule.target))

    def _note(self, library: sqlite3.Connection, delivery: int, outcome: str, pause_s: float) -> None:
        """Write what came of a try, unless the delivery went meanwhile: somebody was forgotten.

        `pause_s`: until it may be tried again. Where it failed, what has waited too long for the same rule is given up.
        """
        now, state = self.now(), "waiting" if outcome else "delivered"
        with transaction(library):
            library.execute("UPDATE deliveries SET state = ?, due = ? WHERE id = ?", (state, now + pause_s, delivery))
            words = "INSERT INTO attempts SELECT id, ?, ? FROM deliveries WHERE id = ?"
            library.execute(words, (now, outcome or "taken", delivery))
            if outcome:
                words = "UPDATE deliveries SET state = 'given up' WHERE state = 'waiting' AND made < ? AND rule = "
                words += "(SELECT rule FROM deliveries WHERE id = ?)"
                library.execute(words, (now - GIVE_UP_S, delivery))

    def _announce(self, library: sqlite3.Connection) -> None:
        """Tell Home Assistant of rules that are new, or called otherwise since a rename, and of those that are gone."""
        names, node, entities = self.names(), mqtt.node_of(library), dict[int, tuple[str, mqtt.Message]]()
        for rule in events.rules(library):
            where = ", ".join(filter(None, (*rule.sources, rule.hours)))  # else two rules about Ana would look the same
            told = mqtt.discovery(rule, node, events.in_words(rule.kind, names.get(rule.ref, ""), where))
            if rule.target.startswith("mqtt") and self._announced.get(rule.id) != told:
                entities[rule.id] = rule.target, told
        for number, target in library.execute("SELECT rule, target FROM withdrawn"):
            entities[number] = target, (mqtt.discovery_topic(node, number), b"")
        for number, (target, message) in entities.items():
            if self._pauses.holds(target, began := self.now()):
                continue
            if why := mqtt.publish(target, message, retain=True):
                self._pause(target, why, began)
                continue
            self._announced[number] = message
            with transaction(library):
                library.execute("DELETE FROM withdrawn WHERE rule = ?", (number,))


def _shown(whom: str | int) -> str:
    """An address, without its password, or a rule."""
    return f"rule {whom}" if isinstance(whom, int) else events.without_password(whom)


def _pause_s(failures: int) -> float:
    """How long to wait after so many failures in a row."""
    return min(FIRST_S * 2 ** min(failures - 1, 20), LONGEST_S)


def send(rule: Rule, message: Mapping[str, Any], node: str, now: float) -> str:
    """Send one message of a rule, JSON whose "id" tells it from others; why it wasn't taken, "" if it was.

    `node` as of `mqtt.node_of`; `now`: seconds since 1970. By http it goes to exactly this address: an answer that
    redirects is a failure, nothing is followed. The reason names no password.

        X-PVChat-Delivery: the delivery's id, the same at each try
        X-PVChat-Signature: t=1764403200,v1=…      HMAC-SHA256 of "1764403200." + body by the rule's secret, in hex
    """
    if rule.target.startswith("mqtt"):
        return mqtt.publish(rule.target, mqtt.state(rule, node, message))
    parts, body = urlsplit(rule.target), json.dumps(dict(message), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "X-PVChat-Delivery": str(message["id"])}
    headers["X-PVChat-Signature"] = signature(rule.secret, body, int(now))
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"not reached ({getattr(error, 'strerror', None) or type(error).__name__})"
    if 300 <= status < 400:
        return f"{_ANSWERED} {status}: it redirects, which isn't followed"
    return "" if status < 300 else f"{_ANSWERED} {status}"


def signature(secret: str, body: bytes, at: int) -> str:
    """The header that whoever receives checks: when it was sent, and that by whoever knows the secret."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def _claim_next(library: sqlite3.Connection, now: float, held: Collection[int]) -> Claim | None:
    """Claim the oldest delivery that is due, but for rules `held`; later than ever: the clock was set back."""
    due = (
        "SELECT id FROM deliveries WHERE state = 'waiting' AND (due <= ? OR due > ?) "
        "AND rule NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT 1"
    )
    values = (now, now + LONGEST_S, json.dumps(list(held)))
    if library.execute(due, values).fetchone() is None:
        return None  # most often; then nobody who writes is disturbed
    claim = f"UPDATE deliveries SET due = ?, tries = tries + 1 WHERE id = ({due})"
    with transaction(library):
        words = f"{claim} RETURNING id, uid, event, rule, tries"
        found: list[Claim] = library.execute(words, (now + LEASE_S, *values)).fetchall()  # to its end, before COMMIT
    return found[0] if found else None
