"""A transformers image-text model as a baseline: the real loading and prompting code, on a tiny random model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from make_people import jpeg

from pvchat.eval.manifest import Item, Manifest
from pvchat.eval.systems.base import Case, Scene
from pvchat.eval.systems.hub import FRAMES, HubModel
from pvchat.eval.systems.registry import build
from pvchat.person import Person

TEMPLATE = (
    "{% for m in messages %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }} {% endif %}{% endfor %}{% endfor %}"
)
TEXT = """<pad> <unk> <s> </s> <image> This is Ana Ben : These are frames of a video , in order Is there ? Answer one
sentence . yes no Yes No not"""
WORDS = TEXT.split()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A tiny LLaVA in the hub's own layout: model, tokenizer, image processor, chat template."""
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

    folder = tmp_path_factory.mktemp("hub") / "tiny-llava"
    words = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, "<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", unk_token="<unk>", bos_token="<s>", eos_token="</s>",
        additional_special_tokens=["<image>"],
    )  # fmt: skip
    pictures = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    processor = LlavaProcessor(
        pictures, tokenizer, patch_size=14, vision_feature_select_strategy="default", chat_template=TEMPLATE,
        num_additional_image_tokens=1,
    )  # fmt: skip
    eyes = CLIPVisionConfig(hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
                            image_size=28, patch_size=14)  # fmt: skip
    text = LlamaConfig(vocab_size=len(WORDS), hidden_size=16, intermediate_size=32, num_hidden_layers=2,
                       num_attention_heads=2, pad_token_id=0, bos_token_id=2, eos_token_id=3)  # fmt: skip
    config = LlavaConfig(vision_config=eyes, text_config=text, image_token_index=4, vision_feature_layer=-1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = LlavaForConditionalGeneration(config)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """Ana is enrolled, with a thumbnail; clips are ten grey frames."""
    frames = np.full((10, 40, 60, 3), np.arange(10, dtype=np.uint8)[:, None, None, None] * 20, np.uint8)
    monkeypatch.setattr("pvchat.video.load", lambda path, config: SimpleNamespace(images=frames))
    people = SimpleNamespace(all=lambda: [Person("Ana", thumbnail=jpeg(1))])
    chat = SimpleNamespace(device="cpu", people=people, settings=SimpleNamespace(video=None))
    return Scene(Manifest("m", tmp_path, (), ()), {"instant": chat})


def question(*names):
    return Item("q", "s", "v.mp4", names, "single", "existence", "Is Ana there ?", "yes", dict.fromkeys(names, True))


def test_it_answers_with_reference_and_frames(tiny, scene, tmp_path):
    system = build([f"hub:{tiny}"], scene)[0]
    assert isinstance(system, HubModel)
    case = Case("v.mp4", tmp_path / "v.mp4", None)
    said = system.answer(question("Ana"), case)
    assert said == system.answer(question("Ana"), case)  # greedy
    assert [p["name"] for p in said.people] == ["Ana"]
    assert said.people[0]["decision"] in ("present", "absent", "unsure")


def test_the_prompt_shows_who_is_who(tiny, scene, tmp_path):
    content = HubModel(str(tiny), scene).prompt(question("Ana", "Ben"), Case("v.mp4", tmp_path / "v.mp4", None))[0][
        "content"
    ]
    kinds = [part["type"] for part in content]
    assert kinds == ["text", "image", "text", *["image"] * FRAMES, "text"]  # Ben has no picture
    assert content[0]["text"] == "This is Ana:"
    first, last = (np.asarray(content[i]["image"]).mean() for i in (3, 2 + FRAMES))
    assert (first, last) == (0, 180)  # the first and the last frame of the clip
