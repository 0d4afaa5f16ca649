"""`pvchat library add | list | scan | watch | inbox | status | remove | export | reel`: many videos, looked at once.

`pvchat ask --library` asks about them; `inbox` shows people who are seen again and again and aren't enrolled. Networks
are loaded by `scan` and `watch`, and by some of `inbox`.
"""

from __future__ import annotations

import argparse
import csv
import io
import shlex
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_group, settings_of
from pvchat.errors import SettingsError
from pvchat.runtime import ProgressDisplay, size
from pvchat.runtime import seconds as duration

if TYPE_CHECKING:
    from pvchat.library.inbox import Inbox
    from pvchat.library.scan import Opened, Report, Scanning
    from pvchat.service import PVChat

WARNING = "A library holds biometric data: face vectors of everyone in the videos, enrolled or not."
_MISSING = "{} isn't there; what was seen in it is kept."
_INBOX_WARNING = "What it shows are faces of people who weren't asked: enroll nobody who hasn't agreed."
_REMOVED = "Your videos are untouched; what PVChat kept of a camera, clips and events, is deleted."

# What can be done about a stranger: arguments, meaning, and the message after undoing it ("": it can't be undone).
_ACTS = {
    "name": (("ID", "NAME"), "enroll somebody from her best sightings (with --consent)", "the enrollment is forgotten"),
    "join": (("ID", "NAME"), "she is somebody who is enrolled", "it isn't said any more who she is"),
    "deny": (("ID", "NAME"), "she isn't somebody who is enrolled", "it isn't said any more who she isn't"),
    "ignore": (("ID",), "never show her again", "she is shown again"),
    "merge": (("ID", "OTHER"), "two are one, called by the first number from now on", "they are two again"),
    "split": (("ID", "TRACK"), "these tracks (numbers as --json tells them) show somebody else", "they are one again"),
    "picture": (("ID", "FILE"), "write her best sighting as a JPEG", ""),
}
_NEEDS_NETWORKS = ("name", "join", "deny")


def register(commands: Commands) -> None:
    """Add the command and its actions."""
    actions = add_group(commands, "library", "look through folders of videos once, to ask about all of them")
    for action, run, words, text in (
        ("add", _add, "FOLDER|FILE|CAMERA …", "add folders and files, for `scan`; cameras, for `pvchat live`"),
        ("list", _list, "", "what was added, and what can't be used"),
        ("scan", _scan, "", "look through what is new or changed; stopped, it goes on when repeated"),
        ("watch", _watch, "", "look through what comes, as it comes, until Ctrl-C"),
        ("status", _status, "", "how much is in the library, and what is to be done"),
        ("remove", _remove, "FOLDER|FILE|CAMERA", "take something out, or all; your videos stay, cameras' clips go"),
        ("export", _export, "NAME", "every moment at which somebody is seen, as CSV or JSON"),
        ("reel", _reel, "NAME --out FILE", "cut every moment at which somebody is seen together as one mp4"),
    ):
        looks = action in ("scan", "watch")
        one = add_command(actions, f"library {action}", text, run, words, note=WARNING, settings=looks)
        if action == "add":
            one.add_argument("paths", metavar="FOLDER|FILE|CAMERA", nargs="+", help="of videos and photos, subfolders "
                             "too; or a camera's address, whose password is kept and not shown")  # fmt: skip
            meaning = 'where they were recorded, such as "kitchen"; questions may name folders and files, too'
            one.add_argument("--place", metavar="NAME", help=meaning)
        if looks:
            meaning = "processes that look at videos, each with networks of its own (default 1)"
            one.add_argument("--workers", type=int, default=1, metavar="N", help=meaning)
            one.add_argument("--engine", choices=("local", "ray"), default="local", help="where the workers are")
        if action == "remove":
            meaning = "its path, as `list` shows it, or a place that it alone has"
            one.add_argument("path", metavar="FOLDER|FILE|CAMERA", nargs="?", help=meaning)
            one.add_argument("--all", action="store_true", help="delete the whole library")
        if action in ("export", "reel"):
            one.add_argument("name", metavar="NAME", help="of somebody who is enrolled")
            one.add_argument("--perhaps", action="store_true", help="also videos in which the person only may be")
        if action == "reel":
            one.add_argument("--out", metavar="FILE", required=True, help="a new mp4; it has no sound")
            meaning = "the film ends after so many seconds (default 600)"
            one.add_argument("--most", type=float, default=600.0, metavar="S", help=meaning)
    _register_inbox(actions)


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
    from pvchat.video import is_address

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
        if not is_address(source.path) and not Path(source.path).exists():
            console.say(_MISSING.format(source.path))


def _scan(args: argparse.Namespace) -> None:
    chat, progress, how = _scanning(args)
    with progress:
        report = chat.library.scan(how)
    _print_report(args, report)
    for path, found in () if args.json else report.passed.items():
        kinds = sorted(found.items(), key=lambda one: -one[1])
        console.say(f"{path}: passed over as no videos: {', '.join(f'{count} {why}' for why, count in kinds)}.")
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
        console.say(_MISSING.format(path))
    console.report(args, vars(report), f"Videos: {', '.join(parts)}.")


