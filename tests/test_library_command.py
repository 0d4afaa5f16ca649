"""`pvchat library` and `pvchat ask --library`: words in, sentences and JSON out."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.cli import console, library
from pvchat.cli import main as cli
from pvchat.library.inbox import Inbox
from pvchat.library.scan import Report
from pvchat.runtime import ProgressDisplay

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
    run("library", "add", "rtsp://camera/one", "rtsp://camera/two", "--place", "hall")
    assert "rtsp://camera/one, rtsp://camera/two" in run("library", "remove", "hall", code=1)["hint"]
    assert "not added" in run("library", "remove", "attic", code=1)["what"]
    assert run("library", "remove", "kitchen") == {"removed": "kitchen"}
    assert [one["path"] for one in run("library", "list")] == ["rtsp://camera/one", "rtsp://camera/two"]
    run("library", "add", folder)
    for path in ("rtsp://camera/one", "rtsp://camera/two", folder):
        assert run("library", "remove", path) == {"removed": path}
    assert run("ask", "--library", "Was Ana seen?")["answer"].startswith("There is no video in the library yet.")
    assert run("library", "remove", "--all") == {"removed": "all"}


def test_what_to_do_next_is_said(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    (tmp_path / "videos" / "notes.txt").write_text("-")
    for words in (
        ("library", "add", str(tmp_path / "videos"), "--place", "kitchen"),
        ("library", "add", "rtsp://me:secret@camera/one"),
        ("library", "scan"),
        ("ask", "--library", "Is Bob there?"),
        ("events", "list"),
        ("people", "corrections"),
        ("people", "show", "Ana"),
    ):
        assert cli.main(list(words)) == 0
        said.append("".join(capsys.readouterr()))
    added, camera, scanned, asked, events, corrections, ana = said
    assert "(place: kitchen)" in added
    assert added.endswith("pvchat library scan\n")
    assert camera.endswith("Watch it with: pvchat live rtsp://me@camera/one\n")
    assert "secret" not in camera
    assert "pvchat ask --library" in scanned
    assert f"{tmp_path / 'videos'}: passed over as no videos: 1 .txt." in scanned
    assert "pvchat enroll CLIP --name Bob" in asked
    assert "pvchat live CAMERA" in events
    assert "pvchat events add" in events
    assert corrections == "Nothing was corrected.\n"
    assert "face" in ana
    assert "from 1 clip" in ana


def test_status_says_what_an_earlier_version_measured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("library", "add", tmp_path / "videos")
    run("library", "scan")
    monkeypatch.setattr("pvchat.library.records.VERSION", "later")
    assert run("library", "status")["outdated"] == 1
    assert cli.main(["library", "status"]) == 0
    assert "; 1 measured by an earlier version: pvchat library scan renews; " in capsys.readouterr().out


def test_what_does_not_go_together_is_told(run: Run, tmp_path: Path, studio: Studio) -> None:
    assert "there is no library yet" in run("library", "status", code=1)["what"]
    assert "names no clip" in run("ask", "a.mp4", "Is Ana there?", "--library", code=1)["what"]
    assert "name a folder or file" in run("library", "remove", code=1)["what"]
    assert "at least one worker" in run("library", "scan", "--workers", "0", code=1)["what"]


def test_a_stranger_is_listed_named_ignored_and_all_of_it_is_taken_back(
    run: Run, tmp_path: Path, studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (25, 26):
        studio.clip(f"videos/2026-11-{day}", 5)
    run("library", "add", tmp_path / "videos")
    run("library", "scan")
    one = run("library", "inbox")[0]
    assert (one["videos"], len(one["sightings"]), len(run("library", "inbox", "--all"))) == (2, 2, 1)
    kept = (tmp_path / "kept.mp4").write_bytes(b"mine")
    monkeypatch.setattr(Inbox, "picture", lambda _, group: b"JPEG")
    assert "File exists" in run("library", "inbox", "--picture", one["id"], tmp_path / "kept.mp4", code=1)["what"]
    assert (tmp_path / "kept.mp4").stat().st_size == kept
    assert "consent is missing" in run("library", "inbox", "--name", one["id"], "Eva", code=1)["what"]
    assert run("library", "inbox", "--name", one["id"], "Eva", "--consent") == {"named": one["id"], "name": "Eva"}
    assert run("library", "inbox") == []
    assert run("library", "inbox", "--undo") == {"undone": "name", "id": one["id"]}
    assert run("library", "inbox", "--deny", one["id"], "Ana")["denied"] == one["id"]
    run("library", "inbox", "--undo")
    assert run("library", "inbox", "--ignore", one["id"]) == {"ignored": one["id"]}
    assert run("library", "inbox", "--all") == []
    assert run("library", "inbox", "--undo")["undone"] == "ignore"
    made = run("library", "inbox", "--split", one["id"], one["sightings"][0]["track"])["new"]
    assert run("library", "inbox", "--merge", one["id"], made) == {"merged": [one["id"], made]}
    assert run("library", "inbox")[0]["sightings"] == one["sightings"]
    assert "no number of the list" in run("library", "inbox", "--ignore", "Eva", code=1)["what"]
    assert "no such group" in run("library", "inbox", "--ignore", 99, code=1)["what"]


def test_watch_takes_in_what_is_there_until_it_is_stopped(
    run: Run, tmp_path: Path, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event.wait

    def stop(self: threading.Event, seconds: float | None = None) -> bool:
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        return waits(self, seconds)  # whatever other tests left running

    run("library", "add", tmp_path / "videos")
    os.utime(tmp_path / "videos" / "2026-11-24 09.15.00.mp4", (1, 1))
    monkeypatch.setattr("threading.Event.wait", stop)
    assert run("library", "watch")["added"] == 1
    assert chat.library.status().waiting == 0


def test_a_report_of_watch_does_not_stand_behind_an_open_bar(
    run: Run, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress, open_bars = ProgressDisplay(), []
    progress("reading", 1, 3)
    monkeypatch.setattr(console, "open_chat", lambda args: (chat, progress))
    monkeypatch.setattr(type(chat.library), "watch", lambda *_: iter([Report()]))
    monkeypatch.setattr(library, "_print_report", lambda *_: open_bars.extend(progress._bars))
    assert cli.main(["library", "watch"]) == 0
    assert open_bars == []


def test_a_camera_that_is_taken_out_is_said_to_take_its_clips_along(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("library", "add", "rtsp://camera/one")
    assert cli.main(["library", "remove", "rtsp://camera/one"]) == 0
    said = "".join(capsys.readouterr())
    assert "rtsp://camera/one" in said
    assert "clips and events, is deleted" in said


def test_people_forget_reaches_into_it(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("library", "add", tmp_path / "videos")
    run("library", "scan")
    capsys.readouterr()
    assert cli.main(["people", "forget", "Ana"]) == 0
    said = capsys.readouterr().out
    assert "cameras' clips that show this person, events and rules about this person." in said
    assert "Faces that were never taken for Ana stay in it" in said
    row = run("ask", "--library", "Who was seen?")
    assert row["names"] == {"Ben": 1}
