"""The trained model applied to clips and stored people: what its queries read of somebody, her deeds by that.

A `Describer` keeps the tokens of the last clips. Who is there stays with `presence.py`, what of its words is shown with
`chat/speakers/`. What a deed rests on is seen without torch, of one person; what the language
model speaks of is the whole clip, seen by the torch model. An enrollment stores no personal tokens: the aligner makes
them of her faces' and her body's vectors when the language model is to speak of her. What training made of a person
lies in her folder with the stamp of the weights that it belongs to.

Legend: D model width, S width of sentence vectors, I personal tokens, M routed modules, R routed heads.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pvchat.model.cliptokens import kept_tracks
from pvchat.model.config import BODY_WIDTH, IDENTITY_WIDTH
from pvchat.model.deeds import DeedHead, caption_question
from pvchat.model.sentences import Encode
from pvchat.model.trained import ClipTokens, TrainedModel
from pvchat.people.person import Person
from pvchat.perception.deeds import deed_logits, share_pose, write_deed
from pvchat.perception.experts import networks
from pvchat.perception.grounds import ground_facts
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis, FloatArray

if TYPE_CHECKING:
    from torch import Tensor

    from pvchat.model.connectors import VisualTokens
    from pvchat.model.people import PersonState

STAMP = "model"  # key in `Person.extra`: which weights made tokens and z
_log = logging.getLogger(__name__)
_IN_MEMORY = 8  # clips whose tokens are kept: a second question costs no visual pass

ClipPart = tuple[str, float, bytes]  # a clip, and which part of it was seen: its end and its sampled times
Seen = TypeVar("Seen")


class Describer:
    """One trained model, which others share, ready to speak about the people of one store; `encode` reads texts."""

    def __init__(self, trained: TrainedModel, encode: Encode) -> None:
        self.trained, self.encode = trained, encode
        self._whole: OrderedDict[ClipPart, VisualTokens] = OrderedDict()
        self._frozen: OrderedDict[ClipPart, ClipTokens] = OrderedDict()
        self._read: OrderedDict[ClipPart, dict[int, FloatArray]] = OrderedDict()  # by track

    def state(self, person: Person) -> PersonState:
        """What the model takes for a person: what training stored of her with these weights, else the aligner's."""
        import torch

        from pvchat.model.people import PersonState

        if self.fits(person):
            stored = (torch.from_numpy(person.arrays[name].astype(np.float32)) for name in ("tokens", "z"))
            tokens, z = (part.to(self.trained.device) for part in stored)
        else:
            if "tokens" in person.arrays:
                _log.warning("'%s' was trained with another model: only her enrollment counts here", person.name)
            tokens, z = self._aligned(person)
        return PersonState(person.name, tokens, z, person)

    def fits(self, person: Person) -> bool:
        """Whether she was trained with these very weights."""
        config, arrays = self.trained.config, person.arrays
        shapes = {"tokens": (config.personal_tokens, config.width), "z": (config.routed_modules, config.routed_heads)}
        # a stranger's file may bear our stamp and have other shapes all the same
        shaped = all(key in arrays and arrays[key].shape == shape for key, shape in shapes.items())
        return shaped and person.extra.get(STAMP) == self.trained.stamp

    def adapted(self, people: Sequence[Person]) -> AbstractContextManager[None]:
        """The language model with a person's own LoRA while she alone is spoken of."""
        from pvchat.model.personlora import spoken_of

        return spoken_of(self.trained.model.llm, people if all(map(self.fits, people)) else ())

    def _aligned(self, person: Person) -> tuple[Tensor, Tensor]:
        """Tokens [I, D] and z [M, R] that the aligner makes of a stored person."""
        import torch

        from pvchat.model.aligner import PersonFeatures

        faces = person.arrays.get("prototypes", np.zeros((0, IDENTITY_WIDTH)))
        if person.kind != "face" or faces.ndim != 2 or faces.shape[1] != IDENTITY_WIDTH:
            faces = np.zeros((0, IDENTITY_WIDTH))
        faces = faces / np.maximum(np.linalg.norm(faces, axis=1, keepdims=True), 1e-6)
        parts: list[Tensor] = []
        for side in (faces, person.arrays.get("body", np.zeros((0, BODY_WIDTH)))):
            rows = torch.from_numpy(side.astype(np.float32))[None]
            parts += [rows, torch.ones(rows.shape[:2], dtype=torch.bool)]
        with self.trained.lock, torch.no_grad():
            tokens, z = self.trained.model.aligner(PersonFeatures(*parts).to(self.trained.device))
        return tokens[0], z[0]

    def forget(self) -> None:
        """Drop all clips from memory."""
        with self.trained.lock:
            self._whole.clear()
            self._frozen.clear()
            self._read.clear()

    def with_deeds(self, analysis: ClipAnalysis) -> ClipAnalysis:
        """A copy of a clip's analysis in which deeds are decided by what the queries read of each person, too.

        Those beyond the longest tracks, of whom the model sees nothing, stay as they are. So does a long video: it is
        measured in stretches.
        """
        if self.deeds is None or analysis.stage != "what" or analysis.scenes:
            return analysis
        tracks = [replace(track, facts=deepcopy(track.facts)) for track in analysis.tracks]
        decided = replace(analysis, tracks=tracks)
        for number in kept_tracks(analysis, self.trained.config.max_tracks):
            logits = deed_logits(analysis.tracks[number], analysis)
            if logits is not None:
                write_deed(tracks[number].facts, self.deeds.probabilities(logits, self.mean_query(analysis, number)))
                ground_facts(tracks[number], analysis)
        networks.release_buffers()
        share_pose(decided)
        return decided

    @cached_property
    def deeds(self) -> DeedHead | None:
        """The head for deeds over its queries; None where the model has none."""
        return DeedHead.read(self.trained.folder)

    def mean_query(self, analysis: ClipAnalysis, track: int) -> FloatArray:
        """[D] the mean of the queries that read one of the longest tracks: its tokens, and the scene's around it."""
        trained = self.trained
        with trained.lock:
            known = _cached(self._read, analysis, lambda _: {})
            if track not in known:
                clip = _cached(self._frozen, analysis, trained.tokens)
                number = kept_tracks(analysis, trained.config.max_tracks).index(track)
                near = trained.tokens_near(clip, number, whole_boxes(analysis.tracks[track]).mean(0))
                known[track] = trained.read(clip, near, caption_question())
            return known[track]

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual tokens of a clip, for the language model."""
        import torch

        with self.trained.lock, torch.inference_mode():
            return _cached(self._whole, analysis, self.trained.model.look)

    def vector(self, question: str) -> Any:
        """[1, S] sentence vector of a question."""
        import torch

        return torch.from_numpy(self.encode([question])).to(self.trained.device)


def _cached(known: OrderedDict[ClipPart, Seen], analysis: ClipAnalysis, make: Callable[[ClipAnalysis], Seen]) -> Seen:
    """What was made of a clip, made once; that of the last few clips stays."""
    key = analysis.key, analysis.duration_s, analysis.times.tobytes()
    if key not in known:
        known[key] = make(analysis)
    known.move_to_end(key)
    while len(known) > _IN_MEMORY:
        known.popitem(last=False)
    return known[key]
