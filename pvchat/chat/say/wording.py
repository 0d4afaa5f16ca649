"""The one table of wording, `wording.json`: what is said of kinds of questions, measures, places and things.

In: a part of the table, a key. Out: words, with the table's "{…}" filled.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

ASK = "ask me who is in this video, what they wear, what they do or where they are"


def wording(part: str, key: str | None, **fills: str) -> str:
    """What the table says to a key; to one that isn't in it what it says to "", or nothing."""
    row = table()[part]
    text: str = row.get(key or "", row.get("", ""))
    return text.format(ask=ASK, **fills)


def words(kind: str) -> tuple[str, ...]:
    """The words of a kind that the table lists: things told "on" and not "in", garments told in the plural."""
    return tuple(table()["words"][kind])


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, Any]]:
    """The whole table."""
    found: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return found
