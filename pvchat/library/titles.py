"""Folders and files by which a question means some of a library's videos: "on Ward 3", "the sofa video".

In: a question and the tables. Out: the question with each of them said as a place is ("in Ward 3", "in sofa.mp4"), and
their names as they end a path ("/Ward 3", "/sofa.mp4"), by which they are told from what a source's place is called.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from pvchat.chat.english import FUNCTION_WORDS, word_set
from pvchat.chat.reader.dates import dated
from pvchat.chat.reader.scopes import CLIPS, spellings
from pvchat.chat.reader.timewords import one_of
from pvchat.chat.reader.words import is_known
from pvchat.errors import SettingsError
from pvchat.video.files import SUFFIXES

# What a file's path ends with, from its source's own name on: "/videos/Ward 3/consultation.mp4"
BELOW = "substr(f.path, length(rtrim(s.path, replace(s.path, '/', ''))))"
_INTO = r"(?:in|on|at|from|inside|into|to|through)"
_THE = r"(?:the|our|my)"
_FOLDER = r"(?:folder|directory|album|series|show)"
# Words that say nothing of what a folder holds: said without "folder" they mean what they always mean
_ORDINARY = FUNCTION_WORDS | word_set(
    """video videos clip clips one ones recording recordings item items scene scenes footage photo photos picture
    pictures image images file files folder library media data camera cameras new newest old oldest last latest first
    next second third long longest short shortest whole best good big small more misc sorted unsorted today"""
)
_MAY_FOLLOW = FUNCTION_WORDS | word_set(
    "today yesterday tonight last first ever never alone always usually since during between each now often since"
)
_NAMED = re.compile(  # where a file may be named: by its ending, before "video", in quotes
    rf"(?i)(?P<file>(?:[^\s?\"“”]+ ){{0,6}}[^\s?\"“”]+(?:{one_of(SUFFIXES)}))\b"
    rf"|\b(?:the|our|my) (?P<called>(?:[\w'.-]+ ){{1,6}}?){CLIPS}\b"
    r"|\b(?:in|on|at|from|of|video|clip|file|called|named) [\"“](?P<quoted>[^\"“”]{1,80})[\"”]"
)


def folders_of(library: sqlite3.Connection) -> list[str]:
    """The names of all folders that hold videos, each once; cameras have places only."""
    words = f"SELECT DISTINCT rtrim({BELOW}, replace(f.path, '/', '')) FROM files AS f JOIN sources AS s "
    rows = library.execute(f"{words} ON s.id = f.source WHERE s.camera IS NULL")
    return list(dict.fromkeys(name for (path,) in rows for name in path.split("/") if re.search(r"\w$", name)))


def titled(
    text: str, library: sqlite3.Connection, folders: Sequence[str], places: Sequence[str], people: Collection[str]
) -> tuple[str, list[str]]:
    """A question with the folders and files that it means said as places are, and their names."""
    taken = {*spellings(places)}
    said = {_plain(name): name for name in folders if _plain(name) not in taken and _plain(name) in _plain(text)}
    for plain, name in sorted(said.items(), key=lambda one: -len(one[0])):
        text = _said_as_place(text, plain, [f"/{name}"], people)
    files = _files(text, library, {*taken, *said})
    for plain, names in files.items():
        text = _said_as_place(text, plain, names, people)
    names = [*(f"/{name}" for name in said.values()), *(name for found in files.values() for name in found)]
    return text, [name for name in names if name in text]


def _said_as_place(text: str, plain: str, names: Sequence[str], people: Collection[str]) -> str:
    """A question with names put as "in NAME" wherever they are said as a place, or a title, and not as any word is."""
    spoken, name = re.escape(plain).replace(r"\ ", r"[\s_-]+"), " or ".join(names).replace("\\", r"\\")
    called, into = rf"(?<![/\w])[\"“]?{spoken}\b[\"”]?", rf"(?:\b{_INTO} (?:{_THE} )?)"

    def put(said: str, text: str, by: str = f"in {name}") -> str:
        return re.sub(said, lambda found: found.expand(by), text, flags=re.IGNORECASE)

    text = put(rf"{into}?(?:\bthe )?\b{_FOLDER} (?:called )?{called}", text)
    text = put(rf"{into}{called} {_FOLDER}\b|{into}[\"“]{spoken}[\"”]", text)
    if _is_ordinary(plain, people):
        return text
    text = put(rf"\b{_INTO} (?:(?:{_THE}|any|all|each|every|an?) )?{called} {CLIPS}\b", text)
    text = put(rf"{called} {CLIPS}\b|\b{CLIPS} (?:of|from) (?:the )?{called}", text, f"videos in {name}")
    if re.fullmatch(CLIPS, plain):  # "which films": those of the folder "Films"
        text = put(rf"\b(which|what|how many) {plain.rstrip('s')}s?\b(?! of\b)", text, rf"\1 videos in {name}")
    text = put(rf"^(and|or|but|what about|how about) (?:the )?{called}(?=\W*$)", text, rf"\1 in {name}")
    plainly = re.search(r"[\s\d.]", plain) is None  # "in new clothes" isn't in "new"
    ends = rf"(?=\W*$|\W* (?:{one_of([*_MAY_FOLLOW, *people])})\b)" if plainly else ""
    return put(f"{into}{called}{ends}", text)


def _is_ordinary(plain: str, people: Collection[str]) -> bool:
    """Whether a name is also a common word, somebody's name, a colour, what is worn, or a time."""
    if _ORDINARY.issuperset(plain.split()) or plain in people or not re.search(r"[^\W\d_]{2}", plain):
        return True
    if any(is_known(kind, plain) for kind in ("colour", "worn", "hair")):
        return True
    try:
        return any(dated(f"{lead} {plain}", datetime.now())[1] for lead in ("in", "in the", "at"))
    except SettingsError:
        return True


def _files(text: str, library: sqlite3.Connection, taken: Collection[str]) -> dict[str, list[str]]:
    """The names of files by what a question calls them: "dressing change" of "the dressing change video"."""
    named = [(one["file"] or one["called"] or one["quoted"]).split() for one in _NAMED.finditer(text)]
    said = {_plain(" ".join(words[i:])) for words in named for i in range(len(words))} - {*taken}
    said = {one for one in said if not _ORDINARY.issuperset(one.split())}
    if not said:
        return {}
    base = "replace(f.path, rtrim(f.path, replace(f.path, '/', '')), '')"
    like = f"{base} LIKE replace(value, ' ', '_') || '%'"
    words = f"SELECT DISTINCT {base}, value FROM files AS f JOIN json_each(?) ON {like}"
    found = dict[str, list[str]]()
    for name, one in library.execute(words, (json.dumps(sorted(said)),)):
        if one in (_plain(name), _plain(Path(name).stem)):
            found.setdefault(one, []).append(f"/{name}")
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _plain(name: str) -> str:
    """A name as it is spoken: "dressing_change" is "dressing change"."""
    return re.sub(r"[\s_-]+", " ", name).strip().lower()
