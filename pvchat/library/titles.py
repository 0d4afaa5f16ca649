"""Folders and files by which a question means some of a library's videos: "on Ward 3", "the sofa video".

In: a question and the tables. Out: the question with each of them said as a place is ("in Ward 3", "in sofa.mp4"), and
their names as they end a path ("/Ward 3", "/sofa.mp4"), by which they are told from what a source's place is called.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from pvchat.chat.reader.scopes import files_said, plain_name, said_as_place, spellings

# What a file's path ends with, from its source's own name on: "/videos/Ward 3/consultation.mp4"
BELOW = "substr(f.path, length(rtrim(s.path, replace(s.path, '/', ''))))"


def folders_of(library: sqlite3.Connection) -> list[str]:
    """The names of all folders that hold videos, each once; cameras have places only."""
    words = f"SELECT DISTINCT rtrim({BELOW}, replace(f.path, '/', '')) FROM files AS f JOIN sources AS s "
    rows = library.execute(f"{words} ON s.id = f.source WHERE s.camera IS NULL")
    return list(dict.fromkeys(name for (path,) in rows for name in path.split("/") if re.search(r"\w$", name)))


def titled(
    text: str, library: sqlite3.Connection, folders: Sequence[str], places: Sequence[str], people: Collection[str]
) -> tuple[str, list[str]]:
    """A question with the folders and files that it means said as places are, and their names."""
    taken, asked = {*spellings(places)}, plain_name(text)
    spoken = {plain_name(name): name for name in folders}
    said = {plain: name for plain, name in spoken.items() if plain not in taken and plain in asked}
    for plain, name in sorted(said.items(), key=lambda one: -len(one[0])):
        text = said_as_place(text, plain, [f"/{name}"], people)
    files = _files(text, library, {*taken, *said})
    for plain, names in files.items():
        text = said_as_place(text, plain, names, people)
    names = [*(f"/{name}" for name in said.values()), *(name for found in files.values() for name in found)]
    return text, [name for name in names if name in text]


def _files(text: str, library: sqlite3.Connection, taken: Collection[str]) -> dict[str, list[str]]:
    """The names of files by what a question calls them: "dressing change" of "the dressing change video"."""
    if not (said := files_said(text) - {*taken}):
        return {}
    base = "replace(f.path, rtrim(f.path, replace(f.path, '/', '')), '')"
    like = f"{base} LIKE replace(value, ' ', '_') || '%'"
    words = f"SELECT DISTINCT {base}, value FROM files AS f JOIN json_each(?) ON {like}"
    found = dict[str, list[str]]()
    for name, one in library.execute(words, (json.dumps(sorted(said)),)):
        if one in (plain_name(name), plain_name(Path(name).stem)):
            found.setdefault(one, []).append(f"/{name}")
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))
