"""What a filled frame means by words that its fragments can't see: "or" as a choice, "else" as whoever was spoken of.

"Is Ana sitting or standing?" asks which; "is anyone sitting or standing?" asks whether.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recipes.reader.templates import Piece

CHOSEN = {"worn", "hair", "gender", "deed", "posture", "side", "place", "setting", "light", "holding", "shot_size"}
_ANY = {
    "any",
    "anyone",
    "anybody",
    "someone",
    "somebody",
    "every",
    "each",
    "no",
    "none",
    "either",
    "neither",
    "only",
    "just",
}
_BE = {"is", "are", "was", "were"}
_WHO = {"who", "anyone", "anybody", "someone", "somebody", "everyone", "everybody", "nobody", "one"}


def settled(pieces: Sequence[Piece], heads: dict[str, str]) -> dict[str, str]:
    """Heads of a question; conditions of one kind with "or", of somebody certain, are a choice between them."""
    if heads.get("join") != "or" or heads.get("form") != "polar" or heads.get("select") != "exists":
        return heads
    tags = [piece.tag for piece in pieces]
    kinds = {tag[2:] for tag in tags if tag.startswith("P-")} - {"colour"}
    somebody = any(tag.startswith("S-") for tag in tags) and not _ANY & {piece.word for piece in pieces}
    if not somebody or len(kinds) != 1 or not kinds <= CHOSEN or heads.get("throughout"):
        return heads
    return {**heads, "select": "attribute", "attribute": kinds.pop(), "form": "choice"}


def others_left_out(pieces: Sequence[Piece]) -> list[Piece]:
    """With "else" tagged as the people spoken of before, unless the question itself says besides whom."""
    if any(piece.tag.startswith("X-") for piece in pieces):
        return list(pieces)
    made = list(pieces)
    for i, (before, piece) in enumerate(zip(pieces, pieces[1:], strict=False)):
        if piece.word == "else" and before.word in _WHO:
            made[i + 1] = Piece("else", "X-pronoun", piece.value)
    return made


def at_some_time(pieces: Sequence[Piece], heads: dict[str, str]) -> dict[str, str]:
    """Heads of a question; with "ever" it asks whether there is such a time, also of what is not so."""
    asked = heads.get("select") == "exists" and heads.get("form") == "polar" and "throughout" not in heads
    return {**heads, "throughout": "ever"} if asked and "ever" in {piece.word for piece in pieces} else heads


def asked_of(pieces: Sequence[Piece], heads: dict[str, str]) -> list[Piece]:
    """With what is said of "the man" at the end of a yes-or-no question tagged as asked of him: "is the man wearing a
    hat?" asks whether he does, "is the man with a hat there?" whether he is there.
    """
    said = [i for i, piece in enumerate(pieces) if piece.tag != "O"]
    narrowed = [i for i in said if pieces[i].tag.startswith("S-") and pieces[i].tag[2:] != "gender"]
    sexes = [i for i in said if pieces[i].tag == "S-gender"]
    bare = heads.get("select") == "exists" and pieces[0].word in _BE and all(p.tag[0] in "SO" for p in pieces)
    ends = bool(said) and not any(piece.word.isalpha() for piece in pieces[said[-1] + 1 :])
    if not (bare and ends and narrowed and len(sexes) == 1 and sexes[0] < narrowed[0]):
        return list(pieces)
    return [replace(p, tag="P" + p.tag[1:]) if i in narrowed else p for i, p in enumerate(pieces)]
