"""Plain questions in other words: how many are read as the plain one is, and how many that nothing can answer as such.

    PVCHAT_HOME=FOLDER python benchmarks/wordings.py [data/other_words.txt]

In: lines of a part, a plain question and what people type for it (`data/other_words.txt`). Out: a row a part; of what
is read otherwise also what is still answered by the same words about each made-up timeline of `data/composed` ("tell me
who speaks" for "who is talking?", where nothing is heard). `--missed` lists what is read otherwise in the parts that
may be looked at. Three names stand for whoever is known. No footage is needed, only the weights of the reader.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from make_written import written

from pvchat.chat.query import Query
from pvchat.chat.question import Conversation
from pvchat.chat.run import run
from pvchat.chat.say.voice import say
from pvchat.chat.timeline import Timeline

DATA = Path(__file__).parent.parent / "data"
FILE = DATA / "other_words.txt"
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


@lru_cache(maxsize=1)
def timelines() -> list[Timeline]:
    """The made-up ones in which as many people are enrolled as there are names."""
    files = sorted((DATA / "composed" / "timelines").glob("*.json"))
    made = [written(json.loads(path.read_text(encoding="utf-8"))) for path in files]
    return [one for one in made if len(one.enrolled) >= len(NAMES)]


def answered_as_plain(line: Line) -> bool:
    """Whether a line gets the answer of its plain question, word for word, about each timeline."""
    return all(_answer(line.text, one) == _answer(line.plain, one) for one in timelines())


def _answer(text: str, timeline: Timeline) -> str:
    """The answer about a timeline, whose people stand for the names."""
    enrolled = [one.name for one in timeline.enrolled]
    for name, own in zip(NAMES, enrolled, strict=False):
        text = text.replace(name, own)
    [question] = Conversation(enrolled).read([text], timeline)
    return say(run(question.query, timeline), timeline)


def tell(lines: Sequence[Line], missed: bool) -> None:
    """Prints a row a part, of plain questions and of what nothing can answer."""
    for part in dict.fromkeys(line.part for line in lines):
        for name, asked in (("read as the plain question", True), ("refused", False)):
            some = [x for x in lines if x.part == part and (x.plain != UNANSWERABLE) == asked]
            right = [as_plain(x) for x in some]
            otherwise = [line for line, good in zip(some, right, strict=True) if not good]
            alike = sum(map(answered_as_plain, otherwise)) if asked else 0
            more = f", with the same answers {alike + sum(right)} ({(alike + sum(right)) / len(right):.3f})" * asked
            _print(f"{part:20} {name:27} {sum(right)} of {len(right)} ({sum(right) / len(right):.3f}){more}")
            for line in otherwise if missed and "kept" not in part else ():
                _print(f"    {line.plain}  <-  {line.text}")


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def main(argv: Sequence[str] | None = None) -> None:
    """Read all lines, print the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", default=FILE)
    parser.add_argument(
        "--missed", action="store_true", help="list what is read otherwise in the parts that may be looked at"
    )
    args = parser.parse_args(argv)
    tell(read_lines(args.file), args.missed)


if __name__ == "__main__":
    main()
