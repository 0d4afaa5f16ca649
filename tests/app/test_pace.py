"""Time left of what runs, on made-up clocks: honest, and silent where nothing is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvchat_app.jobcards import about
from pvchat_app.pace import Pace


def play(takes: float, every: float = 1.0) -> list[tuple[float | None, float, float]]:
    """(seconds left as told, seconds really left, share) at every tick of something that takes so long."""
    pace, seen, passed = Pace(), [], 0.0
    while passed < takes:
        pace.tell(passed / takes, 100.0 + passed)
        seen.append((pace.left_s(100.0 + passed), takes - passed, pace.share))
        passed += every
    return seen


@pytest.mark.parametrize("takes", [12.0, 50.0, 200.0])
def test_it_counts_down(takes: float) -> None:
    seen = play(takes)
    assert sum(left is None for left, *_ in seen) <= max(3, 0.1 * takes + 1)
    for left, truly, _ in seen:
        assert left is None or left == pytest.approx(truly, abs=0.1)


@given(st.floats(0.5, 60))
def test_the_share_never_falls_and_no_time_is_negative(takes: float) -> None:
    seen = play(takes)
    shares = [share for *_, share in seen]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    assert all(left is None or left >= 0 for left, *_ in seen)


def test_what_takes_much_too_long_has_no_time_left_to_tell() -> None:
    pace = Pace()
    assert pace.left_s(5.0) is None
    pace.tell(0.0, 0.0)
    pace.tell(0.8, 40.0)
    pace.tell(0.3, 41.0)  # no way back
    assert pace.share == 0.8
    assert pace.left_s(41.0) == pytest.approx(9.0)
    assert pace.left_s(60.0) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "a few seconds"), (17, "about 15 s"), (43, "about 40 s"), (88, "about 90 s"),
                           (100, "about 2 min"), (400, "about 7 min")],
)  # fmt: skip
def test_times_are_told_as_exactly_as_they_are_known(seconds: float, words: str) -> None:
    assert about(seconds) == words
