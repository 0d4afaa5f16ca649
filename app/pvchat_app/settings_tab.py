"""The settings tab: which model answers and whether it fits here; voice; look.

In: a `Backend`. Out: Gradio components and their events. A browser can pick presets, models under `$PVCHAT_HOME/models`
and the one that `serve` was started with; only a browser on this machine can name another folder. Voice and look
are stored in the browser (settings.js).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from pvchat.bases.sizes import fitting_size
from pvchat.bases.sources import list_bases, read_source
from pvchat.chat.english import wording
from pvchat.config import Settings, home
from pvchat.errors import SettingsError
from pvchat.model.config import list_models
from pvchat.runtime import best_dtype
from pvchat.schemas import Progress
from pvchat_app import cards
from pvchat_app.backend import Backend
from pvchat_app.hearing import hearing_off
from pvchat_app.page_events import MODEL, QUICK, Updates, with_progress

_OWN = "PVChat's own model: runs on any laptop, and nothing is fetched for it."
_HUB = "It is fetched from the hub where it isn't on this machine."
_KEYS = "Press ? anywhere to see the keys."
_FITS = {True: "It fits here.", False: "It doesn't fit here.", None: ""}


class SettingsTab:
    """The tab's components, laid out and connected; `local`: whoever uses the page sits at this machine."""

    def __init__(self, backend: Backend, tab: gr.Tab, local: bool) -> None:
        self.backend = backend
        self._silenced = False  # on this page; with `serve --no-voice` there is nothing to switch
        picked = gr.Dropdown([], label="Model that answers", elem_id="pv-model", filterable=False)
        takes = gr.HTML("", elem_id="pv-model-takes")
        folder = gr.Textbox(label="Or the folder of a model on this machine", max_lines=1, max_length=4096,
                            placeholder="~/models/my-base", elem_id="pv-model-folder", visible=local)  # fmt: skip
        use = gr.Button("Use this model", variant="primary", elem_id="pv-model-use")
        self.note = gr.HTML("", elem_id="pv-model-note")
        gr.HTML("<h3>Voice</h3>")
        listens = gr.Checkbox(label="Listen to videos", elem_id="pv-use-sound", visible=False,
                              info="For everybody who uses this page, until PVChat is started anew.")  # fmt: skip
        microphone = gr.Checkbox(label="A microphone in Chat", elem_id="pv-use-microphone",
                                 info="Your question is heard on this machine, and kept nowhere.")  # fmt: skip
        aloud = gr.Checkbox(label="Read answers aloud", elem_id="pv-use-aloud", info="By a voice of this machine.")
        voice = gr.HTML("", elem_id="pv-voice-note")
        gr.HTML("<h3>Look</h3>")
        dark = gr.Button("Light or dark", size="sm", elem_id="pv-dark")
        gr.HTML(f'<p class="pv-dim">{_KEYS}</p>')

        picked.change(lambda name: cards.notice(statement(backend, name or "")), picked, takes, **QUICK)
        inputs = [picked, folder] if local else picked  # elsewhere no folder reaches the server
        use.click(self.use, inputs, self.note, show_progress="hidden", **MODEL)
        for switch, name in ((microphone, "pv-mic"), (aloud, "pv-aloud")):
            switch.input(None, switch, None, js=f"(on) => window.pvPrefer('{name}', on)")
        dark.click(None, None, None, js="() => window.pvDark()")
        listens.input(self.listen, listens, voice, **QUICK)
        tab.select(self.show, None, [picked, listens, voice], **QUICK)
        tab.select(None, None, [microphone, aloud], js="() => window.pvPreferred()")

    def show(self) -> tuple[gr.Dropdown, gr.Checkbox, str]:
        """Update the models to pick, the switch for listening, and the reason if nothing can be heard.

        Doesn't wait for a model that is being loaded: then none is picked.
        """
        ready = self.backend.engine.ready
        settings = self.backend.engine.chat.settings if ready else Settings(model="")
        known = choices(settings.model)
        picked = next((name for name in known if known[name] == settings.model), None)
        listens = gr.Checkbox(value=settings.voice, visible=ready and (settings.voice or self._silenced))
        return gr.Dropdown(choices=list(known), value=picked), listens, self._why_unheard() if ready else ""

    def listen(self, on: bool) -> str:
        """Switch listening on or off; returns the reason if nothing can be heard."""
        engine = self.backend.engine
        if engine.chat.settings.voice or self._silenced:
            engine.listen_to_videos(on)
            self._silenced = not on
        return self._why_unheard()

    def _why_unheard(self) -> str:
        off = hearing_off(self.backend.engine.chat)
        return cards.notice(wording("sound", off) if off else "")

    def use(self, name: str | None, folder: str = "") -> Iterator[Updates]:
        """Load the model that was picked or named; until it is loaded, the one before answers."""
        named = Path((folder or "").strip()).expanduser()
        shown = named.name or name

        def work(_: Progress) -> Updates:
            known = choices(self.backend.engine.chat.settings.model)
            model = str(named.absolute()) if named.name else known.get(name or "")
            if model is None:
                raise SettingsError("pick a model first.", subject="")
            self.backend.engine.answer_by(model)
            return {self.note: cards.notice(f"{shown} answers now, for everybody who uses this page.", "good")}

        yield from with_progress(self.note, f"loading {shown}", work)


def choices(now: str) -> dict[str, str]:
    """The models that can be picked, by the name that the page shows (no paths); `now`: the one that answers, or ""."""
    own = sorted(str(path.parent) for path in (home() / "models").glob("*/config.json"))
    found = (*list_models(), *list_bases(), *own, *([now] if now else []))
    return {Path(model).name if Path(model).is_dir() else model: model for model in found}


def statement(backend: Backend, name: str) -> str:
    """How much memory a model needs and whether it fits here; found out without loading it."""
    model = choices(backend.engine.chat.settings.model).get(name, "")
    source = read_source(model) if model else None
    if source is None:
        return _OWN if model in list_models() else ""
    device = backend.engine.chat.networks.device
    size = fitting_size(source, str(best_dtype(device)).removeprefix("torch."), device)
    parts = [f"{size.summary}.", _FITS[size.fits], "" if source.local else _HUB]
    return " ".join(part for part in parts if part)
