"""How results are cut: by hard and easy part, set, suite, type, kind, view, clothes, people in shot, face size.

In: a clip's analysis and who is truly in it; an answered question. Out: the clip's conditions as numbers; the
question's place on each axis, None where it has none. View, clothes and hardness are the manifest's labels. People in
shot, face size and, where the manifest doesn't label them, clothes are measured by the experts, not annotated: the
names of those axes say "measured".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pvchat.eval.manifest import Manifest
from pvchat.eval.subsets import has_parts, is_drawn, part_of, suite_of
from pvchat.eval.table import Answered
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, FloatArray, Track

FACE_SIZES = ((0.0, "no face"), (0.12, "small"), (0.3, "middle"), (9.9, "large"))  # up to this share of frame height
ALIKE = 0.3  # cosine of mean-free body features that strangers reach too (as in presence.py)
PART = "part"
Axis = Callable[[Answered], str | None]


def conditions_of(
    analysis: ClipAnalysis, people: Sequence[Person], present: Sequence[str], body_mean: FloatArray
) -> dict[str, Any]:
    """The conditions of one clip as JSON.

    Args:
        analysis: of the clip.
        people: everyone enrolled.
        present: who is truly in it.
        body_mean: [1280] what all bodies share, taken away before they are compared.
    """
    faces = [t for t in analysis.tracks if t.kind == "face"]
    heights = [float(np.median(t.boxes[:, 3] - t.boxes[:, 1])) for t in faces]
    likeness = {p.name: _likeness(p, faces, body_mean) for p in people if p.name in present and p.kind == "face"}
    return {
        "key": analysis.key,
        "faces_at_once": _at_once(faces),
        "face_height": round(max(heights, default=0.0), 3),
        "body_likeness": {name: value for name, value in likeness.items() if value is not None},
    }


def face_size(height: float) -> str:
    """Words for the largest face's share of the frame's height."""
    return next(word for limit, word in FACE_SIZES if height <= limit)


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


def _at_once(faces: Sequence[Track]) -> int:
    """The most faces in any one sampled frame."""
    frames = np.concatenate([np.unique(t.frames) for t in faces]) if faces else np.zeros(0, np.int64)
    return int(np.bincount(frames).max()) if len(frames) else 0


def _likeness(person: Person, faces: Sequence[Track], body_mean: FloatArray) -> float | None:
    """Cosine of the bodies at the face nearest to the person's; None where the clip has no face."""
    if not faces or "body" not in person.arrays:
        return None
    middle = np.asarray(person.arrays["prototypes"], np.float32).mean(0)
    track = min(faces, key=lambda t: float(np.linalg.norm(t.identity - middle, axis=1).min()))
    known, seen = np.asarray(person.arrays["body"], np.float32) - body_mean, track.body - body_mean
    norms = np.linalg.norm(known, axis=1)[:, None] * np.linalg.norm(seen, axis=1)
    return round(float((known @ seen.T / np.maximum(norms, 1e-9)).max(initial=-1.0)), 3)


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
