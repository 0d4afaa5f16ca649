"""Which stretches of speech are of one voice, and where in a stretch another voice goes on.

In: stretches with voiceprints; voiceprints along a stretch. Out: the same stretches, each with the number of its voice;
the times at which the voice changes. Voices are grouped by how alike they are on average (average linkage);
docs/adr/0060-words-in-the-library.md and 0067-real-voices.md say how the limits were chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pvchat.schemas import FloatArray, Utterance

SAME_VOICE = 0.725  # mean cosine from which two groups of stretches are one voice

# Cosine of what is heard in the 1.6 s before a moment and after it, and of all before and after, below which another
# voice goes on there.
_OTHER_NEAR, _OTHER = 0.65, 0.7


def with_voices(utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """The stretches with the numbers of their voices, counted from 0 as they begin to speak."""
    from scipy.cluster.hierarchy import fcluster, linkage

    prints = np.array([one.voiceprint for one in utterances if one.voiceprint], np.float32)
    groups = [0] * len(prints)
    if len(prints) > 1:
        groups = fcluster(linkage(prints, "average", "cosine"), 1 - SAME_VOICE, "distance").tolist()
    order, of_each = list(dict.fromkeys(groups)), iter(groups)
    return tuple(replace(one, voice=order.index(next(of_each)) if one.voiceprint else None) for one in utterances)


def change_after(prints: FloatArray, apart: int) -> int | None:
    """The index of the window after which another voice goes on; None where it is one voice.

    `prints`: [looks, 256] along a stretch, of unit length; a look ends where the one that is `apart` further begins.
    """
    if len(prints) <= apart:
        return None
    likeness = (prints[:-apart] * prints[apart:]).sum(1)
    last = int(likeness.argmin())
    before, after = prints[: last + 1].mean(0), prints[last + apart :].mean(0)
    whole = float(before @ after / (np.linalg.norm(before) * np.linalg.norm(after)))
    return last if likeness[last] < _OTHER_NEAR and whole < _OTHER else None
