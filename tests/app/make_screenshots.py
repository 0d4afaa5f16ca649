"""Screenshots of every tab, in light, dark and phone width: `python tests/app/make_screenshots.py [--only NAME …]`.

In: nothing but weights and footage (`pvchat doctor --fetch`). Out: PNG files in docs/screenshots. The app runs with the
real embedded model; all people on the pictures come from the demo's openly licensed footage. About five minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[2]
sys.path[:0] = [str(REPO), str(REPO / "tests"), str(REPO / "tests" / "app")]

from make_browser import WAIT_MS, ask, browser, enroll, see, served, show, tab  # noqa: E402

OUT = REPO / "docs" / "screenshots"
DESK, PHONE = (1280, 860), (390, 844)
MOST_BYTES = 240_000  # of one picture: the repository refuses files that are much larger
SEEN = ("chat", "enroll", "people", "evaluate")
KEPT = {*(name + end for name in SEEN for end in ("", "-dark", "-phone")), "unsure", "unsure-phone", "library"}
WHOLE = ("evaluate", "people")  # as long as the page is
UNSURE_SIDE = 40  # pixels across: at this size the man is neither clearly Obama's nor clearly not


@dataclass
class Studio:
    """The running app, a browser, the clips, and what is wanted."""

    browser: Any
    url: str
    clips: dict[str, Path]
    out: Path
    only: list[str]

    def wants(self, *names: str) -> bool:
        """Whether any of these pictures is to be taken."""
        return not self.only or any(name in self.only for name in names)

    @contextmanager
    def page(self) -> Iterator[Any]:
        """A page of its own session."""
        context = self.browser.new_context(viewport={"width": DESK[0], "height": DESK[1]}, color_scheme="light")
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(self.url)
        page.wait_for_selector("#pv-enroll, #pv-library-sources:not(:empty)")  # the library, once there is one
        page.wait_for_timeout(1500)
        try:
            yield page
        finally:
            context.close()

    def each(self, page: Any, name: str) -> None:
        """What the page shows in light, in dark, and on a phone, as far as these pictures are kept."""
        for end, scheme, (wide, tall) in (("", "light", DESK), ("-dark", "dark", DESK), ("-phone", "light", PHONE)):
            if name + end in KEPT:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": wide, "height": tall})
                if end == "-phone":  # as tall as the page, so that nothing sticks in its middle
                    page.wait_for_timeout(700)
                    tall = page.evaluate("document.documentElement.scrollHeight")
                    page.set_viewport_size({"width": wide, "height": tall})
                self.take(page, name + end, full=name in WHOLE)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": DESK[0], "height": DESK[1]})

    def take(self, page: Any, name: str, full: bool = False) -> None:
        """One picture."""
        if self.wants(name):
            page.mouse.move(2, 2)
            page.wait_for_timeout(700)
            page.screenshot(path=str(self.out / f"{name}.png"), full_page=full)
            shrink(self.out / f"{name}.png")
            sys.stderr.write(f"{name}\n")


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    from pvchat.config import home as real_home

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "pvchat"
        home.mkdir()
        (home / "weights").symlink_to(real_home() / "weights", target_is_directory=True)
        os.environ |= {"PVCHAT_HOME": str(home), "HOME": folder}  # the page shows the one relative to the other
        from pvchat_app import evaluate_tab as evaluation

        from pvchat.assets import footage

        clips = footage.build(home / "clips")
        clips["far-away"] = small(clips["blue-room"], home / "clips" / "far-away.mp4")
        evaluation.make_demo(home / "manifests")
        with browser("--hide-scrollbars") as opened, served(home) as url:
            studio = Studio(opened, url, clips, args.out, args.only)
            for shots in SHOTS:
                shots(studio)


def talking(studio: Studio) -> None:
    """Enrolls two people; a conversation about both; while its clip is known: the other tabs."""
    with studio.page() as page:
        for name in ("start", "start-chat", "start-people", "start-evaluate"):
            if name in studio.only:  # to look at, not kept
                tab(page, name.partition("-")[2].capitalize() or "Enroll")
                studio.take(page, name)
        enroll(page, studio.clips["portrait"], "Obama")
        enroll(page, studio.clips["car-1"], "Carl")
        if studio.wants("chat", "chat-dark", "chat-phone"):
            chatting(studio, page)
        enrolling(studio)
        library(studio)
        people(studio)


def chatting(studio: Studio, page: Any) -> None:
    """A question, its answer, evidence, and a follow-up."""
    show(page, studio.clips["both"])
    ask(page, "Is Carl in this video?")
    ask(page, "and what is he wearing?")
    seen(page)
    studio.each(page, "chat")


def enrolling(studio: Studio) -> None:
    """The first tab with two people found, who are known already."""
    if not studio.wants("enroll", "enroll-dark", "enroll-phone"):
        return
    with studio.page() as page:
        see(page, "enroll", studio.clips["both"])
        page.wait_for_selector("#pv-subjects .pv-subject")
        page.wait_for_selector("#pv-whose label")
        page.wait_for_timeout(1500)  # for its player
        studio.each(page, "enroll")


def library(studio: Studio) -> None:
    """A folder of clips, looked through; a question about all of them, and one of them playing."""
    if not studio.wants("library"):
        return
    folder = Path(os.environ["PVCHAT_HOME"]) / "videos"
    folder.mkdir()
    for number, name in enumerate(("car-2", "speech", "both", "other-man"), 1):
        shutil.copy(studio.clips[name], folder / f"2026-05-{number:02} 09.{number}5.00 {name}.mp4")
    with studio.page() as page:
        tab(page, "Library")
        page.fill("#pv-library-folder :is(textarea, input)", str(folder))
        page.fill("#pv-library-place :is(textarea, input)", "studio")
        page.click("#pv-library-add")
        page.wait_for_selector("#pv-library-jobs .pv-state-done", timeout=10 * WAIT_MS)
        page.wait_for_selector("#pv-library-sources:has-text('4 videos')")
        page.fill("#pv-library-question textarea", "In which videos is Obama?")
        page.press("#pv-library-question textarea", "Enter")
        page.locator("#pv-library-answer [data-play]").first.click()
        page.wait_for_selector("#pv-library-player video")
        page.wait_for_timeout(1500)
        studio.each(page, "library")


def people(studio: Studio) -> None:
    """Everyone enrolled, and two who are about to be merged."""
    if not studio.wants("people", "people-dark", "people-phone"):
        return
    with studio.page() as page:
        tab(page, "People")
        page.wait_for_selector("#pv-people .pv-person")
        page.wait_for_timeout(800)
        page.click("#pv-merge summary")
        page.wait_for_selector("#pv-merge .pv-pair")
        studio.each(page, "people")


def unsure(studio: Studio) -> None:
    """Someone who may be there."""
    if studio.wants("unsure", "unsure-phone"):
        with studio.page() as page:
            show(page, studio.clips["far-away"])
            ask(page, "Is Obama in this video?")
            seen(page)
            studio.each(page, "unsure")


def evaluating(studio: Studio) -> None:
    """A finished evaluation."""
    names = ("evaluate", "evaluate-dark", "evaluate-phone")
    if not studio.wants(*names):
        return
    with studio.page() as page:
        tab(page, "Evaluate")
        page.click("#pv-evaluate")
        page.wait_for_selector("#pv-eval-runs .pv-state-done", timeout=10 * WAIT_MS)
        page.wait_for_selector("#pv-eval-runs .pv-table")
        page.wait_for_timeout(1500)
        studio.each(page, "evaluate")


def seen(page: Any) -> None:
    """Unfold the newest answer and wait for its pictures."""
    page.locator("#pv-chat .pv-turn").last.locator(".pv-more > summary").click()
    page.locator("#pv-chat .pv-picture img").last.wait_for()
    newest = "[...[...document.querySelectorAll('#pv-chat .pv-turn')].pop().querySelectorAll('.pv-picture img')]"
    page.wait_for_function(f"{newest}.every((i) => i.naturalWidth)")
    page.wait_for_timeout(1200)


def small(clip: Path, path: Path) -> Path:
    """A clip as a camera far away would see it: a few pixels, blown up again."""
    import numpy as np
    from PIL import Image

    from pvchat import video
    from pvchat.config import VideoConfig

    images = []
    for frame in video.load(clip, VideoConfig()).images:
        image = Image.fromarray(frame)
        size = (UNSURE_SIDE, UNSURE_SIDE * image.height // image.width)
        few = image.resize(size, Image.Resampling.BILINEAR)
        images.append(np.asarray(few.resize(image.size, Image.Resampling.BICUBIC)))
    video.save_clip(path, images, 4)
    return path


def shrink(path: Path) -> None:
    """Fewer bytes: without loss where that is enough, else with 256 colours."""
    from PIL import Image

    with Image.open(path) as file:
        image = file.convert("RGB")
    image.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        image.quantize(256, kmeans=2, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


SHOTS: tuple[Callable[[Studio], None], ...] = (talking, unsure, evaluating)

if __name__ == "__main__":
    main()
