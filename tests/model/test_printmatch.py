"""Marks in the model: whoever's they are is there, another's aren't, and a track shows one person."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pvchat.chat.speakers.answerer import told_by_tokens
from pvchat.identity.bodies import WORN_MOST, body_logits
from pvchat.identity.presence import NO_FIGURE, NOTHING, PresenceModel
from pvchat.model.features import ClipFeatures, collate, collate_people, from_analysis, person_from_track
from pvchat.model.marks import Marks, clip_marks
from pvchat.model.people import People, PersonState
from pvchat.model.personstates import marks_of
from pvchat.model.printmatch import MANY, PrintMatch
from pvchat.model.visual import View
from pvchat.people.person import Person
from pvchat.perception.experts.faceprint import BLANK, blankness, nobody
from pvchat.perception.experts.figures import FigureExpert
from pvchat.schemas import LOOKS


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
        return replace(state, name=name, marks=Marks.nothing() if seed is None else Marks.of(prints=of(seed, 2)))

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
    alike = replace(person("Bo", None), marks=Marks.of(prints=twin))
    assert float(presence(shared_model, clip, [alike])) > 1
    (beside,) = presence(shared_model, clip, [alike], [Marks.of(prints=of(1))])
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
    assert empty == pytest.approx(float(shared_model.prints.empty.detach()))


def test_faceprints_that_show_nothing_are_left_out(clip):
    blank = np.tile(nobody()[:1], (2, 1)).astype(np.float16)
    assert float(blankness(blank).min()) > BLANK
    clip.tracks[0].prints = np.concatenate([blank, of(1)])
    clip.tracks[1].prints = blank
    marks = clip_marks(clip, 8)
    assert marks.print_mask.sum(1).tolist() == [3, 1]  # of a track without any other the one that shows most stays
    assert np.allclose(marks.prints[0, :3], of(1).astype(np.float32))


def test_clips_without_marks_say_so():
    features = ClipFeatures.without_marks({"face": SimpleNamespace(mask=torch.ones(2, 1))})
    assert features.marks.told.shape == (2, 0)


def test_only_clear_faceprints_tell(shared_model, clip, person):
    visual = shared_model.encode_clips(from_analysis(clip, shared_model.config))

    def batch(seed):
        return People.batch([[person("Ana", seed)]], shared_model.config)

    assert told_by_tokens(shared_model, batch(1), visual)
    assert told_by_tokens(shared_model, batch(2), visual)
    assert not told_by_tokens(shared_model, batch(None), visual)
    assert not told_by_tokens(shared_model, None, visual)


def figure(seed: int, count: int = 3) -> np.ndarray:
    """A drawn character's identity vectors: cosines of about .9."""
    rng = np.random.default_rng(1000 + seed)
    rows = rng.normal(size=128) + 0.3 * rng.normal(size=(count, 128))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def drawn(make_analysis):
    """Rin (1) on the first track and somebody (3) on the second."""
    analysis = make_analysis(0, 3, ("figure", "figure"))
    for x, seed, track in zip((0.0, 0.6), (1, 3), analysis.tracks, strict=True):
        track.identity, track.boxes = figure(seed), np.float32([[x, 0.1, x + 0.3, 0.6]] * 3)
    return analysis


def test_drawn_figures_are_known_by_their_looks(shared_model, drawn, person):
    rin, mio = (replace(person(n, None), marks=Marks.of(figures=figure(i))) for n, i in (("Rin", 1), ("Mio", 2)))
    there, gone = presence(shared_model, drawn, [rin, mio])
    assert float(there) > 1.5
    assert float(gone) < -1.5
    real = replace(rin, marks=Marks.of(prints=of(1)))
    assert float(presence(shared_model, drawn, [real])) == pytest.approx(float(shared_model.prints.empty.detach()))


def test_what_may_be_no_figure_counts_less(shared_model, drawn, person):
    rin, seen = replace(person("Rin", None), marks=Marks.of(figures=figure(1))), []
    for score in (1.0, 0.9, 0.6):
        drawn.tracks[0].scores[:] = score
        seen.append(float(presence(shared_model, drawn, [rin])))
    assert seen[0] > seen[1] > seen[2]


def test_fragments_of_one_figure_compete_as_one(shared_model, drawn, person):
    """Mio is a little like the face of Rin's second fragment; the first tells whose they are."""
    alike = figure(1) * 0.8 + figure(2) * 0.6
    drawn.tracks[1].identity = (alike / np.linalg.norm(alike, axis=1, keepdims=True)).astype(np.float32)
    mio = replace(person("Mio", None), marks=Marks.of(figures=figure(2)))
    rows = People.batch([[mio]], shared_model.config, [Marks.of(figures=figure(1))])

    def second() -> float:
        with torch.no_grad():
            visual = shared_model.encode_clips(from_analysis(drawn, shared_model.config))
            return float(shared_model.prints(rows, visual).tracks[0, 0, 1])

    apart = second()
    drawn.tracks[1].boxes = drawn.tracks[0].boxes.copy()
    assert second() < apart - 1


def test_the_match_is_that_of_the_rules(shared_model, drawn):
    """The same numbers as `figures.py` for whoever competes with nobody."""
    expert, drawn.tracks[0].scores[:] = FigureExpert(), 0.8
    rows, marks = figure(1, 5), clip_marks(drawn, 8).expanded(1)
    with torch.no_grad():
        found = shared_model.prints.figures(Marks.of(figures=rows)[None][None], marks)[0, 0]
    for odds, track in zip(found, drawn.tracks, strict=True):
        told = expert.probability(rows, track.identity)
        wanted = np.log(told / (1 - told)) - NO_FIGURE * (1 - track.scores.mean())
        assert float(odds) == pytest.approx(float(wanted), abs=1e-3)


