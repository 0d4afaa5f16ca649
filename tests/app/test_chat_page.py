"""The conversation in a browser, on made-up experts: fast however long, folded, removable, in view, kept."""

from __future__ import annotations

import threading
from importlib.resources import files
from pathlib import Path
from urllib.parse import urljoin

import pytest
from make_analysis import make_analysis, make_track
from make_app import ANA, BEN, Scenery
from make_browser import answered, ask, open_page, see, show, tab
from PIL import Image

from pvchat import video

pytestmark = pytest.mark.browser

_PHONE = 390


@pytest.fixture(scope="module")
def party(studio: Scenery) -> Path:
    return studio.clip("party", ANA, BEN)


def test_what_a_file_is_tells_its_content_not_its_ending(page, party: Path, tmp_path: Path) -> None:
    """A browser knows no kind of a camcorder's ".MTS" or a phone's ".HEIC"."""
    recorded = tmp_path / "party.MTS"
    recorded.write_bytes(party.read_bytes())
    show(page, recorded)
    for name, says in (("shopping.txt", "this is a text file, not a video"), ("photo.HEIC", "HEIC photos need")):
        other = tmp_path / name
        other.write_bytes(b"eggs, milk and bread" if name.endswith("txt") else b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
        see(page, "chat", other)
        page.wait_for_selector(f"#pv-chat-note .pv-error:has-text('{says}')")


def test_the_answer_comes_first_and_the_evidence_is_folded_under_it(page, party: Path) -> None:
    show(page, party)
    ask(page, "Is Ana there?")
    turn = page.locator("#pv-chat .pv-turn").last
    lines = [line for line in turn.inner_text().split("\n") if line]
    assert lines[:2] == ["Is Ana there?", turn.locator(".pv-answer").inner_text()]
    fold = turn.locator("details.pv-more")
    assert fold.count() == 1
    assert not fold.evaluate("e => e.open")
    assert "Ana present" in fold.locator("summary").first.inner_text()
    fold.locator("summary").first.click()
    assert fold.locator(".pv-times").count() == 1
    page.wait_for_selector("#pv-chat .pv-picture img")


def test_a_late_turn_draws_itself_alone(page, party: Path) -> None:
    show(page, party)
    for number in range(4):
        ask(page, f"Is Ana there? {number}")
    # a turn's last drawing has its pictures and lets itself be corrected
    page.wait_for_function("document.querySelectorAll('#pv-chat .pv-turn [data-wrong]').length === 4")
    page.evaluate("document.querySelectorAll('.pv-turn').forEach((turn) => { turn.old = true; })")
    asked: list[str] = []
    page.on("response", lambda response: asked.append(response.url))
    ask(page, "Where is Ana?")
    kept = page.evaluate("[...document.querySelectorAll('.pv-turn')].map((turn) => Boolean(turn.old))")
    assert kept == [True, True, True, True, False]
    assert len([url for url in asked if "/files/" in url]) <= 3  # its own pictures only


def test_a_part_of_the_clip_is_picked_beside_the_question(page, party: Path) -> None:
    show(page, party)
    assert not page.get_by_label("From", exact=True).is_visible()  # folded away
    page.get_by_text("Ask about a part of the clip").click()
    page.get_by_label("From", exact=True).fill("0:00")
    page.get_by_label("To", exact=True).fill("0:01")
    assert ask(page, "Is Ana there?").startswith("Yes, Ana is in this part of the video")
    assert "from 0:00 to 0:01" in page.locator("#pv-chat .user").last.inner_text()
    page.get_by_label("From", exact=True).fill("9:00")
    page.fill("#pv-question textarea", "Is Ana there?")
    page.get_by_label("From", exact=True).press("Enter")
    page.wait_for_selector("#pv-chat .pv-error:has-text('There is no such part')")


def test_starters_follow_who_is_in_the_clip(page, party: Path, studio: Scenery) -> None:
    show(page, studio.clip("ben alone", BEN))
    texts = page.locator("#pv-starters button").all_inner_texts()
    assert texts[:2] == ["Who is in this video?", "Is Ana in this video?"]
    show(page, party)
    page.wait_for_selector("#pv-starters :text('What is Ana wearing?')")
    assert page.locator("#pv-starters button").first.inner_text() == "Who is in this video?"
    before = page.locator("#pv-chat .bot .pv-evidence").count()
    page.locator("#pv-starters button").first.click()
    assert "Ana" in answered(page, before)


def test_a_removed_clip_is_gone_from_page_disk_and_memory(page, party: Path) -> None:
    show(page, party)
    ask(page, "Is Ana there?")
    page.locator("#pv-chat .pv-more summary").first.click()
    links = [page.locator("#pv-chat .pv-picture img").first.get_attribute("src"),
             page.locator("#pv-chat-player video").get_attribute("src")]  # fmt: skip
    assert [page.request.get(urljoin(page.url, link)).status for link in links] == [200, 200]
    page.locator("#pv-chat-file button[aria-label='Clear'], #pv-chat-file [title='Clear']").first.click()
    page.wait_for_selector("#pv-chat .pv-gone:has-text('party.mp4 was removed')")
    assert page.locator("#pv-chat-player video, #pv-chat [data-seek], #pv-chat img").count() == 0
    assert page.locator("#pv-chat .pv-answer").count() == 1
    assert [page.request.get(urljoin(page.url, link)).status for link in links] == [404, 404]
    page.fill("#pv-question textarea", "Is Ana there?")
    page.press("#pv-question textarea", "Enter")
    page.wait_for_selector("#pv-chat .pv-error:has-text('There is no clip yet')")
    page.wait_for_timeout(700)
    assert page.locator("#pv-chat .pv-error").count() == 1  # it stays


def test_a_photo_shows_one_picture_and_no_timeline(page, studio: Scenery) -> None:
    still = studio.folder / "still.png"
    Image.new("RGB", (64, 64), (90, 40, 40)).save(still)
    studio.known[video.content_key(still)] = make_analysis(make_track(ANA, [0]), frames=1)
    tab(page, "Chat")
    see(page, "chat", still)
    page.wait_for_selector("#pv-chat-note .pv-notice:has-text('found')")
    ask(page, "Is Ana there?")
    page.locator("#pv-chat .pv-more summary").first.click()
    assert page.locator("#pv-chat .pv-picture").count() == 1
    assert page.locator("#pv-chat .pv-times").count() == 0


def test_on_a_phone_a_new_answer_is_in_view(served, party: Path) -> None:
    page = open_page(*served, width=_PHONE)
    show(page, party)
    for number in range(5):
        ask(page, f"Is Ana there? {number}")
    page.wait_for_timeout(300)
    box = page.locator("#pv-chat .pv-turn").last.bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"] - 60
    page.close()


def test_the_clip_and_the_question_stay_in_view_beside_a_long_conversation(page, party: Path) -> None:
    show(page, party)
    for number in range(8):
        ask(page, f"Is Ana there? {number}")
    edge = "(id) => Math.round(document.querySelector(id).getBoundingClientRect()"
    page.evaluate("scrollTo(0, 0)")
    assert page.evaluate(f"{edge}.bottom)", "#pv-asking") <= page.viewport_size["height"]
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert page.evaluate("scrollY") > 100
    assert page.evaluate(f"{edge}.top)", "#pv-chat-clip") == 8


def test_a_correction_is_kept_and_the_question_asked_again(page, party: Path, served) -> None:
    show(page, party)
    assert ask(page, "Is Ana there?").startswith("Yes")
    page.locator("#pv-chat .pv-more summary").first.click()
    page.click("#pv-chat .pv-button:has-text('That is not Ana')")
    page.wait_for_selector("#pv-chat .pv-corrected:has-text('Noted: that is not Ana')")
    page.wait_for_selector("#pv-chat-note .pv-notice:not(:has-text('enrolled'))")  # it counts anew
    page.wait_for_function("document.querySelectorAll('#pv-chat .bot .pv-evidence').length === 2")
    assert not page.locator("#pv-chat .pv-answer").last.inner_text().startswith("Yes")
    page.click("#pv-chat .pv-corrected [data-undo]")
    page.wait_for_selector("#pv-chat .pv-corrected:has-text('Taken back')")  # and the answer that came of it goes
    page.wait_for_function("[...document.querySelectorAll('#pv-chat .pv-answer')].pop().innerText.startsWith('Yes')")
    page.wait_for_function("document.querySelectorAll('#pv-chat .bot .pv-evidence').length === 2")
    page.locator("#pv-chat .pv-turn").last.locator("summary").first.click()
    page.locator("#pv-chat .pv-turn").last.locator(".pv-button:has-text('That is not Ana')").click()
    page.wait_for_function("document.querySelectorAll('#pv-chat .bot .pv-evidence').length === 3")
    page.locator("#pv-chat .pv-turn").last.locator("summary").first.click()
    page.locator("#pv-chat .pv-turn").last.locator(".pv-point summary").click()
    page.locator("#pv-chat .pv-turn").last.locator(".pv-face").first.click()
    page.wait_for_selector("#pv-chat .pv-corrected:has-text('Noted: that is Ana')")
    page.wait_for_function("document.querySelectorAll('#pv-chat .bot .pv-evidence').length === 4")
    assert page.locator("#pv-chat .pv-answer").last.inner_text().startswith("Yes")


def test_a_reload_keeps_clip_and_conversation(page, party: Path) -> None:
    show(page, party)
    ask(page, "Is Ana there?")
    page.reload()
    tab(page, "Chat")
    page.wait_for_selector("#pv-chat-player figcaption:has-text('party.mp4')")
    page.wait_for_selector("#pv-chat .user")
    assert page.locator("#pv-chat .user").all_inner_texts() == ["Is Ana there?"]
    page.wait_for_selector("#pv-chat-file :text('party')")
    assert ask(page, "and what is she wearing?").startswith("Ana")  # the question before is known still
    page.locator("#pv-chat-file button[aria-label='Clear'], #pv-chat-file [title='Clear']").first.click()
    page.wait_for_selector("#pv-chat .pv-gone")


def test_another_tab_begins_anew(page, served, party: Path) -> None:
    show(page, party)
    ask(page, "Is Ana there?")
    other = open_page(*served)
    tab(other, "Chat")
    other.wait_for_timeout(800)
    assert other.locator("#pv-chat .pv-turn").count() == 0
    other.close()


def test_a_reload_while_a_clip_is_looked_at_loses_no_answer(page, studio: Scenery, monkeypatch) -> None:
    gate, recognise = threading.Event(), studio.recognise
    monkeypatch.setattr(
        "pvchat.perception.analysis.recognise", lambda *given, **more: gate.wait(60) and recognise(*given, **more)
    )
    tab(page, "Chat")
    see(page, "chat", studio.clip("late", ANA))
    page.wait_for_selector("#pv-chat-player figcaption:has-text('late.mp4')")
    page.fill("#pv-question textarea", "Is Ana there?")
    page.press("#pv-question textarea", "Enter")
    page.wait_for_selector("#pv-chat .pv-wait")
    page.reload()
    tab(page, "Chat")
    page.wait_for_selector("#pv-chat .pv-wait")
    page.wait_for_timeout(500)
    gate.set()
    page.wait_for_selector("#pv-chat .pv-answer:has-text('Yes, Ana')")
    page.wait_for_selector("#pv-chat-note .pv-notice:has-text('found')")


@pytest.mark.parametrize(
    ("values", "left"),
    [
        ([(1, "a", "a"), (2, "ab", "b")], ["a1", "b2"]),
        ([(1, "a", "a"), (3, "ab", "b"), (2, "a", "a")], ["a2", "b3"]),  # overtaken: takes no question back
        ([(1, "a", "a"), (3, "ab", "ab"), (2, "a", "a")], ["a3", "b3"]),  # nor an answer
        ([(1, "ab", "ab"), (3, "", ""), (2, "ab", "b")], []),
    ],
)
def test_what_was_overtaken_takes_nothing_back(served, values, left) -> None:
    script = (files("pvchat_app") / "conversation.js").read_text(encoding="utf-8")
    page = served[0].new_page()
    page.set_content('<div id="at"><div class="pv-log"></div></div>')
    said = [
        {"number": n, "keys": list(keys), "turns": {k: f'<p data-turn="{k}">{k}{n}</p>' for k in turns}}
        for n, keys, turns in values
    ]
    page.evaluate(
        """([script, values]) => {
          const props = { value: null }; let draw;
          new Function("element", "props", "watch", "trigger", script)(at, props, (_, call) => { draw = call; });
          for (const value of values) { props.value = value; draw(); }
        }""",
        [script, said],
    )
    assert page.locator(".pv-log > p").all_inner_texts() == left
    page.close()
