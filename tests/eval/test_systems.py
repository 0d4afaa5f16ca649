"""The systems on clips whose analyses are known: what each says, on one visual pass, with the run's own people."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_studio import ANA, BEN, open_studio

from pvchat.config import Settings, home
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.eval.options import EvalOptions
from pvchat.eval.outcome import best_threshold, settle
from pvchat.eval.run import run
from pvchat.eval.slices import conditions_of, face_size
from pvchat.eval.systems import baselines, registry
from pvchat.people.store import PeopleStore
from pvchat.storage.journal import Journal

CLEO = 3
OFFLINE = ("always-yes", "prior", "face-matcher", "measured-facts", "ours-instant")


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
    options = {"resamples": 20, "bertscore": "none", "frames": False, "systems": systems, **options}
    return run(made.folder, made.out, EvalOptions(**options), Settings(device="cpu"))


def test_all_systems_in_one_run(made):
    found = go(made)["systems"]
    best = {s: found[s]["overall"]["existence"]["balanced_accuracy"]["value"] for s in found}
    assert list(best) == list(OFFLINE)
    assert best == {"always-yes": 0.5, "prior": 0.5, "face-matcher": 1, "measured-facts": 1, "ours-instant": 1}
    assert found["ours-instant"]["overall"]["refusals"]["refused_absent"]["value"] == 1
    assert found["always-yes"]["overall"]["refusals"]["refused_absent"]["value"] == 0
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
    assert not (made.out / "people").exists()  # the run's own people go with its end
    rows = Journal(made.out / "predictions.jsonl").read()
    assert "Cleo" not in json.dumps(rows)


def test_whoever_cannot_be_enrolled_is_named(made):
    made.studio.clip("ben")  # nobody in it
    go(made, ("ours-instant",))
    told = json.loads((made.out / "run.json").read_text())["enrolled"]["instant"]
    assert "NoSubjectError" in told["Ben"]["error"]
    rows = Journal(made.out / "predictions.jsonl").read()
    failed = {r["id"] for r in rows if r["error"]}
    assert failed
    assert all("UnknownPersonError" in r["error"] for r in rows if r["error"])


def test_conditions_of_clips(made):
    go(made)
    clips = {r["clip"]: r for r in Journal(made.out / "clips.jsonl").read()}
    assert {c: r["faces_at_once"] for c, r in clips.items()} == {"both.mp4": 2, "only.mp4": 1, "other.mp4": 1}
    assert set(clips["both.mp4"]["body_likeness"]) == {"Ana", "Ben"}
    found = conditions_of(make_analysis(), [], [], np.zeros(1280, np.float32))
    assert (found["faces_at_once"], found["face_height"]) == (0, 0)
    assert [face_size(v) for v in (0.0, 0.1, 0.2, 0.5)] == ["no face", "small", "middle", "large"]


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
    rows, tuned = settle([{"id": "q", "system": "face-matcher", "kind": "single", "people": people}], {"q": item})
    assert rows[0]["people"][0]["decision"] == "present"
    assert tuned["face-matcher"]["fitted"] == 0


def test_retrieve_then_prompt_tells_the_model_who_was_found(made, monkeypatch):
    asked = []

    class Language:
        def generate_many(self, chats, max_new_tokens=0):
            asked.extend(chat[-1]["content"] for chat in chats)
            return ["She is wearing a red jacket."] * len(chats)

    monkeypatch.setattr("pvchat.model.language.LanguageModel", lambda *a, **k: Language())
    found = go(made, ("retrieve-prompt", "text-only-llm"))["systems"]
    assert found["retrieve-prompt"]["overall"]["existence"]["balanced_accuracy"]["value"] == 1
    prompts = [p for p in asked if p.startswith("Notes")]
    assert any("Ana is wearing a red jacket" in p and "Ben" in p for p in prompts)
    assert any("No known person" in p or "The place" in p for p in prompts)
    blind_questions = [p for p in asked if not p.startswith("Notes")]
    assert "Is Ana in this video?" in blind_questions


def test_a_typical_answer_is_one_that_shares_words():
    assert baselines.typical(["red coat", "red coat and hat", "a piano"]) in ("red coat", "red coat and hat")
    assert baselines.typical([]) == ""


def test_systems_by_name():
    assert "ours-deep" not in registry.names_for("instant")
    assert registry.names_for("deep")[-1] == "ours-deep"
    assert registry.names_for("instant", ["hub:x/y", "prior"]) == ("hub:x/y", "prior")
    with pytest.raises(SettingsError, match="needs --depth deep"):
        registry.names_for("instant", ["ours-deep"])
    with pytest.raises(SettingsError, match="no system 'nothing'"):
        registry.names_for("instant", ["nothing"])


def test_face_matcher_without_faces(made):
    track = make_track(ANA, kind="figure")
    path = made.folder / "other.mp4"
    from pvchat import video

    made.studio.known[video.content_key(path)].tracks[:] = [track]
    go(made, ("face-matcher",))
    rows = [r for r in Journal(made.out / "predictions.jsonl").read() if r["clip"] == "other.mp4"]
    assert {p["decision"] for r in rows for p in r["people"]} == {"absent"}


def test_deep_beside_instant_and_nobody_is_enrolled_twice(made, monkeypatch):
    from pvchat.service import PVChat

    real, calls = PVChat.enroll, []

    def enroll(self, clip, name, depth="instant", track=None, replace=False):
        calls.append((name, depth))
        person = real(self, clip, name, track=track, replace=replace)
        deep = dataclasses.replace(person, depth=depth, id="")
        return person if depth == "instant" else self.people.add(deep, replace=True)

    monkeypatch.setattr(PVChat, "enroll", enroll)
    kept = SimpleNamespace(rmtree=lambda *_, **how: None)  # as if each run was stopped before its very end
    monkeypatch.setattr("pvchat.eval.run.shutil", kept)
    systems = ("measured-facts", "ours-instant", "ours-deep")
    found = go(made, systems, depth="deep")["systems"]
    assert list(found) == list(systems)
    assert calls == [("Ana", "instant"), ("Ben", "instant"), ("Ana", "deep"), ("Ben", "deep")]
    (made.out / "predictions.jsonl").unlink()
    go(made, systems, depth="deep")
    assert len(calls) == 4
    PeopleStore(made.out / "people" / "deep").forget("Ana")
    (made.out / "predictions.jsonl").unlink()
    go(made, systems, depth="deep")  # the order of enrollment is kept: who comes after her follows
    assert calls[4:] == [("Ana", "deep"), ("Ben", "deep")]
    assert PeopleStore(made.out / "people" / "deep").names() == ["Ana", "Ben"]
