"""How fast and how large the app is: `python benchmarks/app.py [--questions 50] [--out FILE]`, on the demo's footage.

In: nothing but weights and footage (`pvchat doctor --fetch`). Out: JSON: seconds from start to first paint, from upload
to the first word of an answer for a clip of 10 s, from a second question to its first word, memory before and after
many questions, CPU while idle. The app is a process of its own, the user a headless Chromium. Linux (it reads /proc).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[1]
sys.path[:0] = [str(REPO), str(REPO / "tests"), str(REPO / "tests" / "app")]

from make_browser import ask, browser, enroll, open_page, served, tab  # noqa: E402

IDLE_S = 30
ASKED = ("Is Obama there?", "What is Obama wearing?", "What is Obama doing?", "Where is Obama?", "Who is there?")
_FIRST = """([before]) => { const bots = [...document.querySelectorAll('#pv-chat .bot')];
  const text = bots.length > before ? bots[before].innerText.trim() : '';
  return text && !text.startsWith('…') && !/…( \\d+ %)?$/.test(text); }"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), args.questions)
    text = json.dumps(found, indent=2)
    sys.stdout.write(text + "\n")
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


def measure(home: Path, questions: int) -> dict[str, Any]:
    """All numbers; seconds, megabytes, per cent of one core."""
    from pvchat.config import home as real_home

    (home / "weights").symlink_to(real_home() / "weights", target_is_directory=True)
    os.environ["PVCHAT_HOME"] = str(home)
    from pvchat.assets import footage

    clips = footage.build(home / "clips")
    long = ten_seconds(home / "ten.mp4")
    found: dict[str, Any] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    started = time.perf_counter()
    with browser() as chromium, served(home) as url:
        found["start_to_address_s"] = time.perf_counter() - started
        page = open_page(chromium, url)
        paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
        found["page_to_first_paint_s"] = page.evaluate(paint)
        enroll(page, clips["portrait"], "Obama")
        found |= _times(page, long)
        process = server_of(url)
        found["memory_first_mb"] = memory_mb(process)
        before = _cpu(process)
        time.sleep(IDLE_S)
        found["idle_cpu_percent"] = 100 * (_cpu(process) - before) / IDLE_S
        sys.stderr.write(f"{found}\n")
        found |= long_chat(page, questions)
        found["memory_after_mb"] = memory_mb(process)
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in found.items()}


def long_chat(page: Any, questions: int) -> dict[str, Any]:
    """Seconds from a question to its evidence: a conversation's first five turns, its last five, five of a new one."""
    page.click("#pv-clear")
    page.wait_for_function("!document.querySelector('#pv-chat .pv-turn')")
    took = [_turn(page, number) for number in range(questions)]
    page.click("#pv-clear")
    page.wait_for_function("!document.querySelector('#pv-chat .pv-turn')")
    anew = [_turn(page, number) for number in range(len(ASKED))]
    parts = {"first": took[: len(ASKED)], "late": took[-len(ASKED) :], "cleared": anew}
    found = {f"turn_{name}_median_s": statistics.median(times) for name, times in parts.items()}
    return {"questions": questions, "question_median_s": statistics.median(took), **found}


def _turn(page: Any, number: int) -> float:
    begun = time.perf_counter()
    ask(page, ASKED[number % len(ASKED)])
    return time.perf_counter() - begun


def ten_seconds(path: Path) -> Path:
    """A clip of 10 s at 25 frames a second: a slow move over one of the footage's photos."""
    from PIL import Image

    from pvchat.assets import weights
    from pvchat.assets.footage import move_over
    from pvchat.video import save_clip

    with Image.open(weights.member_path("footage-portraits", "obama2.jpg")) as photo:
        move = ((0.5, 0.42, 1.0), (0.5, 0.34, 0.75))
        save_clip(path, move_over(photo.convert("RGB"), move, 0.8, 250), 25)
    return path


def _times(page: Any, clip: Path) -> dict[str, float]:
    """From upload, and from a second question, to the first word of the answer."""
    tab(page, "Chat")
    page.fill("#pv-question textarea", "Is Obama there?")
    begun = time.perf_counter()
    page.set_input_files("#pv-chat-file input[type=file]", str(clip))
    page.wait_for_selector(f"#pv-chat-player figcaption:has-text('{clip.name}')")
    shown = time.perf_counter() - begun
    page.press("#pv-question textarea", "Enter")  # as soon as the clip is there: the experts still look at it
    page.wait_for_function(_FIRST, arg=[0])
    first = time.perf_counter() - begun
    page.wait_for_selector("#pv-chat .pv-picture", state="attached")  # it lies folded
    times = {"upload_to_player_s": shown, "upload_to_first_word_s": first}
    for name, question in (("second_question", "Where is Obama?"), ("worded_question", "What is Obama wearing?")):
        before = page.locator("#pv-chat .bot").count()
        page.fill("#pv-question textarea", question)
        begun = time.perf_counter()
        page.press("#pv-question textarea", "Enter")
        page.wait_for_function(_FIRST, arg=[before])
        times[f"{name}_to_first_word_s"] = time.perf_counter() - begun
        page.wait_for_timeout(3000)
    return times


def server_of(url: str) -> int:
    """The app's process id: whoever runs `pvchat serve` as our child."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            parent = (path / "stat").read_text().rsplit(")", 1)[1].split()[1]
        except OSError:
            continue
        if b"serve" in words and int(parent) == os.getpid():
            return int(path.name)
    raise SystemExit(f"no server for {url}")


def memory_mb(process: int) -> float:
    """Resident megabytes (10⁶ bytes)."""
    line = next(x for x in Path(f"/proc/{process}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


def _cpu(process: int) -> float:
    """CPU seconds used so far, all threads."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
