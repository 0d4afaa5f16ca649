"""Scenes whose truth is known, and identity episodes: enroll people on some photos, ask about a scene with look-alikes.

In: face vectors by identity (`features.read_faces`), captioned pictures, composed scenes where a recipe made some
(`recipes/scenes/making.py`: below a cache folder `composites.<split>/0000.safetensors` with `0000.json`). Out:
questions for phase 3 (`identity.py`). Half of the scenes are composites, the rest are laid out in feature space: a
picture's grid, with tracks whose identity and body vectors are another photo's of the same people, degraded. A photo is
never both enrolled and asked about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import SettingsError
from pvchat.perception.boxes import body_box
from pvchat.schemas import ClipAnalysis, Track
from recipes.model.base.data import Pictures
from recipes.model.base.features import FaceVectors

ARRAYS = ("frames", "boxes", "points", "scores", "quality", "identity", "body_boxes", "body")
LEFT, RIGHT = 0.38, 0.62  # of the frame's width
NAMES = ("Ana", "Bo", "Carla", "Dev", "Emma", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kemi", "Liam", "Mei", "Noah",
         "Olga", "Pablo", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wei", "Zoe")  # fmt: skip
ALIKE = 5  # look-alikes of each identity to draw from
QUESTIONS = {
    "existence": ("Is {0} in the video?", "Can you see {0}?"),
    "appearance": ("What is {0} wearing?", "How is {0} dressed?"),
    "action": ("What is {0} doing?", "How does {0} move?"),
    "location": ("Where is {0}?", "Is {0} on the left or on the right?"),
}
PAIR = "Are {0} and {1} in the video?"


@dataclass(frozen=True)
class ScenePerson:
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
    people: list[ScenePerson]
    captions: tuple[str, ...] = ()
    camera: str = ""


@dataclass
class Episode:
    """One question.

    Attributes:
        scene: what is asked about.
        names: of the people named; enrolled: [rows of the faces they are enrolled on].
        present: is each in the scene?
        alike: is each, when absent, a look-alike of someone present?
        kind, question, answer: the words.
    """

    scene: ComposedScene
    names: list[str]
    enrolled: list[list[int]]
    present: list[bool]
    alike: list[bool]
    kind: str
    question: str
    answer: str


class Cast:
    """Identities of one split with their photos and their nearest others.

    Args:
        faces: of all splits.
        validation: which split.
    """

    def __init__(self, faces: FaceVectors, validation: bool) -> None:
        self.faces = faces
        rows: dict[str, list[int]] = {}
        for i in np.flatnonzero(faces.validation == validation):
            rows.setdefault(faces.names[i], []).append(int(i))
        self.rows = {name: own for name, own in sorted(rows.items()) if len(own) > 1}
        self.names = list(self.rows)
        if len(self.names) < 2:
            raise SettingsError("episodes need two identities with two photos each", hint="Check --identities.")
        means = np.stack([faces.identity[own, 0].mean(0) for own in self.rows.values()])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        like = means @ means.T - 2 * np.eye(len(means))
        self.alike = np.argsort(-like, 1)[:, :ALIKE]
        self.number = {name: i for i, name in enumerate(self.names)}

    def look_alike(self, name: str, rng: np.random.Generator) -> str:
        """One of the identities nearest to this one."""
        near = self.alike[self.number[name]][: len(self.names) - 1]
        return self.names[near[rng.integers(len(near))]]

    def enroll(self, name: str, without: int | None, rng: np.random.Generator) -> list[int]:
        """1 to 6 photos of an identity, never the one in the scene."""
        own = [i for i in self.rows[name] if i != without]
        return [own[i] for i in rng.permutation(len(own))[: 1 + rng.integers(6)]]


class Episodes:
    """Draws episodes of one split.

    Args:
        cast: identities.
        pictures: captioned backgrounds of the same split.
        scenes: composites of the same split, may be empty.
    """

    def __init__(self, cast: Cast, pictures: Pictures, scenes: Sequence[ComposedScene]) -> None:
        self.cast, self.pictures = cast, pictures
        self.row_of = {name: i for i, name in enumerate(cast.faces.files)}
        self.scenes = [s for s in scenes if all(p.identity in cast.number for p in s.people)]

    def draw(self, rng: np.random.Generator) -> Episode:
        """One episode."""
        if self.scenes and rng.random() < 0.5:
            scene = self.scenes[rng.integers(len(self.scenes))]
        else:
            scene = self.laid_out(rng)
        there = {p.identity: p for p in scene.people}
        named = self._named(there, rng)
        names = [str(n) for n in rng.permutation(NAMES)[: len(named)]]
        shown = {name: self.row_of.get(p.file) for name, p in there.items()}
        enrolled = [self.cast.enroll(name, shown.get(name), rng) for name, _ in named]
        present = [name in there for name, _ in named]
        kind, question, answer = _words(names, [there.get(n) for n, _ in named], scene, rng)
        return Episode(scene, names, enrolled, present, [a for _, a in named], kind, question, answer)

    def _named(self, there: dict[str, ScenePerson], rng: np.random.Generator) -> list[tuple[str, bool]]:
        """Who is named: (identity, is a look-alike); half of them present as far as the scene has people."""
        count = 1 if rng.random() < 0.6 else 2 + int(rng.integers(2))
        found: dict[str, bool] = {}
        for _ in range(count):
            draw = rng.random()
            if there and draw < 0.5:
                name, alike = str(rng.choice(list(there))), False
            elif there and draw < 0.85:
                name, alike = self.cast.look_alike(str(rng.choice(list(there))), rng), True
            else:
                name, alike = self.cast.names[rng.integers(len(self.cast.names))], False
            if name not in found:
                found[name] = alike and name not in there
        return list(found.items())

    def laid_out(self, rng: np.random.Generator) -> ComposedScene:
        """A picture with 0 to 3 people put into its features; where it is shown several times, they may move."""
        grid, captions = self._ground(rng)
        frames = len(grid)
        count = (0, 1, 1, 1, 2, 2, 3)[rng.integers(7)]
        names = [self.cast.names[i] for i in rng.permutation(len(self.cast.names))[:count]]
        slots = (rng.permutation(max(1, count)) + rng.uniform(0.3, 0.7, max(1, count))) / max(1, count)
        made = [self._track(name, float(x), frames, rng) for name, x in zip(names, slots, strict=False)]
        times = np.arange(frames, dtype=np.float32) + 0.5
        analysis = ClipAnalysis("", float(frames), 320, 240, times, grid, [t for t, _ in made])
        return ComposedScene(analysis, [p for _, p in made], captions)

    def _ground(self, rng: np.random.Generator) -> tuple[NDArray[np.float16], tuple[str, ...]]:
        """What people are put into, grids [T, N, W] and captions: a picture once or four times."""
        index = int(rng.integers(len(self.pictures)))
        frames = 4 if rng.random() < 0.25 else 1
        grid = np.tile(self.pictures.grids([index]), (frames, 1, 1)).astype(np.float16)
        return grid, self.pictures.photos[index].captions

    def _track(self, name: str, x: float, frames: int, rng: np.random.Generator) -> tuple[Track, ScenePerson]:
        """A track whose vectors are a photo's: degraded in two of three cases, with a little noise a frame."""
        faces, row = self.cast.faces, int(rng.choice(self.cast.rows[name]))
        high = float(np.exp(rng.uniform(np.log(0.08), np.log(0.4))))
        walks = frames > 1 and rng.random() < 0.5
        end = float(np.clip(1 - x, 0.1, 0.9)) if walks and abs(1 - 2 * x) > 0.3 else x
        centre = np.stack([np.linspace(x, end, frames), np.full(frames, rng.uniform(0.2, 0.5))], 1)
        half = np.array([0.28 * high, 0.5 * high])
        boxes = np.concatenate([centre - half, centre + half], 1).clip(0, 1).astype(np.float32)
        copy = int(rng.random() < 2 / 3)
        identity = faces.identity[row, copy] + rng.normal(0, 0.01, (frames, 128))
        identity /= np.linalg.norm(identity, axis=1, keepdims=True)
        body = np.tile(faces.body[row], (frames, 1))
        track = Track(
            "face", np.arange(frames), boxes, np.full((frames, 5, 2), np.nan, np.float32), np.ones(frames, np.float32),
            np.full(frames, faces.quality[row, copy], np.float32), identity.astype(np.float32),
            np.stack([body_box(b) for b in boxes]).clip(0, 1),
            body, np.full((frames, 33, 4), np.nan, np.float32), prints=faces.prints[row, copy][None].astype(np.float16),
        )  # fmt: skip
        moved = end - x
        movement = "" if abs(moved) < 0.15 else "from left to right" if moved > 0 else "from right to left"
        return track, ScenePerson(
            name, self.cast.faces.files[row], position_word((x + end) / 2), movement, bool(movement)
        )


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


