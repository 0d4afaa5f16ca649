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

from pvchat.bases.connector import ConnectorConfig, looking_at
from pvchat.bases.loading import Base, load_base
from pvchat.bases.marking import Visuals
from pvchat.bases.prompts import PRESENCE_BRIEF, PRESENCE_QUESTION, BasePrompt, inputs_of
from pvchat.bases.replying import yes_no
from pvchat.bases.shared import add_shared, save_shared, shared_parameters
from pvchat.bases.soft import Personal, spoken_with
from pvchat.bases.sources import BaseSource
from pvchat.config import VideoConfig
from pvchat.model.retrofit import routing_stats
from pvchat.runtime import pick_device
from pvchat.schemas import ClipAnalysis
from pvchat.storage import atomic
from pvchat.train.bases.config import SharedTraining
from pvchat.train.bases.episodes import Identities, IdentityEpisode, read_picture
from pvchat.train.losses import SparsityController
from pvchat.train.runfile import RunFile
from pvchat.train.signals import stopping

STATE, METRICS = "training.safetensors", "metrics.jsonl"
BETAS = (0.9, 0.98)
log = logging.getLogger(__name__)


def train_shared(config: SharedTraining, source: BaseSource, dtype: torch.dtype | None = None) -> dict[str, Any]:
    """Train on identity episodes.

    Args:
        config: `data`, `identities`, `out`, `steps`, `minutes`, `batch`, `lr`, `seed`, `resume`, `connector`, … count.
        source: the base.
        dtype: of the base; None takes what is best.

    Returns:
        "step", "done", "checkpoint" (the folder, which holds the parts with the lowest loss on identities held back);
        of these identities "start" and "best", balanced accuracy before and then, "start_loss" and "best_loss".

    Raises:
        SettingsError: the base or the identities can't be used.
        WeightsError: there is no such run to resume.
    """
    connector = ConnectorConfig() if config.connector and not source.trained else None
    base = add_shared(load_base(source, pick_device(config.device), dtype=dtype), connector)
    sets = config.sets("identities")
    run = _Run(base, config, Identities(config.data, sets, base, False), Identities(config.data, sets, base, True))
    if config.resume:
        run.load()
    with stopping() as stop:
        deadline = time.monotonic() + 60 * config.minutes
        while run.step < config.steps and time.monotonic() < deadline and not stop.is_set():
            run.take()
            if run.step % config.validate_every == 0 or run.step == config.steps:
                run.look()
    run.save()
    run.put_best_back()
    save_shared(base, config.out, source.name)
    looks = [row for row in run.history if "held_back_loss" in row]
    start, best = looks[0], min(looks, key=lambda row: float(row["held_back_loss"]))
    return {"step": run.step, "done": run.step >= config.steps, "checkpoint": config.out,
            "start": start["balanced_accuracy"], "best": best["balanced_accuracy"],
            "start_loss": start["held_back_loss"], "best_loss": best["held_back_loss"]}  # fmt: skip


