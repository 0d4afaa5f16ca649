"""The faces of a clip's frames: detected, followed in every second frame where nothing changes, and described.

In: T frames and in which shot each is. Out: the `DetectedFaces` of each.

Two things make this cheap (docs/adr/0018-only-what-is-asked.md, 0028-faces-followed.md). Between two searched frames
of one shot a face is looked for where its neighbours have it, and where the wide-range detector sees one; the whole is
searched where one isn't found again, or only one neighbour has it. And of a face that overlaps itself from frame to
frame, with nobody near, the best sighting of every few gives its identity vector to the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pvchat.perception.boxes import overlap
from pvchat.perception.experts import networks
from pvchat.perception.experts.faces import DetectedFaces, FaceExpert, chip, face_quality
from pvchat.perception.experts.ssd import Detections
from pvchat.perception.sightings import best_of_stretches
from pvchat.perception.tracks import LINK_OVERLAPPING, Sighting, chain_sightings
from pvchat.runtime import threads
from pvchat.schemas import FloatArray, IntArray, Pixels

_BATCH = 8  # frames searched together
# Two frames' faces are taken for one that is between them, too, where its place moves by no more of its size than this
# and its size changes by no more; from this overlap with the middle of both it was found there.
_MOVED, _GROWN, _FOUND = 1.0, 1.4, 0.3
_CERTAIN = 0.8  # score of a face of one of them that the other must have for that
_CHAIN_OVERLAP = 0.5  # overlap from one frame to the next that says it is one face …
_OTHER_OVERLAP = 0.2  # … where no other overlaps either of them by this much
# Of so many sightings in a row one gets an identity vector, but no fewer than these of a chain.
_PER_VECTOR, _FEWEST_VECTORS = 3, 12


def find_faces(
    images: Pixels, shots: IntArray, expert: FaceExpert, report: Callable[[int], None] = lambda done: None
) -> list[DetectedFaces]:
    """Detect and describe the faces of each of T frames [T, H, W, 3] uint8 RGB.

    `shots` [T]: in which shot each frame is, ascending. `report` is called with how many frames are done.
    """
    located = locate(images, shots, expert, report)
    networks.release_buffers()  # what finds faces need not lie beside what tells whose they are
    return describe(images, located, shots, expert)


def locate(images: Pixels, shots: IntArray, expert: FaceExpert, report: Callable[[int], None]) -> list[Detections]:
    """Detect each frame's faces; arguments as for `find_faces`."""
    between = [f for f in range(1, len(images) - 1, 2) if shots[f - 1] == shots[f + 1]]
    found: dict[int, Detections] = {}

    def search_all(part: Sequence[int]) -> None:
        found.update(zip(part, expert.locate_many([images[f] for f in part]), strict=True))
        report(len(found))

    def follow_all(part: Sequence[int]) -> list[int]:
        """Follow the faces of these frames; returns the frames that must be searched after all."""
        both, near = zip(*(_expected_boxes(found[f - 1], found[f + 1]) for f in part), strict=True)
        missed = []
        for frame, here, sure in zip(part, expert.locate_many([images[f] for f in part], near), both, strict=True):
            if (overlap(sure, here.boxes).max(1, initial=0.0) < _FOUND).any():
                missed.append(frame)
            else:
                found[frame] = here
        report(len(found))
        return missed

    networks.in_parallel(search_all, _batches(sorted(set(range(len(images))) - set(between))))
    settled = [f for f in between if _same_faces(found[f - 1], found[f + 1])]
    missed = networks.in_parallel(follow_all, _batches(settled))
    left = set(between).difference(settled).union(*missed)
    networks.in_parallel(search_all, _batches(sorted(left)))
    return [found[f] for f in range(len(images))]


