"""An answer's text: a question, who is there and what was seen in; sentences out, streamed when they are final.

The question is run over the clip's timeline (`run.py`); what was found is said in plain sentences (`say/`). With the
source "facts" only what was measured counts; "model" gives the trained model a word on deeds, or lets a pretrained
base answer (`speakers/narrator.py`); "spoken" lets the trained model say all of it, each sentence held against the
finding (`speakers/answerer.py`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pvchat.chat.clip_timeline import timeline_of
from pvchat.chat.question import Basis, Stream, Viewed, asks_of_deeds, asks_of_sound, known_of, words_of
from pvchat.chat.speakers.claims import fill_gaps
from pvchat.chat.timeline import Timeline, without_traits

if TYPE_CHECKING:
    from pvchat.bases.eyes import ZeroShot
    from pvchat.chat.speakers.answerer import Answerer
    from pvchat.chat.speakers.narrator import Narrator
    from pvchat.model.describer import Describer
    from pvchat.schemas import ClipAnalysis


@dataclass(frozen=True)
class WrittenAnswer:
    """One answer."""

    text: str  # of it
    known: Basis  # what it was answered from: the question as it was read, who is there, the finding
    first_at: float  # when (`time.perf_counter`) its first piece was there; nothing of it is shown before it is final


@dataclass(frozen=True)
class Writer:
    """Writes answers from one source."""

    source: str  # one of `config.ANSWERS`
    describer: Describer | None  # the trained model; needed by the sources "model" and "spoken"
    narrator: Narrator | None = None  # a pretrained base, which answers for the source "model" where there is one
    answerer: Answerer | None = None  # the trained model as it answers itself; there for the source "spoken"
    traits: bool = True  # men are told from women, and smiles are told (`timeline.without_traits`)
    eyes: ZeroShot | None = None  # an encoder that fills gaps

    def write(self, text: str, viewed: Viewed, stream: Stream | None = None) -> WrittenAnswer:
        """The answer: of a base or the trained model where they speak, else what was found, in plain sentences."""
        known = self._known(text, viewed)
        speaker = None if asks_of_sound(known.question.query) else self.narrator or self.answerer  # neither hears
        spoken = None if speaker is None else speaker.answer(known, viewed, stream)
        if spoken is not None:
            return WrittenAnswer(viewed.whole(spoken.text), known, spoken.first_at)
        answer = WrittenAnswer(viewed.whole(known.plain), known, time.perf_counter())
        if stream is not None:
            for word in words_of(answer.text):
                stream(word)
        return answer

    def _known(self, text: str, viewed: Viewed) -> Basis:
        """What a question is answered from: what was measured, the model's word on deeds, an encoder's on gaps."""
        timeline, clip = self._timeline(viewed, viewed.analysis), viewed.clip_seen
        whole = timeline if clip is None else self._timeline(clip, clip.analysis)
        turns = viewed.conversation.turns(whole)
        (question,) = viewed.conversation.read([text], timeline, turns)
        if any(name.startswith("#") for name in question.people):  # a stranger, as the whole clip's are numbered
            timeline = whole.between(*timeline.whole)
        if self.source in ("model", "spoken") and self.describer is not None and asks_of_deeds(question.query):
            timeline = self._timeline(viewed, self.describer.with_deeds(viewed.analysis))
        if self.eyes is not None and viewed.clip is not None:
            liken = partial(self.eyes.likeness, viewed.analysis, viewed.clip)
            timeline = fill_gaps(question, question.about(viewed.presences), timeline, viewed.analysis, liken)
        return known_of(question, viewed.presences, timeline, [finding for _, finding in turns])

    def _timeline(self, viewed: Viewed, analysis: ClipAnalysis) -> Timeline:
        """What an analysis of the clip tells, in rows; without traits where none are to be told."""
        timeline = timeline_of(viewed.presences, analysis)
        return timeline if self.traits else without_traits(timeline)
