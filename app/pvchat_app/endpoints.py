"""The named endpoints ask, ask_library and list_people: MCP tools with `serve --mcp`, and for `gradio_client`.

In: a `Backend`. Out: JSON as the command line prints it with `--json`. An uploaded file is deleted after its call;
errors are one sentence that says what to do. Nothing here changes anything, so that a language model can neither enroll
nor forget anyone; programs do that by the HTTP API (`api/`), with a token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from pvchat import video
from pvchat.errors import VideoReadError
from pvchat.people.store import describe
from pvchat.storage import temporary
from pvchat_app.backend import Backend
from pvchat_app.wording import escape, explained_error

_MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}


def build(backend: Backend) -> None:
    """Add the endpoints to the page that is being built; they are invisible there."""

    def ask(clip: str, question: str) -> dict[str, Any]:
        """Answer a question about the people in a video or photo: who is there, what they wear, do, and where.

        Args:
            clip: the video or photo as a data URL ("data:video/mp4;base64,…"); no address is fetched.
            question: in English; it names enrolled people as list_people tells them.
        """
        with _uploaded(backend, clip):
            return backend.engine.chat.ask(clip, question).to_dict()

    def list_people() -> list[dict[str, Any]]:
        """Everyone who is enrolled, with name, depth and date."""
        return [describe(person) for person in backend.engine.people.all()]

    def ask_library(question: str) -> dict[str, Any]:
        """Answer a question about all videos of the library: when somebody was last seen, where, with whom, how often.

        Args:
            question: in English; it names enrolled people as list_people tells them.
        """
        with _sentences():
            return backend.engine.chat.library.ask(question).to_dict()

    clip, question = gr.File(visible=False), gr.Textbox(visible=False)
    out, run = gr.JSON(visible=False), gr.Button(visible=False)
    run.click(ask, [clip, question], out, api_name="ask", **_MODEL)
    run.click(ask_library, question, out, api_name="ask_library", **_MODEL)
    run.click(list_people, None, out, api_name="list_people")


def mend_tools(server: Any) -> None:
    """Make the tools of Gradio's MCP server answer in JSON, not in Python's notation, and say how a clip comes."""
    write, read = server.postprocess_output_data, server.convert_strings_to_filedata
    server.postprocess_output_data = lambda data, url: write([json.dumps(one, ensure_ascii=False) for one in data], url)

    def read_arguments(given: dict[str, Any], clips: list[list[str]]) -> Any:
        if any(isinstance(value := given.get(name), str) and not value.startswith("data:") for [name] in clips):
            raise ValueError('clip is no data URL ("data:video/mp4;base64,…"): no path or address is opened.')
        return read(given, clips)

    server.convert_strings_to_filedata = read_arguments


@contextmanager
def _uploaded(backend: Backend, clip: str | None) -> Iterator[None]:
    """Errors as sentences; the call's file is deleted afterwards, and its analysis unless a browser session has it."""
    with _sentences():
        if not clip or not backend.sessions.is_upload(clip):
            raise VideoReadError("there is no clip.", hint="Pass a video or photo.")
        try:
            yield
        finally:
            try:
                backend.drop(video.content_key(clip))
            finally:
                backend.sessions.discard(clip)
                temporary.delete_subject_pictures()  # pictures of whom to choose from: a client can't open them


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise gr.Error(escape(explained_error(error)), print_exception=False) from error
