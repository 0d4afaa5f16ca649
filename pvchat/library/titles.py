"""Folders and files by which a question means some of a library's videos: "on Ward 3", "the sofa video".

In: a question and the tables. Out: the question with each of them said as a place is ("in Ward 3", "in sofa.mp4"), and
their names as they end a path ("/Ward 3", "/sofa.mp4"), by which they are told from what a source's place is called.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Sequence
from itertools import product
from pathlib import Path

from pvchat.chat.reader.scopes import files_said, forms_of, plain_name, said_as_place, spellings

# What a file's path ends with, from its source's own name on: "/videos/Ward 3/consultation.mp4"
BELOW = "substr(f.path, length(rtrim(s.path, replace(s.path, '/', ''))))"


def folders_of(library: sqlite3.Connection) -> list[str]:
    """The names of all folders that hold videos, each once; cameras have places only."""
    words = f"SELECT DISTINCT rtrim({BELOW}, replace(f.path, '/', '')) FROM files AS f JOIN sources AS s "
    rows = library.execute(f"{words} ON s.id = f.source WHERE s.camera IS NULL")
    return list(dict.fromkeys(name for (path,) in rows for name in path.split("/") if re.search(r"\w", name)))


def titled(
    text: str, library: sqlite3.Connection, folders: Sequence[str], places: Sequence[str], people: Collection[str]
) -> tuple[str, list[str]]:
    """A question with the folders and files that it means said as places are, and their names."""
    found = _meant(text, library, folders, {*spellings(places)})
    for plain, names in sorted(found.items(), key=lambda one: -len(one[0])):
        text = said_as_place(text, plain, names, people)
    return text, [name for names in found.values() for name in names if name in text]


def _meant(
    text: str, library: sqlite3.Connection, folders: Sequence[str], taken: Collection[str]
) -> dict[str, list[str]]:
    """The names of folders and files by what a question calls them: "dressing change" of "the dressing change video";
    where none is called so, those that have it in their name.
    """
    said, asked = files_said(text), plain_name(text)
    base = "replace(f.path, rtrim(f.path, replace(f.path, '/', '')), '')"
    like = f"{base} LIKE '%' || replace(value, ' ', '%') || '%'"
    words = f"SELECT DISTINCT {base}, value FROM files AS f JOIN json_each(?) ON {like}"
    files = library.execute(words, (json.dumps(sorted(said)),)).fetchall()
    named = [(name, one) for name in folders for one in forms_of(name) if one in asked]
    of_folders = {one for _, one in named}
    named += [(name, one) for name, one in files if one in {plain_name(name), *forms_of(Path(name).stem)} - of_folders]
    partly = {one for one, partly in said.items() if partly}.difference(one for _, one in named)
    named += [(name, one) for name, one in [*product(folders, partly), *files]
              if one in partly and re.search(rf"\b{re.escape(one)}\b", plain_name(name))]  # fmt: skip
    return {one: [f"/{name}" for name, other in named if other == one] for _, one in named if one not in taken}
