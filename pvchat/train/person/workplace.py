"""Where the augmentation of a deep enrollment lies while it is needed: a folder a person under `$PVCHAT_HOME/tmp/deep`.

In: a person. Out: a folder that is deleted after; a lock beside it tells other processes that somebody works there, and
what killed processes left is swept (`storage/temporary.py`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from pvchat.errors import PeopleError
from pvchat.people.person import Person
from pvchat.storage import atomic, temporary


def folder_of(person: Person) -> Path:
    """Where an augmentation in the making lies, named by the person's id; it need not be there."""
    return temporary.root() / temporary.DEEP / person.id


@contextmanager
def working(person: Person) -> Iterator[Path]:
    """Her folder, made, and deleted after.

    Raises:
        PeopleError: another process trains her.
    """
    folder = folder_of(person)
    atomic.make_private_folder(folder.parent)
    lock = filelock.FileLock(f"{folder}.lock", timeout=0)
    try:
        lock.acquire()  # before there is a folder: without its lock held, it would be swept
    except filelock.Timeout as error:
        raise PeopleError("is being trained already.", subject=person.name, hint="Wait until it is done.") from error
    try:
        atomic.make_private_folder(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)
