"""The decoder of phase 1: words in and out, likelihood against torch's own loss, queries that matter."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from recipes.model.base.grounding import (
    END,
    LONGEST,
    PAD,
    RARE,
    START,
    UNKNOWN,
    CaptionDecoder,
    Vocabulary,
    WordNaming,
    nameable,
    words_of,
)

TEXTS = ["A dog runs.", "A dog sits on the T-shirt, happy."] * RARE + ["A zebra runs."]


def test_vocabulary_round_trip_and_rare_words():
    words = Vocabulary(TEXTS)
    numbers = words.encode(["A dog runs.", "A zebra sits, happy", ""])
    assert numbers[0, :5].tolist() == [START, *(words.number[w] for w in ("a", "dog", "runs", "."))]
    assert numbers[1, 2] == UNKNOWN  # seen once
    assert numbers[2].tolist() == [START, END] + [PAD] * (numbers.shape[1] - 2)
    assert words.decode(numbers[:, 1:]) == ["a dog runs.", "a sits, happy", ""]
    assert words.encode(["dog " * 99]).shape[1] == LONGEST + 2


@pytest.fixture(scope="module")
def decoder() -> CaptionDecoder:
    return CaptionDecoder(8, len(Vocabulary(TEXTS)), seed=1).eval()


def test_likelihood_leaves_padding_and_unknown_words_out(decoder):
    words = Vocabulary(TEXTS).encode(["A dog runs.", "A zebra runs on the T-shirt."])
    queries = torch.randn((2, 3, 8), generator=torch.Generator().manual_seed(0))
    owner = torch.tensor([1, 0])
    logits = decoder._logits(decoder.memory(queries)[owner], words[:, :-1])
    kept = (words[:, 1:] != PAD) & (words[:, 1:] != UNKNOWN)
    expected = F.cross_entropy(logits[kept], words[:, 1:][kept])
    assert torch.allclose(decoder(queries, words, owner), expected, atol=1e-6)


def test_later_words_and_other_clips_are_not_seen(decoder):
    words = Vocabulary(TEXTS).encode(["A dog runs.", "A dog sits on the T-shirt."])
    queries = torch.randn((2, 3, 8), generator=torch.Generator().manual_seed(0))
    logits = decoder._logits(decoder.memory(queries), words[:, :-1])
    changed = words.clone()
    changed[:, 3:] = END
    assert torch.allclose(decoder._logits(decoder.memory(queries), changed[:, :-1])[:, :3], logits[:, :3], atol=1e-6)
    other = torch.stack([queries[0], queries[1] + 1])
    again = decoder._logits(decoder.memory(other), words[:, :-1])
    assert torch.allclose(again[0], logits[0], atol=1e-6)
    assert not torch.allclose(again[1], logits[1], atol=1e-3)


def test_it_learns_to_say_what_the_queries_hold():
    words, texts = Vocabulary(TEXTS), ["A dog runs.", "A dog sits on the T-shirt, happy."]
    decoder = CaptionDecoder(8, len(words), seed=1)
    queries = torch.randn((2, 3, 8), generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(decoder.parameters(), 2e-3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for _ in range(150):
            optimizer.zero_grad()
            decoder(queries, words.encode(texts), torch.tensor([0, 1])).backward()
            optimizer.step()
    assert words.decode(decoder.eval().write(queries)) == [t.lower() for t in texts]


def test_naming_is_the_nearest_query_of_each_word():
    table = torch.randn((5, 6), generator=torch.Generator().manual_seed(0))
    naming = WordNaming(table)
    seen = torch.randn((2, 3, 6), generator=torch.Generator().manual_seed(1))
    truth = torch.tensor([[1.0, 0, 0, 1, 0], [0, 1, 0, 0, 0]])
    nearest = torch.cdist(seen, table).square().amin(1) / table.square().sum(1).mean()
    logits = naming.bias - naming.scale * nearest
    expected = F.binary_cross_entropy_with_logits(logits, truth, reduction="sum") / 3
    assert torch.allclose(naming(seen, truth), expected, atol=1e-5)
    there = torch.stack([table[[0, 3, 0]], table[[1, 1, 1]]])
    assert naming(there, truth) < 0.2 < naming(seen, truth)


def test_only_single_content_words_are_nameable():
    def tokenizer(text, add_special_tokens):
        return {"input_ids": [len(text)] * (2 if "shirt" in text else 1)}

    found = nameable(Vocabulary(TEXTS), tokenizer)
    assert found == {"dog": 4, "happy": 6, "runs": 5, "sits": 5}
    assert words_of(TEXTS[:2]) == {"a", "dog", "runs", ".", "sits", "on", "the", "t-shirt", ",", "happy"}
