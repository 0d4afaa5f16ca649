"""Questions about a part of a clip: times in words, windows that are none, answers from what is inside only."""

from __future__ import annotations

import contextlib
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.chat.query import During
from pvchat.chat.window import reach_of, seconds_of, typed, window_of
from pvchat.cli import console, main
from pvchat.errors import SettingsError
from pvchat.model.describer import Describer
from pvchat.model.trained import TrainedModel
from pvchat.schemas import Answer, ClipAnalysis, Look
from pvchat.service.answering import Asking
from recipes.model.made import create_model, save_model


@pytest.fixture
def clip(studio: Studio, chat: PVChat) -> Path:
    """Ten seconds: Ana until 4 s, Ben from 6 s."""
    path = studio.clip("film", ANA, BEN)
    key = next(k for k, a in studio.known.items() if len(a.tracks) == 2)
    ana, ben = make_track(ANA, range(8)), make_track(BEN, range(12, 20))
    studio.known[key] = make_analysis(ana, ben, frames=20, step=0.5, key=key)
    return path


def test_two_boxes_make_a_part_and_empty_ones_none() -> None:
    assert typed("", " ") is None
    assert typed("0:02", "") == (2.0, None)
    assert typed("", "1:02:03") == (0.0, 3723.0)
    with pytest.raises(ValueError, match="'soon' is no time; use seconds, m:ss or h:mm:ss"):
        typed("soon", "0:04")


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


@pytest.fixture
def film() -> ClipAnalysis:
    """A hundred seconds in four shots: 0–10, 10–40, 40–41, 41–100."""
    made = make_analysis(frames=200, step=0.5)
    made.shots = np.float32([[0, 10], [10, 40], [40, 41], [41, 100]])
    return made


@pytest.mark.parametrize(
    ("part", "window"),
    [
        ((20, None), (20, 100)), (During(start_s=5, end_s=100.5), (5, 100)), (During(end_s=10), (0, 10)),
        (During(end_s=300), (0, 100)), (During(start_s=-30), (70, 100)), (During(start_s=-300), (0, 100)),
        (During(start_s=0.5, end_s=1.0, unit="share"), (50, 100)),
        (During(start_s=0.25, end_s=0.5, unit="share"), (25, 50)),
        (During(unit="edge"), (0, 10)), (During(start_s=-1, unit="edge"), (90, 100)),
        (During(start_s=1, unit="shot"), (0, 10)), (During(start_s=-1, unit="shot"), (41, 100)),
        (During(start_s=3, unit="shot"), (40, 41)), (During(start_s=20, end_s=20), (18, 22)),
        (During(start_s=0, end_s=0), (0, 2)),
        (During(start_s=9, end_s=9), (7, 10)),  # what lies behind the cut isn't what is asked about
        (During(start_s=10, end_s=10), (10, 12)), (During(start_s=40.5, end_s=40.5), (40, 41)),
        (During(start_s=100, end_s=100), (98, 100)),
    ],
)  # fmt: skip
def test_a_part_is_seconds_of_the_clip(part, window, film: ClipAnalysis) -> None:
    assert window_of(part, film) == pytest.approx(window)


def test_the_parts_of_a_clip_seen_so_far_are_those_of_the_whole(film: ClipAnalysis) -> None:
    seen = film.between(0, 40)
    assert window_of(During(start_s=0.5, end_s=1.0, unit="share"), seen, 100) == (50, 100)
    assert window_of(During(start_s=60, end_s=60), seen, 100) == (58, 62)
    assert window_of(During(start_s=39, end_s=39), seen, 100) == (37, 40)
    assert window_of(During(start_s=-1, unit="edge"), seen, 100) == (90, 100)
    with pytest.raises(SettingsError, match=r"the clip is 100\.0 s long"):
        window_of(During(start_s=130, end_s=130), seen, 100)


@pytest.mark.parametrize(
    ("part", "reach"),
    [
        (None, None), (During(start_s=2, unit="shot"), None), (During(start_s=60, end_s=60), (58, 62)),
        (During(start_s=100, end_s=100), (98, 100)), (During(start_s=1, end_s=1), (0, 3)),
        (During(start_s=-10), (90, 100)), (During(start_s=0.5, end_s=1.0, unit="share"), (50, 100)),
        (During(start_s=20, end_s=30), (20, 30)), ((20.0, None), (20, 100)),
    ],
)  # fmt: skip
def test_where_a_part_lies_is_known_before_anything_was_seen(part, reach) -> None:
    assert reach_of(part, 100) == reach


