"""What every command shares on the terminal: results on stdout, talk on stderr, and PVChat opened with its weights."""

from __future__ import annotations

import argparse
import dataclasses
import errno
import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from pvchat.cli.options import settings_of
from pvchat.config import Settings
from pvchat.errors import PVChatError, SeveralSubjectsError
from pvchat.runtime import ProgressDisplay, size

if TYPE_CHECKING:
    from pvchat.assets.packages import Weight
    from pvchat.library import Library
    from pvchat.service import PVChat

INTERRUPTED = 130  # exit code after Ctrl-C


def say(text: str) -> None:
    """Talk to people, on stderr; where that can't be written nobody listens."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def write(text: str) -> None:
    """A finished text, on stdout; raises PVChatError where the disk is full, or stdout closed."""
    with _writing():
        print(text)


def flush() -> None:
    """Write what was printed on stdout; raises as `write`."""
    with _writing():
        sys.stdout.flush()


def drop_unwritten() -> None:
    """What stdout doesn't take is gone: Python would try it again at its end, and fail with a traceback."""
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_streams() -> None:
    """Where a stream is closed (`>&-`): what is printed can't be written, what is said is dropped.

    Else the first file that is opened would get the stream's number, and what is printed would go there.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # takes the lowest number that is free
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # whoever read it has read enough
        raise
    except OSError as error:
        what = f"the answer can't be written ({error.strerror or error})."
        raise PVChatError(what, subject="stdout", hint="Send it somewhere else.") from error


def write_json(value: Any) -> None:
    """A result as JSON, on stdout."""
    write(json.dumps(value, ensure_ascii=False, indent=2))


def report(args: argparse.Namespace, row: Any, sentence: str) -> None:
    """A result: the row with `--json`, else the sentence."""
    if args.json:
        write_json(row)
    else:
        write(sentence)


def list_rows(args: argparse.Namespace, rows: Any, table: Sequence[Sequence[str]], empty: str = "") -> None:
    """A list: the rows with `--json`, else the table, whose first row is its titles; `empty` where there is no more."""
    if args.json:
        write_json(rows)
    elif empty and len(table) == 1:
        say(empty)
    else:
        write_columns(table)


def write_faint(text: str) -> None:
    """A line that matters less, on stdout; grey where that is a terminal."""
    write(_tinted(text, 2, sys.stdout))


def _tinted(text: str, code: int, stream: TextIO) -> str:
    shows = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{code}m{text}\x1b[0m" if shows else text


def presence(person: dict[str, Any]) -> str:
    """A line about a person of an answer: whether she is there, how sure that is, and when."""
    spans = ", ".join(f"{start:.1f}–{end:.1f} s" for start, end in person["spans"])
    line = f"{person['name']}: {person['decision']}, probability {person['probability']:.2f}"
    return f"{line}, {spans}" if spans else line


def write_columns(rows: Sequence[Sequence[str]]) -> None:
    """Rows of words under each other, on stdout, the first the titles."""
    write("\n".join(columns(rows)))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of words under each other, as wide as they are."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [word + " " * (width - _width(word)) for word, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def _width(text: str) -> int:
    """Columns of a terminal that a text takes; without rich, which takes a while to load."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in text)


def as_user_error(error: PVChatError | OSError | UnicodeEncodeError) -> PVChatError:
    """What was refused, by us or by the system, or is no text at all, with what to do about it."""
    if isinstance(error, PVChatError):
        return error
    if isinstance(error, UnicodeEncodeError):  # bytes of the command line that are no UTF-8
        return PVChatError("this isn't text in UTF-8.", subject=ascii(error.object)[:80], hint="Type it anew.")
    full, closed = ("ENOSPC", "EDQUOT", "EFBIG"), ("EACCES", "EPERM", "EROFS")
    hints = {getattr(errno, name, None): "Make room, or choose another disk." for name in full}
    hints |= {getattr(errno, name): "Choose a place that you may read and write." for name in closed}
    hints |= {code: "Choose another path." for code in (errno.ENOTDIR, errno.EISDIR, errno.EEXIST)}
    what = f"the system refuses: {(error.strerror or str(error) or type(error).__name__).rstrip('.')}."
    return PVChatError(what, subject=str(error.filename or ""), hint=hints.get(error.errno, ""))


def show_error(error: PVChatError, as_json: bool) -> None:
    """What happened, which input it concerns, what to do; and the people to choose from, if that is the question."""
    row: dict[str, Any] = error.to_dict()
    if isinstance(error, SeveralSubjectsError):
        candidates = error.candidates
        row |= {"candidates": [dataclasses.asdict(candidate) for candidate in candidates], "sheet": error.sheet}
    if as_json:
        with suppress(PVChatError, OSError):  # stdout may be what failed
            write_json(row)
    subject = f"{error.subject}: " if error.subject else ""
    say(f"{_tinted('error:', 31, sys.stderr)} {subject}{error.what}")
    for line in _choices(error) if isinstance(error, SeveralSubjectsError) else ():
        say(line)
    if error.hint:
        say(error.hint)


def _choices(error: SeveralSubjectsError) -> list[str]:
    """Whom to choose from, and where their pictures lie: whole paths, never cut off, that a click opens."""
    rows = [("--track", "seen for", "where", "" if error.sheet else "picture")]
    for one in error.candidates:
        rows.append((str(one.number), f"{one.seconds:.1f} s", one.where, "" if error.sheet else one.thumbnail))
    return [*columns(rows), *([f"Pictures of all: {error.sheet}"] if error.sheet else [])]


def open_chat(args: argparse.Namespace) -> tuple[PVChat, ProgressDisplay]:
    """PVChat as the words want it, its weights fetched, and the display that it reports to.

    Raises SettingsError where the words don't fit, WeightsError where weights can't be fetched.
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
    """The library, without any network loaded."""
    from pvchat.service import PVChat

    return PVChat().library


def fetch_missing(settings: Settings) -> None:
    """Download the embedded weights that these settings need and that aren't here; raises as `open_chat`."""
    from pvchat.assets import packages
    from pvchat.bases.models import base_of
    from pvchat.service.networks import needed_weights

    base = base_of(settings)
    if missing := needed_weights(base is not None and settings.answers in ("auto", "model")):
        fetch(tuple(weight for weight in packages.table("embedded") if weight.role in missing))


def fetch(*tables: tuple[Weight, ...]) -> None:
    """Download what is missing of some tables of packages, and say so; raises WeightsError."""
    from pvchat.assets import weights

    if todo := [weight for table in tables for weight in weights.missing(table=table)]:
        what = "weights and footage" if len(tables) > 1 else "weights"
        say(f"Fetching {size(sum(weight.size_bytes for weight in todo))} of {what}, once …")
    with ProgressDisplay("bytes") as downloads:
        for table in tables:
            weights.fetch(progress=downloads, table=table)
