"""Presence as an input of the model: it follows who she is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from make_analysis import identity_of, make_analysis, make_track

from pvchat.identity.presence import PresenceModel
from pvchat.model.people import EMPTY, People, PersonState
from pvchat.people.person import Person
from recipes.model.batches import (
    aligned,
    collate,
    collate_people,
    encode_clips,
    from_analysis,
    person_from_track,
    select,
)


def enrolled(who: int) -> Person:
    """Somebody as she is stored."""
    return Person(f"P{who}", arrays={"prototypes": identity_of(who)[None]})


@pytest.fixture
def clip():
    """Ana (1) on the first track and somebody (3) on the second."""
    return make_analysis(make_track(1), make_track(3, box=(0.6, 0.2, 0.8, 0.6)))


@pytest.fixture
def person(shared_model, clip):
    """A function (name, who she is) to her state; everything else is the same for everybody."""
    with torch.no_grad():
        (state,) = aligned(shared_model, collate_people([person_from_track(clip.tracks[0])]), [""])

    def make(name: str, who: int | None) -> PersonState:
        return replace(state, name=name, enrolled=None if who is None else enrolled(who))

    return make


def found(model, analysis, rows, rivals=()):
    people = People.batch([rows], model.config, rivals)
    with torch.no_grad():
        return model.read(model.look(analysis), None, people).presence


def test_presence_follows_who_she_is(shared_model, clip, person):
    ana, bo = found(shared_model, clip, [person("Ana", 1), person("Bo", 2)])[0].tolist()
    assert ana > bo + 1
    ana, bo = found(shared_model, clip, [person("Ana", 2), person("Bo", 1)])[0].tolist()
    assert bo > ana + 1


def test_it_is_the_products_presence_among_everybody(shared_model, clip, person):
    ana = found(shared_model, clip, [person("Ana", 1)], [enrolled(2), enrolled(3)])
    odds = PresenceModel.load().odds([enrolled(1), enrolled(2), enrolled(3)], clip)[0]
    assert ana.item() == pytest.approx(float(odds.max()), abs=1e-4)


def test_somebody_not_enrolled_counts_as_neither_there_nor_absent(shared_model, clip, person):
    assert shared_model.prints.certainty(found(shared_model, clip, [person("Ana", None)])).abs().max() < 1e-6
    assert found(shared_model, make_analysis(), [person("Ana", 1)]).tolist() == [[EMPTY]]


def test_clips_of_a_batch_keep_their_own_people(shared_model, clip, person):
    features = collate([from_analysis(one, shared_model.config) for one in (make_analysis(), clip)])
    people = People.batch([[person("Ana", 1)], [person("Ana", 1), person("Bo", 2)]], shared_model.config)
    with torch.no_grad():
        visual = encode_clips(shared_model, features)
        odds = shared_model.prints(people, visual)
        again = shared_model.prints(people, select(visual, torch.tensor([1, 1])))
    assert odds[0].tolist() == [EMPTY, 0.0]  # nobody is the second one of the first clip
    assert odds[1, 0] > odds[1, 1] + 1
    assert again[0, 0] > odds[1, 1] + 1
