"""Who stands where among those seen together: a `LineUp` and what was measured in, whom it means out, or a sentence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pvchat.chat.english import HEDGE, NTH_SAID, are, be, join, number, so_many_people, upper
from pvchat.chat.evidence import Evidence, Neighbour, at_once, seen_together
from pvchat.chat.lineup import EVERYBODY, LineUp
from pvchat.chat.say.phrases import side_by_side

APART, NEARER = 0.02, 1.25  # frame widths, and face heights' ratio, from which two people differ [choice]
CENTRE = 0.17  # frame widths around the middle in which somebody is in the middle [choice]
_ENDS_SAID = {
    "first left": "on the left", "first right": "on the right", "middle": "in the middle",
    "nearest": "nearest to the camera", "farthest": "farthest from the camera",
}  # fmt: skip
NOBODY = "I see nobody in this video."


def meant(lineup: LineUp, names: Sequence[str], evidence: Evidence) -> list[Neighbour]:
    """Whom a question means, in the order in which they are told.

    Args:
        lineup: as it was read.
        names: those whom it names, all of them present.
        evidence: what was measured.
    """
    if lineup.relation.startswith(EVERYBODY):
        row = _row(evidence)[:: -1 if lineup.relation.endswith("right") else 1]
        if lineup.gender:
            if lineup.counted:
                return [o for o in row if _gender(o, evidence) == lineup.gender][lineup.nth :][:1]
            row = [o for o in row if _gender(o, evidence) in ("", lineup.gender)]
            sure = [o for o in row if _gender(o, evidence) and _is_there(lineup.relation, o)]
            row = sure or row  # who surely is one comes before who may be
        return row if lineup.relation.startswith("row") else _at_end(lineup, row)
    with_all = [o for o in evidence.others if o.name not in names and all(_together(n, o, evidence) for n in names)]
    at = [_middle(evidence.boxes[name]) for name in names if name in evidence.boxes]
    if not at or len(at) < len(names):
        return []
    with_all = [o for o in with_all if not lineup.gender or _gender(o, evidence) in ("", lineup.gender)]
    if lineup.relation == "closest":
        return sorted(with_all, key=lambda o: abs(_middle(o.box) - at[0]))[:1]
    if lineup.relation == "beside":
        return [o for o in with_all if side_by_side(evidence.boxes[names[0]], o.box)]
    low, high = {"left": (-1.0, min(at)), "right": (max(at), 2.0)}.get(lineup.relation, (min(at), max(at)))
    found = [o for o in with_all if low + APART < _middle(o.box) < high - APART]
    found = sorted(found, key=lambda o: abs(_middle(o.box) - at[0]))
    return found[:1] if lineup.single and lineup.relation != "between" else found


def whom_told(lineup: LineUp, names: Sequence[str], evidence: Evidence) -> tuple[list[Neighbour], list[Neighbour]]:
    """Whom an answer about those meant speaks of: who is known by name, else who isn't; as `meant`."""
    found = meant(lineup, names, evidence)
    known = [o for o in found if o.name and o.sure]
    return known, [] if known else found


