"""The page's own words in other languages: every catalogue is whole, and the page changes where one is picked."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from make_app import ANA
from make_browser import ask, open_page, see, tab
from pvchat_app import evaluate_tab, live_tab, page
from pvchat_app.backend import Backend
from pvchat_app.chat_tab import starters
from pvchat_app.languages import LANGUAGES, catalogues, translatable

ENGLISH = {
    *starters([], []),
    "Run",
    "m:ss",
    "~/models/my-base",
    "rtsp://…",
    "instant",
    "…",
}  # questions, an endpoint, samples
SAME = {("de", "Name"), ("fr", "Question"), ("fr", "Conversation")}  # words that two languages share


def test_each_catalogue_has_every_text_and_none_is_left_in_english() -> None:
    every = catalogues()
    assert {*every, "en"} == {*LANGUAGES}
    keys = {code: set(words) for code, words in every.items()}
    assert all(texts == keys["de"] for texts in keys.values())
    left = {(code, text) for code, words in every.items() for text, said in words.items() if said.strip() in ("", text)}
    assert left == SAME
    gaps = {(code, text) for code, words in every.items() for text, said in words.items()
            if text.count("{}") != said.count("{}")}  # fmt: skip
    assert not gaps


def test_every_text_of_the_page_stands_in_the_catalogues(backend: Backend, tmp_path) -> None:
    texts = {"Add to", "Stop listening"} | of_scripts() | of_empty_places()  # of what is drawn anew
    for one in page.build(backend, tmp_path).config["components"]:
        props = one["props"]
        if one["type"] == "html":
            html = f"{props['value']}{props.get('html_template', '')}"
            texts |= set(re.findall(r"data-words>([^<]+)<", html)) | set(re.findall(r'data-empty="([^"]+)"', html))
            texts |= set(re.findall(r'aria-label="([^"]+)"[^>]*data-words="aria-label', html))
        else:
            texts |= {text for name in ("label", "info", "placeholder", "value") if (text := text_of(props.get(name)))}
        texts |= {name for name, _ in props.get("choices") or [] if one["props"].get("elem_id") == "pv-depth"}
    assert texts - ENGLISH == set(catalogues()["de"])


def of_scripts() -> set[str]:
    """What the page's scripts have translated; microphone.js shows it in elements that bear `data-words`."""
    scripts = {one.name: one.read_text("utf-8") for one in files("pvchat_app").iterdir() if one.name.endswith(".js")}
    shown = re.findall(r'show\("([^"]+)"(?:, "([^"]+)")?\)', scripts["microphone.js"])
    return {*re.findall(r'(?:pvWords\(|HELP = )"([^"]+)"', "".join(scripts.values()))} | {*sum(shown, ())} - {""}


def of_empty_places() -> set[str]:
    """What stands where nothing is yet."""
    code = "".join(one.read_text("utf-8") for one in files("pvchat_app").iterdir() if one.name.endswith(".py"))
    return {
        *re.findall(r'\bplaceholder\("([^"]+)"\)', code),
        live_tab._NONE,
        live_tab._IDLE,
        evaluate_tab._NONE,
        evaluate_tab._READY,
    }


def text_of(value: Any) -> str:
    """The text that a component shows, or the key in its place."""
    if not isinstance(value, str):
        return ""
    key = value.removeprefix("__i18n__")
    return value if key == value else json.loads(key)["key"]


def test_what_is_drawn_anew_is_translated_up_to_a_name() -> None:
    assert text_of(translatable("Add to")) == "Add to"
    assert translatable("Add to", " Ana").endswith("} Ana")


@pytest.mark.browser
def test_the_page_speaks_the_language_that_is_picked_and_answers_in_english(served, studio) -> None:
    chromium, address = served
    shown = open_page(chromium, address)
    tab(shown, "Settings")
    shown.wait_for_function("document.querySelector('#pv-language input').value === 'English'")
    shown.click("#pv-language input")
    with shown.expect_navigation():
        shown.get_by_role("option", name="Deutsch").click()
    tab(shown, "Fragen")
    assert shown.evaluate("[document.documentElement.lang, location.hash]") == ["de", "#chat"]
    german = catalogues()["de"]
    assert shown.get_attribute("#pv-question textarea", "placeholder") == german["Ask: is Ana there?"]
    assert shown.get_attribute("#pv-chat .pv-log", "aria-label") == german["Conversation"]
    assert shown.evaluate("pvWords('Uploading … {} of {} ({} %)', '1 MB', '4 MB', 25)") == (
        "Wird hochgeladen … 1 MB von 4 MB (25 %)"
    )
    assert shown.locator("#pv-chat-player li").first.inner_text().startswith("Einen Clip hochladen")
    see(shown, "chat", studio.clip("party", ANA))
    assert ask(shown, "Is Ana in this video?").startswith("Yes, Ana is in this video")
    shown.goto(address + "#people")
    shown.reload()  # the browser keeps it
    shown.wait_for_selector("#pv-rename:has-text('Umbenennen')")


@pytest.mark.browser
def test_a_browser_that_keeps_nothing_has_the_words_all_the_same(chromium) -> None:
    shown = chromium.new_page()
    shown.goto("data:text/html,")  # there, as where site data are blocked, localStorage throws
    assert shown.evaluate("Promise.resolve().then(() => localStorage).catch((error) => error.name)") == "SecurityError"
    shown.add_script_tag(content=(files("pvchat_app") / "language.js").read_text("utf-8"))
    kept = shown.evaluate("[pvKeep('pv-language', 'de'), pvKept('pv-language'), pvWords('Upload')]")
    assert kept == [None, None, "Upload"]
