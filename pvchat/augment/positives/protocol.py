"""Positives behind one protocol: from a profile and a random generator to frames that still show the subject.

In: a `Profile` (of one segment) and a plan. Out: `Made` frames, one sample each. What a generator makes is checked by
`gates.py` afterwards: it may fail, but it must say what it covered or changed. Samples are planned first (`plan`): the
same clip, settings and seed give the same ids, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pvchat.augment.profile import Profile
from pvchat.augment.schemas import Sample, Split, Stage
from pvchat.augment.settings import AugmentConfig
from pvchat.schemas import FloatArray

BOTH = frozenset({"video", "image"})
_MILD = 0.5  # share of the samples of other recipes that get mild photometric changes on top


@dataclass
class Made:
    """What a generator made.

    Attributes:
        images: [T, H, W, 3] uint8 RGB; T is 1 for a still.
        times: [T] seconds from the sample's start.
        notes: what is known about it by question type, as in `Sample.notes`.
        covers: parts of the face that are hidden: "mouth", "eyes".
    """

    images: NDArray[np.uint8]
    times: FloatArray
    notes: dict[str, str] = field(default_factory=dict)
    covers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Take:
    """How many frames a sample has, at which rate."""

    count: int
    fps: float

    @property
    def times(self) -> FloatArray:
        return (np.arange(self.count, dtype=np.float32) / self.fps).astype(np.float32)


@runtime_checkable
class Generator(Protocol):
    """Makes positives.

    Attributes:
        name: the recipe that its samples carry.
        needs: what `Profile.has` must hold.
        stages: what it can make: "video", "image".
        share: of the planned samples, relative to the other generators'.
    """

    name: str
    needs: frozenset[str]
    stages: frozenset[str]
    share: float

    def make(self, profile: Profile, take: Take, rng: np.random.Generator) -> Made:
        """Frames that show the profile's subject; the same generator state makes the same frames."""
        ...


@dataclass(frozen=True)
class Order:
    """One planned sample."""

    id: str
    recipe: str
    stage: Stage
    split: Split
    seed: int


def generators(config: AugmentConfig, drivers: Sequence[FloatArray] = ()) -> list[Generator]:
    """All generators that the settings ask for.

    Args:
        config: names them.
        drivers: head motions [n, 6] of other clips (`reenact.measure_drivers`).
    """
    from pvchat.augment.positives.backgrounds import Backgrounds
    from pvchat.augment.positives.crowd import Crowd
    from pvchat.augment.positives.photometric import Photometric
    from pvchat.augment.positives.recolour import Recolour
    from pvchat.augment.positives.reenact import KINDS, Reenact
    from pvchat.augment.positives.subclips import SubClips
    from pvchat.augment.positives.wear import WORN, Wear

    found: list[Generator] = []
    if "offline" in config.generators:
        found += [SubClips(), Photometric(), Backgrounds(config.backgrounds), Recolour()]
        found += [Reenact(kind, drivers) for kind in KINDS]
        found += [Wear(kind) for kind in WORN]
        found += [Crowd(config.others)] if config.others else []
    if "consisid" in config.generators:
        from pvchat.augment.positives.hub import ConsisID

        found.append(ConsisID.from_pretrained(config.model))
    if "identity-adapter" in config.generators:
        from pvchat.augment.positives.hub import IdentityAdapter

        found.append(IdentityAdapter.from_pretrained(config.model))
    return found


def plan(profile: Profile, makers: Sequence[Generator], config: AugmentConfig, seed: int) -> list[Order]:
    """Which samples to make: shares of the generators that can, spread over the segments."""
    able = [m for m in makers if m.needs <= profile.has]
    orders = []
    for stage, count in (("video", config.clips), ("image", config.stills)):
        usable = [m for m in able if stage in m.stages]
        orders += spread_splits(profile, [(m.name, stage) for m in _allot(usable, count)], seed)
    return orders


def spread_splits(profile: Profile, wanted: Sequence[tuple[str, str]], seed: int) -> list[Order]:
    """Orders for (recipe, stage) pairs: every seventh sample is for validation, every other seventh for test."""
    orders = []
    for number, (recipe, stage) in enumerate(wanted):
        split = {3: "val", 6: "test"}.get(number % 7, "train") if len(profile.spans) > 2 else "train"
        name = f"{profile.key}:{recipe}:{stage}:{split}:{number}:{seed}"
        digest = hashlib.sha256(name.encode()).hexdigest()
        orders.append(Order(digest[:16], recipe, stage, split, int(digest[16:24], 16)))  # type: ignore[arg-type]
    return orders


def make(order: Order, profile: Profile, makers: Sequence[Generator], config: AugmentConfig) -> Made:
    """Carry out one order.

    Raises:
        ValueError: the segment doesn't hold what the generator needs; the sample is dropped and counted.
    """
    from pvchat.augment.positives import photometric

    maker = next(m for m in makers if m.name == order.recipe)
    part = profile.part(order.split)
    if not maker.needs - {"motion"} <= part.has:
        raise ValueError(f"the segment lacks {', '.join(sorted(maker.needs - part.has))}")
    rng = np.random.default_rng(order.seed)
    count = 1 if order.stage == "image" else max(2, round(config.seconds * config.fps))
    made = maker.make(part, Take(count, config.fps), rng)
    if maker.name not in ("subclip", "photometric") and rng.random() < _MILD:
        made.images = photometric.mild(made.images, rng)
    return made


def to_sample(order: Order, made: Made, profile: Profile) -> Sample:
    """The sample that an order became."""
    ending = "png" if order.stage == "image" else "mp4"
    return Sample(
        id=order.id,
        role="positive",
        recipe=order.recipe,
        stage=order.stage,
        media=f"media/{order.id}.{ending}",
        source=profile.source(order.split),
        split=order.split,
        people={profile.name: True},
        seed=order.seed,
        notes=made.notes,
    )


def window(usable: NDArray[np.bool_], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices [count] of a stretch of usable frames; a stretch that is too short is walked to and fro.

    Args:
        usable: [T].
        count: how many.
        rng: draws the start.

    Raises:
        ValueError: no frame is usable.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], usable.astype(np.int8), [0]))))
    runs = edges.reshape(-1, 2)
    if len(runs) == 0:
        raise ValueError("no frame shows the subject")
    lengths = runs[:, 1] - runs[:, 0]
    fitting = runs[lengths >= count]
    if len(fitting):
        rooms = fitting[:, 1] - fitting[:, 0] - count + 1
        pick = int(rng.integers(rooms.sum()))
        run = int(np.searchsorted(np.cumsum(rooms), pick, side="right"))
        return fitting[run, 0] + pick - int(np.cumsum(rooms)[run] - rooms[run]) + np.arange(count)
    start, end = runs[int(lengths.argmax())]
    back = np.concatenate((np.arange(start, end), np.arange(end - 2, start, -1)))
    return np.resize(back, count) if len(back) else np.full(count, start)


def _allot(makers: Sequence[Generator], count: int) -> list[Generator]:
    """`count` makers in proportion to their shares (largest remainders), interleaved."""
    if not makers or not count:
        return []
    exact = np.array([m.share for m in makers]) / sum(m.share for m in makers) * count
    whole = np.floor(exact).astype(int)
    for index in np.argsort(-(exact - whole), kind="stable")[: count - whole.sum()]:
        whole[index] += 1
    places = [((k + 0.5) / n, i) for i, n in enumerate(whole) for k in range(n)]
    return [makers[i] for _, i in sorted(places)]
