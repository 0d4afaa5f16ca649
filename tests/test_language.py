"""Sentence vectors by a tiny random BERT saved to disk, and (marked `weights`) by the real one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pvchat.errors import WeightsError
from pvchat.model.deeds import CAPTION_QUESTION, caption_question
from pvchat.model.sentences import SentenceEncoder
from pvchat.runtime import best_dtype, compact_dtype

WORDS = ["<pad>", "<eos>", "<unk>", "user", "assistant", ":", "hi", "there", "is", "ana", "here", "yes", "no", ".", "?"]


def save_tokenizer(folder: Path, **special: str) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>", **special).save_pretrained(folder)


def test_the_processor_decides_on_bf16() -> None:
    """A model that mostly speaks is kept in bfloat16 wherever there are instructions for it."""
    import torch

    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert compact_dtype("cpu") == (torch.bfloat16 if probe() else best_dtype("cpu"))
    assert compact_dtype("mps") == torch.float32


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceEncoder:
    from transformers import BertConfig, BertModel

    path = tmp_path_factory.mktemp("bert")
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(path)
    save_tokenizer(path, pad_token="<pad>")
    return SentenceEncoder(path)


def test_sentence_vectors_are_unit_length_and_ignore_padding(encoder: SentenceEncoder) -> None:
    together = encoder.encode(["hi", "is ana here ? yes .", "hi"])
    assert together.shape == (3, 16)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(together[0], together[2])
    alone = SentenceEncoder(encoder.path).encode(["hi"])
    np.testing.assert_allclose(alone[0], together[0], atol=1e-5)


def test_sentence_vectors_are_those_of_transformers(encoder: SentenceEncoder) -> None:
    import torch
    from transformers import AutoTokenizer, BertModel

    texts = ["hi", "is ana here ? yes .", "yes"]
    batch = AutoTokenizer.from_pretrained(str(encoder.path))(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = BertModel.from_pretrained(str(encoder.path)).eval()(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    theirs = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
    np.testing.assert_allclose(encoder.encode(texts), theirs.numpy(), atol=1e-6)


def test_sentence_vectors_need_no_transformers(encoder: SentenceEncoder) -> None:
    """It takes 170 MB and seconds to import."""
    code = (
        "import sys; from pvchat.model.sentences import SentenceEncoder; "
        f"SentenceEncoder({str(encoder.path)!r}).encode(['hi']); "
        "print([name for name in ('transformers', 'torch._dynamo') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_broken_sentence_encoder_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="sentence encoder can't be read"):
        SentenceEncoder(tmp_path).encode(["hi"])


@pytest.mark.weights
def test_the_kept_vector_of_a_question_is_the_networks() -> None:
    np.testing.assert_allclose(SentenceEncoder().encode([CAPTION_QUESTION])[0], caption_question(), atol=1e-6)


@pytest.mark.weights
def test_the_real_model() -> None:
    texts = ["What is she wearing?", "Which clothes does she have on?", "The tax law of 1998"]
    vectors = SentenceEncoder().encode(texts)
    assert vectors.shape == (3, 384)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]
