"""The guard: what a language model says is shown only if it says no other than what was measured.

Two cases. A rephrasing (`rephrase`, `problems`): a plain sentence and the model's rewording in, the rewording out only
if it says the same. New words (`contradictions`): what the trained model adds about a person found present is refused
where it speaks of somebody else by name, denies, or is at odds with anything measured.

A small language model embroiders. Its sentence passes when every content word stands in the plain sentence (or is a
safe word of telling), none of the plain sentence's content words is dropped, and what binds the words is unchanged:
names and negations in order, the noun behind each colour, numbers and times, left and right, and each person's own
words where several are named.
The words of the question are NOT allowed by themselves: "Is Ana eating?" must not make anybody eat.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvchat.chat.vocabulary import FUNCTION_WORDS, word_set
from pvchat.schemas import PersonFacts, SceneFacts

if TYPE_CHECKING:
    from pvchat.model.language import LanguageModel

SAFE = word_set(
    """video clip seen shown visible appear appears appearing wear wears wearing worn dressed located positioned
    find found person scene frame shows showing featured features currently present"""
)  # words of telling: only present people are rephrased, so these state nothing that wasn't measured
COLOURS = word_set(
    """black white grey gray red green blue yellow orange purple violet pink brown beige tan navy maroon burgundy teal
    turquoise cyan magenta gold golden silver cream khaki olive dark light pale bright blonde blond"""
)
NEGATIONS = word_set("no not nobody none neither nor never nothing without cannot")
_SIDES = word_set("left right middle centre center top bottom foreground background")
_GENDERED = word_set("""he she him her his hers himself herself man woman boy girl guy lady male female""")
NUMBERS = word_set(
    """one two three four five six seven eight nine ten zero both all only every few many several most more another
    other some any too alone"""
)
_MALE, _FEMALE = (
    word_set("he his him himself man men boy boys guy guys"),
    word_set("she her hers herself woman women girl girls lady ladies"),
)
_INDOORS = word_set(
    """indoors inside room bedroom bathroom kitchen office classroom hospital gym studio restaurant store shop couch
    sofa bed hallway hall cafeteria lobby library theater theatre"""
)
_OUTDOORS = word_set(
    """outdoors outside beach street field grass snow snowy ocean sea lake river mountain mountains hill road sidewalk
    yard forest woods sky cliff lawn trail dirt sand park garden sunset"""
)
_POSES = {
    "standing": word_set("standing stands stand"),
    "sitting": word_set("sitting sits sit seated"),
    "lying down": word_set("lying lies laying sleeping"),
}
_ON_FEET = word_set(
    """walking running jogging jumping climbing dancing skating surfing skiing snowboarding skateboarding kicking
    swimming diving marching"""
)
_SHADES = (  # colours that people call by either word, so that one doesn't contradict the other
    word_set("black dark navy grey gray"), word_set("white light pale cream beige grey gray silver"),
    word_set("brown tan beige khaki orange gold maroon dark"), word_set("red maroon burgundy pink orange dark"),
    word_set("pink purple violet magenta red"), word_set("blue navy teal turquoise cyan dark light purple violet"),
    word_set("green olive teal turquoise khaki dark light"), word_set("yellow gold golden orange cream blonde blond"),
)  # fmt: skip
_RELATIONS = word_set(
    """before after behind under over above below beside near between against inside outside off up down out away
    through about around within may might could would should if until again"""
)  # function words that change what is said, so they must come from the plain sentence
_SAME = {"inside": "indoors", "outside": "outdoors"}
_FREE = FUNCTION_WORDS - NEGATIONS - _GENDERED - NUMBERS - _RELATIONS
_EXAMPLES = (
    ("Kim is wearing a green coat and boots.", "Kim is wearing a green coat with boots."),
    ("Yes, Lee is in this video, on the right of the frame, from 0:01 to 0:04.",
     "Yes, Lee appears in this video from 0:01 to 0:04, on the right of the frame."),
    ("Kim stands, smiles and waves a hand.", "Kim stands and smiles while waving a hand."),
    ("Lee is in a kitchen, on the left, next to Kim.", "Lee is next to Kim on the left, in a kitchen."),
)  # fmt: skip
_WORN = re.compile(
    r"\b(?:wear|wears|wearing|worn|dressed)\b(?P<what>(?:(?!\b(?:on the|at|before|next|with|while)\b)[^.;!?])*)",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"(?:(?:, )?\b(?:in|on|to|at|from|with) (?:the |an? )?|\ban? )$")
_BINDS = re.compile(r",? (?:and |or |nor )?")
_CANT = r"I can't\b(?: tell\b| describe\b| make out\b| say (?:what|where)\b)?"
_TELLS = re.compile(r" (?:(?:is|are|has|have) )?[^\W\d_]+")  # after a name, what is told of it
_HELD = (
    re.compile(r"(?P<held>\d+(?::\d\d)*)"),
    re.compile(r"(?:^|(?<=[.!?] ))(?P<held>(?:Yes|No|Probably yes)(?:, this is)?)\b"),
    re.compile(rf"(?P<held>\b(?:is|are) (?:not )?in this video\b(?:\.|, (?:but|so) {_CANT})?)"),
    re.compile(rf"(?P<held>\b{_CANT})"),
    re.compile(r"(?:^|(?<=[.!?] ))(?P<held>(?:As far as I can see, |I see )(?:no|nobody|nothing)\b)"),
)
_SYSTEM = "Rewrite the sentence in natural English. Keep every name, colour, number and fact. Add nothing new."


def rephrase(plain: str, names: Sequence[str], language: LanguageModel) -> str:
    """Let the language model rephrase a plain answer; the plain answer stands where the guard finds a problem."""
    budget = 16 + 2 * len(plain.split())
    raw = language.generate(prompt(plain), max_new_tokens=budget).strip().strip('"')
    return plain if problems(raw, plain, names) else raw


def prompt(plain: str) -> list[dict[str, str]]:
    """The chat that asks for a rephrasing: the rule, a few worked examples, the sentence."""
    turns = [{"role": "system", "content": _SYSTEM}]
    for before, after in (*_EXAMPLES, (plain, "")):
        turns.append({"role": "user", "content": before})
        if after:
            turns.append({"role": "assistant", "content": after})
    return turns


def problems(text: str, plain: str, names: Sequence[str]) -> list[str]:
    """What a rephrasing says otherwise than the plain sentence; empty if it says the same."""
    said, meant = _words(text, names), _words(plain, names)
    found = []
    if not text or not re.fullmatch(r"[^\n]+[.!]", text):
        found.append("unfinished or several lines")
    if len(re.findall(r"[.!?](?=\s|$)", text)) > max(2, len(re.findall(r"[.!?](?=\s|$)", plain))) or len(
        said
    ) > 2 * len(meant):
        found.append("too long")
    own = {_stem(w) for w in meant}
    if added := [w for w in said if w not in _FREE and w not in SAFE and _stem(w) not in own]:
        found.append(f"adds {', '.join(dict.fromkeys(added))}")
    kept = {_stem(w) for w in said}
    if lost := [w for w in meant if w not in FUNCTION_WORDS - NEGATIONS and w not in SAFE and _stem(w) not in kept]:
        found.append(f"drops {', '.join(dict.fromkeys(lost))}")
    found += [f"changes {what}" for what, read in _BINDINGS.items() if read(said, names) != read(meant, names)]
    if worn_words(text, names) - worn_words(plain, names):
        found.append("changes what is worn")
    if (said[:1] == ["yes"]) != (meant[:1] == ["yes"]):
        found.append("changes yes")
    return found


def content_words(text: str, names: Sequence[str]) -> list[str]:
    """The stems that carry what a text says: names as "@0@" (by their place in `names`), negations, the rest."""
    said = [w for w in _words(text, names) if w not in FUNCTION_WORDS - NEGATIONS - NUMBERS - _RELATIONS]
    return [_stem(w) for w in said if w not in SAFE]


def bound_words(text: str, names: Sequence[str]) -> Counter[tuple[str, str]]:
    """What binds a text's words: the noun behind each colour, sides, numbers and times; each counted."""
    words = _words(text, names)
    found = _colour_nouns(words, names)
    for what in ("a side", "a number"):
        found += Counter({(what, word): n for word, n in _BINDINGS[what](words, names).items()})  # type: ignore[attr-defined]
    return found


