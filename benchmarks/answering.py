"""What the answers of phase 4 rest on: evidence, visual tokens, personal tokens and question taken away one by one.

    python benchmarks/answering.py --start pvchat/model/pretrained/embedded --data … --features … \
        --identities lfw --captioned flickr8k --validate-rows 200

In: the options of base training; `--start` is a run of phase 4 or a saved model with words of its own for answering,
`--validate-rows` how many questions. Out: a table; parts of the model that are switched off stay trained as they are:
MoEC's MLPs take equal shares, heads that are routed are all off or all on. "+" and "-" count the questions that come
out right only without, and only with what was taken away. An
answer counts where greedy writing gives the rules' very words (a stricter measure than `check --phase 4`, which accepts
others of the same content, and a cheap one: nothing is written), in words of questions, with names and identities that
training never saw. Where everybody's tokens are another's, the second number says how many answers follow the tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from switches import changed, equal_shares, routed

from pvchat.bases.models import trained_folder
from pvchat.chat.query import Query, Whom
from pvchat.chat.question import Question
from pvchat.model.checkpoint import read_adapters
from pvchat.model.config import ANSWERING
from pvchat.model.people import People
from pvchat.model.sentences import SentenceEncoder
from pvchat.train.person import wilson_lower_bound
from recipes.answering.answering import AnsweringConfig, AnsweringPhase, people_of
from recipes.answering.lessonplan import Lesson, LessonPlan, of_others
from recipes.model.base.config import BaseConfig, parse
from recipes.model.base.run import make_model
from recipes.model.batches import encode_clips
from recipes.model.scoring import Asked, score

BY_TOKENS = "existence by tokens"
_SCENES = 60  # drawn for who is there by tokens only; those with nobody present or nobody absent are left out


@dataclass(frozen=True)
class Taken:
    """One row of the table: what is done to a plan, its visual tokens (factor), its personal tokens and marks, to the
    model.
    """

    name: str
    plan: Callable[[LessonPlan], LessonPlan] = lambda plan: plan
    seen: float = 1.0
    personal: float = 1.0
    off: Callable[[Any], AbstractContextManager[None]] = lambda model: nullcontext()


def main() -> None:
    """Print the table."""
    config, model, phase = prepared()
    rng = np.random.default_rng([config.seed, 9])
    plans: list[LessonPlan] = []
    while sum(len(p.lessons) for p in plans) < config.validate_rows:
        plans += [p for p in phase.plans(1, rng, True) if not p.lessons[0].evidence]
    bare = [p for p in (_by_tokens(phase, rng) for _ in range(_SCENES)) if p is not None]
    rows = (
        Taken("as trained"),
        Taken("no evidence", lambda plan: replace(plan, brief="")),
        Taken("no visual tokens", seen=0.0),
        Taken("no personal tokens", personal=0.0),
        Taken("another question", _shuffled),
        Taken("tokens of another", of_others),
        Taken("no HGA", off=lambda model: changed((model.connectors, "hga", False))),
        Taken("no MoVA gate", off=lambda model: changed((model, "gate", None))),
        Taken("MoEC in equal shares", off=equal_shares),
        Taken("routed heads off", off=lambda model: routed(model, 0.0)),
        Taken("routed heads on", off=lambda model: routed(model, 1.0)),
    )
    told = [p for p in plans if p.lessons[0].kind != BY_TOKENS]
    whole: list[list[list[bool]]] = []
    for row in rows:
        found = [hits(model, phase, group, row) for group in (told, bare)]
        whole = whole or found
        told_of, by_tokens = (f"{_share(a)} {_changes(a, b)}" for a, b in zip(found, whole, strict=True))
        sys.stdout.write(f"{row.name:20} with evidence {told_of}, by tokens only {by_tokens}\n")
        sys.stdout.flush()
    followed = hits(model, phase, bare, Taken("", lambda plan: _flipped(of_others(plan))))
    sys.stdout.write(f"answers that follow the tokens of another: {_share(followed)}\n")


def prepared() -> tuple[BaseConfig, Any, AnsweringPhase]:
    """What the words of the command line ask for: the model, with words of its own for answering, and the phase."""
    torch.set_num_threads(1)
    config = parse(kind=AnsweringConfig)
    model = make_model(config).eval()
    words = trained_folder(Path(config.start)) / ANSWERING
    if words.is_file():
        model.load_state_dict(read_adapters(model, words), strict=False)
    return config, model, AnsweringPhase(config, model, SentenceEncoder().encode)


def weighed(people: People, personal: float) -> People:
    """People with so much of their personal tokens; at 0 without what they are recognised by, too."""
    enrolled = people.enrolled if personal > 0 else [[None] * len(row) for row in people.enrolled]
    return replace(people, tokens=people.tokens * personal, enrolled=enrolled)


def hits(model: Any, phase: AnsweringPhase, plans: list[LessonPlan], taken: Taken) -> list[list[bool]]:
    """Whether greedy writing gives the rules' answer, plan by plan; of a long brief the last questions are left out."""
    found: list[list[bool]] = []
    for number, plan in enumerate(taken.plan(p) for p in plans):
        batch = phase.collate([plan], [plan.lessons], np.random.default_rng(number))
        with torch.no_grad(), taken.off(model):
            people = people_of(model, batch)
            visual = encode_clips(model, batch.features)
            visual = replace(visual, tokens=visual.tokens * taken.seen)
            if people is not None:
                people = weighed(people, taken.personal)
            found.append(score(model, Asked(visual, batch.prompts, batch.question, people)).exact[0])
    return found


