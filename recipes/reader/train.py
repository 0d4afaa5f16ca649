"""Train the reader (`pvchat/chat/reader/reader.safetensors`) on the grammar's examples.

    python -m recipes.reader.train --out pvchat/chat/reader/reader.safetensors --count 84000 --epochs 3 --seed 0
    python -m recipes.reader.train --out NEW --start OLD --count 84000 --epochs 2 --seed 1 --keep 0.5

The encoder's lower layers are frozen, so their states are made once and kept in memory; the upper four and the heads
are trained: one softmax a head over the sentence (mean and first token), one over the tags a word (mean over its
pieces), one that points to the word with which a second question begins. Losses are cross-entropies, added.

Legend: B examples, L tokens, W words, D width.
"""

from __future__ import annotations

import argparse
import copy
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.chat.reader.network import (
    ATTENTION_HEADS,
    HEADS,
    LAYERS,
    TUNED,
    WORD_PARTS,
    lower_weights,
    tokenized,
    unscaled,
)
from pvchat.schemas import FloatArray
from pvchat.storage import atomic, tensorfile
from recipes.reader.sampler import examples

UNLABELLED = -100  # a head that an example says nothing about
WRITTEN_EVERY = 50  # steps
VALIDATED = 1000  # examples of frames that are never trained on
HEAD_LR, LAYER_LR, DROPOUT, SMOOTHING, TAG_WEIGHT = 1e-3, 2e-4, 0.1, 0.02, 3.0
RISING, AVERAGED = 0.1, 0.125  # share of the steps in which the rates rise; over which the weights' mean is taken


@dataclass
class Example:
    """One example as tensors: frozen states [L, D], which word each token belongs to [L], labels."""

    states: torch.Tensor
    word_of: torch.Tensor
    heads: list[int]
    tags: torch.Tensor  # [W, 4] role, type, denied, begins
    second: int
    row: dict[str, Any]


