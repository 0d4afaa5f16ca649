"""`library.events`: what happened before cameras, the rules about it, and what was told to whom.

In: rules as words ("somebody unknown is seen at night"), numbers of events. Out: events as JSON, whose "id" counts up:
`since` gives those that came after one.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from pvchat.library.live import courier, events, mqtt
from pvchat.library.live.events import PAGE, Rule
from pvchat.schemas import Service
from pvchat.storage.library import LibraryError, transaction

Opened = Callable[[], AbstractContextManager[sqlite3.Connection]]


class EventLog:
    """Events and rules of a library, of which `opened` opens the tables."""

    def __init__(self, chat: Service, opened: Opened) -> None:
        self.chat, self._opened = chat, opened

    def since(self, number: int = 0, most: int = 100) -> list[dict[str, Any]]:
        """The events after the one of this number, in order, as JSON."""
        with self._opened() as library:
            return events.since(library, self.chat.people.ids(), number, most)

    def last(self, most: int = 20) -> list[dict[str, Any]]:
        """The last events, in order, as JSON."""
        return self.since(-most) if most > 0 else []

    def add(
        self,
        text: str,
        target: str = PAGE,
        *,
        sources: Sequence[str] = (),
        hours: str = "",
        least: float = 0.0,
        quiet_s: float = events.QUIET_S,
        secret: str = "",
    ) -> Rule:
        """Add a rule: "Ana is seen", "Ben leaves", "somebody unknown is seen at night".

        Args:
            text: what is told.
            target: an address of http, https, mqtt or mqtts; or "page".
            sources: places or addresses of cameras; none: all.
            hours: of the day, local, as "22:00-06:00"; "": always.
            least: probability from which.
            quiet_s: seconds after one event in which no other of the same camera is told.
            secret: that signs what is sent by http; one is made if "".

        Raises:
            LibraryError: it can't be read, nobody has the name, or a field is off.
        """
        ids = {one.name: one.id for one in self.chat.people.snapshot().people}
        fields = {"sources": tuple(sources), "hours": hours, "least": least, "quiet_s": quiet_s}
        signed = secret or (secrets.token_hex(32) if target.startswith("http") else "")
        rule = events.read_rule(text, ids, target=target, secret=signed, **fields)
        row = (rule.kind, rule.ref, json.dumps(rule.sources), rule.hours, least, quiet_s, target, signed)
        with self._opened() as library, transaction(library):
            number = library.execute("INSERT INTO rules VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row).lastrowid
        assert number is not None
        return replace(rule, id=number)

    def rules(self) -> list[dict[str, Any]]:
        """All rules as JSON, without secrets and passwords."""
        with self._opened() as library:
            return [rule.to_dict(self.chat.people.ids()) for rule in events.rules(library)]

    def remove(self, number: int) -> None:
        """Delete a rule, and what waits to be told by it; raises LibraryError where there is none."""
        with self._opened() as library, transaction(library):
            if not library.execute("DELETE FROM rules WHERE id = ?", (number,)).rowcount:
                raise _no_rule(number)

    def test(self, number: int) -> str:
        """Send a made-up event by a rule; why it wasn't taken, "" if it was. Raises LibraryError for no such rule."""
        with self._opened() as library:
            rule = next((one for one in events.rules(library) if one.id == number), None)
        if rule is None:
            raise _no_rule(number)
        name, now = self.chat.people.ids().get(rule.ref, ""), time.time()
        row = {"kind": rule.kind, "name": name, "text": events.said(rule.kind, name), "test": True}
        row |= {"id": f"test-{number}-{int(now)}", "rule": number}
        return courier.send(rule, row, mqtt.node_of(self.chat.people.root), now)

    def deliveries(self, most: int = 50) -> list[dict[str, Any]]:
        """The last deliveries as JSON, the newest first, and what came of each one's last try."""
        words = (
            "SELECT d.uid, d.event, d.rule, d.state, d.tries, coalesce((SELECT a.outcome FROM attempts AS a "
            "WHERE a.delivery = d.id ORDER BY a.at DESC LIMIT 1), '') FROM deliveries AS d ORDER BY d.id DESC LIMIT ?"
        )
        names = ("id", "event", "rule", "state", "tries", "outcome")
        with self._opened() as library:
            return [dict(zip(names, row, strict=True)) for row in library.execute(words, (most,))]


def _no_rule(number: int) -> LibraryError:
    return LibraryError("there is no such rule.", subject=str(number), hint="pvchat events list shows them.")
