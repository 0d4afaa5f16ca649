"""What was found for a `Query`: a `Finding`, which `run.py` makes and `say/` puts into words.

JSON output, the app's timeline and follow-up questions read this, never the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from pvchat.chat.query import Query
from pvchat.chat.spans import Span, Verdict
from pvchat.chat.timeline import Row

Absence = Literal["absent", "unsure", "not enrolled"]


@dataclass(frozen=True)
class Found:
    """What was found about one person.

    Attributes:
        entity: as in `Row`.
        verdict: whether what is asked holds of this one.
        spans: when it does, seconds.
        rows: that say so.
        number: a length of time (seconds) or a count, where that is asked for.
        likely: it only probably holds, or only probably doesn't (its rows say "probably").
    """

    entity: str
    verdict: Verdict = "yes"
    spans: tuple[Span, ...] = ()
    rows: tuple[Row, ...] = ()
    number: float | None = None
    likely: bool = False


@dataclass(frozen=True)
class Missing:
    """Somebody who is asked about and of whom nothing can be told.

    Attributes:
        name: as it was asked.
        why: isn't in the video, may be, or bears no enrolled name.
        suggests: the enrolled name that was probably meant.
    """

    name: str
    why: Absence
    suggests: str = ""


@dataclass(frozen=True)
class Finding:
    """What was found.

    Attributes:
        query: for which question.
        verdict: to yes-or-no questions; None for others.
        people: those of whom it holds, in the order of the answer (of enrollment, or of the rank that is asked for).
        against: those of whom it is known not to hold.
        open: those of whom that isn't known.
        spans: when it holds of all that is asked, seconds.
        number: how many, how long (seconds), how often.
        at_least: the number may be higher, since not everything is known.
        missing: asked about by name and absent, unsure or not enrolled.
        rows: what answers, of the scene or of things.
        then: what was found for the second of two questions.
        nothing: the part of the video that is asked about doesn't exist, or its event never happens.
        during: the time that an event names, seconds, where the query has one ("while Ben is away").
    """

    query: Query
    verdict: Verdict | None = None
    people: tuple[Found, ...] = ()
    against: tuple[Found, ...] = ()
    open: tuple[Found, ...] = ()
    spans: tuple[Span, ...] = ()
    number: float | None = None
    at_least: bool = False
    missing: tuple[Missing, ...] = ()
    rows: tuple[Row, ...] = ()
    then: Finding | None = None
    nothing: bool = False
    during: tuple[Span, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The entities of whom it holds."""
        return tuple(found.entity for found in self.people)

    @property
    def everyone(self) -> tuple[Found, ...]:
        """Everybody of whom anything was found: that it holds, that it doesn't, that it isn't known."""
        return *self.people, *self.against, *self.open

    def to_dict(self) -> dict[str, Any]:
        """As JSON, for `--explain`, `--json` and the app; what is empty or as usual is left out."""
        row: dict[str, Any] = _to_json(self)
        return row


def _to_json(value: Any) -> Any:
    """Values as JSON; a row's times are its "span", and an entity is called "who"."""
    if isinstance(value, tuple):
        return [_to_json(part) for part in value]
    if isinstance(value, Query):
        return value.to_dict()
    if not is_dataclass(value):
        return value
    row = {one.name: _to_json(getattr(value, one.name)) for one in fields(value) if one.name != "ground"}
    if "entity" in row:
        row = {"who": row.pop("entity"), **row}
    if isinstance(value, Row):
        row["span"] = [round(row.pop("start_s"), 2), round(row.pop("end_s"), 2)]
        row["probability"] = None if value.probability == 1.0 else round(value.probability, 3)
        return {name: part for name, part in row.items() if part not in ("", None) and (name, part) != ("holds", True)}
    return {name: part for name, part in row.items() if part is not None and part is not False and part not in ("", [])}