def all_questions() -> list[str]:
    """Every question that an episode may ask."""
    single = [text.format(name) for texts in QUESTIONS.values() for text in texts for name in NAMES]
    return single + [PAIR.format(a, b) for a in NAMES for b in NAMES if a != b]


def _scene(row: dict[str, Any], arrays: dict[str, Any], i: int) -> ComposedScene:
    tracks = []
    for j in range(len(row["people"])):
        own = {name: arrays[f"{i}.{j}.{name}"] for name in ARRAYS}
        tracks.append(Track("face", **own, pose=np.full((len(own["frames"]), 33, 4), np.nan, np.float32)))
    width, height = row["size"]
    times, grid = arrays[f"{i}.times"], arrays[f"{i}.grid"]
    analysis = ClipAnalysis(row["key"], row["duration"], width, height, times, grid, tracks)
    return ComposedScene(analysis, [ScenePerson(**p) for p in row["people"]], tuple(row["captions"]), row["camera"])


def _words(
    names: list[str], people: list[ScenePerson | None], scene: ComposedScene, rng: np.random.Generator
) -> tuple[str, str, str]:
    """Kind, question and answer."""
    if len(names) > 1 and rng.random() < 0.5:
        return "existence", PAIR.format(*names[:2]), _pair(names, people)
    kinds = list(QUESTIONS)
    kind, name, person = kinds[rng.integers(len(kinds))], names[0], people[0]
    if person is not None and kind == "appearance" and not person.worn:
        kind = "location"
    question = QUESTIONS[kind][rng.integers(len(QUESTIONS[kind]))].format(name)
    if person is None:
        return kind, question, f"{'No, ' if kind == 'existence' else ''}{name} is not in the video."
    return kind, question, _answer(kind, name, person, scene)


def _answer(kind: str, name: str, person: ScenePerson, scene: ComposedScene) -> str:
    """What is true of someone present."""
    if kind == "existence":
        return f"Yes, {name} is in the video, {person.position}."
    if kind == "appearance":
        return f"{name} is wearing {person.worn}{f' and {person.covered}' if person.covered else ''}."
    if kind == "action":
        if person.walks and person.movement and scene.camera in ("", "still"):
            return f"{name} walks {person.movement}."
        stays = "walks" if person.walks else "stands still"
        return f"{name} {stays}{f' while the camera {scene.camera}' if scene.camera not in ('', 'still') else ''}."
    where = f"{name} moves {person.movement}" if person.movement else f"{name} is {person.position}"
    return f"{where}. {scene.captions[0]}" if scene.captions else f"{where}."


def _pair(names: list[str], people: list[ScenePerson | None]) -> str:
    there = [person is not None for person in people[:2]]
    if all(there):
        return f"Yes, both {names[0]} and {names[1]} are in the video."
    if not any(there):
        return f"No, neither {names[0]} nor {names[1]} is in the video."
    seen, gone = (names[0], names[1]) if there[0] else (names[1], names[0])
    return f"Only {seen} is in the video; {gone} is not."
