"""The named endpoints: enroll, ask, ask_library, list_people, forget. For `gradio_client`; all that only ask for MCP.

In: a `Desk`. Out: JSON as the command line prints it with `--json`. A file that comes with a call is deleted when the
call is over; errors are one sentence with what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from pvchat.config import MAX_QUESTION
from pvchat.errors import PeopleError, VideoReadError
from pvchat.people.person import clean_name
from pvchat.people.store import describe
from pvchat.storage import temporary
from pvchat_app.conversation import keys_of
from pvchat_app.desk import Desk
from pvchat_app.wording import escape, explained_error

_MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}


def build(desk: Desk, mcp: bool) -> None:
    """Add the endpoints to the page that is being built; they show nothing.

    Args:
        desk: does the work.
        mcp: whether the page is also an MCP server: then only what asks and lists may be a tool, so that a language
            model can neither enroll nor forget anyone.
    """
    writing = "undocumented" if mcp else "public"  # callable by clients, no tool

    def enroll(clip: str, name: str, consent: bool = False, track: int = 0, replace: bool = False) -> dict[str, Any]:
        """Enroll the main person of a clip or photo.

        Args:
            clip: the video or photo.
            name: what the person is called in questions.
            consent: true says that the person has agreed to be enrolled; nobody is enrolled without.
            track: which person, from 1, when the clip has several; 0 takes the main one.
            replace: take the place of an enrolled person of that name.
        """
        with _uploaded(desk, clip):
            if not consent:
                raise PeopleError("consent is missing.", hint="Pass consent=True if the person has agreed.")
            if replace:
                desk.jobs.stop_person(clean_name(name))
            return describe(desk.engine.chat.enroll(clip, name, track=int(track) or None, replace=replace))

    def ask(clip: str, question: str) -> dict[str, Any]:
        """Answer a question about the people in a video or photo: who is there, what they wear, do, and where.

        Args:
            clip: the video or photo.
            question: in English; it names enrolled people as list_people tells them.
        """
        with _uploaded(desk, clip):
            return desk.engine.chat.ask(clip, question[:MAX_QUESTION]).to_dict()

    def list_people() -> list[dict[str, Any]]:
        """Everyone who is enrolled, with name, depth and date."""
        return [describe(person) for person in desk.engine.people.all()]

    def forget(name: str) -> dict[str, str]:
        """Delete everything about an enrolled person.

        Args:
            name: of the person.
        """
        with _sentences():
            desk.forget(name)
        return {"forgotten": name}

    clip, name, question = gr.File(visible=False), gr.Textbox(visible=False), gr.Textbox(visible=False)
    consent, replace = gr.Checkbox(visible=False), gr.Checkbox(visible=False)
    track, out, run = gr.Number(0, precision=0, visible=False), gr.JSON(visible=False), gr.Button(visible=False)
    run.click(enroll, [clip, name, consent, track, replace], out, api_name="enroll", api_visibility=writing, **_MODEL)
    run.click(ask, [clip, question], out, api_name="ask", **_MODEL)
    _add_library(desk, question, out, run)
    run.click(list_people, None, out, api_name="list_people")
    run.click(forget, name, out, api_name="forget", api_visibility=writing, **_MODEL)


def _add_library(desk: Desk, question: gr.Textbox, out: gr.JSON, run: gr.Button) -> None:
    """The endpoint of the library."""

    def ask_library(question: str) -> dict[str, Any]:
        """Answer a question about all videos of the library: when somebody was last seen, where, with whom, how often.

        Args:
            question: in English; it names enrolled people as list_people tells them.
        """
        with _sentences():
            return desk.engine.chat.library.ask(question[:MAX_QUESTION]).to_dict()

    run.click(ask_library, question, out, api_name="ask_library", **_MODEL)


@contextmanager
def _uploaded(desk: Desk, clip: str | None) -> Iterator[None]:
    """Errors as sentences; the call's file is deleted afterwards, and its analysis unless a browser session has it."""
    from pvchat import video

    with _sentences():
        if not clip or not desk.sessions.is_upload(clip):
            raise VideoReadError("there is no clip.", hint="Pass a video or photo.")
        try:
            yield
        finally:
            try:
                key = video.content_key(clip)
                if key not in keys_of(desk.sessions.clips()):
                    desk.engine.chat.forget_clip(key)
            finally:
                desk.sessions.discard(clip)
                temporary.withdraw_offers()  # pictures of whom to choose from: a client can't open them


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise gr.Error(escape(explained_error(error)), print_exception=False) from error
