"""Existence questions made from who is in which clip, for layouts that only say that.

In: clips with the names they show. Out: `Item`s: one question a person and clip; one "who" a clip; one pair where two
are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pvchat.eval.manifest import Item

MEDIA = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".png", ".jpg", ".jpeg", ".webp")


def media_in(folder: Path) -> list[Path]:
    """The clips and photos of a folder, by name; hidden files don't count."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in MEDIA and not p.name.startswith("."))


def singles(clips: Iterable[tuple[str, str, Sequence[str]]], names: Sequence[str], prefix: str) -> list[Item]:
    """One existence question a person and clip.

    Args:
        clips: (path, set, names it shows) of each.
        names: everyone who is enrolled.
        prefix: of the ids.
    """
    return [
        _item(_Clip(clip, part, shows), f"{prefix}-{n:05d}-{k:03d}", (name,), "single", f"Is {name} in this video?",
              "yes" if name in shows else "no")
        for n, (clip, part, shows) in enumerate(clips)
        for k, name in enumerate(names)
    ]  # fmt: skip


def together(clips: Iterable[tuple[str, str, Sequence[str]]], names: Sequence[str], prefix: str) -> list[Item]:
    """Who is in it, for every clip; and for clips with two people or more, whether the first two are both there."""
    items = []
    for n, (clip, part, shows) in enumerate(clips):
        shown, told = _Clip(clip, part, shows), ", ".join(shows) if shows else "nobody"
        items.append(_item(shown, f"{prefix}-{n:05d}-who", names, "who", "Who is in this video?", told))
        if len(shows) > 1:
            two = tuple(shows[:2])
            question = f"Are {two[0]} and {two[1]} both in this video?"
            items.append(_item(shown, f"{prefix}-{n:05d}-pair", two, "pair", question, "yes, both"))
    return items


@dataclass(frozen=True)
class _Clip:
    """A clip: its path, its set, who is in it."""

    path: str
    part: str
    shows: Sequence[str]


def _item(shown: _Clip, key: str, people: Sequence[str], kind: str, question: str, answer: str) -> Item:
    present = {name: name in shown.shows for name in people}
    return Item(key, shown.part, shown.path, tuple(people), kind, "existence", question, answer, present)
