"""Numbers of the validations: recall between pictures and captions, BLEU and ROUGE of captions, balanced accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def recall(scores: Tensor, owner: np.ndarray, k: int) -> float:
    """Share of pictures with a caption of their own among the k best.

    Args:
        scores: [pictures, captions].
        owner: [captions] whose caption it is.
        k: how many may be looked at.
    """
    best = scores.topk(min(k, scores.shape[1]), dim=1).indices.numpy()
    return float((owner[best] == np.arange(len(scores))[:, None]).any(1).mean())


def text_recall(scores: Tensor, owner: np.ndarray, k: int) -> float:
    """Share of captions whose picture is among the k best; arguments as of `recall`."""
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
    streams: Any = [[r[i] if i < len(r) else None for r in truth] for i in range(most)]
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    rouge = [max(scorer.score(r, s)["rougeL"].fmeasure for r in refs) for s, refs in zip(said, truth, strict=True)]
    return {
        "bleu4": float(BLEU(lowercase=True).corpus_score(said, streams).score),
        "rouge_l": 100 * float(np.mean(rouge)),
    }


def balanced(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Balanced accuracy of n decisions: the mean of the rates of right ones over the truths that occur; NaN of none."""
    rates = [float((said[truth == value] == value).mean()) for value in (True, False) if bool((truth == value).any())]
    return sum(rates) / len(rates) if rates else float("nan")
