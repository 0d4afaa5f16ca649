"""What a face suggests of somebody: a man or a woman, and a smile as a mood. Told when asked, and off by a switch.

In: a question, the evidence. Out: the evidence without it (`Settings.traits`), and what is said to who asks for it.
Moods are not told: of the expressions of labelled faces only smiles hold on faces of another source, and what somebody
feels isn't what the face shows. Ages aren't either: a head on film faces took old for middle-aged every second time
(docs/LOG.md). None of it tells who somebody is: the cues of identity are in `identity/`, and this is not among them.
"""

from __future__ import annotations

from dataclasses import replace

from pvchat.chat.evidence import Evidence
from pvchat.schemas import PersonFacts

_SMILE = "smiling"


def without_traits(evidence: Evidence) -> Evidence:
    """The evidence as if nobody's gender and no smile had been measured."""
    return replace(
        evidence,
        facts={name: _without(facts) for name, facts in evidence.facts.items()},
        others=[replace(one, facts=_without(one.facts)) for one in evidence.others],
        traits=False,
    )


def _without(facts: PersonFacts) -> PersonFacts:
    return replace(
        facts,
        gender=None,
        gestures=[gesture for gesture in facts.gestures if gesture != _SMILE],
        grounds={key: ground for key, ground in facts.grounds.items() if key not in ("gender", _SMILE)},
    )
