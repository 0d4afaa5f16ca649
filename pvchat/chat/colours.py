"""Colour words, and which of them people give to the same thing."""

from __future__ import annotations

from pvchat.chat.vocabulary import word_set

COLOURS = word_set(
    """black white grey gray red green blue yellow orange purple violet pink brown beige tan navy maroon burgundy teal
    turquoise cyan magenta gold golden silver cream khaki olive dark light pale bright blonde blond"""
)
_DEPTHS = {"dark": "black", "light": "white", "pale": "white", "bright": ""}  # which plain colour each may be taken for
_SHADES = (  # colours that people call by either word, so that one doesn't contradict the other
    word_set("black dark navy grey gray"), word_set("white light pale cream beige grey gray silver"),
    word_set("brown tan beige khaki orange gold maroon dark"), word_set("red maroon burgundy pink orange dark"),
    word_set("pink purple violet magenta red"), word_set("blue navy teal turquoise cyan dark light purple violet"),
    word_set("green olive teal turquoise khaki dark light"), word_set("yellow gold golden orange cream blonde blond"),
)  # fmt: skip


def same_colour(one: str | None, other: str | None) -> bool:
    """Whether two colour words may be said of one thing; an unknown one fits every other."""
    if not one or not other:
        return True
    a, b = map(_hues, (one, other))
    return not a or not b or bool(a & b) or any(a & shade and b & shade for shade in _SHADES)


def _hues(said: str) -> frozenset[str]:
    """The colour words of a colour; "dark blue" is blue, or black, and none of the other colours that may be dark."""
    found = COLOURS.intersection(said.lower().replace("-", " ").split())
    hues = found - _DEPTHS.keys()
    return hues | {_DEPTHS[word] for word in found - hues if _DEPTHS[word]} if hues else found
