"""The three phases of base training: each makes batches, gives a loss, and validates.

    1 contrastive   pictures against MiniLM vectors of their captions; no language model
    2 generation    questions about pictures, answered through the language model
    3 identity      episodes: enroll on some photos, ask about a scene with look-alikes (`episodes.py`)

A phase's batch is a function of the step (and the seed), so a resumed run sees what a straight one would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.model.features import ClipFeatures
from pvchat.model.prompts import Prompt
from pvchat.sentences import Encode
from pvchat.train.captions import Asked, read_questions
from pvchat.train.config import BaseConfig
from pvchat.train.data import SIDED, Order, Photo, Pictures, augment, picture_features, read_photos, to_tensor
from pvchat.train.features import sentence_vectors
from pvchat.train.losses import LOG_SCALE, SparsityController, contrastive_loss
from pvchat.train.report import HEADS_BY_TYPE

_VALIDATION_BATCH = 64
BODY_SHARE, FRAME_SHARE = 0.5, 0.7  # phase 2: pictures shown as a person's region too; of those, with the frame's cells
_CAPTION_QUESTION = "What is happening in the video?"


@dataclass
class StepLoss:
    """One batch's loss, what it is made of, and the reading it came from (routing and connector losses)."""

    loss: Tensor
    reading: Any
    parts: dict[str, float] = field(default_factory=dict)


class Objective(nn.Module):
    """What is trained or moves beside the model: temperature of the contrastive loss, β of the sparsity losses.

    Args:
        config: of the run.
    """

    def __init__(self, config: BaseConfig) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(LOG_SCALE))
        self.sparsity = SparsityController(config.sparsity, target=config.target)


@dataclass
class CaptionBatch:
    """Pictures with a caption each, and captions of others.

    Attributes:
        features: of B pictures.
        sentences: [B, S] their captions' vectors.
        others: [K, S] vectors of captions drawn from the whole training set.
        own: [B, K] True where such a caption happens to be the picture's own.
    """

    features: ClipFeatures
    sentences: Tensor
    others: Tensor
    own: Tensor


class Phase(Protocol):
    """One phase. `score` names the validation number that decides which checkpoint is best (higher is better)."""

    score: str

    def fingerprint(self) -> str:
        """Hash of the training data."""
        ...

    def batch(self, step: int) -> Any:
        """The batch of one step."""
        ...

    def loss(self, model: Any, objective: Objective, batch: Any) -> StepLoss:
        """Its loss."""
        ...

    def validate(self, model: Any) -> dict[str, Any]:
        """Numbers on the validation split; the model is in evaluation mode, without gradients."""
        ...


class Contrastive:
    """Phase 1.

    Args:
        config: of the run.
        model: gives the experts' shapes.
        encode: MiniLM, for captions that the cache lacks.
    """

    score = "image_to_text_r1"

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        self.config, self.model_config = config, model.config
        captioned = read_photos(config.data, config.sets("captioned"))
        auto = [p for p in read_photos(config.data, config.sets("auto")) if config.auto_share]
        pools = [[p for p in photos if not p.validation] for photos in (captioned, auto)]
        self.pools = [Pictures(pool, config.cache, model.config) for pool in pools if pool]
        self.held_back = Pictures([p for p in captioned if p.validation], config.cache, model.config)
        shares = [1 - config.auto_share, config.auto_share] if len(self.pools) == 2 else [1.0]
        self.counts = [max(1, round(config.batch * share)) for share in shares]
        self.orders = [Order(len(pool), config.seed + i) for i, pool in enumerate(self.pools)]
        texts = [c for pool in (*self.pools, self.held_back) for p in pool.photos for c in p.captions]
        vectors = sentence_vectors(texts, config.cache, encode)
        self.vector = dict(zip(texts, vectors, strict=True))
        learned = [(p.file, c) for pool in self.pools for p in pool.photos for c in p.captions]
        self.bank = np.stack([self.vector[text] for _, text in learned])  # [captions, S]
        self.bank_file = np.array([file for file, _ in learned])

    def fingerprint(self) -> str:
        return " ".join(pool.fingerprint() for pool in self.pools)

    def batch(self, step: int) -> CaptionBatch:
        rng = np.random.default_rng([self.config.seed, 1, step])
        grids, photos = [], []
        for pool, order, count in zip(self.pools, self.orders, self.counts, strict=True):
            rows = order.take(step * count, count)
            grids.append(pool.grids(rows))
            photos += [pool.photos[i] for i in rows]
        captions = [str(rng.choice(p.captions)) for p in photos]
        free = [not SIDED.search(text) for text in captions]
        shown, keep = augment(np.concatenate(grids), free, self.config.token_drop, self.config.noise, rng)
        sentences = np.stack([self.vector[text] for text in captions])
        others = rng.integers(len(self.bank), size=self.config.negatives)
        own = self.bank_file[others][None] == np.array([p.file for p in photos])[:, None]  # [B, negatives]
        features, device = picture_features(shown, keep, self.model_config), self.config.device
        vectors = (to_tensor(v, device) for v in (sentences, self.bank[others]))
        return CaptionBatch(features, *vectors, torch.from_numpy(own).to(device))

    def loss(self, model: Any, objective: Objective, batch: CaptionBatch) -> StepLoss:
        reading = model(batch.features).reading
        seen = reading.sentence.float()
        in_batch = contrastive_loss(seen, batch.sentences, objective.log_scale)
        if not self.config.negatives:
            return StepLoss(in_batch, reading)
        bank = bank_loss(seen, batch, objective.log_scale)
        parts = {"in_batch_loss": float(in_batch.detach()), "bank_loss": float(bank.detach())}
        return StepLoss((in_batch + bank) / 2, reading, parts)

    def validate(self, model: Any) -> dict[str, Any]:
        photos = self.held_back.photos
        seen = torch.cat([model(features).reading.sentence.cpu() for features in _pictures(self.held_back, model)])
        texts = torch.from_numpy(np.stack([self.vector[c] for p in photos for c in p.captions]))
        owner = np.repeat(np.arange(len(photos)), [len(p.captions) for p in photos])
        return {f"image_to_text_r{k}": recall(seen @ texts.T, owner, k) for k in (1, 5, 10)} | {
            f"text_to_image_r{k}": _text_recall(seen @ texts.T, owner, k) for k in (1, 5, 10)
        }


