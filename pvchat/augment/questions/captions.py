"""Phrases out of a model's sentences: "The man is riding a bike." in, "riding a bike" out."""

from __future__ import annotations

import re

_SUBJECT = (
    r"(?:(?:the|an?|this|one|two|some) )?(?:[\w-]+ ){0,3}?"
    r"(?:man|woman|boy|girl|child|person|lady|guy|people|men|women)"
)
_NOUNS = "wearing|clothing|during|evening|morning|building|ceiling|painting"  # -ing, but nothing one does
_DEED = re.compile(rf"^{_SUBJECT}\b[^.]*?\b(?:is|are) (?P<phrase>(?!{_NOUNS})[a-z]{{2,}}ing\b[^.]*)", re.IGNORECASE)
_BARE_DEED = re.compile(rf"^{_SUBJECT}\b[^.]*? (?P<phrase>(?!{_NOUNS})[a-z]{{2,}}ing\b[^.]*)", re.IGNORECASE)
_WORN = re.compile(r"\b(?:wearing|wears|dressed in|in) (?P<phrase>[^.]+)", re.IGNORECASE)
_PLACE = re.compile(
    r"^(?:it was taken |the video was taken |.*\bis )?(?P<phrase>(?:in|on|at|near|by|inside|outside|beside|through"
    r"|along|down|over|across|in front of) (?:an?|the|some) [^.,]+)",
    re.IGNORECASE,
)
_NO_DEED = re.compile(r"^(wearing|standing there|being|having)\b", re.IGNORECASE)


def read_phrase(kind: str, text: str) -> str:
    """The phrase that answers a question of this kind; empty where the text has none.

    "action" gives "riding a bike", "appearance" "a red shirt", "location" "in the park".
    """
    sentence = _tidy(text)
    patterns = {"action": (_DEED, _BARE_DEED), "appearance": (_WORN,), "location": (_PLACE,)}[kind]
    hit = next((m for p in patterns if (m := p.search(sentence))), None)
    phrase = hit["phrase"].strip(" ,;") if hit else ""
    if kind == "action":
        return "" if _NO_DEED.match(phrase) else phrase[:1].lower() + phrase[1:]
    return phrase[:1].lower() + phrase[1:]


def _tidy(text: str) -> str:
    """The first sentence of a caption, without the blanks that captions have before commas and full stops."""
    first = re.split(r"(?<=[.!?])\s|\n", re.sub(r"\s+([.,;!?'])", r"\1", text.strip()))[0]
    return first if first.endswith(".") else ""
