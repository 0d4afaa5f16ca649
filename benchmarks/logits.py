"""The trained model's presence logit for each of some people, from one pass over a clip; no answer reads it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from pvchat.chat.speakers.describe import Describer
from pvchat.model.people import People
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis


def presence_logits(
    describer: Describer, analysis: ClipAnalysis, people: Sequence[Person], question: str
) -> list[float]:
    """One for each person."""
    with describer.trained.lock, torch.inference_mode():
        visual, model = describer.views.look(analysis), describer.trained.reader
        rows = torch.zeros(len(people), dtype=torch.long, device=visual.tokens.device)
        named = People.batch([[describer.state(p)] for p in people], model.config)
        asked = describer.vector(question).expand(len(people), -1)
        logits: list[float] = model.read(visual.select(rows), asked, named).presence[:, 0].tolist()
    return logits
