"""Around one training of a person: who watches and may stop it, where its state and its data set lie. Torch-free.

In: a person. Out: a `TrainingSession`; a folder for her augmentation under `$PVCHAT_HOME/tmp/deep` that is deleted
after. A lock beside it tells other processes that somebody works there; `storage/temporary.py` sweeps what killed ones
left.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pvchat.augment.watch import Watch
from pvchat.errors import PeopleError
from pvchat.people.person import Person
from pvchat.storage import atomic, temporary


@dataclass(frozen=True, kw_only=True)
class TrainingSession(Watch):
    """Whoever waits for a training; when it is stopped, the best so far is kept.

    Attributes:
        folder: where the run's state is kept for resuming; None keeps none.
        resume: go on from the state in `folder`.
    """

    folder: Path | None = None
    resume: bool = False


ALONE = TrainingSession()


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
    lock = Path(f"{folder}.lock")
    busy = PeopleError("is being trained already.", subject=person.name, hint="Wait until it is done.")
    with atomic.alone(lock, busy):  # before there is a folder: without its lock held, it would be swept
        try:
            atomic.make_private_folder(folder)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(PermissionError):  # Windows: it is open
                lock.unlink(missing_ok=True)
