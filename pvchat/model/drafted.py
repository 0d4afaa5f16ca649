"""Greedy writing that guesses ahead: the same text as token by token, in fewer passes of the language model.

In: a prompt's embeddings, texts that the answer may be or may quote. Out: the tokens that greedy writing gives. Guessed
tokens are read in one pass; those that are the likeliest where they stand are what the model would have written, the
first that isn't is replaced by the one that is (speculative decoding, arXiv 2211.17192, with texts in the place of a
draft model: prompt lookup). A pass over twenty tokens costs little more than one over one: each reads all weights.

Legend: L tokens of the prompt, W width of the language model, n guessed tokens.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

_QUOTED = 8  # tokens guessed at a time where a text is quoted
_CONTEXT = 3  # tokens that have to be alike for that


def drafted(
    llm: Any, tokenizer: Any, embeds: Tensor, drafts: Sequence[str], stop: set[int], more: Callable[[list[int]], bool]
) -> list[int]:
    """Tokens of one text, the end left out.

    Args:
        llm: a causal language model of transformers.
        tokenizer: its tokenizer.
        embeds: [1, L, W] of the prompt.
        drafts: texts: the first is guessed to be the whole answer, all may be quoted.
        stop: tokens that end a text.
        more: asked after each token, with all so far, whether to go on.
    """
    known = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in drafts]
    guess = [*known[0], tokenizer.eos_token_id] if known and known[0] else []
    said: list[int] = []
    for token in _likeliest(llm, embeds, guess, lambda: _quoted(said, known)):
        if token in stop:
            break
        said.append(token)
        if not more(said):
            break
    return said


def _likeliest(llm: Any, embeds: Tensor, guess: list[int], quoted: Callable[[], list[int]]) -> Iterator[int]:
    """The likeliest tokens one after the other; `quoted` guesses what comes after those so far."""
    from transformers import DynamicCache

    table, cache = llm.get_input_embeddings(), DynamicCache(config=llm.config)
    named = "cache" if "cache" in inspect.signature(llm.forward).parameters else "past_key_values"
    given = embeds
    while True:
        guessed = table(torch.tensor([guess], dtype=torch.long, device=embeds.device))
        read = torch.cat([given, guessed.to(given.dtype)], 1)
        logits = llm(inputs_embeds=read, use_cache=True, logits_to_keep=len(guess) + 1, **{named: cache}).logits[0]
        best = logits.argmax(-1).tolist()
        right = next((i for i, (own, one) in enumerate(zip(best, guess, strict=False)) if own != one), len(guess))
        if right < len(guess):
            cache.crop(right - len(guess))
        yield from best[: right + 1]
        given, guess = table(torch.tensor([best[right : right + 1]], device=embeds.device)), quoted()


def _quoted(said: Sequence[int], known: Sequence[Sequence[int]]) -> list[int]:
    """What follows the last tokens where they stand in a known text; nothing where they stand in none."""
    for size in range(min(_CONTEXT, len(said)), 0, -1):
        last = list(said[-size:])
        for text in known:
            for end in range(size, len(text)):
                if list(text[end - size : end]) == last:
                    return list(text[end : end + _QUOTED])
    return []
