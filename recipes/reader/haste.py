"""How a question looks when it is typed: among words that ask for nothing, contracted, without marks, misspelt.

Tags stay with their words.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from recipes.reader.templates import Piece

WORDS = Path(__file__).with_name("words.json")
KEPT = {"alex", "least", "then", "than", "these", "those"}  # what stands for every name; what would be another word
NEGATED = {
    "is": "isn't", "are": "aren't", "was": "wasn't", "were": "weren't", "does": "doesn't", "do": "don't",
    "did": "didn't", "has": "hasn't", "have": "haven't", "can": "can't", "could": "couldn't",
}  # fmt: skip
SHORT = {
    ("i", "am"): "i'm",
    ("they", "are"): "they're",
    ("you", "are"): "you're",
    ("i", "have"): "i've",
    ("we", "are"): "we're",
}
WITH_IS = {"what", "who", "where", "when", "how", "it", "that", "there", "he", "she", "which"}
BROKEN = 0.08  # share of the questions that are typed without articles and endings
ARTICLES, AUXILIARIES = ("the", "a", "an"), ("is", "are", "was", "were", "does", "did")
VERBS, VERB_S = ("deed", "posture", "present"), re.compile(r"(?<=[^s])s$")
AINT = {"isn't", "aren't"}


class Haste:
    """Types words again, by chance."""

    def __init__(self, rng: random.Random) -> None:
        words = json.loads(WORDS.read_text(encoding="utf-8"))
        self.rng, self._misspelt, self._across = rng, words["misspelt"], words["across"]
        self._before, self._after = words["before"], words["after"]

    def typed(self, pieces: list[Piece]) -> list[Piece]:
        """The same question; never without a word."""
        pieces = self._contracted(pieces)
        if self.rng.random() < 0.5:
            pieces = [piece for piece in pieces if piece.word not in (",", ".", "?", "!", ";")] or pieces
        if self.rng.random() < 0.25:
            pieces = [Piece(self._across.get(p.word, p.word), p.tag, p.value) for p in pieces]
        pieces = self._uninflected(pieces) if self.rng.random() < BROKEN else pieces
        wrong = self.rng.choice((0.0, 0.0, 0.05, 0.1, 0.2))
        return [Piece(self._word(p.word, wrong), p.tag, p.value) for p in pieces]

    def _uninflected(self, pieces: list[Piece]) -> list[Piece]:
        """As somebody writes who leaves out articles, endings and auxiliaries: "when man leave room"."""
        left_out = ARTICLES if self.rng.random() < 0.5 else (*ARTICLES, *AUXILIARIES)
        kept = [p for p in pieces if p.word not in left_out or self.rng.random() < 0.3] or pieces
        return [
            Piece(VERB_S.sub("", p.word) if p.tag.rstrip("!")[2:] in VERBS else p.word, p.tag, p.value) for p in kept
        ]

    def introduced(self, pieces: list[Piece]) -> list[Piece]:
        """With words before or after it that ask for nothing, now and then."""
        first = self.rng.choice(self._before).split() if self.rng.random() < 0.14 else []
        last = self.rng.choice(self._after).split() if self.rng.random() < 0.1 else []
        end = len(pieces) - (pieces[-1].word in "?.!")
        return [*map(Piece, first), *pieces[:end], *map(Piece, last), *pieces[end:]]

    def _contracted(self, pieces: list[Piece]) -> list[Piece]:
        """Short forms: "is not" as "isn't" or "isnt", "what is" as "what's" or "whats"."""
        made: list[Piece] = []
        rate, bare = self.rng.random(), self.rng.random() < 0.4
        for piece in pieces:
            before = made[-1] if made else Piece("")
            if piece.tag != "O" or before.tag != "O" or self.rng.random() < rate:
                made.append(piece)
            elif piece.word == "not" and before.word in NEGATED:
                made[-1] = Piece(self._bare(NEGATED[before.word], bare))
            elif (before.word, piece.word) in SHORT:
                made[-1] = Piece(self._bare(SHORT[before.word, piece.word], bare))
            elif piece.word in ("is", "'s") and before.word in WITH_IS:
                made[-1:] = [Piece(before.word + "s")] if bare else [before, Piece("'s")]
            else:
                made.append(piece)
        return made

    def _bare(self, word: str, bare: bool) -> str:
        if word in AINT and self.rng.random() < 0.1:
            word = "ain't"
        return word.replace("'", "") if bare else word

    def _word(self, word: str, wrong: float) -> str:
        if self.rng.random() >= wrong or word in KEPT or not word.isalpha():
            return word
        if word in self._misspelt and self.rng.random() < 0.6:
            return self.rng.choice(self._misspelt[word])
        return self._slip(word) if len(word) > 3 else word

    def _slip(self, word: str) -> str:
        """Two letters swapped, one missing, or one doubled."""
        at = self.rng.randrange(1, len(word) - 1)
        how = self.rng.randrange(3)
        if how == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at + 1 :] if how == 1 else word[:at] + word[at] + word[at:]
