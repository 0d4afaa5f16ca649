"""What a run says about itself: `metrics.jsonl`; and the numbers of its validations.

In: numbers by step, tables (how often each routed head is on, in all and by type of question). Out, in the run's
folder: one JSON line a report. Recall between pictures and captions, BLEU and ROUGE of captions, balanced accuracy.

A resumed run cuts off what was reported after the checkpoint it starts from, so that no step stands there twice.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

HEADS = "heads"  # key of a [modules, heads] table of active shares, in training
HEADS_BY_TYPE = "heads_by_type"  # key of a table by question type, in validation


class RunReport:
    """Reports of one run.

    Args:
        folder: the run's.
        step: where the run starts; later reports of an earlier sitting are dropped.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.path = folder / "metrics.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        kept = [row for row in read_metrics(self.path) if row["step"] <= step] if step else []
        self.path.write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")

    def log(self, step: int, values: dict[str, Any], part: str = "train") -> None:
        """Add one line.

        Args:
            step: optimiser steps done.
            values: numbers by name, or tables (lists, dicts of lists).
            part: "train" or "validation".
        """
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "part": part, **_plain(values)}) + "\n")


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The lines of a `metrics.jsonl`; a last line cut off by a kill is left out."""
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return rows


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


def _plain(value: Any) -> Any:
    """Numbers and tables as JSON can write them."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if np.ndim(value):
        return np.asarray(value).round(4).tolist()
    return float(value)
