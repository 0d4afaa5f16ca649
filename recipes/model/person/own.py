"""A person trained on our own model: where she starts, what she is trained on, the gate, what is stored of it.

In: the service, the person, her data set. Out: the person with trained tokens, z (and LoRA), and what is told of it;
where the gate refuses, as she was.

The gate: on questions of the test split, which neither trained her nor chose the best step, answers are likelier by
what would be stored than by what is, whatever the run began with, and neither their words nor their first ones (yes or
no) less likely. Without that split the validation's are asked, which chose the best step (then the numbers flatter).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.errors import SettingsError
from pvchat.model.checkpoint import speaking_with
from pvchat.model.config import ANSWERING
from pvchat.model.describer import STAMP, Describer
from pvchat.model.people import PersonState
from pvchat.model.personlora import ARRAYS
from pvchat.people.person import Person
from pvchat.schemas import Service
from pvchat.train.config import PersonConfig
from pvchat.train.examples import TrainingSet
from pvchat.train.signals import TrainingSession
from pvchat.train.stages import STATE, Trained
from recipes.model.person.data import PersonData, make_data
from recipes.model.person.stages import losses_of, train_state
from recipes.model.person.trainee import Trainee

EXAMINED = 64  # questions of the gate, at most
log = logging.getLogger(__name__)


def learn(
    chat: Service, person: Person, data: TrainingSet, config: PersonConfig | None, session: TrainingSession
) -> tuple[Person, dict[str, Any]]:
    """Train; see `pvchat.train.deep.Learn`.

    Raises:
        SettingsError: no trained model is here.
    """
    describer, config = chat.describer, config or PersonConfig(seed=chat.settings.seed)
    if describer is None:
        hint = "Fetch the shipped one with `pvchat doctor --fetch`, or name a pretrained base with --model."
        raise SettingsError("no trained model is here to train her on.", subject=person.name, hint=hint)
    start, examples = training_data(describer, person, data)
    if session.resume:
        start = started_from(session.folder, start)
    model, file = describer.trained.model, describer.trained.folder / ANSWERING
    with speaking_with(model, describer.trained.answering if file.is_file() else {}):  # who will speak of her
        trained = train_state(model, examples, start, config, session)
        made = with_state(person, trained, describer)
        gate = examine(describer, examples, person, made, config.seed)
    told = {
        "start": round(trained.start, 4), "best": round(trained.best, 4), "steps": trained.steps,
        "done": trained.done, "moved": round(float((trained.state.tokens - start.tokens).norm()), 4),
        "gate": gate, "kept": passed(gate),
    }  # fmt: skip
    if not told["kept"]:
        log.warning("'%s': what was trained is discarded, held-out answers got no better: %s", person.name, gate)
    return (made if told["kept"] else person), told


def examine(describer: Describer, data: PersonData, before: Person, after: Person, seed: int) -> dict[str, Any]:
    """Losses of held-out answers by what is stored of her, and by what would be."""
    rows, model = data.held_back(EXAMINED, seed, ("test", "val")), describer.trained.model
    found: dict[str, Any] = {"questions": len(rows), "split": rows[0].split}
    for name, person in (("before", before), ("after", after)):
        with describer.trained.lock, describer.adapted([person]):
            losses = losses_of(Trainee(model, describer.state(person)), data, rows)
        found[name] = {key: round(value, 4) for key, value in losses.items()}
    return found


def passed(gate: dict[str, Any]) -> bool:
    """Whether what was trained is kept."""
    before, after = gate["before"], gate["after"]
    return after["score"] < before["score"] and all(after[part] <= before[part] for part in ("lm", "first"))


def training_data(describer: Describer, person: Person, data: TrainingSet) -> tuple[PersonState, PersonData]:
    """Where training starts, and what it is done on.

    Args:
        describer: holds the model.
        person: the instant enrollment.
        data: her data set.

    Raises:
        SettingsError: no question can be trained on.
    """
    made = make_data(person.name, data, describer.trained.model, describer.encode)
    return describer.state(person), made


def with_state(person: Person, trained: Trained, describer: Describer) -> Person:
    """The person with trained tokens, z and LoRA in the place of earlier ones, stamped with their weights."""
    arrays: dict[str, Any] = {
        "tokens": trained.state.tokens.cpu().numpy().astype(np.float16),
        "z": trained.state.z.cpu().numpy().astype(np.float32),
        **{f"{ARRAYS}{name}": value.cpu().numpy().astype(np.float16) for name, value in trained.lora.items()},
    }
    kept = {name: value for name, value in person.arrays.items() if not name.startswith(ARRAYS)}
    return replace(person, arrays={**kept, **arrays}, extra={**person.extra, STAMP: describer.trained.stamp})


def started_from(folder: Path | None, start: PersonState) -> PersonState:
    """Where the run in a folder started: what is stored of her now is the best that this run had reached.

    Args:
        folder: of the run.
        start: where a new run would start; given back where the folder holds none (`load` says so then).
    """
    from safetensors import safe_open

    if folder is None or not (folder / STATE).is_file():
        return start
    with safe_open(folder / STATE, "pt") as file:
        if "start/tokens" not in file.keys():  # noqa: SIM118 (a file handle isn't a dict)
            return start
        tokens, z = (file.get_tensor(f"start/{n}").to(start.tokens.device) for n in ("tokens", "z"))
    return replace(start, tokens=tokens, z=z)
