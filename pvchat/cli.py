"""The command line: `pvchat demo | enroll | ask | people | doctor`.

In: words. Out: an answer on stdout (JSON with `--json`), everything else on stderr; the exit code is 0, 1 for an error
that a user can mend, 2 for wrong usage, 130 after Ctrl-C.

Notable choices: argparse and late imports, since `--help` has half a second (docs/help.md is printed from this parser).
`--video.*` and `--presence.*` are the fields of the dataclasses in `config.py`, which check themselves.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from pvchat import __version__, commands
from pvchat.errors import PVChatError

OK, USER_ERROR, INTERRUPTED = 0, 1, 130
DEPTHS = ("instant",)
USAGE = {"enroll": "CLIP --name NAME [options]", "ask": "CLIP QUESTION [options]", "people": "ACTION …"}
MEANINGS = {
    "video.backend": "what reads normalised copies: auto, decord or pyav",
    "video.max_bytes": "largest file that is taken",
    "video.max_duration_s": "longest clip that is taken, seconds",
    "video.max_pixels": "largest frame that is taken, width times height",
    "video.max_side": "pixels, longest side of the normalised copy",
    "video.max_fps": "highest frame rate of the normalised copy",
    "video.sample_fps": "frames a second that are looked at",
    "video.max_frames": "most frames of a clip that are looked at",
    "video.still_seconds": "length of the clip that a photo becomes",
    "presence.present_from": "probability from which a person counts as present",
    "presence.absent_below": "probability below which a person counts as absent",
}
EXAMPLES = """examples:
  pvchat demo                                        see it work on real footage
  pvchat enroll ana.mp4 --name Ana                   get to know Ana from one clip
  pvchat ask party.mp4 "Is Ana there?"               ask about a new clip
  pvchat ask party.mp4 "What is Ana wearing?" --json
  pvchat people forget Ana                           remove everything about Ana
  pvchat doctor                                      what is installed, what is missing

People, weights and caches live in $PVCHAT_HOME. Every command has its own --help.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (wrong usage raises SystemExit(2))."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal can't show ends nothing
    args = build_parser().parse_args(argv)
    from pvchat.runtime import setup_logging

    setup_logging(args.verbose)
    try:
        args.run(args)
        sys.stdout.flush()
    except PVChatError as error:
        if args.verbose:
            traceback.print_exc()
        commands.show_error(error, args.json)
        return USER_ERROR
    except KeyboardInterrupt:
        commands.say("Stopped. What was finished is kept; nothing half done is.")
        return INTERRUPTED
    except BrokenPipeError:  # `pvchat people | head`
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return USER_ERROR
    return OK


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = _Parser(
        prog="pvchat", description="Enroll a person from one clip, then ask about new clips.", epilog=EXAMPLES
    )
    parser.add_argument("--version", action="version", version=f"pvchat {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, add, text in (
        ("demo", _add_demo, "see it work on real footage (fetches weights and footage first)"),
        ("enroll", _add_enroll, "get to know a person from one clip"),
        ("ask", _add_ask, "ask about a clip"),
        ("people", _add_people, "list, show, rename, alias, export, import or forget people"),
        ("doctor", _add_doctor, "what is installed, what is missing, how to mend it"),
    ):
        usage = f"pvchat {name} {USAGE.get(name, '[options]')}"
        add(subparsers.add_parser(name, usage=usage, help=text, description=f"{text[0].upper()}{text[1:]}."))
    return parser


# -- parsers -----------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Keeps the examples' line breaks; options can't be shortened, so that a new one never breaks an old script."""

    def __init__(self, **options: Any) -> None:
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(**{"formatter_class": shape, "allow_abbrev": False, **options})


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON on stdout")
    help_ = "tell more on stderr (-vv: everything); errors come with their traceback"
    parser.add_argument("-v", "--verbose", action="count", default=0, help=help_)


def _add_model(parser: argparse.ArgumentParser) -> None:
    _add_common(parser)
    parser.add_argument("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1 … or mps")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything that draws numbers (default 0)")
    for section, config in commands.SECTIONS.items():
        group = parser.add_argument_group(f"{section} settings")
        for field in dataclasses.fields(config):
            flag, kind = f"{section}.{field.name}", type(field.default)
            shown = f"{MEANINGS[flag]} (default {field.default})"
            metavar = {int: "N", float: "X"}.get(kind, "WORD")
            group.add_argument(f"--{flag}", type=kind, default=field.default, metavar=metavar, help=shown)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    _add_model(parser)
    parser.set_defaults(run=commands.demo)


def _add_enroll(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", metavar="CLIP", help="a video, an animation or a photo that shows the person")
    parser.add_argument("--name", required=True, help="how the person is called in questions")
    parser.add_argument("--depth", choices=DEPTHS, default="instant", help="instant: one pass over the clip, seconds")
    parser.add_argument("--track", type=int, metavar="N", help="whom to take where the clip shows several people")
    parser.add_argument("--replace", action="store_true", help="take the place of an enrolled person of that name")
    _add_model(parser)
    parser.set_defaults(run=commands.enroll)


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", metavar="CLIP", help="a video, an animation or a photo")
    parser.add_argument("question", metavar="QUESTION", help='such as "Is Ana there?" or "What is Ana doing?"')
    _add_model(parser)
    parser.set_defaults(run=commands.ask)


def _add_people(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, run, arguments, text in (
        ("list", commands.people_list, (), "everyone who is enrolled"),
        ("show", commands.people_show, ("name",), "what is stored about one person"),
        ("rename", commands.people_rename, ("old", "new"), "give a person another name"),
        ("alias", commands.people_alias, ("name", "alias"), "let a person answer to one more name"),
        ("export", commands.people_export, ("name", "path"), "write a person to one .pvperson file"),
        ("import", commands.people_import, ("path",), "add the person in a .pvperson file"),
        ("forget", commands.people_forget, ("name",), "remove everything about a person, cached clips included"),
    ):
        usage = " ".join(["pvchat people", action, *(word.upper() for word in arguments), "[options]"])
        one = actions.add_parser(action, usage=usage, help=text, description=f"{text[0].upper()}{text[1:]}.")
        for argument in arguments:
            one.add_argument(argument, metavar=argument.upper())
        if action == "alias":
            one.add_argument("--remove", action="store_true", help="take that other name away")
        if action == "import":
            one.add_argument("--name", help="call the person so instead of by the name in the file")
            one.add_argument("--replace", action="store_true", help="take the place of an enrolled person of that name")
        _add_common(one)
        one.set_defaults(run=run)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fetch", action="store_true", help="download what is missing: weights, and the demo's footage"
    )
    _add_common(parser)
    parser.set_defaults(run=commands.doctor)
