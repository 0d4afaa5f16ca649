"""`pvchat library inbox`: people who are seen again and again and aren't enrolled, and what to do about them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model
from pvchat.errors import SettingsError

if TYPE_CHECKING:
    from pvchat.library.inbox import Inbox

WARNING = "What it shows are faces of people who weren't asked: enroll nobody who hasn't agreed."

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


def register(actions: Commands) -> None:
    """Add the action."""
    text = "people whom nobody enrolled and who are seen again and again: name, join, ignore, merge, split them"
    parser = add_command(actions, "library inbox", text, "[options]", WARNING)
    acts = parser.add_mutually_exclusive_group()
    for name, (words, meaning, _) in _ACTS.items():
        acts.add_argument(f"--{name}", nargs="+" if name == "split" else len(words), metavar=words, help=meaning)
    acts.add_argument("--undo", action="store_true", help="take back what was done last")
    parser.add_argument("--consent", action="store_true", help="who is named has agreed to be enrolled")
    parser.add_argument("--all", action="store_true", help="list also who is seen in one video only")
    add_model(parser, _run)


def _run(args: argparse.Namespace) -> None:
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
        _list(args)
        return
    undo = " Take it back with: pvchat library inbox --undo" if chosen and _ACTS[chosen][2] else ""
    console.report(args, row, sentence + undo)


def _done(what: str, words: list[str], inbox: Inbox, consent: bool) -> tuple[dict[str, Any], str]:
    """Do one thing about a stranger; returns the result as JSON and as a sentence."""
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
    path.write_bytes(inbox.picture(group))
    return {"picture": str(path)}, f"Written: {path}."


def _list(args: argparse.Namespace) -> None:
    from pvchat.chat.english import lasting

    found = console.open_library().inbox.strangers(least=1 if args.all else 2)
    rows = [("id", "videos", "seen", "last", "perhaps she is")]
    for one in found:
        latest = one.sightings[-1]
        last = f"{latest.recorded.replace('T', ' ')} {Path(latest.path).name}"
        rows.append((str(one.id), str(one.videos), lasting(one.seconds), last, ", ".join(one.perhaps)))
    empty = "Nobody who isn't enrolled is seen in several videos (--all: also who is seen in one)."
    console.list_rows(args, [one.to_dict() for one in found], rows, empty)


def _number(word: str) -> int:
    if not word.isdigit():
        raise SettingsError("this is no number of the list.", subject=word, hint="Look: pvchat library inbox")
    return int(word)
