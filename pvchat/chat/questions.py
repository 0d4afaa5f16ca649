"""Reading a question: its text and the enrolled names in, a `Question` (type, people, whom it asks for) out.

Order of work: find the names, resolve pronouns by the previous question, read "who/anyone/everyone", then the type. The
type is decided by rules on the text with every name masked as "Alex"; a question that no rule decides goes to a
sentence encoder (MiniLM), which takes the type of the nearest prototype questions; without one it is `other`. Names
that are also English words (Will, May, Rose) are told from those words by capitals and by their neighbours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pvchat.chat.sentences import Encode, nearest_type
from pvchat.errors import UnknownPersonError
from pvchat.schemas import QuestionType


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set; above the constants because they are made with it."""
    return frozenset(text.split())


MASK = "Alex"  # stands for any name, for the rules and the encoder alike
FUNCTION_WORDS = word_set(
    """a about after again all also am an and any are as at be because been before being both but by can could did do
    does either else even every few for from get had has have he her here hers him his how i if in into is it its
    just let like may me might more most must my neither no nor not of off on one only or other our out over own
    please same shall she should show so some such tell than that the their them then there these they this those
    though to together too under until up us very was we were what when where whether which while who whom whose why
    will with within without would yes yet you your"""
)
PRONOUNS = word_set("""he she they him her hers his their theirs them himself herself themselves""")
_BEFORE_NOUN = word_set(
    """a an the this that these those some any no every each my your his her their our its another one two three red
    pink white yellow big small i you he she we they it"""
)
_MONTHS = word_set("april may june august january")
_BEFORE_MONTH = word_set("in since until by last next early late mid")
_OPENERS = word_set(
    """is are was were does do did has have can could will would should see spot find recognise recognize detect notice
    and or nor not either neither both with about of to by like describe beside besides than except for where's
    who's what's how's where's behind near show"""
)
_PREDICATES = word_set(
    """is are was were be been has does in here there on at and or too also present visible appear appears show shows
    seen shown both wear wears look looks do hold located dressed anywhere positioned together again"""
)
_GENERIC = word_set(
    """someone somebody anyone anybody everyone everybody nobody none something anything everything nothing person
    people man woman men women child kid boy girl music snow rain smoke food water video clip light today now"""
)
_WHO = re.compile(
    r"\b(who|whom|who's|any ?one|any ?body|some ?one|some ?body|which (people|persons?|of (them|us|my|the))"
    r"|what people|how many (people|persons|faces)|(other|more|familiar|known) (people|persons|faces?)"
    r"|(name|list|identify|recogni[sz]e) (me )?(the |all |every |all the )*(people|persons?|faces))\b"
)
_BESIDES = re.compile(r"\b(else|besides|other than|apart from|aside from|except|other (people|persons?|faces?))\b")
_EVERYONE = re.compile(
    r"\b(every ?one|every ?body|all of (them|us|my|the|you)|they all|all (the )?(people|enrolled|persons)"
    r"|whole (group|team|family))\b"
)
_QUANTIFIERS = re.compile(r"\b(neither|either|both|all|any)\b")
_ELLIPSIS = re.compile(r"^(and|what about|how about|or|but|also)\b")

