"""The whole model: connectors, Q-Former, projectors, language model.

In: `ClipFeatures`, questions as sentence vectors and prompts, the people named. Out: loss or text, log-odds of presence
for each person, a vector in sentence space, routing statistics.

The clip's visual tokens are made once (`encode_clips`) and shared by all questions about it (`Prompt.clip`). Loss and
logits are computed at answer positions only: a vocabulary of 49k costs more than the Q-Former otherwise.

Legend: B questions, C clips, P people named, Q queries, I personal tokens, L tokens of a prompt, N visual tokens,
D model width, S sentence width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model import checkpoint
from pvchat.model.aligner import Aligner
from pvchat.model.config import ModelConfig, read_config
from pvchat.model.connectors import Connectors
from pvchat.model.features import ClipFeatures
from pvchat.model.generation import Decoding, generate_texts
from pvchat.model.llm import add_lora, language_of
from pvchat.model.mova import QuestionGate
from pvchat.model.people import People
from pvchat.model.presence import ToldPresence
from pvchat.model.prompts import IGNORE, PERSONAL, VISUAL, Prompt, PromptWriter, TokenBatch
from pvchat.model.qformer import QFormer
from pvchat.model.reading import PVChatOutput, Reading, Written, whole_answers
from pvchat.model.visual import VisualTokens


class PVChatModel(nn.Module):
    """PVChat's model.

    Args:
        config: sizes.
        llm: a causal language model of transformers; it is frozen and gets LoRA as configured. None leaves the
            language model out (contrastive training).
        tokenizer: the language model's.
    """

    def __init__(self, config: ModelConfig, llm: Any = None, tokenizer: Any = None) -> None:
        super().__init__()
        self.config = config
        self.connectors = Connectors(config)
        self.gate = QuestionGate(config.width, config.sentence_width, len(config.experts)) if config.mova else None
        self.prints = ToldPresence(config.max_tracks)
        self.qformer = QFormer(config)
        self.aligner = Aligner(config)
        self.to_sentence = nn.Linear(config.width, config.sentence_width)
        self.llm: Any = None
        self.writer: Any = None
        if llm is not None:
            self._attach(llm, tokenizer)

    def _attach(self, llm: Any, tokenizer: Any) -> None:
        """Freeze the language model, add LoRA, make projectors of its width whose output has its embeddings' size."""
        self.llm = llm.requires_grad_(False)
        add_lora(self.llm, self.config.lora)
        embeddings = self.llm.get_input_embeddings().weight
        self.project_queries = nn.Linear(self.config.width, embeddings.shape[1])
        self.project_people = nn.Linear(self.config.width, embeddings.shape[1])
        for layer in (self.project_queries, self.project_people):
            nn.init.normal_(layer.weight, std=float(embeddings.float().std()) / self.config.width**0.5)
            nn.init.zeros_(layer.bias)
        self.project_presence = nn.Linear(1, self.config.personal_tokens * embeddings.shape[1], bias=False)
        nn.init.zeros_(self.project_presence.weight)
        config = self.config
        self.writer = PromptWriter(
            tokenizer, config.queries, config.personal_tokens, system=config.system, max_length=config.max_length
        )

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.prints.heard.device

    def encode_clips(self, features: ClipFeatures) -> VisualTokens:
        """The visual pass, once for each of C clips: connectors and HGA."""
        return self.connectors(features.to(self.device))

    def read(self, visual: VisualTokens, question: Tensor | None = None, people: People | None = None) -> Reading:
        """Read clips with questions in mind.

        Args:
            visual: of B clips (use `VisualTokens.select` when several questions share one).
            question: [B, S] MiniLM vectors of the questions, None for none.
            people: who is named, None for nobody.
        """
        tokens = visual.tokens
        if self.gate is not None:
            tokens, _ = self.gate(visual, question)
        match, presence = None, tokens.new_zeros(len(tokens), 0)
        if people is not None:
            found = self.prints(people, visual)
            match, presence = found.into(visual), found.odds
        out = self.qformer(tokens, visual.mask, question, people, match)
        sentences = F.normalize(self.to_sentence(out.queries), dim=-1)
        return Reading(out.queries, out.personal, presence, sentences, out.routing, visual.aux)

    def forward(
        self,
        features: ClipFeatures | VisualTokens,
        prompts: Sequence[Prompt] | None = None,
        *,
        question: Tensor | None = None,
        people: People | None = None,
    ) -> PVChatOutput:
        """Read clips and, with prompts, score their answers.

        Args:
            features: C clips, or their visual tokens.
            prompts: B prompts with answers; `Prompt.clip` says which clip. None: no language model, B = C.
            question: [B, S] sentence vectors of the questions, None for none.
            people: who is named in each, None for nobody at all.
        """
        visual = features if isinstance(features, VisualTokens) else self.encode_clips(features)
        if prompts is None:
            return PVChatOutput(self.read(visual, question, people))
        reading = self.read(self._rows(visual, prompts), question, people)
        batch = self._write(prompts, people, generate=False)
        hidden = self._hidden(self._embed(batch, reading, people), batch)
        at = batch.labels != IGNORE
        logits = self.llm.get_output_embeddings()(hidden[at])  # [answer tokens, vocabulary]
        losses = F.cross_entropy(logits.float(), batch.labels[at], reduction="none")
        first = at & ~F.pad(at, (1, 0))[:, :-1]  # answers don't touch one another
        out = PVChatOutput(reading, losses.mean(), int(at.sum()), losses[first[at]].mean())
        if not self.training:
            right = logits.argmax(-1) == batch.labels[at]
            out.exact = whole_answers(right, at.nonzero()[:, 0], batch.segment[at], len(prompts))
        return out

    @torch.no_grad()
    def generate(
        self,
        features: ClipFeatures | VisualTokens,
        prompts: Sequence[Prompt],
        *,
        question: Tensor | None = None,
        people: People | None = None,
        decoding: Decoding | None = None,
    ) -> Written:
        """Answer prompts.

        Args:
            features: C clips, or their visual tokens (kept between the turns of a conversation).
            prompts: B prompts; answers are ignored.
            question: [B, S] sentence vectors.
            people: who is named.
            decoding: how; None is greedy.
        """
        reading, batch = self._reading_of(features, prompts, question, people)
        embeds = self._embed(batch, reading, people)
        texts = generate_texts(self.llm, self.writer.tokenizer, embeds, batch.mask, decoding or Decoding())
        return Written(texts, reading)

    @torch.no_grad()
    def yes_no(
        self,
        features: ClipFeatures | VisualTokens,
        prompts: Sequence[Prompt],
        *,
        question: Tensor | None = None,
        people: People | None = None,
    ) -> Tensor:
        """[B] log-odds that the language model's answer begins with "Yes" rather than "No"."""
        reading, batch = self._reading_of(features, prompts, question, people)
        hidden = self._hidden(self._embed(batch, reading, people), batch)[:, -1]
        first = [self.writer.tokenizer(word, add_special_tokens=False)["input_ids"][0] for word in ("Yes", "No")]
        logits = self.llm.get_output_embeddings()(hidden).float()
        return logits[:, first[0]] - logits[:, first[1]]

    def save_pretrained(self, folder: str | Path, *, dtype: torch.dtype = torch.bfloat16) -> None:
        """Write config.json and model.safetensors (our trained part and LoRA; the language model is only named)."""
        checkpoint.save(self, Path(folder), dtype)

    @classmethod
    def from_pretrained(cls, folder: str | Path, *, llm: str | None = None, device: str | torch.device = "cpu") -> Self:
        """Load what `save_pretrained` wrote.

        Args:
            folder: holds config.json and model.safetensors.
            llm: another language model than the one trained with (a spec of `llm.load_llm`); projectors and LoRA then
                start anew. "none" leaves it out.
            device: where the model goes.

        Raises:
            WeightsError: files are missing or don't fit the configuration.
        """
        path, own = Path(folder), read_config(Path(folder))
        config = own if llm is None else replace(own, llm=llm)
        model = cls(config, *language_of(config, device))
        checkpoint.load(model, path, without_llm=config.llm != own.llm)
        return model.to(device).eval()

    def _reading_of(
        self,
        features: ClipFeatures | VisualTokens,
        prompts: Sequence[Prompt],
        question: Tensor | None,
        people: People | None,
    ) -> tuple[Reading, TokenBatch]:
        """What was read for each prompt, and the prompts to be continued."""
        visual = features if isinstance(features, VisualTokens) else self.encode_clips(features)
        reading = self.read(self._rows(visual, prompts), question, people)
        return reading, self._write(prompts, people, generate=True)

    def _rows(self, visual: VisualTokens, prompts: Sequence[Prompt]) -> VisualTokens:
        """The visual tokens of each prompt's clip."""
        return visual.select(torch.tensor([p.clip for p in prompts], device=self.device))

    def _write(self, prompts: Sequence[Prompt], people: People | None, *, generate: bool) -> TokenBatch:
        """Token ids on the model's device."""
        names = [[] for _ in prompts] if people is None else people.names
        return self.writer.batch(prompts, names, generate=generate).to(self.device)

    def _embed(self, batch: TokenBatch, reading: Reading, people: People | None) -> Tensor:
        """[B, L, width of the language model]: text embeddings with visual and personal tokens in their places."""
        embeds = self.llm.get_input_embeddings()(batch.ids.clamp_min(0))
        seen = self.project_queries(reading.queries).to(embeds.dtype)
        embeds = embeds.masked_scatter((batch.ids == VISUAL)[..., None], seen)
        if people is not None:
            embeds = embeds.masked_scatter((batch.ids == PERSONAL)[..., None], self._named(reading, people).to(embeds))
        return embeds

    def _named(self, reading: Reading, people: People) -> Tensor:
        """[real people, I, width of the language model]: who they are, and how surely they are there (-1..1).

        The Q-Former's attention alone tells the language model nearly nothing of presence (docs/LOG.md): it is decided
        beside it. Words learn from the decision here and not the other way round, so no gradient goes back.
        """
        named = self.project_people(reading.personal[people.mask])
        certain = self.prints.certain(reading.presence[people.mask].detach())
        told = self.project_presence(certain[:, None]).unflatten(1, (-1, named.shape[2]))
        return named + told[:, torch.arange(named.shape[1]) % told.shape[1]]  # people may have another number of tokens

    def _hidden(self, embeds: Tensor, batch: TokenBatch) -> Tensor:
        """Last hidden states [B, L, width] of the language model."""
        mask, place = batch.mask.long(), batch.positions()
        if int(batch.segment.max()) > 1:  # additive mask [B, 1, L, L]; a padded row sees all alike, which is not NaN
            mask = torch.zeros_like(embeds[:, :1, :1]) + ~batch.visible()
            mask = (mask * torch.finfo(embeds.dtype).min)[:, None]
        out = self.llm.base_model(inputs_embeds=embeds, attention_mask=mask, position_ids=place, use_cache=False)
        return out.last_hidden_state
