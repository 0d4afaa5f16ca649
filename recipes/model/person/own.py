"""A person trained on our own model: where she starts, what she is trained on, what is stored of it.

In: the service, the person, her data set. Out: the person with trained tokens, z (and LoRA), and what is told of it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.errors import SettingsError
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
from recipes.model.person.stages import train_state


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
    trained = train_state(describer.trained.model, examples, start, config, session)
    told = {
        "start": round(trained.start, 4), "best": round(trained.best, 4), "steps": trained.steps,
        "done": trained.done, "moved": round(float((trained.state.tokens - start.tokens).norm()), 4),
    }  # fmt: skip
    return with_state(person, trained, describer), told


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
    """The person with trained tokens, z and LoRA among her arrays, stamped with the weights they belong to."""
    arrays: dict[str, Any] = {
        "tokens": trained.state.tokens.cpu().numpy().astype(np.float16),
        "z": trained.state.z.cpu().numpy().astype(np.float32),
        **{f"{ARRAYS}{name}": value.cpu().numpy().astype(np.float16) for name, value in trained.lora.items()},
    }
    return replace(person, arrays={**person.arrays, **arrays}, extra={**person.extra, STAMP: describer.trained.stamp})


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
