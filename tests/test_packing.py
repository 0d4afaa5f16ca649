"""What a library's columns hold: vectors in eight bits, JSON; damage to them is noticed."""

from __future__ import annotations

import numpy as np
import pytest

from pvchat.storage.packing import DamagedRowError, Layout, packed, unpacked


@pytest.mark.parametrize("deflated", [False, True])
def test_no_number_is_further_off_than_half_a_step(deflated: bool) -> None:
    rows = np.maximum(np.random.default_rng(0).normal(size=(3, 2 * 50 + 4)), 0).astype(np.float32)
    layout = Layout(50, vectors=2, exact=4, deflated=deflated)
    found = layout.unpacked(layout.packed(rows))
    step = rows[:, :100].reshape(3, 2, 50).max(2).repeat(50, 1) / 127
    assert (np.abs(found - rows)[:, :100] <= step / 2 * 1.001).all()
    assert np.array_equal(found[:, 100:], rows[:, 100:].astype(np.float16))
    assert len(layout.unpacked(layout.packed(rows[:0]))) == 0


def test_features_that_are_mostly_zeros_take_half() -> None:
    rows = np.maximum(np.random.default_rng(0).normal(-1, 1, size=(1, 3840)), 0)
    sizes = [len(Layout(1280, 3, deflated=deflated).packed(rows)) for deflated in (False, True)]
    assert 2 * sizes[1] < sizes[0]


def test_what_was_measured_comes_back() -> None:
    assert unpacked(packed({"box": (np.float32(0.123456), 1), "of": None})) == {"box": [0.1235, 1], "of": None}


def test_damage_is_noticed() -> None:
    told, looks = packed({"hair": "long hair"}), Layout(8, deflated=True).packed(np.ones((1, 8)))
    for read, data in ((unpacked, told), (Layout(8, deflated=True).unpacked, looks)):
        with pytest.raises(DamagedRowError, match="a row of its tables is damaged"):
            read(data[:-1] + bytes([data[-1] ^ 1]))


def test_what_was_written_before_is_read() -> None:
    """The typical rows that rows were deflated by may not change without a step of `migrations.py`."""
    data = bytes.fromhex("78f9aac8ae6743ca293893197afec062100062b21855")
    assert unpacked(data) == {"facts": {"hair": "short dark hair", "shot": "close-up"}, "appearances": []}
