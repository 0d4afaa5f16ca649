"""How sure the trained model's choices must be: `python -m recipes.model.confidence --model FOLDER --data FOLDER`.

In: a trained model and held-back captioned pictures. Out: `claims.json` beside its weights, which `chat/speakers/`
reads: the scales of the choices (`choices.py`). Run it anew whenever the weights change.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from pathlib import Path

from pvchat.bases.models import find
from pvchat.chat.speakers.claims import LIMITS
from pvchat.model.sentences import SentenceEncoder
from pvchat.model.trained import TrainedModel
from recipes.model.base.config import AUTO, CAPTIONED
from recipes.model.base.data import Pictures, read_photos
from recipes.model.choices import measure

log = logging.getLogger(__name__)


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


if __name__ == "__main__":
    main()
