"""Joins the tracks of a long video's parts into tracks of the whole, one part after the other.

In: the `ClipAnalysis` of each part, in order. Out: `Track`s whose frames count through the whole video. Over the border
between two parts, which is no cut, a face is followed as within a shot. Everywhere else only identity joins, and the
more people there are already, the nearer it must be. Faceprints have the last word: they part look-alikes, and join
whom light and turn have parted. Memory is bounded: where there are too many sightings, each part keeps its best only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from pvchat.perception import tracks
from pvchat.perception.boxes import overlap
from pvchat.perception.sightings import best_sightings
from pvchat.schemas import FACEPRINT, SIGHTING_ARRAYS, Appearance, ClipAnalysis, FloatArray, PersonFacts, Track

MOST_SIGHTINGS = 240  # kept of one person
MOST_KEPT = 4000  # kept of all
_PART_SIGHTINGS = 24  # kept of one track of one part at first; halved whenever there are too many, down to …
_FEWEST = 2
_MEANS = 12  # the latest of one person, that a new track is compared with
_PRINTS = 16  # of her faceprints
# Cosine of two tracks' mean faceprints below which they aren't one person, and above which they are.
_NOT_THE_SAME, _THE_SAME = 0.5, 0.65


class _Person:
    """One person's tracks so far."""

    def __init__(self, first: Track) -> None:
        self.pieces: list[Track] = []
        self.means: list[FloatArray] = []  # mean identity vectors [128] of the latest pieces
        self.mean = np.zeros(first.identity.shape[1], np.float32)  # of all
        self.weight = self.best = 0.0  # sum of the sightings' quality, and that of the best one
        self.printed = np.zeros(FACEPRINT, np.float32)  # sum of the faceprints
        self.add(first)

    def add(self, track: Track) -> None:
        """Take the next track."""
        mean, weight = tracks.mean_identity(track.identity, track.quality), float(track.quality.sum()) + 1e-3
        together = self.weight + weight
        self.mean = np.asarray((self.mean * self.weight + mean * weight) / together, np.float32)
        self.weight, self.best = together, max(self.best, float(track.quality.max()))
        self.printed = self.printed + _faceprint_sum(track)
        self.means = [*self.means, mean][-_MEANS:]
        self.pieces.append(track)
        # the latest sighting, even if it is thinned out: frame, box, identity
        self.last = (int(track.frames[-1]), track.boxes[-1], track.identity[-1])


class TrackJoiner:
    """Joins the tracks of parts as they come."""

    def __init__(self) -> None:
        self._people: list[_Person] = []
        self._figures: list[Track] = []
        self._most = _PART_SIGHTINGS
        self._last_shot = 0  # the first frame of the shot that goes on over the border

    def __len__(self) -> int:
        """How many tracks there are so far."""
        return len(self._people) + len(self._figures)

    def add(self, part: ClipAnalysis, offset: int) -> None:
        """Take in the next part; its frame 0 is the whole video's frame `offset`."""
        moved = [_in_whole_video(t, part, offset) for t in part.tracks]
        self._figures += [t for t in moved if t.kind == "figure"]
        faces = [t for t in moved if t.kind == "face"]
        same_shot = [bool(part.shot_of(part.times)[t.frames[0] - offset] == 0) for t in faces]
        pairs = self._assign(faces, offset, same_shot)
        for row, number in pairs:
            self._people[row].add(faces[number])
        joined = {number for _, number in pairs}
        self._people += [_Person(t) for number, t in enumerate(faces) if number not in joined]
        if len(part.shots) > 1:
            self._last_shot = offset + int(np.searchsorted(part.times, part.shots[-1, 0]))
        # fewer sightings of each part are kept while there are too many in all
        while self._most > _FEWEST and sum(len(t) for p in self._people for t in p.pieces) > MOST_KEPT:
            self._most //= 2
            for person in self._people:
                person.pieces = [_keep_best(t, self._most) for t in person.pieces]

    def tracks(self) -> list[Track]:
        """Everyone so far, the most prominent first; faces before figures."""
        people = [join(person.pieces) for person in self._people]
        return [*sorted(people, key=_prominence, reverse=True), *sorted(self._figures, key=_prominence, reverse=True)]

    def _assign(self, faces: Sequence[Track], offset: int, same_shot: Sequence[bool]) -> list[tuple[int, int]]:
        """Pairs (person, new track) that belong together; `same_shot`: whether each goes on over the border's shot."""
        if not faces or not self._people:
            return []
        means = np.stack([tracks.mean_identity(t.identity, t.quality) for t in faces])
        apart = _distances(np.stack([p.mean for p in self._people]), means)
        farthest = np.stack([_distances(np.stack(p.means), means).max(0) for p in self._people])
        best = np.minimum.outer([p.best for p in self._people], [t.quality.max() for t in faces])
        allowed = (apart <= tracks.merge_limit(best, len(self._people))) & (farthest <= tracks.FARTHEST)
        theirs, new = np.stack([p.printed for p in self._people]), np.stack([_faceprint_sum(t) for t in faces])
        lengths = np.outer(np.linalg.norm(theirs, axis=1), np.linalg.norm(new, axis=1))
        cosines = np.where(lengths > 0, theirs @ new.T / np.maximum(lengths, 1e-9), np.nan)  # NaN: no faceprint
        allowed = (allowed & ~(cosines < _NOT_THE_SAME)) | (cosines > _THE_SAME)
        first = max(offset - tracks.MAX_GAP, self._last_shot)
        follows = np.array([[_continues(person, track, first) for track in faces] for person in self._people])
        follows &= np.array(same_shot)
        return tracks.cheapest_pairs(np.where(follows, apart - 1.0, apart), follows | allowed)


