"""Stages of personal training: when they end."""

from __future__ import annotations

import subprocess
import sys

import torch

from pvchat.model.people import PersonState
from pvchat.train.config import PersonConfig
from pvchat.train.examples import PersonExample, TrainingData
from pvchat.train.signals import ALONE
from pvchat.train.stages import Learner, Trained, Training, run_stages, start_run


def followed(scores: list[float], patience: int) -> Trained:
    """A stage of clips in which every step is followed by a look that finds the next of these scores."""
    row = PersonExample(0, ("Ana",), (True,), "Is Ana there?", "Yes, Ana is there.", "existence", "video", "train")
    config = PersonConfig(image_steps=0, video_steps=9, validate_every=1, patience=patience)
    start, found = PersonState("Ana", torch.ones(2, 4), torch.zeros(0, 0)), iter(scores)
    learner = Learner(None, start, config, None)
    run = start_run(learner, config)
    training = Training(run, learner, TrainingData("Ana", [row]), start, config, ALONE)
    return run_stages(training, lambda training, rows: {}, lambda training: {"score": next(found)})


def test_a_stage_ends_after_so_many_looks_in_a_row_without_a_better_one() -> None:
    made = followed([5.0, 4.0, 6.0, 3.0, 7.0, 8.0, 1.0], patience=2)
    assert (made.steps, made.start, made.best, made.done) == (5, 5.0, 3.0, True)


def test_asking_whether_anybody_is_trained_here_loads_no_torch() -> None:
    """The app asks it whenever somebody may be enrolled; answers by default need no torch either."""
    code = "import sys, pvchat.train.deep; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
