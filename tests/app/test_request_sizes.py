"""What a request brings has a size: nobody fills the memory, before the login least of all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from make_app import post, ready, running
from pvchat_app import middleware
from pvchat_app.middleware import MAX_BODY

from pvchat import PVChat

WORD = "open sesame"
LONG = MAX_BODY + 1


def in_chunks(length: int) -> Iterator[bytes]:
    """A body whose length isn't told before."""
    for at in range(0, length, 65536):
        yield b" " * min(65536, length - at)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How long the bodies were that came through, and those that were given up, as far as they were read."""
    lengths: list[int] = []
    whole = middleware.read_body

    async def counted(receive, limit: int):
        message = await whole(receive, limit)
        lengths.append(len(message["body"]) if message else -1)
        return message

    monkeypatch.setattr(middleware, "read_body", counted)
    return lengths


@pytest.mark.parametrize("named", [{}, {"x-pvchat-call": "a"}])
@pytest.mark.parametrize("path", ["/login", "/login/", "/", "/config", "/gradio_api/app_id"])
def test_a_long_request_before_the_login_is_refused(chat: PVChat, path: str, named: dict[str, str]) -> None:
    with running(ready(chat), password=WORD) as (_, url):
        told = post(url + path, content=b"x" * LONG, headers=named)
        unsaid = post(url + path, content=in_chunks(LONG), headers=named)
    assert (told.status_code, unsaid.status_code) == (413, 413)
    assert told.text == "A request has at most 1048576 bytes."


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/call/list_people"])
def test_a_long_call_is_refused_and_a_short_one_is_not(chat: PVChat, path: str, held: list[int]) -> None:
    with running(ready(chat)) as (_, url):
        for named in ({}, {"x-pvchat-call": "a"}):
            assert post(url + path, content=b"x" * LONG, headers=named).status_code == 413
            assert post(url + path, content=in_chunks(LONG), headers=named).status_code == 413
        assert held == [-1, -1]  # what tells its length isn't read at all
        just = post(url + path, content=b" " * MAX_BODY)
    assert just.status_code == 422  # read, and nothing was asked


def test_an_upload_is_longer(chat: PVChat) -> None:
    with running(ready(chat)) as (app, url):
        answer = post(f"{url}/gradio_api/upload", files={"files": ("clip.mp4", b"x" * (3 * MAX_BODY))})
        assert answer.status_code == 200
        assert (app.backend.sessions.uploads / answer.json()[0]).stat().st_size == 3 * MAX_BODY


def test_a_call_of_mcp_may_bring_a_clip(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mcp", reason="MCP needs gradio[mcp]")
    monkeypatch.setattr(middleware, "MAX_CALL", LONG)
    with running(ready(chat), mcp=True) as (_, url):
        path, accept = url + "/gradio_api/mcp/", {"accept": "application/json, text/event-stream"}
        codes = [post(path, content=b" " * length, headers=accept).status_code for length in (LONG, LONG + 1)]
    assert codes == [400, 413]  # read, and no call; too long


def test_where_there_are_no_tools_no_call_is_longer(chat: PVChat) -> None:
    with running(ready(chat)) as (_, url):
        assert post(url + "/gradio_api/mcp/", content=b" " * LONG).status_code == 413
