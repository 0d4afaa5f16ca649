"""Guessing a password is slow for the guesser and for nobody else."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from make_app import ready, running
from pvchat_app import door
from pvchat_app.middleware import CALLER

from pvchat import PVChat

WORD = "open sesame"


def test_wrong_passwords_do_not_hold_up_other_requests(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight guesses at once; another request is answered before the second of them is."""
    monkeypatch.setattr(door, "WRONG_S", 3.0)
    order: list[str] = []

    def guess(url: str) -> None:
        answer = httpx.post(url + "/login", data={"username": "a", "password": "wrong guess"}, timeout=60)
        assert answer.status_code == 400
        order.append("guess")

    with running(ready(chat), password=WORD) as (_, url):
        httpx.get(url + "/theme.css", timeout=60)
        guesses = [threading.Thread(target=guess, args=(url,)) for _ in range(door.MOST_WAITING)]
        for thread in guesses:
            thread.start()
        for _ in range(5):
            assert httpx.get(url + "/config", timeout=60).status_code == 401
            order.append("other")
        for thread in guesses:
            thread.join()
    assert order.index("other") <= 1  # the loop slept a second for each guess before


async def _ask(check, address: str, word: str) -> bool:
    CALLER.set(address)
    return await check("anybody", word)


def test_the_loop_goes_on_while_a_password_is_hashed_and_a_guess_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "WRONG_S", 0.3)
    ticks: list[int] = []

    async def tick() -> None:
        while True:
            ticks.append(len(ticks))
            await asyncio.sleep(0.01)

    async def run() -> list[bool]:
        ticking = asyncio.create_task(tick())
        given = await asyncio.gather(*(_ask(door.checker(WORD), "10.0.0.1", word) for word in ("wrong", "bad", WORD)))
        ticking.cancel()
        return given

    assert asyncio.run(run()) == [False, False, True]
    assert len(ticks) > 3


def test_one_address_guesses_one_at_a_time_and_does_not_shut_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "WRONG_S", 0.2)
    checks: list[str] = []

    async def run() -> None:
        check = door.checker(WORD)

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
    assert "10.0.0.2" in checks[:3]
    assert checks.count("wrong") == 6


def test_too_many_waiting_guesses_are_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "WRONG_S", 0.05)
    read: list[str] = []
    right = door.is_right
    monkeypatch.setattr(door, "is_right", lambda given, *rest: read.append(given) or right(given, *rest))

    async def run() -> list[bool]:
        check = door.checker(WORD)
        words = [f"guess {i}" for i in range(door.MOST_WAITING + 20)]
        return await asyncio.gather(*(_ask(check, "10.0.0.1", word) for word in words))

    assert not any(asyncio.run(run()))
    assert len(read) == door.MOST_WAITING
