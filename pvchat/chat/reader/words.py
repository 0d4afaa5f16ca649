"""A question as the words that the trained reader sees: names masked, slips mended, times by the clock cut out.

In: "What's Ana wearin at 3:20?" and the enrolled names. Out: ["what", "'s", "alex", "wearing", "?"], of which the
third means Ana, and the part of the video about 3:20. Names that nobody bears are masked too, with no name to them:
those that are nearly an enrolled one ("Anna"), and words with a capital where none belongs ("is Barnaby there?").
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pvchat.chat.query import WHOLE, During
from pvchat.chat.reader.labels import WORD
from pvchat.chat.reader.names import Mention, find_mentions
from pvchat.chat.reader.network import is_word
from pvchat.chat.reader.slots import NAME, lexicon_words
from pvchat.chat.reader.timewords import named_part
from pvchat.chat.vocabulary import FUNCTION_WORDS

_NEARLY, _SLIP = 0.8, 0.8  # difflib's ratio from which a word is an enrolled name, or a word that is known, misspelt
_SHORTEST = 4  # letters of a word that is looked at for slips
_CAPITALS = frozenset(("i", "i'm", "i'd", "i'll", "i've", "tv", "ok", "cctv", "pvchat", "english"))
_ASKED = (
    "what", "wearing", "where", "doing", "which", "while", "before", "after", "together", "there", "video", "standing",
    "sitting", "talking", "people", "person", "beside", "next", "between", "without", "anyone", "someone", "everybody",
    "nobody", "always", "never", "when", "whose", "does", "isn't", "aren't", "furthest", "farthest", "leftmost",
    "rightmost", "further",
)  # fmt: skip


@dataclass(frozen=True)
class Word:
    """One word: as the reader sees it, as it was typed, and the enrolled name that it is, if any."""

    seen: str
    typed: str
    name: str = ""


@dataclass(frozen=True)
class Wording:
    """A question's words, and the part of the video that it names by numbers."""

    words: tuple[Word, ...]
    part: During = WHOLE

    @property
    def seen(self) -> list[str]:
        """What the network reads."""
        return [word.seen for word in self.words]


def worded(text: str, names: Sequence[str], aliases: Mapping[str, str]) -> Wording:
    """A question as the reader sees it."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").split())
    tidy, part = named_part(plain)
    words = _words(tidy, find_mentions(tidy, names, aliases))
    called = frozenset(form.casefold() for form in (*names, *aliases))
    shouting = tidy == tidy.upper()
    return Wording(tuple(_mended(words, i, called, shouting) for i in range(len(words))), part or WHOLE)


def _words(text: str, mentions: Sequence[Mention]) -> list[Word]:
    words, at = [], 0
    for mention in mentions:
        words += _plain(text[at : mention.start])
        typed = text[mention.start : mention.end]
        words.append(Word(NAME, typed, mention.name))
        words += [Word("'s", "'s")] * bool(re.search(r"'s?$", typed))
        at = mention.end
    return words + _plain(text[at:])


def _plain(text: str) -> list[Word]:
    return [Word(found.lower(), found) for found in WORD.findall(text)]


def _mended(words: Sequence[Word], at: int, called: frozenset[str], shouting: bool) -> Word:
    """A word as it is meant: a name that nobody bears masked, a slip mended."""
    word = words[at]
    if word.name or not word.seen[0].isalpha() or word.seen in FUNCTION_WORDS or _is_known(word.seen):
        return word
    opens = not at or not words[at - 1].seen[0].isalnum()
    capital = word.typed[0].isupper() and not (opens or shouting or word.seen in _CAPITALS)
    if capital or not is_word(word.seen) and difflib.get_close_matches(word.seen, called, 1, _NEARLY):
        return Word(NAME, word.typed)
    if opens and word.typed[0].isupper() and difflib.get_close_matches(word.seen, called, 1, _NEARLY):
        return Word(NAME, word.typed)
    if len(word.seen) < _SHORTEST or is_word(word.seen):
        return word
    return Word(_meant(word.seen) or word.seen, word.typed)


def _is_known(word: str) -> bool:
    return word in lexicon_words() or word in _ASKED


@lru_cache(maxsize=1024)
def _meant(word: str) -> str:
    """The word that is known which a misspelt one stands for; "" where there is none."""
    known = [*_ASKED, *sorted(lexicon_words())]
    found = difflib.get_close_matches(word, [one for one in known if abs(len(one) - len(word)) < 3], 3, _SLIP)
    return next((one for one in found if one[0] == word[0]), found[0] if found else "")  # "sleaping" isn't leaping
