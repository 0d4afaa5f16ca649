"""Two browsers and four API clients at once: `python benchmarks/soak.py [--questions 200] [--minutes 20] [--out DIR]`.

In: nothing but weights and footage (`pvchat doctor --fetch`). Out: `soak.json` (every question with its seconds and
what came of it, the server's memory every two seconds) and `soak.svg`, which plots both. All upload the same clip, the
API's clients anew for every question, so that they collide where they can. Linux (it reads /proc).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[1]
sys.path[:0] = [str(REPO), str(REPO / "tests"), str(REPO / "tests" / "app")]

from make_browser import ask, browser, enroll, open_page, served, show  # noqa: E402

from app import memory_mb, server_of  # noqa: E402

BROWSERS, CLIENTS = 2, 4
WORKERS = BROWSERS + CLIENTS
SAMPLE_S = 2.0
ASKED = (
    "Is Obama there?",
    "What is Obama wearing?",
    "What is Obama doing?",
    "Where is Obama?",
    "Who is in this video?",
)


@dataclass
class Soak:
    """What all workers share.

    Attributes:
        url: of the server.
        clip: that everybody uploads.
        most: questions in all.
        end: monotonic time after which nobody begins another.
        rows: a question each: when it was answered (seconds from the start), who asked, what came, how long it took.
        memory: (seconds from the start, resident megabytes of the server).
    """

    url: str
    clip: Path
    most: int
    end: float
    begun: float = field(default_factory=time.monotonic)
    asked: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def questions(self) -> Iterator[str]:
        """One worker's share: questions, spread over the time, until all are asked or the time is over."""
        while True:
            with self.lock:
                if self.asked >= self.most or time.monotonic() > self.end:
                    return
                number, self.asked = self.asked, self.asked + 1
            due = self.begun + (self.end - self.begun) * (number // WORKERS) * WORKERS / self.most
            time.sleep(max(0.0, due - time.monotonic()))  # six come together, and then nothing for a while
            yield ASKED[number % len(ASKED)]

    def work(self, who: str, answer: Callable[[str], str]) -> None:
        """Ask until nothing is left, and note each answer."""
        for question in self.questions():
            started, wrong = time.monotonic(), ""
            try:
                told = answer(question)
            except Exception as error:  # what a soak is for
                told, wrong = "", f"{type(error).__name__}: {str(error)[:200]}"
            row = {"at_s": round(time.monotonic() - self.begun, 2), "who": who, "question": question, "answer": told,
                   "took_s": round(time.monotonic() - started, 2), "error": wrong}  # fmt: skip
            self.rows.append(row)
            sys.stderr.write(
                f"{len(self.rows):4d} {row['at_s']:7.1f} s  {who:<9} {row['took_s']:6.2f} s  {wrong or told}\n"
            )


def main() -> None:
    """Soak, print the numbers, write them and the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--out", type=Path, default=REPO / "docs")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), args) as (soak, process):
        run(soak, process)
    found = summary(soak)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    args.out.mkdir(parents=True, exist_ok=True)
    plot(soak, found, args.out / "soak.svg")
    data = {**found, "memory": soak.memory, "rows": soak.rows}
    (args.out / "soak.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


@contextmanager
def running(home: Path, args: argparse.Namespace) -> Iterator[tuple[Soak, int]]:
    """The app with Obama enrolled; yields what to soak and the server's process."""
    from pvchat.config import home as real_home

    (home / "weights").symlink_to(real_home() / "weights", target_is_directory=True)
    os.environ["PVCHAT_HOME"] = str(home)
    from pvchat.assets import footage

    clips = footage.build(home / "clips")
    with served(home) as url:
        with browser() as chromium:
            enroll(open_page(chromium, url), clips["portrait"], "Obama")
        yield Soak(url, clips["both"], args.questions, time.monotonic() + 60 * args.minutes), server_of(url)


def run(soak: Soak, process: int) -> None:
    """All workers until they are done, and a look at the memory meanwhile."""
    workers = [threading.Thread(target=in_a_browser, args=(soak, f"browser {i}")) for i in range(1, BROWSERS + 1)]
    workers += [threading.Thread(target=by_the_api, args=(soak, f"client {i}")) for i in range(1, CLIENTS + 1)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        soak.memory.append((round(time.monotonic() - soak.begun, 1), round(memory_mb(process), 1)))
        time.sleep(SAMPLE_S)


def in_a_browser(soak: Soak, who: str) -> None:
    """One page that shows the clip once and asks again and again."""
    with browser() as chromium:
        page = open_page(chromium, soak.url)
        show(page, soak.clip)
        soak.work(who, lambda question: ask(page, question))


def by_the_api(soak: Soak, who: str) -> None:
    """One client that uploads the clip for every question."""
    from gradio_client import Client, handle_file

    client = Client(soak.url, verbose=False, httpx_kwargs={"timeout": 300})  # a busy machine is not a failure
    clip = handle_file(str(soak.clip))
    soak.work(who, lambda question: str(client.predict(clip, question, api_name="/ask")["answer"]))


def summary(soak: Soak) -> dict[str, Any]:
    """The numbers: how many questions, how many went wrong, seconds by kind of client, megabytes."""
    found: dict[str, Any] = {"cores": os.cpu_count(), "load": [round(value, 1) for value in os.getloadavg()]}
    found |= {"questions": len(soak.rows), "errors": sum(bool(row["error"]) for row in soak.rows)}
    found["minutes"] = round(max((row["at_s"] for row in soak.rows), default=0.0) / 60, 1)
    for kind in ("browser", "client"):
        took = [row["took_s"] for row in soak.rows if row["who"].startswith(kind) and not row["error"]]
        if took:
            found[f"{kind}_median_s"] = round(statistics.median(took), 2)
            found[f"{kind}_most_s"] = max(took)
    memory = [value for _, value in soak.memory]
    third = max(1, len(memory) // 3)
    found["memory_mb"] = {"most": max(memory), "first_third": round(statistics.mean(memory[:third]), 1),
                          "last_third": round(statistics.mean(memory[-third:]), 1)}  # fmt: skip
    return found


def plot(soak: Soak, found: dict[str, Any], path: Path) -> None:
    """Memory above, answer times below, over the minutes of the run."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    with pyplot.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pvchat", "font.size": 9}):
        figure, (above, below) = pyplot.subplots(2, 1, figsize=(7, 4.6), sharex=True, layout="constrained")
        above.plot(
            [at / 60 for at, _ in soak.memory], [value for _, value in soak.memory], color="#3f51b5", linewidth=1
        )
        above.set(ylabel="server's memory, MB", ylim=(0, None))
        for kind, colour, mark in (("browser", "#1a7f4b", "o"), ("client", "#b26a00", "x")):
            rows = [row for row in soak.rows if row["who"].startswith(kind) and not row["error"]]
            name = {"browser": f"{BROWSERS} browsers", "client": f"{CLIENTS} API clients"}[kind]
            below.plot([row["at_s"] / 60 for row in rows], [row["took_s"] for row in rows], mark, color=colour,
                       markersize=3, label=name)  # fmt: skip
        below.set(xlabel="minutes", ylabel="seconds to an answer", ylim=(0, None))
        below.legend(frameon=False)
        above.set_title(f"{found['questions']} questions, {found['errors']} errors", loc="left", fontsize=9)
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


if __name__ == "__main__":
    main()