def test_poorly_seen_faces_count_less(clip, person):
    """The fit says how much; here half of the log-odds are lost."""
    match = PrintMatch()
    with torch.no_grad():
        match.faces.poor.copy_(torch.tensor([0.5, 0.0]))
    own, odds = Marks.of(prints=of(1))[None][None], []
    for quality in (1.0, 0.5, 0.0):
        clip.tracks[0].quality[:] = quality
        odds.append(float(match.faces(own, clip_marks(clip, 8).expanded(1))[0, 0, 0].detach()))
    assert odds[1] == pytest.approx(0.75 * odds[0], rel=1e-3)
    assert odds[2] == pytest.approx(0.5 * odds[0], rel=1e-3)
    badly = Marks.of(prints=of(1), quality=0.0)[None][None]
    clip.tracks[0].quality[:] = 1.0
    again = match.faces(badly, clip_marks(clip, 8).expanded(1))[0, 0, 0].detach()
    assert float(again) == pytest.approx(odds[2], rel=1e-3)


def test_masked_faces_have_weights_of_their_own(clip):
    match = PrintMatch()
    with torch.no_grad():
        match.faces.masked.copy_(torch.tensor([0.0, 0.0, 0.0, 3.0]))
        match.faces.poor.zero_()
    clip.tracks[0].facts.features = ("a face mask",)
    found = match.faces(Marks.of(prints=of(2))[None][None], clip_marks(clip, 8).expanded(1))[0, 0].detach()
    assert float(found[0]) == pytest.approx(3.0)
    assert float(found[1]) < 0


def test_what_cannot_be_made_out_says_nothing(clip):
    blank = np.tile(nobody()[:1], (2, 1)).astype(np.float16)
    clip.tracks[0].prints = blank
    found = PrintMatch().faces(Marks.of(prints=blank)[None][None], clip_marks(clip, 8).expanded(1))
    assert float(found[0, 0, 0].detach()) == pytest.approx(NOTHING)


def test_clothes_help_a_poor_face_but_decide_nothing(shared_model, clip, person):
    """Both faces are poor; her hair and clothes are those of the second one."""
    rng = np.random.default_rng(4)
    looks = [rng.random((2, LOOKS)).astype(np.float16) for _ in clip.tracks]
    for track, one in zip(clip.tracks, looks, strict=True):
        track.looks, track.quality = one, np.full(len(track), 0.1, np.float32)
    worn = replace(person("Ana", 2), marks=Marks.of(prints=of(2), looks=looks[1][:1], place=clip.mean_frame))
    plain = replace(worn, marks=Marks.of(prints=of(2)))
    elsewhere = replace(worn, marks=Marks.of(prints=of(2), looks=looks[1][:1], place=-clip.mean_frame))
    alone, dressed, away = (float(presence(shared_model, clip, [p])) for p in (plain, worn, elsewhere))
    assert alone < dressed <= WORN_MOST + 1
    assert away == pytest.approx(alone, abs=1e-5)


def test_bodies_count_as_they_do_for_the_rules(shared_model, clip):
    rng = np.random.default_rng(5)
    for i, track in enumerate(clip.tracks):
        track.looks, track.quality = rng.random((3, LOOKS)).astype(np.float16), np.full(len(track), 0.1 * i, np.float32)
    clip.tracks[1].kind, clip.tracks[1].prints = "figure", np.zeros((0, 0), np.float16)  # nobody saw this one's face
    known = np.concatenate([clip.tracks[1].looks[:1], rng.random((1, LOOKS)).astype(np.float16)]).astype(np.float32)
    ana = Person("Ana", arrays={"looks": known, "frame": clip.mean_frame, "prints": of(1)})
    place = PresenceModel.load().scene_likeness(ana, clip)
    wanted = body_logits(ana, clip.tracks, place, PresenceModel.load().body_mean)
    with torch.no_grad():
        found = shared_model.prints.bodies(marks_of(ana)[None][None], clip_marks(clip, 8).expanded(1))[0, 0]
    assert np.allclose(found.numpy(), wanted, atol=1e-3)


def test_drawn_figures_compete_among_themselves(shared_model, drawn, person):
    rin = replace(person("Rin", None), marks=Marks.of(figures=figure(1)))
    alone = float(presence(shared_model, drawn, [rin]))
    real, other = Marks.of(prints=of(7)), Marks.of(figures=figure(7))
    assert float(presence(shared_model, drawn, [rin], [real] * 5)) == pytest.approx(alone, abs=1e-4)
    among = shared_model.prints.drawn_crowd.detach() * np.log(2) / MANY  # another who isn't like anybody here
    assert float(presence(shared_model, drawn, [rin], [other])) == pytest.approx(alone + float(among), abs=1e-3)


def test_what_is_heard_is_shifted():
    prints = PrintMatch()
    with torch.no_grad():
        prints.heard.copy_(torch.tensor([2.0, -1.0]))
        assert float(prints.certain(torch.tensor(-0.5))) == pytest.approx(0.0)
        assert float(prints.certain(torch.tensor(1.0))) == pytest.approx(np.tanh(1.5))
