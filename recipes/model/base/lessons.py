"""Pictures with what is asked about them, as phases 1 and 2 learn from: the batch of every step.

In: captioned and labelled pictures with cached grids. Out: for a step, pictures as the model takes them, prompts with
their answers, the questions' sentence vectors.

Legend: C pictures, B prompts, S sentence width.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from pvchat.model.config import ModelConfig
from pvchat.model.deeds import CAPTION_QUESTION
from pvchat.model.sentences import Encode
from recipes.model.base.captions import CaptionQuestion, read_questions
from recipes.model.base.config import BaseConfig
from recipes.model.base.data import SIDED, Photo, Pictures, Shuffle, augment, picture_features, read_photos, to_tensor
from recipes.model.base.features import sentence_vectors
from recipes.model.batches import ClipFeatures
from recipes.model.prompts import Prompt

BODY_SHARE, FRAME_SHARE = 0.5, 0.7  # pictures shown as a person's region too; of those, with the frame's cells

PictureBatch = tuple[ClipFeatures, list[Prompt], Tensor]  # of C pictures, B prompts, [B, S]


class Lessons:
    """Captions and questions of a run's pictures.

    Args:
        config: of the run.
        model: whose configuration gives the shapes.
        encode: MiniLM, for the questions.

    Attributes:
        pools: training pictures with human captions, and those with labels only.
        questions: for each pool and picture, what is asked.
        held_back, checks: validation pictures, and what is asked about them.
    """

    def __init__(self, config: BaseConfig, model: ModelConfig, encode: Encode) -> None:
        self.config, self.model = config, model
        extra = round(config.batch * config.auto_share / (1 - config.auto_share))  # 0 for a small batch
        sets = [*config.sets("captioned"), *(config.sets("auto") if extra else [])]
        photos = read_photos(config.data, sets, labelled=True)
        split = [[p for p in photos if not p.validation and p.auto == auto] for auto in (False, True)]
        self.pools = [Pictures(pool, config.cache, model, config.views) for pool in split if pool]
        self.held_back = Pictures([p for p in photos if p.validation and not p.auto], config.cache, model)
        self._orders = [Shuffle(len(pool), config.seed + i) for i, pool in enumerate(self.pools)]
        self._counts = [config.batch, extra][: len(self.pools)]
        self.questions = [read_questions(pool.photos) for pool in self.pools]
        self.checks = read_questions(self.held_back.photos)
        learned = [rows for pool in self.questions for rows in pool]
        asked = {a.question for rows in (*learned, *self.checks) for a in rows} | {CAPTION_QUESTION}
        texts = sorted(asked)
        self._vector = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))

    def fingerprint(self) -> str:
        """Hash of the training pictures and their captions."""
        return " ".join(pool.fingerprint() for pool in self.pools)

    def batch(self, step: int) -> PictureBatch:
        """What is learned in one step."""
        rng = np.random.default_rng([self.config.seed, 2, step])
        grids, prompts, clip = [], [], 0
        for pool, order, count, asked in zip(self.pools, self._orders, self._counts, self.questions, strict=True):
            rows = order.take(step * count, count)
            grids.append(pool.grids(rows, rng))
            for row in rows:
                prompts += self._prompts(pool.photos[row], asked[row], clip, rng)
                clip += 1
        free = [not any(SIDED.search(t) for p in prompts if p.clip == i for t in taught(p)) for i in range(clip)]
        shown, keep = augment(np.concatenate(grids), free, self.config.token_drop, self.config.noise, rng)
        body = rng.random(clip) < BODY_SHARE
        keep &= (~body | (rng.random(clip) < FRAME_SHARE))[:, None]
        return picture_features(shown, keep, self.model, body), prompts, self.vectors([p.question for p in prompts])

    def vectors(self, questions: list[str]) -> Tensor:
        """Sentence vectors [B, S] of B questions."""
        return to_tensor(np.stack([self._vector[text] for text in questions]), self.config.device)

    def _prompts(self, photo: Photo, asked: list[CaptionQuestion], clip: int, rng: np.random.Generator) -> list[Prompt]:
        """All captions of a picture in one prompt, and one other question about it in `ask_share` of cases.

        Pictures without a human caption come with a question always: their templates would teach a way of speaking.
        """
        made = []
        if not photo.auto:
            captions = [str(c) for c in rng.permutation(photo.captions)]
            others = tuple((CAPTION_QUESTION, caption) for caption in captions[1:])
            made.append(Prompt(CAPTION_QUESTION, captions[0], clip=clip, turns=others))
        if asked and (photo.auto or rng.random() < self.config.ask_share):
            kinds = sorted({a.kind for a in asked})
            kind = kinds[rng.integers(len(kinds))]
            pool = [a for a in asked if a.kind == kind]
            picked = pool[rng.integers(len(pool))]
            made.append(Prompt(picked.question, picked.answer, clip=clip))
        return made


def taught(prompt: Prompt) -> tuple[str, ...]:
    """Every text that a prompt teaches."""
    return (prompt.answer, *(answer for _, answer in prompt.turns))
