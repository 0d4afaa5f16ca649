"""Words in speech: Whisper tiny.en, and Whisper base for other languages; frozen, in plain torch.

In: up to 28 s of sound. Out: the words with their times, and which language it is. Source: Radford et al. 2022
(arXiv:2212.04356); constants, suppressed tokens and alignment heads are OpenAI's. The packaged files are CTranslate2's
(format 6); why it isn't run by CTranslate2: docs/adr/0039-sound.md; when base is asked: 0060-words-in-the-library.md.

Letters of shapes: T tokens, D width of the network, F frames of the encoder (50 a second).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from pvchat.assets.weights import member_path
from pvchat.perception.experts.voiceprint import FFT, mel_filters
from pvchat.schemas import LANGUAGES, SAMPLE_RATE, FloatArray, SpokenWord

WINDOW_S = 30.0  # what the encoder always sees; shorter sound is followed by silence
_HEAD, _MELS, _HOP = 64, 80, 160  # width of a head of attention
_FRAME_S = 0.02
# Special tokens: the end and the beginning of a text, its language is kept, nobody speaks, it comes without times.
_END, _START, _WRITE = "<|endoftext|>", "<|startoftranscript|>", "<|transcribe|>"
_NO_SPEECH, _NO_TIMES = "<|nocaptions|>", "<|notimestamps|>"
_MOST_TOKENS = 224  # half of what the decoder can hold, as OpenAI's
_TOKENS_A_SECOND, _SPARE_TOKENS = 10, 12  # fast speech has about six; more is a loop
_UNLIKELY, _SILENT = -1.0, 0.6  # OpenAI's: a mean log-probability below, with that of "no speech" above, is no speech
_SURE = 0.3  # probability from which a language is told, and heard as such [choice]
_ROWS = 256  # of the embeddings that become float32 at once: in the cache that takes no longer than float32 does
_MEDIAN = 7  # frames of the filter on attention
_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}

_KeyValues = dict[str, tuple[Tensor, Tensor]]  # keys and values of the tokens before, and of the sound


class WordExpert:
    """Hears words: English ones, or those of many languages; raises WeightsError where its weights aren't here.

    `model`: the parts, in order, of one of many languages, the first beside its other files; else the fetched tiny.en.
    """

    def __init__(self, *model: Path) -> None:
        parts = model or (member_path("words") / "model.bin",)
        self._folder = parts[0].parent
        config = json.loads((self._folder / "config.json").read_text(encoding="utf-8"))
        self._weights = {name: torch.from_numpy(array) for name, array in _read_model(parts)}
        self._layers = sum(name.endswith("attention/linear_2/bias") for name in self._weights)
        self._languages = torch.tensor(config["lang_ids"])  # tokens
        self._aligned: list[tuple[int, int]] = [(layer, head) for layer, head in config["alignment_heads"]]
        self._banned, self._banned_first = (torch.tensor(config[f"suppress_ids{at}"]) for at in ("", "_begin"))
        self._mel = torch.from_numpy(mel_filters(_MELS))

    @classmethod
    def of_languages(cls) -> WordExpert:
        """The one that hears many languages; raises WeightsError where its weights aren't here."""
        roles = ("languages", "languages_rest")
        return cls(*(member_path(role, f"model.bin.part{part}") for part, role in enumerate(roles, 1)))

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(self._folder / "tokenizer.json"))

    def _token(self, text: str) -> int:
        return int(self._tokenizer.token_to_id(text))

    @torch.inference_mode()
    def words(self, samples: FloatArray, start_s: float = 0.0) -> list[SpokenWord]:
        """The words of a stretch of English, in order; none where nobody speaks.

        `samples`: [n] at 16 kHz, -1..1, at most `WINDOW_S`, which begin at `start_s`.
        """
        return self._words(self._encode(samples), len(samples) / SAMPLE_RATE, start_s)

    @torch.inference_mode()
    def words_and_language(
        self, samples: FloatArray, start_s: float, english: WordExpert
    ) -> tuple[list[SpokenWord], str]:
        """The words of a stretch of sound, and the code of its language, such as "de"; "" where that isn't sure.

        Only the expert `of_languages` tells it; English, and what isn't sure, is left to the other one.
        """
        sound = self._encode(samples)
        decoded, _ = self._decoder_step([self._token(_START)], 0, dict(sound))
        likely = self._logits(decoded[0])[self._languages].softmax(-1).tolist()
        codes = (self._tokenizer.id_to_token(token).strip("<|>") for token in self._languages.tolist())
        probability, language = max((p, code) for p, code in zip(likely, codes, strict=True) if code in LANGUAGES)
        if language == "en" or probability < _SURE:
            return english.words(samples, start_s), language if probability >= _SURE else ""
        return self._words(sound, len(samples) / SAMPLE_RATE, start_s, language), language

    def _words(self, sound: _KeyValues, length_s: float, start_s: float, language: str = "") -> list[SpokenWord]:
        """The words of `_encode` sound; the language's code is for the expert of many."""
        spoken = (f"<|{language}|>", _WRITE) if language else ()
        prompt = [self._token(text) for text in (_START, *spoken, _NO_TIMES)]
        tokens, attention = self._decode(sound, length_s, prompt)
        if not tokens:
            return []
        frames = max(2, min(attention.shape[-1], round(length_s / _FRAME_S)))
        smooth = torch.stack([_smoothed(head[:, :frames]) for head in attention]).mean(0)
        begins = _warp(-smooth[len(prompt) - 1 :].numpy())  # what writes a token attends to its sound
        times = np.asarray(np.minimum(begins * _FRAME_S, length_s), np.float32)  # [T + 1]: the last one is the end
        return [
            SpokenWord(text, round(start_s + float(times[first]), 2), round(start_s + float(times[last]), 2))
            for text, first, last in self._split_words(tokens)
        ]

    def _encode(self, samples: FloatArray) -> _KeyValues:
        """Encode sound: the keys and values [1500, D] that each layer of the decoder attends to."""
        padded = np.zeros(int(WINDOW_S * SAMPLE_RATE), np.float32)
        padded[: len(samples)] = samples[: len(padded)]
        x = log_mel(torch.from_numpy(padded), self._mel)[None]
        for name, stride in (("conv1", 1), ("conv2", 2)):
            weight, bias = (self._weights[f"encoder/{name}/{part}"].float() for part in ("weight", "bias"))
            x = F.gelu(F.conv1d(x, weight, bias, stride, padding=1))
        x = x[0].T + self._weights["encoder/position_encodings/encodings"]
        for layer in range(self._layers):
            at = f"encoder/layer_{layer}"
            q, k, v = self._linear(self._norm(x, f"{at}/self_attention"), f"{at}/self_attention/linear_0").chunk(3, -1)
            q, k, v = (part.view(1, len(x), -1, _HEAD).transpose(1, 2) for part in (q, k, v))
            mixed = F.scaled_dot_product_attention(q, k, v)  # never all weights of attention at once
            x = x + self._linear(mixed.transpose(1, 2)[0].flatten(1), f"{at}/self_attention/linear_1")
            x = x + self._feed_forward(x, at)
        x, names = self._norm(x, "encoder"), [f"decoder/layer_{i}/attention/linear_1" for i in range(self._layers)]
        pairs = (self._linear(x, name).chunk(2, -1) for name in names)
        return {f"sound {layer}": (key, value) for layer, (key, value) in enumerate(pairs)}

    def _decode(self, sound: _KeyValues, length_s: float, prompt: list[int]) -> tuple[list[int], Tensor]:
        """Decode the sound greedily: the tokens after the prompt's P, none where nobody speaks, and the attention
        [heads, P + T, F] of the aligned heads to the sound.
        """
        kept, tokens, total, silence, attended = dict(sound), prompt, 0.0, 0.0, []
        most = min(_MOST_TOKENS, int(length_s * _TOKENS_A_SECOND) + _SPARE_TOKENS)
        new = tokens
        while True:
            decoded, attention = self._decoder_step(new, len(tokens) - len(new), kept)
            attended.append(attention)
            if new is tokens:
                silence = float(self._logits(decoded[0]).softmax(-1)[self._token(_NO_SPEECH)])
            last = self._logits(decoded[-1])
            last[self._banned] = -torch.inf
            if new is tokens:
                last[self._banned_first] = -torch.inf
            best = int(last.argmax())
            total += float(last.log_softmax(-1)[best])
            if best == self._token(_END) or len(tokens) == most + len(prompt):
                break
            tokens, new = [*tokens, best], [best]
        written = tokens[len(prompt) :]
        is_speech = silence <= _SILENT or total / (len(written) + 1) >= _UNLIKELY
        return written if is_speech else [], torch.cat(attended, 1)

    def _split_words(self, tokens: list[int]) -> list[tuple[str, int, int]]:
        """The words of some tokens: text, number of the first token, number after the last one that is spoken."""
        words: list[tuple[str, int, int]] = []
        for number, token in enumerate(tokens):
            piece = self._tokenizer.decode([token])
            spoken = any(c.isalnum() for c in piece)
            if words and not piece.startswith(" "):
                _, first, last = words[-1]
                text = self._tokenizer.decode(tokens[first : number + 1]).strip()
                words[-1] = (text, first, number + 1 if spoken else last)
            else:
                words.append((piece.strip(), number, number + 1))
        return [word for word in words if any(c.isalnum() for c in word[0])]

    def _decoder_step(self, tokens: list[int], before: int, kept: _KeyValues) -> tuple[Tensor, Tensor]:
        """Decode T tokens after `before` others: hidden states [T, D], attention [heads, T, F] of aligned heads."""
        places = self._weights["decoder/position_encodings/encodings"]
        embedded = self._weights["decoder/embeddings/weight"][torch.tensor(tokens)].float()
        x = embedded + places[before : before + len(tokens)]
        attentions = []
        for layer in range(self._layers):
            at = f"decoder/layer_{layer}"
            q, k, v = self._linear(self._norm(x, f"{at}/self_attention"), f"{at}/self_attention/linear_0").chunk(3, -1)
            if f"text {layer}" in kept:
                k, v = (torch.cat(pair) for pair in zip(kept[f"text {layer}"], (k, v), strict=True))
            kept[f"text {layer}"] = (k, v)
            x = x + self._linear(_attend(q, k, v, causal=True)[0], f"{at}/self_attention/linear_1")
            query = self._linear(self._norm(x, f"{at}/attention"), f"{at}/attention/linear_0")
            seen, attention = _attend(query, *kept[f"sound {layer}"])
            attentions += [attention[head].clone() for aligned, head in self._aligned if aligned == layer]
            x = x + self._linear(seen, f"{at}/attention/linear_2")
            x = x + self._feed_forward(x, at)
        return self._norm(x, "decoder"), torch.stack(attentions)

    def _logits(self, decoded: Tensor) -> Tensor:
        """Logits [vocabulary] of the next token, from a hidden state [D]."""
        parts = self._weights["decoder/embeddings/weight"].split(_ROWS)
        return torch.cat([part.float() @ decoded for part in parts])

    def _feed_forward(self, x: Tensor, at: str) -> Tensor:
        inner = F.gelu(self._linear(self._norm(x, f"{at}/ffn"), f"{at}/ffn/linear_0"))
        return self._linear(inner, f"{at}/ffn/linear_1")

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self._weights[f"{name}/weight"].float(), self._weights[f"{name}/bias"].float())

    def _norm(self, x: Tensor, name: str) -> Tensor:
        gamma, beta = self._weights[f"{name}/layer_norm/gamma"], self._weights[f"{name}/layer_norm/beta"]
        return F.layer_norm(x, gamma.shape, gamma.float(), beta.float())


