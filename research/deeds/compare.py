"""What each part of the model of deeds is worth: `python -m research.deeds.compare ../shared/traindata`.

In: what `train.py` learns from. Out: macro recall over the kinds of `film_actions` on its clips kept back, of linear
heads, of a temporal transformer without routing, of the model, and of the model with one part taken out; and how often
a told deed changes when frames are shuffled, the crop is somebody else's, connectors or mixed heads are off.
Differences come with a 95 % interval over clips drawn in pairs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pvchat.model.heads import HeadMixer
from pvchat.model.moec import MixtureConnector
from pvchat.model.routers import RoutingStats
from recipes.deeds.looks import DEEDS, Example, examples
from research.deeds.qformer import DeedConfig, DeedModel
from research.deeds.train import Course, Table, logits_of, tabulate, train

FILM = "film_actions"
DRAWS, CHANGED = 2000, 0.02  # of clips, in pairs; difference of probability that counts as a change
_LINEAR_DECAY = 0.003


@dataclass(frozen=True)
class Told:
    """What one way tells of the clips kept back.

    Attributes:
        right: [n] whether each is told right.
        truth: [n] what they show.
    """

    right: NDArray[np.bool_]
    truth: NDArray[np.int64]

    def recall(self, drawn: NDArray[np.int64] | None = None) -> float:
        """Mean over the kinds, of all clips or of those drawn."""
        rows = np.arange(len(self.truth)) if drawn is None else drawn
        return float(
            np.mean([self.right[rows][self.truth[rows] == kind].mean() for kind in np.unique(self.truth[rows])])
        )

    def above(self, other: Told) -> tuple[float, float, float]:
        """By how much its recall is above another one's, and the 95 % interval."""
        rng = np.random.default_rng(0)
        draws = [rng.integers(0, len(self.truth), len(self.truth)) for _ in range(DRAWS)]
        apart = [self.recall(one) - other.recall(one) for one in draws]
        low, high = np.percentile(apart, [2.5, 97.5])
        return self.recall() - other.recall(), float(low), float(high)


