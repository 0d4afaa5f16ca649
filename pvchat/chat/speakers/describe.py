"""The trained model's words about a clip: questions and people in, texts with their likelihood out.

A `Describer` speaks through one trained model and keeps what it saw and said of its clips and people. It decides
nothing: who is there stays with `presence.py`, and what of its words is shown with `claims.py` and `hearing.py`.

Legend: B lines, n texts, S width of sentence vectors.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.chat.speakers.calibration import Calibration
from pvchat.chat.speakers.claims import Speaker
from pvchat.model import personstates
from pvchat.model.lines import Line, Utterance
from pvchat.model.sentences import Encode
from pvchat.model.trained import TrainedModel
from pvchat.model.views import ClipViews
from pvchat.people.person import Person
from pvchat.perception.experts import networks
from pvchat.schemas import ClipAnalysis, FloatArray

if TYPE_CHECKING:
    from pvchat.model.people import PersonState
    from pvchat.model.pvchat import PVChatModel

MAX_NEW_TOKENS = 32  # of one text; captions have about 12 words
_TEXTS_IN_MEMORY = 512


class Describer:
    """One trained model, ready to speak about the people of one store.

    Args:
        trained: the model; describers for other people share it.
        encode: texts to sentence vectors [n, S]; the model's gate reads questions by them.
    """

    def __init__(self, trained: TrainedModel, encode: Encode) -> None:
        self.trained, self.encode = trained, encode
        self.views = ClipViews(trained)
        self._unseen: OrderedDict[tuple[str, str], float] = OrderedDict()  # with an empty clip

    @property
    def model(self) -> PVChatModel:
        """The whole model with its language model."""
        return self.trained.model

    @property
    def stamp(self) -> str:
        """Which weights these are."""
        return self.trained.stamp

    def speaker(self, analysis: ClipAnalysis) -> Speaker:
        """The model as claims about one clip are made with it."""
        return Speaker(partial(self.say, analysis), partial(self.likeness, analysis), self.calibration)

    @cached_property
    def calibration(self) -> Calibration:
        """How much the model's claims may be believed."""
        return Calibration.read(self.trained.folder)

    def state(self, person: Person) -> PersonState:
        """What the model takes for a person: what training stored of her, else made anew."""
        return personstates.person_state(self.trained, person)

    def forget(self) -> None:
        """Drop all clips, and what was said of them, from memory."""
        with self.trained.lock:
            self.views.forget()
            self._unseen.clear()

    def say(
        self, analysis: ClipAnalysis, lines: Sequence[Line], max_new_tokens: int = MAX_NEW_TOKENS
    ) -> list[Utterance]:
        """Answer several questions about one clip in one batch, greedily: the same questions give the same words.

        Args:
            analysis: of the clip.
            lines: B questions.
            max_new_tokens: at most, of each text.
        """
        if not lines:
            return []
        from pvchat.model.generation import Decoding
        from pvchat.model.prompts import Prompt

        with self.trained.lock:
            prompts = [Prompt(line.question, clip=i) for i, line in enumerate(lines)]
            said = self.model.generate(
                self.views.of_lines(analysis, lines), prompts, question=self._vectors(lines),
                decoding=Decoding(max_new_tokens, scored=True),
            )  # fmt: skip
            blind = [self._blind(line, text) for line, text in zip(lines, said.texts, strict=True)]
        rows = zip(said.texts, said.scores, blind, strict=True)
        return [Utterance(text, score - unseen) for text, score, unseen in rows]

    def likeness(self, analysis: ClipAnalysis, lines: Sequence[Line], texts: Sequence[str]) -> FloatArray:
        """How near each of n texts is to what each of B lines looks at: cosines [B, n] of the best query."""
        asked, told = self.encode([line.question for line in lines]), self.encode(list(texts))
        with self.trained.lock:
            seen = [self.views.seen_by(analysis, *one) for one in zip(lines, asked, strict=True)]
        networks.rest()
        return np.stack([(queries @ told.T).max(0) for queries in seen])  # BLIP-2, Sec. 3.2

    def vector(self, question: str) -> Any:
        """[1, S] sentence vector of a question."""
        return self._vectors([Line(question)])

    def _blind(self, line: Line, text: str) -> float:
        """Mean log-probability a token of a text when the model sees nothing; kept, for texts come again and again."""
        import torch

        from pvchat.model.prompts import Prompt

        key = (line.question, text)
        if key not in self._unseen:
            with torch.inference_mode():
                prompts, asked = [Prompt(line.question, text)], self._vectors([line])
                out = self.model(self.trained.nothing, prompts, question=asked)
            self._unseen[key] = -float(out.lm_loss)
        self._unseen.move_to_end(key)
        while len(self._unseen) > _TEXTS_IN_MEMORY:
            self._unseen.popitem(last=False)
        return self._unseen[key]

    def _vectors(self, lines: Sequence[Line]) -> Any:
        """[B, S] sentence vectors of the questions."""
        import torch

        return torch.from_numpy(self.encode([x.question for x in lines])).to(self.trained.device)
