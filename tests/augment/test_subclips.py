"""Plans, windows and the simplest positives: stretches of the clip."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_profile import make_profile

from pvchat.augment.positives import plan
from pvchat.augment.positives.photometric import subclip
from pvchat.augment.profile import draw_stretch, interpolate, plausible_masks, segments
from pvchat.augment.schemas import AugmentConfig
from pvchat.errors import SettingsError

CONFIG = AugmentConfig(clips=40, stills=12)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 20), st.integers(0, 99))
def test_windows_hold_usable_frames_only(usable, count, seed):
    rng = np.random.default_rng(seed)
    if not any(usable):
        with pytest.raises(ValueError):
            draw_stretch(np.array(usable), count, rng)
        return
    frames = draw_stretch(np.array(usable), count, rng)
    assert len(frames) == count
    assert np.array(usable)[frames].all()
    assert set(np.abs(np.diff(frames))) <= {0, 1}  # forwards, or to and fro where the stretch is short


def test_windows_start_everywhere():
    starts = {int(draw_stretch(np.ones(10, bool), 8, np.random.default_rng(s))[0]) for s in range(40)}
    assert starts == {0, 1, 2}


def test_a_subclip_is_the_clip_itself():
    profile = make_profile()
    made = subclip(profile, 6, np.random.default_rng(1))
    assert made.images.shape == (6, *profile.images.shape[1:])
    assert all(any((image == own).all() for own in profile.images) for image in made.images)


def test_segments_cover_the_clip_without_overlap():
    spans = segments(80)
    assert [spans[s] for s in ("train", "val", "test")] == [(0, 56), (56, 68), (68, 80)]
    assert segments(1) == {"train": (0, 1)}  # a photo has one segment


def test_splits_share_no_source():
    profile = make_profile()
    sources = {split: profile.source(split) for split in profile.spans}
    assert len(set(sources.values())) == 3
    part = profile.part("val")
    assert (part.images == profile.images[slice(*profile.spans["val"])]).all()


def test_places_between_sightings_are_interpolated_and_gaps_stay_empty():
    boxes = np.float32([[0, 0, 1, 1], [1, 1, 2, 2]])
    at = interpolate(boxes, np.float32([0, 1]), np.float32([0.5, 1.2, 5.0]), gap=0.6)
    assert at[0] == pytest.approx([0.5, 0.5, 1.5, 1.5])
    assert at[1] == pytest.approx([1, 1, 2, 2])
    assert np.isnan(at[2]).all()


def test_implausible_masks_are_refused():
    boxes = np.float32([[0.4, 0.4, 0.6, 0.6]] * 3)
    good = np.zeros((3, 20, 20), np.uint8)
    good[:, 6:14, 6:14] = 255
    assert plausible_masks(good, boxes)
    assert not plausible_masks(np.zeros_like(good), boxes)  # nobody
    assert not plausible_masks(np.full_like(good, 255), boxes)  # everything


def test_the_plan_is_the_same_for_the_same_seed_and_asks_only_what_can_be_made():
    profile = make_profile(masks=False)
    makers = plan.generators(CONFIG)
    planned = plan.plan_positives(profile, makers, CONFIG, seed=3)
    assert planned == plan.plan_positives(profile, makers, CONFIG, seed=3)
    assert {p.id for p in planned}.isdisjoint(p.id for p in plan.plan_positives(profile, makers, CONFIG, seed=4))
    assert len({p.id for p in planned}) == len(planned) == 52
    recipes = Counter(o.recipe for o in planned)
    assert "background" not in recipes  # it needs a mask
    assert {f"reenact:{k}" for k in ("turn", "nod", "smile", "blink", "talk")} <= set(recipes)
    assert Counter(o.stage for o in planned) == {"video": 40, "image": 12}
    assert "subclip" not in {p.recipe for p in planned if p.stage == "image"}
    splits = Counter(o.split for o in planned)
    assert splits["train"] > splits["val"] >= 5 <= splits["test"]


def test_drawn_figures_get_what_needs_no_mesh():
    profile = make_profile(kind="figure")
    recipes = {p.recipe for p in plan.plan_positives(profile, plan.generators(CONFIG), CONFIG, 0)}
    assert recipes == {"subclip", "photometric", "background"}


def test_a_photo_gives_training_samples_only():
    profile = make_profile(1, clips=1)
    planned = plan.plan_positives(profile, plan.generators(CONFIG), CONFIG, 0)
    assert {o.split for o in planned} == {"train"}
    assert "subclip" not in {p.recipe for p in planned}  # one frame has no stretches


def test_every_recipe_makes_what_was_ordered_and_repeats_it():
    profile = make_profile()
    config = AugmentConfig(clips=26, stills=24, seconds=0.5)
    makers = plan.generators(config)
    planned = plan.plan_positives(profile, makers, config, 0)
    assert {m.name for m in makers} == {p.recipe for p in planned}
    for order in {o.recipe + o.stage: o for o in planned}.values():
        made = plan.make_planned(order, profile, makers, config)
        assert made.images.dtype == np.uint8
        assert len(made.images) == (4 if order.stage == "video" else 1)
        again = plan.make_planned(order, profile, makers, config)
        assert (made.images == again.images).all(), order.recipe
        assert order.people == {"Ana": True}
        assert order.source == profile.source(order.split)


def test_a_segment_without_the_subject_is_told():
    profile = make_profile()
    hidden = replace(profile, boxes=profile.boxes.copy())
    hidden.boxes[slice(*profile.spans["val"])] = np.nan
    makers = plan.generators(CONFIG)
    planned = plan.plan_positives(profile, makers, CONFIG, 0)
    order = next(p for p in planned if (p.recipe, p.split) == ("photometric", "val"))
    with pytest.raises(ValueError, match="lacks subject"):
        plan.make_planned(order, hidden, makers, CONFIG)


def test_settings_check_themselves():
    for wrong in ({"clips": -1}, {"seconds": 0}, {"generators": ("magic",)}):
        with pytest.raises(SettingsError):
            AugmentConfig(**wrong)
