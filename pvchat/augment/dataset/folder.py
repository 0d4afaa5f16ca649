"""A data set on disk: JSON lines, media, a card and checksums, as docs/dataset.md describes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from pvchat.augment.lines import read_lines, write_lines
from pvchat.augment.schemas import QuestionRow, Sample, Split
from pvchat.errors import SettingsError
from pvchat.storage import atomic

ROWS, SAMPLES, CARD, CHECKSUMS = "dataset.jsonl", "samples.jsonl", "CARD.md", "checksums.json"
VERSION = 2
_FROM_SAMPLE = ("media", "stage", "role", "recipe", "source")  # what a row of the file also tells about its sample
_SPLITS: tuple[Split, ...] = ("train", "val", "test")


@dataclass
class DataSet:
    """Kept samples and the questions about them: the folder that media paths start from, and whom it is about."""

    root: Path
    samples: list[Sample]
    rows: list[QuestionRow]
    name: str


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


def read(path: Path) -> DataSet:
    """Read a data set folder; raises SettingsError where there is none, or a line can't be read (see `check.py`)."""
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
    return DataSet(path, [s for s in samples if not s.dropped], rows, _subject(rows, samples))


def card(samples: Sequence[Sample], rows: Sequence[QuestionRow]) -> str:
    """CARD.md: what is in the data set, in numbers."""
    name = _subject(rows, samples)
    others = sorted({n for s in samples for n in s.people} - {name})
    recipes = Counter(s.recipe for s in samples)
    yes = Counter(str(r.split) for r in rows if any(r.present.values()))
    lines = [
        f"# Questions about {name}",
        "",
        f"Made by `pvchat augment` (format {VERSION}) out of one clip of {name}: {len(samples)} clips and stills,"
        f" {len(rows)} questions with answers. The pictures show real people if that clip does: share them only with"
        " their consent.",
        "",
        *_table("split", _SPLITS, [
            ("samples", Counter(str(s.split) for s in samples)),
            ("sources", Counter(str(split) for split, _ in {(s.split, s.source) for s in samples})),
            ("questions", Counter(str(r.split) for r in rows)), ("about somebody present", yes),
            ("paraphrases", Counter(str(split) for split, _ in {(r.split, r.template) for r in rows})),
        ]),
        *_table("type", sorted({r.type for r in rows}), [
            (kind, Counter(r.type for r in rows if r.kind == kind)) for kind in sorted({r.kind for r in rows})
        ]),
        "Samples by recipe: " + ", ".join(f"{k} {n}" for k, n in recipes.most_common()) + ".",
        "",
        "What is said of those present was measured by networks: it is not checked by people. Who is present is known"
        " from how each sample was made.",
        "",
        *([f"Others have made-up or given names ({', '.join(others)}), one a person.", ""] if others else []),
        "Splits go by source, questions and answers of different splits are worded differently."
        " `pvchat augment --check DIR` verifies this and the checksums.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(head: str, keys: Sequence[str], columns: Sequence[tuple[str, Counter[str]]]) -> list[str]:
    rows = [[key, *(str(counts[key]) for _, counts in columns)] for key in keys]
    titles = [head, *(title for title, _ in columns)]
    return [f"| {' | '.join(row)} |" for row in (titles, ["---"] * len(titles), *rows)] + [""]


def _subject(rows: Sequence[QuestionRow], samples: Sequence[Sample]) -> str:
    """Whom it is about: named in the most samples, in doubt first."""
    counts = Counter(n for s in samples for n in s.people) or Counter(n for r in rows for n in r.people)
    return counts.most_common(1)[0][0] if counts else ""
