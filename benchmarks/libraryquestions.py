"""Forty questions about a library: real clips laid into folders with dates and places, what is answered, what is right.

    OMP_NUM_THREADS=1 python benchmarks/libraryquestions.py DEVSET [--questions data/library/questions.json] [--show]

In: a folder of labelled clips as `pvchat eval` reads it, and the questions: whom to enroll, which clip lies where under
which name, and for each question what is right, in words, written before any answer was seen; `says` and `never` are
patterns of it, by which an answer is judged. Out: a line for each question that isn't answered rightly (`--show`: for
each), whom the scan missed or took for somebody else, and the counts.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pvchat import PVChat, Settings
from pvchat.people.store import PeopleStore

QUESTIONS = Path(__file__).parent.parent / "data" / "library" / "questions.json"


def main() -> None:
    """Lay the clips out, enroll, look through them, ask, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("devset", type=Path)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--show", action="store_true", help="every answer, not only wrong ones")
    args = parser.parse_args()
    sheet = json.loads(args.questions.read_text())
    with tempfile.TemporaryDirectory() as folder:
        chat = _filled(sheet, args.devset, Path(folder))
        _recognition(sheet, chat)
        _ask(sheet, chat, args.show)


def _filled(sheet: dict[str, Any], devset: Path, folder: Path) -> PVChat:
    """A library of the clips, its people enrolled."""
    chat = PVChat(Settings(device="cpu"), people=PeopleStore(folder / "home" / "people"))
    for name, clip in sheet["people"].items():
        chat.enroll(devset / clip, name)
    for clip in sheet["clips"]:
        path = folder / clip["file"]
        path.parent.mkdir(exist_ok=True)
        shutil.copy(devset / clip["from"], path)
    for place in sorted({Path(clip["file"]).parent.name for clip in sheet["clips"]}):
        chat.library.add([folder / place], place=place)
    chat.library.scan()
    return chat


def _recognition(sheet: dict[str, Any], chat: PVChat) -> None:
    """Whom the scan missed in a clip, or took for somebody else."""
    seen: dict[str, set[str]] = {clip["file"]: set() for clip in sheet["clips"]}
    for name in sheet["people"]:
        for one in chat.library.ask(f"In which videos is {name}?").to_dict()["clips"]:
            if not one.get("perhaps"):
                seen[str(Path(*Path(one["path"]).parts[-2:]))].add(name)
    for clip in sheet["clips"]:
        there = set(clip["people"])
        if there != seen[clip["file"]]:
            print(f"{clip['file']}: missed {sorted(there - seen[clip['file']])}, "
                 f"wrongly {sorted(seen[clip['file']] - there)}")  # fmt: skip


def _ask(sheet: dict[str, Any], chat: PVChat, show: bool) -> None:
    """Ask each question, after those that it follows."""
    now, right = datetime.fromisoformat(sheet["today"]) + timedelta(hours=12), 0
    history: list[str] = []
    for number, row in enumerate(sheet["questions"], 1):
        history = history if row.get("follows") else []
        answer = chat.library.ask(row["question"], history=history, now=now).answer
        history = [*history, row["question"]]
        good = _is_right(row, answer)
        right += good
        if show or not good:
            print(
                f"{'right' if good else 'WRONG'} {number}. {row['question']}\n  right: {row['right']}\n  said: {answer}"
            )
    print(f"{right} of {len(sheet['questions'])} right")


def _is_right(row: dict[str, Any], answer: str) -> bool:
    """Whether an answer says all that it must, and nothing that it must not."""
    says = all(re.search(one, answer, re.IGNORECASE) for one in row["says"])
    return says and not any(re.search(one, answer, re.IGNORECASE) for one in row.get("never", ()))


if __name__ == "__main__":
    main()
