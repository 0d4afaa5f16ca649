"""The web server: the page, the HTTP API, the files of sessions, and access control.

In: `Options`. Out: a FastAPI app (`App.web`), or a server that runs until Ctrl-C (`serve`).

Notable choices: it listens on 127.0.0.1 by default, and on any other address only with a password. Without one it
answers only requests that name this machine as host, so that a web site can't reach it by a name of its own that points
here (DNS rebinding). The Content-Security-Policy lets the page load nothing from elsewhere. Uploads lie in a folder
that only this user may read and that is deleted when the server stops.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.config import Settings, home
from pvchat.errors import SettingsError
from pvchat.memory import give_back, keep_small
from pvchat_app import uploads
from pvchat_app.calls import ResumableCalls
from pvchat_app.engine import Engine
from pvchat_app.heartbeats import Heartbeats
from pvchat_app.jobs import Jobs
from pvchat_app.login import LoginRequired, checker, unusable
from pvchat_app.middleware import BodyLimit, OriginGuard, PageOpening
from pvchat_app.sessions import LINKS, Sessions

if TYPE_CHECKING:
    import socket

    import uvicorn
    from fastapi import FastAPI

    from pvchat_app.backend import Backend

LOCAL = ("127.0.0.1", "localhost", "::1")
MIN_PASSWORD = 8  # characters
SWEEP_S = 120.0
ENDING_S = 30.0  # how long running work may take to end when the server stops
_STAYING = "/staying.js"
_ENGLISH = 'Object.defineProperty(navigator, "language", { get: () => "en" });\n'  # Gradio's own words, too


@dataclass(frozen=True)
class Options:
    """How to serve."""

    host: str = "127.0.0.1"  # address to listen on
    port: int = 7860  # 0 takes a free one
    # Required on any host but this machine
    password: str = field(default="", repr=False)
    mcp: bool = False  # also serve `ask`, `ask_library` and `list_people` as MCP tools
    manifests: Path | None = None  # folder of the Evaluate tab's manifests; default `$PVCHAT_HOME/manifests`
    settings: Settings = field(default_factory=Settings)  # of PVChat

    def __post_init__(self) -> None:
        if self.host not in LOCAL and not self.password:
            raise SettingsError(
                "other machines could reach the app and its people.", subject=f"--host {self.host}",
                hint="Give a --password, or leave --host out.",
            )  # fmt: skip
        if self.password and len(self.password) < MIN_PASSWORD:
            raise SettingsError(f"a password has at least {MIN_PASSWORD} characters.", subject="--password")
        if what := unusable(self.password):
            raise SettingsError(what, subject="--password", hint="Choose one of letters, digits and signs.")
        if self.mcp and self.password:
            what = "programs that speak MCP can't log in."
            raise SettingsError(what, subject="--mcp --password", hint="Leave one out; --mcp is for this machine only.")
        if not 0 <= self.port <= 65535:
            raise SettingsError("there is no such port.", subject=f"--port {self.port}", hint="Use 1024 to 65535.")


class App:
    """One server's parts; `close` stops them and deletes its files."""

    def __init__(self, options: Options, engine: Engine) -> None:
        sessions = Sessions()
        # read by Gradio when it is imported: no analytics, no update check, files in our folder
        os.environ["GRADIO_ANALYTICS_ENABLED"] = os.environ["GRADIO_RUN_HISTORY"] = "False"
        os.environ["GRADIO_TEMP_DIR"] = str(sessions.uploads)
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from pvchat_app.backend import Backend

        self.options = options
        self._others = set(threading.enumerate())
        self.backend: Backend = Backend(engine, sessions, Jobs())
        self.leaving = asyncio.Event()  # set when the server stops, so that open connections end
        self.web = _web(self.backend, options, self.leaving)
        self._stop = threading.Event()
        threading.Thread(target=self._sweep, name="pvchat-sweep", daemon=True).start()

    def close(self) -> None:
        """End all work, delete sessions' files, and wait: Python's exit would abort inside a network's C++."""
        self._stop.set()
        for end in self.backend.ends:
            end()
        self.backend.analyses.close()
        self.backend.jobs.close()
        self.backend.sessions.close()
        until = time.monotonic() + ENDING_S
        for thread in set(threading.enumerate()) - self._others - {threading.current_thread()}:
            if thread.name.startswith("pvchat-"):
                thread.join(max(0.0, until - time.monotonic()))

    def _sweep(self) -> None:
        while not self._stop.wait(SWEEP_S):
            self.backend.sessions.end_idle()
            give_back()


