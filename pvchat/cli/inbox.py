"""`pvchat library inbox`: people whom nobody enrolled and who are seen again and again, and what to do about them.

In: parsed words. Out: rows on stdout. Networks are loaded where somebody is named, joined or told apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model
from pvchat.errors import SettingsError

if TYPE_CHECKING:
    from pvchat.library.inbox import Inbox

WARNING = "What it shows are faces of people who weren't asked: enroll nobody who hasn't agreed."
_ACTS = (
    ("name", 2, ("ID", "NAME"), "enroll somebody from her best sightings (with --consent)"),
    ("join", 2, ("ID", "NAME"), "she is somebody who is enrolled"),
    ("deny", 2, ("ID", "NAME"), "she isn't somebody who is enrolled"),
    ("ignore", 1, "ID", "never show her again"),
    ("merge", 2, ("ID", "OTHER"), "two are one, called by the first number from now on"),
    ("split", "+", ("ID", "TRACK"), "these tracks (numbers as --json tells them) show somebody else"),
    ("picture", 2, ("ID", "FILE"), "write her best sighting as a JPEG"),
)
_UNDONE = {
    "name": "the enrollment is forgotten", "join": "it isn't said any more who she is", "ignore": "she is shown again",
    "deny": "it isn't said any more who she isn't", "merge": "they are two again", "split": "they are one again",
}  # fmt: skip


def register(actions: Commands) -> None:
    """Add the action."""
    text = "people whom nobody enrolled and who are seen again and again: name, join, ignore, merge, split them"
    parser = add_command(actions, "library inbox", text, "[options]", WARNING)
    acts = parser.add_mutually_exclusive_group()
    for name, count, words, meaning in _ACTS:
        acts.add_argument(f"--{name}", nargs=count, metavar=words, help=meaning)
    acts.add_argument("--undo", action="store_true", help="take back what was done last")
    parser.add_argument("--consent", action="store_true", help="who is named has agreed to be enrolled")
    parser.add_argument("--all", action="store_true", help="list also who is seen in one video only")
    add_model(parser, run)


def run(args: argparse.Namespace) -> None:
    """List strangers, or do one thing about them."""
    chosen = [(name, run) for name, run in _RUNS.items() if getattr(args, name)]
    if not chosen:
        _list(_inbox(), args)
        return
    name, act = chosen[0]
    if name in ("name", "join", "deny"):
        chat, progress = console.open_chat(args)
        with progress:
            row, sentence = act(chat.library.inbox, getattr(args, name), args)
    else:
        row, sentence = act(_inbox(), getattr(args, name), args)
    undo = "" if name in _LASTING else " Take it back with: pvchat library inbox --undo"
    console.report(args, row, sentence + undo)


def _list(inbox: Inbox, args: argparse.Namespace) -> None:
    from pvchat.chat.english import lasting

    found = inbox.strangers(least=1 if args.all else 2)
    if args.json:
        console.write_json([one.to_dict() for one in found])
        return
    if not found:
        console.say("Nobody who isn't enrolled is seen in several videos (--all: also who is seen in one).")
        return
    rows = [("id", "videos", "seen", "last", "perhaps")]
    for one in found:
        latest = one.sightings[-1]
        rows.append((str(one.id), str(one.videos), lasting(one.seconds), f"{latest.recorded} {Path(latest.path).name}",
                     ", ".join(one.perhaps)))  # fmt: skip
    console.write_columns(rows)


def _name(inbox: Inbox, words: list[str], args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    person = inbox.name(_number(words[0]), words[1], consent=args.consent)
    return {"named": int(words[0]), "name": person.name}, f"{person.name} is enrolled."


def _join(inbox: Inbox, words: list[str], args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    person = inbox.join(_number(words[0]), words[1])
    return {"joined": int(words[0]), "name": person.name}, f"Noted: that is {person.name}."


def _deny(inbox: Inbox, words: list[str], args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    person = inbox.deny(_number(words[0]), words[1])
    return {"denied": int(words[0]), "name": person.name}, f"Noted: that is not {person.name}."


def _ignore(inbox: Inbox, words: list[str], args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    inbox.ignore(_number(words[0]))
    return {"ignored": int(words[0])}, f"{words[0]} isn't shown any more."


def _merge(inbox: Inbox, words: list[str], args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    group, other = map(_number, words)
    inbox.merge(group, other)
    return {"merged": [group, other]}, f"{other} is {group} now."


def _split(inbox: Inbox, words: list[str], args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    group, *tracks = map(_number, words)
    made = inbox.split(group, tracks)
    return {"split": group, "new": made}, f"These tracks are {made} now."


def _picture(inbox: Inbox, words: list[str], args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    path = Path(words[1]).expanduser()
    path.write_bytes(inbox.picture(_number(words[0])))
    return {"picture": str(path)}, f"Written: {path}."


def _undo(inbox: Inbox, _: bool, args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    act = inbox.undo()
    return {"undone": act.what, "id": act.group}, f"Taken back: {act.what} of {act.group}; {_UNDONE[act.what]}."


_RUNS: dict[str, Callable[..., tuple[dict[str, Any], str]]] = {
    "name": _name, "join": _join, "deny": _deny, "ignore": _ignore, "merge": _merge, "split": _split,
    "picture": _picture, "undo": _undo,
}  # fmt: skip
_LASTING = ("picture", "undo")  # nothing that could be taken back


def _number(word: str) -> int:
    if not word.isdigit():
        raise SettingsError("this is no number of the list.", subject=word, hint="Look: pvchat library inbox")
    return int(word)


def _inbox() -> Inbox:
    from pvchat.service import PVChat

    return PVChat().library.inbox
