"""Parts of a manifest: suites (medical, TV, anime), halves (to build on, or to show), hard and easy questions.

In: a `Manifest`. Out: one with fewer questions; everyone stays enrolled. A set's own `sets.json` says its suite; for
sets that it doesn't name, the patterns in `suites.json` do. "real" is every set that isn't drawn, "all" every set; a
set that fits no pattern belongs to "other" (and to "real").

TUNE is what thresholds and ideas are chosen on, CHECK is run once a change is finished and is what README and RESULTS
show. A clip's half is fixed by its path in the manifest, whatever else the manifest holds. Questions whose id begins
with "hard-" are the hard part: far, turned, masked, in a crowd, drawn.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest

SUITES = ("medical", "tv", "anime", "real", "all")
FILE = Path(__file__).with_name("suites.json")
HALVES = ("tune", "check")
HARD = "hard-"


def suite_of(manifest: Manifest, name: str) -> str:
    """The suite of a set: "medical", "tv", "anime", "other", or what its `sets.json` calls it."""
    own = manifest.sets.get(name, {}).get("suite")
    if own:
        return str(own)
    return next((suite for suite, patterns in _patterns()["suites"].items() if _fits(name, patterns)), "other")


def is_drawn(manifest: Manifest, name: str) -> bool:
    """Whether a set shows drawn or animated characters."""
    own = manifest.sets.get(name, {}).get("drawn")
    return bool(own) if own is not None else _fits(name, _patterns()["drawn"])


def of_suite(manifest: Manifest, suite: str) -> Manifest:
    """The questions of one suite. Everyone stays enrolled: the others are the open set's strangers.

    Raises:
        SettingsError: no question belongs to it.
    """
    if suite == "all":
        return manifest
    sets = {i.set for i in manifest.items}
    kept = {s for s in sets if (not is_drawn(manifest, s) if suite == "real" else suite_of(manifest, s) == suite)}
    if not kept:
        have = ", ".join(sorted({suite_of(manifest, s) for s in sets}))
        raise SettingsError("no question belongs to this suite.", subject=f"--suite {suite}", hint=f"It has: {have}.")
    return replace(manifest, items=tuple(i for i in manifest.items if i.set in kept))


def half_of(clip: str) -> str:
    """The half of a clip by its path as the manifest has it: SHA-256 even is "tune", odd is "check"."""
    return HALVES[int(hashlib.sha256(clip.encode()).hexdigest(), 16) % 2]


def of_half(manifest: Manifest, half: str) -> Manifest:
    """The questions about the clips of one half, all for "". Everyone stays enrolled.

    Raises:
        SettingsError: no question belongs to it.
    """
    if not half:
        return manifest
    items = tuple(i for i in manifest.items if half_of(i.video) == half)
    if manifest.items and not items:
        raise SettingsError("no question belongs to this half.", subject=f"--half {half}", hint="Use the other one.")
    return replace(manifest, items=items)


def part_of(item: Item) -> str:
    """Whether a question belongs to the "hard" or the "easy" part."""
    return "hard" if item.id.startswith(HARD) else "easy"


def has_parts(manifest: Manifest) -> bool:
    """Whether the manifest has a hard part at all."""
    return any(part_of(item) == "hard" for item in manifest.items)


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


@cache
def _patterns() -> dict[str, Any]:
    rows: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows
