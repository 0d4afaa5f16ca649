"""The worst failures of one system: what was asked, what it said, what was right, and a few frames.

In: answered questions. Out: rows for the page. Existence comes first by how sure the wrong answer was; then answers
about people who are there by how little of the reference they have. At most a few of one clip, so that one bad clip
doesn't fill the page.
"""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pvchat.config import VideoConfig
from pvchat.errors import PVChatError
from pvchat.eval.manifest import Manifest
from pvchat.eval.metrics.rubric import descriptive_completeness, refused
from pvchat.eval.table import Answered

Row = dict[str, Any]
DECISIONS, TELLINGS, PER_CLIP = 14, 10, 2
FRAMES, FRAME_WIDTH, QUALITY = 3, 230, 72


def worst(answered: Sequence[Answered]) -> list[Answered]:
    """The worst answers, worst first: wrong decisions, then poor tellings."""
    wrong = [(gap, a) for a in answered if (gap := wrongness(a)) > 0]
    wrong.sort(key=lambda pair: (-pair[0], pair[1].item.id))
    poor = [
        (descriptive_completeness(a.item, a.text), a)
        for a in answered
        if a.item.kind == "single" and a.item.type != "existence" and all(a.item.present.values())
    ]
    poor = sorted((p for p in poor if p[0] < 2.5), key=lambda pair: (pair[0], pair[1].item.id))
    return _spread([a for _, a in wrong], DECISIONS) + _spread([a for _, a in poor], TELLINGS)


def wrongness(one: Answered) -> float:
    """How wrong the decisions are: the largest gap between probability and truth among wrong ones; 0 when all right."""
    if one.row["error"]:
        return 1.0
    if one.item.kind == "refusal":
        return 0.0 if refused(one.item, one.text) else 1.0
    gaps = [
        abs(float(one.person(n)["probability"]) - float(one.item.present[n]))
        for n in one.item.people
        if (one.person(n)["decision"] == "present") != one.item.present[n]
    ]
    return max(gaps, default=0.0)


def rows(chosen: Sequence[Answered], manifest: Manifest, frames: bool) -> list[Row]:
    """What the page shows of each."""
    return [_row(one, manifest, frames) for one in chosen]


def pictures(path: Path) -> list[str]:
    """A few frames of a clip as data URIs; none where it can't be read."""
    from PIL import Image

    from pvchat import video

    try:
        images = video.load(path, replace(VideoConfig(), max_frames=FRAMES, max_side=480)).images
    except (PVChatError, OSError):
        return []
    out = []
    for image in images[:FRAMES]:
        picture = Image.fromarray(image)
        picture = picture.resize((FRAME_WIDTH, max(1, round(FRAME_WIDTH * picture.height / picture.width))))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=QUALITY)
        out.append("data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode())
    return out


def _row(one: Answered, manifest: Manifest, frames: bool) -> Row:
    people = [
        {
            "name": n,
            "truth": "there" if one.item.present[n] else "not there",
            "decision": one.person(n)["decision"],
            "probability": one.person(n)["probability"],
            "right": (one.person(n)["decision"] == "present") == one.item.present[n],
        }
        for n in one.item.people
    ]
    return {
        "id": one.item.id,
        "set": one.item.set,
        "clip": one.item.video,
        "kind": one.item.kind,
        "type": one.item.type,
        "question": one.item.question,
        "reference": one.item.answer,
        "answer": one.row["answer"],
        "error": one.row["error"],
        "people": [p for p in people if not p["right"]] or people[:3],
        "frames": pictures(manifest.path(one.item.video)) if frames else [],
    }


def _spread(answered: Sequence[Answered], count: int) -> list[Answered]:
    """The first few with at most PER_CLIP of one clip."""
    seen: Counter[str] = Counter()
    out: list[Answered] = []
    for one in answered:
        if seen[one.item.video] < PER_CLIP and len(out) < count:
            seen[one.item.video] += 1
            out.append(one)
    return out
