"""The people tab in a browser, from nobody enrolled to two: what makes no sense yet isn't shown."""

from __future__ import annotations

import pytest
from make_app import ANA, BEN, Scenery, ready, running
from make_browser import enroll, open_page, tab

from pvchat import PVChat
from pvchat.config import Settings

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium, studio: Scenery):
    """A page of a server with nobody enrolled."""
    with running(ready(PVChat(Settings(device="cpu")))) as (_, address):
        yield open_page(chromium, address)


def test_what_can_be_done_first_is_shown_first(page, studio: Scenery) -> None:
    fields = page.locator("#pv-who, #pv-person-export, #pv-forget, #pv-new-name, #pv-rename, #pv-other, #pv-merge")
    tab(page, "People")
    page.wait_for_selector("#pv-people:has-text('Nobody is enrolled yet')")
    assert fields.count() == 0
    page.click("#pv-begin")
    page.wait_for_selector("#pv-enroll-file", state="visible")
    enroll(page, studio.clip("ana", ANA), "Ana")
    tab(page, "People")
    page.wait_for_function("document.querySelector('#pv-who input')?.value === 'Ana'")
    assert fields.count() == 5
    assert page.locator("#pv-begin, #pv-other, #pv-merge").count() == 0  # nobody to merge her with
    enroll(page, studio.clip("ben", BEN), "Ben")
    tab(page, "People")
    page.wait_for_function("document.querySelector('#pv-other input')?.value === 'Ben'")
    assert fields.count() == 7
    page.click("#pv-people [data-name=Ben]")  # a card picks whom it shows
    page.wait_for_function("document.querySelector('#pv-who input')?.value === 'Ben'")
    page.wait_for_function("document.querySelector('#pv-other input')?.value === 'Ana'")  # not Ben himself
    page.get_by_label("New name").fill("Benjamin")
    page.get_by_label("New name").press("Enter")
    page.wait_for_selector("#pv-people [data-name=Benjamin]")
    page.locator("#pv-people [data-name=Benjamin]").focus()
    page.keyboard.press("?")
    page.wait_for_selector(".pv-keys:has-text('asks a question')")
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.closest('#pv-question') !== null")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"  # one sees where one types
    dark = "document.body.classList.contains('dark')"
    tab(page, "Settings")
    before = page.evaluate(dark)
    page.click("#pv-dark")
    assert page.evaluate(dark) is not before
    page.reload()
    page.wait_for_selector("#pv-tabs")
    page.wait_for_function(f"{dark} !== {str(before).lower()}", timeout=30_000)
