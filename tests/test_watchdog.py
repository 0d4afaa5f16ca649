"""A hang is named, and a signal ends it: also where a native call holds Python's lock, so that no Python code runs."""

from __future__ import annotations

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

def hanging_expert():
    print("there", flush=True)
    mutex = ctypes.create_string_buffer(128)
    for _ in range(2):  # a native call that waits for ever and keeps Python's lock
        ctypes.PyDLL(None).pthread_mutex_lock(mutex)
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
    """What it said on stderr until its end: of whoever watched it, too."""
    return process.communicate(timeout=LONGEST_S)[1]


@pytest.mark.slow
def test_what_hangs_is_named_and_the_threads_are_saved(pvchat_home: Path) -> None:
    code = "with watchdog.working('Looking at a\\x1b.mp4'): hanging_expert()"
    process = started(code, "watchdog.STALLED_S = 3")
    assert process.stderr is not None
    line = process.stderr.readline()
    file = pvchat_home / watchdog.FILE
    assert line.startswith("Looking at a?.mp4 hasn't gone on for 0.05 minutes. ")
    assert line.endswith(f"What it was doing is saved in {file}. Ctrl-C ends it.\n")
    assert "in hanging_expert" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    process.send_signal(signal.SIGINT)
    for _ in range(100):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    assert "Traceback" not in told(process)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_a_hang_too(pvchat_home: Path, number: int) -> None:
    process = started(
        f"signal.signal({int(number)}, lambda *_: None); hanging_expert()", "watchdog.HINT_S, watchdog.ENDING_S = 1, 3"
    )
    process.send_signal(number)
    said = told(process).splitlines()
    assert said[0] == "Ending; Ctrl-C again ends it at once."
    assert said[1].startswith("The program didn't end by itself, so it is ended now. What it was doing is saved in ")
    assert "in hanging_expert" in (pvchat_home / watchdog.FILE).read_text()


@pytest.mark.slow
def test_what_goes_on_is_left_alone(pvchat_home: Path) -> None:
    code = """
print("there", flush=True)
with watchdog.working("Looking at a.mp4"):
    for _ in range(40):
        time.sleep(0.2)
        watchdog.beat()
time.sleep(8)  # nothing is being done
"""
    process = started(code, "watchdog.STALLED_S = 5")
    assert told(process) == ""
    assert process.returncode == 0
    assert not (pvchat_home / watchdog.FILE).exists()


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
    process = started(code, "watchdog.HINT_S, watchdog.ENDING_S = 60, 2")
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=LONGEST_S)
    assert (out, said, process.returncode) == ("kept\n", "", 0)


def test_a_process_that_heeds_a_signal_ends_by_itself(pvchat_home: Path) -> None:
    process = started("print('there', flush=True); time.sleep(600)")
    process.send_signal(signal.SIGINT)
    assert told(process).endswith("KeyboardInterrupt\n")
    assert not (pvchat_home / watchdog.FILE).exists()


def test_a_look_is_watched_while_it_lasts(monkeypatch: pytest.MonkeyPatch, studio, chat) -> None:
    said: list[str] = []
    monkeypatch.setattr(watchdog, "_words", 1)
    monkeypatch.setattr(watchdog, "_send", said.append)
    chat.ask(studio.clip("party", 1), "Is Ana there?")
    assert said[0] == "+Looking at party.mp4"
    assert said[-1] == "-Looking at party.mp4"
    assert said.count("+Looking at party.mp4") == said.count("-Looking at party.mp4")
