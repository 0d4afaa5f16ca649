"""A library of many hours: how long questions take, how soon somebody new is known in it, how much disk an hour takes.

    OMP_NUM_THREADS=1 python benchmarks/library.py [--sightings 200000] [--copies 1] [--tracks DEVSET [--half tune]]

Clips of a minute with four tracks of twenty sightings each. Their vectors are made up, like faces: two people lie as
far apart, and one's sightings as far from each other, as those of 24 real tracks of the development set's tune half
do, in the directions of the cohorts that the presence model ships. Enrolled people are planted in known clips; the
rest are strangers. Rows are written, people recognised and questions answered by the library itself; only the experts'
look at pictures is missing. `--copies` enters all of it again so many times, at later times: as many rows for
questions and enrollment, without waiting for so many faces to be made up and recognised. Times are processor time,
peak memory is the process's.

With `--tracks` the faces are real, repeated with jitter (`repeated.py`). Made-up people who are planted nowhere fill up
`--people`, and of each mistake the real track is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image
from repeated import Labels, Repeated, Source

from pvchat import PVChat, Settings
from pvchat.eval.manifest import HALVES
from pvchat.identity.presence import PresenceModel
from pvchat.library import odds, records
from pvchat.people.person import Person
from pvchat.people.store import PeopleStore
from pvchat.schemas import ClipAnalysis, FloatArray, Garment, PersonFacts, SceneFacts, SceneSpan, Track
from pvchat.storage.clips import ClipCache
from pvchat.storage.library import connect, transaction
from pvchat.video import Recorded

SECONDS, TRACKS, SIGHTINGS = 60.0, 4, 20  # of a clip; tracks in it; sightings of each
# Euclidean distances of two people's middles and of one's sightings, of identity vectors and of faceprints
APART, SPREAD, PRINTS_APART, PRINTS_SPREAD = 0.66, 0.28, 1.19, 0.65
PRINTS = 6  # faceprints of a track
BEGIN = datetime(2026, 1, 1, 8)
NAMES = ("Ana", "Ben", "Carl", "Dora")
_TOLD = 12  # kinds of mistakes
QUESTIONS = (
    "When was Ana last seen?", "In which videos are Ana and Ben together?", "What did Ana wear when she was last seen?",
    "How often was Ben here this week?", "Was Ana seen without glasses?", "Who was in the kitchen this morning?",
)  # fmt: skip


class Faces:
    """Made-up faces: person n's middle, and sightings around it.

    Args:
        cohort: [C, D] of strangers, whose directions are used.
        apart, spread: distances of two people's middles, and of one's sightings.
        unit: vectors are of unit length.
    """

    def __init__(self, cohort: FloatArray, apart: float, spread: float, unit: bool = False) -> None:
        self.mean, self.apart, self.spread, self.unit = cohort.mean(0), apart, spread, unit
        values, axes = np.linalg.eigh(np.cov(cohort.T))
        self.axes = axes * np.sqrt(np.maximum(values, 0) / values.sum())

    def views(self, person: int, count: int, seed: int) -> FloatArray:
        """Sightings [count, D] of a person."""
        middle = self.mean + self._drawn(np.random.default_rng(person), 1) * self.apart / np.sqrt(2)
        rows = middle + self._drawn(np.random.default_rng((person, seed)), count) * self.spread / np.sqrt(2)
        return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True) if self.unit else rows)

    def _drawn(self, random: np.random.Generator, count: int) -> FloatArray:
        return np.float32(random.standard_normal((count, len(self.mean))) @ self.axes.T)


class Cast(Protocol):
    """Everybody, by numbers: people are enrolled in order, strangers' numbers are beyond theirs."""

    @property
    def planted(self) -> Sequence[int]:
        """Whoever of the people is seen."""

    def person(self, number: int) -> Person:
        """One of the people, as she is enrolled."""

    def track(self, number: int, clip: int, place: int) -> Track:
        """Somebody in a clip, as so manieth of its tracks."""

    def kind(self, number: int, clip: int) -> tuple[str, str]:
        """How a clip shows somebody, and what her track is a repetition of."""


