"""Guessing a password is slow for the guesser and for nobody else."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from make_app import get, post, ready, running
from pvchat_app import login
from pvchat_app.middleware import CALLER
from pvchat_app.server import Options

from pvchat import PVChat
from pvchat.errors import SettingsError

WORD = "open sesame"


def wait_until(condition: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong password waits until this holds, for a minute at most, and not for a time."""

    async def sleep(seconds: float) -> None:
        assert seconds == login.WRONG_S >= 1
        for _ in range(6000):
            if condition():
                return
            await asyncio.sleep(0.01)

    there = SimpleNamespace(Future=asyncio.Future, to_thread=asyncio.to_thread, sleep=sleep)
    monkeypatch.setattr(login, "asyncio", there)


def test_wrong_passwords_do_not_hold_up_other_requests(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight guesses at once; other requests are answered while the first of them waits."""
    order: list[str] = []
    wait_until(lambda: order.count("other") == 5, monkeypatch)

    def guess(url: str) -> None:
        answer = post(url + "/login", data={"username": "a", "password": "wrong guess"})
        assert answer.status_code == 400
        order.append("guess")

    with running(ready(chat), password=WORD) as (_, url):
        get(url + "/theme.css")
        guesses = [threading.Thread(target=guess, args=(url,)) for _ in range(login.MAX_WAITING)]
        for thread in guesses:
            thread.start()
        for _ in range(5):
            assert get(url + "/config").status_code == 401
            order.append("other")
        for thread in guesses:
            thread.join()
    assert order == ["other"] * 5 + ["guess"] * login.MAX_WAITING  # the loop slept a second for each guess before


async def _ask(check, address: str, word: str) -> bool:
    CALLER.set(address)
    return await check("anybody", word)


def test_the_loop_goes_on_while_a_password_is_hashed_and_a_guess_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: list[int] = []
    wait_until(lambda: len(ticks) > 3, monkeypatch)
    right = login.is_right

    def slowly(*given: Any) -> bool:
        before, end = len(ticks), time.monotonic() + 60
        while len(ticks) <= before + 3 and time.monotonic() < end:
            time.sleep(0.01)
        went_on.append(len(ticks) > before + 3)
        return right(*given)

    went_on: list[bool] = []
    monkeypatch.setattr(login, "is_right", slowly)

    async def tick() -> None:
        while True:
            ticks.append(len(ticks))
            await asyncio.sleep(0.01)

    async def run() -> list[bool]:
        ticking = asyncio.create_task(tick())
        given = await asyncio.gather(*(_ask(login.checker(WORD), "10.0.0.1", word) for word in ("wrong", "bad", WORD)))
        ticking.cancel()
        return given

    assert asyncio.run(run()) == [False, False, True]
    assert went_on == [True] * 3


def test_one_address_guesses_one_at_a_time_and_does_not_shut_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[str] = []
    wait_until(lambda: "10.0.0.2" in checks, monkeypatch)

    async def run() -> None:
        check = login.checker(WORD)

        async def guess(address: str, word: str) -> None:
            if await _ask(check, address, word):
                checks.append(address)
            else:
                checks.append("wrong")

        many = [asyncio.create_task(guess("10.0.0.1", f"guess {i}")) for i in range(6)]
        await asyncio.sleep(0)
        await guess("10.0.0.2", WORD)  # another address comes in while they wait
        await asyncio.gather(*many)

    asyncio.run(run())
    assert checks == ["10.0.0.2", *["wrong"] * 6]


def test_of_too_many_guesses_the_oldest_is_refused_unread_and_the_owner_is_let_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The owner has the guesser's address: both come through one proxy."""
    monkeypatch.setattr(login, "WRONG_S", 0.05)
    read: list[str] = []
    right = login.is_right
    monkeypatch.setattr(login, "is_right", lambda given, *rest: read.append(given) or right(given, *rest))

    async def run() -> list[bool]:
        check = login.checker(WORD)
        words = [*(f"guess {i}" for i in range(login.MAX_WAITING + 20)), WORD]
        return await asyncio.gather(*(_ask(check, "10.0.0.1", word) for word in words))

    *guesses, owner = asyncio.run(run())
    assert owner
    assert not any(guesses)
    assert len(read) == 1 + login.MAX_WAITING
    assert read[:2] == ["guess 0", WORD]  # the newest is next


@pytest.mark.parametrize(("word", "why"), [("open\0sesame", "no NUL"), ("open sesame\udced", "isn't text in UTF-8")])
def test_a_password_that_nobody_could_type_is_refused_in_a_sentence(word: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        Options(password=word)


@pytest.mark.parametrize("word", [b"%00%00%00%00%00%00%00%00", b"%ED%A0%80 open sesame", b"\xed\xa0\x80\x00"])
def test_odd_bytes_at_the_door_are_a_wrong_password(chat: PVChat, word: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    with running(ready(chat), password=WORD) as (_, url):
        answer = post(url + "/login", content=b"username=a&password=" + word, headers=kind)
    assert (answer.status_code, answer.json()) == (400, {"detail": "Incorrect credentials."})
