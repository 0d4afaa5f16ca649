"""The paper's ablation in our setting: heads, losses of the heads, connectors; at a reduced training length.

    python -m recipes.model.base.prepare --data DATA --auto '' --identities ''
    python benchmarks/ablation.py --data DATA --out runs/ablation --steps 320 --batch 12 --minutes 60

Rows: dense attention, MoH (top-k with its balance loss), ReMoH without SPR and HAE, with SPR only, with both; then with
both, and one connector part off at a time (MoEC, HGA, MoVA). Every row is trained by `recipes.model.base.run` with the
same seeds, data order and schedule. Gates start at 1 and SPR's weight at 1e-8: heads go off within 320 steps of
this schedule, and not yet in 170, where the rows with SPR are dense ones. Trained and validated is phase 1, by recall.

In: features of the captioned sets, which the first command makes. Out: `OUT/results.jsonl`, a line a row and seed, so
that a call goes on where the last one stopped, and a table with 95 % intervals over seeds (Student's t). Seeds differ
in what they draw, rows of a seed do not: the last column compares within seeds, the mean with that of the full model.
"""

from __future__ import annotations

import argparse
import copy
import json
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pvchat.errors import PVChatError
from pvchat.model.heads import RoutingStats
from pvchat.model.sentences import SentenceEncoder
from recipes.model.base import run as base
from recipes.model.base.checkpoints import TrainState
from recipes.model.base.config import BaseConfig
from recipes.model.base.contrast import Contrastive
from recipes.model.base.features import HINT
from recipes.model.base.optimizer import make_optimizer
from recipes.model.base.phases import Objective, Phase
from recipes.model.base.report import RunReport, read_metrics
from recipes.model.made import create_model, preset

MOH_BALANCE = 0.01  # weight of MoH's balance loss (arXiv 2410.11842)
SHOWN = ("image_to_text_r1", "image_to_text_r5", "text_to_image_r1", "text_to_image_r5")
FULL = "ReMoH, SPR and HAE"  # what the last column compares with
T_95 = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776}  # Student's t, two-sided 95 %, by number of seeds


@dataclass(frozen=True)
class Row:
    """One line of the table: fields of the model's configuration, and which losses the heads get."""

    name: str
    sparsity: str = "both"
    model: dict[str, Any] = field(default_factory=dict)


def rows(name: str) -> list[Row]:
    """The table's rows for a preset."""
    heads = preset(name).heads
    return [
        Row("dense", "none", {"shared_heads": heads}),
        Row("MoH", "moh", {"router": "topk"}),
        Row("ReMoH, no SPR, no HAE", "none"),
        Row("ReMoH, SPR", "spr"),
        Row(FULL, "both"),
        Row("  without MoEC", "both", {"moec": False}),
        Row("  without HGA", "both", {"hga": False}),
        Row("  without MoVA", "both", {"mova": False}),
    ]


