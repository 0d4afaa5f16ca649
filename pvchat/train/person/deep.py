"""A deep enrollment: augment one clip, train the person's tokens and z on it; nobody else is touched.

In: the service object, the clip, the person as she was enrolled instantly. Out: the same person with a deep state among
her arrays: tokens and z (and a LoRA of her own where asked for) of the pretrained base that answers, or, where that was
asked for, of the shipped model. What the augmentation made lies under `$PVCHAT_HOME/tmp/deep` while it is needed and is
deleted after; a folder made by `pvchat augment` is only read.

How she is recognised isn't trained: on hard footage nothing that was learnt from an augmentation recognised anybody
better (docs/adr/0032-deep.md). Nor is the shipped model's state of her by default, since no answer is known to gain.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pvchat.augment.schemas import Row, Sample
from pvchat.errors import PeopleError, SettingsError
from pvchat.people.corrections import examples_of, with_examples
from pvchat.people.person import Person
from pvchat.schemas import Service
from pvchat.storage import temporary
from pvchat.train.person.config import PersonConfig
from pvchat.train.person.session import ALONE, Session
from pvchat.train.person.trainingset import TrainingSet, remembered
from pvchat.train.person.workplace import working

if TYPE_CHECKING:
    from pvchat.augment.settings import AugmentConfig
    from pvchat.chat.speakers.describe import Describer
    from pvchat.model.people import PersonState
    from pvchat.train.person.examples import PersonData
    from pvchat.train.person.state import Trained

RECORD = "deep"  # key in `Person.extra`
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeepOptions:
    """How one deep enrollment goes.

    Attributes:
        config: of training; None takes the usual one with the service's seed.
        augmentation: how the data set is made, or was made; None for the usual way.
        track: which subject of the clip, as in `PVChat.enroll`; None for the main one.
        tokens: train tokens and z of the shipped model; those of a pretrained base are trained anyway.
        session: who watches it, and where training keeps its state. Stopped, what is reached by then is kept: during
            training the best state so far, before it the instant enrollment.
    """

    config: PersonConfig | None = None
    augmentation: AugmentConfig | None = None
    track: int | None = None
    tokens: bool = False
    session: Session = ALONE


USUAL = DeepOptions()


def trains(chat: Service, tokens: bool) -> bool:
    """Whether a deep enrollment trains anything here: a pretrained base, or the shipped model where asked for."""
    return chat.narrator is not None or (tokens and chat.describer is not None)


def deepen(chat: Service, clip: str | Path, person: Person, options: DeepOptions = USUAL) -> Person:
    """Augment a clip, train, and put the deep state in the place of the instant one.

    Args:
        chat: the service.
        clip: the enrollment clip.
        person: as stored; she answers from this meanwhile.
        options: how.

    Returns:
        The person as stored: "deep", or still "instant" when nothing is trained here (`trains`), or when it was stopped
        before anything was learnt.

    Raises:
        PeopleError: she was forgotten meanwhile.
    """
    from pvchat.augment.settings import AugmentConfig
    from pvchat.augment.steps import augment
    from pvchat.augment.watch import StoppedError

    temporary.sweep()
    if not trains(chat, options.tokens):
        return stored(chat, person)
    made = replace(options.augmentation or AugmentConfig(), track=options.track)
    with working(person) as folder:
        try:
            augment(clip, person.name, folder, chat, made, options.session)
            return train_on(chat, person, folder, replace(options, augmentation=made))
        except StoppedError:
            return stored(chat, person)


def train_on(chat: Service, person: Person, folder: Path, options: DeepOptions = USUAL) -> Person:
    """Train on a folder of augmentation and store the result, tokens and z of the shipped model too.

    Args:
        chat: the service.
        person: as stored.
        folder: holds the data set.
        options: how.

    Raises:
        SettingsError: the folder holds no data set about her, or there is no model to train her on.
        PeopleError: she was forgotten meanwhile.
    """
    from pvchat.augment.analyses import Analyses as Kept

    if not trains(chat, tokens=True):
        hint = "Fetch the shipped one with `pvchat doctor --fetch`, or name a pretrained base with --model."
        raise SettingsError("no trained model is here to train her on.", subject=person.name, hint=hint)
    samples, rows = read(folder, person.name)
    data = TrainingSet(samples, rows, remembered(Kept(folder, chat, options.augmentation)), folder)
    deep = learn(chat, person, data, options)
    if os.environ.get("RANK", "0") != "0":  # one of several processes (torchrun): the first one stores
        return deep
    return chat.people.revise(stored(chat, person).name, lambda current: _in_place_of(current, person, deep))


def learn(chat: Service, person: Person, data: TrainingSet, options: DeepOptions = USUAL) -> Person:
    """The deep person, not stored: trained on the base that answers, else on the shipped model.

    Args:
        chat: the service; one of the two is there.
        person: the instant enrollment; she is given back where nothing can be learnt.
        data: what she is trained on.
        options: how.
    """
    if not data.rows or options.session.stopped:
        return person
    started = time.monotonic()
    fresh = replace(person, depth="deep")
    if chat.narrator is not None:
        from pvchat.train.bases.person import train_on_base

        deep, told = train_on_base(chat, fresh, data, options.config, options.session)
    else:
        deep, told = _trained(chat, person, fresh, data, options)
    record: dict[str, Any] = {"samples": len(data.samples), "questions": len(data.rows), "training": told}
    record["seconds"] = round(time.monotonic() - started, 1)
    log.info("deep enrollment of '%s': %s", person.name, record)
    return replace(deep, extra={**deep.extra, RECORD: record})


def _trained(
    chat: Service, person: Person, deep: Person, data: TrainingSet, options: DeepOptions
) -> tuple[Person, dict[str, Any]]:
    """The deep person with trained tokens and z, and what is told of the training."""
    from pvchat.train.person.stages import train_state
    from pvchat.train.person.state import started_from

    describer, config = chat.describer, options.config or PersonConfig(seed=chat.settings.seed)
    start, examples = training_data(describer, person, data, chat.people.all())
    if options.session.resume:
        start = started_from(options.session.folder, start)
    trained = train_state(describer.model, examples, start, config, options.session)
    told = {
        "start": round(trained.start, 4), "best": round(trained.best, 4), "steps": trained.steps,
        "done": trained.done, "moved": round(float((trained.state.tokens - start.tokens).norm()), 4),
        "beside": sorted(examples.others), "left_out": examples.left_out,
    }  # fmt: skip
    return with_state(deep, trained, describer), told


def training_data(
    describer: Describer, person: Person, data: TrainingSet, enrolled: Sequence[Person] = ()
) -> tuple[PersonState, PersonData]:
    """Where training starts, and what it is done on: her questions, the other people whom they name beside her.

    Args:
        describer: holds the model.
        person: the instant enrollment.
        data: her data set.
        enrolled: people stored here.

    Raises:
        SettingsError: no question can be trained on.
    """
    from pvchat.train.person.examples import make_data

    others = other_people(describer, person, data, enrolled)
    made = make_data(person.name, data, describer.model, describer.encode, others)
    return describer.state(person), made


def other_people(
    describer: Describer, person: Person, data: TrainingSet, enrolled: Sequence[Person] = ()
) -> dict[str, PersonState]:
    """States of the others whom the samples name, by name.

    The aligner makes them from the first sample that shows them clearly, one in which they are alone where there is
    one: a data set's names are its own. Those whom no sample shows clearly have the state that is stored under their
    name, where there is one.
    """
    import torch

    from pvchat.augment.questions.cast import views
    from pvchat.model.features import person_from_track

    wanted = {n for s in data.samples for n in s.people} - {person.name}
    if not wanted:
        return {}
    model = describer.model
    found: dict[str, PersonState] = {}
    known = [p for p in enrolled if p.name in wanted]
    for view in sorted(views(data.samples, data.analyses, [person, *known]), key=lambda v: len(v.analysis.tracks)):
        for other in sorted((view.tracks.keys() & wanted) - found.keys()):
            track = data.analyses(view.sample).tracks[view.tracks[other]]
            with torch.no_grad():
                found[other] = model.aligner.people(person_from_track(track).to(model.device), [other])[0]
    return {p.name: describer.state(p) for p in known} | found


def with_state(person: Person, trained: Trained, describer: Describer) -> Person:
    """The person with trained tokens, z and LoRA among her arrays, stamped with the weights they belong to."""
    from pvchat.model.personlora import ARRAYS
    from pvchat.model.personstates import STAMP

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
    from pvchat.augment.augmentation import RESULTS, read_samples
    from pvchat.augment.journal import read_lines

    hint = f"Make one: pvchat augment CLIP --name {name} --out DIR"
    if not (folder / RESULTS["filter"]).is_file() or not (folder / RESULTS["questions"]).is_file():
        raise SettingsError("there is no finished augmentation here.", subject=str(folder), hint=hint)
    samples = [s for s in read_samples(folder) if not s.dropped]
    if not any(s.people.get(name) for s in samples):
        raise SettingsError(f"this augmentation isn't about '{name}'.", subject=str(folder), hint=hint)
    return samples, [Row(**row) for row in read_lines(folder / RESULTS["questions"])]


def stored(chat: Service, person: Person) -> Person:
    """The person as she is stored now, under whatever name.

    Raises:
        PeopleError: she was forgotten or replaced meanwhile: nothing of her may come back.
    """
    for one in chat.people.all():
        if _same_enrollment(one, person):
            return one
    raise _gone(person)


def _in_place_of(current: Person, person: Person, deep: Person) -> Person:
    """The deep person with what was said of her meanwhile; looked at while nobody else writes: she may just have gone.

    Raises:
        PeopleError: somebody else has her name by now.
    """
    if not _same_enrollment(current, person):
        raise _gone(person)
    return with_examples(replace(deep, created=current.created), examples_of(current))


def _gone(person: Person) -> PeopleError:
    return PeopleError("was forgotten or replaced meanwhile; nothing is kept.", subject=person.name)


def _same_enrollment(one: Person, other: Person) -> bool:
    """Whether only names or corrections changed since; those move a person to another folder."""
    if one.id == other.id:
        return True
    same = (one.created, one.clip_key) == (other.created, other.clip_key)
    return same and np.array_equal(one.arrays.get("prototypes", ()), other.arrays.get("prototypes", ()))
