"""Text from prompt embeddings, by transformers' own generation with its key-value cache.

In: embeddings padded on the left. Out: texts, and their pieces as they come.

Legend: B batch, L prompt length, W width of the language model.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

UNFINISHED = "\ufffd"  # a decoded byte sequence that isn't a whole character yet


class TextStream:
    """Turns generated tokens into pieces of text and passes them on; transformers' streamer interface.

    Args:
        tokenizer: decodes.
        on_text: called with (row, piece).
        stop: ids that end a row.
    """

    def __init__(self, tokenizer: Any, on_text: Callable[[int, str], None], stop: set[int]) -> None:
        self.tokenizer, self.on_text, self.stop = tokenizer, on_text, stop
        self.ids: list[list[int]] = []
        self.sent: list[str] = []
        self.done: list[bool] = []

    def put(self, value: Tensor) -> None:
        """Take one step's tokens [B]; the prompt's ids [B, L], which come first, are left out."""
        if value.dim() > 1:
            return
        if not self.ids:
            self.ids, self.sent, self.done = [[] for _ in value], ["" for _ in value], [False for _ in value]
        for row, token in enumerate(value.tolist()):
            self.done[row] = self.done[row] or token in self.stop
            if not self.done[row]:
                self.ids[row].append(token)
                self._emit(row, final=False)

    def end(self) -> None:
        """Send what was held back."""
        for row in range(len(self.ids)):
            self._emit(row, final=True)

    def _emit(self, row: int, *, final: bool) -> None:
        """Pass on the new part of a row's text; an unfinished character waits."""
        text = self.tokenizer.decode(self.ids[row], skip_special_tokens=True)
        if len(text) > len(self.sent[row]) and (final or not text.endswith(UNFINISHED)):
            piece, self.sent[row] = text[len(self.sent[row]) :], text
            self.on_text(row, piece)


def generate_texts(
    llm: Any,
    tokenizer: Any,
    embeds: Tensor,
    mask: Tensor,
    *,
    max_new_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
    beams: int = 1,
    on_text: Callable[[int, str], None] | None = None,
    scores: list[float] | None = None,
) -> list[str]:
    """Continue prompts.

    Args:
        llm: a causal language model of transformers.
        tokenizer: its tokenizer.
        embeds: [B, L, W], padded on the left.
        mask: [B, L] bool.
        max_new_tokens: at most.
        temperature: 0 is greedy.
        seed: of sampling; torch's global generator is left as it was.
        beams: of a beam search; 1 for none. With more there is nothing to stream.
        on_text: called with (row, piece of text).
        scores: filled with each text's mean log-probability a token, its end included.

    Returns:
        B texts without surrounding blanks.
    """
    from transformers import GenerationConfig

    stop = _stop_ids(llm, tokenizer)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    settings = GenerationConfig(
        max_new_tokens=max_new_tokens,
        do_sample=temperature > 0,
        num_beams=beams,
        temperature=temperature if temperature > 0 else None,
        eos_token_id=sorted(stop),
        pad_token_id=pad,
        return_dict_in_generate=True,
        output_logits=scores is not None and beams == 1,
        output_scores=scores is not None and beams > 1,
    )
    stream = None if on_text is None or beams > 1 else TextStream(tokenizer, on_text, stop)
    was_training = llm.training
    llm.eval()
    with torch.random.fork_rng(devices=[embeds.device] if embeds.is_cuda else []):
        torch.manual_seed(seed)
        out = llm.generate(
            inputs_embeds=embeds, attention_mask=mask.long(), generation_config=settings, streamer=stream
        )
    llm.train(was_training)
    ids = out.sequences  # [B, new tokens]: prompts given as embeddings aren't repeated
    if scores is not None:
        scores[:] = out.sequences_scores.tolist() if beams > 1 else _mean_log_prob(ids, out.logits, stop)
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


def _mean_log_prob(ids: Tensor, logits: tuple[Tensor, ...], stop: set[int]) -> list[float]:
    """Mean log-probability of each row's tokens [B, n] up to and with the first that ends it."""
    step = torch.stack(logits, 1).float().log_softmax(-1)  # [B, n, vocabulary]
    each = step.gather(2, ids[..., None])[..., 0]
    ends = torch.isin(ids, torch.tensor(sorted(stop), device=ids.device))
    inside = (ends.long().cumsum(1) - ends.long()) == 0
    return ((each * inside).sum(1) / inside.sum(1).clamp_min(1)).tolist()


def _stop_ids(llm: Any, tokenizer: Any) -> set[int]:
    """Ids that end an answer: the tokenizer's and the model's own."""
    own = getattr(llm.generation_config, "eos_token_id", None)
    more = own if isinstance(own, list) else [own]
    return {int(i) for i in [tokenizer.eos_token_id, *more] if i is not None}
