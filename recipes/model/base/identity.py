"""Phase 3: is a person enrolled on some photos in a scene? And the language model's words for it.

In: episodes (`episodes.py`) drawn with the step as seed. Out: batches, a loss, and validation numbers on identities
that training never saw; a second look at faces that nothing degraded ("clear") tells what small and spoilt faces cost.

Legend: B questions, P people named, n enrolled photos, D 128.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.identity.measures import made_out
from pvchat.model.checkpoint import LLM_PARTS
from pvchat.model.features import ClipFeatures, PersonFeatures, collate, collate_people, from_analysis
from pvchat.model.marks import Marks
from pvchat.model.people import People
from pvchat.model.prompts import Prompt
from pvchat.model.sentences import Encode
from pvchat.schemas import FloatArray
from pvchat.train.losses import presence_loss
from recipes.model.base.composed import read_scenes
from recipes.model.base.config import BaseConfig
from recipes.model.base.data import Pictures, read_photos, to_tensor
from recipes.model.base.episodes import Cast, Episode, Episodes, all_questions
from recipes.model.base.features import FaceVectors, read_faces, sentence_vectors
from recipes.model.base.generation import Generation
from recipes.model.base.grounding import CaptionDecoder, WordNaming
from recipes.model.base.phases import Objective, StepLoss, total
from recipes.model.base.report import HEADS_BY_TYPE
from recipes.model.base.scores import balanced


@dataclass
class EpisodeBatch:
    """A batch: features of B scenes, enrollments of all people named one after the other, targets [B, P].

    `marks` are those of each enrollment, `pictures` is a batch of phase 2 to rehearse, or None.
    """

    features: ClipFeatures
    prompts: list[Prompt]
    question: Tensor
    enrolled: PersonFeatures | None
    rows: list[list[str]]
    present: Tensor
    marks: list[Marks]
    episodes: list[Episode] = field(default_factory=list)
    pictures: Any = None


class Identity:
    """Phase 3; presence alone is trained without a language model, or where `--only` leaves all of it out.

    Args:
        config: of the run.
        model: gives the shapes.
        encode: MiniLM, for the questions.
    """

    captioner: CaptionDecoder | None = None
    naming: WordNaming | None = None

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
        both = {key: getattr(faces, key)[:, [0, 0]] for key in ("identity", "prints", "quality")}
        as_they_are = replace(faces, **both)
        self.clear = Episodes(Cast(as_they_are, True), self.parts[True].pictures, [])
        texts = all_questions()
        self.vector = dict(zip(texts, sentence_vectors(texts, config.cache, encode), strict=True))
        words = [n.startswith(LLM_PARTS) for n, p in model.named_parameters() if p.requires_grad]
        self.speaks = any(words)
        self.score = "said_balanced_accuracy" if words and all(words) else "balanced_accuracy"  # what can get better
        self.rehearsal = None
        if config.rehearsal and self.speaks:
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
        people, marks = [one for one, _ in enrolled], [own.to(self.config.device) for _, own in enrolled]
        most = max(len(e.names) for e in episodes)
        present = torch.tensor([[*map(float, e.present), *[0.0] * (most - len(e.names))] for e in episodes])
        question = to_tensor(np.stack([self.vector[e.question] for e in episodes]), self.config.device)
        prompts = [Prompt(e.question, e.answer, clip=i) for i, e in enumerate(episodes)]
        return EpisodeBatch(features, prompts, question, collate_people(people).to(self.config.device),
                            [e.names for e in episodes], present.to(self.config.device), marks, episodes)  # fmt: skip

    def loss(self, model: Any, objective: Objective, batch: EpisodeBatch) -> StepLoss:
        """Presence of everyone named; where words are trained, the answers' too; what is rehearsed."""
        people = named_people(model, batch)
        out = model(batch.features, batch.prompts if self.speaks else None, question=batch.question, people=people)
        losses = {"presence_loss": presence_loss(out.reading.presence, batch.present, people.mask)}
        if self.speaks:  # yes or no is one token of ten: it would get lost
            losses |= {"lm_loss": out.lm_loss, "first_loss": out.first_loss}
        if self.rehearsal is not None:
            losses["rehearsal_loss"] = self.rehearsal.loss(model, objective, batch.pictures).loss
        return total(losses, out.reading)

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        """Balanced accuracies on held-back identities: of presence, on clear faces, of words where it speaks."""
        scores, table = self._scores(model, self.parts[True])
        clear = {f"clear_{name}": value for name, value in self._scores(model, self.clear)[0].items()}
        words = {} if self.rehearsal is None else self.rehearsal.validate(model)
        said = self._said(model) if self.speaks else {}
        return {**words, **scores, **clear, **said, HEADS_BY_TYPE: table}

    def _scores(self, model: Any, part: Episodes) -> tuple[dict[str, float], dict[str, Any]]:
        """`presence_scores` of `validate_rows` questions, and the active share of each head by question type."""
        rng = np.random.default_rng(self.config.seed)
        found: list[tuple[float, float, bool, bool]] = []  # logit, cosine, present, look-alike
        heads: dict[str, list[Any]] = {}
        for _ in range(0, self.config.validate_rows, 16):
            batch = self.collate(part, [part.draw(rng) for _ in range(16)], rng)
            people = named_people(model, batch)
            reading = model(batch.features, question=batch.question, people=people).reading
            shares = [stats.example_share() for stats in reading.routing]
            for i, e in enumerate(batch.episodes):
                logits = reading.presence[i].tolist()
                own = [people.prototypes[i, j][people.prototype_mask[i, j]] for j in range(len(e.names))]
                found += zip(logits, [best_cosine(rows, e) for rows in own], e.present, e.alike, strict=False)
                heads.setdefault(e.kind, []).extend(rows[i] for rows in shares)
        table = {kind: _head_means(rows, len(reading.routing)) for kind, rows in heads.items()}
        return presence_scores(np.array(found, np.float64)), table

    def _said(self, model: Any) -> dict[str, float]:
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
            visual = model.encode_clips(batch.features)
            yes += model.yes_no(visual, batch.prompts, question=batch.question, people=people).tolist()
            told += model.read(visual, batch.question, people).presence[:, 0].tolist()
            there += [e.present[0] for e in batch.episodes]
        says, tells, truth = np.array(yes) > 0, np.array(told) > 0, np.array(there)
        scores = {"said_balanced_accuracy": balanced(says, truth), "told_balanced_accuracy": balanced(tells, truth)}
        return scores | {"said_as_told": float((says == tells).mean())}