class _Run:
    """What changes, and one step of it."""

    def __init__(self, base: Base, config: SharedTraining, people: Identities, held_back: Identities) -> None:
        self.base, self.config, self.people, self.held_back = base, config, people, held_back
        self.parameters: dict[str, Any] = {k: v.requires_grad_(True) for k, v in shared_parameters(base).items()}
        self.optimizer = torch.optim.AdamW(list(self.parameters.values()), lr=config.lr, betas=BETAS, weight_decay=0.0)
        self.sparsity = SparsityController(config.sparsity, target=config.target).to(base.device)
        self.step, self.history = 0, []  # type: ignore[var-annotated]
        self.analyses: dict[Path, ClipAnalysis] = {}
        self.best, self.best_loss = self._values(), float("inf")
        if not config.resume:
            self.look()

    @cached_property
    def experts(self) -> Any:
        """Our frozen experts, for a connector."""
        from pvchat.perception.experts.collection import Experts

        return Experts(str(self.base.device))

    def take(self) -> None:
        """One optimiser step."""
        self.sparsity.train()
        self.optimizer.zero_grad()
        losses = []
        for episode in self.people.draw(self.step, self.config.seed, self.config.batch):
            odds = self._odds(self.people, episode)
            loss = F.softplus(-odds if episode.present else odds)
            heads = self.sparsity(routing_stats(self.base.decoder))
            total = torch.stack([loss, *(value.float() for value in heads.values())]).sum()
            (total / self.config.batch).backward()
            losses.append(float(loss.detach()))
        torch.nn.utils.clip_grad_norm_(list(self.parameters.values()), self.config.clip)
        self.optimizer.step()
        self.sparsity.step()
        self.step += 1
        self.history.append({"step": self.step, "loss": float(np.mean(losses))})

    @torch.no_grad()
    def look(self) -> None:
        """Balanced accuracy and loss on identities that training never saw; the best so far are kept."""
        episodes = self.held_back.draw(0, self.config.seed, self.config.validate_rows)
        sure: dict[bool, list[float]] = {True: [], False: []}  # log-odds of the right answer
        for episode in episodes:
            odds = float(self._odds(self.held_back, episode))
            sure[episode.present].append(odds if episode.present else -odds)
        accuracy = float(np.mean([np.mean(np.array(side) > 0) for side in sure.values() if side]))
        loss = float(np.mean([np.logaddexp(0, -value) for side in sure.values() for value in side]))
        self.history.append({"step": self.step, "balanced_accuracy": accuracy, "held_back_loss": loss})
        log.info("step %d: balanced accuracy %.3f, loss %.3f on identities held back", self.step, accuracy, loss)
        if loss < self.best_loss:
            self.best, self.best_loss = self._values(), loss

    @torch.no_grad()
    def put_best_back(self) -> None:
        """Set the parameters to those of the best look."""
        for name, parameter in self.parameters.items():
            parameter.copy_(self.best[name])

    def save(self) -> None:
        """Everything that a resumed run needs, beside the shared parts, in one file; its history once more to read."""
        self._file.write(self._shared(), {"step": self.step, "history": self.history})
        lines = "".join(f"{json.dumps(row)}\n" for row in self.history)
        atomic.write_file(self.config.out / METRICS, lines.encode(), durable=False)

    def load(self) -> None:
        """Go on from what `save` wrote; raises WeightsError."""
        kept = self._file.read(self._shared())
        self.step, self.history = kept["step"], kept["history"]
        self.best_loss = min(row["held_back_loss"] for row in self.history if "held_back_loss" in row)

    @property
    def _file(self) -> RunFile:
        return RunFile(self.config.out / STATE, self.parameters, self.best, self.optimizer, self.sparsity)

    def _values(self) -> dict[str, torch.Tensor]:
        """A copy of all parameters."""
        return {name: value.detach().clone() for name, value in self.parameters.items()}

    def _shared(self) -> dict[str, Any]:
        """What a resumed run must have in common with the one before."""
        names = ("model", "seed", "batch", "lr", "identities", "sparsity", "target", "clip", "connector")
        return {name: getattr(self.config, name) for name in names}

    def _odds(self, people: Identities, episode: IdentityEpisode) -> torch.Tensor:
        """The base's log-odds that the person of an episode is in its picture."""
        frame = read_picture(episode.picture)
        tokens = people.tokens(episode.identity)
        shown = Visuals(frame[None], np.zeros(1, np.float32))
        question = PRESENCE_QUESTION.format(episode.name)
        asked = BasePrompt(question, soft=((episode.name, len(tokens)),), brief=PRESENCE_BRIEF)
        with spoken_with(self.base, [Personal(episode.name, tokens)]), looking_at(self.base, self._seen(episode)):
            odds: torch.Tensor = yes_no(self.base, inputs_of(self.base, shown, asked))
        return odds

    def _seen(self, episode: IdentityEpisode) -> ClipAnalysis | None:
        """What our experts see in an episode's picture, where there is a connector to tell it."""
        if not self.config.connector:
            return None
        if episode.picture not in self.analyses:
            from pvchat import video
            from pvchat.perception.analysis import recognise
            from pvchat.perception.measuring import measure

            clip = video.load(episode.picture, VideoConfig())
            seen = recognise(clip, self.experts)
            self.analyses[episode.picture] = measure(clip, seen, self.experts)
        return self.analyses[episode.picture]
