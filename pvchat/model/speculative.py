"""Speculative greedy decoding: the same text as token by token, in fewer passes of the language model.

In: a prompt's embeddings, texts that the answer may be or may quote. Out: the text that greedy decoding gives. Guessed
tokens are read in one pass; those that are the likeliest where they stand are what the model would have written, the
first that isn't is replaced by the one that is (speculative decoding, arXiv 2211.17192, with texts in the place of a
draft model: prompt lookup). A pass over twenty tokens costs little more than one over one: each reads all weights.

The first text may lead, as long as nothing else was written. Then a token of it stands also where another is likelier,
if it is likely enough beside that one (the "typical acceptance" of Medusa, arXiv 2401.10774), or if it is given:
between words that the model finds about as good what is known decides, and what was measured it doesn't choose.

Legend: L tokens of the prompt, W width of the language model, n guessed tokens.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_LOOKUP_TOKENS = 8  # tokens guessed at a time where a text is quoted
_LOOKUP_CONTEXT = 3  # tokens that have to be alike for that


@dataclass(frozen=True)
class Lead:
    """How far a draft leads: what share of the likeliest one's probability makes a token of it stand.

    Tokens in the spans `given` (from, to, in characters) always stand.
    """

    share: float = 1.0
    given: tuple[tuple[int, int], ...] = ()

    def slack(self, tokenizer: Any, text: str) -> list[float]:
        """By how much the logit of each token of a text, its end included, may lie below the highest."""
        usual = -math.log(self.share)
        spans = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        fixed = [any(a < end and start < b for start, end in self.given) for a, b in spans]
        return [*(math.inf if one else usual for one in fixed), usual]


@dataclass(frozen=True)
class Decoding:
    """How a text is written."""

    max_new_tokens: int = 64  # at most
    on_text: Callable[[str], bool] | None = None  # called with the text so far after each token; True ends the writing
    drafts: tuple[str, ...] = ()  # what the text may be (the first) or may quote (all): the same, in fewer passes
    lead: Lead | None = None  # which words of the first draft stand although the model finds others likelier


def write(llm: Any, tokenizer: Any, embeds: Tensor, decoding: Decoding) -> str:
    """Continue one prompt's embeddings [1, L, W] by a causal language model; without surrounding blanks."""
    known = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in decoding.drafts]
    whole = [*known[0], tokenizer.eos_token_id] if known and known[0] else []
    slack = decoding.lead.slack(tokenizer, decoding.drafts[0]) if decoding.lead is not None else []
    stop, said = stop_ids(llm, tokenizer), list[int]()
    for token in _greedy_tokens(llm.eval(), embeds, whole, lambda: _lookup(said, [whole, *known[1:]]), slack):
        if token in stop:
            break
        said.append(token)
        text = tokenizer.decode(said, skip_special_tokens=True).lstrip()
        if (decoding.on_text is not None and decoding.on_text(text)) or len(said) >= decoding.max_new_tokens:
            break
    return str(tokenizer.decode(said, skip_special_tokens=True)).strip()


def stop_ids(llm: Any, tokenizer: Any) -> set[int]:
    """Ids that end an answer: the tokenizer's and the model's own."""
    own = getattr(llm.generation_config, "eos_token_id", None)
    more = own if isinstance(own, list) else [own]
    return {int(i) for i in [tokenizer.eos_token_id, *more] if i is not None}


def _greedy_tokens(
    llm: Any, embeds: Tensor, guess: list[int], quoted: Callable[[], list[int]], slack: Sequence[float]
) -> Iterator[int]:
    """Greedy tokens in turn, or guessed ones within their `slack`; `quoted` makes a new guess after those so far."""
    from transformers import DynamicCache

    table, cache = llm.get_input_embeddings(), DynamicCache(config=llm.config)
    named = "cache" if "cache" in inspect.signature(llm.forward).parameters else "past_key_values"
    given = embeds
    while True:
        guessed = table(torch.tensor([guess], dtype=torch.long, device=embeds.device))
        read = torch.cat([given, guessed.to(given.dtype)], 1)
        logits = llm(inputs_embeds=read, use_cache=True, logits_to_keep=len(guess) + 1, **{named: cache}).logits[0]
        best = _accepted(logits, guess, slack)
        right = next((i for i, (own, one) in enumerate(zip(best, guess, strict=False)) if own != one), len(guess))
        if right < len(guess):
            cache.crop(right - len(guess))
        yield from best[: right + 1]
        given, guess, slack = table(torch.tensor([best[right : right + 1]], device=embeds.device)), quoted(), ()


def _accepted(logits: Tensor, guess: Sequence[int], slack: Sequence[float]) -> list[int]:
    """The token of each place [n + 1]: the guessed one where it may stand, else the likeliest."""
    best: list[int] = logits.argmax(-1).tolist()
    for i, (one, may) in enumerate(zip(guess, slack, strict=False)):
        if may and float(logits[i, best[i]] - logits[i, one]) <= may:
            best[i] = one
    return best


def _lookup(said: Sequence[int], known: Sequence[Sequence[int]]) -> list[int]:
    """What follows the last tokens where they stand in a known text; nothing where they stand in none."""
    for size in range(min(_LOOKUP_CONTEXT, len(said)), 0, -1):
        last = list(said[-size:])
        for text in known:
            for end in range(size, len(text)):
                if list(text[end - size : end]) == last:
                    return list(text[end : end + _LOOKUP_TOKENS])
    return []
