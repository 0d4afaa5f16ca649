"""The tables of a library of videos: made new, or brought from an earlier version to today's by numbered steps.

In: a connection to a library, within a transaction. Out: today's tables, with all rows that there were. Whoever changes
`library.sql` adds a step, and the tables of before to `tests/old_tables`. No copy of the file is made first: SQLite
takes back what fails, also where the disk is full or the process is killed, and a copy would keep who is forgotten.
"""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pvchat.errors import PVChatError
from pvchat.storage import private

_TABLES = Path(__file__).with_name("library.sql")
# Each changes the tables of the number before; new tables, indexes, triggers and views come from `library.sql` then.
STEPS = {
    6: """
ALTER TABLE tracks ADD COLUMN covered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tracks ADD COLUMN masked INTEGER NOT NULL DEFAULT 0;
UPDATE tracks SET masked = features(facts) LIKE '%''a face mask''%';
UPDATE tracks SET covered = masked OR features(facts) LIKE '%''a hat''%' OR features(facts) LIKE '%''sunglasses''%';
""",
    7: """
ALTER TABLE people ADD COLUMN version TEXT NOT NULL DEFAULT '';
ALTER TABLE acts ADD COLUMN version TEXT NOT NULL DEFAULT '';
UPDATE people SET version = ref;
UPDATE acts SET ref = id_now(ref), version = id_now(ref);
UPDATE groups SET ref = id_now(ref);
UPDATE events SET ref = id_now(ref);
UPDATE rules SET ref = id_now(ref);
""",
}
NEWEST, OLDEST = max(STEPS), min(STEPS) - 1


def migrate(library: sqlite3.Connection, before: int, people: Path) -> None:
    """Make the tables (`before` is 0), or change those of this number; `people`: the folder of people beside them."""
    ids = dict[str, str]()  # whose an id is now: until version 7 she got another one whenever she changed
    for path in people.glob("*/config.json") if before else ():
        with suppress(OSError, ValueError, AttributeError, TypeError, PVChatError):  # the people store tells of it
            ids |= dict.fromkeys(json.loads(private.read(path)).get("earlier", ()), path.parent.name)
    library.create_function("id_now", 1, lambda ref: ids.get(ref, ref))
    library.create_function("features", 1, _features)
    words = "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    for kind, name in library.execute(words).fetchall():
        library.execute(f'DROP {kind} "{name}"')
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


def _features(facts: bytes) -> str:
    """What the head of a track wears, as it was kept; nothing of a damaged row, which may not lock the library."""
    try:
        return str(json.loads(zlib.decompress(facts))["facts"]["features"])
    except (zlib.error, ValueError, KeyError, TypeError):
        return ""
