"""An analysed clip becomes a person: whom it is about, what is kept of her, and how sure that is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_analysis import identity_of, make_analysis, make_track
from PIL import Image

from pvchat.errors import NoSubjectError, SeveralSubjectsError, SubjectError
from pvchat.identity.enroll import confidence, enroll, prominence, prototypes, subjects_of
from pvchat.people.store import PeopleStore
from pvchat.perception.experts.faceprint import nobody
from pvchat.storage.temporary import delete_subject_pictures

LARGE, SMALL = (0.3, 0.2, 0.5, 0.8), (0.6, 0.3, 0.7, 0.45)


def test_the_main_subject_is_enrolled() -> None:
    analysis = make_analysis(make_track(2, box=SMALL), make_track(1, box=LARGE), make_track(3, range(1), box=LARGE))
    person = enroll(analysis, "Ana", source="ana.mp4")
    assert person.name == "Ana"
    assert person.kind == "face"
    assert person.clip_key == analysis.key
    assert person.thumbnail == analysis.tracks[1].thumbnail
    apart = [np.linalg.norm(person.arrays["prototypes"] - identity_of(i), axis=1).max() for i in (1, 2, 3)]
    assert apart[0] < 0.25 < min(apart[1:])
    assert person.arrays["body"].shape[1] == 1280
    assert set(person.arrays) == {"prototypes", "body", "frame"}
    assert person.arrays["frame"].shape == (1280,)
    assert person.extra["sightings"] == 8
    assert person.drawn is False


def test_length_size_and_quality_make_the_main_subject() -> None:
    assert prominence(make_track(1, range(8))) > prominence(make_track(1, range(4)))
    assert prominence(make_track(1, box=LARGE)) > prominence(make_track(1, box=SMALL))
    assert prominence(make_track(1, quality=0.9)) > prominence(make_track(1, quality=0.1))
    assert prominence(make_track(1, score=0.99)) > prominence(make_track(1, score=0.5))


def test_several_plausible_subjects_must_be_chosen_from(pvchat_home: Path) -> None:
    analysis = make_analysis(
        make_track(1, where="on the left of the frame"),
        make_track(2, range(6), where="on the right of the frame"),
        make_track(3, range(1), box=SMALL),
    )
    with pytest.raises(SeveralSubjectsError) as caught:
        enroll(analysis, "Ana", source="two.mp4")
    error = caught.value
    assert error.subject == "two.mp4"
    assert "--track" in error.hint
    assert [c.number for c in error.candidates] == [1, 2]  # the passer-by is no candidate
    assert [c.seconds for c in error.candidates] == [2.0, 1.5]
    assert [c.where for c in error.candidates] == ["on the left of the frame", "on the right of the frame"]
    for candidate, track in zip(error.candidates, analysis.tracks, strict=False):
        path = Path(candidate.thumbnail)
        assert path.is_relative_to(pvchat_home)
        assert path.read_bytes() == track.thumbnail
        assert Image.open(io.BytesIO(path.read_bytes())).format == "JPEG"


def test_offered_thumbnails_can_be_forgotten(pvchat_home: Path) -> None:
    """Those of every clip: nobody knows who is on which."""
    delete_subject_pictures()  # none were offered: no error
    offered = []
    for key in ("a", "b"):
        with pytest.raises(SeveralSubjectsError) as caught:
            enroll(make_analysis(make_track(1), make_track(2), key=key * 64), "Ana")
        offered += [Path(c.thumbnail) for c in caught.value.candidates]
    assert len(set(offered)) == 4
    assert all(path.is_file() for path in offered)
    delete_subject_pictures()
    assert not any(path.exists() for path in offered)


def test_the_numbers_of_the_message_are_those_of_the_option() -> None:
    """Whatever order the tracks come in."""
    analysis = make_analysis(make_track(2, range(6)), make_track(1), make_track(3, range(1), box=SMALL))
    with pytest.raises(SeveralSubjectsError) as caught:
        enroll(analysis, "Ana")
    for candidate, who in zip(caught.value.candidates, (1, 2), strict=True):
        person = enroll(analysis, "Ana", track=candidate.number)
        assert np.linalg.norm(person.arrays["prototypes"] - identity_of(who), axis=1).max() < 0.25
        assert person.thumbnail == Path(candidate.thumbnail).read_bytes()
    assert np.linalg.norm(enroll(analysis, "Ana", track=3).arrays["prototypes"][0] - identity_of(3)) < 0.25


def test_so_they_are_in_a_drawn_clip_where_one_beside_them_has_no_clear_face() -> None:
    tracks = [make_track(n, kind="figure", box=(x, 0.1, x + 0.3, 0.8 - x / 5)) for n, x in enumerate((0, 0.35, 0.7))]
    for number, x in ((4, 0.1), (5, 0.8)):
        face = make_track(number, box=(x, 0.2, x + 0.1, 0.5))
        face.prints = clear_prints()
        tracks.append(face)
    analysis = make_analysis(*tracks)
    analysis.scene.drawn = True
    assert [subject.kind for subject in subjects_of(analysis)] == ["face", "figure", "face"]
    with pytest.raises(SeveralSubjectsError) as caught:
        enroll(analysis, "Mei")
    assert [candidate.number for candidate in caught.value.candidates] == [1, 3]
    for candidate in caught.value.candidates:
        person = enroll(analysis, "Mei", track=candidate.number)
        assert person.thumbnail == Path(candidate.thumbnail).read_bytes()


def clear_prints() -> np.ndarray:
    shown = np.random.default_rng(0).standard_normal((3, 512))
    return np.float16(shown / np.linalg.norm(shown, axis=1, keepdims=True))


@pytest.mark.parametrize("number", [0, -1, 3, 99])
def test_a_track_that_is_not_there(number: int) -> None:
    analysis = make_analysis(make_track(1), make_track(2))
    with pytest.raises(SubjectError, match=f"no track {number}.*1 to 2") as caught:
        enroll(analysis, "Ana", track=number, source="clip.mp4")
    assert not isinstance(caught.value, (SeveralSubjectsError, NoSubjectError))


@pytest.mark.parametrize("track", [None, 1])
def test_nobody(track: int | None) -> None:
    with pytest.raises(NoSubjectError, match=r"empty\.mp4") as caught:
        enroll(make_analysis(), "Ana", track=track, source="empty.mp4")
    assert caught.value.hint


def test_a_drawn_figure_is_enrolled_with_less_confidence() -> None:
    figure = enroll(make_analysis(make_track(1, kind="figure")), "Mei")
    face = enroll(make_analysis(make_track(1)), "Ana")
    assert figure.kind == "figure"
    assert 0 < figure.confidence < face.confidence <= 1


def test_several_figures_need_no_choice() -> None:
    analysis = make_analysis(make_track(1, kind="figure"), make_track(2, range(7), kind="figure"))
    assert np.linalg.norm(enroll(analysis, "Mei").arrays["prototypes"] - identity_of(1), axis=1).max() < 0.25


def test_in_a_real_clip_only_faces_are_subjects() -> None:
    """However small they are beside what looks like a drawn figure."""
    analysis = make_analysis(make_track(1, kind="figure", box=LARGE), make_track(2, box=SMALL))
    assert [t.kind for t in subjects_of(analysis)] == ["face"]
    assert enroll(analysis, "Ana").kind == "face"
    with pytest.raises(SubjectError, match="no track 2"):
        enroll(analysis, "Ana", track=2)


@pytest.mark.parametrize("sightings", [1, 8])
def test_in_a_drawn_clip_only_figures_are_subjects(sightings: int) -> None:
    """What MTCNN takes for a face in a drawing identifies nobody, not even one that holds."""
    analysis = make_analysis(make_track(2, range(sightings), box=LARGE), make_track(1, kind="figure", box=SMALL))
    analysis.scene.drawn = True
    assert [t.kind for t in subjects_of(analysis)] == ["figure"]
    assert enroll(analysis, "Mei").kind == "figure"


@pytest.mark.parametrize("clear", [True, False])
def test_a_clear_face_of_a_drawn_figure_is_enrolled_as_both(clear: bool) -> None:
    """Computer-generated people are like that; the faceprints of a drawing are all alike, and show nobody."""
    face, figure = make_track(2, box=(0.35, 0.3, 0.45, 0.6)), make_track(1, kind="figure", box=LARGE)
    face.prints = clear_prints() if clear else np.float16(nobody()[[1, 1, 1]])
    analysis = make_analysis(figure, face, make_track(3, kind="figure", box=SMALL))
    analysis.scene.drawn = True
    person = enroll(analysis, "Mei")
    assert [t.kind for t in subjects_of(analysis)] == (["face", "figure"] if clear else ["figure", "figure"])
    assert person.kind == ("face" if clear else "figure")
    assert person.drawn is True
    np.testing.assert_array_equal(person.figure, figure.identity)
    analysis.scene.drawn = False
    assert "figure" not in enroll(analysis, "Mei").arrays
    assert enroll(analysis, "Mei").drawn is False


def test_a_drawn_clip_without_figures_falls_back_on_its_faces() -> None:
    analysis = make_analysis(make_track(2))
    analysis.scene.drawn = True
    assert enroll(analysis, "Mei").kind == "face"


@pytest.mark.parametrize("drawn", [True, False])
def test_the_middle_of_a_frame_that_shows_nobody_is_nobody(drawn: bool) -> None:
    analysis = make_analysis(make_track(1, kind="figure", score=0.006))
    analysis.scene.drawn = drawn
    with pytest.raises(NoSubjectError, match="nobody, filmed or drawn, was found in it"):
        enroll(analysis, "Mei")


def test_a_clip_without_faces_is_about_its_figure_drawn_or_not() -> None:
    assert enroll(make_analysis(make_track(1, kind="figure")), "Mei").kind == "figure"


@pytest.mark.parametrize("sightings", [1, 2, 3, 9, 40])
def test_prototypes_are_few_and_near_the_sightings(sightings: int) -> None:
    track = make_track(1, range(sightings), noise=0.3)
    found = prototypes(track)
    assert 1 <= len(found) <= min(8, sightings)
    assert found.shape[1] == 128
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.linalg.norm(found[:, None] - track.identity[None], axis=2).min(1).max() < 0.45


def test_prototypes_of_a_figure_are_its_identity_vectors() -> None:
    """Poor ones too: their mean is what is compared."""
    track = make_track(1, range(5), kind="figure", quality=[0.9, 0.1, 0.5, 0.0, 0.2])
    np.testing.assert_array_equal(prototypes(track), track.identity)
    assert prototypes(track).dtype == np.float32


def test_prototypes_leave_poor_sightings_out() -> None:
    track = make_track(1, range(6), quality=[0.9, 0.9, 0.9, 0.9, 0.1, 0.1])
    track.identity[4:] += 5
    assert np.abs(prototypes(track)).max() < 2


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=12), st.floats(0.25, 1, width=32))
def test_any_quality_gives_a_usable_person(quality: list[float], score: float) -> None:
    track = make_track(1, range(len(quality)), quality=quality, score=score)
    found = prototypes(track)
    assert 1 <= len(found) <= 8
    assert np.isfinite(found).all()
    assert 0 <= confidence(track) <= 1


def test_identical_sightings_give_a_prototype() -> None:
    """A photo that became a clip: every frame is the same."""
    track = make_track(1, range(6))
    track.identity[:] = track.identity[0]
    found = prototypes(track)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, np.tile(track.identity[0], (len(found), 1)), atol=1e-5)


def test_more_good_sightings_make_a_surer_person() -> None:
    values = [confidence(make_track(1, range(n))) for n in (1, 2, 4, 8, 30)]
    assert values == sorted(values)
    assert values[0] < 0.5 < values[-1] <= 1


@pytest.mark.parametrize("kind", ["face", "figure"])
def test_what_is_kept_is_accepted_by_the_store_and_under_a_megabyte(kind: str) -> None:
    track = make_track(1, range(40), kind=kind)
    stored = PeopleStore().add(enroll(make_analysis(track, frames=40), "Ana"))
    assert 0 < stored.bytes_on_disk < 1_000_000
    again = PeopleStore().get("Ana")
    assert again.kind == kind
    np.testing.assert_array_equal(again.arrays["prototypes"], stored.arrays["prototypes"])


@pytest.mark.parametrize("drawn", [True, False])
def test_a_figure_is_a_drawn_one_only_where_the_clip_is_drawn(drawn: bool) -> None:
    """A puppet on a real table is one of a real clip."""
    clip = make_analysis(make_track(1, kind="figure"))
    clip.scene.drawn = drawn
    assert enroll(clip, "Toon").drawn is drawn
