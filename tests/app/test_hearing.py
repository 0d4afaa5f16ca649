"""What is said in a clip, in Chat: listened to on demand, stopped, searched, played; and a question by voice."""

from __future__ import annotations

import base64
import re
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import make_clips
import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_app import ANA, Scenery, built, upload, wait_for
from make_browser import ask, see, show, tab
from pvchat_app.backend import Backend
from pvchat_app.chat_tab import ChatTab
from pvchat_app.hearing import spoken_question, words_card

from pvchat import video
from pvchat.errors import SettingsError, VideoReadError, WeightsError
from pvchat.schemas import SAMPLE_RATE, Sound, SpokenWord, Utterance
from pvchat.service.hearing import SpokenLine

PAGE = SimpleNamespace(session_hash="one")
NASTY = "<img src=x onerror=alert(1)>${7*7}"
COFFEE = Utterance(0.2, 0.9, (SpokenWord("Coffee", 0.2, 0.5), SpokenWord("please.", 0.5, 0.9)), track=0)
MORNING = Utterance(1.0, 1.4, (SpokenWord("Morning!", 1.0, 1.4),), unseen=True)


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Experts that hear the same two sentences in every clip, once they are let."""
    go = threading.Event()

    def listen(*given: Any) -> Sound:
        while not go.is_set():
            given[-1]("listening", 0.0, 1.5)
            go.wait(0.02)
        return Sound("heard", (COFFEE, MORNING))

    monkeypatch.setattr("pvchat.perception.sound.listening.listen", listen)
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: [])
    return go


def sounding(scenery: Scenery, name: str = "sounding") -> Path:
    """A clip with a sound track that shows Ana."""
    path = make_clips.with_sound(scenery.folder / f"{name}.mp4")
    scenery.known[video.content_key(path)] = make_analysis(make_track(ANA), key=video.content_key(path))
    return path


def shown(tab: ChatTab) -> tuple[str, bool]:
    """The words, and whether the Listen button is shown."""
    updates = tab.show_words(PAGE)
    return updates[tab.words], updates[tab.listen].visible


def test_a_clip_is_listened_to_when_somebody_asks(backend: Backend, scenery: Scenery, hears: threading.Event) -> None:
    session, tab = backend.sessions.of("one"), built(ChatTab, backend)
    assert shown(tab) == ("", False)  # no clip
    session.keep(backend.receive(session, upload(backend, scenery.clip("silent", ANA))))
    assert shown(tab) == ("", False)
    session.keep(backend.receive(session, upload(backend, sounding(scenery))))
    assert shown(tab) == ("", True)
    hears.set()
    *_, last = tab.listen_to_clip(PAGE)
    words = last[tab.words]
    assert last[tab.listen].visible is False
    assert "<b>Ana</b> <span>Coffee please.</span>" in words
    assert "<b>not seen</b> <span>Morning!</span>" in words
    assert shown(tab) == (words, False)  # of a page that comes anew: nothing is heard twice


def test_listening_is_stopped_by_cancel(backend: Backend, scenery: Scenery, hears: threading.Event) -> None:
    session, tab = backend.sessions.of("one"), built(ChatTab, backend)
    session.keep(backend.receive(session, upload(backend, sounding(scenery))))
    running = tab.listen_to_clip(PAGE)
    next(running)
    bar = next(running)[tab.words]
    assert "pv-progress" in bar
    backend.cancellable.cancel(re.search('data-cancel="(.+?)"', bar)[1])
    *_, last = running
    assert "Stopped" in last[tab.words]
    assert shown(tab) == ("", True)
    hears.set()
    *_, last = tab.listen_to_clip(PAGE)
    assert "Coffee" in last[tab.words]


@pytest.mark.parametrize(("voice", "silent"), [(False, False), (True, True)])
def test_what_was_heard_before_is_listed_only_where_hearing_is_on(
    backend: Backend, scenery: Scenery, voice: bool, silent: bool
) -> None:
    """Nor is it a problem that a clip was found to have no sound, as a question may have told before."""
    session, path = backend.sessions.of("one"), scenery.clip("silent", ANA) if silent else sounding(scenery)
    object.__setattr__(backend.engine.chat.settings, "voice", voice)
    clip = backend.receive(session, upload(backend, path))
    session.keep(clip)
    clip.analysis = replace(backend.analyse(clip), sound=Sound("none") if silent else Sound("heard", (COFFEE,)))
    assert shown(built(ChatTab, backend)) == ("", False)


@pytest.mark.parametrize(("missing", "voice", "why"), [
    (["words"], True, "pvchat doctor --fetch --voice"), ([], False, "switched off"),
])  # fmt: skip
def test_why_nothing_is_heard_is_said(
    backend: Backend, scenery: Scenery, hears: threading.Event, monkeypatch: pytest.MonkeyPatch, missing, voice, why
) -> None:
    chat, session = backend.engine.chat, backend.sessions.of("one")
    session.keep(backend.receive(session, upload(backend, sounding(scenery))))
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: missing)
    object.__setattr__(chat.settings, "voice", voice)
    hears.set()
    tab = built(ChatTab, backend)
    *_, last = tab.listen_to_clip(PAGE)
    assert why in last[tab.words]
    with pytest.raises(WeightsError if missing else SettingsError):
        spoken_question(chat, "")


def test_words_that_were_said_are_text() -> None:
    html = words_card([SpokenLine(0.0, 1.0, NASTY, "", NASTY), SpokenLine(61.0, 62.0, "#2", "", "Yes.")], "/files/x")
    assert "<img" not in html
    assert "${" not in html
    assert 'data-seek="61.00" data-clip="/files/x"' in html
    assert "<b>person 2</b> <span>Yes.</span>" in html
    assert "<b>somebody</b>" in words_card([SpokenLine(0.0, 1.0, "", "several", "Yes.")], "/files/x")


class Loud:
    """Hears speech where it is louder than something."""

    def __init__(self, than: float) -> None:
        self.than = than

    def restart(self) -> None:
        pass

    def probabilities(self, samples: Any) -> Any:
        return (np.abs(samples).reshape(-1, 512).max(1) > self.than).astype(np.float32)


class Question:
    """Hears the same words in whatever lasts for a second."""

    def words(self, samples: Any) -> list[SpokenWord]:
        return [SpokenWord(word, 0, 1) for word in ["Is", "Ana", "there?"]] if len(samples) > SAMPLE_RATE / 2 else []


def microphone(chat: Any, louder_than: float = 0.1) -> None:
    vars(chat.networks)["sound"] = SimpleNamespace(speech=Loud(louder_than), words=Question())


def recorded(*loud: tuple[float, float]) -> str:
    times = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    wave = sum((((times >= a) & (times < b)) * 9000 for a, b in loud), np.zeros(len(times)))
    return base64.b64encode(wave.astype("<i2").tobytes()).decode()


def test_a_spoken_question_becomes_text(backend: Backend, hears: threading.Event) -> None:
    microphone(backend.engine.chat)
    assert spoken_question(backend.engine.chat, recorded((0.5, 1.5))) == "Is Ana there?"
    with pytest.raises(VideoReadError, match="nobody was heard"):
        spoken_question(backend.engine.chat, recorded())


@pytest.mark.browser
def test_words_are_listed_searched_and_played(page, studio: Scenery, hears: threading.Event) -> None:
    show(page, sounding(studio))
    hears.set()
    page.click("#pv-listen")
    page.wait_for_selector("#pv-words li:has-text('Coffee please.')")
    assert not page.is_visible("#pv-listen")
    page.fill("#pv-words input", "MORN")
    assert page.locator("#pv-words li:visible").all_inner_texts()[0].endswith("Morning!")
    assert page.locator("#pv-words li:visible").count() == 1
    page.click("#pv-words li:visible .pv-time")
    page.wait_for_function("document.querySelector('#pv-chat-player video').currentTime >= 0.99")
    see(page, "chat", studio.clip("silent", ANA))
    page.wait_for_selector("#pv-words li", state="detached")


@pytest.mark.browser
def test_microphone_and_reading_aloud_are_off_until_settings_switch_them_on(
    page, one_server, studio: Scenery, hears: threading.Event
) -> None:
    microphone(one_server[0], louder_than=-1.0)  # the browser's made-up microphone beeps
    voice = "{ localService: true, lang: 'en-GB' }"
    page.evaluate(f"""window.spoken = []; Object.defineProperty(window, 'SpeechSynthesisUtterance', {{ value: class {{
      constructor(text) {{ this.text = text; }} }} }});
      speechSynthesis.getVoices = () => [{voice}]; speechSynthesis.speak = (one) => spoken.push(one.text);
      speechSynthesis.dispatchEvent(new Event('voiceschanged'));""")
    show(page, studio.clip("heard", ANA))
    assert not page.is_visible("#pv-microphone")
    ask(page, "Is Ana there?")
    tab(page, "Settings")
    page.get_by_label("A microphone in Chat").check()
    page.get_by_label("Read answers aloud").check()
    tab(page, "Chat")
    page.click("#pv-microphone button")
    page.wait_for_selector("#pv-microphone button:has-text('Stop')")
    page.wait_for_timeout(1500)
    page.click("#pv-microphone button")
    page.wait_for_function("document.querySelector('#pv-question textarea').value === 'Is Ana there?'")
    page.press("#pv-question textarea", "Enter")
    page.wait_for_function("window.spoken.length > 0")
    assert page.evaluate("spoken")[0].startswith("Yes, Ana is in this video")
    page.reload()
    page.wait_for_selector("#pv-microphone button", state="visible")
    wait_for(lambda: page.locator("#pv-chat .pv-turn").count() == 2)
