"""What a base learned of somebody, put to use: tokens stand in prompts; ways to show her, side by side."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pvchat import PVChat
from pvchat.bases.shared import stamp_of
from pvchat.bases.states import STATE
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest, Subject, write
from pvchat.eval.options import EvalOptions
from pvchat.eval.run import run
from pvchat.eval.systems.registry import build
from pvchat.storage.journal import Journal

sys.path.append(str(Path(__file__).parents[1]))
from make_studio import ANA, BEN, Studio  # noqa: E402


@pytest.fixture
def chat(studio: Studio, folder_of: Any) -> PVChat:
    chat = PVChat(Settings(device="cpu", model=str(folder_of("llava_onevision"))))
    chat.enroll(studio.clip("ana", ANA), "Ana")
    return chat


def teach(chat: PVChat) -> None:
    """Give Ana a state for the chat's base."""
    base, ana = chat.narrator.base, chat.people.get("Ana")
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


def test_only_a_base_can_be_shown_people(studio: Studio) -> None:
    own = PVChat(Settings(device="cpu"))
    with pytest.raises(SettingsError, match="only a pretrained base"):
        build(["ours-plain"], SimpleNamespace(chats={"instant": own}, chat=own))


WAYS = {(False, False): "She is riding a bike.", (True, False): "She is riding a red bike.",
        (True, True): "She is riding a big bike."}  # fmt: skip


def test_an_evaluation_has_a_row_for_each_way(
    studio: Studio, chat: PVChat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the base says depends on how she is shown; each system's answers are its own, about the same people."""
    from pvchat.bases import prompts

    seen, build_inputs = [], prompts.inputs_of
    monkeypatch.setattr(prompts, "inputs_of", lambda b, s, a, *r: seen.append(s) or build_inputs(b, s, a, *r))
    monkeypatch.setattr("pvchat.bases.replying.reply", lambda *_: WAYS[seen[-1].outlined, seen[-1].crop is not None])
    monkeypatch.setattr("pvchat.eval.report.page.write", lambda *_: None)
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda *a, **k: [])
    studio.clip("ana", ANA)
    studio.clip("new", ANA)
    item = Item("q0", "tv_made", "new.mp4", ("Ana",), "single", "action", "What is Ana doing?", "riding", {"Ana": True})
    write(Manifest("made", studio.folder, (Subject("Ana", "ana.mp4", "tv_made"),), (item,)), studio.folder)
    names = ("ours-plain", "ours-marks", "ours-crop")
    options = EvalOptions(systems=names, resamples=20, bertscore="none", frames=False)
    run(studio.folder, tmp_path / "out", options, chat=chat)
    rows = {row["system"]: row["answer"] for row in Journal(tmp_path / "out" / "predictions.jsonl").read()}
    said = ("Ana is riding a bike.", "Ana is riding a red bike.", "Ana is riding a big bike.")
    assert rows == dict(zip(names, said, strict=True))


@pytest.mark.parametrize("question", ["Is Ana there?", "What is Ana doing?", "Who is in this video?", "Is Ben there?"])
def test_an_answer_looks_the_same_whoever_speaks(studio: Studio, chat: PVChat, question: str) -> None:
    chat.enroll(studio.clip("ben", BEN), "Ben")
    clip, own = studio.clip("new", ANA), PVChat(Settings(device="cpu"))
    one, two = (speaker.ask(clip, question).to_dict() for speaker in (chat, own))
    assert one.keys() == two.keys()
    assert (one["type"], one["people"]) == (two["type"], two["people"])
    assert one["timing"].keys() >= {"decode_s", "experts_s", "total_s"} <= two["timing"].keys()
