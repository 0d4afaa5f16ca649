"""`library.events`: what happened before cameras, the rules about it, and what was told to whom.

In: rules as words ("somebody unknown is seen at night"), numbers of events. Out: events as JSON, whose "id" counts up:
`since` gives those that came after one.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Unpack

from pvchat.library.live import events
from pvchat.library.live.events import PAGE, Rule, RuleOptions
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
            return events.events_after(library, self.chat.people.ids(), number, most)

    def last(self, most: int = 20) -> list[dict[str, Any]]:
        """The last events, in order, as JSON."""
        return self.since(-most) if most > 0 else []

    def add(self, text: str, target: str = PAGE, **options: Unpack[RuleOptions]) -> Rule:
        """Add a rule: "Ana is seen", "Ben leaves", "somebody unknown is seen at night".

        Events go to `target`, an address of http, https, mqtt or mqtts, or "page". What is sent by http is signed with
        a secret, which is made where none is given. Raises LibraryError: it can't be read, nobody has the name, or an
        option is off.
        """
        ids = {one.name: one.id for one in self.chat.people.snapshot().people}
        rule = events.read_rule(text, ids, target, options)
        if target.startswith("http") and not rule.secret:
            rule = replace(rule, secret=secrets.token_hex(32))
        row = (rule.kind, rule.ref, json.dumps(rule.sources), rule.hours, rule.least, rule.quiet_s, rule.target,
               rule.secret)  # fmt: skip
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

    def deliveries(self, most: int = 50) -> list[dict[str, Any]]:
        """The last deliveries as JSON, the newest first, and what came of each one's last try."""
        last = "coalesce((SELECT outcome FROM attempts WHERE delivery = id ORDER BY at DESC LIMIT 1), '')"
        words = f"SELECT uid, event, rule, state, tries, {last} FROM deliveries ORDER BY id DESC LIMIT ?"
        names = ("id", "event", "rule", "state", "tries", "outcome")
        with self._opened() as library:
            return [dict(zip(names, row, strict=True)) for row in library.execute(words, (most,))]


def _no_rule(number: int) -> LibraryError:
    return LibraryError("there is no such rule.", subject=str(number), hint="pvchat events list shows them.")
