"""Breaks text down into sentences and words, so that two texts can be compared: do they say the same?

In: a text, and the names that may stand in it. Out: the words of a sentence that say something, in order (`meaning`):
"Yes, Ana and Bo aren't in this video" is "yes @Ana @Bo not there". Our own sentences and those of a language model are
read alike, so what means something else has to come out as something else. A word stands for what the lexicon has it
for ("sits" is "sitting"); "is" and "a" say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from pvchat.chat.english import table, word_set
from pvchat.chat.reader.words import canonical, is_known

NEGATIONS = word_set("no not nobody none neither nor never nothing without can't")
_EMPTY = word_set(
    """a an the is are was were be been being am has have had do does did can it its this that these they them their
    those as of for by also too both very on in at into from with while and or but so frame picture scene s m ve re"""
)
_SAME = {
    "i": "i", "besides": "besides", "cannot": "can't", "people": "person", "inside": "indoor", "outside": "outdoor",
    "gray": "grey", "facing": "looking", "next": "beside",
    **dict.fromkeys(("he", "him", "his"), "man"), **dict.fromkeys(("she", "her", "hers"), "woman"),
    **dict.fromkeys(("wears", "wear", "worn", "dressed"), "wearing"),
    **dict.fromkeys(("video", "clip", "here", "seen", "visible", "shown", "present", "appears", "appear"), "there"),
}  # fmt: skip
_SUBJECT = re.compile(
    r"(?i)^(yes, |no, )?(?:the )?(?:person|man|woman|boy|girl|s?he|they)\b(?: in the \w+ (?:outline|rectangle|box)\b)?",
)
_SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
_WORD = r"\d+(?::\d\d)+|\d+|[^\W\d_]+(?:['’][^\W\d_]+)?|[^\w\s]"


def mentioned(text: str, name: str, *, any_case: bool = True) -> bool:
    """Whether a text names somebody by a whole word: "Al" isn't in "Also"."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE if any_case else 0) is not None


def with_name(sentence: str, name: str) -> str:
    """A sentence with a name in the place of "the person in the red outline", or of "she" in "yes, she"."""
    return _SUBJECT.sub(lambda found: f"{found[1] or ''}{name}", sentence)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its full stop; what follows the last full stop is left out."""
    return [" ".join(found.split()) for found in _SENTENCE.findall(text)]


def words_in(text: str, names: Sequence[str] = ()) -> list[str]:
    """The words and marks of a text, each as what it stands for; names, as they are written, as "@Ana"."""
    called = [re.escape(name) for name in sorted(names, key=len, reverse=True) if name]  # the longer one of two
    found = re.findall("|".join([*(rf"(?<!\w){name}(?!\w)" for name in called), _WORD]), text)
    return [f"@{word}" if word in names else _meant(word) for word in found]


def _meant(word: str) -> str:
    """What a word stands for: "sits" is "sitting", "guy" is "man"; the singular of others."""
    word = word.lower().replace("’", "'")
    if word != "can't":
        word = "not" if word.endswith("n't") else word.partition("'")[0] or word
    if word in _SAME or word in _EMPTY:
        return _SAME.get(word, word)
    if kind := next((kind for kind in ("gender", "posture") if is_known(kind, word)), ""):
        return canonical(kind, word).split()[0]
    verb = _doing().get(word, word)
    return verb.removesuffix("s") if len(verb) > 3 and not verb.endswith("ss") else verb


@lru_cache(maxsize=1)
def _doing() -> dict[str, str]:
    """What somebody is doing, by how that is told: "sits", and "sit", is "sitting"."""
    verbs = [*reversed(table()["verb"].items())]
    return {told: doing for doing, does in verbs for told in (does, does.removesuffix("s"))}


def tells(word: str) -> bool:
    """Whether a word says something."""
    return (word[0].isalnum() or len(word) > 1) and word not in _EMPTY


def meaning(sentence: str, names: Sequence[str]) -> list[str]:
    """The words of a sentence that say something, in order, each as what it stands for; twice in a row is once."""
    return [word for word, _ in groupby(word for word in words_in(sentence, names) if tells(word))]
