"""Which new names can be taken: what questions can tell from their own words.

In: a cleaned name. Out: nothing, or a PeopleError with the reason; and for a name that nobody has, the one that was
probably meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

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
_JOINERS = "\u200c\u200d"  # which Persian, Indic scripts and emoji need
_CLOSE_RATIO = 0.75  # difflib's ratio from which a name was probably meant


def require_usable(name: str) -> None:
    """Refuse a clean name that couldn't be told from a question's words, with a PeopleError."""
    for char in name:
        if unicodedata.category(char) == "Cf" and char not in _JOINERS:
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


def closest_name(name: str, names: Sequence[str]) -> str | None:
    """The enrolled name that a misspelt ("Micheal") or longer one ("Ana Lopez") probably stands for, or None."""
    import difflib

    said = name.casefold().split()
    if (whole := next((one for one in names if one.casefold() in said), None)) is not None:
        return whole
    forms = {word.casefold(): whole for whole in names for word in (*whole.split()[:1], whole)}
    found = difflib.get_close_matches(name.casefold(), list(forms), 1, _CLOSE_RATIO)
    return forms[found[0]] if found else None
