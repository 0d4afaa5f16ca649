"""Which router tells deeds best: `python -m research.deeds.routing ../shared/traindata [--folds 5]`.

In: `film_actions`, in five parts that share no source video. Out: a row a router: macro recall over the kinds of each
part by the Q-Former alone, trained on the other four with the same seed and order; differences from the paper's router
with a 95 % interval over the paired parts (Student's t); active heads, CPU milliseconds of a person, parameters.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pvchat.model.routers import ROUTERS, RoutingStats
from pvchat.train.losses import active_share
from pvchat.train.pictures import read_metadata
from recipes.deeds.looks import DEEDS, examples
from research.deeds.qformer import DeedConfig, DeedModel
from research.deeds.routers import OTHERS, State, exchange
from research.deeds.train import Course, Table, recall, tabulate, train

FILM, PARTS, EPOCHS, RATE, BETA = "film_actions", 5, 8, 3e-3, 1e-2
# The routers are compared, not the rest: so that many seeds fit on a CPU, all else is small.
SMALL = DeedConfig(len(DEEDS), components=96, width=48, hidden=48, connector_experts=1, without=("motion",))
ENTROPY_LOSS = 0.01  # of the hybrid router
STUDENT = {3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262}  # 97.5 % points by degrees of freedom


class Alone(DeedModel):
    """The Q-Former without the linear head beside it.

    Args:
        config: `router` may be one of `OTHERS`, or "dense".
    """

    def __init__(self, config: DeedConfig) -> None:
        other = config.router in OTHERS
        dense = replace(config, router="relu", shared_heads=config.heads)
        super().__init__(dense if config.router == "dense" else replace(config, router="relu") if other else config)
        self.state: State | None = exchange(self, config.router) if other else None

    def read(self, evidence, posed, kept=None):  # type: ignore[no-untyped-def]
        """As `DeedModel.read`; the linear head's weights are 0."""
        if self.state is not None:
            self.state.begin()
        logits, routing, balance = super().read(evidence, posed, kept)
        losses = self.state.losses if self.state is not None else []
        return logits, routing, balance + ENTROPY_LOSS * sum(losses, torch.zeros(()))


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        right: macro recall over the kinds of what was kept back.
        active: share of routed heads that are on.
        ms: of one person.
        parameters: of the model, without the linear head.
    """

    right: float
    active: float
    ms: float
    parameters: int


def part_of(source: str) -> int:
    """0 … PARTS - 1, the same for all clips of one source video."""
    action, name = source.split("/")
    return int(hashlib.md5(f"{action}{re.sub(r'[0-9_]+.*', '', name)[:14]}".encode()).hexdigest(), 16) % PARTS


def run(table: Table, part: NDArray[np.int64], fold: int, router: str) -> Run:
    """Train on all parts but one, and judge that."""
    mine = replace(table, kept_back=part == fold)
    config = replace(SMALL, router=router)
    course = Course(config, image_stage=False, epochs=EPOCHS, seed=fold, rate=RATE, beta=BETA, plain=False)
    model = train(mine, course, build=Alone)
    rows, kinds = torch.from_numpy(np.flatnonzero(mine.kept_back)), np.unique(table.truth)
    evidence = {kind: array[rows] for kind, array in table.evidence.items()}
    with torch.no_grad():
        logits, routing, _ = model.read(evidence, table.posed[rows])
    told = kinds[logits[:, kinds].argmax(1).numpy()]
    count = sum(p.numel() for name, p in model.named_parameters() if not name.startswith("plain"))
    return Run(recall(told, table.truth[rows.numpy()]), _active(routing), _cost(model, evidence, table.posed), count)


def _active(routing: list[RoutingStats]) -> float:
    return float(active_share(routing))


@torch.no_grad()
def _cost(model: DeedModel, evidence: dict[str, Tensor], posed: Tensor) -> float:
    """Milliseconds of one person: the least of ten."""
    one = {kind: array[:1] for kind, array in evidence.items()}
    took = []
    for _ in range(10):
        began = time.process_time()
        model.read(one, posed[:1])
        took.append(time.process_time() - began)
    return 1000 * min(took)


def row(name: str, runs: list[Run], usual: list[Run]) -> str:
    """One line of the table."""
    apart = np.array([mine.right - other.right for mine, other in zip(runs, usual, strict=True)])
    half = STUDENT.get(len(apart) - 1, 2.0) * apart.std(ddof=1) / len(apart) ** 0.5 if len(apart) > 1 else np.nan
    right, active = (np.mean([getattr(one, field) for one in runs]) for field in ("right", "active"))
    difference = f"{apart.mean():+.3f} ({apart.mean() - half:+.3f} to {apart.mean() + half:+.3f})"
    cost = f"{np.median([one.ms for one in runs]):.1f} | {runs[0].parameters / 1000:.0f} k"
    return f"| {name} | {right:.3f} | {difference} | {active:.2f} | {cost} |"


def main(arguments: list[str] | None = None) -> None:
    """Train everything, fold by fold, and print the table after each fold."""
    parser = argparse.ArgumentParser(prog="research.deeds.routing", description=__doc__.split("\n")[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs/deeds"))
    parser.add_argument("--folds", type=int, default=PARTS)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    sources = {one["clip"]: one["source_path"] for one in read_metadata(args.traindata / FILM)}
    found = list(
        {one.clip: one for one in reversed(examples(args.traindata, args.cache)) if one.source == FILM}.values()
    )
    compare(tabulate(found, SMALL), [sources[one.clip] for one in found], args.folds)


def compare(table: Table, sources: list[str], folds: int) -> None:
    """The table of all routers.

    Args:
        table: film clips.
        sources: of each its source video.
        folds: how many parts are kept back, one after the other.
    """
    part = np.array([part_of(source) for source in sources])
    first, then = ["relu", *[name for name in ROUTERS if name != "relu"], "dense"], list(OTHERS)
    runs: dict[str, list[Run]] = {name: [] for name in first + then}
    for names in (first, then):
        for fold, name in product(range(folds), names):
            runs[name].append(run(table, part, fold, name))
            sys.stderr.write(f"{fold} {name} {json.dumps(runs[name][-1].__dict__)}\n")
            sys.stderr.flush()
    for name in runs:
        sys.stdout.write(row(name, runs[name], runs["relu"]) + "\n")


if __name__ == "__main__":
    main()
