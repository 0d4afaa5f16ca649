"""A base's own visual tokens of a crop, and personal tokens that start from them.

In: crops of one person. Out: [n, W] what the decoder is given in the place of those pictures; sixteen of them by
k-means, as long as the base's word embeddings are (MC-LLaVA, arXiv 2411.11706, starts its concept tokens so).

Legend: n visual tokens, I personal tokens, W width of the base.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.bases.loading import Base
from pvchat.bases.marking import Frames, Visuals
from pvchat.bases.prompts import BasePrompt, inputs_of
from pvchat.bases.soft import TOKENS
from pvchat.errors import SettingsError

ROUNDS = 20  # of k-means
NOISE = 0.05  # of a token's length, on the copies where there are fewer visual tokens than personal ones


@torch.no_grad()
def visual_tokens(base: Base, crops: Sequence[Frames]) -> Tensor:
    """The tokens [n, W] that some pictures become before the decoder.

    Raises:
        SettingsError: no place of a picture is found in this base's prompts.
    """
    found = []
    for crop in crops:
        shown = Visuals(crop[None][:0], np.zeros(0, np.float32), crop=crop)  # one picture, and no video beside it
        inputs = inputs_of(base, shown, BasePrompt("What is this?", brief=""))
        embeds = _embeds(base, inputs)
        found.append(embeds[_places(base, inputs["input_ids"])[0]])
    tokens = torch.cat(found) if found else torch.zeros(0, base.width)
    if not len(tokens):
        raise SettingsError("this base's visual tokens can't be found in its prompts.", subject=base.source.name)
    return tokens.float()


def personal_start(base: Base, crops: Sequence[Frames], seed: int = 0) -> Tensor:
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


def _embeds(base: Base, inputs: dict[str, Any]) -> Tensor:
    """[L, W] what the decoder is given for a prompt."""
    seen: dict[str, Tensor] = {}

    def listen(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        seen["embeds"] = kwargs["inputs_embeds"][0]

    hook = base.decoder.register_forward_pre_hook(listen, with_kwargs=True)
    try:
        base.model(**inputs, use_cache=False, logits_to_keep=1)
    finally:
        hook.remove()
    return seen["embeds"]


def _places(base: Base, ids: Tensor) -> Tensor:
    """[B, L] where pictures and frames stand in a prompt."""
    config = base.model.config
    names = ("image_token_id", "image_token_index", "video_token_id", "video_token_index")
    known = {value for name in names if isinstance(value := getattr(config, name, None), int)}
    return torch.isin(ids, torch.tensor(sorted(known), device=ids.device))
