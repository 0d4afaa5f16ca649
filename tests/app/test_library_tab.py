"""The library tab: a folder looked through, a question, strangers named and ignored, in a browser and without one."""

from __future__ import annotations

import gradio as gr
import pytest
from make_app import Scenery, built, fill, ready, running, wait_for
from make_browser import open_page, tab
from pvchat_app import library_tab, librarycards
from pvchat_app.backend import SCAN, Backend

from pvchat import PVChat
from pvchat.library.strangers import Sighting, Stranger
from pvchat.storage.library import LibraryError

NASTY = "<img src=x onerror=alert(1)>${7*7}"


def library(backend: Backend, local: bool) -> library_tab.LibraryTab:
    return built(library_tab.LibraryTab, backend, gr.BrowserState(""), local)


def test_a_scan_runs_in_the_background_and_the_sources_tell(backend: Backend, scenery: Scenery) -> None:
    folder = fill(scenery)
    show = library(backend, True).show
    assert "Add a folder" in show("me")[0]
    backend.engine.chat.library.add([folder], place="hall")
    job = backend.scan("me")
    assert backend.scan("me") is job
    wait_for(lambda: not job.active)
    listed, button, drawn, *_ = show("me")
    assert "3 videos" in listed
    assert "hall" in listed
    assert str(folder) in listed
    assert button.interactive
    assert "done" in drawn
    assert str(folder.parent) not in library(backend, False).show("me")[0]


def test_a_camera_is_added_by_its_address(backend: Backend) -> None:
    note, *_ = library(backend, True).add("rtsp://admin:secret@127.0.0.1:9/door", "door", "me")
    assert "pv-good" in note
    assert backend.engine.chat.library.cameras() == [("rtsp://admin@127.0.0.1:9/door", "door")]
    assert backend.jobs.of("me", SCAN) == []  # there is nothing to look through


def test_why_a_file_cannot_be_used_tells_no_visitor_where_it_lies(backend: Backend, scenery: Scenery) -> None:
    folder = fill(scenery)
    (folder / "broken.mp4").write_bytes(b"nothing of a video")
    backend.engine.chat.library.add([folder])
    assert len(backend.engine.chat.library.scan().failed) == 1
    listed = library(backend, False).show("me")[0]
    assert "<li>broken.mp4: " in listed
    assert str(folder.parent) not in listed


def test_only_videos_of_the_library_are_played(backend: Backend, scenery: Scenery) -> None:
    backend.engine.chat.library.add([fill(scenery)])
    backend.engine.chat.library.scan()
    session = backend.sessions.of("one")
    assert 'src="/files/' in library(backend, True).show_video(session, 1, 0.5)
    with pytest.raises(LibraryError, match="isn't in the library"):
        library(backend, True).show_video(session, 99, 0.0)


def test_names_of_files_and_places_are_text() -> None:
    one = Stranger(3, 2, 4.0, [NASTY], [Sighting(1, 5, f"/a/{NASTY}.mp4", NASTY, "2026-11-01T10:00:00", 0.0, 2.0)])
    for html in (librarycards.strangers([one], {}, 0), librarycards.sightings(one, {}),
                 librarycards.player("/files/x", "video/mp4", NASTY, 0.0)):  # fmt: skip
        assert "<img src=x" not in html
        assert "${7" not in html


def test_a_question_goes_on_from_the_one_before_until_somebody_is_forgotten(backend: Backend, scenery: Scenery) -> None:
    backend.engine.chat.library.add([fill(scenery)])
    backend.engine.chat.library.scan()
    tab, request = library(backend, True), gr.Request(session_hash="one")
    session = backend.sessions.of("one")

    def asked(question: str) -> str:
        return list(tab.ask(question, request))[-1][tab.answer]

    assert "Type a question" in asked(" ")
    assert "last seen on Sunday 1 November" in asked("When was Ana last seen?")
    assert "2026-11-01 10.00.00.mp4" in asked("In which videos is she?")
    assert session.library_questions == ["When was Ana last seen?", "In which videos is she?"]
    leaving = tab.ask("When was Ben last seen?", request)
    next(leaving)
    leaving.close()
    assert len(session.library_questions) == 2  # nobody saw it answered
    answering = tab.ask("When was Ana last seen?", request)
    next(answering)
    backend.forget("Ana")
    list(answering)
    assert session.library_questions == []


