"""Which new names can be taken: what questions can tell from their own words, and people from one another.

In: a cleaned name, the names that are taken. Out: nothing, or a PeopleError with the reason; and for a name that nobody
has, the one that was probably meant. Look-alikes are letters of other scripts that Unicode's confusables (UTS #39, by
confusable-homoglyphs 3.3.1) give for a Latin letter: `lookalikes.json`; I, l and 1, and O and 0, are taken for one too.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from pvchat.errors import PeopleError

_WORDS = """i me my mine myself you your yours yourself he him his himself she her hers herself it its itself we us our
    ours they them their theirs themselves this that these those who whom whose which what when where why how
    someone somebody anyone anybody everyone everybody noone nobody none all any each everything something anything
    nothing other others another both yes no person persons people man men woman women boy boys girl girls guy guys lady
    ladies child children kid kids baby stranger strangers unknown face faces figure video videos clip clips film movie
    photo photos picture pictures image images frame frames scene camera
    is are was were am does did has have had could should would there here"""
_SMALL_WORDS = "the a an and or of in on at with else no one every some not be been do can will may s re"
# "Will", "May" or "An" are names: where they stand tells (chat/reader/words.py). Nobody is called "who", nor "What is".
_RESERVED, _AROUND = frozenset(_WORDS.split()), frozenset(_SMALL_WORDS.split())
_QUESTION_MARKS = re.compile("[?\u00bf\u037e\u061f]")
_TAIL = re.compile(r"(['\u2019]s?)?[\s.,:;!)\u2026-]*\Z")  # what may follow a name in a sentence: "Ana's", "Ana!"
_CASED = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN")  # scripts in which a joiner shapes nothing
_JOINERS = "\u200c\u200d"
_FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
_CLOSE_RATIO = 0.75  # difflib's ratio from which a name was probably meant


def require_usable(name: str, taken: Mapping[str, Iterable[str]]) -> None:
    """Refuse a clean name that couldn't be told from a question's words or from somebody else's, with a PeopleError.

    `taken`: of everyone else the name, and all that she answers to.
    """
    for at, char in enumerate(name):
        if char in _FILLERS or (unicodedata.category(char) == "Cf" and not _is_needed_joiner(name, at)):
            what = "a name can't hold invisible characters or such that change the direction of text"
            shown = ascii(name)[1:-1][:80]
            raise PeopleError(f"{what} (U+{ord(char):04X}).", subject=shown, hint="Type the name anew.")
    if not any(unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "So" for char in name):
        what = "a name of punctuation alone can't be told from a question's own."
        raise PeopleError(what, subject=name, hint="Choose a name with a letter, a number or a picture sign.")
    plain = unicodedata.normalize("NFKC", name).casefold()
    if _QUESTION_MARKS.search(plain):
        what = "a name can't hold a question mark: questions end with it."
        raise PeopleError(what, subject=name, hint="Leave it out.")
    words = set(re.findall(r"\w+", plain))
    if words & _RESERVED and words <= _RESERVED | _AROUND:
        what = "questions use these words for somebody or something else, so nobody can be called so."
        raise PeopleError(what, subject=name, hint="Choose a name that only this person has.")
    look = skeleton(name)
    for owner, names in taken.items():
        for other in names:
            if skeleton(other) == look and other.casefold() != name.casefold():
                what = f"looks the same as '{other}'{'' if other == owner else f' ({owner})'}, who is enrolled already."
                raise PeopleError(what, subject=f"{name} ({ascii(name)[1:-1]})", hint="Choose another name.")


def skeleton(name: str) -> str:
    """What a name looks like in a sentence: doubles of Latin letters made those letters, in one case, nothing after."""
    doubles = _lookalikes()
    look = "".join(doubles.get(char, char) for char in unicodedata.normalize("NFKC", name)).casefold()
    return _TAIL.sub("", look) or look


def closest_name(name: str, names: Sequence[str]) -> str | None:
    """The enrolled name that a misspelt ("Micheal") or longer one ("Ana Lopez") probably stands for, or None."""
    import difflib

    said = name.casefold().split()
    if (whole := next((one for one in names if one.casefold() in said), None)) is not None:
        return whole
    forms = {word.casefold(): whole for whole in names for word in (*whole.split()[:1], whole)}
    found = difflib.get_close_matches(name.casefold(), list(forms), 1, _CLOSE_RATIO)
    return forms[found[0]] if found else None


def _is_needed_joiner(name: str, at: int) -> bool:
    """Whether the character is a joiner between two others that it shapes: Persian, Indic scripts, emoji."""
    if name[at] not in _JOINERS or not 0 < at < len(name) - 1:
        return False
    around = [unicodedata.name(char, "") for char in (name[at - 1], name[at + 1])]
    return all(one and not one.startswith(_CASED) for one in around)


@cache
def _lookalikes() -> dict[str, str]:
    rows = json.loads(Path(__file__).with_name("lookalikes.json").read_text(encoding="utf-8"))
    return {double: letter for letter, doubles in rows.items() for double in doubles} | {"I": "l", "1": "l", "0": "o"}
