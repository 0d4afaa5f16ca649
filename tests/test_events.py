"""Rules, and deliveries that survive: a receiver that is gone, a broker that is killed, a process that is."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from make_receivers import MOSQUITTO, Broker, Receiver, until

from pvchat import PVChat
from pvchat.cli import main as cli
from pvchat.library.live import events, mqtt
from pvchat.library.live.courier import FIRST_S, GIVE_UP_S, LEASE_S, Courier
from pvchat.library.live.events import CameraEvent
from pvchat.storage.library import LibraryError, connect

NOON = datetime(2026, 11, 29, 12).timestamp()
HOUR = 3600.0
Happen = Callable[..., int]


@pytest.fixture
def happen(chat: PVChat) -> Happen:
    """Writes an event of the camera in the hall."""
    chat.library.live("rtsp://127.0.0.1:9/hall", place="hall")
    chat.library.live("rtsp://127.0.0.1:9/yard", place="yard")

    def write(kind: str = "appears", who: str = "Ana", at: float = NOON, probability: float = 0.9, camera: int = 1):
        ref = chat.people.get(who).id if who else ""
        event = CameraEvent(kind, ref, at, probability)  # type: ignore[arg-type]
        with closing(connect(chat.people.root)) as library:
            events.record_event(library, camera, event, at)
        return len(chat.library.events.last(1)[0]["rules"])

    return write


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.start()
    yield made
    made.stop()


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def courier(chat: PVChat) -> Courier:
    return Courier(chat.people.root, chat.people.ids, Clock())


def test_rules_fit_by_person_camera_hour_and_probability(chat: PVChat, happen: Happen) -> None:
    log = chat.library.events
    for words, how in (
        ("Ana is seen", {}), ("ben leaves.", {"sources": ["HALL"]}), ("somebody unknown is seen at night", {}),
        ("a stranger appears", {"least": 0.8, "sources": ["rtsp://127.0.0.1:9/yard"]}),
    ):  # fmt: skip
        log.add(words, quiet_s=0, **how)
    assert [rule["rule"] for rule in log.rules()][:2] == ["Ana is seen", "Ben leaves"]
    assert [happen("appears", "Ana"), happen("leaves", "Ana"), happen("appears", "Ben")] == [1, 0, 0]
    assert [happen("leaves", "Ben", camera=1), happen("leaves", "Ben", camera=2)] == [1, 0]
    assert [happen("unknown", "", NOON + hours * HOUR) for hours in (0, 11, 17, 18)] == [0, 1, 1, 0]
    assert [happen("unknown", "", probability=p, camera=2) for p in (0.7, 0.9)] == [0, 1]
    log.add("when anybody comes", quiet_s=0, sources=["hall"])
    assert [happen("appears", "Ben"), happen("leaves", "Ana"), happen("unknown", "")] == [1, 0, 1]
    with pytest.raises(LibraryError, match="other hours are given") as told:
        log.add("Ana is seen at night", hours="23:00-05:00")
    assert "22:00-06:00" in told.value.hint
    assert log.add("Ana is seen at night", hours="22:00-06:00").hours == log.add("Ana leaves at night").hours


def test_a_quiet_time_is_kept_by_camera(chat: PVChat, happen: Happen) -> None:
    chat.library.events.add("Ana is seen", quiet_s=300)
    assert [happen(at=NOON + s) for s in (0, 200, 299, 301)] == [1, 0, 0, 1]
    assert happen(at=NOON + 302, camera=2) == 1


@pytest.mark.parametrize(
    ("words", "fields", "what"),
    [
        ("Ana", {}, "can't be read"), ("Carl is seen", {}, "nobody of this name"),
        ("somebody unknown leaves", {}, "can't be read"), ("Ana is seen", {"hours": "8-9"}, "no hours"),
        ("Ana is seen", {"hours": "09:00-09:00"}, "no hours"), ("Ana is seen", {"sources": ["hal"]}, "no such camera"),
        ("Ana is seen", {"least": 2}, "0 to 1"), ("Ana is seen", {"target": "file:///etc/passwd"}, "can't be sent"),
        ("Ana is seen", {"target": "http://"}, "can't be sent"),
    ],
)  # fmt: skip
def test_a_rule_that_is_off_is_refused(chat: PVChat, happen: Happen, words: str, fields: Any, what: str) -> None:
    with pytest.raises(LibraryError, match=what):
        chat.library.events.add(words, **fields)


def test_a_camera_of_a_rule_may_be_typed_with_its_password_which_is_not_shown(chat: PVChat, happen: Happen) -> None:
    chat.library.live("rtsp://me:gehe1m@127.0.0.1:9/garden")
    chat.library.events.add("Ana is seen", sources=["rtsp://me:gehe1m@127.0.0.1:9/garden"])
    assert chat.library.events.rules()[0]["sources"] == ["rtsp://me@127.0.0.1:9/garden"]
    assert happen(camera=3) == 1


def test_a_rule_is_read_as_the_list_words_it(chat: PVChat, happen: Happen) -> None:
    for words in ("Ana is seen", "Ben leaves", "somebody unknown is seen", "anybody is seen"):
        listed = chat.library.events.add(words).to_dict(chat.people.ids())["rule"]
        assert chat.library.events.add(listed).kind == chat.library.events.add(words).kind
    chat.people.alias("Ana", "Annie")
    assert chat.library.events.add("annie is seen").ref == chat.people.get("Ana").id


def test_a_rule_follows_who_is_changed_and_renamed(chat: PVChat, happen: Happen) -> None:
    chat.library.events.add("Ana is seen", quiet_s=0)
    chat.people.revise("Ana", lambda person: person)
    chat.people.rename("Ana", "Anna")
    now = chat.people.get("Anna").id
    with closing(connect(chat.people.root)) as library:
        events.record_event(library, 1, CameraEvent("appears", now, NOON, 0.9), NOON)
    (event,) = chat.library.events.since(0)
    assert (event["text"], event["rules"]) == ("Anna is seen, hall", [1])


def test_rules_about_who_is_merged_into_somebody_are_about_that_person(chat: PVChat, happen: Happen) -> None:
    chat.library.events.add("Ana is seen", quiet_s=0)
    happen()
    chat.merge("Ben", "Ana")
    assert [row["rule"] for row in chat.library.events.rules()] == ["Ben is seen"]
    assert [row["name"] for row in chat.library.events.since(0)] == ["Ben"]
    assert happen(who="Ben") == 1


def test_since_gives_what_came_after(chat: PVChat, happen: Happen) -> None:
    for second in range(5):
        happen(at=NOON + second)
    log = chat.library.events
    assert [row["id"] for row in log.since(3)] == [4, 5]
    assert [row["id"] for row in log.since(0, 2)] == [1, 2]
    assert [row["id"] for row in log.last(2)] == [4, 5]
    row = log.since(4)[0]
    assert (row["name"], row["place"], row["text"]) == ("Ana", "hall", "Ana is seen, hall")
    assert datetime.fromisoformat(row["at"]).timestamp() == NOON + 4


def test_a_webhook_is_signed(chat: PVChat, happen: Happen, receiver: Receiver, courier: Courier) -> None:
    chat.library.events.add("Ana is seen", receiver.url.replace("//", "//me:word@"), secret="s3cret")
    happen()
    assert courier.step() == 1
    headers, body = receiver.got[0]
    at, signed = (part.split("=")[1] for part in headers["X-PVChat-Signature"].split(","))
    wanted = hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signed, wanted)
    row = json.loads(body)
    assert (row["id"], row["text"], int(at)) == (headers["X-PVChat-Delivery"], "Ana is seen, hall", NOON)
    assert headers["Authorization"].startswith("Basic ")
    shown = str(chat.library.events.rules()) + str(chat.library.events.deliveries())
    assert "s3cret" not in shown
    assert "word" not in shown
    assert "me:***@" in shown


def test_a_receiver_that_is_gone_gets_everything_later(
    chat: PVChat, happen: Happen, receiver: Receiver, courier: Courier
) -> None:
    chat.library.events.add("Ana is seen", receiver.url, quiet_s=0)
    assert (happen(at=NOON), courier.step()) == (1, 1)
    receiver.stop()
    for second in (1, 2):
        happen(at=NOON + second)
    clock = courier.now
    assert isinstance(clock, Clock)
    clock.time = NOON + 3
    assert courier.step() == 0
    assert courier.step() == 0  # not due yet
    receiver.start()
    receiver.status = 503
    clock.time += 2 * FIRST_S
    assert courier.step() == 0
    receiver.status, receiver.got = 200, receiver.got[:1]
    clock.time += 4 * FIRST_S
    assert courier.step() == 2
    ids = [json.loads(body)["event"] for _, body in receiver.got]
    assert ids == [row["uid"] for row in chat.library.events.since(0)]
    assert len({json.loads(body)["id"] for _, body in receiver.got}) == 3
    with closing(connect(chat.people.root)) as library:
        tries = [row[0] for row in library.execute("SELECT outcome FROM attempts WHERE delivery = 2 ORDER BY at")]
    assert tries == ["not reached (Connection refused)", "answered 503", "taken"]


def test_a_courier_that_was_killed_tells_again_by_the_same_id(
    chat: PVChat, happen: Happen, receiver: Receiver, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.library.events.add("Ana is seen", receiver.url)
    happen()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Courier, "_note", killed)  # sent, and not written
        with pytest.raises(KeyboardInterrupt):
            courier.step()
    assert courier.step() == 0  # it may be at it still
    courier.now.time = NOON + LEASE_S + 1  # type: ignore[attr-defined]
    assert courier.step() == 1
    assert len(receiver.got) == 2
    assert len({json.loads(body)["id"] for _, body in receiver.got}) == 1


def test_redirects_are_refused_and_what_nobody_takes_is_given_up(
    chat: PVChat, happen: Happen, receiver: Receiver, courier: Courier
) -> None:
    other = Receiver()
    other.start()
    receiver.status, receiver.headers = 307, {"Location": other.url}
    chat.library.events.add("Ana is seen", receiver.url)
    happen()
    assert courier.step() == 0
    other.stop()
    assert other.got == []
    assert "redirects" in chat.library.events.deliveries()[0]["outcome"]
    courier.now.time = NOON + GIVE_UP_S + HOUR  # type: ignore[attr-defined]
    courier.step()
    assert chat.library.events.deliveries()[0]["state"] == "given up"


def test_rules_follow_a_camera_whose_place_is_called_otherwise(chat: PVChat, happen: Happen) -> None:
    chat.library.events.add("Ana is seen", sources=["Hall", "yard"])
    chat.library.add(["rtsp://127.0.0.1:9/hall"], place="porch")
    assert chat.library.events.rules()[0]["sources"] == ["porch", "yard"]
    assert happen() == 1
    chat.library.add(["rtsp://127.0.0.1:9/garden"], place="yard")  # of two cameras of a place the rule keeps the other
    chat.library.add(["rtsp://127.0.0.1:9/yard"], place="shed")
    assert chat.library.events.rules()[0]["sources"] == ["porch", "yard"]


def test_a_place_is_watched_by_its_only_camera(chat: PVChat, happen: Happen) -> None:
    assert chat.library.live("Hall").address.text == "rtsp://127.0.0.1:9/hall"
    chat.library.add(["rtsp://127.0.0.2:9/hall"], place="hall")  # it has another address now
    with pytest.raises(LibraryError, match="this place is of several"):
        chat.library.live("hall")
    assert chat.library.live("rtsp://127.0.0.2:9/hall").address.text == "rtsp://127.0.0.2:9/hall"


def test_commands(
    chat: PVChat,
    happen: Happen,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("pvchat.cli.console.open_library", lambda: chat.library)

    def run(*words: str, code: int = 0) -> Any:
        assert cli.main(["events", *words, "--json"]) == code
        return json.loads(capsys.readouterr().out)

    added = run("add", "Ana is seen", "--to", receiver.url, "--source", "hall", "--quiet", "5m", "--least", "0.5")
    assert (added["id"], len(added["secret"])) == (1, 64)
    happen()
    listed = run("list")
    assert (listed["rules"][0]["quiet_s"], listed["events"][0]["text"]) == (300, "Ana is seen, hall")
    assert cli.main(["events", "list"]) == 0
    said = capsys.readouterr()
    assert "Ana is seen" in said.out
    assert "Rule 1: 1 message waiting (not tried yet)" in said.err
    assert [row["name"] for row in run("list", "ana")["events"]] == ["Ana"]
    assert run("list", "Ben") == {"events": [], "rules": [], "deliveries": []}
    assert run("remove", "1") == {"removed": 1}
    assert "no such rule" in run("remove", "1", code=1)["what"]
    assert chat.library.events.deliveries() == []


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    pytest.importorskip("paho.mqtt")
    if MOSQUITTO is None:
        pytest.skip("no mosquitto on this machine")
    made = Broker(tmp_path)
    made.start()
    yield made
    made.kill()


def test_a_broker_that_is_killed_loses_nothing(
    chat: PVChat, happen: Happen, broker: Broker, courier: Courier, monkeypatch: pytest.MonkeyPatch
) -> None:
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    monkeypatch.setattr(mqtt, "TIMEOUT_S", 3.0)
    got, subscribed = list[tuple[str, bytes]](), threading.Event()
    rule = chat.library.events.add("Ana is seen", f"mqtt://127.0.0.1:{broker.port}", quiet_s=0, sources=["hall"])

    def listen() -> Client:
        client = Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda client, data, message: got.append((message.topic, message.payload))
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", broker.port)
        client.subscribe("#", qos=1)
        client.loop_start()
        assert subscribed.wait(60)
        return client

    client = listen()
    happen(at=NOON)
    assert courier.step() == 1
    broker.kill()
    client.loop_stop()
    happen(at=NOON + 1)
    happen(at=NOON + 2)
    courier.now.time = NOON + 3  # type: ignore[attr-defined]
    assert courier.step() == 0
    broker.start()
    subscribed.clear()
    client = listen()
    courier.now.time = NOON + 60  # type: ignore[attr-defined]
    assert courier.step() == 2
    chat.people.rename("Ana", "Anna")
    courier.step()
    with closing(connect(courier.people)) as library:
        node = mqtt.node_of(library)
    topic, found = mqtt.topic(node, 1), mqtt.discovery_topic(node, 1)
    until(lambda: [json.loads(p)["name"] for name, p in got if name == found][-1] == "Anna is seen, hall")
    chat.library.events.remove(rule.id)
    courier.step()
    until(lambda: (found, b"") in got)
    client.loop_stop()
    client.disconnect()
    rows = [json.loads(payload) for name, payload in got if name == topic]
    assert [row["event"] for row in rows] == [row["uid"] for row in chat.library.events.since(0)]
    assert len({row["id"] for row in rows}) == 3
    assert rows[0]["event_type"] == "appears"
    told = json.loads(next(payload for name, payload in got if name == found))
    assert (told["name"], told["state_topic"]) == ("Ana is seen, hall", topic)


def test_a_broker_that_refuses_is_told(chat: PVChat, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    from paho.mqtt.client import Client

    monkeypatch.setattr(mqtt, "TIMEOUT_S", 3.0)
    broker.kill()
    assert mqtt.publish(f"mqtt://127.0.0.1:{broker.port}", ("a", b"b")) == "not reached (Connection refused)"
    broker.config.write_text(broker.config.read_text().replace("true", "false"))
    broker.start()
    opened, connect = list[Client](), Client.reconnect
    monkeypatch.setattr(Client, "reconnect", lambda client: (opened.append(client), connect(client))[1])
    for _ in range(5):
        said = mqtt.publish(f"mqtt://me:word@127.0.0.1:{broker.port}", ("a", b"b"))
        assert "not taken" in said
        assert "word" not in said.split("(")[0]
    assert len(opened) == 5  # it is believed: nobody knocks again and lets others wait
