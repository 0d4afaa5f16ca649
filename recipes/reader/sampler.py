"""Examples from which the trained reader learns: words, tags, heads, by chance but the same for a seed.

    python -m recipes.reader.sampler --count 40 --seed 1

In: the files beside this one (`templates.py` says how they are read) and the wordings of plain questions.
A tenth of the frames, by a hash of their text, is never in "train" and alone in "val".
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pvchat.chat.reader.network import HEADS, OF_LIBRARY
from recipes.reader.choices import asked_of, at_some_time, others_left_out, settled
from recipes.reader.haste import Haste
from recipes.reader.templates import Filler, Grammar, Line, Piece, read_grammar, read_line
from recipes.reader.wordings import NAME, REFUSALS, Rule, heads_of, read_plain, refusal_of, rule_of, tagged, wordings

HERE = Path(__file__).parent
LEXICON = (HERE / "unread.json", HERE.parents[1] / "pvchat/chat/reader/lexicon.json")  # the first is only learned from
SHARES = {
    "composed": 0.12, "natural": 0.39, "worded": 0.09, "refused": 0.05, "followed": 0.03, "paired": 0.03,
    "of_library": 0.23, "of_sound": 0.06,
}  # fmt: skip
NATURAL_FRAMES = tuple(
    f"natural_frames{part}.txt" for part in ("", "_b", "_c", "_d", "_e", "_f", "_g", "_h", "_i", "_j", "_k")
)
NATURAL_FOLLOWUPS = ("natural_followups.txt", "natural_followups_b.txt")
NATURAL_REFUSALS = tuple(f"natural_refusals{part}.txt" for part in ("", "_b", "_c", "_d", "_e"))
LIBRARY = tuple(f"natural_library{part}.txt" for part in ("", "_b", "_c", "_d", "_e", "_f"))
SOUND = tuple(f"natural_sound{part}.txt" for part in ("", "_b", "_c", "_d"))
# Of what is asked of a library, so many are lines of its own; the others can be asked of one video, too
OWN, PLAIN, REFUSED, LEANING = 0.58, 0.2, 0.12, 0.1
_ONE_VIDEO_CANT = re.compile(r"\b(?:now|last|first|lately|recently|usually|meet|met|see|saw|seen|visit\w*)\b")
NATURAL = {
    "frames": 0.5,
    "followups": 0.17,
    "refusals": 0.24,
    "pairs": 0.09,
}  # share of each of natural_*.txt
SPLITS = ("train", "val", "all")
NARROWED = 0.14  # share of the questions that could be narrowed further that are
_WHERE, _IN_TIME = ("P-place", "P-setting", "S-place", "S-setting"), ("E-", "F-")  # tags of what narrows it already
_CLOSE = ("near", "beside", "with", "alone", "_of", "O-", "side")
_OF_PLACE = ("place", "setting", "background", "light")  # attributes that no place narrows
FOLLOWED_BY = (
    ", and", "and", "? and", "? also ,", ", and also", "? and then ,", ".", "?", "plus", ", then", "; also", "- and",
    "? oh and", "and while you are at it ,", ", and tell me", ". and", "; and", "and also",
)  # fmt: skip
IF_SO = (
    ", and if so ,", "and if so", "? if so ,", "? if yes ,", ", if yes ,", ", if so", "? and if yes ,",
    "? and if she is ,", ", and if he is ,", "? in that case ,", "? if that 's so ,", "? if she does ,",
)  # fmt: skip


@dataclass
class Example:
    """A question. `source` is the frame or wording it comes of."""

    pieces: list[Piece]
    heads: dict[str, str]
    source: str
    second: int = -1
    of_library: bool = False  # it is asked of many videos

    def row(self) -> dict[str, Any]:
        """As JSON."""
        before = OF_LIBRARY if self.of_library else ()
        return {
            "words": [*before, *(piece.word for piece in self.pieces)],
            "tags": [*("O" for _ in before), *_marked(self.pieces)],
            "heads": {k: v for k, v in self.heads.items() if v != HEADS[k][0] or k in ("select", "refusal")},
            "second": self.second + len(before) * (self.second >= 0),
        }


def _marked(pieces: list[Piece]) -> list[str]:
    """Tags, with a "+" where a second value of the same tag begins."""
    tags = []
    for before, piece in zip([None, *pieces], pieces, strict=False):
        second = before is not None and piece.tag != "O" and before.tag == piece.tag and before.value != piece.value
        tags.append("+" + piece.tag if second else piece.tag)
    return tags


def held_out(text: str) -> bool:
    """Whether a frame belongs to "val"."""
    return zlib.crc32(text.encode()) % 10 == 0


def lexicon() -> dict[str, dict[str, list[str]]]:
    """The ways to say each value of each type."""
    return {kind: rows for file in LEXICON for kind, rows in json.loads(file.read_text("utf-8")).items()}


@dataclass
class Sources:
    """Everything examples are made of, for one split."""

    split: str
    lexicon: dict[str, dict[str, list[str]]] = field(default_factory=lexicon)

    def taken(self, text: str) -> bool:
        """Whether this split has a frame."""
        return self.split == "all" or held_out(text) == (self.split == "val")

    def _lines(self, lines: list[Line]) -> list[Line]:
        return [line for line in lines if self.taken(line.text)]

    @cached_property
    def grammar(self) -> Grammar:
        """Frames of `grammar.txt`."""
        read = read_grammar(_text_of("grammar.txt"), self.lexicon)
        return Grammar(self._lines(read.frames), read.fragments, self.lexicon)

    @cached_property
    def narrowings(self) -> Grammar:
        """What a question can be narrowed by: the fragments of `narrowings.txt`, and those of `grammar.txt`."""
        own = read_grammar(_text_of("narrowings.txt"), self.lexicon).fragments
        return Grammar([], {**self.grammar.fragments, **own}, self.lexicon)

    @cached_property
    def followups(self) -> list[Line]:
        """Frames of `followups.txt`."""
        return self._lines(read_grammar(_text_of("followups.txt"), self.lexicon).frames)

    @cached_property
    def natural(self) -> dict[str, list[Line]]:
        """Lines of `natural_*.txt`, which were written before they were annotated: frames, followups, refusals."""
        files = {"frames": NATURAL_FRAMES, "followups": NATURAL_FOLLOWUPS}
        read = {kind: read_grammar("\n".join(map(_text_of, own)), self.lexicon).frames for kind, own in files.items()}
        read["refusals"] = read_refusals("\n".join(map(_text_of, NATURAL_REFUSALS)))
        return {name: self._lines(lines) for name, lines in read.items()}

    @cached_property
    def library(self) -> list[Line]:
        """Frames of `natural_library*.txt`: what is asked of many videos, whose times and places are cut out."""
        text = "\n".join(map(_text_of, LIBRARY))
        return self._lines(read_grammar(text, self.lexicon).frames)

    @cached_property
    def sound(self) -> list[Line]:
        """Frames of `natural_sound*.txt`: who speaks, what is said, in which language, when there is music."""
        return self._lines(read_grammar("\n".join(map(_text_of, SOUND)), self.lexicon).frames)

    @cached_property
    def library_plain(self) -> dict[str, list[Line]]:
        """Frames and follow-ups of one video that ask many the same: "where is Ana now?" can be told of these alone."""
        return {kind: [one for one in lines if " now" not in one.text] for kind, lines in self.natural.items()}

    @cached_property
    def library_refusals(self) -> list[Line]:
        """What neither one video nor many can tell."""
        natural = [one for one in self.natural["refusals"] if one.heads["refusal"] != "sound"]
        return [one for one in natural if not _ONE_VIDEO_CANT.search(one.text)]

    @cached_property
    def refusals(self) -> list[Line]:
        """Lines of `unanswerable.txt` beside this file, and those of the package."""
        lines = [line for line in read_refusals(_text_of("unanswerable.txt")) if self.taken(line.text)]
        known, signs = {line.text for line in lines}, json.loads(_text_of("words.json"))
        for text in REFUSALS.read_text(encoding="utf-8").splitlines():
            slots = NAME.sub("{S-name}", _bracketless(text))
            if text and self.taken(slots) and slots not in known:
                lines.append(Line(slots, {"select": "refuse", "refusal": refusal_of(text, signs)}))
        return lines

    @cached_property
    def worded(self) -> list[tuple[str, Line, Rule]]:
        """Wordings of plain questions, each with its question's line."""
        plain = read_plain(_text_of("plain.txt"))
        rules = {text: rule_of(line, self.lexicon) for text, line in plain.items()}
        asked = wordings()
        return [(text, plain[q], rules[q]) for q in plain for text in asked[q] if self.taken(text)]


