"""Clips made of random numbers, in the shapes the experts give."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pvchat.model.people import People
from pvchat.schemas import ClipAnalysis, Track
from recipes.model.batches import aligned, collate, collate_people, from_analysis, person_from_track
from recipes.model.made import create_model


def random_track(generator: np.random.Generator, frames: int, *, kind: str = "face") -> Track:
    """A track through all frames."""
    n, width = frames, 128 if kind == "face" else 64
    identity = generator.normal(size=(n, width)).astype(np.float32)
    low = generator.random((n, 2)).astype(np.float32) * 0.5
    boxes = np.concatenate([low, low + 0.3], axis=1)
    pose = generator.random((n, 33, 4)).astype(np.float32)
    pose[0] = np.nan
    return Track(
        kind=kind,
        frames=np.arange(n),
        boxes=boxes,
        points=generator.random((n, 5, 2)).astype(np.float32),
        scores=np.ones(n, np.float32),
        quality=generator.random(n).astype(np.float32),
        identity=identity / np.linalg.norm(identity, axis=1, keepdims=True),
        body_boxes=boxes,
        body=generator.random((n, 1280)).astype(np.float32),
        pose=pose,
    )


@pytest.fixture
def make_analysis():
    """A function (seed, frames, kinds of tracks) to a ClipAnalysis."""

    def make(seed: int, frames: int = 6, kinds: tuple[str, ...] = ("face", "face")) -> ClipAnalysis:
        generator = np.random.default_rng(seed)
        times = np.linspace(0.1, 2.9, frames).astype(np.float32)
        grid = generator.random((frames, 49, 1280)).astype(np.float16)
        tracks = [random_track(generator, frames, kind=k) for k in kinds]
        return ClipAnalysis(str(seed), 3.0, 64, 48, times, grid, tracks)

    return make


@pytest.fixture(scope="module")
def shared_model():
    """The tiny model, made once a file: read only."""
    return create_model("tiny").eval()


@pytest.fixture
def model():
    """A tiny model to change."""
    return create_model("tiny").eval()


@pytest.fixture
def scene(make_analysis, shared_model):
    """(features of three clips, two people out of the first) for the tiny model."""
    analyses = [make_analysis(0), make_analysis(1, 1, ("figure",)), make_analysis(2, 3, ())]
    features = collate([from_analysis(a, shared_model.config) for a in analyses])
    enrolled = collate_people([person_from_track(t) for t in analyses[0].tracks])
    with torch.no_grad():
        people = aligned(shared_model, enrolled, ["Ana", "Bo"])
    return features, people


@pytest.fixture
def batch_people(shared_model):
    """A function from lists of people to a padded batch."""
    return lambda rows: People.batch(rows, shared_model.config)
