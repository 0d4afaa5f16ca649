"""How good an enrollment clip is, whom it shows besides, and what a second clip adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from make_analysis import make_analysis, make_track
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.errors import PeopleError, SettingsError, SeveralSubjectsError, UnknownPersonError
from pvchat.identity.reasons import notes_on, weaknesses
from pvchat.people.person import Notes
from pvchat.schemas import ClipAnalysis, SceneFacts, Track

LARGE = (0.3, 0.2, 0.6, 0.8)  # 144 pixels


def turning(track: Track) -> Track:
    """The head turns from one side to the other."""
    eyes = track.points[:, 1, 0] - track.points[:, 0, 0]
    track.points[:, 2, 0] += np.linspace(-0.3, 0.3, len(track), dtype=np.float32) * eyes
    return track


def clip(*tracks: Track, light: str | None = None) -> ClipAnalysis:
    analysis = make_analysis(*tracks)
    analysis.scene = SceneFacts(light=light)
    return analysis


def test_a_good_clip_has_no_weakness() -> None:
    track = turning(make_track(1, box=LARGE))
    assert weaknesses(track, clip(track)) == ()


def test_each_weakness_is_found() -> None:
    masked = turning(make_track(1, box=LARGE))
    masked.facts.features = ["a face mask"]
    for track, wanted in (
        (turning(make_track(1, box=(0.3, 0.3, 0.4, 0.45))), "small"),
        (masked, "masked"),
        (turning(make_track(1, box=LARGE, quality=0.2)), "blurred"),
        (turning(make_track(1, range(3), box=LARGE)), "few"),
        (make_track(1, box=LARGE), "one angle"),
    ):
        assert weaknesses(track, clip(track)) == (wanted,)
    track, other = turning(make_track(1, box=LARGE)), make_track(2, range(4), box=LARGE)
    assert weaknesses(track, clip(track, light="dark")) == ("dark",)
    assert weaknesses(track, clip(track, other)) == ("several people",)
    passer_by = make_track(2, range(1), box=(0.7, 0.2, 0.8, 0.4))
    assert weaknesses(track, clip(track, passer_by)) == ()


def test_nothing_is_said_of_drawn_figures() -> None:
    track = make_track(1, kind="figure")
    assert notes_on(track, clip(track)) == Notes()


def test_every_weakness_is_told_with_what_helps() -> None:
    told = Notes(("small", "masked", "blurred", "dark", "few", "one angle", "several people"), 30).sentences("Ana")
    assert len(told) == 7
    assert "30 pixels" in told[0]
    assert all(one.endswith(("would help.", "best.", "safer.")) for one in told)


# --- who it looks like


def test_somebody_who_is_enrolled_already_is_told(studio: Studio, chat: PVChat) -> None:
    person = chat.enroll(studio.clip("again", ANA), "Anna")
    assert person.notes is not None
    assert person.notes.looks_like == "Ana"
    assert person.notes.sentences("Anna")[0].startswith("This looks like Ana")
    assert chat.enroll(studio.clip("third", 7), "Cleo").notes.looks_like == ""
    assert chat.enroll(studio.clip("fourth", BEN), "ben", replace=True).notes.looks_like == ""
    assert all(one.notes is None for one in chat.people.all())  # it would outlive who it names


# --- another clip of the same person


def test_another_clip_is_added(studio: Studio, chat: PVChat) -> None:
    before = chat.people.get("Ana")
    person = chat.enroll(studio.clip("again", ANA), "ana", add=True)
    assert chat.people.names() == ["Ana", "Ben"]
    assert len(person.arrays["prototypes"]) > len(before.arrays["prototypes"])
    assert (person.extra["clips"], person.extra["sightings"]) == (2, 16)
    assert person.created == before.created
    assert person.notes is not None
    assert not person.notes.unlike
    assert chat.ask(studio.clip("new", ANA), "Is Ana in this video?").people[0].decision == "present"


def test_somebody_unlike_is_told_and_added_all_the_same(studio: Studio, chat: PVChat) -> None:
    person = chat.enroll(studio.clip("changed", 7), "Ana", add=True)
    assert person.notes.unlike
    assert chat.ask(studio.clip("new", 7), "Is Ana in this video?").people[0].decision == "present"


def test_a_clip_is_added_to_somebody_only(studio: Studio, chat: PVChat) -> None:
    with pytest.raises(UnknownPersonError):
        chat.enroll(studio.clip("x", ANA), "Cleo", add=True)
    for options in ({"replace": True}, {"depth": "deep"}):
        with pytest.raises(SettingsError, match="added"):
            chat.enroll(studio.clip("x", ANA), "Ana", add=True, **options)
    figure = make_analysis(make_track(5, kind="figure"))
    studio.known[(path := studio.clip("drawn")) and chat._clips._keys.of(path)] = figure
    with pytest.raises(PeopleError, match="can't be one"):
        chat.enroll(path, "Ana", add=True)


# --- pictures to choose from


def test_pictures_of_all_who_could_be_meant_go_when_one_is_picked(studio: Studio, chat: PVChat) -> None:
    with pytest.raises(SeveralSubjectsError) as caught:
        chat.enroll(studio.clip("two", 7, 8), "Cleo")
    pictures = [Path(one.thumbnail) for one in caught.value.candidates]
    assert all(picture.is_absolute() and picture.exists() for picture in pictures)
    chat.enroll(studio.clip("two", 7, 8), "Cleo", track=1)
    assert not any(picture.exists() for picture in pictures)
