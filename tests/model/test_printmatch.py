"""Faceprints in the model: whoever's they are is there, another's aren't, and a track shows one person."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pvchat.chat.verdict import told_by_tokens
from pvchat.model.cliptokens import clip_prints
from pvchat.model.features import ClipFeatures, collate, collate_people, from_analysis, person_from_track
from pvchat.model.people import People, PersonState
from pvchat.model.visual import View
from pvchat.perception.experts.faceprint import BLANK, _nobody, blankness


def of(seed: int, count: int = 3) -> np.ndarray:
    """Faceprints of one person: cosines of about .9."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=512) + 0.3 * rng.normal(size=(count, 512))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture
def clip(make_analysis):
    """Ana (1) on the first track and somebody (3) on the second."""
    analysis = make_analysis(0)
    for track, seed in zip(analysis.tracks, (1, 3), strict=True):
        track.prints = of(seed)
    return analysis


@pytest.fixture
def person(shared_model, clip):
    """A function (name, seed of her faceprints) to her state; everything else is the same for everybody."""
    with torch.no_grad():
        (state,) = shared_model.aligner.people(collate_people([person_from_track(clip.tracks[0])]), [""])

    def make(name: str, seed: int | None) -> PersonState:
        prints = np.zeros((0, 512)) if seed is None else of(seed, 2).astype(np.float32)
        return replace(state, name=name, prints=torch.from_numpy(prints).float())

    return make


def presence(model, analysis, rows, rivals=()):
    with torch.no_grad():
        visual = model.encode_clips(from_analysis(analysis, model.config))
        return model.read(visual, None, People.batch([rows], model.config, rivals)).presence[0]


def test_another_persons_faceprints_turn_presence(shared_model, clip, person):
    ana, bo = presence(shared_model, clip, [person("Ana", 1), person("Bo", 2)])
    assert float(ana) > 2
    assert float(bo) < -2
    ana, bo = presence(shared_model, clip, [person("Ana", 2), person("Bo", 1)])
    assert float(ana) < -2
    assert float(bo) > 2


def test_without_faceprints_the_trunk_tells(shared_model, clip, person):
    bare = replace(clip, tracks=[replace(t, prints=np.zeros((0, 0), np.float16)) for t in clip.tracks])
    unknown = presence(shared_model, clip, [person("Ana", None)])
    assert torch.allclose(unknown, presence(shared_model, bare, [person("Ana", 2)]), atol=1e-5)
    assert abs(float(unknown) - float(presence(shared_model, clip, [person("Ana", 2)]))) > 0.1


def test_whom_somebody_else_explains_better_is_not_there(shared_model, clip, person):
    """Two who resemble each other: alone each would be there; beside the other only the nearer one is."""
    twin = torch.from_numpy(of(1, 2).astype(np.float32)) + 0.03 * torch.randn(2, 512, generator=torch.manual_seed(0))
    twin /= twin.norm(dim=1, keepdim=True)
    alike = replace(person("Bo", None), prints=twin)
    assert float(presence(shared_model, clip, [alike])) > 1
    (beside,) = presence(shared_model, clip, [alike], [torch.from_numpy(of(1).astype(np.float32))])
    assert float(beside) < 0
    ana, bo = presence(shared_model, clip, [person("Ana", 1), alike])
    assert float(ana) > float(bo)


def test_who_is_hidden_is_not_there(shared_model, clip, person):
    visual = shared_model.encode_clips(from_analysis(clip, shared_model.config))
    views = shared_model.look_at(visual, [View(0), View(1), View()])
    rows = People.batch([[person("Ana", 1)]] * 3, shared_model.config)
    with torch.no_grad():
        own, other, both = shared_model.read(views, None, rows).presence[:, 0].tolist()
    assert own > 2
    assert both > 2
    assert other < -2


def test_her_tokens_read_her_track(shared_model, clip, person):
    visual = shared_model.encode_clips(from_analysis(clip, shared_model.config))
    rows = People.batch([[person("Ana", 3), person("Bo", None)]], shared_model.config)
    with torch.no_grad():
        found = shared_model.prints(rows, visual)
    match = found.into(torch.full((1, 2, visual.tokens.shape[1]), 0.5), visual)[0]
    at = visual.track[0]
    assert float(match[0, at == 1].min()) > 0.9
    assert float(match[0, at == 0].max()) < 0.1
    assert bool((match[0, at < 0] == 0.5).all())
    assert bool((match[1] == 0.5).all())


def test_clips_of_a_batch_stay_apart(shared_model, clip, make_analysis, person):
    clips = [clip, make_analysis(2, 3, ())]
    together = collate([from_analysis(a, shared_model.config) for a in clips])
    rows = People.batch([[person("Ana", 1)], [person("Ana", 1)]], shared_model.config)
    with torch.no_grad():
        there, empty = shared_model.read(shared_model.encode_clips(together), None, rows).presence[:, 0].tolist()
    assert there == pytest.approx(float(presence(shared_model, clip, [person("Ana", 1)])), abs=1e-4)
    assert empty == pytest.approx(float(shared_model.prints.nobody.detach()))


def test_faceprints_that_show_nothing_are_left_out(clip):
    blank = np.tile(_nobody()[:1], (2, 1)).astype(np.float16)
    assert float(blankness(blank).min()) > BLANK
    clip.tracks[0].prints = np.concatenate([blank, of(1)])
    clip.tracks[1].prints = blank
    prints, mask = clip_prints(clip, 8)
    assert mask.sum(1).tolist() == [3, 1]  # of a track without any other the one that shows most stays
    assert np.allclose(prints[0, :3], of(1).astype(np.float32))


def test_clips_without_faceprints_say_so():
    features = ClipFeatures.without_prints({"face": SimpleNamespace(mask=torch.ones(2, 1))})
    assert features.prints.shape == (2, 0, 0, 512)
    assert features.print_mask.shape == (2, 0, 0)


def test_only_clear_faceprints_tell(shared_model, clip, person):
    visual = shared_model.encode_clips(from_analysis(clip, shared_model.config))

    def batch(seed):
        return People.batch([[person("Ana", seed)]], shared_model.config)

    assert told_by_tokens(shared_model, batch(1), visual)
    assert told_by_tokens(shared_model, batch(2), visual)
    assert not told_by_tokens(shared_model, batch(None), visual)
    assert not told_by_tokens(shared_model, None, visual)
