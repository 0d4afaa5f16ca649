"""`python -m tests.hostile [MATRIX …]`: run the matrices (all of them without words) and print what held."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "app")]  # as pytest has it

from tests.hostile import MATRICES, outcomes  # noqa: E402


def main() -> int:
    """Print the tables; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("matrices", nargs="*", metavar="MATRIX", help=f"of {', '.join(MATRICES)}; all when none")
    logging.disable(logging.WARNING)  # each case's own line says what came of it
    names = parser.parse_args().matrices or list(MATRICES)
    if unknown := [name for name in names if name not in MATRICES]:
        parser.error(f"there is no matrix {', '.join(unknown)}")
    failed = sum(_show(name) for name in names)
    _say(f"\n{failed} case(s) did not hold." if failed else "\nEverything held.")
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _show(name: str) -> int:
    """Run one matrix and print it as it goes; returns how many cases didn't hold."""
    _say(f"\n{name}\n{'-' * len(name)}")
    failed, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pvchat-hostile-") as folder:
        try:
            for row in outcomes(name, Path(folder)):
                failed += not row.held
                _say(f"{'ok  ' if row.held else 'FAIL'} {row.case:<44} {row.expected:<28} {row.got}")
        except pytest.skip.Exception as reason:
            _say(f"skip {reason}")
    _say(f"     {time.monotonic() - started:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(main())
