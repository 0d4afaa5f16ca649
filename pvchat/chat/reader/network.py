"""The trained network that reads a question: it says what is asked (heads) and what each word is (tags).

A tag is "O" (nothing) or ROLE-TYPE, "S-name", with "+" before it where a second value of the same tag begins, and "!"
after it where the condition is denied: "who is not wearing a hat" has hat as "P-worn!". Its four parts are told apart
from each other. "same" is what the question before asked, "next" who comes after its answer; a P-pronoun ("does Ben
wear one, too?") is the condition before, an F-pronoun ("who is there then?") the time before.

Learned from a grammar (`recipes/reader/`) on MiniLM, in plain numpy (BERT's encoder, Devlin et al. 2019): its upper
four layers are tuned and lie beside this file with the heads; the lower ones stay mapped from the published file, so
that a question from the shell costs no import of a network runtime and reads no more of the file than it needs.

Legend: L tokens, W words, D width (384), H heads of attention.
"""

from __future__ import annotations

import json
import mmap
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import WeightsError
from pvchat.schemas import FloatArray
from pvchat.storage import tensorfile

ROLES: dict[str, str] = {
    "S": "whom the question is about, with what narrows them",
    "P": "what is asked of them, or looked for",
    "O": "who stands in a relation to them",
    "V": "whom they are held against",
    "X": "who is left out",
    "E": "whom an event is about",
    "F": "what happens in it",
}
TYPES: tuple[str, ...] = (
    "name", "unknown", "pronoun", "gender", "stranger", "worn", "colour", "hair", "deed", "posture", "holding", "near",
    "side", "place", "setting", "light", "thing", "shot_size", "present", "with", "alone", "beside", "left_of",
    "right_of", "nth", "number", "speaks", "says", "language", "music",
)  # fmt: skip
HEADS: dict[str, tuple[str, ...]] = {  # the first value of each is what it is where nothing is said
    "select": (
        "exists", "who", "count", "when", "how_long", "how_often", "attribute", "describe", "compare", "order", "shots",
        "length", "why", "refuse", "same",
    ),
    "attribute": (
        "none", "worn", "hair", "gender", "deed", "posture", "side", "place", "setting", "light", "background",
        "beside", "with", "holding", "near", "thing", "shot_size", "looks", "says", "language",
    ),
    "form": ("wh", "polar", "choice", "command"),
    "quantifier": ("any", "all", "none", "only", "both", "either"),
    "join": ("and", "or"),
    "known": ("any", "known", "strangers"),
    "relation": ("none", "while", "before", "after", "until", "since"),
    "event_nth": ("any", "first", "second", "third", "last"),
    "rank": ("none", "time", "long", "often", "left", "right", "near", "big"),
    "end": ("first", "last", "next"),
    "nth_by": ("left", "right", "time", "near"),
    "bound": ("none", "exactly", "at_least", "at_most", "more_than", "fewer_than"),
    "throughout": ("no", "yes", "ever"),
    "follow": ("none", "ellipsis", "correction", "why"),
    "if_so": ("no", "yes"),
    "refusal": ("unseen", "sound", "camera", "small_talk", "wish", "foreign", "unclear"),
    "unit": ("none", "video", "place", "day", "night", "week", "month", "year", "hour", "weekday"),
    "per": ("none", "which", "count", "each", "same", "other", "videos", "ago"),
}  # fmt: skip
OF_LIBRARY = ("library", ":")  # words before a question about many videos: "where is Ana now?" can be told of them
WORD = re.compile(r"'s\b|[^\W_]+(?:-[^\W_]+|'(?!s\b)[^\W_]+)*'?(?<!')|[^\s\w]")
FILE = Path(__file__).with_name("reader.safetensors")
WORD_PARTS: dict[str, tuple[str, ...]] = {
    "role": ("", *ROLES), "type": TYPES, "denied": ("", "!"), "begins": ("", "+"),
}  # fmt: skip
_TAGS = tuple(f"{role}-{kind}{denied}" for role in ROLES for kind in TYPES for denied in WORD_PARTS["denied"])
_ALIKE = 1.5  # by how much likelier (log) it is that a word has the tag of the one before it [choice]
_KNOWN = 4.0  # by how much likelier (log) that the words of a known phrase have a tag of its type [choice]
MAX_TOKENS = 128
LAYERS, TUNED, ATTENTION_HEADS, EPS = 6, 4, 12, 1e-12  # of all-MiniLM-L6-v2; upper ones that are the reader's
Weights = Mapping[str, FloatArray]
Heads = dict[str, Any]  # of `HEADS`, each with one of its labels


