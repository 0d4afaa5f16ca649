"""Mel bands: how loud a sound is in bands that are spaced as the ear hears them.

In: how many bands. Out: filters for the power spectrum of a Fourier transform of `FFT` samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pvchat.schemas import SAMPLE_RATE, FloatArray

FFT = 400  # samples


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