@dataclass(frozen=True)
class MadeUp:
    """Made-up faces, by identity vectors and by faceprints."""

    identity: Faces
    prints: Faces
    planted: Sequence[int]

    @classmethod
    def of(cls, model: PresenceModel, planted: Sequence[int]) -> MadeUp:
        """Faces like those that the shipped model was made for."""
        assert model.prints is not None
        prints = Faces(model.prints.cohort, PRINTS_APART, PRINTS_SPREAD, unit=True)
        return cls(Faces(model.cohort, APART, SPREAD), prints, planted)

    def person(self, number: int) -> Person:
        picture = BytesIO()
        Image.new("RGB", (8, 8)).save(picture, "JPEG")
        other = 2**31  # no clip has this number
        prints = self.prints.views(number, 8, other).astype(np.float16)
        arrays = {"prototypes": self.identity.views(number, 6, other), "body": np.zeros((1, 1280), np.float16)}
        arrays |= {"prints": prints}
        return Person(_name(number), arrays=arrays, extra={"quality": 0.9}, thumbnail=picture.getvalue())

    def track(self, number: int, clip: int, place: int) -> Track:
        frames = 12 * place + np.arange(SIGHTINGS, dtype=np.int64)  # each beside the next one for a while
        box = np.tile(np.float32([0.2 * place, 0.2, 0.2 * place + 0.15, 0.5]), (SIGHTINGS, 1))
        empty, full = np.zeros((SIGHTINGS, 0), np.float32), np.full(SIGHTINGS, 0.9, np.float32)
        facts = PersonFacts(clothes=[Garment("jacket", "red", 0.9)], pose="sitting", gestures=["talking"])
        views = self.identity.views(number, SIGHTINGS, clip)
        prints = self.prints.views(number, PRINTS, clip).astype(np.float16)
        return Track("face", frames, box, empty, full, full, views, box, empty, empty, prints=prints, facts=facts)

    def kind(self, number: int, clip: int) -> tuple[str, str]:
        return "made up", f"number {number}"


@dataclass(frozen=True)
class Real:
    """Real faces; made-up people whom nobody sees, up to a number of people."""

    faces: Repeated
    others: MadeUp
    planted: Sequence[int]  # the real ones, in their order

    @classmethod
    def of(cls, faces: Repeated, others: MadeUp) -> Real:
        """Real people as the first and as the last of `others.planted`, who is enrolled later."""
        *first, last = others.planted
        return cls(faces, others, [*first[: len(faces.people) - 1], last])

    def person(self, number: int) -> Person:
        if number not in self.planted:
            return self.others.person(number)
        return replace(self.faces.people[self.planted.index(number)], name=_name(number))

    def track(self, number: int, clip: int, place: int) -> Track:
        return self.faces.jittered(self._source(number, clip).track, (number, clip))

    def kind(self, number: int, clip: int) -> tuple[str, str]:
        source = self._source(number, clip)
        return source.view or "other", f"{source.name or 'somebody'} of {source.clip}"

    def _source(self, number: int, clip: int) -> Source:
        if number not in self.planted:
            return self.faces.others[number % len(self.faces.others)]
        own = self.faces.own[self.planted.index(number)]
        return own[int(np.random.default_rng((number, clip)).integers(len(own)))]


@dataclass(frozen=True)
class Planted:
    """Who is in which video."""

    videos: dict[str, set[str]]  # paths, by the names of all people
    who: list[list[int]]  # numbers of those in each of the first clips, which are copied

    def place(self, path: str) -> int:
        """Which of the first clips a video is, or is a copy of."""
        return int(Path(path).stem) % len(self.who)


