"""A second process that watches this one: Ctrl-C and SIGTERM always end it, and a hang is reported.

Long work is done inside `working`, and `beat` is called as it goes on. If there was no beat for minutes, a sentence on
stderr says so, and a file shows where every thread is. A program that doesn't react to a signal is killed.

A native call that hangs may hold Python's lock, so that no thread and no signal handler of its process runs. So another
process watches, forked before there are threads. It reads signals from a pipe that Python's C code fills
(`signal.set_wakeup_fd`), and the places of threads from one that `faulthandler` fills. It measures time by its own
ticks, so that a computer that slept, or a program that was stopped, doesn't count as hanging. On systems without fork
(Windows) nothing is watched.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pvchat.config import home

FILE = "hang.txt"  # in the home folder: where the threads were when something hung; no names, no pictures
TICK_S = 1.0
STALLED_S = 300.0  # for what is being worked on to go on
HINT_S = 5.0  # after a signal, until people are told that a second one helps
ENDING_S = 60.0  # after a signal, for the program to end by itself; a server gives what runs there 53 s
AT_ONCE_S = 3.0  # the same after the second signal
_BEAT_S = 1.0  # beats that follow faster aren't passed on
_SILENCE_S = 1.0  # after so much of it faulthandler has written all
_READ_BYTES = 65536

_words = -1  # the pipe to whoever watches; -1: nobody does
_last_beat = 0.0


def start() -> None:
    """Start to watch this process; to be called in the main thread, before there are others."""
    global _words
    if not hasattr(os, "fork") or _words >= 0:
        return
    signals, words, places = os.pipe(), os.pipe(), os.pipe()
    if os.fork() == 0:  # the whole life of the second process
        try:
            for pipe in (signals, words, places):
                os.close(pipe[1])
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):  # meant for the other one
                signal.signal(number, signal.SIG_IGN)
            for stream in (0, 1):  # whoever reads the output waits until nobody can write to it
                with suppress(OSError):
                    os.close(stream)
            _Watch(os.getppid(), signals[0], words[0], places[0]).run()
        finally:
            os._exit(0)
    for pipe in (signals, words, places):
        os.close(pipe[0])
        os.set_blocking(pipe[1], False)
    _words = words[1]
    signal.set_wakeup_fd(signals[1], warn_on_full_buffer=False)
    faulthandler.register(signal.SIGUSR2, file=places[1], all_threads=True)
    os.register_at_fork(after_in_child=_stop_being_watched)


@contextmanager
def working(what: str) -> Iterator[None]:
    """Inside, work is done that should make progress; `what`: e.g. "Looking at a.mp4", begins the message of a hang."""
    shown = "".join(c if c.isprintable() else "?" for c in what[:200])
    _send(f"+{shown}")
    try:
        yield
    finally:
        _send(f"-{shown}")


def beat() -> None:
    """Report that the work makes progress."""
    global _last_beat
    if _words >= 0 and (now := time.monotonic()) - _last_beat >= _BEAT_S:
        _last_beat = now
        _send(".")


@contextmanager
def without_time_limit() -> Iterator[None]:
    """Inside, the first signal asks for an orderly end, without a time limit; the second one ends the program."""
    _send("unhurried")
    try:
        yield
    finally:
        _send("hurried")


def _send(word: str) -> None:
    if _words >= 0:
        with suppress(OSError):  # whoever watched is gone, or has much to read
            os.write(_words, f"{word}\n".encode(errors="replace"))


def _stop_being_watched() -> None:
    """In a process forked from this one: stop being watched."""
    global _words
    _words = -1
    with suppress(ValueError):  # only a main thread may
        signal.set_wakeup_fd(-1)


class _Watch:
    """Reads the messages of the watched process, and counts the seconds without any."""

    def __init__(self, watched: int, signals: int, words: int, places: int) -> None:
        self.watched, self.signals, self.words, self.places = watched, signals, words, places
        self.at_work: list[str] = []
        self.still_s = self.ending_s = 0.0
        self.count = 0  # of signals
        self.hurried, self.hinted, self.reported = True, False, False

    def run(self) -> None:
        while os.getppid() == self.watched:
            before = time.monotonic()
            ready, _, _ = select.select([self.signals, self.words], [], [], TICK_S)
            if self.words in ready and not self._read_words():
                return
            if self.signals in ready:
                came = sum(number in (signal.SIGINT, signal.SIGTERM) for number in os.read(self.signals, _READ_BYTES))
                if came and self.count < 2:  # further ones put nothing off
                    self.ending_s = 0.0
                self.count += came
            self._count(min(time.monotonic() - before, 2 * TICK_S))

    def _read_words(self) -> bool:
        """Read messages; False if the other process is gone."""
        read = os.read(self.words, _READ_BYTES)
        for word in read.decode(errors="replace").splitlines():
            if word.startswith("+"):
                self.at_work.append(word[1:])
            elif word[1:] in self.at_work:
                self.at_work.remove(word[1:])
            elif word in ("hurried", "unhurried"):
                self.hurried, self.count = word == "hurried", 0
            self.still_s, self.reported = 0.0, False
        return bool(read)

    def _count(self, seconds: float) -> None:
        self.still_s += seconds if self.at_work else 0.0
        if self.still_s >= STALLED_S and not self.reported:
            self.reported, minutes = True, STALLED_S / 60
            _say(f"{self.at_work[-1]} hasn't gone on for {minutes:g} minutes. {self._saved()} Ctrl-C ends it.")
        if not self.count:
            return
        self.ending_s += seconds
        if self.count == 1 and self.ending_s >= HINT_S and not self.hinted:
            self.hinted = True
            _say("Ending; Ctrl-C again ends it at once.")
        limit = AT_ONCE_S if self.count > 1 else ENDING_S if self.hurried else float("inf")
        if self.ending_s >= limit:
            _say(f"The program didn't end by itself, so it is ended now. {self._saved()}")
            os.kill(self.watched, signal.SIGKILL)

    def _saved(self) -> str:
        """Save where the threads are; returns a sentence about that."""
        path = home() / FILE
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(self._threads())
        except OSError as error:
            return f"What it was doing can't be saved ({error.strerror or error})."
        return f"What it was doing is saved in {path}."

    def _threads(self) -> bytes:
        """The stack traces of the other process, by `faulthandler`."""
        os.kill(self.watched, signal.SIGUSR2)
        written = b""
        while select.select([self.places], [], [], _SILENCE_S)[0] and (read := os.read(self.places, _READ_BYTES)):
            written += read
        return written


def _say(text: str) -> None:
    with suppress(OSError):
        os.write(2, f"{text}\n".encode(errors="replace"))
