"""PVChat answers, on made-up experts that are counted; tests/test_service_weights.py has the real ones."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from make_analysis import make_analysis, make_track
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.config import Settings, VideoConfig
from pvchat.errors import SettingsError
from pvchat.identity.evidence import gather
from pvchat.people.folders import PersonFolders
from pvchat.schemas import PersonFacts, PersonPresence
from pvchat.service.networks import PREPARING, Networks
from pvchat.storage.clips import SUFFIX, ClipCache
from pvchat.video import keys

FOUR_TYPES = {
    "existence": "Is Ana in this video?", "appearance": "What is Ana wearing?", "action": "What is Ana doing?",
    "location": "Where is Ana?",
}  # fmt: skip


# --- enroll, ask


def test_enroll_then_ask(studio: Studio, chat: PVChat) -> None:
    assert chat.people.names() == ["Ana", "Ben"]
    answer = chat.ask(studio.clip("new", ANA), "Is Ana in this video?")
    assert answer.answer.startswith("Yes")
    assert "Ana" in answer.answer
    assert answer.type == "existence"
    assert [(p.name, p.decision) for p in answer.people] == [("Ana", "present")]
    assert answer.people[0].spans == [(0.0, 2.0)]


def test_another_language_is_refused_before_the_clip_is_looked_at(studio: Studio, chat: PVChat) -> None:
    analysed, told = len(studio.analysed), list[str]()
    answer = chat.ask(studio.clip("new", ANA), "Was trägt Ana?", stream=told.append)
    assert answer.answer == "".join(told) == "Ich lese nur Fragen auf Englisch, zum Beispiel: What is Ana wearing?"
    assert answer.finding["query"]["refusal"] == "foreign"
    assert len(studio.analysed) == analysed
    assert chat.ask(studio.clip("new", ANA), "What is Ana wearing?").answer == "Ana is wearing a red jacket."


def test_she_is_the_only_one_who_is_there(studio: Studio, chat: PVChat) -> None:
    alone, both = studio.clip("alone", ANA), studio.clip("both", ANA, BEN)
    assert chat.ask(alone, "Is she sitting?").answer.startswith("Yes, Ana is sitting")
    assert chat.ask(alone, "Is she talking?", ["Who is in this video?"]).answer.startswith("Yes, Ana is talking")
    assert not chat.ask(both, "Is she sitting?").answer.startswith("Yes, Ana is sitting")  # whom of them?
    assert chat.ask(both, "Is she sitting?", ["Is Ben there?"]).answer == "Yes, Ben is sitting."


def test_who_she_may_be_is_scored_once(studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, model = [], chat.networks.presence
    score = type(model).score
    monkeypatch.setattr(type(model), "score", lambda self, *words: asked.append(words) or score(self, *words))
    assert chat.ask(studio.clip("new", ANA), "What is she wearing?").answer.startswith("Ana is wearing")
    assert len(asked) == 1


@pytest.mark.parametrize("kind", FOUR_TYPES)
def test_measured_facts_answer_all_four_types(studio: Studio, chat: PVChat, kind: str) -> None:
    answer = chat.ask(studio.clip("new", BEN, ANA), FOUR_TYPES[kind])
    wanted = {"existence": "Yes", "appearance": "blue jacket", "action": "talk", "location": "right"}
    assert answer.type == kind
    assert wanted[kind] in answer.answer
    assert "red" not in answer.answer  # Ben's jacket


@pytest.mark.parametrize("kind", FOUR_TYPES)
def test_the_absent_are_refused_and_never_described(studio: Studio, chat: PVChat, kind: str) -> None:
    answer = chat.ask(studio.clip("new", BEN), FOUR_TYPES[kind])
    refusal, *others = answer.answer.removesuffix(".").split(". ")
    assert "Ana" in refusal
    assert "not" in refusal
    assert not any(word in refusal for word in ("jacket", "red", "sit", "talk", "left", "office"))
    assert not any("Ana" in sentence for sentence in others)  # which tell of who is there
    assert answer.type == kind
    assert [(p.decision, p.spans) for p in answer.people] == [("absent", [])]


def test_who_is_there_lists_everyone_enrolled(studio: Studio, chat: PVChat) -> None:
    answer = chat.ask(studio.clip("new", BEN), "Who is in this video?")
    assert {p.name: p.decision for p in answer.people} == {"Ana": "absent", "Ben": "present"}
    assert "Ben" in answer.answer
    assert "Ana" not in answer.answer


def test_two_people_in_one_question(studio: Studio, chat: PVChat) -> None:
    answer = chat.ask(studio.clip("new", ANA, BEN), "Are Ana and Ben both in this video?")
    assert [p.name for p in answer.people] == ["Ana", "Ben"]
    assert answer.answer.startswith("Yes")


def test_a_follow_up_means_the_person_before(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", BEN, ANA)
    answer = chat.ask(clip, "And what is she wearing?", history=["Is Ana in this video?"])
    assert answer.type == "appearance"
    assert [p.name for p in answer.people] == ["Ana"]
    assert "blue" in answer.answer
    answer = chat.ask(clip, "and Ben?", history=["Is Ana in this video?", "What is she wearing?"])
    assert answer.type == "appearance"
    assert "red" in answer.answer


def test_aliases_are_answered_to(studio: Studio, chat: PVChat) -> None:
    chat.people.alias("Ana", "Mum")
    chat.people.alias("Ana", "Annie")
    clip = studio.clip("new", ANA)
    for alias in ("Mum", "Annie", "annie"):
        answer = chat.ask(clip, f"Is {alias} in this video?")
        assert [p.name for p in answer.people] == ["Ana"]
        assert answer.answer.startswith("Yes")


@pytest.mark.parametrize("kind", FOUR_TYPES)
def test_an_alias_asks_for_the_person_in_every_type(studio: Studio, chat: PVChat, kind: str) -> None:
    chat.people.alias("Ben", "Captain Haddock")
    chat.people.alias("Ana", "Mum")
    answer = chat.ask(studio.clip("new", BEN, ANA), FOUR_TYPES[kind].replace("Ana", "Mum"))
    wanted = {"existence": "Yes", "appearance": "blue jacket", "action": "talk", "location": "right"}
    assert answer.type == kind
    assert [p.name for p in answer.people] == ["Ana"]
    assert wanted[kind] in answer.answer
    refused = chat.ask(studio.clip("other", ANA), FOUR_TYPES[kind].replace("Ana", "Captain Haddock"))
    assert [(p.name, p.decision) for p in refused.people] == [("Ben", "absent")]
    assert "not" in refused.answer


def test_an_alias_in_the_question_before_is_remembered(studio: Studio, chat: PVChat) -> None:
    chat.people.alias("Ana", "Mum")
    answer = chat.ask(studio.clip("new", BEN, ANA), "What is she wearing?", history=["Is mum in this video?"])
    assert [p.name for p in answer.people] == ["Ana"]
    assert "blue" in answer.answer


def test_an_unknown_name_lists_who_is_enrolled(studio: Studio, chat: PVChat) -> None:
    answer = chat.ask(studio.clip("new", ANA), "Is Carla in this video?")
    assert answer.answer == "Carla is not enrolled; I know Ana and Ben."


def test_nobody_is_enrolled(studio: Studio) -> None:
    answer = PVChat(Settings(device="cpu")).ask(studio.clip("new", ANA), "Is Ana in this video?")
    assert answer.answer == "Ana is not enrolled."


def test_pieces_of_the_answer_make_the_answer(studio: Studio, chat: PVChat) -> None:
    pieces: list[str] = []
    answer = chat.ask(studio.clip("new", ANA), "What is Ana wearing?", stream=pieces.append)
    assert len(pieces) > 1
    assert "".join(pieces) == answer.answer


# --- the contract


def test_answer_as_json(studio: Studio, chat: PVChat) -> None:
    row = json.loads(json.dumps(chat.ask(studio.clip("new", ANA), "Where is Ana?").to_dict()))
    assert set(row) == {"answer", "type", "people", "timing"}
    assert isinstance(row["answer"], str)
    assert row["type"] in ("existence", "appearance", "action", "location", "other")
    (person,) = row["people"]
    assert set(person) == {"name", "decision", "probability", "spans"}
    assert person["decision"] in ("present", "absent", "unsure")
    assert 0 <= person["probability"] <= 1
    assert all(len(s) == 2 and 0 <= s[0] <= s[1] for s in person["spans"])
    timing = row["timing"]
    assert set(timing) == {"decode_s", "experts_s", "first_token_s", "total_s"}
    assert all(value >= 0 for value in timing.values())
    assert timing["first_token_s"] <= timing["total_s"]
    assert timing["decode_s"] + timing["experts_s"] <= timing["total_s"] + 0.002


@pytest.mark.parametrize("preset", ["tiny-nonsense", "", "Embedded", "../embedded"])
def test_an_unknown_preset(preset: str) -> None:
    with pytest.raises(SettingsError, match="embedded"):
        PVChat.from_pretrained(preset)


def test_networks_are_converted_before_the_first_clip_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the first enrollment after an install takes three times as long, and nobody knows why."""
    told: list[tuple[str, float, float]] = []
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda table: [])
    monkeypatch.setattr("pvchat.perception.experts.networks.need_conversion", lambda: True)
    monkeypatch.setattr("pvchat.service.networks.sys.executable", "true")
    Networks(Settings(device="cpu")).fetch(lambda *words: told.append(words))
    assert {what for what, _, _ in told} == {PREPARING}
    assert told[-1][1:] == (1, 1)


