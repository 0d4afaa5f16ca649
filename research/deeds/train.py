"""Train the model of deeds (`pvchat/model/deeds.safetensors`).

    python -m research.deeds.train ../shared/traindata --out pvchat/model/deeds.safetensors --seed 0

In: action sets of clips and stills (`looks.py`, whose cache holds what was looked at). Out: weights in float16, and a
card with the deeds, their limits, the sizes, the temperature and how often it is right of clips kept back. Image stage:
stills alone; video stage: clips and stills. SPR and HAE (`train/losses.py`) keep the mixed heads sparse.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from pvchat.perception.moments import Moments
from pvchat.train.losses import BETA_START, SparsityController
from recipes.deeds.looks import DEEDS, Example, examples
from research.deeds.qformer import Components, DeedConfig, DeedModel

BATCH, RATE, DECAY, CLIP = 64, 1e-3, 0.05, 1.0
IMAGE_EPOCHS, VIDEO_EPOCHS = 3, 9
PART, PLAIN_STEPS, PLAIN_DECAY = 4.0, 40, 3e-4  # length of each part of the summary; of the linear head's fit
MIXUP, SMOOTH, SHOWN, BALANCE = 0.4, 0.1, 0.85, 0.01  # of mixup's beta; of labels; of tokens; of the MoEC's loss
LATE, AVERAGED = 0.5, 0.85  # weights are averaged over the last half of the epochs, so much of the old kept
PRECISION = {"sure": 0.9, "likely": 0.75}  # on clips kept back, from which limit on; see `limits`
Evidence = dict[str, Tensor]


@dataclass(frozen=True)
class Course:
    """How one model is trained.

    Attributes:
        config: its sizes.
        sparsity: "none", "spr" or "both" (SPR and HAE).
        image_stage: stills first.
        epochs: of the video stage.
        seed: of everything random.
        rate: the largest learning rate.
        beta: weight of SPR at the start.
        plain: a linear head beside the Q-Former.
    """

    config: DeedConfig
    sparsity: str = "both"
    image_stage: bool = True
    epochs: int = VIDEO_EPOCHS
    seed: int = 0
    rate: float = RATE
    beta: float = BETA_START
    plain: bool = True


@dataclass(frozen=True)
class Table:
    """All examples as the connectors read them.

    Attributes:
        evidence: by kind, [n, …].
        posed: [n, M].
        truth: [n] deeds.
        kept_back: [n].
        still: [n].
        fixed: the principal components, as the model's state holds them.
    """

    evidence: Evidence
    posed: Tensor
    truth: NDArray[np.int64]
    kept_back: NDArray[np.bool_]
    still: NDArray[np.bool_]
    fixed: dict[str, Tensor]


def tabulate(found: Sequence[Example], config: DeedConfig) -> Table:
    """Fit the principal components on what may be learned from, and take those of all."""
    shown = Moments.joined([one.shown for one in found])
    quarters, change, frame, pose, posed = (torch.from_numpy(array) for array in shown.arrays())
    kept_back = np.array([one.kept_back for one in found])
    still = (change == 0).flatten(1).all(1).numpy()
    learned = torch.from_numpy(np.flatnonzero(~kept_back))
    moving = torch.from_numpy(np.flatnonzero(~kept_back & ~still))
    model = DeedModel(config)
    _fit(model.look, quarters[learned].mean(1).flatten(0, 1))
    _fit(model.changes, change[moving, 1:].mean(1))
    with torch.no_grad():
        parts = [
            model.evidence(*(array[i : i + 256] for array in (quarters, change, frame, pose)))
            for i in range(0, len(pose), 256)
        ]
    evidence = {kind: torch.cat([part[kind] for part in parts]) for kind in parts[0]}
    fixed = {name: array for name, array in model.state_dict().items() if name.startswith(("look.", "changes."))}
    return Table(evidence, posed, np.array([one.deed for one in found]), kept_back, still, fixed)


def _fit(components: Components, rows: Tensor) -> None:
    """Principal components of rows [n, W], each about as wide as the others; the small ones are kept smaller."""
    mean = rows.mean(0)
    values, vectors = torch.linalg.eigh((rows - mean).T @ (rows - mean) / len(rows))
    count = len(components.directions)
    spread = values.flip(0)[:count].clamp_min(0).sqrt()
    components.mean.copy_(mean)
    components.directions.copy_((vectors.flip(1)[:, :count] / (spread + spread.median() / 2)).T)


def train(table: Table, course: Course, build: type[DeedModel] = DeedModel) -> DeedModel:
    """One model: image stage, then video stage.

    Args:
        table: the examples.
        course: how.
        build: makes it.
    """
    torch.manual_seed(course.seed)
    model = build(course.config)
    model.load_state_dict(table.fixed, strict=False)
    fit_plain(model, table, course.plain)
    if course.image_stage and (table.still & ~table.kept_back).any():
        _stage(model, table, table.still & ~table.kept_back, replace(course, epochs=IMAGE_EPOCHS))
    _stage(model, table, ~table.kept_back, course)
    return model.eval()


def fit_plain(model: DeedModel, table: Table, used: bool = True) -> None:
    """Scale the summary, and fit the linear head on it: convex, so it is fitted to the end before anything else."""
    learned = torch.from_numpy(np.flatnonzero(~table.kept_back))
    with torch.no_grad():
        parts = [part[learned] for part in model.summary.parts(table.evidence, table.posed)]
        scales = [PART / (part - part.mean(0)).square().sum(1).mean().sqrt().clamp_min(1e-6) for part in parts]
        model.summary.mean.copy_(torch.cat([part.mean(0) for part in parts]))
        model.summary.scale.copy_(torch.cat([s.expand(part.shape[1]) for s, part in zip(scales, parts, strict=True)]))
        rows = model.summary(table.evidence, table.posed)[learned]
    truth, weight = torch.from_numpy(table.truth)[learned], _rarity(table, learned.numpy())
    head = model.plain
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    if not used:
        head.requires_grad_(False)
        return
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=PLAIN_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        wrong = F.cross_entropy(head(rows), truth, weight=weight, label_smoothing=SMOOTH)
        found = wrong + PLAIN_DECAY * head.weight.square().sum()
        torch.autograd.backward(found)
        return found

    optimiser.step(loss)


def _stage(model: DeedModel, table: Table, learned: NDArray[np.bool_], course: Course) -> None:
    """Epochs over some examples; ends with the mean of the late weights."""
    rows, rng = np.flatnonzero(learned), np.random.default_rng(course.seed)
    target, weight = F.one_hot(torch.from_numpy(table.truth), len(DEEDS)).float(), _rarity(table, rows)
    optimiser = torch.optim.AdamW(model.parameters(), lr=course.rate, weight_decay=DECAY, fused=True)
    steps = course.epochs * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, course.rate, total_steps=steps, pct_start=0.15)
    sparse, mean = SparsityController(course.sparsity, beta=course.beta), None
    for epoch in range(course.epochs):
        model.train()
        for batch in np.array_split(rng.permutation(rows), -(-len(rows) // BATCH)):
            loss = _loss(model, table, torch.from_numpy(batch), target, weight, sparse, rng)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimiser.step()
            schedule.step()
            sparse.step()
        if epoch >= LATE * course.epochs - 1:
            mean = _averaged(mean, model.state_dict())
    model.load_state_dict(mean or model.state_dict())


def _loss(
    model: DeedModel, table: Table, batch: Tensor, target: Tensor, weight: Tensor, sparse: SparsityController,
    rng: np.random.Generator,
) -> Tensor:  # fmt: skip
    """Cross-entropy of a batch mixed with itself, some of its tokens hidden; with the losses of the routers."""
    share, other = float(rng.beta(MIXUP, MIXUP)), batch[torch.randperm(len(batch))]
    evidence = {kind: share * rows[batch] + (1 - share) * rows[other] for kind, rows in table.evidence.items()}
    kept = {kind: torch.rand(rows.shape[:-1]).flatten(1) < SHOWN for kind, rows in evidence.items()}
    for rows in kept.values():
        rows[:, 0] |= True
    posed = table.posed[batch] & table.posed[other]
    logits, routing, balance = model.read(evidence, posed, kept)
    wanted = share * target[batch] + (1 - share) * target[other]
    each = (wanted @ weight) / (wanted @ weight).sum()
    wanted = wanted * (1 - SMOOTH) + SMOOTH / wanted.shape[1]
    loss = -((wanted * logits.log_softmax(-1)).sum(1) * each).sum() + BALANCE * balance
    return loss + sum(sparse(routing).values(), torch.zeros(()))


def _rarity(table: Table, rows: NDArray[np.int64]) -> Tensor:
    """[K] rare deeds count for more."""
    counts = np.maximum(np.bincount(table.truth[rows], minlength=len(DEEDS)), 5)
    return torch.tensor((counts.mean() / counts) ** 0.5, dtype=torch.float32)


def _averaged(mean: dict[str, Tensor] | None, state: dict[str, Tensor]) -> dict[str, Tensor]:
    if mean is None:
        return {name: array.clone() for name, array in state.items()}
    return {name: AVERAGED * mean[name] + (1 - AVERAGED) * array for name, array in state.items()}


def logits_of(model: DeedModel, table: Table) -> Tensor:
    """[n, K] of all examples."""
    found = []
    with torch.no_grad():
        for part in torch.arange(len(table.truth)).split(256):
            evidence = {kind: rows[part] for kind, rows in table.evidence.items()}
            found.append(model.read(evidence, table.posed[part])[0])
    return torch.cat(found)


def recall(told: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Mean over the deeds that occur of the share told right."""
    return float(np.mean([(told[truth == deed] == deed).mean() for deed in np.unique(truth)]))


