"""What forgetting somebody leaves, since its place is the user's or nobody wrote it down: to be told, not deleted.

In: names. Out: a sentence; folders of evaluations that name her, among those that the app made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pvchat.config import home
from pvchat.people.person import name_key

ELSEWHERE = (
    "Not deleted, since they lie where you put them: evaluations (eval --out) whose clips show this person, exported "
    "files and conversations. Delete those yourself."
)


def evaluations_of(names: Iterable[str]) -> list[Path]:
    """The folders below `$PVCHAT_HOME/evaluations` whose questions are about somebody of one of these names."""
    keys = {name_key(name) for name in names}
    found = []
    for path in sorted((home() / "evaluations").glob("*/questions.jsonl")):
        try:
            rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            about = {name_key(name) for row in rows for name in (*row["people"], *row["present"])}
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found += [path.parent] if about & keys else []
    return found
