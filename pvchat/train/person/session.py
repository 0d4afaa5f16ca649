"""Around one training of a person: who watches and may stop it, where its state and its data set lie. Torch-free.

In: a person. Out: a `TrainingSession`; a folder for her augmentation under `$PVCHAT_HOME/tmp/deep` that is deleted
after. A lock beside it tells other processes that somebody works there; `storage/temporary.py` sweeps what killed ones
left.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pvchat.augment.watch import Watch
from pvchat.errors import PeopleError
from pvchat.people.person import Person
from pvchat.storage import temporary


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


def working(person: Person) -> AbstractContextManager[Path]:
    """Her folder, made, and deleted after; raises PeopleError where another process trains her."""
    busy = PeopleError("is being trained already.", subject=person.name, hint="Wait until it is done.")
    return temporary.working(folder_of(person), busy)
