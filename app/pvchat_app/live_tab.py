"""The live tab: a camera's last picture, who is there now, the last events; start and stop.

In: a `Desk`. Out: Gradio components and their events. It is there for this machine's owner alone (a server that only
this machine can reach), and only cameras that were added (here, or by `pvchat library add rtsp://…`) can be watched.
"""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from pvchat.errors import PVChatError
from pvchat.storage import library as storage
from pvchat.video import is_address
from pvchat_app import cards
from pvchat_app.desk import Desk
from pvchat_app.page_events import QUICK
from pvchat_app.wording import escape

if TYPE_CHECKING:
    from pvchat.library.live.live import Live

POLL_S = 2.0
LAST = 12  # events that are listed
_NONE = "No camera was added yet. Add one by its address, such as rtsp://camera."
_IDLE = "This camera isn’t watched: press Watch."


@dataclass
class Cameras:
    """The cameras that this server watches."""

    desk: Desk
    watched: dict[str, Live] = field(default_factory=dict)
    _changing: threading.Lock = field(default_factory=threading.Lock)

    def names(self) -> list[tuple[str, str]]:
        """What the cameras that were added are called, and their addresses without passwords."""
        if not self.desk.engine.ready or not storage.exists(self.desk.engine.people.root):
            return []
        cameras = self.desk.engine.chat.library.cameras()
        return [(f"{place} ({address})" if place else address, address) for address, place in cameras]

    def first(self, names: list[tuple[str, str]]) -> str | None:
        """The camera that is shown first, of `names`: the newest, of those that are watched if any is."""
        addresses = [address for _, address in names]
        return next(reversed([one for one in addresses if one in self.watched] or addresses), None)

    def add(self, address: str, place: str) -> None:
        """Add a camera; raises PVChatError where that is no address of one."""
        if not is_address(address := (address or "").strip()):
            raise PVChatError("this is no camera’s address.", subject=address, hint="Write rtsp://… or http://…")
        self.desk.engine.chat.library.add([address], (place or "").strip() or None)

    def start(self, camera: str) -> None:
        """Watch a camera, if nobody does; raises PVChatError where it was never added."""
        if camera not in [address for _, address in self.names()]:
            raise PVChatError("pick a camera that was added.", hint=_NONE)
        with self._changing:
            live = self.watched.get(camera)
            if live is None or not live.status().running:
                self.watched[camera] = self.desk.engine.chat.library.live(camera)
                self.watched[camera].start()

    def stop(self, camera: str) -> None:
        """Don't watch a camera any more."""
        with self._changing:
            if (live := self.watched.pop(camera, None)) is not None:
                live.stop()

    def end(self) -> None:
        """Stop all: the server ends."""
        for camera in list(self.watched):
            self.stop(camera)

    def as_html(self, camera: str | None) -> tuple[str, str]:
        """Picture and state of a camera, and the last events, as HTML."""
        live = self.watched.get(camera or "")
        idle = cards.empty(_IDLE if camera else _NONE)
        return _now(live) if live is not None else idle, self._events()

    def _events(self) -> str:
        if not self.names():
            return ""
        rows = "".join(
            f"<tr><td>{escape(row['at'][:19].replace('T', ' '))}</td><td>{escape(row['text'])}</td></tr>"
            for row in reversed(self.desk.engine.chat.library.events.last(LAST))
        )
        head = "<thead><tr><th>When</th><th>What</th></tr></thead>"
        return f"<table>{head}<tbody>{rows}</tbody></table>" if rows else cards.empty("Nothing happened yet.")


def build(desk: Desk, tab: gr.Tab) -> Cameras:
    """Lay the tab out and connect it."""
    cameras = Cameras(desk)
    desk.ends.append(cameras.end)
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=300):
            now = gr.HTML("", elem_id="pv-live-now")
        with gr.Column(scale=1, min_width=280):
            picked = gr.Dropdown([], label="Camera", elem_id="pv-live-camera", filterable=False)
            with gr.Row():
                start = gr.Button("Watch", variant="primary", elem_id="pv-live-start")
                stop = gr.Button("Stop", elem_id="pv-live-stop")
            with gr.Accordion("Add a camera", open=False, elem_id="pv-live-add"):
                address = gr.Textbox(label="Address", max_lines=1, max_length=4096, placeholder="rtsp://…",
                                     elem_id="pv-live-address")  # fmt: skip
                place = gr.Textbox(label="Place (may be left empty)", max_lines=1, max_length=80,
                                   placeholder="kitchen", elem_id="pv-live-place")  # fmt: skip
                add = gr.Button("Add", elem_id="pv-live-add-button")
            note = gr.HTML("", elem_id="pv-live-note")
            events = gr.HTML("", elem_id="pv-live-events")
    timer = gr.Timer(POLL_S, active=False)

    def come() -> tuple[Any, ...]:
        """The tab is looked at."""
        names = cameras.names()
        first = cameras.first(names)
        timer = gr.Timer(active=bool(cameras.watched))
        usable = gr.Button(interactive=bool(names))
        return gr.Dropdown(choices=names, value=first), usable, usable, *cameras.as_html(first), timer

    def change(camera: str | None, begin: bool) -> tuple[Any, ...]:
        """Start or stop."""
        try:
            (cameras.start if begin else cameras.stop)(camera or "")
        except Exception as error:
            return cards.error_card(error), *cameras.as_html(camera), gr.Timer(active=bool(cameras.watched))
        return "", *cameras.as_html(camera), gr.Timer(active=bool(cameras.watched))

    def take(address: str, place: str) -> tuple[Any, ...]:
        """A camera is added."""
        try:
            cameras.add(address, place)
        except Exception as error:
            return cards.error_card(error), address, place, *come()
        return cards.notice("The camera is added: press Watch.", "good"), "", "", *come()

    shown = [picked, start, stop, now, events, timer]
    tab.select(come, None, shown, **QUICK)
    gr.on([add.click, address.submit, place.submit], take, [address, place], [note, address, place, *shown], **QUICK)
    outputs = [note, now, events, timer]
    start.click(lambda camera: change(camera, True), picked, outputs, **QUICK)
    stop.click(lambda camera: change(camera, False), picked, outputs, **QUICK)
    for event in (timer.tick, picked.change):
        event(cameras.as_html, picked, [now, events], **QUICK)
    return cameras


def _now(live: Live) -> str:
    """The last picture, who is there, and how it goes."""
    status, picture = live.status(), base64.b64encode(live.picture()).decode()
    who = ", ".join(name or "somebody I don't know" for name in status.who) or "Nobody is there."
    if status.failed or not status.running:
        state = f"Watching ended. {status.failed}".strip()
    elif not status.connected:
        state = f"Not connected: {status.problem or 'no picture yet.'}"
    else:
        state = f"{status.latency_s:.1f} s behind; {status.dropped} samples dropped, {status.breaks} breaks."
    image = f'<img src="data:image/jpeg;base64,{picture}" alt="The last picture">' if picture else ""
    return f'<figure class="pv-player">{image}<figcaption><b>{escape(who)}</b><br>{escape(state)}</figcaption></figure>'
