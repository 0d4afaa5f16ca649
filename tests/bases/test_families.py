"""What every family must do: prompts with pictures, dense heads at first, personal tokens, the same with a cache."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from pvchat.bases.marking import Marked, cropped, outlined
from pvchat.bases.prompts import BasePrompt, clean, inputs_of, reply, yes_no
from pvchat.bases.shared import check_base, shared_parameters
from pvchat.bases.soft import TOKENS, personal_start, spoken_with, visual_tokens
from pvchat.errors import SettingsError
from pvchat.model.people import PersonState
from pvchat.model.retrofit import mixers, routing_stats
from pvchat.train.losses import SparsityController

ASKED = BasePrompt("Is Ana there?", soft=(("Ana", TOKENS),))


def disturbed(base):
    """Mixed heads that are no longer dense."""
    generator = torch.Generator().manual_seed(3)
    for _, mixer in mixers(base.decoder):
        for layer in (mixer.logit, mixer.alpha):
            layer.weight.data.copy_(0.4 * torch.randn(layer.weight.shape, generator=generator))


@pytest.fixture
def restored(base):
    """The base's added parts are as before afterwards."""
    before = {k: v.detach().clone() for k, v in shared_parameters(base).items()}
    yield base
    for key, value in shared_parameters(base).items():
        value.data.copy_(before[key])
        value.requires_grad_(False)
        value.grad = None


def test_fresh_heads_are_dense(base, open_base, clip):
    inputs = inputs_of(base, clip, BasePrompt("Is Ana there?"))
    plain = open_base(base.source.path.rsplit("/", 1)[1], bare=True)
    assert len(list(mixers(base.decoder))) == 2  # the upper half of four layers
    with torch.inference_mode():
        dense = plain.model(**inputs).logits
        assert (base.model(**inputs).logits - dense).abs().max() <= 1e-5


def test_moved_heads_are_not(restored, clip):
    inputs = inputs_of(restored, clip, BasePrompt("Is Ana there?"))
    with torch.inference_mode():
        dense = restored.model(**inputs).logits
        disturbed(restored)
        assert (restored.model(**inputs).logits - dense).abs().max() > 1e-3


def test_tokens_and_heads_get_gradients(restored, clip):
    base, tokens = restored, personal_start(restored, [clip.frames[0]])
    for value in shared_parameters(base).values():
        value.requires_grad_(True)
    tokens, z = tokens.requires_grad_(True), torch.zeros(2, 1, requires_grad=True)
    disturbed(base)
    with spoken_with(base, [PersonState("Ana", tokens, z)]):
        loss = yes_no(base, inputs_of(base, clip, ASKED))
        loss = loss + sum(SparsityController(beta=1.0)(routing_stats(base.decoder)).values())
    loss.backward()
    assert bool(tokens.grad.abs().sum() > 0)
    assert bool(z.grad[0].abs().sum() > 0)  # what the first mixed layer does at her tokens is seen by the second
    assert all(v.grad is not None and bool(v.grad.any()) for v in shared_parameters(base).values())
    assert all(p.grad is None for p in base.model.parameters() if not p.requires_grad)
    check_base(base)


def test_a_cache_changes_nothing(restored, clip):
    base = restored
    disturbed(base)
    person = PersonState("Ana", personal_start(base, [clip.frames[0]]), torch.full((2, 1), 0.3))
    inputs = inputs_of(base, clip, ASKED)
    with spoken_with(base, [person]), torch.inference_mode():
        options = {"max_new_tokens": 6, "do_sample": False}
        cached = base.model.generate(**inputs, **options, use_cache=True)
        uncached = base.model.generate(**inputs, **options, use_cache=False)
    assert torch.equal(cached, uncached)


def test_a_models_own_sampling_and_penalties_are_not_used(base, clip):
    """Real checkpoints bring them; a penalty would look the personal tokens' id up in the vocabulary."""
    own, inputs = base.model.generation_config, inputs_of(base, clip, ASKED)
    person = PersonState("Ana", personal_start(base, [clip.frames[0]]))
    before = {name: getattr(own, name) for name in ("do_sample", "repetition_penalty", "temperature")}
    with spoken_with(base, [person]):
        said = reply(base, inputs, 4)
        own.update(do_sample=True, repetition_penalty=1.5, temperature=5.0)
        try:
            assert reply(base, inputs, 4) == said
        finally:
            own.update(**before)


