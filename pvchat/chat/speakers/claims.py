"""Fills what wasn't measured, by choosing from the lists of `model/choices.py`: an encoder (`--eyes`) chooses the place
and what people do.

In: a question, a timeline, the clip, the encoder. Out: the timeline, with a row where it asks for something that was
not measured; such a row is told with "probably". Whoever isn't surely there is never described, and what was measured
stays.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pvchat.chat.query import atoms
from pvchat.chat.question import Question
from pvchat.chat.timeline import Row, Timeline
from pvchat.model.choices import ZERO_SHOT, ChoiceKind, Liken, Picked, Scale, at_odds, pick, possible, sentences
from pvchat.schemas import ClipAnalysis, PersonFacts, PersonPresence

_HELPED = ("deed", "posture", "place")  # attributes of which a choice can tell something
_LIKELY = 0.6  # probability of a row that is told with "probably"
_ON_A_COUCH, _ON_A_BED = "sitting on a couch", "sitting on a bed"  # what one sits on in a bedroom
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gap:
    """What wasn't measured, of whom ("" for a place), and at whose track to look for it (None: at the whole clip)."""

    kind: ChoiceKind
    name: str
    track: int | None = None


def fill_gaps(
    question: Question, people: Sequence[PersonPresence], timeline: Timeline, analysis: ClipAnalysis, liken: Liken,
    scale: Scale = ZERO_SHOT,
) -> Timeline:  # fmt: skip
    """The timeline for a question about some people, with a row in each gap that an encoder can fill, which likens
    them to sentences.
    """
    wanted, rows = gaps(question, people, timeline, analysis), dict[Gap, Row]()
    for kind in dict.fromkeys(gap.kind for gap in wanted):  # one look at the clip for all of a kind
        rows |= _chosen([gap for gap in wanted if gap.kind == kind], timeline, analysis, liken, scale)
    found = [rows[gap] for gap in wanted if gap in rows]  # each holds all the time that its person is seen
    added = (replace(row, start_s=start, end_s=end) for row in found for start, end in timeline.seen(row.entity))
    return replace(timeline, rows=(*added, *timeline.rows))


def gaps(question: Question, people: Sequence[PersonPresence], timeline: Timeline, analysis: ClipAnalysis) -> list[Gap]:
    """What is asked for and was not measured; nothing of the absent, nor of drawings: encoders learned from photos."""
    query = question.query
    asked = [has.attribute for has in atoms(query.where)]
    helped = query.select == "exists" and bool(query.whom.names) and any(one in _HELPED for one in asked)
    helped = helped or query.select in ("attribute", "describe") and query.attribute in (None, *_HELPED)
    if question.type not in ("action", "location", "other") or timeline.drawn or not helped:
        return []
    found = list[Gap]()
    for name, track in ((p.name, p.track) for p in people if p.decision == "present"):
        if question.type != "location" and track is not None and not analysis.tracks[track].facts.deed:
            found.append(Gap("action", name, track))
        if question.type != "action" and not timeline.of("", "place"):
            found.append(Gap("location", ""))
    return list(dict.fromkeys(found))


def _chosen(
    mine: Sequence[Gap], timeline: Timeline, analysis: ClipAnalysis, liken: Liken, scale: Scale
) -> dict[Gap, Row]:
    """For gaps of one kind the likeliest choice as a row, where it is likely enough and nothing speaks against it."""
    kind, found = mine[0].kind, dict[Gap, Row]()
    count = sum(bool(timeline.seen(one.name)) for one in timeline.entities)
    alike = liken([gap.track for gap in mine], sentences(kind))
    shares = scale.probabilities(kind, alike, possible(kind, analysis.scene, count))
    for gap, share in zip(mine, shares, strict=True):
        picked = pick(kind, scale, share)
        fits = _fits(gap, picked, analysis)
        _log.debug("%s %s: %r %.2f, fits: %s", kind, gap.name, picked.said, picked.probability, fits)
        if fits:
            in_bedroom = picked.said == _ON_A_COUCH and analysis.scene.place == "a bedroom"
            attribute, said = "deed" if kind == "action" else "place", _ON_A_BED if in_bedroom else picked.said
            found[gap] = Row(gap.name, attribute, said, *timeline.whole, probability=_LIKELY)
    return found


def _fits(gap: Gap, picked: Picked, analysis: ClipAnalysis) -> bool:
    """Whether nothing speaks against what was picked from a list: it is no guess, and what it needs is seen; no place
    before one surface, nor where even indoors or outdoors isn't sure; no deed of who is seen doing something else.
    """
    scene, needed = analysis.scene, picked.choice.seen
    if not picked.told or needed and needed.isdisjoint(one.label for one in analysis.things):
        return False
    if gap.kind == "location":
        return not scene.background and scene.setting == scene.sure_setting
    facts = PersonFacts() if gap.track is None else analysis.tracks[gap.track].facts
    return not at_odds(picked.choice, facts, picked.said)
