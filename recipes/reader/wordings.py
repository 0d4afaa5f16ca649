"""The wordings of plain questions in other words (`paraphrases*.txt`), tagged by what `plain.txt` says.

A line of `plain.txt` is a plain question, its heads, and what its wordings' words are:

    Is {0} wearing something blue? => select=exists form=polar | {0}=S-name; P-colour=colour; P-worn=hat; !P-colour

{0}=S-name           a name
P-colour=colour      every word of the lexicon's type "colour", put by chance for another of its kind
P-worn=hat, cap      these very words
P-deed=deed/talking  the lexicon's words of one value
!P-colour            a wording without one is left out
-look, looks         one with such words is left out, since it asks for something else
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pvchat.chat.reader.network import HEADS
from recipes.reader.templates import Line, Piece, form_of, is_tag, read_line, split_words

Lexicon = Mapping[str, Mapping[str, Sequence[str]]]
_HERE = Path(__file__).parent
ASKED = ("paraphrases.txt", "paraphrases_later.txt")
REFUSALS = _HERE / "unanswerable_others.txt"
NAME = re.compile(r"\{(\d)\}")
_POLITE = {"please", "pls", "can", "could", "would", "you"}
SWAPPED = {"colour", "thing"}  # types whose words are put for another: the wording holds for each


@dataclass(frozen=True)
class Rule:
    """What of the wordings of one plain question bears a tag."""

    names: dict[str, str]  # "0" -> tag
    kinds: dict[str, str]  # tag -> type of the lexicon
    phrases: tuple[tuple[tuple[str, ...], str], ...]  # words in a row -> tag, longest first
    needed: tuple[str, ...]
    barred: tuple[str, ...]


_DENIED = re.compile(r"\{0\} (is|was|does|did|has)(n't|nt|n’t| not) (?!.*\?.+\?)")


def wordings() -> dict[str, list[str]]:
    """Wordings of each plain question, itself among them."""
    found: dict[str, list[str]] = {}
    for name in ASKED:
        for part in (_HERE / name).read_text(encoding="utf-8").removeprefix("# ").split("\n# "):
            rows = [row for row in part.strip().split("\n") if row]
            found.setdefault(rows[0], []).extend(rows)
    return found


def read_plain(text: str) -> dict[str, Line]:
    """Lines of `plain.txt` by their question."""
    return {line.text: line for line in map(read_line, text.split("\n")) if line.text and not line.text.startswith("#")}


def rule_of(line: Line, lexicon: Lexicon) -> Rule:
    """What stands behind the bar of a line of `plain.txt`, taken apart.

    Raises:
        ValueError: a tag in it isn't known.
    """
    names, kinds, phrases, needed, barred = {}, {}, [], [], ()
    for part in filter(None, (part.strip() for part in line.of.split(";"))):
        if part.startswith("!"):
            needed.append(part[1:])
            continue
        if part.startswith("-"):
            barred = tuple(f" {one.strip()} " for one in part[1:].split(","))
            continue
        what, _, told = part.partition("=")
        if found := NAME.fullmatch(what):
            names[found[1]] = told
        elif told in lexicon:
            kinds[what] = told
        else:
            phrases += [
                (tuple(split_words(p)), what) for one in told.split(",") for p in _variants(one.strip(), lexicon)
            ]
        if not is_tag(told if found else what):
            raise ValueError(f"no tag in {part!r} of {line.text}")
    return Rule(names, kinds, tuple(sorted(phrases, key=lambda p: -len(p[0]))), tuple(needed), barred)


def _variants(phrase: str, lexicon: Lexicon) -> Sequence[str]:
    kind, slash, value = phrase.partition("/")
    return lexicon[kind][value] if slash else (phrase,)


def tagged(text: str, rule: Rule, lexicon: Lexicon, rng: random.Random) -> list[Piece] | None:
    """Words of a wording with their tags; None where it says what it asks for in words that no rule knows."""
    words = split_words(NAME.sub(r" namenumber\1 ", text).replace(" 's", "'s"))
    pieces: list[Piece] = []
    at = 0
    while at < len(words):
        piece, length = _next(words[at:], rule, lexicon, rng)
        number = at if piece[0].tag != "O" else -1
        pieces += [Piece(one.word, one.tag, number) for one in piece]
        at += length
    told = {piece.tag for piece in pieces}
    if not told >= set(rule.needed) or any(one in f" {' '.join(words)} " for one in rule.barred):
        return None
    if _DENIED.search(text):
        pieces = [
            Piece(p.word, p.tag + "!" if p.tag.startswith("P-") and not p.tag.endswith("!") else p.tag, p.value)
            for p in pieces
        ]
    return pieces


def heads_of(line: Line, pieces: list[Piece]) -> dict[str, str]:
    """Heads of a tagged wording: one that names a single thing of those a choice is between asks whether."""
    values = {piece.value for piece in pieces if piece.tag.startswith("P-")}
    if line.heads.get("form") == "choice" and len(values) == 1:
        return {"select": "exists", "form": "polar"}
    return dict(line.heads)


def _next(words: list[str], rule: Rule, lexicon: Lexicon, rng: random.Random) -> tuple[list[Piece], int]:
    """The value with which a text begins, or its first word, and how many words that is."""
    if words[0].startswith("namenumber"):
        return [Piece("alex", rule.names.get(words[0][-1], "O"))], 1
    for phrase, tag in rule.phrases:
        if tuple(words[: len(phrase)]) == phrase:
            return [Piece(word, tag) for word in phrase], len(phrase)
    for tag, kind in rule.kinds.items():
        if found := _known(words, kind, lexicon):
            said = _another(" ".join(words[:found]), kind, lexicon, rng) if kind in SWAPPED else words[:found]
            return [Piece(word, tag) for word in said], found
    return [Piece(words[0])], 1


@cache
def _sayings(kind: str, ways: tuple[str, ...]) -> dict[tuple[str, ...], int]:
    return {tuple(split_words(way)): 1 for way in ways}


def _known(words: list[str], kind: str, lexicon: Lexicon) -> int:
    """How many words at the beginning of a text are a wording of this type; 0: none."""
    sayings = _sayings(kind, tuple(way for ways in lexicon[kind].values() for way in ways))
    return next((n for n in range(min(4, len(words)), 0, -1) if tuple(words[:n]) in sayings), 0)


def _another(said: str, kind: str, lexicon: Lexicon, rng: random.Random) -> list[str]:
    same = [way for ways in lexicon[kind].values() for way in ways if form_of(kind, way) == form_of(kind, said)]
    return split_words(rng.choice(same) if rng.random() < 0.7 else said)


def refusal_of(text: str, signs: Mapping[str, Sequence[str]]) -> str:
    """Which kind of refusal an unanswerable wording without a kind of its own is.

    Args:
        text: the wording.
        signs: words by which a kind is told; "wish" by the first word alone.
    """
    words = [word for word in split_words(text) if word not in _POLITE]
    said = f" {' '.join(words)} "
    for kind in ("sound", "camera"):
        if any(f" {sign} " in said for sign in signs[kind]):
            return kind
    return "wish" if words and words[0] in signs["wish"] else HEADS["refusal"][0]
