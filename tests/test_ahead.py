"""Things are made a little ahead of their use, in another thread: in order, bounded, stopped with their user."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from pvchat.video import ahead


def numbers(made: list[int], count: int = 100) -> Generator[int, None, None]:
    for number in range(count):
        made.append(number)
        yield number


def test_all_come_in_order() -> None:
    assert list(ahead(numbers([]))) == list(range(100))
    assert list(ahead(numbers([], 0))) == []


def test_one_is_made_before_it_is_used() -> None:
    made: list[int] = []
    for number in ahead(numbers(made)):
        assert len(made) <= number + 2  # this one, and the next


def test_they_are_made_in_another_thread() -> None:
    def names() -> Generator[str, None, None]:
        yield threading.current_thread().name

    assert [name.startswith("reading ahead") for name in ahead(names())] == [True]


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def failing() -> Generator[int, None, None]:
        yield 1
        raise OSError("the disk is gone")

    made = ahead(failing())
    assert next(made) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(made)


@pytest.mark.parametrize("stop", ["closed", "raised"])
def test_whoever_stops_leaves_no_thread_and_an_ended_source(stop: str) -> None:
    ended: list[bool] = []

    def source() -> Generator[int, None, None]:
        try:
            yield from range(1000)
        finally:
            ended.append(True)

    made = ahead(source())
    assert next(made) == 0
    if stop == "closed":
        made.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            made.throw(KeyboardInterrupt)
    assert ended == [True]
    assert not [t for t in threading.enumerate() if t.name.startswith("reading ahead")]
