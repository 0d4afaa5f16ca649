"""Findings made by hand, and what was measured of the people in them.

Ana (0 to 10 s, on the left, sits and talks, red jacket, glasses) and Ben (from 5 s on, on the right, stands, blue
jacket) are in the video; Cleo isn't, of Dan it isn't sure; "#1" and "#2" are strangers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from make_conditions import GONE
from make_queries import BEN, at

from pvchat.chat.clip_timeline import timeline_from
from pvchat.chat.query import Query
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Finding, Found, Missing, Row, Timeline
from pvchat.identity.evidence import Evidence, Neighbour
from pvchat.schemas import Garment, Ground, PersonFacts, PersonPresence, SceneFacts

BEN_AWAY = at("while", BEN, GONE)
SEEN = {"Ana": ((0.0, 10.0),), "Ben": ((5.0, 10.0),)}


def evidence(**changes: Any) -> Evidence:
    ana = PersonFacts(
        where="on the left of the frame", clothes=[Garment("jacket", "red", 0.9)], hair="dark hair", gender="woman",
        features=["glasses"], pose="sitting", gestures=["talking"],
    )  # fmt: skip
    ben = PersonFacts(
        where="on the right of the frame", clothes=[Garment("jacket", "blue", 0.9)], hair="short hair", gender="man",
        pose="standing",
    )  # fmt: skip
    boxes = {"Ana": (0.1, 0.3, 0.3, 0.6), "Ben": (0.45, 0.3, 0.65, 0.6)}
    others = [Neighbour(boxes["Ana"], "Ana"), Neighbour(boxes["Ben"], "Ben")]
    row = {"facts": {"Ana": ana, "Ben": ben}, "boxes": boxes, "others": others, "scene": SceneFacts(place="an office")}
    return Evidence(**{**row, "duration_s": 10.0, "shots": [(0.0, 6.0), (6.0, 10.0)], **changes})


def timeline(people: Sequence[PersonPresence] = (), **changes: Any) -> Timeline:
    known = people or (
        PersonPresence("Ana", "present", 0.999, [(0.0, 10.0)], 0, (0,)),
        PersonPresence("Ben", "present", 0.97, [(5.0, 10.0)], 1, (1,)),
        PersonPresence("Cleo", "absent", 0.01),
        PersonPresence("Dan", "unsure", 0.4),
    )
    return timeline_from(evidence(**changes), known)


def row(entity: str, attribute: str, value: str = "", start: float = 0.0, end: float = 10.0, **more: Any) -> Row:
    return Row(entity, attribute, value, start, end, **more)


def found(name: str, *rows: Row, spans: Any = None, number: float | None = None, likely: bool = False) -> Found:
    return Found(name, "yes", SEEN.get(name, ()) if spans is None else spans, rows, number, likely)


def no(name: str, *rows: Row, number: float | None = None, spans: Any = (), likely: bool = False) -> Found:
    return Found(name, "no", spans, rows, number, likely)


def unknown(name: str, *rows: Row) -> Found:
    return Found(name, "unknown", (), rows)


def finding(query: Query, verdict: Any = None, **more: Any) -> Finding:
    for field in ("people", "against", "open", "missing", "rows", "spans", "during"):
        if field in more and not isinstance(more[field], tuple):
            more[field] = (more[field],)
    return Finding(query, verdict, **more)


def told(query: Query, verdict: Any = None, **more: Any) -> str:
    return say(finding(query, verdict, **more), timeline())


RED, SPECS = (
    row("Ana", "worn", "jacket", colour="red"),
    row("Ana", "worn", "glasses", ground=Ground(3.0, (0, 0, 1, 1), 0.9)),
)
SAT, STOOD = row("Ana", "posture", "sitting"), row("Ben", "posture", "standing")
NO_CLEO = Missing("Cleo", "absent")
