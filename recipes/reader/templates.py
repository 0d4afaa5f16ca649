"""The language of `grammar.txt`, `followups.txt` and `unanswerable.txt`, and how a line of it becomes words.

A line is a sentence frame, "=>" and its heads:

    what is @S-one doing while {E-name} is {F-present!:away|gone} => select=attribute attribute=deed relation=while

(a|b|)               one of these; the last one here is nothing
{S-worn}             a word of the lexicon for that type, tagged S-worn; "!" after it: denied
{S-present.away}     a word of that form or of that value: "sg", "ing", "away"; "a": with "a" before it if it needs one
{S-present:in|there} what is written there, with that tag
@S-one               one of the lines below "@one", whose {~name} is then an S-name
@P-ing!              the same, and what has that role in it is denied

A fragment stands as "@its_name" with indented lines below it, which may have heads of their own and a weight ("*3").
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from pvchat.chat.reader.network import HEADS, ROLES, TYPES, WORD

ABOUT_S = {
    "quantifier",
    "known",
    "nth_by",
    "rank",
    "end",
}  # what a fragment in another role doesn't say of the sentence
_SLOT = re.compile(r"(?P<role>[A-Z]-|~)(?P<type>\w+?)(?:\.(?P<form>\w+))?(?P<denied>!?)(?::(?P<words>.*))?", re.S)
_CALL = re.compile(r"@(?:(?P<role>[A-Z])-)?(?P<name>[a-z_]+)(?P<denied>!?)")
_IRREGULAR = {
    "sat", "stood", "lay", "ran", "wrote", "ate", "drank", "slept", "read", "spoke", "said", "threw", "sang", "drew",
    "drove", "rode", "swam", "fell", "cut", "put", "held", "shook", "bent", "left", "caught", "dug", "fought", "knelt",
    "fed", "took", "swept", "made", "had", "got", "gave", "did", "blew", "leapt", "wept", "laid",
    "eaten", "drunk", "fallen", "written", "sung", "swum", "driven", "drawn", "spoken",
}  # fmt: skip
_VERBS_IN_ING = {"sing", "swing", "bring", "ring"}
_NO_VERB = {
    "on", "in", "at", "up", "upright", "seated", "busy", "asleep", "flat", "fast", "stretched",
    "online", "reclined", "sprawled", "having",
}  # fmt: skip
_SINGULAR = {"bus", "dress", "christmas", "tennis", "glass", "chess", "canvas", "grass", "cactus", "iris", "afro"}


_MASS = {  # no "a" before them
    "hair", "stubble", "headwear", "headgear", "eyewear", "clothing", "gear",
    "long", "short", "luggage",
}  # fmt: skip
_ADJECTIVES = {"bald", "balding", "bearded", "hairless", "curly", "blonde", "blond", "brunette", "ginger"}


@dataclass
class Piece:
    """One word. `value` numbers the filled slot it is of; -1: of none."""

    word: str
    tag: str = "O"
    value: int = -1


@dataclass
class Line:
    """A frame or one way to say a fragment: its text, what it tells of the sentence, how often it is taken."""

    text: str
    heads: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0
    of: str = ""  # what more stands after a "|"


@dataclass
class Grammar:
    """Frames, fragments by name and the lexicon: type -> canonical value -> ways to say it."""

    frames: list[Line]
    fragments: dict[str, list[Line]]
    lexicon: Mapping[str, Mapping[str, Sequence[str]]]


def read_line(text: str) -> Line:
    """One line of a grammar.

    Raises:
        ValueError: it sets a head that isn't known.
    """
    text, _, of = text.partition(" | ")
    text, _, told = text.partition("=>")
    found = re.fullmatch(r"(.*?)\s*(?:\*([\d.]+))?", (told if told else text).strip())
    weight = float(found[2] or 1) if found else 1.0
    heads = dict(part.split("=") for part in (found[1] if found and told else "").split())
    if not told and found:
        text = found[1]
    for name, value in heads.items():
        if value not in HEADS.get(name, ()):
            raise ValueError(f"{name}={value} is no head: {text}")
    return Line(text.strip(), heads, weight, of.strip())


def read_grammar(text: str, lexicon: Mapping[str, Mapping[str, Sequence[str]]]) -> Grammar:
    """Frames (not indented) and fragments (indented below their name)."""
    grammar, name = Grammar([], {}, lexicon), ""
    for row in text.split("\n"):
        if not row.strip() or row.startswith("#"):
            continue
        if re.fullmatch(r"@[a-z_]+", row.split("  ")[0].strip()) and not row[0].isspace():
            name = row.split("  ")[0].strip()[1:]
            grammar.fragments.setdefault(name, [])
        elif row[0].isspace():
            grammar.fragments[name].append(read_line(row))
        else:
            grammar.frames.append(read_line(row))
    return grammar


@cache
def form_of(kind: str, words: str) -> str:
    """Which form of its value a wording is: a verb's ing, s, past, plain; a noun's sg, pl."""
    first = words.split()[0]
    if kind in ("deed", "posture"):
        if first in _NO_VERB or (first.endswith("ing") and first not in _VERBS_IN_ING):
            return "ing"
        if first in _IRREGULAR or first.endswith("ed"):
            return "past"
        return "s" if first.endswith("s") and not first.endswith("ss") else "plain"
    last = words.split()[-1] if kind != "holding" else first
    if kind == "hair" and (last in _ADJECTIVES or last.endswith("haired")):
        return "adj"
    if last in _MASS:
        return "pl"
    if first == "pair" or last in _SINGULAR or last.endswith("ss"):
        return "sg"
    return "pl" if last.endswith(("s", "men", "people", "ladies")) else "sg"


class Filler:
    """Fills the lines of one grammar, by chance."""

    def __init__(self, grammar: Grammar, rng: random.Random) -> None:
        self.grammar, self.rng, self.heads, self._values = grammar, rng, {}, 0

    def fill(self, line: Line) -> tuple[list[Piece], dict[str, str]]:
        """Words of a line, with its heads and those of the fragments in it."""
        self.heads = {}
        pieces = self._text(line.text, "~", denied=False)
        return _articles(pieces), {**self.heads, **line.heads}

    def _text(self, text: str, role: str, *, denied: bool) -> list[Piece]:
        """Words of a text: its groups chosen, its slots filled, its fragments put in."""
        pieces: list[Piece] = []
        at = 0
        while at < len(text):
            if text[at] in "({":
                end = _closing(text, at)
                inner = text[at + 1 : end]
                if text[at] == "(":
                    pieces += self._text(self.rng.choice(_options(inner)), role, denied=denied)
                else:
                    pieces += self._slot(inner, role, denied=denied)
                at = end + 1
            elif found := _CALL.match(text, at):
                pieces += self._call(found, role, denied=denied)
                at = found.end()
            else:
                stop = next((i for i in range(at + 1, len(text)) if text[i] in "({@"), len(text))
                pieces += [Piece(word) for word in split_words(text[at:stop])]
                at = stop
        return pieces

    def _call(self, found: re.Match[str], role: str, *, denied: bool) -> list[Piece]:
        of = found["role"] or role
        lines = self.grammar.fragments[found["name"]]
        line = self.rng.choices(lines, [line.weight for line in lines])[0]
        no = bool(found["denied"]) != (denied and not found["role"])
        pieces = self._text(line.text, of, denied=no)
        self.heads.update({k: v for k, v in line.heads.items() if of in "S~" or (of == "P" and k not in ABOUT_S)})
        return pieces

    def _slot(self, inner: str, role: str, *, denied: bool) -> list[Piece]:
        found = _SLOT.fullmatch(inner)
        if not found:
            raise ValueError(f"no slot: {{{inner}}}")
        of = role if found["role"] == "~" else found["role"][0]
        no = (denied and found["role"] == "~") != bool(found["denied"])  # a denied "away" is there
        tag = f"{of}-{found['type']}{'!' if no else ''}"
        if not is_tag(tag):
            raise ValueError(f"no tag: {tag} of {{{inner}}}")
        self._values += 1
        if found["words"] is not None:
            words = [p.word for p in self._text(self.rng.choice(_options(found["words"])), role, denied=False)]
        else:
            words = split_words(self.word(found["type"], found["form"] or ""))
        value = [Piece(word, tag, self._values) for word in words]
        return (
            [Piece("a"), *value] if found["form"] == "a" and form_of(found["type"], " ".join(words)) == "sg" else value
        )

    def word(self, kind: str, form: str = "") -> str:
        """A wording of the lexicon, of a form."""
        values = self.grammar.lexicon[kind]
        said = [values[form]] if form in values else list(values.values())
        wanted = {"a": ("sg", "pl")}.get(form, (form,))
        for _ in range(50):
            ways = self.rng.choice(said)
            if form and form not in values:
                ways = [way for way in ways if form_of(kind, way) in wanted]
            if ways:
                return ways[0] if self.rng.random() < 0.4 else self.rng.choice(ways)
        raise ValueError(f"the lexicon has no {kind} of form {form}")


def _closing(text: str, at: int) -> int:
    """Where the bracket that opens at a place is closed."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in "({") - (text[i] in ")}")
        if not depth:
            return i
    raise ValueError(f"a bracket stays open: {text}")


def _options(text: str) -> list[str]:
    """Parts of a text between the bars that stand in no bracket of their own."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "({") - (letter in ")}")
        if letter == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _articles(pieces: list[Piece]) -> list[Piece]:
    """Words with "an" where "a" stands before a vowel."""
    for one, after in zip(pieces, pieces[1:], strict=False):
        if one.word in ("a", "an") and one.tag == "O":
            vowel = after.word[0] in "aeiou" and not after.word.startswith(("uni", "use", "euro", "one"))
            one.word = "an" if vowel else "a"
    return pieces


def is_tag(tag: str) -> bool:
    """Whether a word can bear this tag."""
    role, dash, kind = tag.removeprefix("+").removesuffix("!").partition("-")
    return tag == "O" or (bool(dash) and role in ROLES and kind in TYPES)


def split_words(text: str) -> list[str]:
    """Words of a text in lower case: "alex's t-shirt?" is alex, 's, t-shirt, ?; "isn't" stays one word."""
    return WORD.findall(text.lower().replace("’", "'").replace("_", " "))
