"""`pvchat live CAMERA`: watch a camera; who comes and goes is printed, kept, and told by rules of `pvchat events`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command
from pvchat.errors import PVChatError

if TYPE_CHECKING:
    from pvchat.library.live.live import Live, LiveStatus

FIRST_S, STATUS_S = 10.0, 60.0  # until it is first told how it goes, so that a wrong address shows; and then
LOOK_S = 1.0  # between two looks whether pictures come
NOTE = (
    "CAMERA is rtsp://… or http://…, a webcam (/dev/video0), a file that is being written, or a camera's place in the "
    "library. It keeps biometric data of everyone it sees: watch only where you may."
)


def register(commands: Commands) -> None:
    """Add the command."""
    text = "watch a camera: who comes, who leaves, who is unknown"
    parser = add_command(commands, "live", text, _run, "CAMERA", note=NOTE, settings=True)
    parser.add_argument("camera", metavar="CAMERA", help="see below; a password in it is never shown")
    parser.add_argument("--place", metavar="NAME", help='where it is, such as "kitchen"')
    parser.add_argument("--fps", type=float, default=3.0, metavar="X", help="looks a second (default 3)")
    kept = "days that clips and events of all cameras are kept (default: as before; at first 7)"
    parser.add_argument("--keep-days", type=float, metavar="X", help=kept)
    kept = "gigabytes of clips that are kept, of all cameras (default: as before; at first 2)"
    parser.add_argument("--keep-gb", type=float, metavar="X", help=kept)


def _run(args: argparse.Namespace) -> None:
    from pvchat.library.live.live import Watching

    def print_event(row: dict[str, Any]) -> None:
        line = json.dumps(row, ensure_ascii=False)
        console.write(line if args.json else f"{row['at'][:19].replace('T', ' ')}  {row['text']}")

    how = Watching(args.fps, args.keep_days, args.keep_gb)
    _hide_password(args)
    chat, progress = console.open_chat(args)
    with progress:
        live = chat.library.live(args.camera, how, args.place, print_event)
        live.start()
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # a service that is stopped: its clip is finished, too
        console.say(f"Watching {live.address.without_password}. Ctrl-C ends it.")
        _tell_how_it_goes(live)
    finally:
        live.stop()
        _say_now(status_line(live.status()))
    if live.status().failed:
        raise PVChatError(f"watching ended: {live.status().failed}", subject=live.address.without_password)


def _tell_how_it_goes(live: Live) -> None:
    """Say so now and then, and where the camera's pictures stop or come again; until there are no more."""
    wait_s, connected, due = FIRST_S, False, 0.0
    while not live.wait(wait_s):
        status = live.status()
        if status.connected != connected or time.monotonic() >= due:
            _say_now(status_line(status))
            connected, due = status.connected, time.monotonic() + STATUS_S
        wait_s = LOOK_S


def _say_now(text: str) -> None:
    """With the time before it, as events have: what was at night is looked up in the morning."""
    console.say(f"{datetime.now():%Y-%m-%d %H:%M:%S}  {text}")


def _hide_password(args: argparse.Namespace) -> None:
    """Begin anew without the password, which `ps` shows as long as this runs: the library keeps it."""
    from pvchat.video import read_address

    shown = read_address(args.camera).without_password if "://" in args.camera else args.camera
    if shown != args.camera in sys.orig_argv and os.name != "nt" and read_address(shown).without_password == shown:
        console.open_library().add([args.camera], args.place)
        os.execv(sys.executable, [shown if word == args.camera else word for word in sys.orig_argv])


def status_line(status: LiveStatus) -> str:
    """The state of watching, in a sentence."""
    from pvchat.chat.english import STRANGER, plural

    ended = f"ended{f' ({status.problem})' if status.problem else ''}"
    lost = f"not connected ({status.problem or 'no picture yet'})"
    state = "connected" if status.connected else lost if status.running else ended
    if not status.looked_at + status.still:
        return f"{state}; nothing was looked at yet{', networks are being loaded' * status.connected}."
    who = [name or STRANGER for name in status.who]
    parts = [state, f"there: {', '.join(who) or 'nobody'}", f"{status.latency_s:.1f} s behind"]
    parts += [f"{status.looked_at} pictures looked at, {status.still} where nothing moved"]
    parts += [f"{status.dropped} dropped for want of time"] if status.dropped else []
    parts += [f"{status.breaks} {plural('break', status.breaks)}"] if status.breaks else []
    parts += [status.unsaved] if status.unsaved else []
    return "; ".join(parts) + "."
