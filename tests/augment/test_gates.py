"""What passes and what is refused, and why."""

from __future__ import annotations

import pytest
from make_analysis import made_up_model, make_analysis, make_track
from make_profile import make_profile, mesh_at

from pvchat.augment import gates
from pvchat.perception.experts.mesh import Mesh

GOOD = {"log_odds": 5.0, "face_px": 80.0, "sharpness": 200.0, "frontal": 0.9, "eyes": 0.3, "visible": 1.0}


class FakeMesh:
    """A mesh for every face, as open-eyed and as turned as asked for."""

    def __init__(self, eyes=0.3, yaw=0.0, presence=1.0):
        self.eyes, self.yaw, self.presence = eyes, yaw, presence

    def mesh(self, image, box, points=None):
        return Mesh(mesh_at(yaw=self.yaw), self.presence, 0.0, self.eyes, 0.0, self.yaw, 0.0, 0.0)


@pytest.fixture
def model():
    return made_up_model()


def measured(model, *people, mesh=None):
    profile = make_profile(8)
    tracks = [make_track(p, box=(0.3, 0.2, 0.7, 0.6)) for p in people]
    return gates.measure(profile.images, make_analysis(*tracks), profile, model, mesh or FakeMesh())


def test_the_subject_passes_and_a_stranger_does_not(model):
    profile = make_profile(8)
    own, other = measured(model, 1), measured(model, 2)
    assert gates.failed_gate(own, profile, 100.0) is None
    assert own["identity"] < other["identity"]
    assert gates.failed_gate(other, profile, 100.0) == "identity"


def test_of_several_people_the_subject_is_looked_at(model):
    both = measured(model, 2, 1)
    assert both["log_odds"] == measured(model, 1)["log_odds"]


def test_nobody_is_refused(model):
    assert measured(model) == {}
    assert gates.failed_gate({}, make_profile(8), 100.0) == "no face"


@pytest.mark.parametrize(
    ("changed", "gate"),
    [
        ({"log_odds": -0.1}, "identity"), ({"face_px": 20.0}, "size"), ({"sharpness": 3.0}, "sharpness"),
        ({"frontal": 0.2}, "frontal"), ({"eyes": 0.1}, "eyes"), ({"visible": 0.5}, "visible"),
        ({"log_odds": -1.0, "eyes": 0.1}, "identity"), ({}, None),
    ],
)  # fmt: skip
def test_the_first_gate_that_fails_is_named(changed, gate):
    assert gates.failed_gate({**GOOD, **changed}, make_profile(4), 300.0) == gate


def test_gates_are_milder_for_narrow_eyes_and_soft_clips():
    profile = make_profile(4)
    profile.eyes_open = 0.22  # narrow eyes
    assert gates.failed_gate({**GOOD, "eyes": 0.17}, profile, 300.0) is None
    assert gates.failed_gate({**GOOD, "sharpness": 3.0}, profile, 10.0) is None  # the clip itself is that soft


def test_quality_is_the_best_of_the_frames(model):
    assert measured(model, 1, mesh=FakeMesh(yaw=0.0))["frontal"] > 0.9
    assert measured(model, 1, mesh=FakeMesh(yaw=25.0))["frontal"] < 0.6
    assert measured(model, 1, mesh=FakeMesh(eyes=0.05))["eyes"] == 0.05


def test_sharpness_falls_with_blur():
    from scipy.ndimage import gaussian_filter

    profile = make_profile(2)
    soft = gaussian_filter(profile.images[0], (2, 2, 0))
    assert gates.sharpness(soft, profile.boxes[0]) < 0.3 * gates.sharpness(profile.images[0], profile.boxes[0])
    assert gates.own_sharpness(profile) == pytest.approx(gates.sharpness(profile.images[0], profile.boxes[0]), rel=0.4)


def test_figures_are_judged_by_looks_alone():
    profile = make_profile(4, kind="figure")
    values = {"log_odds": 1.0, "identity": 0.0, "face_px": 60.0}
    assert gates.failed_gate(values, profile, 0.0) is None


def test_frontal_is_the_papers_score():
    assert gates.frontal(mesh_at(yaw=0.0)) > gates.frontal(mesh_at(yaw=12.0)) > gates.frontal(mesh_at(yaw=25.0))