class MoHBalance(nn.Module):
    """MoH's balance loss in the place of `SparsityController`; nothing in it moves."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("beta", torch.tensor(MOH_BALANCE))

    def forward(self, stats: Sequence[RoutingStats]) -> dict[str, Tensor]:
        return {"moh_balance": self.beta * balance_loss(stats)}

    def step(self) -> None:
        """Nothing moves."""


def balance_loss(stats: Sequence[RoutingStats]) -> Tensor:
    """MoH's load balance, R · Σ_i f_i P_i averaged over modules (arXiv 2410.11842, eq. 8; weight there 0.01).

    P_i is the mean softmax probability of head i, f_i the share of tokens that use it.
    """
    terms = []
    for s in stats:
        probability = s.tokens(s.logits).softmax(-1).mean(0)
        terms.append(len(probability) * (s.head_share().detach() * probability).sum())
    return torch.stack(terms).mean() if terms else torch.zeros(())


def main(argv: list[str] | None = None) -> None:
    """Train what is missing and time allows, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=BaseConfig.data)
    parser.add_argument("--features", type=Path, default=Path("runs/features"))
    parser.add_argument("--captioned", default=BaseConfig.captioned, help="image sets with captions, comma-separated")
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--steps", type=int, default=320)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=6e-4, help="at its peak, as of the shipped base")
    parser.add_argument("--seeds", type=int, default=3, choices=(1, *T_95))
    parser.add_argument("--first", type=int, default=0, help="seed to begin with")
    parser.add_argument("--minutes", type=float, default=60.0, help="of this call; rows that don't fit wait")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="", help="rows to train, parts of their names, comma-separated")
    args = parser.parse_args(argv)
    torch.set_num_threads(args.threads)
    config = BaseConfig(
        data=args.data, features=args.features, captioned=args.captioned, model=args.model, llm="none",
        steps=args.steps, batch=args.batch,
        warmup=max(1, args.steps // 10), lr=args.lr, noise=0.0, auto="", auto_share=0.0,
        validate_every=args.steps, save_every=10 * args.steps, threads=args.threads, validate_rows=256,
        log_every=max(1, args.steps // 20),
    )  # fmt: skip
    wanted = [r for r in rows(args.model) if not args.only or any(w in r.name for w in args.only.split(","))]
    try:
        train_rows(config, wanted, range(args.first, args.first + args.seeds), args.out, 60 * args.minutes)
    except PVChatError as error:
        raise SystemExit(str(error).replace(HINT, f"Make them first: {preparation(config)}")) from error
    table(config, rows(args.model), args.out)


def preparation(config: BaseConfig) -> str:
    """The command that makes the features that are read here; only captioned sets are."""
    named = {"data": config.data, "features": config.features, "captioned": config.captioned}
    told = " ".join(f"--{name} {shlex.quote(str(value))}" for name, value in named.items())
    return f"python -m recipes.model.base.prepare {told} --auto '' --identities ''"


def train_rows(config: BaseConfig, wanted: Sequence[Row], seeds: range, out: Path, seconds: float) -> None:
    """Seed by seed, so that a call cut short has all rows of the seeds that it finished."""
    out.mkdir(parents=True, exist_ok=True)
    deadline, encode = time.monotonic() + seconds, SentenceEncoder().encode
    for seed in seeds:
        phase: Phase | None = None
        for row in wanted:
            left = deadline - time.monotonic()
            if (row.name, seed) in {(r["row"], r["seed"]) for r in results(config, out)} or left <= 0:
                continue
            chosen = replace(config, seed=seed, minutes=left / 60, out=out / "run")
            if phase is None:  # the same batches for all rows of a seed
                shape = create_model(config.model, llm="none", seed=seed)
                phase = Contrastive(chosen, shape, encode)
            numbers = train(chosen, row, phase)
            if numbers is not None:
                with (out / "results.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(numbers) + "\n")
                sys.stderr.write(f"{row.name}, seed {seed}: {_short(numbers)}\n")


def train(config: BaseConfig, row: Row, phase: Phase) -> dict[str, Any] | None:
    """One row with one seed; None when time ran out before its end."""
    shutil.rmtree(config.out, ignore_errors=True)
    began = time.perf_counter()
    with torch.random.fork_rng():
        chosen = replace(config, sparsity="none" if row.sparsity == "moh" else row.sparsity)
        model = create_model(config.model, llm="none", seed=config.seed, **row.model)
        objective = Objective(chosen, copy.deepcopy(phase.captioner))  # without naming: no language model here
        if row.sparsity == "moh":
            objective.sparsity = MoHBalance()
        state = TrainState(model, make_optimizer(model, objective, chosen), objective)
        run = base.BaseRun(chosen, state, phase, RunReport(config.out))
        (config.out / "checkpoints").mkdir()
        torch.manual_seed(config.seed + 1)
        done = base.fit(run)
    told = [r for r in read_metrics(config.out / "metrics.jsonl") if r["part"] == "train"]
    shutil.rmtree(config.out)
    if not done["done"]:
        return None
    heads = np.array(told[-1]["heads"]) if told[-1].get("heads") else np.ones((1, 1))
    return {
        **setting(config), "row": row.name, "seed": config.seed,
        **{name: done[name] for name in SHOWN},
        "active_share": float(np.mean([r["active_share"] for r in told[-5:]])),
        "heads_min": float(heads.min()), "heads_max": float(heads.max()),
        "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip


def setting(config: BaseConfig) -> dict[str, Any]:
    """What results must share to stand in one table."""
    return {name: getattr(config, name) for name in ("model", "phase", "captioned", "steps", "batch", "lr")}


def results(config: BaseConfig, out: Path) -> list[dict[str, Any]]:
    """What was trained so far in this setting."""
    path = out / "results.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [r for r in map(json.loads, lines) if setting(config).items() <= r.items()]


def table(config: BaseConfig, wanted: Sequence[Row], out: Path) -> None:
    """Means over seeds with 95 % intervals; per cent."""
    found, names = results(config, out), SHOWN
    write = sys.stdout.write
    write(f"{config.steps} steps of {config.batch}\n| | seeds | " + " | ".join(names))
    write(" | routed heads active (least–most used) | s | mean against the full model's |\n")
    write("|---" + "|---" * (len(names) + 4) + "|\n")
    for row in wanted:
        own = [r for r in found if r["row"] == row.name]
        if not own:
            continue
        cells = [_mean(100 * np.array([r[name] for r in own])) for name in names]
        share, least, most = (np.mean([r[name] for r in own]) for name in ("active_share", "heads_min", "heads_max"))
        write(f"| {row.name} | {len(own)} | " + " | ".join(cells) + f" | {share:.2f} ({least:.2f}–{most:.2f}) | ")
        gained = [] if row.name == FULL else within_seeds(found, row.name, names)
        write(f"{np.mean([r['seconds'] for r in own]):.0f} | {_mean(100 * np.array(gained)) if gained else ''} |\n")


def within_seeds(found: Sequence[dict[str, Any]], row: str, names: Sequence[str]) -> list[float]:
    """Seed by seed, the mean of the measures `names` of a row less that of the full model; only seeds with both."""
    means = {(r["row"], r["seed"]): float(np.mean([r[name] for name in names])) for r in found}
    seeds = sorted(seed for name, seed in means if name == row and (FULL, seed) in means)
    return [means[row, seed] - means[FULL, seed] for seed in seeds]


def _mean(values: np.ndarray) -> str:
    if len(values) < 2:
        return f"{values.mean():.1f}"
    return f"{values.mean():.1f} ± {T_95[len(values)] * values.std(ddof=1) / len(values) ** 0.5:.1f}"


def _short(numbers: dict[str, Any]) -> str:
    shown = [f"{name} {numbers[name]:.3f}" for name in SHOWN]
    return f"{', '.join(shown)}, active {numbers['active_share']:.2f}, {numbers['seconds']:.0f} s"


if __name__ == "__main__":
    main()
