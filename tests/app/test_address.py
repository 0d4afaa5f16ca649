"""Tab and clip have an address, and the conversation is whole and in order after a reload, in a browser."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from make_app import ANA, Scenery
from make_browser import ask, open_page, see, show, tab

pytestmark = pytest.mark.browser

QUESTIONS = ("Is Ana there?", "Who is there?", "What is Ana wearing?", "Where is Ana?", "Is anybody sitting?")
CONVERSATION = Path(__file__).parents[2] / "app" / "pvchat_app" / "conversation.js"


def at(page) -> str:
    return urlsplit(page.url).fragment


def opened(page, panel: str) -> None:
    page.wait_for_selector(f"#pv-tab-{panel}", state="visible")


def asked(page) -> list[str]:
    return page.locator("#pv-chat .user").all_inner_texts()


@pytest.mark.parametrize("width", [1280, 390])  # on a phone some tabs are in a menu
def test_back_and_forward_move_between_tabs_and_a_reload_stays(served, width: int) -> None:
    page = open_page(*served, width)
    page.evaluate("window.old = true")
    for name in ("chat", "people", "settings"):
        page.evaluate(f"location.hash = '{name}'") if width == 390 else tab(page, name.capitalize())
        opened(page, name)
        page.wait_for_function(f"location.hash === '#{name}'")
    for name in ("people", "chat", "enroll"):
        page.go_back()
        opened(page, name)
        assert at(page) == ("" if name == "enroll" else name)
    page.go_forward()
    opened(page, "chat")
    page.go_forward()
    opened(page, "people")
    assert page.evaluate("window.old")
    page.reload()
    opened(page, "people")
    assert at(page) == "people"
    page.go_back()
    opened(page, "chat")
    page.close()


def test_an_unknown_address_is_the_first_tab(served) -> None:
    page = open_page(served[0], served[1] + "/#nowhere")
    opened(page, "enroll")
    tab(page, "People")
    page.wait_for_function("location.hash === '#people'")
    page.close()


def test_a_reload_returns_to_the_clip_and_the_conversation_in_order(page, studio: Scenery) -> None:
    """It landed on Enroll; Chat had the last two turns, or these before the others."""
    clip = studio.clip("evening", ANA)
    show(page, clip)
    page.wait_for_function("/^#chat\\/[0-9a-f]{8}$/.test(location.hash)")
    before = at(page)
    for question in QUESTIONS:
        ask(page, question)
    for _ in range(2):
        page.reload()
        page.wait_for_selector(f"#pv-chat-player figcaption:has-text('{clip.name}')", state="visible")
        page.wait_for_function(f"document.querySelectorAll('#pv-chat .user').length === {len(QUESTIONS)}")
        assert asked(page) == list(QUESTIONS)
        assert at(page) == before
    ask(page, "Is Ana sitting?")
    assert asked(page) == [*QUESTIONS, "Is Ana sitting?"]
    tab(page, "Enroll")  # a tab that isn't shown isn't drawn
    page.wait_for_function("location.hash === '#enroll'")
    page.reload()
    opened(page, "enroll")
    page.wait_for_timeout(1500)
    tab(page, "Chat")
    page.wait_for_function(f"document.querySelectorAll('#pv-chat .user').length === {len(QUESTIONS) + 1}")
    assert asked(page) == [*QUESTIONS, "Is Ana sitting?"]
    assert at(page) == before


def test_a_clip_that_is_gone_is_told_and_another_has_another_address(page, served, studio: Scenery) -> None:
    show(page, studio.clip("morning", ANA))
    page.wait_for_function("/^#chat\\/[0-9a-f]{8}$/.test(location.hash)")
    first = at(page)
    page.click("#pv-chat-file [aria-label='Clear'], #pv-chat-file [title='Clear']")
    page.wait_for_function("location.hash === '#chat'")
    see(page, "chat", studio.clip("noon", ANA))
    page.wait_for_selector("#pv-chat-player figcaption:has-text('noon')")
    page.wait_for_function(f"location.hash !== '#{first}'")
    assert re.fullmatch(r"chat/[0-9a-f]{8}", at(page))
    stranger = served[0].new_page()  # another session
    stranger.goto(f"{served[1]}/#{at(page)}")
    stranger.wait_for_selector("#pv-chat-note .pv-error:has-text('The clip of this address')")
    assert "noon" not in stranger.content()
    stranger.close()


DRAW = """([script, values]) => {
  const element = document.createElement("div");
  element.innerHTML = '<div class="pv-log"></div>';
  document.body.append(element);
  const props = {value: values[0]}, sent = [];
  let draw;
  new Function("element", "props", "trigger", "watch", script)(
    element, props, (...given) => sent.push(given), (_, told) => { draw = told; });
  for (const value of values) { props.value = value; draw(); }
  return new Promise((done) => setTimeout(() => done([element.innerText.trim().split(/\\s+/), sent]), 600));
}"""


def said(number: int, keys: str, *turns: str) -> dict[str, object]:
    html = {key: f'<article data-turn="{key}">{key}</article>' for key in turns}
    return {"number": number, "keys": list(keys), "turns": html}


@pytest.mark.parametrize(("values", "drawn", "asks"), [
    ([said(1, "12345", *"12345")], "12345", 0),
    ([said(2, "12345", "4", "5"), said(1, "12345", *"12345")], "12345", 0),  # overtaken
    ([said(2, "12345", "4", "5"), said(1, "1234", *"123"), said(3, "123456", "5", "6")], "123456", 0),
    ([said(2, "12345", "4", "5")], "45", 1),  # the others never came: they are asked for
])  # fmt: skip
def test_turns_stand_in_their_order_whatever_came_first(served, values, drawn: str, asks: int) -> None:
    page = served[0].new_page()
    shown, sent = page.evaluate(DRAW, [CONVERSATION.read_text(encoding="utf-8"), values])
    page.close()
    assert shown == list(drawn)
    assert len(sent) == asks
