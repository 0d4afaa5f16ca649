"""`pvchat serve` as a process of its own, and a headless Chromium to use it with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WAIT_MS = 120_000  # a busy machine with one core takes its time
# The visible texts whose contrast with what lies behind them is below WCAG's AA (4.5, of large ones 3), with it. What
# is disabled needs none; before pictures and gradients it can't be told.
_LOW_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((v, i) => i < 3 ? v : v / 255);
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const light = (colour) => [.2126, .7152, .0722].reduce((sum, share, i) => {
    const v = colour[i] / 255;
    return sum + share * (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  }, 0);
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      layers.push(rgba(style.backgroundColor));
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), low = [];
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement, style = getComputedStyle(node);
    if (!texts.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        || node.closest('script, style, :disabled, [aria-hidden=true]') || node.getClientRects().length === 0) continue;
    const ground = behind(node);
    if (!ground) continue;
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
    const contrast = (a + .05) / (b + .05);
    if (contrast < (large ? 3 : 4.5)) low.push(`${contrast.toFixed(2)} ${texts.currentNode.data.trim().slice(0, 60)}`);
  }
  return low;
}"""


def chromium() -> str:
    """Where Chromium is; the test is skipped where it isn't."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    return found


@contextmanager
def browser(*options: str) -> Iterator[Any]:
    """A headless Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
    path = chromium()
    with api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=path, args=["--no-sandbox", *options])
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def served(home: Path, *options: str) -> Iterator[str]:
    """`pvchat serve` with its data in `home`; yields its address."""
    env = os.environ | {"PVCHAT_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "pvchat", "serve", "--port", "0", "--device", "cpu", *options]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    lines: list[str] = []
    try:
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"http://\S+", line):
                drain = threading.Thread(target=lambda: lines.extend(process.stderr), daemon=True)
                drain.start()
                yield found.group()
                return
        pytest.fail("".join(lines))
    finally:
        process.terminate()
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()


def open_page(browser_or_context: Any, url: str, width: int = 1280) -> Any:
    """The page, ready to be used."""
    page = browser_or_context.new_page(viewport={"width": width, "height": 860})
    page.set_default_timeout(WAIT_MS)
    page.goto(url)
    page.wait_for_selector(
        "#pv-enroll, #pv-library-sources:not(:empty)"
    )  # of the first tab: Library, where there is one
    page.wait_for_function("localStorage.getItem('pvchat-browser')")  # what it asks for once it is there has come
    page.wait_for_timeout(200)
    return page


def low_contrast(page: Any) -> list[str]:
    """The visible texts that can hardly be read, with the contrast of each to what lies behind it."""
    return page.evaluate(_LOW_CONTRAST)


def tab(page: Any, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def see(page: Any, where: str, clip: Path) -> None:
    """Upload a clip on a tab ("enroll" or "chat"), in the place of the one before."""
    if (
        remove := page.locator(f"#pv-{where}-file button[aria-label='Clear'], #pv-{where}-file [title='Clear']")
    ).count():
        remove.first.click()
    page.set_input_files(f"#pv-{where}-file input[type=file]", str(clip))


def enroll(page: Any, clip: Path, name: str) -> None:
    tab(page, "Enroll")
    see(page, "enroll", clip)
    page.wait_for_selector(f"#pv-enroll-player figcaption:has-text('{clip.name}')")
    page.wait_for_selector("#pv-subjects .pv-subject")
    page.get_by_label("Name", exact=True).first.fill(name)
    page.get_by_label("This person has agreed").check()
    if (known := page.get_by_label("Another person")).count() and known.is_visible():
        known.check()
    page.click("#pv-enroll")
    page.wait_for_selector("#pv-enroll-result .pv-good")


def pick(page: Any, where: str, name: str) -> None:
    """Choose in a dropdown of the people tab; the lists may just be drawn anew, so look whether it was heard."""
    from playwright.sync_api import TimeoutError as NotThereError

    field = page.locator(f"#pv-{where} input")
    for _ in range(40):
        if field.input_value() == name:
            return
        field.click()
        with suppress(NotThereError):  # closed by a redraw
            page.get_by_role("option", name=name, exact=True).first.click(timeout=3000)
        page.wait_for_timeout(300)
    pytest.fail(f"{name} can't be picked")


def show(page: Any, clip: Path) -> None:
    """Upload a clip to ask about, and wait until it was looked at."""
    tab(page, "Chat")
    see(page, "chat", clip)
    page.wait_for_selector(f"#pv-chat-player figcaption:has-text('{clip.name}')")
    page.wait_for_selector("#pv-chat-note .pv-notice:has-text('found')")


def ask(page: Any, question: str) -> str:
    """Ask, wait for answer and evidence, return the answer's text."""
    before = page.locator("#pv-chat .bot .pv-evidence").count()
    page.fill("#pv-question textarea", question)
    page.press("#pv-question textarea", "Enter")
    return answered(page, before)


def answered(page: Any, before: int) -> str:
    page.wait_for_function(f"document.querySelectorAll('#pv-chat .bot .pv-evidence').length > {before}")
    return page.locator("#pv-chat .bot").last.locator(".pv-answer").inner_text()
