"""A quantised GGUF language model becomes a folder that transformers reads offline, once.

The values are stored as float32, because they are computed in float32 and a narrower type changes them (ADR 0002); who
wants bfloat16 rounds once, at load.
"""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

from pvchat.errors import WeightsError
from pvchat.runtime import quiet_transformers
from pvchat.schemas import Progress
from pvchat.storage import tensorfile

BYTES_PER_VALUE = 4  # float32
READING_SHARE = 0.8  # of the time: the rest is writing


def convert(gguf: Path, folder: Path, progress: Progress | None = None) -> None:
    """Dequantises a model file into `folder`, which is created; progress is told in bytes of the converted model.

    Raises WeightsError where transformers can't read it, OSError where the folder can't be written.
    """
    what, tell = f"converting {gguf.name}", progress or (lambda what, done, total: None)
    place, source = str(gguf.parent), {"gguf_file": gguf.name, "local_files_only": True}
    tell(what, 0, 0)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    # No switch ends tqdm's bar over tensors.
    with tensorfile.system_errors(), quiet_transformers(), contextlib.redirect_stderr(io.StringIO()):
        try:
            tokenizer = AutoTokenizer.from_pretrained(place, **source)
            # Without dequantize=True the weights stay quantised and a prefill takes seconds instead of tenths.
            model = AutoModelForCausalLM.from_pretrained(
                place, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32, **source
            )
        except (ValueError, KeyError, RuntimeError, ImportError, OSError) as error:
            why = f"the GGUF file can't be read ({next(iter(str(error).splitlines()), type(error).__name__)})."
            hint = "It needs the packages transformers, gguf and accelerate as PVChat's own installation brings them."
            raise WeightsError(why, subject=gguf.name, hint=hint) from error
        total = model.num_parameters() * BYTES_PER_VALUE
        tell(what, int(READING_SHARE * total), total)
        model.save_pretrained(str(folder))
        tokenizer.save_pretrained(str(folder))
    for path in folder.iterdir():
        path.chmod(gguf.stat().st_mode)  # safetensors writes files that nobody but the owner can read
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    tell(what, total, total)
