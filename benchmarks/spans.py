"""When people are seen, faces turned away included: how much of it their spans cover, and how much lies beside it.

    PVCHAT_HOME=EMPTY_FOLDER python benchmarks/spans.py ../shared/devset --half tune --film runs/spans.mp4

In: a folder of labelled clips (`labelled.py`), and `spans.json`: by clip its length, when each of its people is seen
(marked by eye on four pictures a second, from behind as well as from the front), and when somebody may be seen or not
("unsure": neither covered nor beside). Out: of those who are found, the share of the marked time that is covered, and
the share of the said time that is beside it, with 95 % intervals that draw whole clips; the same with those who aren't
found as covered by nothing.

The 30 clips of the half "check" were marked before anything was measured on them. They are the first, by the SHA-256 of
"spans " and the clip's path, that show somebody who can be enrolled, of `CHOSEN_FROM`: the sets of moving pictures
whose clips aren't degraded copies. Those of "tune" were picked by hand, but for one more by the same rule.

`--film FILE` joins the marked clips to one long video (made once), in which everybody is looked for at once: what is
said of somebody in another clip than hers is beside.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import film
import labelled
import planted

from pvchat import PVChat
from pvchat.eval.manifest import HALVES, half_of
from pvchat.eval.metrics.bootstrap import Bootstrap, ratio
from pvchat.identity.enroll import enroll
from pvchat.people.person import Person
from pvchat.video import save_clip

MARKS = Path(__file__).with_suffix(".json")
CHOSEN_FROM = ("film", "home", "intel_asl", "medical_other", "meeting", "nhs", "office")
Spans = list[tuple[float, float]]


@dataclass(frozen=True)
class Seen:
    """One person of one video: when she is seen and may be seen, and when she is said to be."""

    name: str
    video: str
    seen: Spans
    unsure: Spans
    said: Spans

    @property
    def covered_s(self) -> float:
        """Seconds in which she is seen and said to be."""
        return shared_s(self.said, self.seen)

    @property
    def beside_s(self) -> float:
        """Seconds in which she is said to be and surely isn't."""
        return length_s(self.said) - self.covered_s - shared_s(self.said, self.unsure)


def length_s(spans: Spans) -> float:
    """How long spans last together."""
    return sum(end - start for start, end in spans)


def shared_s(one: Spans, other: Spans) -> float:
    """How long two lists of spans last at once."""
    return sum(max(0.0, min(b, d) - max(a, c)) for a, b in one for c, d in other)


def in_clips(chat: PVChat, people: list[Person], folder: Path, marks: dict[str, Any]) -> Iterator[Seen]:
    """Everybody who is marked, in her own clips."""
    for clip, mark in marks.items():
        said = _said(chat, people, folder / clip)
        for name, seen in mark["seen"].items():
            yield Seen(name, clip, seen, mark.get("unsure", {}).get(name, []), said.get(name, []))


def in_film(chat: PVChat, people: list[Person], path: Path, marks: dict[str, Any]) -> Iterator[Seen]:
    """Everybody who is marked or said to be there, in the film of all clips."""
    seen: dict[str, Spans] = {}
    unsure: dict[str, Spans] = {}
    at = 0.0
    for mark in marks.values():
        for kind, found in (("seen", seen), ("unsure", unsure)):
            for name, spans in mark.get(kind, {}).items():
                found.setdefault(name, []).extend((at + a, at + b) for a, b in spans)
        at += _frames(mark) / planted.FPS
    said = _said(chat, people, path)
    for name in sorted({*seen, *said}):
        yield Seen(name, path.name, seen.get(name, []), unsure.get(name, []), said.get(name, []))


def make_film(folder: Path, path: Path, marks: dict[str, Any]) -> None:
    """Join the marked clips to one video."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pieces = [planted.Piece(clip, 0.0, _frames(mark)) for clip, mark in marks.items()]
    save_clip(path, (picture for piece in pieces for picture in planted.pictures(folder, piece)), planted.FPS)


def tell(title: str, rows: Iterable[Seen]) -> None:
    """Prints a line for each who isn't covered throughout, and what all come to."""
    rows = list(rows)
    for one in rows:
        share = one.covered_s / max(length_s(one.seen), 1e-9)
        if one.said and (share < 0.999 or one.beside_s > 0):
            film.tell(f"  {one.name:9} {one.video:34} covered {share:.2f}, beside {one.beside_s:5.2f} s  {one.said}")
    found = [one for one in rows if one.said and one.seen]
    marked, said = [one for one in rows if one.seen], [one for one in rows if one.said]
    film.tell(
        f"{title}: found {len(found)} of {len(marked)}; of their time covered {_share(found, _covered)},"
        f" of what is said beside {_share(said, _beside)}; of all covered {_share(marked, _covered)}"
    )


def _covered(one: Seen) -> tuple[float, float]:
    return one.covered_s, length_s(one.seen)


def _beside(one: Seen) -> tuple[float, float]:
    return one.beside_s, length_s(one.said)


def _share(rows: list[Seen], seconds: Callable[[Seen], tuple[float, float]]) -> str:
    parts = [seconds(one) for one in rows]
    share = Bootstrap().measure([one.video for one in rows], parts, ratio)
    if share.value is None:
        return "–"
    between = f" ({share.low:.3f}–{share.high:.3f})" if share.low is not None else ""
    return f"{share.value:.3f}{between} of {sum(whole for _, whole in parts):.1f} s"


def _frames(mark: dict[str, Any]) -> int:
    return round(mark["length_s"] * planted.FPS)


def _said(chat: PVChat, people: list[Person], video: Path) -> dict[str, Spans]:
    found = chat.score(people, chat.analyse(video, stage="who"))
    return {one.name: list(one.spans) for one in found if one.decision == "present"}


def main() -> None:
    """Enrolls everybody, looks for them in the marked clips and in the film, prints the lines."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="labelled clips")
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--film", type=Path, help="also a film of the marked clips, made where it isn't there")
    asked = parser.parse_args()
    marks = json.loads(MARKS.read_text(encoding="utf-8"))
    marks = {clip: mark for clip, mark in marks.items() if asked.half in (None, half_of(clip))}
    chat = PVChat.from_pretrained("embedded")
    enrolled = labelled.people(asked.folder)
    people = [enroll(chat.analyse(asked.folder / one["enroll"], stage="who"), one["name"]) for one in enrolled]
    tell("clips", in_clips(chat, people, asked.folder, marks))
    if asked.film:
        if not asked.film.is_file():
            make_film(asked.folder, asked.film, marks)
        tell("film", in_film(chat, people, asked.film, marks))


if __name__ == "__main__":
    main()
