"""Cameras of a library: sources whose clips it makes itself.

In: an address as typed. Out: a row of `sources`: its path is the address without password, by which it is shown and
named; the whole address stands beside it and is read by nobody but who opens the camera.
"""

from __future__ import annotations

import sqlite3

from pvchat.storage.library import LibraryError, changing
from pvchat.video import Address, read_address


def register(library: sqlite3.Connection, address: Address, place: str | None) -> int:
    """Add a camera, or give one another place or password; its number.

    Raises:
        LibraryError: that file is in the library as a video.
    """
    with changing(library):
        found = library.execute("SELECT camera FROM sources WHERE path = ?", (address.without_password,)).fetchone()
        if found is not None and found[0] is None:
            hint = f"Take it out first: pvchat library remove '{address.without_password}'."
            raise LibraryError("this is in the library as a video.", subject=address.without_password, hint=hint)
        words = "INSERT INTO sources(path, place, camera) VALUES (?, '', ?) ON CONFLICT(path) DO NOTHING"
        library.execute(words, (address.without_password, address.text))
        if address.text != address.without_password:  # typed with its password
            library.execute("UPDATE sources SET camera = ? WHERE path = ?", (address.text, address.without_password))
        if place is not None:
            words = "UPDATE sources SET place = ? WHERE path = ?"
            library.execute(words, (" ".join(place.split()), address.without_password))
        return int(library.execute("SELECT id FROM sources WHERE path = ?", (address.without_password,)).fetchone()[0])


def known(library: sqlite3.Connection, text: str) -> Address:
    """The camera of an address, with the password that it was added with, if it was; also of its place's name.

    Raises:
        VideoReadError: it is none.
    """
    row = library.execute(
        "SELECT camera FROM sources WHERE camera IS NOT NULL AND (place = ? OR path = ?) ORDER BY path <> ?",
        (text, text, text),
    ).fetchone()
    address = read_address(text if row is None else row[0])
    stored = library.execute("SELECT camera FROM sources WHERE path = ?", (address.without_password,)).fetchone()
    typed = address.text != address.without_password
    return address if typed or stored is None or stored[0] is None else read_address(stored[0])
