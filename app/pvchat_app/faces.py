"""Faces in a clip, as small pictures that can be pointed at.

In: a session's clip with its analysis. Out: links to JPEG files in the session's folder.
"""

from __future__ import annotations

from pvchat.schemas import Track
from pvchat_app.conversation import Face, SessionClip
from pvchat_app.sessions import Session

MOST = 12  # the longest seen first


def faces_of(session: Session, clip: SessionClip) -> list[Face]:
    """Everybody in a clip who can be pointed at: faces, and drawn figures where there are no faces."""
    if clip.faces is None and clip.analysis is not None and clip.path.exists():  # not where she was forgotten
        kind = "face" if any(track.kind == "face" for track in clip.analysis.tracks) else "figure"
        shown = [(n, t) for n, t in enumerate(clip.analysis.tracks, 1) if t.thumbnail and t.kind == kind]
        shown.sort(key=lambda pair: -len(pair[1].shown_in))
        clip.faces = [_face(session, clip, number, track) for number, track in shown[:MOST]]
    return clip.faces or []


def _face(session: Session, clip: SessionClip, number: int, track: Track) -> Face:
    path = clip.path.parent / f"face-{number:03d}.jpg"
    path.write_bytes(track.thumbnail)
    return Face(session.link(path, "image/jpeg"), number)
