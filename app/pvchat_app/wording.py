"""Texts of the page: errors as sentences that say what to do, and numbers, times and dates in words.

Errors of the service are worded for the command line ("Pick one with --track N."); here their hints become those of the
page. Paths become file names: a page doesn't show where things lie on this machine.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import escape as _escape
from pathlib import Path

from pvchat import errors
from pvchat.errors import PVChatError

SIGNS = {"present": "✓", "unsure": "?", "absent": "–"}
WORDS = {"present": "present", "unsure": "unsure", "absent": "not there"}
_UNEXPECTED = "Something went wrong inside PVChat. Try again; if it stays, restart it with -v and read the terminal."
_FLAG = re.compile(r",? or raise --[\w.]*\w")  # "Cut it, or raise --video.max_duration_s."
_COMMAND, _TAB = re.compile(r"&#96;(.+?)&#96;"), re.compile(r"the (Enroll|People|Library) tab")  # in escaped text
_BRACES = {ord("{"): "&#123;", ord("}"): "&#125;", ord("$"): "&#36;", ord("`"): "&#96;", ord("\\"): "&#92;"}


def explained_error(error: BaseException) -> str:
    """An error in plain text: what happened, and what to do about it."""
    if not isinstance(error, PVChatError):
        return _UNEXPECTED
    what = error.what.strip().rstrip(".")
    what += "" if what.endswith("?") else "."
    subject = Path(error.subject).name if _is_path(error) else error.subject
    named = subject in ("", "''") or f"'{subject}'".casefold() in what.casefold()  # nothing, or in the sentence already
    head = f"{what[:1].upper()}{what[1:]}" if named else f"{subject}: {what}"
    return f"{head} {hint(error)}".strip()


def hint(error: PVChatError) -> str:
    """What to do about an error, on the page."""
    if isinstance(error, errors.NoSubjectError):
        return "Use a clip or photo in which the person's face can be seen for a second or more."
    if isinstance(error, errors.SeveralSubjectsError):
        return "Pick the one you mean."
    if isinstance(error, errors.UnknownPersonError) and "`" in error.hint:
        return "Enroll a person first."
    if "--alike" in error.hint:  # another name wouldn't help
        return "If it is, type the enrolled name and tick “Replace”. If not, run “pvchat people import FILE --alike”."
    if isinstance(error, errors.PeopleError) and "replace" in error.hint.lower():
        return "Choose another name, or tick “Replace”."
    if isinstance(error, errors.WeightsError) and not any(more in error.hint for more in ("--voice", "--spoken")):
        return "Stop the app and run “pvchat doctor --fetch” once."
    return _FLAG.sub("", error.hint)


def escape(text: object) -> str:
    """Escape foreign text for HTML and templates ("${…}", "{{…}}"); a lone surrogate becomes "?"."""
    return _escape(str(text), quote=True).translate(_BRACES).encode("utf-8", "replace").decode()


def answer_html(text: str) -> str:
    """An answer as HTML: a command looks like one, and a tab that it names is a link to that tab."""
    shown = _COMMAND.sub(r"<code>\1</code>", escape(text))
    return _TAB.sub(lambda tab: f'<a href="#{tab[1].lower()}">{tab[0]}</a>', shown)


def one_line(text: str | None) -> str:
    """Typed text in one line; a lone surrogate, which can't be written, becomes "?"."""
    return " ".join((text or "").split()).encode("utf-8", "replace").decode()


def date_text(created: str) -> str:
    """An ISO time as a date: "24 Nov 2026"; "" if it isn't one."""
    try:
        return f"{(at := datetime.fromisoformat(created).astimezone()).day} {at:%b %Y}"
    except ValueError:
        return ""


def exact_time(seconds: float) -> str:
    """A time to the tenth: "3.5 s", "1:05.0", "1:02:03.4"."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def percent(value: float) -> str:
    """A probability in per cent; never "100 %" or "0 %", but "> 99 %" and "< 1 %"."""
    if value < 0.01:
        return "< 1 %"
    return f"{100 * value:.0f} %" if value <= 0.99 else "> 99 %"


def rough_duration(seconds: float) -> str:
    """A time left, rounded: "a few seconds", "about 40 s", "about 3 min"."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 20:
        return f"about {5 * round(seconds / 5)} s"
    return f"about {10 * round(seconds / 10)} s" if seconds < 95 else f"about {round(seconds / 60)} min"


def counted(count: int, one: str, several: str = "") -> str:
    """A count with its noun: "1 person", "3 people"."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def from_home(path: str | Path) -> str:
    """A path with the home folder as "~"."""
    home = Path.home()
    return f"~/{Path(path).relative_to(home)}" if Path(path).is_relative_to(home) else str(path)


def _is_path(error: PVChatError) -> bool:
    """Whether an error's subject is a path; a person may be called "Ana/Ben", and a camera is an address."""
    if "://" in error.subject:
        return False
    if isinstance(error, errors.PeopleError):
        return Path(error.subject).is_absolute() and not isinstance(error, errors.UnknownPersonError)
    return isinstance(error, errors.VideoReadError) or "/" in error.subject or "\\" in error.subject