def _at_end(lineup: LineUp, row: Sequence[Neighbour]) -> list[Neighbour]:
    """Who of a row, outermost first, is at its end, in its middle, nearest to the camera or farthest from it."""
    if lineup.relation in ("nearest", "farthest"):
        return _by_size(row, lineup.relation == "farthest")
    if lineup.relation == "middle":
        if len(row) % 2 and row[1:]:
            return [row[len(row) // 2]]
        own = sorted(row, key=lambda o: abs(_middle(o.box) - 0.5))[:1]
        return [o for o in own if _is_there("middle", o)]
    beyond = row and lineup.told and (_middle(row[0].box) < 0.5) == lineup.relation.endswith("right")
    if beyond and not row[1:]:  # who is alone on the left is nobody on the right
        return []
    return list(row[lineup.nth :][:1])


def _is_there(relation: str, other: Neighbour) -> bool:
    """Whether somebody is on the side, or in the middle, that is meant, whoever else is."""
    off = _middle(other.box) - 0.5
    if relation == "middle":
        return abs(off) < CENTRE
    return abs(off) > CENTRE / 2 and (off < 0) == relation.endswith("left")


def placed(lineup: LineUp, names: Sequence[str], evidence: Evidence) -> str:
    """Who stands where a question asks, as a sentence."""
    found = meant(lineup, names, evidence)
    if lineup.relation.startswith("row"):
        side = lineup.relation.removeprefix("row ")
        return f"From {side} to {'right' if side == 'left' else 'left'}: {join(_each(found))}." if found else NOBODY
    if lineup.whether:
        return _whether_between(names, evidence)
    if lineup.relation in ("nearest", "farthest"):
        return _told_by_size(found, lineup.relation == "farthest", not _row(evidence)[1:])
    if lineup.counted:
        return " ".join(filter(None, (_counted(lineup, names, found), uncounted(lineup, evidence))))
    if lineup.relation.startswith("first"):
        side = lineup.relation.removeprefix("first ")
        return f"{upper(_each(found)[0])} is furthest to the {side}." if found else NOBODY
    who, place = _people(found), where(lineup, names)
    if lineup.counts and who:
        return f"{upper(number(_how_many(found)))}: {join(who)} {are(who)} {place}."
    return f"{upper(join(who))} {are(who)} {place}." if who else f"I see nobody {place}."


def _counted(lineup: LineUp, names: Sequence[str], found: Sequence[Neighbour]) -> str:
    """Who is so many from a side."""
    place = where(lineup, names)
    if not found:
        return f"I see {f'no {place}' if lineup.gender else f'nobody {place}'}."
    return f"{upper(_each(found)[0])} is {'the ' * bool(lineup.gender)}{place}."


def uncounted(lineup: LineUp, evidence: Evidence) -> str:
    """Of how many of a row it can't be told whether they are men or women, where that counts; empty for none."""
    unsexed = sum(not _gender(o, evidence) for o in _row(evidence)) if lineup.counted and lineup.gender else 0
    which = "it is a man or a woman" if unsexed == 1 else "they are men or women"
    return f"Of {so_many_people(unsexed)} I can't tell whether {which}." if unsexed else ""


def _whether_between(names: Sequence[str], evidence: Evidence) -> str:
    """Whether the first of three people is between the other two."""
    one, *two = names
    at = [_middle(evidence.boxes[name]) for name in names if name in evidence.boxes]
    if len(at) < len(names) or not all(evidence.together(one, other) for other in two):
        return f"{join(names)} {be(names)} in this video, but I can't tell whether {one} is between {join(two)}."
    if min(at[1:]) + APART < at[0] < max(at[1:]) - APART:
        return f"Yes, {one} is between {join(two)}."
    side = "left" if at[0] < min(at[1:]) else "right" if at[0] > max(at[1:]) else ""
    return f"No, {one} is {f'to the {side} of' if side else 'not between'} {join(two)}."


def where(lineup: LineUp, names: Sequence[str]) -> str:
    """Such as "to the left of Ana", "on the right", "second from the left"."""
    if lineup.counted:
        kind = f" {lineup.gender}" if lineup.gender else ""
        return f"{NTH_SAID[lineup.nth] or 'first'}{kind} from the {lineup.relation.removeprefix('first ')}"
    if lineup.relation in _ENDS_SAID:
        return _ENDS_SAID[lineup.relation]
    how = {"left": "to the left of", "right": "to the right of", "between": "between", "closest": "closest to"}.get(
        lineup.relation, "next to"
    )
    return f"{how} {join(names)}"


def _row(evidence: Evidence) -> list[Neighbour]:
    """Everybody in the frame that shows most people, from left to right."""
    frames = [frame for o in evidence.others for frame in set(o.frames)]
    best = max(sorted(set(frames)), key=frames.count, default=None)
    return sorted((o for o in evidence.others if not o.frames or best in o.frames), key=lambda o: _middle(o.box))


def _by_size(row: Sequence[Neighbour], smallest: bool) -> list[Neighbour]:
    """Whose face is largest, or smallest, with those whose is about as large."""
    heights = [o.box[3] - o.box[1] for o in row]
    if smallest:
        return [o for o, height in zip(row, heights, strict=True) if height < min(heights) * NEARER]
    return [o for o, height in zip(row, heights, strict=True) if height * NEARER > max(heights)]


def _told_by_size(found: Sequence[Neighbour], smallest: bool, alone: bool) -> str:
    if not found:
        return NOBODY
    if alone:
        only = _each(found)[0]
        return f"I see only one person there, {only}." if only.startswith(HEDGE) else f"I see only {only} there."
    end = "farthest from the camera" if smallest else "nearest to the camera"
    alike = f"about as {'far from' if smallest else 'near to'} the camera"
    who = _each(found) if sum(not (o.name and o.sure) for o in found) < 2 else _people(found)
    return f"{upper(join(who))} {are(who)} {end if len(found) == 1 else alike}."


def _together(name: str, other: Neighbour, evidence: Evidence) -> bool:
    return other.box != evidence.boxes.get(name) and seen_together(evidence.frames_of(name), other.frames)


def _gender(other: Neighbour, evidence: Evidence) -> str:
    """What somebody was measured to be; empty where that isn't known."""
    return (evidence.facts_of(other.name) if other.name else other.facts).gender or ""


def _people(found: Sequence[Neighbour]) -> list[str]:
    """Those who are known by name, then how many others."""
    named = [o.name for o in found if o.name and o.sure]
    more = at_once([o.frames for o in found if not (o.name and o.sure)])
    return [*named, *([f"{so_many_people(more)} I don't know"] if more else [])]


def _how_many(found: Sequence[Neighbour]) -> int:
    """How many people they are, tracks without a name as many as are seen at once."""
    named = [o.name for o in found if o.name and o.sure]
    return len(named) + at_once([o.frames for o in found if not (o.name and o.sure)])


def _each(found: Sequence[Neighbour]) -> list[str]:
    told = ("somebody I don't know" if not o.name else o.name if o.sure else f"{HEDGE} {o.name}" for o in found)
    return list(told)


def _middle(box: tuple[float, float, float, float]) -> float:
    return float(np.mean([box[0], box[2]]))
