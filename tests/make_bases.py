"""Tiny video language models of four families, random weights, in the layout of the hub: `save_base(family, folder)`.

Byte-level tokens and the family's special ones; two or four decoder layers with grouped-query attention. Everything a
folder from the hub has is there: config.json, model.safetensors, tokenizer and processor files, a chat template.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

FAMILIES = ("smolvlm", "qwen3_vl", "internvl", "llava_onevision")
SIDE, PATCH, WIDTH, HEADS, GROUPS = 32, 8, 32, 4, 2
TEXT = {
    "hidden_size": WIDTH, "intermediate_size": 64, "num_attention_heads": HEADS, "num_key_value_heads": GROUPS,
    "head_dim": 8, "max_position_embeddings": 4096, "tie_word_embeddings": True,
}  # fmt: skip
VISION = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
_PART = "{% if c['type'] == 'image' %}IMAGE{% elif c['type'] == 'video' %}VIDEO{% else %}{{ c['text'] }}{% endif %}"
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}" + _PART + "{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIAL: dict[str, dict[str, str]] = {
    "smolvlm": {
        "image_token": "<image>", "fake_image_token": "<fake_token_around_image>", "video_token": "<video>",
        "end_of_utterance_token": "<end_of_utterance>", "global_image_token": "<global-img>",
    },
    "qwen3_vl": {
        "image_token": "<|image_pad|>", "video_token": "<|video_pad|>", "vision_start_token": "<|vision_start|>",
        "vision_end_token": "<|vision_end|>",
    },
    "internvl": {
        "start_image_token": "<img>", "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    },
    "llava_onevision": {"image_token": "<image>", "video_token": "<video>"},
}  # fmt: skip
_SHOWN = {  # how a family's template writes a picture and a video
    "smolvlm": ("<image>", "<video>"),
    "qwen3_vl": ("<|vision_start|><|image_pad|><|vision_end|>", "<|vision_start|><|video_pad|><|vision_end|>"),
    "internvl": ("<IMG_CONTEXT>", "<video>"),
    "llava_onevision": ("<image>", "<video>"),
}


def save_base(family: str, folder: Path, layers: int = 2, seed: int = 0, words: Sequence[str] = ()) -> Path:
    """Save one; the same one every time.

    Args:
        family: one of `FAMILIES`.
        folder: made when absent.
        layers: of the decoder.
        seed: of the weights.
        words: texts whose words become tokens; without any, every letter is one.
    """
    import torch

    tokenizer = _tokenizer(family, words)
    processor, config = _BUILDERS[family](tokenizer, layers)
    from transformers import AutoModelForImageTextToText

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AutoModelForImageTextToText.from_config(config)
        for parameter in model.parameters():  # the usual spread of .02 says next to nothing at this width
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.7 * parameter.shape[1] ** -0.5 if parameter.dim() == 2 else 0.1)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _tokenizer(family: str, words: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    if words:
        trainer = trainers.BpeTrainer(vocab_size=4096, min_frequency=1, initial_alphabet=letters, show_progress=False)
        raw.train_from_iterator(words, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<|pad|>", eos_token="<|im_end|>", bos_token="<|im_start|>",
        extra_special_tokens=_SPECIAL[family],
    )  # fmt: skip


def _template(family: str) -> str:
    image, video = _SHOWN[family]
    return _TEMPLATE.replace("IMAGE", image).replace("VIDEO", video)


def _text(tokenizer: Any, layers: int, **more: Any) -> dict[str, Any]:
    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    return {
        **TEXT, **ids, "num_hidden_layers": layers, "vocab_size": len(tokenizer), **more,
        "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip


def _smolvlm(tokenizer: Any, layers: int) -> tuple[Any, Any]:
    from transformers import SmolVLMConfig, SmolVLMImageProcessor, SmolVLMProcessor, SmolVLMVideoProcessor

    edge = {"longest_edge": SIDE}
    pictures = SmolVLMImageProcessor(size=edge, max_image_size=edge, do_image_splitting=False)
    videos = SmolVLMVideoProcessor(size=edge, max_image_size=edge)
    tokens = (SIDE // PATCH) ** 2 // 4
    processor = SmolVLMProcessor(pictures, tokenizer, videos, image_seq_len=tokens, chat_template=_template("smolvlm"))
    text = _text(tokenizer, layers, model_type="llama")
    vision = {**VISION, "image_size": SIDE, "patch_size": PATCH}
    config = SmolVLMConfig(text_config=text, vision_config=vision, image_token_id=tokenizer.image_token_id,
                           scale_factor=2, pad_token_id=tokenizer.pad_token_id, tie_word_embeddings=True)  # fmt: skip
    return processor, config


def _qwen3_vl(tokenizer: Any, layers: int) -> tuple[Any, Any]:
    from transformers import Qwen2VLImageProcessor, Qwen3VLConfig, Qwen3VLProcessor, Qwen3VLVideoProcessor

    size = {"shortest_edge": SIDE * SIDE, "longest_edge": 16 * SIDE * SIDE}
    options = {"patch_size": PATCH, "merge_size": 2, "temporal_patch_size": 2, "size": size}
    processor = Qwen3VLProcessor(Qwen2VLImageProcessor(**options), tokenizer, Qwen3VLVideoProcessor(**options),
                                 chat_template=_template("qwen3_vl"))  # fmt: skip
    rope = {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10000.0}
    vision = {"depth": 2, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2, "patch_size": PATCH,
              "out_hidden_size": WIDTH, "spatial_merge_size": 2, "num_position_embeddings": 64,
              "deepstack_visual_indexes": [0]}  # fmt: skip
    config = Qwen3VLConfig(
        text_config=_text(tokenizer, layers, rope_parameters=rope), vision_config=vision, tie_word_embeddings=True,
        image_token_id=tokenizer.image_token_id, video_token_id=tokenizer.video_token_id,
        vision_start_token_id=tokenizer.vision_start_token_id, vision_end_token_id=tokenizer.vision_end_token_id,
    )  # fmt: skip
    return processor, config


def _internvl(tokenizer: Any, layers: int) -> tuple[Any, Any]:
    from transformers import GotOcr2ImageProcessor, InternVLConfig, InternVLProcessor, InternVLVideoProcessor

    size = {"height": SIDE, "width": SIDE}
    processor = InternVLProcessor(
        GotOcr2ImageProcessor(size=size, crop_to_patches=False), tokenizer, InternVLVideoProcessor(size=size),
        image_seq_length=(SIDE // PATCH) ** 2 // 4, chat_template=_template("internvl"),
    )  # fmt: skip
    vision = {**VISION, "image_size": [SIDE, SIDE], "patch_size": [PATCH, PATCH]}
    text = _text(tokenizer, layers, model_type="qwen2")
    config = InternVLConfig(vision_config=vision, text_config=text, image_token_id=tokenizer.context_image_token_id,
                            image_seq_length=(SIDE // PATCH) ** 2 // 4, tie_word_embeddings=True)  # fmt: skip
    return processor, config


def _llava_onevision(tokenizer: Any, layers: int) -> tuple[Any, Any]:
    from transformers import (
        LlavaOnevisionConfig,
        LlavaOnevisionImageProcessor,
        LlavaOnevisionProcessor,
        LlavaOnevisionVideoProcessor,
    )

    size, grid = {"height": SIDE, "width": SIDE}, [[SIDE, SIDE]]
    processor = LlavaOnevisionProcessor(
        LlavaOnevisionImageProcessor(size=size, image_grid_pinpoints=grid), tokenizer,
        LlavaOnevisionVideoProcessor(size=size), num_image_tokens=(SIDE // PATCH) ** 2,
        vision_feature_select_strategy="full", chat_template=_template("llava_onevision"),
    )  # fmt: skip
    vision = {**VISION, "image_size": SIDE, "patch_size": PATCH, "model_type": "siglip_vision_model",
              "vision_use_head": False}  # fmt: skip
    text = _text(tokenizer, layers, model_type="qwen2")
    config = LlavaOnevisionConfig(
        vision_config=vision, text_config=text, image_token_index=tokenizer.image_token_id,
        video_token_index=tokenizer.video_token_id, image_grid_pinpoints=grid, tie_word_embeddings=True,
        vision_feature_select_strategy="full", vision_feature_layer=-1,
    )  # fmt: skip
    return processor, config


_BUILDERS = {
    "smolvlm": _smolvlm, "qwen3_vl": _qwen3_vl, "internvl": _internvl, "llava_onevision": _llava_onevision
}  # fmt: skip
