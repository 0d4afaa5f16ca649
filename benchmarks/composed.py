"""Questions in combination about made-up timelines: how many are read and looked up rightly.

In: `data/composed` (its README says what stands in it): timelines, and questions with what is right about the last of
their turns. Out: a row a kind: right, wrong, a wrong yes or no; with `--list` each that isn't right.

Half of the questions is kept, by a hash of their words: `--kept` looks at that half alone, once a change is finished.

    python benchmarks/composed.py data/composed [--kept] [--list]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from make_written import written

from pvchat.chat.question import Conversation
from pvchat.chat.run import run
from pvchat.chat.sounds import bare
from pvchat.chat.timeline import Finding, Row, Timeline, words

NEAR_S, NEAR_SHARE, EDGE_S = 0.5, 0.1, 1.0  # how far a number, or an edge of a span, may be off
Expect = dict[str, Any] | list[dict[str, Any]]


def scored(expect: Expect, finding: Finding) -> bool:
    """Whether a finding is what is right: all that stands in `expect`; a list of two is right about two questions."""
    if isinstance(expect, list):
        parts = [finding, *([finding.then] if finding.then is not None else [])]
        return len(parts) == len(expect) and all(map(scored, expect, parts))
    return all(_RIGHT[name](value, finding) for name, value in expect.items())


def _verdict(finding: Finding) -> str | None:
    """The verdict; where none is asked for and nothing is found it isn't known."""
    found = finding.people or finding.rows or finding.number is not None
    return finding.verdict if finding.verdict or found else "unknown"


def _people(finding: Finding) -> set[str]:
    """Whom the answer names: "beside whom is Ana?" is answered by those who are."""
    if finding.query.select == "attribute" and finding.query.attribute in ("beside", "with"):
        return {row.of for one in finding.people for row in one.rows}
    return set(finding.names)


def _refused(kind: str, finding: Finding) -> bool:
    """Refused for this reason; what nothing measured tells may also have been looked up in vain."""
    return finding.query.refusal == kind or kind == "unseen" and finding.verdict == "unknown"


def _number(value: float, finding: Finding) -> bool:
    return finding.number is not None and abs(finding.number - value) <= max(NEAR_S, NEAR_SHARE * value)


def _spans(value: Sequence[Sequence[float]], finding: Finding) -> bool:
    edges = [[edge for span in spans for edge in span] for spans in (value, finding.spans)]
    return len(edges[0]) == len(edges[1]) and all(abs(a - b) <= EDGE_S for a, b in zip(*edges, strict=True))


def _values(value: Sequence[str], finding: Finding) -> bool:
    """Each value has all of its words in one row of those whom it is about, or of the scene."""
    found = [_said(row) for row in (*(row for one in finding.people for row in one.rows), *finding.rows)]
    return all(any(words(one) <= said for said in found) for one in value)


def _said(row: Row) -> frozenset[str]:
    value = bare(row.value) if row.attribute == "says" else row.value
    return words(f"{row.colour} {value} {row.of}")


def _missing(value: Sequence[str], finding: Finding) -> bool:
    return set(value) <= {one.name for one in finding.missing}


_RIGHT: dict[str, Callable[[Any, Finding], bool]] = {
    "verdict": lambda value, finding: _verdict(finding) == value,
    "people": lambda value, finding: _people(finding) == set(value),
    "order": lambda value, finding: list(finding.names) == list(value),
    "why": lambda value, finding: (finding.query.select == "why") == value,
    "number": _number, "spans": _spans, "values": _values, "missing": _missing, "refused": _refused,
    "suggests": lambda value, finding: value in [one.suggests for one in finding.missing],
}  # fmt: skip


def is_kept(turns: Sequence[str]) -> bool:
    """Whether a question is of the half that is looked at once only."""
    return int(hashlib.sha256("|".join(turns).encode()).hexdigest()[0], 16) % 2 == 1


def rows(folder: Path, kept: bool) -> Iterator[dict[str, Any]]:
    """The questions of one half."""
    for path in sorted((folder / "questions").glob("*.jsonl")):
        found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        # all turns of one conversation lie in one half
        yield from (row for row in found if is_kept(row["turns"][: 1 if row["kind"] == "talk" else None]) == kept)


def answered(turns: Sequence[str], timeline: Timeline) -> Finding:
    """What is found for the last of a question's turns."""
    talk = Conversation([one.name for one in timeline.entities if one.known], {}, tuple(turns[:-1]))
    before = [finding for _, finding in talk.turns(timeline)]
    return run(talk.read([turns[-1]], timeline)[0].query, timeline, before)


def counted(folder: Path, kept: bool, tell: Callable[[str], Any]) -> Counter[tuple[str, str]]:
    """How many of each kind are right, wrong, and said yes or no wrongly; `tell` hears of those that are wrong."""
    files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (folder / "timelines").glob("*.json")}
    timelines = {name: written(row) for name, row in files.items()}
    count: Counter[tuple[str, str]] = Counter()
    for row in rows(folder, kept):
        found = answered(row["turns"], timelines[row["timeline"]])
        right = scored(row["expect"], found)
        count[row["kind"], "right" if right else "wrong"] += 1
        wanted = row["expect"].get("verdict") if isinstance(row["expect"], dict) else None
        count[row["kind"], "wrong yes or no"] += found.verdict in ("yes", "no") and wanted not in (None, found.verdict)
        if not right:
            tell(f"{row['timeline']} {' → '.join(row['turns'])}\n  {row['expect']}\n  {json.dumps(found.to_dict())}\n")
    return count


def main() -> None:
    """Counts one half."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="timelines and questions")
    parser.add_argument("--kept", action="store_true", help="the half that is looked at once")
    parser.add_argument("--list", action="store_true", help="tell each that isn't right")
    asked = parser.parse_args()
    count = counted(asked.folder, asked.kept, sys.stdout.write if asked.list else lambda text: None)
    for kind in [*sorted({kind for kind, _ in count}), "all"]:
        told = {what: sum(n for (k, w), n in count.items() if w == what and kind in (k, "all"))
                for what in ("right", "wrong", "wrong yes or no")}  # fmt: skip
        total = max(1, told["right"] + told["wrong"])
        sys.stdout.write(f"{kind:12s} {told['right']:4d} of {total:4d} ({told['right'] / total:.3f}), "
                         f"{told['wrong yes or no']} wrong yes or no\n")  # fmt: skip


if __name__ == "__main__":
    main()
