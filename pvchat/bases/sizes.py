"""What a base takes and whether it fits here, before it is loaded: parameters, precision, memory, frames. Torch-free.

A preset's parameters are known; a folder's come from the heads of its safetensors files. Memory is the weights and a
share of them for the prompt's cache and what is computed on the way: an estimate.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pvchat.bases.sources import BaseSource
from pvchat.runtime import size

BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "8bit": 1.1, "4bit": 0.65}  # a weight; scales count
FRAMES = 8  # shown to a base that we don't know (PVChat, arXiv 2503.17069, shows 8)
WORKING = 0.3  # of the weights: the key-value cache of a prompt, activations, buffers of the runtime


@dataclass(frozen=True)
class Size:
    """What a base takes, known before it is loaded."""

    parameters: int | None  # None where they can't be known without the hub
    dtype: str  # that it would be loaded in: float32, bfloat16, 8bit or 4bit
    frames: int  # that it is shown
    memory: int | None  # bytes, estimated
    free: int | None  # bytes that are here (of the graphics card where it would run there); None: unknown

    @property
    def fits(self) -> bool | None:
        """Whether it fits here; None where that isn't known."""
        return None if self.memory is None or self.free is None else self.memory <= self.free

    @property
    def summary(self) -> str:
        """What it takes and what is free, in words; what isn't known is left out."""
        count = f"{self.parameters / 1e6:.0f} M parameters in {self.dtype}, " if self.parameters else ""
        memory = f", about {size(self.memory)} of memory" if self.memory else ""
        free = f" ({size(self.free)} free)" if self.free else ""
        return f"{count}{self.frames} frames{memory}{free}"


def size_of(source: BaseSource, dtype: str, device: str = "cpu") -> Size:
    """What a base takes where it would run, in a precision that is a key of `BYTES`."""
    free = _graphics_memory() if device.startswith("cuda") else _memory()
    parameters = parameters_of(source)
    needed = None if parameters is None else int(parameters * BYTES[dtype] * (1 + WORKING))
    return Size(parameters, dtype, frames_of(source), needed, free)


def fitting_size(source: BaseSource, dtype: str, device: str = "cpu") -> Size:
    """What a base takes in the precision that is fastest here; in bfloat16 where only that fits."""
    wanted = size_of(source, dtype, device)
    if wanted.dtype != "float32" or wanted.fits is not False:
        return wanted
    half = size_of(source, "bfloat16", device)
    return half if half.fits else wanted


def frames_of(source: BaseSource) -> int:
    """How many frames a base is shown."""
    return source.preset.frames if source.preset else FRAMES


def parameters_of(source: BaseSource) -> int | None:
    """All parameters of a base; None where they can't be known without the hub."""
    if source.preset is not None:
        return source.preset.parameters
    return sum(map(count_parameters, Path(source.path).glob("*.safetensors"))) or None if source.local else None


def count_parameters(path: Path) -> int:
    """Parameters in a safetensors file, read from its head."""
    with path.open("rb") as file:
        head: dict[str, Any] = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return sum(math.prod(row["shape"]) for name, row in head.items() if name != "__metadata__")


def _memory() -> int | None:
    """Bytes of memory that are free for a new process; the control group's limit counts."""
    found = []
    try:
        rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        found.append(int(rows["MemAvailable"].split()[0]) * 1024)
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        found.append(int(limit) - int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii")))
    except (OSError, ValueError, KeyError):  # no such files here, or no limit ("max")
        pass
    return min(found) if found else None


def _graphics_memory() -> int | None:
    """Bytes that are free on the first graphics card, as its own tool says."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    words = [tool, "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=20)
    lines = done.stdout.split()
    return int(lines[0]) * 2**20 if done.returncode == 0 and lines and lines[0].isdigit() else None
