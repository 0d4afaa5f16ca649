"""Clips that don't show the subject, chosen so that telling them apart is worth learning.

In: the subject (enrolled person, analysis and file of the enrollment clip), an index of a folder of videos
(`pvchat.index`) and perhaps plain folders. Out: `Candidate`s; `excerpts.py` makes `Sample`s with media of them.

Three kinds, half of them hard and half random:

- "same-clip": other people of the enrollment clip, cut out so that the subject is not in the picture;
- "lookalike": the nearest faces (or figures) of other clips UNDER an upper threshold: whoever is nearer may be the
  subject, and the subject must never be their own negative (`strangers.py` decides). Those of the subject's apparent
  gender come first;
- "random": anyone else who passes the same threshold.

Without an index and folders the demo's footage serves, where it was fetched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

from pvchat.augment.negatives.beside import cut_outs
from pvchat.augment.negatives.candidates import Candidate, Found, NegativesConfig, Subject
from pvchat.augment.negatives.excerpts import write
from pvchat.augment.negatives.pool import Pool, opened
from pvchat.augment.negatives.strangers import Strangers
from pvchat.augment.watch import NOBODY, Watch
from pvchat.identity.presence import PresenceModel
from pvchat.schemas import Service

__all__ = ["Candidate", "Found", "NegativesConfig", "Subject", "balance", "find", "write"]


def find(
    subject: Subject,
    chat: Service,
    index: Path | None = None,
    folders: Sequence[Path] = (),
    config: NegativesConfig | None = None,
    watch: Watch = NOBODY,
) -> Found:
    """Choose negatives.

    Args:
        subject: whom they must not show.
        chat: analyses the clips of `folders` (cached) and has the presence model.
        index: an index made by `pvchat index build`, or the folder it was made for; read, never changed.
        folders: folders of videos to look through as well. An index of them is made beside the people, in
            `$PVCHAT_HOME/tmp`, and deleted.
        config: how many and how hard.
        watch: told what is being done; stops looking at more files of `folders`.

    Returns:
        Candidates in an order that is the same for the same input and seed; fewer than asked for when there are fewer.
        Where too few are hard, random ones fill up, and the other way round.

    Raises:
        VideoIndexError: the index can't be read.
    """
    config = config or NegativesConfig()
    presence: PresenceModel = chat.presence_model
    strangers = Strangers(subject.person, presence, config.max_probability, config.min_distance)
    dropped: Counter[str] = Counter()
    near: list[Candidate] = []
    random: list[Candidate] = []
    with opened(index, folders, chat, config, watch) as indexes:
        present_from = chat.settings.presence.present_from
        pools = [Pool(one, subject, strangers, config, dropped, present_from) for one in indexes]
        tracks = [pool.recognise() for pool in pools]  # of all of them, before any is asked for strangers
        for pool, nearest in zip(pools, tracks, strict=True):
            near += pool.lookalikes(nearest)
            random += pool.random()
    beside = list(cut_outs(subject, strangers, config, dropped))
    hard = [c for pair in zip_longest(beside, _merged(near, len(pools))) for c in pair if c is not None]
    return Found(balance(hard, random, config), dict(dropped))


def balance(hard: Sequence[Candidate], random: Sequence[Candidate], config: NegativesConfig) -> list[Candidate]:
    """`config.count` of both in the wished share, hard ones first, each list's order kept.

    Where one list is too short, the other fills up. Nothing is both: an excerpt chosen as hard is not drawn again.
    """
    wanted = round(config.count * config.hard)
    taken = {_place(c) for c in hard[:wanted]}
    free = [c for c in random if _place(c) not in taken]
    few = min(len(free), max(config.count - wanted, config.count - len(hard)))
    chosen = list(hard[: config.count - few])
    taken = {_place(c) for c in chosen}
    return [*chosen, *[c for c in free if _place(c) not in taken][:few]]


def _merged(near: Sequence[Candidate], pools: int) -> Sequence[Candidate]:
    """Look-alikes of several pools by distance; those of one are in order already."""
    return sorted(near, key=lambda c: c.distance) if pools > 1 else near


def _place(candidate: Candidate) -> tuple[str, float, float]:
    return candidate.key, candidate.start_s, candidate.end_s
