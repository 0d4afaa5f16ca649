"""Questions a second on one clip: 1 and 16 questions, asked one by one and in one batch, side by side.

    python benchmarks/questions.py --model embedded

"each anew" makes the visual pass for every question, "one by one" keeps the clip's visual tokens, "batch" answers all
in one batch (`PVChat.ask_many` does that). The variants take turns within one loop, so that a busy machine slows them
alike; medians over rounds. The clip is made of random features (T frames, two tracks): how long words take doesn't
depend on what is seen. All answers are cut at the same number of tokens, and an untrained model is taken where no
weights are shipped, so this times the computation and says nothing about answers.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from pvchat.bases import models
from pvchat.chat.speakers.describe import Describer
from pvchat.config import Settings
from pvchat.model.lines import Line
from pvchat.model.registry import create_model
from pvchat.model.sentences import SentenceEncoder
from pvchat.model.trained import TrainedModel
from pvchat.schemas import ClipAnalysis, Track

ASKED = (
    "What is the {} doing?",
    "What is the {} wearing?",
    "Where was the video taken?",
    "Is there a {} in the video?",
)
NOUNS = ("man", "woman", "dog", "child")


def main(argv: list[str] | None = None) -> None:
    """Time all variants, print questions a second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=Settings.model)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=16, help="new tokens of every answer")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as draft:
        folder = models.find(args.model)
        if folder is None:
            folder = Path(draft)
            create_model(args.model).save_pretrained(folder)
        describer = Describer(TrainedModel(folder, "cpu"), SentenceEncoder().encode)
        clip = random_clip(args.frames)
        lines = [Line(text.format(noun), track=0) for text in ASKED for noun in NOUNS]
        describer.model.llm.generation_config.eos_token_id = None
        for count in (1, len(lines)):
            taken = time_all(variants(describer, clip, lines[:count], args.tokens), args.rounds)
            told = ", ".join(f"{name} {count / s:.2f}/s ({s:.2f} s)" for name, s in taken.items())
            sys.stdout.write(f"{count:2d} questions: {told}\n")


def variants(describer: Describer, clip: ClipAnalysis, lines: list[Line], tokens: int) -> dict[str, Callable[[], None]]:
    """Ways to answer all lines."""

    def anew() -> None:
        for line in lines:
            describer.forget()
            describer.say(clip, [line], max_new_tokens=tokens)

    def one_by_one() -> None:
        for line in lines:
            describer.say(clip, [line], max_new_tokens=tokens)

    def batch() -> None:
        describer.say(clip, lines, max_new_tokens=tokens)

    return {"each anew": anew, "one by one": one_by_one, "batch": batch}


def time_all(ways: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Median seconds of each way; they take turns, after a round that doesn't count."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if round_:
                taken[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def random_clip(frames: int) -> ClipAnalysis:
    """A clip of random features: two people who are seen throughout."""
    rng = np.random.default_rng(0)
    times = (np.arange(frames, dtype=np.float32) + 0.5) / 4
    grid = rng.random((min(frames, 12), 49, 1280)).astype(np.float16)
    return ClipAnalysis("0" * 64, frames / 4, 640, 360, times, grid, [_track(rng, frames, x) for x in (0.1, 0.6)])


def _track(rng: np.random.Generator, frames: int, x: float) -> Track:
    identity = rng.standard_normal((frames, 128)).astype(np.float32)
    box = np.tile(np.float32([x, 0.2, x + 0.2, 0.5]), (frames, 1))
    ones = np.ones(frames, np.float32)
    return Track(
        "face", np.arange(frames), box, rng.random((frames, 5, 2), np.float32), ones, ones,
        identity / np.linalg.norm(identity, axis=1, keepdims=True), box, rng.random((frames, 1280), np.float32),
        rng.random((frames, 33, 4), np.float32),
    )  # fmt: skip


if __name__ == "__main__":
    main()
