"""Is a data set whole and consistent? Names every bad row, of ours and of the official PVChat JSON.

In: a data set folder, an official JSON file, or a folder of those. Out: `DataSetProblem`s, none when all is in order.
It is read row by row, every row and sample with its place, into a `CheckedSet`. Checked:

- form: lines that can be read, fields, known types, kinds and splits, ids that are there once;
- truth: names asked about stand in the question, `present` agrees with the sample, answers with `present`;
- media: there, not empty, inside the folder, of a sample, with the listed checksums, not the same in two splits;
- leakage: no source, paraphrase or framed answer in two splits; balance: as many yes as no, refusals for every type.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pvchat.augment import folders
from pvchat.augment.dataset import official
from pvchat.augment.dataset.folder import CARD, CHECKSUMS, FROM_SAMPLE, ROWS, SAMPLES
from pvchat.augment.journal import lines_of, validated
from pvchat.augment.questions.templates import denied, masked, stated_presence
from pvchat.augment.schemas import QuestionRow, Sample
from pvchat.errors import SettingsError
from pvchat.storage import atomic

TYPES = ("existence", "appearance", "action", "location", "other")
KINDS = {"single": 1, "refusal": 1, "pair": 2, "triple": 3}  # people asked of
MOST_UNEVEN = 0.1  # yes may be so far from half of a split's existence questions
_ENOUGH = 10  # rows from which balance is judged


@dataclass(frozen=True)
class DataSetProblem:
    """What is wrong where: "dataset.jsonl:17 (id)", "train.json: video 3 (a.mp4), pair 2", or a file."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class CheckedSet:
    """A data set being checked, with the place of every row and sample."""

    root: Path
    rows: list[tuple[str, QuestionRow]]
    samples: dict[str, tuple[str, Sample]]
    problems: list[DataSetProblem]
    sums: dict[str, str] | None = None

    def note(self, where: str, what: str) -> None:
        """Add a problem."""
        self.problems.append(DataSetProblem(where, what))


