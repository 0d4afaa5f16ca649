"""Train what tells kinds of garments: `clothes.safetensors` and `garments.safetensors` of `pvchat/perception/experts`.

    python -m recipes.looks.garments TRAINDATA --out pvchat/perception/experts/garments.safetensors

In: `garments.json` and `people.json`, which name pictures of a set and their people: what each wears over all else,
read by eye, one kind or two that it may be, and the box of the face. Out: the last blocks of EfficientNet-Lite0,
trained further on crops of torso and bust, the linear head on the means of both, which `perception/garments.py` reads,
and a card: how often it is right of people of other films and photos than those it learned from.

The blocks in front stay as they are, so that their maps are made once, of each crop as it is and of some versions:
mirrored, moved, small, dark, compressed. Colours, glasses, headwear and hair, where they were read too, are further
tasks while it learns; their heads are left out. Two networks learn, one from people as they are, one from mixtures of
two; the mean of their weights is right more often than either (model soups, Wortsman et al., arXiv:2203.05482). A
quarter of films and photos is held back from both, so that the card tells of what is written.

Legend: N people, V versions of a crop, B people of a batch, C kinds or other labels.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import log_softmax

from pvchat.assets.weights import member_path
from pvchat.perception.boxes import body_box, bust_box, crop
from pvchat.perception.experts.efficientnet import CLOTHES, FROZEN, SIDE, build, normalised
from pvchat.perception.experts.headfiles import softmax
from pvchat.perception.garments import LIKELY, TOLD, UNTOLD
from pvchat.schemas import BODY, FloatArray
from recipes.heads import arguments, is_held_back, write_head
from recipes.looks.people import pictures_of, read_people
from recipes.model.base.degrade import compressed
from recipes.pictures import read_metadata
from recipes.posture.by_eye import source_of

FILE = Path(__file__).with_name("garments.json")
KINDS = (*TOLD, *UNTOLD)
COLOURS = (
    "black", "white", "grey", "light grey", "dark grey", "red", "dark red", "pink", "orange", "brown", "beige",
    "yellow", "green", "dark green", "olive green", "teal", "blue", "light blue", "dark blue", "purple",
    "multicoloured",
)  # fmt: skip
TASKS = {  # the labels of each, and what it counts beside the kinds
    "kind": (KINDS, 1.0),
    "colour": (COLOURS, 0.5),
    "eyes": (("g", "s", "n"), 0.2),
    "head": (("none", "hat", "helmet", "hood", "scarf"), 0.3),
    "hair": (("long", "short", "bald"), 0.2),
}
_HATS = {"cap": "hat", "chef's hat": "hat"}
VERSIONS, CELLS = 5, 14  # of each crop; of the maps' side
BATCH, HEAD_RATE, DECAY = 32, 1e-3, 0.05
KEPT = 0.998  # of the moving mean of the weights, a step


@dataclass(frozen=True)
class Plan:
    """How a network learns; `mixed`: Beta's parameter of mixup (Zhang et al., arXiv:1710.09412), 0 for none."""

    epochs: int
    rate: float
    dropped: float  # share of the features
    mixed: float


PLANS = (Plan(epochs=6, rate=2e-4, dropped=0.3, mixed=0.0), Plan(epochs=4, rate=1.5e-4, dropped=0.4, mixed=0.3))


@dataclass(frozen=True)
class Dressed:
    """Somebody whose looks were read: set, picture, film or photo, box of the face [4], what each of TASKS may be."""

    set: str
    file: str
    source: str
    face: FloatArray
    faced: bool
    read: dict[str, tuple[str, ...]] = field(default_factory=dict)


def main(words: list[str] | None = None) -> None:
    """Look at all that was read, learn, write both files and the card."""
    args = arguments(__doc__ or "", words)
    people = list(everybody(args.traindata))
    with tempfile.TemporaryDirectory() as folder:
        maps = look(args.traindata, people, Path(folder) / "maps.npy", args.seed)
        held = np.array([is_held_back(one.set, one.source) for one in people])
        net = mean_of([learn(people, maps, ~held, plan, args.seed) for plan in PLANS])
        card = {"labels": KINDS, "held back": judge(people, maps, net, held)}
    write(args.out, net, card)


