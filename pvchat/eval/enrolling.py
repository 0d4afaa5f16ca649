"""Enroll a manifest's people once, in a store that belongs to the run alone; the user's own people are never touched.

The order of enrollment is the manifest's, whatever was interrupted: presence is decided in competition, and sums of
floats depend on order. A person who can't be enrolled is named with the reason; questions about her then fail one by
one, as they would for a user.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pvchat.errors import PeopleError, PVChatError
from pvchat.eval.manifest import Manifest, Subject
from pvchat.schemas import Progress

if TYPE_CHECKING:
    from pvchat.service import PVChat


def enroll_all(chat: PVChat, manifest: Manifest, depth: str, progress: Progress) -> dict[str, dict[str, Any]]:
    """Enroll everyone; those already enrolled from the same clip at the same depth are kept.

    Returns:
        By name: {"seconds", "key", "kind", "depth"}, or {"error"} for whoever can't be enrolled.

    Raises:
        PeopleError: nobody at all could be enrolled.
    """
    out: dict[str, dict[str, Any]] = {}
    moved = False  # somebody before was enrolled anew, so everyone after must follow
    for number, subject in enumerate(manifest.people):
        progress(f"enrolling, {depth}", number, len(manifest.people))
        kept = None if moved else _enrolled(chat, manifest, subject, depth)
        if kept is None:
            out[subject.name] = _enroll(chat, manifest, subject, depth)
            moved = moved or "error" not in out[subject.name]
        else:
            out[subject.name] = {"seconds": None, **_told(kept)}
    progress(f"enrolling, {depth}", len(manifest.people), len(manifest.people))
    if out and all("error" in row for row in out.values()):
        first = next(iter(out.values()))["error"]
        raise PeopleError(f"nobody could be enrolled. First reason: {first}", subject=str(manifest.root))
    return out


def _enroll(chat: PVChat, manifest: Manifest, subject: Subject, depth: str) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        path = manifest.path(subject.clip)
        person = chat.enroll(path, subject.name, depth=depth, track=subject.track, replace=True)
    except (PVChatError, OSError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"seconds": round(time.perf_counter() - started, 3), **_told(person)}


def _enrolled(chat: PVChat, manifest: Manifest, subject: Subject, depth: str) -> Any:
    from pvchat import video

    person = chat.people.find(subject.name)
    if person is None or person.depth != depth or person.name != subject.name:
        return None
    return person if person.clip_key == video.content_key(manifest.path(subject.clip)) else None


def _told(person: Any) -> dict[str, Any]:
    return {"key": person.clip_key, "kind": person.kind, "depth": person.depth, "confidence": person.confidence}
