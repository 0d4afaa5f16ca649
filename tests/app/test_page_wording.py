"""Percentages, escaping, and the sentences that errors become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pvchat_app.cards import notice
from pvchat_app.wording import date_text, escape, explained_error, one_line, percent

from pvchat.errors import NoSubjectError, PeopleError, UnknownPersonError, VideoReadError, WeightsError

NASTY = "<img src=x onerror=alert(1)>${alert(2)}{{7*7}}\"'`"


def test_what_is_said_cannot_become_markup_or_templates() -> None:
    html = notice(NASTY, "error")
    assert "<img" not in html
    assert "${" not in html
    assert "{{" not in html
    assert escape(NASTY) in html


def test_half_a_sign_is_a_question_mark() -> None:
    assert escape("Ana \ud800") == "Ana ?"  # a server can't send it
    assert one_line(" Is\n \ud800 there? ") == "Is ? there?"


@given(st.text(max_size=40))
def test_escaped_text_holds_nothing_that_html_or_templates_read(text: str) -> None:
    assert not set(escape(text)) & set("<>\"'{}$`\\")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "< 1 %"), (0.004, "< 1 %"), (0.5, "50 %"), (0.99, "99 %"), (0.996, "> 99 %"), (1.0, "> 99 %")],
)
def test_percentages_are_never_falsely_certain(value: float, text: str) -> None:
    assert percent(value) == text


def test_errors_are_a_sentence_with_what_to_do_and_without_paths_or_flags() -> None:
    long = VideoReadError("it lasts 120.0 minutes, more than the limit of 30.", subject="/srv/secret/a.mp4",
                          hint="Cut it, or raise --video.max_duration_s.")  # fmt: skip
    assert explained_error(long) == "a.mp4: it lasts 120.0 minutes, more than the limit of 30. Cut it."
    assert "--" not in explained_error(NoSubjectError("nobody was found.", subject="x.mp4", hint="Use --track N"))
    assert explained_error(PeopleError("is being trained.", subject="Ana/Ben")) == "Ana/Ben: is being trained."
    assert explained_error(UnknownPersonError("nobody of this name is enrolled.", subject="/Zoe")).startswith("/Zoe: ")
    assert explained_error(PeopleError("not a whole person file.", subject="/home/me/ana.pvperson")).startswith(
        "ana.pvperson: "
    )
    assert explained_error(
        UnknownPersonError("nobody of this name is enrolled.", subject="Zoe", hint="`pvchat enroll`")
    ).endswith("Enroll a person first.")
    taken = PeopleError("'Ana' is enrolled already.", subject="Ana", hint="Use another name, or replace.")
    assert explained_error(taken) == "'Ana' is enrolled already. Choose another name, or tick “Replace”."
    alike = PeopleError("is this Ana?", subject="Bob", hint="If so: use --replace. If not: --alike.")
    assert explained_error(alike).startswith("Bob: is this Ana? If it is, type the enrolled name and tick “Replace”.")
    nothing = PeopleError("a name needs at least one visible character.", subject="''")
    assert explained_error(nothing) == "A name needs at least one visible character."
    camera = VideoReadError("no picture came.", subject="rtsp://door/…")
    assert explained_error(camera) == "rtsp://door/…: no picture came."
    assert "secret" not in explained_error(RuntimeError("secret path"))


@pytest.mark.parametrize("option", ["--voice", "--spoken"])
def test_a_command_that_brings_more_stays_whole(option: str) -> None:
    error = WeightsError("isn't here yet.", hint=f"Run: pvchat doctor --fetch {option}")
    assert explained_error(error).endswith(f"pvchat doctor --fetch {option}")
    plain = WeightsError("isn't here yet.", hint="Run: pvchat doctor --fetch")
    assert explained_error(plain).endswith("run “pvchat doctor --fetch” once.")


def test_dates_are_for_people() -> None:
    assert date_text("2026-11-24T12:00:00+00:00") == "24 Nov 2026"
    assert date_text("not a date") == ""
