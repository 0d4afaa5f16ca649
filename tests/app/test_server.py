"""The running server, on made-up experts: endpoints by gradio_client, MCP, password, hosts, links, headers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from gradio_client import handle_file
from make_app import WAIT_S, api_client, get, post, ready, running
from make_people import posix
from pvchat_app.middleware import POLICY
from pvchat_app.server import Options, serve

from pvchat import PVChat, video
from pvchat.cli import console, main
from pvchat.errors import SettingsError

REPO = Path(__file__).parents[2]
SLOW_TO_CLOSE = """
import asyncio, time
from types import SimpleNamespace
from fastapi import FastAPI
from pvchat import watchdog
from pvchat_app import server

def close():
    time.sleep(3)
    print("closed", flush=True)

watchdog.AT_ONCE_S = 0.5
watchdog.start()
server.App = lambda *_: SimpleNamespace(web=FastAPI(), leaving=asyncio.Event(), close=close)
try:
    server.serve(server.Options(port=0), SimpleNamespace(start=lambda: None), lambda text: print(text, flush=True))
    print("return")
except KeyboardInterrupt:
    print("Ctrl-C")
"""


def test_the_endpoints_ask_and_list(server, party: Path) -> None:
    app, url = server
    client = api_client(url)
    names = {"/ask", "/ask_library", "/list_people"}
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == names
    assert [row["name"] for row in client.predict(api_name="/list_people")] == ["Ana"]
    answer = client.predict(handle_file(str(party)), "What is Ana wearing?", api_name="/ask")
    assert answer["type"] == "appearance"
    assert answer["people"][0]["decision"] == "present"
    assert not any(p.stat().st_size for p in app.backend.sessions.uploads.rglob("*") if p.is_file())  # nothing stays
    assert not app.backend.engine.chat.cache.has(video.content_key(party))


def test_endpoints_refuse_in_one_sentence(server, party: Path, tmp_path: Path) -> None:
    client = api_client(server[1])
    text = tmp_path / "text.mp4"
    text.write_text("no video at all")
    with pytest.raises(Exception, match="text file, not a video") as error:
        client.predict(handle_file(str(text)), "Is Ana there?", api_name="/ask")
    assert str(tmp_path) not in str(error.value)
    assert "Zoe is not enrolled" in str(client.predict(handle_file(str(party)), "Is Zoe there?", api_name="/ask"))


def test_files_of_this_machine_cannot_be_named_by_a_client(server, party: Path) -> None:
    app, url = server
    hidden = {"path": str(party), "meta": {"_type": "gradio.FileData"}}
    call = post(f"{url}/gradio_api/call/ask", json={"data": [hidden, "Is Ana there?"]})
    told = get(f"{url}/gradio_api/call/ask/{call.json()['event_id']}").text
    assert "event: error" in told
    assert "present" not in told
    assert app.backend.sessions.is_upload(party) is False
    for path in (party, Path(__file__), "/etc/passwd"):
        assert get(f"{url}/gradio_api/file={path}").status_code in (403, 404)


def test_links_answer_ranges_and_only_while_they_live(server, party: Path) -> None:
    app, url = server
    session = app.backend.sessions.of("one")
    link = session.link(party, "video/mp4")
    part = get(url + link, headers={"range": "bytes=0-99"})
    assert part.status_code == 206
    assert len(part.content) == 100
    assert part.headers["content-type"] == "video/mp4"
    assert part.headers["x-content-type-options"] == "nosniff"
    assert get(url + "/files/guess").status_code == 404
    app.backend.end_session("one")
    assert get(url + link).status_code == 404


def test_only_requests_that_name_this_machine_are_answered_and_nothing_loads_from_elsewhere(server) -> None:
    _, url = server
    page = get(url)
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == POLICY
    for name in ("evil.example", "127.0.0.1.evil.example", "evil.example:7860", ""):
        assert get(url, headers={"host": name}).status_code == 421
    config = get(url + "/config").json()
    assert config["analytics_enabled"] is False


def test_with_a_password_a_proxy_on_this_machine_may_have_any_name(chat: PVChat) -> None:
    with running(ready(chat), password="open sesame") as (_, url):
        named = {"host": "pvchat.example", "origin": "https://pvchat.example"}
        assert get(url, headers=named).status_code == 200  # the login page
        assert get(url + "/config", headers=named).status_code == 401
        assert get(url, headers={**named, "origin": "https://other.example"}).status_code == 403


def test_a_password_is_asked_for_everywhere(chat: PVChat, party: Path) -> None:
    with running(ready(chat), password="open sesame") as (app, url):
        session = app.backend.sessions.of("one")
        link = session.link(party, "video/mp4")
        assert get(url + "/config").status_code == 401
        assert get(url + link).status_code == 401
        for path in ("heartbeat/one", "heartbeat/two?before=one", "mcp/", "mcp/schema", "info", "queue/data"):
            assert get(f"{url}/gradio_api/{path}").status_code == 401
        assert get(url + "/openapi.json").status_code == 401
        assert get(url).status_code == get(url + "/theme.css").status_code == 200
        assert "one" in app.backend.sessions  # nobody took it along
        assert post(url + "/login", data={"username": "a", "password": "wrong"}).status_code == 400
        with httpx.Client(base_url=url, timeout=WAIT_S) as browser:
            assert browser.post("/login", data={"username": "a", "password": "open sesame"}).status_code == 200
            assert browser.get("/config").status_code == 200
            assert browser.get(link).status_code == 200
        with pytest.raises(Exception, match="(?i)auth|credentials|login"):
            api_client(url)
        client = api_client(url, auth=("a", "open sesame"))
        assert [row["name"] for row in client.predict(api_name="/list_people")] == ["Ana"]


def test_programs_that_cannot_log_in_get_no_server_with_a_password() -> None:
    with pytest.raises(SettingsError, match="can't log in"):
        Options(mcp=True, password="long enough")


def test_a_caller_cannot_have_another_address_written_into_the_page(server) -> None:
    _, url = server
    for header in ("x-gradio-server", "x-forwarded-host"):
        assert "evil.example" not in get(url, headers={header: "http://evil.example"}).text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "example.org"])
def test_other_hosts_need_a_password(host: str) -> None:
    with pytest.raises(SettingsError, match="--password"):
        Options(host=host)
    with pytest.raises(SettingsError, match="at least 8"):
        Options(host=host, password="short")
    assert Options(host=host, password="long enough").host == host


def test_an_upload_beyond_the_limit_is_refused(chat: PVChat) -> None:
    from pvchat.config import Settings, VideoConfig

    limit = Settings(device="cpu", video=VideoConfig(max_bytes=1000))
    with running(ready(chat), settings=limit) as (app, url):
        sent = {"files": ("a.mp4", b"x" * 5000)}
        assert post(url + "/gradio_api/upload", files=sent).status_code == 413
        assert [p for p in app.backend.sessions.uploads.rglob("*") if p.is_file()] == []


def test_mcp_is_off_unless_asked_for(server) -> None:
    assert get(server[1] + "/gradio_api/mcp/schema").status_code == 404


def test_mcp_offers_asking_and_listing_only(chat: PVChat) -> None:
    pytest.importorskip("mcp", reason="MCP needs gradio[mcp]")
    with running(ready(chat), mcp=True) as (_, url):
        tools = get(url + "/gradio_api/mcp/schema").json()
        assert sorted(tool["meta"]["endpoint_name"] for tool in tools) == ["ask", "ask_library", "list_people"]
        said = json.loads(call_tool(url, "list_people", {}).partition("data: ")[2])
        (ana,) = json.loads(said["result"]["content"][0]["text"])  # JSON, not Python's notation
        assert (ana["name"], ana["voice"]) == ("Ana", False)
        assert "Unknown tool" in call_tool(url, "forget", {"name": "Ana"})
        for clip in ("/etc/passwd", "https://127.0.0.1/a.mp4"):  # Gradio says of a path "provide a url"
            assert "clip is no data URL" in call_tool(url, "ask", {"clip": clip, "question": "Who is there?"})
        long = "Who is there? " + "I want to know. " * 150 + "Is Ana there?"  # its end isn't passed over
        given = {"clip": "data:video/mp4;base64,AAAA", "question": long}
        assert "at most 2,000 characters" in call_tool(url, "ask", given)


def test_an_address_that_is_none_of_this_machine_is_told(chat: PVChat) -> None:
    with pytest.raises(SettingsError, match="can't listen there") as error:
        serve(Options(host="192.0.2.1", password="long enough"), ready(chat), print)
    assert "--host" in error.value.hint  # not another port


def test_a_package_mcp_that_does_not_fit_is_one_sentence(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)  # importing it fails
    with pytest.raises(SettingsError, match="missing, or doesn't fit this Gradio") as error:
        serve(Options(mcp=True), ready(chat), print)
    assert error.value.hint == "pip install 'pvchat[mcp]'"


def test_the_command_tells_where_it_serves(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("pvchat_app.server.serve", lambda options, engine, say: say("http://127.0.0.1:1"))
    monkeypatch.setattr(console, "fetch_missing", lambda settings: None)
    assert main.main(["serve", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"address": "http://127.0.0.1:1"}
    assert err == "PVChat is at http://127.0.0.1:1 (Ctrl-C stops it)\n"


@posix
@pytest.mark.parametrize(("number", "end"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "return")])
def test_one_signal_leaves_time_to_delete_what_was_uploaded(number: int, end: str) -> None:
    """As the second one the watchdog would end the process at once."""
    words = [sys.executable, "-c", SLOW_TO_CLOSE]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=REPO) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        time.sleep(1)  # uvicorn starts to listen to signals
        process.send_signal(number)
        assert process.communicate(timeout=WAIT_S)[0].split() == ["closed", end]
    assert process.returncode == 0


def call_tool(url: str, name: str, given: dict[str, str]) -> str:
    """What an MCP tool says."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": given}}
    accept = {"accept": "application/json, text/event-stream"}
    return post(url + "/gradio_api/mcp/", headers=accept, json=call).text
