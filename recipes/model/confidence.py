"""How much the trained model may be believed: `python -m recipes.model.confidence --model FOLDER --data FOLDER`.

In: a trained model and held-back captioned pictures. Out: `claims.json` beside its weights, which `calibration.py`
reads: for each kind of claim the least gain (how much likelier the picture makes it) from which at least `PRECISION` of
the claims are right here, or null where no gain reaches that. Right means that the phrase is near (MiniLM) to what a
caption of the same picture says, or shares half of its content words. With them the scales of the choices
(`choices.py`). Run it anew whenever the weights change.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pvchat.bases.models import find
from pvchat.chat.reader.captions import read_phrase
from pvchat.chat.speakers.calibration import CALIBRATION, ClaimKind
from pvchat.chat.speakers.claims import ASKED
from pvchat.chat.speakers.describe import Describer
from pvchat.chat.vocabulary import FUNCTION_WORDS
from pvchat.model.lines import Line
from pvchat.model.sentences import Encode, SentenceEncoder
from pvchat.model.trained import TrainedModel
from pvchat.schemas import ClipAnalysis
from recipes.model.base.captions import read_questions
from recipes.model.base.config import AUTO, CAPTIONED
from recipes.model.base.data import Photo, Pictures, read_photos
from recipes.model.choices import SURE, least_score, measure

PRECISION = SURE  # of claims, which are shown as they are
NEAR, SHARED = 0.6, 0.5  # cosine, or F1 of content words, from which a claim counts as right [choice]
CLAIMED: dict[str, ClaimKind] = {"action": "action", "appearance": "appearance", "location": "location"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Judged:
    """One claim about a held-back picture."""

    kind: ClaimKind
    phrase: str
    gain: float
    right: bool


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
    parser.add_argument("--pictures", type=int, default=100, help="to be described; choices are measured on all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    folder = find(args.model)
    if folder is None:
        parser.error(f"{args.model} has no weights")
    encode = SentenceEncoder().encode
    photos = [p for p in read_photos(args.data, args.sets.split(",")) if p.validation and not p.auto]
    chosen = np.random.default_rng(args.seed).permutation(len(photos))[: args.pictures]
    describer = Describer(TrainedModel(folder, args.device), encode)
    judged = judge(describer, [photos[i] for i in chosen], args.features, encode)
    sets = [name for name in args.others.split(",") if name]
    others = [p for p in read_photos(args.data, sets, labelled=True) if p.validation]
    alike, rest = (Pictures(part, args.features, describer.model.config) for part in (photos, others))
    rows, measured = measure(describer.model, alike, rest, encode)
    report = summary(judged) | {"choices": rows, "choices_measured": measured}
    (folder / CALIBRATION).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    log.info("%s", json.dumps({key: value for key, value in report.items() if key != "choices"}, indent=1))


def judge(describer: Describer, photos: Sequence[Photo], features: Path, encode: Encode) -> list[Judged]:
    """The model's claims about pictures, against what their captions say.

    Args:
        describer: the model.
        photos: held-back pictures with captions.
        features: cache of frozen features.
        encode: MiniLM.
    """
    pictures = Pictures(list(photos), features, describer.model.config)
    found: list[Judged] = []
    for i, asked in enumerate(read_questions(photos)):
        truth: dict[tuple[ClaimKind, str], list[str]] = {("scene", ASKED["scene"]): list(photos[i].captions)}
        for one in asked:
            if kind := CLAIMED.get(one.kind):
                question = ASKED["action"] if kind == "action" else one.question
                truth.setdefault((kind, question), []).append(one.answer)
        lines = list(dict.fromkeys(Line(question) for _, question in truth))
        told = dict(zip(lines, describer.say(_as_clip(str(i), pictures.grids([i])), lines), strict=True))
        describer.forget()
        for (kind, question), references in truth.items():
            words = told[Line(question)]
            if phrase := read_phrase(kind, words.text):
                meant = [m for text in references if (m := read_phrase(kind, text))]
                found.append(Judged(kind, phrase, words.gain, bool(meant) and is_right(phrase, meant, encode)))
    return found


def is_right(phrase: str, references: Sequence[str], encode: Encode) -> bool:
    """Whether a phrase says what one of the references says: near in meaning, or sharing half of the content words."""
    vectors = encode([phrase, *references])
    near = float((vectors[1:] @ vectors[0]).max()) >= NEAR
    return near or max(_content_f1(phrase, r) for r in references) >= SHARED


def summary(judged: Sequence[Judged]) -> dict[str, Any]:
    """Least gains by kind, and what they were read from."""
    kinds: dict[str, Any] = {}
    for kind in ASKED:
        own = [j for j in judged if j.kind == kind]
        gain = least_gain(own)
        shown = [] if gain is None else [j for j in own if j.gain >= gain]
        kinds[kind] = {
            "claims": len(own),
            "right": round(float(np.mean([j.right for j in own])), 3) if own else None,
            "shown": len(shown),
            "shown_right": round(float(np.mean([j.right for j in shown])), 3) if shown else None,
            "different": len({j.phrase for j in own}),
        }
    least = {kind: least_gain([j for j in judged if j.kind == kind]) for kind in ASKED}
    return {"least_gain": least, "precision": PRECISION, "measured": kinds}


def least_gain(judged: Sequence[Judged]) -> float | None:
    """The least gain at and above which `PRECISION` of the claims are right, from at least `choices.SHOWN` of them.

    Only claims that the picture makes likelier count: a gain below 0 never passes.
    """
    likelier = [j for j in judged if j.gain > 0]
    return least_score(np.array([j.gain for j in likelier]), np.array([j.right for j in likelier], bool), PRECISION)


def _as_clip(key: str, grid: Any) -> ClipAnalysis:
    """A picture's grid [1, N, W] as an analysed clip of one frame without people."""
    return ClipAnalysis(key, 1.0, 1, 1, np.full(1, 0.5, np.float32), grid, [])


def _content_f1(said: str, truth: str) -> float:
    a, b = ([w for w in re.findall(r"[a-z]+", t.lower()) if w not in FUNCTION_WORDS] for t in (said, truth))
    return 2 * sum((Counter(a) & Counter(b)).values()) / max(1, len(a) + len(b))


if __name__ == "__main__":
    main()
