"""A data set about one person, and the analyses of its samples read once.

In: samples and rows of an augmentation, the analyses kept beside them. Out: `TrainingSet`. Torch-free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pvchat.augment.questions.cast import Analyses
from pvchat.augment.schemas import Row, Sample
from pvchat.schemas import ClipAnalysis


@dataclass(frozen=True)
class TrainingSet:
    """What one person is trained on.

    Attributes:
        samples: kept ones.
        rows: questions about them.
        analyses: what the experts saw in a sample.
        folder: where the samples' media lie; None where only analyses are needed.
    """

    samples: Sequence[Sample]
    rows: Sequence[Row]
    analyses: Analyses
    folder: Path | None = None


def remembered(analyses: Analyses) -> Analyses:
    """The same, each read once: some megabytes a sample less on the way from disk."""
    seen: dict[str, ClipAnalysis] = {}

    def look(sample: Sample) -> ClipAnalysis:
        if sample.id not in seen:
            seen[sample.id] = analyses(sample)
        return seen[sample.id]

    return look
