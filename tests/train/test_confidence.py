"""Thresholds of the model's claims: chosen for precision, written beside the weights, read by the product."""

from __future__ import annotations

import json

import numpy as np
import pytest
from make_sets import encode, make_config

from pvchat.chat.speakers.calibration import Calibration
from pvchat.chat.speakers.choices import KINDS, LEVELS, SETTINGS, sentences
from pvchat.chat.speakers.choices import choices as choices_of
from pvchat.chat.speakers.claims import ASKED
from pvchat.model.registry import create_model
from pvchat.train.fits import choices, confidence
from pvchat.train.fits.confidence import PRECISION, Judged, is_right, least_gain


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
    assert least_gain(judged(*[(1.0 + i, True) for i in range(choices.SHOWN - 1)])) is None
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
    confidence.main([str(w) for w in [*words, "--sets", "photos", "--others", "", "--pictures", 3]])
    report = json.loads((tmp_path / "model" / "claims.json").read_text())
    assert set(report["least_gain"]) == set(ASKED) == set(report["measured"])
    calibration = Calibration.read(tmp_path / "model")
    assert calibration.least == report["least_gain"]
    assert set(calibration.scales) == set(KINDS) == set(report["choices_measured"])


def test_a_model_without_weights_is_refused(capsys):
    with pytest.raises(SystemExit):
        confidence.main(["--model", "tiny"])
    assert "no weights" in capsys.readouterr().err


def made_up_pictures(kind: str, count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Likeness [n, S] and the truth [n, K]: each picture shows one choice, which two in three of them look like."""
    rng = np.random.default_rng(0)
    shown, looks = rng.integers(len(choices_of(kind)), size=count), rng.random(count) < 2 / 3
    owner = np.array([i for i, c in enumerate(choices_of(kind)) for _ in c.sentences])
    alike = rng.normal(size=(count, len(sentences(kind)))) + 6 * ((owner[None] == shown[:, None]) & looks[:, None])
    return alike.astype(np.float32), np.eye(len(choices_of(kind)), dtype=bool)[shown]


def test_scales_are_read_from_pictures():
    alike, named = made_up_pictures("action")
    where = ["indoors", "outdoors", None] * 100
    scale, report = choices.fit("action", alike, alike[:0], named, where)
    assert scale.offered.all()
    assert report["covered"] == 300
    assert 0.55 < report["indoors"]["right"] < 0.85
    for setting in SETTINGS:
        for prefix in ("", "group "):
            assert report[prefix + setting]["likely"]["right"] >= choices.LIKELY
            assert report[prefix + setting]["sure"]["right"] >= choices.SURE
            assert scale.least[prefix + "likely"][setting] <= scale.least[prefix + "sure"][setting]
    assert set(scale.least) == set(LEVELS)


def test_choices_that_no_caption_confirms_are_not_offered():
    alike, named = made_up_pictures("location")
    named[:, 3] = False
    scale, _ = choices.fit("location", alike, alike[:0], named, [None] * 300)
    assert not scale.offered[3]
    assert scale.probabilities("location", alike, np.ones(len(choices_of("location")), bool))[:, 3].max() == 0


def test_captions_confirm_by_whole_words():
    photo = lambda text: type("Photo", (), {"captions": (text,)})  # noqa: E731
    said = [c.said for c in choices_of("location")]
    named = choices.mentioned("location", [photo("A man at a desk."), photo("Deskbound seamen.")])
    assert named[0, said.index("in an office or meeting room")]
    assert not named[1].any()


def test_no_threshold_where_no_choices_are_right_enough():
    sure = np.linspace(0.9, 0.1, 40).astype(np.float32)
    assert choices.least_score(sure, np.zeros(40, bool), 0.5) is None
    assert choices.least_score(sure[:5], np.ones(5, bool), 0.5) is None
    assert choices.least_score(sure, np.arange(40) < 20, 0.8) == pytest.approx(float(sure[24]), abs=1e-4)
