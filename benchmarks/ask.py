"""What a question costs on a clip that was analysed before: in a warm process, and as a command in a fresh one.

    PVCHAT_HOME=FOLDER python benchmarks/ask.py CLIP --enroll CLIP_OF_A_PERSON [--answers facts] [--repeats 20]

The person is enrolled as "Ana", the clip is asked about once (experts run, models load), then the same questions come
again and again. Files are counted by Python's audit events, so what numpy or a model's own library opens in C is left
out; listing the people folder counts as one look into the store.

Then questions a second, about who is there, which needs no trained model; and `pvchat ask`, `pvchat people list` in
fresh processes: wall time, processor time (the wall time of an idle core) and the libraries that were loaded.
`python -c "import numpy"` beside them is the floor.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from pvchat import PVChat, Settings
from pvchat.people.store import PeopleStore

QUESTIONS = ("Is Ana in this video?", "What is Ana wearing?", "What is Ana doing?", "Where is Ana?")

WHO = (
    "Is Ana in this video?", "Who is in this video?", "When does Ana appear?", "How many people are there?",
    "Is anybody else there?", "How long is Ana visible?", "When was Ana last seen?", "Is Ana missing?",
)  # fmt: skip
LIBRARIES = ("torch", "transformers", "diffusers", "mediapipe", "openvino", "gradio", "scipy", "PIL", "tqdm", "numpy")
COMMAND = (
    "import sys; from pvchat.cli.main import main; main(sys.argv[1:]); "
    f"print([m for m in {LIBRARIES} if m in sys.modules], file=sys.stderr)"
)


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


def rates(chat: PVChat, clip: Path, repeats: int) -> list[tuple[str, float]]:
    """Questions a second: medians over rounds in which all ways take turns."""
    taken: dict[str, list[float]] = {}
    for _ in range(repeats):
        for count in (1, 16):
            started = time.perf_counter()
            for question in (WHO * 2)[:count]:
                chat.ask(clip, question)
            taken.setdefault(f"{count} one by one", []).append(count / (time.perf_counter() - started))
    return [(way, statistics.median(found)) for way, found in taken.items()]


def fresh(words: list[str], repeats: int) -> tuple[float, float, str]:
    """Median wall seconds, least processor seconds and the last line on stderr of fresh Python processes."""
    walls, processor, said = [], [], ""
    for _ in range(repeats):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
        walls.append(time.perf_counter() - started)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        said = (done.stderr.splitlines() or [""])[-1]
    return statistics.median(walls), min(processor), said


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
    for way, rate in rates(chat, args.clip, args.repeats):
        sys.stdout.write(f"{rate:9.1f}  questions a second about who is there: {way}\n")
    commands = (["ask", str(args.clip), "Is Ana in this video?"], ["people", "list"])
    for words in (["-c", "import numpy"], *(["-c", COMMAND, *command] for command in commands)):
        wall, processor, loaded = fresh(words, max(3, args.repeats // 4))
        told = " ".join(words[2:]) or words[1]
        sys.stdout.write(f"{wall:9.2f}  s wall, {processor:.2f} s of processor, loaded {loaded or '-'}: {told}\n")


if __name__ == "__main__":
    main()
