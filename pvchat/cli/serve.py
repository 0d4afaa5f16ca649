"""`pvchat serve`: the app in a browser, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
from functools import partial
from pathlib import Path

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, settings_of


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "serve", "open the app in a browser", _run, settings=True)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this machine)")
    parser.add_argument("--port", type=int, default=7860, metavar="N", help="port (default 7860; 0: a free one)")
    password = os.environ.get("PVCHAT_PASSWORD", "")
    parser.add_argument("--password", default=password, help="asked for in the browser; needed with another --host "
                        "(or set $PVCHAT_PASSWORD, which no process list shows)")  # fmt: skip
    parser.add_argument("--manifests", metavar="DIR", help="what Evaluate offers (default $PVCHAT_HOME/manifests)")
    meaning = "let language models ask, of clips and the library, and list people (MCP)"
    parser.add_argument("--mcp", action="store_true", help=meaning)


def _run(args: argparse.Namespace) -> None:
    from pvchat_app.engine import Engine, load
    from pvchat_app.server import Options, serve

    settings = settings_of(args)
    manifests = Path(args.manifests).expanduser().absolute() if args.manifests else None
    options = Options(args.host, args.port, args.password, args.mcp, manifests, settings)
    console.fetch_missing(settings)

    def tell(address: str) -> None:
        console.say(f"PVChat is at {address} (Ctrl-C stops it)")
        if args.json:
            console.write_json({"address": address})

    serve(options, Engine(partial(load, settings)), tell)
