"""The command line: `pvchat demo | enroll | ask | transcribe | library | live | events | augment | people | eval |
 serve | models | train | encrypt | decrypt | backup | restore | token | doctor`.

Results go to stdout (JSON with `--json`), everything else to stderr. The exit code is 0, 1 for an error that a user can
mend (also if `doctor` finds something missing), 2 for wrong usage, 130 after Ctrl-C. Only the module of the given
command is loaded, and imports are late, since a question about a known clip must be answered within a second.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from pvchat import __version__
from pvchat.cli import console
from pvchat.errors import PVChatError
from pvchat.runtime import setup_logging

OK, USER_ERROR = 0, 1
COMMANDS = (
    "demo", "enroll", "ask", "transcribe", "library", "live", "events", "augment", "people", "eval", "serve",
    "models", "train", "home", "token", "doctor",
)  # fmt: skip
LASTING = ("live", "serve")  # run for days: their log tells when
HOME = ("encrypt", "decrypt", "backup", "restore")  # what `home.py` has
EXAMPLES = """examples:
  pvchat demo                                        see it work on real footage
  pvchat enroll ana.mp4 --name Ana                   get to know Ana from one clip
  pvchat ask party.mp4 "Is Ana there?"               ask about a new clip
  pvchat ask party.mp4 "What is Ana wearing?" --json
  pvchat ask party.mp4 "Is Ana there?" --then "and what is she doing?"
  pvchat transcribe party.mp4 --srt party.srt        what is said, as subtitles
  pvchat library add videos --place kitchen          look through a folder of videos …
  pvchat library scan
  pvchat ask --library "When was Ana last seen?"     … and ask about all of them
  pvchat live rtsp://camera --place kitchen          watch a camera …
  pvchat events add "Ana is seen" --to http://home   … and be told
  pvchat people forget Ana                           remove everything about Ana
  pvchat doctor                                      what is installed, what is missing

People, weights and caches live in $PVCHAT_HOME. Every command has its own --help.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (wrong usage raises SystemExit(2))."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal can't show ends nothing
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        return _run(build_parser(words[0] if words else "").parse_args(words))
    except KeyboardInterrupt:
        console.say("Stopped. What was finished is kept; nothing half done is.")
        return console.INTERRUPTED
    finally:
        console.drop_unwritten()


def build_parser(command: str = "") -> argparse.ArgumentParser:
    """The parser: of one command if that is named, else of all."""
    text = "Enroll a person from one clip, then ask about new clips."
    parser = _Parser(prog="pvchat", description=text, epilog=EXAMPLES)
    parser.add_argument("--version", action="version", version=f"pvchat {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    modules = {name: name for name in COMMANDS if name != "home"} | dict.fromkeys(HOME, "home")
    for name in (modules[command],) if command in modules else COMMANDS:
        import_module(f"pvchat.cli.{name}").register(commands)
    return parser


def _run(args: argparse.Namespace) -> int:
    setup_logging(args.verbose, timed=args.command in LASTING)
    try:
        code = args.run(args)
    except BrokenPipeError:  # `pvchat people | head`
        return USER_ERROR
    except (PVChatError, OSError, UnicodeEncodeError) as error:  # the system's: a full disk, a file in a folder's place
        if args.verbose:
            import traceback

            traceback.print_exc()
        console.show_error(console.as_user_error(error), args.json)
        return USER_ERROR
    return int(code or OK)


class _Parser(argparse.ArgumentParser):
    """Keeps the examples' line breaks; options can't be shortened, so that a new one never breaks an old script."""

    def __init__(self, **options: Any) -> None:
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(**{"formatter_class": shape, "allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Wrong usage; words too many are most often a question without quotes."""
        quotes = message.startswith("unrecognized arguments:") and not re.search(r" --?\w", message)
        super().error(f"{message} (put quotes around a question, a name or a path with spaces)" if quotes else message)
