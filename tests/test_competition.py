"""Open-set competition between the people who are enrolled, for any table of log-odds."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from make_analysis import make_track

from pvchat.identity.competition import compete, figure_groups
from pvchat.schemas import Track

LOGITS = st.floats(-30, 30, width=32)
TABLES = st.tuples(st.integers(1, 5), st.integers(0, 5)).flatmap(lambda s: arrays(np.float32, s, elements=LOGITS))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.float64(x)))


@given(arrays(np.float32, st.tuples(st.just(1), st.integers(0, 5)), elements=LOGITS))
def test_one_person_has_no_competition(logits: np.ndarray) -> None:
    np.testing.assert_array_equal(compete(logits), logits)


@given(TABLES)
def test_competition_never_raises_a_score(logits: np.ndarray) -> None:
    before = logits.copy()
    out = compete(logits)
    assert out.shape == logits.shape
    assert np.isfinite(out).all()
    assert (out <= logits + 1e-4).all()
    np.testing.assert_array_equal(logits, before)


@given(TABLES)
def test_nobody_far_below_zero_changes_anything(logits: np.ndarray) -> None:
    assume(logits.shape[1] > 0)
    stranger = np.full((1, logits.shape[1]), -30, np.float32)
    with_stranger = compete(np.concatenate([logits, stranger]))[:-1]
    np.testing.assert_allclose(with_stranger, compete(logits), atol=1e-3)


@given(arrays(np.float32, st.tuples(st.integers(2, 5), st.integers(1, 4)), elements=LOGITS))
def test_at_most_one_person_a_track_is_likelier_than_not(logits: np.ndarray) -> None:
    assert ((compete(logits) > 1e-3).sum(0) <= 1).all()


@given(TABLES, st.randoms(use_true_random=False))
def test_competition_does_not_depend_on_the_order(logits: np.ndarray, random) -> None:  # noqa: ANN001
    order = list(range(len(logits)))
    random.shuffle(order)
    np.testing.assert_allclose(compete(logits[order]), compete(logits)[order], atol=1e-3)


@given(st.floats(0.5, 30, width=32))
def test_two_equal_claimants_are_not_both_present(logit: float) -> None:
    probabilities = sigmoid(compete(np.full((2, 1), logit, np.float32)))
    np.testing.assert_allclose(probabilities, 0.5, atol=1e-3)  # neither is: both are unsure


def test_competition_of_two_is_their_difference() -> None:
    np.testing.assert_allclose(compete(np.float32([[5.0, 2.0], [3.0, -4.0]])), [[2, 2], [-2, -6]], atol=1e-5)


def test_tracks_that_show_the_same_one_compete_as_one() -> None:
    logits = np.float32([[5.0, -9.0, -9.0], [-9.0, 3.0, -9.0], [-9.0, -9.0, 4.0]])
    apart = compete(logits)
    np.testing.assert_allclose(apart.max(1), [5, 3, 4], atol=1e-3)
    together = compete(logits, np.array([0, 0, 2]))
    np.testing.assert_allclose(together.max(1), [2, -2, 4], atol=1e-3)


def test_overlapping_figures_are_fragments_of_one_and_faces_never() -> None:
    def at(kind: str, *box: float) -> Track:
        track = make_track(1, range(2), kind=kind)
        track.boxes = np.tile(np.float32(box), (2, 1))
        return track

    close_up, eye, beside = at("figure", 0, 0, 0.5, 1), at("figure", 0.1, 0.2, 0.3, 0.4), at("figure", 0.6, 0, 1, 1)
    faces = [at("face", 0, 0, 0.5, 1), at("face", 0.1, 0.2, 0.3, 0.4)]
    numbers = figure_groups([close_up, eye, beside, *faces])
    assert numbers[0] == numbers[1]
    assert len(set(numbers)) == 4
    chain = figure_groups([at("figure", 0, 0, 0.4, 1), at("figure", 0.6, 0, 1, 1), at("figure", 0.2, 0, 0.8, 1)])
    assert len(set(chain)) == 1  # linked by the one in the middle


def test_in_a_long_video_another_figure_in_the_same_place_is_no_fragment() -> None:
    first, then, piece = (make_track(1, frames, kind="figure") for frames in (range(2), range(5, 8), range(6, 9)))
    apart = figure_groups([first, then, piece], at_once=True)
    assert apart[0] != apart[1] == apart[2]
    assert len(set(figure_groups([first, then, piece]))) == 1
