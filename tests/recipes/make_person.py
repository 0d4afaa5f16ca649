"""A made-up augmentation of one person: samples, questions and what the experts would have seen."""

from __future__ import annotations

import numpy as np
import torch
from make_sets import encode

from pvchat.augment.schemas import QuestionRow, Sample
from pvchat.model.people import PersonState
from pvchat.schemas import ClipAnalysis, Track
from pvchat.train.examples import TrainingSet
from recipes.model.batches import aligned as as_aligned
from recipes.model.batches import collate_people, person_from_track
from recipes.model.made import create_model
from recipes.model.person.data import PersonData, make_data

WORDS = {
    "existence": ("Is {} there?", "Yes, {} is there.", "No, {} is not there."),
    "appearance": ("What is {} wearing?", "{} is wearing red.", "{} is not there."),
    "action": ("What is {} doing?", "{} is talking.", "{} is not there."),
    "location": ("Where is {}?", "{} is on the left.", "{} is not there."),
}


def track(who: int, seed: int, frames: int = 3) -> Track:
    """A track of somebody: their vector with a little noise."""
    middle = np.random.default_rng(1000 + who).normal(size=128)
    rng = np.random.default_rng(seed)
    identity = middle + 0.3 * rng.normal(size=(frames, 128))
    low = 0.5 * rng.random((frames, 2), np.float32)
    boxes = np.concatenate([low, low + 0.3], 1)
    return Track(
        "face", np.arange(frames), boxes, np.zeros((frames, 5, 2), np.float32), np.ones(frames, np.float32),
        np.ones(frames, np.float32), np.float32(0.6 * identity / np.linalg.norm(identity, axis=1, keepdims=True)),
        boxes, rng.random((frames, 1280), np.float32), np.zeros((frames, 33, 4), np.float32),
    )  # fmt: skip


def analysis(who: int, seed: int, frames: int = 3) -> ClipAnalysis:
    """A clip of somebody."""
    grid = np.random.default_rng(seed).random((frames, 49, 1280)).astype(np.float16)
    return ClipAnalysis(f"{seed:064x}", 2.0, 64, 48, np.linspace(0.2, 1.8, frames, dtype=np.float32), grid,
                        [track(who, seed, frames)])  # fmt: skip


def augmentation(name: str = "Ana", count: int = 20, who: int = 1) -> tuple[list[Sample], list[QuestionRow], dict]:
    """`count` samples, half of them of the person; every fourth is held back; stills and clips in turn."""
    samples, rows, seen = [], [], {}
    for i in range(count):
        there, split = i % 2 == 0, "val" if i % 4 >= 2 and i > count // 2 else "train"
        stage = "image" if i % 3 == 0 else "video"
        sample = Sample(f"{i:016x}", "positive" if there else "negative", "subclip", stage, f"media/{i}.mp4",
                        "a" * 64, split, {name: there})  # fmt: skip
        samples.append(sample)
        seen[sample.id] = analysis(who if there else 50 + i, i, 1 if stage == "image" else 3)
        for kind, (question, yes, no) in WORDS.items():
            answer = (yes if there else no).format(name)
            rows.append(QuestionRow(f"{i}-{kind}", sample.id, kind, "single", [name], question.format(name), answer,
                            {name: there}, 0, split))  # fmt: skip
    return samples, rows, seen


def person_data(model, name: str = "Ana", who: int = 1, count: int = 20) -> PersonData:
    samples, rows, seen = augmentation(name, count, who)
    return make_data(name, TrainingSet(samples, rows, lambda s: seen[s.id]), model, encode)


def aligned(model, name: str = "Ana", who: int = 1) -> PersonState:
    """The instant state of somebody."""
    with torch.no_grad():
        return as_aligned(model, collate_people([person_from_track(track(who, 500 + who))]), [name])[0]


def tiny(**overrides):
    """The tiny model."""
    return create_model("tiny", **overrides).eval()
