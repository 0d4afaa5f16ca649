"""The trained model as it looks at clips of the people of one store: what it sees of them, likeness to sentences.

A `Describer` keeps what it saw. It decides nothing: who is there stays with `presence.py`, what of its words is shown
with `chat/speakers/`.

Legend: B lines, n texts, S width of sentence vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.model import personstates
from pvchat.model.choices import ChoiceKind, Chooser, Scale, read_scales
from pvchat.model.lines import Line
from pvchat.model.sentences import Encode
from pvchat.model.trained import TrainedModel
from pvchat.model.views import ClipViews
from pvchat.people.person import Person
from pvchat.perception.experts import networks
from pvchat.schemas import ClipAnalysis, FloatArray

if TYPE_CHECKING:
    from pvchat.model.people import PersonState
    from pvchat.model.pvchat import PVChatModel


class Describer:
    """One trained model, ready to speak about the people of one store.

    Args:
        trained: the model; describers for other people share it.
        encode: texts to sentence vectors [n, S]; the model's gate reads questions by them.
    """

    def __init__(self, trained: TrainedModel, encode: Encode) -> None:
        self.trained, self.encode = trained, encode
        self.views = ClipViews(trained)

    @property
    def model(self) -> PVChatModel:
        """The whole model with its language model."""
        return self.trained.model

    @property
    def stamp(self) -> str:
        """Which weights these are."""
        return self.trained.stamp

    def chooser(self, analysis: ClipAnalysis) -> Chooser:
        """The model as it chooses about one clip."""
        return Chooser(partial(self.likeness, analysis), self.scales)

    @cached_property
    def scales(self) -> dict[ChoiceKind, Scale]:
        """How sure its choices must be."""
        return read_scales(self.trained.folder)

    def state(self, person: Person) -> PersonState:
        """What the model takes for a person: what training stored of her, else made anew."""
        return personstates.person_state(self.trained, person)

    def forget(self) -> None:
        """Drop all clips from memory."""
        with self.trained.lock:
            self.views.forget()

    def likeness(self, analysis: ClipAnalysis, lines: Sequence[Line], texts: Sequence[str]) -> FloatArray:
        """How near each of n texts is to what each of B lines looks at: cosines [B, n] of the best query."""
        asked, told = self.encode([line.question for line in lines]), self.encode(list(texts))
        with self.trained.lock:
            seen = [self.views.seen_by(analysis, *one) for one in zip(lines, asked, strict=True)]
        networks.rest()
        return np.stack([(queries @ told.T).max(0) for queries in seen])  # BLIP-2, Sec. 3.2

    def vector(self, question: str) -> Any:
        """[1, S] sentence vector of a question."""
        import torch

        return torch.from_numpy(self.encode([question])).to(self.trained.device)
