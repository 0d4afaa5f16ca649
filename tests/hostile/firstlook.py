"""First looks of fresh processes with the real weights beside a busy loop: none may hang.

Two threads that called OpenVINO first at the same time froze 2 of 14 enrollments and 4 of 45 questions.
`PVCHAT_HOSTILE_LOOKS` says how many are tried; without the weights nothing is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from real_weights import WEIGHTS_HOME
from test_first_use import busy_loop, ends

from pvchat.assets import footage, weights

from . import Outcome

LOOKS = int(os.environ.get("PVCHAT_HOSTILE_LOOKS", "50"))
REPO = Path(__file__).parents[2]


def run(home: Path) -> Iterator[Outcome]:
    """`ask` and `enroll` in turn, each in a new process that knows nothing of the clip."""
    (home / "weights").symlink_to(WEIGHTS_HOME / "weights", target_is_directory=True)
    if weights.missing():
        yield Outcome("first looks", "none hangs", "not tried: the weights aren't here", True)
        return
    clip = footage.build(home / "footage")["astronaut"]
    with busy_loop():
        for case, words in {
            "ask": ("ask", str(clip), "Who is there?"),
            "enroll": ("enroll", str(clip), "--name", "Ana", "--replace"),
        }.items():
            ends = [_end(home, *words) for _ in range(LOOKS // 2)]
            hung = ends.count(None)
            got = f"{hung} of {len(ends)} hang, {ends.count(0)} are answered"
            yield Outcome(f"first looks of fresh processes: {case}", "none hangs", got, not hung)


def _end(home: Path, *words: str) -> int | None:
    """The exit code of a process that begins from nothing but weights and people; None: it hung."""
    shutil.rmtree(home / "cache", ignore_errors=True)
    path = f"{REPO}{os.pathsep}{REPO / 'app'}"
    env = {**os.environ, "PVCHAT_HOME": str(home), "PYTHONPATH": path, "OMP_NUM_THREADS": "2"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, "-m", "pvchat", *words], env=env, cwd=REPO, stdout=quiet, stderr=quiet)
    return process.returncode if ends(process) else None