_GARMENT = (
    r"jackets?|shirts?|t-?shirts?|dress|dresses|ties?|coats?|suits?|trousers|pants|jeans|skirts?|shoes?|uniforms?|scrubs"
    r"|sweaters?|hoodies?|hats?|caps?|masks?|glasses|sunglasses|spectacles|scarf|jewel(le)?ry|accessor(y|ies)"
)
_AGENT = rf"({MASK.lower()}|he|she|they|who|any ?one|any ?body|every ?one|every ?body|people|man|woman|person)"
_NOT_DEEDS = (
    r"thing|something|anything|nothing|everything|during|king|morning|evening|being|building|ceiling|ring|string|spring|wedding"
    r"|meeting|painting|missing|existing|appearing|showing|featuring|starring|participating|according|including|recording|going"
)
_WEAR = (
    r"wear(s|ing)?|worn|wore|clothes|clothing|clothed|outfits?|dressed|attire|apparel|garments?|garb|costumes?|wardrobe"
)
_BESIDE = r"next to|beside|alongside|near|close to|behind|in front of|between|opposite"
_PLACE = (
    r"position\w*|placed?|located|location|whereabouts|sides?|background|backdrop|foreground|settings?|surround\w*"
    r"|environment|venue|scenery|indoors?|outdoors?|inside|outside|corner|cent(re|er)|middle|edge"
)
_DEED = (
    r"doing|activit(y|ies)|actions?|gestur\w+|behav\w+|happen\w*|going on|busy|engaged|occup(ied|ying)|mov(e|es|ed|ing)"
    r"|movements?|motions?|perform\w*|hold(s|ing)?|carry|carries|carrying|up to|hands?"
)
_SHOWN = (
    r"present|visible|appear(s|ed|ing|ance)?|(show|pop|turn)(s|ed|n|ing)? up|see|seen|spot(ted)?|find|found|detect(ed)?"
    r"|recogni[sz]e[ds]?|identif(y|ied)|notice[ds]?|features?|featured|featuring|signs?|traces?|glimpses?|contains?"
    r"|includes?|included|exists?|participat\w+|absent|missing|anywhere|somewhere|cameo|starring|shown"
)
_TIME = r"when|how (long|often|many)|what time|which (seconds?|moments?)|at what point"
_ABOUT = (
    r"describe|description|tell me (more |something |everything )?about|summar\w+|introduce|know about|(say|tell) about"
)
_SOMEBODY = r"who|any ?one|any ?body|some ?one"
_BE = r"is|are|was|were|isn't|aren't|be|will|there|got|has|have|who|who's"
# In this order, first match decides. Each entry: type, pattern on the masked lower-case text.
_RULES: tuple[tuple[QuestionType, re.Pattern[str]], ...] = (
    (
        "other",
        re.compile(rf"\b({_WEAR}|look like)\b.* and .*\b(doing|does|do|where)\b|\b(doing|where)\b.* and .*\bwear"),
    ),
    ("location", re.compile(r"\bwhere(abouts|'s)?\b")),
    ("appearance", re.compile(rf"\b({_WEAR})\b")),
    ("appearance", re.compile(r"\b(looks?|looking|looked) like\b|(?<!make )(?<!makes )(?<!an )\bappearance\b")),
    ("appearance", re.compile(r"\b(have|has|having|got|had) on\b|\bhow (do|does|did) .*\b(look|appear)\b(?! at)")),
    ("action", re.compile(rf"\b({_DEED})\b|\bwhat (does|do|did|will|can|is|are) .*\bdo\b")),
    ("location", re.compile(rf"\b(whom|{_AGENT[1:-1]})\b.*\b({_BESIDE})\b")),
    ("location", re.compile(rf"\bwith whom\b|\bwho\b.*\b{MASK.lower()} with\b")),
    ("location", re.compile(rf"\b({_SOMEBODY})( is|'s)?( there| standing| sitting)? with\b")),
    ("location", re.compile(rf"\b({_PLACE})\b|\b(the|on|to|far) (left|right)\b|\bleft or right\b")),
    ("location", re.compile(r"\b(what|which|kind of|sort of|describe the) (room|scene|spot|area|part|half|end)\b")),
    ("appearance", re.compile(rf"\b(hair\w*|beard(ed)?|moustache|mustache|bald|blonde?|colou?rs?|{_GARMENT})\b")),
    ("existence", re.compile(rf"\b({_TIME})\b")),
    ("other", re.compile(rf"\b({_ABOUT})\b|\bwho('s| is| was) {MASK.lower()}\W*$|\bmood\b|\bfeel(s|ing)?\b")),
    ("existence", re.compile(rf"\b({_SHOWN})\b")),
    ("action", re.compile(rf"\b{_AGENT}\b(?! (in|on|at|here|there)\b).*?\b(?!({_NOT_DEEDS})\b)\w{{2,}}ing\b")),
    ("action", re.compile(r"\b(expressions?|pose|posture|react\w*|smiles?|talks?)\b")),
    ("existence", re.compile(rf"\b({_BE})\b.*\b(in|within|on|part of|here|there|around|{MASK.lower()})\b")),
    ("existence", re.compile(r"\b(else|here|there)\W*$")),
)


@dataclass(frozen=True)
class Question:
    """What a question asks for.

    Attributes:
        text: the question as typed.
        type: existence, appearance, action, location or other.
        people: enrolled names it is about, in order of mention (those of the previous question for a pronoun).
        asks_who: it asks which people are there ("who is in this video?", "anyone else?").
        asks_all: it asks about everyone enrolled; `people` then holds all names.
        besides: names that a "who else" leaves out.
        unknown: names it asks about that aren't enrolled.
        quantifier: "both", "all", "any", "either", "neither" or None.
    """

    text: str
    type: QuestionType = "other"
    people: tuple[str, ...] = ()
    asks_who: bool = False
    asks_all: bool = False
    besides: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    quantifier: str | None = None


