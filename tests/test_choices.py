"""Choices from lists: probabilities, what is told of them, and what forbids them."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_analysis import make_analysis, make_track
from make_asked import read_question
from make_choices import likeness_to, scale_of

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.english import HEDGE
from pvchat.chat.question import known_of
from pvchat.chat.speakers.checking import contradictions
from pvchat.chat.speakers.claims import fill_gaps
from pvchat.chat.timeline import Row, Timeline
from pvchat.model.choices import (
    KINDS,
    at_odds,
    choices,
    group_names,
    group_shares,
    pick,
    possible,
    sentences,
    softmax,
)
from pvchat.schemas import HANDS, PersonFacts, PersonPresence, SceneFacts, Thing

TABLE = Thing("dining table", 0.9, [0], [[0.1, 0.5, 0.9, 0.9]], [0.9])


@pytest.mark.parametrize("kind", KINDS)
def test_the_lists_are_well_made(kind: str) -> None:
    said = [c.said for c in choices(kind)]
    assert len(set(said)) == len(said)
    assert len(set(sentences(kind))) == len(sentences(kind))
    for choice in choices(kind):
        assert re.search(rf"\b(?:{choice.words})\b", " ".join(choice.sentences)), choice.said
        if choice.setting:  # the guard would refuse it anywhere else, or doesn't know the words
            other = next(s for s in ("indoors", "outdoors") if s != choice.setting)
            scene = Timeline(0.0, 1.0, rows=(Row("", "setting", choice.setting or "", 0.0, 1.0),))
            assert not contradictions(choice.said, "", scene), choice.said
            assert not possible(kind, SceneFacts(setting=other), 9)[said.index(choice.said)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_nearest_choice_wins_and_everything_sums_to_one(kind: str) -> None:
    for row, choice in enumerate(choices(kind)):
        shares = scale_of().probabilities(kind, likeness_to(kind, choice.said)[None], possible(kind, SceneFacts(), 9))
        assert shares.argmax() == row
        assert shares.sum() == pytest.approx(1.0, abs=1e-5)


@given(st.integers(0, 2**31), st.integers(1, 6))
def test_probabilities_are_over_what_is_allowed(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    logits, allowed = rng.normal(0, 30, (rows, 5)).astype(np.float32), rng.random((rows, 5)) < 0.5
    shares = softmax(logits, allowed)
    assert np.isfinite(shares).all()
    assert (shares[~allowed] == 0).all()
    assert shares.sum(1) == pytest.approx(allowed.any(1).astype(float), abs=1e-5)


def shares_of(**said: float) -> np.ndarray:
    """Probabilities [K] of places, by a word of theirs."""
    shares = np.zeros(len(choices("location")), np.float32)
    for word, share in said.items():
        shares[next(i for i, c in enumerate(choices("location")) if word in c.said)] = share
    return shares


def test_the_narrowest_choice_that_is_likely_enough_is_told() -> None:
    scale = scale_of(least=0.3, least_of_group=0.4)

    def said(**shares: float) -> tuple[str, bool]:
        found = pick("location", scale, shares_of(**shares))
        return found.said, found.told

    assert said(beach=0.5) == ("on a beach", True)
    assert said(kitchen=0.5, bedroom=0.4) == ("in a kitchen", True)
    assert said(kitchen=0.25, bedroom=0.2) == ("at home", True)
    assert said(kitchen=0.2, bedroom=0.1) == ("in a kitchen", False)


@pytest.mark.parametrize("kind", KINDS)
def test_groups_share_out_everything(kind: str) -> None:
    shares = softmax(np.random.default_rng(0).normal(size=(4, len(choices(kind)))), np.ones(len(choices(kind)), bool))
    groups = group_shares(kind, shares)
    assert groups.shape == (4, len(group_names(kind)))
    assert groups.sum(1) == pytest.approx(1.0, abs=1e-5)


def present(name: str = "Ana") -> PersonPresence:
    return PersonPresence(name, "present", 0.9, [], 0)


def answer(text: str, chosen: dict[str, str], scene: SceneFacts, facts: PersonFacts, people: int = 1, **kinds) -> str:
    tracks = [make_track(i, box=(0.3 * i, 0.2, 0.3 * i + 0.1, 0.5)) for i in range(people)]
    analysis = make_analysis(*tracks)
    analysis.scene, tracks[0].facts, analysis.things = scene, facts, kinds.get("things", [])
    question = read_question(text, ["Ana"])

    def liken(tracks: list[int | None], texts: list[str]) -> np.ndarray:
        kind = next(k for k in KINDS if texts == sentences(k))
        return np.stack([likeness_to(kind, chosen[kind])] * len(tracks))

    timeline = timeline_of([present()], analysis)
    filled = fill_gaps(question, [present()], timeline, analysis, liken, scale_of(**kinds.get("scale", {})))
    return known_of(question, [present()], filled).plain


CHOSEN = {"action": "jumping", "location": "at an event"}


def test_choices_fill_gaps_with_a_hedge() -> None:
    scene = SceneFacts(setting="indoors")
    smiling = PersonFacts(gestures=["smiling"])
    assert answer("What is Ana doing?", CHOSEN, scene, smiling) == f"Ana smiles and {HEDGE} jumps."
    assert answer("Where is Ana?", CHOSEN, scene, smiling) == f"Ana is {HEDGE} at an event."


def test_measured_facts_come_first() -> None:
    facts, scene = PersonFacts(deed="jumping"), SceneFacts(place="a kitchen")
    assert answer("What is Ana doing?", CHOSEN, scene, facts) == "Ana jumps."
    assert answer("Where is Ana?", CHOSEN, scene, facts) == "Ana is in a kitchen."
    likely = SceneFacts(place="a kitchen", confidence={"place": 0.4})
    assert answer("Where is Ana?", CHOSEN, likely, facts) == f"Ana is {HEDGE} in a kitchen."


def test_what_was_measured_forbids_choices() -> None:
    beach = {"action": "posing for a photo with others", "location": "on a beach"}
    assert "beach" not in answer("Where is Ana?", beach, SceneFacts(setting="indoors"), PersonFacts())
    assert "beach" in answer("Where is Ana?", beach, SceneFacts(setting="outdoors"), PersonFacts())
    facing = PersonFacts(gestures=["facing the camera"])
    assert "others" not in answer("What is Ana doing?", beach, SceneFacts(), facing, people=1)
    assert "others" in answer("What is Ana doing?", beach, SceneFacts(), facing, people=2)
    assert "others" not in answer("What is Ana doing?", beach, SceneFacts(), PersonFacts(), people=2)  # nor turned away
    talking = PersonFacts(gestures=["talking"])
    assert answer("What is Ana doing?", CHOSEN, SceneFacts(), talking) == "Ana talks."
    company = CHOSEN | {"action": "talking with somebody"}
    assert "talks with somebody" in answer("What is Ana doing?", company, SceneFacts(), talking, people=2)
    assert at_odds(choices("action")[0], talking)
    assert at_odds(choices("action")[0], PersonFacts(confidence={HANDS: 0.5}))  # what may be gestures


@pytest.mark.parametrize("background", ["a dark background", "a light grey background", "a blue background", None])
def test_before_one_surface_no_place_is_guessed(background: str | None) -> None:
    scene = SceneFacts(setting="indoors", background=background)
    told = f"Ana is {HEDGE} at an event." if background is None else f"Ana is indoors, before {background}."
    assert answer("Where is Ana?", CHOSEN, scene, PersonFacts()) == told


def test_what_is_impossible_or_too_unlikely_is_not_told() -> None:
    scene, high = SceneFacts(setting="indoors"), {"scale": {"least": 1.1, "least_of_group": 1.1}}
    for kind in KINDS:
        none = np.zeros(len(choices(kind)), bool)
        assert scale_of().probabilities(kind, likeness_to(kind, CHOSEN[kind])[None], none).sum() == 0
    assert answer("Where is Ana?", CHOSEN, scene, PersonFacts(), **high) == "Ana is indoors."


def test_who_stands_does_not_sit_at_a_table() -> None:
    sitting = CHOSEN | {"action": "sitting at a table"}
    stands = PersonFacts(pose="standing")
    assert answer("What is Ana doing?", sitting, SceneFacts(), stands, things=[TABLE]) == "Ana stands."


@pytest.mark.parametrize(("said", "told"), [("sitting at a table", "at a table"), ("eating or drinking", "eats")])
@pytest.mark.parametrize("scale", [{}, {"least": 1.1}], ids=["one", "group"])
def test_nobody_sits_at_a_table_or_eats_where_none_is_seen(said: str, told: str, scale: dict[str, float]) -> None:
    chosen = CHOSEN | {"action": said}
    for things in ([], [Thing("couch", 0.9, [0], [[0.1, 0.5, 0.9, 0.9]], [0.9])]):
        text = answer("What is Ana doing?", chosen, SceneFacts(), PersonFacts(), things=things, scale=scale)
        assert text == "Ana is in this video, but I can't make out what Ana is doing."
    assert told in answer("What is Ana doing?", chosen, SceneFacts(), PersonFacts(), things=[TABLE], scale=scale)


def test_no_living_room_is_a_restaurant() -> None:
    assert not any("restaurant" in name for name in group_names("location") if name != "in a restaurant or café")


def test_in_a_bedroom_one_sits_on_a_bed() -> None:
    couch = CHOSEN | {"action": "sitting on a couch"}
    assert "sits on a bed" in answer("What is Ana doing?", couch, SceneFacts(place="a bedroom"), PersonFacts())
    assert "sits on a couch" in answer("What is Ana doing?", couch, SceneFacts(), PersonFacts())


def test_who_moves_the_hands_may_sit_at_a_table() -> None:
    by_name = {choice.said: choice for choice in choices("action")}
    sitting, eating = by_name["sitting at a table"], by_name["eating or drinking"]
    gestures = PersonFacts(gestures=["gesturing with a hand"])
    assert at_odds(eating, gestures, eating.said)
    assert not at_odds(sitting, gestures, sitting.said)
    assert at_odds(sitting, replace(gestures, pose="standing"), sitting.said)


def test_which_room_is_told_where_that_is_likely_enough() -> None:
    bedroom, scene = CHOSEN | {"location": "in a bedroom"}, SceneFacts(setting="indoors")
    assert answer("Where is Ana?", bedroom, scene, PersonFacts()) == f"Ana is {HEDGE} in a bedroom."
    group = {"scale": {"least": 1.1}}
    assert answer("Where is Ana?", bedroom, scene, PersonFacts(), **group) == f"Ana is {HEDGE} at home."


def test_a_place_needs_a_sure_setting() -> None:
    for sure, told in (
        (0.7, f"Ana is {HEDGE} at an event."),
        (0.5, "Ana is in this video, but I can't make out where."),
    ):
        scene = SceneFacts(setting="indoors", confidence={"setting": sure})
        assert answer("Where is Ana?", CHOSEN, scene, PersonFacts()) == told
