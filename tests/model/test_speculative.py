"""Writing that guesses ahead gives the tokens of greedy writing, whatever is guessed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from pvchat.model.speculative import Decoding, Lead, write
from recipes.model.made import random_llama
from recipes.model.scoring import greedy


@pytest.fixture(scope="module")
def pair():
    """A tiny model in float32 and its tokenizer."""
    return random_llama(3)


@pytest.fixture
def prompt(pair):
    return torch.randn(1, 9, pair[0].config.hidden_size, generator=torch.Generator().manual_seed(0))


def written(pair, prompt, **how):
    return write(*pair, prompt, Decoding(40, **how))


def test_the_text_is_the_same_whatever_is_guessed(pair, prompt):
    (plain,) = greedy(*pair, prompt, torch.ones(prompt.shape[:2], dtype=torch.bool), 40)
    assert len(plain) > 5
    assert written(pair, prompt) == plain
    others = (plain[:7] + "?" + plain[7:],), ("", plain), ("x", plain[5:])
    for drafts in ((plain,), (plain[:10],), ("Ana is here.",), *others):
        assert written(pair, prompt, drafts=drafts) == plain, drafts


def test_what_is_guessed_rightly_takes_one_pass(pair, prompt, monkeypatch):
    plain = written(pair, prompt)
    llm, passes = pair[0], []
    forward = llm.forward

    def counted(*args, **named):
        passes.append(named["inputs_embeds"].shape[1])
        return forward(*args, **named)

    monkeypatch.setattr(llm, "forward", counted)
    import pvchat.model.speculative as speculative

    monkeypatch.setattr(speculative.inspect, "signature", lambda _: SimpleNamespace(parameters={"cache": 0}))
    ids = pair[1](plain, add_special_tokens=False)["input_ids"]
    assert written(pair, prompt, drafts=(plain,)).startswith(plain)
    assert passes[0] == prompt.shape[1] + len(ids) + 1
    assert len(passes) < len(ids) / 2


def test_a_listener_hears_every_token_and_can_stop_it(pair, prompt):
    plain = written(pair, prompt)
    heard: list[str] = []

    def stop(text: str) -> bool:
        heard.append(text)
        return len(heard) == 4

    said = written(pair, prompt, drafts=(plain,), on_text=stop)
    assert len(heard) == 4
    assert said == heard[-1].strip()


def test_what_is_given_stands_and_the_rest_is_the_models(pair, prompt):
    plain, draft = written(pair, prompt), "Ana is on the left."
    assert written(pair, prompt, drafts=(draft,), lead=Lead()) == plain
    assert written(pair, prompt, drafts=(draft,), lead=Lead(given=((0, len(draft)),))).startswith(draft)
    assert written(pair, prompt, drafts=(draft,), lead=Lead(given=((0, 3),))).startswith("Ana")
    assert written(pair, prompt, drafts=(draft,), lead=Lead(given=((7, 9),))) == plain  # other words were written first


def test_a_word_leads_only_where_the_model_finds_it_likely_enough(pair, prompt):
    draft = "Ana is on the left."
    assert written(pair, prompt, drafts=(draft,), lead=Lead(1e-9)) == draft  # of random weights all are about as likely
    assert written(pair, prompt, drafts=(draft,), lead=Lead(0.999)) == written(pair, prompt)


def test_where_the_rules_answer_is_guessed_only_its_own_words_lead(pair):
    slack = Lead(0.5, ((4, 6),)).slack(pair[1], "Ana is here.")
    words = pair[1]("Ana is here.", add_special_tokens=False)["input_ids"]
    assert len(slack) == len(words) + 1
    assert {round(one, 3) for one in slack} == {0.693, float("inf")}
