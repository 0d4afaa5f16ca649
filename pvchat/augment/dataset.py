"""A data set on disk: JSON lines, media, a card and checksums, as docs/dataset.md describes; and whether one is whole.

`check` names every bad row of one that `pvchat augment` made and that was perhaps changed since. Lines that somebody
corrected are named, too, and are no problem as long as they are right in this:

- form: lines that can be read, fields, ids that are there once, rows that agree with their samples;
- media: there, inside the folder, with the listed checksums;
- leakage: no source, file, paraphrase, question or framed answer in two splits;
- balance: as many yes as no, refusals for every type.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pvchat.augment.lines import Problem, lines_of, read_lines, validated, write_lines
from pvchat.augment.questions.templates import SPLITS, mask_names
from pvchat.augment.schemas import QuestionRow, Sample, digest
from pvchat.errors import SettingsError
from pvchat.storage import atomic

ROWS, SAMPLES, CARD, CHECKSUMS = "dataset.jsonl", "samples.jsonl", "CARD.md", "checksums.json"
LINES = "lines"  # in the checksums: those of single lines, by file and id
VERSION = 2
_FROM_SAMPLE = ("media", "stage", "role", "recipe", "source")  # what a row of the file also tells about its sample
MOST_UNEVEN = 0.1  # yes may be so far from half of a split's existence questions
_ENOUGH = 10  # rows from which balance is judged


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
    there = [name for name in names if (out / name).is_file()]
    sums: dict[str, Any] = {name: atomic.sha256_of(out / name) for name in there}
    written = {name: read_lines(out / name) for name in (ROWS, SAMPLES) if name in there}
    sums[LINES] = {name: {line["id"]: _sum_of(line) for line in some} for name, some in written.items()}
    (out / CHECKSUMS).write_text(json.dumps(sums, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return out


def read(path: Path) -> tuple[list[Sample], list[QuestionRow]]:
    """Kept samples of a folder and the questions about them; raises SettingsError where there is no data set, or a line
    can't be read (see `check`).
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
    for split in SPLITS:
        mine, asked = [s for s in samples if s.split == split], [r for r in rows if r.split == split]
        there = sum(any(r.present.values()) for r in asked)
        counts = (len(mine), len({s.source for s in mine}), len(asked), there, len({r.template for r in asked}))
        lines.append(f"| {' | '.join(map(str, (split, *counts)))} |")
    return "\n".join(lines) + "\n"


