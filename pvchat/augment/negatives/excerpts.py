"""`Negative`s become `Sample`s: excerpts are cut, an mp4 each and for some also a still, and judged by what they show.

One in which the presence model doesn't call the subject absent is dropped. What was cut is kept, so a stopped run goes
on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pvchat import video
from pvchat.augment.augmentation import Augmentation
from pvchat.augment.folders import MEDIA, write_media
from pvchat.augment.negatives.strangers import Negative, Negatives, SubjectClip
from pvchat.augment.schemas import Sample, Split, Stage, digest
from pvchat.augment.settings import FPS
from pvchat.errors import VideoReadError
from pvchat.schemas import Service

_STILLS = 3  # every third excerpt also gives its middle frame, as a sample of stage "image"
_SHARED = 4  # source clips of one recipe from which validation and test get one at least
_SIDE = 480  # pixels of an excerpt's longest side
_VAL, _TEST = 0.15, 0.15  # shares of the source clips that go into those splits
_MOST_SIDE = 1280  # pixels of the frame that a crop is cut from

Images = NDArray[np.uint8]


def write_excerpts(found: Negatives, subject: SubjectClip, run: Augmentation) -> list[Sample]:
    """Cut the candidates' excerpts into the run's media: a sample of stage "video" for each, of "image" for some.

    Gates are "probability" (of the subject in the excerpt) and "distance"; all samples of a source, the clip's key, are
    in one split. `dropped` is "identity" where the excerpt may show the subject, "no face" where it shows nobody else
    beside her body, "unreadable" where its file can't be read any more; such samples have no media.
    """
    candidates, config = found.candidates, run.config
    (run.out / MEDIA).mkdir(parents=True, exist_ok=True)
    splits, stills = split_sources(candidates, found.seed), min(config.negatives // _STILLS, len(candidates))
    with_still = set(np.linspace(0, len(candidates) - 1, stills).round().astype(int))
    samples: list[Sample] = []
    for number, candidate in enumerate(run.watch.over("cutting negatives", candidates)):
        split, source = _segment_of(candidate, subject) or (splits[candidate.key], candidate.key)
        stages: tuple[Stage, ...] = ("video", "image") if number in with_still else ("video",)
        made = [_sample(candidate, config.seconds, stage) for stage in stages]
        for sample in made:
            sample.split, sample.source, sample.people, sample.seed = split, source, {subject.name: False}, found.seed
        _cut_and_check(candidate, made, subject, run)
        samples += made
    return samples


def split_sources(candidates: Sequence[Negative], seed: int) -> dict[str, Split]:
    """A split for each source clip, so that each recipe has clips in every split where there are enough."""
    order = sorted({c.key for c in candidates}, key=lambda key: digest(key, seed))
    splits: dict[str, Split] = {}
    for recipe in ("lookalike", "random"):
        of_recipe = {c.key for c in candidates if c.recipe == recipe}
        keys = [key for key in order if key in of_recipe - splits.keys()]
        least = int(len(keys) >= _SHARED)
        val, test = (max(round(share * len(keys)), least) for share in (_VAL, _TEST))
        for place, key in enumerate(keys):
            splits[key] = "val" if place < val else "test" if place < val + test else "train"
    return {key: splits.get(key, "train") for key in order}


def cut_excerpt(candidate: Negative, chat: Service, seconds: float) -> Images:
    """The frames [T, H, W, 3] of a candidate's excerpt; raises VideoReadError."""
    x0, y0, x1, y1 = candidate.box or (0.0, 0.0, 1.0, 1.0)
    side = min(_MOST_SIDE, round(_SIDE / max(x1 - x0, y1 - y0, 0.1)))
    frames = max(1, round(seconds * FPS))
    wanted = replace(chat.settings.video, sample_fps=FPS, max_frames=frames, whole_side=side, max_side=side)
    span = (candidate.start_s, max(candidate.end_s, candidate.start_s + 1 / FPS))
    clip = video.load(candidate.clip, wanted, span=span)
    height, width = clip.images.shape[1:3]
    across, down = (
        slice(round(a * n), max(round(b * n), round(a * n) + 2)) for a, b, n in ((x0, x1, width), (y0, y1, height))
    )
    return np.ascontiguousarray(clip.images[:, down, across])


def _cut_and_check(candidate: Negative, made: Sequence[Sample], subject: SubjectClip, run: Augmentation) -> None:
    """Write the media that aren't there, and look at all."""
    try:
        if missing := [sample for sample in made if not (run.out / sample.media).exists()]:
            images = cut_excerpt(candidate, run.analyses.chat, run.config.seconds)
            for sample in missing:
                write_media(run.out / sample.media, images[0 if sample.stage == "video" else len(images) // 2 :])
        for sample in made:
            _check_excerpt(sample, subject, run)
    except VideoReadError:
        for sample in made:
            sample.dropped = sample.dropped or "unreadable"


def _sample(candidate: Negative, seconds: float, stage: Stage) -> Sample:
    """What is known of an excerpt, or of its still, by itself."""
    place = (candidate.key, candidate.recipe, candidate.track, candidate.start_s, candidate.end_s, candidate.box)
    name = digest(*place, seconds, FPS, _SIDE, stage)[:16]
    gates = {"distance": candidate.distance} if np.isfinite(candidate.distance) else {}
    media = f"{MEDIA}/{name}{'.mp4' if stage == 'video' else '.jpg'}"
    return Sample(name, "negative", candidate.recipe, stage, media, candidate.key, "train", {}, gates)


def _check_excerpt(sample: Sample, subject: SubjectClip, run: Augmentation) -> None:
    """Look at what was cut; what is dropped is deleted."""
    analysis = run.analyses.chat.analyse(run.out / sample.media)
    seen = run.analyses.chat.score([subject.person], analysis)[0]
    sample.gates["probability"] = round(seen.probability, 4)
    if seen.decision != "absent":
        sample.dropped = "identity"
    elif sample.recipe == "same-clip" and not any(t.kind == subject.person.kind for t in analysis.tracks):
        sample.dropped = "no face"
    if sample.dropped:
        (run.out / sample.media).unlink()


def _segment_of(candidate: Negative, subject: SubjectClip) -> tuple[Split, str] | None:
    """Split and source of the enrollment clip's segment that an excerpt is cut from; None for other clips."""
    if candidate.key != subject.analysis.key:
        return None
    middle = (candidate.start_s + candidate.end_s) / 2
    inside = [(split, source) for start, end, split, source in subject.segments if start <= middle <= end]
    return inside[0] if inside else ("train", candidate.key)