@dataclass(frozen=True)
class Mention:
    """An enrolled name found in a text: characters start to end, a possessive ending included."""

    name: str
    start: int
    end: int


def read_question(
    text: str,
    names: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    previous: Question | None = None,
    encode: Encode | None = None,
) -> Question:
    """Read a question for its type and the people it is about.

    Args:
        text: the question as typed, in any case.
        names: enrolled names, canonical spelling.
        aliases: other names of theirs, alias -> enrolled name.
        previous: the question before, for pronouns and ellipses ("and what is she wearing?", "and Ben?").
        encode: sentence encoder for paraphrases that no rule decides, e.g. `SentenceEncoder().encode`.
    """
    tidy = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").split())
    mentions = find_mentions(tidy, names, aliases or {})
    masked = _mask(tidy, mentions)
    lower = masked.lower()
    people = tuple(dict.fromkeys(m.name for m in mentions))
    words = set(re.findall(r"[\w']+", lower))
    else_ = bool(_BESIDES.search(lower))
    asks_who = bool(_WHO.search(lower)) and (not people or else_)
    short = previous is not None and not people and bool(_ELLIPSIS.search(lower) or len(words) <= 3) and not asks_who
    if previous is not None and not people and not else_ and (short or words & PRONOUNS):
        people = previous.people
        asks_who = asks_who and not people
    asks_all = not people and not asks_who and bool(_EVERYONE.search(lower))
    besides = (people or (previous.people if previous else ())) if asks_who and else_ else ()
    kind = question_type(masked, encode, previous, asks_who)
    return Question(
        text=text,
        type=kind,
        people=() if asks_who else tuple(names) if asks_all else people,
        asks_who=asks_who,
        asks_all=asks_all,
        besides=besides,
        unknown=() if asks_all else _unknown_names(tidy, mentions, bool(people) or asks_who),
        quantifier=_quantifier(lower, len(people), asks_all),
    )


def question_type(
    masked: str, encode: Encode | None = None, previous: Question | None = None, asks_who: bool = False
) -> QuestionType:
    """The type of a question whose names are masked as "Alex": rules, then ellipsis, then nearest prototypes."""
    lower = masked.lower()
    by_rule = next((kind for kind, pattern in _RULES if pattern.search(lower)), None)
    if by_rule is not None:
        return by_rule
    if previous is not None and _ELLIPSIS.search(lower):
        return previous.type
    if asks_who:
        return "existence"
    return nearest_type(masked, encode) if encode is not None else "other"


def check_known(question: Question, names: Iterable[str]) -> None:
    """Raise `UnknownPersonError`, listing the enrolled, when the question asks about somebody who isn't enrolled."""
    if not question.unknown:
        return
    enrolled = sorted(names, key=str.casefold)
    who = " and ".join(question.unknown)
    hint = (
        f"Enrolled: {', '.join(enrolled)}." if enrolled else "Nobody is enrolled yet: pvchat enroll CLIP --name NAME."
    )
    raise UnknownPersonError("nobody of this name is enrolled.", subject=who, hint=hint)


def find_mentions(text: str, names: Sequence[str], aliases: Mapping[str, str]) -> list[Mention]:
    """Enrolled names in a text, in order: longest first, whole words, any case, with possessive endings."""
    folded, index = _fold(text)
    found: list[Mention] = []
    for form, name, is_first in _forms(names, aliases):
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
    return sorted(found, key=lambda m: m.start)


