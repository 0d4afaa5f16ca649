"""Plain questions in other words: how many are read as the plain one is, and how many that nothing can answer as such.

    PVCHAT_HOME=FOLDER python benchmarks/wordings.py [data/other_words.txt]

In: lines of a part, a plain question and what people type for it (`data/other_words.txt`). Out: a row a part;
`--missed` lists what is read otherwise. Three names stand for whoever is known. No footage is needed, only the reader
and the weights of the sentence encoder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pvchat.chat.query import Query
from pvchat.chat.question import Conversation

FILE = Path(__file__).parent.parent / "data" / "other_words.txt"
NAMES = ("Howard", "Sheldon", "Raj")
UNANSWERABLE = "-"


@dataclass(frozen=True)
class Line:
    """A part, the plain question, names filled in, or `UNANSWERABLE`, and other words for it."""

    part: str
    plain: str
    text: str


def read_lines(path: Path) -> list[Line]:
    """All lines but remarks."""
    rows = [line.split(" | ") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [Line(part, *(text.format(*NAMES) for text in texts)) for part, *texts in rows]


def as_plain(line: Line) -> bool:
    """Whether a line is read as its plain question is, or refused where nothing can answer it."""
    asked = _meant(line.text)
    return asked.select == "refuse" if line.plain == UNANSWERABLE else asked == _meant(line.plain)


def _meant(text: str) -> Query:
    """What a question asks; whether as a question or as a command is no difference."""
    query = Conversation(NAMES).read([text])[0].query
    return replace(query, form="wh") if query.form == "command" else query


def tell(lines: Sequence[Line], missed: bool) -> None:
    """Prints a row a part, of plain questions and of what nothing can answer."""
    for part in dict.fromkeys(line.part for line in lines):
        for name, asked in (("read as the plain question", True), ("refused", False)):
            some = [x for x in lines if x.part == part and (x.plain != UNANSWERABLE) == asked]
            right = [as_plain(x) for x in some]
            _print(f"{part:20} {name:27} {sum(right)} of {len(right)} ({sum(right) / max(1, len(right)):.3f})")
            for line, good in zip(some, right, strict=True):
                if missed and not good:
                    _print(f"    {line.plain}  <-  {line.text}")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def main(argv: Sequence[str] | None = None) -> None:
    """Read all lines, print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", default=FILE)
    parser.add_argument("--missed", action="store_true", help="list what is read otherwise")
    args = parser.parse_args(argv)
    tell(read_lines(args.file), args.missed)


if __name__ == "__main__":
    main()
