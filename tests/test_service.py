"""PVChat end to end on made-up experts that are counted; tests/test_service_weights.py has the real ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from make_analysis import identity_of, make_analysis, make_clip, make_track  # noqa: E402
from make_people import find_traces, traces  # noqa: E402

from pvchat import PVChat, video  # noqa: E402
from pvchat.config import PresenceConfig, Settings, VideoConfig  # noqa: E402
from pvchat.errors import (  # noqa: E402
    NoSubjectError,
    PeopleError,
    SettingsError,
    SeveralSubjectsError,
    UnknownPersonError,
    VideoReadError,
)
from pvchat.presence import PresenceModel  # noqa: E402
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts, PersonPresence, SceneFacts  # noqa: E402
from pvchat.service import gather  # noqa: E402

ANA, BEN = 1, 2
FOUR_TYPES = {
    "existence": "Is Ana in this video?",
    "appearance": "What is Ana wearing?",
    "action": "What is Ana doing?",
    "location": "Where is Ana?",
}


class Studio:
    """Clips whose analyses are known; counts what is decoded and what the experts see."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.known = folder, {}
        self.decoded: list[str] = []
        self.analysed: list[str] = []
        self.loaded = 0  # language models

    def clip(self, name: str, *people: int, **fields: Any) -> Path:
        """A file, and what the experts will say about it: the people on one track each."""
        path = self.folder / f"{name}.mp4"
        path.write_bytes(name.encode())
        tracks = [make_track(p) for p in people]
        for i, track in enumerate(tracks):
            where = ("on the left of the frame", "on the right of the frame")[i % 2]
            track.boxes += np.float32([0.2 * i, 0, 0.2 * i, 0])
            track.facts = PersonFacts(
                where=where, clothes=[Garment("jacket", ("red", "blue")[i % 2], 0.9)], pose="sitting",
                gestures=["talking"], confidence={"where": 0.9, "clothes": 0.9, "pose": 0.9, "gestures": 0.9},
            )  # fmt: skip
        analysis = make_analysis(*tracks, key=video.content_key(path))
        analysis.scene = SceneFacts(place="an office", confidence={"place": 0.9})
        self.known[analysis.key] = replace(analysis, **fields)
        return path

    def load(self, path: Any, config: VideoConfig, *, progress: Any = None) -> video.Clip:
        self.decoded.append(Path(path).name)
        if progress:
            progress(1.0, 1.0)
        return make_clip(2, key=video.content_key(path))

    def analyse(self, clip: video.Clip, experts: Any, progress: Any = None) -> ClipAnalysis:
        self.analysed.append(clip.key)
        return self.known[clip.key]


