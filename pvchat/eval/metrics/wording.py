"""Measures of answers against reference texts: BLEU, ROUGE-L, content-word F1, sentence cosine, BERTScore.

BLEU's n-gram counts are summed over a resample's clips, so that its interval is one of corpus BLEU.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

from pvchat.chat.english import word_set
from pvchat.eval.metrics.bootstrap import Array, Bootstrap, Measure
from pvchat.runtime import quiet_transformers

# words that say nothing about what is seen
STOP = word_set(
    """a an the in on at of and with is are to his her their its he she they by from for as this that near into
    while"""
)


def bleu(
    boot: Bootstrap, clips: Sequence[str], answers: Sequence[str], references: Sequence[str], order: int
) -> Measure:
    """Corpus BLEU with up to `order`-grams, 0..100 (sacrebleu, 13a tokens, exponential smoothing).

    Its sums: matched and total n-grams by length, lengths of answer and reference.
    """
    metric = _sentence_bleu(order)
    found = [metric.sentence_score(a, [r]) for a, r in zip(answers, references, strict=True)]
    sums = [[*one.counts, *one.totals, one.sys_len, one.ref_len] for one in found]
    return boot.measure(clips, sums, lambda s: np.array([_bleu(row, order) for row in s]))


@cache
def _sentence_bleu(order: int) -> BLEU:
    """One for all tables, since it keeps the tokens of texts."""
    return BLEU(max_ngram_order=order, effective_order=True)


def bleu_signature(order: int) -> str:
    """Sacrebleu's signature of the setting."""
    metric = BLEU(max_ngram_order=order)
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature())


def rouge_l(answers: Sequence[str], references: Sequence[str]) -> Array:
    """ROUGE-L F measure of each row, 0..1 (rouge-score, Porter stems): [n]."""
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    return np.array([scorer.score(r, a)["rougeL"].fmeasure for a, r in zip(answers, references, strict=True)])


def content_f1(answer: str, reference: str) -> float:
    """F1 of the bags of words that aren't stop words; 0 where either has none."""
    answered, meant = content_words(answer), content_words(reference)
    shared = sum((Counter(answered) & Counter(meant)).values())
    return 2 * shared / max(1, len(answered) + len(meant))


def content_words(text: str) -> list[str]:
    """Lower-case words and numbers that aren't stop words."""
    return [w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in STOP]


def bert_scores(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """BERTScore F1 (torchmetrics, all layers of MiniLM) of each answer and its reference; 0 where either is empty."""
    from torchmetrics.functional.text.bert import bert_score

    from pvchat.model.sentences import downloaded_folder

    whole = [pair for pair in pairs if all(text.strip() for text in pair)]
    if not whole:
        return [0.0] * len(pairs)
    with quiet_transformers():
        out = bert_score(
            [a for a, _ in whole], [r for _, r in whole], model_name_or_path=str(downloaded_folder()), batch_size=64,
            max_length=128, truncation=True, device="cpu", verbose=False,
        )  # fmt: skip
    value = dict(zip(whole, np.atleast_1d(np.asarray(out["f1"], np.float64)).tolist(), strict=True))
    return [value.get(pair, 0.0) for pair in pairs]


def sentence_cosines(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Cosine of the sentence vectors (MiniLM) of each answer and its reference, -1..1; 0 where either is empty."""
    from pvchat.model.sentences import SentenceEncoder

    encoder = SentenceEncoder()
    vectors = [
        encoder.encode([answer, reference]) if answer.strip() and reference.strip() else None
        for answer, reference in pairs
    ]
    return [0.0 if both is None else float(both[0] @ both[1]) for both in vectors]


def _bleu(row: Array, order: int) -> float:
    if not row[order]:
        return float("nan") if not row[-1] else 0.0
    counts = [int(v) for v in row]
    return BLEU.compute_bleu(
        correct=counts[:order], total=counts[order : 2 * order], sys_len=counts[-2], ref_len=counts[-1],
        smooth_method="exp", max_ngram_order=order,
    ).score  # fmt: skip
