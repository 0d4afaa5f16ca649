"""Another model is picked on the page: what it takes is said first, it answers then, and a bad one changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from make_app import built
from make_bases import save_base
from pvchat_app import settings_tab
from pvchat_app.backend import Backend

from pvchat.bases import sizes
from pvchat.config import home


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny base among the models of this machine, from which no other weights are missing."""
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: [])
    return save_base("llava_onevision", home() / "models" / "tiny-base")


def made(backend: Backend, local: bool = True) -> settings_tab.SettingsTab:
    def build() -> settings_tab.SettingsTab:
        with gr.Tab("Settings") as tab:
            return settings_tab.SettingsTab(backend, tab, local)

    return built(build)


def using(backend: Backend, local: bool = True) -> Callable[..., Iterator[Any]]:
    """The event of the button that loads a model."""
    tab = made(backend, local)
    return lambda *given: [html for shown in tab.use(*given) for html in shown.values()]


def test_listening_is_switched_off_and_on_again(backend: Backend) -> None:
    """Not on where PVChat was started with --no-voice."""
    tab, chat = made(backend), backend.engine.chat
    assert (tab.show()[1].visible, tab.show()[1].value) == (True, True)
    assert "switched off" in tab.listen(False)
    assert (chat.settings.voice, chat.networks.settings.voice) == (False, False)
    assert (tab.show()[1].visible, tab.show()[1].value) == (True, False)
    assert "switched off" not in tab.listen(True)
    assert (chat.settings.voice, chat.networks.settings.voice) == (True, True)
    backend.engine.listen_to_videos(False)  # as one that was started so
    tab.listen(True)
    assert chat.settings.voice is False
    assert tab.show()[1].visible is False


def test_a_picked_base_answers(backend: Backend, tiny: str) -> None:
    before = backend.engine.chat
    assert set(settings_tab.choices("embedded")) == {"embedded", "smolvlm2-500m", "qwen3-vl-2b", "tiny-base"}
    told = list(using(backend)("tiny-base"))
    assert "tiny-base answers now" in told[-1]
    chat = backend.engine.chat
    assert chat is not before
    assert str(tiny.parent) not in "".join(told)  # nobody on the page is told where things lie
    assert chat.settings.model == str(tiny)
    assert chat.networks.narrator._base is not None  # loaded when it was picked, not at the first question
    assert chat.networks.experts is before.networks.experts
    assert [person.name for person in chat.people.all()] == ["Ana"]
    list(using(backend)("embedded"))
    assert backend.engine.chat.networks.narrator is None
    assert "pv-error" in list(using(backend)("embedded", str(tiny.parent / "nothing")))[-1]
    assert backend.engine.chat.networks.narrator is None
    assert "tiny-base answers now" in list(using(backend)("embedded", f" {tiny} "))[-1]  # by its folder
    assert backend.engine.chat.settings.model == str(tiny)


def test_what_it_takes_is_said_before(backend: Backend, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings_tab.statement(backend, tiny.name)
    assert "M parameters in" in told
    assert "It fits here." in told
    assert "fetched from the hub" in settings_tab.statement(backend, "smolvlm2-500m")
    monkeypatch.setattr(sizes, "_memory", lambda: 2_000_000_000)
    assert "It doesn't fit here." in settings_tab.statement(backend, "qwen3-vl-2b")
    assert "nothing is fetched" in settings_tab.statement(backend, "embedded")


@pytest.mark.parametrize("name", ["smolvlm2-500m", "hub:some/where", "/etc", "", None])
def test_what_can_not_be_loaded_leaves_the_one_before(backend: Backend, name: str | None) -> None:
    before = backend.engine.chat
    assert "pv-error" in list(using(backend)(name))[-1]
    assert backend.engine.chat is before


def test_a_damaged_base_is_told(backend: Backend, tiny: Path) -> None:
    (tiny / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    before = backend.engine.chat
    assert "pv-error" in list(using(backend)("tiny-base"))[-1]
    assert backend.engine.chat is before


@pytest.mark.browser
def test_a_browser_that_keeps_nothing_can_be_set_all_the_same(chromium) -> None:
    shown = chromium.new_page()
    shown.goto("data:text/html,")  # there, as where site data are blocked, localStorage throws
    assert shown.evaluate("Promise.resolve().then(() => localStorage).catch((error) => error.name)") == "SecurityError"
    shown.add_script_tag(content=(files("pvchat_app") / "settings.js").read_text("utf-8"))
    assert shown.evaluate("[pvPreferred(), pvDark(), document.body.classList.contains('dark')]") == [
        [False, False],
        None,
        False,
    ]
