"""Who of the people named in a sample is which of its tracks, and the subject looking the same in all samples.

A person alone in a sample is that sample's one track; those tracks, and her enrollment where it is given, tell her from
others in samples that show several.

A sample has a few frames, often relit, smaller or turned, and of the same clothes they tell now "a white coat", now "a
light grey top": the answers of one data set would contradict each other. So clothes, hair and features are as they were
measured once in the whole clip; what a sample doesn't show stays unsaid, a colour that the recipe changed as it is.
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

Analyses = Callable[[Sample], ClipAnalysis]
Faces = dict[str, list[tuple[str, FloatArray]]]  # name -> kind and mean identity of tracks that are hers
_CLEARER = 0.05  # a track must be so much nearer to a person than the next one [choice; distances lie in 0..1.2]
_RECOLOURED = " clothes"  # ends the note of a sample whose clothes have another colour
_LEGS = ("trousers",)  # a sample may show them or not, whatever it shows above them


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


def views(
    samples: Sequence[Sample], analyses: Analyses, people: Sequence[Person] = (), watch: Watch = UNWATCHED
) -> list[SampleView]:
    """Look at all samples; `people` are enrollments of those named, for those who are never alone in one."""
    seen = [analyses(sample).without_features() for sample in watch.over("writing questions", samples)]
    known = references(samples, seen)
    for person in people:
        prototypes = person.arrays.get("prototypes", ())
        known.setdefault(person.name, []).extend((person.kind, np.asarray(p, np.float32)) for p in prototypes)
    return [SampleView(sample, shown, find(sample, shown, known)) for sample, shown in zip(samples, seen, strict=True)]


def references(samples: Sequence[Sample], seen: Sequence[ClipAnalysis]) -> Faces:
    """Everyone's tracks in samples that show one person only."""
    known: Faces = {}
    for sample, analysis in zip(samples, seen, strict=True):
        present = [name for name, there in sample.people.items() if there]
        if len(present) == 1 and len(analysis.tracks) == 1:
            track = analysis.tracks[0]
            known.setdefault(present[0], []).append((track.kind, mean_vector(track)))
    return known


def find(sample: Sample, analysis: ClipAnalysis, known: Faces) -> dict[str, int]:
    """The track of everyone present; those whose track isn't clear are left out."""
    present = [name for name, there in sample.people.items() if there]
    if len(present) == 1 and len(analysis.tracks) == 1:
        return {present[0]: 0}
    found: dict[str, int] = {}
    pairs = [(_distance(track, known.get(name, [])), name, i) for name in present
             for i, track in enumerate(analysis.tracks)]  # fmt: skip
    for distance, name, i in sorted(pairs, key=lambda p: p[0]):
        others = [d for d, n, j in pairs if n == name and j != i and j not in found.values()]
        clear = min(others, default=np.inf) - distance >= _CLEARER
        if np.isfinite(distance) and name not in found and i not in found.values() and clear:
            found[name] = i
    return found


def mean_vector(track: Track) -> FloatArray:
    """Mean identity [D] of a track's sightings, better ones counting more."""
    return mean_identity(track.identity, track.quality)


def described_alike(seen: Sequence[SampleView], name: str, own: PersonFacts) -> list[SampleView]:
    """Views in which the subject is described alike, as measured in the whole clip."""
    return [_alike(view, view.tracks[name], own) if name in view.tracks else view for view in seen]


def as_in_clip(measured: PersonFacts, once: PersonFacts, recoloured: bool = False) -> PersonFacts:
    """What a sample shows of somebody, in the words of what was measured once, in the clip that it was made from."""
    sure = {what: once.confidence[what] for what in ("gender", "hair") if what in once.confidence}
    return replace(
        measured,
        clothes=_clothes(measured.clothes, once.clothes, recoloured),
        hair=once.hair if measured.hair else None,
        features=[feature for feature in measured.features if feature in once.features],
        gender=once.gender,
        confidence={k: v for k, v in measured.confidence.items() if k not in ("gender", "hair")} | sure,
    )


def _distance(track: Track, known: Sequence[tuple[str, FloatArray]]) -> float:
    own = mean_vector(track)
    return min((float(np.linalg.norm(own - v)) for kind, v in known if kind == track.kind), default=np.inf)


def _alike(view: SampleView, index: int, own: PersonFacts) -> SampleView:
    tracks = list(view.analysis.tracks)
    recoloured = view.sample.notes.get("appearance", "").endswith(_RECOLOURED)
    tracks[index] = replace(tracks[index], facts=as_in_clip(tracks[index].facts, own, recoloured))
    return replace(view, analysis=replace(view.analysis, tracks=tracks))


def _clothes(measured: Sequence[Garment], once: Sequence[Garment], recoloured: bool) -> list[Garment]:
    """The clip's garments, above and below, where the sample shows any."""
    found = []
    for legs in (False, True):
        here = [g for g in measured if (g.kind in _LEGS) == legs]
        there = [g for g in once if (g.kind in _LEGS) == legs]
        if here and there and recoloured:
            there = [replace(there[0], colour=here[0].colour), *(replace(g, colour=None) for g in there[1:])]
        found += there if here else []
    return found
