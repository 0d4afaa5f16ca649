"""Greedy writing that guesses ahead: the same text as token by token, in fewer passes of the language model.

In: a prompt's embeddings, tokens of texts that the answer may be or may quote. Out: the tokens that greedy writing
gives. Guessed tokens are read in one pass; those that are the likeliest where they stand are what the model would have
written, the first that isn't is replaced by the one that is (speculative decoding, arXiv 2211.17192, with texts in the
place of a draft model: prompt lookup). A pass over twenty tokens costs little more than one over one: each reads all
weights.

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

_QUOTED = 8  # tokens guessed at a time where a text is quoted
_CONTEXT = 3  # tokens that have to be alike for that


@dataclass(frozen=True)
class Lead:
    """How far a draft leads.

    Attributes:
        share: how likely, as a part of the likeliest one's probability, a token of it must be to stand.
        given: (from, to) of its text, in characters, whose tokens always stand.
    """

    share: float = 1.0
    given: tuple[tuple[int, int], ...] = ()

    def slack(self, tokenizer: Any, text: str) -> list[float]:
        """By how much the logit of each token of a text, its end included, may lie below the highest."""
        usual = -math.log(self.share)
        spans = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        fixed = [any(a < end and start < b for start, end in self.given) for a, b in spans]
        return [*(math.inf if one else usual for one in fixed), usual]


def drafted(
    llm: Any,
    embeds: Tensor,
    drafts: Sequence[Sequence[int]],
    slack: Sequence[float],
    stop: set[int],
    more: Callable[[list[int]], bool],
) -> list[int]:
    """Tokens of one text, the end left out.

    Args:
        llm: a causal language model of transformers.
        embeds: [1, L, W] of the prompt.
        drafts: tokens of texts: the first, with its end, is guessed to be the whole answer, all may be quoted.
        slack: by how much the logit of each token of the first may lie below the highest; empty for not at all.
        stop: tokens that end a text.
        more: asked after each token, with all so far, whether to go on.
    """
    said: list[int] = []
    for token in _likeliest(llm, embeds, list(drafts[0]), lambda: _quoted(said, drafts), slack):
        if token in stop:
            break
        said.append(token)
        if not more(said):
            break
    return said


def _likeliest(
    llm: Any, embeds: Tensor, guess: list[int], quoted: Callable[[], list[int]], slack: Sequence[float]
) -> Iterator[int]:
    """The likeliest tokens one after the other; `quoted` guesses what comes after those so far.

    A token of the first guess stands where its logit is not more than its `slack` below the highest.
    """
    from transformers import DynamicCache

    table, cache = llm.get_input_embeddings(), DynamicCache(config=llm.config)
    named = "cache" if "cache" in inspect.signature(llm.forward).parameters else "past_key_values"
    given = embeds
    while True:
        guessed = table(torch.tensor([guess], dtype=torch.long, device=embeds.device))
        read = torch.cat([given, guessed.to(given.dtype)], 1)
        logits = llm(inputs_embeds=read, use_cache=True, logits_to_keep=len(guess) + 1, **{named: cache}).logits[0]
        best = _chosen(logits, guess, slack)
        right = next((i for i, (own, one) in enumerate(zip(best, guess, strict=False)) if own != one), len(guess))
        if right < len(guess):
            cache.crop(right - len(guess))
        yield from best[: right + 1]
        given, guess, slack = table(torch.tensor([best[right : right + 1]], device=embeds.device)), quoted(), ()


def _chosen(logits: Tensor, guess: Sequence[int], slack: Sequence[float]) -> list[int]:
    """The token of each place [n + 1]: the guessed one where it may stand, else the likeliest."""
    best: list[int] = logits.argmax(-1).tolist()
    for i, (one, may) in enumerate(zip(guess, slack, strict=False)):
        if may and float(logits[i, best[i]] - logits[i, one]) <= may:
            best[i] = one
    return best


def _quoted(said: Sequence[int], known: Sequence[Sequence[int]]) -> list[int]:
    """What follows the last tokens where they stand in a known text; nothing where they stand in none."""
    for size in range(min(_CONTEXT, len(said)), 0, -1):
        last = list(said[-size:])
        for text in known:
            for end in range(size, len(text)):
                if list(text[end - size : end]) == last:
                    return list(text[end : end + _QUOTED])
    return []
