"""Clips whose analyses are known, to run PVChat on: experts and sentence encoder are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from make_analysis import made_up_model, make_analysis, make_clip, make_track

from pvchat import PVChat, video
from pvchat.config import Settings, VideoConfig
from pvchat.identity.presence import PresenceModel
from pvchat.perception import closer, scan  # noqa: F401  they take `recognise` by name: not while it is another
from pvchat.schemas import ClipAnalysis, Garment, PersonFacts, SceneFacts, Sound, Track

ANA, BEN = 1, 2


def dressed(*people: int) -> list[Track]:
    """A track of each, in turn in red on the left and in blue on the right."""
    tracks = [make_track(p) for p in people]
    for i, track in enumerate(tracks):
        track.facts = PersonFacts(
            where=("on the left of the frame", "on the right of the frame")[i % 2],
            clothes=[Garment("jacket", ("red", "blue")[i % 2], 0.9)], pose="sitting", gestures=["talking"],
            confidence={"where": 0.9, "clothes": 0.9, "pose": 0.9, "gestures": 0.9},
        )  # fmt: skip
    return tracks


class Studio:
    """Clips whose analyses are known; counts what is decoded and what the experts see."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.known = folder, {}
        self.decoded: list[str] = []
        self.analysed: list[str] = []
        self.measured: list[str] = []

    def clip(self, name: str, *people: int, **fields: Any) -> Path:
        """A file, and what the experts will say about it: the people on one track each."""
        path = self.folder / f"{name}.mp4"
        if not path.exists() or path.read_bytes() != name.encode():  # else another process may be reading it
            path.write_bytes(name.encode())
        tracks = dressed(*people)
        for i, track in enumerate(tracks):
            track.boxes += np.float32([0.2 * i, 0, 0.2 * i, 0])
        analysis = make_analysis(*tracks, key=video.content_key(path))
        analysis.scene = SceneFacts(place="an office", confidence={"place": 0.9})
        analysis.sound = Sound("none")
        self.known[analysis.key] = replace(analysis, **fields)
        return path

    def load(
        self,
        path: Any,
        config: VideoConfig,
        *,
        progress: Any = None,
        key: str = "",
        span: Any = None,
        found: Any = None,
    ) -> video.Clip:
        self.decoded.append(Path(path).name)
        if progress:
            progress(f"reading {Path(path).name}", 1.0, 1.0)
        return make_clip(2, key=key or video.content_key(path))

    def recognise(self, clip: video.Clip, experts: Any, progress: Any = None) -> ClipAnalysis:
        """Who is there: of what they do and wear only where they are."""
        self.analysed.append(clip.key)
        known = self.known[clip.key]
        bare = [replace(t, facts=PersonFacts(t.facts.where)) for t in known.tracks]
        return replace(known, tracks=bare, stage="who")

    def measure(self, clip: video.Clip, analysis: ClipAnalysis, experts: Any, progress: Any = None) -> ClipAnalysis:
        """The whole analysis, as `clip` was made."""
        assert analysis.stage == "who"
        self.measured.append(clip.key)
        return replace(self.known[clip.key], stage="what")


class Sentences:
    """No sentence is like another: every question is read by rules."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = np.stack([np.random.default_rng(sum(t.encode())).standard_normal(384) for t in texts])
        return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def open_studio(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A studio in a folder, in the place of everything that PVChat would load."""
    made = Studio(folder)
    model = made_up_model()
    monkeypatch.setattr(video, "load", made.load)
    monkeypatch.setattr("pvchat.perception.analysis.recognise", made.recognise)
    monkeypatch.setattr("pvchat.perception.measuring.measure", made.measure)
    monkeypatch.setattr("pvchat.perception.places.tell_place", lambda analysis: analysis)  # its scenes are made up
    monkeypatch.setattr("pvchat.perception.deeds.tell_actions", lambda analysis: analysis)  # so are its people
    monkeypatch.setattr(PresenceModel, "load", classmethod(lambda cls: model))
    monkeypatch.setattr("pvchat.model.sentences.SentenceEncoder", Sentences)
    monkeypatch.setattr("pvchat.bases.models.pretrained_folder", lambda name: None)  # no trained weights
    return made


def open_chat(studio: Studio, trained: object = None, **settings: str) -> PVChat:
    """PVChat with Ana and Ben enrolled; with this trained model instead of one of its own, and these settings."""
    chat = PVChat(Settings(device="cpu", **settings))
    if trained is not None:
        chat.networks.trained = trained
    chat.enroll(studio.clip("ana", ANA), "Ana")
    chat.enroll(studio.clip("ben", BEN), "Ben")
    return chat
