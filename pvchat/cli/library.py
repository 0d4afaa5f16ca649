"""`pvchat library add | list | scan | watch | inbox | status | remove | export | reel`: many videos, looked at once.

`pvchat ask --library` asks about them. Networks are loaded by `scan` and `watch`, and by some of `inbox`.
"""

from __future__ import annotations

import argparse
import csv
import io
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pvchat.cli import console, inbox
from pvchat.cli.options import Commands, add_command, add_common, add_group, add_model, settings_of
from pvchat.errors import SettingsError
from pvchat.runtime import ProgressDisplay, size
from pvchat.runtime import seconds as duration

if TYPE_CHECKING:
    from pvchat.library.scan import Opened, Report, Scanning
    from pvchat.service import PVChat

WARNING = "A library holds biometric data: face vectors of everyone in the videos, enrolled or not."


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    actions = add_group(commands, "library", "look through folders of videos once, to ask about all of them")
    for action, run, words, text in (
        ("add", _add, "FOLDER|FILE|CAMERA …", "add folders and files, for `scan`; cameras, for `pvchat live`"),
        ("list", _list, "", "what was added, and what can't be used"),
        ("scan", _scan, "", "look through what is new or changed; stopped, it goes on when repeated"),
        ("watch", _watch, "", "look through what comes, as it comes, until Ctrl-C"),
        ("status", _status, "", "how much is in the library, and what is to be done"),
        ("remove", _remove, "FOLDER|FILE|CAMERA", "take something out, or delete the library; your videos stay"),
        ("export", _export, "NAME", "every moment at which somebody is seen, as CSV or JSON"),
        ("reel", _reel, "NAME --out FILE", "cut every moment at which somebody is seen together as one mp4"),
    ):
        one = add_command(actions, f"library {action}", text, f"{words} [options]".strip(), WARNING)
        if action == "add":
            one.add_argument("paths", metavar="FOLDER|FILE|CAMERA", nargs="+", help="of videos and photos, subfolders "
                             "too; or a camera's address, whose password is kept and not shown")  # fmt: skip
            one.add_argument("--place", metavar="NAME", help='where they were recorded, such as "kitchen"')
        if action in ("scan", "watch"):
            meaning = "processes that look at videos, each with networks of its own (default 1)"
            one.add_argument("--workers", type=int, default=1, metavar="N", help=meaning)
            one.add_argument("--engine", choices=("local", "ray"), default="local", help="where the workers are")
        if action == "remove":
            one.add_argument("path", metavar="FOLDER|FILE|CAMERA", nargs="?", help="as `list` shows it")
            one.add_argument("--all", action="store_true", help="delete the whole library")
        if action in ("export", "reel"):
            one.add_argument("name", metavar="NAME", help="of somebody who is enrolled")
            one.add_argument("--perhaps", action="store_true", help="also videos in which the person only may be")
        if action == "reel":
            one.add_argument("--out", metavar="FILE", required=True, help="a new mp4; it has no sound")
            meaning = "the film ends after so many seconds (default 600)"
            one.add_argument("--most", type=float, default=600.0, metavar="S", help=meaning)
        (add_model if action in ("scan", "watch") else add_common)(one, run)
    inbox.register(actions)


def _add(args: argparse.Namespace) -> None:
    from pvchat.video import is_address

    paths = console.open_library().add(args.paths, args.place)
    place = f" (place: {args.place})" if args.place else ""
    cameras = list(filter(is_address, paths))
    then = ["Look through it with: pvchat library scan"] if len(cameras) < len(paths) else []
    then += [f"Watch it with: pvchat live {shlex.quote(args.place or camera)}" for camera in cameras[:1]]
    sentence = "\n".join([f"Added: {', '.join(paths)}{place}.", WARNING, *then])
    console.report(args, {"added": paths, "place": args.place}, sentence)


def _list(args: argparse.Namespace) -> None:
    from pvchat.chat.english import lasting

    found = console.open_library().status()
    rows: list[tuple[str, ...]] = [("path", "place", "files", "clips", "footage", "waiting", "failed")]
    for one in found.sources:
        footage = lasting(one.seconds) if one.seconds else ""
        numbers = (one.files, one.clips, footage, one.waiting, len(one.failed))
        rows.append((one.path, one.place, *map(str, numbers)))
    console.list_rows(args, [vars(source) for source in found.sources], rows)
    for source in () if args.json else found.sources:
        for path, why in source.failed.items():
            console.say(f"{path} can't be used: {why}")


