"""Who can be pointed at as "that is her" in a film of many faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from make_analysis import make_analysis, make_track
from make_app import Scenery, upload
from pvchat_app import correcting
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
    assert [face.track for face in offered["Ana"][:3]] == [18, 1, 2]
    assert [face.track for face in offered["Ben"][:3]] == [4, 1, 2]
    assert len({face.track for face in offered["Ana"]}) == len(offered["Ana"]) == MAX_FACES
    assert faces_of(session, turn) == offered  # the same links
    clip.path.unlink()
    assert faces_of(session, turn) == {}


def test_who_shows_no_face_can_be_pointed_at(backend: Backend, scenery: Scenery) -> None:
    """A body beside nobody, a drawn figure beside a face that isn't its own; no middle of a frame, no figure's face."""
    body, drawn, own = (make_track(n, kind="figure") for n in (2, 3, 4))
    body.looks = np.ones((1, LOOKS), np.float16)
    body.scores[:], drawn.scores[:], own.scores[:] = 0.4, 0.9, 0.9
    face, nobody = make_track(1), make_track(5, kind="figure")
    nobody.scores[:] = 0.3
    face.boxes[:], own.boxes[:], drawn.boxes[:] = (0.1, 0.1, 0.2, 0.2), (0.05, 0.05, 0.3, 0.3), (0.6, 0.6, 0.9, 0.9)
    for tracks, numbers in (((body,), [1]), ((face, own, drawn, nobody), [1, 3])):
        path = scenery.clip(f"clip{len(tracks)}", 1)
        scenery.known[content_key(path)] = make_analysis(*tracks, key=content_key(path))
        session = backend.sessions.of(f"page{len(tracks)}")
        session.keep(backend.receive(session, upload(backend, path)))
        list(backend.ask(session, "Is Ana there?"))
        turn = session.turns[-1]
        assert [one.track for one in faces_of(session, turn)["Ana"]] == numbers
        list(backend.answer(session, correcting.correct(backend, session, turn, "Ana", her=True, track=numbers[-1])))
        assert "for this clip alone" in turn.corrected
        assert session.turns[-1].presences[0].decision == "present"
        list(backend.answer(session, correcting.correct(backend, session, session.turns[-1], "Ana", her=False)))
        assert session.turns[-1].presences[0].decision == "absent"
