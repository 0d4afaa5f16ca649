"""The judge: replies read, an endpoint spoken to for real on this machine, nothing asked twice, nothing mixed up."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from stub_systems import make_manifest

from pvchat.errors import PVChatError, SettingsError
from pvchat.eval import judge
from pvchat.eval.options import EvalOptions
from pvchat.eval.run import run

OPTIONS = EvalOptions(
    systems=("one",), maker="stub_systems:open_stub", resamples=20, bertscore="none", frames=False
)  # fmt: skip


@pytest.fixture
def endpoint():
    """A chat-completions endpoint that grades by the length of the answer and counts its calls."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers.get("Authorization"), body))
            asked = body["messages"][1]["content"]
            reply = "I can't say." if "red coat" in asked else 'Sure: {"es": 4, "dc": 3}'
            out = json.dumps({"choices": [{"message": {"content": reply}}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1#some/judge-7b", seen
    server.shutdown()
    server.server_close()


def test_an_endpoint_judges_and_is_never_asked_twice(tmp_path, endpoint, monkeypatch):
    words, seen = endpoint
    monkeypatch.setenv(judge.KEY, "secret")
    monkeypatch.setattr("pvchat.eval.report.page.write", lambda *_: None)
    made = make_manifest(tmp_path / "made")
    options = replace(OPTIONS, judge=words)
    found = run(made, tmp_path / "out", options)["systems"]["one"]["overall"]
    assert seen[0][0] == "/v1/chat/completions"
    assert seen[0][1] == "Bearer secret"
    assert seen[0][2]["temperature"] == 0
    assert found["judge:judge-7b"]["entity_specificity"]["value"] == 4
    assert found["rules"]["entity_specificity_rules"]["value"] != 4
    assert not any("rules" in key for key in found["judge:judge-7b"])
    calls = len(seen)
    run(made, tmp_path / "out", options)
    assert len(seen) == calls
    assert "secret" not in (tmp_path / "out" / "run.json").read_text()
    told = json.loads((tmp_path / "out" / "run.json").read_text())
    assert told["unread_judgements"] > 0  # "I can't say." is counted, not made up


@pytest.mark.parametrize(
    ("reply", "es", "dc"),
    [
        ('{"es": 4, "dc": 2}', 4, 2), ("ES: 5\nDC: 0", 5, 0), ('```json\n{"es":3.5,"dc":1}\n```', 3.5, 1),
        ('{"es": 9, "dc": 2}', None, None), ("es 4", None, None), ('{"es": 4}', None, None), ("", None, None),
        ('{"es": 45, "dc": 2}', None, None),
    ],
)  # fmt: skip
def test_replies(reply, es, dc):
    assert judge.read_reply(reply) == {"es": es, "dc": dc}


@pytest.mark.parametrize(
    "words", ["", "hub:", "hub:no/folder", "gpt", "file:///etc/passwd#x", "http://host/v1", "https:///v1#m"]
)
def test_what_is_no_judge(words):
    with pytest.raises(SettingsError):
        judge.open_judge(words)


def test_a_judge_that_is_away_is_told():
    away = judge.open_judge("http://127.0.0.1:9/v1#m")
    with pytest.raises(PVChatError, match="didn't answer"):
        away.reply(judge.messages("q", "r", "a"))