def test_people_change_the_answer_and_leave_no_trace(base, clip):
    inputs, plain = inputs_of(base, clip, ASKED), inputs_of(base, clip, BasePrompt("Is it dark?"))
    ana, bo = (PersonState(n, torch.randn(TOKENS, base.width, generator=torch.Generator().manual_seed(s)))
               for n, s in (("Ana", 1), ("Bo", 2)))  # fmt: skip
    with torch.inference_mode():
        before = base.model(**plain).logits
        said = []
        for person in (ana, bo):
            with spoken_with(base, [person]):
                said.append(float(yes_no(base, inputs)))
        assert said[0] != said[1]
        assert torch.equal(base.model(**plain).logits, before)
        with pytest.raises(SettingsError, match="marks 16 tokens"), spoken_with(base, [ana, bo]):
            yes_no(base, inputs)


def test_a_prompt_tells_who_is_who_and_when(base, clip):
    boxes = np.tile(np.float32([0.2, 0.2, 0.6, 0.9]), (3, 1))
    boxes[1] = np.nan
    shown = replace(clip, people=(Marked("Ana", boxes, ((0.0, 3.0),)),))
    asked = BasePrompt("And <image> now?", "Ana sits.", (("Is Ana there?", "Yes."),))
    marked = replace(outlined(shown, base.family.pair), crop=cropped(shown))
    inputs = inputs_of(base, marked, asked)
    text = base.tokenizer.decode(inputs["input_ids"][0])
    assert "Ana = red outline, 0:00–0:03." in text
    assert "Do not mention outlines" in text
    assert "Measured: Ana sits." in text
    assert text.index("Is Ana there?") < text.index("Yes.") < text.index("now?")
    assert np.array_equal(marked.frames[1], clip.frames[1])  # she isn't seen in it
    assert (marked.frames[0] != clip.frames[0]).any()
    times = base.tokenizer.decode(inputs_of(base, replace(marked, crop=None), asked)["input_ids"][0])
    assert any(word in times for word in ("1:05", "01:05", "65.0 seconds", "33.8 seconds"))
    assert isinstance(reply(base, inputs, 3), str)


def test_a_photo_is_a_picture(base, clip):
    photo = replace(clip, frames=clip.frames[:1], times=clip.times[:1])
    inputs = inputs_of(base, photo, BasePrompt("Is Ana there?"))
    assert not any("video" in name for name in inputs)
    assert np.isfinite(float(yes_no(base, inputs).detach()))


def test_an_answer_is_scored_where_it_stands(base, clip):
    inputs = inputs_of(base, clip, ASKED, "Yes, Ana is there.")
    labels = inputs.pop("labels")[0]
    words = base.tokenizer.decode(labels[labels != -100], skip_special_tokens=True)
    assert words == "Yes, Ana is there."
    assert torch.equal(inputs["input_ids"][0][labels != -100], labels[labels != -100])
    assert all(v.shape[1] == len(labels) for k, v in inputs.items() if k in ("attention_mask", "mm_token_type_ids"))


def test_special_tokens_of_a_question_are_taken_out(base):
    bad = "".join(base.tokenizer.get_added_vocab())
    assert clean(base, f"Is {bad}Ana there?") == "Is Ana there?"


def test_tokens_start_from_what_the_base_sees(base, clip):
    red, blue = (np.full((40, 30, 3), colour, np.uint8) for colour in ((220, 20, 20), (20, 20, 220)))
    assert visual_tokens(base, [red]).shape[1] == base.width
    ana, again, bo = (personal_start(base, [picture]) for picture in (red, red, blue))
    assert torch.equal(ana, again)
    assert ana.shape == (TOKENS, base.width)
    assert (ana - bo).abs().max() > 1e-3
    usual = base.model.get_input_embeddings().weight.norm(dim=1).median()
    assert ana.norm(dim=1).numpy() == pytest.approx(float(usual), rel=0.05)
