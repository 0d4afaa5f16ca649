"""What a person's arrays and extra data must look like, so that whoever reads them later can rely on it.

In: a person's kind, arrays and extra data. Out: nothing, or a PeopleError that says what is off. The table here is all
that is known of them: whoever adds an array to a person adds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from pvchat.errors import PeopleError
from pvchat.schemas import BODY, FACEPRINT, LOOKS, VOICEPRINT

FACE = 128  # width of identity vectors
MOST_ROWS = 512
SHAPES: dict[str, tuple[int | None, ...]] = {  # None: any number; of rows at most `MOST_ROWS`
    "prototypes": (None, FACE), "prints": (None, FACEPRINT), "voice": (None, VOICEPRINT), "figure": (None, FACE),
    "body": (None, BODY), "looks": (None, LOOKS), "frame": (BODY,),
    "tokens": (None, None), "z": (None, None), "base.tokens": (None, None), "base.z": (None, None),
    "corrections.faces": (None, FACE), "corrections.masked": (None, FACE), "corrections.prints": (None, FACEPRINT),
    "corrections.masked_prints": (None, FACEPRINT),
}  # fmt: skip
NEEDED = {"face": ("prototypes", "body"), "figure": ("prototypes", "frame")}  # by kind
# arrays whose rows are counted, correction by correction and clip by clip
_CORRECTED, _OF_CLIPS = ("faces", "masked", "prints", "masked_prints"), ("prototypes", "prints")


def check(kind: str, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any], name: str) -> None:
    """Raise PeopleError where something is off; arrays that aren't in the table are passed over.

    Args:
        kind: "face" or "figure".
        arrays: numeric and finite.
        extra: plain JSON.
        name: of the person, for the message.
    """
    for needed in NEEDED[kind]:
        if not len(arrays.get(needed, ())):
            raise PeopleError(f"there is no array '{needed}', by which a person is recognised.", subject=name)
    for key, shape in SHAPES.items():
        if (array := arrays.get(key)) is not None and not _fits(array, shape):
            wanted = " × ".join("n" if side is None else str(side) for side in shape)
            got = f"{array.dtype.name}, {' × '.join(map(str, array.shape))}"
            raise PeopleError(f"array '{key}' is {got}, not floating-point numbers, {wanted}.", subject=name)
    try:
        counted = _counts(extra)
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise PeopleError("its records of clips and corrections can't be read.", subject=name) from error
    if off := [key for key, count in counted.items() if count != len(arrays.get(key, ()))]:
        raise PeopleError(f"the rows of '{off[0]}' don't add up.", subject=name)


def _fits(array: NDArray[Any], shape: tuple[int | None, ...]) -> bool:
    """Whether an array is of floating-point numbers and this shape; one without rows may have any width."""
    sides = all(side in (None, got) for side, got in zip(shape, array.shape, strict=False))
    few = array.ndim == 1 or len(array) <= MOST_ROWS
    return array.dtype.kind == "f" and array.ndim == len(shape) and few and (sides or not len(array))


def _counts(extra: Mapping[str, Any]) -> dict[str, int]:
    """How many rows of each array corrections and clips have by their records.

    Raises:
        TypeError, AttributeError, KeyError, ValueError: these aren't records.
    """
    said, clips = extra.get("corrections", ()), extra.get("parts") or ()
    if not all(isinstance(row["her"], bool) and isinstance(row["clip"], str) for row in said):
        raise TypeError("a correction isn't one")
    found = {f"corrections.{one}": sum(int(row.get(one, 0)) for row in said) for one in _CORRECTED}
    if not clips:
        return found
    return found | dict(zip(_OF_CLIPS, (sum(map(int, column)) for column in zip(*clips, strict=True)), strict=True))
