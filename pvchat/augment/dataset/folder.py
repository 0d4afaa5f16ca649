"""A data set on disk: JSON lines, media, a card and checksums, as docs/dataset.md describes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from pvchat.augment.lines import read_lines, write_lines
from pvchat.augment.schemas import QuestionRow, Sample, Split
from pvchat.errors import SettingsError
from pvchat.storage import atomic

ROWS, SAMPLES, CARD, CHECKSUMS = "dataset.jsonl", "samples.jsonl", "CARD.md", "checksums.json"
VERSION = 2
_FROM_SAMPLE = ("media", "stage", "role", "recipe", "source")  # what a row of the file also tells about its sample
_SPLITS: tuple[Split, ...] = ("train", "val", "test")


def write(out: Path, samples: Sequence[Sample], rows: Sequence[QuestionRow]) -> Path:
    """Write the rows, card and checksums of a data set whose samples and media lie in `out` already; `out` again.

    Samples with `dropped` set are left out. Raises SettingsError where media aren't there.
    """
    kept = {s.id: s for s in samples if not s.dropped}
    if gone := [s.media for s in kept.values() if not (out / s.media).is_file()]:
        raise SettingsError(f"{len(gone)} media files are missing.", subject=gone[0], hint="Augment again.")
    write_lines(out / ROWS, [asdict(r) | {k: getattr(kept[r.sample], k) for k in _FROM_SAMPLE} for r in rows])
    (out / CARD).write_text(card(list(kept.values()), rows), encoding="utf-8")
    names = [ROWS, SAMPLES, CARD, *sorted({s.media for s in kept.values()})]
    sums = {name: atomic.sha256_of(out / name) for name in names if (out / name).is_file()}
    (out / CHECKSUMS).write_text(json.dumps(sums, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return out


def read(path: Path) -> tuple[list[Sample], list[QuestionRow]]:
    """Kept samples of a folder and the questions about them; raises SettingsError where there is no data set, or a line
    can't be read (see `check.py`).
    """
    if not (path / ROWS).is_file():
        hint = "Make one: pvchat augment CLIP --name NAME --out DIR"
        raise SettingsError(f"there is no {ROWS} in this folder.", subject=str(path), hint=hint)
    of_row = {field.name for field in fields(QuestionRow)}
    try:
        rows = [QuestionRow(**{k: v for k, v in line.items() if k in of_row}) for line in read_lines(path / ROWS)]
        samples = [Sample(**line) for line in read_lines(path / SAMPLES)]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        hint = "`pvchat augment --check` names the row."
        raise SettingsError(f"not a data set ({error}).", subject=str(path), hint=hint) from error
    return [s for s in samples if not s.dropped], rows


def card(samples: Sequence[Sample], rows: Sequence[QuestionRow]) -> str:
    """CARD.md: what is in the data set, in numbers."""
    name = next((name for s in samples for name in s.people), "")
    lines = [
        f"# Questions about {name}",
        "",
        f"Made by `pvchat augment` (format {VERSION}) out of one clip of {name}: {len(samples)} clips and stills,"
        f" {len(rows)} questions with answers. The pictures show real people if that clip does: share them only with"
        f" their consent. What is said of {name} was measured by networks and isn't checked by people.",
        "",
        "| split | samples | sources | questions | about somebody present | paraphrases |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for split in _SPLITS:
        mine, asked = [s for s in samples if s.split == split], [r for r in rows if r.split == split]
        there = sum(any(r.present.values()) for r in asked)
        counts = (len(mine), len({s.source for s in mine}), len(asked), there, len({r.template for r in asked}))
        lines.append(f"| {' | '.join(map(str, (split, *counts)))} |")
    return "\n".join(lines) + "\n"
