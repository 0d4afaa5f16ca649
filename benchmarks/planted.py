"""A film made of labelled clips, with appearances planted in it: what a long video is measured on.

In: a folder of labelled clips as `pvchat eval` reads it (`people.json`, `questions.jsonl`), of which one half is used.
Out: an H.264 film at 720p of pieces joined by hard cuts, and a JSON file beside it: who is planted when. Planted are,
of every real person, the first two clips of that half that are said to show them clearly, 2 to 4 seconds each; the rest
are pieces of 2.5 s of clips in which none of them is said to be, turned over when they come again. A seed draws other
clips of theirs, turns half of these over, and puts all of it into another order.

    python benchmarks/planted.py ../shared/devset runs/film.mp4 --minutes 10 --seed 1
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import count, islice
from pathlib import Path

import labelled
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat.config import VideoConfig
from pvchat.video import load, save_clip

WIDTH, HEIGHT, FPS = 1280, 720, 25
BETWEEN_S, MOST_S, LEAST_S = 2.5, 4.0, 2.0  # of a piece between; of what is planted
EACH = 2  # clips of a person
DRAWN = ("anime", "anime_hard")


@dataclass(frozen=True)
class Planted:
    """Somebody who is on the screen from `start_s` to `end_s`, by the label of the clip that is shown then."""

    name: str
    clip: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Piece:
    """A stretch of a clip; past the clip's end its last picture stands still."""

    clip: str
    start_s: float
    frames: int
    turned: bool = False


@dataclass(frozen=True)
class Plan:
    """What a film shows: its pieces, when each starts (and the last ends), and who is planted."""

    pieces: list[Piece]
    starts: list[float]
    planted: list[Planted]

    def shown(self, start_s: float, end_s: float) -> str:
        """The clip that most of a stretch shows."""
        shares = [
            min(end_s, end) - max(start_s, start) for start, end in zip(self.starts, self.starts[1:], strict=False)
        ]
        return self.pieces[int(np.argmax(shares))].clip


def plan(folder: Path, minutes: float, half: str = "tune", seed: int = 0) -> Plan:
    """What a film of about so many minutes of one half's clips shows; seed 0 draws nothing."""
    rng = np.random.default_rng(seed) if seed else None
    who, others = chosen(folder, half, rng)
    order = list(who) if rng is None else rng.permutation(list(who)).tolist()
    turned = [rng is not None and rng.random() < 0.5 for _ in order]
    lengths = [int(min(MOST_S, _seconds(folder / clip)) * FPS) for clip in order]
    shown = [Piece(clip, 0.0, n, over) for clip, n, over in zip(order, lengths, turned, strict=True)]
    others = others if rng is None else rng.permutation(others).tolist()
    between = round((minutes * 60 - sum(piece.frames for piece in shown) / FPS) / BETWEEN_S)
    pieces = list(islice(_filling(folder, others), between))
    for number, piece in enumerate(shown):
        pieces.insert(int((number + 0.5) * between / len(shown)) + number, piece)
    starts = [float(start) for start in np.cumsum([0, *(piece.frames for piece in pieces)]) / FPS]
    truth = [
        Planted(name, piece.clip, start, start + piece.frames / FPS)
        for start, piece in zip(starts, pieces, strict=False)
        for name in who.get(piece.clip, ())
    ]
    return Plan(pieces, starts, truth)


def make(folder: Path, film: Path, minutes: float, half: str = "tune", seed: int = 0) -> None:
    """Write a film of about so many minutes, and a JSON file of who is planted.

    Args:
        folder: the labelled clips.
        film: where to.
        minutes: its length.
        half: of the clips, "tune" or "check".
        seed: which clips, and in what order.
    """
    planned = plan(folder, minutes, half, seed)
    save_clip(film, (picture for piece in planned.pieces for picture in pictures(folder, piece)), FPS)
    rows = [asdict(one) for one in planned.planted]
    film.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def labels(folder: Path) -> dict[tuple[str, str], bool]:
    """Whether a clip shows somebody, of all clips and names of which a question says so."""
    rows = labelled.questions(folder)
    return {(row["video"], name): there for row in rows for name, there in row["present"].items()}