class Sentences:
    """No sentence is like another: every question is read by rules."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = np.stack([np.random.default_rng(sum(t.encode())).standard_normal(384) for t in texts])
        return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    made = Studio(tmp_path)
    cohort = np.stack([identity_of(500 + i) for i in range(60)])
    weights = (-10.0, -10.0, 4.0, 9.0)
    nothing = np.zeros(128, np.float32), -1.0  # nobody is masked
    model = PresenceModel(cohort, weights, cohort + 3, weights, *nothing, np.zeros(1280, np.float32))
    monkeypatch.setattr(video, "load", made.load)
    monkeypatch.setattr("pvchat.analysis.analyse", made.analyse)
    monkeypatch.setattr(PresenceModel, "load", classmethod(lambda cls: model))
    monkeypatch.setattr("pvchat.sentences.SentenceEncoder", Sentences)
    monkeypatch.setattr("pvchat.language.LanguageModel.load", staticmethod(lambda **_: None))  # answers by rules alone
    return made


@pytest.fixture
def chat(studio: Studio) -> PVChat:
    chat = PVChat(Settings(device="cpu"))
    chat.enroll(studio.clip("ana", ANA), "Ana")
    chat.enroll(studio.clip("ben", BEN), "Ben")
    return chat


# --- enroll, ask


def test_enroll_then_ask(studio: Studio, chat: PVChat) -> None:
    assert chat.people.names() == ["Ana", "Ben"]
    answer = chat.ask(studio.clip("new", ANA), "Is Ana in this video?")
    assert answer.answer.startswith("Yes")
    assert "Ana" in answer.answer
    assert answer.type == "existence"
    assert [(p.name, p.decision) for p in answer.people] == [("Ana", "present")]
    assert answer.people[0].spans == [(0.0, 2.0)]


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
    assert "Ana" in answer.answer
    assert "not" in answer.answer
    assert not any(word in answer.answer for word in ("jacket", "red", "sit", "talk", "left", "office"))
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


def test_an_unknown_name_lists_who_is_enrolled(studio: Studio, chat: PVChat) -> None:
    with pytest.raises(UnknownPersonError) as caught:
        chat.ask(studio.clip("new", ANA), "Is Carla in this video?")
    assert "Carla" in caught.value.subject
    assert "Ana" in caught.value.hint
    assert "Ben" in caught.value.hint
    assert "new.mp4" not in studio.decoded  # told before any work


def test_nobody_is_enrolled(studio: Studio) -> None:
    with pytest.raises(UnknownPersonError, match="enroll"):
        PVChat(Settings(device="cpu")).ask(studio.clip("new", ANA), "Is Ana in this video?")


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


def test_missing_weights_are_fetched_once_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr("pvchat.weights.missing", lambda: [] if calls else ["something"])
    monkeypatch.setattr("pvchat.weights.fetch", lambda roles=None, progress=None: calls.append(progress))
    told = lambda what, done, total: None  # noqa: E731
    for _ in range(2):
        assert isinstance(PVChat.from_pretrained("embedded", Settings(device="cpu"), told), PVChat)
    assert calls == [told]


@pytest.mark.parametrize("depth", ["shallow", "", "INSTANT"])
def test_an_unknown_depth(studio: Studio, depth: str) -> None:
    with pytest.raises(SettingsError, match="instant"):
        PVChat(Settings(device="cpu")).enroll(studio.clip("ana", ANA), "Ana", depth=depth)
    assert studio.decoded == []


# --- enrolling


def test_several_subjects_then_a_choice(studio: Studio) -> None:
    chat, clip = PVChat(Settings(device="cpu")), studio.clip("two", ANA, BEN)
    with pytest.raises(SeveralSubjectsError) as caught:
        chat.enroll(clip, "Ben")
    assert caught.value.subject == "two.mp4"
    assert chat.people.names() == []
    where = {c.where: c.number for c in caught.value.candidates}
    chat.enroll(clip, "Ben", track=where["on the right of the frame"])
    assert len(studio.analysed) == 1  # the choice costs no second look
    answer = chat.ask(studio.clip("new", BEN), "Is Ben in this video?")
    assert answer.people[0].decision == "present"


def test_nobody_to_enroll(studio: Studio) -> None:
    chat = PVChat(Settings(device="cpu"))
    with pytest.raises(NoSubjectError, match=r"empty\.mp4"):
        chat.enroll(studio.clip("empty"), "Ana")
    assert chat.people.names() == []


def test_a_taken_name_needs_replace(studio: Studio, chat: PVChat) -> None:
    with pytest.raises(PeopleError, match="Ana"):
        chat.enroll(studio.clip("other", 7), "ana")
    chat.enroll(studio.clip("other", 7), "Ana", replace=True)
    assert chat.people.names() == ["Ben", "Ana"]
    assert chat.ask(studio.clip("new", 7), "Is Ana in this video?").people[0].decision == "present"
    assert chat.ask(studio.clip("old", ANA), "Is Ana in this video?").people[0].decision == "absent"


def test_a_missing_file(chat: PVChat, tmp_path: Path) -> None:
    with pytest.raises(VideoReadError, match="nowhere"):
        chat.ask(tmp_path / "nowhere.mp4", "Is Ana in this video?")


# --- the cache


def test_a_second_question_decodes_nothing(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", ANA)
    first = chat.ask(clip, "Is Ana in this video?")
    decoded, analysed = len(studio.decoded), len(studio.analysed)
    again = chat.ask(clip, "What is Ana wearing?")
    assert (len(studio.decoded), len(studio.analysed)) == (decoded, analysed)
    assert again.timing["decode_s"] == again.timing["experts_s"] == 0
    assert first.people[0].probability == again.people[0].probability


def test_nor_does_another_process(studio: Studio, chat: PVChat) -> None:
    """A new PVChat has nothing in memory: the analysis comes from the disk, and says the same."""
    clip = studio.clip("new", ANA)
    first = chat.ask(clip, "Where is Ana?")
    count = len(studio.decoded)
    again = PVChat(Settings(device="cpu")).ask(clip, "Where is Ana?")
    assert len(studio.decoded) == len(studio.analysed) == count
    assert again.answer == first.answer
    assert again.people == first.people


def test_a_renamed_copy_is_the_same_clip(studio: Studio, chat: PVChat, tmp_path: Path) -> None:
    clip = studio.clip("new", ANA)
    chat.ask(clip, "Is Ana in this video?")
    count = len(studio.decoded)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())
    chat.ask(copy, "Is Ana in this video?")
    assert len(studio.decoded) == count


def test_other_video_settings_look_again(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", ANA)
    chat.ask(clip, "Is Ana in this video?")
    count = len(studio.decoded)
    settings = Settings(device="cpu", video=VideoConfig(max_frames=7))
    PVChat(settings).ask(clip, "Is Ana in this video?")
    assert len(studio.decoded) == count + 1


def test_other_thresholds_need_no_second_look(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", ANA)
    chat.ask(clip, "Is Ana in this video?")
    count = len(studio.decoded)
    strict = PVChat(Settings(device="cpu", presence=PresenceConfig(present_from=1.0, absent_below=1.0)))
    assert strict.ask(clip, "Is Ana in this video?").people[0].decision == "absent"
    assert len(studio.decoded) == count


def test_memory_is_bounded(studio: Studio, chat: PVChat) -> None:
    clips = [studio.clip(f"clip {i}", ANA) for i in range(12)]
    for clip in clips:
        chat.ask(clip, "Is Ana in this video?")
    assert len(chat._recent) <= 8
    count = len(studio.decoded)
    chat.ask(clips[0], "Is Ana in this video?")  # long out of memory, still on the disk
    assert len(studio.decoded) == count


# --- forgetting


def test_forgetting_leaves_no_trace(studio: Studio, chat: PVChat, pvchat_home: Path) -> None:
    clip = studio.clip("new", ANA, BEN)
    chat.ask(clip, "Is Ana in this video?")
    wanted = traces(chat.people.get("Ana"))
    assert find_traces(pvchat_home, wanted)
    chat.forget("ana")
    assert find_traces(pvchat_home, wanted) == []
    assert not chat._recent
    with pytest.raises(UnknownPersonError, match="Ben"):
        chat.ask(clip, "Is Ana in this video?")
    assert [p.name for p in chat.ask(clip, "Who is in this video?").people] == ["Ben"]


def test_forgetting_takes_the_pictures_to_choose_from_along(studio: Studio, pvchat_home: Path) -> None:
    """The candidates' thumbnails show her face, too."""
    chat, clip = PVChat(Settings(device="cpu")), studio.clip("two", ANA, BEN)
    with pytest.raises(SeveralSubjectsError):
        chat.enroll(clip, "Ana")
    chat.enroll(clip, "Ana", track=1)
    wanted = traces(chat.people.get("Ana"))
    chat.forget("Ana")
    assert find_traces(pvchat_home, wanted) == []


def test_forgetting_nobody(chat: PVChat) -> None:
    with pytest.raises(UnknownPersonError, match="Ana"):
        chat.forget("Carla")
    assert chat.people.names() == ["Ana", "Ben"]


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
