"""The timeline plot, percentages, escaping, and the sentences that errors become."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvchat_app.cards import notice
from pvchat_app.timeline import percent, ticks, timeline
from pvchat_app.wording import day, escape, told

from pvchat.errors import NoSubjectError, PeopleError, UnknownPersonError, VideoReadError
from pvchat.schemas import PersonPresence

NASTY = "<img src=x onerror=alert(1)>${alert(2)}{{7*7}}\"'`"


def test_every_person_has_a_row_and_every_span_a_button_that_plays_from_its_start() -> None:
    people = [
        PersonPresence("Ana", "present", 0.97, [(0.0, 2.5), (5.0, 10.0)]),
        PersonPresence("Ben", "unsure", 0.48, [(1.0, 2.0)]),
        PersonPresence("Cid", "absent", 0.0),
    ]
    html = timeline(people, 10.0, "/files/x")
    assert re.findall(r'data-seek="([\d.]+)"', html) == ["0.00", "5.00", "1.00"]
    assert html.count("<button") == 3
    assert 'style="left:50.00%;width:50.00%"' in html
    assert "Play from 1.0 s: Ben, 1.0 s to 2.0 s, unsure" in html


def test_unsure_looks_and_reads_different_from_absent() -> None:
    unsure, absent = (timeline([PersonPresence("A", d, 0.4)], 4, "") for d in ("unsure", "absent"))
    assert "pv-unsure" in unsure
    assert "? </span>" in unsure or ">?<" in unsure
    assert "not there" in absent
    assert "not there" not in unsure


def test_names_and_clips_cannot_become_markup_or_templates() -> None:
    html = timeline([PersonPresence(NASTY, "present", 1.0, [(0, 1)])], 1, "/files/x") + notice(NASTY, "error")
    assert "<img" not in html
    assert "${" not in html
    assert "{{" not in html
    assert escape(NASTY) in html


@given(st.text(max_size=40))
def test_escaped_text_holds_nothing_that_html_or_templates_read(text: str) -> None:
    assert not set(escape(text)) & set("<>\"'{}$`\\")


@given(st.floats(0.05, 7200), st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=5))
def test_bars_stay_inside_the_plot(duration: float, parts: list[tuple[float, float]]) -> None:
    spans = [(min(p) * duration, max(p) * duration) for p in parts]
    html = timeline([PersonPresence("A", "present", 0.9, spans)], duration, "")
    for left, width in re.findall(r'class="pv-bar" style="left:([-\d.]+)%;width:([-\d.]+)%"', html):
        assert float(left) >= 0
        assert float(width) > 0
        assert float(left) + float(width) <= 100.02


@given(st.floats(0.01, 7200))
def test_the_axis_has_a_few_round_times_that_lie_in_the_clip(duration: float) -> None:
    marks = ticks(duration)
    assert marks[0] == 0
    assert len(marks) <= 6
    assert all(0 <= mark <= duration + 1e-6 for mark in marks)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "< 1 %"), (0.004, "< 1 %"), (0.5, "50 %"), (0.99, "99 %"), (0.996, "> 99 %"), (1.0, "> 99 %")],
)
def test_percentages_are_never_falsely_certain(value: float, text: str) -> None:
    assert percent(value) == text


def test_errors_are_a_sentence_with_what_to_do_and_without_paths_or_flags() -> None:
    long = VideoReadError("it lasts 120.0 minutes, more than the limit of 30.", subject="/srv/secret/a.mp4",
                          hint="Cut it, or raise --video.max_duration_s.")  # fmt: skip
    assert told(long) == "a.mp4: it lasts 120.0 minutes, more than the limit of 30. Cut it."
    assert "--" not in told(NoSubjectError("nobody was found.", subject="x.mp4", hint="Use --track N"))
    assert told(PeopleError("is being trained.", subject="Ana/Ben")) == "Ana/Ben: is being trained."
    assert told(UnknownPersonError("nobody of this name is enrolled.", subject="/Zoe")).startswith("/Zoe: ")
    assert told(PeopleError("not a whole person file.", subject="/home/me/ana.pvperson")).startswith("ana.pvperson: ")
    assert told(UnknownPersonError("nobody of this name is enrolled.", subject="Zoe", hint="`pvchat enroll`")).endswith(
        "Enroll a person first."
    )
    taken = PeopleError("'Ana' is enrolled already.", subject="Ana", hint="Use another name, or replace.")
    assert "tick “Replace”" in told(taken)
    assert "secret" not in told(RuntimeError("secret path"))


def test_dates_are_for_people() -> None:
    assert day("2026-11-24T12:00:00+00:00") == "24 Nov 2026"
    assert day("not a date") == ""
