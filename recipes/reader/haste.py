"""How a question looks when it is typed: with words around it that ask for nothing; in haste with contractions, without marks, misspelt.

Tags stay with their words.
"""

from __future__ import annotations

import random

from recipes.reader.templates import Piece

KEPT = {"alex", "least", "then", "than", "these", "those"}  # what stands for every name; what would be another word
BEFORE = (
    "so", "ok so", "hey ,", "well ,", "um ,", "hi ,", "hello ,", "please ,", "sorry ,", "question :", "quick question :", "just wondering ,",
    "for the report :", "for the log :", "my boss asks :", "one more thing :", "i can't see it well .", "i watched it twice .", "we are checking the ward .",
    "it 's for the archive .", "the police want to know :", "for my records ,", "in this video ,", "in the clip ,", "in video ,", "say ,", "listen ,",
    "i have a question :", "now", "right ,", "good ,", "thanks .", "tell me :", "can you tell me :", "please tell me ,", "dear assistant ,",
    "i need this for the family album :", "night shift here .", "as far as you can see ,", "according to the video ,", "honestly ,", "ok google ,",
    "sir ,", "yo", "bro", "ok", "lol", "pls", "excuse me ,", "looking at the footage ,", "going by the video ,", "i wonder ,", "let me ask :", "and",
)  # fmt: skip
AFTER = (
    "please", "pls", "thanks", "thank you", "in this video", "in the clip", "do you know", "if you know", "can you tell", "can you see that", "in your opinion",
    "i wonder", "i can't tell", "or what", "exactly", "then", "again", "in the footage", "in there", "bro", "mate", "lol", "asap", "i need it for the report",
    "would you say", "as far as you can see", "tell me", "at all", "so far", "here", "on this tape", "thx",
)  # fmt: skip
NEGATED = {
    "is": "isn't", "are": "aren't", "was": "wasn't", "were": "weren't", "does": "doesn't", "do": "don't", "did": "didn't",
    "has": "hasn't", "have": "haven't", "can": "can't", "could": "couldn't",
}  # fmt: skip
SHORT = {
    ("i", "am"): "i'm",
    ("they", "are"): "they're",
    ("you", "are"): "you're",
    ("i", "have"): "i've",
    ("we", "are"): "we're",
}
WITH_IS = {"what", "who", "where", "when", "how", "it", "that", "there", "he", "she", "which"}
AINT = {"isn't", "aren't"}
CHAT = {
    "you": ("u", "ya"), "are": ("r",), "please": ("pls", "plz"), "people": ("ppl",), "what": ("wat", "waht", "wot"), "who": ("hoo", "woh"),
    "the": ("teh", "da", "th"), "with": ("wit", "w", "whit", "wth"), "and": ("n", "nd", "adn"), "wearing": ("wering", "wearin", "waering"), "which": ("wich", "whcih"),
    "because": ("cuz",), "someone": ("sum1", "some1"), "anyone": ("any1",), "everyone": ("every1",), "before": ("b4", "befor"), "there": ("ther", "their", "theer"),
    "is": ("si", "iz"), "doing": ("doin", "dong"), "when": ("wen", "whne"), "where": ("wher", "were"), "how": ("hw", "hwo"), "many": ("mny", "meny"),
    "video": ("vid", "vidoe"), "while": ("whil", "wile", "whilst"), "sitting": ("siting", "sittin"), "standing": ("standin",), "talking": ("talkin",),
    "glasses": ("glases", "glasess"), "colour": ("color", "coler"), "does": ("dose", "duz", "dos"), "to": ("2",), "for": ("4",), "the same": ("same",),
    "somebody": ("sombody",), "next": ("nxt",), "left": ("lft",), "wears": ("weres", "waers"), "their": ("there",), "first": ("1st", "frist"),
    "second": ("2nd",), "third": ("3rd",), "that": ("dat", "taht"), "this": ("dis", "thsi"), "something": ("smth",), "until": ("untill", "til"),
}  # fmt: skip
ACROSS = {
    "colour": "color", "grey": "gray", "trousers": "pants", "jumper": "sweater", "moustache": "mustache", "centre": "center", "whilst": "while",
    "programme": "program", "pyjamas": "pajamas", "recognise": "recognize", "towards": "toward",
}  # fmt: skip


class Haste:
    """Types words again, by chance."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def typed(self, pieces: list[Piece]) -> list[Piece]:
        """The same question; never without a word."""
        pieces = self._contracted(pieces)
        if self.rng.random() < 0.5:
            pieces = [piece for piece in pieces if piece.word not in (",", ".", "?", "!", ";")] or pieces
        if self.rng.random() < 0.25:
            pieces = [Piece(ACROSS.get(p.word, p.word), p.tag, p.value) for p in pieces]
        wrong = self.rng.choice((0.0, 0.0, 0.05, 0.1, 0.2))
        return [Piece(self._word(p.word, wrong), p.tag, p.value) for p in pieces]

    def introduced(self, pieces: list[Piece]) -> list[Piece]:
        """With words before or after it that ask for nothing, now and then."""
        first = self.rng.choice(BEFORE).split() if self.rng.random() < 0.14 else []
        last = self.rng.choice(AFTER).split() if self.rng.random() < 0.1 else []
        end = len(pieces) - (pieces[-1].word in "?.!")
        return [*map(Piece, first), *pieces[:end], *map(Piece, last), *pieces[end:]]

    def _contracted(self, pieces: list[Piece]) -> list[Piece]:
        """ "is not" as "isn't" or "isnt", "what is" as "what's" or "whats"."""
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
        if word in CHAT and self.rng.random() < 0.6:
            return self.rng.choice(CHAT[word])
        return self._misspelt(word) if len(word) > 3 else word

    def _misspelt(self, word: str) -> str:
        """Two letters swapped, one missing, or one doubled."""
        at = self.rng.randrange(1, len(word) - 1)
        how = self.rng.randrange(3)
        if how == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at + 1 :] if how == 1 else word[:at] + word[at] + word[at:]