class _Checked:
    """A data set being checked, with the place of every row and sample."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.corrected: list[Problem] = []
        self.sums: dict[str, Any] = {}
        try:
            self.sums = dict(json.loads((root / CHECKSUMS).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self.note(CHECKSUMS, "is missing or can't be read")
        made = self.sums.pop(LINES, {})
        self.made: dict[str, dict[str, str]] = made if isinstance(made, dict) else {}
        kept = [(where, s) for where, s in self._read(SAMPLES, Sample) if not s.dropped]
        self.samples: dict[str, tuple[str, Sample]] = {sample.id: (where, sample) for where, sample in kept}
        self.rows: list[tuple[str, QuestionRow]] = list(self._read(ROWS, QuestionRow))
        for name in (CARD, SAMPLES):
            if not (root / name).is_file():
                self.note(name, "is missing")

    def note(self, where: str, what: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(where, what))

    def _read(self, name: str, kind: type) -> Iterator[tuple[str, Any]]:
        """Every line of a file as what it should be, with its place; others become problems."""
        path, made = self.root / name, dict(self.made.get(name, {}))
        for number, text in enumerate(lines_of(path) if path.is_file() else (), 1):
            where = f"{name}:{number}"
            try:
                line = json.loads(text)
                name_of = line["id"] if isinstance(line, dict) and isinstance(line.get("id"), str) else ""
                where, known = f"{where} ({name_of})" if name_of else where, made.pop(name_of, None)
                one = validated(kind, line)
            except ValueError as error:
                self.note(where, str(error))
                continue
            if known != _sum_of(line) and name in self.made:
                self.corrected.append(Problem(where, "was corrected" if known else "was added"))
            yield where, one
        self.corrected += [Problem(name, f"{gone} was taken out") for gone in made]


def _sum_of(line: dict[str, Any]) -> str:
    return digest(json.dumps(line, sort_keys=True))[:16]


def check(path: str | Path) -> tuple[list[Problem], list[Problem]]:
    """Everything that is wrong with a data set, and the lines that were corrected since it was made; raises
    SettingsError where there is none.
    """
    path = Path(path)
    if not (path / ROWS).is_file():
        raise SettingsError("there is no data set here.", subject=str(path), hint=f"Give a folder with {ROWS}.")
    found = _Checked(path)
    if not found.rows:
        found.note(ROWS, "no question could be read")
    _check_rows(found)
    _check_media(found)
    _check_leakage(found)
    _check_balance(found)
    return found.problems, found.corrected


def _check_rows(found: _Checked) -> None:
    """Ids that are there once, and what each row says against its sample."""
    first: dict[str, str] = {}
    for where, row in found.rows:
        if row.id in first:
            found.note(where, f"its id {row.id} is that of {first[row.id]}")
        first.setdefault(row.id, where)
        if row.sample not in found.samples:
            found.note(where, f"there is no sample {row.sample}")
            continue
        sample = found.samples[row.sample][1]
        if row.split != sample.split:
            found.note(where, f"is in {row.split}, its sample in {sample.split}")
        if set(row.people) != set(row.present) or any(sample.people.get(n) is not row.present[n] for n in row.people):
            found.note(where, f"says {row.present} of {', '.join(row.people)}, its sample says {sample.people}")


def _check_media(found: _Checked) -> None:
    media = {sample.media: where for where, sample in found.samples.values()}
    for name, where in media.items():
        if not (found.root / name).resolve().is_relative_to(found.root.resolve()):
            found.note(where, f"{name} lies outside the data set")
        elif name not in found.sums:
            found.note(where, f"{name} has no checksum")
    for name in sorted(found.sums):
        path = found.root / name
        if not path.is_file():
            found.note(media.get(name, name), f"{name} is missing")
        elif atomic.sha256_of(path) != found.sums[name]:
            if name not in (ROWS, SAMPLES, CARD):
                found.note(name, "has another checksum than listed: it was changed")
            elif name not in found.made:  # which lines isn't known of sets made before, nor of the card
                found.corrected.append(Problem(name, "was changed"))


def _check_leakage(found: _Checked) -> None:
    """What stands in two splits."""
    samples = list(found.samples.values())
    _note_shared(found, ((s.split, s.source, where) for where, s in samples), "source {!r}")
    known = [(where, s) for where, s in samples if s.media in found.sums]
    _note_shared(found, ((s.split, found.sums[s.media], where) for where, s in known), "file content {!r}")
    _note_shared(found, ((r.split, str(r.template), where) for where, r in found.rows), "paraphrase {}")
    names = sorted({n for _, r in found.rows for n in r.people})
    _note_shared(
        found, ((r.split, mask_names(r.question, names), where) for where, r in found.rows), "the question {!r}"
    )
    ruled = [(where, r) for where, r in found.rows if r.type == "existence" or r.kind == "refusal"]
    _note_shared(found, ((r.split, mask_names(r.answer, names), where) for where, r in ruled), "the answer {!r}")


def _note_shared(found: _Checked, items: Iterable[tuple[str, str, str]], what: str) -> None:
    """One note for everything that stands in several splits, at its first place in the later split."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for split, thing, where in items:
        places[thing].setdefault(split, where)
    for thing, by_split in places.items():
        if len(by_split) > 1:
            (one, first), (other, second) = list(by_split.items())[:2]
            found.note(second, f"leak: {what.format(thing)} is in {other} and in {one} ({first})")


def _check_balance(found: _Checked) -> None:
    said: dict[str, list[bool]] = defaultdict(list)  # by split, whether an existence question is answered yes
    there: dict[str, list[bool]] = defaultdict(list)  # by type, whether a question is about somebody present
    for _, row in found.rows:
        if row.type == "existence":
            said[row.split] += row.present.values()
        there[row.type].append(any(row.present.values()))
    for split, yes in said.items():
        if len(yes) >= _ENOUGH and abs(sum(yes) / len(yes) - 0.5) > MOST_UNEVEN:
            found.note(f"split {split}", f"unbalanced: {sum(yes)} of {len(yes)} existence questions are answered yes")
    for kind, present in there.items():
        if len(present) >= _ENOUGH and all(present):
            found.note(
                f"type {kind}", f"unbalanced: {len(present)} questions about people present, none about absent ones"
            )
