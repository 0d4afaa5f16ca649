"""Inputs that are nothing to work with: one clear sentence each, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_studio import open_studio
from PIL import Image
from pvchat_app.server import Options, serve
from pvchat_app.sessions import Sessions

from pvchat import PVChat, video
from pvchat.cli import main as cli
from pvchat.cli import people
from pvchat.config import MAX_QUESTION, Settings, VideoConfig
from pvchat.errors import PeopleError, PVChatError, SettingsError, SubjectError, VideoReadError
from pvchat.identity.enroll import choose

_LOAD = video.load


def small(folder: Path, side: int, kind: str) -> Path:
    path = folder / f"{side}.{kind}"
    images = np.random.default_rng(0).integers(0, 255, (8, side, side, 3), np.uint8)
    if kind == "mp4":
        video.save_clip(path, images, 4)
    elif kind == "png":
        Image.fromarray(images[0]).save(path)
    else:
        first, *rest = [Image.fromarray(image) for image in images]
        first.save(path, save_all=True, append_images=rest, duration=250)
    return path


@pytest.mark.parametrize("kind", ["mp4", "png", "gif"])
@pytest.mark.parametrize("side", [2, 16])
def test_clips_in_which_nobody_could_be_made_out(tmp_path: Path, side: int, kind: str) -> None:
    path = small(tmp_path, side, kind)
    for call in (lambda: video.probe(path, VideoConfig()), lambda: video.load(path, VideoConfig())):
        with pytest.raises(VideoReadError, match=f"{side} by {side} pixels: too small") as caught:
            call()
        assert "20 pixels" in caught.value.hint
    assert len(video.load(small(tmp_path, 20, kind), VideoConfig()).images)


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PVChat:
    open_studio(tmp_path, monkeypatch)
    monkeypatch.setattr(video, "load", _LOAD)
    return PVChat(Settings(device="cpu"))


@pytest.mark.parametrize("clip", [None, 5, b"a.mp4", ["a.mp4"]])
def test_a_clip_that_is_no_path(chat: PVChat, clip: Any) -> None:
    for call in (lambda: chat.ask(clip, "Who is there?"), lambda: chat.enroll(clip, "Ana")):
        with pytest.raises(VideoReadError, match="a clip is the path of a file, not"):
            call()


@pytest.mark.parametrize("name", [None, 5, b"Ana", ""])
def test_a_name_that_is_no_name(chat: PVChat, tmp_path: Path, name: Any) -> None:
    with pytest.raises(PeopleError, match="a name"):
        chat.enroll(tmp_path / "x.mp4", name)


@pytest.mark.parametrize(
    ("question", "said"),
    [*((one, "a question is text") for one in (None, 5, b"Who?")), ("Is \udcff there?", "half a character")],
)
def test_a_question_that_is_no_text(chat: PVChat, tmp_path: Path, question: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        chat.ask(tmp_path / "x.mp4", question)


@pytest.mark.parametrize(
    "question",
    [
        "Is Ana there? 🙂", "Is Ana there? ❤️", "Is Ana there? :-)", "\u200eIs Ana\u200b the\u00adre?\0",
        "Is Ana there\u0301 \u0302?",
    ],
)  # fmt: skip
def test_signs_that_nobody_sees_or_that_ask_nothing(chat: PVChat, question: str) -> None:
    """The network has no token for some of them; a heart was an error, an unseen space a second question."""
    assert chat.read(question).query == chat.read("Is Ana there?").query


def test_a_question_longer_than_the_network_reads(chat: PVChat) -> None:
    """The second one is refused: what it asks stands at its end. It, and the first, were an error."""
    twice = chat.read(("Who is there and who is there and " * 70)[:MAX_QUESTION]).query
    assert (twice.select, twice.then and twice.then.select) == ("who", "refuse")
    story = "I have looked for my friend for a very long time now, " * 15
    assert chat.read(f"{story}is she there?").query.select == "refuse"


@pytest.mark.parametrize("history", [False, True])
def test_a_question_that_is_too_long(chat: PVChat, tmp_path: Path, history: bool) -> None:
    """Reading takes longer than in proportion: 40,000 characters took minutes."""
    longest = "Who is there?".ljust(MAX_QUESTION)
    assert chat.read(longest).query.select == "who"
    asked, before = ("Who is there?", [longest + " "]) if history else (longest + " ", [])
    for call in (lambda: chat.ask(tmp_path / "x.mp4", asked, history=before), lambda: chat.read(asked, before)):
        with pytest.raises(SettingsError, match="at most 2,000 characters, not 2,001") as caught:
            call()
        assert "fewer words" in caught.value.hint


def test_a_history_that_is_no_list(chat: PVChat, tmp_path: Path) -> None:
    """One text would be read letter by letter."""
    with pytest.raises(SettingsError, match="as a list"):
        chat.ask(tmp_path / "x.mp4", "And where?", history="Who is there?")


@pytest.mark.parametrize("track", ["1", 1.5, 0, 9])
def test_a_track_that_is_none(track: Any) -> None:
    with pytest.raises(SubjectError, match="there is no track"):
        choose(make_analysis(make_track(1)), track, "a.mp4")


@pytest.mark.parametrize("seed", [-1, "a", 0.5])
def test_a_seed_that_is_none(seed: Any) -> None:
    with pytest.raises(SettingsError, match="is no seed"):
        Settings(seed=seed)


@pytest.mark.parametrize(
    ("what", "told"),
    [("is off", "x: is off. Mend it."), ("is off.", "x: is off. Mend it."), ("(cut)", "x: (cut) Mend it.")],
)
def test_an_error_in_one_line_has_its_stop(what: str, told: str) -> None:
    assert str(SettingsError(what, subject="x", hint="Mend it.")) == told


def test_a_home_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder below a file can't be made by anybody, root included."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("PVCHAT_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(SettingsError, match="no temporary folder") as caught:
        Sessions()
    assert "PVCHAT_TMP" in caught.value.hint

    class Engine:
        start = threading.Event().set

    with pytest.raises(PVChatError, match="no temporary folder"):
        serve(Options(port=0), Engine(), lambda text: None)  # type: ignore[arg-type]
    monkeypatch.setenv("PVCHAT_TMP", str(tmp_path / "elsewhere"))
    sessions = Sessions()
    assert sessions.root.is_relative_to(tmp_path / "elsewhere")
    sessions.close()


@pytest.mark.parametrize(
    ("code", "hint"), [("ENOSPC", "Make room"), ("EFBIG", "Make room"), ("EROFS", "may read and write"), ("EIO", "")]
)
def test_what_the_system_refuses_is_told_without_a_traceback(monkeypatch, capsys, code, hint):
    def fails(args):
        raise OSError(getattr(errno, code), os.strerror(getattr(errno, code)), "set/CARD.md")

    monkeypatch.setattr(people, "_list", fails)
    assert cli.main(["people", "list", "--json"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: set/CARD.md: the system refuses: ")
    assert "Traceback" not in captured.err
    told = json.loads(captured.out)
    assert told["subject"] == "set/CARD.md"
    assert hint in told["hint"]
