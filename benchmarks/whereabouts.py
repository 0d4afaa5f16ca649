"""Whether the trained model can tell by personal tokens where somebody is: made clips of two people, one on each side.

    python benchmarks/whereabouts.py --start pvchat/model/pretrained/embedded --data … --features … \
        --identities lfw --captioned flickr8k --validate-rows 60

In: as for `answering.py`; `--validate-rows` how many clips. Out: for "Where is Ana?" and for "Who is on the left?",
with nothing told but visual and personal tokens, whether the true answer is likelier than the one with the other side,
or the other name: by each one's own tokens, with both people's exchanged, and without. Chance is a half; where tokens
tell, few are right when they are exchanged. With 95 % intervals (Wilson).
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from answering import prepared, weighed

from pvchat.chat.question import Conversation
from pvchat.train.person import wilson_lower_bound
from recipes.answering.answering import AnsweringPhase, people_of
from recipes.answering.lessonplan import Lesson, LessonPlan, of_others

SIDES = ("on the left", "on the right")
KINDS = ("Where is …?", "Who is on the …?")


def main() -> None:
    """Print the table."""
    config, model, phase = prepared()
    rng = np.random.default_rng([config.seed, 11])
    clips: list[tuple[LessonPlan, list[str]]] = []
    while len(clips) < config.validate_rows:
        (made,) = phase.plans(1, rng, True)
        pair = two_sides(made)
        clips += [(replace(made, brief=""), pair)] if pair else []
    rows = {"own tokens": (False, 1.0), "tokens exchanged": (True, 1.0), "no personal tokens": (False, 0.0)}
    own: list[np.ndarray] = []
    for name, (turned, personal) in rows.items():
        found = [
            np.concatenate([likelier(model, phase, *clip, kind, turned, personal) for clip in clips]) for kind in KINDS
        ]
        own = own or found
        cells = [
            f"{kind} {_share(one)}, {(one != was).mean():.2f} turned"
            for kind, one, was in zip(KINDS, found, own, strict=True)
        ]
        sys.stdout.write(f"{name:20} {'; '.join(cells)}\n")
        sys.stdout.flush()


def two_sides(made: LessonPlan) -> list[str]:
    """Who stands on the left and who on the right of a clip of two people who are both enrolled; else nobody."""
    names = {made.sheet.scene.people[p.track].position: p.name for p in made.sheet.presences if p.track is not None}
    if len(made.sheet.scene.people) != 2 or set(names) != set(SIDES):
        return []
    return [names[side] for side in SIDES]


def likelier(
    model: Any, phase: AnsweringPhase, made: LessonPlan, pair: list[str], kind: str, turned: bool, personal: float
) -> np.ndarray:
    """[2] whether the answer that is true of each one's own face is likelier, for both sides."""
    plan = replace(made, named=pair)
    if turned:
        plan = of_others(plan)
    found = []
    for i, side in enumerate(SIDES):
        name, other, across = pair[i], pair[1 - i], SIDES[1 - i]
        if kind == KINDS[0]:
            text, answers, named = f"Where is {name}?", (f"{name} is {side}.", f"{name} is {across}."), [name]
        else:
            text, answers, named = f"Who is {side}?", (f"{name} is {side}.", f"{other} is {side}."), pair
        losses = [loss(model, phase, replace(plan, named=named), text, answer, personal) for answer in answers]
        found.append(losses[0] < losses[1])
    return np.array(found)


def loss(model: Any, phase: AnsweringPhase, plan: LessonPlan, text: str, answer: str, personal: float) -> float:
    """Cross-entropy a token of an answer."""
    lesson = Lesson("where by tokens", text, Conversation(plan.named).read([text])[0], answer)
    batch = phase.collate([plan], [[lesson]], np.random.default_rng(0))
    with torch.no_grad():
        people = people_of(model, batch)
        assert people is not None
        people = weighed(people, personal)
        return float(model(batch.features, batch.prompts, question=batch.question, people=people).lm_loss)


def _share(hits: np.ndarray) -> str:
    share, n = float(hits.mean()), len(hits)
    return f"{share:.3f} ({wilson_lower_bound(share, n):.2f}–{1 - wilson_lower_bound(1 - share, n):.2f}, {n})"


if __name__ == "__main__":
    main()
