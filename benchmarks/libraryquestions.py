"""Questions about a library, what is answered, what is right: over real clips, or over timelines that are made up.

    OMP_NUM_THREADS=1 python benchmarks/libraryquestions.py DEVSET [--questions data/library/questions.json] [--show]
    OMP_NUM_THREADS=1 python benchmarks/libraryquestions.py --made data/library/made*.json [--half tune|check|all]

In: the questions: whom to enroll, which clip lies where under which name (of a folder of labelled clips as `pvchat
eval` reads it), or what a made-up one shows, and for each question what is right, in words, written before any answer
was seen; `says` and `never` are patterns of it, by which an answer is judged. Made-up ones are halved by a hash, so
that one half stays unseen. Out: a line for each question that isn't answered rightly (`--show`: for each), whom the
scan missed or took for somebody else, and the counts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

REPO = Path(__file__).parent.parent
sys.path[:0] = [str(REPO), str(REPO / "tests")]

from pvchat import PVChat, Settings  # noqa: E402
from pvchat.people.store import PeopleStore  # noqa: E402

QUESTIONS = REPO / "data" / "library" / "questions.json"


def main() -> None:
    """Lay the clips out, enroll, look through them, ask, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("devset", type=Path, nargs="?")
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--made", type=Path, nargs="+", default=[])
    parser.add_argument("--half", choices=("tune", "check", "all"), default="tune", help="of the made-up ones")
    parser.add_argument("--show", action="store_true", help="every answer, not only wrong ones")
    args = parser.parse_args()
    for path in args.made or [args.questions]:
        sheet = json.loads(path.read_text())
        with tempfile.TemporaryDirectory() as folder:
            if args.made:
                chat = _made(sheet, Path(folder))
                sheet["questions"] = _half(sheet["questions"], args.half)
            else:
                chat = filled(sheet, args.devset, Path(folder))
                _recognition(sheet, chat)
            print(f"{path.name}: {_ask(sheet, chat, args.show)}")


def _made(sheet: dict[str, Any], folder: Path) -> PVChat:
    """A library of made-up timelines, its people enrolled with made-up faces."""
    from make_library import stored
    from make_people import make_person

    chat = PVChat(Settings(device="cpu"), people=PeopleStore(folder / ".home" / "people"))
    for seed, name in enumerate(sheet["people"]):
        chat.people.add(make_person(name, seed))
    stored(chat, folder, [(clip["place"], clip["recorded"], clip) for clip in sheet["clips"]])
    return chat


def _half(questions: list[dict[str, Any]], half: str) -> list[dict[str, Any]]:
    """Half of the questions, each with those that follow it."""
    chosen, mine = [], True
    for row in questions:
        if not row.get("follows"):
            digest = hashlib.sha256(row["question"].encode()).digest()[0] % 2
            mine = half == "all" or digest == (half == "check")
        chosen += [row] if mine else []
    return chosen


def filled(sheet: dict[str, Any], devset: Path, folder: Path) -> PVChat:
    """A library of the clips, its people enrolled."""
    chat = PVChat(Settings(device="cpu"), people=PeopleStore(folder / ".home" / "people"))
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


def _ask(sheet: dict[str, Any], chat: PVChat, show: bool) -> str:
    """Ask each question, after those that it follows; how many are answered rightly, and how many of those follow."""
    now, right = datetime.fromisoformat(sheet["today"]) + timedelta(hours=12), [0, 0]
    history: list[str] = []
    for number, row in enumerate(sheet["questions"], 1):
        history = history if row.get("follows") else []
        answer = chat.library.ask(row["question"], history=history, now=now).answer
        history = [*history, row["question"]]
        good = _is_right(row, answer)
        right[bool(row.get("follows"))] += good
        if show or not good:
            print(
                f"{'right' if good else 'WRONG'} {number}. {row['question']}\n  right: {row['right']}\n  said: {answer}"
            )
    follow = sum(bool(row.get("follows")) for row in sheet["questions"])
    return f"{sum(right)} of {len(sheet['questions'])} right, {right[1]} of the {follow} that follow others"


def _is_right(row: dict[str, Any], answer: str) -> bool:
    """Whether an answer says all that it must, and nothing that it must not."""
    says = all(re.search(one, answer, re.IGNORECASE) for one in row["says"])
    return says and not any(re.search(one, answer, re.IGNORECASE) for one in row.get("never", ()))


if __name__ == "__main__":
    main()
