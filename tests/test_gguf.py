"""The GGUF language model and its safetensors folder are the same model, and a failed conversion is told."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from pvchat.assets import packages, staging, weights
from pvchat.errors import WeightsError

QUESTIONS = [
    "What is the capital of France?", "Say in one sentence: Ana, red shirt, sitting, left.", "List three fruits.",
]  # fmt: skip


def test_a_gguf_becomes_the_same_model_as_safetensors(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A tiny random Llama, quantised as Q4_1: the same logits, tokens and configuration, bit for bit."""
    import torch

    _write_tiny_gguf(tmp_path / "tiny.gguf")
    told: list[tuple[str, int, int]] = []
    staging.convert(tmp_path / "tiny.gguf", tmp_path / "out", lambda *step: told.append(step))
    assert capfd.readouterr() == ("", "")  # progress is told, not drawn beside ours
    (model, tokenizer), (converted, reloaded) = _from_gguf(tmp_path / "tiny.gguf"), _from_folder(tmp_path / "out")
    ids = tokenizer("hello you", return_tensors="pt")["input_ids"]
    assert torch.equal(ids, reloaded("hello you", return_tensors="pt")["input_ids"])
    with torch.no_grad():
        assert torch.equal(model(ids).logits, converted(ids).logits)
    assert converted.dtype == torch.float32
    assert reloaded.chat_template == tokenizer.chat_template
    assert converted.generation_config.eos_token_id == model.generation_config.eos_token_id == 1
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1] == told[-1][2] == model.num_parameters() * 4


def test_junk_is_no_gguf(tmp_path: Path) -> None:
    (tmp_path / "junk.gguf").write_bytes(b"junk" * 100)
    with pytest.raises(WeightsError, match="can't be read"):
        staging.convert(tmp_path / "junk.gguf", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_full_disk_while_converting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """safetensors reports a full disk by an error of its own, which is no OSError."""
    from safetensors import SafetensorError
    from transformers import PreTrainedModel

    def full(*_: Any, **__: Any) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    _write_tiny_gguf(tmp_path / "tiny.gguf")
    monkeypatch.setattr(PreTrainedModel, "save_pretrained", full)
    with pytest.raises(OSError, match="No space left") as caught:
        staging.convert(tmp_path / "tiny.gguf", tmp_path / "out")
    assert caught.value.errno == errno.ENOSPC  # `weights.fetch` says that the disk is full


@pytest.mark.weights
def test_the_language_model_answers_as_its_gguf() -> None:
    import torch

    model, tokenizer = _from_gguf(weights.member_path("llm", packages.table("spoken")[0].names[0]))
    converted, reloaded = _from_folder(weights.member_path("llm"))
    for question in QUESTIONS:
        chat = [{"role": "user", "content": question}]
        given = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        again = reloaded.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        assert torch.equal(given["input_ids"], again["input_ids"])
        with torch.no_grad():
            assert torch.equal(model(**given).logits, converted(**given).logits)
            said = [m.generate(**given, max_new_tokens=16, do_sample=False) for m in (model, converted)]
        assert torch.equal(*said)


def _write_tiny_gguf(path: Path) -> None:
    """A Llama of width 32 with random weights: matrices in Q4_1, norms in float32."""
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter, quants

    tokens = ["<s>", "</s>", *sorted("helowyuĠ"), "he", "ll"]
    writer = GGUFWriter(str(path), "llama")
    for add, value in (
        (writer.add_context_length, 64), (writer.add_embedding_length, 32), (writer.add_block_count, 2),
        (writer.add_feed_forward_length, 64), (writer.add_head_count, 2), (writer.add_head_count_kv, 1),
        (writer.add_layer_norm_rms_eps, 1e-5), (writer.add_rope_dimension_count, 16),
        (writer.add_vocab_size, len(tokens)), (writer.add_tokenizer_model, "gpt2"),
        (writer.add_token_list, tokens), (writer.add_token_merges, ["h e", "l l"]),
        (writer.add_token_types, [3, 3] + [1] * (len(tokens) - 2)), (writer.add_bos_token_id, 0),
        (writer.add_eos_token_id, 1), (writer.add_unk_token_id, 0), (writer.add_pad_token_id, 1),
        (writer.add_chat_template, "{% for m in messages %}{{ m['content'] }}{% endfor %}"),
    ):  # fmt: skip
        add(value)  # type: ignore[operator]
    random, shapes = np.random.default_rng(0), {"token_embd.weight": (len(tokens), 32), "output_norm.weight": (32,)}
    for block in ("blk.0.", "blk.1."):
        shapes |= {block + "attn_norm.weight": (32,), block + "ffn_norm.weight": (32,)}
        shapes |= {block + f"attn_{kind}.weight": (32, 32) for kind in ("q", "output")}
        shapes |= {block + f"attn_{kind}.weight": (16, 32) for kind in ("k", "v")}
        shapes |= {block + f"ffn_{kind}.weight": (64, 32) for kind in ("gate", "up")}
        shapes |= {block + "ffn_down.weight": (32, 64)}
    for name, shape in shapes.items():
        values = random.normal(size=shape).astype(np.float32)
        if len(shape) == 1:
            writer.add_tensor(name, values)
        else:
            packed = quants.quantize(values, GGMLQuantizationType.Q4_1)
            writer.add_tensor(name, packed, raw_dtype=GGMLQuantizationType.Q4_1)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _from_gguf(path: Path) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    source: dict[str, Any] = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    plain = GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(**source, quantization_config=plain, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(**source)


def _from_folder(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
