"""Parts of a manifest: halves (to build on, or to show), hard and easy questions.

In: a `Manifest`. Out: one with fewer questions; everyone stays enrolled: the others are the open set's strangers.

TUNE is what thresholds and ideas are chosen on, CHECK is run once a change is finished and is what README and RESULTS
show. A clip's half is fixed by its path in the manifest, whatever else the manifest holds. Questions whose id begins
with "hard-" are the hard part: far, turned, masked, in a crowd, drawn.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest

HALVES = ("tune", "check")
HARD = "hard-"


def half_of(clip: str) -> str:
    """The half of a clip by its path as the manifest has it: SHA-256 even is "tune", odd is "check"."""
    return HALVES[int(hashlib.sha256(clip.encode()).hexdigest(), 16) % 2]


def of_half(manifest: Manifest, half: str) -> Manifest:
    """The questions about the clips of one half, all for "".

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
