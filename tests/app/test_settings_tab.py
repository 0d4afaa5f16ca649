"""Another model is picked on the page: what it takes is said first, it answers then, and a bad one changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from make_app import built
from make_bases import save_base
from pvchat_app import settings_tab
from pvchat_app.desk import Desk

from pvchat.bases import sizes
from pvchat.config import home


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny base among the models of this machine, from which no other weights are missing."""
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda: [])
    return save_base("llava_onevision", home() / "models" / "tiny-base")


def made(desk: Desk, local: bool = True) -> settings_tab.SettingsTab:
    def build() -> settings_tab.SettingsTab:
        with gr.Tab("Settings") as tab:
            return settings_tab.SettingsTab(desk, tab, local)

    return built(build)


def using(desk: Desk, local: bool = True) -> Callable[..., Iterator[Any]]:
    """The event of the button that loads a model."""
    return made(desk, local).use


def test_listening_is_switched_off_and_on_again(desk: Desk) -> None:
    """Not on where PVChat was started with --no-voice."""
    tab, chat = made(desk), desk.engine.chat
    assert (tab.show()[1].visible, tab.show()[1].value) == (True, True)
    assert "switched off" in tab.listen(False)
    assert (chat.settings.voice, chat.networks.settings.voice) == (False, False)
    assert (tab.show()[1].visible, tab.show()[1].value) == (True, False)
    assert "switched off" not in tab.listen(True)
    assert (chat.settings.voice, chat.networks.settings.voice) == (True, True)
    desk.engine.listen_to_videos(False)  # as one that was started so
    tab.listen(True)
    assert chat.settings.voice is False
    assert tab.show()[1].visible is False


def test_a_picked_base_answers(desk: Desk, tiny: str) -> None:
    before = desk.engine.chat
    assert set(settings_tab.choices("embedded")) == {"embedded", "smolvlm2-500m", "qwen3-vl-2b", "tiny-base"}
    told = list(using(desk)("tiny-base"))
    assert "tiny-base answers now" in told[-1]
    chat = desk.engine.chat
    assert chat is not before
    assert str(tiny.parent) not in "".join(told)  # nobody on the page is told where things lie
    assert chat.settings.model == str(tiny)
    assert chat.networks.narrator._base is not None  # loaded when it was picked, not at the first question
    assert chat.networks.experts is before.networks.experts
    assert [person.name for person in chat.people.all()] == ["Ana"]
    list(using(desk)("embedded"))
    assert desk.engine.chat.networks.narrator is None
    assert "pv-error" in list(using(desk)("embedded", str(tiny.parent / "nothing")))[-1]
    assert desk.engine.chat.networks.narrator is None
    assert "tiny-base answers now" in list(using(desk)("embedded", f" {tiny} "))[-1]  # by its folder
    assert desk.engine.chat.settings.model == str(tiny)


def test_what_it_takes_is_said_before(desk: Desk, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = settings_tab.statement(desk, tiny.name)
    assert "M parameters in" in told
    assert "It fits here." in told
    assert "fetched from the hub" in settings_tab.statement(desk, "smolvlm2-500m")
    monkeypatch.setattr(sizes, "_memory", lambda: 2_000_000_000)
    assert "It doesn't fit here." in settings_tab.statement(desk, "qwen3-vl-2b")
    assert "nothing is fetched" in settings_tab.statement(desk, "embedded")


@pytest.mark.parametrize("name", ["smolvlm2-500m", "hub:some/where", "/etc", "", None])
def test_what_can_not_be_loaded_leaves_the_one_before(desk: Desk, name: str | None) -> None:
    before = desk.engine.chat
    assert "pv-error" in list(using(desk)(name))[-1]
    assert desk.engine.chat is before


def test_a_damaged_base_is_told(desk: Desk, tiny: Path) -> None:
    (tiny / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    before = desk.engine.chat
    assert "pv-error" in list(using(desk)("tiny-base"))[-1]
    assert desk.engine.chat is before