def temperature_of(logits: Tensor, truth: Tensor) -> float:
    """By which logits are divided so that probabilities of what was kept back are as often right as they say."""
    steps = torch.linspace(0.4, 3.0, 53)
    losses = torch.stack([F.cross_entropy(logits / step, truth) for step in steps])
    return round(float(steps[losses.argmin()]), 2)


def limits(shares: NDArray[np.float32], truth: NDArray[np.int64], precision: float) -> list[float]:
    """[K] the least probability from which a deed is right so often among what was kept back; 2 for never."""
    told, sure = shares.argmax(1), shares.max(1)
    found = []
    for deed in range(shares.shape[1]):
        rows = np.flatnonzero(told == deed)
        rows = rows[np.argsort(-sure[rows])]
        right = np.cumsum(truth[rows] == deed) / (np.arange(len(rows)) + 1)
        good = np.flatnonzero(right >= precision)
        found.append(round(float(sure[rows[good[-1]]]), 3) if len(good) else 2.0)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Look, train, write."""
    parser = argparse.ArgumentParser(prog="research.deeds.train", description=__doc__.split("\n")[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs/deeds"))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    config = DeedConfig(len(DEEDS))
    table = tabulate(examples(args.traindata, args.cache), config)
    torch.set_num_threads(1)
    write(train(table, Course(config, seed=args.seed)), table, args.out)


def write(model: DeedModel, table: Table, out: Path) -> None:
    """Weights and card."""
    from safetensors.torch import save_file

    logits, back = logits_of(model, table), np.flatnonzero(table.kept_back)
    truth = table.truth[back]
    heat = temperature_of(logits[back], torch.from_numpy(truth))
    shares = (logits[back] / heat).softmax(-1).numpy()
    sure, likely = (limits(shares, truth, precision) for precision in (PRECISION["sure"], PRECISION["likely"]))
    deeds = [
        {name: value for name, value in deed.items() if name != "from"} | {"sure": s, "likely": p}
        for deed, s, p in zip(DEEDS, sure, likely, strict=True)
    ]
    card: dict[str, Any] = {
        "source": "research.deeds.train", "kept back": len(back), "recall": round(recall(shares.argmax(1), truth), 3),
        "temperature": heat, "config": asdict(model.config), "deeds": deeds,
    }  # fmt: skip
    save_file({name: array.to(torch.float16).contiguous() for name, array in model.state_dict().items()}, out)
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
