"""Somebody's moments: as rows, and as one film."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_studio import ANA, BEN, Studio

from pvchat import PVChat, video
from pvchat.cli import main as cli
from pvchat.config import VideoConfig
from pvchat.errors import UnknownPersonError
from pvchat.library import reel
from pvchat.library.reel import Moment, write_reel
from pvchat.storage.library import LibraryError

COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200)}


def clip(folder: Path, name: str, seconds: float = 4.0, size: tuple[int, int] = (48, 64)) -> str:
    """A video of one colour."""
    path = folder / f"{name}.mp4"
    picture = np.full((*size, 3), COLOURS[name], np.uint8)
    video.save_clip(path, [picture] * round(seconds * 10), 10.0)
    return str(path)


def moment(path: str, start: float, end: float) -> Moment:
    return Moment(path, "larder", datetime(2026, 11, 28, 18), start, end, True)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reel, "WIDTH", 96)
    monkeypatch.setattr(reel, "HEIGHT", 64)


def colours(path: Path) -> list[str]:
    """Which colour each picture of a film has in its middle."""
    config = VideoConfig()
    found = video.probe(path, config)
    times = np.arange(found.frames) / found.fps
    pictures = [picture for _, picture in video.pictures_at(path, found, (times + 0.01).tolist(), config)]
    return [min(COLOURS, key=lambda name: np.abs(p[30:34, 46:50] - np.float32(COLOURS[name])).sum()) for p in pictures]


def test_moments_are_cut_with_half_a_second_around(tmp_path: Path) -> None:
    red, blue = clip(tmp_path, "red"), clip(tmp_path, "blue", size=(64, 48))
    (odd := tmp_path / "odd.mp4").write_bytes(b"no video")
    moments = [
        moment(red, 1.0, 1.5), moment(red, 2.0, 2.2), moment(str(tmp_path / "gone.mp4"), 0, 1), moment(str(odd), 0, 1),
        moment(blue, 3.5, 4.0),
    ]  # fmt: skip
    made = write_reel(moments, out := tmp_path / "reel.mp4", VideoConfig())
    assert (made.moments, {Path(path).name for path in made.left_out}) == (3, {"gone.mp4", "odd.mp4"})
    # .5 … 2.7, where both meet, and 3.0 … 4.0, where the video ends
    assert made.seconds == pytest.approx(3.2, abs=0.15)
    shown = colours(out)
    assert len(shown) == pytest.approx(made.seconds * reel.RATE, abs=2)
    assert shown[0] == "red"
    assert shown[-1] == "blue"
    assert shown.count("red") == pytest.approx(33, abs=2)
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_film_has_an_end(tmp_path: Path) -> None:
    red, blue = clip(tmp_path, "red"), clip(tmp_path, "blue")
    made = write_reel([moment(red, 0, 4), moment(blue, 0, 4)], tmp_path / "reel.mp4", VideoConfig(), most_s=2.0)
    assert (made.seconds, made.left_out) == (2.0, {blue: "the film has its 2 seconds"})
    with pytest.raises(LibraryError, match="is there already"):
        write_reel([moment(red, 0, 4)], tmp_path / "reel.mp4", VideoConfig())
    with pytest.raises(LibraryError, match="nothing to show"):
        write_reel([moment(str(tmp_path / "gone.mp4"), 0, 4)], tmp_path / "two.mp4", VideoConfig())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blue.mp4", "red.mp4", "reel.mp4"]


def test_the_commands(studio: Studio, chat: PVChat, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "larder").mkdir()
    studio.clip("larder/2026-11-24 09.15.00", BEN)
    path = studio.clip("larder/2026-11-28 18.00.00", ANA, BEN)
    chat.library.add([tmp_path / "larder"], place="larder")
    chat.library.scan()
    assert cli.main(["library", "export", "ana", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    wanted = {"path": str(path), "place": "larder", "at": "2026-11-28T18:00:00", "start_s": 0.0, "end_s": 2.0}
    assert rows == [{**wanted, "sure": True}]
    chat.library.add([tmp_path / "larder"], place="=1+1")
    assert cli.main(["library", "export", "Ben"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["at"] for row in table] == ["2026-11-24T09:15:00", "2026-11-28T18:00:00"]
    assert table[0]["place"] == "'=1+1"  # no formula of a spreadsheet
    with pytest.raises(UnknownPersonError):
        chat.library.moments("Dora")
    assert cli.main(["library", "reel", "Ana", "--out", str(tmp_path / "a.mp4")]) == 1  # the studio's clips are none
    assert "nothing to show" in capsys.readouterr().err
    path.unlink()
    chat.library.scan()
    assert cli.main(["library", "export", "Ana"]) == 0
    assert "Ana was seen in no video (--perhaps" in capsys.readouterr().err
    (tmp_path / "larder").rename(tmp_path / "away")
    assert cli.main(["library", "list"]) == 0
    assert f"{tmp_path / 'larder'} isn't there; what was seen in it is kept." in capsys.readouterr().err
