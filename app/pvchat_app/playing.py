"""A video of the library in the page's player, from a moment.

In: a click on a button with `data-play` ("clip:seconds"). Out: HTML. A browser names a number, never a path: what isn't
a video of the library is played for nobody. A small copy, where the browser needs one, lies in the session's folder.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from pvchat import video
from pvchat_app import cards, evidence, librarycards
from pvchat_app.desk import Desk
from pvchat_app.enroll_tab import sent
from pvchat_app.sessions import Session


def playing(desk: Desk) -> Callable[..., Any]:
    """What a click on a time does: its video plays from there."""

    def play(event: gr.EventData, request: gr.Request) -> Any:
        clip, _, seconds = sent(event, "play").partition(":")
        if not clip.isdigit():
            return gr.skip()
        try:
            return shown(desk, desk.sessions.asking(request), int(clip), float(seconds))
        except Exception as error:
            return cards.error_card(error)

    return play


def shown(desk: Desk, session: Session, clip: int, at_s: float) -> str:
    """A video of the library in a player, behind a link of this session.

    Raises:
        PVChatError, OSError: it is no video of the library, or its file is gone.
    """
    chat = desk.engine.chat
    path, config = Path(chat.library.file_of(clip)), chat.settings.video
    folder = session.made_folder() / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    file, media = evidence.playable(path, video.probe(path, config), config, folder)
    return librarycards.player(session.link_once(file, media), media, path.name, at_s)
