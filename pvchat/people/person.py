"""One enrolled person: what is stored of her, which names she may have, and what a person's data may look like.

In: a name and arrays from enrolling or from a file. Out: a checked `Person`, or a PeopleError that says what is wrong.
Names are any Unicode text that can be shown on one line. Two names are the same when their `name_key` is: Unicode's
NFKC_Casefold (https://www.unicode.org/reports/tr31/#NFKC_Modifications) with runs of white space made one space.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import PeopleError
from pvchat.people import contents

MAX_NAME = 200  # characters of a name
MAX_ALIASES = 32
MAX_STATE_BYTES = 1_000_000  # of a person's files together: the promise "under 1 MB a person"
MAX_ARRAYS = 256
MAX_DIMENSIONS = 4
MAX_EXTRA_DEPTH = 16
MAX_THUMBNAIL_SIDE = 2048  # pixels
DTYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")

_ARRAY_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,128}\Z")
_SHA256 = re.compile(r"([0-9a-f]{64})?\Z")
_UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # control characters, lone surrogates, line and paragraph separators
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")

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

Weakness = Literal["small", "masked", "blurred", "dark", "few", "one angle", "several people"]

_SENTENCES: dict[Weakness, str] = {
    "small": "The face is small{pixels}. Come closer: 80 pixels or more are recognised best.",
    "masked": "The face is behind a mask. A clip without it would help.",
    "blurred": "The face is blurred. A steadier or brighter clip would help.",
    "dark": "The clip is dark. One with more light would help.",
    "few": "The face is seen for a moment only. A clip of two seconds or more would help.",
    "one angle": "The face is seen from one angle only. A clip in which the head turns would help.",
    "several people": "The clip shows other people, too. One that shows only {name} is safer.",
}

_VOICE = (
    "{name}'s voice is learned, too, from when {name}'s mouth moves ({size} bytes). "
    "Do that with {name}'s consent only; --no-voice leaves it out."
)


@dataclass(frozen=True)
class Notes:
    """What enrolling noticed about its clip: what makes it poor, whom it looks like (`identity/reasons.py`).

    They come with the `Person` that `PVChat.enroll` returns, and are never stored, since they may name somebody else.
    """

    poor: tuple[Weakness, ...] = ()  # what makes the clip a poor one, what weighs most first
    face_px: int | None = None  # usual height of the face in pixels of the frame as it was looked at; not of figures
    looks_like: str = ""  # another enrolled person who is found present where the subject is
    unlike: bool = False  # the clip was added to somebody, and its subject isn't like her
    voice_bytes: int = 0  # size of the voice that was learned with the face

    def to_dict(self) -> dict[str, Any]:
        """`notes` of `enroll --json`."""
        return {**asdict(self), "poor": list(self.poor)}

    def sentences(self, name: str) -> list[str]:
        """What to tell the user about the enrollment of `name`: what is most urgent first."""
        found = []
        if self.looks_like:
            found.append(f"This looks like {self.looks_like}, who is enrolled already: the same person, or another?")
        if self.unlike:
            found.append(f"This doesn't look like {name} as enrolled before: is it the same person?")
        if self.voice_bytes:
            found.append(_VOICE.format(name=name, size=self.voice_bytes))
        pixels = f" ({self.face_px} pixels high)" if self.face_px else ""
        return found + [_SENTENCES[one].format(pixels=pixels, name=name) for one in self.poor]


@dataclass(eq=False)
class Person:
    """One enrolled person or drawn figure."""

    name: str  # how she is called, NFC
    # "figure": a drawn character, or a person whose face is never seen; a computer-generated character may be both: of
    # kind "face", with an array "figure" [P, D], by which she is compared with drawn figures, too
    kind: Literal["face", "figure"] = "face"
    depth: Literal["instant", "deep"] = "instant"  # by one pass over the clip, or adapted for minutes
    # By name: `contents.ARRAYS`. Shared with the store's memory: copy before writing into one
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False)  # no biometric data in logs
    extra: dict[str, Any] = field(default_factory=dict)  # anything else that JSON can hold
    thumbnail: bytes = field(default=b"", repr=False)  # JPEG of her best sighting
    aliases: list[str] = field(default_factory=list)  # other names she answers to
    confidence: float = 1.0  # 0..1, how sure the enrollment is of its subject, as told to the user
    clip_key: str = ""  # SHA-256 of the enrollment clip's bytes
    created: str = ""  # ISO 8601 time in UTC; the store fills it in
    id: str = ""  # the store's own random id, which stays hers
    revision: int = 0  # how often anything but her names has changed
    bytes_on_disk: int = 0  # of all her files
    notes: Notes | None = None  # what enrolling noticed; of what `PVChat.enroll` returns only, never stored

    @property
    def quality(self) -> float:
        """Of the best sighting that she was enrolled from, 0..1; 1 where it wasn't kept."""
        return min(1.0, max(0.0, float(self.extra.get("quality", 1.0))))

    @property
    def figure(self) -> NDArray[Any] | None:
        """[P, D] by which she is compared with drawn figures; None where she has a real face only."""
        return self.arrays["prototypes"] if self.kind == "figure" else self.arrays.get("figure")

    @property
    def drawn(self) -> bool | None:
        """Whether she is a drawn character; None where a file doesn't say so, or where one of her clips is drawn and
        another filmed.
        """
        return False if self.figure is None else self.extra.get("drawn")

    @property
    def version(self) -> str:
        """The name of her folder; it changes whenever anything but her names does."""
        return f"{self.id}.{self.revision}" if self.revision else self.id

    @property
    def has_voice(self) -> bool:
        """Whether she can be recognised by her voice, too."""
        return len(self.arrays.get("voice", ())) > 0


