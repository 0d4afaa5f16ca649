"""Personal training: two stages, the base untouched, resuming, stopping, several processes."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from make_person import aligned, analysis, augmentation, person_data, tiny
from make_sets import encode

from pvchat.errors import SettingsError, WeightsError
from pvchat.model.people import People
from pvchat.train.config import PersonConfig
from pvchat.train.examples import ALIASES, TrainingSet, draw, examples_about, replace_name
from pvchat.train.signals import TrainingSession
from pvchat.train.stages import STATE
from recipes.model.batches import collate, encode_clips, from_analysis
from recipes.model.person.data import make_data
from recipes.model.person.stages import objective, train_state
from recipes.model.person.trainee import Trainee, make_batch

HERE = Path(__file__).parent
SHORT = PersonConfig(
    image_steps=2, video_steps=4, batch=4, validate_every=2, validate_rows=8, patience=9, lr=0.05, z_lr=0.05
)


@pytest.fixture(scope="module")
def model():
    return tiny()


@pytest.fixture(scope="module")
def data(model):
    return person_data(model)


def fingerprint(model) -> str:
    found = hashlib.sha256()
    for name, value in model.state_dict().items():
        found.update(name.encode() + value.detach().numpy().tobytes())
    return found.hexdigest()


def personal(model, state) -> torch.Tensor:
    features = collate([from_analysis(analysis(who, 80 + who), model.config) for who in range(4)])
    with torch.no_grad():
        return model.read(encode_clips(model, features), None, People.batch([[state]] * 4, model.config)).personal


def told(samples, rows, seen) -> TrainingSet:
    return TrainingSet(samples, rows, lambda sample: seen[sample.id])


def same(one, two) -> bool:
    return torch.equal(one.state.tokens, two.state.tokens) and torch.equal(one.state.z, two.state.z)


def test_training_lowers_the_held_back_loss_and_changes_tokens_and_z_only(model, data):
    before, wants = fingerprint(model), [p.requires_grad for p in model.parameters()]
    start = aligned(model)
    result = train_state(model, data, start, replace(SHORT, video_steps=16))
    assert result.done
    assert result.best < result.start
    assert not torch.equal(result.state.tokens, start.tokens)
    assert not torch.equal(result.state.z, start.z)
    assert fingerprint(model) == before
    assert [p.requires_grad for p in model.parameters()] == wants
    names = set(result.history[0])
    assert {"first", "lm", "spr", "hae", "anchor", "active_share"} <= names
    assert {row["stage"] for row in result.history} == {"image", "video"}


def test_people_trained_one_after_another_do_not_touch_each_other(model, data):
    bo, other = aligned(model, "Bo", 2), person_data(model, "Bo", 2)
    alone = train_state(model, other, bo, SHORT)
    said = personal(model, alone.state)
    ana = train_state(model, data, aligned(model), SHORT)
    assert torch.equal(personal(model, alone.state), said)
    assert same(train_state(model, other, bo, SHORT), alone)  # Ana left nothing behind
    assert not torch.equal(ana.state.tokens, alone.state.tokens)


def test_same_seed_same_bits_other_seed_other_bits(model, data):
    runs = [train_state(model, data, aligned(model), replace(SHORT, seed=s, patience=99)) for s in (0, 0, 1)]
    assert runs[0].history == runs[1].history
    assert same(runs[0], runs[1])
    assert runs[0].history != runs[2].history


@pytest.mark.parametrize("after", [1, 2, 5])
def test_resumed_equals_straight_to_the_last_bit(model, data, tmp_path, after):
    start = aligned(model)
    straight = train_state(model, data, start, SHORT, TrainingSession(folder=tmp_path / "straight"))
    stop, taken = threading.Event(), []

    def count(what, done, total):
        taken.append(done)
        if done >= after:
            stop.set()

    cut = train_state(model, data, start, SHORT, TrainingSession(folder=tmp_path / "cut", stop=stop, progress=count))
    assert (cut.done, cut.steps) == (False, after)
    torch.manual_seed(99)  # another process has another state
    resumed = train_state(model, data, start, SHORT, TrainingSession(folder=tmp_path / "cut", resume=True))
    assert resumed.done
    assert resumed.history == straight.history
    assert same(resumed, straight)
    assert (tmp_path / "cut" / STATE).read_bytes() == (tmp_path / "straight" / STATE).read_bytes()


def test_resuming_another_run_is_refused(model, data, tmp_path):
    start = aligned(model)
    with pytest.raises(WeightsError, match="no run to resume"):
        train_state(model, data, start, SHORT, TrainingSession(folder=tmp_path, resume=True))
    train_state(model, data, start, SHORT, TrainingSession(folder=tmp_path))
    with pytest.raises(WeightsError, match="lr"):
        train_state(model, data, start, replace(SHORT, lr=0.01), TrainingSession(folder=tmp_path, resume=True))


def test_a_stop_keeps_the_best_so_far(model, data):
    stop = threading.Event()
    stop.set()
    start = aligned(model)
    result = train_state(model, data, start, SHORT, TrainingSession(stop=stop))
    assert (result.steps, result.done) == (0, False)
    assert torch.equal(result.state.tokens, start.tokens)
    assert result.best == result.start


def test_patience_ends_a_stage_and_keeps_the_better_start(model, data):
    wild = replace(SHORT, lr=50.0, z_lr=50.0, clip=1e9, video_steps=40, image_steps=0, patience=2)
    start = aligned(model)
    result = train_state(model, data, start, wild)
    assert result.steps <= 3 * wild.validate_every + 2
    assert result.best <= result.start


def test_tokens_and_z_can_be_left_as_they_are(model, data):
    start = aligned(model)
    only_z = train_state(model, data, start, replace(SHORT, use_tokens=False))
    only_tokens = train_state(model, data, start, replace(SHORT, use_z=False))
    assert torch.equal(only_z.state.tokens, start.tokens)
    assert torch.equal(only_tokens.state.z, start.z)
    with pytest.raises(SettingsError, match="nothing is left"):
        train_state(model, data, start, replace(SHORT, use_tokens=False, use_z=False))


def test_another_number_of_tokens_is_trained_and_the_model_has_its_own_again(model, data, monkeypatch):
    monkeypatch.syspath_prepend(HERE.parents[1] / "benchmarks")
    from tokencount import with_tokens

    before = fingerprint(model), model.config
    for count in (0, 4, 20):
        found = with_tokens(model, aligned(model), data, replace(SHORT, use_tokens=count > 0), count)
        assert found["best"] <= found["start"]
    assert (fingerprint(model), model.config) == before


def test_a_lora_of_ones_own_works_inside_the_block_only(model, data):
    start = aligned(model)
    result = train_state(model, data, start, replace(SHORT, lora=2, lora_lr=0.05))
    assert {k.split(".")[0] for k in result.lora} == {"down", "up"}
    assert any(bool(v.abs().max() > 0) for k, v in result.lora.items() if k.startswith("up"))
    trainee = Trainee(model, result.state, PersonConfig(lora=2))
    batch = make_batch(data, data.part("video", "train")[:4])
    with torch.no_grad():
        plain = trainee(batch).lm_sum
        trainee.lora.load_state_dict(result.lora)
        changed = trainee(batch).lm_sum
        trainee.lora = None
        after = trainee(batch).lm_sum
    assert not torch.equal(plain, changed)
    assert torch.equal(plain, after)


def test_ones_own_lora_speaks_when_she_alone_is_spoken_of(model):
    import numpy as np

    from pvchat.model.personlora import ARRAYS, PersonLora, spoken_of
    from pvchat.people.person import Person

    own = PersonLora(model.llm, 2)
    with torch.no_grad():
        for value in own.up.values():
            value.fill_(0.5)
    arrays = {f"{ARRAYS}{k}": v.numpy().astype(np.float16) for k, v in own.state_dict().items()}
    ana, bo = Person("Ana", arrays=arrays), Person("Bo")
    ids = torch.arange(4, 12)[None]

    def said(*people):
        with torch.no_grad(), spoken_of(model.llm, people):
            return model.llm(input_ids=ids).logits

    plain = said()
    assert not torch.equal(said(ana), plain)
    for people in ((bo,), (ana, bo), ()):
        assert torch.equal(said(*people), plain)
    broken = Person("Cy", arrays={k: v[:1] for k, v in arrays.items()})  # of another language model
    assert torch.equal(said(broken), plain)


def test_without_a_language_model_nothing_can_be_trained():
    model = tiny(llm="none")
    with pytest.raises(SettingsError, match="language model"):
        train_state(model, person_data(model), aligned(model), SHORT)


def test_image_stage_asks_what_a_still_can_show(data):
    assert {e.type for e in data.part("image", "train")} == {"existence", "appearance"}
    assert {e.type for e in data.part("video", "train")} == {"existence", "appearance", "action", "location"}


def test_rows_about_others_are_not_used_and_an_empty_set_is_refused(model):
    samples, rows, seen = augmentation(count=4)
    rows[0].people, rows[0].present = ["Nobody"], {"Nobody": False}
    rows[1].people, rows[1].present = ["Ana", "Nobody"], {"Ana": True, "Nobody": False}  # nor about her alone
    made = make_data("Ana", told(samples, rows, seen), model, encode)
    assert len(made.examples) == len(rows) - 2
    with pytest.raises(SettingsError, match="asks nothing"):
        make_data("Cy", told(samples, rows, seen), model, encode)


def test_half_of_the_examples_use_another_name(data):
    called = [e.names[0] for e in data.examples]
    assert 0.3 < called.count("Ana") / len(called) < 0.8
    assert all(e.names[0] in e.question for e in data.examples)


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("Is Ana there, or Anabel? Ana's hat.", "Ana", "Is Bo there, or Anabel? Bo's hat."),
        ("Also Al is Alone with Val.", "Al", "Also Bo is Alone with Val."),
        ("Where is Ana Maria? Not with Ana.", "Ana Maria", "Where is Bo? Not with Ana."),
        ("Rose is in a rose dress.", "Rose", "Bo is in a rose dress."),
        ("Ana is there. No, ana isn't, Ana.", "ana", "Bo is there. No, Bo isn't, Ana."),
        ("Is J. (Jay+) there? J. (Jay+)", "J. (Jay+)", "Is Bo there? Bo"),
        ("JX is not J.", "J.", "JX is not Bo"),
        ("Zoë sees Zoëlle.", "Zoë", "Bo sees Zoëlle."),
    ],
)
def test_somebody_is_called_otherwise_in_whole_words_only(text, name, told):
    assert replace_name(text, name, "Bo") == told
    assert replace_name(text, name, r"\1\g<0>").count("\\1") == told.count("Bo")


def test_nobody_gets_the_name_of_another():
    samples, rows, seen = augmentation("Ana", 8)
    made = examples_about("Ana", told(samples, rows, seen), ALIASES[1:-1])
    assert {n for e in made for n in e.names} == {"Ana", ALIASES[-1]}
    every = examples_about("Ana", told(samples, rows, seen), [*ALIASES[1:-1], "hugo"])
    assert {n for e in every for n in e.names} == {"Ana"}


def test_draws_are_balanced(data):
    import numpy as np

    drawn = draw(data.part("video", "train"), 400, np.random.default_rng(0))
    assert sum(e.present[0] for e in drawn) == 200
    kinds = [e.type for e in drawn]
    assert min(kinds.count(k) for k in set(kinds)) > 60
    sides = [e.present[0] for e in data.held_back(8, 0)]
    assert sides.count(True) == sides.count(False) == 4
    assert {e.split for e in data.held_back(8, 0)} == {"val"}


def test_settings_check_themselves():
    for wrong in ({"batch": 0}, {"lora": -1}, {"minutes": 0}):
        with pytest.raises(SettingsError):
            PersonConfig(**wrong)


def test_losses_are_the_ones_of_the_paper(model, data):
    from pvchat.train.losses import SparsityController

    start, batch = aligned(model), make_batch(data, data.part("video", "train")[:4])
    trainee = Trainee(model, start)
    losses = objective(trainee(batch), SparsityController("both"), trainee, start, SHORT)
    assert set(losses) == {"first", "lm", "spr", "hae", "anchor"}
    assert float(losses["anchor"].detach()) == 0
