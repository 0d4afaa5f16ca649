"""One PVChat in memory: loaded behind the page, its progress told to whoever asked, its failures too."""

from __future__ import annotations

import threading

import pytest
from make_app import ready, wait_for
from pvchat_app.engine import Engine

from pvchat import PVChat
from pvchat.errors import WeightsError


def test_it_is_loaded_once_and_waited_for(chat: PVChat) -> None:
    go, loads = threading.Event(), []

    def load(tell):
        loads.append(1)
        go.wait(300)
        return chat

    engine = Engine(load, warm=False)
    engine.start()
    assert not engine.ready
    assert engine.people.names() == ["Ana"]  # the people are there before the models
    go.set()
    assert engine.chat is chat
    assert engine.chat is chat
    assert loads == [1]


def test_what_went_wrong_while_loading_is_told_to_whoever_asks() -> None:
    def load(tell):
        raise WeightsError("no weights.", hint="Fetch them.")

    engine = Engine(load)
    engine.start()
    with pytest.raises(WeightsError, match="no weights"):
        _ = engine.chat


def test_each_thread_hears_its_own_progress(chat: PVChat) -> None:
    engine, heard = ready(chat), {"one": [], "two": []}

    def work(name: str) -> None:
        with engine.reporting_to(lambda *told: heard[name].append(told)):
            for i in range(50):
                engine.tell(name, i, 50)
        engine.tell(name, 99, 99)  # nobody listens any more

    threads = [threading.Thread(target=work, args=(name,)) for name in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: {what for what, *_ in told} for name, told in heard.items()} == {"one": {"one"}, "two": {"two"}}
    assert [len(told) for told in heard.values()] == [50, 50]


def test_warming_up_loads_the_experts_and_a_failure_of_it_harms_nothing(chat: PVChat, monkeypatch) -> None:
    warmed = []
    monkeypatch.setattr(chat.networks, "load", lambda: warmed.append(1) or 1 / 0)
    engine = Engine(lambda tell: chat)
    engine.start()
    wait_for(lambda: warmed)
    assert engine.chat is chat
