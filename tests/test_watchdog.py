"""Where something hangs is noted, also where a native call holds Python's lock; a second signal ends native code."""

from __future__ import annotations

import faulthandler
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from make_people import posix

from pvchat import watchdog

REPO = Path(__file__).parents[1]
LONGEST_S = 120.0
START = """
import ctypes, signal, sys, time
from pvchat import watchdog
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where whoever runs the tests ignores Ctrl-C
{limits}
watchdog.start()

def hanging_expert(library):
    print("there", flush=True)
    mutex = ctypes.create_string_buffer(128)
    for _ in range(2):  # a native call that waits for ever
        library(None).pthread_mutex_lock(mutex)
"""
pytestmark = posix


def started(code: str, limits: str = "") -> subprocess.Popen[str]:
    """A watched process that runs this, once it has said that it is there."""
    words = [sys.executable, "-c", START.format(limits=limits) + code]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPO)
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def told(process: subprocess.Popen[str]) -> str:
    """What it said on stderr until its end."""
    return process.communicate(timeout=LONGEST_S)[1]


@pytest.mark.slow
def test_where_the_threads_hang_is_noted_though_python_stands_still(pvchat_home: Path) -> None:
    code = "with watchdog.working(): hanging_expert(ctypes.PyDLL)"  # keeps Python's lock
    process = started(code, "watchdog.STALLED_S = 2")
    file, before = pvchat_home / watchdog.FILE, time.monotonic()
    while "in hanging_expert" not in file.read_text() and time.monotonic() - before < LONGEST_S:
        time.sleep(0.2)
    assert "in hanging_expert" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    process.kill()
    assert told(process) == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_native_code(pvchat_home: Path, number: int) -> None:
    code = f"signal.signal({int(number)}, lambda *_: None); hanging_expert(ctypes.CDLL)"
    process = started(code, "watchdog.HINT_S, watchdog.AT_ONCE_S = 1, 1")
    process.send_signal(number)
    assert process.stderr is not None
    assert process.stderr.readline() == "Ending; Ctrl-C again ends it at once.\n"
    assert process.poll() is None
    process.send_signal(number)
    assert told(process) == ""
    assert process.returncode == 128 + number


def test_a_second_signal_is_heeded_where_nobody_can_be_told() -> None:
    code = "signal.signal(signal.SIGINT, lambda *_: None); import os; os.close(2); hanging_expert(ctypes.CDLL)"
    process = started(code, "watchdog.HINT_S, watchdog.AT_ONCE_S = 0.2, 0.2")
    process.send_signal(signal.SIGINT)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    assert process.wait(LONGEST_S) == 128 + signal.SIGINT


@pytest.mark.slow
def test_what_goes_on_is_left_alone(pvchat_home: Path) -> None:
    code = """
print("there", flush=True)
with watchdog.working():
    for _ in range(40):
        time.sleep(0.2)
        watchdog.beat()
time.sleep(8)  # nothing is being done
"""
    process = started(code, "watchdog.STALLED_S = 5")
    assert told(process) == ""
    assert process.returncode == 0
    assert (pvchat_home / watchdog.FILE).read_text() == ""


@pytest.mark.slow
def test_a_training_ends_orderly_however_long_that_takes(pvchat_home: Path) -> None:
    code = """
from pvchat.train.signals import stopping
with stopping() as stop:
    print("there", flush=True)
    stop.wait()
    time.sleep(6)
time.sleep(3)
print("kept")
"""
    process = started(code, "watchdog.HINT_S, watchdog.AT_ONCE_S = 60, 2")
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=LONGEST_S)
    assert (out, said, process.returncode) == ("kept\n", "", 0)


def test_a_process_that_heeds_a_signal_ends_by_itself(pvchat_home: Path) -> None:
    process = started("print('there', flush=True); time.sleep(600)")
    process.send_signal(signal.SIGINT)
    assert told(process).endswith("KeyboardInterrupt\n")
    assert not (pvchat_home / watchdog.FILE).exists()


def test_a_look_is_watched_while_it_lasts(monkeypatch: pytest.MonkeyPatch, studio, chat, pvchat_home: Path) -> None:
    said: list[str] = []
    monkeypatch.setattr(watchdog, "_started", True)
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda *_, **__: said.append("+"))
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: said.append("-"))
    chat.ask(studio.clip("party", 1), "Is Ana there?")
    assert said[0] == "+"
    assert said[-1] == "-"
    assert watchdog._at_work == 0
