"""Measures of answers against reference texts: BLEU, ROUGE-L, content-word F1, sentence cosine, BERTScore.

BLEU's n-gram counts are summed over a resample's clips, so that its interval is one of corpus BLEU.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

from pvchat.chat.english import word_set
from pvchat.eval.metrics.bootstrap import Array, Bootstrap, Measure
from pvchat.runtime import quiet_transformers
from pvchat.schemas import FloatArray

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
    """BERTScore F1 (arXiv 1904.09675, Sec. 3, neither idf nor rescaled) by MiniLM; 0 where either is empty."""
    known = _token_vectors(dict.fromkeys(text for pair in pairs for text in pair)) if pairs else {}
    return [_greedy_f1(known[answer] @ known[reference].T) for answer, reference in pairs]


def _token_vectors(texts: Iterable[str]) -> dict[str, FloatArray]:
    """Unit vectors [tokens, D] of each text's inner tokens; read alone, since what it is read beside must not tell."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from pvchat.model.sentences import downloaded_folder

    found = {}
    with quiet_transformers(), torch.inference_mode():
        tokenizer, model = (kind.from_pretrained(str(downloaded_folder())) for kind in (AutoTokenizer, AutoModel))
        for text in texts:
            last = model(**tokenizer(text, truncation=True, max_length=128, return_tensors="pt")).last_hidden_state
            found[text] = torch.nn.functional.normalize(last[0, 1:-1], dim=1).numpy()
    return found


def _greedy_f1(alike: FloatArray) -> float:
    """F1 of the best likeness of each token of answer (rows) and reference (columns); 0 where a mean isn't positive."""
    precision, recall = (float(alike.max(axis).mean()) if alike.size else 0.0 for axis in (1, 0))
    return 2 * precision * recall / (precision + recall) if min(precision, recall) > 0 else 0.0


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
