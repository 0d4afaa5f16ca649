"""Sessions: files of their own, links that die with them, nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_app import upload
from pvchat_app.backend import Backend
from pvchat_app.sessions import MAX_CLIPS, Sessions

from pvchat.config import home
from pvchat.errors import VideoReadError


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_a_session_that_ends_leaves_no_file_no_link_and_no_analysis(backend: Backend, party: Path) -> None:
    session = backend.sessions.of("one")
    clip = backend.receive(session, upload(backend, party))
    session.keep(clip)
    list(backend.ask(session, "Is Ana there?"))
    token = clip.url.rsplit("/", 1)[1]
    key = clip.analysis.key
    assert backend.sessions.find(token).path == clip.path
    assert backend.engine.chat.cache.has(key)
    assert len(files_of(backend.sessions.root)) > 3
    backend.end_session("one")
    assert files_of(backend.sessions.root) == []
    assert backend.sessions.find(token) is None
    assert not backend.engine.chat.cache.has(key)
    assert backend.sessions.all() == []


def test_two_sessions_with_the_same_clip_do_not_disturb_each_other(backend: Backend, party: Path) -> None:
    shared = upload(backend, party)  # Gradio stores the same bytes once
    one, two = backend.sessions.of("one"), backend.sessions.of("two")
    for session in (one, two):
        session.keep(backend.receive(session, shared))
        backend.analyse(session.clips[-1])
    assert one.clips[0].path != two.clips[0].path
    backend.end_session("one")
    assert two.clips[0].path.exists()
    assert shared.exists()
    assert backend.engine.chat.cache.has(two.clips[0].analysis.key)
    backend.end_session("two")
    assert not shared.exists()


def test_links_are_long_random_and_private(backend: Backend, party: Path) -> None:
    session = backend.sessions.of("one")
    urls = {session.link(party.with_name(f"{number}.mp4"), "video/mp4") for number in range(20)}
    assert len(urls) == 20
    assert {session.link(party.with_name(f"{number}.mp4"), "video/mp4") for number in range(20)} == urls
    assert all(len(url.rsplit("/", 1)[1]) >= 43 for url in urls)
    assert backend.sessions.find("guess") is None
    assert (backend.sessions.root.stat().st_mode & 0o077) == 0


@pytest.mark.parametrize("where", ["outside", "parent", "link"])
def test_only_uploads_can_be_claimed(backend: Backend, party: Path, tmp_path: Path, where: str) -> None:
    path = {
        "outside": party,
        "parent": backend.sessions.uploads / "a" / ".." / ".." / "x.mp4",
        "link": backend.sessions.uploads / "a" / "link.mp4",
    }[where]
    if where == "link":
        path.parent.mkdir()
        path.symlink_to(party)
    with pytest.raises(VideoReadError, match="Upload it again"):
        backend.receive(backend.sessions.of("one"), path)
    assert party.exists()


def test_old_clips_make_room_and_idle_sessions_end(backend: Backend, party: Path) -> None:
    session = backend.sessions.of("one")
    for _ in range(MAX_CLIPS + 2):
        session.keep(backend.receive(session, upload(backend, party)))
    assert len(session.clips) == MAX_CLIPS
    assert backend.sessions.end_idle(3600) == 0
    assert backend.sessions.end_idle(-1) == 1
    assert files_of(backend.sessions.root) == []


def test_folders_of_dead_servers_are_swept_and_those_of_living_ones_are_not() -> None:
    alive = Sessions()
    dead = home() / "tmp" / "app-dead"
    (dead / "x").mkdir(parents=True)
    dead.with_suffix(".lock").touch()
    try:
        other = Sessions()
        assert not dead.exists()
        assert alive.root.exists()
        other.close()
        assert not other.root.exists()
    finally:
        alive.close()


def test_a_made_up_name_makes_no_folder(backend: Backend, party: Path) -> None:
    before = sorted(backend.sessions.root.iterdir())
    for number in range(50):
        backend.sessions.of(f"made up {number}")
    assert sorted(backend.sessions.root.iterdir()) == before
    session = backend.sessions.of("made up 0")
    assert backend.sessions.resume("made up 1", "again")
    clip = backend.receive(session, upload(backend, party))
    assert clip.path.is_relative_to(session.folder)
    assert (session.folder.stat().st_mode & 0o077) == 0
    backend.end_session("made up 0")
    assert not clip.path.exists()
    assert sorted(backend.sessions.root.iterdir()) == before


def test_the_clip_of_an_address_is_asked_about_again_in_its_own_session(backend: Backend, party: Path) -> None:
    session, other = backend.sessions.of("one"), backend.sessions.of("two")
    for _ in range(2):
        session.keep(backend.receive(session, upload(backend, party)))
    first, second = session.clips
    assert session.open(first.address)
    assert session.clips == [second, first]
    assert not other.open(first.address)
    assert not session.open("nowhere")
    assert session.clip is first
