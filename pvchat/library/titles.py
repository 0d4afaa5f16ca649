"""Folders, files and episodes by which a question means some of a library's videos: "on Ward 3", "in season 2".

In: a question and the tables, whose names are gone through once for each state of them. Out: the question with each of
them said as a place is ("in /Ward 3", "in /sofa.mp4"), and their names, by which they are told from what a source's
place is called. What lies in another one is named with it: "/Heroes/Season 2".
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from pathlib import Path

from pvchat.chat.reader.scopes import files_said, forms_of, plain_name, said_as_place, spellings
from pvchat.chat.reader.timewords import one_of

_EPISODE = re.compile(r"(?i)^(.*?)(?<![a-z\d])(?:s0?(\d\d?)[ ._-]?e|(\d\d?)x(?=\d\d))0*([1-9]\d{0,2})(?!\d)")
_COUNTED = re.compile(  # "Heroes, part 02" is in "part 2", "Ward 03" is "Ward 3"
    r"(?i)(?:^|[\W_])(season|series|ep(?=\W|\d)|episode|part|volume|chapter|tape|reel|disc)[\W_]*0*([1-9]\d{0,2})(?!\w)"
    r"|^([a-z ]+?)[ _-]?0+([1-9]\d?)$"
)
_WORDS = {"ep": "Episode", "series": "Season"}
_SHOW = re.compile(r"(?i)([^/]+)/(?:(?:season|series|s)[\W_]*\d[^/]*/)?[^/]*//.*season ")


@lru_cache(1 << 16)
def shelf(path: str, source: str) -> str:
    """A file's path from its source on, and what that tells: "/tv/Heroes.S01E02.mkv//Heroes/Season 1/Episode 2/…/"."""
    below, told = path[source.rfind("/") :] or path, dict[str, None]()
    for part in os.path.splitext(below)[0].split("/")[1:]:
        if (one := _EPISODE.match(part)) is not None:
            show, season, episode = re.sub(r"[\W_]+", " ", one[1]).strip(), int(one[2] or one[3]), int(one[4])
            told |= dict.fromkeys((show, f"Season {season}", f"Episode {episode}", f"S{season:02}E{episode:02}"))
        for what, number, other, padded in _COUNTED.findall(part):
            told[f"{_WORDS.get(what.lower()) or (what or other).capitalize()} {number or padded}"] = None
    return f"{below}//{''.join(f'{one}/' for one in told if one)}"


@dataclass(frozen=True)
class Shelves:
    """Where all files of a library stand, and what they and their folders are called."""

    paths: Sequence[str]  # as `shelf` tells them

    @cached_property
    def shows(self) -> list[str]:
        """Folders with seasons in them: "/Heroes"."""
        return [*dict.fromkeys(f"/{one[1]}" for one in map(_SHOW.search, self.paths) if one)]

    @cached_property
    def folders(self) -> list[str]:
        """The names of all folders and of what is numbered, each once: no show that a folder is called like."""
        split = [one.partition("//") for one in self.paths]
        names = dict.fromkeys(name for one, _, _ in split for name in one.split("/")[:-1] if re.search(r"\w", name))
        forms = {form for name in names for form in forms_of(name)}
        told = dict.fromkeys(name for _, _, one in split for name in one.split("/") if plain_name(name) not in forms)
        return [*names, *filter(None, told)]

    @cached_property
    def files(self) -> list[str]:
        """The names of all files, each once."""
        return [*dict.fromkeys(one.partition("//")[0].rpartition("/")[2] for one in self.paths)]

    @cached_property
    def spoken(self) -> dict[str, list[str]]:
        """The files by what each is called."""
        found = dict[str, list[str]]()
        for name in self.files:
            for one in {plain_name(name), *forms_of(Path(name).stem)}:
                found.setdefault(one, []).append(name)
        return found


_Stamp = tuple[tuple[int, int], ...]  # size and date of the tables' file and of its log
_KEPT: dict[str, tuple[_Stamp, Shelves]] = {}  # the last state of each library: there may be 60,000 files


