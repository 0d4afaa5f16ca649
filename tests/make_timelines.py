"""Made-up timelines and questions about them, and a plain second reading of what a condition is at one moment.

The edges of everything lie on whole seconds, so what holds half a second later holds for that whole second.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from hypothesis import strategies as st
from make_written import written

from pvchat.chat.query import And, Condition, Event, Has, Not, Or, Whom
from pvchat.chat.timeline import Timeline

SECONDS = 12
MOMENTS = [second + 0.5 for second in range(SECONDS)]
NAMES = ("Ana", "Ben", "Cleo", "#1")
Truth = bool | None  # None: not known

_edges = st.tuples(st.integers(0, SECONDS - 1), st.integers(1, SECONDS)).map(lambda e: (min(e), max(e[1], min(e) + 1)))
_values: list[tuple[str, dict[str, Any]]] = [
    ("gender", {"value": "man"}), ("gender", {"value": "woman"}), ("posture", {"value": "sitting"}),
    ("posture", {"value": "standing"}), ("worn", {"value": "jacket", "colour": "red"}),
    ("worn", {"value": "jacket", "colour": "dark blue"}), ("worn", {"value": "hat"}),
    ("worn", {"value": "hat", "holds": False}), ("deed", {"value": "talking"}), ("side", {"value": "left"}),
    ("beside", {"of": "Ana"}), ("beside", {"of": "#1"}), ("holding", {"value": "cup"}),
]  # fmt: skip


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to five rows, with a time or without one."""
    found = []
    for attribute, more in draw(st.lists(st.sampled_from(_values), max_size=5)):
        start, end = draw(_edges)
        timed = attribute != "gender" and draw(st.booleans())
        found.append({"attribute": attribute, **more, **({"from": start, "to": end} if timed else {})})
    return found


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Three people and a stranger, some of them not there, a scene and its things."""
    people = []
    for i, name in enumerate(NAMES):
        spans = [list(span) for span in draw(st.lists(_edges, max_size=2))]
        person = {"name": name, "enrolled": name != "#1", "seen": spans, "x": [0.2, 0.4, 0.4, 0.8][i]}
        people.append({**person, "rows": draw(rows()) if spans else []})
    if draw(st.booleans()):
        people.append({"name": "Dan", "seen": [], "decision": "unsure"})
    things = [{"attribute": "thing", "value": "cup", "from": a, "to": b} for a, b in draw(st.lists(_edges, max_size=1))]
    scene = [{"attribute": "place", "value": "office"}] if draw(st.booleans()) else []
    made = {"seconds": SECONDS, "people": people, "things": things, "scene": scene, "looked_for": ["cup", "dog"]}
    return written({**made, "shots": [[0, 5], [5, SECONDS]]})


single = st.sampled_from([
    Has("present"), Has("alone"), Has("with"), Has("with", of=Whom(("Ana",))), Has("gender", "man"),
    Has("posture", "sitting"), Has("worn", "jacket"), Has("worn", "jacket", "red"), Has("worn", "jacket", "blue"),
    Has("worn", "hat"), Has("worn"), Has("deed", "talking"), Has("deed", "sitting"), Has("side", "right"),
    Has("beside"), Has("beside", of=Whom(("Ana",))), Has("beside", of=Whom(("Ana", "#1"), "both")), Has("holding"),
    Has("left_of", of=Whom(("#1",))), Has("right_of", of=Whom(("Ana",))), Has("place", "kitchen"),
    Has("place", "office"), Has("thing", "cup"), Has("thing", "dog"), Has("thing", "vase"),
])  # fmt: skip


def _compound(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return parts.map(And) | parts.map(Or) | inner.map(Not)


events = st.builds(Event, st.sampled_from(NAMES).map(lambda name: Whom((name,))), single)
conditions: st.SearchStrategy[Condition] = st.recursive(single, _compound, max_leaves=4)


def spans_of(held: list[bool]) -> list[tuple[float, float]]:
    """Seconds that hold, one after the other, as spans."""
    found = [list(group) for value, group in groupby(range(SECONDS), lambda second: held[second]) if value]
    return [(float(group[0]), float(group[-1] + 1)) for group in found]


def there(timeline: Timeline, name: str, at: float) -> bool:
    """Whether somebody is seen at a moment."""
    return any(r.entity == name and r.attribute == "present" and r.start_s < at < r.end_s for r in timeline.rows)


def ever_there(timeline: Timeline, name: str) -> bool:
    """Whether somebody is seen at all."""
    return any(there(timeline, name, at) for at in MOMENTS)


def at_moment(condition: Condition, name: str, timeline: Timeline, at: float) -> Truth:
    """Whether a condition holds of somebody at one moment."""
    if isinstance(condition, Not):
        part = at_moment(condition.part, name, timeline, at)
        return None if part is None else not part
    if isinstance(condition, And | Or):
        parts = [at_moment(part, name, timeline, at) for part in condition.parts]
        wanted = isinstance(condition, Or)
        return wanted if wanted in parts else None if None in parts else not wanted
    if isinstance(condition, Event):
        return at_moment(condition.where, condition.whom.names[0], timeline, at)
    if name == "Dan":
        return None
    return _single(condition, name, timeline, at)


def _single(has: Has, name: str, timeline: Timeline, at: float) -> Truth:
    seen = there(timeline, name, at)
    company = [o for o in NAMES if o != name and there(timeline, o, at)]
    if has.attribute == "present":
        return seen
    if has.attribute == "gender":  # that doesn't change while nobody looks; of two at odds each one asked for holds
        values = {r.value for r in timeline.rows if r.entity == name and r.attribute == "gender"}
        return has.value in values if values else None
    if not seen:
        return None
    if has.attribute == "alone":
        return not company
    if has.attribute in ("with", "beside", "left_of", "right_of"):
        return _related(has, name, timeline, at, company)
    return _of_rows(has, name, timeline, at)


def _related(has: Has, name: str, timeline: Timeline, at: float, company: list[str]) -> Truth:
    wanted = [o for o in (NAMES if has.of is None else has.of.names) if o != name]
    told = [_to_one(has.attribute, name, other, timeline, at, other in company) for other in wanted]
    if has.of is not None and has.of.quantifier == "both":
        return False if False in told or not told else None if None in told else True
    return True if True in told else None if None in told else False


def _to_one(attribute: str, name: str, other: str, timeline: Timeline, at: float, near: bool) -> Truth:
    if attribute == "with":
        return near
    if attribute == "beside":
        pairs = [(r.entity, r.of) for r in timeline.rows if r.attribute == "beside" and r.start_s < at < r.end_s]
        return near and ((name, other) in pairs or (other, name) in pairs)
    if ever_there(timeline, other) and not any(there(timeline, name, t) and there(timeline, other, t) for t in MOMENTS):
        return None
    x = {"Ana": 0.2, "Ben": 0.4, "Cleo": 0.4, "#1": 0.8}
    return near and (x[name] < x[other] if attribute == "left_of" else x[name] > x[other])


def _of_rows(has: Has, name: str, timeline: Timeline, at: float) -> Truth:
    now = [r for r in timeline.rows if r.start_s < at < r.end_s and r.entity in (name, "")]
    own = [r for r in now if r.attribute == has.attribute]
    if has.attribute == "thing":
        return True if any(r.value == has.value for r in own) else None if has.value == "vase" else False
    if has.attribute in ("posture", "side", "place"):
        return None if not own else has.value in [r.value for r in own]
    if has.attribute == "deed":
        return True if any(r.value == has.value for r in now if r.attribute in ("deed", "posture")) else None
    fit = [r for r in own if not has.value or r.value == has.value]
    if any(r.holds and has.colour in r.colour for r in fit):
        return True
    return False if any(not r.holds or has.colour and r.colour for r in fit if has.value) else None
