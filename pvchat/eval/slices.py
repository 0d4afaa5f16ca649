"""How results are cut: by hard and easy part, set, suite, type, kind, view, clothes, negatives.

In: an answered question. Out: its place on each axis, None where it has none. View, clothes and hardness are the
manifest's labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pvchat.eval.manifest import Manifest
from pvchat.eval.subsets import has_parts, is_drawn, part_of, suite_of
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
        "negative": lambda a: None if a.item.hard is None else ("same set" if a.item.hard else "another set"),
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