class Parser(nn.Module):
    """The tuned layers and the heads.

    Args:
        start: published weights of the tuned layers, by name.
        width: D.
    """

    def __init__(self, start: dict[str, Tensor], width: int = 384) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({_key(name): nn.ParameterDict({"v": nn.Parameter(v)}) for name, v in start.items()})
        self.heads = nn.ModuleDict({name: nn.Linear(2 * width, len(labels)) for name, labels in HEADS.items()})
        parts = {f"word_{name}": nn.Linear(2 * width, len(labels)) for name, labels in WORD_PARTS.items()}
        self.words = nn.ModuleDict(parts)  # no module may be called "type"
        self.second = nn.Linear(width, 1)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, states: Tensor, real: Tensor, word_of: Tensor) -> tuple[dict[str, Tensor], list[Tensor], Tensor]:
        """Head logits [B, labels], those of each part of the tags [B, W, labels], and of where a second question
        begins [B, W + 1] (0: nowhere).
        """
        for number in range(LAYERS - TUNED, LAYERS):
            states = self._layer(f"encoder.layer.{number}", states, real)
        mean = (states * real[:, :, None]).sum(1) / real.sum(1, keepdim=True)
        sentence = torch.cat((mean, states[:, 0]), 1)
        words = _by_word(states, word_of)
        both = self.drop(torch.cat((words, mean[:, None].expand_as(words)), 2))
        none = torch.zeros(len(states), 1)
        heads = {name: head(self.drop(sentence)) for name, head in self.heads.items()}
        return heads, [part(both) for part in self.words.values()], torch.cat((none, self.second(words)[:, :, 0]), 1)

    def _weight(self, name: str) -> Tensor:
        return self.layers[_key(name)]["v"]

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self._weight(f"{name}.weight"), self._weight(f"{name}.bias"))

    def _norm(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self._weight(f"{name}.LayerNorm.weight"), self._weight(f"{name}.LayerNorm.bias")
        return F.layer_norm(x, weight.shape, weight, bias, 1e-12)

    def _layer(self, name: str, states: Tensor, real: Tensor) -> Tensor:
        query, key, value = (
            self._linear(f"{name}.attention.self.{part}", states).unflatten(2, (ATTENTION_HEADS, -1)).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(2, 3) / query.shape[3] ** 0.5  # so short, it is faster than the fused one
        seen = scores.masked_fill(real[:, None, None] == 0, -1e9).softmax(3).to(value.dtype) @ value
        seen = self.drop(self._linear(f"{name}.attention.output.dense", seen.transpose(1, 2).flatten(2)))
        states = self._norm(f"{name}.attention.output", seen + states)
        inner = F.gelu(self._linear(f"{name}.intermediate.dense", states))
        return self._norm(f"{name}.output", self.drop(self._linear(f"{name}.output.dense", inner)) + states)


def _by_word(states: Tensor, word_of: Tensor) -> Tensor:
    """The mean [B, W, D] of each word's tokens; `word_of` [B, L] is -1 for tokens of no word."""
    count = int(word_of.max()) + 1
    share = F.one_hot(word_of.clamp(min=-1) + 1, count + 1)[:, :, 1:].to(states.dtype)  # [B, L, W]
    share = share / share.sum(1, keepdim=True).clamp(min=1)
    return share.transpose(1, 2) @ states


def prepared(rows: Sequence[dict[str, Any]]) -> list[Example]:
    """Examples with the states of the frozen layers, in batches of one length so that it goes fast."""
    weights, made = lower_weights(), []
    started = time.time()
    torch_weights = {name: torch.tensor(np.asarray(v, np.float32)) for name, v in weights.items()}
    pieces = [tokenized(row["words"]) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: len(pieces[i][0]))
    states: dict[int, Tensor] = {}
    for batch in _chunks(order, 256):
        length = max(len(pieces[i][0]) for i in batch)
        ids = torch.zeros(len(batch), length, dtype=torch.long)
        real = torch.zeros(len(batch), length)
        for k, i in enumerate(batch):
            ids[k, : len(pieces[i][0])] = torch.tensor(pieces[i][0])
            real[k, : len(pieces[i][0])] = 1
        with torch.autocast("cpu", torch.bfloat16):
            hidden = _frozen(ids, real, torch_weights)
        states |= {i: hidden[k, : len(pieces[i][0])].half().clone() for k, i in enumerate(batch)}
    for i, row in enumerate(rows):
        made.append(_example(row, states[i], pieces[i][1]))
    print(f"{len(made)} examples prepared in {time.time() - started:.0f} s", flush=True)
    return made


@torch.no_grad()
def _frozen(ids: Tensor, real: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """The states after the frozen layers, as `network.py` makes them one by one."""
    parser = Parser.__new__(Parser)
    nn.Module.__init__(parser)
    parser._weight = lambda name: weights[name]  # type: ignore[method-assign]
    parser.drop = nn.Identity()
    words, places, segments = (
        weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    states = parser._norm("embeddings", words[ids] + places[: ids.shape[1]] + segments[0])
    for number in range(LAYERS - TUNED):
        states = parser._layer(f"encoder.layer.{number}", states, real)
    return states


def _example(row: dict[str, Any], states: Tensor, word_of: list[int]) -> Example:
    heads = [
        labels.index(row["heads"].get(name, labels[0])) if _is_told(name, row["heads"]) else UNLABELLED
        for name, labels in HEADS.items()
    ]
    tags = torch.tensor([_parts(tag) for tag in row["tags"]])
    return Example(states, torch.tensor(word_of), heads, tags, row.get("second", -1) + 1, row)


def _is_told(name: str, heads: dict[str, str]) -> bool:
    """Whether an example says something about a head: a refusal only its kind; who asks the same of somebody else
    nothing of what is asked, and how.
    """
    if name == "refusal" or heads.get("select") == "refuse":
        return name in ("select", "follow", "if_so") or name == "refusal" and heads.get("select") == "refuse"
    return name in heads or heads.get("select") != "same" or name not in ("attribute", "form")


def _parts(tag: str) -> list[int]:
    """A tag's role, type, whether it is denied, whether another value begins; of a word without a tag only the role."""
    if tag == "O":
        return [0, UNLABELLED, UNLABELLED, UNLABELLED]
    role, _, kind = tag.strip("+!").partition("-")
    values = {"role": role, "type": kind, "denied": "!" * tag.endswith("!"), "begins": "+" * tag.startswith("+")}
    return [WORD_PARTS[name].index(value) for name, value in values.items()]


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _padded(batch: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """States [B, L, D], which are real [B, L], words [B, L], heads [B, heads], tags [B, W, 4], second [B]."""
    length, words = max(len(e.states) for e in batch), max(len(e.tags) for e in batch)
    states, real = torch.zeros(len(batch), length, batch[0].states.shape[1]), torch.zeros(len(batch), length)
    word_of = torch.full((len(batch), length), -1)
    tags = torch.full((len(batch), words, len(WORD_PARTS)), UNLABELLED)
    for i, e in enumerate(batch):
        states[i, : len(e.states)], real[i, : len(e.states)] = e.states.float(), 1.0
        word_of[i, : len(e.word_of)], tags[i, : len(e.tags)] = e.word_of, e.tags
    return states, real, word_of, torch.tensor([e.heads for e in batch]), tags, torch.tensor([e.second for e in batch])


def loss_of(parser: Parser, batch: Sequence[Example]) -> Tensor:
    """Mean cross-entropy of heads, tags and the pointer, added."""
    states, real, word_of, heads, tags, second = _padded(batch)
    head_logits, tag_logits, second_logits = parser(states, real, word_of)
    total = F.cross_entropy(second_logits[:, : tags.shape[1] + 1], second)
    for i, name in enumerate(HEADS):
        if (heads[:, i] != UNLABELLED).any():
            total = total + F.cross_entropy(head_logits[name], heads[:, i], label_smoothing=SMOOTHING)
    for i, logits in enumerate(tag_logits):
        if (tags[:, :, i] != UNLABELLED).any():
            rows = logits[:, : tags.shape[1]].flatten(0, 1)
            total = total + TAG_WEIGHT * F.cross_entropy(rows, tags[:, :, i].flatten(), ignore_index=UNLABELLED)
    return total


@torch.no_grad()
def measured(parser: Parser, data: Sequence[Example]) -> dict[str, float]:
    """Shares of examples right: all of it, all heads, all tags; and each head."""
    parser.eval()
    right: dict[str, list[bool]] = {name: [] for name in ("all", "heads", "tags", *HEADS)}
    for batch in _chunks(data, 128):
        states, real, word_of, heads, tags, _ = _padded(batch)
        head_logits, tag_logits, _ = parser(states, real, word_of)
        wrong = torch.zeros(len(batch), dtype=torch.bool)
        for i, name in enumerate(HEADS):
            bad = (head_logits[name].argmax(1) != heads[:, i]) & (heads[:, i] != UNLABELLED)
            right[name] += (~bad).tolist()
            wrong |= bad
        told = torch.stack([logits.argmax(2)[:, : tags.shape[1]] for logits in tag_logits], 2)
        bad_tags = ((told != tags) & (tags != UNLABELLED)).flatten(1).any(1)
        right["heads"] += (~wrong).tolist()
        right["tags"] += (~bad_tags).tolist()
        right["all"] += (~(wrong | bad_tags)).tolist()
    parser.train()
    return {name: sum(row) / max(1, len(row)) for name, row in right.items()}


@dataclass(frozen=True)
class Plan:
    """How it is trained: epochs, seed, the file written as it goes, what the rates are multiplied by."""

    epochs: int
    seed: int
    out: Path
    rate: float = 1.0


def train(parser: Parser, data: list[Example], val: list[Example], plan: Plan) -> None:
    """AdamW, linear to zero after a rise. What is written, now and then and at the end, is the mean of the
    weights over the last steps (Polyak and Juditsky 1992), which reads unseen sentences better than the last ones.
    """
    rng, epochs = np.random.default_rng(plan.seed), plan.epochs
    mean = copy.deepcopy(parser)
    groups = [
        {"params": list(parser.layers.parameters()), "lr": plan.rate * LAYER_LR},
        {"params": [p for n, p in parser.named_parameters() if not n.startswith("layers.")], "lr": plan.rate * HEAD_LR},
    ]
    steps, done = epochs * (len(data) // 64 + 1), 0
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda s: min((s + 1) / (RISING * steps), 1 - s / steps))
    for epoch in range(epochs):
        started, total, count = time.time(), 0.0, 0
        for batch in _batches(data, rng):
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(parser, batch)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parser.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            done += 1
            blend(mean, list(parser.parameters()), max(1 / max(1, AVERAGED * steps), 10 / (done + 10)))
            total, count = total + loss.item(), count + 1
            if count % WRITTEN_EVERY == 0:
                print(f"{count} steps: loss {total / count:.3f}, {time.time() - started:.0f} s", flush=True)
                write(mean, plan.out)
        found = measured(mean, val)
        worst = {k: round(v, 3) for k, v in sorted(found.items(), key=lambda kv: kv[1])[:8]}
        print(
            f"epoch {epoch + 1}: loss {total / count:.3f}, {time.time() - started:.0f} s, unseen frames {worst}",
            flush=True,
        )
        write(mean, plan.out)
    parser.load_state_dict(mean.state_dict())


def _batches(data: Sequence[Example], rng: np.random.Generator) -> Iterator[list[Example]]:
    """Batches of 64 of about one length, in random order."""
    order = rng.permutation(len(data))
    order = order[np.argsort([len(data[i].states) + rng.random() * 3 for i in order], kind="stable")]
    batches = [[data[i] for i in chunk] for chunk in _chunks(order, 64)]
    for number in rng.permutation(len(batches)):
        yield batches[number]


def take(parser: Parser, file: Path) -> None:
    """Give a parser the weights of a file."""
    arrays = {name: torch.tensor(value) for name, value in unscaled(tensorfile.unpack(file.read_bytes())).items()}
    with torch.no_grad():
        for name, kept in parser.layers.items():
            kept["v"].copy_(arrays[name.replace("/", ".")])
        for name, head in [*parser.heads.items(), *parser.words.items(), ("second", parser.second)]:
            for part in ("weight", "bias"):  # labels that the file doesn't know are the last ones; a head may be new
                if (known := arrays.get(f"{name.removeprefix('word_')}.{part}")) is not None:
                    getattr(head, part)[: len(known)] = known


@torch.no_grad()
def blend(parser: Parser, others: Sequence[Tensor], share: float) -> None:
    """Make weights the mean of what they are and of others; `share` is how much of the others (0 to 1)."""
    for value, other in zip(parser.parameters(), others, strict=True):
        value.lerp_(other, share)


def write(parser: Parser, file: Path) -> None:
    """The tuned layers' matrices in eight bits, all else as float16."""
    plain = {name.replace("/", "."): p["v"] for name, p in parser.layers.items()}
    for name, head in [*parser.heads.items(), *parser.words.items(), ("second", parser.second)]:
        name = name.removeprefix("word_")
        plain |= {f"{name}.weight": head.weight, f"{name}.bias": head.bias}
    arrays: dict[str, Any] = {}
    for name, value in plain.items():
        array = value.detach().float().numpy()
        if name.startswith("encoder") and array.ndim == 2:
            arrays[name], arrays[f"{name}.scale"] = scaled(array)
        else:
            arrays[name] = array.astype(np.float16)
    atomic.write_file(file, tensorfile.pack(arrays))


def scaled(weight: FloatArray) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """A matrix [N, D] as whole numbers from -127 to 127, and the scale [N] of each row."""
    scale = np.maximum(np.abs(weight).max(1) / 127, 1e-8).astype(np.float16)
    return np.clip(np.rint(weight / scale[:, None].astype(np.float32)), -127, 127).astype(np.int8), scale


def _key(name: str) -> str:
    return name.replace(".", "/")


def main(argv: Sequence[str] | None = None) -> None:
    """Train and write."""
    parser_ = argparse.ArgumentParser(description=__doc__)
    parser_.add_argument("--out", type=Path, required=True)
    parser_.add_argument("--count", type=int, default=60000)
    parser_.add_argument("--epochs", type=int, default=5)
    parser_.add_argument("--seed", type=int, default=0)
    parser_.add_argument("--start", type=Path, help="go on from these weights, with half the rates")
    parser_.add_argument("--keep", type=float, default=0.0, help="how much of these weights a mean keeps at the end")
    parser_.add_argument("--keep-of", type=Path, help="weights of which it keeps so much, where not of the start's")
    args = parser_.parse_args(argv)
    torch.manual_seed(args.seed)
    data = prepared(list(examples(args.count, args.seed, split="train")))
    val = prepared(list(examples(VALIDATED, args.seed + 1, split="val")))
    start = {
        name: torch.tensor(np.array(value))
        for name, value in lower_weights(all_layers=True).items()
        if any(name.startswith(f"encoder.layer.{n}.") for n in range(LAYERS - TUNED, LAYERS))
    }
    parser = Parser(start)
    if args.start is not None:
        take(parser, args.start)
    if args.keep_of is not None:
        take(kept := copy.deepcopy(parser), args.keep_of)
    before = [value.detach().clone() for value in (parser if args.keep_of is None else kept).parameters()]
    train(parser, data, val, Plan(args.epochs, args.seed, args.out, 1.0 if args.start is None else 0.5))
    if args.keep:
        blend(parser, before, args.keep)
        write(parser, args.out)
    print(json.dumps(measured(parser, val), indent=1))


if __name__ == "__main__":
    main()
