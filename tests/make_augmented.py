"""A made-up person, samples of her augmentation, and a presence model, for deep enrollment."""

from __future__ import annotations

from make_analysis import make_analysis, make_track

from pvchat.augment.schemas import Sample
from pvchat.identity.enroll import enroll
from pvchat.people.person import Person
from pvchat.schemas import ClipAnalysis

HERE = "a" * 64  # key of the clip she was enrolled from


def person_of(who: int = 1) -> Person:
    return enroll(make_analysis(make_track(who), key=HERE), "Ana")


def samples_of(who: int = 1, count: int = 36) -> tuple[list[Sample], dict[str, ClipAnalysis]]:
    """Half positives (own scene, noisier with every sample), half strangers elsewhere; every third is held back."""
    samples, seen = [], {}
    for i in range(count):
        there = i % 2 == 0
        split = "val" if i % 3 == 2 else "train"
        recipe = "reenact:nod" if i % 10 == 0 else "photometric"
        sample = Sample(f"{i:016x}", "positive" if there else "negative", recipe, "video", f"media/{i}.mp4", HERE,
                        split, {"Ana": there})  # fmt: skip
        track = make_track(who if there else 40 + i, range(4), noise=0.2 + 0.005 * i)
        seen[sample.id] = make_analysis(track, frames=4, key=HERE if there else f"{i:064x}")
        samples.append(sample)
    return samples, seen