class Generation:
    """Phase 2.

    Args:
        config: of the run.
        model: with a language model.
        encode: MiniLM, for the questions.
    """

    score = "bleu4"

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        self.config, self.model_config = config, model.config
        sets = [*config.sets("captioned"), *(config.sets("auto") if config.auto_share else [])]
        photos = read_photos(config.data, sets, labelled=True)
        split = [[p for p in photos if not p.validation and p.auto == auto] for auto in (False, True)]
        self.pools = [Pictures(pool, config.cache, model.config) for pool in split if pool]
        self.held_back = Pictures([p for p in photos if p.validation and not p.auto], config.cache, model.config)
        self.orders = [Order(len(pool), config.seed + i) for i, pool in enumerate(self.pools)]
        extra = round(config.batch * config.auto_share / (1 - config.auto_share))
        self.counts = [config.batch, extra][: len(self.pools)]
        self.questions = [read_questions(pool.photos) for pool in self.pools]
        self.checks = read_questions(self.held_back.photos)
        learned = [rows for pool in self.questions for rows in pool]
        asked = {a.question for rows in (*learned, *self.checks) for a in rows} | {_CAPTION_QUESTION}
        texts = sorted(asked)
        self.vector = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))

    def fingerprint(self) -> str:
        return " ".join(pool.fingerprint() for pool in self.pools)

    def batch(self, step: int) -> tuple[ClipFeatures, list[Prompt], Tensor]:
        rng = np.random.default_rng([self.config.seed, 2, step])
        grids, prompts, clip = [], [], 0
        for pool, order, count, asked in zip(self.pools, self.orders, self.counts, self.questions, strict=True):
            rows = order.take(step * count, count)
            grids.append(pool.grids(rows))
            for row in rows:
                prompts += self._prompts(pool.photos[row], asked[row], clip, rng)
                clip += 1
        free = [not any(SIDED.search(t) for p in prompts if p.clip == i for t in _said(p)) for i in range(clip)]
        shown, keep = augment(np.concatenate(grids), free, self.config.token_drop, self.config.noise, rng)
        body = rng.random(clip) < BODY_SHARE
        keep &= (~body | (rng.random(clip) < FRAME_SHARE))[:, None]
        return picture_features(shown, keep, self.model_config, body), prompts, self._vectors(prompts)

    def loss(self, model: Any, objective: Objective, batch: tuple[ClipFeatures, list[Prompt], Tensor]) -> StepLoss:
        features, prompts, question = batch
        visual, outs = model.encode_clips(features), []
        for long in (True, False):  # rows of like length together: padding costs as much as text
            rows = [i for i, p in enumerate(prompts) if bool(p.more) == long]
            if rows:
                outs.append(model(visual, [prompts[i] for i in rows], question=question[rows]))
        tokens = sum(o.answer_tokens for o in outs)
        loss = sum(o.lm_loss * (o.answer_tokens / tokens) for o in outs)
        names = ("caption_loss", "answer_loss")
        parts = {name: float(o.lm_loss.detach()) for name, o in zip(names, outs, strict=False)}
        return StepLoss(loss, outs[0].reading, {"answer_tokens": float(tokens), **parts})

    def validate(self, model: Any) -> dict[str, Any]:
        rows = list(range(min(self.config.validate_rows, len(self.held_back))))
        said: list[str] = []
        for start in range(0, len(rows), 8):
            part = rows[start : start + 8]
            prompts = [Prompt(_CAPTION_QUESTION, clip=i) for i in range(len(part))]
            features = picture_features(self.held_back.grids(part), None, self.model_config)
            asked, beams = self._vectors(prompts), self.config.beams
            said += model.generate(features, prompts, question=asked, max_new_tokens=32, beams=beams)[0]
        truth = [list(self.held_back.photos[i].captions) for i in rows]
        return {**caption_scores(said, truth), HEADS_BY_TYPE: self._heads(model, rows)}

    def _prompts(self, photo: Photo, asked: list[Asked], clip: int, rng: np.random.Generator) -> list[Prompt]:
        """All captions of a picture in one prompt, and one other question about it in `ask_share` of cases.

        Pictures without a human caption come with a question always: their templates would teach a way of speaking.
        """
        made = []
        if not photo.auto:
            captions = [str(c) for c in rng.permutation(photo.captions)]
            made.append(Prompt(_CAPTION_QUESTION, captions[0], clip=clip, more=tuple(captions[1:])))
        if asked and (photo.auto or rng.random() < self.config.ask_share):
            kinds = sorted({a.kind for a in asked})
            kind = kinds[rng.integers(len(kinds))]
            pool = [a for a in asked if a.kind == kind]
            picked = pool[rng.integers(len(pool))]
            made.append(Prompt(picked.question, picked.answer, clip=clip))
        return made

    def _vectors(self, prompts: list[Prompt]) -> Tensor:
        return to_tensor(np.stack([self.vector[p.question] for p in prompts]), self.config.device)

    def _heads(self, model: Any, rows: list[int]) -> dict[str, list[list[float]]]:
        """Active share of each routed head by question type."""
        found: dict[str, list[list[float]]] = {}
        for kind in sorted({a.kind for i in rows for a in self.checks[i]}):
            pairs = [(i, a) for i in rows for a in self.checks[i] if a.kind == kind][:_VALIDATION_BATCH]
            features = picture_features(self.held_back.grids([i for i, _ in pairs]), None, self.model_config)
            asked = self._vectors([Prompt(a.question) for _, a in pairs])
            found[kind] = head_table(model(features, question=asked).reading)
        return found


