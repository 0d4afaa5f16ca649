"""MCP: what a language model that was talked into something asks of the server's tools."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from . import Outcome
from .homes import made
from .media import listener

TOOLS = "/gradio_api/mcp/"
ACCEPT = {"accept": "application/json, text/event-stream"}


def run(home: Path) -> Iterator[Outcome]:
    """All cases on one server; afterwards everybody is there as before, and nobody followed an address."""
    pytest.importorskip("mcp", reason="MCP needs gradio[mcp]")
    from make_app import ready, running

    with pytest.MonkeyPatch.context() as patch, listener() as (address, visits):
        chat, clip = made(home, patch)
        with running(ready(chat), mcp=True) as (app, url):
            sent = f"data:video/mp4;base64,{base64.b64encode(clip.read_bytes()).decode()}"
            for case, expected, tool, given in _cases(str(clip), address):
                got = _call(url, {"name": tool, "arguments": given})
                yield Outcome(case, expected, got[:100], expected in got and "Traceback" not in got)
            got = _call(url, {"name": "ask", "arguments": {"clip": sent, "question": "Is Ana there?"}})
            yield Outcome("the clip itself, as data", "Ana is in this video", got[-100:], "Ana is in this video" in got)
            for case, body in BODIES.items():
                code = httpx.post(url + TOOLS, headers=ACCEPT, content=body, timeout=60).status_code
                yield Outcome(case, "4xx", str(code), 400 <= code < 500)
            foreign = {**ACCEPT, "origin": "https://evil.example"}
            code = httpx.post(url + TOOLS, headers=foreign, json=_body({"name": "list_people"}), timeout=60).status_code
            yield Outcome("a page of another site", "403", str(code), code == 403)
            names = [person.name for person in app.backend.engine.people.all()]
            yield Outcome(
                "afterwards", "Ana, nobody else, no visits", f"{names}, {visits}", (names, visits) == (["Ana"], [])
            )


def _body(call: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}


def _call(url: str, call: dict[str, Any]) -> str:
    return httpx.post(url + TOOLS, headers=ACCEPT, json=_body(call), timeout=120).text.partition("data: ")[2].strip()


def _cases(clip: str, address: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Case, a word of the answer, tool, arguments."""
    ask = "Is Ana there?"
    return [
        ("forget", "Unknown tool", "forget", {"name": "Ana"}),
        ("enroll", "Unknown tool", "enroll", {"clip": clip, "name": "Eve", "consent": True}),
        ("a file of this machine", '"isError":true', "ask", {"clip": clip, "question": ask}),
        ("/etc/passwd", '"isError":true', "ask", {"clip": "/etc/passwd", "question": ask}),
        ("an address", '"isError":true', "ask", {"clip": f"{address}/a.mp4", "question": ask}),
        ("a file's address", '"isError":true', "ask", {"clip": "file:///etc/passwd", "question": ask}),
        ("a file as an object", '"isError":true', "ask", {"clip": {"path": clip}, "question": ask}),
        ("an object with an address", '"isError":true', "ask", {"clip": {"url": address}, "question": ask}),
        ("no clip", '"isError":true', "ask", {"question": ask}),
        ("a number as question", '"isError":true', "ask", {"clip": clip, "question": 7}),
    ]


BODIES = {"no JSON": b"{", "no call": b"[]", "deeply nested": b"[" * 100_000}
