"""Does forgetting somebody leave no trace? On real clips, with a real deep enrollment.

    PVCHAT_HOME=EMPTY_FOLDER python benchmarks/forgetting.py ../shared/devset [--others 4] [--clips 6] [--out FILE]

In: a folder with `people.json` and `questions.jsonl`. The first --others people are enrolled and asked about on the
first --clips clips that name them; then one more person is enrolled deeply, asked about, and forgotten; then the same
questions are asked again (every clip is analysed anew: forgetting deletes all analyses). Out: whether all answers are
the same to the last bit, and which files differ below the home folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import labelled

from pvchat import PVChat
from pvchat.augment.steps import augment
from pvchat.config import home
from pvchat.people.person import Person
from pvchat.train.deep import train_on, working
from recipes.model.person.own import learn

Row = dict[str, Any]


def main(argv: list[str] | None = None) -> None:
    """Ask, enroll, ask, forget, ask, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--others", type=int, default=4, help="people who stay")
    parser.add_argument("--clips", type=int, default=6, help="clips that are asked about")
    parser.add_argument("--out", type=Path, help="also write the result as JSON")
    args = parser.parse_args(argv)
    chat = PVChat.from_pretrained("embedded")
    *stay, goes = labelled.people(args.folder)[: args.others + 1]
    for one in stay:
        chat.enroll(args.folder / one["enroll"], one["name"])
    rows = chosen(args.folder, {one["name"] for one in stay}, args.clips)
    before, files = answers(chat, args.folder, rows), hashes()
    person = deeply_enrolled(chat, args.folder / goes["enroll"], goes["name"])
    during = answers(chat, args.folder, rows)
    present = chat.ask(args.folder / goes["enroll"], f"Is {goes['name']} in this video?").people[0].decision
    chat.forget(goes["name"])
    after, left = answers(chat, args.folder, rows), hashes()
    found = {
        "questions": len(rows), "clips": len({r["video"] for r in rows}), "people": [one["name"] for one in stay],
        "forgotten": goes["name"], "depth": person.depth, "seen_in_own_clip": present,
        "bytes_of_the_person": person.bytes_on_disk,
        "same_after": sum(a == b for a, b in zip(before, after, strict=True)),
        "same_while_enrolled": sum(a == b for a, b in zip(before, during, strict=True)),
        "files_that_differ": sorted(p for p in {*files, *left} if files.get(p) != left.get(p)),
        "files_that_name_them": sorted(naming(goes["name"], person.id)),
    }  # fmt: skip
    text = json.dumps(found, indent=1)
    sys.stdout.write(text + "\n")
    if args.out:
        args.out.write_text(text + "\n")


def deeply_enrolled(chat: PVChat, clip: Path, name: str) -> Person:
    """Enroll somebody and train the trained model on her, as `pvchat train person` does in a checkout."""
    person = chat.enroll(clip, name)
    with working(person) as folder:
        augment(clip, name, folder, chat)
        return train_on(chat, person, folder, own=learn)


def chosen(folder: Path, names: set[str], clips: int) -> list[Row]:
    """The questions about these people alone, on the first clips that have any."""
    rows = [r for r in labelled.questions(folder) if r["people"] and set(r["people"]) <= names]
    kept = sorted({r["video"] for r in rows if any(r["present"].values())})[:clips]
    return [r for r in rows if r["video"] in kept]


def answers(chat: PVChat, folder: Path, rows: list[Row]) -> list[str]:
    """Text, decisions and probabilities of each answer, unrounded; not its timing."""
    said = [chat.ask(folder / r["video"], r["question"]) for r in rows]
    return [repr((a.answer, [(p.name, p.decision, p.probability, p.spans) for p in a.people])) for a in said]


def hashes() -> dict[str, str]:
    """SHA-256 of every file of the people store."""
    root = home() / "people"
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*")) if p.is_file() and p.suffix != ".lock"
    }  # fmt: skip


def naming(name: str, key: str) -> list[str]:
    """Files below the home folder, weights apart, with the name or the person's id in name or content."""
    words = (name.encode(), key.encode())
    files = [p for p in home().rglob("*") if p.is_file() and "weights" not in p.relative_to(home()).parts]
    return [str(p) for p in files if any(w in p.name.encode() or w in p.read_bytes() for w in words)]


if __name__ == "__main__":
    main()
