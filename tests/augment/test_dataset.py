"""Data sets on disk: written, read back, split by source, with card and checksums."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_samples import ANA, make_analyses, make_sample, paper_scale, write_set

from pvchat.augment.dataset import folder as dataset
from pvchat.augment.dataset.check import check
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


def test_written_and_read_back(made, tmp_path: Path) -> None:
    samples, rows = made
    make_media(tmp_path, samples)
    assert write_set(tmp_path, samples, rows) == tmp_path
    found = dataset.read(tmp_path)
    assert (found.samples, found.rows, found.name) == (samples, rows, "Ana")
    assert check(tmp_path) == []


def test_rows_name_their_media(made, tmp_path: Path) -> None:
    samples, rows = made
    make_media(tmp_path, samples)
    write_set(tmp_path, samples, rows)
    lines = [json.loads(line) for line in (tmp_path / "dataset.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(rows)
    assert all((tmp_path / line["media"]).is_file() for line in lines)


def test_missing_media_are_told(made, tmp_path: Path) -> None:
    samples, rows = made
    with pytest.raises(SettingsError, match="81 media files are missing"):
        dataset.write(tmp_path, samples, rows)


def test_dropped_samples_are_not_read(made, tmp_path: Path) -> None:
    samples, rows = made
    extra = make_sample(500, {"Ana": True}, dropped="identity")
    make_media(tmp_path, samples)
    write_set(tmp_path, [*samples, extra], rows)
    assert extra.id not in {s.id for s in dataset.read(tmp_path).samples}


def test_checksums_cover_every_file(made, tmp_path: Path) -> None:
    samples, rows = made
    make_media(tmp_path, samples)
    write_set(tmp_path, samples, rows)
    sums = json.loads((tmp_path / "checksums.json").read_text(encoding="utf-8"))
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert set(sums) == files - {"checksums.json"}


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
