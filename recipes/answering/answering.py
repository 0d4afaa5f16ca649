"""Phase 4 of base training: questions answered from what was measured, through the language model.

    python -m recipes.answering.answering --data … --features … --start FOLDER --only llm.,project_p --out RUN

In: made evidence (`sheets.py`), questions about it (`lessonplan.py`). Out: batches, a loss, and how many answers to
questions in words that training never saw say what the rules say, by the check that `ask` uses (`checking.py`).

A batch's questions about one clip share what stands before them (`Prompt.turns`); its visual tokens are read with the
first question in mind.

Legend: B clips.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, ClassVar

import numpy as np

from pvchat.chat.speakers.checking import Backed, Hearing
from pvchat.errors import SettingsError
from pvchat.model.people import People
from pvchat.model.sentences import Encode
from pvchat.train.config import setting
from recipes.answering.lessonplan import MISLED, Lesson, LessonPlan, of_others, plan
from recipes.answering.sheets import KEPT_NAMES, TRAINING_NAMES, Maker
from recipes.model.base.config import BaseConfig, parse
from recipes.model.base.data import to_tensor
from recipes.model.base.identity import EpisodeBatch, enrollment, episodes_of, named_people
from recipes.model.base.phases import Objective, Phase, StepLoss, total
from recipes.model.base.run import train_base
from recipes.model.batches import collate, collate_people, from_analysis
from recipes.model.prompts import Prompt
from recipes.model.scoring import score, write_all

QUESTIONS = 10  # about one clip
ANSWER_TOKENS = 64
_TOGETHER = 8  # answers that validation writes at once


@dataclass(frozen=True)
class AnsweringConfig(BaseConfig):
    """A run of this phase alone."""

    phases: ClassVar[dict[int, str]] = {4: "answering"}
    phase: int = setting(4, "4 answering")


class AnsweringPhase(Phase):
    """The phase.

    Args:
        config: of the run.
        model: with a language model.
        encode: MiniLM, for the questions.
    """

    score = "agreeing"

    def __init__(self, config: BaseConfig, model: Any, encode: Encode) -> None:
        if model.llm is None:
            raise SettingsError("phase 4 trains through a language model", hint="Leave out --llm none.")
        self.config, self.model_config, self.encode = config, model.config, encode
        self.episodes = episodes_of(config, model, [[], []])
        self.makers = {
            validation: Maker(part.cast, part.row_of, KEPT_NAMES if validation else TRAINING_NAMES)
            for validation, part in self.episodes.items()
        }

    def fingerprint(self) -> str:
        """Hash of the backgrounds, and how many identities there are."""
        part = self.episodes[False]
        return sha256(f"{part.pictures.fingerprint()} {len(part.cast.names)}".encode()).hexdigest()[:16]

    def plans(self, count: int, rng: np.random.Generator, validation: bool) -> list[LessonPlan]:
        """Made clips with questions; those of which nothing can be asked are left out."""
        found: list[LessonPlan] = []
        while len(found) < count:
            sheet = self.makers[validation].make(self.episodes[validation].laid_out(rng), rng)
            made = plan(sheet, QUESTIONS, rng, validation)
            if made.brief and not validation and rng.random() < MISLED:
                made = of_others(made)
            found += [made] if made.lessons else []
        return found

    def batch(self, step: int) -> EpisodeBatch:
        """Clips of one step with their questions."""
        rng = np.random.default_rng([self.config.seed, 4, step])
        plans = self.plans(self.config.batch, rng, False)
        return self.collate(plans, [p.lessons for p in plans], rng)

    def collate(
        self, plans: Sequence[LessonPlan], lessons: Sequence[Sequence[Lesson]], rng: np.random.Generator
    ) -> EpisodeBatch:
        """A batch.

        Args:
            plans: B clips, the same one several times for several questions.
            lessons: the questions about each.
            rng: which copy of an enrolled photo is seen, as it is or degraded.
        """
        prompts = [
            Prompt(one[0].prompt, one[0].answer, p.brief, clip=i, turns=tuple((x.prompt, x.answer) for x in one[1:]))
            for i, (p, one) in enumerate(zip(plans, lessons, strict=True))
        ]
        features = collate([from_analysis(p.sheet.scene.analysis, self.model_config) for p in plans])
        faces = self.episodes[False].cast.faces
        enrolled = [enrollment(faces, p.sheet.enrolled[name], rng) for p in plans for name in p.named]
        question = to_tensor(self.encode([one[0].text for one in lessons]), self.config.device)
        people = collate_people([one for one, _ in enrolled]).to(self.config.device) if enrolled else None
        who = [one for _, one in enrolled]
        return EpisodeBatch(features, prompts, question, people, [p.named for p in plans], who)

    def loss(self, model: Any, objective: Objective, batch: EpisodeBatch) -> StepLoss:
        """The language model's over all answers, and over their first tokens, where yes and no are decided."""
        out = score(model, batch.asked(people_of(model, batch)))
        return total({"lm_loss": out.lm_loss, "first_loss": 0.3 * out.first_loss}, out.reading)

    def validate(self, model: Any, objective: Objective | None = None) -> dict[str, Any]:
        """How many answers agree with the rules', all and by kind, and the loss, on `validate_rows` questions."""
        rng = np.random.default_rng([self.config.seed, 4])
        rows: list[tuple[LessonPlan, Lesson]] = []
        while len(rows) < self.config.validate_rows:
            (made,) = self.plans(1, rng, True)
            rows += [(made, lesson) for lesson in made.lessons[:3]]
        rows = rows[: self.config.validate_rows]
        said = [
            text for i in range(0, len(rows), _TOGETHER) for text in self.write(model, rows[i : i + _TOGETHER], rng)
        ]
        kinds: dict[str, list[bool]] = defaultdict(list)
        for (made, lesson), text in zip(rows, said, strict=True):
            kinds[lesson.kind].append(agrees(made, lesson, text))
        every = [right for rights in kinds.values() for right in rights]
        exact = [text == lesson.answer for (_, lesson), text in zip(rows, said, strict=True)]
        by_kind = {kind: [sum(rights), len(rights)] for kind, rights in sorted(kinds.items())}
        return {"agreeing": float(np.mean(every)), "exact": float(np.mean(exact)), "by_kind": by_kind}

    def write(self, model: Any, rows: Sequence[tuple[LessonPlan, Lesson]], rng: np.random.Generator) -> list[str]:
        """The model's answers to some questions."""
        batch = self.collate([made for made, _ in rows], [[lesson] for _, lesson in rows], rng)
        return write_all(model, batch.asked(people_of(model, batch)), most=ANSWER_TOKENS)


def agrees(made: LessonPlan, lesson: Lesson, text: str) -> bool:
    """Whether an answer says what the rules say, sentence by sentence."""
    check = Backed(lesson.answer, [p.name for p in made.sheet.presences])
    return not Hearing(check).hear(text) and not check.left


def people_of(model: Any, batch: EpisodeBatch) -> People | None:
    """The people named in a batch; None where nobody is."""
    return named_people(model, batch) if any(batch.rows) else None


def main(words: Sequence[str] | None = None) -> None:
    """Train with command-line words, those of `pvchat train base`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    train_base(parse(words, AnsweringConfig), kind=AnsweringPhase)


if __name__ == "__main__":
    main()