def _text_of(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _leaning(followups: Sequence[Line]) -> list[Line]:
    """Those of them that can be asked in the same breath as the question before."""
    return [line for line in followups if line.heads.get("follow") not in ("correction", "why")]


def _bracketless(text: str) -> str:
    """A wording in which nothing is read as a group or a fragment."""
    return text.replace("(", "").replace(")", "").replace("@", " at ")


def read_refusals(text: str) -> list[Line]:
    """Lines of `unanswerable.txt`, each with the kind of refusal named in the "[kind]" above it."""
    lines, kind = [], HEADS["refusal"][0]
    for row in text.split("\n"):
        if row.startswith("[") and row.endswith("]"):
            kind = row[1:-1]
        elif row.strip() and not row.startswith("#"):
            lines.append(replace(read_line(row), heads={"select": "refuse", "refusal": kind}))
    return lines


class Sampler:
    """Makes examples one after the other."""

    def __init__(self, seed: int, split: str) -> None:
        self.rng, self.sources = random.Random(seed), Sources(split)
        self.filler, self.haste = Filler(self.sources.grammar, self.rng), Haste(self.rng)
        self._narrowing = Filler(self.sources.narrowings, self.rng)

    def next(self) -> list[Example]:
        """One example, or two where the second question of a pair is its own."""
        kind = self.rng.choices(list(SHARES), list(SHARES.values()))[0]
        make: Callable[[], list[Example]] = getattr(self, f"_{kind}")
        return [self._hasty(one) for one in make()]

    def _composed(self) -> list[Example]:
        return [self._introduced(self._narrowed(self._of(self.sources.grammar.frames)))]

    def _natural(self) -> list[Example]:
        """Lines that people wrote before they annotated them."""
        kind = self.rng.choices(list(NATURAL), list(NATURAL.values()))[0]
        natural, ours = self.sources.natural, self.sources
        if kind == "pairs":
            frames = natural["frames"] if self.rng.random() < 0.7 else ours.grammar.frames
            return self._pair(frames, natural["followups"] if self.rng.random() < 0.6 else ours.followups)
        example = self._narrowed(self._of(natural[kind]))
        return [self._introduced(example) if kind == "frames" and self.rng.random() < 0.5 else example]

    def _of_library(self) -> list[Example]:
        """What is asked of many videos, whose times and places are cut out."""
        ours = self.sources
        kinds = (ours.library, ours.library_plain["frames"], ours.library_refusals, ours.library_plain["followups"])
        lines = self.rng.choices(kinds, (OWN, PLAIN, REFUSED, LEANING))[0]
        example = self._of(lines)
        example = self._introduced(example) if self.rng.random() < 0.3 else example
        return [replace(example, of_library=True)]

    def _of_sound(self) -> list[Example]:
        example = self._of(self.sources.sound)
        return [self._introduced(example) if self.rng.random() < 0.5 else example]

    def _narrowed(self, example: Example) -> Example:
        """Now and then with a place or a time that narrows what is asked: "what is Ana wearing in the kitchen?"."""
        ways = _narrowed_by(example)
        if not ways or self.rng.random() >= NARROWED:
            return example
        made, heads = self._narrowing.fill(Line(f"@{self.rng.choice(ways)}"))
        made = _behind(made)
        end = len(example.pieces) - (example.pieces[-1].word in "?.!")
        open_end = all(p.word != "," for p in example.pieces[-5:])  # "… , isn't she" ends a sentence
        if open_end and self.rng.random() < 0.8:
            pieces = [*example.pieces[:end], *made, *example.pieces[end:]]
        else:
            pieces = [*made, Piece(","), *example.pieces]
        return Example(pieces, {**example.heads, **heads}, example.source)

    def _introduced(self, example: Example) -> Example:
        return replace(example, pieces=self.haste.introduced(example.pieces))

    def _followed(self) -> list[Example]:
        return [self._of(self.sources.followups)]

    def _refused(self) -> list[Example]:
        return [self._of(self.sources.refusals)]

    def _of(self, lines: Sequence[Line]) -> Example:
        line = self.rng.choices(lines, [one.weight for one in lines])[0]
        pieces, heads = self.filler.fill(line)
        if heads.get("follow") in ("ellipsis", "correction"):
            heads = {"select": "same", **heads}
        if heads.get("select") != "refuse":
            pieces, heads = _as_meant(pieces, heads)
        return Example(_ended(pieces, self.rng), heads, line.text)

    def _worded(self) -> list[Example]:
        while True:
            text, line, rule = self.rng.choice(self.sources.worded)
            if pieces := tagged(text, rule, self.sources.lexicon, self.rng):
                return [self._narrowed(Example(*_as_meant(pieces, heads_of(line, pieces)), text))]

    def _paired(self) -> list[Example]:
        return self._pair(self.sources.grammar.frames, self.sources.followups)

    def _pair(self, frames: Sequence[Line], followups: Sequence[Line]) -> list[Example]:
        """Two questions in one breath, and the second as one of its own."""
        one = self._of(frames)
        if_so = self.rng.random() < 0.2 and one.heads.get("form") == "polar"
        leaning = if_so or self.rng.random() < 0.5
        two = self._of(_leaning(followups) if leaning else frames)
        if if_so:
            two.heads["if_so"] = "yes"
        joint = [Piece(word) for word in self.rng.choice(IF_SO if if_so else FOLLOWED_BY).split()]
        start = next((i for i, piece in enumerate(joint) if piece.word.isalpha()), len(joint))
        first = [piece for piece in one.pieces if piece.word not in "?."]
        said = two.pieces[1:] if two.pieces[0].word == "and" and len(joint) > start else two.pieces
        rest = [*joint[start:], *_behind(said)]
        both = Example([*first, *joint[:start], *rest], one.heads, one.source, len(first) + start)
        return [both, Example([Piece(p.word, p.tag, p.value) for p in rest], two.heads, two.source)]

    def _hasty(self, example: Example) -> Example:
        """As typed in haste, now and then; where the second question begins moves along."""
        if self.rng.random() < 0.45:
            return example
        at = example.second
        if at < 0:
            example.pieces = self.haste.typed(example.pieces)
            return example
        first = self.haste.typed(example.pieces[:at])
        example.pieces, example.second = [*first, *self.haste.typed(example.pieces[at:])], len(first)
        return example


def _behind(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces of another line put behind those of one, whose filled slots are counted from 0."""
    return [Piece(p.word, p.tag, p.value + 1000 if p.value >= 0 else -1) for p in pieces]


def _narrowed_by(example: Example) -> list[str]:
    """By which fragments of `narrowings.txt` a question can be narrowed that isn't yet; what can't be told stays so."""
    heads, tags = example.heads, " ".join(piece.tag for piece in example.pieces)
    plain = all(heads.get(name, HEADS[name][0]) == HEADS[name][0] for name in ("relation", "event_nth", "follow"))
    select = heads.get("select", HEADS["select"][0])
    if not plain or select in ("same", "why", "order", "length", "shots") or "nth" in tags:
        return []
    if select == "refuse":
        return ["where", "in_time"] if heads.get("refusal", HEADS["refusal"][0]) == HEADS["refusal"][0] else []
    placed = heads.get("attribute") in _OF_PLACE or any(tag in tags for tag in ("present!", *_WHERE))
    timed = select not in ("when", "compare") and not any(tag in tags for tag in _IN_TIME)
    own = timed and "S-" in tags and select in ("attribute", "describe", "how_long", "how_often")
    close = own and not placed and not any(tag in tags for tag in _CLOSE)
    return ["where"] * (not placed) + ["in_time"] * timed + ["of_own"] * own + ["of_place"] * close


def _as_meant(pieces: list[Piece], heads: dict[str, str]) -> tuple[list[Piece], dict[str, str]]:
    """Pieces and heads with what only the whole question tells."""
    return asked_of(others_left_out(pieces), heads), at_some_time(pieces, settled(pieces, heads))


def _ended(pieces: list[Piece], rng: random.Random) -> list[Piece]:
    """With the mark that ends a question, or none."""
    if pieces and pieces[-1].word in ("?", ".", "!"):
        return pieces
    return [*pieces, Piece("?")] if rng.random() < 0.6 else pieces


def examples(count: int, seed: int, split: str = "all") -> Iterator[dict[str, Any]]:
    """So many examples in the form that the reader is trained on.

    Raises:
        ValueError: there is no such split.
    """
    if split not in SPLITS:
        raise ValueError(f"the split {split!r} is none of {', '.join(SPLITS)}")
    sampler, made = Sampler(seed, split), 0
    while made < count:
        for example in sampler.next()[: count - made]:
            made += 1
            yield example.row()


def aligned(row: dict[str, Any]) -> str:
    """An example for reading: words over their tags, heads below."""
    tags = ["." if tag == "O" else tag for tag in row["tags"]]
    words = [*row["words"]]
    if row["second"] >= 0:
        words[row["second"]] = "‖" + words[row["second"]]
    wide = [max(len(word), len(tag)) for word, tag in zip(words, tags, strict=True)]
    lines = (" ".join(part.ljust(n) for part, n in zip(parts, wide, strict=True)) for parts in (words, tags))
    heads = " ".join(f"{name}={value}" for name, value in row["heads"].items())
    return "\n".join((*lines, "=> " + heads, ""))


def main() -> None:
    """Prints examples."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=SPLITS, default="all")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args()
    for row in examples(args.count, args.seed, args.split):
        sys.stdout.write((json.dumps(row) if args.json else aligned(row)) + "\n")


if __name__ == "__main__":
    main()
