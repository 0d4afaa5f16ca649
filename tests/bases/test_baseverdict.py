"""What a base learned of somebody, put to use: tokens stand in prompts; its answers look like all others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from make_studio import ANA, BEN, Studio

from pvchat import PVChat
from pvchat.bases.shared import stamp_of
from pvchat.bases.states import STATE
from pvchat.config import Settings


@pytest.fixture
def chat(studio: Studio, folder_of: Any) -> PVChat:
    chat = PVChat(Settings(device="cpu", model=str(folder_of("llava_onevision"))))
    chat.enroll(studio.clip("ana", ANA), "Ana")
    return chat


def teach(chat: PVChat) -> None:
    """Give Ana a state for the chat's base."""
    base, ana = chat.networks.narrator.base, chat.people.get("Ana")
    tokens = np.random.default_rng(0).normal(size=(16, base.width)).astype(np.float16)
    state = {"stamp": stamp_of(base), "name": base.source.name}
    arrays = {**ana.arrays, "base.tokens": tokens, "base.z": np.full((2, 1), 0.25, np.float32)}
    chat.people.add(replace(ana, arrays=arrays, extra={**ana.extra, STATE: state}), replace=True)


def test_her_tokens_stand_in_the_prompt(studio: Studio, chat: PVChat, monkeypatch: pytest.MonkeyPatch) -> None:
    from pvchat.bases import prompts

    asked, build_inputs = [], prompts.inputs_of
    monkeypatch.setattr(prompts, "inputs_of", lambda b, s, a, *r: asked.append(a) or build_inputs(b, s, a, *r))
    clip = studio.clip("new", ANA)
    chat.ask(clip, "What is Ana doing?")
    teach(chat)
    chat.ask(clip, "What is Ana doing?")
    assert [a.soft for a in asked] == [(), (("Ana", 16),)]
    chat.people.rename("Ana", "Bea")  # names are text: nothing is trained anew
    chat.ask(clip, "What is Bea doing?")
    assert asked[-1].soft == (("Bea", 16),)


@pytest.mark.parametrize("question", ["Is Ana there?", "What is Ana doing?", "Who is in this video?", "Is Ben there?"])
def test_an_answer_looks_the_same_whoever_speaks(studio: Studio, chat: PVChat, question: str) -> None:
    chat.enroll(studio.clip("ben", BEN), "Ben")
    clip, own = studio.clip("new", ANA), PVChat(Settings(device="cpu"))
    one, two = (speaker.ask(clip, question).to_dict() for speaker in (chat, own))
    assert one.keys() == two.keys()
    assert (one["type"], one["people"]) == (two["type"], two["people"])
    assert one["timing"].keys() >= {"decode_s", "experts_s", "total_s"} <= two["timing"].keys()
