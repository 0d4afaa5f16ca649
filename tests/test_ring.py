"""The clips of a camera: sealed where the home is, in backups, and still known where the home was moved to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from make_studio import ANA
from test_live import Camera

from pvchat import PVChat, video
from pvchat.storage import conversion, keys
from pvchat.storage.backup import backup, restore
from pvchat.storage.library import connect, ring_of
from pvchat.storage.stores import MAGIC

KEY = "correct horse battery"
SEEN = "on Sunday 29 November 2026 at 08:00, in the hall"


@pytest.fixture
def camera(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> Iterator[Camera]:
    monkeypatch.setattr(keys, "COST", 16)
    made = Camera(chat)
    with closing(made.tables):
        yield made


def visit(camera: Camera) -> None:
    """Ana is seen, and gone."""
    camera.show(4, ANA)
    camera.show(6)


def leave(camera: Camera) -> None:
    """Nobody watches any more."""
    camera.ring.close()
    camera.tables.close()


def kept(chat: PVChat) -> list[Path]:
    """The clips on disk; what is told of them is told of these files."""
    clips = sorted(ring_of(chat.people.root).rglob("*.mp4"))
    answer = chat.library.ask("When was Ana last seen?")
    assert SEEN in answer.answer
    assert answer.finding.seen[0].video.path == str(clips[-1])
    assert chat.library.events.since(0)[-1]["clip"] == str(clips[-1])
    assert video.probe(clips[-1], chat.settings.video).duration_s == pytest.approx(8, abs=1)
    return clips


def test_encrypting_seals_clips_and_decrypting_opens_them(
    camera: Camera, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(camera)
    leave(camera)
    (clip,) = kept(chat)
    before, key = clip.read_bytes(), video.content_key(clip)
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    conversion.encrypt()
    assert clip.read_bytes().startswith(MAGIC)
    assert before[-200:] not in clip.read_bytes()
    assert (kept(chat), video.content_key(clip)) == ([clip], key)
    conversion.decrypt()
    monkeypatch.delenv("PVCHAT_KEY")
    assert clip.read_bytes() == before


def test_a_camera_of_an_encrypted_home_leaves_sealed_clips(chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "COST", 16)
    monkeypatch.setenv("PVCHAT_KEY", KEY)
    keys.create(KEY)
    conversion.encrypt()
    camera = Camera(chat)
    with closing(camera.tables):
        camera.show(4, ANA)
        assert list(ring_of(chat.people.root).rglob("*.mp4*")) == []  # in the making it is in memory
        camera.show(6)
        assert [one.read_bytes()[: len(MAGIC)] for one in kept(chat)] == [MAGIC]


def test_a_moved_home_keeps_its_clips(
    camera: Camera, chat: PVChat, pvchat_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit(camera)
    leave(camera)
    pvchat_home.rename(tmp_path / "moved")
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path / "moved"))
    (clip,) = kept(PVChat())
    assert clip.is_relative_to(tmp_path / "moved")


def test_clips_are_in_backups(camera: Camera, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visit(camera)
    before = kept(chat)[0].read_bytes()
    path, _ = backup(tmp_path)
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path / "new"))
    restore(path)
    assert [one.read_bytes() for one in kept(PVChat())] == [before]


def test_of_two_spellings_of_one_home_none_is_rewritten(camera: Camera, chat: PVChat, tmp_path: Path) -> None:
    visit(camera)
    (tmp_path / "link").symlink_to(chat.people.root.parent)
    before = kept(chat)
    with closing(connect(tmp_path / "link" / "people")):
        assert kept(chat) == before
