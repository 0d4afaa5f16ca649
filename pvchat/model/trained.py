"""One trained model, loaded once and shared: a folder of `recipes.model.made.save_model` in, model and card out.

Whoever speaks through it (`describer.py`) keeps the clips and the people; what is here is the same for everybody. Most
answers need what it sees and not its words, which comes without torch, whose import costs 190 MB and two seconds. Two
passes (`Connectors`, and the whole model's `forward`) run as converted networks (`networks.py`, ADR 0014); on other
devices than the CPU torch runs the same. The language model is six times as large as the rest: it loads when an answer
asks for it. A model that is in memory anyway, and maybe nowhere else, runs itself: nothing is converted.

Legend: N tokens, D model width, S sentence width.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pvchat.model.cliptokens import SCENE, clip_tokens
from pvchat.model.config import ANSWERING, WEIGHTS, ModelConfig, read_config
from pvchat.perception.experts.networks import Input, Network, TorchNetwork, load
from pvchat.runtime import pick_device
from pvchat.schemas import ClipAnalysis, Flags, FloatArray, IntArray
from pvchat.storage import atomic

if TYPE_CHECKING:
    from torch import Tensor, nn

    from pvchat.model.pvchat import PVChatModel

FORMAT = 2  # of what the passes give
READ_EXPERTS = ("frame", "body")  # experts whose tokens the words were learned from
MARGIN = 0.1  # of a box's sides


@dataclass(frozen=True)
class ClipTokens:
    """A clip as the converted passes read it."""

    raw: FloatArray  # [1, N, D] tokens before any was mixed with others
    expert: IntArray  # [1, N] number of the expert that each comes from
    where: FloatArray  # [N, 5] t, x0, y0, x1, y1
    track: IntArray  # [N] track number, `SCENE` for none
    mask: Flags  # [N] True for real tokens


class TrainedModel:
    """The weights in a model's folder, each part loaded when first needed; or the whole model, where it is in memory.

    Its `lock` is held while the model loads or runs: one at a time.
    """

    def __init__(self, folder: Path, device: str, model: PVChatModel | None = None) -> None:
        self.folder, self._device = folder, device
        self.lock = threading.RLock()
        self._whole, self.in_memory = model, model is not None

    @cached_property
    def device(self) -> str:
        """The torch device; torch itself isn't loaded before it is needed."""
        return pick_device(self._device)

    @property
    def model(self) -> PVChatModel:
        """The whole model with its language model."""
        with self.lock:
            if self._whole is None:
                from pvchat.model.pvchat import PVChatModel

                self._whole = PVChatModel.from_pretrained(self.folder, device=self.device)
            return self._whole

    @cached_property
    def config(self) -> ModelConfig:
        """Its configuration; raises WeightsError where it is unreadable."""
        return self._whole.config if self._whole is not None else read_config(self.folder)

    @cached_property
    def stamp(self) -> str:
        """Which weights these are: the start of their file's SHA-256."""
        return atomic.sha256_of(self.folder / WEIGHTS)[:16]

    @cached_property
    def answering(self) -> dict[str, Tensor]:
        """Adapters and projectors with which it answers questions by itself, where it was trained for that. Raises
        WeightsError where they don't fit this model.
        """
        from pvchat.model.checkpoint import read_adapters

        return read_adapters(self.model, self.folder / ANSWERING)

    def load_passes(self) -> None:
        """Load now what sees clips."""
        _ = self._connector_pass, self._query_pass

    def tokens(self, analysis: ClipAnalysis) -> ClipTokens:
        """A clip's tokens, once a clip."""
        rows = [part.arrays() for part in clip_tokens(analysis, self.config).values()]
        (raw,) = self._connector_pass(*(array for tokens, where, track, _ in rows for array in (tokens, where, track)))
        counts = [track.shape[1] for _, _, track, _ in rows]
        expert = np.repeat(np.arange(len(rows)), counts)[None]
        return ClipTokens(raw, expert, *(np.concatenate([row[i][0] for row in rows]) for i in (1, 2, 3)))

    def read(self, clip: ClipTokens, mask: Flags, question: FloatArray) -> FloatArray:
        """The mean [D] of the queries, which read a clip with a question's vector [S] in mind.

        The mask [N] says which tokens are looked at; what isn't is in none of the others either.
        """
        raw = clip.raw
        if not mask.any():  # attention needs something to see
            raw, mask = np.zeros_like(raw), np.arange(len(mask)) == 0
        _, mean = self._query_pass(raw, clip.expert, mask[None], question[None])
        return mean[0]

    def tokens_near(self, clip: ClipTokens, track: int, box: FloatArray) -> Flags:
        """[N] whether a token is read: those of a track, by the number they carry, and of the scene those whose cells
        meet a box [4] with a margin around it. Such cells still show everybody in them.
        """
        read = [number for number, name in enumerate(self.config.experts) if name in READ_EXPERTS]
        margin = np.tile((box[2:] - box[:2]) * MARGIN, 2) * (-1, -1, 1, 1)
        x0, y0, x1, y1 = box + margin
        _, left, top, right, bottom = clip.where.T
        meets = (right > x0) & (left < x1) & (bottom > y0) & (top < y1)
        shown = (clip.track == track) | ((clip.track == SCENE) & meets)
        return clip.mask & shown & np.isin(clip.expert[0], read)

    @cached_property
    def _connector_pass(self) -> Network:
        inputs = []
        for expert in self.config.experts.values():
            inputs += [Input((1, -1, expert.width)), Input((1, -1, 5)), Input((1, -1), "int64")]
        return self._pass("connecting", lambda: self._model().connectors, inputs)

    @cached_property
    def _query_pass(self) -> Network:
        config = self.config
        shapes = (1, -1, config.width), (1, -1), (1, -1), (1, config.sentence_width)
        kinds = ("float32", "int64", "bool", "float32")
        return self._pass("looking", self._model, [Input(*one) for one in zip(shapes, kinds, strict=True)])

    def _model(self) -> PVChatModel:
        """The torch model, without its language model unless it is in memory."""
        if self.in_memory:
            return self.model
        from pvchat.model.pvchat import PVChatModel

        return PVChatModel.from_pretrained(self.folder, llm="none", device=self.device)

    def _pass(self, name: str, module: Callable[[], nn.Module], inputs: list[Input]) -> Network:
        if self.in_memory:
            return TorchNetwork(module(), self.device)
        weights, what = self.folder / WEIGHTS, f"{self.config!r} {FORMAT}"
        return load(name, weights, lambda _: module(), *inputs, variant=what, device=self.device)
