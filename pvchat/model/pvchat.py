"""The whole model: connectors, Q-Former, projectors, language model.

In: an analysed clip, a question as text and as sentence vector, the people named. Out: an answer, log-odds of presence
for each person, a vector in sentence space, routing statistics. What it is trained with (padded batches, losses) stands
in `recipes/model`.

Legend: B questions, P people named, Q queries, I personal tokens, L tokens of a prompt, N visual tokens, D model width,
S sentence width.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model import checkpoint
from pvchat.model.aligner import Aligner
from pvchat.model.config import ModelConfig, read_config
from pvchat.model.connectors import Connectors, QuestionGate, VisualTokens
from pvchat.model.heads import RoutingStats
from pvchat.model.llm import add_lora, load_llm
from pvchat.model.people import People, PresenceInput
from pvchat.model.prompts import PERSONAL, VISUAL, PromptWriter
from pvchat.model.qformer import QFormer
from pvchat.model.speculative import Decoding, write
from pvchat.schemas import ClipAnalysis


@dataclass
class Reading:
    """What the Q-Former read about each question.

    A text's likeness to the clip is the cosine of its MiniLM vector and the best of the sentences, one a query.
    """

    queries: Tensor  # [B, Q, D]
    personal: Tensor  # [B, P, I, D]
    presence: Tensor  # [B, P] log-odds that each is there; meaningless where `People.mask` is False
    sentences: Tensor  # [B, Q, S] L2-normalised
    routing: list[RoutingStats] = field(default_factory=list)  # one a routed module
    aux: dict[str, Tensor] = field(default_factory=dict)  # connector losses "balance" and "z", where they were made


class PVChatModel(nn.Module):
    """PVChat's model, around a causal language model of transformers, which is frozen and gets LoRA as configured.

    None leaves the language model out (contrastive training).
    """

    def __init__(self, config: ModelConfig, llm: Any = None, tokenizer: Any = None) -> None:
        super().__init__()
        self.config = config
        self.connectors = Connectors(config)
        self.gate = QuestionGate(config.width, config.sentence_width, len(config.experts)) if config.mova else None
        self.prints = PresenceInput()
        self.qformer = QFormer(config)
        self.aligner = Aligner(config)
        self.to_sentence = nn.Linear(config.width, config.sentence_width)
        self.llm: Any = llm
        self.writer: Any = None if llm is None else PromptWriter(tokenizer, config)
        if llm is None:
            return
        add_lora(llm.requires_grad_(False), config.lora)
        embeddings = llm.get_input_embeddings().weight
        self.project_queries = nn.Linear(config.width, embeddings.shape[1])
        self.project_people = nn.Linear(config.width, embeddings.shape[1])
        for layer in (self.project_queries, self.project_people):  # their output has the embeddings' size
            nn.init.normal_(layer.weight, std=float(embeddings.float().std()) / config.width**0.5)
            nn.init.zeros_(layer.bias)
        self.project_presence = nn.Linear(1, config.personal_tokens * embeddings.shape[1], bias=False)
        nn.init.zeros_(self.project_presence.weight)

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.prints.heard.device

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual pass over one clip: connectors and HGA."""
        return self.connectors.look(analysis)

    def read(self, visual: VisualTokens, question: Tensor | None = None, people: People | None = None) -> Reading:
        """Read B clips with questions (MiniLM vectors [B, S]) and people in mind, or without."""
        tokens = visual.tokens
        if self.gate is not None:
            tokens, _ = self.gate(visual, question)
        presence = tokens.new_zeros(len(tokens), 0) if people is None else self.prints(people, visual)
        queries, personal, routing = self.qformer(tokens, visual.mask, question, people)
        sentences = F.normalize(self.to_sentence(queries), dim=-1)
        return Reading(queries, personal, presence, sentences, routing, visual.aux)

    def forward(self, raw: Tensor, expert: Tensor, mask: Tensor, question: Tensor) -> tuple[Tensor, Tensor]:
        """What the queries see of a clip with a question [1, S] in mind: unit vectors [1, Q, S], and their mean [1, D].

        Of tokens [1, N, D] as `Connectors` makes them, the expert [1, N] of each, and which are looked at [1, N], one
        at least. This pass is converted (`trained.py`): how many tokens there are is free, everything else is fixed.
        """
        tokens = self.connectors.mixed(raw, expert[0], mask)
        seen = self.read(VisualTokens(tokens, mask, expert[0]), question)
        return seen.sentences, seen.queries.mean(1)

    @torch.no_grad()
    def answer(
        self, visual: VisualTokens, question: str, facts: str, vector: Tensor, people: People | None, decoding: Decoding
    ) -> str:
        """Answer a question, with its sentence vector [1, S] and facts beside it in the prompt, about one clip."""
        reading = self.read(visual, vector, people)
        ids = self.writer.ids(question, facts, [] if people is None else people.names[0])
        embeds = self.embed(torch.tensor([ids], device=self.device), reading, people)
        return write(self.llm, self.writer.tokenizer, embeds, decoding)

    @classmethod
    def from_pretrained(cls, folder: str | Path, *, llm: str | None = None, device: str | torch.device = "cpu") -> Self:
        """Load a saved model.

        `llm` is another language model than the one trained with (a spec of `llm.load_llm`); projectors and LoRA then
        start anew. "none" leaves it out. Raises WeightsError where files are missing or don't fit the configuration.
        """
        path, own = Path(folder), read_config(Path(folder))
        config = own if llm is None else replace(own, llm=llm)
        model = cls(config, *load_llm(config.llm, device=device))
        checkpoint.load(model, path, without_llm=config.llm != own.llm)
        return model.to(device).eval()

    def embed(self, ids: Tensor, reading: Reading, people: People | None) -> Tensor:
        """Text embeddings of token ids [B, L] with visual and personal tokens in their places: [B, L, LLM's width]."""
        embeds = self.llm.get_input_embeddings()(ids.clamp_min(0))
        seen = self.project_queries(reading.queries).to(embeds.dtype)
        embeds = embeds.masked_scatter((ids == VISUAL)[..., None], seen)
        if people is not None:
            named = self.project_people(reading.personal[people.mask])  # [real people, I, LLM's width]
            # The Q-Former tells the language model nearly nothing of presence (docs/LOG.md), so how surely they are
            # there (-1..1) is added. No gradient goes back to it. People may have another number of tokens.
            certain = self.prints.certainty(reading.presence[people.mask].detach())
            shift = self.project_presence(certain[:, None]).unflatten(1, (-1, named.shape[2]))
            named = named + shift[:, torch.arange(named.shape[1]) % shift.shape[1]]
            embeds = embeds.masked_scatter((ids == PERSONAL)[..., None], named.to(embeds))
        return embeds
