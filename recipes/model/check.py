"""Validation of a trained model: `python -m recipes.model.check --start FOLDER --phase 2 --validate-rows 700`.

In: the options of base training; `--start` is a run, a checkpoint or a saved model. Out: one JSON object on standard
output: recall of phase 1, BLEU-4 and ROUGE-L of phase 2, balanced accuracies of phase 3,
answers that agree with the rules of phase 4, which is `recipes/answering`'s.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from pvchat.model.sentences import Encode, SentenceEncoder
from recipes.answering.answering import AnsweringConfig, AnsweringPhase
from recipes.model.base.config import PHASES, BaseConfig, parse
from recipes.model.base.run import PHASE_OF, make_model


@dataclass(frozen=True)
class CheckConfig(BaseConfig):
    """One of the four phases."""

    phases: ClassVar[dict[int, str]] = {**PHASES, **AnsweringConfig.phases}


def main(words: Sequence[str] | None = None) -> None:
    """Check with command-line words."""
    json.dump(check(parse(words, CheckConfig)), sys.stdout, indent=2)
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
    phase = {**PHASE_OF, 4: AnsweringPhase}[config.phase](config, model, encode or SentenceEncoder().encode)
    with torch.no_grad():
        return {"start": config.start, "rows": config.validate_rows, **phase.validate(model)}


if __name__ == "__main__":
    main()
