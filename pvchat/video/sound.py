"""A clip's sound, read by PyAV under the same limits as its pictures: 16 kHz, one channel, block after block.

In: a path. Out: blocks of samples on the pictures' clock; none of a clip without sound, of which no packet is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pvchat.config import VideoConfig
from pvchat.schemas import SAMPLE_RATE, FloatArray
from pvchat.video.containers import frames_of, open_container
from pvchat.video.files import PathLike, Probe, open_local, sniff

_SLACK_S = 0.05  # by which the stamps of a whole recording wander; a larger step is a hole, or sound told twice
_MOST_CHANNELS = 64


def has_sound(path: PathLike, config: VideoConfig) -> bool:
    """Whether a clip has a sound track that can be decoded; by its header."""
    with open_local(path, config) as file:
        if sniff(path, file) == "picture":
            return False
        with open_container(path, file, config) as (container, _):
            return _sound_of(container) is not None


def read_sound(path: PathLike, found: Probe, config: VideoConfig) -> Iterator[FloatArray]:
    """The sound from the first picture to the end of the last one, as blocks of samples [n], -1..1.

    They follow each other without gaps: what is missing or damaged is silence.
    """
    if found.kind != "video":
        return
    done, end = 0, round(min(found.duration_s, config.max_duration_s) * SAMPLE_RATE)
    with open_local(path, config) as file, open_container(path, file, config) as (container, _):
        stream = _sound_of(container)
        for start_s, samples in _decode(container, stream) if stream is not None else ():
            at = done if start_s is None else round((start_s - found.start_s) * SAMPLE_RATE)
            if abs(at - done) > _SLACK_S * SAMPLE_RATE:
                hole = min(max(0, at - done), end - done)
                yield from (np.zeros(min(SAMPLE_RATE, hole - i), np.float32) for i in range(0, hole, SAMPLE_RATE))
                samples, done = samples[max(0, done - at) :], done + hole
            samples = samples[: end - done]
            done += len(samples)
            if len(samples):
                yield samples
            if done >= end:
                return


def _sound_of(container: Any) -> Any:
    """The main sound track; None where there is none that can be decoded."""
    known = [s for s in container.streams.audio if s.codec_context is not None and 0 < s.channels <= _MOST_CHANNELS]
    return max(known, key=lambda one: bool(one.disposition & type(one.disposition).default), default=None)


def _decode(container: Any, stream: Any) -> Iterator[tuple[float | None, FloatArray]]:
    """When a piece of sound begins, on the file's clock, and its samples; damaged packets are passed over."""
    from av import AudioResampler

    resampler, kind = None, None
    for frame in (one for one in frames_of(container, stream) if one is not None):
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or kind != now:  # a stream may change in its middle
            resampler, kind = AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE), now
        for part in resampler.resample(frame):
            samples = np.clip(np.nan_to_num(part.to_ndarray()[0], posinf=0.0, neginf=0.0), -1.0, 1.0)
            yield None if frame.time is None else float(frame.time), samples
