"""What an attacker, a full kill and a curious successor try, as matrices: `python -m tests.hostile [MATRIX …]`.

In: a matrix's name. Out: a table, a line a case, and exit code 1 when one case didn't hold. `tests/test_hostile.py`
holds the same. A matrix is a function in a module of this package: it gets an empty folder, which is
`$PVCHAT_HOME` too, and yields an `Outcome` a case. A new one is one line in `MATRICES`.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pvchat import config

MATRICES = {  # name: module of this package that has a `run`
    "kill": "kill",
    "library": "library",
    "endurance": "endurance",
    "media": "media",
    "mcp": "tools",
    "homes": "homes",
    "clocks": "clocks",
    "network": "network",
    "import": "imports",
    "forget": "forget",
    "firstlook": "firstlook",
}
WEIGHTS_HOME = Path(os.environ.get("PVCHAT_TEST_WEIGHTS_HOME") or config.home()).absolute()


@dataclass(frozen=True)
class Outcome:
    """What came of one case.

    Attributes:
        case: what was tried.
        expected: what must come of it.
        got: what came of it.
        held: whether that is as expected.
    """

    case: str
    expected: str
    got: str
    held: bool


Matrix = Callable[[Path], Iterator[Outcome]]


def matrix(name: str) -> Matrix:
    """The function of a matrix."""
    found: Matrix = importlib.import_module(f"{__name__}.{MATRICES[name]}").run
    return found


def rounds() -> int:
    """How many kills a case has."""
    return int(os.environ.get("PVCHAT_HOSTILE_ROUNDS", "10"))


def outcomes(name: str, home: Path) -> Iterator[Outcome]:
    """Run one matrix in an empty folder, which is `$PVCHAT_HOME` meanwhile."""
    before = os.environ.get("PVCHAT_HOME")
    os.environ["PVCHAT_HOME"] = str(home)
    try:
        yield from matrix(name)(home)
    finally:
        if before is None:
            del os.environ["PVCHAT_HOME"]
        else:
            os.environ["PVCHAT_HOME"] = before
