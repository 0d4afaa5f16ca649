"""Device, threads, log and progress of a run. Nothing here imports torch before it is needed."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pvchat.errors import SettingsError

if TYPE_CHECKING:
    import torch
    from rich.progress import Progress, TaskID

DEVICES = ("auto", "cpu", "cuda", "mps")
# What Linux gives programs of an accelerator that torch knows: NVIDIA's driver (also Jetson's, and WSL's), AMD's.
_NODES = ("/dev/nvidiactl", "/dev/nvmap", "/dev/dxg", "/dev/kfd")
_CPUINFO = Path("/proc/cpuinfo")
PLAIN_EVERY_S = 5.0  # a progress display without a terminal says something this often
_processes = 1  # that share this machine's threads, this one among them


def pick_device(asked: str = "auto") -> str:
    """A name that `torch.device` takes, of "auto" (the fastest there is), "cpu", "cuda", "cuda:1" …, or "mps".

    Raises SettingsError where this machine, or its build of torch, has no such device.
    """
    kind, _, index = asked.partition(":")
    if kind not in DEVICES:
        raise SettingsError("there is no such device", subject=f"--device {asked}", hint=f"Use {_one_of(DEVICES)}.")
    # found out without torch, which takes seconds to load
    none = sys.platform == "linux" and not any(Path(node).exists() for node in _NODES)
    if asked == "cpu" or (asked == "auto" and none):
        return "cpu"
    have = available_devices()
    if asked == "auto":
        return have[0]
    import torch

    numbered = kind == "cuda" and kind in have and index.isdigit() and int(index) < torch.cuda.device_count()
    if asked not in have and not numbered:
        what, hint = "this machine, or its build of torch, doesn't have this device", f"It has {_one_of(have)}"
        raise SettingsError(what, subject=f"--device {asked}", hint=f"{hint}; `auto` takes {have[0]}.")
    return asked


def available_devices() -> tuple[str, ...]:
    """The kinds of device that torch can use here, fastest first; "cpu" is always the last."""
    import torch

    found = [("cuda", torch.cuda.is_available()), ("mps", torch.backends.mps.is_available()), ("cpu", True)]
    return tuple(name for name, there in found if there)


def best_dtype(device: str) -> torch.dtype:
    """The fastest dtype: torch.bfloat16 on accelerators and processors with matrix units, else torch.float32."""
    import torch

    if device.startswith("cuda"):
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    return getattr(torch, fastest_dtype_name(device))  # type: ignore[no-any-return]


def compact_dtype(device: str) -> torch.dtype:
    """The dtype for models that mostly generate text: torch.bfloat16 wherever there are instructions for it.

    Each word reads all weights, so half of the bytes outweighs slower products.
    """
    import torch

    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    if device == "cpu" and probe is not None and probe():
        return torch.bfloat16
    return best_dtype(device)


def fastest_dtype_name(device: str) -> str:
    """The name of `best_dtype`, without asking torch (which knows of graphics cards too old for bfloat16)."""
    return "bfloat16" if device.startswith("cuda") or (device == "cpu" and has_matrix_units()) else "float32"


def has_matrix_units() -> bool:
    """Whether the processor multiplies matrices in bfloat16 by units of their own (Intel's AMX).

    With vector instructions alone (AVX-512 BF16) float32 was two to four times as fast (docs/performance.md).
    """
    try:
        return "amx_bf16" in _CPUINFO.read_text(encoding="ascii", errors="replace").split()
    except OSError:  # no Linux: nothing is known
        return False


def usable_cores() -> int:
    """Cores that this process may really use: its affinity mask and its control group's quota count."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, max(1, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no control groups here, or no quota ("max")
        pass
    return cores


def threads() -> int:
    """Threads that may compute on this machine: `$OMP_NUM_THREADS`, else the usable cores."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else usable_cores()


def own_threads() -> int:
    """Threads that networks compute on together in this process: its share of `threads()`, see `share_threads`."""
    return max(1, threads() // _processes)


def share_threads(processes: int) -> None:
    """Note that so many processes compute on this machine in parallel; to be called before networks are loaded.

    Holds for NumPy and SciPy, too, whose OpenBLAS makes a thread for each core that waits spinning: threadpoolctl
    limits what is loaded already, the environment what is loaded later.
    """
    from threadpoolctl import threadpool_limits

    global _processes
    _processes = processes
    os.environ["OPENBLAS_NUM_THREADS"] = str(own_threads())
    threadpool_limits(own_threads(), "blas")


def set_threads(count: int | None = None) -> int:
    """Let torch compute on `count` threads (default: `threads()`); returns the number.

    Before torch is loaded that is said in `$OMP_NUM_THREADS`, which it reads then: loading takes seconds.
    """
    count = count or threads()
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(count)
    else:
        os.environ["OMP_NUM_THREADS"] = str(count)
    return count


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread: sums in one order, as the last bits depend on how many threads share them."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def setup_logging(verbosity: int = 0) -> None:
    """Send the log to stderr: warnings; from `-v` on information; from `-vv` on everything."""
    root = logging.getLogger("pvchat")
    root.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))
    root.propagate = False
    if not verbosity or not sys.stderr.isatty():  # rich takes a tenth of a second, and there may be nothing to say
        handler: logging.Handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    else:
        from rich.console import Console
        from rich.logging import RichHandler

        handler = RichHandler(console=Console(stderr=True, highlight=False), show_path=verbosity > 1, show_time=True)
    root.handlers = [handler]


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Inside, transformers shows no progress bars and no warnings: progress is shown by ours."""
    from transformers.utils import logging as untyped

    theirs: Any = untyped
    shown, level = theirs.is_progress_bar_enabled(), theirs.get_verbosity()
    theirs.disable_progress_bar()
    theirs.set_verbosity_error()
    try:
        yield
    finally:
        theirs.set_verbosity(level)
        if shown:
            theirs.enable_progress_bar()


class ProgressDisplay:
    """Shows what is being done, how much of it is done, and the time left.

    It is called, from any thread, as `progress(what, done, total)` (total 0 or None: not countable); a new `what` opens
    a new line, `done >= total` closes it. On a terminal these are bars; elsewhere (a log, a pipe) plain lines every few
    seconds, and only about downloads and what takes longer than that. The unit "bytes" shows amounts, else per cent.
    """

    def __init__(self, unit: str = "", stream: TextIO | None = None) -> None:
        self.unit, self.stream = unit, stream or sys.stderr
        self._lock = threading.RLock()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._plain: dict[str, _PlainLine] = {}
        self.tty = self.stream.isatty()

    def __enter__(self) -> ProgressDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, what: str, done: float, total: float | None = None) -> None:
        with self._lock:
            if self.tty:
                self._bar(what, done, total or None)
            else:
                if what not in self._plain or (self._plain[what].closed and total and done < total):
                    self._plain[what] = _PlainLine(what, self.stream, self.unit)
                self._plain[what].update(done, total or None)

    def close(self) -> None:
        """Take the bars off the screen; later calls open new ones."""
        with self._lock:
            if self._bars is not None:
                self._bars.stop()
            self._bars, self._tasks, self._plain = None, {}, {}

    def _bar(self, what: str, done: float, total: float | None) -> None:
        if self._bars is None:
            from rich import progress
            from rich.console import Console

            self._bars = progress.Progress(
                progress.TextColumn("{task.description}"), progress.BarColumn(bar_width=24),
                progress.TaskProgressColumn(), progress.TextColumn("{task.fields[amount]}"),
                progress.TimeRemainingColumn(compact=True, elapsed_when_finished=True),
                console=Console(file=self.stream), transient=True,
            )  # fmt: skip
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, amount="")
        if total and done >= total and self.unit != "bytes":  # finished downloads stay to be seen, steps don't
            self._bars.remove_task(self._tasks.pop(what))
            return
        amount = f"{size(done)} of {size(total)}" if self.unit == "bytes" and total else ""
        self._bars.update(self._tasks[what], completed=done, total=total, amount=amount)


