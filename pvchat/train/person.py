"""One person made known to a base: her tokens from crops, two stages of training, the gate.

In: the service, the person, her data set. Out: the same person with tokens, z (and LoRA) for this base among her arrays
and the record of the gate; where the gate refuses, without them: her instant enrollment is used then.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from pvchat.bases.connector import connector_of
from pvchat.bases.loading import Base
from pvchat.bases.prompts import PRESENCE_QUESTION
from pvchat.bases.shared import check_base, stamp_of
from pvchat.bases.soft import personal_start
from pvchat.bases.states import LORA, STATE, TOKENS, Z, personal_of
from pvchat.errors import SettingsError
from pvchat.people.person import Person
from pvchat.schemas import Service
from pvchat.train.basedata import GENERIC, BaseData, generic_rows, make_base_data
from pvchat.train.config import ON_BASE, PersonConfig
from pvchat.train.examples import TrainingSet
from pvchat.train.gate import Gate, examine
from pvchat.train.signals import TrainingSession
from pvchat.train.stages import Trained, Training, make_accelerator, run_stages, start_run
from pvchat.train.trainee import BaseTrainee, step, untrained_state, validate

GENERIC_KNOWN = 48  # generic questions whose plain answers are kept for training
log = logging.getLogger(__name__)


def train_on_base(
    chat: Service, person: Person, data: TrainingSet, config: PersonConfig | None, session: TrainingSession
) -> tuple[Person, dict[str, Any]]:
    """Train on the narrator's base, examine, keep or discard; returns the person and a report.

    Raises:
        SettingsError: the data can't be trained on, or show nobody else.
    """
    config, narrator = config or replace(ON_BASE, seed=chat.settings.seed), chat.networks.narrator
    with narrator.lock:
        base = narrator.base
        others = [one for one in chat.people.all() if one.name != person.name]
        known = {p.name: p for p in personal_of(base, others)}
        made = make_base_data(person, data, base.frames, chat.settings.video, known)
        if all(any(e.present) for e in made.examples):  # always yes would be right
            hint = "Augment with --others DIR, or fetch footage with `pvchat doctor --fetch`."
            raise SettingsError("nothing shows anybody else to tell her from.", subject=person.name, hint=hint)
        if connector_of(base) is not None:
            _add_connector_inputs(made, data, narrator)
        trained, gate = train_person(base, made, config, session)
    report = {"base": base.source.name, "start": round(trained.start, 4), "best": round(trained.best, 4),
            "steps": trained.steps, "done": trained.done, "left_out": made.left_out, "gate": gate.to_dict(),
            "kept": gate.passed}  # fmt: skip
    if not gate.passed:
        log.warning("'%s': the trained state is discarded, it didn't pass its gate: %s", person.name, gate.to_dict())
        return without_state(person), report
    return with_state(person, trained, gate, base), report


def train_person(base: Base, data: BaseData, config: PersonConfig, session: TrainingSession) -> tuple[Trained, Gate]:
    """Both stages and the gate, on prepared data; the base is frozen and has mixed heads.

    Raises:
        SettingsError: the base can't take people, or the batch can't be shared out among the processes.
    """
    accelerator = make_accelerator("cpu" if base.device.type == "cpu" else "auto", config.batch)
    check_base(base)
    start = untrained_state(base, data.name, personal_start(base, data.crops, seed=config.seed))
    trainee = BaseTrainee(base, start, config)
    run = start_run(trainee, config)
    rows = [row for split in ("train", "val") for row in generic_rows(data, split, GENERIC_KNOWN, config.seed)]
    data.untrained_odds |= trainee.generic_odds(data, rows)
    with checkpointed(base, config.checkpointing):
        training = Training(run, trainee, data, start, config, accelerator, session)
        trained = run_stages(training, step, validate)
    run.put_best_back()
    return trained, examine(trainee, data, config.seed)


@contextmanager
def checkpointed(base: Base, wanted: bool) -> Iterator[None]:
    """The base with activation checkpointing: memory of one layer instead of all, for a third more time."""
    if not wanted:
        yield
        return
    base.model.activation_checkpointing_enable()
    base.decoder.train()  # layers checkpoint in training mode only; none of these drops anything
    for module in base.decoder.modules():
        if type(module).__name__ == "Dropout":
            module.eval()
    try:
        yield
    finally:
        base.model.activation_checkpointing_disable()
        base.model.eval()


def with_state(person: Person, trained: Trained, gate: Gate, base: Base) -> Person:
    """The person with her state for a base among her arrays; that of another base goes."""
    bare, state = without_state(person), trained.state
    arrays: dict[str, Any] = {TOKENS: state.tokens.cpu().numpy().astype(np.float16)}
    if state.z.numel():
        arrays[Z] = state.z.cpu().numpy().astype(np.float32)
    arrays |= {f"{LORA}{name}": value.cpu().numpy().astype(np.float16) for name, value in trained.lora.items()}
    record = {"stamp": stamp_of(base), "name": base.source.name, **gate.to_dict()}
    return replace(bare, arrays={**bare.arrays, **arrays}, extra={**bare.extra, STATE: record})


def without_state(person: Person) -> Person:
    """The person without a state for any base."""
    arrays = {k: v for k, v in person.arrays.items() if not k.startswith("base.")}
    return replace(person, arrays=arrays, extra={k: v for k, v in person.extra.items() if k != STATE})


def _add_connector_inputs(made: BaseData, data: TrainingSet, narrator: Any) -> None:
    """What a connector reads: the samples' analyses, the questions' sentence vectors."""
    import torch

    made.analyses = [data.analyses(sample) for sample in data.samples]
    asked = sorted({*(e.question for e in made.examples), *GENERIC, PRESENCE_QUESTION.format(made.name)})
    rows = torch.from_numpy(np.asarray(narrator.encode(asked), np.float32)).to(narrator.base.device)
    made.question_vectors = {question: row[None] for question, row in zip(asked, rows, strict=True)}
