"""Which track of a sample shows the subject; and her looks, which are described alike in all samples.

Alone in a sample she is its one track; those tracks, and her enrollment where it is given, tell her from others whom a
sample shows beside her.

A sample has a few frames, often relit, smaller or turned, and of the same clothes they tell now "a white coat", now "a
light grey top": the answers of one data set would contradict each other. So clothes, hair and features are as they were
measured once in the whole clip; what a sample doesn't show stays unsaid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pvchat.augment.schemas import Sample
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.identity.evidence import Evidence, gather
from pvchat.people.person import Person
from pvchat.perception.tracks import mean_identity
from pvchat.schemas import ClipAnalysis, FloatArray, Garment, PersonFacts, PersonPresence, Track

Analyse = Callable[[Sample], ClipAnalysis]
KnownVectors = Sequence[tuple[str, FloatArray]]  # of the subject: kinds and identity vectors [D]
_MARGIN = 0.05  # her track must be so much nearer than the next one [choice; distances lie in 0..1.2]
_LEGS = ("trousers",)  # a sample may show them or not, whatever it shows above them


@dataclass(frozen=True)
class Subject:
    """Whom a data set is about."""

    name: str
    person: Person | None = None  # as enrolled, by which her track is found where she is never alone in a sample
    facts: PersonFacts | None = None  # measured in the whole clip; None: each sample has its own


@dataclass(frozen=True)
class SampleView:
    """One sample as it was measured."""

    sample: Sample
    name: str  # of the subject
    analysis: ClipAnalysis  # of its media, without the features
    track: int | None  # index of hers into `analysis.tracks`; None where she is absent, or it isn't clear which it is

    @property
    def shown(self) -> bool:
        """Whether it shows the subject."""
        return self.sample.people[self.name]

    @cached_property
    def presence(self) -> list[PersonPresence]:
        """The truth about the subject, in the form of an answer."""
        spans = self.analysis.spans(self.analysis.tracks[self.track].frames) if self.track is not None else []
        return [PersonPresence(self.name, "present" if self.shown else "absent", float(self.shown), spans, self.track)]

    @cached_property
    def evidence(self) -> Evidence:
        """What was measured, as answers are made of it."""
        return gather(self.presence, self.analysis)


def view_samples(
    samples: Sequence[Sample], subject: Subject, analyse: Analyse, watch: Watch = UNWATCHED
) -> list[SampleView]:
    """Analyse all samples and find the subject's track in those that show her."""
    analyses = [analyse(sample).without_features() for sample in watch.over("writing questions", samples)]
    shown = [sample.people[subject.name] for sample in samples]
    alone = [a.tracks[0] for a, there in zip(analyses, shown, strict=True) if there and len(a.tracks) == 1]
    known = [(track.kind, mean_identity(track.identity, track.quality)) for track in alone]
    if (person := subject.person) is not None:
        known += [(person.kind, np.asarray(p, np.float32)) for p in person.arrays.get("prototypes", ())]
    found = [find_track(a, known) if there else None for a, there in zip(analyses, shown, strict=True)]
    seen = zip(samples, analyses, found, strict=True)
    return [SampleView(sample, subject.name, analysis, track) for sample, analysis, track in seen]


def find_track(analysis: ClipAnalysis, known: KnownVectors) -> int | None:
    """The subject's track in a sample that shows her: the only one, or the nearest; None where that isn't clear."""
    if len(analysis.tracks) == 1:
        return 0
    distances = [_distance(track, known) for track in analysis.tracks]
    nearest, next_one, *_ = [*sorted(distances), np.inf, np.inf]
    return distances.index(nearest) if np.isfinite(nearest) and next_one - nearest >= _MARGIN else None


def with_clip_looks(view: SampleView, clip: PersonFacts) -> SampleView:
    """A view in which the subject looks as in the whole clip, where the sample shows her."""
    if (index := view.track) is None:
        return view
    tracks = list(view.analysis.tracks)
    tracks[index] = replace(tracks[index], facts=looks_as_in_clip(tracks[index].facts, clip))
    return replace(view, analysis=replace(view.analysis, tracks=tracks))


def looks_as_in_clip(sample: PersonFacts, clip: PersonFacts) -> PersonFacts:
    """What a sample shows of somebody, in the words of what was measured in the whole clip that it was made from."""
    sure = {what: clip.confidence[what] for what in ("gender", "hair") if what in clip.confidence}
    clothes = list[Garment]()
    for legs in (False, True):  # above and below: the clip's garments, where the sample shows any there
        here, there = ([g for g in one.clothes if (g.kind in _LEGS) == legs] for one in (sample, clip))
        clothes += there if here else []
    return replace(
        sample,
        clothes=clothes,
        hair=clip.hair if sample.hair else None,
        features=[feature for feature in sample.features if feature in clip.features],
        gender=clip.gender,
        confidence={k: v for k, v in sample.confidence.items() if k not in ("gender", "hair")} | sure,
    )


def _distance(track: Track, known: KnownVectors) -> float:
    """Of a track from the nearest of the subject's known vectors of its kind."""
    own = mean_identity(track.identity, track.quality)
    return min((float(np.linalg.norm(own - v)) for kind, v in known if kind == track.kind), default=np.inf)
