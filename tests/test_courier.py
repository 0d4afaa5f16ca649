"""Deliveries beside a receiver that isn't there, or of what is deleted while they are on their way."""

# ruff: noqa: F811 (`courier` and `receiver` are another file's)

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from make_receivers import Receiver
from test_events import NOON, Happen, courier, receiver  # noqa: F401

from pvchat import PVChat
from pvchat.errors import LockedError
from pvchat.library.live import courier as couriers
from pvchat.library.live import events, mqtt
from pvchat.library.live.courier import Courier
from pvchat.library.live.events import CameraEvent
from pvchat.storage import database
from pvchat.storage.library import LibraryError, connect


@pytest.fixture
def happen(chat: PVChat) -> Happen:
    chat.library.live("rtsp://127.0.0.1:9/hall", place="hall")

    def write(at: float = NOON) -> None:
        ref = chat.people.get("Ana").id
        with closing(connect(chat.people.root)) as library:
            events.record_event(library, 1, CameraEvent("appears", ref, at, 0.9), at)

    return write  # type: ignore[return-value]


def test_a_receiver_that_says_nothing_holds_up_no_other(
    chat: PVChat, happen: Happen, receiver: Receiver, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        chat.library.events.add("Ana is seen", "http://dead.test/hook", quiet_s=0)
    for second in range(40):
        happen(at=NOON - 40 + second)
    chat.library.events.add("Ana is seen", receiver.url, quiet_s=0)
    happen()
    tries, send = list[int](), couriers.send

    def slow(rule: Any, message: Any, node: str, now: float) -> str:
        if rule.target != receiver.url:
            tries.append(rule.id)
            courier.now.time += 10  # type: ignore[attr-defined]
            assert len(tries) < 60, "it never comes to an end"
            return "not reached (timed out)"
        return send(rule, message, node, now)

    monkeypatch.setattr(couriers, "send", slow)
    assert courier.step() == 1
    assert (len(receiver.got), len(tries)) == (1, 1)
    assert courier.step() == 0
    assert len(tries) == 1  # what comes now doesn't wait for it either
    courier.now.time += couriers.QUIET_S  # type: ignore[attr-defined]
    assert courier.step() == 0
    assert len(tries) == 2


@pytest.mark.parametrize("answer", ["not reached (Connection refused)", "answered 503"])
def test_a_receiver_that_is_gone_for_a_night_is_tried_ever_more_seldom(
    chat: PVChat,
    happen: Happen,
    courier: Courier,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answer: str,
) -> None:
    """Seventy messages wait for it; each that comes meanwhile doesn't begin anew."""
    tries, told, state = list[float](), list[str](), {"answer": answer}

    def send(rule: Any, message: Any, node: str, now: float) -> str:
        tries.append(now)
        if not state["answer"]:
            told.append(message["event"])
        return state["answer"]

    monkeypatch.setattr(couriers, "send", send)
    chat.library.events.add("Ana is seen", "http://me:gehe1m@gone.test/hook", quiet_s=0)
    for step in range(350):
        if step % 5 == 0:
            happen(at=courier.now())
        courier.step()
        courier.now.time += 2 if step < 50 else 40  # type: ignore[attr-defined]
    apart = [after - before for before, after in pairwise(tries)]
    assert apart[:8] == sorted(apart[:8])
    assert max(apart) <= couriers.LONGEST_S + 40
    assert len(tries) <= 300 * 40 / couriers.LONGEST_S + 10
    state["answer"] = ""
    for _ in range(2):
        courier.now.time += couriers.LONGEST_S  # type: ignore[attr-defined]
        courier.step()
    uids = [row["uid"] for row in chat.library.events.since(0, 1000)]
    assert sorted(told) == sorted(uids)
    shown = "http://me:***@gone.test/hook" if "not reached" in answer else "rule 1"
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"{shown}: messages wait: {answer}", f"{shown}: messages are taken again"]  # once a night
    assert told == uids or answer != "not reached (Connection refused)"


def test_what_waited_for_three_days_is_given_up_at_once(
    chat: PVChat, happen: Happen, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "send", lambda *_: "not reached (Connection refused)")
    chat.library.events.add("Ana is seen", "http://gone.test/hook", quiet_s=0)
    for at in (NOON, NOON + 1, NOON + 3600):
        happen(at=at)
    courier.now.time += couriers.GIVE_UP_S + 60  # type: ignore[attr-defined]
    courier.step()
    assert [row["state"] for row in chat.library.events.deliveries()] == ["waiting", "given up", "given up"]


