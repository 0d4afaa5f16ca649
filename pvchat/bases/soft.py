"""Personal tokens in a base: vectors in the place of marked tokens, a person's head offsets at those places.

`input_ids` stay, so that positions (Qwen3-VL's M-RoPE) and picture places are found as ever; nothing is resized. The
marked id lies past the embedding's rows: a hook before the embedding takes it out, one after it puts the vectors in.
With mixed heads (`shared.py`) each person's z is added to the router logits at her own tokens, and nowhere else.

They start from the base's own visual tokens of her crops: sixteen of them by k-means, as long as the base's word
embeddings are (MC-LLaVA, arXiv 2411.11706, starts its concept tokens so).

Legend: n visual tokens, B batch (1), L tokens of a prompt, I personal tokens of one person, W width of the base, M
modules with mixed heads, R routed heads of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.bases.loading import Base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import BasePrompt, inputs_of
from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.model.retrofit import mixers
from pvchat.schemas import Pixels

TOKENS = 16  # personal tokens (PVChat, arXiv 2503.17069, supplement)
ROUNDS = 20  # of k-means
NOISE = 0.05  # of a token's length, on the copies where there are fewer visual tokens than personal ones


@contextmanager
def spoken_with(base: Base, people: Sequence[PersonState]) -> Iterator[None]:
    """The base with these people's tokens in its prompts, in this order.

    Its forward raises SettingsError where a prompt marks another number of tokens than these people have.
    """
    if not people:
        yield
        return
    injection, embedding = _TokenInjection(base, people), base.model.get_input_embeddings()
    hidden = embedding.register_forward_pre_hook(injection.hide_marks)
    try:
        with hidden, embedding.register_forward_hook(injection.insert_tokens):
            yield
    finally:
        for mixer in injection.mixers:
            mixer.z = None


class _TokenInjection:
    """Hooks that put people's vectors, and their head offsets, where a prompt has marked tokens."""

    def __init__(self, base: Base, people: Sequence[PersonState]) -> None:
        self.base, self.soft = base, base.soft
        self.vectors = torch.cat([p.tokens for p in people])  # [n, W]
        self.mixers = [mixer for _, mixer in mixers(base.decoder)]
        self.at: Tensor | None = None
        self.z: Tensor | None = None  # [n, M, R]
        if self.mixers and any(p.z.numel() for p in people):
            shape, offsets = (len(self.mixers), self.mixers[0].routed), []
            for person in people:
                own = person.z if person.z.numel() else person.tokens.new_zeros(shape)
                if own.shape != shape:
                    raise SettingsError("her head offsets belong to other mixed heads.", subject=person.name)
                offsets.append(own.expand(len(person.tokens), -1, -1))
            self.z = torch.cat(offsets)

    def hide_marks(self, module: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Before the embedding: an id that it has in the place of the marks."""
        at = args[0] == self.soft
        self.at = at if bool(at.any()) else None
        if self.at is not None and int(at.sum()) != len(self.vectors):
            raise SettingsError(f"the prompt marks {int(at.sum())} tokens for people, not {len(self.vectors)}")
        for number, mixer in enumerate(self.mixers):  # offsets [B, L, R] for the pass to come
            mixer.z = None
            if self.at is not None and self.z is not None:
                offsets = self.z.new_zeros(*at.shape, self.z.shape[2])
                mixer.z = offsets.masked_scatter(at[..., None], self.z[:, number])
        return (args[0].masked_fill(at, 0), *args[1:])

    def insert_tokens(self, module: Any, args: tuple[Any, ...], output: Tensor) -> Tensor:
        """After the embedding: the people's vectors."""
        if self.at is None:
            return output
        return output.masked_scatter(self.at[..., None], self.vectors.to(output))


@torch.no_grad()
def visual_tokens(base: Base, crops: Sequence[Pixels]) -> Tensor:
    """The tokens [n, W] that pictures become before the decoder; raises SettingsError where none are found."""
    found = []
    for crop in crops:
        shown = Visuals(crop[None][:0], np.zeros(0, np.float32), crop=crop)  # one picture, and no video beside it
        inputs = inputs_of(base, shown, BasePrompt("What is this?", brief=""))
        embeds = _decoder_input(base, inputs)
        found.append(embeds[_picture_positions(base, inputs["input_ids"])[0]])
    tokens = torch.cat(found) if found else torch.zeros(0, base.width)
    if not len(tokens):
        raise SettingsError("this base's visual tokens can't be found in its prompts.", subject=base.source.name)
    return tokens.float()


def personal_start(base: Base, crops: Sequence[Pixels], seed: int = 0) -> Tensor:
    """[I, W] personal tokens, `TOKENS` of them, out of crops of one person."""
    centres = k_means(visual_tokens(base, crops), TOKENS, seed)
    usual = base.model.get_input_embeddings().weight.detach().float().norm(dim=1)
    length = usual[usual > 0].median()
    return centres * (length / centres.norm(dim=1, keepdim=True).clamp_min(1e-6))


def k_means(points: Tensor, count: int, seed: int = 0) -> Tensor:
    """`count` centres [count, W] of points [n, W]; where there are fewer points, copies with a little noise."""
    distinct = torch.unique(points, dim=0)
    if len(distinct) <= count:  # each is a centre
        points = distinct if len(distinct) < len(points) else points
        generator = torch.Generator().manual_seed(seed)
        rows = points[torch.arange(count) % len(points)]
        noise = torch.randn(rows.shape, generator=generator).to(rows)
        noise = noise / noise.norm(dim=1, keepdim=True) * rows.norm(dim=1, keepdim=True)
        copied = (torch.arange(count) >= len(points)).to(rows)[:, None]
        return rows + NOISE * noise * copied
    from sklearn.cluster import KMeans

    fit = KMeans(count, n_init=1, max_iter=ROUNDS, random_state=seed).fit(points.cpu().numpy())
    return torch.from_numpy(fit.cluster_centers_).to(points)


def _decoder_input(base: Base, inputs: dict[str, Any]) -> Tensor:
    """[L, W] what the decoder is given for a prompt."""
    seen: dict[str, Tensor] = {}

    def listen(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        seen["embeds"] = kwargs["inputs_embeds"][0]

    with base.decoder.register_forward_pre_hook(listen, with_kwargs=True):
        base.model(**inputs, use_cache=False, logits_to_keep=1)
    return seen["embeds"]


def _picture_positions(base: Base, ids: Tensor) -> Tensor:
    """[B, L] where pictures and frames stand in a prompt."""
    config = base.model.config
    names = ("image_token_id", "image_token_index", "video_token_id", "video_token_index")
    known = {value for name in names if isinstance(value := getattr(config, name, None), int)}
    return torch.isin(ids, torch.tensor(sorted(known), device=ids.device))
