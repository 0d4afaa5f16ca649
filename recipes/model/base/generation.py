"""Phase 2: questions about pictures, answered through the language model."""

from __future__ import annotations

from typing import Any

from pvchat.model.deeds import CAPTION_QUESTION
from pvchat.model.sentences import Encode
from recipes.model.base.config import BaseConfig
from recipes.model.base.data import picture_features
from recipes.model.base.lessons import Lessons, PictureBatch
from recipes.model.base.phases import VALIDATION_BATCH, Objective, Phase, StepLoss, head_table
from recipes.model.base.report import HEADS_BY_TYPE, caption_scores
from recipes.model.batches import encode_clips
from recipes.model.prompts import Prompt
from recipes.model.scoring import Asked, score, write_all

CAPTION_TOKENS = 32  # of a caption in validation


class Generation(Phase):
    """Phase 2.

    Args:
        config: of the run.
        model: with a language model.
        encode: MiniLM, for the questions.
    """

    score = "bleu4"

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        self.config, self.lessons = config, Lessons(config, model.config, encode)

    def fingerprint(self) -> str:
        """Hash of the training pictures and their captions."""
        return self.lessons.fingerprint()

    def batch(self, step: int) -> PictureBatch:
        """Pictures, prompts with answers, the questions' vectors."""
        return self.lessons.batch(step)

    def loss(self, model: Any, objective: Objective, batch: PictureBatch) -> StepLoss:
        """The language model's, over all tokens of captions and answers."""
        features, prompts, question = batch
        visual, outs = encode_clips(model, features), []
        for long in (True, False):  # rows of like length together: padding costs as much as text
            rows = [i for i, p in enumerate(prompts) if bool(p.turns) == long]
            if rows:
                outs.append(score(model, Asked(visual, [prompts[i] for i in rows], question[rows])))
        tokens = sum(o.answer_tokens for o in outs)
        shares = [o.lm_loss * (o.answer_tokens / tokens) for o in outs]
        loss = sum(shares[1:], shares[0])
        names = ("caption_loss", "answer_loss")
        parts = {name: float(o.lm_loss.detach()) for name, o in zip(names, outs, strict=False)}
        return StepLoss(loss, outs[0].reading, {"answer_tokens": float(tokens), **parts})

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        """BLEU-4 and ROUGE-L of captions of held-back pictures, and how heads are used by type of question."""
        held_back = self.lessons.held_back
        rows = list(range(min(self.config.validate_rows, len(held_back))))
        said: list[str] = []
        for start in range(0, len(rows), 8):
            part = rows[start : start + 8]
            prompts = [Prompt(CAPTION_QUESTION, clip=i) for i in range(len(part))]
            features = picture_features(held_back.grids(part), None, self.lessons.model)
            asked = self.lessons.vectors([CAPTION_QUESTION] * len(part))
            said += write_all(model, Asked(features, prompts, asked), most=CAPTION_TOKENS)
        truth = [list(held_back.photos[i].captions) for i in rows]
        return {**caption_scores(said, truth), HEADS_BY_TYPE: self._heads(model, rows)}

    def _heads(self, model: Any, rows: list[int]) -> dict[str, list[list[float]]]:
        """Active share of each routed head by question type."""
        found: dict[str, list[list[float]]] = {}
        for kind in sorted({a.kind for i in rows for a in self.lessons.checks[i]}):
            pairs = [(i, a) for i in rows for a in self.lessons.checks[i] if a.kind == kind][:VALIDATION_BATCH]
            features = picture_features(self.lessons.held_back.grids([i for i, _ in pairs]), None, self.lessons.model)
            asked = self.lessons.vectors([a.question for _, a in pairs])
            found[kind] = head_table(model.read(encode_clips(model, features), asked))
        return found
