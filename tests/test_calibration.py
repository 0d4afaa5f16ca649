"""What log-odds are worth: rises with them, knows the crowd, is fitted from rows, refuses a fit that falls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from make_analysis import PLAIN, make_track
from make_people import make_person

from pvchat.errors import SettingsError
from pvchat.identity.calibration import LOGIT_RANGE, Calibration, EnrollmentQuality, best_quality
from pvchat.identity.presence import PresenceModel
from recipes.faces.calibration import MOST, Row, fit, save, slopes


def rows(shift: float, slope: float = 1.0, others: int = 0, figure: bool = False, n: int = 400) -> list[Row]:
    """Questions whose truth follows a logistic law: odds of being there = slope × (log-odds - shift)."""
    rng = np.random.default_rng(3)
    odds = rng.uniform(LOGIT_RANGE[0], 7, n)
    truth = rng.random(n) < 1 / (1 + np.exp(-slope * (odds - shift)))
    return [Row(np.float32([x, x - 3]), others, figure, bool(present)) for x, present in zip(odds, truth, strict=True)]


def both(**law: float) -> list[Row]:
    return rows(**law) + rows(**law, figure=True)  # type: ignore[arg-type]


def test_plain_changes_nothing_within_bounds():
    odds = np.float32([-30, -3, 0, 5, 30])
    assert PLAIN.apply(odds, 7).tolist() == [LOGIT_RANGE[0], -3, 0, 5, LOGIT_RANGE[1]]


def test_the_fit_finds_shift_and_slope():
    fitted = fit(both(shift=-3.0, slope=0.5))
    at = fitted.apply(np.float32([-3.0, 1.0]), 0)
    assert at[0] == pytest.approx(0.0, abs=0.4)
    assert at[1] == pytest.approx(2.0, abs=0.5)


def test_a_crowd_moves_the_border():
    """Alone the border lies at 0; among sixty the right person's odds are lower, and the same odds say more."""
    fitted = fit(both(shift=0.0) + both(shift=-4.0, others=60))
    odds = np.float32([-2.0])
    assert fitted.apply(odds, 0)[0] < -0.5 < 0.5 < fitted.apply(odds, 60)[0]


def test_good_sightings_say_more():
    """Where both are seen well, the truth follows the log-odds; where one isn't, it hardly does."""
    clear, poor = rows(shift=0.0, slope=1.0, n=1500), rows(shift=0.0, slope=0.15, n=1500)
    told = [replace(row, good=np.full(2, quality)) for quality, part in ((1.0, clear), (0.0, poor)) for row in part]
    fitted = fit(told + rows(shift=0.0, figure=True))
    odds = np.float32([-4.0, 4.0])
    low, high = fitted.apply(odds, 0, np.ones(2))
    assert low < -2 < 2 < high
    assert np.abs(fitted.apply(odds, 0, np.zeros(2))).max() < 1.2


def test_the_worse_of_person_and_track_counts():
    person = make_person(extra={"quality": 0.5})
    tracks = [make_track(quality=q) for q in (0.2, 0.9)]
    assert EnrollmentQuality.of([person]).of_pair(best_quality(tracks)) == pytest.approx([0.2, 0.5])


def test_figures_have_their_own():
    fitted = fit(rows(shift=0.0) + rows(shift=-5.0, figure=True))
    odds = np.float32([-2.5])
    assert fitted.apply(odds, 0)[0] < 0 < fitted.apply(odds, 0, figure=True)[0]


def test_a_clip_without_anybody_counts_as_the_lowest_odds():
    empty = Row(np.zeros(0, np.float32), 0, False, False)
    fitted = fit(both(shift=0.0) + [empty] * 50)
    assert fitted.apply(np.float32([LOGIT_RANGE[0]]), 0)[0] < -3


def test_a_fit_that_falls_is_refused():
    with pytest.raises(SettingsError, match="falls with the log-odds"):
        fit(both(shift=0.0, slope=-1.0))


def test_both_truths_are_needed():
    with pytest.raises(SettingsError, match="both truths"):
        fit([row for row in both(shift=0.0) if row.present])


def test_it_survives_the_file(tmp_path):
    fitted = fit(both(shift=-1.0))
    save(fitted, tmp_path / "calibration.json", "made-up rows")
    assert Calibration.load(tmp_path / "calibration.json") == fitted


def test_the_shipped_one_rises_everywhere_and_is_what_the_model_uses():
    shipped = Calibration.load()
    for weights in (shipped.face, shipped.figure):
        assert min(slopes(weights)) > 0
    assert PresenceModel.load().calibration == shipped
    odds = np.linspace(*LOGIT_RANGE, 50, dtype=np.float32)
    for others in (0, 1, 60, MOST):
        for quality in (0.0, 0.3, 1.0):
            assert (np.diff(shipped.apply(odds, others, np.full(50, quality))) > 0).all()
