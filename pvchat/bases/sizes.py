"""What a base takes and whether it fits here, before it is loaded: parameters, precision, memory, frames. Torch-free.

In: a `BaseSource`. Out: `Size`. Parameters are counted in the heads of a folder's safetensors files (a preset's are
known); memory is weights, the key-value cache of a whole prompt, and a share of the weights for what is computed on the
way. It is an estimate: nothing is measured here.
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

FRAMES = 8  # shown to a base that we don't know (PVChat, arXiv 2503.17069, shows 8)
TEXT_TOKENS = 512  # of a prompt beside its frames, and of the answer
FRAME_TOKENS = 256  # of one frame where nothing is known
WORKING = 0.25  # of the weights: activations, buffers of the runtime
BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "8bit": 1.1, "4bit": 0.65}  # a weight; scales count


@dataclass(frozen=True)
class Size:
    """A base before it is loaded.

    Attributes:
        parameters: None where they can't be known without the hub.
        dtype: that it would be loaded in: float32, bfloat16, 8bit or 4bit.
        frames: that it is shown.
        bytes: of memory, estimated; None with `parameters`.
        room: bytes of memory that are free here (the graphics card's where it would run there); None: unknown.
    """

    parameters: int | None
    dtype: str
    frames: int
    bytes: int | None
    room: int | None

    @property
    def fits(self) -> bool | None:
        """Whether it fits here; None where that isn't known."""
        return None if self.bytes is None or self.room is None else self.bytes <= self.room

    @property
    def told(self) -> str:
        """What it takes and what is free, in words; what isn't known is left out."""
        count = f"{self.parameters / 1e6:.0f} M parameters in {self.dtype}, " if self.parameters else ""
        memory = f", about {size(self.bytes)} of memory" if self.bytes else ""
        free = f" ({size(self.room)} free)" if self.room else ""
        return f"{count}{self.frames} frames{memory}{free}"


def size_of(source: BaseSource, dtype: str, device: str = "cpu") -> Size:
    """What a base takes.

    Args:
        source: the base.
        dtype: a key of `BYTES`.
        device: where it would run.
    """
    frames = frames_of(source)
    room = _graphics_memory() if device.startswith("cuda") else _memory()
    parameters = source.preset.parameters if source.preset else _count(Path(source.path)) if source.local else None
    if parameters is None:
        return Size(None, dtype, frames, None, room)
    layers, groups, head, per_frame = _shape(source)
    cache = (frames * per_frame + TEXT_TOKENS) * 2 * layers * groups * head * min(4.0, max(2.0, BYTES[dtype]))
    needed = parameters * BYTES[dtype] * (1 + WORKING) + cache
    return Size(parameters, dtype, frames, int(needed), room)


def frames_of(source: BaseSource) -> int:
    """How many frames a base is shown."""
    return source.preset.frames if source.preset else FRAMES


def _shape(source: BaseSource) -> tuple[int, int, int, int]:
    """Decoder layers, key-value heads, width of a head, tokens of a frame."""
    if (preset := source.preset) is not None:
        return preset.layers, preset.groups, preset.head, preset.frame_tokens
    text = source.config.get("text_config") or source.config
    heads = int(text.get("num_attention_heads", 16))
    head = int(text.get("head_dim") or int(text.get("hidden_size", 64 * heads)) // heads)
    groups = int(text.get("num_key_value_heads") or heads)
    return int(text.get("num_hidden_layers", 24)), groups, head, FRAME_TOKENS


def _count(folder: Path) -> int | None:
    """Parameters in a folder's safetensors files, read from their heads."""
    total = 0
    for path in folder.glob("*.safetensors"):
        with path.open("rb") as file:
            head: dict[str, Any] = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        total += sum(math.prod(row["shape"]) for name, row in head.items() if name != "__metadata__")
    return total or None


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
