"""`pvchat ask CLIP QUESTION`: a question about one clip, and those that follow from it (`--then`); or `--library`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from pvchat.cli import console
from pvchat.cli.options import Commands, add_command, time_of
from pvchat.errors import SettingsError

_MAX_ABSENT = 6  # absent people who are listed one by one


def register(commands: Commands) -> None:
    """Add the command."""
    text = "ask about a clip, or a library of them"
    parser = add_command(commands, "ask", text, _run, "CLIP|--library QUESTION", settings=True)
    parser.add_argument("clip", metavar="CLIP", nargs="?", help="a video, an animation or a photo")
    parser.add_argument("question", metavar="QUESTION", help='such as "Is Ana there?" or "What is Ana doing?"')
    meaning = "ask about all videos that `pvchat library scan` looked through, instead of a clip"
    parser.add_argument("--library", action="store_true", help=meaning)
    meaning = 'a question that follows, such as "and what is she wearing?"; may be given again'
    parser.add_argument("--then", action="append", default=[], metavar="QUESTION", help=meaning)
    meaning = "also show how the question was read, and the rows that answer it"
    parser.add_argument("--explain", action="store_true", help=meaning)
    for flag, dest, end in (("--from", "start_s", "start"), ("--to", "end_s", "end")):
        meaning = f"answer from a part of the clip only: its {end}, as seconds, m:ss or h:mm:ss"
        parser.add_argument(flag, dest=dest, type=time_of, metavar="TIME", help=meaning)
    parser.set_defaults(wrong=parser.error)


def _run(args: argparse.Namespace) -> None:
    """Ask the questions one after the other, each with the history of those before."""
    part = None if args.start_s is args.end_s is None else (args.start_s or 0.0, args.end_s)
    _require_order(args, part)
    chat, progress = console.open_chat(args)
    history: list[tuple[str, str]] = []
    rows = []
    for question in (args.question, *args.then):
        answer: Any
        with progress:
            if args.library:
                answer = chat.library.ask(question, [asked for asked, _ in history], progress=progress)
                unenrolled = answer.finding.strange
            else:
                answer = chat.ask(args.clip, question, history=history, between=part)
                missing = answer.finding.get("missing", ())
                unenrolled = [one["name"] for one in missing if one["why"] == "not enrolled"]
        row = answer.to_dict()
        history.append((question, row["answer"]))
        explanation = {"finding": answer.finding} if args.explain and not args.library else {}
        rows.append(({"question": question} if args.then else {}) | row | explanation)
        if args.json:
            continue
        _show(row, bool(args.verbose))
        for name in unenrolled:
            console.say(f"Enroll {name} first: pvchat enroll CLIP --name {shlex.quote(name)}")
        if args.explain:
            from pvchat.chat.say.explanation import explain, lines

            finding = {"query": row["query"]} if args.library else answer.finding
            for line in lines(explain(finding, args.library)):
                console.write_faint(f"  {line}")
    if args.json:
        console.write_json(rows if args.then else rows[0])


def _require_order(args: argparse.Namespace, part: tuple[float, float | None] | None) -> None:
    """Raise SettingsError, or say what is right, where a clip is missing, is a folder, or comes after the question."""
    if args.library:
        if args.clip is not None or part is not None:
            hint = 'Write: pvchat ask --library "When was Ana last seen?"'
            raise SettingsError("a question to the library names no clip and no part.", subject="--library", hint=hint)
    elif args.clip is None:
        args.wrong("a CLIP and a QUESTION are required, or --library and a QUESTION")
    elif Path(args.clip).is_dir():
        hint = "Name one file; or ask about all of them: pvchat library add FOLDER; pvchat library scan; pvchat ask "
        raise SettingsError("this is a folder.", subject=args.clip, hint=hint + "--library QUESTION")
    elif not Path(args.clip).exists() and Path(args.question).is_file():
        hint = f"Write: pvchat ask {shlex.quote(args.question)} {shlex.quote(args.clip)}"
        raise SettingsError("the clip comes first, then the question.", subject="pvchat ask", hint=hint)


def _show(row: dict[str, Any], more: bool) -> None:
    """Print the answer and the decision about each person; with `more` also reasons and timing."""
    console.write(row["answer"])
    people = row.get("people", ())
    absent = [p for p in people if p["decision"] == "absent"]
    few = more or len(absent) <= _MAX_ABSENT
    for person in people if few else [p for p in people if p not in absent]:
        console.write_faint(f"  {console.presence(person)}")
        if more and "why" in person:
            console.write_faint(f"    {person['why']['text']}")
    if not few:
        likeliest = max(absent, key=lambda p: p["probability"])
        likely = f"{likeliest['name']} the likeliest of them, probability {likeliest['probability']:.2f}"
        console.write_faint(f"  {len(absent)} absent, {likely} (-v lists them)")
    if more and "timing" in row:
        timing = [f"{key.removesuffix('_s').replace('_', ' ')} {value:.1f} s" for key, value in row["timing"].items()]
        console.write_faint(f"  {', '.join(timing)}")