def chosen(folder: Path, half: str, rng: np.random.Generator | None = None) -> tuple[dict[str, list[str]], list[str]]:
    """The clips that are planted, with whom each shows clearly; those in which none of these people is said to be.

    Of each person the first two are planted, with `rng` any two.
    """
    rows = [row for row in labelled.questions(folder, half) if row["set"] not in DRAWN]
    rows.sort(key=lambda row: row["video"])
    clips: dict[str, list[str]] = {}
    for row in labelled.about_one(rows):
        if row.get("view") == "clear":
            name, mine = row["people"][0], clips.setdefault(row["people"][0], [])
            if row["present"][name] and _seconds(folder / row["video"]) >= LEAST_S:
                mine.append(row["video"])
    drawn = {name: mine if rng is None else rng.permutation(mine).tolist() for name, mine in clips.items() if mine}
    first = {clip for mine in drawn.values() for clip in mine[:EACH]}
    who = {clip: [name for name in sorted(clips) if clip in clips[name]] for clip in first}
    taken = {row["video"] for row in rows if any(row["present"].get(name) for name in clips if clips[name])}
    return dict(sorted(who.items())), sorted({row["video"] for row in rows} - taken)


def lengthened(film: Path, to: Path, minutes: float) -> Path:
    """The film cut short, or repeated, to so many minutes: its packets are copied, nothing is encoded."""
    import av

    with av.open(str(film)) as source, av.open(str(to), "w", format="mp4") as out:
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        base, whole = stream.time_base or Fraction(1, FPS), stream.duration or 0
        for again in count():
            source.seek(0)
            for packet in source.demux(stream):
                if packet.dts is None or packet.pts is None:
                    continue
                packet.pts, packet.dts = packet.pts + again * whole, packet.dts + again * whole
                if packet.is_keyframe and packet.pts * base >= minutes * 60:
                    return to
                packet.stream = copy
                out.mux(packet)
            if not whole:
                break
    return to


def _seconds(path: Path) -> float:
    import av

    with av.open(str(path)) as container:
        return (container.duration or 0) / 1e6


def _filling(folder: Path, clips: list[str]) -> Iterator[Piece]:
    """Pieces without end: each clip's first, the same turned over, each clip's second, …; then all once more."""
    frames = round(BETWEEN_S * FPS)
    lengths = [max(1, int(_seconds(folder / clip) / BETWEEN_S)) for clip in clips]
    for again in count():
        for clip, pieces in zip(clips, lengths, strict=True):
            if again // 2 < pieces or again // 2 >= max(lengths):
                yield Piece(clip, again // 2 % pieces * BETWEEN_S, frames, bool(again % 2))


def pictures(folder: Path, piece: Piece) -> Iterator[NDArray[np.uint8]]:
    """A piece's pictures, fitted into the film's frame with black beside them."""
    config = VideoConfig(sample_fps=FPS, max_frames=piece.frames)
    images = load(folder / piece.clip, config, span=(piece.start_s, piece.start_s + piece.frames / FPS)).images
    last = None
    for k in range(piece.frames):
        at = k * len(images) // piece.frames
        if at != last:
            page, last = _fitted(images[at, :, ::-1] if piece.turned else images[at]), at
        yield page


def _fitted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(WIDTH / image.shape[1], HEIGHT / image.shape[0])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    page = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    left, top = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    picture = Image.fromarray(np.ascontiguousarray(image)).resize(size, Image.Resampling.BICUBIC)
    page[top : top + size[1], left : left + size[0]] = np.asarray(picture)
    return page


def main() -> None:
    """Writes the film."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("film", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--half", default="tune")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    make(asked.folder, asked.film, asked.minutes, asked.half, asked.seed)


if __name__ == "__main__":
    main()
