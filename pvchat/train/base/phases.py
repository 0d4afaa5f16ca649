"""The three phases of base training: each makes batches, gives a loss, and validates.

    1 contrastive   pictures against MiniLM vectors of their captions, and their words out of the queries alone
    2 generation    questions about pictures, answered through the language model
    3 identity      episodes: enroll on some photos, ask about a scene with look-alikes (`identity.py`)

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

from pvchat.chat.claims import CAPTION_QUESTION
from pvchat.chat.sentences import Encode
from pvchat.model.features import ClipFeatures
from pvchat.model.prompts import Prompt
from pvchat.model.pvchat import similarity
from pvchat.train.base.captions import Asked, read_questions
from pvchat.train.base.config import BaseConfig
from pvchat.train.base.data import SIDED, Order, Photo, Pictures, augment, picture_features, read_photos, to_tensor
from pvchat.train.base.features import sentence_vectors
from pvchat.train.base.grounding import CaptionDecoder, Vocabulary, WordNaming, nameable, words_of
from pvchat.train.losses import LOG_SCALE, SparsityController, contrastive_loss
from pvchat.train.report import HEADS_BY_TYPE

_VALIDATION_BATCH = 64
BODY_SHARE, FRAME_SHARE = 0.5, 0.7  # phase 2: pictures shown as a person's region too; of those, with the frame's cells
NAMING = 0.5  # weight of the naming loss: a few nats a word, like the decoder's


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
        captioner: the decoder that a phase trains along, None for none.
        naming: the same for the words that queries should become.
    """

    def __init__(self, config: BaseConfig, captioner: nn.Module | None = None, naming: nn.Module | None = None) -> None:
        super().__init__()
        self.captioner, self.naming = captioner, naming
        self.log_scale = nn.Parameter(torch.tensor(LOG_SCALE))
        self.sparsity = SparsityController(config.sparsity, target=config.target)


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


class Phase(Protocol):
    """One phase.

    Attributes:
        score: the validation number that decides which checkpoint is best (higher is better).
        captioner, naming: modules to train along (`grounding.py`), None for none.
    """

    score: str
    captioner: nn.Module | None
    naming: nn.Module | None

    def fingerprint(self) -> str:
        """Hash of the training data."""
        ...

    def batch(self, step: int) -> Any:
        """The batch of one step."""
        ...

    def loss(self, model: Any, objective: Objective, batch: Any) -> StepLoss:
        """Its loss."""
        ...

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        """Numbers on the validation split; model and objective are in evaluation mode, without gradients."""
        ...


class Generation:
    """Phase 2.

    Args:
        config: of the run.
        model: with a language model.
        encode: MiniLM, for the questions.
    """

    score = "bleu4"
    captioner: nn.Module | None = None
    naming: nn.Module | None = None

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        self.config, self.model_config = config, model.config
        sets = [*config.sets("captioned"), *(config.sets("auto") if config.auto_share else [])]
        photos = read_photos(config.data, sets, labelled=True)
        split = [[p for p in photos if not p.validation and p.auto == auto] for auto in (False, True)]
        self.pools = [Pictures(pool, config.cache, model.config, config.views) for pool in split if pool]
        self.held_back = Pictures([p for p in photos if p.validation and not p.auto], config.cache, model.config)
        self.orders = [Order(len(pool), config.seed + i) for i, pool in enumerate(self.pools)]
        extra = round(config.batch * config.auto_share / (1 - config.auto_share))
        self.counts = [config.batch, extra][: len(self.pools)]
        self.questions = [read_questions(pool.photos) for pool in self.pools]
        self.checks = read_questions(self.held_back.photos)
        learned = [rows for pool in self.questions for rows in pool]
        asked = {a.question for rows in (*learned, *self.checks) for a in rows} | {CAPTION_QUESTION}
        texts = sorted(asked)
        self.vector = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))

    def fingerprint(self) -> str:
        return " ".join(pool.fingerprint() for pool in self.pools)

    def batch(self, step: int) -> tuple[ClipFeatures, list[Prompt], Tensor]:
        rng = np.random.default_rng([self.config.seed, 2, step])
        grids, prompts, clip = [], [], 0
        for pool, order, count, asked in zip(self.pools, self.orders, self.counts, self.questions, strict=True):
            rows = order.take(step * count, count)
            grids.append(pool.grids(rows, rng))
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

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        rows = list(range(min(self.config.validate_rows, len(self.held_back))))
        said: list[str] = []
        for start in range(0, len(rows), 8):
            part = rows[start : start + 8]
            prompts = [Prompt(CAPTION_QUESTION, clip=i) for i in range(len(part))]
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
            made.append(Prompt(CAPTION_QUESTION, captions[0], clip=clip, more=tuple(captions[1:])))
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


