"""Tracks of people whom nobody has named become groups, one a person.

In: mean faceprints and identity vectors of face tracks, which are clear, which are seen at once, and what the user
said. Out: a group's number for each. Clear faces found groups, by average linkage within each part of the graph of near
pairs; others, blurred or masked, join the nearest group that is near enough. Two that are seen at once are never put
together.

Legend: n tracks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.identity.measures import distances
from pvchat.runtime import faiss_on_one_thread
from pvchat.schemas import Flags, FloatArray, IntArray

# Distance of mean faceprints up to which clear faces are put together: the middle of the limits at which F1 of pairs is
# highest on the tune half (1.05 to 1.1); and up to which others join a group: the largest in steps of .05 at which all
# that join one of the ten largest are its own there (docs/LOG.md).
FOUNDING_DISTANCE, JOINING_DISTANCE = 1.075, 0.85
# Tracks without a faceprint are compared by identity vectors, so much longer: F1 of pairs is highest at .45.
SHORTER = 0.42
# With each doubling of the tracks beyond so many the limits fall: the share of strangers' pairs that lie below a
# distance falls tenfold over .07 of it (.06 % below 1.05, 1.5 % below 1.15).
STRICTER, PLAIN = 0.02, 128
MOST = 20_000  # clear tracks that found groups, the best
MOST_IN_PART = 5000  # … and of one part: linkage takes 16 bytes for each pair [choice]
_ROWS = 256  # tracks that are compared with all at once
_FAR = 1e6  # what is never put together lies so far apart
_NO_GROUP = -1

Pairs = NDArray[np.intp]  # [m, 2] indices of tracks
Means = tuple[FloatArray, FloatArray]  # identity vectors [n, 128]; faceprints [n, 512], zeros where there are none


@dataclass(frozen=True)
class Faces:
    """Face tracks of strangers."""

    middles: FloatArray  # [n, 128] mean identity vectors
    prints: FloatArray  # [n, 512] mean faceprints; zeros where there are none
    quality: FloatArray  # [n] of the best sighting; 0 of a track that is too blurred, or masked, to found a group
    apart: Pairs  # pairs of tracks that are seen at once
    said: IntArray  # [n] the group that the user put it into; -1 for none

    def __len__(self) -> int:
        return len(self.middles)

    def rows(self, which: IntArray) -> Faces:
        """Some of them."""
        place = np.full(len(self), _NO_GROUP)
        place[which] = np.arange(len(which))
        pairs = place[self.apart]
        apart = pairs[(pairs >= 0).all(1)]
        return Faces(self.middles[which], self.prints[which], self.quality[which], apart, self.said[which])

    def distances(self, rows: slice) -> FloatArray:
        """How far m of them are from all [m, n], by faceprints where both have them, else by identity vectors.

        0 where the user put both into one group; `_FAR` where into two, or where they are seen at once.
        """
        printed, known = _printed(self.prints), self.said != _NO_GROUP
        by_identity = distances(self.middles[rows], self.middles) / SHORTER
        apart = np.where(printed[rows, None] & printed, distances(self.prints[rows], self.prints), by_identity)
        one, other = np.concatenate([self.apart, self.apart[:, ::-1]]).T
        here = (one >= rows.start) & (one < rows.stop)
        apart[one[here] - rows.start, other[here]] = _FAR
        said = np.where(self.said[rows, None] == self.said, 0.0, _FAR)
        return np.where(known[rows, None] & known, said, apart)


def group(faces: Faces, watch: Watch = UNWATCHED) -> IntArray:
    """The number of each track's group [n]; -1 for those that are in none."""
    labels = np.full(len(faces), _NO_GROUP)
    clear = _best(faces, np.flatnonzero(faces.quality > 0), MOST)
    labels[clear] = _founded_groups(faces.rows(clear), watch)
    for one in np.unique(faces.said[faces.said != _NO_GROUP]):  # also what isn't clear stays where the user put it
        mine = np.flatnonzero(faces.said == one)
        known = labels[mine][labels[mine] != _NO_GROUP]
        labels[mine] = known[0] if len(known) else labels.max(initial=_NO_GROUP) + 1
    _join_unclear(faces, labels)
    return labels


def _best(faces: Faces, which: IntArray, most: int) -> IntArray:
    """Those of some faces that are seen best, at most so many, in their order."""
    return np.sort(which[np.argsort(-faces.quality[which], kind="stable")[:most]])


def distance_limit(base: float, count: int) -> float:
    """A distance limit among so many tracks."""
    return base - STRICTER * max(0.0, float(np.log2(max(1, count) / PLAIN)))


def _founded_groups(faces: Faces, watch: Watch) -> IntArray:
    """Groups of clear faces [n]; -1 for those that found none."""
    most = distance_limit(FOUNDING_DISTANCE, len(faces))
    labels, count = np.full(len(faces), _NO_GROUP), 0
    for part in watch.over("grouping faces", _parts(_connected(faces, most, watch))):
        part = _best(faces, part, MOST_IN_PART)
        inside = _linked(faces.rows(part), most, watch)
        labels[part] = inside + count
        count += inside.max() + 1
    return labels


