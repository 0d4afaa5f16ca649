"""How results are cut: by hard and easy part, set, suite, type, kind, view, clothes, people in shot, face size.

In: an answered question. Out: its place on each axis, None where it has none. View, clothes and hardness are the
manifest's labels; people in shot and face size are measured by the experts on the clip (`conditions.py`), and so are
clothes where the manifest doesn't label them: the names say "measured".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pvchat.eval.conditions import ALIKE, face_size
from pvchat.eval.halves import has_parts, part_of
from pvchat.eval.manifest import Manifest
from pvchat.eval.suites import is_drawn, suite_of
from pvchat.eval.table import Answered

PART = "part"
Axis = Callable[[Answered], str | None]


def axes(manifest: Manifest) -> dict[str, Axis]:
    """The axes by name."""
    return {
        **(_parts(manifest) if has_parts(manifest) else {}),
        "set": lambda a: a.item.set or None,
        "suite": lambda a: suite_of(manifest, a.item.set),
        "type": lambda a: a.item.type,
        "kind": lambda a: a.item.kind,
        "view": lambda a: a.item.view,
        "clothes": lambda a: a.item.clothes,
        "clothes (measured)": _measured_clothes,
        "negative": lambda a: None if a.item.hard is None else ("same set" if a.item.hard else "another set"),
        "faces at once (measured)": _faces,
        "face size (measured)": lambda a: face_size(a.clip["face_height"]) if "face_height" in a.clip else None,
    }


def cut(answered: Sequence[Answered], axis: Axis) -> dict[str, list[Answered]]:
    """The questions by their place on an axis, in order of the places' names."""
    out: dict[str, list[Answered]] = {}
    for one in answered:
        place = axis(one)
        if place is not None:
            out.setdefault(place, []).append(one)
    return dict(sorted(out.items()))


def _parts(manifest: Manifest) -> dict[str, Axis]:
    """Hard and easy part, and what the hard part is made of."""

    def hard(axis: Axis) -> Axis:
        return lambda a: axis(a) if part_of(a.item) == "hard" else None

    return {
        PART: lambda a: part_of(a.item),
        "view, hard part": hard(lambda a: a.item.view),
        "style, hard part": hard(lambda a: "drawn" if is_drawn(manifest, a.item.set) else "real people"),
    }


def _measured_clothes(one: Answered) -> str | None:
    """Whether the body looks as in the enrollment clip; of single questions about people who are there."""
    likeness = one.clip.get("body_likeness", {})
    names = [n for n in one.item.people if one.item.present[n] and n in likeness]
    if len(one.item.people) != 1 or not names:
        return None
    return "alike" if likeness[names[0]] >= ALIKE else "changed"


def _faces(one: Answered) -> str | None:
    count = one.clip.get("faces_at_once")
    return None if count is None else "3 or more" if count >= 3 else str(count)
