"""A base in memory, frozen, in the precision that fits the device; what can go wrong is told with what to do.

Code that comes with a checkpoint is never run. One token is added to the tokenizer in memory (`SOFT`), whose vectors
`soft.py` puts in; the base's files are only read.
"""

from __future__ import annotations

import importlib.util
import logging
import socket
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from pvchat.bases.sizes import fitting_size, frames_of, size_of
from pvchat.bases.sources import FAMILIES, OTHER, BaseSource, Family
from pvchat.errors import SettingsError
from pvchat.runtime import best_dtype, quiet_transformers

if TYPE_CHECKING:
    import torch

SOFT = "<|pvchat_person|>"  # the token whose vectors are a person's
SLACK = 1.3  # times what is free: pages may be given back by others
_WHOLE = "The folder must hold config.json, safetensors weights and the processor's files."
_OWN_CODE = "PVChat runs no code out of checkpoints. Take a version of it that transformers knows itself ('…-HF')."
_DOWNLOAD = ("Download it where there is a network (`hf download ORG/NAME --local-dir DIR`) and name DIR instead; "
             "a gated one needs a login.")  # fmt: skip
HUB_WAIT_S = 5.0  # in which the hub must answer
_log = logging.getLogger(__name__)


@dataclass
class Base:
    """A loaded base: model (frozen) and processor of transformers, how many frames it is shown, the id of `SOFT`."""

    source: BaseSource
    model: Any
    processor: Any
    family: Family
    frames: int
    soft: int

    @property
    def tokenizer(self) -> Any:
        """The processor's tokenizer."""
        return self.processor.tokenizer

    @property
    def decoder(self) -> Any:
        """The language model's decoder; the vision tower isn't in it."""
        return self.model.get_decoder()

    @property
    def width(self) -> int:
        """Of the decoder's hidden states."""
        return int(self.model.get_input_embeddings().weight.shape[1])

    @property
    def device(self) -> torch.device:
        """Where it is."""
        found: torch.device = self.model.device
        return found


def load_base(
    source: BaseSource,
    device: str = "cpu",
    quantize: str = "",
    dtype: torch.dtype | None = None,
    say: Callable[[str], None] = _log.info,
) -> Base:
    """Load a base; `say` gets a line about its size before that.

    Its weights are of this dtype (None: what is fastest on the device and fits), or quantized to "8bit" or "4bit".
    Raises SettingsError where it isn't here and can't be fetched, needs code of its own, or doesn't fit.
    """
    import torch

    options = _quantization_options(quantize, device)
    usual = str(dtype or best_dtype(device)).removeprefix("torch.")
    wanted = (size_of if dtype or quantize else fitting_size)(source, quantize or usual, device)
    say(f"Loading {source.name}: {wanted.summary}.")
    if wanted.memory is not None and wanted.free is not None and wanted.memory > SLACK * wanted.free:
        hint = "Use a smaller base (`pvchat models`), --quantize 4bit on a graphics card, or a larger machine."
        raise SettingsError(f"it doesn't fit here: {wanted.summary}.", subject=source.name, hint=hint)
    # no code of a checkpoint's, and only what is here where the hub is silent
    hub_options = {"trust_remote_code": False, "local_files_only": not source.local and not hub_answers()}
    chosen = getattr(torch, usual if quantize else wanted.dtype)
    processor, model = _processor_and_model(source, hub_options, {"dtype": chosen, **options})
    model = model if quantize else model.to(torch.device(device))
    family, soft = FAMILIES.get(model.config.model_type, OTHER), int(processor.tokenizer.convert_tokens_to_ids(SOFT))
    return Base(source, model, processor, family, frames_of(source), soft)


def hub_answers() -> bool:
    """Whether the hub can be reached; else only what was fetched before is looked for, not a minute of tries made."""
    from huggingface_hub import constants

    if getproxies():  # then a proxy finds the hub, not this machine
        return True
    hub = urlsplit(constants.ENDPOINT)
    try:
        with socket.create_connection((hub.hostname, hub.port or {"http": 80}.get(hub.scheme, 443)), HUB_WAIT_S):
            return True
    except OSError:
        return False


def _processor_and_model(source: BaseSource, hub_options: dict[str, Any], options: dict[str, Any]) -> tuple[Any, Any]:
    """A base's processor, with `SOFT`, and its model, frozen; refused where transformers knows no such video language
    model, or tensors are missing, which it would fill with random numbers.
    """
    from tokenizers import AddedToken
    from transformers import AutoConfig, AutoModelForImageTextToText, AutoProcessor

    config = _load_or_explain(source, lambda: AutoConfig.from_pretrained(source.path, **hub_options))
    if type(config) not in AutoModelForImageTextToText._model_mapping:
        hint = "Use one that transformers loads by AutoModelForImageTextToText, such as SmolVLM2 or Qwen3-VL."
        raise SettingsError(f"'{config.model_type}' is no video language model.", subject=source.name, hint=hint)
    processor = _load_or_explain(source, lambda: AutoProcessor.from_pretrained(source.path, **hub_options))
    if getattr(processor, "tokenizer", None) is None:
        raise SettingsError("its processor has no tokenizer.", subject=source.name)
    processor.tokenizer.add_tokens([AddedToken(SOFT, special=True, normalized=False)], special_tokens=True)
    load = partial(AutoModelForImageTextToText.from_pretrained, source.path, output_loading_info=True)
    with quiet_transformers() if source.local else nullcontext():  # a download shows its bars
        model, found = _load_or_explain(source, lambda: load(**hub_options, **options))
    if missing := sorted(found["missing_keys"]):
        hint = "The download isn't whole, or the weights are another model's: fetch them again."
        what = f"{len(missing)} tensors are missing, the first is {missing[0]}."
        raise SettingsError(what, subject=source.name, hint=hint)
    return processor, model.eval().requires_grad_(False)


def _quantization_options(quantize: str, device: str) -> dict[str, Any]:
    """Options of `from_pretrained` for fewer bits."""
    if not quantize:
        return {}
    if importlib.util.find_spec("bitsandbytes") is None:
        hint = "Install it: pip install bitsandbytes (Linux or Windows with an NVIDIA card), or leave --quantize out."
        raise SettingsError("the package bitsandbytes is missing.", subject=f"--quantize {quantize}", hint=hint)
    import torch
    from transformers import BitsAndBytesConfig

    four = {"load_in_4bit": True, "bnb_4bit_compute_dtype": torch.bfloat16}
    how = BitsAndBytesConfig(**({"load_in_8bit": True} if quantize == "8bit" else four))
    return {"quantization_config": how, "device_map": device}


def _load_or_explain(source: BaseSource, load: Callable[[], Any]) -> Any:
    """Run a loader of transformers; what goes wrong in it becomes an error that says what to do."""
    import torch

    try:
        return load()
    except ImportError as error:
        package = "num2words" if "num2words" in str(error) else str(error).splitlines()[0]
        hint = "Install what models of the hub need: pip install 'pvchat[hub]'."
        raise SettingsError(f"a package is missing: {package}", subject=source.name, hint=hint) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        hint = "Use a smaller base, or --quantize 4bit on a graphics card."
        raise SettingsError("there is too little memory for it.", subject=source.name, hint=hint) from error
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        text = " ".join(str(error).split())
        what, hint = f"it can't be loaded: {text[:300]}", _WHOLE
        if "trust_remote_code" in text or "custom code" in text:
            what, hint = "it needs code that comes with its weights.", _OWN_CODE
        elif not source.local:
            what, hint = "the hub can't be reached, or has no such model.", _DOWNLOAD
        raise SettingsError(what, subject=source.name, hint=hint) from error