def held_words(text: str, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where in a text stands what a rewording may not change: (from, to) of yes, no, names, colours, sides, numbers.

    Names that are listed are one place, sides and times stand with their preposition. Also that somebody is in this
    video or isn't, the full stop after it where nothing follows from it, that something can't be told or isn't seen,
    and the verb behind a name: who begins otherwise says something else.
    """
    held = NEGATIONS | COLOURS | _SIDES | NUMBERS
    found = [m.span() for n in names for m in re.finditer(rf"(?<!\w){re.escape(n)}(?!\w)", text)]
    known = [(start, told.end() if (told := _TELLS.match(text, end)) else end) for start, end in found]
    words = [m.span() for m in re.finditer(r"[^\W\d_]+", text) if m[0].lower() in held]
    others = [m.span("held") for pattern in _HELD for m in pattern.finditer(text)]
    return tuple(_joined(text, sorted({*known, *words, *others})))


def _joined(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, with what begins or binds them: "Ana and Bo", "on the left", "from 0:02 to 0:09"."""
    found: list[tuple[int, int]] = []
    for start, end in spans:
        before = _BEGINS.search(text, 0, start)
        start = before.start() if before is not None else start
        if found and (start <= found[-1][1] or _BINDS.fullmatch(text, found[-1][1], start)):
            start, end = found[-1][0], max(end, found.pop()[1])
        found.append((start, end))
    return found


def worn_words(text: str, names: Sequence[str]) -> set[str]:
    """Stems of what a text says is worn: "wearing" is a word of telling, and nobody wears an office."""
    return {word for found in _WORN.finditer(text) for word in content_words(found["what"], names)}


def contradictions(text: str, facts: PersonFacts, scene: SceneFacts, names: Sequence[str] = ()) -> list[str]:
    """How a model's words about one present person are at odds with what was measured; empty if they are not.

    Args:
        text: a phrase or sentence.
        facts: of the person.
        scene: of the clip.
        names: everyone whom the text must not speak of: all that are enrolled but the person herself.
    """
    said = set(re.findall(r"[a-z']+", text.lower()))
    other = next((n for n in names if re.search(rf"(?<!\w){re.escape(n)}(?!\w)", text, re.IGNORECASE)), "")
    male, female = bool(said & _MALE), bool(said & _FEMALE)
    elsewhere = {"indoors": _OUTDOORS, "outdoors": _INDOORS}.get(scene.setting or "", frozenset())
    poses = [words for pose, words in _POSES.items() if facts.pose and pose != facts.pose]
    poses += [_ON_FEET] if facts.pose in ("sitting", "lying down") else []
    sides = said & {"left", "right"}
    found = (
        ("denies", said & NEGATIONS or re.search(r"n['’]t\b", text)),
        (f"names {other}", other),
        ("another gender", {"man": female and not male, "woman": male and not female}.get(facts.gender or "")),
        ("indoors or outdoors", said & elsewhere),
        ("another pose", any(said & words for words in poses)),
        ("another side", sides and facts.where and not sides & set(facts.where.split())),
    )
    return [problem for problem, there in found if there]


def same_colour(one: str | None, other: str | None) -> bool:
    """Whether two colour words may be said of one thing; an unknown one fits every other."""
    if not one or not other:
        return True
    a, b = set(re.findall(r"[a-z]+", one.lower())) & COLOURS, set(re.findall(r"[a-z]+", other.lower())) & COLOURS
    return not a or not b or bool(a & b) or any(a & shade and b & shade for shade in _SHADES)


def _words(text: str, names: Sequence[str]) -> list[str]:
    """Lower-case words, times and numbers; a name is one word, marked by "@" so that "Will" isn't "will"."""
    lower = re.sub(r"n['’]t\b", " not", text).replace("’", "'")
    for i, name in sorted(enumerate(names), key=lambda pair: -len(pair[1])):
        lower = re.sub(rf"(?<!\w){re.escape(name)}(?:'s)?(?!\w)", f" @{i}@ ", lower)
    return re.findall(r"@\d+@|\d+(?::\d\d)+|\d+|[^\W\d_]+", lower.lower())


def _stem(word: str) -> str:
    """A rough stem, so that "sits", "sitting" and "sit" agree; colours, numbers and names stay whole."""
    word = _SAME.get(word, word)
    if word.startswith("@") or word[0].isdigit() or word in COLOURS or len(word) <= 3:
        return word
    stem = re.sub(r"(ing|ies|ied|es|ed|s)$", "", word)
    stem = stem[:-1] if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "aeiou" else stem
    return stem.rstrip("ey") if len(stem) > 3 else stem


def _colour_nouns(words: list[str], names: Sequence[str]) -> Counter[tuple[str, str]]:
    return Counter((a, _stem(b)) for a, b in zip(words, [*words[1:], "end"], strict=False) if a in COLOURS)


def _ordered(words: list[str], names: Sequence[str]) -> list[str]:
    """Names (repeats in a row count once) and every negation in order: who is meant by which "not"."""
    marks = [w for w in words if w in NEGATIONS or w.startswith("@")]
    return [w for i, w in enumerate(marks) if not i or w in NEGATIONS or w != marks[i - 1]]


def _segments(words: list[str], names: Sequence[str]) -> list[set[str]]:
    """Content words after each name, where several people are named: what is said of whom."""
    marks = [i for i, w in enumerate(words) if w.startswith("@")]
    if len({words[i] for i in marks}) < 2:
        return []
    spans = zip(marks, [*marks[1:], len(words)], strict=True)
    return [{_stem(w) for w in words[a + 1 : b] if w not in FUNCTION_WORDS and w not in SAFE} for a, b in spans]


_BINDINGS = {
    "who or not": _ordered,
    "a colour": _colour_nouns,
    "a side": lambda words, names: Counter(w for w in words if w in _SIDES),
    "a number": lambda words, names: Counter(w for w in words if w in NUMBERS or w[0].isdigit()),
    "whose facts": _segments,
}
