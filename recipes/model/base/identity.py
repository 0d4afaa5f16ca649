"""Phase 3: the language model's words for who is in a scene, of people enrolled on some photos.

In: episodes (`episodes.py`) drawn with the step as seed. Out: batches, a loss, and how often its yes or no is right of
identities that training never saw. Who is there is told by the product's presence (`pvchat/model/people.py`).

Legend: B questions, P people named, n enrolled photos.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.errors import SettingsError
from pvchat.model.aligner import PersonFeatures
from pvchat.model.people import People
from pvchat.model.sentences import Encode
from pvchat.people.person import Person
from recipes.model.base.config import BaseConfig
from recipes.model.base.data import Pictures, read_photos, to_tensor
from recipes.model.base.episodes import Cast, ComposedScene, Episode, Episodes, all_questions, read_scenes
from recipes.model.base.features import FaceVectors, read_faces, sentence_vectors
from recipes.model.base.generation import Generation
from recipes.model.base.phases import Objective, Phase, StepLoss, total
from recipes.model.base.report import balanced
from recipes.model.batches import ClipFeatures, aligned, collate, collate_people, encode_clips, from_analysis
from recipes.model.prompts import Prompt
from recipes.model.scoring import Asked, score, yes_no


@dataclass
class EpisodeBatch:
    """A batch: features of B scenes, enrollments of all people named one after the other.

    `people` is who each enrollment is, `pictures` a batch of phase 2 to rehearse, or None.
    """

    features: ClipFeatures
    prompts: list[Prompt]
    question: Tensor
    enrolled: PersonFeatures | None
    rows: list[list[str]]
    people: list[Person]
    episodes: list[Episode] = field(default_factory=list)
    pictures: Any = None

    def asked(self, people: People | None) -> Asked:
        """Its questions, with the people whom they name."""
        return Asked(self.features, self.prompts, self.question, people)


def episodes_of(config: BaseConfig, model: Any, scenes: Sequence[list[ComposedScene]]) -> dict[bool, Episodes]:
    """Identities and pictures to train on (False) and to validate with (True), with the composed scenes of both."""
    faces = read_faces(config.cache, config.sets("identities"))
    photos = read_photos(config.data, config.sets("captioned"))
    parts = {part: [p for p in photos if p.validation == part] for part in (False, True)}
    return {
        part: Episodes(Cast(faces, part), Pictures(own, config.cache, model.config), scenes[part])
        for part, own in parts.items()
    }


class IdentityPhase(Phase):
    """Phase 3.

    Args:
        config: of the run.
        model: gives the shapes.
        encode: MiniLM, for the questions.
    """

    score = "said_balanced_accuracy"

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        if model.llm is None:
            raise SettingsError("phase 3 trains through a language model", hint="Leave out --llm none.")
        self.config, self.model_config = config, model.config
        scenes = [read_scenes(config.cache / f"composites.{split}") for split in ("train", "val")]
        self.parts = episodes_of(config, model, scenes)
        texts = all_questions()
        self.vector = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))
        self.rehearsal = None
        if config.rehearsal:
            self.rehearsal = Generation(replace(config, batch=config.rehearsal), model, encode)

    def fingerprint(self) -> str:
        """Hash of the backgrounds, and how many identities, scenes and faces there are."""
        part = self.parts[False]
        return f"{part.pictures.fingerprint()} {len(part.cast.names)} {len(part.scenes)} {len(part.cast.faces.names)}"

    def batch(self, step: int) -> EpisodeBatch:
        """Episodes of one step, and pictures to rehearse."""
        rng = np.random.default_rng([self.config.seed, 3, step])
        part = self.parts[False]
        batch = self.collate(part, [part.draw(rng) for _ in range(self.config.batch)], rng)
        batch.pictures = None if self.rehearsal is None else self.rehearsal.batch(step)
        return batch

    def collate(self, part: Episodes, episodes: list[Episode], rng: np.random.Generator) -> EpisodeBatch:
        """Episodes as one batch.

        Args:
            part: which they were drawn from.
            episodes: B of them.
            rng: which copy of an enrolled photo is seen, as it is or degraded.
        """
        features = collate([from_analysis(e.scene.analysis, self.model_config) for e in episodes])
        enrolled = [enrollment(part.cast.faces, rows, rng) for e in episodes for rows in e.enrolled]
        people, who = [one for one, _ in enrolled], [one for _, one in enrolled]
        question = to_tensor(np.stack([self.vector[e.question] for e in episodes]), self.config.device)
        prompts = [Prompt(e.question, e.answer, clip=i) for i, e in enumerate(episodes)]
        return EpisodeBatch(features, prompts, question, collate_people(people).to(self.config.device),
                            [e.names for e in episodes], who, episodes)  # fmt: skip

    def loss(self, model: Any, objective: Objective, batch: EpisodeBatch) -> StepLoss:
        """Of the answers, and of their first tokens (yes or no is one of ten: it would get lost); what is rehearsed."""
        out = score(model, batch.asked(named_people(model, batch)))
        losses = {"lm_loss": out.lm_loss, "first_loss": out.first_loss}
        if self.rehearsal is not None:
            losses["rehearsal_loss"] = self.rehearsal.loss(model, objective, batch.pictures).loss
        return total(losses, out.reading)

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        """Balanced accuracy of the yes or no on held-back identities, and what is rehearsed."""
        words = {} if self.rehearsal is None else self.rehearsal.validate(model)
        return {**words, **self._yes_no_accuracy(model)}

    def _yes_no_accuracy(self, model: Any) -> dict[str, float]:
        """How often the language model's yes or no is right, of `validate_rows` questions about one person.

        Returns:
            Also "told_balanced_accuracy" of the presence logit that her tokens tell it of, on the same questions, and
            "said_as_told", how often the two agree.
        """
        rng, part = np.random.default_rng(self.config.seed), self.parts[True]
        drawn = (part.draw(rng) for _ in itertools.count())
        asked = (e for e in drawn if e.kind == "existence" and len(e.names) == 1)
        yes, told, there = [], [], []
        for _ in range(0, self.config.validate_rows, 16):
            batch = self.collate(part, list(itertools.islice(asked, 16)), rng)
            people = named_people(model, batch)
            seen = batch.asked(people)
            seen = replace(seen, clips=encode_clips(model, seen.clips))
            yes += yes_no(model, seen).tolist()
            told += seen.read(model).presence[:, 0].tolist()
            there += [e.present[0] for e in batch.episodes]
        says, tells, truth = np.array(yes) > 0, np.array(told) > 0, np.array(there)
        scores = {"said_balanced_accuracy": balanced(says, truth), "told_balanced_accuracy": balanced(tells, truth)}
        return scores | {"said_as_told": float((says == tells).mean())}


def named_people(model: Any, batch: EpisodeBatch) -> People:
    """The people named, by the aligner, with gradients; somebody is."""
    assert batch.enrolled is not None
    made = aligned(model, batch.enrolled, [name for row in batch.rows for name in row])
    states = iter([replace(state, enrolled=one) for state, one in zip(made, batch.people, strict=True)])
    people = People.batch([[next(states) for _ in row] for row in batch.rows], model.config)
    assert people is not None  # every episode names someone
    return people


def enrollment(faces: FaceVectors, rows: Sequence[int], rng: np.random.Generator) -> tuple[PersonFeatures, Person]:
    """Photos of a person as the aligner takes them, each as it is or degraded, and who she is."""
    copy = (rng.random(len(rows)) < 0.3).astype(int)
    seen = torch.ones(1, len(rows), dtype=torch.bool)
    arrays = {"prototypes": faces.identity[list(rows), copy], "prints": faces.prints[list(rows), copy]}
    quality = float(faces.quality[list(rows), copy].max())
    identity, body = torch.from_numpy(arrays["prototypes"])[None], torch.from_numpy(faces.body[list(rows)])[None]
    return PersonFeatures(identity, seen, body, seen), Person("", arrays=arrays, extra={"quality": quality})