def shelves_of(library: sqlite3.Connection) -> Shelves:
    """Where all files stand; those of cameras have places only."""
    library.create_function("shelf", 2, shelf, deterministic=True)
    path = library.execute("PRAGMA database_list").fetchone()[2]
    stats = [Path(one).stat() for one in (path, f"{path}-wal") if os.path.exists(one)]
    stamp = tuple((one.st_size, one.st_mtime_ns) for one in stats if one.st_size)  # an empty log is made by reading
    if not path or _KEPT.get(path, ((), None))[0] != stamp:  # of a copy in memory nothing is remembered
        words = "FROM files AS f JOIN sources AS s ON s.id = f.source WHERE s.camera IS NULL"
        rows = library.execute(f"SELECT shelf(f.path, s.path) {words}").fetchall()
        _KEPT[path] = stamp, Shelves([row[0] for row in rows])
    return _KEPT[path][1]


def titled(
    text: str, shelves: Shelves, places: Sequence[str], people: Collection[str], before: str = ""
) -> tuple[str, list[str]]:
    """A question with the folders, files and episodes that it means said as places are, and their names; rather what
    lies in the place asked about `before`: after "/Heroes" is "season 2" "/Heroes/Season 2".
    """
    shows = shelves.shows
    if shows:
        text = re.sub(r"(?i)\b(which|what|how many) season(s?)\b", r"\1 folder\2", text)
        every = rf"(?i)\b{'both' if len(shows) == 2 else 'all'}(?: of)?(?: the)? (?:series|shows)\b"
        text = re.sub(every, f"both {' and '.join(shows)}", text)
    found = _meant(text, shelves, {*spellings(places)}, () if re.search('["“]', text) else people)
    found |= _within(text, found, shelves.paths)
    if before[:1] == "/":
        show = "/".join(before.split("/")[:2])
        found = {plain: _inside(show, names, shelves.paths) or names for plain, names in found.items()}
    for plain, names in sorted(found.items(), key=lambda one: -len(one[0])):
        text = said_as_place(text, plain, names, people)
    return text, [name for names in (*found.values(), shows) for name in names if name in text]


def _inside(show: str, names: Sequence[str], shelves: Sequence[str]) -> list[str]:
    """Of some folders those that lie in a show's, named with it: "/Heroes/Season 2" of "/Season 2"."""
    theirs = [one for one in shelves if f"{show}/" in one]
    named = (name for name in names if not f"{name}/".startswith(f"{show}/"))  # without the show
    return [f"{show}{name}" for name in named if any(f"{name}/" in one for one in theirs)]


def _within(text: str, found: Mapping[str, list[str]], shelves: Sequence[str]) -> dict[str, list[str]]:
    """What lies in another one, by what a question calls both: "season 2 of Heroes" is "/Heroes/Season 2"."""
    one, both = rf"(?:{one_of(found) or '(?!)'})(?!\w)".replace(r"\ ", r"[\s_-]+"), dict[str, list[str]]()
    for chain in re.finditer(rf"(?i)(?<![/\w]){one}(?:(?:,? (?:of|in|from) (?:the )?|[\s,._-]+){one})+", text):
        parts = [found[plain_name(part[0])] for part in re.finditer(rf"(?i){one}", chain[0])]
        lies_so = dict[str, bool]()
        for names in product(*parts):
            at = next((one for one in shelves if all(f"{name}/" in one for name in names)), "")
            lies_so["".join(sorted(names, key=lambda name: at.find(f"{name}/")))] = bool(at)
        both[plain_name(chain[0])] = [name for name in lies_so if lies_so[name] or not any(lies_so.values())]
    return both


def _meant(text: str, shelves: Shelves, taken: Collection[str], people: Collection[str]) -> dict[str, list[str]]:
    """The names of folders and files by what a question calls them; where none is called so, that have it in it. No
    file is sought by the name of one of some people.
    """
    said, asked = files_said(text), plain_name(text)
    named = [(name, one) for name in shelves.folders for one in forms_of(name) if one in asked]
    left = said.keys() - {one for _, one in named} - {*people}
    named += [(name, one) for one in sorted(left) for name in shelves.spoken.get(one, ())]
    partly = {one for one, partly in said.items() if partly}.difference(one for _, one in named)
    every = [*shelves.folders, *shelves.files] if partly else []
    named += [(name, one) for name, one in product(every, partly)
              if re.search(rf"\b{re.escape(one)}\b", plain_name(name))]  # fmt: skip
    return {one: [f"/{name}" for name, other in named if other == one] for _, one in named if one not in taken}
