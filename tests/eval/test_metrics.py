"""Measures against scikit-learn, sacrebleu, torchmetrics, and cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from pvchat.eval.metrics import decisions as yes_no
from pvchat.eval.metrics import wording
from pvchat.eval.metrics.bootstrap import Bootstrap, Measure, ratio

BOOT = Bootstrap(resamples=200, seed=0)
ANSWERS = ["Ana is wearing a red coat and boots.", "She sits and talks.", "in a kitchen, on the left", "", "a dog"]
REFERENCES = ["red coat, black boots", "talks on the sofa", "in a small kitchen", "reads a book", "walks two dogs"]
CLIPS = ["a", "a", "b", "c", "d"]


def made(n=200, seed=0):
    draw = np.random.default_rng(seed)
    truth = draw.random(n) < 0.4
    chance = np.round(np.clip(truth * 0.3 + draw.random(n) * 0.7, 0, 1), 1)  # rounded: many ties
    return truth, chance >= 0.5, chance, [f"clip{i}" for i in draw.integers(0, 30, n)]


@pytest.mark.parametrize("seed", range(5))
def test_decisions_agree_with_scikit_learn(seed):
    truth, said, chance, clips = made(seed=seed)
    found = yes_no.existence(BOOT, clips, truth, said, chance)
    expected = {
        "accuracy": sk.accuracy_score(truth, said),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, said),
        "auc": sk.roc_auc_score(truth, chance),
        "tpr": sk.recall_score(truth, said),
        "tnr": sk.recall_score(~truth, ~said),
    }
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-6), name
        assert found[name].low <= found[name].value <= found[name].high
        assert found[name].n == len(truth)
        assert found[name].clips == len(set(clips))
    f1 = BOOT.measure(clips, yes_no.counts(truth, said), yes_no.f1)
    assert f1.value == pytest.approx(sk.f1_score(truth, said), abs=1e-6)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=40))
def test_weighted_auc_is_auc_of_repeated_rows(rows):
    truth = np.array([t for t, _, _ in rows])
    chance = np.array([c / 4 for _, c, _ in rows])
    weight = np.array([[w for _, _, w in rows]], float)
    times = weight[0].astype(int)
    repeated = np.repeat(truth, times), np.repeat(chance, times)
    found = yes_no.weighted_auc(weight, truth, chance)[0]
    if len(set(repeated[0])) < 2:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(sk.roc_auc_score(*repeated))


def test_calibration_error_agrees_with_torchmetrics():
    import torch
    from torchmetrics.classification import BinaryCalibrationError

    truth, _, _, clips = made()
    chance = np.random.default_rng(7).random(len(truth))
    reference = BinaryCalibrationError(n_bins=10, norm="l1")(torch.tensor(chance), torch.tensor(truth.astype(int)))
    assert yes_no.calibration_error(BOOT, clips, truth, chance).value == pytest.approx(float(reference), abs=1e-5)


def test_calibration_by_hand():
    truth, chance = np.array([True, True, False, False]), np.array([0.95, 0.55, 0.45, 0.65])
    # bins: .95 alone (gap .05), .55 alone (gap .45), .45 alone (gap .45), .65 alone (gap .65)
    found = yes_no.calibration_error(BOOT, list("abcd"), truth, chance).value
    assert found == pytest.approx((0.05 + 0.45 + 0.45 + 0.65) / 4)


def test_one_truth_only():
    truth, said, chance = np.zeros(4, bool), np.array([False, False, True, False]), np.array([0.1, 0.2, 0.9, 0.3])
    found = yes_no.existence(BOOT, list("aabb"), truth, said, chance)
    assert found["balanced_accuracy"].value == 0.75
    assert found["auc"].value is None
    assert found["tpr"].value is None


def test_bootstrap_draws_clips_and_covers_the_mean():
    draw = np.random.default_rng(3)
    inside = 0
    for trial in range(100):
        effect = draw.normal(0.0, 1.0, 25)  # a clip's own level: rows of a clip are not independent
        clips = [c for c in range(25) for _ in range(8)]
        values = effect[clips] + draw.normal(0, 0.2, len(clips))
        found = Bootstrap(300, trial).mean([str(c) for c in clips], values)
        inside += found.low <= 0.0 <= found.high
    assert 85 <= inside <= 99  # rows drawn one by one would cover about half


def test_bootstrap_is_seeded_and_paired():
    assert BOOT.mean(CLIPS, [1, 0, 1, 0, 1]) == BOOT.mean(CLIPS, [1, 0, 1, 0, 1])
    assert np.array_equal(BOOT.draws(9), Bootstrap(200, 0).draws(9))
    assert not np.array_equal(BOOT.draws(9), Bootstrap(200, 1).draws(9))
    alone = BOOT.mean(["a", "a"], [0, 1])
    assert (alone.value, alone.low, alone.high, alone.clips) == (0.5, None, None, 1)
    assert BOOT.measure([], [], ratio) == Measure(None, None, None, 0, 0)


@pytest.mark.parametrize("order", [1, 4])
def test_bleu_is_sacrebleus(order):
    from sacrebleu.metrics import BLEU

    expected = BLEU(max_ngram_order=order).corpus_score(ANSWERS, [REFERENCES]).score
    assert wording.bleu(BOOT, CLIPS, ANSWERS, REFERENCES, order).value == pytest.approx(expected, abs=1e-5)
    assert "13a" in wording.bleu_signature(order)


def test_bleu_of_perfect_and_of_empty_answers():
    assert wording.bleu(BOOT, CLIPS, REFERENCES, REFERENCES, 1).value == pytest.approx(100)
    assert wording.bleu(BOOT, CLIPS, [""] * 5, REFERENCES, 1).value == 0


def test_rouge_agrees_with_torchmetrics():
    from torchmetrics.functional.text.rouge import rouge_score

    expected = [
        float(rouge_score(answer, reference, rouge_keys="rougeL", use_stemmer=True)["rougeL_fmeasure"])
        for answer, reference in zip(ANSWERS, REFERENCES, strict=True)
    ]
    assert wording.rouge_l(ANSWERS, REFERENCES) == pytest.approx(expected, abs=1e-6)
    assert [value > 0 for value in expected] == [True, True, True, False, True]  # only the empty answer shares nothing
    assert wording.rouge_l(["a b c d"], ["a x c d"])[0] == pytest.approx(0.75)  # longest common subsequence: a c d


def test_content_f1_by_hand():
    assert wording.content_f1("Ana is in a red coat", "the red coat") == pytest.approx(2 * 2 / (3 + 2))
    assert wording.content_f1("", "red") == 0
    assert wording.content_f1("red red", "red") == pytest.approx(2 / 3)


def test_bert_scores_by_a_tiny_model(tmp_path, monkeypatch):
    """The same numbers as greedy cosine matching of the model's last states, worked out here."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "coat", "blue", "hat"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    tokenizer = BertTokenizer(str(tmp_path / "vocab.txt"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = BertModel(
            BertConfig(
                vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
            )
        ).eval()
    tokenizer.save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    monkeypatch.setattr("pvchat.model.sentences.downloaded_folder", lambda: tmp_path)
    pairs = [  # in no order of length, on neither side
        ("red coat blue hat coat", "blue"), ("", "red"), ("blue hat", "blue hat"), ("hat", "red coat red"),
        ("red coat", "blue coat"), ("coat hat red", "hat red"),
    ]  # fmt: skip
    found = wording.bert_scores(pairs)

    def states(text):
        batch = tokenizer(text, return_tensors="pt")
        with torch.inference_mode():
            out = model(**batch).last_hidden_state[0, 1:-1]
        return torch.nn.functional.normalize(out, dim=1)

    for (answer, reference), score in zip(pairs, found, strict=True):
        if not answer:
            assert score == 0
            continue
        likeness = states(answer) @ states(reference).T
        precision, recall = likeness.max(1).values.mean(), likeness.max(0).values.mean()
        assert score == pytest.approx(float(2 * precision * recall / (precision + recall)), abs=1e-4)
    assert found[2] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("unlike", [[[-0.02, 0.01]], [[-0.01, -0.03]], [[0.0, 0.0]]])
def test_bert_score_of_texts_that_share_nothing_is_0(monkeypatch, unlike):
    """One token against two; in the first case precision is above 0 and recall below."""
    made = {"a": np.array([[1.0]]), "b": np.array(unlike).T}
    monkeypatch.setattr(wording, "_token_vectors", lambda texts: made)
    assert wording.bert_scores([("a", "b"), ("b", "a"), ("a", "a")]) == [0, 0, 1]


@pytest.mark.weights
def test_sentence_cosines_are_those_of_meanings():
    same, near, far, nothing = wording.sentence_cosines(
        [
            ("a red coat", "a red coat"),
            ("Ana wears a red coat", "a scarlet jacket"),
            ("Ana sits", "a scarlet jacket"),
            ("", "x"),
        ]
    )
    assert same == pytest.approx(1, abs=1e-3)
    assert same > near > far
    assert nothing == 0
