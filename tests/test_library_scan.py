"""Looking through a library: what is noticed, a scan that is killed, several processes, what may be added."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from make_studio import ANA, BEN, Studio, open_studio
from test_library import rows

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.errors import DiskFullError, VideoReadError
from pvchat.library import Library
from pvchat.library.scan import Scanning, look
from pvchat.perception import analysis
from pvchat.schemas import Look
from pvchat.storage.clips import ClipCache
from pvchat.storage.library import LibraryError


@pytest.fixture
def library(studio: Studio, chat: PVChat, tmp_path: Path) -> Library:
    """A folder of three clips, looked through."""
    (tmp_path / "videos").mkdir()
    for name, person in (("2026-11-01", ANA), ("2026-11-02", BEN), ("2026-11-03", ANA)):
        studio.clip(f"videos/{name}", person)
    chat.library.add([tmp_path / "videos"])
    report = chat.library.scan()
    assert (report.added, report.failed) == (3, {})
    return chat.library


def test_a_video_that_cannot_be_listened_to_is_let_go(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(_: PVChat, path: str, seen: Look) -> None:
        raise VideoReadError("nothing can be heard.", subject=path)

    gone = list[str]()
    monkeypatch.setattr(type(chat), "listen", deaf)
    monkeypatch.setattr(type(chat), "evict", lambda _, key: gone.append(key))
    assert "nothing can be heard" in str(look(str(studio.clip("a", ANA)), chat))
    assert len(gone) == 1


def test_nothing_is_looked_at_twice(library: Library, studio: Studio) -> None:
    looked, before = list(studio.analysed), rows(library)
    report = library.scan()
    assert (report.added, report.kept, studio.analysed) == (0, 3, looked)
    assert rows(library) == before


def test_a_moved_file_is_known_by_its_content(library: Library, studio: Studio, tmp_path: Path) -> None:
    looked = list(studio.analysed)
    (tmp_path / "videos" / "2026-11-03.mp4").rename(tmp_path / "videos" / "2026-12-24.mp4")
    report = library.scan()
    assert (report.added, report.moved, report.removed, studio.analysed) == (0, 1, 0, looked)
    assert "on Thursday 24 December 2026" in library.ask("When was Ana last seen?").answer


def test_a_copy_of_a_video_doesnt_date_it_anew(library: Library, tmp_path: Path) -> None:
    (tmp_path / "videos" / "2026-12-24.mp4").write_bytes((tmp_path / "videos" / "2026-11-03.mp4").read_bytes())
    assert library.scan().moved == 1
    assert "on Tuesday 3 November 2026" in library.ask("When was Ana last seen?").answer


def test_a_copy_whose_name_tells_the_date_dates_a_video_that_nothing_else_does(
    library: Library, studio: Studio, tmp_path: Path
) -> None:
    undated = studio.clip("videos/copy of it", ANA)
    assert library.scan().added == 1
    (tmp_path / "videos" / "2027-01-05 10.14.00.mp4").write_bytes(undated.read_bytes())
    assert library.scan().moved == 1
    assert "on Tuesday 5 January 2027 at 10:14" in library.ask("When was Ana last seen?").answer


def test_who_is_forgotten_while_a_video_is_looked_at_makes_no_second_look(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, recognise = studio.clip("a", ANA), analysis.recognise

    def slowly(*args: Any, **options: Any) -> Any:
        ClipCache().purge()
        return recognise(*args, **options)

    monkeypatch.setattr(analysis, "recognise", slowly)
    studio.analysed.clear()
    assert not isinstance(look(str(path), chat), str)
    assert len(studio.analysed) == 1


def test_a_deleted_file_is_forgotten(library: Library, tmp_path: Path) -> None:
    (tmp_path / "videos" / "2026-11-02.mp4").unlink()
    assert library.scan().removed == 1
    assert library.ask("When was Ben last seen?").answer == "Ben was not seen in any of two videos."


def test_a_changed_file_is_looked_at_anew(library: Library, studio: Studio, tmp_path: Path) -> None:
    other = studio.clip("other", ANA, BEN)
    (tmp_path / "videos" / "2026-11-02.mp4").write_bytes(other.read_bytes())
    report = library.scan()
    assert (report.added, report.removed) == (1, 1)
    assert "2026-11-02.mp4" in library.ask("In which videos are Ana and Ben together?").answer


def test_an_unplugged_disk_forgets_nothing(library: Library, tmp_path: Path) -> None:
    (tmp_path / "videos").rename(tmp_path / "elsewhere")
    report = library.scan()
    assert (report.missing, report.removed) == ([str(tmp_path / "videos")], 0)
    assert "Yes" in library.ask("Was Ana seen?").answer


def test_what_cannot_be_read_is_told_and_not_tried_again(library: Library, studio: Studio, tmp_path: Path) -> None:
    from pvchat.errors import VideoReadError

    def broken(*_: object, **__: object) -> None:
        raise VideoReadError("nothing in it can be decoded.", subject="bad.mp4")

    studio.clip("videos/bad", ANA)
    load = library.chat.analyse
    library.chat.analyse = broken  # type: ignore[method-assign]
    assert list(library.scan().failed) == [str(tmp_path / "videos" / "bad.mp4")]
    library.chat.analyse = load  # type: ignore[method-assign]
    assert library.scan().added == 0
    assert list(library.status().sources[0].failed.values()) == ["nothing in it can be decoded."]  # the key is the path


def test_a_file_that_may_not_be_read_is_tried_again(
    library: Library, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    studio.clip("videos/locked", ANA)
    with monkeypatch.context() as rights:
        rights.setattr(library.chat, "analyse", locked)
        rights.setattr(os, "access", lambda path, mode: not str(path).endswith("locked.mp4"))
        assert list(library.scan().failed) == [str(tmp_path / "videos" / "locked.mp4")]
    assert library.scan().added == 1


@pytest.mark.parametrize("error", [DiskFullError("the disk is full."), OSError(errno.ENOSPC, "the disk is full")])
def test_a_full_disk_stops_the_scan_and_counts_against_no_video(
    library: Library, studio: Studio, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    studio.clip("videos/2026-11-04", BEN)
    with monkeypatch.context() as disk:
        disk.setattr(library.chat, "analyse", full)
        with pytest.raises(type(error), match="the disk is full"):
            library.scan()
    assert library.status().failed == 0
    assert library.scan().added == 1


def test_a_stopped_scan_goes_on(library: Library, studio: Studio) -> None:
    studio.clip("videos/2026-11-04", BEN)
    studio.clip("videos/2026-11-05", BEN)
    told: list[tuple[float, float]] = []
    how = Scanning(progress=lambda what, done, total: told.append((done, total)))
    how.stop.set()
    report = library.scan(how)
    assert (report.stopped, report.added) == (True, 1)  # what was looked at is kept
    assert 0 < told[-1][0] < told[-1][1]
    assert library.scan().added == 1


def test_what_an_earlier_version_measured_is_asked_about_until_it_is_measured_anew(
    library: Library, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "How often was Ana seen?"
    before = library.ask(question).answer
    assert "in two videos, of three videos" in before
    monkeypatch.setattr("pvchat.library.records.VERSION", "later")
    found = library.status()
    assert (found.clips, found.waiting, found.outdated, found.sources[0].outdated) == (3, 0, 3, 3)
    assert library.ask(question).answer == before
    new = studio.clip("videos/2026-11-04", ANA)
    todo, gone = library.waiting()
    assert (todo[0], len(todo), gone) == (str(new), 4, [])  # what nobody knows comes first
    how = Scanning()
    how.stop.set()
    assert library.scan(how).added == 1
    assert "in three videos, of four videos" in library.ask(question).answer
    assert library.scan().added == 3
    found = library.status()
    assert (found.clips, found.waiting, found.outdated) == (4, 0, 0)
    assert "in three videos, of four videos" in library.ask(question).answer


def test_a_video_that_cannot_be_measured_anew_stays_and_is_tried_again(
    library: Library, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pvchat.library.records.VERSION", "later")
    tried = list[str]()

    def fail(_: PVChat, clip: str) -> None:
        tried.append(clip)
        raise VideoReadError("nothing can be decoded.", subject=clip)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(type(library.chat), "analyse", fail)
        assert len(library.scan().failed) == 3
        found = library.status()
        assert (found.clips, found.failed, found.outdated) == (3, 3, 0)
        assert "in two videos, of three videos" in library.ask("How often was Ana seen?").answer
        how, looks = Scanning(), iter(range(4))
        meanwhile.setattr(how.stop, "wait", lambda _: next(looks) < 3 or how.stop.set())
        assert len(list(library.watch(how))) == 1
        assert len(tried) == 6  # once more, and not every few seconds
    assert library.scan().added == 3
    assert library.status().failed == 0


def test_only_videos_that_are_there_can_be_added(library: Library, tmp_path: Path) -> None:
    for path, what in (
        (tmp_path / "nothing", "no such file"), (tmp_path / "videos" / "2026-11-01.mp4", "one lies in the other"),
        (tmp_path, "one lies in the other"),
    ):  # fmt: skip
        with pytest.raises(LibraryError, match=what):
            library.add([path])
    (tmp_path / "more" / "in").mkdir(parents=True)
    with pytest.raises(LibraryError, match="one lies in the other"):
        library.add([tmp_path / "more", tmp_path / "more" / "in"])
    with pytest.raises(LibraryError, match="was not added"):
        library.remove(tmp_path / "nothing")


def test_a_file_whose_name_is_not_utf_8_is_passed_over(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    try:
        (folder / "caf\udce9.mp4").write_bytes(b"")
    except OSError:
        pytest.skip("this file system holds no such name")
    assert library.status().sources[0].passed == {"not named in UTF-8": 1}
    assert library.scan().failed == {}


def test_what_is_passed_over_is_counted_and_the_home_is_nobodys_video(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "videos"
    monkeypatch.setenv("PVCHAT_HOME", str(folder / "pvchat"))
    names = ("a.srt", "b.SRT", "README", ".c.mp4", ".DS_Store", "pvchat/library/ring/1/d.mp4", ".e/f.mp4", "g.MPG")
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "link").symlink_to(tmp_path)
    (tmp_path / "elsewhere.mp4").write_bytes(b"")
    (folder / "out.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    (folder / "within.mp4").symlink_to("2026-11-01.mp4")
    passed = {
        ".srt": 2, "without an ending": 1, "hidden": 1, "hidden folder": 1, "link to a folder": 1,
        "link out of the folder": 1,
    }  # fmt: skip
    assert library.status().sources[0].passed == passed
    report = library.scan()
    assert (report.passed, report.moved) == ({str(folder): passed}, 1)
    assert list(report.failed) == [str(folder / "g.MPG")]
    with pytest.raises(LibraryError, match="PVChat's own"):
        library.add([folder / "pvchat" / "library" / "ring" / "1"])


def test_a_folder_is_one_however_it_is_written(library: Library, tmp_path: Path) -> None:
    assert library.add([tmp_path / "videos" / ".." / "videos"], place="hall") == [str(tmp_path / "videos")]
    assert [(one.path, one.place) for one in library.status().sources] == [(str(tmp_path / "videos"), "hall")]


def test_what_is_removed_leaves_no_row(library: Library, tmp_path: Path) -> None:
    library.remove(tmp_path / "videos")
    left = rows(library)
    assert {name for name, found in left.items() if found} == {"model", "people"}


def _clips(studio: Studio) -> None:
    """Six clips that were there before."""
    for number in range(6):
        path = studio.clip(f"videos/2026-11-0{number + 1}", *((ANA, BEN), (BEN,), (ANA,))[number % 3])
        os.utime(path, (1, 1))


def _opened(folder: str) -> PVChat:
    """What a worker process makes for itself."""
    studio = open_studio(Path(folder), pytest.MonkeyPatch())
    _clips(studio)
    return PVChat(Settings(device="cpu"))


def test_two_processes_see_what_one_does(studio: Studio, chat: PVChat, tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    _clips(studio)
    (tmp_path / "videos" / "2026-11-09.mp4").write_bytes((tmp_path / "videos" / "2026-11-01.mp4").read_bytes())
    chat.library.add([tmp_path / "videos"])
    report = chat.library.scan(Scanning(2, partial(_opened, str(tmp_path))))
    assert (report.added + report.moved, report.failed) == (7, {})
    both = rows(chat.library)
    chat.library.erase()
    chat.library.add([tmp_path / "videos"])
    assert chat.library.scan().moved == 1
    assert rows(chat.library) == both


def test_several_workers_without_what_opens_them_are_one(library: Library, studio: Studio) -> None:
    for name, person in (("2026-11-04", BEN), ("2026-11-05", ANA)):
        studio.clip(f"videos/{name}", person)
    assert library.scan(Scanning(workers=2)).added == 2


_CLUSTER = """
import sys
from functools import partial
from pathlib import Path
from pvchat import PVChat
from pvchat.config import Settings
from pvchat.library.scan import Scanning
from test_library_scan import _clips, _opened
from make_studio import open_studio
import pytest
_clips(open_studio(Path(sys.argv[1]), pytest.MonkeyPatch()))
report = PVChat(Settings(device="cpu")).library.scan(Scanning(2, partial(_opened, sys.argv[1]), "ray"))
print(report.added, report.failed)
"""


@pytest.mark.slow
def test_two_workers_of_ray_see_what_one_process_does(studio: Studio, chat: PVChat, tmp_path: Path) -> None:
    """In a process of its own: Ray leaves threads behind, and tests have no network."""
    pytest.importorskip("ray")
    (tmp_path / "videos").mkdir()
    _clips(studio)
    chat.library.add([tmp_path / "videos"])
    words = [sys.executable, "-c", _CLUSTER, str(tmp_path)]
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["6 {}"], done.stderr[-2000:]
    both = rows(chat.library)
    chat.library.erase()
    chat.library.add([tmp_path / "videos"])
    chat.library.scan()
    assert rows(chat.library) == both


_SCAN = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import pytest
from make_studio import open_studio, ANA, BEN
from pvchat import PVChat
from pvchat.config import Settings
from pvchat.library import scan
studio = open_studio(Path(sys.argv[2]), pytest.MonkeyPatch())
for number in range(8):
    path = studio.clip(f"videos/2026-11-0{number + 1}", *((ANA, BEN), (BEN,), (ANA,))[number % 3])
    os.utime(path, (1, 1))  # it was there before
left, enter = int(sys.argv[3]), scan._link
def mortal(*words):
    global left
    enter(*words)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)  # a clip is in the middle of its transaction
scan._link = mortal
chat = PVChat(Settings(device="cpu"))
chat.library.add([Path(sys.argv[2]) / "videos"], place="hall")
print(chat.library.scan().added)
"""


@pytest.mark.slow
def test_a_killed_scan_ends_with_the_same_rows(studio: Studio, chat: PVChat, tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    script = tmp_path / "scan.py"
    script.write_text(_SCAN)
    words = [sys.executable, str(script), str(Path(__file__).parent), str(tmp_path)]
    for clips in (1, 2, 1, 3, 2):
        done = subprocess.run([*words, str(clips)], env=os.environ, check=False)
        assert done.returncode == -signal.SIGKILL
    done = subprocess.run([*words, "99"], env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4"  # 0 + 1 + 0 + 2 + 1 were finished before: the last of each run was not
    killed = rows(chat.library)
    chat.library.erase()
    subprocess.run([*words, "99"], env=os.environ, check=True)
    assert rows(chat.library) == killed