def test_missing_weights_are_fetched_once_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(
        "pvchat.assets.weights.missing", lambda table: [] if calls else [SimpleNamespace(role="frames")]
    )
    monkeypatch.setattr("pvchat.assets.weights.fetch", lambda progress, table: calls.append(progress))
    told = lambda what, done, total: None  # noqa: E731
    for _ in range(2):
        assert isinstance(PVChat.from_pretrained("embedded", Settings(device="cpu"), told), PVChat)
    assert calls == [told]


@pytest.mark.parametrize("depth", ["shallow", "", "INSTANT"])
def test_an_unknown_depth(studio: Studio, depth: str) -> None:
    with pytest.raises(SettingsError, match="instant"):
        PVChat(Settings(device="cpu")).enroll(studio.clip("ana", ANA), "Ana", depth=depth)
    assert studio.decoded == []


# --- nothing twice


def test_a_question_reads_the_store_once_and_a_settled_clip_never(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, hashed = [], []
    rows, opened = PersonFolders.read, keys.open_local
    monkeypatch.setattr(PersonFolders, "read", lambda self: looks.append(1) or rows(self))
    monkeypatch.setattr(keys, "open_local", lambda path: hashed.append(1) or opened(path))
    later = time.time_ns() + 3_600_000_000_000
    monkeypatch.setattr(keys.time, "time_ns", lambda: later)  # the clip was written an hour ago
    clip = studio.clip("new", ANA)
    hashed.clear()
    for question in FOUR_TYPES.values():
        looks.clear()
        chat.ask(clip, question)
        assert len(looks) == 1
    assert len(hashed) == 1  # the first question's, though the clip was decoded too


def test_everyone_comes_with_the_answer(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", BEN)
    answer = chat.ask(clip, "Is Ana in this video?")
    assert [p.name for p in answer.people] == ["Ana"]
    unexplained = [dataclasses.replace(one, why=None) for one in answer.everyone]
    assert unexplained == chat.presence(chat.analyse(clip))
    assert [p.decision for p in answer.everyone] == ["absent", "present"]


def test_services_beside_each_other_share_networks_and_nothing_else(
    studio: Studio, chat: PVChat, tmp_path: Path
) -> None:
    clip = studio.clip("new", ANA)
    other = chat.with_people(tmp_path / "others")
    own = chat.beside(ClipCache(tmp_path / "analyses"), VideoConfig(max_frames=3))
    assert other.networks is own.networks is chat.networks
    assert other.people.names() == []
    assert own.people is chat.people
    chat.ask(clip, "Is Ana in this video?")
    seen = len(studio.analysed)
    other.analyse(clip)  # the cache is shared
    assert len(studio.analysed) == seen
    own.analyse(clip)  # read otherwise, kept elsewhere
    assert len(studio.analysed) == seen + 1
    assert ClipCache(tmp_path / "analyses").has(chat.analyse(clip).key)


def test_warming_up_loads_every_expert(monkeypatch: pytest.MonkeyPatch) -> None:
    from functools import cached_property

    from pvchat.perception.experts.collection import Experts

    names, loaded = [n for n, part in vars(Experts).items() if isinstance(part, cached_property)], []

    def loads(name: str) -> property:
        return property(lambda self: loaded.append(name) or SimpleNamespace(landmarks=None, all=None))

    for name in names:
        monkeypatch.setattr(Experts, name, loads(name))
    Experts().load()
    assert loaded == names


# --- evidence


def test_evidence_keeps_people_apart() -> None:
    analysis = make_analysis(make_track(1), make_track(2), make_track(3), make_track(4, kind="figure"))
    for i, track in enumerate(analysis.tracks):
        track.facts = PersonFacts(hair=f"hair {i}")
    presences = [
        PersonPresence("Ana", "present", 0.9, [(0, 1)], 1),
        PersonPresence("Ben", "unsure", 0.5, [(0, 1)], 2),
        PersonPresence("Cleo", "absent", 0.1),
    ]
    evidence = gather(presences, analysis)
    assert {name: facts.hair for name, facts in evidence.facts.items()} == {"Ana": "hair 1"}
    assert set(evidence.boxes) == {"Ana"}
    assert evidence.unknown == 1  # track 0; the doubtful one and the drawn figure are no strangers
    assert [n.name for n in evidence.others] == [None, "Ana"]
    assert evidence.duration_s == analysis.duration_s


STAGES = (
    ("Is Ana in this video?", 0), ("Who is in this video?", 0), ("When does Ana appear?", 0),
    ("How many people are there?", 0), ("Is Ben not there?", 0),
    ("What is Ben wearing?", 1),  # he isn't there: it is told of Ana, who is
    ("What is Ana wearing?", 1), ("Is Ana sitting?", 1), ("Where is Ana?", 1), ("What is happening?", 1),
)  # fmt: skip


@pytest.mark.parametrize(("question", "measured"), STAGES)
def test_only_what_is_asked_is_measured(studio: Studio, chat: PVChat, question: str, measured: int) -> None:
    """Yes or no, who, when and how many need no pose and no clothes."""
    chat.ask(studio.clip("new", ANA), question)
    assert len(studio.measured) == measured


@pytest.mark.parametrize("question", [row[0] for row in STAGES])
def test_the_words_are_the_same_whenever_it_was_measured(studio: Studio, chat: PVChat, question: str) -> None:
    clip = studio.clip("new", ANA)
    first = chat.ask(clip, question)
    chat.analyse(clip)  # all of it
    assert chat.ask(clip, question).answer == first.answer


def test_both_stages_are_one_entry_of_the_cache_and_go_together(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", ANA)
    key = chat._clips.look(clip, stage="who").analysis.key
    assert chat.cache.has(key)
    before = len(list(chat.cache.root.glob(f"*{SUFFIX}")))
    assert chat.analyse(clip).stage == "what"
    assert len(list(chat.cache.root.glob(f"*{SUFFIX}"))) == before
    again = PVChat(chat.settings, networks=chat.networks, cache=chat.cache)
    assert again._clips.look(clip).experts_s == 0.0  # the fuller one was kept
    chat.forget_clip(key)
    assert not chat.cache.has(key)


def test_a_measuring_that_was_stopped_leaves_who_is_there(
    studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = studio.clip("new", ANA)

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pvchat.perception.measuring.measure", stopped)
        with pytest.raises(KeyboardInterrupt):
            chat.ask(clip, "What is Ana wearing?")
    analysed = len(studio.analysed)
    assert "red jacket" in chat.ask(clip, "What is Ana wearing?").answer
    assert len(studio.analysed) == analysed


def test_enrolling_looks_no_further_than_who_is_there(studio: Studio, chat: PVChat) -> None:
    assert studio.measured == []
    assert {p.name for p in chat.people.all()} == {"Ana", "Ben"}