def describe(person: Person) -> dict[str, Any]:
    """A person as JSON for `people list` and `people show`."""
    prototypes = person.arrays.get("prototypes")
    return {
        "name": person.name, "aliases": list(person.aliases), "kind": person.kind, "depth": person.depth,
        "created": person.created, "bytes": person.bytes_on_disk, "confidence": round(float(person.confidence), 4),
        "prototypes": 0 if prototypes is None else len(np.atleast_1d(prototypes)), "voice": person.has_voice,
    }  # fmt: skip


def clean_name(name: str) -> str:
    """A name as it is stored: NFC, white space at the ends dropped and inside made single spaces.

    Raises:
        PeopleError: nothing visible in it, too long, or characters that can't stand on one line.
    """
    shown = ascii(name)[:80]  # what is refused may be made to harm a terminal
    if not isinstance(name, str):
        raise PeopleError(f"a name is text, not {type(name).__name__}.", subject=shown, hint="Give a name.")
    if any(unicodedata.category(c) in _UNPRINTABLE for c in name):
        raise PeopleError("a name can't hold control characters or line breaks.", subject=shown)
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    if not name_key(clean):
        raise PeopleError("a name needs at least one visible character.", subject=shown)
    if len(clean) > MAX_NAME:
        raise PeopleError(f"a name has at most {MAX_NAME} characters, not {len(clean)}.", subject=shown)
    return clean


def name_key(name: str) -> str:
    """What two spellings of one name have in common: case, width and invisible characters don't count."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    visible = _INVISIBLE.sub("", "".join(c for c in folded if unicodedata.category(c) != "Cf"))
    return unicodedata.normalize("NFKC", " ".join(visible.split()).casefold())


def require_usable(name: str) -> None:
    """Refuse a clean new name that couldn't be told from a question's words, with a PeopleError."""
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


def checked(person: Person, picture: bool = True) -> Person:
    """A cleaned copy that may be stored, else a PeopleError says which field is off; `picture`: decode that, too."""
    name = clean_name(person.name)
    aliases = {name_key(a): clean_name(a) for a in person.aliases}
    aliases.pop(name_key(name), None)
    if len(aliases) > MAX_ALIASES:
        raise PeopleError(f"a person has at most {MAX_ALIASES} aliases.", subject=name)
    if person.kind not in ("face", "figure") or person.depth not in ("instant", "deep"):
        raise PeopleError(f"unknown kind or depth: {ascii((person.kind, person.depth))[:80]}.", subject=name)
    if not math.isfinite(person.confidence) or not 0.0 <= person.confidence <= 1.0:
        raise PeopleError(f"confidence must lie in 0..1, not {person.confidence}.", subject=name)
    if not _SHA256.match(person.clip_key):
        raise PeopleError("the clip key must be a SHA-256 in hexadecimal.", subject=name)
    _check_depth(person.extra, name)
    _check_arrays(person.arrays, name)
    contents.check(person.kind, person.arrays, person.extra, name)
    if person.thumbnail and picture:
        _check_thumbnail(person.thumbnail, name)
    try:
        at = datetime.fromisoformat(person.created).astimezone(UTC) if person.created else datetime.now(UTC)
    except (ValueError, OverflowError) as error:
        raise PeopleError(f"not an ISO time: {ascii(person.created)[:80]}.", subject=name) from error
    confidence, created = float(person.confidence), at.isoformat(timespec="milliseconds")
    return replace(person, name=name, aliases=list(aliases.values()), confidence=confidence, created=created)


def _check_depth(extra: dict[str, Any], name: str) -> None:
    """Refuse nesting that would exhaust the stack of whoever copies or prints it later."""
    level: list[Any] = [extra]
    for _ in range(MAX_EXTRA_DEPTH):
        nested = [part for part in level if isinstance(part, (dict, list, tuple))]
        level = [item for part in nested for item in (part.values() if isinstance(part, dict) else part)]
    if level:
        raise PeopleError(f"its extra data is nested deeper than {MAX_EXTRA_DEPTH} levels.", subject=name)


def _check_arrays(arrays: dict[str, NDArray[Any]], name: str) -> None:
    if len(arrays) > MAX_ARRAYS:
        raise PeopleError(f"at most {MAX_ARRAYS} arrays a person, not {len(arrays)}.", subject=name)
    for key, array in arrays.items():
        if not _ARRAY_NAME.match(key):
            raise PeopleError(f"array name {ascii(key)[:80]} is not allowed.", subject=name)
        if not isinstance(array, np.ndarray) or array.dtype.name not in DTYPES or array.ndim > MAX_DIMENSIONS:
            raise PeopleError(f"array '{key}' has a type or shape that isn't allowed.", subject=name)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise PeopleError(f"array '{key}' holds NaN or infinity.", subject=name)
    if (size := sum(a.nbytes for a in arrays.values())) > MAX_STATE_BYTES:
        raise PeopleError(f"{size:,} bytes of arrays; a person's state stays under {MAX_STATE_BYTES:,}.", subject=name)


def _check_thumbnail(thumbnail: bytes, name: str) -> None:
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(thumbnail), formats=["JPEG"]) as picture:
            if max(picture.size) > MAX_THUMBNAIL_SIDE:
                raise PeopleError(f"the thumbnail is larger than {MAX_THUMBNAIL_SIDE} pixels a side.", subject=name)
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PeopleError("the thumbnail is not a whole JPEG picture.", subject=name) from error
