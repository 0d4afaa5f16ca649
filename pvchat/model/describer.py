"""The trained model applied to clips: what its queries read of people, their deeds by that.

A `Describer` keeps the tokens of the last clips. Who is there stays with `presence.py`, what of its words is shown with
`chat/speakers/`. What a deed rests on is seen by the frozen model, without torch, of one person; what the language
model speaks of is the whole clip, seen by the torch model.

Legend: D model width, S width of sentence vectors.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pvchat.model import personstates
from pvchat.model.cliptokens import kept_tracks
from pvchat.model.deeds import DeedHead, caption_question
from pvchat.model.sentences import Encode
from pvchat.model.trained import ClipTokens, TrainedModel
from pvchat.people.person import Person
from pvchat.perception.deeds import deed_logits, write_deed
from pvchat.perception.experts import networks
from pvchat.perception.grounds import ground_facts
from pvchat.perception.sightings import whole_boxes
from pvchat.schemas import ClipAnalysis, FloatArray

if TYPE_CHECKING:
    from pvchat.model.connectors import VisualTokens
    from pvchat.model.people import PersonState

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
        """What the model takes for a person: what training stored of her, else made anew."""
        return personstates.person_state(self.trained, person)

    def forget(self) -> None:
        """Drop all clips from memory."""
        with self.trained.lock:
            self._whole.clear()
            self._frozen.clear()
            self._read.clear()

    def retold(self, analysis: ClipAnalysis) -> ClipAnalysis:
        """A copy of a clip's analysis in which deeds are decided by what the queries read of each person, too.

        Those beyond the longest tracks, of whom the model sees nothing, stay as they are. So does a long video: it is
        measured in stretches.
        """
        if self.deeds is None or analysis.stage != "what" or analysis.scenes:
            return analysis
        kept, tracks = kept_tracks(analysis, self.trained.config.max_tracks), list(analysis.tracks)
        for number in kept:
            logits = deed_logits(tracks[number], analysis)
            if logits is not None:
                tracks[number] = replace(tracks[number], facts=deepcopy(tracks[number].facts))
                write_deed(tracks[number].facts, self.deeds.probabilities(logits, self.mean_query(analysis, number)))
                ground_facts(tracks[number], analysis)
        networks.release_buffers()
        return replace(analysis, tracks=tracks)

    @cached_property
    def deeds(self) -> DeedHead | None:
        """The head for deeds over its queries; None where the model has none."""
        return DeedHead.read(self.trained.folder)

    def mean_query(self, analysis: ClipAnalysis, track: int) -> FloatArray:
        """[D] the mean of the queries that read one of the longest tracks: its tokens, and the scene's around it."""
        frozen = self.trained.frozen
        with self.trained.lock:
            known = _kept(self._read, analysis, lambda _: {})
            if track not in known:
                clip = _kept(self._frozen, analysis, frozen.tokens)
                number = kept_tracks(analysis, self.trained.config.max_tracks).index(track)
                near = frozen.tokens_near(clip, number, whole_boxes(analysis.tracks[track]).mean(0))
                known[track] = frozen.read(clip, near, caption_question())
            return known[track]

    def look(self, analysis: ClipAnalysis) -> VisualTokens:
        """The visual tokens of a clip, for the language model."""
        import torch

        with self.trained.lock, torch.inference_mode():
            return _kept(self._whole, analysis, self.trained.model.look)

    def vector(self, question: str) -> Any:
        """[1, S] sentence vector of a question."""
        import torch

        return torch.from_numpy(self.encode([question])).to(self.trained.device)


def _kept(known: OrderedDict[ClipPart, Seen], analysis: ClipAnalysis, make: Callable[[ClipAnalysis], Seen]) -> Seen:
    """What was made of a clip, made once; that of the last few clips stays."""
    key = analysis.key, analysis.duration_s, analysis.times.tobytes()
    if key not in known:
        known[key] = make(analysis)
    known.move_to_end(key)
    while len(known) > _IN_MEMORY:
        known.popitem(last=False)
    return known[key]
