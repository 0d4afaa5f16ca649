"""A question as the words that the trained reader sees: names masked, times by the clock cut out.

In: "What's Ana wearing at 3:20?" and the enrolled names. Out: ["what", "'s", "alex", "wearing", "?"], of which the
third means Ana, and the part of the video from 3:18 to 3:22.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pvchat.chat.query import WHOLE, During
from pvchat.chat.reader.labels import WORD
from pvchat.chat.reader.names import Mention, find_mentions
from pvchat.chat.reader.timewords import named_part

NAME = "alex"  # stands for every name


@dataclass(frozen=True)
class Word:
    """One word: as the reader sees it, as it was typed, and the enrolled name that it is, if any."""

    seen: str
    typed: str
    name: str = ""


@dataclass(frozen=True)
class Wording:
    """A question's words, and the part of the video that it names by the clock."""

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
    return Wording(tuple(_words(tidy, find_mentions(tidy, names, aliases))), part or WHOLE)


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