def test_a_receiver_that_refuses_one_rule_is_told_of_others(
    chat: PVChat, happen: Happen, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = chat.library.events.add("Ana is seen", "http://hub.test/hook", quiet_s=0)
    for second in range(5):
        happen(at=NOON - 5 + second)
    chat.library.events.add("Ana is seen", "http://hub.test/hook", quiet_s=0)
    happen()
    monkeypatch.setattr(couriers, "send", lambda rule, *_: "answered 401" if rule.id == refused.id else "")
    assert courier.step() == 1


def test_a_courier_makes_no_library_where_the_home_was_moved(courier: Courier, tmp_path: Path) -> None:
    courier.people = tmp_path / "moved" / "people"
    assert courier.step() == 0
    assert not courier.people.parent.exists()


@pytest.mark.parametrize("what", ["rule", "event"])
def test_what_is_deleted_on_its_way_is_not_told(
    chat: PVChat, happen: Happen, receiver: Receiver, courier: Courier, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    rule = chat.library.events.add("Ana is seen", receiver.url, quiet_s=0)
    for second in range(2):
        happen(at=NOON - 1 + second)
    claimed: Callable[..., Any] = couriers._claim_next

    def then_deleted(*about: Any) -> Any:
        found = claimed(*about)
        if found is not None and found[2] == 1:
            with closing(connect(chat.people.root)) as library:
                library.execute(f"DELETE FROM {what}s WHERE id = ?", (rule.id if what == "rule" else 1,))
        return found

    monkeypatch.setattr(couriers, "_claim_next", then_deleted)
    left = {"rule": 0, "event": 1}[what]
    assert courier.step() == left
    assert [json.loads(body)["event"] for _, body in receiver.got] == [
        row["uid"] for row in chat.library.events.since(1)[: len(receiver.got)]
    ]
    assert len(receiver.got) == left


def test_a_courier_goes_on_after_a_home_that_was_locked_for_a_while(
    courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "IDLE_S", 0.001)
    stop, tries = threading.Event(), list[int]()

    def step(self: Courier) -> int:
        tries.append(1)
        if len(tries) == 3:
            stop.set()
        raise LockedError("the key is missing.")

    monkeypatch.setattr(Courier, "step", step)
    courier.run(stop)
    assert len(tries) >= 3


@pytest.mark.parametrize("target", ["http://[::1/hook", "http://me:gehe1m@host:99999/hook"])
def test_an_address_that_is_none_is_refused(chat: PVChat, happen: Happen, target: str) -> None:
    with pytest.raises(LibraryError, match="can't be sent there") as said:
        chat.library.events.add("Ana is seen", target)
    assert "gehe1m" not in str(said.value)


def test_a_broker_that_was_gone_is_told_of_rules_again(
    chat: PVChat, happen: Happen, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics, outcomes = list[str](), iter(["", "not reached", "", ""])

    def publish(target: str, message: mqtt.Message, retain: bool = False) -> str:
        topics.append(message[0].split("/")[0])
        return next(outcomes)

    monkeypatch.setattr(mqtt, "publish", publish)
    chat.library.events.add("Ana is seen", "mqtt://broker.test", quiet_s=0)
    happen()
    assert courier.step() == 0
    courier.now.time += 2 * couriers.FIRST_S  # type: ignore[attr-defined]
    assert courier.step() == 1
    assert topics == ["homeassistant", "pvchat", "homeassistant", "pvchat"]


def test_a_broker_that_is_not_there_keeps_no_other_from_being_told_of_rules(
    chat: PVChat, happen: Happen, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[tuple[str, bytes]]()

    def publish(target: str, message: mqtt.Message, retain: bool = False) -> str:
        told.append((target, message[1]))
        return "not reached" if "dead" in target else ""

    monkeypatch.setattr(mqtt, "publish", publish)
    for target in ("mqtt://dead.test", "mqtt://dead.test", "mqtt://broker.test"):
        rule = chat.library.events.add("Ana is seen", target)
    assert courier.step() == 0
    assert [target for target, _ in told] == ["mqtt://dead.test", "mqtt://broker.test"]  # the dead one is left alone
    chat.library.events.remove(rule.id)
    assert courier.step() == 0
    assert told[2:] == [("mqtt://broker.test", b"")]


def test_a_clock_that_is_set_back_holds_nothing_up(
    chat: PVChat, happen: Happen, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = iter(["not reached", "not reached", "", ""])
    monkeypatch.setattr(mqtt, "publish", lambda target, message, retain=False: next(outcomes))
    chat.library.events.add("Ana is seen", "mqtt://broker.test")
    happen()
    assert courier.step() == 0
    courier.now.time -= 7200  # type: ignore[attr-defined]
    assert courier.step() == 1
    assert next(outcomes, None) is None


def test_two_libraries_of_one_path_are_two_to_a_broker(
    chat: PVChat, happen: Happen, courier: Courier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The number is the library's own: a copy that `encrypt` and `backup` make has it, a library made anew another."""
    told = list[mqtt.Message]()
    monkeypatch.setattr(mqtt, "publish", lambda target, message, retain=False: told.append(message) or "")
    chat.library.events.add("Ana is seen", "mqtt://broker.test")
    with closing(connect(chat.people.root)) as library:
        node = mqtt.node_of(library)
        database.export(library, tmp_path / "copy.db", None)
        with closing(database.open_file(tmp_path / "copy.db", None, 1.0)) as copy:  # type: ignore[type-var]
            assert mqtt.node_of(copy) == node
    courier.step()
    assert f"pvchat_{node}".encode() in told[0][1]
    chat.library.erase()
    chat.library.live("rtsp://127.0.0.1:9/hall")
    with closing(connect(chat.people.root)) as library:
        assert mqtt.node_of(library) != node
