"""A transformers image-text model as a baseline: the real loading and prompting code, on a tiny random model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from make_llava import save_tiny_llava
from make_people import jpeg

from pvchat.errors import SettingsError
from pvchat.eval.manifest import Item, Manifest
from pvchat.eval.systems.base import Bench, Case
from pvchat.eval.systems.baselines import FRAMES, HubModel
from pvchat.eval.systems.registry import build
from pvchat.people.person import Person

WORDS = (
    """This is Ana Ben : These are frames of a video , in order Is there ? Answer one sentence . yes no Yes No not"""
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return save_tiny_llava(tmp_path_factory.mktemp("hub") / "tiny-llava", WORDS)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Ana is enrolled, with a thumbnail; clips are ten grey frames."""
    frames = np.full((10, 40, 60, 3), np.arange(10, dtype=np.uint8)[:, None, None, None] * 20, np.uint8)
    monkeypatch.setattr("pvchat.video.load", lambda path, config: SimpleNamespace(images=frames))
    people = SimpleNamespace(all=lambda: [Person("Ana", thumbnail=jpeg(1))])
    chat = SimpleNamespace(device="cpu", people=people, settings=SimpleNamespace(video=None))
    return Bench(Manifest("m", tmp_path, (), ()), {"instant": chat})


def question(*names):
    return Item("q", "s", "v.mp4", names, "single", "existence", "Is Ana there ?", "yes", dict.fromkeys(names, True))


def test_it_answers_with_reference_and_frames(tiny, bench, tmp_path):
    system = build([f"hub:{tiny}"], bench)[0]
    assert isinstance(system, HubModel)
    case = Case("v.mp4", tmp_path / "v.mp4", None)
    said = system.answer(question("Ana"), case)
    assert said == system.answer(question("Ana"), case)  # greedy
    assert [p["name"] for p in said.people] == ["Ana"]
    assert said.people[0]["decision"] in ("present", "absent", "unsure")


def test_a_model_that_cannot_be_loaded_ends_the_run(bench, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "nothing"}')
    with pytest.raises(SettingsError):
        build([f"hub:{tmp_path}"], bench)


def test_the_prompt_shows_who_is_who(tiny, bench, tmp_path):
    content = HubModel(str(tiny), bench).prompt(question("Ana", "Ben"), Case("v.mp4", tmp_path / "v.mp4", None))[0][
        "content"
    ]
    kinds = [part["type"] for part in content]
    assert kinds == ["text", "image", "text", *["image"] * FRAMES, "text"]  # Ben has no picture
    assert content[0]["text"] == "This is Ana:"
    first, last = (np.asarray(content[i]["image"]).mean() for i in (3, 2 + FRAMES))
    assert (first, last) == (0, 180)  # the first and the last frame of the clip
