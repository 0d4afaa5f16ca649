"""People of training pictures whose looks were read by eye: `people.json`.

In: the file, which names for each picture of a set its people: the box of the face, and five things that were read,
each with "/" between what it may be and "?" for what can't be told: what is worn over all else, its colour (of several
the main one first, "+" between them), glasses (g), sunglasses (s) or neither (n), what is on the head, and the hair.
Out: people.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pvchat.schemas import FloatArray
from recipes.pictures import framed, read_metadata

One = TypeVar("One", bound=Any)  # somebody of a picture: has its `set` and `file`
FILE = Path(__file__).with_name("people.json")


@dataclass(frozen=True)
class Person:
    """Somebody's looks as read, each as all that it may be; nothing where it couldn't be told."""

    set: str
    file: str
    face: FloatArray  # [4] fractions
    clothes: tuple[str, ...]
    colours: tuple[str, ...]  # the main one each
    eyes: tuple[str, ...]
    head: tuple[str, ...]
    hair: str


def read_people() -> list[Person]:
    """All that `people.json` names, in its order."""
    found = []
    for name, pictures in json.loads(FILE.read_text(encoding="utf-8")).items():
        for file, people in pictures.items():
            for *face, read in people:
                clothes, colour, eyes, head, hair = read.split("|")
                main = tuple(one.split("+")[0] for one in _either(colour))
                looks = (_either(clothes), main, _either(eyes), _either(head), hair)
                found.append(Person(name, file, np.array(face, np.float32), *looks))
    return found


def pictures_of(root: Path, people: Iterable[One]) -> Iterator[tuple[tuple[str, str], NDArray[np.uint8], list[One]]]:
    """Set and file of each picture, the picture [H, W, 3], and its people, who follow each other."""
    for name, of_set in groupby(people, key=lambda one: one.set):
        rows = {row["file"]: row for row in read_metadata(root / name)}
        for file, some in groupby(of_set, key=lambda one: one.file):
            yield (name, file), framed(root, rows[file]), list(some)


def _either(read: str) -> tuple[str, ...]:
    return tuple(one for one in read.split("/") if one not in ("?", ""))
