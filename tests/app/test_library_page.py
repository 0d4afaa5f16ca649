"""The library tab in a browser: it comes first once there is a library; keys alone, phones, light and dark."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from make_app import Scenery, fill, ready, running
from make_browser import open_page, tab

from pvchat import PVChat
from pvchat.storage.stores import library_of

pytestmark = pytest.mark.browser


QUESTION = "#pv-library-question textarea"


@pytest.fixture
def videos(scenery: Scenery, chat: PVChat) -> Path:
    """A folder of videos that is the library, looked through, with Ana in one of them."""
    chat.library.add([folder := fill(scenery)], place="hall")
    chat.library.scan()
    return folder


@pytest.fixture
def url(videos: Path, chat: PVChat):
    with running(ready(chat)) as (_, address):
        yield address


def first(page) -> str:
    return page.locator("#pv-tabs > [role=tabpanel]").first.get_attribute("id")


def focus(page, selector: str) -> None:
    """Go by the Tab key to something that is there, and nowhere else."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(where) => document.activeElement.matches(where)", selector):
            return
    pytest.fail(f"the Tab key doesn't come to {selector}")


def test_a_library_comes_first_on_the_next_page_and_only_as_long_as_it_is_there(
    chromium, scenery: Scenery, chat: PVChat
) -> None:
    with running(ready(chat)) as (_, address):
        page = open_page(chromium, address)
        assert first(page) == "pv-tab-enroll"
        chat.library.add([fill(scenery)])  # by the command line
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector(QUESTION, state="visible")
        assert first(page) == "pv-tab-library"
        tab(page, "People")  # what tabs say to each other still arrives
        page.wait_for_selector("#pv-people .pv-person:has-text('Ana')")
        shutil.rmtree(library_of(chat.people.root).parent)
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector("#pv-enroll-file", state="visible")
        assert first(page) == "pv-tab-enroll"


def test_the_slash_asks_the_library_where_the_library_is_shown(chromium, url: str) -> None:
    page = open_page(chromium, url)
    page.wait_for_selector(QUESTION, state="visible")
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.closest('#pv-library-question') !== null")
    assert page.locator("#pv-tab-library").is_visible()
    assert page.input_value(QUESTION) == ""
    tab(page, "People")
    page.locator("#pv-people .pv-person").first.focus()
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.closest('#pv-question') !== null")


def test_the_keyboard_alone_asks_the_library_and_plays_the_moment(chromium, url: str) -> None:
    page = open_page(chromium, url)
    page.wait_for_selector(QUESTION, state="visible")
    focus(page, QUESTION)
    page.keyboard.type("When was Ana last seen?")
    focus(page, "#pv-library-ask")
    page.keyboard.press("Enter")
    page.wait_for_selector("#pv-library-answer [data-play]")
    focus(page, "#pv-library-answer [data-play]")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_selector("#pv-library-player video[src*='/files/']")
    page.wait_for_function("document.querySelector('#pv-library-player video').readyState > 0")
