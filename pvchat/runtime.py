"""Device, threads, log and progress of a run. Nothing here imports torch before it is needed."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pvchat.errors import SettingsError

if TYPE_CHECKING:
    import torch

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


@contextmanager
def faiss_on_one_thread() -> Iterator[None]:
    """FAISS searches on one thread inside: two OpenMP runtimes in one process can crash on macOS."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


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


def setup_logging(verbosity: int = 0, timed: bool = False) -> None:
    """Send the log to stderr: warnings; from `-v` on information; from `-vv` on everything. `timed`: with the time."""
    root = logging.getLogger("pvchat")
    root.setLevel({0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))
    root.propagate = False
    handler = logging.StreamHandler()
    time = "%(asctime)s  " if timed else ""
    handler.setFormatter(logging.Formatter(f"{time}%(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S"))
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
    """Shows what is being done, how much of it is done, and the time left, by tqdm.

    It is called, from any thread, as `progress(what, done, total)` (total 0 or None: not countable); a new `what` opens
    a new line, `done >= total` closes it. On a terminal these are bars; elsewhere (a log, a pipe) plain lines every few
    seconds, and only about downloads and what takes longer than that. The unit "bytes" shows amounts, else per cent.
    """

    def __init__(self, unit: str = "", stream: TextIO | None = None) -> None:
        self.unit, self.stream = unit, stream or sys.stderr
        self.tty = self.stream.isatty()
        self._lock = threading.RLock()
        self._bars: dict[str, Any] = {}

    def __enter__(self) -> ProgressDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(self, what: str, done: float, total: float | None = None) -> None:
        over = bool(total) and done >= (total or 0)
        with self._lock:
            if what not in self._bars:
                if over:
                    return
                self._bars[what] = self._open(what, done, total)
            bar = self._bars[what]
            bar.total, bar.bar_format = total or None, self._format(total, left=bar.initial < done and not over)
            if over:  # finished downloads stay to be seen, steps don't
                bar.n = done
                self._bars.pop(what).close()
            else:
                bar.update(done - bar.n)

    def close(self) -> None:
        """Take the bars off the screen; later calls open new ones."""
        with self._lock:
            while self._bars:
                bar = self._bars.popitem()[1]
                bar.leave = False
                bar.close()

    def _open(self, what: str, done: float, total: float | None) -> Any:
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # no thread of its own
        bytes_ = self.unit == "bytes"
        shape: dict[str, Any] = {"file": self.stream, "leave": bytes_} | _room(self.stream)
        if not self.tty:
            every = {"mininterval": PLAIN_EVERY_S, "delay": 0 if bytes_ else PLAIN_EVERY_S}
            shape = {"file": _Lines(self.stream), "leave": True, "position": 0, **every}
        shape |= {"desc": what, "initial": done, "total": total or None, "bar_format": self._format(total, left=False)}
        return tqdm(miniters=0, unit_scale=bytes_, **shape)

    def _format(self, total: float | None, left: bool) -> str:
        """Of a bar, for tqdm; `left`: some time is left, and it is known how much."""
        if not total:
            return "{desc}: {n_fmt}B, {elapsed}" if self.unit == "bytes" else "{desc}: {elapsed}"
        share = "{n_fmt}B of {total_fmt}B" if self.unit == "bytes" else "{percentage:.0f} %"
        return f"{{desc}}: {share}{' |{bar:24}|' if self.tty else ''}, {{elapsed}}{', {remaining} left' * left}"


def _room(stream: TextIO) -> dict[str, Any]:
    """Options of tqdm for the size of a terminal; one that reports none (0 by 0) would be shown nothing."""
    with suppress(OSError):
        if all(os.get_terminal_size(stream.fileno())):
            return {"dynamic_ncols": True}
    return {"ncols": 79, "nrows": 24}


class _Lines:
    """What tqdm draws over and over in one line, as lines of their own: for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> None:
        if text := text.strip():
            self.stream.write(f"{text}\n")

    def flush(self) -> None:
        self.stream.flush()


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


def _one_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
