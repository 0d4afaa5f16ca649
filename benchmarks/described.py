"""What is measured against what people saw: the colour of the upper garment, the posture, the kind of place.

    PVCHAT_HOME=FOLDER python benchmarks/described.py ../shared/devset --half tune

In: a folder with `people.json` and `questions.jsonl`. Out: for each of the three, how many of the answers that name one
(`phrases.py`) are measured right, wrong or not at all, and how much of what is told is right: by set, the easy and the
hard part, in all, with 95 % intervals that draw whole clips. Everybody is enrolled and each person is asked about
together with all others; who isn't found present is silent. "The same track if she is never missed": of the track most
like her, whatever the decision.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import labelled
import numpy as np
from phrases import colour_agrees, colours_of, place_agrees, place_of, postures_of

from pvchat import PVChat
from pvchat.eval.manifest import HALVES
from pvchat.eval.metrics.bootstrap import Bootstrap, ratio
from pvchat.identity.enroll import enroll
from pvchat.identity.evidence import gather
from pvchat.schemas import ClipAnalysis, PersonFacts, PersonPresence, SceneFacts

KINDS = ("colour", "posture", "place")
_SILENT_KINDS = ("tie", "bow tie", "trousers", "collar", "scarf")  # no upper garments


@dataclass(frozen=True)
class Verdict:
    """One answer: what it names, what was measured (None: nothing), whether that is right."""

    kind: str
    set: str
    hard: bool
    video: str
    person: str
    named: Any
    said: str | None
    right: bool


def main(argv: list[str] | None = None) -> None:
    """Analyse the clips, hold what is measured against the answers, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--rows", action="store_true", help="print every answer, too")
    args = parser.parse_args(argv)
    chat, rows = PVChat.from_pretrained("embedded"), describing(labelled.questions(args.folder, args.half))
    people = [
        enroll(chat.analyse(args.folder / p["enroll"], stage="who"), p["name"]) for p in labelled.people(args.folder)
    ]
    found, always = list[Verdict](), list[Verdict]()
    for video in sorted({row["video"] for row in rows}):
        asked, analysis = [row for row in rows if row["video"] == video], chat.analyse(args.folder / video)
        scored = chat.score(people, analysis)
        found += judge(asked, scored, analysis)
        always += judge(asked, [_never_missed(p) for p in scored], analysis)
    _tell(found, "as she is found")
    _tell(always, "the same track if she is never missed")
    for one in found if args.rows else []:
        sys.stdout.write(f"{one.kind}\t{one.video}\t{one.person}\t{one.named}\t{one.said}\t{one.right}\n")


def describing(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The questions about what one person who is there wears, does, and where."""
    return [r for r in rows if r["kind"] == "single" and r["type"] != "existence" and all(r["present"].values())]


def judge(rows: Sequence[dict[str, Any]], scored: Sequence[PersonPresence], analysis: ClipAnalysis) -> list[Verdict]:
    """Verdicts on what one clip's answers name, one of each kind a person."""
    evidence, found = gather(scored, analysis), dict[tuple[str, str], Verdict]()
    for row in rows:
        name = row["people"][0]
        facts, scene = evidence.facts.get(name), evidence.scene if name in evidence.facts else SceneFacts()
        for kind, named, said, right in _compared(row, facts or PersonFacts(), scene):
            one = Verdict(kind, row["set"], row["id"].startswith("hard-"), row["video"], name, named, said, right)
            found.setdefault((kind, name), one)
    return list(found.values())


def _compared(row: dict[str, Any], facts: PersonFacts, scene: SceneFacts) -> list[tuple[str, Any, str | None, bool]]:
    found: list[tuple[str, Any, str | None, bool]] = []
    if row["type"] == "appearance" and (colours := colours_of(row["answer"])):
        colour = told_colour(facts)
        found.append(("colour", set(colours), colour, colour is not None and colour_agrees(colour, colours)))
    if row["type"] != "appearance" and (postures := postures_of(row["answer"])):
        told = told_posture(facts)
        found.append(("posture", set(postures), " ".join(sorted(told)) or None, bool(told & postures)))
    if row["type"] == "location" and (named := place_of(row["answer"])):
        place = told_place(scene, named)
        found.append(("place", named, place, place is not None and place_agrees(place, named)))
    return found


def told_colour(facts: PersonFacts) -> str | None:
    """The colour of the outermost upper garment that has one."""
    return next((g.colour for g in facts.clothes if g.kind not in _SILENT_KINDS and g.colour), None)


def told_posture(facts: PersonFacts) -> set[str]:
    """The postures that the facts tell; who walks isn't said to stand."""
    moves = facts.movement or ""
    for deed, verb in (("falling", "falls"), ("walking", "walks"), ("running", "runs")):
        moves = moves.replace(deed, verb)
    told = set(postures_of(f"{facts.pose or ''} {moves}") or ())
    return told - {"standing"} if told & {"walking", "running"} else told


def told_place(scene: SceneFacts, named: str) -> str | None:
    """The kind of place that the scene tells; where an answer says "outdoors" only, the setting counts."""
    if scene.place:
        return place_of(scene.place) or scene.place
    return scene.setting if named == "outdoors" and scene.setting == "outdoors" else None


def _never_missed(person: PersonPresence) -> PersonPresence:
    return (
        person
        if person.track is not None or person.nearest is None
        else replace(person, decision="present", track=person.nearest)
    )


def _tell(verdicts: Sequence[Verdict], title: str) -> None:
    sys.stdout.write(f"{title}\n  {'':24}    n   right  wrong silent   of all                of what is told\n")
    for kind in KINDS:
        mine = [v for v in verdicts if v.kind == kind]
        groups: list[tuple[str, Callable[[Verdict], bool]]] = [
            *((s, lambda v, s=s: v.set == s) for s in sorted({v.set for v in mine})),
            ("easy", lambda v: not v.hard), ("hard", lambda v: v.hard), ("all", lambda v: True),
        ]  # fmt: skip
        for name, keep in groups:
            _row(f"{kind}, {name}", [v for v in mine if keep(v)])


def _row(name: str, rows: Sequence[Verdict]) -> None:
    clips, told = [v.video for v in rows], np.array([v.said is not None for v in rows], float)
    right, draw = np.array([v.right for v in rows], float), Bootstrap()
    cells = []
    for of in (np.ones_like(told), told):
        one = draw.measure(clips, np.stack([right, of], 1), ratio) if len(rows) else None
        if one is None or one.value is None:
            cells.append("–")
        else:
            cells.append(f"{one.value:.2f} ({one.low or 0:.2f}–{one.high or 0:.2f})")
    counts = f"{int(right.sum()):6d} {int(told.sum() - right.sum()):6d} {int((1 - told).sum()):6d}"
    sys.stdout.write(f"  {name:24} {len(rows):4d}  {counts}   {cells[0]:20}  {cells[1]}\n")


if __name__ == "__main__":
    main()
