"""Eyes from the hub: a tiny encoder of open_clip's own classes, in the hub's layout, chooses deeds and places."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from make_analysis import make_analysis, make_track
from make_clips import encode, noisy_frames, photo

from pvchat import video
from pvchat.bases.eyes import (
    BASELINE,
    CONFIG,
    MOMENTS,
    TEMPLATES,
    Eyes,
    ZeroShot,
    moments,
)
from pvchat.chat.english import HEDGE
from pvchat.chat.question import Conversation, Viewed
from pvchat.chat.writer import Writer
from pvchat.config import Settings, VideoConfig
from pvchat.errors import SettingsError
from pvchat.model.choices import KINDS, ZERO_SHOT, choices, sentences
from pvchat.schemas import ClipAnalysis, PersonFacts, PersonPresence, SceneFacts

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from eyes import deed, place  # noqa: E402

open_clip = pytest.importorskip("open_clip", reason="comes with the extra hub")

WIDTH = 128
SHAPE = {
    "embed_dim": WIDTH,
    "vision_cfg": {"image_size": 32, "patch_size": 16, "layers": 1, "width": 64, "head_width": 32},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": WIDTH, "heads": 4, "layers": 1},
}  # fmt: skip
DOING, WHERE = "What is Ana doing?", "Where is Ana?"


def saved(model, folder: Path) -> Path:
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    config = {"model_cfg": SHAPE, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    return folder


def prompts(texts: list[str]) -> list[str]:
    plain = [text.rstrip(".").replace("A person is", "a person").replace("A person", "a person") for text in texts]
    return [template.format(text) for text in plain for template in TEMPLATES]


def taught(model, said: set[str], seen: np.ndarray) -> None:
    """Let the texts of some choices have the direction of a picture [W], all other texts the opposite one."""
    yes = [t for k in KINDS for c in choices(k) if c.said in said for t in sentences_of(k, c.said)]
    no = [BASELINE, *(t for k in KINDS for t in sentences(k) if t not in yes)]
    with torch.no_grad():
        model.text_projection.copy_(torch.eye(WIDTH))
        features = model.encode_text(open_clip.tokenize(prompts([*yes, *no]), 32))
        wanted = torch.tensor([1.0] * len(prompts(yes)) + [-1.0] * len(prompts(no)))
        count = torch.where(wanted > 0, len(no) / len(yes), 1.0).sqrt()[:, None]  # the few count as the many
        weights = torch.linalg.lstsq((features * count).double(), (wanted[:, None] * count).double()).solution.float()
        assert ((features @ weights)[:, 0].sign() == wanted).all()  # the tower tells these texts apart
        model.text_projection.copy_(weights @ torch.from_numpy(seen)[None])


def sentences_of(kind: str, said: str) -> list[str]:
    rows = [c.said for c in choices(kind) for _ in c.sentences]
    return [text for text, of in zip(sentences(kind), rows, strict=True) if of == said]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encode(tmp_path_factory.mktemp("clips") / "party.mp4", noisy_frames())


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> dict[str, Path]:
    """A random encoder, and the same one with texts that are where the clip's pictures are, or far from them."""
    torch.manual_seed(0)
    model = open_clip.CLIP(**SHAPE)
    model.token_embedding.weight.data *= 50  # as far apart as a trained one's words
    root = tmp_path_factory.mktemp("eyes")
    found = {"random": saved(model, root / "random")}
    looking = ZeroShot(Eyes(f"open_clip:{found['random']}"), VideoConfig())
    times = [time for time, _ in moments(analysed(), None)]
    frames = dict(video.pictures_at(clip, video.probe(clip, looking.config), times, looking.config))
    seen = looking.eyes.pictures(list(frames.values())).mean(0)
    for name, sign in (("near", 1.0), ("far", -1.0)):
        taught(model, {"sleeping", "in a kitchen"}, sign * seen)
        found[name] = saved(model, root / name)
    return found


def analysed(facts: PersonFacts | None = None, scene: SceneFacts | None = None) -> ClipAnalysis:
    analysis = make_analysis(make_track(1))
    analysis.tracks[0].facts, analysis.scene = facts or PersonFacts(), scene or SceneFacts()
    return analysis


def asked(question: str, eyes: Path | None, analysis: ClipAnalysis, clip: Path, decision: str = "present") -> str:
    looking = eyes and ZeroShot(Eyes(f"open_clip:{eyes}"), VideoConfig())
    ana = PersonPresence("Ana", decision, 0.9, [(0.0, 1.0)], 0)
    viewed = Viewed(analysis, [ana], conversation=Conversation(["Ana"]), clip=clip)
    writer = Writer("model", None, eyes=looking)
    return writer.write(question, viewed).text


def test_the_label_whose_texts_are_where_the_pictures_are_is_told_with_a_hedge(folders, clip) -> None:
    assert asked(DOING, folders["near"], analysed(), clip) == f"Ana {HEDGE} sleeps."
    assert asked(WHERE, folders["near"], analysed(), clip) == f"Ana is {HEDGE} in a kitchen."


