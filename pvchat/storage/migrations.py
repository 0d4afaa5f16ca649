"""The tables of a library of videos: made new, or brought from an earlier version to today's by numbered steps.

In: a connection to a library, within a transaction. Out: today's tables, with all rows that there were. Whoever changes
`library.sql` adds a step, and the tables of before to `tests/old_tables`. No copy of the file is made first: SQLite
takes back what fails, also where the disk is full or the process is killed, and a copy would keep who is forgotten.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pvchat.storage.packing import Layout, deflated

_TABLES = Path(__file__).with_name("library.sql")
# Each changes the tables of the number before; new tables, indexes, triggers and views come from `library.sql` then.
STEPS = {
    7: """
ALTER TABLE people ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE acts ADD COLUMN version TEXT NOT NULL DEFAULT '';
UPDATE people SET version = ref;
UPDATE acts SET version = ref;
""",
    8: """
UPDATE tracks SET looks = deflated(looks) WHERE looks <> x'';
UPDATE clips SET frame = eight_bits(frame);
UPDATE clips SET stale = 1 WHERE id IN (SELECT clip FROM facts WHERE attribute = 'deed' AND of <> '');
DELETE FROM facts WHERE attribute = 'deed' AND of <> '';
ALTER TABLE odds RENAME TO odds_before;
CREATE TABLE odds(
  block INTEGER NOT NULL, who INTEGER NOT NULL, odds BLOB NOT NULL, PRIMARY KEY(block, who));
INSERT INTO odds SELECT * FROM odds_before ORDER BY block, who;
DROP TABLE odds_before;
""",
}
NEWEST, OLDEST = max(STEPS), min(STEPS) - 1


def migrate(library: sqlite3.Connection, before: int) -> None:
    """Make the tables (`before` is 0), or change those of this number."""
    words = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    for kind, name in library.execute(words).fetchall():
        library.execute(f'DROP {kind} "{name}"')
    library.create_function("deflated", 1, deflated)
    library.create_function("eight_bits", 1, _eight_bits)
    for number in range(before + 1, NEWEST + 1) if before else ():
        for statement in statements(STEPS[number]):
            library.execute(statement)
    for statement in statements(_TABLES.read_text(encoding="utf-8")):
        library.execute(re.sub("^CREATE (TABLE|INDEX) ", r"CREATE \1 IF NOT EXISTS ", statement, flags=re.M))
    library.execute(f"PRAGMA user_version = {NEWEST}")


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would end the transaction."""
    text = ""
    for line in script.strip().splitlines():
        text += f"{line}\n"
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def _eight_bits(vector: bytes) -> bytes:
    """A vector that was kept as float16."""
    return Layout(len(vector) // 2).packed(np.frombuffer(vector, np.float16)[None])
