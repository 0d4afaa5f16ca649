"""`pvchat enroll CLIP --name NAME`: get to know a person from one clip (`--depth deep`: and from variations of it).

In: parsed words. Out: who is enrolled now, on stdout.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model

if TYPE_CHECKING:
    from pvchat.people.store import Person
    from pvchat.service import PVChat

DEPTHS = ("instant", "deep")


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "enroll", "get to know a person from one clip", "CLIP --name NAME [options]")
    parser.add_argument("clip", metavar="CLIP", help="a video, an animation or a photo that shows the person")
    parser.add_argument("--name", required=True, help="how the person is called in questions")
    parser.add_argument("--depth", choices=DEPTHS, default="instant", help="instant (the default): one pass over "
                        "the clip, seconds; deep: also learns from an augmentation of it, minutes")  # fmt: skip
    parser.add_argument("--track", type=int, metavar="N", help="whom to take where the clip shows several people")
    parser.add_argument("--replace", action="store_true", help="take the place of an enrolled person of that name")
    add_model(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Enroll the person, and say so.

    Raises:
        PVChatError: the clip, the subject or the name can't be taken.
    """
    chat, progress = console.open_chat(args)
    with progress:
        if args.depth == "deep":
            person = _enroll_deep(chat, args)
        else:
            person = chat.enroll(args.clip, name=args.name, depth=args.depth, track=args.track, replace=args.replace)
    if args.json:
        from pvchat.people.store import describe

        console.write_json(describe(person))
    else:
        _show(person, Path(args.clip).name)


def _enroll_deep(chat: PVChat, args: argparse.Namespace) -> Person:
    """The first Ctrl-C keeps the best so far, the second one ends all."""
    from pvchat.train.signals import stopping

    with stopping() as stop:
        return chat.enroll(args.clip, args.name, "deep", args.track, args.replace, stop)


def _show(person: Person, source: str) -> None:
    out, name = console.open_console(), console.plain(person.name)
    out.print(f"[bold]{name}[/bold] is enrolled ({person.depth}), from {console.plain(source)}.")
    if person.kind == "figure":
        out.print("No face was found: the person is recognised by appearance, which is less certain.")
    if person.confidence < 1:
        out.print(f"Confidence of this enrollment: {person.confidence:.2f}")
    out.print(f'Now ask: pvchat ask CLIP "Is {name} there?"')
