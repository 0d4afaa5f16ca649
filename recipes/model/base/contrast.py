"""Phase 1: pictures against MiniLM vectors of their captions, and their words out of the queries alone.

In: the pictures and questions of phase 2. Out: batches, the losses of BLIP-2's first stage (ITC and ITG, arXiv
2301.12597, Sec. 3.2), recall between pictures and captions of the held-back pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.model.deeds import CAPTION_QUESTION
from pvchat.model.sentences import Encode
from recipes.model.base.config import BaseConfig
from recipes.model.base.data import picture_features, to_tensor
from recipes.model.base.features import sentence_vectors
from recipes.model.base.grounding import CaptionDecoder, Vocabulary, WordNaming, nameable, words_of
from recipes.model.base.lessons import Lessons, taught
from recipes.model.base.phases import LOG_SCALE, VALIDATION_BATCH, Objective, StepLoss, total
from recipes.model.base.report import caption_scores, recall, text_recall
from recipes.model.batches import ClipFeatures, encode_clips, select

NAMING = 0.5  # weight of the naming loss: a few nats a word, like the decoder's


@dataclass
class AlignmentBatch:
    """Pictures with questions, captions' vectors and words.

    Attributes:
        features: of C pictures; clip: [B] the picture of each question; question: [B, S] vectors.
        captioned: [b] the questions whose answers are captions.
        sentences: [b, S] vectors of one caption each.
        others: [K, S] vectors of captions drawn from the whole training set.
        own: [b, K] True where such a caption happens to be the picture's own.
        words: [M, L] all captions and answers as numbers; owner: [M] the question of each.
        named: [b, V] 1 for the nameable words of a picture's captions.
    """

    features: ClipFeatures
    clip: Tensor
    question: Tensor
    captioned: Tensor
    sentences: Tensor
    others: Tensor
    own: Tensor
    words: Tensor
    owner: Tensor
    named: Tensor


class Contrastive:
    """Phase 1: the questions and answers of phase 2 without its language model (BLIP-2's ITC and ITG).

    Each picture's best query is held against its captions' vectors, and a small decoder must write all captions and
    answers from the queries alone (`grounding.py`).
    """

    score = "words"
    naming: WordNaming | None = None

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        self.config, self.lessons = config, Lessons(config, model.config, encode)
        learned = [c for pool in self.lessons.pools for p in pool.photos if not p.auto for c in p.captions]
        texts = list(dict.fromkeys(learned + [c for p in self.lessons.held_back.photos for c in p.captions]))
        self.sentence = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))
        self.bank_text = np.array(learned)
        self.bank = np.stack([self.sentence[text] for text in learned])  # [captions, S]
        answers = [a.answer for rows in self.lessons.questions for row in rows for a in row]
        self.vocabulary = Vocabulary(learned + answers)
        self.captioner = CaptionDecoder(model.config.width, len(self.vocabulary), config.seed)
        self.nameable: dict[str, int] = {}
        if model.llm is not None:
            self.nameable = nameable(self.vocabulary, model.writer.tokenizer)
            table = model.llm.get_input_embeddings().weight[list(self.nameable.values())]
            self.naming = WordNaming(table.cpu())

    def fingerprint(self) -> str:
        """Hash of the training pictures and their captions."""
        return self.lessons.fingerprint()

    def batch(self, step: int) -> AlignmentBatch:
        """The lessons of a step, and what their captions are held against."""
        features, prompts, question = self.lessons.batch(step)
        rng = np.random.default_rng([self.config.seed, 1, step])
        rows = [i for i, p in enumerate(prompts) if p.question == CAPTION_QUESTION]
        others = rng.integers(len(self.bank), size=self.config.negatives)
        sentences = np.stack([self.sentence[prompts[i].answer] for i in rows])
        own = np.stack([np.isin(self.bank_text[others], taught(prompts[i])) for i in rows])
        named = torch.zeros(len(rows), len(self.nameable))
        for i, row in enumerate(rows):
            told = words_of(taught(prompts[row]))
            named[i] = torch.tensor([word in told for word in self.nameable])
        words = self.vocabulary.encode([text for p in prompts for text in taught(p)])
        owner = torch.tensor([i for i, p in enumerate(prompts) for _ in taught(p)])
        device = self.config.device
        clip = torch.tensor([p.clip for p in prompts])
        tensors = (torch.tensor(rows), to_tensor(sentences), to_tensor(self.bank[others]), torch.from_numpy(own))
        return AlignmentBatch(features, *(t.to(device) for t in (clip, question, *tensors, words, owner, named)))

    def loss(self, model: Any, objective: Objective, batch: AlignmentBatch) -> StepLoss:
        """Contrast in the batch and with captions of the whole set, words, and naming where the model has words."""
        reading = model.read(select(encode_clips(model, batch.features), batch.clip), batch.question)
        seen, scale = reading.sentences[batch.captioned].float(), objective.log_scale
        alike = similarity(seen, batch.sentences)
        losses = {"in_batch_loss": contrastive_loss(alike, scale)}
        if self.config.negatives:  # both look for the same captions: half each
            bank = bank_loss(alike.diagonal(), similarity(seen, batch.others), batch.own, scale)
            losses = {"in_batch_loss": losses["in_batch_loss"] / 2, "bank_loss": bank / 2}
        assert objective.captioner is not None
        losses["words_loss"] = objective.captioner(reading.queries, batch.words, batch.owner)
        if objective.naming is not None:
            seen_by_llm = model.project_queries(reading.queries[batch.captioned]).float()
            losses["naming_loss"] = NAMING * objective.naming(seen_by_llm, batch.named)
        return total(losses, reading)

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        """Recall both ways; with the decoder also how well it tells the captions ("words": its negative loss)."""
        held_back, seen, told = self.lessons.held_back, [], []
        photos = held_back.photos
        for start in range(0, len(photos), VALIDATION_BATCH):
            rows = range(start, min(start + VALIDATION_BATCH, len(photos)))
            question = self.lessons.vectors([CAPTION_QUESTION] * len(rows))
            features = picture_features(held_back.grids(rows), None, self.lessons.model)
            reading = model.read(encode_clips(model, features), question)
            seen.append(reading.sentences.cpu().float())
            if objective is not None:
                told.append(self._words(objective, reading.queries, [photos[i].captions for i in rows]))
        texts = torch.from_numpy(np.stack([self.sentence[c] for p in photos for c in p.captions]))
        owner = np.repeat(np.arange(len(photos)), [len(p.captions) for p in photos])
        alike = torch.cat([similarity(part, texts) for part in seen])
        found = {f"image_to_text_r{k}": recall(alike, owner, k) for k in (1, 5, 10)}
        found |= {f"text_to_image_r{k}": text_recall(alike, owner, k) for k in (1, 5, 10)}
        if not told:
            return found
        scores = caption_scores([t for said, _ in told for t in said], [list(p.captions) for p in photos])
        words = float(np.average([w for _, w in told], weights=[len(said) for said, _ in told]))
        return {**found, "words": -words, **{f"decoder_{name}": value for name, value in scores.items()}}

    def _words(self, objective: Objective, queries: Tensor, truth: list[tuple[str, ...]]) -> tuple[list[str], float]:
        """Greedy texts of the decoder, and the captions' mean negative log-likelihood."""
        decoder = objective.captioner
        assert decoder is not None
        words = self.vocabulary.encode([text for texts in truth for text in texts]).to(queries.device)
        owner = torch.tensor([i for i, texts in enumerate(truth) for _ in texts], device=queries.device)
        return self.vocabulary.decode(decoder.write(queries)), float(decoder(queries, words, owner))


def similarity(clips: Tensor, sentences: Tensor) -> Tensor:
    """Cosines [B, K] of clips' best queries [B, Q, S] and sentences [K, S], all L2-normalised (BLIP-2, Sec. 3.2)."""
    return (clips @ sentences.T).amax(1)


def bank_loss(right: Tensor, wrong: Tensor, own: Tensor, log_scale: Tensor) -> Tensor:
    """InfoNCE of each picture against its caption and K others.

    Args:
        right: [B] similarity to its own caption.
        wrong: [B, K] to the others.
        own: [B, K] True where one of those is the picture's own too.
        log_scale: log of the inverse temperature, at most log 100.
    """
    scale = log_scale.clamp(max=math.log(100)).exp()  # before the mask: 0 · -inf in its gradient would be NaN
    logits = torch.cat([scale * right[:, None], (scale * wrong).masked_fill(own, -torch.inf)], 1)
    return F.cross_entropy(logits, torch.zeros(len(right), dtype=torch.long, device=right.device))


def contrastive_loss(alike: Tensor, log_scale: Tensor | float = LOG_SCALE) -> Tensor:
    """Symmetric InfoNCE between clips and their sentences (CLIP, arXiv 2103.00020, fig. 3).

    Args:
        alike: [B, B] cosines, row i and column i belong together.
        log_scale: log of the inverse temperature, at most log 100.
    """
    logits = torch.as_tensor(log_scale, device=alike.device).clamp(max=math.log(100)).exp() * alike
    target = torch.arange(len(alike), device=alike.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