def _attend(q: Tensor, k: Tensor, v: Tensor, causal: bool = False) -> tuple[Tensor, Tensor]:
    """Multi-head attention: the output [T, D], and the weights [heads, T, keys]."""
    q, k, v = (x.view(len(x), -1, _HEAD).transpose(0, 1) for x in (q, k, v))
    scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
    if causal and q.shape[1] > 1:  # the tokens before all come first
        scores = scores + torch.full(scores.shape[1:], -torch.inf).triu(1 + k.shape[1] - q.shape[1])
    weights_ = scores.softmax(-1)
    return (weights_ @ v).transpose(0, 1).flatten(1), weights_


def log_mel(samples: Tensor, filters: Tensor) -> Tensor:
    """[80, frames] log-mel spectrogram, a frame each 10 ms, as Whisper was trained on."""
    spectrum = torch.stft(samples, FFT, _HOP, window=torch.hann_window(FFT), return_complex=True)[:, :-1].abs() ** 2
    logs = (filters @ spectrum).clamp(min=1e-10).log10()
    return (torch.maximum(logs, logs.max() - 8.0) + 4.0) / 4.0


def _smoothed(head: Tensor) -> Tensor:
    """[T, F] attention of a head, comparable between tokens, without single peaks."""
    even = (head - head.mean(0)) / head.std(0, correction=0).clamp_min(1e-6)
    if head.shape[1] <= _MEDIAN:
        return even
    return F.pad(even[None], (_MEDIAN // 2, _MEDIAN // 2), mode="reflect")[0].unfold(-1, _MEDIAN, 1).median(-1).values


def _warp(cost: FloatArray) -> FloatArray:
    """[T] first frame of each of T rows by dynamic time warping of a cost [T, F] (Sakoe and Chiba 1978)."""
    rows, frames = cost.shape
    above, ways = [0.0, *[float("inf")] * frames], np.zeros((rows + 1, frames + 1), np.int8)
    for i, costs in enumerate(cost.tolist(), 1):  # plain floats: faster than single elements of arrays
        here = [float("inf")]
        for j in range(1, frames + 1):
            least, way = above[j - 1], 0
            if above[j] < least:
                least, way = above[j], 1
            if here[j - 1] < least:
                least, way = here[j - 1], 2
            here.append(costs[j - 1] + least)
            ways[i, j] = way
        above = here
    begins, i, j = np.zeros(rows, np.float32), rows, frames
    while i > 0 and j > 0:
        begins[i - 1] = j - 1
        i, j = i - (ways[i, j] != 2), j - (ways[i, j] != 1)
    return begins


def _read_model(paths: Sequence[Path]) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """The arrays of a CTranslate2 model by name; those that are used anew for every token as float32.

    Its parts are read as if they were one file; they are never in memory together.
    """
    with ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in paths]

        def read(count: int) -> bytes:
            data = files[0].read(count)
            if len(data) < count and files[1:]:
                del files[0]
                return data + read(count - len(data))
            return data

        def text() -> str:
            return read(struct.unpack("<H", read(2))[0])[:-1].decode()

        def number() -> int:
            return int(struct.unpack("<I", read(4))[0])

        _ = number(), text(), number()  # version, kind, revision
        for _ in range(number()):
            name, rank = text(), read(1)[0]
            shape = struct.unpack(f"<{rank}I", read(4 * rank))
            kind = _TYPES[read(1)[0]]
            array = np.frombuffer(read(number()), kind).reshape(shape)
            if rank:
                kept = name.startswith("encoder/") or name == "decoder/embeddings/weight"  # in half the memory
                yield name, array.astype(kind if kept else np.float32)
