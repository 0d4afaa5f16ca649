"""`pvchat library` and `pvchat ask --library`: words in, sentences and JSON out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from make_studio import ANA, BEN, Studio  # noqa: E402

from pvchat import PVChat  # noqa: E402
from pvchat.cli import console  # noqa: E402
from pvchat.cli import main as cli  # noqa: E402
from pvchat.runtime import ProgressDisplay  # noqa: E402

Run = Callable[..., Any]


@pytest.fixture
def run(
    studio: Studio, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command on the studio's people; the JSON that it writes."""
    (tmp_path / "videos").mkdir()
    studio.clip("videos/2026-11-24 09.15.00", ANA, BEN)
    monkeypatch.setattr(console, "open_chat", lambda args: (chat, ProgressDisplay()))

    def run(*words: object, code: int = 0) -> Any:
        assert cli.main([*map(str, words), "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return run


def test_from_a_folder_to_an_answer(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "videos")
    assert run("library", "add", folder, "--place", "kitchen") == {"added": [folder], "place": "kitchen"}
    assert run("library", "status")["waiting"] == 1
    assert run("library", "scan")["added"] == 1
    listed = run("library", "list")[0]
    assert (listed["place"], listed["clips"], listed["waiting"]) == ("kitchen", 1, 0)
    answer = run("ask", "--library", "When was Ana last seen?")
    assert (answer["surely"], answer["videos"]) == (1, 1)
    assert answer["clips"][0]["path"] == f"{folder}/2026-11-24 09.15.00.mp4"
    both = run("ask", "--library", "Was Ana seen?", "--then", "And Ben?")
    assert [row["verdict"] for row in both] == ["yes", "yes"]
    assert run("library", "remove", folder) == {"removed": folder}
    assert run("ask", "--library", "Was Ana seen?")["answer"].startswith("There is no video in the library yet.")
    assert run("library", "remove", "--all") == {"removed": "all"}


def test_what_does_not_go_together_is_told(run: Run, tmp_path: Path, studio: Studio) -> None:
    assert "there is no library yet" in run("library", "status", code=1)["what"]
    assert "names no clip" in run("ask", "a.mp4", "Is Ana there?", "--library", code=1)["what"]
    assert "name a folder or file" in run("library", "remove", code=1)["what"]
    assert "at least one worker" in run("library", "scan", "--workers", "0", code=1)["what"]


def test_people_forget_reaches_into_it(run: Run, tmp_path: Path) -> None:
    run("library", "add", tmp_path / "videos")
    run("library", "scan")
    run("people", "forget", "Ana")
    row = run("ask", "--library", "Who was seen?")
    assert row["names"] == {"Ben": 1}
