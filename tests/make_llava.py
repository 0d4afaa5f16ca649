"""A LLaVA of some ten thousand random weights in the layout of the hub: model, tokenizer, image processor, template."""

from __future__ import annotations

from pathlib import Path

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>", "<image>")
TEMPLATE = (
    "{% for m in messages %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %} {% endfor %}{% endfor %}"
)


def save_tiny_llava(folder: Path, words: str) -> Path:
    """Save one that knows these words; the same one every time."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        PreTrainedTokenizerFast,
    )

    known = (*SPECIAL, *dict.fromkeys(words.split()))
    raw = Tokenizer(models.WordLevel({w: i for i, w in enumerate(known)}, "<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", unk_token="<unk>", bos_token="<s>", eos_token="</s>",
        extra_special_tokens={"image_token": "<image>"},
    )  # fmt: skip
    pictures = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = LlavaProcessor(
        pictures, tokenizer, patch_size=14, vision_feature_select_strategy="default", num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )  # fmt: skip
    eyes = CLIPVisionConfig(hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
                            image_size=28, patch_size=14)  # fmt: skip
    text = LlamaConfig(vocab_size=len(known), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
                       num_attention_heads=2, max_position_embeddings=512, pad_token_id=0, bos_token_id=2,
                       eos_token_id=3)  # fmt: skip
    config = LlavaConfig(vision_config=eyes, text_config=text, image_token_index=SPECIAL.index("<image>"),
                         vision_feature_layer=-1)  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlavaForConditionalGeneration(config)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
