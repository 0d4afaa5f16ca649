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

    def distances(self) -> FloatArray:
        """How far they are from each other [n, n], by faceprints where both have them, else by identity vectors."""
        printed = _printed(self.prints)
        by_identity = distances(self.middles, self.middles) / SHORTER
        return np.where(printed[:, None] & printed[None], distances(self.prints, self.prints), by_identity)


def group(faces: Faces, watch: Watch = UNWATCHED) -> IntArray:
    """The number of each track's group [n]; -1 for those that are in none."""
    labels = np.full(len(faces), _NO_GROUP)
    clear = np.flatnonzero(faces.quality > 0)
    clear = np.sort(clear[np.argsort(-faces.quality[clear], kind="stable")[:MOST]])
    labels[clear] = _founded_groups(faces.rows(clear), watch)
    for one in np.unique(faces.said[faces.said != _NO_GROUP]):  # also what isn't clear stays where the user put it
        mine = np.flatnonzero(faces.said == one)
        known = labels[mine][labels[mine] != _NO_GROUP]
        labels[mine] = known[0] if len(known) else labels.max(initial=_NO_GROUP) + 1
    _join_unclear(faces, labels)
    return labels


def distance_limit(base: float, count: int) -> float:
    """A distance limit among so many tracks."""
    return base - STRICTER * max(0.0, float(np.log2(max(1, count) / PLAIN)))


def _founded_groups(faces: Faces, watch: Watch) -> IntArray:
    """Groups of clear faces [n]."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    most, means = distance_limit(FOUNDING_DISTANCE, len(faces)), (faces.middles, faces.prints)
    watch.step("comparing faces", 0, 1)
    rows, columns, _ = _near_pairs(means, means, most)
    told = np.argsort(faces.said, kind="stable")  # whom the user put together are neighbours here
    told = np.stack([told[:-1], told[1:]])[:, (np.diff(faces.said[told]) == 0) & (faces.said[told[1:]] != _NO_GROUP)]
    rows, columns = np.concatenate([[rows, columns], told], axis=1)
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(len(faces), len(faces)))
    parts = connected_components(graph, directed=False)[1]
    labels, count = np.full(len(faces), _NO_GROUP), 0
    for part in watch.over("grouping faces", _parts(parts)):
        inside = _linked(faces.rows(part), most)
        labels[part] = inside + count
        count += inside.max() + 1
    return labels


def _parts(labels: IntArray) -> list[IntArray]:
    """The indices of each label's tracks."""
    order = np.argsort(labels, kind="stable")
    return [part for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(part)]


def _linked(faces: Faces, most: float) -> IntArray:
    """Average linkage: groups [n] whose members are on average no farther apart than `most`."""
    from sklearn.cluster import AgglomerativeClustering

    if len(faces) == 1:
        return np.zeros(1, int)
    apart = faces.distances().astype(np.float64)
    apart[tuple(faces.apart.T)] = apart[tuple(faces.apart[:, ::-1].T)] = _FAR
    known = faces.said != _NO_GROUP
    both = known[:, None] & known[None]
    apart[both] = np.where(faces.said[:, None] == faces.said[None], 0.0, _FAR)[both]
    np.fill_diagonal(apart, 0.0)
    linkage = AgglomerativeClustering(n_clusters=None, metric="precomputed", linkage="average", distance_threshold=most)
    return np.asarray(linkage.fit_predict(apart), int)


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
