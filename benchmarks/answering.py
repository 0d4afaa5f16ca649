"""What the answers of phase 4 rest on: evidence, visual tokens, personal tokens and question taken away one by one.

    python benchmarks/answering.py --phase 4 --start RUN --data … --features … --identities lfw --captioned flickr8k

In: the options of base training; `--start` is a run of phase 4, `--validate-rows` how many questions. Out: a table. An
answer counts where greedy writing gives the rules' very words (a stricter measure than `check --phase 4`, which accepts
others of the same content, and a cheap one: nothing is written), in words of questions, with names and identities that
training never saw. Where everybody's tokens are another's, the second number says how many answers follow the tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from pvchat.chat.sentences import SentenceEncoder
from pvchat.train.base.answering import Answering, people_of
from pvchat.train.base.config import parse
from pvchat.train.base.lessonplan import Lesson, Plan
from pvchat.train.base.run import make_model
from pvchat.train.bases.gate import at_least

BY_TOKENS = "existence by tokens"


@dataclass(frozen=True)
class Taken:
    """One row of the table: what is done to a plan, to its visual tokens (factor), to its personal tokens (factor)."""

    name: str
    plan: Callable[[Plan], Plan] = lambda plan: plan
    seen: float = 1.0
    personal: float = 1.0


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    config = parse()
    model = make_model(config).eval()
    phase = Answering(config, model, SentenceEncoder().encode)
    rng = np.random.default_rng([config.seed, 9])
    plans: list[Plan] = []
    while sum(len(p.lessons) for p in plans) < config.validate_rows:
        plans += [p for p in phase.plans(1, rng, True) if not p.lessons[0].told]
    bare = [p for p in (_by_tokens(phase, rng) for _ in range(len(plans) // 2)) if p is not None]
    rows = (
        Taken("as trained"),
        Taken("no evidence", lambda plan: replace(plan, brief="")),
        Taken("no visual tokens", seen=0.0),
        Taken("no personal tokens", personal=0.0),
        Taken("another question", _shuffled),
        Taken("tokens of another", _swapped),
    )
    told = [p for p in plans if p.lessons[0].kind != BY_TOKENS]
    for row in rows:
        shares = [_share(hits(model, phase, group, row)) for group in (told, bare)]
        sys.stdout.write(f"{row.name:20} with evidence {shares[0]}, by tokens only {shares[1]}\n")
    followed = hits(model, phase, bare, Taken("", lambda plan: _flipped(_swapped(plan))))
    sys.stdout.write(f"answers that follow the tokens of another: {_share(followed)}\n")


def hits(model: Any, phase: Answering, plans: list[Plan], taken: Taken) -> list[bool]:
    """Whether greedy writing gives the rules' answer, question by question."""
    found: list[bool] = []
    for number, plan in enumerate(taken.plan(p) for p in plans):
        batch = phase.collate([plan], [plan.lessons], np.random.default_rng(number))
        with torch.no_grad():
            people = people_of(model, batch)
            visual = model.encode_clips(batch.features)
            visual = replace(visual, tokens=visual.tokens * taken.seen)
            if people is not None:
                people = replace(people, tokens=people.tokens * taken.personal)
            found += model(visual, batch.prompts, question=batch.question, people=people).exact[0]
    return found


def _by_tokens(phase: Answering, rng: np.random.Generator) -> Plan | None:
    """A clip with somebody present and somebody absent: who is there has to be read from their tokens."""
    (plan,) = phase.plans(1, rng, True)
    pair = {next((p.name for p in plan.sheet.presences if p.decision == d), ""): d for d in ("present", "absent")}
    if "" in pair:
        return None
    named = [str(name) for name in rng.permutation(list(pair))]
    lessons = []
    for name in named:
        text, answer = f"Is {name} visible in this clip?", _yes_or_no(name, pair[name] == "present")
        lessons.append(Lesson(BY_TOKENS, text, replace(plan.lessons[0].question, text=text, people=(name,)), answer))
    return replace(plan, named=named, brief="", lessons=lessons)


def _shuffled(plan: Plan) -> Plan:
    """Each question in the place of the one before it."""
    texts = [one.text for one in plan.lessons]
    moved = [replace(one, text=text) for one, text in zip(plan.lessons, texts[1:] + texts[:1], strict=True)]
    return replace(plan, lessons=moved)


def _swapped(plan: Plan) -> Plan:
    """Everybody enrolled on the photos of the next in the clip's list."""
    names = [*plan.named, *(n for n in plan.sheet.enrolled if n not in plan.named)]
    rows = [plan.sheet.enrolled[name] for name in names]
    if len(plan.named) == 2:  # each other's
        rows[:2] = rows[1::-1]
    else:
        rows = rows[1:] + rows[:1]
    return replace(plan, sheet=replace(plan.sheet, enrolled=dict(zip(names, rows, strict=True))))


def _flipped(plan: Plan) -> Plan:
    """Yes for no, as it is of whom the tokens are."""
    lessons = []
    for one in plan.lessons:
        answer = _yes_or_no(one.question.people[0], not one.answer.startswith("Yes"))
        lessons.append(replace(one, answer=answer))
    return replace(plan, lessons=lessons)


def _yes_or_no(name: str, there: bool) -> str:
    return f"{'Yes' if there else 'No'}, {name} is {'' if there else 'not '}in this video."


def _share(found: list[bool]) -> str:
    share = float(np.mean(found))
    low, high = at_least(share, len(found)), 1 - at_least(1 - share, len(found))
    return f"{share:.2f} ({low:.2f}–{high:.2f}, {len(found)})"


if __name__ == "__main__":
    main()