def _status(args: argparse.Namespace) -> None:
    from pvchat.chat.english import lasting

    found = console.open_library().status()
    footage = f", {lasting(found.seconds)}" if found.clips else ""
    people = "1 person who is enrolled" if found.people == 1 else f"{found.people} people who are enrolled"
    parts = [f"{found.clips} video{'s' * (found.clips != 1)}{footage}, with {people}"]
    wait = "1 file waits" if found.waiting == 1 else f"{found.waiting} files wait"
    parts += [f"{wait} for pvchat library scan"] if found.waiting else []
    parts += [f"{found.outdated} measured by an earlier version: pvchat library scan renews"] if found.outdated else []
    parts += [f"{found.failed} can't be used"] if found.failed else []
    passed = sum(sum(one.passed.values()) for one in found.sources)
    parts += [f"{passed} passed over"] if passed else []
    console.report(args, asdict(found), f"{'; '.join(parts)}; {size(found.bytes)} on disk.")


def _remove(args: argparse.Namespace) -> None:
    from pvchat.video import read_address

    if args.all == bool(args.path):
        raise SettingsError("name a folder or file, or --all.", subject="pvchat library remove")
    library, gone = console.open_library(), "all" if args.all else args.path
    gone = read_address(gone).without_password if "://" in gone else gone
    if args.all:
        library.erase()
    else:
        library.remove(args.path)
    console.report(args, {"removed": gone}, f"Out of the library: {gone}. {_REMOVED}")


def _export(args: argparse.Namespace) -> None:
    rows = [one.to_dict() for one in console.open_library().moments(args.name, args.perhaps)]
    if args.json:
        console.write_json(rows)
        return
    if not rows:
        console.say(f"{args.name} was seen in no video{'' if args.perhaps else ' (--perhaps: also if only perhaps)'}.")
    out = io.StringIO()
    table = csv.DictWriter(out, ("path", "place", "at", "start_s", "end_s", "sure"), lineterminator="\n")
    table.writeheader()
    for row in rows:  # a spreadsheet would compute what begins so
        table.writerow(row | {"place": f"'{row['place']}"} if row["place"].startswith(tuple("=+-@")) else row)
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


def _register_inbox(actions: Commands) -> None:
    text = "people whom nobody enrolled and who are seen again and again: name, join, ignore, merge, split them"
    parser = add_command(actions, "library inbox", text, _inbox, note=_INBOX_WARNING, settings=True)
    acts = parser.add_mutually_exclusive_group()
    for name, (words, meaning, _) in _ACTS.items():
        acts.add_argument(f"--{name}", nargs="+" if name == "split" else len(words), metavar=words, help=meaning)
    acts.add_argument("--undo", action="store_true", help="take back what was done last")
    parser.add_argument("--consent", action="store_true", help="who is named has agreed to be enrolled")
    parser.add_argument("--all", action="store_true", help="list also who is seen in one video only")


def _inbox(args: argparse.Namespace) -> None:
    chosen = next((name for name in _ACTS if getattr(args, name)), "")
    if chosen in _NEEDS_NETWORKS:
        chat, progress = console.open_chat(args)
        with progress:
            row, sentence = _done(chosen, getattr(args, chosen), chat.library.inbox, args.consent)
    elif chosen:
        row, sentence = _done(chosen, getattr(args, chosen), console.open_library().inbox, args.consent)
    elif args.undo:
        undone = console.open_library().inbox.undo()
        row = {"undone": undone.what, "id": undone.group}
        sentence = f"Taken back: {undone.what} of {undone.group}; {_ACTS[undone.what][2]}."
    else:
        _list_strangers(args)
        return
    undo = " Take it back with: pvchat library inbox --undo" if chosen and _ACTS[chosen][2] else ""
    console.report(args, row, sentence + undo)


def _done(what: str, words: list[str], inbox: Inbox, consent: bool) -> tuple[dict[str, Any], str]:
    """Do one thing about a stranger; returns the result as JSON and as a sentence."""
    from pvchat.storage import atomic

    group, rest = _number(words[0]), words[1:]
    match what:
        case "name":
            person = inbox.name(group, rest[0], consent=consent)
            return {"named": group, "name": person.name}, f"{person.name} is enrolled."
        case "join" | "deny":
            person = inbox.correct(group, rest[0], what == "join")
            done, verb = ("joined", "is") if what == "join" else ("denied", "is not")
            return {done: group, "name": person.name}, f"Noted: that {verb} {person.name}."
        case "ignore":
            inbox.ignore(group)
            return {"ignored": group}, f"{group} isn't shown any more."
        case "merge":
            inbox.merge(group, other := _number(rest[0]))
            return {"merged": [group, other]}, f"{other} is {group} now."
        case "split":
            made = inbox.split(group, [_number(word) for word in rest])
            return {"split": group, "new": made}, f"These tracks are {made} now."
    path = Path(rest[0]).expanduser()
    atomic.write_new(path, inbox.picture(group))
    return {"picture": str(path)}, f"Written: {path}."


def _list_strangers(args: argparse.Namespace) -> None:
    from pvchat.chat.english import lasting

    found = console.open_library().inbox.strangers(least=1 if args.all else 2)
    rows = [("id", "videos", "seen", "last", "perhaps she is")]
    for one in found:
        latest = one.sightings[-1]
        last = f"{latest.recorded[:19].replace('T', ' ')} {Path(latest.path).name}"
        rows.append((str(one.id), str(one.videos), lasting(one.seconds), last, ", ".join(one.perhaps)))
    empty = f"Nobody who isn't enrolled is seen{'' if args.all else ' in several videos (--all: also in one)'}."
    console.list_rows(args, [asdict(one) for one in found], rows, empty)


def _number(word: str) -> int:
    if not word.isdigit():
        raise SettingsError("this is no number of the list.", subject=word, hint="Look: pvchat library inbox")
    return int(word)
