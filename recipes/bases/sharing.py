"""What all people share on a base, trained on identity episodes: mixed heads, and a connector where asked for.

In: `SharedTraining`, image sets with identities, each a folder with a `metadata.jsonl`. Out: a folder that `--model`
takes. The base is frozen; tokens come from crops by k-means and aren't trained here, so the heads learn to use whatever
such tokens stand for. Stopped and resumed on a CPU in float32, a run ends with the bits of a straight one: steps are
drawn with their number as seed.

An episode is somebody's tokens from some pictures, then another picture. Half are of her, half of others; half of the
others are the nearest by the base's own visual tokens (hard negatives).

Legend: W width of the base.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor
from torch.nn import functional as F

from pvchat import video
from pvchat.bases.connector import ConnectorConfig, attach, connector_of, looking_at
from pvchat.bases.loading import Base, load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of, yes_no
from pvchat.bases.shared import WEIGHTS, add_shared, shared_parameters, stamp_of
from pvchat.bases.soft import personal_start, spoken_with, visual_tokens
from pvchat.bases.sources import TRAINED, BaseSource, read_json
from pvchat.config import VideoConfig
from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.model.retrofit import routing_stats
from pvchat.perception.analysis import recognise
from pvchat.perception.experts.collection import Experts
from pvchat.perception.measuring import measure
from pvchat.runtime import pick_device
from pvchat.schemas import ClipAnalysis, Pixels
from pvchat.storage import atomic
from pvchat.train.examples import ALIASES
from pvchat.train.losses import SparsityController, balanced_accuracy
from pvchat.train.run import BETAS, Run, require_no_run
from pvchat.train.signals import stopping
from recipes.bases.config import SharedTraining
from recipes.pictures import read_metadata

STATE, METRICS = "training.safetensors", "metrics.jsonl"
REFERENCES = 2  # pictures that tokens are made of
NEAREST = 3  # identities that count as alike
_SIDE = 160  # pixels of a picture
_SHARED = ("model", "seed", "batch", "lr", "identities", "sparsity", "target", "clip", "connector")
log = logging.getLogger(__name__)


def train_shared(config: SharedTraining, source: BaseSource, dtype: torch.dtype | None = None) -> dict[str, Any]:
    """Train on identity episodes; a dtype of None takes what is best for the base.

    Returns:
        "step", "done", "checkpoint" (the folder, which holds the parts with the lowest loss on identities held back);
        of these identities "start" and "best", balanced accuracy before and then, "start_loss" and "best_loss".

    Raises:
        SettingsError: the base or the identities can't be used, or the folder holds a run.
        WeightsError: there is no such run to resume.
    """
    if not config.resume:
        require_no_run(config.out, STATE)
    base = add_shared(load_base(source, pick_device(config.device), dtype=dtype))
    if config.connector and not source.trained:
        attach(base, ConnectorConfig())
    sharing, shared = _SharedTrainer(base, config), {name: getattr(config, name) for name in _SHARED}
    run = sharing.run
    if config.resume:
        run.load(config.out / STATE, shared)
    else:
        sharing.validate()
    with stopping() as stop:
        deadline = time.monotonic() + 60 * config.minutes
        while run.step < config.steps and time.monotonic() < deadline and not stop.is_set():
            sharing.step()
            if run.step % config.validate_every == 0 or run.step == config.steps:
                sharing.validate()
    run.save(config.out / STATE, shared)
    lines = "".join(f"{json.dumps(row)}\n" for row in run.history)  # once more, to read
    atomic.write_file(config.out / METRICS, lines.encode(), durable=False)
    run.put_best_back()
    save_shared(base, config.out)
    validations = [row for row in run.history if "held_back_loss" in row]
    start, best = validations[0], min(validations, key=lambda row: float(row["held_back_loss"]))
    return {"step": run.step, "done": run.step >= config.steps, "checkpoint": config.out,
            "start": start["balanced_accuracy"], "best": best["balanced_accuracy"],
            "start_loss": start["held_back_loss"], "best_loss": best["held_back_loss"]}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """One identity: her pictures, and whether training may see her."""

    name: str
    files: tuple[Path, ...]
    held_back: bool


@dataclass(frozen=True)
class IdentityEpisode:
    """One question: is the identity of this number, under this name, in this picture?"""

    identity: int
    name: str
    picture: Path
    present: bool


class Identities:
    """Identities of some sets below a folder, their tokens and who looks like whom, made once for a base. Raises
    SettingsError where fewer than two have enough pictures.
    """

    def __init__(self, root: Path, sets: Sequence[str], base: Base, held_back: bool) -> None:
        self.base = base
        self.all = [one for one in read_identities(root, sets) if one.held_back == held_back]
        if len(self.all) < 2:
            hint = f"--data needs two people with {REFERENCES + 1} pictures each in every split."
            raise SettingsError("too few identities", subject=str(root), hint=hint)
        self._tokens: dict[int, Tensor] = {}

    def tokens(self, number: int) -> Tensor:
        """[16, W] tokens of an identity, from its first pictures."""
        if number not in self._tokens:
            pictures = [read_picture(path) for path in self.all[number].files[:REFERENCES]]
            self._tokens[number] = personal_start(self.base, pictures)
        return self._tokens[number]

    def draw(self, step: int, seed: int, count: int) -> list[IdentityEpisode]:
        """Episodes of one step: her and others in turn, every second of these from among those who look like her."""
        rng, found = np.random.default_rng([seed, step, int(self.all[0].held_back)]), []
        for place in range(count):
            number = shown = int(rng.integers(len(self.all)))
            if place % 2:
                far = self._distances[number].clone()
                far[number] = torch.inf
                alike = far.argsort()[: min(NEAREST, len(self.all) - 1)].tolist()
                pool = alike if place % 4 == 1 else [i for i in range(len(self.all)) if i != number]
                shown = int(pool[rng.integers(len(pool))])
            files, name = self.all[shown].files[REFERENCES:], ALIASES[rng.integers(len(ALIASES))]
            found.append(IdentityEpisode(number, name, files[rng.integers(len(files))], shown == number))
        return found

    @cached_property
    def _distances(self) -> Tensor:
        pictures = [read_picture(one.files[0]) for one in self.all]
        means = torch.stack([visual_tokens(self.base, [p]).mean(0) for p in pictures])
        return torch.cdist(means, means).cpu()


def read_identities(root: Path, sets: Sequence[str]) -> list[Identity]:
    """Everyone of some sets with more pictures than tokens are made of."""
    found: dict[tuple[str, str], list[tuple[Path, bool]]] = {}
    for name in sets:
        if (root / name).is_dir():
            for row in read_metadata(root / name):
                if row.get("identity"):
                    place = root / name / row["file"]
                    found.setdefault((name, str(row["identity"])), []).append((place, row["split"] == "val"))
    kept = {key: sorted(files) for key, files in sorted(found.items()) if len(files) > REFERENCES}
    return [Identity(key[1], tuple(f for f, _ in files), files[0][1]) for key, files in kept.items()]


def read_picture(path: Path) -> Pixels:
    """A picture, its longer side `_SIDE` pixels at most; raises SettingsError where it is unreadable."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            small = image.convert("RGB")
    except OSError as error:
        raise SettingsError("this picture can't be read", subject=str(path)) from error
    small.thumbnail((_SIDE, _SIDE))
    return np.array(small)  # writable: processors make tensors of it