def main() -> None:
    """Make it, ask it, enroll somebody into it; print what each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sightings", type=int, default=200_000)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--planted", type=float, default=0.02, help="share of tracks that show somebody enrolled")
    parser.add_argument("--long", action="store_true", help="clips are long videos, in which more counts")
    parser.add_argument("--tracks", type=Path, metavar="DEVSET", help="labelled clips, analysed in this home before")
    parser.add_argument("--half", choices=HALVES, help="whoever's own clip is of it is enrolled (default: everybody)")
    parser.add_argument("--same", nargs=2, action="append", default=[], metavar=("A", "B"), help="A is B")
    parser.add_argument("--shows", nargs=2, action="append", default=[], metavar=("CLIP", "NAME"), help="unlabelled")
    parser.add_argument("--folder", type=Path, help="where it is written (default: a temporary folder)")
    args = parser.parse_args()
    made = args.sightings // (TRACKS * SIGHTINGS)
    clips = made * args.copies
    with tempfile.TemporaryDirectory(dir=args.folder) as place:
        root = Path(place)
        chat = PVChat(Settings(device="cpu"), people=PeopleStore(root / "people"), cache=ClipCache(root / "clips"))
        made_up = MadeUp.of(chat.networks.presence, range(args.people + 1))
        faces: Cast = made_up
        if args.tracks is not None:
            whole = PVChat(Settings(device="cpu"), people=PeopleStore(root / "nobody"))  # has the home's analyses
            labels = Labels.of(args.tracks, args.same, args.shows)
            faces = Real.of(Repeated.of(whole, labels, args.half), made_up)
        for number in range(args.people):
            chat.people.add(faces.person(number))
        planted = _timed(f"{made:,} clips written", lambda: _write(chat, faces, made, args))
        _timed("everyone recognised in them, once", chat.library.follow)
        _timed(f"entered {args.copies} times", lambda: _copy(chat, made, args.copies, planted))
        status = chat.library.status()
        hours = status.seconds / 3600
        print(f"{hours:,.0f} hours, {status.tracks:,} tracks: {status.bytes / 1e6 / hours:.2f} MB an hour")
        now = BEGIN + timedelta(minutes=2 * clips)
        for question in (QUESTIONS[0], *QUESTIONS):  # after a change the first one goes through all names
            answer = _timed(question, lambda question=question: chat.library.ask(question, now=now))
            print(f"    {answer.answer.splitlines()[0][:150]}")
        _print_memory()
        last = _name(args.people)
        _found(chat, faces, planted, [name for name in planted.videos if name != last], now)
        chat.people.add(faces.person(args.people))
        asked = f"In which videos is {last}?"
        _timed("somebody new is known everywhere", lambda: chat.library.ask(asked, now=now))
        _print_memory()
        _found(chat, faces, planted, [last], now)
        _timed("who this morning, right after", lambda: chat.library.ask(QUESTIONS[-1], now=now))
        marked = _timed("what holds of people, brought up to date everywhere", chat.library.follow)
        print(f"    {marked:,} clips gone through of {clips:,}")
        _timed("somebody is forgotten", lambda: chat.forget("Ben"))
        _timed("whom she took faces from is known everywhere", lambda: chat.library.ask(asked, now=now))
        _print_memory()


def _print_memory() -> None:
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:,.0f} MB")


def _write(chat: PVChat, faces: Cast, clips: int, args: argparse.Namespace) -> Planted:
    """Clips in the tables, without who is in them; who was planted where."""
    root, random, people = chat.people.root, np.random.default_rng(0), args.people
    planted = Planted({_name(number): set() for number in range(people + 1)}, [])
    (root.parent / "videos").mkdir()
    chat.library.add([root.parent / "videos"], place="kitchen")
    library = connect(root)
    for number in range(clips):
        known, strangers = random.random(TRACKS) < args.planted, 10_000 + random.integers(clips, size=TRACKS)
        who = np.where(known, random.choice(faces.planted, TRACKS), strangers).tolist()
        who[0] = people if number == 0 else who[0]  # whoever comes later is in one at least
        who[:2] = (0, 1) if number == 1 else who[:2]  # and Ana and Ben are together in one
        path = root.parent / "videos" / f"{number}.mp4"
        planted.who.append(who)
        for one in who:
            planted.videos.get(_name(one), set()).add(str(path))
        with transaction(library):
            recorded = Recorded(BEGIN + timedelta(minutes=2 * number), "name")
            clip = records.write_clip(library, _analysis(number, who, faces, args.long), recorded)
            library.execute("INSERT INTO files VALUES (?, 1, 1, 1, ?, '')", (str(path), clip))
    library.close()
    return planted


def _copy(chat: PVChat, made: int, copies: int, planted: Planted) -> None:
    """The same clips again and again, each time later, as other clips."""
    folder, library = chat.people.root.parent / "videos", connect(chat.people.root)
    tracks = library.execute("SELECT max(id) FROM tracks").fetchone()[0]
    columns = {table: [row[1] for row in library.execute(f"PRAGMA table_info({table})")]
               for table in ("clips", "files", "shots", "tracks", "middles", "appearances", "facts")}  # fmt: skip
    people = [row[0] for row in library.execute("SELECT id FROM people")]
    numbers = np.arange(1, tracks + 1)
    likely, contests = odds.read(library, numbers, people), library.execute("SELECT * FROM contests").fetchall()
    for copy in range(1, copies):
        clip, track = copy * made, copy * tracks
        later = f"strftime('%Y-%m-%dT%H:%M:%S', recorded, '+{2 * clip} minutes')"
        number = "CAST(replace(substr(path, :skip), '.mp4', '') AS INTEGER)"
        anew = {
            "clip": f"clip + {clip}", "key": f"key || '-{copy}'", "recorded": later, "track": f"track + {track}",
            "path": f":folder || ({number} + {clip}) || '.mp4'",
            "tracks": f"(SELECT json_group_array(value + {track}) FROM json_each(tracks))",
        }  # fmt: skip
        with transaction(library):
            for table, names in columns.items():
                values = {**anew, "id": f"id + {clip if table == 'clips' else track}"}
                first = f"id <= {made if table == 'clips' else tracks}"
                first = first if "id" in names else f"track <= {tracks}" if "track" in names else f"clip <= {made}"
                words = ", ".join(values.get(name, f'"{name}"') for name in names)
                of = {"folder": f"{folder}/", "skip": len(f"{folder}/") + 1}
                library.execute(f"INSERT INTO {table} SELECT {words} FROM {table} WHERE {first}", of)
            odds.write(library, people, numbers + track, likely)
            moved = [(number + clip, (np.frombuffer(own, np.int64) + track).tobytes(), *rest)
                     for number, own, *rest in contests]  # fmt: skip
            library.executemany("INSERT INTO contests VALUES (?, ?, ?, ?, ?, ?, ?)", moved)
    library.close()
    for paths in planted.videos.values():
        first = [int(Path(path).stem) for path in paths]
        paths |= {str(folder / f"{number + copy * made}.mp4") for number in first for copy in range(1, copies)}


def _analysis(number: int, who: list[int], faces: Cast, long: bool) -> ClipAnalysis:
    times = np.arange(0.25, SECONDS, 0.5, dtype=np.float32)
    tracks = [faces.track(person, number, place) for place, person in enumerate(who)]
    frame = np.random.default_rng(number % 7).random((1, 1, 1280)).astype(np.float16)  # seven rooms
    key = hashlib.sha256(str(number).encode()).hexdigest()
    scene = SceneFacts(place="an office")
    scenes = [SceneSpan(0.0, SECONDS, scene)] if long else []
    return ClipAnalysis(key, SECONDS, 1280, 720, times, frame, tracks, scene, scenes=scenes)


def _name(number: int) -> str:
    return NAMES[number] if number < len(NAMES) else f"Person {number}"


def _number(name: str) -> int:
    return NAMES.index(name) if name in NAMES else int(name.removeprefix("Person "))


def _found(chat: PVChat, faces: Cast, planted: Planted, names: Sequence[str], now: datetime) -> None:
    """How many planted appearances of people are found, and how many clips are taken for somebody's that aren't."""
    found, missed, wrong = Counter[tuple[str, str]](), Counter[str](), list[tuple[str, str, str]]()
    for name in names:
        finding, own = chat.library.ask(f"In which videos is {name}?", now=now).finding, planted.videos[name]
        there = {one.video.path: how for how in ("perhaps", "sure") for one in getattr(finding, how)}
        for path in own:
            view, track = faces.kind(_number(name), planted.place(path))
            found[view, there.get(path, "missed")] += 1
            missed.update([f"{track} ({view}) missed"] if path not in there else [])
        wrong += [(name, path, how) for path, how in there.items() if path not in own]
    for view in sorted({view for view, _ in found}):
        sure, perhaps, none = (found[view, how] for how in ("sure", "perhaps", "missed"))
        print(f"    planted {sure + perhaps + none}, {view}: found surely {sure}, perhaps {perhaps}")
    surely, videos = [one for one in wrong if one[2] == "sure"], chat.library.status().clips
    print(f"    of {videos:,} videos wrongly: surely {len(surely)}, perhaps {len(wrong) - len(surely)}")
    for what, times in [*missed.most_common(_TOLD), *_taken_for(chat, faces, planted, wrong).most_common(_TOLD)]:
        print(f"        {times} x {what}")


def _taken_for(chat: PVChat, faces: Cast, planted: Planted, wrong: list[tuple[str, str, str]]) -> Counter[str]:
    """Whose tracks are taken for somebody's, of names, paths and how sure that is."""
    library, found = connect(chat.people.root), Counter[str]()
    words = (
        "SELECT t.number FROM files AS f JOIN appearances AS a ON a.clip = f.clip JOIN people AS p ON p.id = a.who, "
        "json_each(a.tracks) AS each JOIN tracks AS t ON t.id = each.value WHERE p.ref = ? AND f.path = ?"
    )
    for name, path, how in wrong:
        place, her = planted.place(path), faces.kind(_number(name), 0)[1] if _number(name) in faces.planted else name
        for (number,) in library.execute(words, (chat.people.get(name).id, path)):
            found[f"{faces.kind(planted.who[place][number], place)[1]} taken for {her} ({how})"] += 1
    library.close()
    return found


def _timed(what: str, call: Callable[[], Any]) -> Any:
    start, began = time.process_time(), time.perf_counter()
    done = call()
    print(f"{what}: {time.process_time() - start:.2f} s of processor, {time.perf_counter() - began:.2f} s")
    return done


if __name__ == "__main__":
    main()
