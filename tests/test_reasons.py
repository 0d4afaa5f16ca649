"""Why somebody wasn't recognised: what is measured of whoever is most like her, and how it is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_analysis import make_analysis, make_track

from pvchat.chat.say.clauses import because, existence
from pvchat.chat.timeline import Entity, Timeline
from pvchat.config import PresenceConfig
from pvchat.identity.reasons import hardships, turn, why_not
from pvchat.people.person import Person
from pvchat.schemas import PersonPresence, Track, Why

ANA = Person("Ana")
SMALL = (0.3, 0.2, 0.35, 0.3)  # 24 of 240 pixels


def unsure(**fields: Any) -> Entity:
    return Entity("Ana", decision="unsure", probability=0.5, why=Why(**fields))


def turned(track: Track, share: float) -> Track:
    """The nose moved to the side by a share of the distance of the eyes."""
    eyes = track.points[:, 1, 0] - track.points[:, 0, 0]
    track.points[:, 2, 0] += share * eyes
    return track


# --- unsure by stated costs


@given(st.floats(0.01, 99), st.floats(0.01, 99), st.floats(0.01, 99), st.floats(0, 1))
def test_the_decision_is_the_one_of_least_expected_cost(yes: float, no: float, unsure: float, p: float) -> None:
    config = PresenceConfig(wrong_yes=yes, wrong_no=no, unsure=unsure)
    costs = {"present": (1 - p) * yes, "absent": p * no, "unsure": unsure}
    decision = "present" if p >= config.present_from else "absent" if p < config.absent_below else "unsure"
    assert costs[decision] <= min(costs.values()) * (1 + 1e-9) + 1e-9


# --- what is measured


def test_a_small_a_turned_a_masked_a_blurred_face() -> None:
    clip = make_analysis()
    masked = make_track()
    masked.facts.features = ["a face mask"]
    for track, wanted in (
        (make_track(), ()),
        (make_track(box=SMALL), ("small",)),
        (turned(make_track(), 0.9), ("turned",)),
        (turned(make_track(quality=0.2), 0.4), ("turned",)),
        (turned(make_track(quality=0.8), 0.4), ()),  # turned a little, and seen well
        (masked, ("masked",)),
        (make_track(quality=0.1), ("blurred",)),
        (turned(make_track(box=SMALL), 0.9), ("small", "turned")),
        (make_track(kind="figure"), ()),
    ):
        assert hardships(track, clip) == wanted


def test_a_turn_is_measured_in_pixels_whatever_the_roll() -> None:
    clip, track = make_analysis(), turned(make_track(), 0.5)
    assert turn(track, 0, clip) == pytest.approx(0.5, abs=1e-5)
    centre, angle = np.array([128.0, 96.0]), np.pi / 6
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    pixels = track.points * (clip.width, clip.height)
    track.points = np.float32(((pixels - centre) @ rotation + centre) / (clip.width, clip.height))
    assert turn(track, 0, clip) == pytest.approx(0.5, abs=0.1)


def test_the_best_sighting_is_told() -> None:
    track = make_track(quality=[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.7, 0.1])
    why = why_not(ANA, PersonPresence("Ana", "absent", 0.1, nearest=0), [], make_analysis(track))
    assert (why.reason, why.at_s, why.face_px) == ("likeness", 1.62, 96)


def test_nobody_and_somebody_else() -> None:
    clip, ben = make_analysis(make_track(2)), PersonPresence("Ben", "present", 0.9, track=0, tracks=(0,), nearest=0)
    assert why_not(ANA, PersonPresence("Ana", "absent", 0.0), [], make_analysis()) == Why("nobody")
    why = why_not(ANA, PersonPresence("Ana", "absent", 0.2, nearest=0), [ben], clip)
    assert (why.reason, why.like) == ("other", "Ben")


# --- how it is told


def test_an_unsure_answer_says_what_was_seen_and_of_a_photo_no_times() -> None:
    small = unsure(reason="small", hard=("small",), at_s=4.1)
    assert existence(small, Timeline(0.0, 8.0)).endswith(
        "Most like Ana is somebody small and far away at 0:04: it could be the same person."
    )
    assert "0:0" not in existence(small, Timeline(0.0, 1.0, still=True))
    assert existence(replace(small, why=None), Timeline(0.0, 8.0)) == "I'm not sure whether Ana is in this video."
    stranger = Entity("#1", known=False)
    with_stranger = Timeline(0.0, 8.0, (stranger,))
    assert existence(stranger, with_stranger).startswith("Yes, somebody I don't know is in this video")
    assert existence(stranger, with_stranger, polar=False).startswith("Somebody I don't know is in this video")


@pytest.mark.parametrize(
    ("why", "text"),
    [
        (Why("nobody"), "Nobody whose face or figure could be compared is seen."),
        (Why("corrected", at_s=4.0), "Most like Ana is somebody at 0:04 of whom you said that it isn't Ana."),
        (Why("other", at_s=4.0, like="Ben"), "Most like Ana is somebody at 0:04 who is more like Ben."),
        (
            Why("small", ("small",), 4.0, 22),
            "Most like Ana is somebody small and far away, with a face 22 pixels high at 0:04: too unlike to be the "
            "same person.",
        ),
        (Why("likeness", at_s=4.0), "Most like Ana is somebody seen well at 0:04: too unlike to be the same person."),
    ],
)
def test_why_as_a_sentence(why: Why, text: str) -> None:
    assert because("Ana", "absent", why) == text


# --- from the question to the answer


def test_an_answer_brings_its_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from make_studio import ANA as ANA_TRACK
    from make_studio import BEN, open_chat, open_studio

    studio = open_studio(tmp_path, monkeypatch)
    chat = open_chat(studio)
    clip = studio.clip("new", BEN)
    answer = chat.ask(clip, "Is Ana in this video?").to_dict()
    assert answer["people"][0]["why"]["reason"] == "other"
    assert "Ben" in answer["people"][0]["why"]["text"]
    assert json.loads(json.dumps(answer)) == answer
    assert "why" not in chat.ask(studio.clip("hers", ANA_TRACK), "Is Ana in this video?").to_dict()["people"][0]
    chat.correct("Ben", clip, False)
    assert chat.ask(clip, "Is Ben in this video?").people[0].why.reason == "corrected"
    assert chat.ask(studio.clip("empty"), "Is Ben in this video?").people[0].why.reason == "nobody"
