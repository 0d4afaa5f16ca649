"""What is known of a video as a table over time: people, and rows that say what holds of whom from when to when.

`run.py` looks a `Query` up in it. A part of a clip, a clip, a film and an archive of films are the same table.

Each condition has three values: it holds, it doesn't, it isn't known. Silence is "not known" but where it means more:

- a person who is "present" isn't seen outside the spans of her rows "present"; of an "unsure" one nothing is known;
- of `EXCLUSIVE` attributes one value denies the others at that time: who sits doesn't stand, a red jacket isn't blue;
- people who are seen together and not said to be beside each other aren't; left and right of each other follow from
  `Entity.centre`;
- a thing that is looked for (`Timeline.looked_for`) and has no row isn't there;
- a row may say itself that something does not hold (`Row.holds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pvchat.chat.finding import Row
from pvchat.chat.spans import Span, merged
from pvchat.schemas import Decision, SoundState

EXCLUSIVE = ("gender", "posture", "side", "shot_size", "setting", "place", "light", "style")
OF_SCENE = ("place", "setting", "light", "background", "thing", "on", "style")  # of no person


@dataclass(frozen=True)
class Entity:
    """Somebody in the video, or somebody enrolled who isn't.

    Attributes:
        name: an enrolled name, or "#1", "#2" … for strangers.
        known: enrolled.
        decision: whether this one is in the video.
        probability: of that.
        centre: where this one usually is, x and y as fractions of the frame; None: not known.
        height: of the face or figure, as a fraction of the frame.
        like: whose sighting this one's is, or may be: of an unsure one a stranger's, of the less likely of two names
            the other's. Whoever is counted, this one isn't for itself.
    """

    name: str
    known: bool = True
    decision: Decision = "present"
    probability: float = 1.0
    centre: tuple[float, float] | None = None
    height: float | None = None
    like: str = ""


@dataclass(frozen=True)
class Timeline:
    """Everything that can be asked about one video, or a part of it.

    Attributes:
        start_s, end_s: of the part, seconds.
        entities: everyone enrolled, in order of enrollment, then the strangers who are seen.
        rows: what holds of whom when; of the scene (entity "") too.
        shots: start and end of each, seconds.
        looked_for: labels of things whose absence is known.
        still: a photo, or as short as one: no times are told.
        at_least: there may be more strangers than are listed.
        sound: whether it was listened to: "heard", or why it wasn't (`schemas.SoundState`); "": nobody has asked.
        measured: out of pictures: near shades and about equal lengths aren't told apart.
    """

    start_s: float
    end_s: float
    entities: tuple[Entity, ...] = ()
    rows: tuple[Row, ...] = ()
    shots: tuple[Span, ...] = ()
    looked_for: frozenset[str] = frozenset()
    still: bool = False
    at_least: bool = False
    measured: bool = False
    sound: SoundState | Literal[""] = ""

    @cached_property
    def _by_entity(self) -> dict[tuple[str, str], list[Row]]:
        table: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            table.setdefault((row.entity, row.attribute), []).append(row)
        return table

    @property
    def whole(self) -> Span:
        """From when to when, seconds."""
        return self.start_s, self.end_s

    def of(self, entity: str, attribute: str) -> Sequence[Row]:
        """The rows of one person (or of "", the scene) about one attribute, in order."""
        return self._by_entity.get((entity, attribute), ())

    @cached_property
    def _seen(self) -> dict[str, list[Span]]:
        known = {
            who: [row.span for row in rows if row.holds]
            for (who, what), rows in self._by_entity.items()
            if what == "present"
        }
        return {who: merged(spans) for who, spans in known.items()} | {"": [self.whole]}

    def seen(self, entity: str) -> list[Span]:
        """When somebody is seen, seconds; the scene always is."""
        return self._seen.get(entity, [])

    def entity(self, name: str) -> Entity | None:
        """Somebody by name."""
        return next((one for one in self.entities if one.name == name), None)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Timeline:
        """A made-up timeline, as `data/composed/README.md` describes it.

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
        return cls(0.0, end, tuple(entities), tuple(rows), shots, frozenset(row.get("looked_for", ())),
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
