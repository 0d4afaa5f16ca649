"""An event by HTTP: a POST of JSON, signed, to exactly the address that the rule names.

    X-PVChat-Delivery: the delivery's id, the same at each try
    X-PVChat-Signature: t=1764403200,v1=…      HMAC-SHA256 of "1764403200." + body by the rule's secret, in hex

In: an address, a secret, a message. Out: why it wasn't taken. Nothing is followed elsewhere: an answer that redirects
is a failure.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 10.0
ANSWERED = "answered"  # so begins why a receiver that is there didn't take it


def post(target: str, secret: str, message: Mapping[str, Any], now: float) -> str:
    """Send one message, JSON, to an address of http or https; why it wasn't taken, without any password; "" if it was.

    `now`: seconds since 1970; `secret`: signs it.
    """
    parts, body = urlsplit(target), json.dumps(dict(message), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "X-PVChat-Delivery": str(message["id"])}
    headers["X-PVChat-Signature"] = signature(secret, body, int(now))
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"not reached ({getattr(error, 'strerror', None) or type(error).__name__})"
    if 300 <= status < 400:
        return f"{ANSWERED} {status}: it redirects, which isn't followed"
    return "" if status < 300 else f"{ANSWERED} {status}"


def signature(secret: str, body: bytes, at: int) -> str:
    """The header that whoever receives checks: when it was sent, and that by whoever knows the secret."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
