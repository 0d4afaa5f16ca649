"""Augmentation with the real experts: a public photograph becomes a data set, and its gates tell people apart."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pvchat import PVChat, video
from pvchat.assets.footage import move_over
from pvchat.augment import gates, steps
from pvchat.augment.augmentation import Augmentation, read_samples
from pvchat.augment.dataset import check
from pvchat.augment.schemas import AugmentConfig
from pvchat.config import Settings
from pvchat.identity.presence import PresenceModel

CONFIG = AugmentConfig(clips=16, stills=4, negatives=5, seconds=0.5, frames=2)


@pytest.mark.weights
@pytest.mark.slow
def test_a_photograph_becomes_a_data_set(tmp_path: Path) -> None:
    astronaut = pytest.importorskip("skimage.data").astronaut()
    clip = tmp_path / "eileen.mp4"
    way = ((0.5, 0.4, 0.9), (0.46, 0.3, 0.7))
    video.save_clip(clip, move_over(Image.fromarray(astronaut), way, 1.0, 20), 8)
    chat = PVChat(Settings(device="cpu"))
    out = steps.augment(clip, "Eileen", tmp_path / "set", chat, CONFIG)

    made = steps.summary(out)
    positives = [s for s in read_samples(out) if s.role == "positive" and s.recipe != "together"]
    kept = [s for s in positives if not s.dropped]
    assert len(kept) >= 0.8 * len(positives) == 16
    odds = np.array([s.gates["log_odds"] for s in kept])
    assert odds.min() >= gates.SAME_PERSON
    assert np.median(odds) > 5  # not borderline: still the same face
    recipes = Counter(s.recipe for s in kept)
    for recipe in ("subclip", "photometric", "background", "reenact:turn", "reenact:talk"):
        assert recipes[recipe], recipe
    negatives = [s for s in read_samples(out) if s.role == "negative"]
    assert all(s.dropped or s.gates["probability"] < 0.5 for s in negatives)
    assert made["dataset"]["counts"]["rows"] > 5 * len(kept)
    assert [p for p in check(out)[0] if "balance" not in str(p)] == []

    # nobody and somebody else are refused
    run = Augmentation(clip, "Eileen", out, chat, CONFIG)
    for photo, gate in ((_cat(), "no face"), (_other(), "identity")):
        if photo is None:
            continue
        other = tmp_path / "other.mp4"
        video.save_clip(other, [photo] * 4, 8)
        values = gates.measure(
            video.load(other, chat.settings.video).images, chat.analyse(other), run.profile,
            PresenceModel.load(), chat.networks.experts.mesh,
        )  # fmt: skip
        assert gates.failed_gate(values, run.profile, 100.0) == gate


def _cat() -> np.ndarray:
    from skimage import data

    return data.chelsea()[:300, :300]


def _other() -> np.ndarray | None:
    """A portrait of somebody else, where the demo's footage is there."""
    from pvchat.assets import weights
    from pvchat.errors import WeightsError

    try:
        path = weights.member_path("footage-portraits", "obama.jpg")
    except WeightsError:
        return None
    with Image.open(path) as picture:
        picture.thumbnail((480, 480))
        return np.asarray(picture.convert("RGB"))
