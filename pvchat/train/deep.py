"""A deep enrollment: augment one clip, train a pretrained base's tokens of the person on it; nobody else is touched.

In: the service object, the clip, the person as she was enrolled instantly. Out: the same person with a deep state among
her arrays: tokens and z (and a LoRA of her own where asked for) of the base that answers. What the augmentation made
lies under `$PVCHAT_HOME/tmp/deep` while it is needed (`storage/temporary.py`); a folder that is given is only read.

How she is recognised isn't trained: nothing that was learnt from an augmentation recognised anybody better
(docs/adr/0032-deep.md). Nor is the shipped model's state of her; for research `recipes/model/person` trains that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.augment.schemas import AugmentConfig, QuestionRow, Sample
from pvchat.augment.watch import StoppedError
from pvchat.errors import PeopleError, SettingsError
from pvchat.people.corrections import examples_of, with_examples
from pvchat.people.person import Person
from pvchat.schemas import Service
from pvchat.storage import temporary
from pvchat.train.config import PersonConfig
from pvchat.train.examples import TrainingSet
from pvchat.train.signals import ALONE, TrainingSession

RECORD = "deep"  # key in `Person.extra`
log = logging.getLogger(__name__)


Learn = Callable[[Service, Person, TrainingSet, PersonConfig | None, TrainingSession], tuple[Person, dict[str, Any]]]
"""Trains a person on a data set: the service, the person, the set, settings (None: the usual ones with the service's
seed), who watches it → the person, what is told of it: "kept" is False where a gate discards what was trained."""


def trains(chat: Service) -> bool:
    """Whether a deep enrollment trains anything: only where a pretrained base answers."""
    return chat.networks.narrator is not None


def folder_of(person: Person) -> Path:
    """Where an augmentation in the making lies, named by the person's id; it need not be there."""
    return temporary.root() / temporary.DEEP / person.id


def working(person: Person) -> AbstractContextManager[Path]:
    """Her folder, made, and deleted after; raises PeopleError where another process trains her."""
    busy = PeopleError("is being trained already.", subject=person.name, hint="Wait until it is done.")
    return temporary.working_folder(folder_of(person), busy)


def deepen(
    chat: Service, clip: str | Path, person: Person, track: int | None = None, session: TrainingSession = ALONE
) -> Person:
    """Augment her clip, train, and put the deep state in the place of the instant one, which answers meanwhile.

    `track` says which subject of the clip she is, as in `PVChat.enroll`; None: the main one. Stopped, the best state so
    far is kept, before any training the instant one. Returns the person as stored: "deep", or still "instant" when
    nothing is trained here (`trains`), it was stopped before anything was learnt, or what was learnt is discarded.
    Raises PeopleError where she was forgotten meanwhile.
    """
    from pvchat.augment.steps import augment

    temporary.sweep()
    if not trains(chat):
        return stored(chat, person)
    with working(person) as folder:
        try:
            augment(clip, person.name, folder, chat, AugmentConfig(track=track), session)
            return train_on(chat, person, folder, session=session)
        except StoppedError:
            return stored(chat, person)


def train_on(
    chat: Service, person: Person, folder: Path, config: PersonConfig | None = None,
    session: TrainingSession = ALONE, own: Learn | None = None,
) -> Person:  # fmt: skip
    """Train a stored person on a folder of augmentation and store the result.

    `own` trains on our own model, where no pretrained base answers. Raises SettingsError where the folder holds no data
    set about her, or there is no model to train her on. PeopleError where she was forgotten meanwhile.
    """
    from pvchat.augment.augmentation import AnalysisCache

    learn = own
    if trains(chat):
        from pvchat.train.person import train_on_base

        learn = train_on_base
    if learn is None:
        hint = "Name a pretrained base with --model (`pvchat models`)."
        raise SettingsError("no model is here to train her on.", subject=person.name, hint=hint)
    samples, rows = read(folder, person.name)
    data = TrainingSet(samples, rows, AnalysisCache(folder, chat), folder)
    deep = person
    if rows and not session.stopped:  # else nothing can be learnt
        started = time.monotonic()
        deep, report = learn(chat, person, data, config, session)
        deep = replace(deep, depth="deep") if report.get("kept", True) else deep
        record: dict[str, Any] = {"samples": len(samples), "questions": len(rows), "training": report}
        record["seconds"] = round(time.monotonic() - started, 1)
        log.info("deep enrollment of '%s': %s", person.name, record)
        deep = replace(deep, extra={**deep.extra, RECORD: record})
    return chat.people.revise(stored(chat, person).id, lambda current: _in_place_of(current, person, deep))


def read(folder: Path, name: str) -> tuple[list[Sample], list[QuestionRow]]:
    """Samples and rows of a data set about somebody; raises SettingsError where there are none about her."""
    from pvchat.augment import dataset

    samples, rows = dataset.read(folder)
    if not any(s.people.get(name) for s in samples):
        hint = f"Make one: pvchat augment CLIP --name {name} --out DIR"
        raise SettingsError(f"this augmentation isn't about '{name}'.", subject=str(folder), hint=hint)
    return samples, rows


def stored(chat: Service, person: Person) -> Person:
    """The person as she is stored now, under whatever name. Raises PeopleError where she was forgotten or replaced
    meanwhile: nothing of her may come back.
    """
    return _unless_gone(chat.people.find(person.id), person)


def _in_place_of(current: Person, person: Person, deep: Person) -> Person:
    """The deep person with corrections made meanwhile; PeopleError where she was replaced, or trained otherwise."""
    corrected = examples_of(_unless_gone(current, person))
    if current.extra.get(RECORD) != person.extra.get(RECORD):  # the gate didn't compare with that
        raise PeopleError("was trained otherwise meanwhile; nothing is kept.", subject=person.name)
    return with_examples(replace(deep, created=current.created), corrected)


def _unless_gone(now: Person | None, person: Person) -> Person:
    """The person as she is `now`, if only her names or corrections have changed since; else PeopleError."""
    if now is not None and (now.created, now.clip_key) == (person.created, person.clip_key):
        one, other = (her.arrays.get("prototypes", ()) for her in (now, person))
        if np.array_equal(one, other):
            return now
    raise PeopleError("was forgotten or replaced meanwhile; nothing is kept.", subject=person.name)
