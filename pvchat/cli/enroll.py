"""`pvchat enroll CLIP --name NAME`: get to know a person from one clip (`--depth deep`: and train a base on her)."""

from __future__ import annotations

import argparse
import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command
from pvchat.config import DEPTHS

if TYPE_CHECKING:
    from pvchat.people.store import Person

_NOTHING = "Nothing was trained: only a pretrained base (--model BASE) is; the shipped model knows her as well without."


def register(commands: Commands) -> None:
    """Add the command."""
    text = "get to know a person from one clip"
    parser = add_command(commands, "enroll", text, _run, "CLIP --name NAME", settings=True)
    parser.add_argument("clip", metavar="CLIP", help="a video, an animation or a photo that shows the person")
    parser.add_argument("--name", required=True, help="how the person is called in questions")
    parser.add_argument("--depth", choices=DEPTHS, default="instant", help="instant (the default): one pass over "
                        "the clip, seconds; deep: also trains a pretrained base (--model) on an augmentation of "
                        "it, minutes")  # fmt: skip
    parser.add_argument("--track", type=int, metavar="N", help="whom to take where the clip shows several people")
    meaning = "another clip of somebody who is enrolled by that name: what it shows joins what is known of her"
    parser.add_argument("--add", action="store_true", help=meaning)
    parser.add_argument("--replace", action="store_true", help="take the place of an enrolled person of that name")


def _run(args: argparse.Namespace) -> None:
    from pvchat.train.signals import stopping

    chat, progress = console.open_chat(args)
    # The first Ctrl-C of a training keeps the best so far, the second one ends all
    with progress, stopping() if args.depth == "deep" else nullcontext() as stop:
        person = chat.enroll(args.clip, args.name, args.depth, args.track, args.replace, stop, add=args.add)
    if args.json:
        from pvchat.people.store import describe

        notes = {} if person.notes is None else {"notes": person.notes.to_dict()}
        console.write_json({**describe(person), **notes})
    else:
        _show(person, Path(args.clip).name, args.add)
        if args.depth == "deep" and chat.networks.narrator is None:
            console.write(_NOTHING)


def _show(person: Person, source: str, added: bool) -> None:
    name, clips, notes = person.name, int(person.extra.get("clips", 1)), person.notes
    if added:
        console.write(f"{source} is added to {name} ({person.depth}), who is known from {clips} clips now.")
    else:
        console.write(f"{name} is enrolled ({person.depth}), from {source}.")
    if person.kind == "figure":
        console.write("No face was found: the person is recognised by appearance, which is less certain.")
    if person.confidence < 1:
        console.write(f"Confidence of this enrollment: {person.confidence:.2f}")
    if notes:
        for sentence in notes.sentences(name):
            console.write(sentence)
    if notes and notes.unlike:
        console.write(f"If not, enroll {name} anew: pvchat enroll CLIP --name {shlex.quote(name)} --replace")
    elif notes and notes.looks_like:
        both = f"{shlex.quote(notes.looks_like)} {shlex.quote(name)}"
        console.write(f"If it is {notes.looks_like}: pvchat people merge {both}")
    if notes and notes.poor and not notes.unlike:
        console.write(f"Add a better clip with: pvchat enroll CLIP --name {shlex.quote(name)} --add")
    console.write(f'Now ask: pvchat ask CLIP "Is {name} there?"')
