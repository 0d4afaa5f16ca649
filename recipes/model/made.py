"""A model before and after its training: fresh by the name of a preset, and on disk.

Every JSON file in `presets/` is one, the file's name is its name: "embedded" and, with the language model "random", for
tests "tiny". And more routers are known.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from pvchat.errors import SettingsError
from pvchat.model.checkpoint import trained_state
from pvchat.model.config import CONFIG, WEIGHTS, ModelConfig
from pvchat.model.llm import MADE, load_llm
from pvchat.model.pvchat import PVChatModel
from recipes.model import routers  # noqa: F401  it adds them

RANDOM_WIDTH, RANDOM_LAYERS, RANDOM_HEADS = 32, 2, 2  # the tiny random Llama of the tests
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|pad|>", "<|im_start|>", "<|im_end|>")


def preset(name: str) -> ModelConfig:
    """A preset's configuration; raises SettingsError where there is no such preset."""
    known = {path.stem: path for path in (Path(__file__).parent / "presets").glob("*.json")}
    if name not in known:
        raise SettingsError(f"unknown model '{name}'", hint=f"Use one of {', '.join(sorted(known))}.")
    return ModelConfig.from_dict({**json.loads(known[name].read_text(encoding="utf-8")), "name": name})


def create_model(
    name: str,
    *,
    llm: str | None = None,
    seed: int = 0,
    device: str = "cpu",
    **overrides: Any,
) -> PVChatModel:
    """A fresh, untrained model.

    Args:
        name: of a preset.
        llm: another language model than the preset's (a spec of `llm.load_llm`); "none" leaves it out.
        seed: of the initial weights; torch's global generator is left as it was.
        device: where the model goes.
        **overrides: fields of `ModelConfig`, for ablations.
    """
    try:
        chosen: dict[str, Any] = overrides if llm is None else {**overrides, "llm": llm}
        config = replace(preset(name), **chosen)
    except TypeError as error:
        raise SettingsError(f"model configuration: {error}", subject=name) from error
    language = load_llm(config.llm, device=device)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return PVChatModel(config, *language).to(device)


def save_model(model: PVChatModel, folder: Path, dtype: torch.dtype = torch.bfloat16) -> None:
    """Write both files; matrices and vectors in `dtype`, single numbers as they are.

    Args:
        model: its trained part and LoRA are written; the language model is only named.
        folder: made when absent.
        dtype: torch.float32 to train on from here to the last bit, torch.bfloat16 to ship.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {k: (v.to(dtype) if v.dim() else v).contiguous().cpu() for k, v in trained_state(model).items()}
    save_file(state, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(asdict(model.config), indent=2) + "\n", encoding="utf-8")


def random_llama(seed: int = 0) -> tuple[Any, Any]:
    """A tiny Llama with random weights, the same for the same seed; and a tokenizer whose tokens are single bytes, with
    ChatML's special tokens and template.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL, *alphabet])}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(list(SPECIAL))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<|pad|>", eos_token="<|im_end|>", additional_special_tokens=[SPECIAL[1]]
    )
    tokenizer.chat_template = CHATML
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=RANDOM_WIDTH, intermediate_size=2 * RANDOM_WIDTH,
        num_hidden_layers=RANDOM_LAYERS, num_attention_heads=RANDOM_HEADS, num_key_value_heads=RANDOM_HEADS // 2,
        max_position_embeddings=2048, tie_word_embeddings=True, pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(config).eval().requires_grad_(False), tokenizer


MADE["random"] = random_llama
