"""The demo: its home, its clips, its tables; and, with the weights and the footage, the whole of it."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from make_people import make_person
from PIL import Image

from pvchat.assets import footage, packages, weights
from pvchat.cli import demo
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.people.store import PeopleStore, Person
from pvchat.perception import analysis
from pvchat.schemas import Answer, PersonPresence


def test_the_demo_has_people_and_cached_clips_of_its_own(pvchat_home):
    mine = PeopleStore()
    mine.add(make_person("Carl"))
    chat = demo.open_demo(pvchat_home / "demo", Settings(device="cpu"), lambda *_: None)
    assert chat.people.names() == []
    chat.people.add(make_person("Obama"))
    assert mine.names() == ["Carl"]
    assert chat.people.root == pvchat_home / "demo" / "people"
    assert chat.cache.root == pvchat_home / "demo" / "cache" / "clips"


def test_a_model_that_cannot_be_used_is_told_before_anything_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "fetch", lambda *_, **__: pytest.fail("it fetches"))
    with pytest.raises(SettingsError, match="no such model"):
        demo.perform(Settings(model=str(tmp_path / "none")), lambda *_: None, lambda row: None)


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


def test_every_file_of_a_shot_is_known():
    rows = {row.role: row for row in packages.table("footage")}
    names = [row["name"] for row in footage._TABLES["shots"]]
    assert len(set(names)) == len(names)
    for shot in footage.SHOTS.values():
        assert set(shot.shows) <= set(footage.ENROLLED)
        assert all(part in names for part in shot.beside.split())
        assert shot.beside or shot.file in rows[shot.role].names
    assert {clip for clip, _ in footage.ASKED} <= set(names) - set(footage.ENROLLED.values())
    assert set(footage.ENROLLED.values()) | set(footage.EVALUATED) <= set(names)
    assert set(footage.WEARS) == set(footage.ENROLLED)


def test_all_question_types_are_asked_with_and_without_the_person():
    from make_asked import read_question

    kinds = set()
    for clip, question in footage.ASKED:
        read = read_question(question, list(footage.ENROLLED))
        there = any(name in footage.SHOTS[clip].shows for name in read.people or footage.ENROLLED)
        kinds.add((read.type, there))
    assert kinds >= {
        (kind, there) for kind in ("existence", "appearance", "action", "location") for there in (True, False)
    }


@pytest.mark.parametrize(
    ("people", "shows", "right"),
    [
        ([("Carl", "present")], ("Carl",), True), ([("Carl", "absent")], ("Carl",), False),
        ([("Carl", "absent")], (), True), ([("Carl", "unsure")], (), False),
        ([("Carl", "present"), ("Obama", "absent")], ("Carl", "Obama"), False),
        ([], (), False),
    ],
)  # fmt: skip
def test_what_counts_as_right(people, shows, right):
    answer = {"people": [{"name": name, "decision": decision} for name, decision in people]}
    assert demo._is_right(answer, shows) is right


def test_the_course_of_the_demo(pvchat_home, monkeypatch, capsys):
    """All of `perform` but the model and the downloads: who is enrolled from what, and what is asked."""
    asked, fetched = [], []

    class Chat:
        networks = SimpleNamespace(fetch=lambda progress: fetched.append("networks converted"))

        def enroll(self, clip, name, replace):
            assert replace
            assert clip == pvchat_home / "demo" / "clips" / f"{footage.ENROLLED[name]}.mp4"
            return Person(name=name)

        def ask(self, clip, question):
            asked.append((clip.stem, question))
            people = [
                PersonPresence(name, "present", 0.9, [(0.0, 1.0)]) for name in footage.ENROLLED if name in question
            ]
            return Answer("Yes.", "existence", people, {})

    monkeypatch.setattr(demo, "open_demo", lambda *_: Chat())
    monkeypatch.setattr(weights, "fetch", lambda progress, table: fetched.append(table))
    monkeypatch.setattr(footage, "build", lambda folder: {name: folder / f"{name}.mp4" for name in footage.SHOTS})
    result = demo.perform(Settings(), lambda *_: None, demo.show_answer)
    assert tuple(asked) == footage.ASKED
    assert fetched == [packages.table("embedded"), packages.table("footage"), "networks converted"]
    told = capsys.readouterr()
    assert "MB" in told.err.splitlines()[0]
    shown = [clip for clip, question in footage.ASKED if any(n in question for n in footage.SHOTS[clip].shows)]
    assert result["decisions_right"] == len(shown) < result["decisions"] == len(footage.ASKED)
    assert {"clip", "question", "answer", "people", "seconds", "right", "shows"} <= set(result["answers"][0])
    json.dumps(result)
    demo.show(result)
    text = told.out + capsys.readouterr().out
    for words in (
        "car-2: Is Carl",
        "Carl: present, probability 0.90, 0.0–1.0 s",
        "a man who talks in a car (video): BSD",
    ):
        assert words in text
    assert f"{len(shown)} of {len(footage.ASKED)} decisions" in text


@pytest.mark.weights
@pytest.mark.slow
def test_the_whole_demo(pvchat_home, monkeypatch):
    """Real weights, real footage: all decisions are right, and a second time no clip is looked at again."""
    if weights.missing(table=packages.table("footage")):
        pytest.skip("the demo's footage isn't here: run `pvchat doctor --fetch`")
    looked, recognise = [], analysis.recognise

    def counted(*args, **options):
        looked.append(args)
        return recognise(*args, **options)

    monkeypatch.setattr(analysis, "recognise", counted)
    settings, seen = Settings(device="cpu"), []
    for _ in range(2):
        result = demo.perform(settings, lambda *_: None, lambda row: None)
        assert result["decisions_right"] == result["decisions"] == len(footage.ASKED)
        seen.append((len(looked), [row["people"] for row in result["answers"]]))
    (first, people), (both, again) = seen
    assert people == again
    assert first == len({clip for clip, _ in footage.ASKED} | set(footage.ENROLLED.values()))
    assert both == first
    assert not (pvchat_home / "people").exists()
