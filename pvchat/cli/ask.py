"""`pvchat ask CLIP QUESTION`: one question about one clip.

In: parsed words. Out: the answer on stdout, with who was judged how and what took how long; `-v` says, too, why
somebody wasn't recognised.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, add_model, time_of

if TYPE_CHECKING:
    from pvchat.schemas import Answer


def register(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "ask", "ask about a clip", "CLIP QUESTION [options]")
    parser.add_argument("clip", metavar="CLIP", help="a video, an animation or a photo")
    parser.add_argument("question", metavar="QUESTION", help='such as "Is Ana there?" or "What is Ana doing?"')
    for flag, dest, end in (("--from", "start_s", "start"), ("--to", "end_s", "end")):
        told = f"answer from a part of the clip only: its {end}, as seconds, m:ss or h:mm:ss"
        parser.add_argument(flag, dest=dest, type=time_of, metavar="TIME", help=told)
    add_model(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Answer the question.

    Raises:
        PVChatError: the clip can't be read, has no such part, or the question isn't understood.
    """
    part = None if args.start_s is args.end_s is None else (args.start_s or 0.0, args.end_s)
    chat, progress = console.open_chat(args)
    with progress:
        answer = chat.ask(args.clip, args.question, between=part)
    if args.json:
        console.write_json(answer.to_dict())
    else:
        _show(answer, bool(args.verbose))


def _show(answer: Answer, more: bool) -> None:
    row = answer.to_dict()
    console.write(answer.answer)
    for person in row["people"]:
        spans = ", ".join(f"{start:.1f}–{end:.1f} s" for start, end in person["spans"])
        line = f"  {person['name']}: {person['decision']}, probability {person['probability']:.2f}"
        console.write_faint(f"{line}, {spans}" if spans else line)
        if more and "why" in person:
            console.write_faint(f"    {person['why']['text']}")
    timing = [f"{key.removesuffix('_s').replace('_', ' ')} {value:.1f} s" for key, value in row["timing"].items()]
    console.write_faint(f"  {', '.join(timing)}")
