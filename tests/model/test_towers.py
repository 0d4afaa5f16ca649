"""Towers of hub models: tiny random models saved in the hub's layout and loaded back from the folder."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from pvchat.errors import SettingsError
from pvchat.model.config import ExpertConfig
from pvchat.model.features import ClipFeatures, from_analysis, scene_tokens
from pvchat.model.pvchat import PVChatModel
from pvchat.model.registry import load_config
from pvchat.model.towers import OpenClipTower, TransformersTower, load_tower, load_towers, with_widths

IMAGES = np.random.default_rng(0).integers(0, 255, (3, 40, 56, 3), dtype=np.uint8)
TEXT = {"context_length": 8, "vocab_size": 64, "width": 16, "heads": 2, "layers": 1}
TOWERS = {
    "clip": ({"image_size": 32, "layers": 1, "width": 64, "patch_size": 8}, 16, 64),
    "siglip": (
        {"image_size": 224, "timm_model_name": "vit_tiny_patch16_224", "timm_pool": "map", "timm_proj": "none"},
        196,
        192,
    ),
    "convnext": (
        {"image_size": 96, "timm_model_name": "convnext_atto", "timm_pool": "avg", "timm_proj": "linear"},
        1,
        320,
    ),
}


@pytest.fixture
def open_clip_folder(request, tmp_path):
    """A random open_clip model in the hub's layout: open_clip_config.json and open_clip_model.safetensors."""
    import open_clip
    from safetensors.torch import save_file

    vision, tokens, width = TOWERS[request.param]
    config = {"embed_dim": vision.get("width", width), "vision_cfg": vision, "text_cfg": TEXT}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        cls = open_clip.CustomTextCLIP if "timm_model_name" in vision else open_clip.CLIP
        model = cls(**config)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, tmp_path / "open_clip_model.safetensors")
    preprocess = {"mean": [0.5] * 3, "std": [0.5] * 3}
    if "timm_model_name" in vision:
        config["custom_text"] = True
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    return tmp_path, model, tokens, width


@pytest.mark.parametrize("open_clip_folder", sorted(TOWERS), indirect=True)
def test_open_clip_towers_give_patch_tokens(open_clip_folder):
    folder, model, tokens, width = open_clip_folder
    expert = OpenClipTower("x", str(folder))
    out = expert.tokens(IMAGES)
    assert out.shape == (3, tokens, width)
    assert expert.width == width
    assert np.isfinite(out).all()
    for name, parameter in expert._tower.named_parameters():
        assert torch.equal(parameter, model.visual.get_parameter(name))
        assert not parameter.requires_grad
    assert not np.allclose(out[0], out[1])


@pytest.fixture
def dinov2_folder(tmp_path):
    from transformers import BitImageProcessor, Dinov2Config, Dinov2Model

    config = Dinov2Config(hidden_size=24, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
    Dinov2Model(config).save_pretrained(tmp_path)
    size = {"height": 28, "width": 28}
    BitImageProcessor(size={"shortest_edge": 28}, crop_size=size).save_pretrained(tmp_path)
    return tmp_path


def test_dinov2_gives_patch_tokens(dinov2_folder):
    expert = TransformersTower("dinov2", str(dinov2_folder))
    assert expert.tokens(IMAGES).shape == (3, 4, 24)
    assert expert.width == 24


def test_a_hub_preset_reads_widths_and_runs(dinov2_folder, make_analysis):
    tiny = load_config("tiny")
    experts = {**tiny.experts, "dinov2": ExpertConfig(0, "transformers", str(dinov2_folder))}
    config = replace(tiny, experts=experts)
    loaded = load_towers(config)
    model = PVChatModel(with_widths(config, loaded)).eval()
    analysis = make_analysis(0, 3)
    seen = scene_tokens(loaded["dinov2"].tokens(IMAGES), analysis.times / 3, config.frame_segments)
    features = ClipFeatures({**from_analysis(analysis, config).experts, "dinov2": seen})
    assert features.experts["dinov2"].tokens.shape == (1, 12, 24)
    assert bool(model(features).reading.sentences.isfinite().all())


def test_what_cannot_be_loaded_is_named(tmp_path):
    with pytest.raises(SettingsError, match="can't be loaded") as caught:
        TransformersTower("dinov2", str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    with pytest.raises(SettingsError, match="nothing to load"):
        load_tower("frame", ExpertConfig(1280))
    with pytest.raises(SettingsError, match="unknown expert source"):
        ExpertConfig(1, "ftp")


def test_a_wrong_width_is_named(dinov2_folder):
    with pytest.raises(SettingsError, match="width 24, not 30"):
        load_tower("dinov2", ExpertConfig(30, "transformers", str(dinov2_folder)))


def test_hub_presets_name_mochas_four():
    for name in ("hub-mocha-qwen", "hub-mocha-mistral"):
        experts = load_config(name).experts
        assert {"clip", "siglip", "convnext", "dinov2"} <= set(experts)
