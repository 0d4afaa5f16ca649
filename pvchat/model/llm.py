"""The language model behind the Q-Former: any causal LM of transformers, frozen, with LoRA by peft.

In: a spec ("embedded", "random", a local folder or a hub id). Out: model and tokenizer. bf16 only where the processor
computes in it: elsewhere it is emulated and slower than float32.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import nn

from pvchat.assets.weights import member_path
from pvchat.errors import SettingsError
from pvchat.model.config import LoraConfig, ModelConfig
from pvchat.runtime import compact_dtype, quiet_transformers

RANDOM_WIDTH, RANDOM_LAYERS, RANDOM_HEADS = 32, 2, 2  # the tiny random Llama of the tests
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|pad|>", "<|im_start|>", "<|im_end|>")


def load_llm(spec: str, *, seed: int = 0, device: str | torch.device = "cpu") -> tuple[Any, Any]:
    """A frozen causal language model and its tokenizer, by a spec: "embedded" (SmolLM2 of the embedded weights),
    "random" (a tiny Llama of this seed, bytes as tokens), a folder in the hub's layout, or a hub id. Raises
    WeightsError where the embedded weights are absent, SettingsError where folder or hub id can't be loaded.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    spec = str(member_path("llm")) if spec == "embedded" else spec
    path = Path(spec).expanduser()
    source = str(path) if path.is_dir() else spec
    try:
        if spec == "random":
            model, tokenizer = _random_llama(seed)
        else:  # in bf16 where the device computes in it; a download shows its bars
            with quiet_transformers() if path.is_dir() else nullcontext():
                model = AutoModelForCausalLM.from_pretrained(source, dtype=compact_dtype(str(device)))
            tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        hint = "Give a folder in the hub's layout or a hub id that this machine can reach."
        raise SettingsError("the language model can't be loaded", subject=spec, hint=hint) from error
    return model.to(device).eval().requires_grad_(False), tokenizer


def language_of(config: ModelConfig, device: str | torch.device) -> tuple[Any, Any]:
    """The language model and tokenizer that a configuration names; (None, None) for "none"."""
    return (None, None) if config.llm == "none" else load_llm(config.llm, device=device)


def add_lora(llm: nn.Module, config: LoraConfig) -> None:
    """Put low-rank adapters into the model, in place: its only trainable parameters; its output doesn't change yet."""
    if not config.rank:
        return
    import peft

    settings = peft.LoraConfig(
        r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules=list(config.targets)
    )
    peft.inject_adapter_in_model(settings, llm)


def _random_llama(seed: int) -> tuple[Any, Any]:
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
        return LlamaForCausalLM(config), tokenizer
