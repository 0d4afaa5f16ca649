"""The language model behind the Q-Former: any causal LM of transformers, frozen, with LoRA by peft.

In: a spec ("embedded", a local folder or a hub id). Out: model and tokenizer. bf16 only where the processor
computes in it: elsewhere it is emulated and slower than float32.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pvchat.assets.weights import member_path
from pvchat.errors import SettingsError
from pvchat.model.config import LoraConfig
from pvchat.runtime import compact_dtype, quiet_transformers

MADE: dict[str, Callable[[], tuple[Any, Any]]] = {}  # models and tokenizers that have a name; recipes add some


def load_llm(spec: str, *, device: str | torch.device = "cpu") -> tuple[Any, Any]:
    """A frozen causal language model and its tokenizer, by a spec: "embedded" (SmolLM2 of the weights `spoken`), a name
    in `MADE`, a folder in the hub's layout, or a hub id; (None, None) for "none". Raises WeightsError where these are
    absent, SettingsError where folder or hub id can't be loaded.
    """
    if spec == "none":
        return None, None
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = str(member_path("llm")) if spec == "embedded" else spec
    path = Path(spec).expanduser()
    source = str(path) if path.is_dir() else spec
    try:
        if spec in MADE:
            model, tokenizer = MADE[spec]()
        else:  # in bf16 where the device computes in it; a download shows its bars
            with quiet_transformers() if path.is_dir() else nullcontext():
                model = AutoModelForCausalLM.from_pretrained(source, dtype=compact_dtype(str(device)))
            tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        hint = "Give a folder in the hub's layout or a hub id that this machine can reach."
        raise SettingsError("the language model can't be loaded", subject=spec, hint=hint) from error
    return model.to(device).eval().requires_grad_(False), tokenizer


def add_lora(llm: nn.Module, config: LoraConfig) -> None:
    """Put low-rank adapters into the model, in place: its only trainable parameters; its output doesn't change yet."""
    if not config.rank:
        return
    import peft

    settings = peft.LoraConfig(
        r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules=list(config.targets)
    )
    peft.inject_adapter_in_model(settings, llm)