def serve(options: Options, engine: Engine, say: Callable[[str], None]) -> None:
    """Run until Ctrl-C; `say` gets the address. Raises SettingsError if the port is taken or Gradio is missing."""
    import socket

    import uvicorn

    if options.mcp:
        _require_mcp()
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
        except OSError as error:
            what = f"can't listen there ({error.strerror or error})."
            taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
            hint = "Choose another --port, or --port 0." if taken else "Choose an address of this machine as --host."
            raise SettingsError(what, subject=f"{options.host}:{options.port}", hint=hint) from error
        listener.listen(128)  # a browser that comes early waits instead of being refused
        keep_small()
        engine.start()
        app = App(options, engine)
        try:
            _install_signal_handlers()
            say(address(options.host, listener.getsockname()[1]))
            config = uvicorn.Config(app.web, log_level="warning", timeout_graceful_shutdown=3, ws="none")
            signals: list[int] = []
            _server(config, app.leaving, signals).run(sockets=[listener])
            if signal.SIGINT in signals:
                raise KeyboardInterrupt
        finally:
            app.close()


def _server(config: uvicorn.Config, leaving: asyncio.Event, signals: list[int]) -> uvicorn.Server:
    """A server that sets `leaving` when it stops; uvicorn alone would wait for the pages' open connections.

    It appends to `signals` which ones stopped it. uvicorn alone would raise them again, and one Ctrl-C would count as
    two: the watchdog would end the process while `App.close` still deletes files.
    """
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            with super().capture_signals():
                yield
                signals.extend(self._captured_signals)
                self._captured_signals.clear()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            leaving.set()
            await super().shutdown(sockets)

    return Server(config)


def _install_signal_handlers() -> None:
    """Let Ctrl-C and SIGTERM raise exceptions that end the program, before and after uvicorn handles them itself."""

    def end(*_: Any) -> None:
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def address(host: str, port: int) -> str:
    """The address to type into a browser."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def _web(backend: Backend, options: Options, leaving: asyncio.Event) -> FastAPI:
    """The web app of a server: middleware, files, the HTTP API, the page."""
    from fastapi import FastAPI

    from pvchat.storage import library
    from pvchat_app import page
    from pvchat_app.api import build as api

    uploads.narrow()
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    gradio: list[Any] = []  # Gradio's app, once it is mounted
    web.add_middleware(ResumableCalls, leaving=leaving)
    web.add_middleware(Heartbeats, sessions=backend.sessions, end=backend.end_session, leaving=leaving)
    web.add_middleware(PageOpening, script=_STAYING, before=lambda: arrange())
    web.add_middleware(BodyLimit, mcp=options.mcp)

    def arrange() -> None:
        """Let the library come first once there is one; the command line may have made it meanwhile."""
        page.put_library_first(gradio[0].get_blocks(), library.exists(backend.engine.people.root))

    def knows(request: Any) -> bool:
        """Whether a request has the cookie that Gradio's login sets."""
        names = (f"access-token-{gradio[0].cookie_id}", f"access-token-unsecure-{gradio[0].cookie_id}")
        return any(request.cookies.get(name) in gradio[0].tokens for name in names)

    if options.password:
        web.add_middleware(LoginRequired, knows=knows)
    web.add_middleware(OriginGuard, hosts=() if options.password else LOCAL)
    _add_files(web, backend)
    web.mount(api.PREFIX, api.build(backend, leaving))
    gradio.append(_mount_page(web, backend, options))
    return web