def size(count: float | None) -> str:
    """A number of bytes for people: "93 MB" (1 MB = 10⁶ bytes)."""
    if count is None:
        return "?"
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}" if count < 10 * step else f"{count / step:.0f} {unit}"
    return f"{count:.0f} B"


def seconds(count: float) -> str:
    """A duration for people: "0.4 s", "45 s", "2 min 05 s"."""
    if count < 9.95:
        return f"{count:.1f} s"
    return f"{count:.0f} s" if count < 59.5 else f"{int(count + 0.5) // 60} min {int(count + 0.5) % 60:02d} s"


class _PlainLine:
    """Progress of one task as lines of text: at its start, every few seconds, at its end."""

    def __init__(self, what: str, stream: TextIO, unit: str) -> None:
        self.what, self.stream, self.unit = what, stream, unit
        self.start = self.reported = time.monotonic()
        self.opened = self.closed = False

    def update(self, done: float, total: float | None) -> None:
        now = time.monotonic()
        if self.closed:
            return
        if total and done >= total:
            self.closed = True
            if self.opened or self.unit == "bytes":
                self._say(f"{self._amount(done, None)}done in {seconds(now - self.start)}")
        elif (self.unit == "bytes" and not self.opened) or now - self.reported >= PLAIN_EVERY_S:
            self.opened, self.reported, left = True, now, "started"
            if total and done > 0:
                left = f"{seconds((now - self.start) * (total - done) / done)} left"
            self._say(self._amount(done, total) + left)

    def _amount(self, done: float, total: float | None) -> str:
        if self.unit == "bytes":
            return f"{size(done)} of {size(total)}, " if total else f"{size(done)}, "
        return f"{100 * done / total:.0f} %, " if total else ""

    def _say(self, text: str) -> None:
        self.stream.write(f"{self.what}: {text}\n")
        self.stream.flush()


def _one_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
