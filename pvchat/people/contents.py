"""What a person's arrays and extra data must look like, so that whoever reads them later can rely on it.

They may come from a stranger's file; a PeopleError says what is off. Whoever adds an array or a record to a person adds
it to the tables here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import PeopleError
from pvchat.schemas import BODY, FACEPRINT, LOOKS, VOICEPRINT

FACE = 128  # width of identity vectors
LORAS = ("lora.", "base.lora.")  # names of the arrays of a person's own LoRA begin so: ours, a pretrained base's
MOST_RANK = 64  # of that LoRA; its layers are made as large as the arrays say
SHORTEST = 1e-3  # length of an identity vector; one that is shorter points nowhere


@dataclass(frozen=True)
class ArrayRule:
    """How an array must be made up; one without rows may have any width."""

    shape: tuple[int | None, ...]  # a width, or None where any will do up to `most`
    least: int = 0  # of its first axis
    most: int = 512
    largest: float = 1e3  # absolute value; far beyond what the networks give, and far below what overflows
    directions: bool = False  # each row is an identity vector, which isn't zero


ARRAYS: dict[str, ArrayRule] = {
    "prototypes": ArrayRule((None, FACE), least=1, directions=True),
    "prints": ArrayRule((None, FACEPRINT), directions=True),
    "voice": ArrayRule((None, VOICEPRINT), directions=True),
    "figure": ArrayRule((None, FACE), least=1, directions=True),
    "body": ArrayRule((None, BODY)),
    "looks": ArrayRule((None, LOOKS)),
    "frame": ArrayRule((BODY,), least=BODY, most=BODY),
    "tokens": ArrayRule((None, None), largest=1e4),
    "z": ArrayRule((None, None), largest=1e4),
    "base.tokens": ArrayRule((None, None), largest=1e4),
    "base.z": ArrayRule((None, None), largest=1e4),
    "corrections.faces": ArrayRule((None, FACE), directions=True),
    "corrections.prints": ArrayRule((None, FACEPRINT), directions=True),
}
_LORA = ArrayRule((None, None, None), least=1, largest=1e4)
NEEDED = {"face": ("prototypes", "body"), "figure": ("prototypes", "frame")}  # by kind


@dataclass(frozen=True)
class NumberRule:
    """A number between two others, no bool."""

    least: float = 0
    most: float = 1e9
    whole: bool = False


# What extra data must look like where it is there: a type, a number, a record of these by name, or a list of one.
_COUNT, _POSITIVE, SHARE = NumberRule(whole=True), NumberRule(), NumberRule(most=1)
_CORRECTION = {
    "her": bool, "clip": str, "at_s": _POSITIVE, "source": str, "created": str, "masked": bool, "faces": _COUNT,
    "prints": _COUNT,
}  # fmt: skip
EXTRA: dict[str, Any] = {
    "sightings": _COUNT, "clips": _COUNT, "quality": SHARE, "drawn": bool, "model": str, "base": {"stamp": str},
    "deep": {"samples": _COUNT, "questions": _COUNT, "training": dict, "seconds": _POSITIVE},
    "corrections": [_CORRECTION], "parts": [[_COUNT]],
}  # fmt: skip

# arrays whose rows are counted, correction by correction and clip by clip
CORRECTED, OF_CLIPS = ("faces", "prints"), ("prototypes", "prints")


def check(kind: str, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any], name: str) -> None:
    """Raise PeopleError where something is off with a person of a kind ("face" or "figure"), whose name it then tells.

    Arrays are numeric and finite already, `extra` is plain JSON; arrays that aren't in the table are passed over.
    """
    for needed in NEEDED[kind]:
        if needed not in arrays:
            raise PeopleError(f"there is no array '{needed}', by which a person is recognised.", subject=name)
    for key, array in arrays.items():
        if (rows := _LORA if key.startswith(LORAS) else ARRAYS.get(key)) is not None and (why := _fault(array, rows)):
            raise PeopleError(f"array '{key}' {why}.", subject=name)
    for prefix in LORAS:
        if why := _lora_fault({k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}):
            raise PeopleError(why, subject=name)
    if why := _extra_fault(extra, arrays):
        raise PeopleError(f"its extra data: {why}.", subject=name)


def _fault(array: NDArray[Any], rows: ArrayRule) -> str:
    """What is wrong with an array; "" where nothing is."""
    wanted = " × ".join("n" if side is None else str(side) for side in rows.shape)
    if array.dtype.kind != "f":
        return f"holds {array.dtype.name}, not floating-point numbers"
    if array.ndim != len(rows.shape):
        return f"has {array.ndim} axes, not {len(rows.shape)} ({wanted})"
    if not rows.least <= len(array) <= rows.most:
        return f"has {len(array)} rows; there must be {rows.least} to {rows.most}"
    if not len(array):
        return ""
    if any(side is not None and side != got for side, got in zip(rows.shape, array.shape, strict=True)):
        return f"is {' × '.join(map(str, array.shape))}, not {wanted}"
    if 0 in array.shape:
        return "is empty"
    values = array.astype(np.float32)
    if not np.isfinite(values).all() or float(np.abs(values).max()) > rows.largest:
        return f"holds NaN, infinity or values beyond {rows.largest:g}"
    short = rows.directions and float(np.linalg.norm(values, axis=1).min()) < SHORTEST
    return "has a row of zeros" if short else ""


def _lora_fault(arrays: Mapping[str, NDArray[Any]]) -> str:
    """A LoRA, its arrays' names without their prefix, has both sides of every layer, of one rank."""
    downs = {key.removeprefix("down."): array for key, array in arrays.items() if key.startswith("down.")}
    ups = {key.removeprefix("up."): array for key, array in arrays.items() if key.startswith("up.")}
    if downs.keys() != ups.keys() or len(downs) + len(ups) != len(arrays):
        return "its LoRA isn't whole."
    ranks = {array.shape[1] for array in downs.values()} | {array.shape[2] for array in ups.values()}
    whole = not arrays or (len(ranks) == 1 and max(ranks) <= MOST_RANK)
    return "" if whole else f"its LoRA must have one rank, at most {MOST_RANK}."