def test_few_questions_are_remembered(backend: Backend, scenery: Scenery) -> None:
    backend.engine.chat.library.add([fill(scenery)])
    tab, request = library(backend, True), gr.Request(session_hash="one")
    session = backend.sessions.of("one")
    session.library_questions += [str(number) for number in range(library_tab.MAX_EARLIER)]
    list(tab.ask("Who was seen most often?", request))
    assert session.library_questions == [*map(str, range(1, library_tab.MAX_EARLIER)), "Who was seen most often?"]


def test_what_was_added_is_taken_out_again(backend: Backend, scenery: Scenery) -> None:
    backend.engine.chat.library.add([folder := fill(scenery)])
    tab = library(backend, True)
    click = gr.EventData(None, {"remove": str(folder)})
    assert f'data-remove="{folder}"' in tab.show("me")[0]
    assert "data-remove" not in library(backend, False).show("me")[0]
    assert "pv-good" in tab.remove("me", click)[0]
    assert backend.engine.chat.library.status().sources == []
    assert "pv-error" in tab.remove("me", click)[0]
    assert len(list(folder.iterdir())) == 3


def test_a_date_that_only_the_file_tells_is_said_to_be_so(backend: Backend, scenery: Scenery) -> None:
    folder = fill(scenery)
    (folder / "2026-11-01 10.00.00.mp4").rename(folder / "party.mp4")
    library = backend.engine.chat.library
    library.add([folder])
    library.scan()
    assert "by the file’s date" in librarycards.answer("", library.ask("When was Ana last seen?"))


@pytest.mark.browser
def test_ask_play_name_undo_ignore(chromium, scenery: Scenery, chat: PVChat) -> None:
    chat.library.add([fill(scenery)], place="hall")
    chat.library.scan()
    with running(ready(chat)) as (_, url):
        page = open_page(chromium, url)
        page.wait_for_selector("#pv-library-sources:has-text('3 videos')")  # it comes first where there is one
        page.fill("#pv-library-question textarea", "When was Ana last seen?")
        page.press("#pv-library-question textarea", "Enter")
        page.click("#pv-library-answer .pv-videos li:has-text('2026-11-01 10.00.00.mp4') [data-play]")
        page.wait_for_selector("#pv-library-player video[src*='/files/']")
        page.get_by_text("People I don’t know").click()
        page.locator("#pv-strangers-grid input").first.check()
        page.wait_for_selector("#pv-stranger-seen li:has-text('2026-11-03.mp4') img")
        page.click("#pv-strangers-find")
        page.wait_for_selector("#pv-strangers-grid input:not(:checked)")  # drawn anew, with nobody ticked
        page.locator("#pv-strangers-grid input").first.check()
        page.wait_for_selector("#pv-stranger-seen li:has-text('2026-11-03.mp4') img")
        page.fill("#pv-stranger-name textarea, #pv-stranger-name input", "Carl")
        page.click("#pv-stranger-enroll")
        page.wait_for_selector("#pv-strangers-note .pv-error:has-text('consent')")
        page.get_by_label("This person has agreed").last.check()
        page.click("#pv-stranger-enroll")
        page.wait_for_selector("#pv-strangers-note .pv-good:has-text('Carl is enrolled')")
        assert len(chat.people.names()) == 2
        page.click("#pv-strangers-undo:has-text('Undo the name')")
        page.wait_for_selector("#pv-strangers-note .pv-good:has-text('Taken back')")
        assert chat.people.names() == ["Ana"]
        chat.people.rename("Ana", "Zoe")  # in another window
        tab(page, "People")
        tab(page, "Library")
        page.wait_for_selector("#pv-library-starters:has-text('When was Zoe last seen?')")
        page.locator("#pv-strangers-grid input").first.check()
        page.wait_for_selector("#pv-stranger-seen li")
        page.click("#pv-stranger-ignore")
        page.wait_for_selector("#pv-strangers-grid:has-text('Nobody who isn’t enrolled')")


@pytest.mark.browser
def test_a_folder_is_added_and_looked_through(chromium, scenery: Scenery, chat: PVChat) -> None:
    folder = fill(scenery)
    with running(ready(chat)) as (_, url):
        page = open_page(chromium, url)
        tab(page, "Library")
        page.fill("#pv-library-folder textarea, #pv-library-folder input", str(folder / "nothing"))
        page.click("#pv-library-add")
        page.wait_for_selector("#pv-library-note .pv-error:has-text('no such file')")
        page.fill("#pv-library-folder textarea, #pv-library-folder input", str(folder))
        page.click("#pv-library-add")
        page.wait_for_selector("#pv-library-sources:has-text('3 videos')")
