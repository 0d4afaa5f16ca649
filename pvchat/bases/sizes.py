"""What a base takes and whether it fits here, before it is loaded: parameters, precision, memory, frames, speed.

In: a `BaseSource`. Out: `Size`. Parameters are counted (`shapes.py`); memory is weights, the key-value cache of a whole
prompt, and a share of the weights for what is computed on the way; the speed follows from a short measure of this
machine (`speed.py`). All of it is an estimate. Torch-free on a processor.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pvchat.bases.shapes import shape_of
from pvchat.bases.sources import BaseSource
from pvchat.bases.speed import BYTES, Speed, measurable, pace, rates_of, speed_of
from pvchat.runtime import seconds, size

FRAMES = 8  # shown to a base that we don't know (PVChat, arXiv 2503.17069, shows 8)
TEXT_TOKENS = 512  # of a prompt beside its frames, and of the answer
WORKING = 0.25  # of the weights: activations, buffers of the runtime


@dataclass(frozen=True)
class Size:
    """A base before it is loaded.

    Attributes:
        parameters: None where they can't be known without the hub.
        dtype: that it would be loaded in: float32, bfloat16, 8bit or 4bit.
        frames: that it is shown.
        bytes: of memory, estimated; None with `parameters`.
        room: bytes of memory that are free here (the graphics card's where it would run there); None: unknown.
        speed: to expect here; None where it isn't known.
    """

    parameters: int | None
    dtype: str
    frames: int
    bytes: int | None
    room: int | None
    speed: Speed | None = None

    @property
    def fits(self) -> bool | None:
        """Whether it fits here; None where that isn't known."""
        return None if self.bytes is None or self.room is None else self.bytes <= self.room

    @property
    def summary(self) -> str:
        """What it takes and what is free, in words; what isn't known is left out."""
        count = f"{self.parameters / 1e6:.0f} M parameters in {self.dtype}, " if self.parameters else ""
        memory = f", about {size(self.bytes)} of memory" if self.bytes else ""
        free = f" ({size(self.room)} free)" if self.room else ""
        return f"{count}{self.frames} frames{memory}{free}{self._pace}"

    @property
    def _pace(self) -> str:
        if self.speed is None:
            return ""
        first, words = seconds(self.speed.first_s), pace(self.speed.tokens_s)
        return f", the first word after about {first}, then {words} tokens a second"


def size_of(source: BaseSource, dtype: str, device: str = "cpu") -> Size:
    """What a base takes.

    Args:
        source: the base.
        dtype: a key of `BYTES`.
        device: where it would run.
    """
    frames, shape = frames_of(source), shape_of(source)
    room = _graphics_memory() if device.startswith("cuda") else _memory()
    if shape is None:
        return Size(None, dtype, frames, None, room)
    cached = 2 * shape.layers * shape.groups * shape.head * min(4.0, max(2.0, BYTES[dtype]))  # of a token
    needed = shape.parameters * BYTES[dtype] * (1 + WORKING) + cached * (frames * shape.tokens + TEXT_TOKENS)
    speed = speed_of(shape, frames, dtype, rates_of(device, dtype)) if measurable(device) else None
    return Size(shape.parameters, dtype, frames, int(needed), room, speed)


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