@dataclass(frozen=True)
class Labels:
    """What the network tells of one question."""

    heads: Heads  # the likeliest label of each
    selects: dict[str, float]  # the probability of each label of "select"
    tags: tuple[str, ...]  # the tag of each word; "O" of one that isn't read: beyond `MAX_TOKENS`, an accent alone
    second: int  # the word with which a second question begins; -1 for none
    whole: bool = True  # whether all of it was read


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

    def read(self, words: Sequence[str], phrases: Sequence[tuple[int, int, str]] = ()) -> Labels:
        """The labels of a question's words.

        Args:
            words: in lower case, names masked.
            phrases: which of them, from one to before another, are known as one of a type.
        """
        ids, word_of = tokenized(words)
        states = encoded(embedded(ids, self._weights), self._weights, range(LAYERS))
        places, at = np.array(word_of), sorted({*word_of} - {-1})  # not words too many, nor signs of which none is left
        by_word = np.stack([states[places == i].mean(0) for i in at])  # [W, D]
        mean = states.mean(0)
        sentence = np.concatenate((mean, states[0]))
        heads = {name: softmax(_linear(sentence, self._weights, name)) for name in HEADS}
        second = [-1, *at][int(np.concatenate(([0.0], _linear(by_word, self._weights, "second")[:, 0])).argmax())]
        best = {name: HEADS[name][int(row.argmax())] for name, row in heads.items()}
        selects = dict(zip(HEADS["select"], heads["select"].tolist(), strict=True))
        in_sentence = np.concatenate((by_word, np.tile(mean, (len(by_word), 1))), 1)  # [W, 2 D]
        chances = {name: np.log(softmax(_linear(in_sentence, self._weights, name))) for name in WORD_PARTS}
        known = [(bisect_left(at, start), bisect_left(at, end), kind) for start, end, kind in phrases]
        path = likeliest_path(_tag_scores(chances, known), _ALIKE)
        tags = ["O"] * len(words)
        for i, tag, new in zip(at, path, chances["begins"].argmax(1), strict=True):
            tags[i] = "+" * int(new) + _TAGS[tag - 1] if tag else "O"
        return Labels(best, selects, tuple(tags), second, len(ids) < MAX_TOKENS)


def _tag_scores(chances: Mapping[str, FloatArray], phrases: Sequence[tuple[int, int, str]]) -> FloatArray:
    """How likely (log) each word is "O", and each of `_TAGS` [W, 1 + tags]: its role, as that is told; its type and
    whether it is denied beside the likeliest of these, for a word of no role has neither. A known phrase is likelier
    to be of its type.
    """
    role, kind, denied = (chances[name] for name in ("role", "type", "denied"))
    rest = (kind - kind.max(1, keepdims=True))[:, :, None] + (denied - denied.max(1, keepdims=True))[:, None, :]
    tagged = role[:, 1:, None, None] + rest[:, None]
    for start, end, known in phrases:
        tagged[start:end, :, TYPES.index(known)] += _KNOWN
    return np.concatenate((role[:, :1], tagged.reshape(len(role), -1)), 1)


def likeliest_path(scores: FloatArray, alike: float) -> list[int]:
    """The likeliest tag of each word, where neighbours are likelier to have the same one (Viterbi 1967).

    Args:
        scores: log-probability of each tag [W, T]; tag 0 is none.
        alike: what is added to the score of a tag, but for none, after the same one.
    """
    bonus = np.where(np.arange(scores.shape[1]) > 0, alike, 0.0)
    total, came_from = scores[0], []
    for score in scores[1:]:
        best = int(total.argmax())
        stays = total + bonus > total[best]
        came_from.append(np.where(stays, np.arange(len(score)), best))
        total = np.where(stays, total + bonus, total[best]) + score
    path = [int(total.argmax())]
    for before in reversed(came_from):
        path.append(int(before[path[-1]]))
    return path[::-1]


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


def commonness(word: str) -> int:
    """The rank of a word in lower case among the encoder's, commoner ones first; of one that isn't whole, the last."""
    found: int | None = _tokenizer().token_to_id(word)
    return _tokenizer().get_vocab_size() if found is None else found


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
    found = {}
    for name, row in table.items():
        if row["dtype"] == "F32" and (all_layers or not name.startswith(tuned)):
            count, start = int(np.prod(row["shape"])), 8 + size + row["data_offsets"][0]
            found[name] = np.frombuffer(bytes_, np.float32, count, start).reshape(row["shape"])
    return found


def encoder_folder() -> Path:
    """The published encoder's folder."""
    from pvchat.model.sentences import downloaded_folder

    return downloaded_folder()


def embedded(ids: list[int], weights: Weights) -> FloatArray:
    """What goes into the first layer [L, D]."""
    words, places, segments = (
        weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
    )
    return _norm(words[ids] + places[: len(ids)] + segments[0], weights, "embeddings")


def encoded(states: FloatArray, weights: Weights, layers: range) -> FloatArray:
    """The states [L, D] after these layers."""
    for name in (f"encoder.layer.{number}" for number in layers):
        query, key, value = (
            np.stack(np.split(_linear(states, weights, f"{name}.attention.self.{part}"), ATTENTION_HEADS, axis=1))
            for part in ("query", "key", "value")
        )  # each [H, L, D / H]
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(np.float32(query.shape[2]))
        seen = np.concatenate(list(softmax(scores) @ value), axis=1)
        seen = _linear(seen, weights, f"{name}.attention.output.dense")
        states = _norm(seen + states, weights, f"{name}.attention.output")
        inner = _gelu(_linear(states, weights, f"{name}.intermediate.dense"))
        states = _norm(_linear(inner, weights, f"{name}.output.dense") + states, weights, f"{name}.output")
    return states


def softmax(x: FloatArray) -> FloatArray:
    """Along the last axis, without overflow."""
    shares = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(shares / shares.sum(-1, keepdims=True), np.float32)


def _linear(states: FloatArray, weights: Weights, name: str) -> FloatArray:
    return np.asarray(states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"], np.float32)


def _norm(states: FloatArray, weights: Weights, name: str) -> FloatArray:
    centred = states - states.mean(1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + EPS)
    return np.asarray(scaled * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"], np.float32)


def _gelu(x: FloatArray) -> FloatArray:
    """X · Φ(x), with the error function of Abramowitz and Stegun, 7.1.26 (off by less than 2e-7)."""
    z = np.abs(x) / np.sqrt(np.float32(2))
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return np.asarray(0.5 * x * (1 + np.sign(x) * (1 - series * np.exp(-(z**2)))), np.float32)
