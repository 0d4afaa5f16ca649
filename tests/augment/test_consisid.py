"""The generator for a GPU, on a tiny random pipeline on the CPU: the whole path from profile to frames."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from make_pipelines import consisid as pipeline_of
from make_profile import make_profile, mesh_at
from PIL import Image

from pvchat.augment.positives import consisid
from pvchat.augment.positives.plan import generators, plan_positives
from pvchat.augment.schemas import AugmentConfig
from pvchat.errors import SettingsError

pytest.importorskip("diffusers")


def describe(face):
    return torch.ones(1, 2), [torch.ones(1, 2, 2)], Image.fromarray(face).resize((16, 16)), None


@pytest.fixture(scope="module")
def clips():
    pipeline = pipeline_of()
    pipeline.set_progress_bar_config(disable=True)
    maker = consisid.ConsisID(pipeline, describe)
    maker.size, maker.frames, maker.steps = (16, 16), 9, 2
    return maker


def test_consisid_makes_clips(clips):
    made = clips.make(make_profile(), 16, np.random.default_rng(0))
    assert made.images.dtype == np.uint8
    assert made.images.shape[1:] == (16, 16, 3)
    assert len(made.images) >= 8
    again = clips.make(make_profile(), 16, np.random.default_rng(0))
    assert (made.images == again.images).all()  # seeded
    other = clips.make(make_profile(), 16, np.random.default_rng(1))
    assert (made.images != other.images).any()


def test_the_most_frontal_face_is_the_reference():
    profile = make_profile(8, clips=1)
    profile.meshes = np.stack([mesh_at(yaw=y) for y in (25, 20, 15, 0, 15, 20, 25, 25)]).astype(np.float32)
    profile.images[3, :40] = (255, 0, 0)  # marks that frame
    face = consisid.best_face(profile)
    assert (face[0, 0] == (255, 0, 0)).all()


def test_prompts_vary_and_ask_for_a_face():
    told = {consisid.prompt(np.random.default_rng(s)) for s in range(30)}
    assert len(told) > 20
    assert all("face clearly visible" in text for text in told)


def test_plans_give_it_what_it_can_make(clips, monkeypatch):
    monkeypatch.setattr(consisid.ConsisID, "from_pretrained", lambda *_: clips)
    config = AugmentConfig(clips=4, stills=3, generators=("consisid",))
    planned = plan_positives(make_profile(), generators(config), config, 0)
    assert [(p.recipe, p.stage) for p in planned] == [("consisid", "video")] * 4


def test_a_missing_gpu_is_told():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(SettingsError, match="--generator consisid: needs a graphics card"):
        consisid.ConsisID.from_pretrained()


def test_missing_packages_are_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(SettingsError, match="needs diffusers"):
        consisid.ConsisID.from_pretrained(device="cpu")


def test_consisids_face_encoders_say_what_they_need(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers.pipelines.consisid.consisid_utils", None)
    with pytest.raises(SettingsError, match="face encoders need another package"):
        consisid.consisid_conditions(tmp_path, "cpu", torch.float32)
