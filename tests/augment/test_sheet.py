"""Contact sheets."""

from __future__ import annotations

import numpy as np
import pytest
from make_profile import make_profile
from PIL import Image

from pvchat.augment import journal, sheet
from pvchat.augment.folders import write_media
from pvchat.augment.schemas import Sample
from pvchat.errors import PVChatError


def make_folder(tmp_path, *recipes):
    (tmp_path / "media").mkdir()
    (tmp_path / "dropped").mkdir()
    profile, rows = make_profile(6), []
    for number, recipe in enumerate(recipes):
        dropped = "identity" if number == 0 else None
        still = recipe == "recolour"
        name = f"{number:016x}.{'png' if still else 'mp4'}"
        write_media(tmp_path / ("dropped" if dropped else "media") / name, profile.images, 8.0)
        stage = "image" if still else "video"
        rows.append(Sample(f"{number:016x}", "positive", recipe, stage, f"media/{name}", "s", "train", {}, {}, dropped))
    journal.write_lines(tmp_path / "samples.jsonl", [r.to_dict() for r in rows])
    return tmp_path


def test_a_sheet_shows_all_samples_in_little_space(tmp_path):
    folder = make_folder(tmp_path, "subclip", "recolour", "wear:mask", "background")
    path = sheet.make(folder, tmp_path / "sheet.jpg", max_bytes=60_000)
    with Image.open(path) as picture:
        assert picture.width > 4 * 150  # four tiles beside each other
        assert np.asarray(picture).std() > 20
    assert path.stat().st_size <= 60_000


def test_a_sheet_shrinks_until_it_fits(tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (600, 900, 3), dtype=np.uint8))
    assert len(sheet._encode(noise, 40_000)) <= 40_000


def test_samples_that_are_gone_are_left_out(tmp_path):
    folder = make_folder(tmp_path, "subclip", "recolour", "background")
    (folder / "media" / f"{1:016x}.png").unlink()
    (folder / "dropped" / f"{0:016x}.mp4").write_bytes(b"broken")
    height, width = make_profile(1).images.shape[1:3]
    with Image.open(sheet.make(folder, tmp_path / "sheet.jpg")) as picture:
        assert picture.size == (round(width * sheet.TILE / height) + 4, sheet.TILE + 20)  # one tile, its label, margins
        assert np.asarray(picture).std() > 20


def test_rows_hold_so_many_tiles():
    tiles = [Image.new("RGB", (100, sheet.TILE + 16), "red") for _ in range(5)]
    assert sheet.lay_out(tiles, columns=2).height > 2.9 * sheet.TILE


@pytest.mark.parametrize("name", ["sheet.png", "sheet"])
def test_a_sheet_is_a_jpeg(tmp_path, name):
    with pytest.raises(PVChatError, match="JPEG"):
        sheet.make(make_folder(tmp_path, "subclip"), tmp_path / name)


def test_without_samples_there_is_no_sheet(tmp_path):
    with pytest.raises(PVChatError, match="no samples"):
        sheet.make(tmp_path, tmp_path / "sheet.jpg")
