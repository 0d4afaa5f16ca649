"""`pvchat library add | list | scan | status | remove`: many videos, looked through once; `pvchat ask --library` asks.

In: parsed words. Out: rows on stdout. Networks are loaded by `scan` alone.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, cast

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_common, add_model, settings_of

if TYPE_CHECKING:
    from pvchat.config import Settings
    from pvchat.library import Library
    from pvchat.library.sources import Source
    from pvchat.schemas import Service

WARNING = "A library holds biometric data: face vectors of everyone in the videos, enrolled or not."


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    text = "look through folders of videos once, to ask about all of them"
    parser = add_command(commands, "library", text, "ACTION …")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, run, words, text in (
        ("add", add, "FOLDER|FILE|CAMERA …", "add folders and files, for `scan`; cameras, for `pvchat live`"),
        ("list", list_sources, "", "what was added, and what can't be used"),
        ("scan", scan, "", "look through what is new or changed; stopped, it goes on when repeated"),
        ("status", status, "", "how much is in the library, and what is to be done"),
        ("remove", remove, "FOLDER|FILE|CAMERA", "take something out, or delete the library; your videos stay"),
    ):
        one = add_command(actions, f"library {action}", text, f"{words} [options]".strip(), WARNING)
        if action == "add":
            told = "of videos and photos, subfolders too; or a camera's address, whose password is kept and not shown"
            one.add_argument("paths", metavar="FOLDER|FILE|CAMERA", nargs="+", help=told)
            one.add_argument("--place", metavar="NAME", help='where they were recorded, such as "kitchen"')
        if action == "scan":
            told = "processes that look at videos, each with networks of its own (default 1)"
            one.add_argument("--workers", type=int, default=1, metavar="N", help=told)
        if action == "remove":
            one.add_argument("path", metavar="FOLDER|FILE|CAMERA", nargs="?", help="as `list` shows it")
            one.add_argument("--all", action="store_true", help="delete the whole library")
        (add_model if action == "scan" else add_common)(one)
        one.set_defaults(run=run)


def add(args: argparse.Namespace) -> None:
    """Add folders and files."""
    paths = _library().add(args.paths, args.place)
    sentence = f"Added: {', '.join(paths)}. Look through it with: pvchat library scan. {WARNING}"
    console.report(args, {"added": paths, "place": args.place}, sentence)


def list_sources(args: argparse.Namespace) -> None:
    """What was added."""
    found = _library().status()
    if args.json:
        console.write_json([vars(source) for source in found.sources])
        return
    rows = [("path", "place", "files", "clips", "footage", "waiting", "failed"), *map(_row, found.sources)]
    console.write_columns(rows)
    for source in found.sources:
        for path, why in source.failed.items():
            console.say(f"{path} can't be used: {why}")


def scan(args: argparse.Namespace) -> None:
    """Look through what is new."""
    from pvchat.errors import SettingsError
    from pvchat.library.scan import Scanning

    if args.workers < 1:
        raise SettingsError("there must be at least one worker.", subject="--workers")
    settings = settings_of(args)
    chat, progress = console.open_chat(args)
    with progress:
        how = Scanning(args.workers, partial(_opened, settings), progress)
        report = chat.library.scan(how)
    told = [f"{report.added} looked at", f"{report.kept} as they were"]
    told += [f"{count} {what}" for count, what in ((report.moved, "known from elsewhere"), (report.removed, "gone"),
                                                   (len(report.failed), "can't be used")) if count]  # fmt: skip
    for path, why in report.failed.items():
        console.say(f"{path} can't be used: {why}")
    for path in report.missing:
        console.say(f"{path} isn't there; what was seen in it is kept.")
    console.report(args, report.to_dict(), f"Videos: {', '.join(told)}.")


def status(args: argparse.Namespace) -> None:
    """How much there is."""
    from pvchat.chat.english import lasting
    from pvchat.runtime import size

    found = _library().status()
    footage = f", {lasting(found.seconds)}" if found.clips else ""
    told = [f"{found.clips} videos{footage}, with {found.people} people who are enrolled"]
    told += [f"{found.waiting} files wait for pvchat library scan"] if found.waiting else []
    told += [f"{found.failed} can't be used"] if found.failed else []
    sentence = f"{'; '.join(told)}; {size(found.bytes)} on disk."
    console.report(args, found.to_dict(), sentence)


def remove(args: argparse.Namespace) -> None:
    """Take something out, or everything."""
    from pvchat.errors import SettingsError

    if args.all == bool(args.path):
        raise SettingsError("name a folder or file, or --all.", subject="pvchat library remove")
    if args.all:
        _library().erase()
    else:
        _library().remove(args.path)
    gone = "all" if args.all else args.path
    console.report(args, {"removed": gone}, f"Out of the library: {gone}. The videos are untouched.")


def _library() -> Library:
    """The library, without any network loaded."""
    from pvchat.service import PVChat

    return PVChat().library


def _opened(settings: Settings) -> Service:
    """A worker's PVChat: it uses as few threads as it has to, since it is one of several."""
    import torch

    from pvchat.service import PVChat

    torch.set_num_threads(1)
    return cast("Service", PVChat(settings))


def _row(source: Source) -> tuple[str, ...]:
    from pvchat.chat.english import lasting

    footage = lasting(source.seconds) if source.seconds else ""
    numbers = (source.files, source.clips, footage, source.waiting, len(source.failed))
    return source.path, source.place, *map(str, numbers)
