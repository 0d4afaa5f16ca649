"""Whether somebody is there whom identity leaves unsure: what a base learned of her, as a calibrated yes or no.

In: a base before one clip, people, presences. Out: the presences, decided. Only people with a deep state for this base
that passed its gate are judged so, and only where identity alone can't decide: its probability and the base's log-odds,
scaled as held-back clips say, are added (log-odds of two witnesses).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pvchat.bases.states import STATE, adapted, personal_of
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, Decision, PersonPresence

if TYPE_CHECKING:
    from pvchat.bases.loading import Base
    from pvchat.bases.marking import Visuals
    from pvchat.config import PresenceConfig

PRESENCE_QUESTION = "Is {} in this video?"
PRESENCE_BRIEF = "Answer yes or no."
_CLIP = 6.0  # log-odds that one witness may bring


@dataclass(frozen=True)
class Witness:
    """A base that was taught people, before one clip.

    Attributes:
        base: the base.
        visuals: frames of the clip, without marks.
        analysis: of it.
        vector: sentence vector [1, S] of a question, for a connector; None where there is none.
    """

    base: Base
    visuals: Visuals
    analysis: ClipAnalysis
    vector: Callable[[str], Any]


def judged(
    witness: Witness, people: Sequence[Person], presences: Sequence[PersonPresence], config: PresenceConfig
) -> list[PersonPresence]:
    """Presences with decisions about these people, who were taught to this base."""
    from pvchat.bases.connector import looking_at

    odds = {}
    for person in people:
        question = PRESENCE_QUESTION.format(person.name)
        with looking_at(witness.base, witness.analysis, witness.vector(question)):
            odds[person.name] = log_odds(witness.base, person, witness.visuals)
    return [decided(p, odds.get(p.name), config) for p in presences]


def log_odds(base: Base, person: Person, visuals: Visuals | None) -> float:
    """The base's calibrated log-odds that she is in these frames."""
    import torch

    from pvchat.bases.prompts import BasePrompt, inputs_of
    from pvchat.bases.replying import yes_no
    from pvchat.bases.soft import spoken_with

    known = personal_of(base, [person])
    question = BasePrompt(PRESENCE_QUESTION.format(person.name), soft=((person.name, len(known[0].tokens)),),
                     brief=PRESENCE_BRIEF)  # fmt: skip
    with torch.inference_mode(), spoken_with(base, known), adapted(base, [person]):
        odds = float(yes_no(base, inputs_of(base, visuals, question)))
    state = person.extra[STATE]
    return float(state["scale"]) * odds + float(state["bias"])


def decided(presence: PersonPresence, odds: float | None, config: PresenceConfig) -> PersonPresence:
    """A presence with a base's word beside identity's."""
    if odds is None:
        return presence
    at = min(max(presence.probability, 1e-4), 1 - 1e-4)
    total = math.log(at / (1 - at)) + max(-_CLIP, min(_CLIP, odds))
    probability = 1 / (1 + math.exp(-total))
    decision: Decision = "unsure"
    if probability >= config.present_from and presence.track is not None:
        decision = "present"
    elif probability < config.absent_below:
        decision = "absent"
    return replace(presence, probability=probability, decision=decision)
