"""Where the program stands when something hangs, in a file; and a second Ctrl-C that ends it in native code, too.

Long work is done inside `working`, and `beat` is called as it goes on. If there was no beat for minutes, `faulthandler`
writes where every thread is, by a C thread, which runs even where a native call holds Python's lock.

Python's own handlers of signals run when the main thread leaves a native call. So another thread reads the signals that
C code notes (`signal.set_wakeup_fd`), and ends the process at the second one, unless that call holds Python's lock.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

from pvchat.config import home

FILE = "hang.txt"  # in the home folder: where the threads were when something hung; no names, no pictures
STALLED_S = 300.0  # for what is being worked on to go on
HINT_S = 5.0  # after a signal, until people are told that a second one helps
AT_ONCE_S = 3.0  # after the second signal, for the program to end by itself
THREAD = "watchdog"  # name of the thread that reads signals
_BEAT_S = 1.0  # beats that follow faster don't count

_started = False
_at_work = 0  # how many
_last_beat = 0.0
_lock = threading.Lock()


def start() -> None:
    """Start to watch this process; to be called in the main thread."""
    global _started
    ours, theirs = socket.socketpair()  # Windows takes nothing else
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.detach(), warn_on_full_buffer=False)
    threading.Thread(target=_end_at_second_signal, args=(ours,), name=THREAD, daemon=True).start()
    _started = True


@contextmanager
def working() -> Iterator[None]:
    """Inside, work is done that should make progress."""
    global _at_work
    with _lock:
        _at_work += 1
        _wind_up()
    try:
        yield
    finally:
        with _lock:
            _at_work -= 1
            if _started and not _at_work:
                faulthandler.cancel_dump_traceback_later()


def beat() -> None:
    """Report that the work makes progress."""
    if time.monotonic() - _last_beat >= _BEAT_S:
        with _lock:
            if _at_work:
                _wind_up()


def _wind_up() -> None:
    """Count the seconds without a beat anew."""
    global _last_beat
    _last_beat = time.monotonic()
    if _started:
        with suppress(OSError):  # a home that can't be written
            faulthandler.dump_traceback_later(STALLED_S, file=_file())


@cache
def _file() -> int:
    """The open file of a hang; empty until there was one."""
    home().mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(home() / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _end_at_second_signal(signals: socket.socket) -> None:
    came = 0
    while came < 2:
        try:
            number = signals.recv(1)[0]
        except TimeoutError:
            with suppress(OSError):  # a full disk, a closed terminal
                os.write(2, b"Ending; Ctrl-C again ends it at once.\n")
            signals.settimeout(None)
            continue
        came += number in (signal.SIGINT, signal.SIGTERM)
        signals.settimeout(HINT_S if came else None)
    time.sleep(AT_ONCE_S)
    os._exit(128 + number)
