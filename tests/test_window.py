"""Questions about a part of a clip: times in words, windows that are none, answers from what is inside only."""

from __future__ import annotations

import contextlib
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from make_analysis import make_analysis, make_track  # noqa: E402
from make_studio import ANA, BEN, Studio, open_chat, open_studio  # noqa: E402

from pvchat import PVChat  # noqa: E402
from pvchat.chat.trained import TrainedModel  # noqa: E402
from pvchat.chat.views import ClipViews  # noqa: E402
from pvchat.chat.window import moment_of, part_of, seconds_of  # noqa: E402
from pvchat.cli import console, main  # noqa: E402
from pvchat.errors import SettingsError  # noqa: E402
from pvchat.model.registry import create_model  # noqa: E402


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return open_studio(tmp_path, monkeypatch)


@pytest.fixture
def chat(studio: Studio) -> PVChat:
    return open_chat(studio)


@pytest.fixture
def clip(studio: Studio, chat: PVChat) -> Path:
    """Ten seconds: Ana until 4 s, Ben from 6 s."""
    path = studio.clip("film", ANA, BEN)
    key = next(k for k, a in studio.known.items() if len(a.tracks) == 2)
    ana, ben = make_track(ANA, range(8)), make_track(BEN, range(12, 20))
    studio.known[key] = make_analysis(ana, ben, frames=20, step=0.5, key=key)
    return path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("75", 75), ("0", 0), ("7.5", 7.5), ("1:15", 75), ("01:15.5", 75.5), ("0:01:15", 75), ("2:00:00", 7200),
        ("90:00", 5400),
    ],
)  # fmt: skip
def test_times_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "-3", "1:75", "1:5", "1:61:00", "1:2:3", "1:00:", "nan", "inf", "3:20 pm"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="use seconds, m:ss or h:mm:ss"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("asked", "question", "moment"),
    [
        ("What is Ana doing at 3:20?", "What is Ana doing?", 200),
        ("At 1:03:20, is Ana there?", "is Ana there?", 3800),
        ("Is Ana there at 3:20 pm?", "Is Ana there at 3:20 pm?", None),
        ("Is she there at 3:20 or at 3:40?", "Is she there at 3:20 or at 3:40?", None),
        ("Is Ana at home?", "Is Ana at home?", None),
    ],
)
def test_a_question_names_its_moment(asked: str, question: str, moment: float | None) -> None:
    assert moment_of(asked) == (question, moment)


@pytest.mark.parametrize(
    "window", [(4, 4), (5, 4), (-1, 3), (10, 12), (10, None), (3, 12), (float("nan"), 5), (50, 60)]
)
def test_a_window_that_is_none_says_how_long_the_clip_is(window: tuple[float, float | None]) -> None:
    with pytest.raises(SettingsError, match=r"the clip is 10\.0 s long \(0:10\)"):
        part_of(make_analysis(frames=20, step=0.5), window)


def test_an_end_may_be_rounded_up() -> None:
    assert part_of(make_analysis(frames=19, step=0.5), (5, 10)).duration_s == 9.5
    assert part_of(make_analysis(frames=20, step=0.5), (5, None)).duration_s == 10


def test_a_window_changes_who_is_there_and_when(chat: PVChat, clip: Path) -> None:
    whole = chat.ask(clip, "Is Ana in this video?")
    assert (whole.people[0].decision, whole.people[0].spans) == ("present", [(0.0, 4.0)])
    first = chat.ask(clip, "Is Ana in this video?", between=(1, 3))
    assert (first.people[0].decision, first.people[0].spans) == ("present", [(1.0, 3.0)])
    assert first.answer.startswith("Yes, Ana is in this part of the video")
    assert first.answer.endswith("the whole time.")
    later = chat.ask(clip, "Is Ana in this video?", between=(5, None))
    assert (later.answer, later.people[0].spans) == ("No, Ana is not in this part of the video.", [])
    assert chat.ask(clip, "Who is in this video?", between=(5, 10)).answer == "Ben is in this part of the video."


def test_a_window_of_another_start_is_there_the_whole_time(chat: PVChat, clip: Path) -> None:
    answer = chat.ask(clip, "When is Ben there?", between=(7, 9)).answer
    assert answer == "Ben is in this part of the video the whole time, from 0:07 to 0:09."


def test_a_moment_is_a_window(chat: PVChat, clip: Path) -> None:
    assert chat.ask(clip, "Is Ana there at 0:01?").answer.startswith("Yes")
    assert chat.ask(clip, "Is Ana there at 0:09?").answer.startswith("No")
    with pytest.raises(SettingsError, match=r"10\.0 s long"):
        chat.ask(clip, "Is Ana there at 3:20?")


def test_the_clip_itself_stays_whole(chat: PVChat, clip: Path, studio: Studio) -> None:
    chat.ask(clip, "Is Ana there?", between=(5, 10))
    assert chat.ask(clip, "Is Ana there?").people[0].spans == [(0.0, 4.0)]
    assert len(studio.analysed) == len(set(studio.analysed))


def test_the_trained_model_sees_the_window(tmp_path: Path) -> None:
    """One key, three parts: each has visual tokens of its own, and they are kept."""
    create_model("tiny").save_pretrained(tmp_path)
    views = ClipViews(TrainedModel(tmp_path, "cpu"))
    whole = make_analysis(make_track(ANA, range(8)), make_track(BEN, range(12, 20)), frames=20, step=0.5)
    parts = [whole, whole.between(0, 4), whole.between(5, 10)]
    seen = [views.look(part).tokens for part in parts]
    assert not any(a.shape == b.shape and np.allclose(a.cpu(), b.cpu()) for a, b in combinations(seen, 2))
    assert [views.look(part).tokens is tokens for part, tokens in zip(parts, seen, strict=True)] == [True] * 3
    fresh = ClipViews(views.trained).look(parts[2]).tokens
    np.testing.assert_array_equal(fresh.cpu(), seen[2].cpu())


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], None),
        (["--from", "0:05"], (5.0, None)),
        (["--to", "3"], (0.0, 3.0)),
        (["--from", "5", "--to", "0:10"], (5.0, 10.0)),
        (["--from", "0"], (0.0, None)),
    ],
)
def test_the_command_hands_on_its_window(words, part, chat, clip, monkeypatch, capsys) -> None:
    given = []

    def ask(*args, between, **named):
        given.append(between)
        return PVChat.ask(chat, *args, between=between, **named)

    monkeypatch.setattr(chat, "ask", ask)
    monkeypatch.setattr(console, "open_chat", lambda args: (chat, contextlib.nullcontext()))
    assert main.main(["ask", str(clip), "Is Ana there?", "--json", *words]) == 0
    assert given == [part]
    assert json.loads(capsys.readouterr().out)["type"] == "existence"


def test_the_command_refuses_what_is_no_time(capsys) -> None:
    with pytest.raises(SystemExit):
        main.main(["ask", "clip.mp4", "Is Ana there?", "--from", "soon"])
    assert "'soon' is no time; use seconds, m:ss or h:mm:ss" in capsys.readouterr().err
