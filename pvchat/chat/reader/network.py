"""The trained reader: the words of a masked question in, its heads and the tags of its words out.

Learned from a grammar (`recipes/reader/`) on MiniLM, whose upper four layers are tuned and lie beside this file with
the heads. A word's tag has four parts that are told apart from each other: its role, its type, whether the condition is
denied, and whether a second value of the same kind begins.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.chat.reader.encoder import LAYERS, TUNED, embedded, encoded, softmax
from pvchat.chat.reader.labels import HEADS, ROLES, TYPES
from pvchat.errors import WeightsError
from pvchat.schemas import FloatArray
from pvchat.storage import tensorfile

FILE = Path(__file__).with_name("reader.safetensors")
WORD_PARTS: dict[str, tuple[str, ...]] = {
    "role": ("", *ROLES), "type": TYPES, "denied": ("", "!"), "begins": ("", "+"),
}  # fmt: skip
MAX_TOKENS = 128


@dataclass(frozen=True)
class Labels:
    """What the network tells of one question.

    Attributes:
        heads: the likeliest label of each head.
        selects: the probability of each label of "select".
        tags: the tag of each word.
        second: the word with which a second question begins; -1 for none.
    """

    heads: dict[str, str]
    selects: dict[str, float]
    tags: tuple[str, ...]
    second: int


class Network:
    """The tuned layers and heads over the published encoder.

    Args:
        file: of the tuned layers and heads.

    Raises:
        WeightsError: it, or the published encoder, isn't there or isn't what it should be.
    """

    def __init__(self, file: Path = FILE) -> None:
        try:
            own = tensorfile.unpack(file.read_bytes())
        except (OSError, ValueError) as error:
            raise WeightsError("the reader of questions can't be read.", subject=str(file)) from error
        self._weights = {**lower_weights(all_layers=True), **unscaled(own)}

    def read(self, words: Sequence[str]) -> Labels:
        """The labels of a question's words (lower case, names masked)."""
        ids, word_of = tokenized(words)
        states = encoded(embedded(ids, self._weights), self._weights, range(LAYERS))
        places = np.array(word_of)
        by_word = np.stack([states[places == i].mean(0) for i in range(max(word_of) + 1)])  # [W, D]
        mean = states.mean(0)
        sentence = np.concatenate((mean, states[0]))
        heads = {name: softmax(self._head(name, sentence)) for name in HEADS}
        tags = self._tags(np.concatenate((by_word, np.tile(mean, (len(by_word), 1))), 1))
        second = int(np.concatenate(([0.0], self._head("second", by_word)[:, 0])).argmax()) - 1
        best = {name: HEADS[name][int(row.argmax())] for name, row in heads.items()}
        chances = dict(zip(HEADS["select"], heads["select"].tolist(), strict=True))
        return Labels(best, chances, tags, second)

    def _tags(self, words: FloatArray) -> tuple[str, ...]:
        """The tags of words [W, 2 D]."""
        picked = {name: [part[i] for i in self._head(name, words).argmax(1)] for name, part in WORD_PARTS.items()}
        return tuple(
            "O" if not role else f"{begins}{role}-{kind}{denied}"
            for role, kind, denied, begins in zip(*(picked[name] for name in WORD_PARTS), strict=True)
        )

    def _head(self, name: str, x: FloatArray) -> FloatArray:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"], np.float32)


def unscaled(arrays: Mapping[str, NDArray[Any]]) -> dict[str, FloatArray]:
    """Weights as floats: those kept as whole numbers (beside them each row's scale, "NAME.scale"), and the others."""
    found: dict[str, FloatArray] = {}
    for name, value in arrays.items():
        if value.dtype == np.int8:
            found[name] = value.astype(np.float32) * arrays[f"{name}.scale"].astype(np.float32)[:, None]
        elif not name.endswith(".scale"):
            found[name] = np.asarray(value, np.float32)
    return found


def tokenized(words: Sequence[str]) -> tuple[list[int], list[int]]:
    """Token ids with their marks at both ends, and to which word each token belongs (-1: none)."""
    tokenizer = _tokenizer()
    found = tokenizer.encode(list(words), is_pretokenized=True)
    return found.ids[:MAX_TOKENS], [-1 if w is None else w for w in found.word_ids[:MAX_TOKENS]]


def is_word(word: str) -> bool:
    """Whether a word in lower case is one of the encoder's whole words."""
    return _tokenizer().token_to_id(word) is not None


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    from pvchat.model.sentences import TOKENIZER

    tokenizer = Tokenizer.from_file(str(encoder_folder() / TOKENIZER))
    tokenizer.no_padding()
    return tokenizer


def lower_weights(all_layers: bool = False) -> dict[str, FloatArray]:
    """The published encoder's weights, mapped from their file: of the layers that stay as they are, or of all."""
    from pvchat.model.sentences import WEIGHTS

    with (encoder_folder() / WEIGHTS).open("rb") as file:
        bytes_ = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    size = int.from_bytes(bytes_[:8], "little")
    table: dict[str, dict[str, Any]] = json.loads(bytes_[8 : 8 + size])
    table.pop("__metadata__", None)
    tuned = tuple(f"encoder.layer.{n}." for n in range(LAYERS - TUNED, LAYERS))
    return {
        name: np.frombuffer(bytes_, np.float32, int(np.prod(row["shape"])), 8 + size + row["data_offsets"][0]).reshape(
            row["shape"]
        )
        for name, row in table.items()
        if row["dtype"] == "F32" and (all_layers or not name.startswith(tuned))
    }


def encoder_folder() -> Path:
    """The published encoder's folder."""
    from pvchat.model.sentences import downloaded_folder

    return downloaded_folder()