def _batches(frames: Sequence[int]) -> list[Sequence[int]]:
    """The frames in batches of about one size, `_BATCH` at most; as many for each thread of the machine."""
    # What goes into a network together decides its last bits: it is the same for a process with a share of the threads.
    count = -(-len(frames) // _BATCH)
    count = min(len(frames), -(-count // threads()) * threads())
    return [frames[k * len(frames) // count : (k + 1) * len(frames) // count] for k in range(count)]


def describe(
    images: Pixels | Sequence[Pixels], located: Sequence[Detections], shots: IntArray, expert: FaceExpert
) -> list[DetectedFaces]:
    """Measure every face's quality, and identity vectors of the best faces, which the rest of their chain shares."""
    quality = [np.zeros(len(one), np.float32) for one in located]
    owner: dict[Sighting, int] = {}  # index of the vector that each sighting has
    chips: list[Pixels] = []
    chains = _chains(located, shots)
    for chain in chains:
        cut = networks.in_parallel(lambda seen: chip(images[seen[0]], located[seen[0]].points[seen[1]]), chain)
        for (f, i), pixels in zip(chain, cut, strict=True):
            quality[f][i] = face_quality(pixels, located[f], i)
        most = max(_FEWEST_VECTORS, -(-len(chain) // _PER_VECTOR))
        chosen = best_of_stretches(np.array([quality[f][i] for f, i in chain]), most)
        nearest = np.abs(np.arange(len(chain))[:, None] - chosen[None]).argmin(1)
        owner.update((sighting, len(chips) + int(k)) for sighting, k in zip(chain, nearest, strict=True))
        chips += [cut[k] for k in chosen]
    vectors = expert.vectors(chips)
    for chain in chains:  # one that two people share (over a cut that wasn't found) is broken up: -1, each alone
        shared = list(dict.fromkeys(owner[sighting] for sighting in chain))
        steps = np.linalg.norm(np.diff(vectors[shared], axis=0), axis=1)
        if (steps >= LINK_OVERLAPPING).any() and len(shared) < len(chain):
            owner.update((sighting, -1) for sighting in chain)
    again = [sighting for sighting, k in owner.items() if k < 0]
    more = expert.vectors([chip(images[f], located[f].points[i]) for f, i in again])
    own = dict(zip(again, more, strict=True))
    faces = []
    for f, one in enumerate(located):
        rows = [own[f, i] if (f, i) in own else vectors[owner[f, i]] for i in range(len(one))]
        identity = np.stack(rows) if rows else vectors[:0]
        faces.append(DetectedFaces(one.boxes, one.points, one.scores, quality[f], identity))
    return faces


def _same_faces(before: Detections, after: Detections) -> bool:
    """Whether two searched frames show the same certain faces, so that nobody comes or goes between them."""
    rows, columns = _match_pairs(before, after)
    alone = np.concatenate((np.delete(before.scores, rows), np.delete(after.scores, columns)))
    return not (alone >= _CERTAIN).any()


def _expected_boxes(before: Detections, after: Detections) -> tuple[FloatArray, FloatArray]:
    """Where to look for faces in the frame between: boxes of faces in both frames, halfway; and all boxes to try."""
    rows, columns = _match_pairs(before, after)
    both: FloatArray = np.asarray((before.boxes[rows] + after.boxes[columns]) / 2, np.float32)
    return both, np.concatenate((both, np.delete(before.boxes, rows, 0), np.delete(after.boxes, columns, 0)))


def _match_pairs(before: Detections, after: Detections) -> tuple[list[int], list[int]]:
    """Indices of the faces of the one frame and of the other that are the same face, pair by pair."""
    a, b = before.boxes[:, None], after.boxes[None]
    one, other = ((boxes[..., 2:] - boxes[..., :2]).max(2, initial=1.0) for boxes in (a, b))
    smaller, larger = np.minimum(one, other), np.maximum(one, other)
    moved = np.linalg.norm(a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:], axis=2) / 2
    pairs = _mutual_nearest(np.where(larger <= _GROWN * smaller, -moved / smaller, -np.inf), -_MOVED)
    return [i for i, _ in pairs], [j for _, j in pairs]


def _mutual_nearest(near: FloatArray, least: float) -> list[tuple[int, int]]:
    """Pairs (row, column) of a similarity [n, m] that are each other's best, and at least `least`."""
    if not near.size:
        return []
    rows, columns = near.argmax(1), near.argmax(0)
    return [(i, int(j)) for i, j in enumerate(rows) if columns[j] == i and near[i, j] >= least]


def _chains(located: Sequence[Detections], shots: IntArray) -> list[list[Sighting]]:
    """Chains of sightings of one face in neighbouring frames of a shot; every sighting is in one chain."""

    def match(chains: list[list[Sighting]], frame: int) -> list[tuple[int, int]]:
        if not frame or shots[frame] != shots[frame - 1]:
            return []
        before = {chain[-1][1]: n for n, chain in enumerate(chains) if chain[-1][0] == frame - 1}  # by face
        near = overlap(located[frame - 1].boxes, located[frame].boxes)
        others = near >= _OTHER_OVERLAP
        alone = (others.sum(1)[:, None] == 1) & (others.sum(0) == 1)
        return [(before[i], j) for i, j in _mutual_nearest(near, _CHAIN_OVERLAP) if alone[i, j]]

    return chain_sightings(range(len(located)), located, match)
