"""Plain questions in other words: how many are read as the plain one is, and how many that nothing can answer as such.

    PVCHAT_HOME=FOLDER python benchmarks/wordings.py [data/other_words.txt]

In: lines of a part, a plain question and what people type for it (`data/other_words.txt`). Out: a row a part, by the
rules alone and with other words told (`pvchat/chat/paraphrases.py`); `--missed` lists what is read otherwise. Two names
stand for whoever is known. No footage is needed, only the weights of the sentence encoder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pvchat.chat.cuts import asks_of_cuts
from pvchat.chat.lineup import SOMEBODY
from pvchat.chat.question import Question
from pvchat.chat.questions import read_question
from pvchat.chat.sentences import Encode, SentenceEncoder
from pvchat.errors import UnknownPersonError

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


def as_plain(line: Line, encode: Encode | None) -> bool:
    """Whether a line is read as its plain question is, or refused where nothing can answer it."""
    asked = _read(line.text, encode)
    if line.plain == UNANSWERABLE:
        return asked is None or asked.reply != "" or asked.aspect.name == "rest" or _untold(asked)
    plain = _read(line.plain, None)
    return asked is not None and plain is not None and _asks(asked) == _asks(plain)


def _asks(question: Question) -> tuple[Question, ...]:
    """What is asked, and what of whom it means by the place; of cuts the words are asked for."""
    said = replace(question.aspect.predicate, said="")  # "a red jacket", "the red jacket"
    aspect, lineup = replace(question.aspect, predicate=said), question.aspect.lineup
    sense = replace(question.sense, aspect=aspect)
    if asks_of_cuts(question.text.lower()):
        return (replace(sense, text="cuts"),)
    if lineup is None or not lineup.asked:
        return (sense,)
    whom = replace(sense.aspect, lineup=replace(lineup, asked="", phrase=""))
    inner = _asks(read_question(lineup.asked, [SOMEBODY]))  # as `chat/byplace.py` reads it
    return replace(sense, type="other", aspect=whom), *inner


def _read(text: str, encode: Encode | None) -> Question | None:
    """A question as it is read; None where it asks about somebody unknown."""
    try:
        return read_question(text, NAMES, encode=encode)
    except UnknownPersonError:
        return None


def _untold(asked: Question) -> bool:
    return bool(asked.unknown) or asked.aspect.name == "whether" and asked.aspect.predicate.kind == "unknown"


def tell(lines: Sequence[Line], encode: Encode, missed: bool) -> None:
    """Prints a row a part: of plain questions and of what nothing can answer, by the rules alone and in all."""
    for part in dict.fromkeys(line.part for line in lines):
        for name, asked in (("read as the plain question", True), ("refused", False)):
            some = [x for x in lines if x.part == part and (x.plain != UNANSWERABLE) == asked]
            right = {how: [as_plain(x, told) for x in some] for how, told in (("rules", None), ("all", encode))}
            shares = ", ".join(f"{how} {sum(r)} of {len(r)} ({sum(r) / len(r):.3f})" for how, r in right.items())
            _print(f"{part:20} {name:27} {shares}")
            for line, good in zip(some, right["all"], strict=True):
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
    tell(read_lines(args.file), SentenceEncoder().encode, args.missed)


if __name__ == "__main__":
    main()
