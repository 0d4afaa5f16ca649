"""A quantised GGUF language model becomes a safetensors folder, once.

In: one .gguf file. Out: a folder with config, generation config, tokenizer (chat template included) and
`model.safetensors`, which `AutoModelForCausalLM.from_pretrained` and `AutoTokenizer.from_pretrained` read offline.

Notable choice: the dequantised values are stored as float32, because they are computed in float32 and a narrower type
changes them (docs/adr/0002-weights-from-packages.md has the numbers); who wants bfloat16 rounds once, at load.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pvchat.assets.archives import Progress, disk_full
from pvchat.errors import WeightsError

BYTES_PER_VALUE = 4  # float32
READING_SHARE = 0.8  # of the progress: the rest is writing


def convert(gguf: Path, folder: Path, progress: Progress | None = None) -> None:
    """Dequantises `gguf` into `folder`, which is created.

    Args:
        gguf: the model file.
        folder: where the safetensors folder goes.
        progress: called with what happens and bytes of the converted model, done and in all.

    Raises:
        WeightsError: the file isn't a GGUF model that transformers can read, or the disk is full.
        OSError: the folder can't be written.
    """
    from safetensors import SafetensorError

    try:
        with _reported(gguf, progress):
            model, tokenizer, total = _read(gguf)
            model.save_pretrained(str(folder))
            tokenizer.save_pretrained(str(folder))
    except SafetensorError as error:  # its errors of the file system are no OSError
        if "os error 28" in str(error) or "No space left" in str(error):
            raise disk_full(gguf.name) from error
        raise OSError(str(error)) from error
    for path in folder.iterdir():
        path.chmod(gguf.stat().st_mode)  # safetensors writes files that nobody but the owner can read
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    if progress:
        progress(_what(gguf), total, total)


def _read(gguf: Path) -> tuple[Any, Any, int]:
    """Model (float32), tokenizer, and the model's size in bytes."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source = {"gguf_file": gguf.name, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(gguf.parent), **source)
        # Without dequantize=True the weights stay quantised and a prefill takes seconds instead of tenths.
        model = AutoModelForCausalLM.from_pretrained(
            str(gguf.parent), quantization_config=GgufConfig(dequantize=True), dtype=torch.float32, **source
        )
    except (ValueError, KeyError, RuntimeError, ImportError, OSError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise WeightsError(
            f"the GGUF file can't be read ({first}).",
            subject=gguf.name,
            hint="It needs the packages transformers, gguf and accelerate as PVChat's own installation brings them.",
        ) from error
    return model, tokenizer, model.num_parameters() * BYTES_PER_VALUE


def _what(gguf: Path) -> str:
    return f"converting {gguf.name}"


@contextlib.contextmanager
def _reported(gguf: Path, progress: Progress | None) -> Iterator[None]:
    """Inside, transformers' progress bars are off; the one over the GGUF's tensors feeds ours, where it exists."""
    # Imported by name: both are untyped, and `tqdm` is that module's own import, not part of its interface.
    reader: Any = importlib.import_module("transformers.modeling_gguf_pytorch_utils")
    logging: Any = importlib.import_module("transformers.utils.logging")

    def counted(tensors: Iterable[Any], **_: Any) -> Iterator[Any]:
        sizes = [int(tensor.n_elements) * BYTES_PER_VALUE for tensor in tensors]
        done, total = 0, sum(sizes)
        for tensor, size in zip(tensors, sizes, strict=True):
            yield tensor
            done += size
            if progress:
                progress(_what(gguf), int(READING_SHARE * done), total)

    shown, bar = logging.is_progress_bar_enabled(), getattr(reader, "tqdm", None)
    logging.disable_progress_bar()
    if bar:
        reader.tqdm = counted
    try:
        yield
    finally:
        if bar:
            reader.tqdm = bar
        if shown:
            logging.enable_progress_bar()
