"""Text from prompt embeddings, by transformers' own generation with its key-value cache, or guessed ahead.

In: embeddings padded on the left. Out: texts, each the likeliest token by token.

Legend: B batch, L prompt length, W width of the language model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pvchat.model.drafted import Lead, drafted


@dataclass(frozen=True)
class Decoding:
    """How texts are written.

    Attributes:
        max_new_tokens: of one text, at most.
        heard: told the first text so far after each of its tokens; True ends the writing.
        drafts: what one text may be or may quote: the same is written, in fewer passes (`drafted.py`). For one prompt.
        lead: which words of the first draft stand although the model finds others likelier.
    """

    max_new_tokens: int = 64
    heard: Callable[[str], bool] | None = None
    drafts: tuple[str, ...] = ()
    lead: Lead | None = None


def generate_texts(llm: Any, tokenizer: Any, embeds: Tensor, mask: Tensor, decoding: Decoding) -> list[str]:
    """Continue prompts, B texts without surrounding blanks: the same prompts give the same texts.

    Args:
        llm: a causal language model of transformers.
        tokenizer: its tokenizer.
        embeds: [B, L, W], padded on the left.
        mask: [B, L] bool.
        decoding: how.
    """
    from transformers import GenerationConfig, StoppingCriteriaList

    stop = stop_ids(llm, tokenizer)
    if decoding.drafts and len(embeds) == 1:
        return [_drafted(llm, tokenizer, embeds, decoding, stop)]
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    settings = GenerationConfig(
        max_new_tokens=decoding.max_new_tokens,
        do_sample=False,
        eos_token_id=sorted(stop),
        pad_token_id=pad,
    )
    was_training = llm.training
    llm.eval()
    listening = [] if decoding.heard is None else [Listener(tokenizer, decoding.heard)]
    ids = llm.generate(  # [B, new tokens]: prompts given as embeddings aren't repeated
        inputs_embeds=embeds, attention_mask=mask.long(), generation_config=settings,
        stopping_criteria=StoppingCriteriaList(listening),
    )  # fmt: skip
    llm.train(was_training)
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


def _drafted(llm: Any, tokenizer: Any, embeds: Tensor, decoding: Decoding, stop: set[int]) -> str:
    """One text, guessed ahead."""

    def more(ids: list[int]) -> bool:
        text = tokenizer.decode(ids, skip_special_tokens=True).lstrip()
        heard = decoding.heard is not None and decoding.heard(text)
        return not heard and len(ids) < decoding.max_new_tokens

    known = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in decoding.drafts]
    known[0] += [tokenizer.eos_token_id] if known[0] else []
    slack = decoding.lead.slack(tokenizer, decoding.drafts[0]) if decoding.lead is not None else []
    ids = drafted(llm.eval(), embeds, known, slack, stop, more)
    return str(tokenizer.decode(ids, skip_special_tokens=True)).strip()


def stop_ids(llm: Any, tokenizer: Any) -> set[int]:
    """Ids that end an answer: the tokenizer's and the model's own."""
    own = getattr(llm.generation_config, "eos_token_id", None)
    more = own if isinstance(own, list) else [own]
    return {int(i) for i in [tokenizer.eos_token_id, *more] if i is not None}


class Listener:
    """Reads the first text along: transformers asks it after every token whether to stop.

    Args:
        tokenizer: of the language model.
        heard: told the text so far; True ends the writing.
        start: where the text begins among the ids.
    """

    def __init__(self, tokenizer: Any, heard: Callable[[str], bool], start: int = 0) -> None:
        self.tokenizer, self.heard, self.start = tokenizer, heard, start

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        done = self.heard(self.tokenizer.decode(input_ids[0, self.start :], skip_special_tokens=True).lstrip())
        return torch.full((input_ids.shape[0],), done, dtype=torch.bool, device=input_ids.device)
