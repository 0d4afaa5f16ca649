"""Identity episodes: enroll people on some photos, ask about a scene with some of them and with look-alikes.

In: face vectors by identity (`features.read_faces`), captioned pictures, composed scenes where the cache has some. Out:
batches for phase 3. Half of the scenes are composites (`composed.py`), the rest are laid out in feature space: a
picture's grid with tracks whose identity and body vectors are another photo's of the same people, degraded. A photo is
never both enrolled and asked about. Validation uses identities that training never saw, and looks a second time at
faces that nothing degraded ("clear"): what small and spoilt faces cost.

Legend: B questions, P people named, n enrolled photos, D 128.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.errors import SettingsError
from pvchat.experts.attributes import body_box
from pvchat.model.features import ClipFeatures, PersonFeatures, collate, collate_people, from_analysis
from pvchat.model.people import People
from pvchat.model.prompts import Prompt
from pvchat.schemas import ClipAnalysis, FloatArray, Track
from pvchat.sentences import Encode
from pvchat.train.composed import Person, Scene, read_scenes
from pvchat.train.composites import position_word
from pvchat.train.config import BaseConfig
from pvchat.train.data import Pictures, read_photos, to_tensor
from pvchat.train.features import FaceVectors, read_faces, sentence_vectors
from pvchat.train.losses import presence_loss
from pvchat.train.phases import Generation, Objective, StepLoss
from pvchat.train.report import HEADS_BY_TYPE

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

    scene: Scene
    names: list[str]
    enrolled: list[list[int]]
    present: list[bool]
    alike: list[bool]
    kind: str
    question: str
    answer: str


@dataclass
class EpisodeBatch:
    """A batch: features of B scenes, enrollments of all people named one after the other, targets [B, P].

    `pictures` is a batch of phase 2 to rehearse, or None.
    """

    features: ClipFeatures
    prompts: list[Prompt]
    question: Tensor
    enrolled: PersonFeatures
    rows: list[list[str]]
    present: Tensor
    episodes: list[Episode] = field(default_factory=list)
    pictures: Any = None


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

    def __init__(self, cast: Cast, pictures: Pictures, scenes: Sequence[Scene]) -> None:
        self.cast, self.pictures = cast, pictures
        self.row_of = {name: i for i, name in enumerate(cast.faces.files)}
        self.scenes = [s for s in scenes if all(p.identity in cast.number for p in s.people)]

    def draw(self, rng: np.random.Generator) -> Episode:
        """One episode."""
        if self.scenes and rng.random() < 0.5:
            scene = self.scenes[rng.integers(len(self.scenes))]
        else:
            scene = self._laid_out(rng)
        there = {p.identity: p for p in scene.people}
        named = self._named(there, rng)
        names = [str(n) for n in rng.permutation(NAMES)[: len(named)]]
        shown = {name: self.row_of.get(p.file) for name, p in there.items()}
        enrolled = [self.cast.enroll(name, shown.get(name), rng) for name, _ in named]
        present = [name in there for name, _ in named]
        kind, question, answer = _words(names, [there.get(n) for n, _ in named], scene, rng)
        return Episode(scene, names, enrolled, present, [a for _, a in named], kind, question, answer)

    def _named(self, there: dict[str, Person], rng: np.random.Generator) -> list[tuple[str, bool]]:
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

    def _laid_out(self, rng: np.random.Generator) -> Scene:
        """A picture with 0 to 3 people put into its features: one frame, or four with people moving across."""
        index = int(rng.integers(len(self.pictures)))
        frames = 4 if rng.random() < 0.25 else 1
        grid = np.tile(self.pictures.grids([index]), (frames, 1, 1)).astype(np.float16)
        count = (0, 1, 1, 1, 2, 2, 3)[rng.integers(7)]
        names = [self.cast.names[i] for i in rng.permutation(len(self.cast.names))[:count]]
        slots = (rng.permutation(max(1, count)) + rng.uniform(0.3, 0.7, max(1, count))) / max(1, count)
        made = [self._track(name, float(x), frames, rng) for name, x in zip(names, slots, strict=False)]
        times = np.arange(frames, dtype=np.float32) + 0.5
        analysis = ClipAnalysis("", float(frames), 320, 240, times, grid, [t for t, _ in made])
        return Scene(analysis, [p for _, p in made], self.pictures.photos[index].captions)

    def _track(self, name: str, x: float, frames: int, rng: np.random.Generator) -> tuple[Track, Person]:
        """A track whose vectors are a photo's: degraded in two of three cases, with a little noise a frame."""
        faces, row = self.cast.faces, int(rng.choice(self.cast.rows[name]))
        high = float(np.exp(rng.uniform(np.log(0.08), np.log(0.4))))
        walks = frames > 1 and rng.random() < 0.5
        end = float(np.clip(1 - x, 0.1, 0.9)) if walks and abs(1 - 2 * x) > 0.3 else x
        centre = np.stack([np.linspace(x, end, frames), np.full(frames, rng.uniform(0.2, 0.5))], 1)
        half = np.array([0.28 * high, 0.5 * high])
        boxes = np.concatenate([centre - half, centre + half], 1).clip(0, 1).astype(np.float32)
        identity = faces.identity[row, int(rng.random() < 2 / 3)] + rng.normal(0, 0.01, (frames, 128))
        identity /= np.linalg.norm(identity, axis=1, keepdims=True)
        body = np.tile(faces.body[row], (frames, 1))
        track = Track(
            "face", np.arange(frames), boxes, np.full((frames, 5, 2), np.nan, np.float32), np.ones(frames, np.float32),
            np.ones(frames, np.float32), identity.astype(np.float32), np.stack([body_box(b) for b in boxes]).clip(0, 1),
            body, np.full((frames, 33, 4), np.nan, np.float32),
        )  # fmt: skip
        moved = end - x
        movement = "" if abs(moved) < 0.15 else "from left to right" if moved > 0 else "from right to left"
        return track, Person(name, self.cast.faces.files[row], position_word((x + end) / 2), movement, bool(movement))