@pytest.mark.parametrize("part", [During(start_s=130, end_s=130), (50.0, 130.0), (30.0, 20.0)])
def test_a_part_that_is_none_is_refused_before_anything_was_seen(part) -> None:
    with pytest.raises(SettingsError, match=r"the clip is 100\.0 s long"):
        reach_of(part, 100)


@pytest.mark.parametrize("number", [0, 5, -5])
def test_a_shot_that_is_none_is_refused(number: int, film: ClipAnalysis) -> None:
    with pytest.raises(SettingsError, match="I see 4"):
        window_of(During(start_s=number, unit="shot"), film)


@pytest.mark.parametrize(
    "window", [(4, 4), (5, 4), (-1, 3), (10, 12), (10, None), (3, 12), (float("nan"), 5), (50, 60)]
)
def test_a_window_that_is_none_says_how_long_the_clip_is(window: tuple[float, float | None]) -> None:
    with pytest.raises(SettingsError, match=r"the clip is 10\.0 s long \(0:10\)"):
        window_of(window, make_analysis(frames=20, step=0.5))


def test_an_end_may_be_rounded_up() -> None:
    assert window_of((5, 10), make_analysis(frames=19, step=0.5)) == (5, 9.5)
    assert window_of((5, None), make_analysis(frames=20, step=0.5)) == (5, 10)


def test_a_window_changes_who_is_there_and_when(chat: PVChat, clip: Path) -> None:
    whole = chat.ask(clip, "Is Ana in this video?")
    assert (whole.people[0].decision, whole.people[0].spans) == ("present", [(0.0, 4.0)])
    first = chat.ask(clip, "Is Ana in this video?", between=(1, 3))
    assert (first.people[0].decision, first.people[0].spans) == ("present", [(1.0, 3.0)])
    assert first.answer.startswith("Yes, Ana is in this part of the video")
    assert first.answer.endswith("the whole time.")
    later = chat.ask(clip, "Is Ana in this video?", between=(5, None))
    assert later.answer == "No, Ana is not in this part of the video. I see Ben, on the left."
    assert later.people[0].spans == []
    assert chat.ask(clip, "Who is in this video?", between=(5, 10)).answer == "Ben is in this part of the video."


def test_a_window_of_another_start_is_there_the_whole_time(chat: PVChat, clip: Path) -> None:
    answer = chat.ask(clip, "When is Ben there?", between=(7, 9)).answer
    assert answer == "Ben is in this part of the video the whole time, from 0:07 to 0:09."


def test_a_moment_is_a_window(chat: PVChat, clip: Path) -> None:
    assert chat.ask(clip, "Is Ana there at 0:01?").answer.startswith("Yes")
    assert chat.ask(clip, "Is Ana there at 0:09?").answer.startswith("No")
    with pytest.raises(SettingsError, match=r"10\.0 s long"):
        chat.ask(clip, "Is Ana there at 3:20?")


def test_a_part_in_words_changes_who_is_there(chat: PVChat, clip: Path) -> None:
    assert chat.ask(clip, "Is Ana in the first half?").people[0].spans == [(0.0, 4.0)]
    assert chat.ask(clip, "Is Ana in the second half?").answer.startswith("No, Ana is not in this part of the video.")
    assert chat.ask(clip, "Who is there in the last three seconds?").answer == "Ben is in this part of the video."
    assert chat.ask(clip, "When was Ana last seen?").answer == "Ana is last seen at 0:04."
    assert chat.ask(clip, "How long is Ana visible in the first two seconds?").answer.startswith(
        "Ana is in this part of the video for about 2 seconds"
    )


def test_who_was_found_in_one_part_is_meant_in_another(chat: PVChat, clip: Path) -> None:
    first = "Who is there in the first two seconds?"
    told = chat.ask(clip, "Is she there in the last three seconds?", history=[first]).answer
    assert told.startswith("No, Ana is not in this part of the video.")
    told = chat.ask(clip, "What is she wearing in the last three seconds?", history=[first]).answer
    assert told.startswith("Ana is not in this part of the video")


def test_a_follow_up_is_about_its_own_part(chat: PVChat, clip: Path) -> None:
    first = "Is Ana there in the first half?"
    assert chat.ask(clip, "and in the second half?", history=[first]).answer.startswith("No, Ana")
    assert chat.ask(clip, "and Ben?", history=[first]).answer.startswith("No, Ben is not in this part")
    assert chat.ask(clip, "Is Ben there?", history=[first]).answer.startswith("Yes, Ben is in this video")


