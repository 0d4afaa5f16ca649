"""A folder follows its videos, and `pvchat index` does what it says."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_analysis import make_analysis, make_track

from pvchat import video
from pvchat.cli import console
from pvchat.cli import main as cli
from pvchat.config import Settings
from pvchat.errors import VideoReadError
from pvchat.index import VideoIndex, VideoIndexError, folder, store
from pvchat.runtime import ProgressDisplay


class Chat:
    """Stands in for PVChat: a file's text says who is in it."""

    def __init__(self) -> None:
        self.settings, self.looked_at = Settings(device="cpu"), []

    def analyse(self, clip: Any) -> Any:
        self.looked_at.append(Path(clip).name)
        people = Path(clip).read_text().split()
        if people == ["broken"]:
            raise VideoReadError("can't be decoded.", subject=str(clip))
        return make_analysis(*[make_track(int(p)) for p in people], key=video.content_key(clip))


@pytest.fixture
def chat(monkeypatch) -> Chat:
    made = Chat()
    monkeypatch.setattr(console, "open_chat", lambda args: (made, ProgressDisplay()))
    monkeypatch.setattr(folder, "VERSION", "1")
    return made


@pytest.fixture
def videos(tmp_path) -> Path:
    root = tmp_path / "videos"
    (root / "deep").mkdir(parents=True)
    for name, people in {"a.mp4": "1 2", "b.MOV": "3", "deep/c.jpg": "1", "notes.txt": "7", ".hidden.mp4": "8"}.items():
        (root / name).write_text(people)
    return root


def names(root: Path) -> set[str]:
    return {Path(path).name for clip in VideoIndex(root).clips() for path in clip.files}


def test_a_folder_is_indexed_once_and_then_followed(videos, chat):
    told = []
    report = folder.update(videos, chat, progress=lambda *words: told.append(words))
    assert (report.added, report.kept, report.removed, report.failed) == (3, 0, 0, {})
    assert told[-1] == ("indexing clips", 3, 3)
    root = videos / ".pvchat-index"
    assert names(root) == {"a.mp4", "b.MOV", "c.jpg"}
    chat.looked_at.clear()
    assert folder.update(videos, chat).kept == 3
    assert chat.looked_at == []
    (videos / "b.MOV").write_text("4 5")
    (videos / "deep" / "c.jpg").unlink()
    (videos / "d.webm").write_text("6")
    report = folder.update(videos, chat)
    assert (report.added, report.kept, report.removed) == (2, 1, 2)
    assert sorted(chat.looked_at) == ["b.MOV", "d.webm"]
    assert names(root) == {"a.mp4", "b.MOV", "d.webm"}
    assert VideoIndex(root).info()["tracks"]["face"] == 5


def test_a_file_that_was_moved_keeps_its_rows(videos, chat):
    folder.update(videos, chat)
    (videos / "a.mp4").rename(videos / "deep" / "z.mp4")
    folder.update(videos, chat)
    assert names(videos / ".pvchat-index") == {"z.mp4", "b.MOV", "c.jpg"}


def test_files_that_cant_be_read_are_told_and_left_out(videos, chat):
    (videos / "bad.mp4").write_text("broken")
    report = folder.update(videos, chat)
    assert report.added == 3
    assert [Path(path).name for path in report.failed] == ["bad.mp4"]
    assert "can't be decoded" in report.failed[str(videos / "bad.mp4")]


def test_a_file_that_changes_while_it_is_looked_at_is_looked_at_again(videos, chat, monkeypatch):
    look = chat.analyse

    def and_then_changes(clip):
        found = look(clip)
        if Path(clip).name == "a.mp4":
            Path(clip).write_text("1 2 3 4")
        return found

    monkeypatch.setattr(chat, "analyse", and_then_changes)
    folder.update(videos, chat)
    monkeypatch.setattr(chat, "analyse", look)
    folder.update(videos, chat)
    tracks = {
        Path(path).name: len(clip.tracks)
        for clip in VideoIndex(videos / ".pvchat-index").clips()
        for path in clip.files
    }
    assert tracks["a.mp4"] == 4


def test_a_file_that_is_deleted_while_the_folder_is_listed_is_passed_over(videos, chat, monkeypatch):
    stamp = folder._stamp

    def gone(path):
        if path.name == "b.MOV":
            path.unlink(missing_ok=True)
        return stamp(path)

    monkeypatch.setattr(folder, "_stamp", gone)
    assert folder.update(videos, chat).added == 2


def test_only_a_damaged_index_is_built_again(videos, chat):
    folder.update(videos, chat)
    path = videos / ".pvchat-index" / "index.db"
    with closing(sqlite3.connect(path)) as other, pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "WAIT_S", 0.0)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(VideoIndexError, match="locked"):
            folder.update(videos, chat)
    assert folder.update(videos, chat).kept == 3
    path.write_bytes(b"no database" * 99)
    assert folder.update(videos, chat).added == 3


def earlier(root: Path) -> Path:
    """An index as earlier versions wrote it, and a file that isn't its own."""
    (root / ".scratch").mkdir(parents=True, exist_ok=True)
    names = (f"{1:032x}.safetensors", f"faces-{2:032x}.ivf", ".lock", ".scratch/draft", "letter.txt")
    for name in names:
        (root / name).write_bytes(b"vectors")
    (root / "index.json").write_text(json.dumps({"format": 1, "segments": [names[0]]}))
    return root


