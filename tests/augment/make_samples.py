"""Samples and analyses of a made-up augmentation about Ana: identities, facts, sides, notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from make_analysis import HEIGHT, WIDTH, make_track

from pvchat.augment import dataset
from pvchat.augment.lines import write_lines
from pvchat.augment.questions.views import Subject
from pvchat.augment.schemas import QuestionRow, Sample
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts, SceneFacts

ANA = Subject("Ana")
NUMBER = 1  # of the made-up person that is Ana
COLOURS = ("red", "blue", "dark", "white", "green")
BOXES = ((0.1, 0.2, 0.25, 0.5), (0.45, 0.2, 0.6, 0.5), (0.75, 0.2, 0.9, 0.5))  # left, middle, right
SIDES = ("on the left of the frame", "in the middle of the frame", "on the right of the frame")

Analyse = Callable[[Sample], ClipAnalysis]


def facts(number: int, place: int, gender: str | None) -> PersonFacts:
    """Something measured about somebody."""
    return PersonFacts(
        where=SIDES[place],
        clothes=[Garment("shirt", COLOURS[number % len(COLOURS)], 0.9)],
        hair="dark hair",
        gender=gender,
        pose="sitting" if number % 2 else "standing",
        gestures=["talking"] if number % 3 else [],
    )


def make_sample(number: int, people: dict[str, bool], split: str = "train", stage: str = "video", **more) -> Sample:
    """A sample about which only who is there and the split matter."""
    role = "positive" if people["Ana"] else "negative"
    identity = f"{number:016x}"
    media = f"media/{identity}.{'png' if stage == 'image' else 'mp4'}"
    row = {"recipe": "subclip", "source": f"{'s' * 8}-{split}-{role}", **more}
    return Sample(identity, role, stage=stage, media=media, split=split, people=people, **row)  # type: ignore[arg-type]


def make_analyses(samples: Sequence[Sample], strangers: int = 0) -> Analyse:
    """Ana has a track where she is present, from left to right in turns; strangers (50, 51, …) stand beside her."""
    order = {s.id: i for i, s in enumerate(samples)}

    def analyse(sample: Sample) -> ClipAnalysis:
        number = order[sample.id]
        who = [(NUMBER, "woman")] if sample.people["Ana"] else []
        who += [(50 + i, "man") for i in range(strangers)]
        tracks = []
        for i, (person, gender) in enumerate(who[:3]):
            place = (number + i) % 3
            track = make_track(person, box=BOXES[place], noise=0.1)
            track.facts = facts(number, place, gender)
            tracks.append(track)
        turn = np.random.default_rng(number).permutation(len(tracks))
        times, grid = (np.arange(8, dtype=np.float32) + 0.5) / 4, np.ones((1, 49, 1280), np.float16)
        shown = [tracks[i] for i in turn]
        return ClipAnalysis(sample.id, 2.0, WIDTH, HEIGHT, times, grid, shown, SceneFacts(background="a grey wall"))

    return analyse


def write_set(folder: Path, samples: Sequence[Sample], rows: Sequence[QuestionRow]) -> Path:
    """A data set whose media lie in the folder, after the steps before have left their list of samples there."""
    write_lines(folder / dataset.SAMPLES, [asdict(s) for s in samples])
    return dataset.write(folder, samples, rows)


def paper_scale() -> list[Sample]:
    """81 samples about Ana, as one clip gives them: 48 that show her, 33 that don't; a fifth are stills."""
    out = []
    for i in range(81):
        split = {3: "val", 6: "test"}.get(i % 7, "train")
        out.append(make_sample(i, {"Ana": i % 5 < 3}, split, "image" if i % 5 in (1, 4) and i % 2 else "video"))
    return out
