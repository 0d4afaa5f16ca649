"""A deep enrollment: augment one clip, fit the person's verification, train her tokens and z; nobody else is touched.

In: the service object, the clip, the person as she was enrolled instantly. Out: the same person with a deep state among
her arrays: prototypes and record of `verify.py`; with a trained model, tokens and z (and a LoRA of her own where asked
for). What the augmentation made lies under `$PVCHAT_HOME/tmp/deep` while it is needed and is deleted after; a folder
made by `pvchat augment` is only read.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock
import numpy as np

from pvchat.augment.schemas import Row, Sample
from pvchat.config import home
from pvchat.errors import PeopleError, SettingsError
from pvchat.identity.verify import RECORD
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis
from pvchat.storage import atomic
from pvchat.train.person.config import PersonConfig

if TYPE_CHECKING:
    from pvchat.augment.settings import AugmentConfig
    from pvchat.chat.describe import Describer
    from pvchat.model.people import PersonState
    from pvchat.service import PVChat
    from pvchat.train.person.state import Trained
    from pvchat.train.person.trainee import PersonData

Progress = Callable[[str, float, float], None]
Analyses = Callable[[Sample], ClipAnalysis]
log = logging.getLogger(__name__)


def deepen(
    chat: PVChat,
    clip: str | Path,
    person: Person,
    *,
    track: int | None = None,
    config: PersonConfig | None = None,
    augmentation: AugmentConfig | None = None,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> Person:
    """Augment a clip, train, and put the deep state in the place of the instant one.

    Args:
        chat: the service.
        clip: the enrollment clip.
        person: as stored; she answers from this meanwhile.
        track: which subject of the clip, as in `PVChat.enroll`.
        config: of training.
        augmentation: of the data set.
        stop: when set, what is reached by then is kept: during training the best state so far, before it the instant
            enrollment.
        progress: called with what is being done, how much of it is done, and how much there is.

    Returns:
        The person as stored: "deep", or still "instant" when it was stopped before anything was learnt.

    Raises:
        PeopleError: she was forgotten meanwhile.
    """
    from pvchat.augment.settings import AugmentConfig
    from pvchat.augment.steps import StoppedError, augment

    sweep([one.id for one in chat.people.all()])
    made = replace(augmentation or AugmentConfig(), track=track)
    with working(person) as folder:
        try:
            augment(clip, person.name, folder, chat, config=made, progress=progress, stop=stop)
            return train_on(chat, person, folder, config, augmentation=made, stop=stop, progress=progress)
        except StoppedError:
            return stored(chat, person)


def train_on(
    chat: PVChat,
    person: Person,
    folder: Path,
    config: PersonConfig | None = None,
    *,
    augmentation: AugmentConfig | None = None,
    run: Path | None = None,
    resume: bool = False,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> Person:
    """Train on a folder of augmentation and store the result.

    Args:
        chat: the service.
        person: as stored.
        folder: holds the data set.
        config: of training.
        augmentation: how it was made, for the analyses' settings.
        run: where training keeps its state; None keeps none.
        resume: go on from the state in `run`.
        stop: when set, training ends and the best so far is kept.
        progress: called with what is being done, how much of it is done, and how much there is.

    Raises:
        SettingsError: the folder holds no data set about her.
        PeopleError: she was forgotten meanwhile.
    """
    samples, rows = read(folder, person.name)
    from pvchat.augment.steps import Analyses as Kept

    analyses = remembered(Kept(folder, chat, augmentation))
    deep = learn(chat, person, samples, rows, analyses, config, run=run, resume=resume, stop=stop, progress=progress)
    if os.environ.get("RANK", "0") != "0":  # one of several processes (torchrun): the first one stores
        return deep
    current = stored(chat, person)
    kept: dict[str, Any] = {"name": current.name, "aliases": current.aliases, "created": current.created}
    return chat.people.add(replace(deep, **kept), replace=True)


def learn(
    chat: PVChat,
    person: Person,
    samples: Sequence[Sample],
    rows: Sequence[Row],
    analyses: Analyses,
    config: PersonConfig | None = None,
    *,
    run: Path | None = None,
    resume: bool = False,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
) -> Person:
    """The deep person, not stored: her verification and, where there is a trained model, tokens and z."""
    from pvchat.train.person import verifier

    config, started = config or PersonConfig(seed=chat.settings.seed), time.monotonic()
    fitted = verifier.fit(person, samples, analyses, chat.presence_model)
    record: dict[str, Any] = {**fitted.record, "samples": len(samples), "questions": len(rows)}
    deep = replace(fitted.person, depth="deep")
    if chat.describer is not None and rows and not (stop is not None and stop.is_set()):
        from pvchat.train.person.stages import train_state

        start, data = training_data(chat.describer, person, samples, rows, analyses, chat.people.all())
        trained = train_state(chat.describer.model, data, start, config, folder=run, resume=resume, stop=stop,
                              progress=progress)  # fmt: skip
        deep = with_state(deep, trained, chat.describer)
        record["training"] = {
            "start": round(trained.start, 4), "best": round(trained.best, 4), "steps": trained.steps,
            "done": trained.done, "moved": round(float((trained.state.tokens - start.tokens).norm()), 4),
            "beside": sorted(data.others), "left_out": data.left_out,
        }  # fmt: skip
    record["seconds"] = round(time.monotonic() - started, 1)
    log.info("deep enrollment of '%s': %s", person.name, record)
    return replace(deep, extra={**deep.extra, RECORD: record})


def training_data(
    describer: Describer,
    person: Person,
    samples: Sequence[Sample],
    rows: Sequence[Row],
    analyses: Analyses,
    enrolled: Sequence[Person] = (),
) -> tuple[PersonState, PersonData]:
    """Where training starts, and what it is done on: her questions, the other people whom they name beside her.

    Args:
        describer: holds the model.
        person: the instant enrollment.
        samples: the data set's, kept ones.
        rows: its questions.
        analyses: what the experts saw in a sample.
        enrolled: people stored here.

    Raises:
        SettingsError: no question can be trained on.
    """
    from pvchat.train.person.trainee import make_data

    others = other_people(describer, person, samples, analyses, enrolled)
    data = make_data(person.name, samples, rows, analyses, describer.model, describer.encode, others)
    return describer.state(person), data


def other_people(
    describer: Describer,
    person: Person,
    samples: Sequence[Sample],
    analyses: Analyses,
    enrolled: Sequence[Person] = (),
) -> dict[str, PersonState]:
    """States of the others whom the samples name, by name.

    The aligner makes them from the first sample that shows them clearly, one in which they are alone where there is
    one: a data set's names are its own. Those whom no sample shows clearly have the state that is stored under their
    name, where there is one.
    """
    import torch

    from pvchat.augment.questions.cast import views
    from pvchat.model.features import person_from_track

    wanted = {n for s in samples for n in s.people} - {person.name}
    if not wanted:
        return {}
    model = describer.model
    found: dict[str, PersonState] = {}
    known = [p for p in enrolled if p.name in wanted]
    for view in sorted(views(samples, analyses, [person, *known]), key=lambda v: len(v.analysis.tracks)):
        for other in sorted((view.tracks.keys() & wanted) - found.keys()):
            features = person_from_track(analyses(view.sample).tracks[view.tracks[other]]).to(model.device)
            with torch.no_grad():
                found[other] = model.aligner.people(features, [other])[0]
    return {p.name: describer.state(p) for p in known} | found


def with_state(person: Person, trained: Trained, describer: Describer) -> Person:
    """The person with trained tokens, z and LoRA among her arrays, stamped with the weights they belong to."""
    from pvchat.chat.personstates import STAMP
    from pvchat.model.personlora import ARRAYS

    arrays: dict[str, Any] = {
        "tokens": trained.state.tokens.cpu().numpy().astype(np.float16),
        "z": trained.state.z.cpu().numpy().astype(np.float32),
        **{f"{ARRAYS}{name}": value.cpu().numpy().astype(np.float16) for name, value in trained.lora.items()},
    }
    return replace(person, arrays={**person.arrays, **arrays}, extra={**person.extra, STAMP: describer.stamp})


def read(folder: Path, name: str) -> tuple[list[Sample], list[Row]]:
    """Kept samples and rows of a folder of augmentation.

    Raises:
        SettingsError: there are none, or they are about others only.
    """
    from pvchat.augment.journal import read_lines
    from pvchat.augment.steps import RESULTS, read_samples

    hint = f"Make one: pvchat augment CLIP --name {name} --out DIR"
    if not (folder / RESULTS["filter"]).is_file() or not (folder / RESULTS["questions"]).is_file():
        raise SettingsError("there is no finished augmentation here.", subject=str(folder), hint=hint)
    samples = [s for s in read_samples(folder) if not s.dropped]
    if not any(s.people.get(name) for s in samples):
        raise SettingsError(f"this augmentation isn't about '{name}'.", subject=str(folder), hint=hint)
    return samples, [Row(**row) for row in read_lines(folder / RESULTS["questions"])]


def remembered(analyses: Analyses) -> Analyses:
    """The same, each read once: some megabytes a sample less on the way from disk."""
    seen: dict[str, ClipAnalysis] = {}

    def look(sample: Sample) -> ClipAnalysis:
        if sample.id not in seen:
            seen[sample.id] = analyses(sample)
        return seen[sample.id]

    return look


def stored(chat: PVChat, person: Person) -> Person:
    """The person as she is stored now, under whatever name.

    Raises:
        PeopleError: she was forgotten or replaced meanwhile: nothing of her may come back.
    """
    for one in chat.people.all():
        if one.id == person.id:
            return one
    raise PeopleError("was forgotten or replaced meanwhile; nothing is kept.", subject=person.name)


def workplace(person: Person) -> Path:
    """Where an augmentation in the making lies; named by the person's id."""
    folder = _workplaces() / person.id
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


@contextmanager
def working(person: Person) -> Iterator[Path]:
    """Her workplace, deleted after; a lock beside it tells other processes that somebody works there.

    Raises:
        PeopleError: another process trains her.
    """
    folder = workplace(person)
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
    """Delete the workplaces of people who aren't among these ids, and those that killed deep enrollments left."""
    for folder in list(_workplaces().glob("*/")):
        if folder.name not in ids:
            shutil.rmtree(folder, ignore_errors=True)
        atomic.remove_abandoned(folder)


def _workplaces() -> Path:
    return home() / "tmp" / "deep"
