"""`pvchat transcribe CLIP`: what is said in a clip, with times and, as far as that is seen, names; or as subtitles."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command

if TYPE_CHECKING:
    from pvchat.service.hearing import SpokenLine


def register(commands: Commands) -> None:
    """Add the command."""
    text = "what is said in a clip, with times and names"
    note = "English, and other languages less well; what hearing needs is fetched by `pvchat doctor --fetch --voice`."
    parser = add_command(commands, "transcribe", text, _run, "CLIP", note=note, settings=True)
    parser.add_argument("clip", metavar="CLIP", help="a video with sound")
    parser.add_argument("--srt", type=Path, metavar="FILE", help="write subtitles (SubRip) into a new file instead")


def _run(args: argparse.Namespace) -> None:
    from pvchat.chat.english import clock
    from pvchat.service.hearing import transcript
    from pvchat.storage import atomic

    chat, progress = console.open_chat(args)
    with progress:
        analysis = chat.listen(args.clip).analysis
    lines = transcript(analysis, chat.presence(analysis), args.clip)
    if args.srt is not None:
        atomic.write_new(args.srt.expanduser(), subtitles(lines).encode())
        console.say(f"{len(lines)} subtitles are in {args.srt}.")
    elif args.json:
        names = ("start_s", "end_s", "who", "of", "text")
        console.write_json([{name: getattr(line, name) for name in names} for line in lines])
    else:
        for line in lines:
            console.write(f"{clock(line.start_s):>7}  {line.speaker}: {line.text}")
        if not lines:
            console.say("I hear nobody speak.")


def subtitles(lines: Sequence[SpokenLine]) -> str:
    """Lines as a SubRip file; the speaker is named where she is known."""
    blocks = []
    for number, line in enumerate(lines, 1):
        who = f"{line.who}: " if line.who and not line.who.startswith("#") else ""
        blocks.append(f"{number}\n{_clock(line.start_s)} --> {_clock(line.end_s)}\n{who}{line.text}\n")
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02d}:{whole // 60_000 % 60:02d}:{whole // 1000 % 60:02d},{whole % 1000:03d}"