def _mount_page(web: FastAPI, backend: Backend, options: Options) -> Any:
    """Mount the page; Gradio's app for it."""
    import gradio as gr

    from pvchat_app import endpoints, page

    names = ("style.css", "tabs.css", "upload.js", "page.js", "address.js", "timeline.js", "settings.js")
    text = {name: (files("pvchat_app") / name).read_text(encoding="utf-8") for name in names}
    local = options.host in LOCAL and not options.password
    blocks = page.build(backend, options.manifests or home() / "manifests", local)
    blocks.queue(max_size=64, default_concurrency_limit=4)
    gr.mount_gradio_app(
        web, blocks, path="/", auth=checker(options.password) if options.password else None,
        auth_message="PVChat: any user name, and the password given to “pvchat serve”.",
        max_file_size=options.settings.video.max_bytes, allowed_paths=[], show_error=False, run_history=False,
        enable_monitoring=False, ssr_mode=False, pwa=False, mcp_server=options.mcp, footer_links=[],
        theme=_theme(), css=text["style.css"] + text["tabs.css"],
        head=f"<script>{''.join(text[name] for name in text if name.endswith('.js'))}</script>",
    )  # fmt: skip
    # a mounted page counts as not launched, and Gradio then skips its check that a client's files are uploads
    blocks.has_launched = True
    if options.mcp:
        endpoints.mend_tools(blocks.mcp_server_obj)
    return web.routes[-1].app  # type: ignore[attr-defined]


def _require_mcp() -> None:
    """Raise SettingsError if the package mcp is missing, or Gradio can't use its version."""
    try:
        for package in ("mcp", "gradio.mcp"):
            importlib.import_module(package)
    except Exception as error:  # a release that doesn't fit may raise anything
        what = f"the package mcp is missing, or doesn't fit this Gradio ({error})."
        raise SettingsError(what, subject="--mcp", hint="pip install 'pvchat[mcp]'") from error


def _theme() -> Any:
    """System fonts (nothing is fetched), visible borders of fields and checkboxes, texts of enough contrast."""
    import gradio as gr

    font, mono = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"], ["ui-monospace", "monospace"]
    theme = gr.themes.Soft(primary_hue="indigo", neutral_hue="slate", font=font, font_mono=mono)
    return theme.set(
        block_border_width="1px", block_border_color="*neutral_200", block_border_color_dark="*neutral_700",
        input_border_width="1px", input_border_color="*neutral_400", input_border_color_dark="*neutral_500",
        checkbox_border_width="1.5px", checkbox_border_color="*neutral_500", checkbox_border_color_dark="*neutral_400",
        button_border_width="1px", button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_500", block_label_background_fill="*neutral_100",
        block_label_text_color="*neutral_700", block_title_background_fill="transparent", block_title_padding="0",
        block_title_text_color="*neutral_700", block_title_text_color_dark="*neutral_200",
        block_label_background_fill_dark="*neutral_700", block_label_text_color_dark="*neutral_100",
        input_placeholder_color="*neutral_500", input_placeholder_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_500", button_cancel_text_color="#b3261e",
        button_cancel_text_color_dark="#ff9d94", button_cancel_background_fill_hover_dark="*neutral_700",
        color_accent="*primary_600", button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700", button_primary_background_fill_hover_dark="*primary_700",
        button_secondary_background_fill_hover_dark="*neutral_700",
    )  # fmt: skip


def _add_files(web: FastAPI, backend: Backend) -> None:
    """Add our routes: files of sessions (with ranges, so that players can seek), and the page's first script."""
    from starlette.requests import Request
    from starlette.responses import FileResponse, PlainTextResponse, Response

    async def file(request: Request) -> Response:
        link = backend.sessions.find(request.path_params["token"])
        if link is None:
            gone = "This file is gone: its session has ended, or somebody whom it shows was forgotten."
            return PlainTextResponse(gone, status_code=404)
        headers = {"cache-control": "private, no-store"}
        return FileResponse(link.path, media_type=link.media, headers=headers, filename=link.download or None)

    web.add_route(f"{LINKS}/{{token}}", file, methods=["GET", "HEAD"])
    script = _ENGLISH + (files("pvchat_app") / "staying.js").read_text("utf-8")

    async def staying(_: Request) -> Response:
        return Response(script, media_type="text/javascript", headers={"cache-control": "no-cache"})

    web.add_route(_STAYING, staying, methods=["GET"])
