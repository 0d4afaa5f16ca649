"""A question in words that no rule knows, as the plain question that asks the same: "Carl timecodes pls" for "When does
Carl appear?".

In: a question with masked names. Out: the plain question and how sure that is, or that nothing measured could answer.
A linear classifier over the question's sentence vector (MiniLM) tells, of some hundred plain questions and one class of
what can't be answered; `train/fits/paraphrases.py` learns it from wordings that were written for each.

Plain questions that came later (`paraphrases_later.txt`) have a classifier beside the first, over all of them: it is
asked first, and only for what it alone tells, so that what the first one reads stays as it was measured.

The colour, the side and the thing that are asked for are put into the plain question. One that names a colour or a side
where its plain question has no place for it asks something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.chat.aspect import Aspect
from pvchat.chat.guard import COLOURS
from pvchat.chat.sentences import Encode
from pvchat.chat.things import label_of, said
from pvchat.chat.unseen import EYES, NEED
from pvchat.chat.vocabulary import MASK, word_set
from pvchat.schemas import FloatArray, QuestionType

FILE = Path(__file__).with_suffix(".safetensors")
UNANSWERABLE = ""  # the plain question of what nothing measured tells
SLOTS = {"colour": "blue", "side": "left", "thing": "chair"}  # the words that stand for any in what is learned from
_SHADES = word_set("dark light pale bright")
_COLOUR = re.compile(
    rf"\b(?:(?:{'|'.join(sorted(_SHADES))}) )?(?:{'|'.join(sorted(COLOURS - _SHADES))})\b", re.IGNORECASE
)
_SIDE = re.compile(
    r"\b(?:on|to|at|from|towards?|further|far|furthest|the)(?: the)?(?: far)? (?P<a>left|right)\b"
    r"|\b(?P<b>left|right)(?:-| )?(?:hand|side|most)\b",
    re.IGNORECASE,
)
_TAG = re.compile(
    r",? (?<!the )(?<!to )(?<!on )(?<!far )(?<!or )"
    r"(?:right|correct|yeah|yes|or|or not|(?:is|does|has|are|do)n't (?:he|she|it|they))\s*\?*\s*$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:he|she|him|her|his|they|them|their)\b", re.IGNORECASE)
_POINTS = re.compile(r"[^\w' ]")
_GARMENT = re.compile(
    rf"\b{SLOTS['colour']} (jackets?|coats?|t-?shirts?|shirts?|tops?|blouses?|sweaters?|jumpers?|hoodies?|vests?|suits?"
    r"|dress|dresses|skirts?|trousers|pants|jeans|shorts|shoes|hats?|caps?|ties?|scarf|scarves|uniforms?|gloves)\b",
    re.IGNORECASE,
)
_TURNED = re.compile(r"(?:and |so )?(?:when|once|as|until|upon|before|after|by the time)\b", re.IGNORECASE)
_CLIP = re.compile(
    r"\b(?:in|of|from|on|during) (?:this|the|that) (?:video|clip|footage|film|movie|picture|photo|recording|scene)\b"
    r"|\b(?:please|now|right now|here|there|today|and|so)\b"
)
_GOES_ON = re.compile(  # "and second?", "and then?": only what was asked before says what is meant
    r"(?:(?:and|but|so|then|ok|okay|now|next|after|before|that|this|it|the|second|third|fourth|fifth|other|one|what|about)\b\W*)+",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|never|no)\b|n't\b", re.IGNORECASE)
_LEAVES = "Does {0} leave before {1} comes?"
NAMES = re.compile(r"\{[01]\}")
_PRESENCE = ("Is {0} in this", "Are {0} and {1} in this", "Is {0} or {1} in this")
# Probabilities from which a question is taken for a plain one: where the rules don't know it (.5 to .7 do as well),
# where that asks for presence, for a yes to another question is the worst answer, and where the rules know it.
LIKELY, SURE, CERTAIN = 0.6, 0.8, 0.9


@dataclass(frozen=True)
class Slotted:
    """A question with the words of `SLOTS` for its own, and those of its own."""

    text: str
    colour: str = ""
    side: str = ""
    thing: str = ""


def plain_question(masked: str, whom: Sequence[str], encode: Encode, least: float) -> str | None:
    """The plain question that asks the same; `UNANSWERABLE`; None where none is likely enough.

    Args:
        masked: the question, each name masked as "Alex".
        whom: the names, in their order.
        encode: sentence vectors, [n, D] of n texts.
        least: probability.
    """
    asked, head, later = slotted(masked), _head(), _later()
    if bare(asked.text) in head.by_rules or bare(asked.text) == MASK.lower():  # a name alone asks for all of her
        return None
    vector = encode([asked.text])[0]
    if later is not None and (plain := later.likeliest(vector, len(whom), least)) in later.own:
        if plain == _LEAVES and _TURNED.match(asked.text):
            return None  # "when Ben comes, is Ana gone" names first whom it asks of last
        return _filled(plain or "", asked, whom)
    plain = head.likeliest(vector, len(whom), least)
    return None if plain is None else _filled(plain, asked, whom)


def _filled(plain: str, asked: Slotted, whom: Sequence[str]) -> str | None:
    """A plain question with the names and the words of its slots; None where it has no place for one, or too many."""
    for slot, word in SLOTS.items():
        own, wanted = getattr(asked, slot), f" {word}" in plain
        if wanted and not own or own and not wanted and slot != "thing":
            return None
        if slot == "colour" and wanted and (garment := _GARMENT.search(asked.text)):
            plain = plain.replace(f"something {word}", f"{'' if garment[1].endswith('s') else 'a '}{word} {garment[1]}")
        if wanted:
            plain = re.sub(rf"\b{word}s\b", f"{own}s", re.sub(rf"\b{word}\b", own, plain))
    return plain.format(*whom)


def bare(masked: str) -> str:
    """A question in small letters, without its points and without words for the clip."""
    return " ".join(_POINTS.sub(" ", _CLIP.sub(" ", masked.lower())).split())


def mask_pronoun(text: str) -> str:
    """A question with its first pronoun masked like a name."""
    return _PRONOUN.sub(lambda m: f"{MASK}'s" if m[0].lower() in ("his", "their") else MASK, text, 1)


def in_doubt(aspect: Aspect, kind: QuestionType, text: str, refused: bool) -> float | None:
    """From which probability on another reading of a question is taken; None: never. Presence is asked for plainly.

    Tried are others where no rule tells what is asked for, where its type alone is told, and whether something holds.

    Args:
        aspect: what of somebody the rules read.
        kind: its type.
        text: the question.
        refused: the rules see nothing in it that could be answered.
    """
    lower = text.lower()
    if EYES.search(lower) or NEED.search(lower):  # a plain question is always near: hair, what all do
        return None
    if aspect.manner == "often" or _GOES_ON.fullmatch(text):
        return None
    if aspect.name == "whether":  # what is worn or done may be anything, and is rarely measured
        anything = aspect.predicate.kind in ("worn", "deed", "place", "unknown")
        return CERTAIN if anything and not _DENIED.search(text) else None
    generic = aspect.name == "rest" or aspect.name == "usual" and kind != "existence"
    return LIKELY if refused or generic else None


def slotted(masked: str) -> Slotted:
    """What stands for any colour, side and thing put in the place of a question's own; a tag at its end is left out.

    Of several colours or sides none is the question's own.
    """
    text, colour, side, thing = _TAG.sub("", masked), "", "", ""
    colours = list(_COLOUR.finditer(text))
    if len({found[0].lower() for found in colours}) == 1:
        colour, text = colours[0][0].lower(), _COLOUR.sub(SLOTS["colour"], text)
    sides = [(m.start(k), m.end(k), m[k].lower()) for m in _SIDE.finditer(text) for k in ("a", "b") if m[k]]
    if len({found for *_, found in sides}) == 1:
        side = sides[0][2]
        for start, end, _ in reversed(sides):
            text = f"{text[:start]}{SLOTS['side']}{text[end:]}"
    if MASK not in text:
        text, thing = _with_thing(text)
    return Slotted(text, colour, side, thing)


def _with_thing(text: str) -> tuple[str, str]:
    """A question with "chair" for the first thing that the detector knows, and that thing as it is said."""
    words = list(re.finditer(r"[A-Za-z]+", text))
    for count in (2, 1):
        for first, last in zip(words, words[count - 1 :], strict=False):
            noun = text[first.start() : last.end()].lower()
            label = label_of(noun)
            if label and label != "person":
                many = noun.endswith("s") and not said(label, 1).endswith("s")
                word = SLOTS["thing"] + "s" * many
                return f"{text[: first.start()]}{word}{text[last.end() :]}", said(label, 1)
    return text, ""


@dataclass(frozen=True)
class Head:
    """The classifier: weight [C, D] and bias [C] of C plain questions.

    `by_rules` are wordings, `bare`, that the rules read as the plain question: for them no sentence vector is made,
    which takes a process that has made none a third of a second and 180 MB. `own` are those of the plain questions that
    this one alone tells.
    """

    plain: tuple[str, ...]
    weight: FloatArray
    bias: FloatArray
    by_rules: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    def likeliest(self, vector: FloatArray, names: int, least: float) -> str | None:
        """The plain question that is likeliest, None where that isn't likely enough; presence must be surer."""
        chances = self.chances(vector, names)
        plain, chance = self.plain[int(chances.argmax())], float(chances.max())
        return None if chance < max(least, SURE if plain.startswith(_PRESENCE) else 0.0) else plain

    def chances(self, vector: FloatArray, names: int) -> FloatArray:
        """[C] probabilities of a question with this vector [D] that names so many people."""
        logits = np.where(self.fits(names), self.weight @ vector + self.bias, -np.inf)
        odds = np.exp(logits - logits.max())
        return np.asarray(odds / odds.sum(), np.float32)

    def fits(self, names: int) -> NDArray[np.bool_]:
        """[C] which plain questions name so many people (2: two and more); `UNANSWERABLE` always."""
        return (self._named == min(names, 2)) | (self._named < 0)

    @cached_property
    def _named(self) -> NDArray[np.int64]:
        return np.array([len(set(NAMES.findall(plain))) if plain else -1 for plain in self.plain])


def _head() -> Head:
    return _heads()[0]


def _later() -> Head | None:
    """The classifier of all plain questions, asked for those that came later: the first one's readings stay."""
    return _heads()[1]


@cache
def _heads() -> tuple[Head, Head]:
    from safetensors import safe_open

    with safe_open(FILE, "numpy") as file:
        card = json.loads(file.metadata()["card"])
        weight, bias, more, shift = (
            file.get_tensor(name).astype(np.float32) for name in ("weight", "bias", "later weight", "later bias")
        )
    first, every = tuple(card["plain"]), tuple(card["later plain"])
    known = frozenset(card["by rules"])
    return Head(first, weight, bias, known), Head(every, more, shift, known, frozenset(every) - frozenset(first))
