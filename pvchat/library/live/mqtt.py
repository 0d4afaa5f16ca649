"""An event by MQTT, as Home Assistant takes it: each rule is an "event" entity, which it discovers by itself.

    pvchat/NODE/rule/3                          the messages of rule 3, JSON
    homeassistant/event/pvchat_NODE/rule_3/config    what it is, retained; empty once the rule is gone

In: an address, messages. Out: why they weren't taken. Each is sent at QoS 1: the broker says that it has it. Needs
paho-mqtt (`pip install 'pvchat[live]'`).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

from pvchat.library.live.events import Kind, Rule

TIMEOUT_S = 10.0

Message = tuple[str, bytes]  # topic, content


def node_of(library: sqlite3.Connection) -> str:
    """What tells a library from others on one broker."""
    return f"{library.execute('PRAGMA application_id').fetchone()[0]:08x}"


def topic(node: str, rule: int) -> str:
    """Where a rule's messages go."""
    return f"pvchat/{node}/rule/{rule}"


def discovery_topic(node: str, rule: int) -> str:
    """Where Home Assistant looks for what a rule is."""
    return f"homeassistant/event/pvchat_{node}/rule_{rule}/config"


def discovery(rule: Rule, node: str, name: str) -> Message:
    """What Home Assistant is told of a rule, of which the name is in words."""
    entity = {
        "name": name, "unique_id": f"pvchat_{node}_rule_{rule.id}", "state_topic": topic(node, rule.id),
        "event_types": list(get_args(Kind)), "icon": "mdi:account-eye",
        "device": {"identifiers": [f"pvchat_{node}"], "name": "PVChat", "manufacturer": "PVChat"},
    }  # fmt: skip
    return discovery_topic(node, rule.id), json.dumps(entity).encode()


def state(rule: Rule, node: str, message: Mapping[str, Any]) -> Message:
    """A message of a rule."""
    row = {"event_type": message["kind"], **message}
    return topic(node, rule.id), json.dumps(row, ensure_ascii=False).encode()


def publish(target: str, message: Message, retain: bool = False) -> str:
    """Send a message to a broker ("mqtt://user:password@host:1883", or mqtts); why it wasn't taken, "" if it was.

    Passwords aren't told; `retain`: the broker keeps it for whoever comes later.
    """
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError:
        return "paho-mqtt is missing: pip install 'pvchat[live]'"
    parts, refused, taken = urlsplit(target), list[str](), list[int]()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda client, data, flags, reason, properties: refused.append(
        str(reason) if reason.is_failure else ""
    )
    client.on_publish = lambda client, data, number, reason, properties: taken.append(number)
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set()
    client.connect_timeout = TIMEOUT_S
    try:
        client.connect(parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883))
        client.publish(*message, qos=1, retain=retain)
        end = time.monotonic() + TIMEOUT_S
        while not taken and time.monotonic() < end and not client.loop():
            pass  # where it was closed, as of a wrong password, it isn't opened again
    except (OSError, ValueError) as error:
        return f"not reached ({getattr(error, 'strerror', None) or type(error).__name__})"
    finally:
        client.disconnect()
    return "" if taken else f"not taken ({next(filter(None, refused), 'no word from the broker')})"
