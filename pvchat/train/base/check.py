"""Validation of a trained model: `python -m pvchat.train.base.check --start FOLDER --phase 2 --validate-rows 700`.

In: the options of base training; `--start` is a run, a checkpoint or a saved model. Out: one JSON object on standard
output: recall of phase 1, BLEU-4 and ROUGE-L of phase 2 (`--beams` for a beam search), balanced accuracies of phase 3,
answers that agree with the rules of phase 4.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import torch

from pvchat.model.sentences import Encode, SentenceEncoder
from pvchat.train.base.config import BaseConfig, parse
from pvchat.train.base.phases import Phase
from pvchat.train.base.run import PHASE_OF, make_model


def main(words: Sequence[str] | None = None) -> None:
    """Check with command-line words."""
    json.dump(check(parse(words)), sys.stdout, indent=2)
    sys.stdout.write("\n")


def check(config: BaseConfig, encode: Encode | None = None) -> dict[str, Any]:
    """The validation numbers of one phase; nothing is written.

    Args:
        config: `start`, `phase`, `validate_rows` and the data are used.
        encode: texts to sentence vectors; None loads MiniLM when the cache lacks a text.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    model = make_model(config).eval()
    phase: Phase = PHASE_OF[config.phase](config, model, encode or SentenceEncoder().encode)
    with torch.no_grad():
        return {"start": config.start, "rows": config.validate_rows, **phase.validate(model)}


if __name__ == "__main__":
    main()
