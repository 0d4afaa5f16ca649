"""Thresholds of the model's claims: chosen for precision, written beside the weights, read by the product."""

from __future__ import annotations

import json

import numpy as np
import pytest
from make_sets import encode, make_config

from pvchat.claims import ASKED, thresholds
from pvchat.model.registry import create_model
from pvchat.train import confidence
from pvchat.train.confidence import FEWEST, PRECISION, Judged, is_right, least_gain


def judged(*rows: tuple[float, bool]) -> list[Judged]:
    return [Judged("action", "x", gain, right) for gain, right in rows]


def test_the_threshold_is_the_lowest_that_keeps_the_precision():
    rows = judged(*[(2.0 + i / 100, True) for i in range(8)], *[(1.0 + i / 100, False) for i in range(8)])
    least = least_gain(rows)
    shown = [j.right for j in rows if j.gain >= least]
    assert np.mean(shown) >= PRECISION
    assert np.mean([j.right for j in rows if j.gain >= least - 0.011]) < PRECISION


def test_wrong_few_or_unseen_claims_give_no_threshold():
    assert least_gain(judged(*[(1.0 + i, False) for i in range(20)])) is None
    assert least_gain(judged(*[(1.0 + i, True) for i in range(FEWEST - 1)])) is None
    assert least_gain(judged(*[(-1.0, True) for _ in range(20)])) is None  # likelier without the picture


def test_right_is_near_in_meaning_or_in_words():
    near = {"a": [1.0, 0.0], "b": [0.8, 0.6], "red coat": [0.0, 1.0], "red hat": [1.0, 0.0]}
    vectors = lambda texts: np.float32([near[t] for t in texts])  # noqa: E731
    assert is_right("a", ["b"], vectors)
    assert is_right("red hat", ["red coat"], vectors)  # one of two words
    assert not is_right("a", ["red coat"], vectors)


def test_the_file_is_written_and_read(tmp_path, monkeypatch):
    config = make_config(tmp_path)
    create_model("tiny").save_pretrained(tmp_path / "model")
    monkeypatch.setattr(confidence, "SentenceEncoder", lambda: type("Encoder", (), {"encode": staticmethod(encode)}))
    words = ["--model", tmp_path / "model", "--data", config.data, "--features", config.features]
    confidence.main([str(w) for w in [*words, "--sets", "photos", "--pictures", 3]])
    report = json.loads((tmp_path / "model" / "claims.json").read_text())
    assert set(report["least_gain"]) == set(ASKED) == set(report["measured"])
    assert thresholds(tmp_path / "model") == report["least_gain"]


def test_a_model_without_weights_is_refused(capsys):
    with pytest.raises(SystemExit):
        confidence.main(["--model", "tiny"])
    assert "no weights" in capsys.readouterr().err
