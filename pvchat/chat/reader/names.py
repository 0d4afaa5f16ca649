"""Enrolled names in a question: its text and the names in, where each is mentioned out.

Names that are also English words (Will, May, Rose) are told from those words by capitals and by their neighbours.
Who leaves out an accent ("Jose") or a title ("Lina" of "Dr. Lina") means the same person, where only one can be meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pvchat.chat.vocabulary import BEFORE_NOUN, FUNCTION_WORDS, OPENERS, PREDICATES, TITLES, word_set

_MONTHS = word_set("april may june august january")
_UNDECOMPOSED = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"}
_BEFORE_MONTH = word_set("in since until by last next early late mid")


@dataclass(frozen=True)
class Mention:
    """An enrolled name found in a text: characters start to end, a possessive ending included."""

    name: str
    start: int
    end: int


def find_mentions(text: str, names: Sequence[str], aliases: Mapping[str, str]) -> list[Mention]:
    """Enrolled names in a text, in order: longest first, whole words, any case, with possessive endings."""
    forms, found = _forms(names, aliases), list[Mention]()
    for is_first in (False, True):  # "ana maria" is Ana María, not somebody called Ana
        for folding, spelled in ((_fold(text), forms), (_fold(text, _bare), _without_accents(forms))):
            found = _found(text, folding, [form for form in spelled if form[2] == is_first], found)
    return sorted(found, key=lambda m: m.start)


def _found(
    text: str, folding: tuple[str, list[int]], forms: Sequence[tuple[str, str, bool]], before: Sequence[Mention]
) -> list[Mention]:
    """The mentions `before` and those of more spellings, where nothing is mentioned yet."""
    folded, index = folding
    found = list(before)
    for form, name, is_first in forms:
        start = folded.find(form)
        while start >= 0:
            a, b = index[start], index[start + len(form)]
            taken = any(a < m.end and m.start < b for m in found)
            end = None if taken else _name_end(text, a, b)
            longer = is_first and end == b and re.match(r" [^\W\d_]", text[b:]) and text[b + 1].isupper()
            longer = longer and text != text.upper()  # "Bob Marley" isn't the enrolled "Bob Stone"
            if end is not None and not longer and _is_name_here(text, a, b, end):
                found.append(Mention(name, a, end))
            start = folded.find(form, start + 1)
    return found


def _forms(names: Sequence[str], aliases: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """(folded spelling, enrolled name, is it only the first word of a longer name), longest first.

    The first word of a longer name counts where it is unambiguous, and so does a name without its title.
    """
    pairs = [*aliases.items(), *((n, n) for n in names)]
    pairs = [*((form.replace("-", " "), name) for form, name in pairs if "-" in form), *pairs]  # "maj britt"
    forms = {_fold(" ".join(unicodedata.normalize("NFKC", form).split()))[0]: name for form, name in pairs}
    plain = [(without, name) for form, name in forms.items() if (without := _without_title(form)) != form]
    meant = _meant(plain)
    forms |= {form: name for form, name in plain if form not in forms and len(meant[form]) == 1}
    whole = [(form, name, False) for form, name in forms.items() if form]
    first = Counter(form.split()[0] for form in forms if " " in form)
    part = [
        (word, name, True)
        for form, name, _ in whole
        if " " in form
        and first[word := form.split()[0]] == 1
        and word not in forms
        and word not in FUNCTION_WORDS
        and word.rstrip(".") not in TITLES
    ]
    return sorted(whole + part, key=lambda row: -len(row[0]))


def _meant(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Who is meant by each spelling."""
    meant: dict[str, set[str]] = {}
    for form, name in pairs:
        meant.setdefault(form, set()).add(name)
    return meant


def _without_title(form: str) -> str:
    """A folded name without the titles before it: "lina" of "dr. lina"; one that is all titles stays."""
    words = form.split()
    while len(words) > 1 and words[0].rstrip(".") in TITLES:
        del words[0]
    return " ".join(words)


