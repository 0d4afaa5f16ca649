"""OpenVINO's first use in a process, by two threads at once: plain it freezes now and then; through our door, never."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
PROCESSES, AT_ONCE = 50, 2
STILL_S = 120.0  # who hasn't computed for so long is frozen, however busy the machine is
RACE = """
import threading
import numpy as np
from pvchat.perception.experts import networks

def twice(openvino):
    ops = openvino.opset13
    rows = ops.parameter([1, 4], np.float32)
    return openvino.Model([ops.add(rows, rows).output(0)], [rows])

network, together, answers = networks.built(twice)(), threading.Barrier(2), []

def call():
    together.wait()
    answers.append(network(np.ones((1, 4), np.float32))[0].tolist())

threads = [threading.Thread(target=call) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert answers == [[[2.0] * 4]] * 2, answers
"""


@contextmanager
def busy_loop() -> Iterator[None]:
    """Another process that computes without a pause: on an idle machine the threads hardly ever meet."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def ends(process: subprocess.Popen[bytes]) -> bool:
    """Wait until a process ends, or is frozen: then it is killed."""
    stat, before = Path(f"/proc/{process.pid}/stat"), None
    while process.poll() is None:
        now = stat.read_text().rpartition(")")[2].split()[11:13] if stat.exists() else None  # ticks computed so far
        try:
            process.wait(STILL_S)
        except subprocess.TimeoutExpired:
            if now == before:
                process.kill()
                process.wait()
                return False
            before = now
    return True


def frozen(count: int) -> int:
    """How many of `count` fresh processes never end."""
    left, hung = count, 0
    while left:
        started = [subprocess.Popen([sys.executable, "-c", RACE], cwd=REPO) for _ in range(min(AT_ONCE, left))]
        left -= len(started)
        for process in started:
            if ends(process):
                assert process.returncode == 0
            else:
                hung += 1
    return hung


@pytest.mark.slow
def test_two_threads_that_call_first_never_freeze() -> None:
    with busy_loop():
        assert frozen(PROCESSES) == 0
