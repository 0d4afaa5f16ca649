"""Other enrolled people as hard negatives: their pictures stand among the samples of whoever is trained.

In: `BaseData`, the people enrolled beside her. Out: the same with a still and a moving view of each one's thumbnail, of
which the answer is no. An augmentation without footage of other people has only her own scenes without her, and from
these a base learns to tell somebody from nobody. Nothing but the thumbnail is kept of anybody's clip, so that is shown.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pvchat.augment.schemas import Split, Stage
from pvchat.bases.marking import Frames, Visuals
from pvchat.people.corrections import SAME_FACE
from pvchat.people.merge import alike
from pvchat.people.person import Person
from pvchat.train.bases.data import BaseData
from pvchat.train.person.examples import PersonExample, renamed

SPLITS: tuple[Split, ...] = ("train", "test", "train", "val")  # of the first, second … person: nobody is in two
_FRAMES, _ROOM = 4, 0.15  # of a moving view; share of a side that it moves over
_ASKED, _SAID = "Is {} in this video?", "No, {} is not in this video."


def with_strangers(data: BaseData, person: Person, others: Sequence[Person]) -> BaseData:
    """The same with pictures of these people, where they have any and aren't perhaps the person under another name.

    Args:
        data: of the person.
        person: whom it is about.
        others: enrolled people, in any order.
    """
    shown, examples = list(data.shown), list(data.examples)
    seen = [one for one in sorted(others, key=lambda one: one.id) if one.thumbnail and not _same(person, one)]
    for place, other in enumerate(seen):
        picture, split = _picture(other), SPLITS[place % len(SPLITS)]
        views: tuple[tuple[Stage, Visuals], ...] = (("image", _still(picture)), ("video", _moving(picture)))
        for stage, view in views:
            question, answer = (words.format(data.name) for words in (_ASKED, _SAID))
            row = PersonExample(len(shown), (data.name,), (False,), question, answer, "existence", stage, split)
            examples.append(renamed(row, data.name, data.others))
            shown.append(view)
    return replace(data, shown=shown, examples=examples)


def _same(person: Person, other: Person) -> bool:
    distance = alike(person, other)
    return distance is not None and distance < SAME_FACE


def _picture(person: Person) -> Frames:
    from PIL import Image

    with Image.open(io.BytesIO(person.thumbnail)) as image:
        return np.array(image.convert("RGB"))


def _still(picture: Frames) -> Visuals:
    return Visuals(picture[None], np.zeros(1, np.float32))


def _moving(picture: Frames) -> Visuals:
    """A window that moves over the picture, from one corner to the other."""
    height, width = (round(side * (1 - _ROOM)) for side in picture.shape[:2])
    steps = np.linspace(0, 1, _FRAMES)
    corners = [(round(t * (picture.shape[0] - height)), round(t * (picture.shape[1] - width))) for t in steps]
    frames = np.stack([picture[y : y + height, x : x + width] for y, x in corners])
    return Visuals(frames, steps.astype(np.float32) * 2)