def named_people(model: Any, batch: EpisodeBatch) -> People:
    """The people named, by the aligner, with gradients; somebody is."""
    assert batch.enrolled is not None
    made = model.aligner.people(batch.enrolled, [name for row in batch.rows for name in row])
    states = iter([replace(state, marks=own) for state, own in zip(made, batch.marks, strict=True)])
    people = People.batch([[next(states) for _ in row] for row in batch.rows], model.config)
    assert people is not None  # every episode names someone
    return people


def enrollment(faces: FaceVectors, rows: Sequence[int], rng: np.random.Generator) -> tuple[PersonFeatures, Marks]:
    """Photos of a person as the aligner takes them, each as it is or degraded, and their marks."""
    copy = (rng.random(len(rows)) < 0.3).astype(int)
    seen = torch.ones(1, len(rows), dtype=torch.bool)
    identity = torch.from_numpy(faces.identity[list(rows), copy])[None]
    prints = made_out(faces.prints[list(rows), copy], False)[0]
    body = torch.from_numpy(faces.body[list(rows)])[None]
    marks = Marks.of(prints=prints, quality=float(faces.quality[list(rows), copy].max()))
    return PersonFeatures(identity, seen, body, seen), marks


def presence_scores(found: FloatArray) -> dict[str, float]:
    """Balanced accuracy at probability .5, the same with look-alikes as the only absent ones, and a plain rule's.

    Args:
        found: [n, 4] logit, best cosine, present, look-alike.

    Returns:
        Also "cosine_balanced_accuracy": the best single threshold on the cosine, chosen on these very rows (a bound).
    """
    logit, cosine, present, alike = found.T
    there = present > 0
    scores = {"balanced_accuracy": balanced(logit > 0, there)}
    hard = there | (alike > 0)
    scores["look_alike_balanced_accuracy"] = balanced(logit[hard] > 0, there[hard])
    scores["cosine_balanced_accuracy"] = max(balanced(cosine >= c, there) for c in np.unique(cosine))
    return scores


def best_cosine(prototypes: Tensor, episode: Episode) -> float:
    """Highest cosine between a person's prototypes [n, D] and any face of the scene; -1 without faces."""
    faces = [torch.from_numpy(t.identity) for t in episode.scene.analysis.tracks]
    return float((prototypes.cpu() @ torch.cat(faces).T).max()) if faces else -1.0


def _head_means(rows: list[Tensor], modules: int) -> list[list[float]]:
    """Mean share of each head, module by module, of rows that run through the modules again and again."""
    return [torch.stack(rows[m::modules]).mean(0).tolist() for m in range(modules)] if modules else []
