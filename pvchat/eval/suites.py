"""Suites: which sets count as medical, TV or anime, and which are drawn.

A set's own `sets.json` decides; for sets that it doesn't name, the patterns in `suites.json` do. "real" is every set
that isn't drawn, "all" every set; a set that fits no pattern belongs to "other" (and to "real").
"""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from pvchat.errors import SettingsError
from pvchat.eval.manifest import Manifest

SUITES = ("medical", "tv", "anime", "real", "all")
FILE = Path(__file__).with_name("suites.json")


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


def _fits(name: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


@cache
def _patterns() -> dict[str, Any]:
    rows: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows
