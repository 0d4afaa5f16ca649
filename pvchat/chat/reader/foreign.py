"""Questions in German, French, Spanish, Italian, Portuguese and Chinese: who is there is read, the rest kindly refused.

In: a question in lower case, names masked. Out: whether it asks who is there, or a reply in its language. A
question gets a yes only if every word of it is about being there; the words are in
`foreign.json`, in Chinese its characters. Answers are in English.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pvchat.chat.vocabulary import FUNCTION_WORDS, MASK, word_set

_HAN = re.compile(r"[\u4e00-\u9fff]")
_SHARED = word_set(
    """a as clip com come comment compare da das den des describe die dos dove er figure film font ha hat hay image in
    la man no non o on ou pas present sale scene si so son t tot tun tut um un usa ve video visible war was y"""
)  # which English texts have too
_ENGLISH = FUNCTION_WORDS - word_set("a an as die in is no on me or so was we he i do la")  # words of others too
_PLAINLY = word_set("the is are what who where does she he they with this here describe doing wearing you")
_HOW_MANY = re.compile(
    r"\b(?P<German>wie ?viele (?:leute|personen|menschen))\b"
    r"|\b(?P<French>combien de (?:personnes|gens)(?: y a-t-il)?)\b"
    r"|\b(?P<Spanish>cu[aá]nt(?:as personas|a gente)(?: hay)?)\b|\b(?P<Italian>quante persone(?: ci sono)?)\b"
    r"|\b(?P<Portuguese>quantas pessoas(?: há| tem| existem)?)\b|(?P<Chinese>(?:有)?(?:几个人|多少个?人))"
)
_ENOUGH = 2  # words of another language that no English word outweighs [choice]


@dataclass(frozen=True)
class ForeignQuestion:
    """A question in another language: whether it asks who or how many are there; else a reply."""

    language: str
    asks_who: bool = False
    reply: str = ""
    counts: bool = False


@dataclass(frozen=True)
class _Lexicon:
    who: frozenset[str]
    there: frozenset[str]
    other: frozenset[str]
    reply: str

    @property
    def words(self) -> frozenset[str]:
        """All words that mark the language."""
        return self.who | self.there | self.other


def read_foreign(lower: str) -> ForeignQuestion | None:
    """Read a question of another language; None for English and what can't be told."""
    lower = re.sub(rf"'(?={MASK.lower()}\b)", " ", lower)  # "qu'Alex"
    lower = lower.replace("est-ce que", "est-ce").replace("哪些人", "谁").replace("哪些", "谁")
    if (many := _HOW_MANY.search(lower)) is not None:
        return _how_many(many, lower)
    language = _language(lower)
    if language is None:
        return None
    lexicon = _lexicons()[language]
    words = [w for w in _words(lower) if w != MASK.lower()]
    asks_who, named = any(w in lexicon.who for w in words), MASK.lower() in lower
    if all(w in lexicon.who | lexicon.there for w in words) and asks_who != named:  # "Wer ist Ana?" asks neither
        return ForeignQuestion(language, asks_who)
    return ForeignQuestion(language, reply=lexicon.reply)


def _how_many(found: re.Match[str], lower: str) -> ForeignQuestion:
    """A question for a number of people: of those who are there, or of others, which isn't read."""
    language = str(found.lastgroup)
    lexicon = _lexicons()[language]
    rest = _words(lower[: found.start()] + " " + lower[found.end() :])
    plain = all(w in lexicon.who | lexicon.there for w in rest)
    return ForeignQuestion(language, plain, "" if plain else lexicon.reply, plain)


def _language(lower: str) -> str | None:
    """The language with most words in the question, where they are more than the English ones."""
    if _HAN.search(lower.replace(MASK.lower(), "")) and not re.search(r"[\u3040-\u30ff]", lower):
        return "Chinese"
    words = _words(lower)
    counted = [w for w in words if w not in _SHARED | FUNCTION_WORDS and w != MASK.lower()]
    opens = counted[0] if counted else ""  # the verb or question word weighs double
    scores = {
        name: (
            sum(w in x.words for w in counted) + (opens in x.words),
            sum(w in x.words for w in words),  # decides between languages that share a word
        )
        for name, x in _lexicons().items()
        if name != "Chinese"
    }
    best = max(scores, key=lambda name: scores[name])
    english = sum(w in _ENGLISH for w in words)
    enough = scores[best][0] >= _ENOUGH and scores[best][0] > 2 * english
    return best if enough and not _plainly_english(words) else None


def _plainly_english(words: list[str]) -> bool:
    """Whether a word is there that none of the other languages has and every English question has one of."""
    return bool(set(words) & _PLAINLY)


def _words(text: str) -> list[str]:
    """Words, and each Chinese character for itself."""
    return re.findall(r"[\u4e00-\u9fff]|[^\W\d_\u4e00-\u9fff](?:[^\W\d_\u4e00-\u9fff]|['-](?=\w))*", text)


@lru_cache(maxsize=1)
def _lexicons() -> dict[str, _Lexicon]:
    rows = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return {name: _lexicon(row, name == "Chinese") for name, row in rows.items()}


def _lexicon(row: dict[str, str], characters: bool) -> _Lexicon:
    who, there, other = (frozenset(row[k] if characters else row[k].split()) for k in ("who", "there", "other"))
    return _Lexicon(who, there, other, row["reply"])


def reply_in(language: str) -> str | None:
    """What is said to who asks in a language; None where it isn't known."""
    return _lexicons()[language].reply if language in _lexicons() else None
