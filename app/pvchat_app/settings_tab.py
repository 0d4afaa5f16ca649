"""The settings tab: which model answers, what it takes and whether that fits here; voice; look and language.

In: a `Desk`. Out: Gradio components and their events. A browser picks what this machine's owner put there: presets,
models under `$PVCHAT_HOME/models`, and the one that `serve` was started with. A folder is named by whoever sits at this
machine only. Voice, look and language are kept in the browser (settings.js, language.js).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat.bases.models import USABLE
from pvchat.bases.sizes import fitting_size
from pvchat.bases.sources import list_bases, read_source
from pvchat.chat.english import wording
from pvchat.config import Settings, home
from pvchat.runtime import best_dtype
from pvchat_app import cards
from pvchat_app.desk import Desk
from pvchat_app.hearing import hearing_off
from pvchat_app.languages import LANGUAGES
from pvchat_app.page_events import MODEL, QUICK
from pvchat_app.progress import watched

_OWN = "PVChat's own model: runs on any laptop, and nothing is fetched for it."
_HUB = "It is fetched from the hub where it isn't on this machine."
_KEYS = "Press ? anywhere to see the keys."
_ENGLISH = "Labels, buttons and hints, in this browser. Questions are asked and answered in English."
_FITS = {True: "It fits here.", False: "It doesn't fit here.", None: ""}


class SettingsTab:
    """The tab's components, laid out and connected; `local`: whoever uses the page sits at this machine."""

    def __init__(self, desk: Desk, tab: gr.Tab, local: bool) -> None:
        self.desk = desk
        self._silenced = False  # on this page; who starts PVChat with --no-voice isn't asked again here
        picked = gr.Dropdown([], label="Model that answers", elem_id="pv-model", filterable=False)
        takes = gr.HTML("", elem_id="pv-model-takes")
        folder = gr.Textbox(label="Or the folder of a model on this machine", max_lines=1, max_length=4096,
                            placeholder="~/models/my-base", elem_id="pv-model-folder", visible=local)  # fmt: skip
        use = gr.Button("Answer by this model", variant="primary", elem_id="pv-model-use")
        note = gr.HTML("", elem_id="pv-model-note")
        gr.HTML("<h3 data-words>Voice</h3>")
        listens = gr.Checkbox(label="Listen to videos", elem_id="pv-use-sound", visible=False,
                              info="For everybody who uses this page, until PVChat is started anew.")  # fmt: skip
        microphone = gr.Checkbox(label="A microphone in Chat", elem_id="pv-use-microphone",
                                 info="Your question is heard on this machine, and kept nowhere.")  # fmt: skip
        aloud = gr.Checkbox(label="Read answers aloud", elem_id="pv-use-aloud", info="By a voice of this machine.")
        voice = gr.HTML("", elem_id="pv-voice-note")
        gr.HTML("<h3 data-words>Look and language</h3>")
        language = gr.Dropdown([(name, code) for code, name in LANGUAGES.items()], value=None, filterable=False,
                               label="Language of this page", info=_ENGLISH, elem_id="pv-language")  # fmt: skip
        dark = gr.Button("Light or dark", size="sm", elem_id="pv-dark")
        gr.HTML(f'<p class="pv-dim" data-words>{_KEYS}</p>')

        picked.change(lambda name: cards.notice(statement(desk, name or "")), picked, takes, **QUICK)
        inputs = [picked, folder] if local else picked  # elsewhere no folder reaches the server
        use.click(self.use, inputs, note, show_progress="hidden", **MODEL)
        for switch, name in ((microphone, "pv-mic"), (aloud, "pv-aloud")):
            switch.input(None, switch, None, js=f"(on) => window.pvPrefer('{name}', on)")
        language.input(None, language, None, js="(code) => window.pvSpeakIn(code)")
        dark.click(None, None, None, js="() => window.pvDark()")
        listens.input(self.listen, listens, voice, **QUICK)
        tab.select(self.show, None, [picked, listens, voice], **QUICK)
        kept = [microphone, aloud, language]
        tab.select(None, None, kept, js="() => [...window.pvPreferred(), window.pvLanguage()]")

    def show(self) -> tuple[gr.Dropdown, gr.Checkbox, str]:
        """The models that can be picked, whether videos are listened to, and why nothing can be heard.

        Waits for nothing: while a model loads, none is picked.
        """
        ready = self.desk.engine.ready
        settings = self.desk.engine.chat.settings if ready else Settings(model="")
        known = choices(settings.model)
        picked = next((name for name in known if known[name] == settings.model), None)
        listens = gr.Checkbox(value=settings.voice, visible=ready and (settings.voice or self._silenced))
        return gr.Dropdown(choices=list(known), value=picked), listens, self._why_unheard() if ready else ""

    def listen(self, on: bool) -> str:
        """Listen to videos from now on, or no longer; why nothing can be heard."""
        engine = self.desk.engine
        if engine.chat.settings.voice or self._silenced:
            engine.listen_to_videos(on)
            self._silenced = not on
        return self._why_unheard()

    def _why_unheard(self) -> str:
        off = hearing_off(self.desk.engine.chat)
        return cards.notice(wording("sound", off) if off else "")

    def use(self, name: str | None, folder: str = "") -> Iterator[Any]:
        """Load the model that was picked or named; until then, and where it can't be, the one before answers."""
        named = Path((folder or "").strip()).expanduser()
        try:
            model = choices(self.desk.engine.chat.settings.model).get(name or "")
            if (folder or "").strip():
                name, model = named.name, str(named.absolute())
            if model is None:
                yield cards.notice("Pick a model first.", "error")
                return
            yield from watched(f"loading {name}", lambda tell: self.desk.engine.answer_by(model))
        except Exception as error:  # a base of somebody else's: anything may be wrong with it
            yield cards.error_card(error)
            return
        yield cards.notice(f"{name} answers now, for everybody who uses this page.", "good")


def choices(now: str) -> dict[str, str]:
    """The models that can be picked, `now` answering ("": none), by what they are called on the page: no paths."""
    own = sorted(str(path.parent) for path in (home() / "models").glob("*/config.json"))
    found = (*USABLE, *list_bases(), *own, *([now] if now else []))
    return {Path(model).name if Path(model).is_dir() else model: model for model in found}


def statement(desk: Desk, name: str) -> str:
    """What a model takes, and whether it fits here; nothing is loaded for it."""
    model = choices(desk.engine.chat.settings.model).get(name, "")
    source = read_source(model) if model else None
    if source is None:
        return _OWN if model in USABLE else ""
    device = desk.engine.chat.networks.device
    size = fitting_size(source, str(best_dtype(device)).removeprefix("torch."), device)
    parts = [f"{size.summary}.", _FITS[size.fits], "" if source.local else _HUB]
    return " ".join(part for part in parts if part)