def _connected(faces: Faces, most: float, watch: Watch) -> IntArray:
    """Which connected part of the graph of pairs nearer than `most` each face is in [n]: the part's number."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    parts = np.arange(len(faces))
    told = np.argsort(faces.said, kind="stable")  # whom the user put together are neighbours here
    told = np.stack([told[:-1], told[1:]])
    pairs = told[:, (np.diff(faces.said[told], axis=0)[0] == 0) & (faces.said[told[1]] != _NO_GROUP)]
    for start in watch.over("comparing faces", range(0, len(faces), _ROWS)):
        rest = faces.middles[start:], faces.prints[start:]  # those before were compared with all
        rows, columns, _ = _near_pairs((rest[0][:_ROWS], rest[1][:_ROWS]), rest, most)
        pairs = np.concatenate([pairs, np.stack([rows, columns]) + start], axis=1)
        graph = coo_array((np.ones(pairs.shape[1], bool), parts[pairs]), shape=(len(faces), len(faces)))
        parts = connected_components(graph, directed=False)[1][parts]
        pairs = pairs[:, :0]  # kept all together they would fill the memory
    return parts


def _parts(labels: IntArray) -> list[IntArray]:
    """The indices of each label's tracks."""
    order = np.argsort(labels, kind="stable")
    return [part for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(part)]


def _linked(faces: Faces, most: float, watch: Watch) -> IntArray:
    """Average linkage: groups [n] whose members are on average no farther apart than `most`."""
    from scipy.cluster.hierarchy import fcluster, linkage

    count, end = len(faces), 0
    if count == 1:
        return np.zeros(1, int)
    apart, starts = np.empty(count * (count - 1) // 2), range(0, count, _ROWS)
    for start in watch.over("comparing faces", starts) if len(starts) > 1 else starts:
        for place, row in enumerate(faces.distances(slice(start, start + _ROWS)), start + 1):
            apart[end : end + count - place] = row[place:]
            end += count - place
    return np.asarray(fcluster(linkage(apart, "average"), most, "distance") - 1, int)


def _join_unclear(faces: Faces, labels: IntArray) -> None:
    """Put what isn't clear to the nearest group that is near, the nearest first; changes `labels`."""
    left, groups = np.flatnonzero(labels == _NO_GROUP), _parts(labels)
    groups = [part for part in groups if labels[part[0]] != _NO_GROUP]
    if not len(left) or not groups:
        return
    middles, prints = (np.stack([rows[part].mean(0) for part in groups]) for rows in (faces.middles, faces.prints))
    together = defaultdict[int, set[int]](set)
    for one, other in faces.apart.tolist():
        together[one].add(other)
        together[other].add(one)
    mine = (faces.middles[left], faces.prints[left])
    rows, near, apart = _near_pairs(mine, (middles, prints), distance_limit(JOINING_DISTANCE, len(faces)))
    nearest = dict[int, int]()  # of each track, in order of distance
    for place in np.argsort(apart, kind="stable").tolist():
        nearest.setdefault(int(left[rows[place]]), int(near[place]))
    for track, place in nearest.items():
        label = labels[groups[place][0]]
        if not any(labels[other] == label for other in together[track]):
            labels[track] = label


def _printed(prints: FloatArray) -> Flags:
    """Which of some mean faceprints [n, 512] there are."""
    return np.abs(prints).max(1) > 0


def _near_pairs(a: Means, b: Means, most: float) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of a track of a and one of b nearer than `most`: places in a [m], places in b [m], distances [m]."""
    import faiss

    mine, theirs, found = _printed(a[1]), _printed(b[1]), []
    cases = ((1, mine, theirs, 1.0), (0, mine, ~theirs, SHORTER), (0, ~mine, np.ones_like(theirs), SHORTER))
    for kind, own, other, scale in cases:
        rows, columns = np.flatnonzero(own), np.flatnonzero(other)
        index = faiss.IndexFlatL2(a[kind].shape[1])
        index.add(b[kind][columns])
        with faiss_on_one_thread():
            ends, squared, near = index.range_search(a[kind][rows], (most * scale) ** 2)
        each = np.repeat(rows, (ends[1:] - ends[:-1]).astype(np.intp))
        found.append((each, columns[near.astype(np.intp)], np.sqrt(np.maximum(squared, 0.0)) / scale))
    rows, columns, apart = map(np.concatenate, zip(*found, strict=True))
    return rows, columns, apart


def seen_at_once(clips: Sequence[int], frames: Sequence[set[int]]) -> Pairs:
    """Pairs [m, 2] of tracks that share a frame of one clip, by each one's clip [n] and the frames that show it [n]."""
    by_clip = defaultdict[int, list[int]](list)
    for track, clip in enumerate(clips):
        by_clip[clip].append(track)
    beside = (pair for mine in by_clip.values() for pair in combinations(mine, 2))
    pairs = [(one, other) for one, other in beside if not frames[one].isdisjoint(frames[other])]
    return np.array(pairs, np.intp).reshape(-1, 2)
