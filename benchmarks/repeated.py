"""Real tracks of labelled clips, again and again with jitter, as the faces of a library.

In: a folder of labelled clips as `pvchat eval` reads it, analysed before. Out: its people, each enrolled from her own
clip as anybody is, and tracks: hers out of all other clips (`whose.py`), strangers' out of real clips that show nobody
enrolled: their labels deny each enrolled person of their set. Jitter moves all vectors of a track by what one
vector of some track lies off its track's mean, so that a track and its repetition differ as two sightings of one face
in one clip do; by how much, `of` prints. Quality, size, masks and clothes stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import labelled
import numpy as np
from whose import Whose

from pvchat import PVChat
from pvchat.eval.manifest import half_of
from pvchat.people.person import Person
from pvchat.schemas import FloatArray, Track


@dataclass(frozen=True)
class Source:
    """A real track, and the clip it is of; of somebody enrolled also whose it is and how she is seen there."""

    track: Track
    clip: str
    name: str = ""
    view: str = ""  # "clear", "far", "partial", "masked", as the labels say


@dataclass(frozen=True)
class Labels:
    """What is said of a folder's clips."""

    folder: Path
    people: dict[str, labelled.Row]  # rows of `people.json` by names
    present: dict[str, dict[str, bool]]  # who is in each clip, and who isn't
    views: dict[tuple[str, str], str]  # how clips show people

    @classmethod
    def of(cls, folder: Path, same: Sequence[tuple[str, str]] = (), shows: Sequence[tuple[str, str]] = ()) -> Labels:
        """The labels of a folder, and what they don't say.

        Args:
            folder: the labelled clips.
            same: names of people who are those of the other names.
            shows: clips and names of people who are in them.
        """
        meant = {row["name"]: dict(same).get(row["name"], row["name"]) for row in labelled.people(folder)}
        present, views = dict[str, dict[str, bool]](), dict[tuple[str, str], str]()
        for row in labelled.questions(folder):
            mine = present.setdefault(row["video"], {})
            for name, there in row["present"].items():
                mine[meant[name]] = there or mine.get(meant[name], False)
        for row in labelled.about_one(labelled.questions(folder)):
            views[row["video"], meant[row["people"][0]]] = row.get("view", "")
        for clip, name in shows:
            present[clip][name] = True
        people = {row["name"]: row for row in labelled.people(folder) if meant[row["name"]] == row["name"]}
        return cls(folder, people, present, views)

    def there(self, clip: str) -> list[labelled.Row]:
        """Rows of those who are in a clip."""
        return [self.people[name] for name, there in self.present[clip].items() if there]

    def may_show(self, clip: str, name: str) -> bool:
        """Whether a clip may show somebody: it is said, or nothing is said though she is of that set."""
        theirs, own = (one.partition("_")[0] for one in (Path(clip).parent.name, self.people[name]["set"]))
        return self.present[clip].get(name, theirs == own)


@dataclass(frozen=True)
class Repeated:
    """Faces of real people and of real strangers."""

    people: list[Person]
    own: list[list[Source]]  # tracks of each of them
    others: list[Source]  # of strangers
    identity: FloatArray  # [J, 128] what identity vectors are moved by
    prints: FloatArray  # [J, 512] the same of faceprints

    @classmethod
    def of(cls, chat: PVChat, labels: Labels, half: str | None) -> Repeated:
        """The faces of labelled clips, analysed by `chat`; prints how many there are.

        `half`: people whose own clip is of it are enrolled, others are strangers; None: everybody is enrolled.
        """
        whose, everyone = Whose(chat, labels.folder), list[Track]()
        own, others = dict[str, list[Source]](), list[Source]()
        mine = [row for row in labels.people.values() if half in (None, half_of(row["enroll"]))]
        enrolled = {row["name"]: person for row in mine if (person := whose.person(row)) is not None}
        for clip in sorted(labels.present):
            analysis = chat.analyse(labels.folder / clip, stage="who")
            alien = not analysis.scene.drawn and not any(labels.may_show(clip, name) for name in enrolled)
            for track, name in zip(analysis.tracks, whose.names(labels.there(clip), analysis), strict=True):
                if track.kind != "face":
                    continue
                everyone.append(track)
                source = Source(replace(track, thumbnail=b""), clip, name, labels.views.get((clip, name), ""))
                if name in enrolled:
                    own.setdefault(name, []).append(source)
                elif alien:
                    others.append(source)
        print(f"{len(own)} real people with {sum(map(len, own.values()))} tracks; {len(others)} tracks of strangers")
        moves = [_residuals(track.identity for track in everyone), _residuals(track.prints for track in everyone)]
        apart = " and ".join(f"{np.sqrt(2 * (rows**2).sum(1).mean()):.2f}" for rows in moves)
        print(f"two repetitions of a track lie apart, by identity vectors and by faceprints: {apart}")
        return cls([enrolled[name] for name in own], list(own.values()), others, *moves)

    def jittered(self, track: Track, seed: tuple[int, int]) -> Track:
        """A repetition of a track, drawn by a seed."""
        random = np.random.default_rng(seed)
        identity, prints = (moves[random.integers(len(moves))] for moves in (self.identity, self.prints))
        moved = track.prints + prints if len(track.prints) else track.prints
        moved = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6)
        return replace(track, identity=track.identity + identity, prints=moved.astype(np.float16))


def _residuals(tracks: Iterable[FloatArray]) -> FloatArray:
    """What each vector [J, D] lies off its track's mean, as if that were of all her sightings."""
    several = [rows.astype(np.float32) for rows in tracks if len(rows) > 1]
    return np.concatenate([(rows - rows.mean(0)) * np.sqrt(len(rows) / (len(rows) - 1)) for rows in several])
