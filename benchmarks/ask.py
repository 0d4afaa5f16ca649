"""What one question costs on a clip that was analysed before, in a warm process: store, files, bytes hashed, seconds.

    PVCHAT_HOME=FOLDER python benchmarks/ask.py CLIP --enroll CLIP_OF_A_PERSON [--answers facts] [--repeats 20]

The person is enrolled as "Ana", the clip is asked about once (experts run, models load), then the same questions come
again and again. Files are counted by Python's audit events, so what numpy or a model's own library opens in C is left
out; listing the people folder counts as one look into the store.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pvchat import PVChat, Settings
from pvchat.people.store import PeopleStore

QUESTIONS = ("Is Ana in this video?", "What is Ana wearing?", "What is Ana doing?", "Where is Ana?")


class Counts:
    """Counts while `on`: calls of the people store, looks into its folder, files opened, bytes hashed."""

    def __init__(self) -> None:
        self.on, self.seen = False, Counter[str]()
        self._depth = 0
        for name, method in list(vars(PeopleStore).items()):
            if callable(method) and not name.startswith("_"):
                setattr(PeopleStore, name, self._counted(name, method))
        self._hash = hashlib.sha256
        hashlib.sha256 = self._sha256  # type: ignore[assignment]
        sys.addaudithook(self._audit)

    def _counted(self, name: str, method: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            if self.on and not self._depth:
                self.seen[f"store.{name}()"] += 1
                self.seen["calls into the store"] += 1
            self._depth += 1
            try:
                return method(*args, **options)
            finally:
                self._depth -= 1

        return call

    def _sha256(self, *args: Any, **options: Any) -> Any:
        self.seen["hashes begun"] += self.on
        return self._hash(*args, **options)

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open" and isinstance(args[0], str | Path):
            self.seen["files opened"] += 1
            self.seen[f"open {Path(args[0]).name}"] += 1
        elif event == "os.scandir" and Path(str(args[0])).name == "people":
            self.seen["looks into the people folder"] += 1


def measure(chat: PVChat, clip: Path, repeats: int, counts: Counts) -> dict[str, Any]:
    """Counts of one question (mean over `QUESTIONS`) and milliseconds: the median and the fastest of all."""
    for question in QUESTIONS:
        chat.ask(clip, question)
    counts.on = True
    for question in QUESTIONS:
        chat.ask(clip, question)
    counts.on = False
    seconds = []
    for _ in range(repeats):
        for question in QUESTIONS:
            started = time.perf_counter()
            chat.ask(clip, question)
            seconds.append(time.perf_counter() - started)
    found = {what: count / len(QUESTIONS) for what, count in sorted(counts.seen.items())}
    return found | {"median_ms": 1e3 * statistics.median(seconds), "fastest_ms": 1e3 * min(seconds)}


def main() -> None:
    """Enroll, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--enroll", type=Path, required=True, metavar="CLIP")
    parser.add_argument("--answers", default="facts")
    parser.add_argument("--repeats", type=int, default=20)
    args = parser.parse_args()
    counts = Counts()
    chat = PVChat.from_pretrained(settings=Settings(device="cpu", answers=args.answers))
    chat.enroll(args.enroll, "Ana", replace=True)
    for what, value in measure(chat, args.clip, args.repeats, counts).items():
        sys.stdout.write(f"{value:9.2f}  {what}\n")


if __name__ == "__main__":
    main()
