"""Time left of background jobs, on made-up clocks: steady, honest, and silent where nothing is known."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvchat_app.progress import DEEP_PLAN, Pace
from pvchat_app.wording import rough_duration

PLAN = (("one", 10.0), ("two", 30.0), ("three", 10.0))


def play(plan, takes, every=1.0, told=None):
    """(seconds left as told, seconds really left, share) at every tick of a job whose parts take so long."""
    pace, now, seen = Pace(plan), 100.0, []
    end = now + sum(takes)
    for (part, _), seconds in zip(told or plan, takes, strict=True):
        passed = 0.0
        while passed < seconds:
            pace.tell(part, passed / seconds, now)
            seen.append((pace.left_s(now), end - now, pace.done))
            passed, now = passed + every, now + every
    return seen


def test_a_job_as_planned_counts_down() -> None:
    seen = play(PLAN, (10, 30, 10))
    assert sum(left is None for left, *_ in seen) <= 6
    for left, truly, _ in seen:
        assert left is None or left == pytest.approx(truly, abs=1.5)


def test_the_time_left_of_a_deep_enrollment_hardly_ever_doubles() -> None:
    """Jobs of other clips on other machines: every part takes its own multiple of the plan."""
    chance = random.Random(0)
    doubled = 0
    for _ in range(60):
        slower = math.exp(chance.gauss(0.3, 0.6))
        takes = [seconds * slower * math.exp(chance.gauss(0, 0.5)) for _, seconds in DEEP_PLAN]
        told = [left for left, *_ in play(DEEP_PLAN, takes, every=4.0) if left is not None and left > 30]
        doubled += any(late > 2 * early for early, late in zip(itertools.accumulate(told, min), told, strict=True))
    assert doubled <= 6


@pytest.mark.parametrize("slower", [0.5, 2, 4])
def test_another_machine_is_found_out_and_the_time_left_hardly_jumps(slower: float) -> None:
    seen = play(PLAN, [slower * seconds for _, seconds in PLAN])
    later = seen[len(seen) // 2 :]
    off = 0.25 * sum(slower * seconds for _, seconds in PLAN)
    assert all(left is not None and abs(left - truly) <= off for left, truly, _ in later)
    told = [left for left, *_ in seen if left is not None]
    steps = [after - before for before, after in zip(told, told[1:], strict=False)]
    assert max(map(abs, steps)) < 0.2 * 50 * max(1.0, slower)


@given(st.lists(st.floats(0.5, 60), min_size=3, max_size=3))
def test_the_share_never_falls_and_no_time_is_negative(takes: list[float]) -> None:
    seen = play(PLAN, takes)
    shares = [share for *_, share in seen]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] < 1
    assert all(left is None or left >= 0 for left, *_ in seen)


def test_skipped_and_unknown_parts_do_no_harm() -> None:
    pace = Pace(PLAN)
    pace.tell("reading a.mp4", 0.5, 0.0)
    assert pace.left_s(0.0) is None  # nothing of the plan has begun
    pace.tell("two", 0.0, 1.0)
    pace.tell("reading b.mp4", 1.0, 2.0)
    assert (pace.at, pace.share) == (1, 0.0)
    pace.tell("one", 0.3, 3.0)  # no way back
    assert pace.at == 1
    assert Pace().left_s(5.0) is None


def test_a_last_part_that_takes_much_too_long_has_no_time_left_to_tell() -> None:
    pace = Pace(PLAN)
    pace.tell("one", 0.0, 0.0)
    pace.tell("three", 0.0, 40.0)
    assert pace.left_s(41.0) is not None
    assert pace.left_s(60.0) is None


def test_every_step_of_a_deep_enrollment_is_planned() -> None:
    from pvchat_app.jobs import _STEPS

    assert set(_STEPS) <= {part for part, _ in DEEP_PLAN}


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "a few seconds"), (17, "about 15 s"), (43, "about 40 s"), (88, "about 90 s"),
                           (100, "about 2 min"), (400, "about 7 min")],
)  # fmt: skip
def test_times_are_told_as_exactly_as_they_are_known(seconds: float, words: str) -> None:
    assert rough_duration(seconds) == words
