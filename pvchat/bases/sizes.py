"""What a base takes and whether it fits here, before it is loaded: parameters, precision, memory, frames.

In: a `BaseSource`. Out: `Size`; its `summary` reads "507 M parameters in float32, 8 frames, about 2.6 GB of memory
(12.0 GB free)". A preset's shape is known; a folder's comes from its config.json and the heads of its safetensors
files. Memory is weights, the key-value cache of a whole prompt, and a share of the weights for what is computed on the
way: an estimate. Torch-free.
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
FRAME_TOKENS = 256  # that a frame becomes where nothing is known
TEXT_TOKENS = 512  # of a prompt beside its frames, and of the answer
WORKING = 0.25  # of the weights: activations, buffers of the runtime
_MERGED = 4  # patches that become one token where the config doesn't say


@dataclass(frozen=True)
class Shape:
    """A base's numbers.

    Attributes:
        parameters: of all of it.
        layers, groups, head: decoder layers, key-value heads of one, width of a head.
        tokens: that a frame becomes in a prompt.
    """

    parameters: int
    layers: int
    groups: int
    head: int
    tokens: int


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
    def summary(self) -> str:
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
    frames, shape = frames_of(source), shape_of(source)
    room = _graphics_memory() if device.startswith("cuda") else _memory()
    if shape is None:
        return Size(None, dtype, frames, None, room)
    cached = 2 * shape.layers * shape.groups * shape.head * min(4.0, max(2.0, BYTES[dtype]))  # of a token
    needed = shape.parameters * BYTES[dtype] * (1 + WORKING) + cached * (frames * shape.tokens + TEXT_TOKENS)
    return Size(shape.parameters, dtype, frames, int(needed), room)


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


def shape_of(source: BaseSource) -> Shape | None:
    """The shape of a base; None where it can't be known without the hub."""
    if (preset := source.preset) is not None:
        return Shape(**preset.shape)
    parameters = sum(count_parameters(path) for path in Path(source.path).glob("*.safetensors")) if source.local else 0
    if not parameters:
        return None
    config = source.config
    text, vision = config.get("text_config") or config, config.get("vision_config") or {}
    heads, width = int(text.get("num_attention_heads", 16)), int(text.get("hidden_size", 2048))
    return Shape(
        parameters,
        layers=int(text.get("num_hidden_layers", 24)),
        groups=int(text.get("num_key_value_heads") or heads),
        head=int(text.get("head_dim") or width // heads),
        tokens=_frame_tokens(config, vision),
    )


def count_parameters(path: Path) -> int:
    """Parameters in a safetensors file, read from its head."""
    with path.open("rb") as file:
        head: dict[str, Any] = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return sum(math.prod(row["shape"]) for name, row in head.items() if name != "__metadata__")


def _frame_tokens(config: dict[str, Any], vision: dict[str, Any]) -> int:
    """Tokens that a frame becomes; a vision tower without a fixed size (Qwen's) sees frames as they are."""
    side, patch = (_first(vision.get(key)) for key in ("image_size", "patch_size"))
    if not side or not patch:
        return FRAME_TOKENS
    return max(1, (side // patch) ** 2 // _merged_patches(config, vision))


def _merged_patches(config: dict[str, Any], vision: dict[str, Any]) -> int:
    """Patches that become one token."""
    if scale := config.get("scale_factor") or vision.get("spatial_merge_size"):
        return int(scale) ** 2
    ratio = config.get("downsample_ratio")
    return round(1 / ratio**2) if ratio else _MERGED


def _first(value: Any) -> int:
    """A side that is written as a number or as one a direction."""
    return int(value[0] if isinstance(value, list) else value or 0)


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