class TemporalTransformer(DeedModel):
    """All tokens through plain attention over each other, and their mean: no queries, no routing, one MLP a kind."""

    def __init__(self, config: DeedConfig) -> None:
        super().__init__(replace(config, connector_experts=1))
        layer = nn.TransformerEncoderLayer(
            config.width, config.heads, 2 * config.width, config.dropout, batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.head = nn.Linear(config.width, config.deeds)

    def answer(self, tokens: Tensor, mask: Tensor, summary: Tensor) -> tuple[Tensor, list[object]]:
        """Logits [B, K] of tokens [B, N, D]; nothing is routed."""
        read = self.encoder(tokens, src_key_padding_mask=~mask)
        return self.head((read * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)), []


Change = Callable[[Table], Table]


def _zeroed(table: Table, *kinds: str) -> Table:
    return replace(table, evidence=table.evidence | {kind: torch.zeros_like(table.evidence[kind]) for kind in kinds})


def _without_crop(table: Table) -> Table:
    """The whole frame in place of the crop."""
    frame = table.evidence["frame"]
    whole = frame[:, :, None].expand_as(table.evidence["quarters"])
    return _zeroed(replace(table, evidence=table.evidence | {"quarters": whole}), "motion", "change")


def _without_time(table: Table) -> Table:
    """What it looks like on the whole, not how that changes."""
    still = {
        k: table.evidence[k].mean(1, keepdim=True).expand_as(table.evidence[k]) for k in ("quarters", "frame", "pose")
    }
    return _zeroed(replace(table, evidence=table.evidence | still), "motion", "change")


def _without_pose(table: Table) -> Table:
    return replace(table, posed=torch.zeros_like(table.posed))


def parts(config: DeedConfig, seed: int) -> dict[str, tuple[Course, Change]]:
    """The model, and the model with each part taken out."""
    whole, same = Course(config, seed=seed), lambda table: table
    return {
        "the model": (whole, same),
        "without the crop (whole frame)": (whole, _without_crop),
        "without motion": (whole, _without_time),
        "without pose": (whole, _without_pose),
        "without the whole frame": (whole, lambda table: _zeroed(table, "frame")),
        "dense heads": (replace(whole, config=replace(config, shared_heads=config.heads)), same),
        "one MLP a kind instead of MoEC": (replace(whole, config=replace(config, connector_experts=1)), same),
        "without the image stage": (replace(whole, image_stage=False), same),
        "without SPR and HAE": (replace(whole, sparsity="none"), same),
        "without HAE": (replace(whole, sparsity="spr"), same),
        "router topk": (replace(whole, config=replace(config, router="topk")), same),
        "router relu_norm": (replace(whole, config=replace(config, router="relu_norm")), same),
    }


def judge(model: DeedModel, table: Table) -> Told:
    """What a model tells of the film clips kept back, among their kinds."""
    kinds, rows = np.unique(table.truth[table.kept_back]), np.flatnonzero(table.kept_back)
    told = kinds[logits_of(model, table)[rows][:, kinds].argmax(1).numpy()]
    return Told(told == table.truth[rows], table.truth[rows])


def linear_road(frame: Tensor, table: Table, moving: bool) -> Told:
    """A linear head on frame features [n, M, W]: their mean; if `moving` also mean difference and late less early."""
    third = frame.shape[1] // 3
    parts_ = [frame.mean(1)]
    if moving:
        parts_ += [frame.diff(dim=1).abs().mean(1), frame[:, -third:].mean(1) - frame[:, :third].mean(1)]
    x, learned = torch.cat(parts_, 1), torch.from_numpy(~table.kept_back & ~table.still)
    x = (x - x[learned].mean(0)) / (x[learned].std(0) + 0.02) * 10 / x.shape[1] ** 0.5
    truth = torch.from_numpy(table.truth)
    weight = torch.zeros(x.shape[1], len(DEEDS), requires_grad=True)
    bias = torch.zeros(len(DEEDS), requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        found = (
            nn.functional.cross_entropy(x[learned] @ weight + bias, truth[learned])
            + _LINEAR_DECAY * weight.square().sum()
        )
        torch.autograd.backward(found)
        return found

    optimiser.step(loss)
    rows = np.flatnonzero(table.kept_back)
    told = (x @ weight + bias)[rows].argmax(1).numpy()
    return Told(told == table.truth[rows], table.truth[rows])


@torch.no_grad()
def counterfactuals(model: DeedModel, table: Table, least: Sequence[float]) -> dict[str, float]:
    """In which share of the deeds that are told the deed or its probability changes.

    Args:
        model: trained.
        table: its clips kept back are asked about.
        least: [K] probability from which each deed is told.
    """
    rows = torch.from_numpy(np.flatnonzero(table.kept_back & ~table.still))
    evidence, posed = {kind: part[rows] for kind, part in table.evidence.items()}, table.posed[rows]
    usual = model.read(evidence, posed)[0].softmax(-1)
    sure, deed = usual.max(1)
    told = (sure >= torch.tensor(least)[deed]).nonzero()[:, 0]
    changed = {
        "frames shuffled": (_shuffled(evidence), posed),
        "somebody else's crop": (
            {k: v if k == "frame" else v.roll(1, 0) for k, v in evidence.items()},
            posed.roll(1, 0),
        ),
    }
    found = {name: model.read(*one)[0].softmax(-1) for name, one in changed.items()}
    found["connectors off"] = _switched_off(model, MixtureConnector, lambda out: (torch.zeros_like(out[0]), out[1]))(
        evidence, posed
    )
    found["mixed heads off"] = _switched_off(model, HeadMixer, _shared_only)(evidence, posed)
    return {name: _differing(usual[told], one[told]) for name, one in found.items()}


def _shuffled(evidence: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same moments in another order; what changes between them is as large, and what moved goes elsewhere."""
    rng = torch.Generator().manual_seed(0)
    return {kind: part[:, torch.randperm(part.shape[1], generator=rng)] for kind, part in evidence.items()}


def _switched_off(
    model: DeedModel, part: type[nn.Module], instead: Callable[[Any], Any]
) -> Callable[[dict[str, Tensor], Tensor], Tensor]:
    """The model's probabilities with something else coming out of its parts of one kind."""

    def read(evidence: dict[str, Tensor], posed: Tensor) -> Tensor:
        hooks = [
            module.register_forward_hook(lambda module, given, out: instead(out))
            for module in model.modules()
            if isinstance(module, part)
        ]
        found = model.read(evidence, posed)[0].softmax(-1)
        for hook in hooks:
            hook.remove()
        return found

    return read


def _shared_only(out: tuple[Tensor, RoutingStats]) -> tuple[Tensor, RoutingStats]:
    """Weights of all heads [B, Q, H] with every routed head off."""
    weights, stats = out
    routed = stats.gates.shape[-1]
    return torch.cat([weights[..., :-routed], torch.zeros_like(weights[..., -routed:])], -1), stats


def _differing(usual: Tensor, other: Tensor) -> float:
    """The share of rows whose deed is another one, or whose probability differs by more than `CHANGED`."""
    deed = usual.argmax(1)
    moved = (usual - other).gather(1, deed[:, None])[:, 0].abs() > CHANGED
    return round(float(((other.argmax(1) != deed) | moved).float().mean()), 3)


def main(arguments: list[str] | None = None) -> None:
    """Train everything and print the table."""
    parser = argparse.ArgumentParser(prog="research.deeds.compare", description=__doc__.split("\n")[0])
    parser.add_argument("traindata", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs/deeds"))
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    kinds = {deed for deed, row in enumerate(DEEDS) if FILM in row["from"]}
    found = [
        one for one in examples(args.traindata, args.cache) if one.source == FILM or one.still and one.deed in kinds
    ]
    found = [one if one.source == FILM else replace(one, kept_back=False) for one in found]
    compare(found, args.seeds)


def compare(found: Sequence[Example], seeds: int) -> None:
    """The table, row by row as it is made.

    Args:
        found: film clips, and stills of the same deeds to learn from.
        seeds: trainings of each model, whose probabilities are not joined: each is a row.
    """
    config = DeedConfig(len(DEEDS))
    table, frame = tabulate(found, config), torch.from_numpy(np.concatenate([one.shown.frame for one in found]))
    roads = {"mean of the frames": False, "mean, differences, late less early": True}
    linear = {name: linear_road(frame, table, moving) for name, moving in roads.items()}
    for name, told in linear.items():
        _print(name, told, linear["mean, differences, late less early"])
    for seed in range(seeds):
        rows = parts(config, seed)
        for name, (course, change) in rows.items():
            changed = change(table)
            _print(
                f"{name}, seed {seed}",
                judge(train(changed, course), changed),
                linear["mean, differences, late less early"],
            )
        plain = Course(config, "none", seed=seed)
        told = judge(train(table, plain, build=TemporalTransformer), table)
        _print(f"temporal transformer, seed {seed}", told, linear["mean, differences, late less early"])


def _print(name: str, told: Told, road: Told) -> None:
    apart, low, high = told.above(road)
    sys.stdout.write(f"{name:48} {told.recall():.3f}  {apart:+.3f} ({low:+.3f} to {high:+.3f})\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