class Identity:
    """Phase 3; presence alone is trained without a language model, or where `--only` leaves all of it out.

    Args:
        config: of the run.
        model: gives the shapes.
        encode: MiniLM, for the questions.
    """

    score = "balanced_accuracy"
    captioner = naming = None

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        self.config, self.model_config = config, model.config
        sets = config.sets("identities")
        faces = read_faces(config.cache, sets)
        photos = read_photos(config.data, config.sets("captioned"))
        self.parts = {
            validation: Episodes(
                Cast(faces, validation),
                Pictures([p for p in photos if p.validation == validation], config.cache, model.config),
                read_scenes(config.cache / f"composites.{'val' if validation else 'train'}"),
            )
            for validation in (False, True)
        }
        as_they_are = replace(faces, identity=faces.identity[:, [0, 0]])
        self.clear = Episodes(Cast(as_they_are, True), self.parts[True].pictures, [])
        texts = all_questions()
        self.vector = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))
        trained = [n for n, p in model.named_parameters() if p.requires_grad]
        self.speaks = any(name.startswith(("llm.", "project_")) for name in trained)
        self.rehearsal = None
        if config.rehearsal and self.speaks:
            self.rehearsal = Generation(replace(config, batch=config.rehearsal), model, encode)

    def fingerprint(self) -> str:
        part = self.parts[False]
        return f"{part.pictures.fingerprint()} {len(part.cast.names)} {len(part.scenes)} {len(part.cast.faces.names)}"

    def batch(self, step: int) -> EpisodeBatch:
        rng = np.random.default_rng([self.config.seed, 3, step])
        batch = self.collate(self.parts[False], self.config.batch, rng)
        batch.pictures = None if self.rehearsal is None else self.rehearsal.batch(step)
        return batch

    def collate(self, part: Episodes, count: int, rng: np.random.Generator) -> EpisodeBatch:
        """Episodes as one batch.

        Args:
            part: where they are drawn from.
            count: B of them.
            rng: of the draw, and which copy of an enrolled photo is seen, as it is or degraded.
        """
        episodes = [part.draw(rng) for _ in range(count)]
        features = collate([from_analysis(e.scene.analysis, self.model_config) for e in episodes])
        enrolled = [enrollment(part.cast.faces, rows, rng) for e in episodes for rows in e.enrolled]
        most = max(len(e.names) for e in episodes)
        present = torch.tensor([[*map(float, e.present), *[0.0] * (most - len(e.names))] for e in episodes])
        question = to_tensor(np.stack([self.vector[e.question] for e in episodes]), self.config.device)
        prompts = [Prompt(e.question, e.answer, clip=i) for i, e in enumerate(episodes)]
        return EpisodeBatch(features, prompts, question, collate_people(enrolled).to(self.config.device),
                            [e.names for e in episodes], present.to(self.config.device), episodes)  # fmt: skip

    def loss(self, model: Any, objective: Objective, batch: EpisodeBatch) -> StepLoss:
        people = named_people(model, batch)
        out = model(batch.features, batch.prompts if self.speaks else None, question=batch.question, people=people)
        losses = {"presence_loss": presence_loss(out.reading.presence, batch.present, people.mask)}
        if out.lm_loss is not None:
            losses["lm_loss"] = out.lm_loss
        if self.rehearsal is not None:
            losses["rehearsal_loss"] = self.rehearsal.loss(model, objective, batch.pictures).loss
        return StepLoss(sum(losses.values()), out.reading, {name: float(v.detach()) for name, v in losses.items()})

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        scores, table = self._scores(model, self.parts[True])
        clear = {f"clear_{name}": value for name, value in self._scores(model, self.clear)[0].items()}
        words = {} if self.rehearsal is None else self.rehearsal.validate(model)
        return {**words, **scores, **clear, HEADS_BY_TYPE: table}

    def _scores(self, model: Any, part: Episodes) -> tuple[dict[str, float], dict[str, Any]]:
        """`presence_scores` of `validate_rows` questions, and the active share of each head by question type."""
        rng = np.random.default_rng(self.config.seed)
        found: list[tuple[float, float, bool, bool]] = []  # logit, cosine, present, look-alike
        heads: dict[str, list[Any]] = {}
        for _ in range(0, self.config.validate_rows, 16):
            batch = self.collate(part, 16, rng)
            people = named_people(model, batch)
            reading = model(batch.features, question=batch.question, people=people).reading
            for i, e in enumerate(batch.episodes):
                logits = reading.presence[i].tolist()
                own = [people.prototypes[i, j][people.prototype_mask[i, j]] for j in range(len(e.names))]
                found += zip(logits, [best_cosine(rows, e) for rows in own], e.present, e.alike, strict=False)
                for stats in reading.routing:
                    heads.setdefault(e.kind, []).append(stats.active()[i].float().mean(0))
        table = {kind: _head_means(rows, len(reading.routing)) for kind, rows in heads.items()}
        return presence_scores(np.array(found, np.float64)), table


