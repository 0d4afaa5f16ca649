"""From which log-odds of presence on a language model answers "Yes"; `release --presence-scale` brings that to 0.

    python -m recipes.answering.yes_threshold --start FOLDER --data … --features … --identities lfw --captioned …

In: a saved model with words of its own for answering, made clips of identities that it never saw. Out: for some
log-odds, told in the place of those that it finds, the mean log-odds of "Yes", and where these cross 0; all printed.
`release --presence-scale 2 LESS`, less being what it takes to cross at 0, lays it beside the words: a match that is
less sure than the one of training is then told in the same tone.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pvchat.bases.models import trained_folder
from pvchat.chat.query import Query, Whom
from pvchat.chat.question import Question
from pvchat.model.checkpoint import read_adapters
from pvchat.model.config import ANSWERING
from pvchat.model.sentences import SentenceEncoder
from pvchat.schemas import FloatArray
from recipes.answering.answering import AnsweringConfig, AnsweringPhase, people_of
from recipes.answering.lessonplan import Lesson, LessonPlan
from recipes.model.base.config import parse
from recipes.model.base.run import make_model
from recipes.model.scoring import yes_no

PRESENCE_ODDS = (-6.0, -4.0, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0)
QUESTION = "Is {} visible in this clip?"


def main() -> None:
    """Print the threshold."""
    torch.set_num_threads(1)
    config = parse(kind=AnsweringConfig)
    model = make_model(config).eval()
    model.load_state_dict(read_adapters(model, trained_folder(Path(config.start)) / ANSWERING), strict=False)
    with torch.no_grad():
        model.prints.heard.copy_(torch.tensor([1.0, 0.0]))
    phase = AnsweringPhase(config, model, SentenceEncoder().encode)
    plans = list(itertools.islice(questions(phase, config.seed), config.validate_rows))
    answers = [odds_of_yes(model, phase, plans, odds) for odds in PRESENCE_ODDS]
    for odds, yes in zip(PRESENCE_ODDS, answers, strict=True):
        sys.stdout.write(f"told {odds:4.1f}: {yes.mean():5.2f}, yes {(yes > 0).mean():.2f}\n")
    begins = crossing(PRESENCE_ODDS, [float(yes.mean()) for yes in answers])
    sys.stdout.write(f"a yes begins at {begins:.2f}: --presence-scale 2 {-begins:.2f}\n")


def questions(phase: AnsweringPhase, seed: int) -> Iterator[LessonPlan]:
    """Whether somebody is in a made clip, one who is and one who isn't in turn, with nothing told."""
    rng = np.random.default_rng([seed, 9])
    while True:
        (made,) = phase.plans(1, rng, True)
        for decision in ("present", "absent"):
            name = next((p.name for p in made.sheet.presences if p.decision == decision), None)
            if name is not None:
                text = QUESTION.format(name)
                read = Question(text, Query("exists", Whom((name,)), form="polar"))
                lesson = Lesson("existence", text, read, "Yes")
                yield replace(made, named=[name], brief="", lessons=[lesson])


def odds_of_yes(model: Any, phase: AnsweringPhase, plans: Sequence[LessonPlan], odds: float) -> FloatArray:
    """[n] log-odds of "Yes" where the language model is told some log-odds of presence."""
    found, certainty = [], model.prints.certainty
    model.prints.certainty = lambda found: certainty(torch.full_like(found, odds))
    try:
        for plan in plans:
            batch = phase.collate([plan], [plan.lessons], np.random.default_rng(0))
            with torch.no_grad():
                yes = yes_no(model, batch.asked(people_of(model, batch)))
            found.append(float(yes))
    finally:
        del model.prints.certainty
    return np.array(found, np.float32)


def crossing(x: Sequence[float], y: Sequence[float]) -> float:
    """Where a rising line through points (x, y) crosses 0; an end of it where it doesn't."""
    return float(np.interp(0.0, np.maximum.accumulate(y), x))


if __name__ == "__main__":
    main()