def _scan(args: argparse.Namespace) -> None:
    chat, progress, how = _scanning(args)
    with progress:
        report = chat.library.scan(how)
    _print_report(args, report)
    if report.added and not args.json:
        console.say('Now ask: pvchat ask --library "Who was seen?"; whom nobody enrolled: pvchat library inbox')


def _watch(args: argparse.Namespace) -> None:
    chat, progress, how = _scanning(args)
    console.say("Watching; Ctrl-C stops it.")
    try:
        with progress:
            for report in chat.library.watch(how):
                progress.close()  # else the report would stand behind an open bar, in its line
                _print_report(args, report)
    except KeyboardInterrupt:  # the way it ends; a video that was being looked at is looked at anew the next time
        console.say("Stopped. What was finished is kept.")


def _scanning(args: argparse.Namespace) -> tuple[PVChat, ProgressDisplay, Scanning]:
    from pvchat.library.scan import Scanning
    from pvchat.service import PVChat

    if args.workers < 1:
        raise SettingsError("there must be at least one worker.", subject="--workers")
    opened = partial(PVChat, settings_of(args))
    chat, progress = console.open_chat(args)
    return chat, progress, Scanning(args.workers, cast("Opened", opened), args.engine, progress)


def _print_report(args: argparse.Namespace, report: Report) -> None:
    parts = [f"{report.added} looked at now"]
    parts += [f"{count} {what}" for count, what in ((report.kept, "before"),
                                                   (report.moved, "known from elsewhere"), (report.removed, "gone"),
                                                   (len(report.failed), "can't be used")) if count]  # fmt: skip
    for path, why in report.failed.items():
        console.say(f"{path} can't be used: {why}")
    for path in report.missing:
        console.say(f"{path} isn't there; what was seen in it is kept.")
    console.report(args, report.to_dict(), f"Videos: {', '.join(parts)}.")


def _status(args: argparse.Namespace) -> None:
    from pvchat.chat.english import lasting

    found = console.open_library().status()
    footage = f", {lasting(found.seconds)}" if found.clips else ""
    people = "1 person who is enrolled" if found.people == 1 else f"{found.people} people who are enrolled"
    parts = [f"{found.clips} video{'s' * (found.clips != 1)}{footage}, with {people}"]
    wait = "1 file waits" if found.waiting == 1 else f"{found.waiting} files wait"
    parts += [f"{wait} for pvchat library scan"] if found.waiting else []
    parts += [f"{found.failed} can't be used"] if found.failed else []
    console.report(args, found.to_dict(), f"{'; '.join(parts)}; {size(found.bytes)} on disk.")


def _remove(args: argparse.Namespace) -> None:
    if args.all == bool(args.path):
        raise SettingsError("name a folder or file, or --all.", subject="pvchat library remove")
    library, gone = console.open_library(), "all" if args.all else args.path
    if args.all:
        library.erase()
    else:
        library.remove(args.path)
    console.report(args, {"removed": gone}, f"Out of the library: {gone}. The videos are untouched.")


def _export(args: argparse.Namespace) -> None:
    rows = [one.to_dict() for one in console.open_library().moments(args.name, args.perhaps)]
    if args.json:
        console.write_json(rows)
        return
    out = io.StringIO()
    table = csv.DictWriter(out, ("path", "place", "at", "start_s", "end_s", "sure"), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    console.write(out.getvalue().rstrip("\n"))


def _reel(args: argparse.Namespace) -> None:
    from pvchat.library.reel import write_reel

    if not args.most > 0:
        raise SettingsError("a film has some seconds.", subject="--most")
    library = console.open_library()
    moments = library.moments(args.name, args.perhaps)
    with ProgressDisplay() as progress:
        made = write_reel(moments, Path(args.out).expanduser(), library.chat.settings.video, args.most, progress)
    for path, why in made.left_out.items():
        console.say(f"{path} is left out: {why}")
    sentence = f"{made.path}: {made.moments} moments, {duration(made.seconds)}. It shows people: mind who gets it."
    console.report(args, vars(made), sentence)
