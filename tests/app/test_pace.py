"""Time left, on made-up clocks: honest, and silent where nothing is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvchat_app.progress import Pace
from pvchat_app.wording import rough_duration


@given(st.lists(st.floats(0, 1), min_size=3, max_size=9))
def test_the_share_never_falls_and_no_time_is_negative(shares: list[float]) -> None:
    pace, seen = Pace(), []
    for now, share in enumerate(shares):
        pace.tell(share, 10.0 * now)
        seen.append(pace.share)
        assert (pace.left_s(10.0 * now) or 0.0) >= 0
    assert seen == sorted(seen)


def test_the_time_left_follows_from_the_share() -> None:
    pace = Pace()
    pace.tell(0.0, 100.0)
    assert pace.left_s(105.0) is None  # nothing is known yet
    pace.tell(0.05, 106.0)
    assert pace.left_s(106.0) is None  # nor much
    pace.tell(0.25, 110.0)
    assert pace.left_s(110.0) == pytest.approx(30.0)
    assert pace.left_s(120.0) == pytest.approx(20.0)
    assert pace.left_s(150.0) is None  # it takes much longer


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "a few seconds"), (17, "about 15 s"), (43, "about 40 s"), (88, "about 90 s"),
                           (100, "about 2 min"), (400, "about 7 min")],
)  # fmt: skip
def test_times_are_told_as_exactly_as_they_are_known(seconds: float, words: str) -> None:
    assert rough_duration(seconds) == words
