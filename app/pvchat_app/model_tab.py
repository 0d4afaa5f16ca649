"""The settings tab: which model answers, what it takes, whether that fits here and how fast it will be.

In: a `Desk`. Out: Gradio components and their events. Only what this machine's owner put there can be picked: presets,
models under `$PVCHAT_HOME/models`, and the one that `serve` was started with; a browser names no folder and no hub id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat.bases.models import USABLE
from pvchat.bases.sizes import fitting_size
from pvchat.bases.sources import list_bases, read_source
from pvchat.config import home
from pvchat_app import cards
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import MODEL, QUICK
from pvchat_app.progress import watched

_OWN = "PVChat's own model: runs on any laptop, needs no hub."
_HUB = "It is fetched from the hub where it isn't on this machine."
_FITS = {True: "It fits here.", False: "It doesn't fit here.", None: ""}


def build(desk: Desk, tab: gr.Tab) -> None:
    """Lay the tab out and connect it."""
    picked = gr.Dropdown([], label="Model that answers", elem_id="pv-model", filterable=False)
    takes = gr.HTML("", elem_id="pv-model-takes")
    use = gr.Button("Answer by this model", variant="primary", elem_id="pv-model-use")
    note = gr.HTML("", elem_id="pv-model-note")
    dark = gr.Button("Light or dark", size="sm", elem_id="pv-dark")
    dark.click(None, None, None, js="() => window.pvDark()")
    picked.change(lambda name: cards.notice(statement(desk, name or "")), picked, takes, **QUICK)
    use.click(_using(desk), picked, note, show_progress="hidden", **MODEL)
    tab.select(lambda: offered(desk), None, picked, **QUICK)


def offered(desk: Desk) -> gr.Dropdown:
    """The models that can be picked; the one that answers is. Waits for nothing: while that loads, none is."""
    now = desk.engine.chat.settings.model if desk.engine.ready else ""
    known = choices(now)
    return gr.Dropdown(choices=list(known), value=next((name for name in known if known[name] == now), None))


def choices(now: str) -> dict[str, str]:
    """The models that can be picked as `--model` takes them, by what they are called on the page: no paths.

    Args:
        now: the one that answers; "" for none yet.
    """
    own = sorted(str(path.parent) for path in (home() / "models").glob("*/config.json"))
    found = (*USABLE, *list_bases(), *own, *([now] if now else []))
    return {Path(model).name if Path(model).is_dir() else model: model for model in found}


def statement(desk: Desk, name: str) -> str:
    """What a model takes, and whether it fits here; nothing is loaded for it."""
    model = choices(desk.engine.chat.settings.model).get(name, "")
    source = read_source(model) if model else None
    if source is None:
        return _OWN if model in USABLE else ""
    from pvchat.runtime import best_dtype

    device = desk.engine.chat.networks.device
    size = fitting_size(source, str(best_dtype(device)).removeprefix("torch."), device)
    told = [f"{size.summary}.", _FITS[size.fits], "" if source.local else _HUB]
    return " ".join(part for part in told if part)


def _using(desk: Desk) -> Callable[[str | None], Iterator[Any]]:
    def use(name: str | None) -> Iterator[Any]:
        """Load the model that was picked; until then, and where it can't be, the one before answers."""
        try:
            model = choices(desk.engine.chat.settings.model).get(name or "")
            if model is None:
                yield cards.notice("Pick a model first.", "error")
                return
            yield from watched(f"loading {name}", lambda tell: desk.engine.answer_by(model))
        except Exception as error:  # a base of somebody else's: anything may be wrong with it
            yield cards.error_card(error)
            return
        yield cards.notice(f"{name} answers now, for everybody who uses this page.", "good")

    return use