def _distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """Euclidean distances [n, m] of vectors [n, D] to others [m, D]."""
    return np.linalg.norm(a[:, None] - b[None], axis=2)


def _faceprint_sum(track: Track) -> FloatArray:
    """The sum of a track's faceprints [512]; 0 where it has none."""
    return np.asarray(track.prints.astype(np.float32).sum(0) if len(track.prints) else np.zeros(FACEPRINT), np.float32)


def _continues(person: _Person, track: Track, first: int) -> bool:
    """Whether the track goes on where the person was last seen, in the frame `first` or later."""
    frame, box, identity = person.last
    if frame < first or track.frames[0] - frame > tracks.MAX_GAP:
        return False
    near = float(overlap(box[None], track.boxes[:1])[0, 0])
    return near > tracks.MIN_OVERLAP and float(np.linalg.norm(identity - track.identity[0])) < tracks.LINK_OVERLAPPING


def _in_whole_video(track: Track, part: ClipAnalysis, offset: int) -> Track:
    """A part's track with frames of the whole video; each shot of the part that shows it becomes an appearance."""
    times = part.times[track.frames]
    shots = part.shot_of(times)
    shown = [times[shots == shot] for shot in np.unique(shots)]
    appearances = [Appearance(float(some.min()), float(some.max()), track.facts) for some in shown]
    return replace(track, frames=track.frames + offset, seen=track.shown_in + offset, appearances=appearances)


def _keep_best(track: Track, most: int) -> Track:
    """The best sightings only, in order of time; `seen` keeps them all."""
    return track if len(track) <= most else track.rows(np.sort(best_sightings(track, most)))


def join_on_bodies(found: Sequence[Track], whose: Sequence[Mapping[int, int]]) -> list[Track]:
    """The face tracks of a clip, of which those are joined that one body carries and that are alike enough.

    `whose`: of each body, frame → number of the face track (`bodyfaces.face_tracks_of`).
    """
    groups = {number: [number] for number in range(len(found))}
    for one, other in sorted({pair for owners in whose for pair in combinations(sorted(set(owners.values())), 2)}):
        a, b = groups[one], groups[other]
        if a is not b and all(_may_be_one_person(found[i], found[j]) for i in a for j in b):
            a += b
            groups |= dict.fromkeys(b, a)
    return [join([found[i] for i in group]) for number, group in groups.items() if number == min(group)]


def _may_be_one_person(one: Track, other: Track) -> bool:
    """Whether two tracks are never seen at once, and alike enough to be linked in one place."""
    means = (tracks.mean_identity(track.identity, track.quality) for track in (one, other))
    near = float(np.linalg.norm(np.subtract(*means))) < tracks.LINK_OVERLAPPING
    return near and not len(np.intersect1d(one.frames, other.frames))


def join(pieces: Sequence[Track]) -> Track:
    """One track of several of one person, in order of time, with the facts of the most prominent one that has any."""
    if len(pieces) == 1:
        return _keep_best(pieces[0], MOST_SIGHTINGS)
    best = max(pieces, key=lambda t: (t.facts != PersonFacts(), _prominence(t)))
    order = np.argsort(np.concatenate([t.frames for t in pieces]), kind="stable")
    arrays = {name: np.concatenate([getattr(t, name) for t in pieces])[order] for name in SIGHTING_ARRAYS}
    clearest = sorted(pieces, key=lambda t: -float(t.quality.max()))
    whole = Track(
        kind="face",
        **arrays,
        prints=np.concatenate([t.prints for t in clearest if len(t.prints)] or [clearest[0].prints])[:_PRINTS],
        looks=next((t.looks for t in clearest if len(t.looks)), pieces[0].looks),
        thumbnail=best.thumbnail,
        facts=best.facts,
        seen=np.unique(np.concatenate([t.shown_in for t in pieces])),
        appearances=[a for t in pieces for a in t.appearances],
    )
    return _keep_best(whole, MOST_SIGHTINGS)


def _prominence(track: Track) -> float:
    """How much a track fills the video, by all the frames that show it: few of its sightings may be kept."""
    return float(tracks.prominence_of_sightings(track).mean()) * len(track.shown_in)