def test_tracks_count_in_the_whole_clip_whatever_was_asked_about(chat: PVChat, clip: Path) -> None:
    (ben,) = chat.ask(clip, "Is Ben there?", between=(5, 10)).people
    assert (ben.track, ben.tracks, ben.nearest) == (1, (1,), 1)


def test_numbers_win_over_words(chat: PVChat, clip: Path) -> None:
    assert chat.ask(clip, "Is Ana there in the first half?", between=(5, 10)).answer.startswith("No")


def test_what_was_seen_so_far_says_how_far_that_is(chat: PVChat, clip: Path) -> None:
    seen = chat.analyse(clip).between(0, 5)

    def ask(question: str) -> Answer:
        return chat.answer(clip, question, (), Asking(whole_s=10, seen=seen))

    so_far = "Seen so far, up to 0:05 of 0:10: No, Ben is not in this part of the video. I see Ana, on the left."
    assert ask("Is Ben there?").answer == so_far
    assert ask("Is Ana there in the first half?").answer.startswith(
        "Seen so far, up to 0:05 of 0:10: Yes, Ana is in this part of the video"
    )
    for question in ("Is Ana there at 0:09?", "Is Ana in the last two seconds?", "Is Ana there in shot 7?"):
        told = ask(question)
        assert told.answer == "Seen so far, up to 0:05 of 0:10: I haven't come to that part yet."
        assert told.people == []
    doing = ask("What is Ana holding?").answer
    assert doing.endswith("but I can't make out anything in Ana's hands. I am still looking.")
    with pytest.raises(SettingsError):
        ask("Is Ana there at 0:30?")


def test_a_long_video_is_looked_at_where_it_is_asked_about(
    chat: PVChat, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The part that was looked at answers as the whole does, and isn't kept for the whole."""
    whole, wanted, kept = chat.analyse(clip), [], []
    later = chat.ask(clip, "Who is in this video?", between=(5, 10))

    def look(path: Path, partial: Any = None, stage: str = "what", within: Any = None) -> Look:
        wanted.append(within(10.0))
        return Look(whole) if wanted[-1] is None else Look(whole.between(4.0, 10.0), length_s=10.0)

    monkeypatch.setattr(chat._clips, "look", look)
    monkeypatch.setattr(chat._clips, "measured", lambda clip, seen, shown, things, whole: kept.append(whole) or seen)
    assert chat.ask(clip, "Who is in this video?", between=(5, None)).answer == later.answer
    assert chat.ask(clip, "Is Ben there in the last two seconds?").answer.startswith("Yes")
    chat.ask(clip, "Is Ana there?")
    assert wanted == [(5, 10), (8, 10), None]
    assert kept[:2] == [False] * 2
    assert kept[-1] is True


def test_the_clip_itself_stays_whole(chat: PVChat, clip: Path, studio: Studio) -> None:
    chat.ask(clip, "Is Ana there?", between=(5, 10))
    assert chat.ask(clip, "Is Ana there?").people[0].spans == [(0.0, 4.0)]
    assert len(studio.analysed) == len(set(studio.analysed))


def test_the_trained_model_sees_the_window(tmp_path: Path) -> None:
    """One key, three parts: each has visual tokens of its own, and they are kept."""
    save_model(create_model("tiny"), tmp_path)
    model = Describer(TrainedModel(tmp_path, "cpu"), encode=lambda texts: [])
    whole = make_analysis(make_track(ANA, range(8)), make_track(BEN, range(12, 20)), frames=20, step=0.5)
    parts = [whole, whole.between(0, 4), whole.between(5, 10)]
    seen = [model.look(part).tokens for part in parts]
    assert not any(a.shape == b.shape and np.allclose(a.cpu(), b.cpu()) for a, b in combinations(seen, 2))
    assert [model.look(part).tokens is tokens for part, tokens in zip(parts, seen, strict=True)] == [True] * 3
    fresh = Describer(model.trained, model.encode).look(parts[2]).tokens
    np.testing.assert_array_equal(fresh.cpu(), seen[2].cpu())


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ([], None), (["--from", "0:05"], (5.0, None)), (["--to", "3"], (0.0, 3.0)),
        (["--from", "5", "--to", "0:10"], (5.0, 10.0)), (["--from", "0"], (0.0, None)),
    ],
)  # fmt: skip
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