def name_of(source: BaseSource) -> str:
    """What `--model` takes for the base alone, without what a run added, in whichever folder it is called."""
    if source.local:
        return str(Path(source.path).resolve())
    return source.name if source.trained is None else str(read_json(source.trained / TRAINED)["model"])


def save_shared(base: Base, folder: Path) -> None:
    """Write what is added to a base, each file in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v.detach().float().cpu().contiguous() for k, v in shared_parameters(base).items()}
    atomic.write_file(folder / WEIGHTS, save(state))
    connector = connector_of(base)
    sizes = None if connector is None else asdict(connector.config)
    row = {"model": name_of(base.source), "stamp": stamp_of(base, bare=True), "connector": sizes}
    atomic.write_file(folder / TRAINED, (json.dumps(row, indent=2) + "\n").encode())


class _SharedTrainer:
    """A base, identities to train on and to validate on, and the run that trains it."""

    def __init__(self, base: Base, config: SharedTraining) -> None:
        sets = config.sets("identities")
        self.base, self.config = base, config
        self.people, self.held_back = (Identities(config.data, sets, base, held) for held in (False, True))
        parameters = {k: v.requires_grad_(True) for k, v in shared_parameters(base).items()}
        optimizer = torch.optim.AdamW(list(parameters.values()), lr=config.lr, betas=BETAS, weight_decay=0.0)
        sparsity = SparsityController(config.sparsity, target=config.target).to(base.device)
        self.run = Run(parameters, optimizer, sparsity)
        self.analyses: dict[Path, ClipAnalysis] = {}  # what our experts see in pictures, for a connector

    @cached_property
    def experts(self) -> Any:
        """Our frozen experts, for a connector."""
        return Experts(str(self.base.device))

    def step(self) -> None:
        """One optimiser step."""
        run, config = self.run, self.config
        run.sparsity.train()
        run.optimizer.zero_grad()
        losses = []
        for episode in self.people.draw(run.step, config.seed, config.batch):
            odds = self._presence_odds(self.people, episode)
            loss = F.softplus(-odds if episode.present else odds)
            heads = run.sparsity(routing_stats(self.base.decoder))
            total = torch.stack([loss, *(value.float() for value in heads.values())]).sum()
            (total / config.batch).backward()
            losses.append(float(loss.detach()))
        torch.nn.utils.clip_grad_norm_(list(run.parameters.values()), config.clip)
        run.optimizer.step()
        run.sparsity.step()
        run.step += 1
        run.history.append({"step": run.step, "loss": float(np.mean(losses))})

    @torch.no_grad()
    def validate(self) -> None:
        """Balanced accuracy and loss on identities that training never saw; the best so far are kept."""
        episodes = self.held_back.draw(0, self.config.seed, self.config.validate_rows)
        odds = [float(self._presence_odds(self.held_back, episode)) for episode in episodes]
        accuracy, loss = balanced_accuracy(odds, [episode.present for episode in episodes])
        step = self.run.step
        self.run.history.append({"step": step, "balanced_accuracy": accuracy, "held_back_loss": loss})
        log.info("step %d: balanced accuracy %.3f, loss %.3f on identities held back", step, accuracy, loss)
        self.run.keep_best(loss)

    def _presence_odds(self, people: Identities, episode: IdentityEpisode) -> Tensor:
        """The base's log-odds that the person of an episode is in its picture."""
        picture, tokens = episode.picture, people.tokens(episode.identity)
        frame = read_picture(picture)
        if self.config.connector and picture not in self.analyses:
            clip = video.load(picture, VideoConfig())
            self.analyses[picture] = measure(clip, recognise(clip, self.experts), self.experts)
        shown = Visuals(frame[None], np.zeros(1, np.float32))
        question = PRESENCE_QUESTION.format(episode.name)
        asked = BasePrompt(question, soft=((episode.name, len(tokens)),), brief=PRESENCE_BRIEF)
        someone = PersonState(episode.name, tokens)
        with spoken_with(self.base, [someone]), looking_at(self.base, self.analyses.get(picture)):
            odds: Tensor = yes_no(self.base, inputs_of(self.base, shown, asked))
        return odds
