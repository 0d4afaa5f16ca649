"""Words out of query outputs alone, by a small decoder that is thrown away after phase 1 (BLIP-2's ITG).

In: query outputs and texts about the same clips. Out: the texts' mean negative log-likelihood, or greedy texts. With a
language model at hand (`WordNaming`) also: how far its words for what is seen are from what it is given.

The contrastive loss alone leaves all queries alike: one vector is enough to tell pictures apart. A decoder that sees
nothing but the queries must find in them every word of the captions, so they come to hold what is where. BLIP-2
(arXiv 2301.12597, Sec. 3.2) makes the Q-Former itself the decoder; ours stands beside it: nothing of it is shipped, and
it costs a fiftieth of the language model, which then only has to learn to read what is there already.

Legend: B questions, Q queries, D their width, M texts, L words of the longest text, V vocabulary.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pvchat.chat.english import FUNCTION_WORDS

PAD, START, END, UNKNOWN = range(4)
RARE = 3  # words that occur less often are one unknown word, which is never learned
LONGEST = 24  # words of a text; what comes after is cut off
WIDTH, LAYERS, HEADS, DROPOUT = 256, 2, 4, 0.1  # of the decoder [choice]
_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*|[.,]")


class Vocabulary:
    """Words of the training texts by number.

    Args:
        texts: to count words in.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = Counter(word for text in texts for word in _WORD.findall(text.lower()))
        self.words = ["", "", "", "", *sorted(word for word, n in counts.items() if n >= RARE)]
        self.number = {word: i for i, word in enumerate(self.words) if word}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Numbers [M, L] of M texts between START and END, padded with PAD."""
        rows = [[self.number.get(w, UNKNOWN) for w in _WORD.findall(t.lower())[:LONGEST]] for t in texts]
        out = torch.full((len(rows), max(map(len, rows), default=0) + 2), PAD)
        for i, row in enumerate(rows):
            out[i, : len(row) + 2] = torch.tensor([START, *row, END])
        return out

    def decode(self, numbers: Tensor) -> list[str]:
        """Texts of numbers [M, L]; each ends where its END is."""
        texts = []
        for row in numbers.tolist():
            row = row[: row.index(END)] if END in row else row
            texts.append(re.sub(r" ([.,])", r"\1", " ".join(self.words[n] for n in row if n > UNKNOWN)))
        return texts


class CaptionDecoder(nn.Module):
    """A causal transformer that reads queries by cross-attention.

    Args:
        width: D.
        words: V.
        seed: of the weights.
    """

    def __init__(self, width: int, words: int, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.word = nn.Embedding(words, WIDTH)
            self.place = nn.Embedding(LONGEST + 2, WIDTH)
            for table in (self.word, self.place):
                nn.init.normal_(table.weight, std=0.02)
            self.memory = nn.Linear(width, WIDTH)
            layer = nn.TransformerDecoderLayer(
                WIDTH, HEADS, 4 * WIDTH, DROPOUT, F.gelu, batch_first=True, norm_first=True
            )
            self.layers = nn.TransformerDecoder(layer, LAYERS, norm=nn.LayerNorm(WIDTH))

    def forward(self, queries: Tensor, words: Tensor, owner: Tensor) -> Tensor:
        """Mean negative log-likelihood of texts, in nats a word.

        Args:
            queries: [B, Q, D].
            words: [M, L] from `Vocabulary.encode`.
            owner: [M] which row of the queries each text is about.
        """
        target = words[:, 1:].masked_fill(words[:, 1:] == UNKNOWN, PAD)
        logits = self._logits(self.memory(queries)[owner], words[:, :-1])
        return F.cross_entropy(logits.float().flatten(0, 1), target.flatten(), ignore_index=PAD)

    @torch.no_grad()
    def write(self, queries: Tensor) -> Tensor:
        """Greedy texts [B, L] for queries [B, Q, D]."""
        memory = self.memory(queries)
        words = torch.full((len(queries), 1), START, device=queries.device)
        for _ in range(LONGEST + 1):
            logits = self._logits(memory, words)[:, -1]
            logits[:, [PAD, START, UNKNOWN]] = -torch.inf
            words = torch.cat([words, logits.argmax(-1, keepdim=True)], dim=1)
        return words[:, 1:]

    def _logits(self, memory: Tensor, words: Tensor) -> Tensor:
        """[M, L, V] scores of the word after each of `words` [M, L]."""
        x = self.word(words) + self.place.weight[: words.shape[1]]
        causal = nn.Transformer.generate_square_subsequent_mask(words.shape[1], device=x.device, dtype=x.dtype)
        out = self.layers(x, memory, tgt_mask=causal, tgt_is_causal=True)
        return F.linear(out, self.word.weight)


class WordNaming(nn.Module):
    """Every word of a picture's captions should be what some query becomes for the language model.

    A query that lies where the model keeps its own word "grass" needs no explaining: the language model starts with a
    list of words about the picture instead of vectors it has never seen. The logit of a word is bias - scale · the
    squared distance of the nearest query, in mean squared lengths of words.

    Args:
        table: [V, W] the language model's embeddings of V words.
    """

    table: Tensor

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.register_buffer("table", table.detach().float().clone())
        self.scale = nn.Parameter(torch.tensor(8.0))  # a query far from all words (distance 1) gives each word
        self.bias = nn.Parameter(torch.tensor(2.7))  # about the .5 % that words have at random

    def forward(self, seen: Tensor, truth: Tensor) -> Tensor:
        """Binary cross-entropy over all words, in nats a true word.

        Args:
            seen: [B, Q, W] queries as the language model gets them.
            truth: [B, V] 1 for words of the picture's captions.
        """
        size = self.table.square().sum(1)
        distance = seen.square().sum(-1, keepdim=True) - 2 * seen @ self.table.T + size  # [B, Q, V]
        logits = self.bias - self.scale * distance.amin(1) / size.mean()
        return F.binary_cross_entropy_with_logits(logits, truth, reduction="sum") / truth.sum().clamp_min(1)


def nameable(vocabulary: Vocabulary, tokenizer: Any) -> dict[str, int]:
    """Content words that are one token of the language model, with that token."""
    tokens = {}
    for word in vocabulary.number:
        pieces = tokenizer(f" {word}", add_special_tokens=False)["input_ids"] if word.isalpha() else []
        if len(pieces) == 1 and word not in FUNCTION_WORDS:
            tokens[word] = int(pieces[0])
    return tokens


def words_of(texts: Sequence[str]) -> set[str]:
    """The words of some texts, lower case."""
    return {word for text in texts for word in _WORD.findall(text.lower())}
