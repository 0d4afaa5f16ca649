"""Splits a question into the words that the network reads; says what words stand for ("specs" is "glasses").

"What's Ana wearin at 3:20?" is ["what", "'s", "alex", "wearing", "?"]: names masked, typing errors mended, times by the
clock cut out. Names that nobody enrolled has are masked too: those that are nearly an enrolled one ("Anna"), and words
with a capital where none belongs ("is Barnaby there?").

Enrolled names that are also English words (Will, May, Rose) are told from those words by capitals and by their
neighbours. Who leaves out an accent ("Jose") or a title ("Lina" of "Dr. Lina") means the same person, where only one
can be meant. What people say in many ways has one name each, in `lexicon.json`, the one by which it is measured.

Questions in German, French, Spanish, Italian, Portuguese and Chinese are kindly refused in that language; its words are
in `foreign.json`.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from pvchat.chat.english import BEFORE_NOUN, COLOURS, FUNCTION_WORDS, MASK, OPENERS, PREDICATES, TITLES, word_set
from pvchat.chat.query import WHOLE, During
from pvchat.chat.reader.network import WORD, commonness, is_word
from pvchat.chat.reader.timewords import COUNTING, NAMES_TOO, is_date, named_part
from pvchat.schemas import LANGUAGES

_UNDECOMPOSED = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"}
NAME = MASK.lower()  # stands for every name in what the network reads
_OPENS = ("", ".", "and", "where", "who", "what", "when", "how", "why")
_BEFORE_NAME = {  # what stands right before whom something is asked of, and what before that
    **dict.fromkeys(("is", "was", "did", "does", "has"), _OPENS), "'s": _OPENS[3:], "and": ("", NAME), "or": ("", NAME),
    "about": ("what", "how"), "me": ("show",),
}  # fmt: skip
_NAMELESS = ("ing", "ed", "ly", "less", "ful", "ish", "est")  # ends of words that aren't names

_PIECE = re.compile(r"[^\W\d_](?:[^\W\d_]|['-](?=\w))*")  # a word of any language
_HAN = re.compile(r"[\u4e00-\u9fff]")
_SHARED = word_set(
    """a as clip com come comment compare da das den des describe die dos dove er figure film font ha hat hay image in
    la man no non o on ou pas present sale scene si so son t tot tun tut um un usa ve video visible war was y"""
)  # which English texts have too
_ENGLISH = FUNCTION_WORDS - word_set("a an as die in is no on me or so was we he i do la")  # words of others too
_PLAINLY = word_set(  # of which every English question has one, and none of the other languages any
    "the is are what who where does she he they with this here describe doing wearing you"
)
_ENOUGH = 2  # words of another language that no English word outweighs [choice]
ARTICLES = ("a", "an", "the", "his", "her", "their", "my", "some", "any", "your", "its", "pair", "of")
DETERMINER = r"(?:an? |the |my |your |his |her |our |their )?"  # before what somebody speaks of, as a pattern
_TITLED = re.compile(rf"^(?:(?:{'|'.join(TITLES)})\.* )+")  # "dr. lina" is lina; a name that is all titles stays
_TITLE_BEFORE = re.compile(rf"\b(?:{'|'.join(map(str.title, TITLES))}|dr|mrs?|ms)\.? $")  # "Dr. " of "Dr. Lina"
_IDENTIFIES = re.compile(r"(?i)\b(?:is|was|isn't|wasn't) (?:it|that|this|s?he) $")  # "was it ben?"
_SPACELESS = word_set("CJK HIRAGANA KATAKANA HANGUL THAI LAO KHMER MYANMAR")  # scripts
_AT = ("on", "at", "in", "by")  # "the sofa" that somebody is near is "on a sofa"
# Signs that are copied along and not seen: widths of zero, directions of writing, hyphens to be, variants of pictures
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_WITH = re.compile(r"(?i)\bw ?/ ?(o\b)?")  # "w/", "w/o"
_EITHER = re.compile(r"(?i)\bs?he(?: or |/)s?he\b")
_DENIED_LAST = re.compile(r"(?i)(?:(?<=\bnot)|(?<=n't))(?=\W*$)")
_ANYTHING = word_set("something anything clothing clothes outfit piece of garment garments stuff things")
_WAYS = re.compile(  # in which somebody goes; not "walking right now"
    r"\b(?:(?:to|from) (?:the )?(?:left|right)|left$|forwards?|backwards?|sideways|(?:to|towards?) (?:the )?camera)\b"
)
_NEARLY, _SLIP = 0.8, 0.85  # difflib's ratio from which a word is an enrolled name, or a word that is known, misspelt
# Of which kinds known phrases are told to the network, from how many words on
_VOTES = {"deed": 2, "near": 2, "colour": 1, "gender": 1, "worn": 1, "hair": 1}
_MOST_WORDS = 5  # of a phrase that is looked for
_SHORTEST, _SHORT, _LONG = 3, 4, 6  # letters of a word looked at for letters left out; for other slips; for several
CAPITALS = frozenset(
    ("i", "i'm", "i'd", "i'll", "i've", "tv", "ok", "cctv", "pvchat", *map(str.lower, LANGUAGES.values()))
)
_ASKED = word_set(
    """what wearing where doing which while before after together there video standing sitting talking people person
    beside next between without anyone everyone someone everybody nobody always never when whose does isn't aren't
    furthest farthest already still leftmost rightmost further secs mins back came come comes leaves wear wears wore
    tint absent accompanied adjacent alone alongside anybody clip company footage frame guest guests herself himself
    intruder intruders invisible longer missing nearby newcomer nowhere once outsider outsiders persons scene seen
    side sight simultaneously stranger strangers themselves unaccompanied unfamiliar unidentified unknown view
    visible visitor visitors dr mr mrs miss sir nurse doctor professor uncle aunt sister grandma grandpa mum dad
    teacher"""
)


@dataclass(frozen=True)
class Word:
    """One word: as the reader sees it, as it was typed, and the enrolled name that it is, if any."""

    seen: str
    typed: str
    name: str = ""


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
    """The mentions `before`, and those of more spellings ("Jose", "JOSÉ") where nothing is mentioned yet."""
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
    """(folded spelling, enrolled name, is it only the first word of a longer name), longest first; that, and a name
    without its title, count where they are unambiguous.
    """
    pairs = [*aliases.items(), *((n, n) for n in names)]
    spelt = ((re.sub(r"\.(?= )", "", form.replace("-", " ")), name) for form, name in pairs)  # "maj britt", "dr okafor"
    pairs = [*(pair for pair in spelt if pair not in pairs), *pairs]
    forms = {_fold(" ".join(unicodedata.normalize("NFKC", form).split()))[0]: name for form, name in pairs}
    plain = [(without, name) for form, name in forms.items() if (without := _TITLED.sub("", form)) != form]
    meant = Counter(form for form, _ in {*plain})  # by how many
    forms |= {form: name for form, name in plain if form not in forms and meant[form] == 1}
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


def _without_accents(forms: Sequence[tuple[str, str, bool]]) -> list[tuple[str, str, bool]]:
    """The forms without accents: "jose" for José; what two people could be called is left out."""
    bare = [("".join(map(_bare, form)), name, is_first) for form, name, is_first in forms]
    meant = Counter(form for form, _ in {(form, name) for form, name, _ in bare})  # by how many
    return [row for row in bare if row[0] and row[0] not in FUNCTION_WORDS and meant[row[0]] == 1]


@lru_cache(maxsize=4096)
def _bare(char: str) -> str:
    """A Latin letter without its accents; the marks of other scripts are letters, and stay."""
    if not unicodedata.name(char, "").startswith("LATIN"):
        return "" if unicodedata.combining(char) and unicodedata.name(char, "").startswith("COMBINING") else char
    return _UNDECOMPOSED.get(char) or "".join(c for c in unicodedata.normalize("NFD", char) if c.isalpha())


def _fold(text: str, spell: Callable[[str], str] = str) -> tuple[str, list[int]]:
    """Case-folded text, each character spelled so; and the index in `text` of each of them, and of its end."""
    seen = [(char, i) for i, char in enumerate(text) if not _UNSEEN.match(char)]
    folded = [(piece, i) for char, i in seen for c in char.casefold() for piece in spell(c)]
    return "".join(p for p, _ in folded), [i for _, i in folded] + [len(text)]


def _name_end(text: str, start: int, end: int) -> int | None:
    """End of the name with its ending ("Ana's"), or None where it is only a part of a longer word ("Banana")."""
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
    before = (re.findall(r"[\w']+|,", text[:start].lower())[-1:] or [""])[0]
    after = (re.findall(r"[\w']+|[,.]", text[end:].lower())[:1] or [""])[0]
    is_first = not text[:start].strip() or text[:start].rstrip()[-1] in ".?!"
    # something may be said of whom the word names, or nothing more is said
    follows = after in PREDICATES or after == "," or after.endswith("ing") or not re.search(r"\w", text[end:])
    capital = word[0].isupper() and text != text.upper()
    inside = capital and not is_first  # a sentence's first word has its capital from there
    if tail == "s" and not inside and (follows or after in FUNCTION_WORDS or before in BEFORE_NOUN):
        return False  # "roses in the background" isn't Rose's
    if word.lower() in FUNCTION_WORDS and not tail.startswith("'") and not inside:  # "will", or a sentence's first
        if capital:
            return after in ("is", "was", "has", "does", "and", "or")
        return (before in OPENERS or before == ",") and follows
    if not capital and is_first and after in BEFORE_NOUN:
        return False  # "mark the frame": a verb
    if word.lower() in NAMES_TOO and is_date(word.lower(), before) and not tail:
        return False
    ours = before in ("our", "my", "its", "that", "no", "an") and word.lower() not in lexicon_words()  # "our ben"
    return capital or ours or " " in word or before not in BEFORE_NOUN or bool(_IDENTIFIES.search(text[:start]))


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word; in scripts without spaces none do."""
    scripts = (re.split(r"[ -]", unicodedata.name(char, ""))[0] for char in (left, right))
    return _is_letter(left) and _is_letter(right) and _SPACELESS.isdisjoint(scripts)


