"""Long videos: many tracks cost each its odds; who is surely there is recognised by her sightings there, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from make_analysis import identity_of, made_up_model, make_analysis, make_track

from pvchat.config import PresenceConfig
from pvchat.identity.presence import PresenceModel
from pvchat.identity.recurring import long_video_cost, with_own_sightings
from pvchat.people.parts import View
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis, SceneFacts, SceneSpan, Track

CONFIG = PresenceConfig()


def near(looks: Sequence[View], tracks: Sequence[Track]) -> np.ndarray:
    """Log-odds [V, N]: 5 for the same made-up person, -5 for others."""
    apart = [[np.linalg.norm(one.rows.mean(0) - track.identity.mean(0)) for track in tracks] for one in looks]
    return np.where(np.array(apart) < 0.2, 5.0, -5.0)


def film(*tracks: Track, frames: int = 48) -> ClipAnalysis:
    return replace(make_analysis(*tracks, frames=frames), scenes=[SceneSpan(0, 12, SceneFacts())])


def ana(number: int, kind: str = "face") -> Person:
    return Person("Ana", kind=kind, arrays={"prototypes": identity_of(number)[None]})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model() -> PresenceModel:
    """Cohort of made-up people; a track half-way between her and a stranger is a stranger's by her enrollment."""
    return made_up_model()


def enrolled(number: int, name: str) -> Person:
    arrays = {
        "prototypes": np.stack([identity_of(number, 0.15, seed=50 + i) for i in range(4)]),
        "body": np.full((1, 1280), 0.5, np.float16),
        "frame": np.zeros(1280, np.float16),
    }
    return Person(name, kind="face", arrays=arrays)


def test_the_more_tracks_a_long_video_has_the_less_each_is_hers() -> None:
    few, many = (film(*(make_track(i, (i,)) for i in range(n))) for n in (4, 40))
    assert 0 < long_video_cost(few) < long_video_cost(many)
    assert long_video_cost(replace(many, scenes=[])) == 0  # a clip
    assert long_video_cost(replace(few, in_all=40)) == long_video_cost(many)  # a part of it


def test_a_track_like_one_that_is_surely_hers_gains_and_one_unlike_it_loses() -> None:
    tracks = [make_track(1), make_track(1), make_track(2)]
    logits = np.float32([[6.0, 1.0, 1.0]])
    (found,) = with_own_sightings(logits, np.float32([[5.0, 0.0, 0.0]]), [ana(1)], tracks, near)
    assert found[0] == 6.0  # nothing is held against itself
    assert found[1] > 3.0
    assert found[2] < 0.0


def test_two_that_agree_count_less_than_their_sum() -> None:
    tracks = [make_track(1), make_track(1)]
    logits = np.float32([[6.0, 4.0]])
    (found,) = with_own_sightings(logits, np.float32([[5.0, 0.0]]), [ana(1)], tracks, lambda *_: np.full((1, 1), 4.0))
    assert found[1] == pytest.approx(4.0 * 2**0.5)


@pytest.mark.parametrize(
    ("odds", "person"), [([0.3, 0.0], ana(1)), ([5.0, 0.0], ana(1, "figure"))], ids=["nobody sure", "a drawn figure"]
)
def test_otherwise_nothing_changes(odds: list[float], person: Person) -> None:
    logits = np.float32([[2.0, 1.0]])
    tracks = [make_track(1), make_track(1)]
    np.testing.assert_array_equal(with_own_sightings(logits, np.float32([odds]), [person], tracks, near), logits)


def test_what_is_unlike_her_is_not_even_compared() -> None:
    asked: list[Track] = []

    def compared(looks: Sequence[View], tracks: Sequence[Track]) -> np.ndarray:
        asked.extend(tracks)
        return np.zeros((len(looks), len(tracks)))

    tracks = [make_track(1), make_track(2), make_track(3)]
    with_own_sightings(np.float32([[6.0, -2.0, -9.0]]), np.float32([[5.0, -4.0, -9.0]]), [ana(1)], tracks, compared)
    assert asked == [tracks[1]]


def twice(*others: Track) -> ClipAnalysis:
    """A film that shows her well, and from 5 to 7 s so that she is like herself in the film, not in her enrollment."""
    unlike = 0.25 * identity_of(1) + 0.75 * identity_of(2)
    sure = replace(make_track(1, range(8)), identity=np.stack([0.5 * unlike + 0.5 * identity_of(1)] * 8))
    return film(*others, sure, replace(make_track(1, range(20, 28)), identity=np.stack([unlike] * 8)))


def test_a_film_finds_her_where_her_enrollment_alone_would_not(model: PresenceModel) -> None:
    together = twice()
    alone = replace(together, tracks=together.tracks[1:])
    (without,), (found,) = (model.score([enrolled(1, "Ana")], one, CONFIG) for one in (alone, together))
    assert without.decision != "present"
    assert found.spans == [(0.0, 2.0), (5.0, 7.0)]


def test_a_part_of_a_film_knows_what_all_of_it_says(model: PresenceModel) -> None:
    whole = twice(make_track(9, range(10, 14)))
    (part,) = model.score([enrolled(1, "Ana")], whole, CONFIG, (4.5, 8.0))
    assert (part.decision, part.track, part.spans) == ("present", 0, [(5.0, 7.0)])
    (nowhere,) = model.score([enrolled(1, "Ana")], whole, CONFIG, (2.4, 3.6))
    assert nowhere.decision == "absent"
