"""Face tracks, ready to be compared with people: of one clip, or of a whole library.

In: tracks. Out: those with the same numbers of rows together, with the faceprints in which a face can be made out.

Legend: N tracks; n sightings and m faceprints of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pvchat.identity.examples import is_masked
from pvchat.identity.measures import visible
from pvchat.identity.reach import covered
from pvchat.people.parts import NOTHING
from pvchat.schemas import FloatArray, IntArray, Track


@dataclass(frozen=True)
class FaceTracks:
    """N face tracks with the same numbers of rows.

    Attributes:
        which: [N] their places among all.
        masked: all these faces are behind masks, or none is.
        hidden: [N] a mask, a hat or sunglasses hide a part of the face.
        identity: [N, n, 128] vectors of the sightings.
        quality: [N, n] of these.
        prints: [N, m, 512] faceprints; m may be 0.
        shown: [N] how well a face can be made out in the clearest of these, 0..1.
    """

    which: IntArray
    masked: bool
    hidden: NDArray[np.bool_]
    identity: FloatArray
    quality: FloatArray
    prints: FloatArray
    shown: FloatArray

    def rows(self, which: NDArray[np.bool_], prints: NDArray[np.bool_], shown: FloatArray) -> FaceTracks:
        """Some of them [N], with some of their faceprints [m]; `shown` [N] is of all."""
        kept = self.prints[np.ix_(which, prints)]
        return FaceTracks(
            self.which[which], self.masked, self.hidden[which], self.identity[which], self.quality[which], kept,
            shown[which],
        )  # fmt: skip

    def made_out(self) -> Iterator[FaceTracks]:
        """The same tracks with those faceprints only in which a face can be made out; at least one, if any."""
        if not self.prints.shape[1]:
            yield self
            return
        seen, shown = visible(self.prints, self.masked)
        if seen.all():  # usually: nothing is copied
            yield replace(self, shown=shown)
            return
        for prints in np.unique(seen, axis=0):
            yield self.rows((seen == prints).all(1), prints, shown)


def faces_of(tracks: Sequence[Track]) -> Iterator[FaceTracks]:
    """The face tracks among some, those with the same numbers of rows together."""
    alike: dict[tuple[bool, int, int], list[int]] = {}
    for place, track in enumerate(tracks):
        if track.kind == "face":
            alike.setdefault((is_masked(track), len(track), len(track.prints)), []).append(place)
    for (masked, _, _), places in alike.items():
        yield from _stacked([tracks[place] for place in places], np.array(places), masked).made_out()


def _stacked(tracks: Sequence[Track], places: IntArray, masked: bool) -> FaceTracks:
    prints = np.stack([track.prints if len(track.prints) else NOTHING for track in tracks]).astype(np.float32)
    hidden = np.array([masked or covered(track) for track in tracks])
    identity, quality = np.stack([t.identity for t in tracks]), np.stack([t.quality for t in tracks])
    return FaceTracks(places, masked, hidden, identity, quality, prints, np.ones(len(tracks), np.float32))
