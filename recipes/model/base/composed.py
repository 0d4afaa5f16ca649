"""Scenes whose truth is known: an analysis with who is in it, where, in what.

In: below a cache folder `composites.<split>/0000.safetensors` with `0000.json`, where a recipe made some
(`recipes/scenes/making.py`). Out: `ComposedScene`s.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.schemas import ClipAnalysis, Track

ARRAYS = ("frames", "boxes", "points", "scores", "quality", "identity", "body_boxes", "body")
LEFT, RIGHT = 0.38, 0.62  # of the frame's width


@dataclass(frozen=True)
class Person:
    """One person of a scene, in the order of its tracks.

    Attributes:
        identity, file: whose face and from which crop.
        position: "on the left", "in the middle", "on the right".
        movement: "from left to right", "from right to left" or "": in the frame.
        walks: walks themselves (not the camera).
        worn: "a red shirt" or "" (unknown).
        covered: "a face mask", "a cap" or "".
    """

    identity: str
    file: str
    position: str
    movement: str = ""
    walks: bool = False
    worn: str = ""
    covered: str = ""


@dataclass
class ComposedScene:
    """An analysed scene, who is in it, what the background's captions say, what the camera does ("" unknown)."""

    analysis: ClipAnalysis
    people: list[Person]
    captions: tuple[str, ...] = ()
    camera: str = ""


def position_word(x: float) -> str:
    """A place across the frame (0..1) in words."""
    return "on the left" if x < LEFT else "on the right" if x > RIGHT else "in the middle"


def read_scenes(folder: Path) -> list[ComposedScene]:
    """All scenes of a folder, in order; none when it doesn't exist."""
    from safetensors.numpy import load_file

    found = []
    for path in sorted(folder.glob("*.json")):
        arrays = load_file(path.with_suffix(".safetensors"))
        for i, row in enumerate(json.loads(path.read_text(encoding="utf-8"))):
            found.append(_scene(row, arrays, i))
    return found


def _scene(row: dict[str, Any], arrays: dict[str, Any], i: int) -> ComposedScene:
    tracks = []
    for j in range(len(row["people"])):
        own = {name: arrays[f"{i}.{j}.{name}"] for name in ARRAYS}
        tracks.append(Track("face", **own, pose=np.full((len(own["frames"]), 33, 4), np.nan, np.float32)))
    width, height = row["size"]
    times, grid = arrays[f"{i}.times"], arrays[f"{i}.grid"]
    analysis = ClipAnalysis(row["key"], row["duration"], width, height, times, grid, tracks)
    return ComposedScene(analysis, [Person(**p) for p in row["people"]], tuple(row["captions"]), row["camera"])
