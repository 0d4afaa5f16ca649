"""What lies beside a model's weights: the least gains of its claims and the scales of its choices."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pvchat.chat.calibration import CALIBRATION, GAIN, Calibration
from pvchat.chat.choices import KINDS, LEVELS, SETTINGS, Scale, sentences
from pvchat.chat.trained import TrainedModel
from pvchat.errors import WeightsError

LEAST = {"action": 0.5, "appearance": None, "location": 1, "scene": 0.2}


def measured(kind: str) -> Scale:
    """A scale with limits of its own, fitted on made-up likeness."""
    usual = np.random.default_rng(0).normal(size=(50, len(sentences(kind)))).astype(np.float32)
    fitted = Scale.fit(kind, usual)
    least = {level: dict.fromkeys(SETTINGS, 0.1 * i) for i, level in enumerate(LEVELS)}
    return Scale(fitted.sentence, fitted.choice, fitted.offered, 2.0, least)


def test_thresholds_lie_beside_the_weights(tmp_path: Path) -> None:
    assert set(Calibration.read(tmp_path).least.values()) == {GAIN}
    (tmp_path / CALIBRATION).write_text(json.dumps({"least_gain": LEAST}))
    assert Calibration.read(tmp_path).least == LEAST
    for broken in ("{", "[]", '{"least_gain": {"action": 1}}'):
        (tmp_path / CALIBRATION).write_text(broken)
        with pytest.raises(WeightsError, match="thresholds"):
            Calibration.read(tmp_path)


def test_scales_lie_beside_the_weights(tmp_path: Path) -> None:
    assert Calibration.read(tmp_path).scales == {}
    rows = {kind: measured(kind).to_dict(kind) for kind in KINDS}
    (tmp_path / CALIBRATION).write_text(json.dumps({"least_gain": LEAST, "choices": rows}))
    alike = np.random.default_rng(1).normal(size=(3, len(sentences("action")))).astype(np.float32)
    read = Calibration.read(tmp_path).scales["action"].scores("action", alike)
    assert read == pytest.approx(measured("action").scores("action", alike), abs=1e-3)
    rows["action"]["choices"] = ["another"]
    (tmp_path / CALIBRATION).write_text(json.dumps({"least_gain": LEAST, "choices": rows}))
    with pytest.raises(WeightsError, match="thresholds"):
        Calibration.read(tmp_path)


def test_the_file_is_read_once_a_model(tmp_path: Path) -> None:
    (tmp_path / CALIBRATION).write_text(json.dumps({"least_gain": LEAST}))
    trained = TrainedModel(tmp_path, "cpu")
    first = trained.calibration
    (tmp_path / CALIBRATION).write_text("{")
    assert trained.calibration is first
    assert first.least["action"] == 0.5
