"""Which track of a sample shows which person; and the subject's looks, which are described alike in all samples.

A person alone in a sample is that sample's one track; those tracks, and the subject's enrollment where it is given,
tell people apart in samples that show several.

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
KnownVectors = dict[str, list[tuple[str, FloatArray]]]  # by name: kind and mean identity [D] of tracks of that person
_MARGIN = 0.05  # a track must be so much nearer to a person than the next one [choice; distances lie in 0..1.2]
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
    analysis: ClipAnalysis  # of its media, without the features
    tracks: dict[str, int]  # name -> index into `analysis.tracks`, for the people present whose track is known

    @cached_property
    def presence(self) -> list[PersonPresence]:
        """The truth about everyone named, in the form of an answer."""
        found = []
        for name, there in self.sample.people.items():
            track = self.tracks.get(name)
            spans = self.analysis.spans(self.analysis.tracks[track].frames) if track is not None else []
            found.append(PersonPresence(name, "present" if there else "absent", float(there), spans, track))
        return found

    @cached_property
    def evidence(self) -> Evidence:
        """What was measured, as answers are made of it."""
        return gather(self.presence, self.analysis)


def view_samples(
    samples: Sequence[Sample], analyse: Analyse, people: Sequence[Person] = (), watch: Watch = UNWATCHED
) -> list[SampleView]:
    """Analyse all samples and find everyone's track; `people` are enrollments of some of those named."""
    analyses = [analyse(sample).without_features() for sample in watch.over("writing questions", samples)]
    known = reference_vectors(samples, analyses)
    for person in people:
        vectors = [(person.kind, np.asarray(p, np.float32)) for p in person.arrays.get("prototypes", ())]
        known[person.name] = [*known.get(person.name, []), *vectors]
    pairs = zip(samples, analyses, strict=True)
    return [SampleView(sample, analysis, match_tracks(sample, analysis, known)) for sample, analysis in pairs]


def reference_vectors(samples: Sequence[Sample], analyses: Sequence[ClipAnalysis]) -> KnownVectors:
    """Everyone's mean vectors [D] in samples that show one person only."""
    known: KnownVectors = {}
    for sample, analysis in zip(samples, analyses, strict=True):
        if len(sample.present) == 1 and len(analysis.tracks) == 1:
            track = analysis.tracks[0]
            known.setdefault(sample.present[0], []).append((track.kind, mean_vector(track)))
    return known


def match_tracks(sample: Sample, analysis: ClipAnalysis, known: KnownVectors) -> dict[str, int]:
    """The track of everyone present, nearest pairs first; those whose track isn't clear are left out."""
    present = sample.present
    if len(present) == 1 and len(analysis.tracks) == 1:
        return {present[0]: 0}
    found: dict[str, int] = {}
    pairs = [(_distance(track, known.get(name, [])), name, i) for name in present
             for i, track in enumerate(analysis.tracks)]  # fmt: skip
    for distance, name, i in sorted(pairs, key=lambda p: p[0]):
        others = [d for d, n, j in pairs if n == name and j != i and j not in found.values()]
        clear = min(others, default=np.inf) - distance >= _MARGIN
        if np.isfinite(distance) and name not in found and i not in found.values() and clear:
            found[name] = i
    return found


def mean_vector(track: Track) -> FloatArray:
    """Mean identity [D] of a track's sightings, better ones counting more."""
    return mean_identity(track.identity, track.quality)


def with_clip_looks(view: SampleView, name: str, clip: PersonFacts) -> SampleView:
    """A view in which somebody looks as in the whole clip, where the sample shows her."""
    if name not in view.tracks:
        return view
    tracks, index = list(view.analysis.tracks), view.tracks[name]
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


def _distance(track: Track, known: Sequence[tuple[str, FloatArray]]) -> float:
    """Of a track from the nearest of somebody's known vectors of its kind."""
    own = mean_vector(track)
    return min((float(np.linalg.norm(own - v)) for kind, v in known if kind == track.kind), default=np.inf)
