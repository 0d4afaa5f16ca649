"""Whose voice it is: Resemblyzer's speaker encoder, frozen.

A voiceprint is a direction of 256 numbers that lies near others of the same voice; it is biometric, as a faceprint is.
Source: https://github.com/resemble-ai/Resemblyzer (Apache-2.0), after Wan et al. 2018 (arXiv:1710.10467).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from pvchat.assets.weights import member_path
from pvchat.schemas import SAMPLE_RATE, VOICEPRINT, FloatArray

FFT = 400  # samples of a Fourier transform
_BANDS, _HOP = 40, 160
FRAME_S = 0.01
WINDOW, _STEP = 160, 77  # of one look, frames: 1.6 s, 1.3 times a second; all Resemblyzer's own
_COVERED = 0.75  # share of the last look that must be sound
_LOUDNESS = 10 ** (-30 / 20)  # root of the mean square; what is softer is made as loud as this


class VoiceprintExpert:
    """Makes voiceprints; raises WeightsError where its weights aren't here."""

    def __init__(self) -> None:
        path = member_path("voices")
        state = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
        self._lstm = torch.nn.LSTM(_BANDS, VOICEPRINT, num_layers=3, batch_first=True)
        self._lstm.load_state_dict({name: state[f"lstm.{name}"] for name in self._lstm.state_dict()})
        self._last = torch.nn.Linear(VOICEPRINT, VOICEPRINT)
        self._last.load_state_dict({name: state[f"linear.{name}"] for name in ("weight", "bias")})
        self._filters = torch.from_numpy(mel_filters(_BANDS))

    def voiceprint(self, samples: FloatArray) -> FloatArray:
        """The mean voiceprint [256] of unit length of samples [n] at 16 kHz, -1..1; less than a second tells little."""
        mean = self.voiceprints_along(samples).mean(0)
        return np.asarray(mean / max(1e-12, float(np.linalg.norm(mean))), np.float32)

    @torch.inference_mode()
    def voiceprints_along(self, samples: FloatArray, step: int = _STEP) -> FloatArray:
        """Voiceprints [windows, 256] of unit length, of windows of 1.6 s; one begins every `step` frames."""
        loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) or 1.0
        louder = np.asarray(samples * max(1.0, _LOUDNESS / loudness), np.float32)
        starts = _window_starts(len(louder), step)
        missing = max(0, (starts[-1] + WINDOW) * _HOP - len(louder))
        bands = mel_bands(torch.from_numpy(np.pad(louder, (0, missing))), self._filters)
        _, (hidden, _) = self._lstm(torch.stack([bands[at : at + WINDOW] for at in starts]))
        return np.asarray(torch.nn.functional.normalize(self._last(hidden[-1]).relu()).numpy(), np.float32)


def mel_filters(bands: int) -> FloatArray:
    """[bands, FFT / 2 + 1] triangles on Slaney's mel scale, of equal area (librosa's default)."""
    step, knee = 200.0 / 3, 1000.0  # Hz a mel below the knee; logarithmic above
    rise = np.log(6.4) / 27

    def hertz(mel: Any) -> Any:
        return np.where(mel < knee / step, step * mel, knee * np.exp(rise * (mel - knee / step)))

    top = knee / step + np.log(SAMPLE_RATE / 2 / knee) / rise
    edges = hertz(np.linspace(0.0, top, bands + 2))
    slopes = edges[:, None] - np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)[None]
    widths = np.diff(edges)[:, None]
    sides = np.maximum(0, np.minimum(-slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]))
    return np.asarray(sides * (2.0 / (edges[2:] - edges[:-2]))[:, None], np.float32)


def mel_bands(samples: Tensor, filters: Tensor) -> Tensor:
    """[frames, bands] power in mel bands, a frame each 10 ms; as librosa's `melspectrogram` gives it."""
    window = torch.hann_window(FFT)
    spectrum = torch.stft(samples, FFT, _HOP, window=window, pad_mode="constant", return_complex=True)
    return (filters @ spectrum.abs() ** 2).T


def _window_starts(length: int, step: int = _STEP) -> list[int]:
    """The first frame of each window in so many samples."""
    frames = -(-(length + 1) // _HOP)
    starts = list(range(0, max(1, frames - WINDOW + step + 1), step))
    covered = (length / _HOP - starts[-1]) / WINDOW
    return starts[:-1] if covered < _COVERED and len(starts) > 1 else starts
