"""Three ways to answer, on every question of a development set, in one run.

    PVCHAT_HOME=FOLDER python benchmarks/systems.py ../shared/devset --model embedded --out answers.jsonl

facts (measured facts in sentences made by rules), spoken (a language model tells the same facts), model (the trained
model fills the gaps). Presence is the same for all three, so existence can differ by wording only; it is counted from
the text. In: a folder with `people.json` and `questions.jsonl` (their README says how they are laid out). Out: tables,
and with `--out` one line a described question with all three answers, to be read by eye and marked.

Sentence cosine (MiniLM) and content-word F1 are against the reference phrases; intervals are 95 % bootstraps over
clips, since questions about one clip stand or fall together.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import labelled
import numpy as np
from numpy.typing import NDArray

from pvchat import PVChat
from pvchat.chat.english import word_set
from pvchat.config import Settings
from pvchat.eval.metrics.bootstrap import Bootstrap
from pvchat.model.sentences import SentenceEncoder

DESCRIBED = ("appearance", "action", "location")
_STOP = word_set(  # as the development set's own scorer
    """a an the in on at of and with is are to his her their its he she they by from for as this that near into
    while"""
)
_NO = re.compile(r"\b(no|not|isn't|is not|doesn't|cannot|can't|absent|nobody|neither)\b", re.IGNORECASE)
Row = dict[str, Any]


def main(argv: list[str] | None = None) -> None:
    """Enroll everyone, ask everything of each system, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=Settings.model)
    parser.add_argument("--systems", default="facts,spoken,model")
    parser.add_argument("--out", type=Path, help="JSON lines with all answers about present people")
    parser.add_argument("--limit", type=int, default=0, help="every n-th clip only, so that about this many are asked")
    args = parser.parse_args(argv)
    chats = {s: PVChat(Settings(device="cpu", model=args.model, answers=s)) for s in args.systems.split(",")}
    first = next(iter(chats.values()))
    for person in labelled.people(args.folder):
        first.enroll(args.folder / person["enroll"], person["name"], replace=True)
    rows = labelled.questions(args.folder)
    videos = sorted({row["video"] for row in rows})
    videos = videos[:: max(1, len(videos) // args.limit)] if args.limit else videos
    rows = sorted((row for row in rows if row["video"] in videos), key=lambda row: row["video"])
    for name, chat in chats.items():
        began = time.perf_counter()
        ask(chat, name, rows, args.folder)
        took = time.perf_counter() - began
        sys.stdout.write(f"{name}: {len(rows)} questions about {len(videos)} clips in {took:.0f} s\n")
    described(rows, list(chats))
    existence(rows, list(chats))
    if args.out:
        write(rows, list(chats), args.out)


def ask(chat: PVChat, system: str, rows: list[Row], folder: Path) -> None:
    """Put the answers of one system into the rows; rows come clip by clip."""
    for video in dict.fromkeys(row["video"] for row in rows):
        part = [row for row in rows if row["video"] == video]
        for row in part:
            answer = chat.ask(folder / video, row["question"])
            row[system], row["people_said"] = answer.answer, answer.people


def described(rows: list[Row], systems: list[str]) -> None:
    """Cosine and F1 by type, and how far the last system is ahead of each other one."""
    out, encode = sys.stdout.write, SentenceEncoder().encode
    out(f"\n{'':12}{'n':>4}" + "".join(f"{s + ' cosine':>24}{s + ' F1':>24}" for s in systems) + "\n")
    for kind in (*DESCRIBED, "all"):
        part = [r for r in rows if r["kind"] == "single" and r["type"] in (DESCRIBED if kind == "all" else (kind,))]
        if not part:
            continue
        clips = np.array([r["video"] for r in part])
        truth = encode([r["answer"] for r in part])
        scores = {}
        for s in systems:
            cosine = (encode([r[s] for r in part]) * truth).sum(1)
            scores[s] = (cosine, np.array([content_f1(r[s], r["answer"]) for r in part]))
        cells = [f"{_interval(v, clips):>24}" for s in systems for v in scores[s]]
        out(f"{kind:12}{len(part):4d}{''.join(cells)}\n")
        for other in systems[:-1]:
            ahead = [_interval(a - b, clips) for a, b in zip(scores[systems[-1]], scores[other], strict=True)]
            out(f"  {systems[-1]} - {other:8} cosine {ahead[0]}, F1 {ahead[1]}\n")


def existence(rows: list[Row], systems: list[str]) -> None:
    """What the texts say about who is there, and whether any goes against the decision."""
    out = sys.stdout.write
    out("\nread from the text:   single TPR   TNR   balanced   pairs   who F1   refusals   against the decision\n")
    for s in systems:
        single = [(r["present"][r["people"][0]], not _NO.search(r[s])) for r in rows
                  if r["kind"] == "single" and r["type"] == "existence" and _decided(r)]  # fmt: skip
        tpr, tnr = (float(np.mean([said == y for y, said in single if y == value])) for value in (True, False))
        pairs = [all(_said(r, n) == y for n, y in r["present"].items()) for r in rows if r["kind"] == "pair"]
        refused = [bool(_NO.search(r[s])) for r in rows if r["kind"] == "refusal"]
        against = sum(_against(r, s) for r in rows)
        out(f"{s:20}{tpr:12.3f}{tnr:6.3f}{(tpr + tnr) / 2:11.3f}{np.mean(pairs):8.3f}{_who(rows):9.3f}"
            f"{np.mean(refused):11.3f}{against:12d}\n")  # fmt: skip


def content_f1(said: str, truth: str) -> float:
    """F1 of content words as bags: lower case, letters and digits, without the commonest words."""
    a, b = ([w for w in re.findall(r"[a-z0-9]+", text.lower()) if w not in _STOP] for text in (said, truth))
    return 2 * sum((Counter(a) & Counter(b)).values()) / max(1, len(a) + len(b))


def write(rows: list[Row], systems: list[str], path: Path) -> None:
    """All answers about present people, one JSON line a question, with an empty mark for the reader."""
    keys = ("id", "set", "video", "type", "question")
    with path.open("w", encoding="utf-8") as file:
        for r in rows:
            if r["kind"] == "single" and r["type"] in DESCRIBED:
                row = {**{k: r[k] for k in keys}, "reference": r["answer"], **{s: r[s] for s in systems}, "mark": ""}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _said(row: Row, name: str) -> bool:
    return any(p.name == name and p.decision == "present" for p in row["people_said"])


def _decided(row: Row) -> bool:
    return all(p.decision != "unsure" for p in row["people_said"])


def _against(row: Row, system: str) -> bool:
    """Whether the text of a question about one person denies what was decided, or the other way round."""
    people = row["people_said"]
    if row["kind"] not in ("single", "refusal") or len(people) != 1 or people[0].decision == "unsure":
        return False
    if row["type"] != "existence" and people[0].decision == "present":
        return "not in this video" in row[system]
    return bool(_NO.search(row[system])) == (people[0].decision == "present")


def _who(rows: list[Row]) -> float:
    counts = Counter[str]()
    for r in (r for r in rows if r["kind"] == "who"):
        got = {p.name for p in r["people_said"] if p.decision == "present"}
        want = {name for name, there in r["present"].items() if there}
        counts.update(tp=len(got & want), off=len(got ^ want))
    return 2 * counts["tp"] / max(1, 2 * counts["tp"] + counts["off"])


def _interval(values: NDArray[np.floating], clips: NDArray[np.str_]) -> str:
    """Mean and 95 % interval over clips."""
    found = Bootstrap().mean(clips.tolist(), values)
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


if __name__ == "__main__":
    main()