def _said(prompt: Prompt) -> tuple[str, ...]:
    """Every text that a prompt teaches."""
    return (prompt.answer, *prompt.more)


def bank_loss(seen: Tensor, batch: CaptionBatch, log_scale: Tensor) -> Tensor:
    """InfoNCE of each picture [B, S] against its caption and the K others."""
    scale = log_scale.clamp(max=math.log(100)).exp()
    right = scale * (seen * batch.sentences).sum(1, keepdim=True)
    wrong = (scale * (seen @ batch.others.T)).masked_fill(batch.own, -torch.inf)
    target = torch.zeros(len(seen), dtype=torch.long, device=seen.device)
    return F.cross_entropy(torch.cat([right, wrong], 1), target)


def recall(scores: Tensor, owner: np.ndarray, k: int) -> float:
    """Share of pictures with a caption of their own among the k best.

    Args:
        scores: [pictures, captions].
        owner: [captions] whose caption it is.
        k: how many may be looked at.
    """
    best = scores.topk(min(k, scores.shape[1]), dim=1).indices.numpy()
    return float((owner[best] == np.arange(len(scores))[:, None]).any(1).mean())


def _text_recall(scores: Tensor, owner: np.ndarray, k: int) -> float:
    """Share of captions whose picture is among the k best."""
    best = scores.T.topk(min(k, len(scores)), dim=1).indices.numpy()
    return float((best == owner[:, None]).any(1).mean())


def caption_scores(said: list[str], truth: list[list[str]]) -> dict[str, float]:
    """Corpus BLEU-4 (sacrebleu, 13a tokens, lower case) and mean ROUGE-L F1 (best reference), both 0..100.

    Args:
        said: one text a picture.
        truth: its references; pictures may have different numbers of them.
    """
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU

    most = max(len(references) for references in truth)
    streams = [[r[i] if i < len(r) else None for r in truth] for i in range(most)]
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    rouge = [max(scorer.score(r, s)["rougeL"].fmeasure for r in refs) for s, refs in zip(said, truth, strict=True)]
    return {
        "bleu4": float(BLEU(lowercase=True).corpus_score(said, streams).score),
        "rouge_l": 100 * float(np.mean(rouge)),
    }


def head_table(reading: Any) -> list[list[float]]:
    """[modules, heads] share of tokens for which each routed head is on."""
    return [[round(float(v), 4) for v in stats.head_share()] for stats in reading.routing]


def _pictures(pictures: Pictures, model: Any) -> Any:
    """All pictures in batches of features, as they are."""
    for start in range(0, len(pictures), _VALIDATION_BATCH):
        rows = range(start, min(start + _VALIDATION_BATCH, len(pictures)))
        yield picture_features(pictures.grids(rows), None, model.config)
