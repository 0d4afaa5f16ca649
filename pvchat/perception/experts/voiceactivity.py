"""When somebody speaks: Silero VAD, frozen, in plain torch.

Source: https://github.com/snakers4/silero-vad (MIT), whose published network at 16 kHz this is.
"""

from __future__ import annotations

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from pvchat.assets.weights import member_path
from pvchat.schemas import SAMPLE_RATE, FloatArray

STEP = 512  # samples that get one probability
STEP_S = STEP / SAMPLE_RATE
_BEFORE, _AFTER = 64, 64  # samples that are also looked at, the latter mirrored
_BINS, _HOP, _WIDTH = 129, 128, 128


class SpeechExpert:
    """Hears speech in blocks, `restart`ed before each recording; raises WeightsError where its weights aren't here."""

    def __init__(self) -> None:
        self._weights = load_file(member_path("speech"))
        self._cell = torch.nn.LSTMCell(_WIDTH, _WIDTH)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        self._cell.load_state_dict({name: self._weights[f"lstm_cell.{name}"] for name in names})
        self.restart()

    def restart(self) -> None:
        """Forget what was heard."""
        self._state = (torch.zeros(1, _WIDTH), torch.zeros(1, _WIDTH))
        self._last = np.zeros(_BEFORE, np.float32)

    @torch.inference_mode()
    def probabilities(self, samples: FloatArray) -> FloatArray:
        """[n] of the next n steps, samples [n * STEP] at 16 kHz, -1..1."""
        steps = np.asarray(samples, np.float32).reshape(-1, STEP)
        if not len(steps):
            return np.zeros(0, np.float32)
        before = np.concatenate([self._last[None], steps[:-1, -_BEFORE:]])
        self._last = steps[-1, -_BEFORE:].copy()
        whole = torch.from_numpy(np.concatenate([before, steps], axis=1))
        padded = F.pad(whole, (0, _AFTER), mode="reflect")[:, None]
        parts = F.conv1d(padded, self._weights["stft_conv.weight"], stride=_HOP)
        x = torch.hypot(parts[:, :_BINS], parts[:, _BINS:])
        for name, stride in (("conv1", 1), ("conv2", 2), ("conv3", 2), ("conv4", 1)):
            x = F.conv1d(x, *self._layer(name), stride=stride, padding=1).relu()
        found = []
        for features in x[..., 0]:  # [128] of each step
            self._state = self._cell(features[None], self._state)
            found.append(self._state[0][0])
        last = F.conv1d(torch.stack(found)[..., None].relu(), *self._layer("final_conv"))
        return np.asarray(last.sigmoid().flatten().numpy(), np.float32)

    def _layer(self, name: str) -> tuple[Tensor, Tensor]:
        return self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
