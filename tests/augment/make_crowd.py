"""A subject, look-alikes and strangers made up for the tests of negatives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from make_analysis import identity_of, made_up_model, make_analysis, make_track

from pvchat import video
from pvchat.augment.negatives.strangers import SubjectClip
from pvchat.augment.schemas import AugmentConfig
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.config import Settings
from pvchat.errors import VideoReadError
from pvchat.identity.enroll import enroll
from pvchat.identity.presence import PresenceModel
from pvchat.schemas import ClipAnalysis, FloatArray, PersonPresence, Track
from pvchat.video import save_clip

ME = 1


def off(start: FloatArray, distance: float, seed: int) -> FloatArray:
    """A vector so far away from `start`, at the same length."""
    side = np.random.default_rng(seed).standard_normal(128)
    side -= start * (side @ start) / (start @ start)
    length = np.linalg.norm(start)
    angle = 2 * np.arcsin(distance / 2 / length)
    return np.float32(np.cos(angle) * start + np.sin(angle) * length * side / np.linalg.norm(side))


def track_of(middle: FloatArray, seed: int = 0, noise: float = 0.1, **fields: Any) -> Track:
    """A track whose sightings lie around a vector."""
    track = make_track(seed, **fields)
    spread = np.random.default_rng(seed).standard_normal((len(track), 128))
    track.identity = np.float32(middle + noise * spread / np.linalg.norm(spread, axis=1, keepdims=True))
    return track


class Chat:
    """Stands in for PVChat: analyses are known by file; what was looked at is noted."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings, self.looked_at = settings or Settings(), []
        self.known: dict[str, ClipAnalysis] = {}
        self.otherwise: Callable[[Path], ClipAnalysis] | None = None

    @property
    def networks(self) -> SimpleNamespace:
        return SimpleNamespace(presence=PresenceModel.load())

    def score(self, people: Any, analysis: ClipAnalysis) -> list[PersonPresence]:
        return self.networks.presence.score(people, analysis, self.settings.presence)

    def analyse(self, clip: Any) -> ClipAnalysis:
        self.looked_at.append(Path(clip).name)
        if (found := self.known.get(str(clip))) is not None:
            return found
        if self.otherwise is None:
            raise VideoReadError("can't be read.", subject=str(clip))
        return self.otherwise(Path(clip))


class Crowd:
    """Clips in a folder, and their analyses.

    Attributes:
        chat: knows the clips.
        folder: holds them.
        enrolled: the subject's mean vector.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.chat = folder, Chat()
        folder.mkdir(exist_ok=True)
        self.enrolled = identity_of(ME)

    def clip(self, name: str, *tracks: Track, real: bool = False, frames: int = 8) -> Path:
        """A file and what the experts say about it; a real one can be decoded."""
        path = self.folder / f"{name}.mp4"
        if real:
            shade = 40 + len(list(self.folder.iterdir())) * 5
            save_clip(path, np.full((16, 96, 128, 3), shade, np.uint8), 8.0)
        else:
            path.write_bytes(name.encode())
        self.chat.known[str(path)] = make_analysis(*tracks, key=video.content_key(path), frames=frames)
        return path

    def subject(self, *others: Track, **fields: Any) -> SubjectClip:
        """The subject, alone in a clip or with others."""
        real = fields.pop("real", False)
        clip = self.clip("enrollment", track_of(self.enrolled, 1, **fields), *others, real=real)
        analysis = self.chat.known[str(clip)]
        alone = make_analysis(analysis.tracks[0], key=analysis.key)
        return SubjectClip("Ana", enroll(alone, "Ana"), analysis, 0, clip)


def run_in(crowd: Crowd, out: Path, config: AugmentConfig, watch: Watch = UNWATCHED) -> Any:
    """An augmentation of the subject's clip into a folder."""
    return SimpleNamespace(out=out, analyses=SimpleNamespace(chat=crowd.chat), config=config, watch=watch, seed=0)


def staged(folder: Path, monkeypatch: Any) -> Crowd:
    """A crowd, and a presence model under which it makes sense.

    Even odds lie .6 from the enrollment, one to twenty at about .67; strangers are .85 apart.
    """
    model = made_up_model((-20.0, -20.0, 8.0, 17.2))
    monkeypatch.setattr(PresenceModel, "load", classmethod(lambda cls: model))
    return Crowd(folder)
