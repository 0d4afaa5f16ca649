"""What the user did about groups of strangers, and taking it back.

In: the tables, numbers of groups and tracks. Out: changed rows. Each act keeps which tracks were in which group before
it; of people it keeps their ids alone. What is deleted from the library is gone from here too (`ON DELETE CASCADE`).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from pvchat.library.strangers import drop_empty, json_list, members_of
from pvchat.storage.library import LibraryError, transaction

MAX_ACTS = 50  # acts that can be taken back, one after the other


@dataclass(frozen=True)
class Act:
    """One thing that was done."""

    number: int
    what: str  # "name", "join", "deny", "ignore", "merge" or "split"
    group: int  # which it was done to
    ref: str  # id of the person whom it was about; "" for nobody
    count: int  # corrections of hers that it made


def record(library: sqlite3.Connection, what: str, *groups: int, ref: str = "", count: int = 0) -> None:
    """Record an act and which tracks were in its groups before; from now on these stay there by the user's word.

    Within a change; raises LibraryError where there is no such group.
    """
    rows = members_of(library, groups)
    if missing := {*groups} - {group for _, group, _ in rows}:
        raise LibraryError("there is no such group.", subject=str(min(missing)), hint="Look: pvchat library inbox")
    words = 'INSERT INTO acts(act, "group", ref, count) VALUES (?, ?, ?, ?)'
    act = library.execute(words, (what, groups[0], ref, count)).lastrowid
    library.executemany("INSERT INTO members_before VALUES (?, ?, ?, ?)", [(act, *row) for row in rows])
    marks = 'UPDATE members SET said = 1 WHERE "group" IN (SELECT value FROM json_each(?))'
    library.execute(marks, (json_list(groups),))
    library.execute("DELETE FROM acts WHERE id <= (SELECT max(id) FROM acts) - ?", (MAX_ACTS,))


def record_about_person(library: sqlite3.Connection, what: str, group: int, ref: str, count: int = 0) -> None:
    """Note that a group was named ("name"), joined to somebody ("join") or said not to be her ("deny")."""
    with transaction(library):
        record(library, what, group, ref=ref, count=count)
        if what != "deny":
            library.execute("UPDATE groups SET ref = ? WHERE id = ?", (ref, group))


def update_person_id(library: sqlite3.Connection, before: str, now: str) -> None:
    """Somebody has another id, since she was changed from here."""
    with transaction(library):
        for table in ("acts", "groups"):
            library.execute(f"UPDATE {table} SET ref = ? WHERE ref = ?", (now, before))


def last(library: sqlite3.Connection) -> Act | None:
    """The newest act that can be taken back."""
    row = library.execute('SELECT id, act, "group", ref, count FROM acts ORDER BY id DESC LIMIT 1').fetchone()
    return None if row is None else Act(*row)


def take_back(library: sqlite3.Connection, act: Act) -> None:
    """Put every track back where it was before an act, and drop the act."""
    with transaction(library):
        words = 'SELECT "group", said, track FROM members_before WHERE act = ?'
        rows = library.execute(words, (act.number,)).fetchall()
        library.executemany("INSERT OR IGNORE INTO groups(id) VALUES (?)", {(group,) for group, _, _ in rows})
        library.executemany('UPDATE members SET "group" = ?, said = ? WHERE track = ?', rows)
        if act.what == "ignore":
            library.execute("UPDATE groups SET ignored = 0 WHERE id = ?", (act.group,))
        if act.what in ("name", "join"):
            library.execute("UPDATE groups SET ref = '' WHERE id = ?", (act.group,))
        library.execute("DELETE FROM acts WHERE id = ?", (act.number,))
        drop_empty(library)
