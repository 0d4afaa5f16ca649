"""Data sets on disk: written, read back, split by source, with card and checksums."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_samples import ANA, make_analyses, make_sample, paper_scale, write_set

from pvchat.augment import dataset
from pvchat.augment.dataset import check
from pvchat.augment.lines import read_lines, write_lines
from pvchat.augment.questions.rows import write_questions
from pvchat.errors import SettingsError


def make_media(folder: Path, samples) -> None:
    """Something in place of every sample's media, all different."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    for sample in samples:
        (folder / sample.media).write_bytes(sample.id.encode() * 3)


@pytest.fixture(scope="module")
def made():
    samples = paper_scale()
    return samples, write_questions(samples, ANA, make_analyses(samples))


@pytest.fixture(scope="module")
def written(made, tmp_path_factory) -> Path:
    samples, rows = made
    folder = tmp_path_factory.mktemp("set")
    make_media(folder, samples)
    assert write_set(folder, samples, rows) == folder
    return folder


def test_what_is_written_is_read_back_and_has_no_problems(made, written: Path) -> None:
    assert dataset.read(written) == (*made,)
    assert check(written) == ([], [])


def test_rows_name_their_media_and_checksums_cover_every_file(made, written: Path) -> None:
    lines = read_lines(written / "dataset.jsonl")
    assert len(lines) == len(made[1])
    assert all((written / line["media"]).is_file() for line in lines)
    sums = json.loads((written / "checksums.json").read_text(encoding="utf-8"))
    files = {p.relative_to(written).as_posix() for p in written.rglob("*") if p.is_file()}
    assert set(sums) == files - {"checksums.json"} | {"lines"}


def test_a_text_may_hold_what_ends_lines_elsewhere(tmp_path: Path) -> None:
    """A file's name may."""
    rows = [{"id": "1", "text": "one\u2028line\u0085"}, {"id": "2", "text": "another"}]
    write_lines(tmp_path / "rows.jsonl", rows)
    assert read_lines(tmp_path / "rows.jsonl") == rows


def test_missing_media_are_told(made, tmp_path: Path) -> None:
    samples, rows = made
    with pytest.raises(SettingsError, match="81 media files are missing"):
        dataset.write(tmp_path, samples, rows)


def test_dropped_samples_are_not_read(made, tmp_path: Path) -> None:
    samples, rows = made
    extra = make_sample(500, {"Ana": True}, dropped="identity")
    make_media(tmp_path, samples)
    write_set(tmp_path, [*samples, extra], rows)
    assert extra.id not in {s.id for s in dataset.read(tmp_path)[0]}


def test_the_card_counts(made, tmp_path: Path) -> None:
    samples, rows = made
    text = dataset.card(samples, rows)
    assert text.startswith("# Questions about Ana\n")
    assert f"81 clips and stills, {len(rows)} questions" in text
    for split in ("train", "val", "test"):
        mine = [r for r in rows if r.split == split]
        there, templates = sum(r.present["Ana"] for r in mine), len({r.template for r in mine})
        some = [s for s in samples if s.split == split]
        wanted = f"| {split} | {len(some)} | {len({s.source for s in some})} | {len(mine)} | {there} | {templates} |"
        assert wanted in text


def test_a_folder_without_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no dataset.jsonl"):
        dataset.read(tmp_path)
    (tmp_path / "dataset.jsonl").write_text("{}\n", encoding="utf-8")
    (tmp_path / "samples.jsonl").touch()
    with pytest.raises(SettingsError, match="not a data set"):
        dataset.read(tmp_path)
