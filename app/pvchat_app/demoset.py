"""The demo set: a manifest to evaluate on a fresh install, made of the demo's openly licensed footage.

In: the folder of the manifests. Out: the folder `demo` in it: clips, two people, questions with what is true.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pvchat.assets import footage, weights
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.schemas import Progress

NAME = "demo"
_ENROLLED = {"Carl": "car-1", "Obama": "portrait"}  # name: enrollment clip
_ASKED = ("car-2", "speech", "blue-room", "other-man", "both")
_WEARS = {"Carl": "Carl is wearing a black top.", "Obama": "Obama is wearing a black suit."}


def make(folder: Path, progress: Progress = lambda what, done, total: None) -> Path:
    """Write the demo set; what is missing of the footage is fetched first.

    Args:
        folder: of the manifests.
        progress: told of the fetching.

    Returns:
        The manifest's folder.

    Raises:
        WeightsError: the footage isn't there and can't be fetched.
    """
    if weights.missing(table=footage.FOOTAGE):
        weights.fetch(table=footage.FOOTAGE, progress=progress)
    progress("cutting the clips", 0, 0)
    made = folder / f".{NAME}"  # seen under its name only when it is whole
    shutil.rmtree(made, ignore_errors=True)
    for name, clip in footage.build(made / "clips").items():
        if name not in (*_ENROLLED.values(), *_ASKED):
            clip.unlink()
    subjects = tuple(Subject(name, f"clips/{clip}.mp4", NAME) for name, clip in _ENROLLED.items())
    write(Manifest(NAME, made, subjects, tuple(_items())), made)
    shutil.rmtree(folder / NAME, ignore_errors=True)
    made.rename(folder / NAME)
    return folder / NAME


def _items() -> list[Item]:
    """Two questions about each person in each clip: is she there, and what does she wear."""
    items: list[Item] = []
    for clip in _ASKED:
        there = {name: name in footage.shot(clip).shows for name in _ENROLLED}
        for name, present in there.items():
            truth = f"{'Yes' if present else 'No'}, {name} is {'' if present else 'not '}in this video."
            wears = ("single", "appearance", f"What is {name} wearing?", _WEARS[name])
            refuses = ("refusal", "appearance", f"What is {name} wearing?", truth)
            rows = (("single", "existence", f"Is {name} in this video?", truth), wears if present else refuses)
            for row in rows:
                number, file = f"q{len(items):02d}", f"clips/{clip}.mp4"
                items.append(Item(number, NAME, file, (name,), *row, {name: present}))
    return items
