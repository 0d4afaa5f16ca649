"""Presence as an input of the model: it follows who she is, as do the tokens that hers attend to."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from make_analysis import identity_of, make_analysis, make_track

from pvchat.identity.presence import PresenceModel
from pvchat.model.people import People, PersonState
from pvchat.model.presence import EMPTY, NEUTRAL
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
        visual = model.look(analysis)
        return model.prints(people, visual), visual, model.read(visual, None, people)


def test_presence_follows_who_she_is(shared_model, clip, person):
    ana, bo = found(shared_model, clip, [person("Ana", 1), person("Bo", 2)])[2].presence[0].tolist()
    assert ana > bo + 1
    ana, bo = found(shared_model, clip, [person("Ana", 2), person("Bo", 1)])[2].presence[0].tolist()
    assert bo > ana + 1


def test_it_is_the_products_presence_among_everybody(shared_model, clip, person):
    match = found(shared_model, clip, [person("Ana", 1)], [enrolled(2), enrolled(3)])[0]
    odds = PresenceModel.load().odds([enrolled(1), enrolled(2), enrolled(3)], clip)[0]
    assert match.odds[0, 0].item() == pytest.approx(float(odds.max()), abs=1e-4)
    assert match.tracks[0, 0, :2].tolist() == pytest.approx(odds.tolist(), abs=1e-4)


def test_her_tokens_read_the_track_that_is_hers(shared_model, clip, person):
    match, visual, _ = found(shared_model, clip, [person("Ana", 1)])
    tokens, track = match.token_match(visual)[0, 0], visual.track[0]
    assert float(tokens[track == 0].min()) > float(tokens[track == 1].max())
    assert (tokens[track < 0] == NEUTRAL).all()


def test_somebody_not_enrolled_counts_as_neither_there_nor_absent(shared_model, clip, person):
    match, visual, reading = found(shared_model, clip, [person("Ana", None)])
    assert not match.known.any()
    assert (match.token_match(visual) == NEUTRAL).all()
    assert shared_model.prints.certainty(reading.presence).abs().max() < 1e-6
    assert found(shared_model, make_analysis(), [person("Ana", 1)])[0].odds.tolist() == [[EMPTY]]


def test_clips_of_a_batch_keep_their_own_people(shared_model, clip, person):
    features = collate([from_analysis(one, shared_model.config) for one in (make_analysis(), clip)])
    people = People.batch([[person("Ana", 1)], [person("Ana", 1), person("Bo", 2)]], shared_model.config)
    with torch.no_grad():
        visual = encode_clips(shared_model, features)
        match = shared_model.prints(people, visual)
        again = shared_model.prints(people, select(visual, torch.tensor([1, 1])))
    assert match.odds[0, 0].item() == EMPTY
    assert match.odds[1, 0] > match.odds[1, 1] + 1
    assert again.odds[0, 0] > match.odds[1, 1] + 1
    assert match.known.tolist() == [[True, False], [True, True]]
