"""A large upload: `python benchmarks/upload.py [--mb 1000]`: what the page tells of it, and the server's memory.

In: nothing but weights and footage (`pvchat doctor --fetch`). Out: JSON: seconds from the drop to the player, how often
and how evenly progress was told, the server's resident memory before, at most while the file came, at most until it was
looked at, and after. The file is a clip of the demo with free space behind it; the user is a headless Chromium.
Linux (it reads /proc).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[1]
sys.path[:0] = [str(REPO), str(REPO / "tests"), str(REPO / "tests" / "app")]

from make_browser import browser, open_page, served, tab  # noqa: E402

from app import memory_mb, server_of, ten_seconds  # noqa: E402

EACH_MS = 200
TOLD = "[...document.querySelectorAll('.pv-uploading span')].map((e) => e.textContent).join('')"


def padded(path: Path, size: int) -> Path:
    """The clip with free space behind it, which no reader reads, so that it has so many bytes."""
    more = size - path.stat().st_size
    with path.open("ab") as file:
        file.write(more.to_bytes(4, "big") + b"free")
        file.truncate(path.stat().st_size + more)
    return path


def measure(home: Path, size: int) -> dict[str, Any]:
    """All numbers; seconds and megabytes (10⁶ bytes)."""
    from pvchat.config import home as real_home

    (home / "weights").symlink_to(real_home() / "weights", target_is_directory=True)
    os.environ["PVCHAT_HOME"] = str(home)
    clip = padded(ten_seconds(home / "large.mp4"), size)
    with browser() as chromium, served(home) as url:
        page, process = open_page(chromium, url), server_of(url)
        tab(page, "Chat")
        page.wait_for_timeout(20_000)  # the experts are loaded by then
        before, begun = memory_mb(process), time.perf_counter()
        page.set_input_files("#pv-chat-file input[type=file]", str(clip))
        told: list[str] = []

        def shown() -> bool:
            told.append(page.evaluate(TOLD))
            return bool(page.locator("#pv-chat-player figcaption:has-text('large.mp4')").count())

        coming, took = _most(page, process, shown), time.perf_counter() - begun
        looking = _most(page, process, lambda: page.locator("#pv-chat-note:has-text('found')").count())
        page.wait_for_timeout(5_000)
        after = memory_mb(process)
    shares = sorted({int(share) for text in told for share in re.findall(r"\((\d+) %\)", text)})
    gaps = [b - a for a, b in zip([0, *shares], [*shares, 100], strict=True)]
    return {
        "cores": os.cpu_count(), "load": os.getloadavg()[0], "mb": size / 1e6, "drop_to_player_s": round(took, 1),
        "shares_told": len(shares), "largest_step_percent": max(gaps),
        "for_example": next((t for t in told if "left" in t), ""), "memory_before_mb": before,
        "memory_uploading_mb": coming, "memory_looking_mb": looking, "memory_after_mb": after,
    }  # fmt: skip


def _most(page: Any, process: int, until: Callable[[], Any]) -> float:
    """The server's memory at most until something holds."""
    most = memory_mb(process)
    while not until():
        page.wait_for_timeout(EACH_MS)
        most = max(most, memory_mb(process))
    return most


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mb", type=float, default=1000.0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(measure(Path(folder), round(args.mb * 1e6)), indent=2) + "\n")


if __name__ == "__main__":
    main()