def everybody(root: Path) -> Iterator[Dressed]:
    """All that both files name."""
    sources: dict[str, dict[str, str]] = {}

    def source(name: str, file: str) -> str:
        if name not in sources:
            sources[name] = {row["file"]: source_of(row) for row in read_metadata(root / name)}
        return sources[name][file]

    for name, pictures in json.loads(FILE.read_text(encoding="utf-8")).items():
        for file, people in pictures.items():
            for kinds, faced, *face in people:
                box = np.array(face, np.float32)
                yield Dressed(name, file, source(name, file), box, bool(faced), {"kind": tuple(kinds)})
    for one in read_people():
        read = {
            "kind": one.clothes, "colour": one.colours, "eyes": one.eyes, "hair": (one.hair.split(" ")[0].rstrip(","),),
            "head": tuple(_HATS.get(worn, worn) for worn in one.head),
        }  # fmt: skip
        yield Dressed(one.set, one.file, source(one.set, one.file), one.face, True, read)


def look(root: Path, people: list[Dressed], file: Path, seed: int) -> NDArray[np.float16]:
    """Maps [N, V, 2, 112, 14, 14] of the frozen blocks, of torso and bust of everybody, kept in a file."""
    shape = (len(people), VERSIONS, 2, 112, CELLS, CELLS)
    maps = np.lib.format.open_memmap(file, "w+", np.float16, shape)
    net, random = build(member_path("frames", "efficientnet-lite0-57934424.pth")), np.random.default_rng(seed)
    shown = ((image, one) for _, image, some in pictures_of(root, people) for one in some)
    for n, (image, one) in enumerate(shown):
        boxes = [body_box(one.face), bust_box(one.face)]
        crops = [version(image, box, random if v else None) for v in range(VERSIONS) for box in boxes]
        with torch.inference_mode():
            x = net.bn1(net.conv_stem(normalised(torch.from_numpy(np.stack(crops)).float())))
            for block in net.blocks[:FROZEN]:
                x = block(x)
        maps[n] = x.reshape(VERSIONS, 2, *x.shape[1:]).numpy()
        if n % 500 == 0:
            sys.stderr.write(f"looked at {n} of {len(people)}\n")
    return maps


