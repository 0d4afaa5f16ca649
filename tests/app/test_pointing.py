"""Who can be pointed at as "that is her" in a film of many faces."""

from __future__ import annotations

from pathlib import Path

from make_analysis import make_analysis, make_track
from pvchat_app.conversation import SessionClip, Turn
from pvchat_app.desk import Desk
from pvchat_app.evidence import MOST_FACES as MOST
from pvchat_app.evidence import faces_of

from pvchat.schemas import Answer, PersonPresence
from pvchat.video import Probe


def test_who_is_likest_is_offered_first_however_short_she_is_seen(desk: Desk, tmp_path: Path) -> None:
    session = desk.sessions.of("one")
    tracks = [make_track(n, range(20 - n)) for n in range(18)]
    tracks.append(make_track(30, range(30), kind="figure"))
    path = tmp_path / "film.mp4"
    path.write_bytes(b"frames")
    clip = SessionClip(path, path.name, "/files/clip", Probe("mov", "h264", 64, 64, 0, 4.0, 7.5, 30, 6, "video"))
    clip.analysis = make_analysis(*tracks, frames=30)
    ana, ben = (PersonPresence(name, "absent", 0.1, nearest=n) for name, n in (("Ana", 17), ("Ben", 3)))
    turn = Turn(clip, "Are Ana and Ben there?", answer=Answer("No.", "existence", [ana, ben], {}, [ana, ben]))
    turn.presences = [ana, ben]
    offered = faces_of(session, turn)
    assert [face.track for face in offered[:4]] == [18, 4, 1, 2]
    assert len({face.track for face in offered}) == len(offered) == MOST
    assert len(list(clip.path.parent.glob("face-*.jpg"))) == MOST
    assert faces_of(session, turn) == offered  # the same links
    unasked = Turn(clip, "Who is there?", answer=Answer("Nobody.", "existence", [], {}, []))
    assert [face.track for face in faces_of(session, unasked)] == list(range(1, MOST + 1))
    clip.path.unlink()
    assert faces_of(session, turn) == []
