"""One person made known to a base: her tokens from crops, two stages of training, the gate.

In: the service, the person, her data set. Out: the same person with tokens, z (and LoRA) for this base among her arrays
and the record of the gate; where the gate refuses, as she was: an earlier state stays, without one she is instant.

The gate: her state tells her from others, under any name, leaves the rest alone, and is better than an earlier one for
this base. Its clips are those of the test split, else of the validation split, which chose the best step (then the
numbers flatter a little).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.stats import binomtest

from pvchat.bases.connector import connector_of
from pvchat.bases.loading import Base
from pvchat.bases.prompts import PRESENCE_QUESTION
from pvchat.bases.shared import check_base, stamp_of
from pvchat.bases.soft import personal_start
from pvchat.bases.states import LORA, STATE, TOKENS, Z, fits, personal_of, upper_layers
from pvchat.errors import SettingsError
from pvchat.model.personlora import PersonLora
from pvchat.people.person import Person
from pvchat.schemas import FloatArray, Service
from pvchat.train.config import ON_BASE, PersonConfig
from pvchat.train.examples import ALIASES, GENERIC, BaseData, TrainingSet, generic_rows, make_base_data
from pvchat.train.losses import balanced_accuracy
from pvchat.train.signals import TrainingSession
from pvchat.train.stages import Trained, Training, run_stages, start_run
from pvchat.train.trainee import BaseTrainee, asks_presence, step, untrained_state, validate

RECALL = 0.7  # of yes and of no, each for itself: "always yes" is what tokens learn without hard negatives
SWAP = 0.9  # of the decisions that stay when she is called otherwise
DRIFT = 0.01  # of the generic questions of which the base was sure may change
SURE = 0.4  # log-odds (60 : 40) from which it was
GENERIC_ROWS = 48  # generic questions of a split whose answers before training are kept
_MOST = 48  # clips of a side
_PRIOR = 0.05  # of the calibration's fit: weight of (scale - 1)² + bias²
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gate:
    """What the gate measured; calibrated log-odds are scale · odds + bias."""

    yes_recall: float  # share of the clips with her that are told right, after calibration
    no_recall: float  # of those without her
    swap: float  # share of decisions that stay under another name
    drift: float  # share of sure generic answers that change
    asked: int  # how many of these there are
    clips: int  # how many of either side
    scale: float
    bias: float
    loss: float  # of the calibrated yes or no, in the mean

    @property
    def passed(self) -> bool:
        """Whether her state may be kept."""
        recalled = min(self.yes_recall, self.no_recall) >= RECALL
        return recalled and self.swap >= SWAP and wilson_lower_bound(self.drift, self.asked) <= DRIFT and self.scale > 0

    def is_better_than(self, other: Gate) -> bool:
        """Whether it passes, and the other one doesn't, or tells fewer clips right, or as many with more doubt."""
        mine, others = ((one.yes_recall + one.no_recall, -one.loss) for one in (self, other))
        return self.passed and (not other.passed or mine > others)

    def to_dict(self) -> dict[str, Any]:
        """All numbers, JSON-ready."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items()}


def train_on_base(
    chat: Service, person: Person, data: TrainingSet, config: PersonConfig | None, session: TrainingSession
) -> tuple[Person, dict[str, Any]]:
    """Train on the base that answers, examine, keep or discard; returns the person and a report. Raises SettingsError
    where none answers, the data can't be trained on, or show nobody else.
    """
    config, narrator = config or replace(ON_BASE, seed=chat.settings.seed), chat.networks.narrator
    if narrator is None:
        hint = "Name one with --model (`pvchat models`)."
        raise SettingsError("no pretrained base is here to train her on.", subject=person.name, hint=hint)
    with narrator.lock:
        base = narrator.base
        taken = [one.name for one in chat.people.all() if one.name != person.name and fits(base, one)]
        made = make_base_data(person, data, base.frames, chat.settings.video, taken)
        if all(any(e.present) for e in made.examples):  # always yes would be right
            hint = "Augment with --others DIR, or fetch footage with `pvchat doctor --fetch`."
            raise SettingsError("nothing shows anybody else to tell her from.", subject=person.name, hint=hint)
        if connector_of(base) is not None:
            _add_connector_inputs(made, data, narrator)
        trained, gate = train_person(base, made, config, session)
        before = examine(stored_trainee(base, person), made, config.seed) if fits(base, person) else None
    kept = gate.passed if before is None else gate.is_better_than(before)
    report = {"base": base.source.name, "start": round(trained.start, 4), "best": round(trained.best, 4),
            "steps": trained.steps, "done": trained.done, "gate": gate.to_dict(), "kept": kept}  # fmt: skip
    if not kept:
        log.warning("'%s': what was trained is discarded: %s; what she has: %s", person.name, gate, before)
        return person, report
    return with_state(person, trained, gate, base), report


def train_person(base: Base, data: BaseData, config: PersonConfig, session: TrainingSession) -> tuple[Trained, Gate]:
    """Both stages and the gate, on prepared data; the base is frozen and has mixed heads. Raises SettingsError where
    the base can't take people.
    """
    check_base(base)
    start = untrained_state(base, data.name, personal_start(base, data.crops, seed=config.seed))
    trainee = BaseTrainee(base, start, config)
    run = start_run(trainee, config)
    rows = [row for split in ("train", "val") for row in generic_rows(data, split, GENERIC_ROWS, config.seed)]
    data.untrained_odds |= trainee.generic_odds(data, rows)
    with checkpointed(base) if config.checkpointing else nullcontext():
        training = Training(run, trainee, data, start, config, session)
        trained = run_stages(training, step, validate)
    run.best = {name: value if name == "person.z" else value.half().float() for name, value in run.best.items()}
    run.put_best_back()  # as `with_state` stores them
    return trained, examine(trainee, data, config.seed)


def stored_trainee(base: Base, person: Person) -> BaseTrainee:
    """What is stored of her for this base, to be examined."""
    trainee = BaseTrainee(base, personal_of(base, [person])[0])
    trainee.lora = PersonLora.of(upper_layers(base), person, LORA)
    return trainee


@contextmanager
def checkpointed(base: Base) -> Iterator[None]:
    """The base with activation checkpointing: memory of one layer instead of all, for a third more time."""
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
    made.analyses = [data.analyses(sample) for sample in data.samples]
    asked = sorted({*(e.question for e in made.examples), *GENERIC, PRESENCE_QUESTION.format(made.name)})
    rows = torch.from_numpy(np.asarray(narrator.encode(asked), np.float32)).to(narrator.base.device)
    made.question_vectors = {question: row[None] for question, row in zip(asked, rows, strict=True)}


@torch.no_grad()
def examine(trainee: BaseTrainee, data: BaseData, seed: int = 0) -> Gate:
    """Put a trained person to the test, with her best parameters; `seed` is that of the draw."""
    clips = held_out_clips(data, seed)
    alias = next(a for a in ALIASES if a not in (data.name, *data.taken))
    there = np.array([side for _, side in clips], bool)
    odds = np.array([[float(trainee.presence_odds(data, clip, n)) for clip, _ in clips] for n in (data.name, alias)])
    scale, bias = calibrate(odds[0].tolist(), there.tolist())
    odds = scale * odds + bias
    said, other = odds > 0
    yes, no, swap = _rate(said[there]), _rate(~said[~there]), _rate(said == other)
    rows = [row for row in dict.fromkeys(generic_rows(data, "val", GENERIC_ROWS, seed)) if row in data.untrained_odds]
    sure = [row for row in rows if abs(data.untrained_odds[row]) >= SURE]
    now = trainee.generic_odds(data, sure)
    drift = _rate([(now[row] > 0) != (data.untrained_odds[row] > 0) for row in sure])
    _, loss = balanced_accuracy(odds[0].tolist(), there.tolist())
    return Gate(yes, no, swap, drift, len(sure), int(there.sum()), scale, bias, loss)


def wilson_lower_bound(share: float, count: int) -> float:
    """The lower end of a share's interval (Wilson, 95 %): one answer of 48 doesn't show that more than one in 100
    change.
    """
    return float(binomtest(round(share * count), count).proportion_ci(method="wilson").low) if count else share


def held_out_clips(data: BaseData, seed: int) -> list[tuple[int, bool]]:
    """Clips that she wasn't trained on, and whether she is in each; as many of either side, at most `_MOST`."""
    for split in ("test", "val", "train"):
        found = {e.clip: e.present[0] for e in data.examples if e.split == split and asks_presence(e)}
        sides = [[clip for clip, there in sorted(found.items()) if there == side] for side in (True, False)]
        if all(sides):
            break
    rng = np.random.default_rng([seed, 11])
    count = min(_MOST, *(len(side) for side in sides))
    return [(int(c), side) for side, clips in zip((True, False), sides, strict=True)
            for c in rng.permutation(clips)[:count]]  # fmt: skip


def calibrate(odds: list[float], truth: list[bool]) -> tuple[float, float]:
    """Scale and bias that make log-odds probabilities (Platt), with a pull to 1 and 0: few clips tell little."""
    if not odds:
        return 1.0, 0.0
    x, side = np.array(odds), np.where(truth, 1, -1)
    pull = _PRIOR / len(odds) ** 0.5

    def loss(values: FloatArray) -> float:
        doubt = np.logaddexp(0, -side * (values[0] * x + values[1])).mean()
        return float(doubt + pull * ((values[0] - 1) ** 2 + values[1] ** 2))

    scale, bias = minimize(loss, [1.0, 0.0]).x.tolist()
    return scale, bias


def _rate(hits: Any) -> float:
    return float(np.mean(hits)) if len(hits) else 0.0
