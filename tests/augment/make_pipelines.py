"""Diffusion pipelines of a few thousand random weights, built from config and saved in the hub's layout."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file

WIDTH = 32  # of all text towers


def consisid():
    """A ConsisID pipeline of one layer that makes 9 frames of 16 by 16 pixels."""
    from diffusers import AutoencoderKLCogVideoX, ConsisIDPipeline, ConsisIDTransformer3DModel, DDIMScheduler
    from transformers import T5Config, T5EncoderModel

    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformer = ConsisIDTransformer3DModel(
            num_attention_heads=2, attention_head_dim=16, in_channels=8, out_channels=4, time_embed_dim=2,
            text_embed_dim=WIDTH, num_layers=1, sample_width=2, sample_height=2, sample_frames=9,
            max_text_seq_length=16,
            use_rotary_positional_embeddings=True, use_learned_positional_embeddings=True, cross_attn_interval=1,
            is_train_face=True, cross_attn_dim_head=1, cross_attn_num_heads=1, LFE_id_dim=2, LFE_vit_dim=2, LFE_depth=5,
            LFE_dim_head=8, LFE_num_heads=2, LFE_num_id_token=1, LFE_num_querie=1, LFE_output_dim=21, LFE_ff_mult=1,
            LFE_num_scale=1,
        )  # fmt: skip
        vae = AutoencoderKLCogVideoX(
            down_block_types=("CogVideoXDownBlock3D",) * 4, up_block_types=("CogVideoXUpBlock3D",) * 4,
            block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=2,
            temporal_compression_ratio=4,
        )  # fmt: skip
        text = T5EncoderModel(
            T5Config(vocab_size=64, d_model=WIDTH, d_kv=8, d_ff=37, num_layers=1, num_heads=2, pad_token_id=0)
        )
    text, vae, transformer = (module.eval() for module in (text, vae, transformer))
    return ConsisIDPipeline(_words(), text, vae, transformer, DDIMScheduler())


def identity_adapter(folder: Path) -> tuple[Path, Path]:
    """Stable Diffusion XL and an IP-Adapter for it, in folders: (model, adapter)."""
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
    from transformers import (
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTextModelWithProjection,
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
    )

    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = UNet2DConditionModel(
            block_out_channels=(32, 64), layers_per_block=1, sample_size=8, in_channels=4, out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            attention_head_dim=(2, 4), use_linear_projection=True, addition_embed_type="text_time",
            addition_time_embed_dim=8, transformer_layers_per_block=(1, 1), projection_class_embeddings_input_dim=80,
            cross_attention_dim=2 * WIDTH,
        )  # fmt: skip
        vae = AutoencoderKL(
            block_out_channels=(32, 64), down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2, latent_channels=4, sample_size=16,
        )  # fmt: skip
        text = CLIPTextConfig(
            hidden_size=WIDTH, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4, vocab_size=600,
            projection_dim=WIDTH, bos_token_id=0, eos_token_id=1, pad_token_id=1,
        )  # fmt: skip
        eyes = CLIPVisionModelWithProjection(
            CLIPVisionConfig(hidden_size=WIDTH, intermediate_size=37, num_hidden_layers=2, num_attention_heads=4,
                             image_size=32, patch_size=8, projection_dim=WIDTH)
        )  # fmt: skip
        towers = CLIPTextModel(text), CLIPTextModelWithProjection(text)
        adapter = _adapter(unet)
    words = [_letters(folder / f"words{i}") for i in range(2)]
    model = StableDiffusionXLPipeline(
        vae, towers[0], towers[1], words[0], words[1], unet, EulerDiscreteScheduler(), add_watermarker=False
    )
    model.save_pretrained(folder / "model")
    (folder / "adapter" / "sdxl_models").mkdir(parents=True)
    save_file(adapter, folder / "adapter" / "sdxl_models" / "face.safetensors")
    eyes.save_pretrained(folder / "adapter" / "models" / "image_encoder")
    return folder / "model", folder / "adapter"


def _adapter(unet) -> dict[str, torch.Tensor]:
    """Random weights of a plain IP-Adapter with 4 tokens: projection, and keys and values of each cross-attention."""
    wide, tokens = unet.config.cross_attention_dim, 4
    weights = {
        "image_proj.proj.weight": torch.randn(tokens * wide, WIDTH) * 0.1,
        "image_proj.proj.bias": torch.zeros(tokens * wide),
        "image_proj.norm.weight": torch.ones(wide),
        "image_proj.norm.bias": torch.zeros(wide),
    }
    number = 1
    for name in unet.attn_processors:
        if "attn2" in name:
            module = unet.get_submodule(name.removesuffix(".processor"))
            for part in ("to_k_ip", "to_v_ip"):
                weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(module.inner_dim, wide) * 0.1
        if "attn2" in name or "attn1" in name:
            number += "attn2" in name and 2
    return weights


def _words():
    """A T5-like tokenizer over single letters."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {w: i for i, w in enumerate(["<pad>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz ,-"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=16
    )


def _letters(folder: Path):
    """CLIP's tokenizer over bytes alone, without merges."""
    from transformers import CLIPTokenizer

    folder.mkdir(parents=True)
    letters = [chr(c) for c in range(33, 127)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(c + "</w>" for c in letters)]
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(
        str(folder / "vocab.json"), str(folder / "merges.txt"), unk_token="<|endoftext|>", model_max_length=77
    )
