"""The plain questions are answered in the same bytes as by the modules before `say/`; goes with them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from pvchat.chat.answers import plain_answer
from pvchat.chat.evidence import Evidence, Neighbour
from pvchat.chat.finding import Finding, Found, Missing
from pvchat.chat.query import Has, Not, Query, Whom
from pvchat.chat.questions import read_question
from pvchat.chat.say.voice import say
from pvchat.schemas import Garment, PersonFacts, PersonPresence, SceneFacts, Why

NAMES = ("Ana", "Ben", "Cleo", "Dov")
ONE, BOTH = Whom(("Ana",)), Whom(("Ana", "Ben"), "both")
ASKED = {
    "Is Ana in this video?": Query("exists", ONE, form="polar"),
    "Are Ana and Ben both in this video?": Query("exists", BOTH, form="polar"),
    "Are Ana, Ben and Cleo in this video?": Query("exists", Whom(("Ana", "Ben", "Cleo"), "all"), form="polar"),
    "Who is in this video?": Query("who"),
    "Who else is in this video besides Ana?": Query("who", Whom(besides=("Ana",))),
    "What is Ana wearing in this video?": Query("attribute", ONE, attribute="worn"),
    "What does Ana look like?": Query("attribute", ONE, attribute="looks"),
    "What is Ana doing in this video?": Query("attribute", ONE, attribute="deed"),
    "What are Ana and Ben doing in this video?": Query("attribute", BOTH, attribute="deed"),
    "Where is Ana in this video?": Query("attribute", ONE, attribute="place"),
    "Describe Ana.": Query("describe", ONE),
    "Who is not in this video?": Query("who", where=Not(Has("present"))),
}  # fmt: skip


def presences(draw: random.Random) -> list[PersonPresence]:
    found = []
    for track, name in enumerate(NAMES):
        decision = draw.choice(["present", "present", "absent", "unsure"])
        times = sorted(draw.sample(range(40), 2 * draw.choice([1, 1, 2, 5])))
        spans = [(float(a), float(b)) for a, b in zip(times[::2], times[1::2], strict=True)]
        hard = tuple(draw.sample(["masked", "small", "turned", "blurred"], draw.randrange(3)))
        why = Why("likeness", hard, draw.choice([None, 3.2])) if decision == "unsure" and draw.random() < 0.7 else None
        seen = spans if decision == "present" else []
        mine = draw.choice([track, track, 0, None])
        found.append(PersonPresence(name, decision, draw.random(), seen, mine, (track,), why=why))
    return found


def facts(draw: random.Random) -> PersonFacts:
    clothes = [
        Garment(*one) for one in (("jacket", "red", 0.9), ("trousers", None, 0.9), ("top", "orange", 0.9, "sleeveless"))
    ]
    return PersonFacts(
        where=draw.choice([None, "on the left of the frame", "in the middle of the picture, in front of the others"]),
        shot=draw.choice([None, "close-up", "far away", "medium shot"]),
        clothes=draw.sample(clothes, draw.randrange(3)),
        hair=draw.choice([None, "dark hair", "long blonde hair"]),
        features=draw.sample(["glasses", "a beard", "bare shoulders", "a hat", "a scar"], draw.randrange(3)),
        gender=draw.choice([None, "man", "woman"]),
        pose=draw.choice([None, "standing", "sitting"]),
        movement=draw.choice([None, "walking to the right", "turning their head"]),
        gestures=draw.sample(["talking", "raising a hand", "facing the camera"], draw.randrange(3)),
        holding=draw.choice([None, "a cup"]),
        activity=draw.choice([None, "playing tennis", "probably sleeping"]),
        seat=draw.choice([None, "on a sofa"]),
        near=draw.sample(["at a table", "before bookshelves"], draw.randrange(2)),
        confidence={"gender": draw.choice([0.5, 0.95])},
    )  # fmt: skip


def evidence(draw: random.Random, people: Sequence[PersonPresence]) -> Evidence:
    there = [p.name for p in people if p.decision == "present"]
    boxes = {name: (0.2 * i, 0.3, 0.2 * i + 0.1, 0.6) for i, name in enumerate(NAMES) if name in there}
    scene = SceneFacts(
        place=draw.choice([None, "an office", "a beach", "a hospital bed", "a dark stage"]),
        setting=draw.choice([None, "indoors", "outdoors"]),
        light=draw.choice([None, "dark", "bright"]),
        background=draw.choice([None, "a grey background", "an orange background", "a light grey background"]),
        behind=draw.sample(["curtains", "bookshelves", "a blue sky"], draw.randrange(3)),
        drawn=draw.random() < 0.2,
        confidence={"setting": draw.choice([0.5, 0.9])},
    )  # fmt: skip
    others = [Neighbour((0.9, 0.3, 1.0, 0.6), None, (1, 2))] if draw.random() < 0.3 else []
    return Evidence(
        {name: facts(draw) for name in there if draw.random() < 0.9}, boxes, others, scene, len(others),
        draw.choice([None, 1.0, 40.0]), draw.choice([None, None, "in a probably small kitchen"]), people=list(people),
    )  # fmt: skip


def found(query: Query, people: Sequence[PersonPresence]) -> Finding:
    """What is found of presences alone."""
    asked = [p for p in people if p.name in (query.whom.names or NAMES) and p.name not in query.whom.besides]
    named = query.whom.names
    verdict = "yes" if all(p.decision == "present" for p in asked) else "no"
    return Finding(
        query, verdict if query.select == "exists" else None,
        people=tuple(Found(p.name, "yes", tuple(p.spans)) for p in asked if p.decision == "present"),
        missing=tuple(Missing(p.name, p.decision) for p in asked if named and p.decision != "present"),
    )  # fmt: skip


@pytest.mark.parametrize("text", ASKED)
def test_the_plain_questions_are_answered_as_before(text: str) -> None:
    for seed in range(120):
        draw = random.Random(f"{text} {seed}")
        everyone = presences(draw)
        seen = evidence(draw, everyone)
        question = read_question(text, NAMES)
        before = plain_answer(question, question.about(everyone), seen)
        assert say(found(ASKED[text], everyone), seen) == before
