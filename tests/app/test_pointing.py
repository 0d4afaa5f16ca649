"""Who can be pointed at as "that is her" in a film of many faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from make_analysis import make_analysis, make_track
from make_app import Scenery, upload
from pvchat_app.backend import Backend
from pvchat_app.conversation import SessionClip, Turn
from pvchat_app.evidence import MAX_FACES, faces_of

from pvchat.schemas import LOOKS, Answer, PersonPresence
from pvchat.video import Probe, content_key


def test_who_is_likest_is_offered_first_however_short_she_is_seen(backend: Backend, tmp_path: Path) -> None:
    session = backend.sessions.of("one")
    tracks = [make_track(n, range(20 - n)) for n in range(18)]
    tracks.append(make_track(30, range(30), kind="figure"))
    path = tmp_path / "film.mp4"
    path.write_bytes(b"frames")
    clip = SessionClip(path, path.name, "/files/clip", Probe("mov", "h264", 64, 64, 0, 4.0, 7.5, 30, "video"))
    clip.analysis = make_analysis(*tracks, frames=30)
    ana, ben = (PersonPresence(name, "absent", 0.1, nearest=n) for name, n in (("Ana", 17), ("Ben", 3)))
    turn = Turn(clip, "Are Ana and Ben there?", answer=Answer("No.", "existence", [ana, ben], {}, [ana, ben]))
    turn.presences = [ana, ben]
    offered = faces_of(session, turn)
    assert list(offered["Ana"])[:3] == [18, 1, 2]
    assert list(offered["Ben"])[:3] == [4, 1, 2]
    assert len(set(offered["Ana"].values())) == len(offered["Ana"]) == MAX_FACES
    assert faces_of(session, turn) == offered  # the same links
    clip.path.unlink()
    assert faces_of(session, turn) == {}


def test_who_is_known_by_her_face_is_pointed_at_by_it(backend: Backend, scenery: Scenery) -> None:
    """A body beside nobody and a drawn figure beside a face aren't offered, for nothing is learned of them."""
    body, drawn = make_track(2, kind="figure"), make_track(3, kind="figure")
    body.looks = np.ones((1, LOOKS), np.float16)
    drawn.scores[:] = 0.9
    for tracks, numbers in (((body,), []), ((body, drawn, make_track(5)), [3])):
        path = scenery.clip(f"clip{len(tracks)}", 1)
        scenery.known[content_key(path)] = make_analysis(*tracks, key=content_key(path))
        session = backend.sessions.of(f"page{len(tracks)}")
        session.keep(backend.receive(session, upload(backend, path)))
        list(backend.ask(session, "Is Ana there?"))
        turn = session.turns[-1]
        assert list(faces_of(session, turn)["Ana"]) == numbers
