"""Which stretches of speech are of one voice.

In: stretches with voiceprints. Out: the same, each with the number of its voice. Voices are grouped by how alike they
are on average (average linkage); docs/adr/0052-known-by-voice.md says how the limit was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pvchat.schemas import Utterance

SAME_VOICE = 0.8  # mean cosine from which two groups of stretches are one voice


def with_voices(utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """The stretches with the numbers of their voices, counted from 0 as they begin to speak."""
    numbers = iter(_groups([one for one in utterances if one.voiceprint]))
    return tuple(replace(one, voice=next(numbers) if one.voiceprint else None) for one in utterances)


def _groups(utterances: Sequence[Utterance]) -> list[int]:
    """The group of each."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(utterances) < 2:
        return [0] * len(utterances)
    prints = np.array([one.voiceprint for one in utterances], np.float32)
    found = fcluster(linkage(prints, "average", "cosine"), 1 - SAME_VOICE, "distance").tolist()
    order = list(dict.fromkeys(found))
    return [order.index(group) for group in found]