def version(image: NDArray[np.uint8], box: FloatArray, random: np.random.Generator | None) -> NDArray[np.uint8]:
    """A crop [224, 224, 3] as it is, or mirrored, moved, shrunken, compressed, darkened and tinted by chance."""
    if random is None:
        return np.asarray(Image.fromarray(crop(image, box)).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    size = np.tile(box[2:] - box[:2], 2)
    picture = Image.fromarray(crop(image, (box + random.uniform(-0.07, 0.07, 4) * size).astype(np.float32)))
    if random.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if random.random() < 0.5:
        picture = _as_in_small_video(picture, random)
    pixels = np.asarray(picture, np.float32)
    if random.random() < 0.6:
        pixels = 255 * (pixels / 255) ** np.exp(random.uniform(-0.5, 0.5))
        pixels = pixels * np.exp(random.uniform(-0.25, 0.15)) * np.exp(random.normal(0, 0.05, 3))
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _as_in_small_video(picture: Image.Image, random: np.random.Generator) -> Image.Image:
    side, longer = int(np.exp(random.uniform(np.log(24), np.log(120)))), max(picture.size)
    if longer > side:
        size = [max(4, length * side // longer) for length in picture.size]
        picture = picture.resize((size[0], size[1]), Image.Resampling.BILINEAR)
    return compressed(picture, int(random.integers(30, 80))) if random.random() < 0.5 else picture


class Tail(nn.Module):
    """The blocks that are trained further, and a linear head a task over the mean features of torso and bust."""

    def __init__(self, dropped: float = 0.0) -> None:
        super().__init__()
        whole = build(member_path("frames", "efficientnet-lite0-57934424.pth")).requires_grad_(True)
        self.blocks = nn.ModuleDict({str(n): block for n, block in enumerate(whole.blocks) if n >= FROZEN})
        self.conv_head, self.act = whole.conv_head, whole.bn2  # the normalisation is folded into the convolution
        self.heads = nn.ModuleDict({task: nn.Linear(2 * BODY, len(labels)) for task, (labels, _) in TASKS.items()})
        self.dropped = nn.Dropout(dropped)

    def forward(self, maps: Tensor) -> dict[str, Tensor]:
        """Maps [B, 2, 112, 14, 14] to logits [B, C] by task."""
        x = maps.flatten(0, 1)
        for block in self.blocks.values():
            x = block(x)
        features = self.dropped(self.act(self.conv_head(x)).mean((2, 3)).view(len(maps), -1))
        return {task: head(features) for task, head in self.heads.items()}


def mean_of(nets: list[Tail]) -> Tail:
    """A network whose weights are the mean of those of some."""
    states = [net.state_dict() for net in nets]
    mean = Tail()
    mean.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    return mean.eval()


def learn(people: list[Dressed], maps: NDArray[np.float16], chosen: NDArray[np.bool_], plan: Plan, seed: int) -> Tail:
    """The moving mean of the weights while they learn from the chosen people [N] of whom something was read."""
    torch.manual_seed(seed)
    random, truth = np.random.default_rng(seed), {task: _truth(people, task) for task in TASKS}
    learned = np.flatnonzero(chosen & ((truth["kind"].sum(1) > 0) | (truth["colour"].sum(1) > 0)).numpy())
    net, steps, order = Tail(plan.dropped), plan.epochs * (len(learned) // BATCH), learned
    mean = deepcopy(net)
    tail = [one for name, one in net.named_parameters() if not name.startswith("heads.")]
    groups = [{"params": tail, "lr": plan.rate}, {"params": net.heads.parameters(), "lr": HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, [plan.rate, HEAD_RATE], total_steps=steps, pct_start=0.15)
    net.train()
    for step in range(steps):
        at = step * BATCH % (len(learned) // BATCH * BATCH)
        order = random.permutation(learned) if at == 0 else order
        loss = _loss(net, maps, truth, order[at : at + BATCH], plan.mixed, random)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        rates.step()
        _follow(mean, net, min(KEPT, (2 + step) / (11 + step)))
        if step % 20 == 0:
            sys.stderr.write(f"step {step} of {steps}, loss {float(loss.detach()):.3f}\n")
    return mean.eval()


def _truth(people: list[Dressed], task: str) -> Tensor:
    """[N, C] how likely each label is; nothing where it wasn't read."""
    labels = TASKS[task][0]
    found = np.array([[label in one.read.get(task, ()) for label in labels] for one in people], np.float32)
    return torch.from_numpy(found / np.maximum(found.sum(1, keepdims=True), 1.0))


def _loss(
    net: Tail,
    maps: NDArray[np.float16],
    truth: dict[str, Tensor],
    rows: NDArray[np.int64],
    mixed: float,
    random: np.random.Generator,
) -> Tensor:
    """Cross-entropy of all tasks, of people [B] each mixed with another of the batch if `mixed`."""
    x = torch.from_numpy(np.stack([maps[row, random.integers(VERSIONS)] for row in rows])).float()
    share, others = float(random.beta(mixed, mixed)) if mixed else 1.0, random.permutation(len(rows))
    share = max(share, 1 - share)
    logits, loss = net(share * x + (1 - share) * x[others]), torch.zeros(())
    for task, (_, worth) in TASKS.items():
        wanted = share * truth[task][rows] + (1 - share) * truth[task][rows[others]]
        loss = loss - worth * (wanted * log_softmax(logits[task], 1)).sum(1).mean()
    return loss


@torch.no_grad()
def _follow(mean: Tail, net: Tail, kept: float) -> None:
    for slow, fast in zip(mean.parameters(), net.parameters(), strict=True):
        slow.lerp_(fast, 1 - kept)


def judge(people: list[Dressed], maps: NDArray[np.float16], net: Tail, held: NDArray[np.bool_]) -> dict[str, Any]:
    """How often a kind is told of those held back [N] whose face is seen, how often that is right."""
    truth = _truth(people, "kind").numpy()
    rows = np.flatnonzero(held & (truth.sum(1) > 0) & [one.faced for one in people])
    with torch.inference_mode():
        parts = [
            net(torch.from_numpy(maps[some, 0]).float())["kind"]
            for some in np.array_split(rows, -(-len(rows) // BATCH))
        ]
    shares = softmax(torch.cat(parts).numpy())
    told, right = shares.max(1) >= LIKELY, truth[rows, shares.argmax(1)] > 0
    return {
        "people": len(rows), "likeliest": int(right.sum()), "told": int(told.sum()), "right": int(right[told].sum()),
    }  # fmt: skip


def write(out: Path, net: Tail, card: dict[str, Any]) -> None:
    """The blocks and the head in half precision, and the card."""
    from safetensors.torch import save_file

    tail = {name: one for name, one in net.state_dict().items() if not name.startswith("heads.")}
    save_file({name: one.half().contiguous() for name, one in tail.items()}, out.with_name(CLOTHES.name))
    kinds = net.heads["kind"].state_dict()
    write_head(out, {name: one.numpy().astype(np.float16) for name, one in kinds.items()}, card)


if __name__ == "__main__":
    main()
