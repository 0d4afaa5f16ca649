"""Names, questions and answers are text wherever they are shown: none of them becomes an element of the page."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from make_app import ready, running, session_asking
from make_browser import ask, open_page, show, tab
from pvchat_app.backend import Backend
from pvchat_app.export import pack

from pvchat import PVChat

TAGS = '<form action="//evil.example"><a href="//evil.example">log in</a><img src=x></form><b>bold</b>'
NAME = "<form><a href=//evil.example>Zoe</a><img src=x>${7*7}{{7*7}}$$x^2$$"
FOREIGN = "a[href*='evil'], form[action*='evil'], img[src='x'], img[src$='/x'], .katex"


def test_an_exported_conversation_holds_no_foreign_element(backend: Backend, party: Path) -> None:
    backend.engine.people.rename("Ana", NAME)
    session = session_asking(backend, party)
    list(backend.ask(session, f"Is {NAME} there? {TAGS}"))
    with zipfile.ZipFile(io.BytesIO(pack(session.turns))) as archive:
        page = archive.read("conversation.html").decode()
    assert "Zoe" in page
    assert not re.search(r"<(form|a)\b|<b>bold|<img src=x", page)


@pytest.mark.browser
def test_nothing_foreign_becomes_an_element_of_the_page(chromium, chat: PVChat, party: Path, tmp_path: Path) -> None:
    imported = tmp_path / "zoe.pvperson"
    chat.people.rename("Ana", NAME)
    chat.people.export(NAME, imported)
    chat.forget(NAME)
    with running(ready(chat)) as (_, url):
        page = open_page(chromium, url)
        take(page, imported)
        see_no_markup(page, "#pv-people")
        show(page, party)
        ask(page, f"Is {NAME} there? {TAGS}")
        ask(page, f"What is {NAME} wearing?")
        see_no_markup(page, "#pv-chat")
        page.locator("#pv-chat .user").first.wait_for()
        assert TAGS in page.locator("#pv-chat .user").first.inner_text()
        tab(page, "People")
        page.wait_for_timeout(1500)
        chat.forget(NAME)  # by somebody else: this page still offers the name
        page.click("#pv-person-export")
        page.wait_for_selector("#pv-person-result .pv-error")
        see_no_markup(page, "#pv-person-result")


def take(page: Any, file: Path) -> None:
    tab(page, "People")
    page.get_by_text("Import a person file").click()
    page.set_input_files("#pv-import-file input[type=file]", str(file))
    page.wait_for_selector("#pv-import-file :text('zoe')")
    page.click("#pv-import")
    page.wait_for_selector("#pv-person-result .pv-good")
    page.wait_for_selector("#pv-people .pv-person")


def see_no_markup(page: Any, where: str) -> None:
    assert "Zoe</a>" in page.locator(where).first.inner_text() or "a><img src=x>" in page.inner_text(where)
    assert page.locator(FOREIGN).count() == 0, page.locator(FOREIGN).first.evaluate("e => e.outerHTML")
