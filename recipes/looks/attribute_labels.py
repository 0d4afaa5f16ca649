"""What is known about which crop of the image sets, for the recipe of the small heads (`attributes.py`).

In: rows of metadata.jsonl and face boxes. Out: `LabelledCrop`s: a crop and its labels, each 0 or 1 with a weight.
Labels come from the sets' own annotations and, for captioned photos, from words that at least two captions use (about a
person only where the photo has one face, so that the words are about that one). An unmentioned thing is weak evidence
of absence, so it counts less; a thing that one caption alone names is left open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pvchat.perception.boxes import head_box

FACED = ("flickr8k",)  # sets whose faces have to be found first; the other captioned ones are small
_WEAK = 0.3  # weight of "not mentioned"
_LFW_FACE = [0.27, 0.18, 0.73, 0.82]  # lfw is aligned: the face lies here in its centre crop
_FILM_FACE = [0.12, 0.12, 0.88, 0.95]  # imfdb crops are tight around the face

# Labels by caption words (regular expressions). "a |an |the" articles and phrasing belong to `facts.py`.
HEAD_WORDS = {
    "glasses": r"\b(eye)?glasses\b|spectacles",
    "sunglasses": r"sunglasses|shades|goggles",
    "a beard": r"\bbeard|goatee",
    "a hat": r"\b(hats?|caps?|helmet|beanie|bonnet)\b",
    "smiling": r"\b(smil|laugh|grin)\w*",
    "blonde": r"blond",
}
FRAME_WORDS = {
    "outdoors": r"\b(street|beach|ocean|lake|river|snow\w*|mountains?|hills?|field|grass\w*|park|sidewalk|road|"
    r"woods|forest|sand|desert|trail|yard|sky|cliff|playground|city|surf\w*|ski\w*|boat|rocks?|dirt|outside|"
    r"outdoors?|garden|lawn)\b",
    "indoors": r"\b(indoors?|inside|kitchen|bedroom|bathroom|living room|couch|sofa|restaurant|office|gym|bowling|"
    r"classroom|bathtub|carpet|hallway|museum|subway|bed)\b",
    "an office": r"\b(office|desk|computer|laptop|cubicle)\b",
    "a kitchen": r"\bkitchen\b",
    "a bedroom": r"\bbedroom\b",
    "a bathroom": r"\b(bathroom|bathtub|toilet)\b",
    "a restaurant": r"\b(restaurant|bar|cafe|diner|pub)\b",
    "a shop": r"\b(store|shop|market|supermarket)\b",
    "a stage": r"\b(stage|concert|microphones?)\b",
    "a street": r"\b(street|sidewalk|city|crosswalk|urban)\b",
    "a beach": r"\b(beach|seashore)\b",
    "a forest": r"\b(forest|woods|wooded)\b",
    "the mountains": r"\b(mountains?|cliffs?)\b",
    "a field": r"\b(field|meadow)\b",
    "the snow": r"\bsnow\w*\b",
    "the water": r"\b(pool|ocean|lake|river|sea|waves?)\b",
    "a gym": r"\bgym\w*\b",
    "playing music": r"\b(guitar|violin|drums?|piano|saxophone|accordion|band)\b",
    "riding a bike": r"\b(bike|bicycle|bmx|cycl\w+|track bicycle|bike polo)\b",
    "skateboarding": r"\bskateboard\w*",
    "surfing": r"\bsurf(ing|er|s|board)\b",
    "skiing": r"\b(ski|skis|skiing|skier|giant slalom|ski jumping)\b",
    "snowboarding": r"\bsnow ?board\w*",
    "swimming": r"\b(swim\w*|water polo)\b",
    "climbing": r"\b(rock|ice|pole|cliff)? ?climb(ing|s|er)\b",
    "playing soccer": r"\bsoccer\b",
    "playing football": r"\bfootball\b",
    "playing basketball": r"\bbasketball\b",
    "playing baseball": r"\bbaseball\b",
    "playing tennis": r"\btennis\b",
    "dancing": r"\bdanc(e|es|ing|ers?)\b|figure skating",
    "riding a horse": r"\b(horse|jousting|polo|barell racing)\b",
    "riding a motorcycle": r"\b(motorcycle|motorbike|dirt bike|sidecar)\w*",
    "drawn": r"(?!)",
}
_ACTIVITIES = (
    "playing music", "riding a bike", "skateboarding", "surfing", "skiing", "snowboarding", "swimming", "climbing",
    "playing soccer", "playing football", "playing basketball", "playing baseball", "playing tennis", "dancing",
    "riding a horse", "riding a motorcycle",
)  # fmt: skip
FRAME_KINDS = {  # what a label says of a clip
    **dict.fromkeys(FRAME_WORDS, "place"),  # not shipped
    **dict.fromkeys(_ACTIVITIES, "activity"),
    **dict.fromkeys(("indoors", "outdoors"), "setting"),
    "drawn": "drawn",
}
_MAN, _WOMAN = r"\b(man|men|boys?|guy|male)\b", r"\b(woman|women|girls?|lady|ladies|female)\b"
_OUTSIDE = {
    "a street",
    "a beach",
    "a forest",
    "the mountains",
    "a field",
    "the snow",
    "surfing",
    "skiing",
    "snowboarding",
}
_INSIDE = {"an office", "a kitchen", "a bedroom", "a bathroom", "a restaurant", "a gym"}
# Sets without these labels show them rarely; close-ups of bare heads are what the labelled sets lack.
_BARE = {"sunglasses": (0, _WEAK), "a hat": (0, _WEAK)}
# A portrait shows hardly any place or sport; captioned photos have few portraits, so it must be told.
_PHOTO = {name: (0, _WEAK) for name in FRAME_WORDS if name not in ("indoors", "outdoors")} | {"drawn": (0, 1.0)}


Known = tuple[str, "list[float] | None", dict[str, tuple[int, float]]]  # part, box, labels


@dataclass
class LabelledCrop:
    """One crop to learn from: which part of which image, what is known of it (label -> 0 or 1, weight), its split."""

    path: Path
    box: list[float] | None  # fractions; None is the whole image
    part: str  # "head" | "frame"
    labels: dict[str, tuple[int, float]]
    train: bool
    row: int  # line in the set's metadata


def read_examples(folder: Path, rows: list[dict[str, Any]], faces: list[list[list[float]]]) -> list[LabelledCrop]:
    """Every crop of one set with what is known about it; a set without a reader has none.

    Args:
        folder: the set's folder.
        rows: its metadata.
        faces: face boxes (fractions) an image; needed by captioned sets, may be empty lists elsewhere.
    """
    reader = READERS.get(folder.name)
    if reader is None:
        return []
    return [
        LabelledCrop(folder / row["file"], box, part, labels, row["split"] == "train", i)
        for i, (row, boxes) in enumerate(zip(rows, faces, strict=True))
        for part, box, labels in reader(row, boxes)
    ]


def _film(row: dict[str, Any], _: list) -> Iterable[Known]:
    facts = row["attributes"]
    labels = _gender(facts["gender"]) | {
        "smiling": (int(facts["expression"] == "happy"), 1.0),
        "a face mask": (0, _WEAK),
    }
    # "wears" holds one thing: None says nothing was worn, a beard or a hand leaves the glasses open
    if facts["wears"] in (None, "None", "glasses"):
        labels["glasses"] = (int(facts["wears"] == "glasses"), 1.0)
    if facts["wears"] in ("beard", None, "None"):
        labels["a beard"] = (int(facts["wears"] == "beard"), 1.0 if facts["wears"] == "beard" else _WEAK)
    yield "head", _scaled(head_box, _FILM_FACE), labels | _BARE
    yield "frame", None, _PHOTO


def _press(row: dict[str, Any], _: list) -> Iterable[Known]:
    if row.get("gender"):
        labels = _gender(row["gender"]) | {"a face mask": (0, _WEAK)}
        if row.get("emotion"):
            labels["smiling"] = (int(row["emotion"] == "happiness"), 1.0)
        yield "head", _scaled(head_box, _LFW_FACE), labels | _BARE
        yield "frame", None, _PHOTO


def _masks(row: dict[str, Any], _: list) -> Iterable[Known]:
    yield "head", None, {"a face mask": (int(row["attributes"]["face_mask"]), 1.0)} | _BARE
    yield "frame", None, _PHOTO


def _street(row: dict[str, Any], _: list) -> Iterable[Known]:
    x0, y0, x1, y1 = row["boxes"][0]["box"]
    items = {g["item"] for g in row["attributes"]["garments"]}
    height, x = y1 - y0, (x0 + x1) / 2
    side = 0.17 * height  # head and hair of a standing adult: about an eighth of the height, and a margin
    wide = side * row["h"] / row["w"]
    head = [x - wide / 2, y0 - 0.1 * side, x + wide / 2, y0 + 0.9 * side]
    yield "head", head, {"a hat": (int("hat" in items), 1.0), "sunglasses": (int("sunglasses" in items), 1.0)}
    yield "frame", None, {"outdoors": (1, _WEAK), "drawn": (0, 1.0)}


def _garment(_: dict[str, Any], __: list) -> Iterable[Known]:
    yield "frame", None, _PHOTO


def _captioned(row: dict[str, Any], faces: list[list[float]]) -> Iterable[Known]:
    labels = _words(row["captions"], FRAME_WORDS)
    labels["drawn"] = (0, 1.0)
    yield "frame", None, _settle(labels)
    if len(faces) == 1:
        who = _words(row["captions"], {"man": _MAN, "woman": _WOMAN})
        labels = _words(row["captions"], HEAD_WORDS)
        if {"man", "woman"} <= who.keys() and who["man"][0] != who["woman"][0]:
            labels |= _gender("male" if who["man"][0] else "female")
        yield "head", _scaled(head_box, faces[0]), labels


def _place(row: dict[str, Any], _: list) -> Iterable[Known]:
    inside = row["place"] in ("kitchen", "bedroom", "bathroom")
    labels = {name: (0, 1.0) for name in FRAME_WORDS} | {
        "indoors": (int(inside), 1.0),
        "outdoors": (int(not inside), 1.0),
    }
    if inside:
        labels[f"a {row['place']}"] = (1, 1.0)
    yield "frame", None, labels


def _sport(row: dict[str, Any], _: list) -> Iterable[Known]:
    labels = _words([row["action"]] * 2, FRAME_WORDS)
    doing = {name: labels[name] for name in labels if FRAME_KINDS[name] == "activity"}
    yield "frame", None, {name: (v, 1.0) for name, (v, _) in doing.items()} | {"drawn": (0, 1.0)}


def _exercise(row: dict[str, Any], _: list) -> Iterable[Known]:
    labels = {name: (0, _WEAK) for name in FRAME_WORDS if name not in ("indoors", "outdoors", "a gym")}
    yield "frame", None, labels | {"drawn": (0, 1.0)}


def _drawn(row: dict[str, Any], _: list) -> Iterable[Known]:
    yield "frame", None, {"drawn": (1, 1.0)}


def _gender(word: str) -> dict[str, tuple[int, float]]:
    return {"man": (int(word == "male"), 1.0), "woman": (int(word != "male"), 1.0)}


def _words(captions: list[str], table: dict[str, str]) -> dict[str, tuple[int, float]]:
    """Two captions make a label; one leaves it open; none is weak evidence against it."""
    counts = {name: sum(bool(re.search(p, c.lower())) for c in captions) for name, p in table.items()}
    return {name: (int(n > 0), 1.0 if n else _WEAK) for name, n in counts.items() if n != 1}


def _settle(labels: dict[str, tuple[int, float]]) -> dict[str, tuple[int, float]]:
    """Inside and outside exclude each other; a place settles which, and what isn't said is unknown."""
    true = {name for name, (value, _) in labels.items() if value}
    outside, inside = bool(true & (_OUTSIDE | {"outdoors"})), bool(true & (_INSIDE | {"indoors"}))
    for name, here in (("outdoors", outside), ("indoors", inside)):
        labels.pop(name, None)
        if outside != inside:
            labels[name] = (int(here), 1.0)
    return labels


def _scaled(region: Callable[[NDArray], NDArray], face: list[float]) -> list[float]:
    return [float(v) for v in region(np.array(face, np.float32))]


READERS: dict[str, Callable[[dict[str, Any], list[list[float]]], Iterable[Known]]] = {
    "imfdb_attr": _film,
    "lfw": _press,
    "masks": _masks,
    "ccp_clothes": _street,
    "clothing_cc0": _garment,
    "flickr8k": _captioned,
    "coco_mini": _captioned,
    "houses": _place,
    "sports100": _sport,
    "exercises": _exercise,
    "anime": _drawn,
}
