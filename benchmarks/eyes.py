"""What an encoder of the hub says of deeds and places, beside our own model: right, wrong and silent.

    PVCHAT_HOME=FOLDER python benchmarks/eyes.py ../shared/devset --half tune --eyes open_clip:NAME [--eyes …]

In: a folder with `people.json` and `questions.jsonl`; encoders as `pvchat ask --eyes` takes them, a hub's or folders.
Out: a table, our own model's row first. Everybody is enrolled; each question about what one person who is there does,
or where, is asked. A deed of the lists (`choices.json`) is right where the reference answer has one of its words, a
place where it is the kind that the answer names (`phrases.py`), measured places too; answers that name no kind don't
count. Intervals draw whole clips.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import labelled
import numpy as np
from described import describing
from phrases import place_agrees, place_of

from pvchat import PVChat, Settings
from pvchat.eval.manifest import HALVES
from pvchat.eval.metrics.bootstrap import Bootstrap, ratio
from pvchat.identity.enroll import enroll
from pvchat.model.choices import choices

KINDS = {"action": "deed", "location": "place"}
Verdict = tuple[str, str, bool, bool]  # type, video, told, right


def main(argv: list[str] | None = None) -> None:
    """Ask with each encoder, and without one; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--eyes", action="append", required=True)
    args = parser.parse_args(argv)
    rows = [r for r in describing(labelled.questions(args.folder, args.half)) if r["type"] in KINDS]
    sys.stdout.write(f"{'':40}      n  right  wrong silent   of all              of what is told\n")
    with tempfile.TemporaryDirectory() as people:
        chat = enrolled(PVChat.from_pretrained("embedded"), args.folder, Path(people))
        tell("our model", asked(chat, args.folder, rows))
        for name in args.eyes:
            looking = PVChat.from_pretrained("embedded", Settings(eyes=name)).with_people(people)
            tell(name, asked(looking, args.folder, rows))


def enrolled(chat: PVChat, folder: Path, people: Path) -> PVChat:
    """The same with everybody of `people.json`, kept in a folder."""
    chat = chat.with_people(people)
    for one in labelled.people(folder):
        chat.people.add(enroll(chat.analyse(folder / one["enroll"], stage="who"), one["name"]))
    return chat


def asked(chat: PVChat, folder: Path, rows: Sequence[dict[str, Any]]) -> list[Verdict]:
    """A verdict on each question that one can be given on."""
    found = []
    for row in rows:
        finding = chat.ask(folder / row["video"], row["question"]).finding
        values = [r["value"] for p in finding.get("people", ()) for r in p.get("rows", ())
                  if r["attribute"] == KINDS[row["type"]] and "value" in r]  # fmt: skip
        judge = deed if row["type"] == "action" else place
        if (verdict := judge(values, row["answer"])) is not None:
            found.append((row["type"], row["video"], *verdict))
    return found


def deed(values: Sequence[str], answer: str) -> tuple[bool, bool]:
    """Whether a deed of the lists, or a group of them, was told, and whether the reference answer confirms it."""
    told = [c for c in choices("action") if {c.said, c.group} & set(values)]
    right = any(re.search(rf"\b(?:{c.words})\b", answer, re.IGNORECASE) for c in told)
    return bool(told), right


def place(values: Sequence[str], answer: str) -> tuple[bool, bool] | None:
    """Whether a place was told, and whether it is of the kind that the answer names; None where it names none."""
    named, told = place_of(answer), [place_of(value) or value for value in values]
    return None if named is None else (bool(told), any(place_agrees(one, named) for one in told))


def tell(name: str, verdicts: Sequence[Verdict]) -> None:
    """One system's rows."""
    for kind, attribute in KINDS.items():
        mine = [v for v in verdicts if v[0] == kind]
        told, right = (np.array([v[i] for v in mine], float) for i in (2, 3))
        counts = f"{int(right.sum()):6d} {int((told - right).sum()):6d} {int((1 - told).sum()):6d}"
        shares = [_share([v[1] for v in mine], right, of) for of in (np.ones_like(told), told)]
        sys.stdout.write(f"{name[-32:] + ', ' + attribute:40} {len(mine):6d} {counts}   {shares[0]:18}  {shares[1]}\n")


def _share(clips: Sequence[str], right: Any, of: Any) -> str:
    found = Bootstrap().measure(clips, np.stack([right, of], 1), ratio) if len(clips) else None
    if found is None or found.value is None:
        return "–"
    interval = "" if found.low is None or found.high is None else f" ({found.low:.2f}–{found.high:.2f})"
    return f"{found.value:.2f}{interval}"


if __name__ == "__main__":
    main()
