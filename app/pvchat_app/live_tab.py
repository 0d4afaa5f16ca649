"""The live tab: a camera's last picture, who is there now, the last events; start and stop.

In: a `Backend`. Out: Gradio components and their events. The tab exists only where the server can be reached from this
machine alone; only cameras that were added (in the Library tab, or by `pvchat library add rtsp://…`) can be watched.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from pvchat.chat.english import STRANGER
from pvchat.errors import PVChatError
from pvchat.storage import library as storage
from pvchat_app import cards
from pvchat_app.backend import Backend
from pvchat_app.page_events import QUICK, outcome
from pvchat_app.wording import counted, escape

if TYPE_CHECKING:
    from pvchat.library.live.live import Live

POLL_S = 2.0
MAX_EVENTS = 12  # events that are listed
_NONE = "No camera was added yet. Add one in the Library tab by its address, such as rtsp://camera."
_IDLE = "This camera isn’t watched: press Watch."


@dataclass
class Cameras:
    """The cameras that this server watches."""

    backend: Backend
    watched: dict[str, Live] = field(default_factory=dict)
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> list[tuple[str, str]]:
        """The cameras that were added: the name to show, and the address without its password."""
        if not self.backend.engine.ready or not storage.exists(self.backend.engine.people.root):
            return []
        cameras = self.backend.engine.chat.library.cameras()
        return [(f"{place} ({address})" if place else address, address) for address, place in cameras]

    def first(self, names: list[tuple[str, str]]) -> str | None:
        """The camera of `names` to show first: the newest one that is watched, else the newest one."""
        addresses = [address for _, address in names]
        return next(reversed([one for one in addresses if one in self.watched] or addresses), None)

    def start(self, camera: str) -> None:
        """Watch a camera, unless it is watched already; raises PVChatError where it was never added."""
        if camera not in [address for _, address in self.names()]:
            raise PVChatError("pick a camera that was added.", hint=_NONE)
        with self._changing:
            live = self.watched.get(camera)
            if live is None or not live.status().running:
                self.watched[camera] = self.backend.engine.chat.library.live(camera)
                self.watched[camera].start()

    def stop(self, camera: str) -> None:
        """Stop watching a camera."""
        with self._changing:
            if (live := self.watched.pop(camera, None)) is not None:
                live.stop()

    def stop_all(self) -> None:
        """Stop watching every camera: the server stops."""
        for camera in list(self.watched):
            self.stop(camera)

    def as_html(self, camera: str | None) -> tuple[str, str]:
        """Picture and state of a camera, and the last events, as HTML."""
        live, events = self.watched.get(camera or ""), ""
        if self.names():
            last = self.backend.engine.chat.library.events.last(MAX_EVENTS)
            rows = "".join(
                f"<tr><td>{escape(row['at'][:19].replace('T', ' '))}</td><td>{escape(row['text'])}</td></tr>"
                for row in sorted(last, key=lambda row: row["at"], reverse=True)
            )
            head = "<thead><tr><th>When</th><th>What</th></tr></thead>"
            events = f"<table>{head}<tbody>{rows}</tbody></table>"
            events = events if rows else cards.placeholder("Nothing happened yet.")
        return cards.placeholder(_IDLE if camera else _NONE) if live is None else _now(live), events


class LiveTab:
    """The tab's components, laid out and connected; the public methods are events."""

    def __init__(self, backend: Backend, tab: gr.Tab) -> None:
        self.cameras = Cameras(backend)
        backend.ends.append(self.cameras.stop_all)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=300):
                self.now = gr.HTML("", elem_id="pv-live-now")
            with gr.Column(scale=1, min_width=280):
                self._lay_out_controls()
        self.timer = gr.Timer(POLL_S, active=False)
        self._connect(tab)

    def _lay_out_controls(self) -> None:
        self.picked = gr.Dropdown([], label="Camera", elem_id="pv-live-camera", filterable=False)
        with gr.Row():
            self.watch_button = gr.Button("Watch", variant="primary", elem_id="pv-live-start")
            self.stop_button = gr.Button("Stop", elem_id="pv-live-stop")
        self.note = gr.HTML("", elem_id="pv-live-note")
        self.events = gr.HTML("", elem_id="pv-live-events")

    def _connect(self, tab: gr.Tab) -> None:
        shown = [self.now, self.events, self.watch_button, self.stop_button, self.timer]  # what `redraw` fills
        tab.select(self.show, None, [self.picked, *shown], **QUICK)
        self.watch_button.click(self.watch, self.picked, [self.note, *shown], **QUICK)
        self.stop_button.click(self.stop, self.picked, [self.note, *shown], **QUICK)
        gr.on([self.timer.tick, self.picked.change], self.redraw, self.picked, shown, **QUICK)

    def show(self) -> tuple[Any, ...]:
        """Fill the tab when it is opened."""
        names = self.cameras.names()
        first = self.cameras.first(names)
        return gr.Dropdown(choices=names, value=first), *self.redraw(first)

    def watch(self, camera: str | None) -> tuple[Any, ...]:
        """Start to watch the camera that is picked."""
        return outcome(lambda: self.cameras.start(camera or "")), *self.redraw(camera)

    def stop(self, camera: str | None) -> tuple[Any, ...]:
        """Stop watching the camera that is picked."""
        self.cameras.stop(camera or "")
        return "", *self.redraw(camera)

    def redraw(self, camera: str | None) -> tuple[Any, ...]:
        """A camera's picture, the events, what can be pressed, and the timer that looks for news meanwhile."""
        live = self.cameras.watched.get(camera or "")
        watch = gr.Button(interactive=bool(camera) and (live is None or not live.status().running))
        timer = gr.Timer(active=bool(self.cameras.watched))
        return *self.cameras.as_html(camera), watch, gr.Button(interactive=live is not None), timer


def _now(live: Live) -> str:
    """The last picture, who is there, and the state of the connection."""
    status, picture = live.status(), live.picture()
    who = ", ".join(name or STRANGER for name in status.who) or "Nobody is there."
    if status.failed or not status.running:
        state = f"Watching ended. {status.failed}".strip()
    elif not status.connected:
        state = f"Not connected: {status.problem or 'no picture yet.'}"
    else:
        lost = f"{counted(status.dropped, 'picture')} skipped, {counted(status.breaks, 'break')} of the connection"
        lost += f"; {status.unsaved}" if status.unsaved else ""
        state = f"{status.latency_s:.1f} s behind the camera; {lost}."
    image = f'<img src="{cards.data_url(picture)}" alt="The last picture">' if picture else ""
    return f'<figure class="pv-player">{image}<figcaption><b>{escape(who)}</b>{escape(state)}</figcaption></figure>'
