"""A video of the library in the page's player, from a moment.

In: a click on a button with `data-play` ("clip:seconds"). Out: HTML. A browser names a number, never a path: what isn't
a video of the library is played for nobody. A small copy, where the browser needs one, lies in the session's folder.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat import video
from pvchat_app import cards, evidence, librarycards
from pvchat_app.desk import Desk
from pvchat_app.page_events import sent
from pvchat_app.sessions import Session


class Player:
    """Plays videos of a desk's library; `play` is an event."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def play(self, event: gr.EventData, request: gr.Request) -> Any:
        """A time was clicked: its video plays from there."""
        clip, _, seconds = sent(event, "play").partition(":")
        if not clip.isdigit():
            return gr.skip()
        try:
            return self.show(self.desk.sessions.asking(request), int(clip), float(seconds))
        except Exception as error:
            return cards.error_card(error)

    def show(self, session: Session, clip: int, at_s: float) -> str:
        """A video of the library in a player, behind a link of this session.

        Raises:
            PVChatError, OSError: it is no video of the library, or its file is gone.
        """
        chat = self.desk.engine.chat
        path, config = Path(chat.library.file_of(clip)), chat.settings.video
        folder = session.made_folder() / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        file, media = evidence.playable(path, video.probe(path, config), config, folder)
        return librarycards.player(session.link_once(file, media), media, path.name, at_s)
