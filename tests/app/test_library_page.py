"""The library tab in a browser: it comes first once there is one; keys alone; on a phone, in light and in dark."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from make_app import Scenery, fill, ready, running
from make_browser import low_contrast, open_page, tab

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


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_fits_and_can_be_read(chromium, url: str, width: int, scheme: str) -> None:
    page = open_page(chromium, url, width)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # colours change at once
    page.wait_for_function(f"document.body.classList.contains('dark') === {str(scheme == 'dark').lower()}")

    def check() -> None:
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        assert low_contrast(page) == []

    page.wait_for_selector(QUESTION, state="visible")
    check()
    page.fill(QUESTION, "In which videos is Ana?")
    page.press(QUESTION, "Enter")
    page.click("#pv-library-answer [data-play]")
    page.wait_for_selector("#pv-library-player video")
    page.get_by_text("People I don’t know").click()
    page.locator("#pv-strangers-grid input").first.check()
    page.wait_for_selector("#pv-stranger-seen li img")
    check()
    for name, seen in (("enroll", "#pv-enroll-file"), ("live", "#pv-live-start:disabled")):
        page.evaluate(f"location.hash = '{name}'")
        page.wait_for_selector(seen, state="visible")
        check()


def test_what_can_hardly_be_read_is_found(chromium) -> None:
    page = chromium.new_page()
    texts = ("<p style='color: #767676'>grey</p>", "<p style='color: #787878'>pale</p>",
             "<p style='color: #949494; font-size: 24px'>large</p>", "<p style='color: rgb(0 0 0 / .3)'>thin</p>",
             "<div style='background: #4f46e5'><p style='color: #fff'>on blue</p><p>black on blue</p></div>",
             "<button disabled style='color: #ccc'>off</button>")  # fmt: skip
    page.set_content("".join(texts))
    assert [line.split(" ", 1)[1] for line in low_contrast(page)] == ["pale", "thin", "black on blue"]
