"""The systems on clips whose analyses are known: what each says, on one visual pass, with the run's own people."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
from make_analysis import make_track
from make_studio import ANA, BEN, open_studio

from pvchat.augment.lines import read_lines
from pvchat.config import Settings, home
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.eval.outcome import apply_thresholds, best_threshold
from pvchat.eval.run import run
from pvchat.eval.systems import names_for, typical
from pvchat.eval.worker import EvalOptions
from pvchat.people.store import PeopleStore

CLEO = 3
OFFLINE = ("prior", "face-matcher", "measured-facts", "ours-instant")


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Ana and Ben enrolled from a clip each; three clips to ask about."""
    folder = tmp_path / "set"
    folder.mkdir()
    studio = open_studio(folder, monkeypatch)
    for name, people in (("ana", [ANA]), ("ben", [BEN]), ("both", [ANA, BEN]), ("only", [ANA]), ("other", [CLEO])):
        studio.clip(name, *people)
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda *a, **k: [])
    shows = {"both.mp4": {"Ana": True, "Ben": True}, "only.mp4": {"Ana": True, "Ben": False},
             "other.mp4": {"Ana": False, "Ben": False}}  # fmt: skip
    items = []
    for clip, present in shows.items():
        for name in present:
            items.append(_item(items, clip, [name], "single", "existence", f"Is {name} in this video?", "yes", present))
            kind = "single" if present[name] else "refusal"
            question = f"What is {name} wearing?"
            items.append(_item(items, clip, [name], kind, "appearance", question, "a red jacket", present))
        items.append(_item(items, clip, list(present), "pair", "existence", "Are Ana and Ben there?", "", present))
        items.append(_item(items, clip, list(present), "who", "existence", "Who is in this video?", "", present))
    people = (Subject("Ana", "ana.mp4", "tv_made"), Subject("Ben", "ben.mp4", "tv_made"))
    write(Manifest("set", folder, people, tuple(items)), folder)
    return SimpleNamespace(folder=folder, studio=studio, out=tmp_path / "out")


def _item(items, clip, people, kind, type_, question, answer, present):
    return Item(f"q{len(items):02d}", "tv_made", clip, tuple(people), kind, type_, question, answer,
                {n: present[n] for n in people})  # fmt: skip


def go(made, systems=OFFLINE, **options):
    options = {"resamples": 20, "bertscore": False, "systems": systems, **options}
    return run(made.folder, made.out, EvalOptions(**options), Settings(device="cpu"))


def test_all_systems_in_one_run(made):
    found = go(made)["systems"]
    best = {s: found[s]["overall"]["existence"]["balanced_accuracy"]["value"] for s in found}
    assert list(best) == list(OFFLINE)
    assert best == {"prior": 0.5, "face-matcher": 1, "measured-facts": 1, "ours-instant": 1}
    assert found["ours-instant"]["overall"]["refusals"]["refused_absent"]["value"] == 1
    assert found["prior"]["overall"]["refusals"]["refused_absent"]["value"] == 0
    assert found["ours-instant"]["overall"]["who"]["f1"]["value"] == 1
    assert found["ours-instant"]["overall"]["pairs"]["all_right"]["value"] == 1
    assert found["measured-facts"]["overall"]["wording"]["content_f1"]["value"] > 0.3
    assert all(found[s]["errors"]["n"] == 0 for s in found)


def test_one_visual_pass_a_clip(made):
    go(made)
    assert sorted(made.studio.decoded) == ["ana.mp4", "ben.mp4", "both.mp4", "only.mp4", "other.mp4"]


def test_the_users_own_people_are_neither_asked_nor_touched(made):
    from pvchat import PVChat

    mine = PVChat(Settings(device="cpu"))
    mine.enroll(made.studio.clip("cleo", CLEO), "Cleo")
    go(made)
    assert PeopleStore(home() / "people").names() == ["Cleo"]
    assert not (made.out / "run-people").exists()  # the run's own people go with its end
    rows = read_lines(made.out / "predictions.jsonl")
    assert "Cleo" not in json.dumps(rows)


def test_whoever_cannot_be_enrolled_is_named(made):
    made.studio.clip("ben")  # nobody in it
    go(made, ("ours-instant",))
    told = json.loads((made.out / "run.json").read_text())["enrolled"]
    assert "NoSubjectError" in told["Ben"]["error"]
    rows = read_lines(made.out / "predictions.jsonl")
    failed = {r["id"] for r in rows if r["error"]}
    assert failed
    assert all("UnknownPersonError" in r["error"] for r in rows if r["error"])


def test_the_threshold_is_the_best_there_is():
    score = np.array([-0.9, -0.7, -0.6, -0.5, -0.3])
    truth = np.array([False, False, True, False, True])
    assert best_threshold(score, truth) in (-0.6, -0.3)

    def balanced(t):
        return (score[truth] >= t).mean() + (score[~truth] < t).mean()

    assert balanced(best_threshold(score, truth)) == max(balanced(t) for t in np.linspace(-1, 0, 500))


def test_without_both_truths_the_documented_distance_decides():
    item = Item("q", "s", "v", ("Ana",), "single", "existence", "?", "yes", {"Ana": True})
    people = [{"name": "Ana", "decision": None, "probability": None, "spans": [], "score": -0.59}]
    rows, tuned = apply_thresholds(
        [{"id": "q", "system": "face-matcher", "kind": "single", "people": people}], {"q": item}
    )
    assert rows[0]["people"][0]["decision"] == "present"
    assert tuned["face-matcher"]["fitted"] == 0


def test_a_typical_answer_is_one_that_shares_words():
    assert typical(["red coat", "red coat and hat", "a piano"]) in ("red coat", "red coat and hat")
    assert typical([]) == ""


def test_systems_by_name():
    assert names_for("instant") == OFFLINE
    assert names_for("deep")[-1] == "ours-deep"
    assert names_for("instant", ["ours-instant", "prior"]) == ("ours-instant", "prior")
    for depth in ("deep", "stored"):
        with pytest.raises(SettingsError, match=f"needs --depth {depth}"):
            names_for("instant", [f"ours-{depth}"])
    with pytest.raises(SettingsError, match="no system 'nothing'"):
        names_for("instant", ["nothing"])


def test_face_matcher_without_faces(made):
    track = make_track(ANA, kind="figure")
    path = made.folder / "other.mp4"
    from pvchat import video

    made.studio.known[video.content_key(path)].tracks[:] = [track]
    go(made, ("face-matcher",))
    rows = [r for r in read_lines(made.out / "predictions.jsonl") if r["clip"] == "other.mp4"]
    assert {p["decision"] for r in rows for p in r["people"]} == {"absent"}


def test_deep_enrollment(made, monkeypatch):
    from pvchat.service import PVChat

    real, calls = PVChat.enroll, []

    def enroll(self, clip, name, depth="instant", track=None, replace=False):
        calls.append((name, depth))
        person = real(self, clip, name, track=track, replace=replace)
        return self.people.add(dataclasses.replace(person, depth=depth, id=""), replace=True)

    monkeypatch.setattr(PVChat, "enroll", enroll)
    systems = ("measured-facts", "ours-deep")
    found = go(made, systems, depth="deep")["systems"]
    assert list(found) == list(systems)
    assert calls == [("Ana", "deep"), ("Ben", "deep")]
