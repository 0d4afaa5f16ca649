"""What all people share on a base, trained on identity episodes: mixed heads, and a connector where asked for.

In: `SharedTraining`, sets of pictures of identities. Out: a folder that `--model` takes. The base is frozen; tokens
come from crops by k-means and aren't trained here, so the heads learn to use whatever such tokens stand for. Stopped
and resumed on a CPU in float32, a run ends with the bits of a straight one: steps are drawn with their number as seed.
"""

from __future__ import annotations

import json
import logging
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from pvchat import video
from pvchat.bases.connector import ConnectorConfig, looking_at
from pvchat.bases.loading import Base, load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of, yes_no
from pvchat.bases.shared import add_shared, save_shared, shared_parameters
from pvchat.bases.soft import spoken_with
from pvchat.bases.sources import BaseSource
from pvchat.config import VideoConfig
from pvchat.model.people import PersonState
from pvchat.model.retrofit import routing_stats
from pvchat.perception.analysis import recognise
from pvchat.perception.experts.collection import Experts
from pvchat.perception.measuring import measure
from pvchat.runtime import pick_device
from pvchat.schemas import ClipAnalysis
from pvchat.storage import atomic
from pvchat.train.config import SharedTraining
from pvchat.train.episodes import Identities, IdentityEpisode, read_picture
from pvchat.train.losses import SparsityController, balanced_accuracy
from pvchat.train.run import BETAS, Run
from pvchat.train.signals import stopping

STATE, METRICS = "training.safetensors", "metrics.jsonl"
_SHARED = ("model", "seed", "batch", "lr", "identities", "sparsity", "target", "clip", "connector")
log = logging.getLogger(__name__)


def train_shared(config: SharedTraining, source: BaseSource, dtype: torch.dtype | None = None) -> dict[str, Any]:
    """Train on identity episodes; a dtype of None takes what is best for the base.

    Returns:
        "step", "done", "checkpoint" (the folder, which holds the parts with the lowest loss on identities held back);
        of these identities "start" and "best", balanced accuracy before and then, "start_loss" and "best_loss".

    Raises:
        SettingsError: the base or the identities can't be used.
        WeightsError: there is no such run to resume.
    """
    connector = ConnectorConfig() if config.connector and not source.trained else None
    base = add_shared(load_base(source, pick_device(config.device), dtype=dtype), connector)
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
    save_shared(base, config.out, source.name)
    validations = [row for row in run.history if "held_back_loss" in row]
    start, best = validations[0], min(validations, key=lambda row: float(row["held_back_loss"]))
    return {"step": run.step, "done": run.step >= config.steps, "checkpoint": config.out,
            "start": start["balanced_accuracy"], "best": best["balanced_accuracy"],
            "start_loss": start["held_back_loss"], "best_loss": best["held_back_loss"]}  # fmt: skip


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
        self.analyses: dict[Path, ClipAnalysis] = {}

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

    def _presence_odds(self, people: Identities, episode: IdentityEpisode) -> torch.Tensor:
        """The base's log-odds that the person of an episode is in its picture."""
        frame = read_picture(episode.picture)
        tokens = people.tokens(episode.identity)
        shown = Visuals(frame[None], np.zeros(1, np.float32))
        question = PRESENCE_QUESTION.format(episode.name)
        asked = BasePrompt(question, soft=((episode.name, len(tokens)),), brief=PRESENCE_BRIEF)
        with (
            spoken_with(self.base, [PersonState(episode.name, tokens)]),
            looking_at(self.base, self._analysis_of(episode)),
        ):
            odds: torch.Tensor = yes_no(self.base, inputs_of(self.base, shown, asked))
        return odds

    def _analysis_of(self, episode: IdentityEpisode) -> ClipAnalysis | None:
        """What our experts see in an episode's picture, where there is a connector to tell it."""
        if not self.config.connector:
            return None
        if episode.picture not in self.analyses:
            clip = video.load(episode.picture, VideoConfig())
            self.analyses[episode.picture] = measure(clip, recognise(clip, self.experts), self.experts)
        return self.analyses[episode.picture]
