"""The timeline of a whole video: what its HTML says at any length, and what its script does in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from pvchat_app.timeline import timeline

from pvchat.schemas import ClipAnalysis, PersonPresence

NASTY = "<img src=x onerror=alert(1)>${alert(2)}{{7*7}}\"'`"
ANA = PersonPresence("Ana", "present", 0.97, [(0.0, 1.0), (4.0, 5.0), (8.5, 9.0)], 0, (0,))
BEN = PersonPresence("Ben", "unsure", 0.48, [(6.0, 7.0)], 1, (1,))
CID = PersonPresence("Cid", "absent", 0.02)


def seen(length: float = 10.0, shots: int = 4, tracks: int = 0) -> ClipAnalysis:
    """A clip of equal shots; everybody in it is seen in all its samples."""
    made = make_analysis(*[make_track(n, range(20)) for n in range(tracks)], frames=20, step=length / 20)
    made.shots = np.stack([np.arange(shots), np.arange(1, shots + 1)], 1).astype(np.float32) * length / shots
    return made


def test_a_lane_a_person_a_button_a_span_and_the_shots() -> None:
    html = timeline(seen(), [CID, BEN, ANA], 10.0, "/files/x")
    assert re.findall(r'aria-label="(\w+): ([^"]+)"', html)[:2] == [
        ("Ana", "present, 3 times, 2 seconds in all"), ("Ben", "unsure, 1 time, 1 second in all"),
    ]  # fmt: skip
    assert "Cid" not in html
    assert "1 of 3 enrolled not seen" in html
    assert re.findall(r'data-from="([\d.]+)"', html) == ["0.00", "4.00", "8.50", "6.00"]
    assert "Ana, 4.0 s to 5.0 s: play from there" in html
    assert 'data-shots="0.00 2.50 5.00 7.50"' in html
    assert "pv-unseen" not in html


def test_one_stop_a_lane_for_the_keyboard() -> None:
    html = timeline(seen(), [ANA, BEN], 10.0, "")
    assert re.findall(r'class="pv-span" tabindex="(-?\d)"', html) == ["0", "-1", "-1", "0"]


def test_what_was_not_seen_yet_is_marked() -> None:
    html = timeline(seen(40.0), [ANA], 200.0, "")
    assert 'class="pv-unseen" style="left:20.00%"' in html
    assert "seen so far: up to 0:40 of 3:20" in html


def test_whoever_is_not_enrolled_shares_one_lane() -> None:
    html = timeline(seen(tracks=4), [PersonPresence("Ana", "present", 0.9, [(0, 2)], 2, (1, 2))], 10.0, "")
    assert html.count('role="group" aria-label="others: 1 time, 10 seconds in all"') == 1
    nobody = PersonPresence("Ana", "present", 0.9, [(0, 2)], 0, (0,))
    assert "others" not in timeline(seen(tracks=1), [nobody], 10.0, "")


@pytest.mark.parametrize(("length", "shots"), [(0.2, 1), (2.0, 3), (200.0, 40), (7200.0, 1500), (10800.0, 1)])
def test_everything_lies_inside_at_any_length(length: float, shots: int) -> None:
    spans = [(0.0, length), (length / 3, length / 2)]
    html = timeline(seen(length, shots), [PersonPresence("A", "present", 0.9, spans)], length, "")
    for left, width in re.findall(r"left:([-\d.]+)%;width:([-\d.]+)%", html):
        assert float(left) >= 0
        assert float(left) + float(width) <= 100.01
    assert ("pv-dense" in html) == (shots > 81)
    assert len(html) < 150_000


def test_names_cannot_become_markup_or_templates() -> None:
    html = timeline(seen(), [PersonPresence(NASTY, "present", 1.0, [(0, 1)])], 10.0, "/files/x")
    assert not any(bad in html for bad in ("<img", "${", "{{"))


@pytest.fixture
def page(chromium, tmp_path: Path) -> Iterator[Any]:
    """Two hours with two people, as a page of its own on a phone."""
    spans = [(float(t), t + 3.0) for t in range(30, 7100, 60)]
    people = [
        PersonPresence("Ana", "present", 0.9, spans, 0, (0,)),
        PersonPresence("Ben", "unsure", 0.5, [(3600, 3604)]),
    ]
    names = ("style.css", "timeline.js", "page.js")
    style, *scripts = ((files("pvchat_app") / name).read_text(encoding="utf-8") for name in names)
    html = timeline(seen(7200.0, 1440), people, 7200.0, "/files/x")
    told, script = "<script>plays = [];</script>", "".join(scripts)
    path = tmp_path / "film.html"
    path.write_text(
        f'<!doctype html><meta charset="utf-8"><style>{style}</style><div id="at">{html}</div>{told}'
        f"<script>document.addEventListener('pv-play', (e) => plays.push(e.detail.seconds)); {script}</script>",
        encoding="utf-8",
    )
    page = chromium.new_page(viewport={"width": 390, "height": 600})
    page.goto(path.as_uri())
    return page


def plays(page: Any) -> list[float]:
    return [round(seconds) for seconds in page.evaluate("plays.splice(0)")]


def key(page: Any, *names: str) -> None:
    for name in names:
        page.keyboard.press(name)


@pytest.mark.browser
def test_it_is_played_by_mouse_and_keyboard(page: Any) -> None:
    lane = page.locator(".pv-lane").first
    box = lane.bounding_box()
    lane.click(position={"x": box["width"] * 0.5, "y": 5})
    (at,) = plays(page)
    assert at % 60 == 30  # the span that is near
    assert abs(at - 3600) < 120
    lane.locator(".pv-span").first.focus()
    key(page, "ArrowRight", "ArrowRight", "Enter", "End", "ArrowLeft", "Enter", "Home", "Enter")
    assert plays(page) == [150, 6990, 30]
    page.locator(".pv-shots").focus()
    key(page, "ArrowRight", "ArrowRight", "Enter", "End", "Enter")
    assert plays(page) == [10, 7195]
    assert page.locator(".pv-shots").get_attribute("aria-valuetext") == "shot 1440 of 1440, from 1:59:55"


@pytest.mark.browser
def test_a_redraw_keeps_the_keyboards_place(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".pv-film-axis span").last.inner_text() == "2:00:00"
    assert page.locator(".pv-shots.pv-dense").count() == 1
    page.locator(".pv-span").nth(60).focus()
    page.evaluate("at.innerHTML = at.innerHTML.replace(/ data-drawn=\"yes\"/, '')")
    page.wait_for_function("document.activeElement.dataset.from === '3630.00'")