def _extra_fault(extra: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """What is wrong with the extra data; "" where nothing is."""
    if why := value_fault(extra, EXTRA):
        return why
    said, clips = extra.get("corrections", ()), extra.get("parts", ())
    if not all({"her", "clip", "at_s"} <= row.keys() <= _CORRECTION.keys() for row in said):
        return "a correction has other fields than it should"
    if any(len(row) != len(OF_CLIPS) for row in clips):
        return "parts: a clip has other counts than it should"
    # rows that clips and corrections have must add up to those that there are
    counted = {f"corrections.{one}": [row.get(one, 0) for row in said] for one in CORRECTED}
    counted |= {key: [row[i] for row in clips] for i, key in enumerate(OF_CLIPS)} if clips else {}
    off = [key for key, counts in counted.items() if sum(counts) != len(arrays.get(key, ()))]
    return f"the rows of '{off[0]}' don't add up" if off else ""


def value_fault(value: Any, rule: Any) -> str:
    """What is wrong with a value by a rule as in `EXTRA`; "" where nothing is, or where nothing is known of it."""
    kind: Any = type(rule) if isinstance(rule, (dict, list)) else rule
    if isinstance(rule, NumberRule):
        kind = int if rule.whole else (int, float)
    if not isinstance(value, kind) or (isinstance(value, bool) and rule is not bool):
        return "has a wrong type"
    if isinstance(rule, NumberRule) and not rule.least <= value <= rule.most:  # nor is NaN between any two
        return f"must lie in {rule.least:g} to {rule.most:g}"
    if isinstance(rule, list):
        return next(filter(None, (value_fault(one, rule[0]) for one in value)), "")
    if isinstance(rule, dict):
        faults = ((key, value_fault(value[key], one)) for key, one in rule.items() if key in value)
        return next((f"'{key}' {why}" for key, why in faults if why), "")
    return ""