class Contrastive(Generation):
    """Phase 1: the questions and answers of phase 2 without its language model (BLIP-2's ITC and ITG).

    Each picture's best query is held against its captions' vectors, and a small decoder must write all captions and
    answers from the queries alone (`grounding.py`).
    """

    score = "words"

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        super().__init__(config, model, encode)
        learned = [c for pool in self.pools for p in pool.photos if not p.auto for c in p.captions]
        texts = list(dict.fromkeys(learned + [c for p in self.held_back.photos for c in p.captions]))
        self.sentence = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))
        self.bank_text = np.array(learned)
        self.bank = np.stack([self.sentence[text] for text in learned])  # [captions, S]
        answers = [a.answer for rows in self.questions for row in rows for a in row]
        self.vocabulary = Vocabulary(learned + answers)
        self.captioner = CaptionDecoder(model.config.width, len(self.vocabulary), config.seed)
        self.nameable: dict[str, int] = {}
        if model.llm is not None:
            self.nameable = nameable(self.vocabulary, model.writer.tokenizer)
            table = model.llm.get_input_embeddings().weight[list(self.nameable.values())]
            self.naming = WordNaming(table.cpu())

    def batch(self, step: int) -> AlignmentBatch:
        features, prompts, question = super().batch(step)
        rng = np.random.default_rng([self.config.seed, 1, step])
        rows = [i for i, p in enumerate(prompts) if p.question == CAPTION_QUESTION]
        others = rng.integers(len(self.bank), size=self.config.negatives)
        sentences = np.stack([self.sentence[prompts[i].answer] for i in rows])
        own = np.stack([np.isin(self.bank_text[others], _said(prompts[i])) for i in rows])
        named = torch.zeros(len(rows), len(self.nameable))
        for i, row in enumerate(rows):
            told = words_of(_said(prompts[row]))
            named[i] = torch.tensor([word in told for word in self.nameable])
        words = self.vocabulary.encode([text for p in prompts for text in _said(p)])
        owner = torch.tensor([i for i, p in enumerate(prompts) for _ in _said(p)])
        device = self.config.device
        clip = torch.tensor([p.clip for p in prompts])
        tensors = (torch.tensor(rows), to_tensor(sentences), to_tensor(self.bank[others]), torch.from_numpy(own))
        return AlignmentBatch(features, *(t.to(device) for t in (clip, question, *tensors, words, owner, named)))

    def loss(self, model: Any, objective: Objective, batch: AlignmentBatch) -> StepLoss:
        reading = model(model.encode_clips(batch.features).select(batch.clip), question=batch.question).reading
        seen, scale = reading.sentences[batch.captioned].float(), objective.log_scale
        alike = similarity(seen, batch.sentences)
        losses = {"in_batch_loss": contrastive_loss(alike, scale)}
        if self.config.negatives:  # both look for the same captions: half each
            bank = bank_loss(alike.diagonal(), similarity(seen, batch.others), batch.own, scale)
            losses = {"in_batch_loss": losses["in_batch_loss"] / 2, "bank_loss": bank / 2}
        losses["words_loss"] = objective.captioner(reading.queries, batch.words, batch.owner)
        if objective.naming is not None:
            seen_by_llm = model.project_queries(reading.queries[batch.captioned]).float()
            losses["naming_loss"] = NAMING * objective.naming(seen_by_llm, batch.named)
        return StepLoss(sum(losses.values()), reading, {name: float(v.detach()) for name, v in losses.items()})

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        photos, seen, told = self.held_back.photos, [], []
        for start in range(0, len(photos), _VALIDATION_BATCH):
            rows = range(start, min(start + _VALIDATION_BATCH, len(photos)))
            question = self._vectors([Prompt(CAPTION_QUESTION)] * len(rows))
            features = picture_features(self.held_back.grids(rows), None, self.model_config)
            reading = model(features, question=question).reading
            seen.append(reading.sentences.cpu().float())
            if objective is not None:
                told.append(self._words(objective, reading.queries, [photos[i].captions for i in rows]))
        texts = torch.from_numpy(np.stack([self.sentence[c] for p in photos for c in p.captions]))
        owner = np.repeat(np.arange(len(photos)), [len(p.captions) for p in photos])
        alike = torch.cat([similarity(part, texts) for part in seen])
        found = {f"image_to_text_r{k}": recall(alike, owner, k) for k in (1, 5, 10)}
        found |= {f"text_to_image_r{k}": _text_recall(alike, owner, k) for k in (1, 5, 10)}
        if not told:
            return found
        scores = caption_scores([t for said, _ in told for t in said], [list(p.captions) for p in photos])
        words = float(np.average([w for _, w in told], weights=[len(said) for said, _ in told]))
        return {**found, "words": -words, **{f"decoder_{name}": value for name, value in scores.items()}}

    def _words(self, objective: Objective, queries: Tensor, truth: list[tuple[str, ...]]) -> tuple[list[str], float]:
        """Greedy texts of the decoder, and the captions' mean negative log-likelihood."""
        words = self.vocabulary.encode([text for texts in truth for text in texts]).to(queries.device)
        owner = torch.tensor([i for i, texts in enumerate(truth) for _ in texts], device=queries.device)
        return self.vocabulary.decode(objective.captioner.write(queries)), float(
            objective.captioner(queries, words, owner)
        )


def _said(prompt: Prompt) -> tuple[str, ...]:
    """Every text that a prompt teaches."""
    return (prompt.answer, *prompt.more)


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