def _without_accents(forms: Sequence[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    """The forms as they are spelled without accents; what two people could be called is left out."""
    bare = [("".join(map(_bare, form)), name, is_first) for form, name, is_first in forms]
    meant = _meant((form, name) for form, name, _ in bare)
    return [row for row in bare if row[0] and row[0] not in FUNCTION_WORDS and len(meant[row[0]]) == 1]


@lru_cache(maxsize=4096)
def _bare(char: str) -> str:
    """A Latin letter without its accents; the marks of other scripts are letters, and stay."""
    if not unicodedata.name(char, "").startswith("LATIN"):
        return "" if unicodedata.combining(char) and unicodedata.name(char, "").startswith("COMBINING") else char
    return _UNDECOMPOSED.get(char) or "".join(c for c in unicodedata.normalize("NFD", char) if c.isalpha())


def _fold(text: str, spell: Callable[[str], str] = str) -> tuple[str, list[int]]:
    """Case-folded text and, for each of its characters (and its end), the index into the original.

    Args:
        text: of which each character is folded.
        spell: how a folded character is spelled.
    """
    folded = [(piece, i) for i, char in enumerate(text) for c in char.casefold() for piece in spell(c)]
    return "".join(p for p, _ in folded), [i for _, i in folded] + [len(text)]


def _name_end(text: str, start: int, end: int) -> int | None:
    """End of the name with its possessive ending, or None where it is only a part of a longer word."""
    if start and _joined(text[start - 1], text[start]):
        return None
    if start > 1 and text[start - 1] == "-" and _is_letter(text[start - 2]):
        return None  # "Marie" isn't in "Ann-Marie"
    if end == len(text) or not (_joined(text[end - 1], text[end]) or text[end] in "'-"):
        return end
    tail = re.match(r"'s(?!\w)|s'(?!\w)|'(?!\w)|s(?![\w'])", text[end:], re.IGNORECASE)
    if tail is not None:
        return end + tail.end()
    return end if text[end] == "-" and not (end + 1 < len(text) and _is_letter(text[end + 1])) else None


def _is_name_here(text: str, start: int, stop: int, end: int) -> bool:
    """Whether a word that spells a name is used as one here ("Will Rose be there?" asks about Rose only)."""
    word, tail = text[start:stop], text[stop:end].lower()
    if not (word[0].islower() or word[0].isupper()):
        return True  # a script without case
    at = _around(text, start, end)
    capital = word[0].isupper() and text != text.upper()
    inside = capital and not at.first  # a sentence's first word has its capital from there
    if tail == "s" and not inside and (at.follows or at.after in FUNCTION_WORDS or at.before in BEFORE_NOUN):
        return False  # "roses in the background" isn't Rose's
    if word.lower() in FUNCTION_WORDS and not tail.startswith("'") and not inside:
        return at.meant_by_function_word(capital)
    if not capital and at.first and at.after in BEFORE_NOUN:
        return False  # "mark the frame": a verb
    if word.lower() in _MONTHS and at.before in _BEFORE_MONTH and not tail:
        return False
    return capital or " " in word or at.before not in BEFORE_NOUN


@dataclass(frozen=True)
class _Around:
    """What stands around a word in small letters: the words before and after it, whether it begins a sentence.

    `follows`: something may be said of whom the word names, or nothing more is said.
    """

    before: str
    after: str
    first: bool
    follows: bool

    def meant_by_function_word(self, capital: bool) -> bool:
        """Whether a word such as "will", small or a sentence's first, is a name here."""
        if capital:
            return self.after in ("is", "was", "has", "does", "and", "or")
        return (self.before in OPENERS or self.before == ",") and self.follows


def _around(text: str, start: int, end: int) -> _Around:
    before = (re.findall(r"[\w']+|,", text[:start].lower())[-1:] or [""])[0]
    after = (re.findall(r"[\w']+|[,.]", text[end:].lower())[:1] or [""])[0]
    first = not text[:start].strip() or text[:start].rstrip()[-1] in ".?!"
    follows = after in PREDICATES or after == "," or after.endswith("ing") or not re.search(r"\w", text[end:])
    return _Around(before, after, first, follows)


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word; scripts written without spaces never join."""
    return _is_letter(left) and _is_letter(right) and not (_spaceless(left) or _spaceless(right))


def _is_letter(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


def _spaceless(char: str) -> bool:
    script = re.split(r"[ -]", unicodedata.name(char, ""))[0]
    return script in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")