@pytest.mark.parametrize("name", ["far", "random", None])
def test_what_is_near_to_no_label_is_not_told(name, folders, clip) -> None:
    for question in (DOING, WHERE):
        text = asked(question, folders.get(name), analysed(), clip)
        assert HEDGE not in text
        assert "sleep" not in text


def test_measured_facts_win(folders, clip) -> None:
    measured = analysed(PersonFacts(deed="reading"), SceneFacts(place="an office"))
    assert asked(DOING, folders["near"], measured, clip) == "Ana reads."
    assert asked(WHERE, folders["near"], measured, clip) == "Ana is in an office."
    outdoors = analysed(scene=SceneFacts(setting="outdoors"))
    assert "kitchen" not in asked(WHERE, folders["near"], outdoors, clip)


def test_the_absent_are_not_looked_at(folders, tmp_path) -> None:
    assert HEDGE not in asked(DOING, folders["near"], analysed(), tmp_path / "gone.mp4", decision="absent")


def test_a_person_is_looked_at_alone_at_a_few_moments(folders, clip, monkeypatch) -> None:
    analysis = analysed()
    looking = ZeroShot(Eyes(f"open_clip:{folders['random']}"), VideoConfig())
    whole, crops = moments(analysis, None), moments(analysis, 0)
    assert len(whole) == len(crops) == MOMENTS
    assert len({time for time, _ in crops}) == MOMENTS
    shown: list[list[tuple[int, ...]]] = []
    see = looking.eyes.pictures
    monkeypatch.setattr(looking.eyes, "pictures", lambda f: shown.append([one.shape for one in f]) or see(f))
    alike = looking.likeness(analysis, clip, [0, None], sentences("action"))
    assert alike.shape == (2, len(sentences("action")))
    assert len(set(shown[0])) == len(set(shown[1])) == 1
    assert shown[0][0][1] < shown[1][0][1]  # a crop is narrower than the frame


def test_a_photo_is_looked_at_too(folders, tmp_path) -> None:
    analysis = make_analysis(make_track(1, range(1)), frames=1)
    looking = ZeroShot(Eyes(f"open_clip:{folders['near']}"), VideoConfig())
    alike = looking.likeness(analysis, photo(tmp_path / "ana.jpg"), [0], sentences("action"))
    assert np.isfinite(alike).all()
    assert np.abs(alike).max() > 0


def test_the_benchmark_knows_right_from_wrong() -> None:
    assert deed(["posing for a photo", "smiling"], "smiles for a group photo") == (True, True)
    assert deed(["cooking"], "smiles for a group photo") == (True, False)
    assert deed(["smiling"], "smiles for a group photo") == (False, False)
    assert place(["in a kitchen"], "at home") == (True, True)
    assert place(["on a beach"], "in an office") == (True, False)
    assert place([], "in an office") == (False, False)
    assert place(["on a beach"], "before a white wall") is None


def test_none_of_these_has_its_share() -> None:
    count = len(choices("action"))
    likeness = np.zeros((1, len(sentences("action"))), np.float32)
    shares = ZERO_SHOT.probabilities("action", likeness, np.ones(count, bool))
    none = np.exp(ZERO_SHOT.sharpness * ZERO_SHOT.nothing)
    assert shares.sum() == pytest.approx(count / (count + none), abs=1e-5)
    only = np.arange(count) == 3
    assert ZERO_SHOT.probabilities("action", likeness, only).max() < ZERO_SHOT.least


def test_what_cannot_be_used_says_what_to_do(folders, tmp_path, monkeypatch) -> None:
    for eyes in ("blip:x", "open_clip:"):
        with pytest.raises(SettingsError, match="--eyes"):
            Settings(eyes=eyes)
    with pytest.raises(SettingsError, match="measured facts alone"):
        Settings(eyes="open_clip:x/y", answers="facts")
    with pytest.raises(SettingsError, match=r"no folder with open_clip_config\.json"):
        _ = Eyes(f"open_clip:{tmp_path}").folder
    with pytest.raises(SettingsError, match="hub can't be reached"):
        _ = Eyes("open_clip:nobody/nothing").folder
    (tmp_path / CONFIG).write_text("{}")
    (tmp_path / "open_clip_pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(SettingsError, match="holds no safetensors"):
        _ = Eyes(f"open_clip:{tmp_path}").folder
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(SettingsError, match="open_clip can't load it"):
        Eyes(f"open_clip:{tmp_path}").load()
    (tmp_path / CONFIG).write_text('{"model_cfg": {"text_cfg": {"hf_model_name": "a/b"}}}')
    with pytest.raises(SettingsError, match="isn't in its folder"):
        _ = Eyes(f"open_clip:{tmp_path}").folder


def test_nothing_of_it_is_loaded_without_the_option(folders) -> None:
    code = f"""
import sys
from pvchat.config import Settings
from pvchat.service import PVChat
chat = PVChat(Settings(device="cpu"))
assert chat._writer.eyes is None and chat.networks.eyes is None
named = PVChat(Settings(device="cpu", eyes="open_clip:{folders["near"].as_posix()}"))
assert named._writer.eyes is not None
assert "open_clip" not in sys.modules, "loaded before it looks"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
