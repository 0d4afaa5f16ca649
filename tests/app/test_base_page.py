"""A base behind `pvchat serve`: it really generates, its words come in pieces, and pass by page and API.

A tiny base is taught to say one answer to whatever it is shown, so that what reaches the page went the whole way:
prompt, generation token by token, the guard, the stream.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from gradio_client import handle_file
from make_app import ANA, BEN, Scenery, api_client, make_backend, ready, running, session_asking
from make_bases import save_base
from make_browser import answered, open_page, see, show

from pvchat import PVChat
from pvchat.bases.loading import load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import BasePrompt, inputs_of
from pvchat.bases.sources import read_source
from pvchat.config import Settings

SAID = "She is riding a bike. Her hat looks red."  # no word twice: a tiny base loses its place
TOLD = "Ana is riding a bike. Her hat looks red."
STEPS = 80


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny base that says `SAID`: about five processor seconds."""
    folder = save_base("llava_onevision", tmp_path_factory.mktemp("speaking") / "tiny-base", words=(SAID,))
    base = load_base(read_source(str(folder)), dtype=torch.float32)
    optimizer = torch.optim.AdamW(base.model.requires_grad_(True).parameters(), lr=1e-2)
    rng = np.random.default_rng(0)
    for step in range(STEPS):
        shown = Visuals(rng.integers(0, 255, (6, 32, 32, 3), np.uint8), np.arange(6, dtype=np.float32) / 4)
        crop = rng.integers(0, 255, (20, 20, 3), np.uint8) if step % 2 else None
        words = "".join(chr(c) for c in rng.integers(97, 123, rng.integers(80)))  # about all lengths of a prompt
        asked = BasePrompt("What is Ana doing?", measured=words)
        made = inputs_of(base, Visuals(shown.frames, shown.times, crop=crop), asked, SAID)
        optimizer.zero_grad()
        base.model(**made, use_cache=False).loss.backward()
        optimizer.step()
    base.model.save_pretrained(folder)
    return folder


@pytest.fixture
def chat(scenery: Scenery, speaking: Path) -> PVChat:
    """PVChat that speaks through it, with Ana enrolled."""
    chat = PVChat(Settings(device="cpu", model=str(speaking)))
    chat.enroll(scenery.clip("ana", ANA), "Ana")
    return chat


def test_a_turn_grows_word_by_word(chat: PVChat, party: Path) -> None:
    """What the desk yields is what the page draws."""
    backend = make_backend(chat)
    try:
        session = session_asking(backend, party)
        seen = [turn.text for turn in backend.ask(session, "What is Ana doing?")]
    finally:
        backend.jobs.close()
        backend.sessions.close()
    assert seen[-1] == TOLD
    grown = list(dict.fromkeys(text for text in seen if text))
    assert len(grown) > 5
    assert all(after.startswith(before) for before, after in zip(grown, grown[1:], strict=False))


def test_the_endpoints_speak_through_it(chat: PVChat, party: Path, scenery: Scenery) -> None:
    with running(ready(chat)) as (_, url):
        client = api_client(url)
        answer = client.predict(handle_file(str(party)), "What is Ana doing?", api_name="/ask")
        assert answer["answer"] == TOLD
        assert 0 < answer["timing"]["first_token_s"] < answer["timing"]["total_s"]
        absent = client.predict(handle_file(str(scenery.clip("ben", BEN))), "What is Ana doing?", api_name="/ask")
        assert "not in this video" in absent["answer"]
        assert "bike" not in absent["answer"]


@pytest.mark.browser
def test_the_page_speaks_through_it(chromium, chat: PVChat, party: Path) -> None:
    """The answer's text is drawn while it grows, and stands whole at the end."""
    with running(ready(chat)) as (_, url):
        page = open_page(chromium, url)
        show(page, party)
        page.evaluate("""() => {
            window.drawn = [];
            new MutationObserver(() => {
                const all = document.querySelectorAll('#pv-chat .pv-answer');
                if (all.length) window.drawn.push(all[all.length - 1].textContent.trim());
            }).observe(document.querySelector('#pv-chat'), {childList: true, subtree: true, characterData: true});
        }""")
        page.fill("#pv-question textarea", "What is Ana doing?")
        page.press("#pv-question textarea", "Enter")
        assert answered(page, 0) == TOLD
        grown = {text for text in page.evaluate("window.drawn") if text and TOLD.startswith(text)}
        assert len(grown) > 1, grown
        page.close()


@pytest.mark.browser
def test_a_training_is_offered_survives_a_reload_and_is_cancelled(
    chromium, chat: PVChat, scenery: Scenery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where a base answers; the shipped model takes an instant enrollment."""

    def deepen(self, clip, person, track=None, stop=None, progress=None):
        progress("training on stills", 1, 9)
        stop.wait(300)
        return person

    monkeypatch.setattr(PVChat, "deepen", deepen)
    with running(ready(chat)) as (_, url):
        page = open_page(chromium, url)
        assert not page.is_visible("#pv-depth")  # before a clip is there
        see(page, "enroll", scenery.clip("ben", BEN))
        page.wait_for_selector("#pv-subjects .pv-subject")
        page.get_by_label("Name", exact=True).first.fill("Ben")
        page.get_by_label("This person has agreed").check()
        page.get_by_label("Instant, then deep").check()
        page.click("#pv-enroll")
        page.wait_for_selector("#pv-enroll-result .pv-good")
        page.wait_for_selector("#pv-jobs [role=progressbar]")
        page.reload()
        page.wait_for_selector("#pv-jobs [role=progressbar]")
        assert "Ben" in page.inner_text("#pv-jobs")
        page.click("#pv-jobs [data-cancel]")
        page.wait_for_selector("#pv-jobs .pv-tag:has-text('stopped')")
        page.close()
