"""Films joined from clips that were analysed one by one: who is found in them, by how many clips they have.

In: a folder of labelled clips; each is looked at once, with what PVChat keeps of it afterwards (`$PVCHAT_HOME`). Out: a
row a length: appearances found, by how the label says they are seen, missed, and clips in which somebody is said to be
who isn't. The films are no videos: their analyses are joined as those of a long video's parts, thinned to two samples a
second. So a hundred films cost what one costs that is looked through; `film.py` measures a real one.

    PVCHAT_HOME=FOLDER python benchmarks/joined.py ../shared/devset --half tune --clips 6 15 30 60 200

Everybody whom a film shows by its labels is enrolled, with `--everybody` all others, too. Nobody is said wrongly in
clips of her own footage of which no label says that she isn't there.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import labelled
import numpy as np
from planted import DRAWN, labels

from pvchat import PVChat
from pvchat.config import Settings
from pvchat.eval.manifest import HALVES
from pvchat.identity.enroll import enroll
from pvchat.people.person import Person
from pvchat.perception.scan import ScanState
from pvchat.schemas import ClipAnalysis, Track

A_SECOND = 2.0  # samples of a long video
LEAST_S = 0.05  # of a clip that a span must cover to be about it


@dataclass
class Shelf:
    """What the folder's real footage of one half shows.

    Attributes:
        clips: what was seen of each clip.
        sets: the set of each clip, and of each person.
        people: everyone who can be enrolled.
        truth: labels by clip and name.
        views: how somebody is seen in a clip.
    """

    clips: dict[str, ClipAnalysis]
    sets: dict[str, str]
    people: dict[str, Person]
    truth: dict[tuple[str, str], bool]
    views: dict[tuple[str, str], str]

    def there(self, clip: str, name: str) -> bool | None:
        """Whether a clip shows somebody; None where that isn't known."""
        own = self.sets[clip].partition("_")[0] == self.sets[name].partition("_")[0]
        return self.truth.get((clip, name), None if own else False)


@dataclass
class Count:
    """Appearances by view, all and found; and what was said wrongly."""

    shown: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    wrong: int = 0


def shelf(folder: Path, half: str, chat: PVChat) -> Shelf:
    """Looks at every clip of real footage of one half, and at whom can be enrolled."""
    rows = [row for row in labelled.questions(folder, half) if row["set"] not in DRAWN]
    known = [row for row in labelled.people(folder) if row["set"] not in DRAWN]
    sets = {row["video"]: row["set"] for row in rows}
    return Shelf(
        {clip: chat.analyse(folder / clip, stage="who") for clip in sorted(sets)},
        sets | {row["name"]: row["set"] for row in known},
        {r["name"]: enroll(chat.analyse(folder / r["enroll"], stage="who"), r["name"], 1) for r in known},
        labels(folder),
        {(row["video"], row["people"][0]): row.get("view") or "" for row in labelled.about_one(rows)},
    )


def joined(clips: Sequence[ClipAnalysis]) -> tuple[ClipAnalysis, list[tuple[float, float]]]:
    """One film of clips joined by cuts, and when each is shown."""
    seen, at, shown = ScanState("joined"), 0.0, list[tuple[float, float]]()
    for clip in map(thinned, clips):
        shots = clip.shots + np.float32(at)
        shots[0, 0] += np.float32(1e-3)  # a shot of nothing first: parts of a film don't begin with a cut
        shots = np.concatenate((np.array([[at, shots[0, 0]]], np.float32), shots))
        seen.add(replace(clip, times=clip.times + np.float32(at), shots=shots, duration_s=at + clip.duration_s))
        shown.append((at, at + clip.duration_s))
        at += clip.duration_s
    return seen.analysis(), shown


def thinned(clip: ClipAnalysis) -> ClipAnalysis:
    """What is left of a clip's faces at two samples a second."""
    count = max(1, round(clip.duration_s * A_SECOND))
    wanted = (np.arange(count) + 0.5) * clip.duration_s / count
    kept = np.unique(np.abs(clip.times[:, None] - wanted[None]).argmin(0))
    tracks = [thin for t in clip.tracks if t.kind == "face" and len(thin := _at(t, kept))]
    return replace(clip, times=clip.times[kept], tracks=tracks)


def _at(track: Track, kept: np.ndarray) -> Track:
    rows = track.rows(np.flatnonzero(np.isin(track.frames, kept)))
    return replace(rows, frames=np.searchsorted(kept, rows.frames), seen=np.zeros(0, np.int64))


def count(names: Sequence[str], shelf: Shelf, chat: PVChat, into: Count, everybody: bool = False) -> None:
    """Joins these clips to a film, asks for everybody whom it shows, or for everybody, and counts."""
    film, shown = joined([shelf.clips[name] for name in names])
    asked = [one for one in shelf.people if everybody or any(shelf.truth.get((clip, one)) for clip in names)]
    said = chat.score([shelf.people[one] for one in asked], film)
    for name, presence in zip(asked, said, strict=True):
        spans = presence.spans if presence.decision == "present" else []
        for clip, (start, end) in zip(names, shown, strict=True):
            told = any(a < end - LEAST_S and start + LEAST_S < b for a, b in spans)
            if there := shelf.there(clip, name):
                into.shown[shelf.views.get((clip, name), "")] += 1
                into.found[shelf.views.get((clip, name), "")] += told
            into.wrong += told and there is False


def main() -> None:
    """Counts in films of each length."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="labelled clips")
    parser.add_argument("--half", choices=HALVES, default="tune")
    parser.add_argument("--clips", type=int, nargs="*", default=[6, 15, 30, 60])
    parser.add_argument("--films", type=int, default=8, help="of each length")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--everybody", action="store_true", help="ask for people, too, whom a film doesn't show")
    asked = parser.parse_args()
    chat = PVChat(Settings(answers="facts"))
    from_half, rng = shelf(asked.folder, asked.half, chat), np.random.default_rng(asked.seed)
    for length in asked.clips:
        total, names = Count(), sorted(from_half.clips)
        for _ in range(asked.films if length < len(names) else 1):
            count(rng.permutation(names)[:length].tolist(), from_half, chat, total, asked.everybody)
        views = ", ".join(f"{view or '?'} {total.found[view]}/{n}" for view, n in sorted(total.shown.items()))
        found, shown = sum(total.found.values()), sum(total.shown.values())
        sys.stdout.write(
            f"{min(length, len(names)):4d} clips: found {found} of {shown}, wrong {total.wrong} ({views})\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