def named_people(model: Any, batch: EpisodeBatch) -> People:
    """The people named, by the aligner, with gradients."""
    states = iter(model.aligner.people(batch.enrolled, [name for row in batch.rows for name in row]))
    people = People.batch([[next(states) for _ in row] for row in batch.rows], model.config)
    assert people is not None  # every episode names someone
    return people


def enrollment(faces: FaceVectors, rows: Sequence[int], rng: np.random.Generator) -> PersonFeatures:
    """Photos of a person as the aligner takes them, each as it is or degraded."""
    copy = (rng.random(len(rows)) < 0.3).astype(int)
    seen = torch.ones(1, len(rows), dtype=torch.bool)
    identity = torch.from_numpy(faces.identity[list(rows), copy])[None]
    return PersonFeatures(identity, seen, torch.from_numpy(faces.body[list(rows)])[None], seen)


def presence_scores(found: FloatArray) -> dict[str, float]:
    """Balanced accuracy at probability .5, the same with look-alikes as the only absent ones, and a plain rule's.

    Args:
        found: [n, 4] logit, best cosine, present, look-alike.

    Returns:
        Also "cosine_balanced_accuracy": the best single threshold on the cosine, chosen on these very rows (a bound).
    """
    logit, cosine, present, alike = found.T
    there = present > 0
    scores = {"balanced_accuracy": _balanced(logit > 0, there)}
    hard = there | (alike > 0)
    scores["look_alike_balanced_accuracy"] = _balanced(logit[hard] > 0, there[hard])
    scores["cosine_balanced_accuracy"] = max(_balanced(cosine >= c, there) for c in np.unique(cosine))
    return scores


def best_cosine(prototypes: Tensor, episode: Episode) -> float:
    """Highest cosine between a person's prototypes [n, D] and any face of the scene; -1 without faces."""
    faces = [torch.from_numpy(t.identity) for t in episode.scene.analysis.tracks]
    return float((prototypes.cpu() @ torch.cat(faces).T).max()) if faces else -1.0


def all_questions() -> list[str]:
    """Every question that an episode may ask."""
    single = [text.format(name) for texts in QUESTIONS.values() for text in texts for name in NAMES]
    return single + [PAIR.format(a, b) for a in NAMES for b in NAMES if a != b]


def _words(
    names: list[str], people: list[Person | None], scene: Scene, rng: np.random.Generator
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


def _answer(kind: str, name: str, person: Person, scene: Scene) -> str:
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


def _pair(names: list[str], people: list[Person | None]) -> str:
    there = [person is not None for person in people[:2]]
    if all(there):
        return f"Yes, both {names[0]} and {names[1]} are in the video."
    if not any(there):
        return f"No, neither {names[0]} nor {names[1]} is in the video."
    seen, gone = (names[0], names[1]) if there[0] else (names[1], names[0])
    return f"Only {seen} is in the video; {gone} is not."


def _balanced(said: Any, truth: Any) -> float:
    """Mean of the shares right among present and among absent; of one of them when the other is missing."""
    shares = [float((said[truth == value] == value).mean()) for value in (True, False) if (truth == value).any()]
    return float(np.mean(shares))


def _head_means(rows: list[Tensor], modules: int) -> list[list[float]]:
    """Mean share of each head, module by module, of rows that run through the modules again and again."""
    return [torch.stack(rows[m::modules]).mean(0).tolist() for m in range(modules)] if modules else []
