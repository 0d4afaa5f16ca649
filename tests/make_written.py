"""Timelines that are written down, as `data/composed/README.md` describes them: for tests and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pvchat.chat.spans import Span
from pvchat.chat.timeline import Entity, Row, Timeline


def written(row: dict[str, Any]) -> Timeline:
    """The timeline that a JSON object describes.

    Raises:
        ValueError: it isn't one.
    """
    end = float(row["seconds"])
    entities, rows = [], [_made(one, "", end, [(0.0, end)]) for one in row.get("scene", [])]
    for person in row["people"]:
        spans = [(float(a), float(b)) for a, b in person.get("seen", [])]
        centre = None if person.get("x") is None else (float(person["x"]), 0.5)
        known, decision = person.get("enrolled", True), person.get("decision", "present" if spans else "absent")
        entities.append(Entity(person["name"], known, decision, 1.0, centre, person.get("height")))
        rows += [Row(person["name"], "present", "", start, until) for start, until in spans]
        rows += [made for one in person.get("rows", []) for made in _each_span(one, person["name"], end, spans)]
    rows += [_made(one, "", end, [(0.0, end)]) for one in row.get("things", [])]
    shots = tuple((float(a), float(b)) for a, b in row.get("shots", [[0, end]]))
    return Timeline(0.0, end, tuple(entities), tuple(rows), shots, frozenset(row.get("looked_for", ())),
                    sound=row.get("sound", ""))  # fmt: skip


def _each_span(one: dict[str, Any], entity: str, end: float, spans: Sequence[Span]) -> list[Row]:
    """A person's row, once for each time that she is seen, unless it says when."""
    when = spans if "from" not in one and "to" not in one else [(one.get("from", 0.0), one.get("to", end))]
    return [_made(one, entity, end, [span]) for span in when]


def _made(one: dict[str, Any], entity: str, end: float, spans: Sequence[Span]) -> Row:
    start, until = spans[0]
    known = {"attribute", "value", "colour", "of", "from", "to", "holds"}
    if not set(one) <= known:
        raise ValueError(f"a row has no {', '.join(sorted(set(one) - known))}")
    return Row(
        entity, one["attribute"], one.get("value", ""), float(one.get("from", start)), float(one.get("to", until)),
        one.get("colour", ""), one.get("of", ""), 1.0, one.get("holds", True),
    )  # fmt: skip
