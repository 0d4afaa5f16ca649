"""How sure the trained model's choices must be: `python -m recipes.model.confidence --model FOLDER --data FOLDER`.

In: a trained model, held-back captioned pictures, other held-back pictures (for what is usual only). Out: `claims.json`
beside its weights, which `model/choices.py` reads: a `Scale` for each kind of answer, and how it was read. Run it anew
whenever the weights change.

A choice is right about a picture when a caption of it has one of the choice's words. Captions seldom say where or what
else; so precision counts pictures only whose captions name any choice.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pvchat.bases.models import find
from pvchat.model.choices import (
    CAPTION_QUESTION,
    LEVELS,
    LIMITS,
    SETTINGS,
    ChoiceKind,
    Level,
    Scale,
    choices,
    group_shares,
    pooled,
    possible,
    sentences,
    softmax,
    standardised,
)
from pvchat.model.sentences import Encode, SentenceEncoder
from pvchat.model.trained import TrainedModel
from pvchat.schemas import FloatArray, SceneFacts
from recipes.model.base.config import AUTO, CAPTIONED
from recipes.model.base.contrast import similarity
from recipes.model.base.data import Photo, Pictures, picture_features, read_photos
from recipes.model.batches import encode_clips

KINDS: tuple[ChoiceKind, ...] = ("location",)  # deeds are told by a head (ADR 0107)
LIKELY, SURE = 0.6, 0.8  # precision from which a choice is said with "probably", and without [choice]
FEWEST = 3  # held-back pictures that must confirm a choice before it is offered [choice]
SHOWN = 8  # choices or claims that a limit must rest on [choice]
_BATCH = 48
_SHARPNESS = np.geomspace(0.2, 10, 80)
log = logging.getLogger(__name__)


def likeness(model: Any, pictures: Pictures, encode: Encode) -> dict[ChoiceKind, FloatArray]:
    """Likeness [n, S] of n pictures to the sentences of each kind."""
    question = torch.from_numpy(encode([CAPTION_QUESTION]))
    texts = {kind: torch.from_numpy(encode(sentences(kind))) for kind in KINDS}
    found: dict[ChoiceKind, list[FloatArray]] = {kind: [] for kind in KINDS}
    for start in range(0, len(pictures), _BATCH):
        grids = pictures.grids(range(start, min(start + _BATCH, len(pictures))))
        with torch.inference_mode():
            visual = encode_clips(model, picture_features(grids, None, model.config))
            seen = model.read(visual, question.expand(len(grids), -1)).sentences.float()
        for kind, vectors in texts.items():
            found[kind].append(similarity(seen, vectors).numpy())
    return {kind: np.concatenate([np.zeros((0, len(texts[kind])), np.float32), *rows]) for kind, rows in found.items()}


def mentioned(kind: ChoiceKind, photos: Sequence[Photo]) -> NDArray[np.bool_]:
    """[n, K] whether a caption of each picture has a word of each choice."""
    patterns = [re.compile(rf"\b(?:{choice.words})\b", re.IGNORECASE) for choice in choices(kind)]
    texts = [" ".join(photo.captions) for photo in photos]
    return np.array([[bool(p.search(text)) for p in patterns] for text in texts]).reshape(len(texts), len(patterns))


def settings(pictures: Pictures) -> list[str | None]:
    """Indoors or outdoors, as the product measures it."""
    from pvchat.perception.experts.attributes import AttributeExpert

    heads, found = AttributeExpert(), []
    for row in range(len(pictures)):
        labels = [claim.label for claim in heads.claims("frame", pictures.grids([row]).mean(1))]
        found.append(next((label for label in labels if label in SETTINGS), None))
    return found


def fit(
    kind: ChoiceKind, alike: FloatArray, others: FloatArray, named: NDArray[np.bool_], where: Sequence[str | None]
) -> tuple[Scale, dict[str, Any]]:
    """The scale of one kind and what it was read from.

    Args:
        kind: of answer.
        alike: [n, S] of the captioned pictures.
        others: [m, S] of further pictures, for what is usual.
        named: [n, K] from `mentioned`.
        where: n times the measured setting.
    """
    scale = replace(usual_scale(kind, np.concatenate([alike, others])), offered=named.sum(0) >= FEWEST)
    many = max(choice.company for choice in choices(kind))
    allowed = np.stack([possible(kind, SceneFacts(setting=w), many) for w in where])
    named = named & allowed & scale.offered
    covered: NDArray[np.bool_] = np.asarray(named.any(1))
    scores, named, allowed = scale.scores(kind, alike)[covered], named[covered], (allowed & scale.offered)[covered]
    losses = [-np.log((softmax(s * scores, allowed) * named).sum(1) + 1e-9).mean() for s in _SHARPNESS]
    scale = replace(scale, sharpness=round(float(_SHARPNESS[np.argmin(losses)]), 3))
    shares = softmax(scale.sharpness * scores, allowed)
    report: dict[str, Any] = {"pictures": len(covered), "covered": int(covered.sum())}
    least: dict[Level, dict[str, float | None]] = {level: {} for level in LEVELS}
    for prefix, sums, truth in (
        ("", shares, named),
        ("group ", group_shares(kind, shares), group_shares(kind, named) > 0),
    ):
        sure, right = sums.max(1), truth[np.arange(len(sums)), sums.argmax(1)]
        for setting in SETTINGS:
            own = np.array([w == setting for w in where], bool)[covered]
            report[prefix + setting] = {"pictures": int(own.sum()), "right": _mean(right[own])}
            for word, goal in (("likely", LIKELY), ("sure", SURE)):
                limit = least_score(sure[own], right[own], goal)
                least[prefix + word][setting] = limit  # type: ignore[index]
                report[prefix + setting][word] = _precision(sure[own], right[own], limit)
    return replace(scale, least=least), report


def usual_scale(kind: ChoiceKind, likeness: FloatArray) -> Scale:
    """What is usual, out of likeness [n, S] to n pictures; everything is offered."""
    sentence = _usual(likeness)
    scores = pooled(kind, standardised(likeness, sentence))
    return Scale(sentence, _usual(scores), np.ones(scores.shape[1], bool))


def least_score(scores: NDArray[np.floating], right: NDArray[np.bool_], precision: float) -> float | None:
    """The least score at and above which what is said is right with this precision, from at least `SHOWN` of it."""
    order = np.argsort(-scores, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = [i for i in range(SHOWN - 1, len(order)) if share[i] >= precision]
    return round(float(scores[order][good[-1]]), 4) if good else None


def measure(model: Any, captioned: Pictures, others: Pictures, encode: Encode) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows of `claims.json` by kind, and the report by kind."""
    alike, rest, where = likeness(model, captioned, encode), likeness(model, others, encode), settings(captioned)
    rows: dict[str, Any] = {}
    reports: dict[str, Any] = {}
    for kind in KINDS:
        scale, reports[kind] = fit(kind, alike[kind], rest[kind], mentioned(kind, captioned.photos), where)
        rows[kind] = row_of(kind, scale)
    return rows, reports