def test_vectors_of_an_earlier_version_go_when_the_index_is_built_or_removed(videos, chat, capsys):
    root = earlier(videos / ".pvchat-index")
    with pytest.raises(VideoIndexError, match="earlier version"):
        folder.add(root, [videos / "a.mp4"], chat)
    assert run(capsys, "remove", root, "--all") == (0, {"removed": "all"})
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["letter.txt"]
    assert run(capsys, "remove", root, "--all")[0] == 1
    (root / "letter.txt").unlink()
    (earlier(root) / "letter.txt").unlink()
    assert folder.update(videos, chat).added == 3
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["index.db"]


def test_stopping_keeps_what_was_indexed(videos, chat):
    stop = threading.Event()
    report = folder.update(videos, chat, stop=stop, progress=lambda what, done, total: done == 1 and stop.set())
    assert report.stopped
    assert report.added == 2
    assert folder.update(videos, chat).added == 1


def test_a_clip_added_from_elsewhere_stays(videos, chat, tmp_path):
    (tmp_path / "else.mp4").write_text("9")
    folder.update(videos, chat)
    folder.add(videos / ".pvchat-index", [tmp_path / "else.mp4"], chat)
    assert folder.update(videos, chat).removed == 0
    assert "else.mp4" in names(videos / ".pvchat-index")


def test_other_experts_and_damage_make_it_anew(videos, chat, monkeypatch):
    folder.update(videos, chat)
    monkeypatch.setattr(folder, "VERSION", "2")
    assert folder.update(videos, chat).added == 3
    root = videos / ".pvchat-index"
    assert VideoIndex(root).experts == "2"
    (root / "index.db").write_bytes(b"{" * 999)
    assert folder.update(videos, chat).added == 3


def test_a_missing_folder_is_told(tmp_path, chat):
    with pytest.raises(VideoIndexError, match="no such folder"):
        folder.update(tmp_path / "none", chat)


def test_a_folder_without_clips_is_told_and_left_alone(tmp_path, chat):
    (tmp_path / "talk.ts").write_text("1")
    with pytest.raises(VideoIndexError, match="no clip or photo") as caught:
        folder.update(tmp_path, chat)
    assert ".mp4" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["talk.ts"]


def test_a_folder_whose_clips_have_gone_is_followed(videos, chat):
    folder.update(videos, chat)
    for path in ("a.mp4", "b.MOV", "deep/c.jpg"):
        (videos / path).unlink()
    assert folder.update(videos, chat).removed == 3


# -- the command line --------------------------------------------------------------------------------------------------


def run(capsys, *words: Any) -> tuple[int, Any]:
    code = cli.main(["index", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_index_on_the_command_line(videos, chat, capsys, tmp_path):
    assert run(capsys, "build", videos)[1]["added"] == 3
    assert run(capsys, "info", videos)[1]["clips"] == 3
    (tmp_path / "new.mp4").write_text("3 3")
    assert run(capsys, "add", videos, tmp_path / "new.mp4")[1]["added"] == 1
    (tmp_path / "query.mp4").write_text("1")
    code, found = run(capsys, "search", videos, tmp_path / "query.mp4", "--hits", "2")
    assert code == 0
    assert found["kind"] == "faces"
    files = [Path(hit["file"]).name for hit in found["hits"]]
    assert files[0] == "a.mp4"
    assert "c.jpg" not in files  # it has the query's own bytes
    assert found["hits"][0]["spans"] == [[0.0, 2.0]]
    scenes = run(capsys, "search", videos, tmp_path / "query.mp4", "--kind", "clips")[1]["hits"]
    assert len(scenes) == 3
    assert run(capsys, "search", videos, tmp_path / "query.mp4", "--kind", "figures")[0] == 1
    assert run(capsys, "remove", videos, tmp_path / "new.mp4", found["hits"][0]["id"])[1] == {"removed": 2}
    assert run(capsys, "remove", videos, "12345678")[0] == 1
    assert run(capsys, "remove", videos)[0] == 1
    assert run(capsys, "info", videos)[1]["clips"] == 2
    assert run(capsys, "remove", videos, "--all") == (0, {"removed": "all"})
    assert run(capsys, "info", videos)[0] == 1
    assert (videos / "a.mp4").exists()


def test_an_index_elsewhere_and_words_for_people(videos, chat, capsys, tmp_path):
    place = tmp_path / "elsewhere"
    assert cli.main(["index", "build", str(videos), "--index", str(place)]) == 0
    assert "holds face vectors" in capsys.readouterr().out.replace("\n", " ")
    assert not (videos / ".pvchat-index").exists()
    assert cli.main(["index", "info", str(place)]) == 0  # an index is named like a folder
    assert "3 clips in 3 files" in capsys.readouterr().out
    assert cli.main(["index", "search", str(place), str(videos / "b.MOV")]) == 0
    assert "distance" in capsys.readouterr().out
    assert cli.main(["index", "remove", str(videos), "--all", "--index", str(place)]) == 0
    assert "deleted" in capsys.readouterr().out
    assert [p.name for p in place.iterdir() if not p.name.startswith(".")] == []


def test_adding_only_broken_clips_fails(videos, chat, capsys, tmp_path):
    (tmp_path / "bad.mp4").write_text("broken")
    assert cli.main(["index", "add", str(videos), str(tmp_path / "bad.mp4")]) == 1
    assert "none of the clips" in capsys.readouterr().err
    code, row = run(capsys, "add", videos, tmp_path / "bad.mp4", tmp_path / "gone.mp4")  # one JSON document
    assert code == 1
    assert row["failed"][str(tmp_path / "gone.mp4")] == "no such file."


def test_links_and_hidden_folders_are_not_followed(videos):
    (videos / ".secret").mkdir()
    (videos / ".secret" / "x.mp4").write_text("1")
    assert [Path(path).name for path, _ in folder.walk(videos)] == ["a.mp4", "b.MOV", "c.jpg"]
    assert np.all([stamp[0] > 0 for _, stamp in folder.walk(videos)])