def _is_letter(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


def language_of(lower: str) -> str | None:
    """The language of a question that isn't English: that with most words in it, where they are more than the English
    ones; None for English and what can't be told.
    """
    if _HAN.search(lower.replace(NAME, "")) and not re.search(r"[\u3040-\u30ff]", lower):
        return "Chinese"
    words = _PIECE.findall(re.sub(rf"'(?={NAME}\b)", " ", lower))  # "qu'Alex"
    counted = [w for w in words if w not in _SHARED | FUNCTION_WORDS and w != NAME]
    opens = counted[0] if counted else ""  # the verb or question word weighs double
    scores = {
        name: (
            sum(w in marks for w in counted) + (opens in marks),
            sum(w in marks for w in words),  # decides between languages that share a word
        )
        for name, marks in _foreign_words().items()
    }
    best = max(scores, key=lambda name: scores[name])
    english = sum(w in _ENGLISH for w in words)
    enough = scores[best][0] >= _ENOUGH and scores[best][0] > 2 * english
    return best if enough and _PLAINLY.isdisjoint(words) else None


@lru_cache(maxsize=3)
def _json(name: str) -> dict[str, Any]:
    rows: dict[str, Any] = json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return rows


@lru_cache(maxsize=1)
def _foreign_words() -> dict[str, frozenset[str]]:
    """The words that mark each language."""
    return {name: word_set(row["words"]) for name, row in _json("foreign.json").items()}


def reply_in(language: str) -> str | None:
    """What is said to who asks in a language; None where it isn't known."""
    told: str | None = _json("foreign.json").get(language, {}).get("reply")
    return told


def worded(text: str, names: Sequence[str], aliases: Mapping[str, str]) -> tuple[list[Word], During]:
    """A question's words as the reader sees them, and the part of the video that it names by numbers."""
    tidy = unicodedata.normalize("NFKC", text).replace("’", "'")
    plain = " ".join(_EITHER.sub("they", _WITH.sub(lambda w: "without" if w[1] else "with ", tidy)).split())
    tidy, part = named_part(plain)
    tidy = tidy if part is None else _DENIED_LAST.sub(" there", tidy)  # "who isn't in the first half?"
    words, at = list[Word](), 0
    for mention in find_mentions(tidy, names, aliases):
        typed = tidy[mention.start : mention.end]
        words += [*_plain(_TITLE_BEFORE.sub("", tidy[at : mention.start])), Word(NAME, typed, mention.name)]
        words += [Word("'s", "'s")] * bool(re.search(r"'s?$", typed))
        at = mention.end
    words += _plain(tidy[at:])
    called = {form.casefold(): name for form, name in (*aliases.items(), *((name, name) for name in names))}
    shouting = tidy == tidy.upper()
    return [_mended(words, i, called, shouting) for i in range(len(words))], part or WHOLE


def _plain(text: str) -> Iterator[Word]:
    """The words of a text that names nobody, short forms spelled out: "doesnt", "whos", "ppl"; of those with a capital
    only what can't be a name.
    """
    for typed in WORD.findall(_UNSEEN.sub("", text)):
        short = _json("shortforms.json").get(typed.lower(), "")
        short = "" if typed[0].isupper() and "'" not in short else short
        said = short.split()
        yield from (Word(one, one) for one in said) if len(said) > 1 else (Word(short or typed.lower(), typed),)


def _mended(words: Sequence[Word], at: int, called: Mapping[str, str], shouting: bool) -> Word:
    """A word as it is meant: a name that nobody bears masked ("Barnaby"), a slip mended ("wearin")."""
    word = words[at]
    is_spelled = word.seen in FUNCTION_WORDS or word.seen in lexicon_words() or word.seen in _ASKED
    is_spelled = is_spelled or is_date(word.seen, words[at - 1].seen if at else "")
    if word.name or not word.seen[0].isalpha() or is_spelled:
        return word
    opens = not at or not words[at - 1].seen[-1].isalnum()  # "'s" is a word
    titled, whole = word.typed[0].isupper(), is_word(word.seen)
    capital = titled and not (opens or shouting or word.seen in CAPITALS)
    if capital or (titled and opens or not whole) and _is_nearly(word.seen, called, whole):
        return Word(NAME, word.typed, "" if whole else _mistyped(word.seen, called))
    if len(word.seen) < _SHORTEST or whole:
        return word
    return Word(_unslipped(word.seen) or (NAME if _may_be_a_name(words, at) else word.seen), word.typed)


def _may_be_a_name(words: Sequence[Word], at: int) -> bool:
    """Whether a word that nobody knows stands where somebody is called by name: "where is zoltan?", "and zoltan?"."""
    before, lead = ("", "", *(word.seen for word in words[:at]))[-1:-3:-1]
    word = words[at].seen
    if not word.isalpha() or word.endswith(_NAMELESS) or is_word(f"{word}g"):  # "who's rockin that hat?"
        return False
    if not before:
        return words[1].seen in ("here", "there") if len(words) > 1 else False
    return lead in _BEFORE_NAME.get(before, ())


def _mistyped(word: str, called: Mapping[str, str]) -> str:
    """Whose name, of one alone, a word is with a letter left out or two swapped ("Natsha"; not "Norah" for Nora)."""
    near: set[str] = set().union(*_slips(word)[:2]) if len(word) > _SHORT else set()
    meant = {called[form] for form in near & called.keys() if form[0] == word[0]}
    return meant.pop() if len(meant) == 1 else ""


def _is_nearly(word: str, called: Mapping[str, str], whole: bool) -> bool:
    """Whether a word is like an enrolled name, or, where it is no `whole` word nor nearly, one with a slip ("codi")."""
    near: set[str] = set().union(*_slips(word)) if not whole and len(word) >= _SHORTEST else set()
    slip = near.isdisjoint(FUNCTION_WORDS) and any(one[0] == word[0] for one in near & called.keys())
    return slip or bool(difflib.get_close_matches(word, called, 1, _NEARLY))


def _unslipped(word: str) -> str:
    """The word that is known which a misspelt one stands for, the commonest of those that are one slip away ("bakc"),
    else the most alike; "" where there is none. Who mistypes a word rarely mistypes its first letter.
    """
    known = {one for one in lexicon_words() | FUNCTION_WORDS | _ASKED if len(one) > 2}
    likely = _slips(word) if len(word) >= _SHORT else _slips(word)[:2]
    slips = [found for near in likely if (found := known & near)]
    alike = ({one for one in found if (one[0] == word[0]) == first} for found in slips for first in (True, False))
    close = next(filter(None, alike), set[str]())
    close = close or {one for one in known if one[0] == word[0] and sorted(one) == sorted(word)}  # "bycicle"
    if not close and len(word) >= _LONG:
        close = {*difflib.get_close_matches(word, sorted(known), 3, _SLIP)}
    return min(close, key=lambda one: (one[0] != word[0], one not in _ASKED, commonness(one), one), default="")


def _slips(word: str) -> list[set[str]]:
    """Every word of which a word may be a slip: with two letters swapped, one left out, one wrong or too many (after
    Norvig 2007), the likelier ones first.
    """
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return [
        {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1},
        {a + letter + b for a, b in cuts for letter in ascii_lowercase},
        {a + letter + b[1:] for a, b in cuts if b for letter in ("", *ascii_lowercase)},
    ]


def canonical(kind: str, typed: str) -> str:
    """What some words of one kind stand for: "specs" are "glasses"; what isn't in the lexicon stays as it is."""
    bare = "".join(char for char in unicodedata.normalize("NFD", typed) if not unicodedata.combining(char))  # "café"
    words = [word for word in re.split(r"[\s-]+", bare) if word]
    while len(words) > 1 and words[0] in ARTICLES:
        del words[0]
    if kind == "colour":
        return colour_of(words)
    if kind in ("worn", "holding") and _ANYTHING.issuperset(words):
        return ""
    table, plain = _table(kind), _without_articles(words)
    for form in (plain, plain.removesuffix("s"), f"{plain}s"):
        if form in table:
            return table[form]
    if kind == "deed" and (form := _of_one_name(plain)) in table:
        return table[form]
    if kind == "near" and (at := next((f"{how} {plain}" for how in _AT if f"{how} {plain}" in table), "")):
        return table[at]  # "sofa", "desk"
    inside = [form for form in table if f" {form} " in f" {plain} "]
    goes = next((form for form in inside if kind == "deed" and table[form] in ("walking", "running")), "")
    if goes and _WAYS.search(" ".join(words)):  # "walking to the left": where to isn't measured
        return " ".join(words).replace(goes, table[goes])
    sleeves = next((f"{how}-sleeved " for how, of in pairwise(words) if kind == "worn" and of == "sleeved"), "")
    patterns = (f"{word} " for word in words if kind == "worn" and is_known("colour", word) and word not in COLOURS)
    return f"{sleeves or next(patterns, '')}{table[max(inside, key=len)]}" if inside else " ".join(words)


def _of_one_name(deed: str) -> str:
    """What is done, with the thing in it by its own name: "uses mobile phone" is "uses phone"."""
    things = _table("holding")
    held = max((form for form in things if f" {form} " in f" {deed} "), key=len, default="")
    return f" {deed} ".replace(f" {held} ", f" {things[held]} ").strip() if held else deed


def is_known(kind: str, word: str) -> bool:
    """Whether the lexicon has a word as one of a kind: "specs" is "worn"."""
    return meant_by(kind, word) != ""


def meant_by(kind: str, phrase: str) -> str:
    """What a phrase in lower case stands for as one of a kind: "lounge" means "living room", a place; "" for none."""
    return _table(kind).get(_without_articles(phrase.split()), "")


def known_phrases(seen: Sequence[str]) -> list[tuple[int, int, str]]:
    """What stands word for word in the lexicon, of the kinds of which that tells something (`_VOTES`), the longest:
    from one word to before another, and its kind. "is she having a meal in red" has "having a meal", a deed, and "red".
    """
    found: list[tuple[int, int, str]] = []
    for kind, least in _VOTES.items():
        table, taken = _table(kind), set[int]()
        for count in range(_MOST_WORDS, least - 1, -1):
            for start in range(len(seen) - count + 1):
                words = seen[start : start + count]
                bounded = words[0] not in ARTICLES and words[-1] not in ARTICLES
                bounded = bounded and not (kind == "colour" and is_known("light", " ".join(words)))  # "is it dark?"
                if bounded and _without_articles(words) in table and taken.isdisjoint(range(start, start + count)):
                    taken.update(range(start, start + count))
                    found.append((start, start + count, kind))
    return found


def colour_of(words: Sequence[str]) -> str:
    """The colour words among some words, in their usual spelling: "dark blue"."""
    named = " ".join(_table("colour").get(word, word) for word in words).split()
    return " ".join(word for word in named if word in COLOURS)


@lru_cache(maxsize=1)
def lexicon_words() -> frozenset[str]:
    """Every single word of the lexicon in lower case, and words that count."""
    forms = (form for rows in _json("lexicon.json").values() for value, said in rows.items() for form in (value, *said))
    said = frozenset(word for form in forms for word in form.lower().split() if word.replace("-", "").isalpha())
    return said | COUNTING


@lru_cache(maxsize=64)
def _table(kind: str) -> dict[str, str]:
    """Each way to say something, without articles -> what it stands for."""
    rows = _json("lexicon.json").get(kind, {})
    said = [(form.lower().replace("-", " "), value) for value, forms in rows.items() for form in forms]
    return {_without_articles(form.split()): value for form, value in (*said, *((value, value) for value in rows))}


def _without_articles(words: Sequence[str]) -> str:
    """Words without those that only say which one or whose ("check his phone"), where others are left."""
    return " ".join([word for word in words if word not in ARTICLES] or words)


def participle(verb: str) -> str:
    """A regular verb as it stands after "is": "pet", "pets" and "petted" as "petting", "carries" as "carrying"."""
    base = re.sub(r"(?<=[sxzh])es$|(?<=[^siu])s$", "", verb)
    base = re.sub(r"ied?$", "y", base)  # "carries" has lost its s by now
    stem = re.sub(r"(?<=[^e])ed$|(?<=[fg]ree|ntee)d$|(?<=[^eoy])e$", "", base)
    doubled = stem == base and re.fullmatch(r"[^aeiou]*[aeiou][bdgklmnprtv]", stem)
    return f"{stem}{stem[-1] if doubled else ''}ing"