def row_of(kind: ChoiceKind, scale: Scale) -> dict[str, Any]:
    """A scale as JSON, as `Scale.from_dict` reads it."""
    said = [choice.said for choice in choices(kind)]
    return {
        "least": {level: dict(limits) for level, limits in scale.least.items()}, "sharpness": scale.sharpness,
        "offered": [name for name, yes in zip(said, scale.offered, strict=True) if yes], "choices": said,
        **{key: np.round(getattr(scale, key).astype(float), 5).tolist() for key in ("sentence", "choice")},
    }  # fmt: skip


def main(words: Sequence[str] | None = None) -> None:
    """Measure with command-line words and write the file."""
    parser = argparse.ArgumentParser(prog="python -m recipes.model.confidence", description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="embedded", help="a preset with weights, a model's or a run's folder")
    parser.add_argument("--data", type=Path, default=Path("../shared/traindata"))
    parser.add_argument("--features", type=Path, default=Path("runs/features"))
    parser.add_argument("--sets", default=",".join(CAPTIONED))
    parser.add_argument(
        "--others", default=",".join(AUTO), help="sets of further pictures that say what likeness is usual"
    )
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folder = find(args.model)
    if folder is None:
        parser.error(f"{args.model} has no weights")
    model = TrainedModel(folder, args.device).model
    photos = [p for p in read_photos(args.data, args.sets.split(",")) if p.validation and not p.auto]
    sets = [name for name in args.others.split(",") if name]
    others = [p for p in read_photos(args.data, sets, labelled=True) if p.validation]
    alike, rest = (Pictures(part, args.features, model.config) for part in (photos, others))
    rows, measured = measure(model, alike, rest, SentenceEncoder().encode)
    (folder / LIMITS).write_text(json.dumps({"choices": rows, "choices_measured": measured}, indent=1) + "\n", "utf-8")
    log.info("%s", json.dumps(measured, indent=1))


def _precision(sure: FloatArray, right: NDArray[np.bool_], least: float | None) -> dict[str, Any]:
    kept = right[sure >= least] if least is not None else right[:0]
    return {"least": least, "shown": len(kept), "right": _mean(kept)}


def _usual(values: FloatArray) -> FloatArray:
    """[2, n] mean and standard deviation of each column."""
    return np.stack([values.mean(0), values.std(0) + 1e-6])


def _mean(values: NDArray[np.bool_]) -> float | None:
    return round(float(values.mean()), 3) if len(values) else None


if __name__ == "__main__":
    main()
