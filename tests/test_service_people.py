"""PVChat enrolls and forgets people and remembers clips, on made-up experts that are counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from make_people import find_traces, traces
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.config import PresenceConfig, Settings, VideoConfig
from pvchat.errors import (
    NoSubjectError,
    PeopleError,
    SeveralSubjectsError,
    SubjectError,
    UnknownPersonError,
    VideoReadError,
)

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
    with pytest.raises(PeopleError, match="(?i)ana"):
        chat.enroll(studio.clip("other", 7), "ana")
    chat.enroll(studio.clip("other", 7), "Ana", replace=True)
    assert chat.people.names() == ["Ben", "Ana"]
    assert chat.ask(studio.clip("new", 7), "Is Ana in this video?").people[0].decision == "present"
    assert chat.ask(studio.clip("old", ANA), "Is Ana in this video?").people[0].decision == "absent"


@pytest.mark.parametrize("name", ["Ana", "ANA", " ana ", "Mum"])
def test_a_taken_name_is_refused_before_the_experts_run(studio: Studio, chat: PVChat, name: str) -> None:
    chat.people.alias("Ana", "Mum")
    decoded, analysed = list(studio.decoded), list(studio.analysed)
    with pytest.raises(PeopleError, match="enrolled already") as caught:
        chat.enroll(studio.clip("other", 7), name)
    assert "replace" in caught.value.hint
    assert (studio.decoded, studio.analysed) == (decoded, analysed)
    assert chat.people.names() == ["Ana", "Ben"]


def test_a_missing_file(chat: PVChat, tmp_path: Path) -> None:
    with pytest.raises(VideoReadError, match="nowhere"):
        chat.ask(tmp_path / "nowhere.mp4", "Is Ana in this video?")


# --- the cache


def test_a_second_question_decodes_nothing(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", ANA)
    first = chat.ask(clip, "Is Ana in this video?")
    decoded, analysed = len(studio.decoded), len(studio.analysed)
    assert len(studio.measured) == 0  # who is there needs no clothes
    again = chat.ask(clip, "What is Ana wearing?")
    assert (len(studio.decoded), len(studio.analysed), len(studio.measured)) == (decoded, analysed, 1)
    assert again.timing["decode_s"] == 0 < again.timing["experts_s"]
    again = chat.ask(clip, "What is Ana doing?")
    assert len(studio.measured) == 1
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


def test_a_renamed_copy_is_the_same_clip_and_other_video_settings_look_again(
    studio: Studio, chat: PVChat, tmp_path: Path
) -> None:
    clip = studio.clip("new", ANA)
    chat.ask(clip, "Is Ana in this video?")
    count = len(studio.decoded)
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())
    chat.ask(copy, "Is Ana in this video?")
    assert len(studio.decoded) == count
    PVChat(Settings(device="cpu", video=VideoConfig(max_frames=7))).ask(clip, "Is Ana in this video?")
    assert len(studio.decoded) == count + 1


def test_other_thresholds_need_no_second_look(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("new", ANA)
    chat.ask(clip, "Is Ana in this video?")
    count = len(studio.decoded)
    strict = PVChat(Settings(device="cpu", presence=PresenceConfig(wrong_yes=1e9, wrong_no=1e-9)))
    assert strict.ask(clip, "Is Ana in this video?").people[0].decision == "absent"
    assert len(studio.decoded) == count


@pytest.mark.parametrize(
    ("costs", "decision", "verdict", "named_in"),
    [
        (PresenceConfig(), "present", "yes", ["people"]),
        (PresenceConfig(unsure=1e-12), "unsure", "unsure", ["open"]),
        (PresenceConfig(wrong_yes=1e9, wrong_no=1e-9), "absent", "no", []),
    ],
)
def test_who_is_there_and_is_she_there_decide_alike(
    studio: Studio, chat: PVChat, costs: PresenceConfig, decision: str, verdict: str, named_in: list[str]
) -> None:
    clip, asked = studio.clip("new", ANA), PVChat(Settings(device="cpu", presence=costs))
    one, everybody = (asked.ask(clip, question) for question in ("Is Ana in this video?", "Who is in this video?"))
    assert (one.people[0].decision, one.finding["verdict"]) == (decision, verdict)
    names = {place: [found["who"] for found in everybody.finding.get(place, [])] for place in ("people", "open")}
    assert [place for place, listed in names.items() if "Ana" in listed] == named_in


def test_memory_is_bounded(studio: Studio, chat: PVChat) -> None:
    clips = [studio.clip(f"clip {i}", ANA) for i in range(12)]
    for clip in clips:
        chat.ask(clip, "Is Ana in this video?")
    assert len(chat._clips._recent) <= 8
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
    assert not chat._clips._recent
    answer = chat.ask(clip, "Is Ana in this video?")
    assert (answer.answer, answer.people) == ("Ana is not enrolled; I know Ben.", [])  # Ben wasn't asked about
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


def offered(chat: PVChat, clip: Path) -> list[Path]:
    """The thumbnails that are shown to choose from."""
    with pytest.raises(SeveralSubjectsError) as caught:
        chat.enroll(clip, "Cleo")
    paths = [Path(c.thumbnail) for c in caught.value.candidates]
    assert len(paths) == 2
    assert all(path.read_bytes()[:2] == b"\xff\xd8" for path in paths)
    return paths


def test_the_pictures_to_choose_from_go_when_somebody_is_chosen(studio: Studio, chat: PVChat) -> None:
    clip = studio.clip("two", 7, 8)
    paths = offered(chat, clip)
    with pytest.raises(SubjectError):
        chat.enroll(clip, "Cleo", track=9)
    assert all(path.exists() for path in paths)  # still to be chosen from
    chat.enroll(clip, "Cleo", track=2)
    assert not any(path.exists() for path in paths)


def test_the_pictures_to_choose_from_go_when_anybody_is_forgotten(studio: Studio, chat: PVChat) -> None:
    paths = offered(chat, studio.clip("two", 7, ANA))
    chat.forget("Ana")
    assert not any(path.exists() for path in paths)


def test_forgetting_nobody(chat: PVChat) -> None:
    with pytest.raises(UnknownPersonError, match="Ana"):
        chat.forget("Carla")
    assert chat.people.names() == ["Ana", "Ben"]
