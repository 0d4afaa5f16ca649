"""Where the augmentation of a deep enrollment lies while it is needed: a folder a person under `$PVCHAT_HOME/tmp/deep`.

In: a person, or the ids of everyone stored. Out: a folder that is deleted after; a lock beside it tells other processes
that somebody works there, and what killed processes left is swept.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import filelock

from pvchat.config import home
from pvchat.errors import PeopleError
from pvchat.people.person import Person
from pvchat.storage import atomic


def folder_of(person: Person) -> Path:
    """Where an augmentation in the making lies, named by the person's id; it need not be there."""
    return _root() / person.id


@contextmanager
def working(person: Person) -> Iterator[Path]:
    """Her folder, made, and deleted after.

    Raises:
        PeopleError: another process trains her.
    """
    folder = folder_of(person)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = filelock.FileLock(f"{folder}.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise PeopleError("is being trained already.", subject=person.name, hint="Wait until it is done.") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


def sweep(ids: Sequence[str]) -> None:
    """Delete the folders of people who aren't among these ids, and those that killed deep enrollments left."""
    for folder in list(_root().glob("*/")):
        if folder.name not in ids:
            shutil.rmtree(folder, ignore_errors=True)
        atomic.remove_abandoned(folder)


def _root() -> Path:
    return home() / "tmp" / "deep"
