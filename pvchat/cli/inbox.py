"""`pvchat library inbox`: people whom nobody enrolled and who are seen again and again, and what to do about them.

In: parsed words. Out: rows on stdout. Networks are loaded where somebody is named, joined or told apart.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model
from pvchat.errors import SettingsError

if TYPE_CHECKING:
    from pvchat.library.inbox import Inbox

WARNING = "What it shows are faces of people who weren't asked: enroll nobody who hasn't agreed."


@dataclass(frozen=True)
class _Act:
    """What can be done about a stranger: `run` does it, with networks or without, and returns a row and a sentence."""

    words: tuple[str, ...]
    meaning: str
    run: Callable[[Inbox, list[str], argparse.Namespace], tuple[dict[str, Any], str]]
    undone: str = ""  # said where it was taken back; nothing where it can't be
    networks: bool = False


def register(actions: Commands) -> None:
    """Add the action."""
    text = "people whom nobody enrolled and who are seen again and again: name, join, ignore, merge, split them"
    parser = add_command(actions, "library inbox", text, "[options]", WARNING)
    acts = parser.add_mutually_exclusive_group()
    for name, act in _ACTS.items():
        count = "+" if name == "split" else len(act.words)
        acts.add_argument(f"--{name}", nargs=count, metavar=act.words, help=act.meaning)
    acts.add_argument("--undo", action="store_true", help="take back what was done last")
    parser.add_argument("--consent", action="store_true", help="who is named has agreed to be enrolled")
    parser.add_argument("--all", action="store_true", help="list also who is seen in one video only")
    add_model(parser, run)


def run(args: argparse.Namespace) -> None:
    """List strangers, or do one thing about them."""
    chosen = next((name for name in _ACTS if getattr(args, name)), "")
    if args.undo:
        undone = _inbox().undo()
        sentence = f"Taken back: {undone.what} of {undone.group}; {_ACTS[undone.what].undone}."
        console.report(args, {"undone": undone.what, "id": undone.group}, sentence)
    elif chosen:
        _do(_ACTS[chosen], getattr(args, chosen), args)
    else:
        _list(args)


def _do(act: _Act, words: list[str], args: argparse.Namespace) -> None:
    if act.networks:
        chat, progress = console.open_chat(args)
        with progress:
            row, sentence = act.run(chat.library.inbox, words, args)
    else:
        row, sentence = act.run(_inbox(), words, args)
    undo = " Take it back with: pvchat library inbox --undo" if act.undone else ""
    console.report(args, row, sentence + undo)


def _list(args: argparse.Namespace) -> None:
    from pvchat.chat.english import lasting

    found = _inbox().strangers(least=1 if args.all else 2)
    rows = [("id", "videos", "seen", "last", "perhaps she is")]
    for one in found:
        latest = one.sightings[-1]
        last = f"{latest.recorded.replace('T', ' ')} {Path(latest.path).name}"
        rows.append((str(one.id), str(one.videos), lasting(one.seconds), last, ", ".join(one.perhaps)))
    empty = "Nobody who isn't enrolled is seen in several videos (--all: also who is seen in one)."
    console.list_rows(args, [one.to_dict() for one in found], rows, empty)


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


def _number(word: str) -> int:
    if not word.isdigit():
        raise SettingsError("this is no number of the list.", subject=word, hint="Look: pvchat library inbox")
    return int(word)


def _inbox() -> Inbox:
    return console.open_library().inbox


_ACTS = {
    "name": _Act(("ID", "NAME"), "enroll somebody from her best sightings (with --consent)", _name,
                 "the enrollment is forgotten", networks=True),
    "join": _Act(("ID", "NAME"), "she is somebody who is enrolled", _join, "it isn't said any more who she is",
                 networks=True),
    "deny": _Act(("ID", "NAME"), "she isn't somebody who is enrolled", _deny, "it isn't said any more who she isn't",
                 networks=True),
    "ignore": _Act(("ID",), "never show her again", _ignore, "she is shown again"),
    "merge": _Act(("ID", "OTHER"), "two are one, called by the first number from now on", _merge,
                  "they are two again"),
    "split": _Act(("ID", "TRACK"), "these tracks (numbers as --json tells them) show somebody else", _split,
                  "they are one again"),
    "picture": _Act(("ID", "FILE"), "write her best sighting as a JPEG", _picture),
}  # fmt: skip