def read_ours(path: Path) -> CheckedSet:
    """A folder that `pvchat augment` made."""
    found = CheckedSet(path, [], {}, [])
    for where, line in _lines(path / SAMPLES, found) if (path / SAMPLES).is_file() else ():
        sample = _built(Sample, line, where, found)
        if sample is not None and not sample.dropped:
            if sample.id in found.samples:
                found.note(where, f"sample {sample.id} is there twice")
            found.samples[sample.id] = (where, sample)
    if not (path / SAMPLES).is_file():
        found.note(SAMPLES, "is missing")
    for where, line in _lines(path / ROWS, found):
        row = _built(QuestionRow, line, where, found)
        if row is not None:
            found.rows.append((where, row))
            _check_copies(line, where, found)
    if not (path / CARD).is_file():
        found.note(CARD, "is missing")
    try:
        found.sums = dict(json.loads((path / CHECKSUMS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        found.note(CHECKSUMS, "is missing or can't be read")
    return found


def read_official(path: Path) -> CheckedSet:
    """The official PVChat JSON: a file, or a folder of those."""
    root = path if path.is_dir() else path.parent
    found = CheckedSet(root, [], {}, [])
    for file in official.files(path):
        entries = official.entries(file) or []
        for number, entry in enumerate(entries):
            video = entry.get("video_name", "?") if isinstance(entry, dict) else "?"
            _add_official(entry, number, f"{file.name}: video {number + 1} ({video})", file, entries, found)
    return found


def check(path: str | Path) -> list[DataSetProblem]:
    """Everything that is wrong with a data set.

    Args:
        path: a folder of ours, an official JSON file, or a folder of those.

    Raises:
        SettingsError: there is no data set.
    """
    path = Path(path)
    if (path / ROWS).is_file():
        found = read_ours(path)
    elif path.exists() and official.files(path):
        found = read_official(path)
    else:
        hint = f"Give a folder with {ROWS}, or the official PVChat JSON."
        raise SettingsError("there is no data set here.", subject=str(path), hint=hint)
    if not found.rows:
        found.note(str(path.name or path), "no question could be read")
    _check_ids(found)
    for where, row in found.rows:
        found.problems += [DataSetProblem(where, what) for what in _row_problems(row, found)]
    _check_media(found)
    _check_leakage(found)
    _check_balance(found)
    return found.problems


def _check_copies(line: dict[str, Any], where: str, found: CheckedSet) -> None:
    """What a row repeats of its sample must be what the sample says."""
    known = found.samples.get(str(line.get("sample")))
    for key in FROM_SAMPLE:
        if known and key in line and line[key] != getattr(known[1], key):
            found.note(where, f"{key} is {line[key]!r}, its sample's is {getattr(known[1], key)!r}")


def _lines(path: Path, found: CheckedSet) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, text in enumerate(lines_of(path), 1):
        where = f"{path.name}:{number}"
        try:
            line = json.loads(text)
        except ValueError as error:
            found.note(where, f"no JSON ({error})")
            continue
        if not isinstance(line, dict):
            found.note(where, "no JSON object")
            continue
        yield f"{where} ({line['id']})" if "id" in line else where, line


def _built(kind: type, line: dict[str, Any], where: str, found: CheckedSet) -> Any:
    """A `QuestionRow` or `Sample`, or None with a note when a field is missing or of the wrong sort."""
    try:
        return validated(kind, line)
    except ValueError as error:
        found.note(where, str(error))
        return None


def _add_official(entry: Any, number: int, where: str, file: Path, entries: list[Any], found: CheckedSet) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("qa_pairs"), list):
        found.note(where, "has no list of qa_pairs")
        return
    whole = []
    for place, pair in enumerate(entry["qa_pairs"], 1):
        lacks = [k for k in official.PAIR_FIELDS if not isinstance(pair, dict) or k not in pair]
        if lacks or not isinstance(pair["is_special"], bool):
            found.note(
                f"{where}, pair {place}", f"{lacks[0]} is missing" if lacks else "is_special isn't true or false"
            )
        else:
            whole.append((place, pair))
    try:
        people = official.names_of(entry, entries, file)
        pairs = [pair for _, pair in whole]
        sample, rows = official.read_entry({**entry, "qa_pairs": pairs}, number, people, file, found.root)
    except (KeyError, TypeError, ValueError) as error:
        found.note(where, f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error))
        return
    found.samples[sample.id] = (where, sample)
    for (place, pair), row in zip(whole, rows, strict=True):
        if not any(n in official.named(str(pair["question"]), people) for n in people):
            row.people, row.present = [], {}
        found.rows.append((f"{where}, pair {place}", row))


def _row_problems(row: QuestionRow, found: CheckedSet) -> Iterator[str]:
    if row.type not in TYPES:
        yield f"there is no type {row.type!r}"
    if row.kind not in KINDS:
        yield f"there is no kind {row.kind!r}"
    if not row.question.strip() or not row.answer.strip():
        yield "question or answer is empty"
    if not row.people:
        yield "asks about nobody: no name stands in the question"
    if gone := [n for n in row.people if masked(row.question, [n]) == masked(row.question, [])]:
        yield f"{gone[0]} is asked about, but doesn't stand in the question"
    if row.kind in KINDS and row.people and KINDS[row.kind] != len(row.people):
        yield f"a {row.kind} can't be about {len(row.people)} people"
    if set(row.people) != set(row.present):
        yield "present isn't about the people asked about"
        return
    if row.sample not in found.samples:
        if found.samples:
            yield f"there is no sample {row.sample}"
    else:
        yield from _against_sample(row, found.samples[row.sample][1])
    yield from _answer_problems(row)


def _against_sample(row: QuestionRow, sample: Sample) -> Iterator[str]:
    if row.split != sample.split:
        yield f"is in {row.split}, its sample in {sample.split}"
    for name, there in row.present.items():
        if name not in sample.people:
            yield f"its sample doesn't say whether {name} is in it"
        elif sample.people[name] is not there:
            yield f"says that {name} is {_word(there)}, its sample says {_word(sample.people[name])}"


def _answer_problems(row: QuestionRow) -> Iterator[str]:
    """What an answer says against `present`."""
    if row.kind == "refusal" and any(row.present.values()):
        yield "a refusal about somebody who is present"
    if row.type == "existence":
        about = stated_presence(row.answer, list(row.present))
        for name, there in row.present.items():
            if about[name] is not None and about[name] is not there:
                yield f"the answer says that {name} is {_word(not there)}, but {name} is {_word(there)}"
            elif about[name] is None:
                yield f"the answer doesn't say whether {name} is there"
        return
    for name, there in row.present.items():
        others = [n for n in row.people if n != name]
        stated = stated_presence(row.answer, [name, *others])[name]
        refused = denied(row.answer, name, others) or (not there and stated is False)
        if refused is there:
            what = "refuses to describe" if there else "describes"
            yield f"the answer {what} {name}, who is {_word(there)}"


def _word(there: bool) -> str:
    return "present" if there else "absent"


def _check_ids(found: CheckedSet) -> None:
    first: dict[str, str] = {}
    asked: dict[tuple[str, str], str] = {}
    for where, row in found.rows:
        if row.id in first:
            found.note(where, f"its id {row.id} is that of {first[row.id]}")
        first.setdefault(row.id, where)
        same = (row.sample, row.question)
        if same in asked:
            found.note(where, f"asks the same about the same sample as {asked[same]}")
        asked.setdefault(same, where)
    for where, sample in found.samples.values():
        if (sample.role == "positive") is not next(iter(sample.people.values()), False):
            found.note(where, f"a {sample.role} sample can't say {sample.people} of its first person")


def _check_media(found: CheckedSet) -> None:
    for where, sample in found.samples.values():
        path = found.root / sample.media
        if found.sums is not None and not path.resolve().is_relative_to(found.root.resolve()):
            found.note(where, f"{sample.media} lies outside the data set")
        elif not path.is_file():
            found.note(where, f"{sample.media} is missing")
        elif not path.stat().st_size:
            found.note(where, f"{sample.media} is empty")
    if found.sums is None:
        return
    for path in folders.strays(found.root, [s for _, s in found.samples.values()]):
        if path.parent.name == folders.MEDIA:
            found.note(f"{folders.MEDIA}/{path.name}", "belongs to no sample")
    listed = {name for name in found.sums if (found.root / name).is_file()}
    for name in sorted(set(found.sums) - listed - {s.media for _, s in found.samples.values()}):
        found.note(name, "is listed in the checksums, but missing")
    for name in sorted(listed):
        if atomic.sha256_of(found.root / name) != found.sums[name]:
            found.note(name, "has another checksum than listed: it was changed")
    for name in [ROWS, *sorted({s.media for _, s in found.samples.values()})]:
        if name not in found.sums and (found.root / name).is_file():
            found.note(name, "has no checksum")


def _check_leakage(found: CheckedSet) -> None:
    """What stands in two splits: sources, pictures, paraphrases, answers by rule."""
    samples = list(found.samples.values())
    _note_shared(found, ((s.split, s.source, where) for where, s in samples), "source {!r}")
    sums = found.sums or {}
    _note_shared(
        found, ((s.split, sums[s.media], where) for where, s in samples if s.media in sums), "file content {!r}"
    )
    _note_shared(found, ((r.split, str(r.template), where) for where, r in found.rows), "paraphrase {}")
    names = sorted({n for _, r in found.rows for n in r.people} | {n for _, s in samples for n in s.people})
    words = [(r.split, masked(r.question, names), where) for where, r in found.rows]
    _note_shared(found, words, "the question {!r}")
    ruled = [(where, r) for where, r in found.rows if r.type == "existence" or r.kind == "refusal"]
    _note_shared(found, ((r.split, masked(r.answer, names), where) for where, r in ruled), "the answer {!r}")


def _note_shared(found: CheckedSet, items: Iterable[tuple[str, str, str]], what: str) -> None:
    """One note for everything that stands in several splits, at its first place in the later split."""
    places: dict[str, dict[str, str]] = defaultdict(dict)
    for split, thing, where in items:
        places[thing].setdefault(split, where)
    for thing, by_split in places.items():
        if len(by_split) > 1:
            (one, first), (other, second) = list(by_split.items())[:2]
            found.note(second, f"leak: {what.format(thing)} is in {other} and in {one} ({first})")


def _check_balance(found: CheckedSet) -> None:
    yes: Counter[str] = Counter()
    total: Counter[str] = Counter()
    there: Counter[str] = Counter()
    away: Counter[str] = Counter()
    for _, row in found.rows:
        if row.type == "existence" and len(row.present) == 1:
            total[row.split] += 1
            yes[row.split] += next(iter(row.present.values()))
        (there if any(row.present.values()) else away)[row.type] += 1
    for split, count in total.items():
        if count >= _ENOUGH and abs(yes[split] / count - 0.5) > MOST_UNEVEN:
            found.note(f"split {split}", f"unbalanced: {yes[split]} of {count} existence questions are answered yes")
    for kind, count in there.items():
        if count >= _ENOUGH and not away[kind] and kind != "other":
            found.note(f"type {kind}", f"unbalanced: {count} questions about people present, none about absent ones")