def _by_tokens(phase: AnsweringPhase, rng: np.random.Generator) -> LessonPlan | None:
    """A clip with somebody present and somebody absent: who is there has to be read from their tokens."""
    (plan,) = phase.plans(1, rng, True)
    pair = {next((p.name for p in plan.sheet.presences if p.decision == d), ""): d for d in ("present", "absent")}
    if "" in pair:
        return None
    named = [str(name) for name in rng.permutation(list(pair))]
    lessons = []
    for name in named:
        text, answer = f"Is {name} visible in this clip?", _yes_or_no(name, pair[name] == "present")
        read = Question(text, Query("exists", Whom((name,)), form="polar"))
        lessons.append(Lesson(BY_TOKENS, text, read, answer))
    return replace(plan, named=named, brief="", lessons=lessons)


def _shuffled(plan: LessonPlan) -> LessonPlan:
    """Each question in the place of the one before it."""
    texts = [one.text for one in plan.lessons]
    moved = [replace(one, text=text) for one, text in zip(plan.lessons, texts[1:] + texts[:1], strict=True)]
    return replace(plan, lessons=moved)


def _flipped(plan: LessonPlan) -> LessonPlan:
    """Yes for no, as it is of whom the tokens are."""
    lessons = []
    for one in plan.lessons:
        answer = _yes_or_no(one.question.people[0], not one.answer.startswith("Yes"))
        lessons.append(replace(one, answer=answer))
    return replace(plan, lessons=lessons)


def _yes_or_no(name: str, there: bool) -> str:
    return f"{'Yes' if there else 'No'}, {name} is {'' if there else 'not '}in this video."


def _changes(found: list[list[bool]], whole: list[list[bool]]) -> str:
    pairs = [pair for a, b in zip(found, whole, strict=True) for pair in zip(a, b, strict=False)]
    return f"+{pairs.count((True, False))} -{pairs.count((False, True))}"


def _share(rows: list[list[bool]]) -> str:
    found = [one for row in rows for one in row]
    share = float(np.mean(found))
    low, high = wilson_lower_bound(share, len(found)), 1 - wilson_lower_bound(1 - share, len(found))
    return f"{share:.2f} ({low:.2f}–{high:.2f}, {len(found)})"


if __name__ == "__main__":
    main()
