"""Faces in a clip, as small pictures that can be pointed at.

In: a session's clip with its analysis, and who in it is most like those who were asked about. Out: links to JPEG files
in the session's folder.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.schemas import Track
from pvchat_app.conversation import Face, SessionClip, Turn
from pvchat_app.sessions import Session

MOST = 12  # who is likest, then the longest seen


def faces_of(session: Session, turn: Turn) -> list[Face]:
    """Everybody in a turn's clip who can be pointed at: faces, and drawn figures where there are no faces."""
    clip = turn.clip
    analysis = clip.analysis if clip is not None else None
    if clip is None or analysis is None or not clip.path.exists():  # it was forgotten with somebody
        return []
    tracks = analysis.tracks
    kind = "face" if any(track.kind == "face" for track in tracks) else "figure"
    longest = sorted(range(len(tracks)), key=lambda n: -len(tracks[n].shown_in))
    meant = [n for n in dict.fromkeys([*_likest(turn), *longest]) if n < len(tracks)]
    offered = [n for n in meant if tracks[n].thumbnail and tracks[n].kind == kind]
    return [_face(session, clip, n + 1, tracks[n]) for n in offered[:MOST]]


def _likest(turn: Turn) -> Sequence[int]:
    """The tracks that are most like each of those who were asked about."""
    return [person.nearest for person in turn.asked if person.nearest is not None]


def _face(session: Session, clip: SessionClip, number: int, track: Track) -> Face:
    if number not in clip.faces:
        path = clip.path.parent / f"face-{number:03d}.jpg"
        path.write_bytes(track.thumbnail)
        clip.faces[number] = Face(session.link(path, "image/jpeg"), number)
    return clip.faces[number]
