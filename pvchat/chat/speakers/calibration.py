"""How much the trained model may be believed: `claims.json` beside its weights in, limits out.

The file is written by `recipes/model/confidence.py`: for each kind of claim the least gain from which it may be
said, and the scales of the choices (`choices.py`). It is read once a model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pvchat.chat.speakers.choices import KINDS, ChoiceKind, Scale
from pvchat.errors import WeightsError

ClaimKind = Literal["action", "appearance", "location", "scene"]
CLAIM_KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)
GAIN = 0.3  # of a claim, in nats a token, where the weights bring no thresholds of their own [choice]
CALIBRATION = "claims.json"  # {"least_gain": {kind: least gain, or null for kinds not worth asking}, "choices": {…}}


@dataclass(frozen=True)
class Calibration:
    """What one model's claims need.

    Attributes:
        least: the gain from which a claim of each kind is said; None for a kind that is never asked for.
        scales: of the choices, by kind; kinds that weren't measured are missing and never chosen from.
    """

    least: Mapping[ClaimKind, float | None] = field(default_factory=lambda: dict.fromkeys(CLAIM_KINDS, GAIN))
    scales: Mapping[ChoiceKind, Scale] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What was measured for the weights in a folder; the defaults where nothing was.

        Raises:
            WeightsError: the file is broken, or was measured for other choices.
        """
        file = folder / CALIBRATION
        if not file.is_file():
            return cls()
        try:
            return cls.from_dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(
                "no thresholds can be read here", subject=str(file), hint="Measure them again."
            ) from error

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """What the file holds; ValueError, KeyError or TypeError when it is something else."""
        gains, measured = row["least_gain"], row.get("choices", {})
        least = {kind: None if gains[kind] is None else float(gains[kind]) for kind in CLAIM_KINDS}
        return cls(least, {kind: Scale.from_dict(kind, measured[kind]) for kind in KINDS if kind in measured})