def _forms(names: Sequence[str], aliases: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """(folded spelling, enrolled name, is it only the first word of a longer name), longest first.

    The first word of a longer name counts where it is unambiguous.
    """
    pairs = [*aliases.items(), *((n, n) for n in names)]
    forms = {_fold(" ".join(unicodedata.normalize("NFKC", form).split()))[0]: name for form, name in pairs}
    whole = [(form, name, False) for form, name in forms.items() if form]
    first = [form.split()[0] for form in forms if " " in form]
    part = [
        (form.split()[0], name, True)
        for form, name, _ in whole
        if " " in form and first.count(form.split()[0]) == 1 and form.split()[0] not in {*forms, *FUNCTION_WORDS}
    ]
    return sorted(whole + part, key=lambda row: -len(row[0]))


def _fold(text: str) -> tuple[str, list[int]]:
    """Case-folded text and, for each of its characters (and its end), the index into the original."""
    folded = [(piece, i) for i, char in enumerate(text) for piece in char.casefold()]
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
    before = re.findall(r"[\w']+|,", text[:start].lower())[-1:] or [""]
    after = re.findall(r"[\w']+|[,.]", text[end:].lower())[:1] or [""]
    capital = word[0].isupper() and text != text.upper()
    first = not text[:start].strip() or text[:start].rstrip()[-1] in ".?!"
    follows = after[0] in _PREDICATES or after[0] == "," or after[0].endswith("ing") or not re.search(r"\w", text[end:])
    if (
        tail == "s"
        and not (capital and not first)
        and (follows or after[0] in FUNCTION_WORDS or before[0] in _BEFORE_NOUN)
    ):
        return False  # "roses in the background" isn't Rose's
    if word.lower() in FUNCTION_WORDS and not tail.startswith("'"):
        if capital and first:
            return after[0] in ("is", "was", "has", "does", "and", "or")
        if not capital:
            return (before[0] in _OPENERS or before[0] == ",") and follows
    if not capital and first and after[0] in _BEFORE_NOUN:
        return False  # "mark the frame": a verb
    if word.lower() in _MONTHS and before[0] in _BEFORE_MONTH and not tail:
        return False
    return capital or " " in word or before[0] not in _BEFORE_NOUN


def _joined(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word; scripts written without spaces never join."""
    return _is_letter(left) and _is_letter(right) and not (_spaceless(left) or _spaceless(right))


def _is_letter(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char).startswith("M")


def _spaceless(char: str) -> bool:
    script = re.split(r"[ -]", unicodedata.name(char, ""))[0]
    return script in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")


def _mask(text: str, mentions: Sequence[Mention]) -> str:
    for m in reversed(mentions):
        owns = "'s" if re.search(r"'s?$|s'$", text[m.start : m.end].lower()) else ""
        text = f"{text[: m.start]}{MASK}{owns}{text[m.end :]}"
    return text


def _quantifier(lower: str, people: int, asks_all: bool) -> str | None:
    if asks_all:
        return "all"
    if found := _QUANTIFIERS.search(lower):
        return found.group(1)
    return "either" if people > 1 and re.search(rf"{MASK.lower()},? or {MASK.lower()}", lower) else None


def _unknown_names(text: str, mentions: Sequence[Mention], answered: bool) -> tuple[str, ...]:
    """Names in the place of a person that no enrolled name covers.

    A capitalised word counts after a word that opens a person's place ("is Bob", "and Bob", "Bob's"); in a question
    that names nobody known, a lower-case word right between such an opener and a predicate counts too ("is bob here?").
    """
    tokens = [(m.group(), m.start()) for m in re.finditer(r"[^\W\d_][\w'-]*", text)]
    shouting = text == text.upper()
    found: list[str] = []
    i = 0
    while i < len(tokens):
        word, at = tokens[i]
        bare = re.sub(r"'s?$", "", word)
        lower = bare.lower()
        covered = any(m.start <= at < m.end for m in mentions)
        plain = covered or lower in FUNCTION_WORDS or lower in _GENERIC or lower in PRONOUNS or re.search(r"\W", bare)
        before = tokens[i - 1][0].lower() if i else ""
        after = tokens[i + 1][0].lower() if i + 1 < len(tokens) else ""
        if not plain and bare[0].isupper() and not shouting:
            run = i + 1
            while run < len(tokens) and tokens[run][0][0].isupper() and text[at : tokens[run][1]].count(" ") == run - i:
                if any(m.start <= tokens[run][1] < m.end for m in mentions):
                    break
                run += 1
            placed = before in _OPENERS or word != bare or (not i and after in ("is", "was", "and", "or", "has"))
            if placed and not (i == 0 and question_type(bare) != "other"):
                found.append(re.sub(r"'s?$", "", text[at : tokens[run - 1][1] + len(tokens[run - 1][0])]))
            i = run
            continue
        slot = before in ("is", "does", "did", "was", "where's", "see", "spot", "about", "describe") or word != bare
        fits = after in _PREDICATES or after.endswith("ing") or not after
        if (
            not answered
            and not plain
            and slot
            and fits
            and question_type(bare) == "other"
            and not lower.endswith("ing")
        ):
            found.append(bare)
        i += 1
    return tuple(dict.fromkeys(found))
