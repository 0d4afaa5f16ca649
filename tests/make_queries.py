"""Whom most tests of questions speak of, and the queries that are asked most."""

from __future__ import annotations

from typing import Any

from make_conditions import FEMALE, MALE

from pvchat.chat.query import EVERYBODY, PRESENT, Condition, During, Event, Query, Relation, Whom

NAMES = ("Ana", "Ben", "Cleo")
ANA, BEN, CLEO = (Whom((name,)) for name in NAMES)
BOTH, EITHER = Whom(("Ana", "Ben"), "both"), Whom(("Ana", "Ben"), "either")
NOBODY, ALL = Whom(quantifier="none"), Whom(quantifier="all")
MAN, WOMAN = Whom(such=MALE), Whom(such=FEMALE)


def polar(whom: Whom = EVERYBODY, where: Condition | None = None, **more: Any) -> Query:
    """Whether it is so: "Is Ana sitting?"."""
    return Query("exists", whom, where, form="polar", **more)


def choice(whom: Whom = EVERYBODY, where: Condition | None = None, **more: Any) -> Query:
    """Which of several is so: "Is Ana sitting or writing?"."""
    return Query("exists", whom, where, form="choice", **more)


def what(attribute: str, whom: Whom = EVERYBODY, where: Condition | None = None, **more: Any) -> Query:
    """An attribute of somebody, or of the scene: "What is Ana wearing?"."""
    return Query("attribute", whom, where, attribute, **more)


def refused(why: str, whom: Whom = EVERYBODY, **more: Any) -> Query:
    """What nothing can answer: "How old is Ana?"."""
    return Query("refuse", whom, refusal=why, **more)


def at(relation: Relation, whom: Whom = EVERYBODY, where: Condition = PRESENT, **more: Any) -> During:
    """The time by an event: "while Ana is sitting", "before Ben comes"."""
    return During(relation, Event(whom, where), **more)
