"""The steps that make rows: questions about the samples, and the data set of both.

In: an `Augmentation` whose samples went through the gates. Out: `questions.jsonl`, `dataset.jsonl` and what lies beside
it, and what the manifests say of them.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from pvchat.augment.augmentation import RESULTS, Augmentation, read_samples
from pvchat.augment.dataset import folder as dataset
from pvchat.augment.journal import read_lines, write_lines
from pvchat.augment.questions.rows import write_questions
from pvchat.augment.questions.teacher import Watched
from pvchat.augment.schemas import Row


def write_rows(run: Augmentation, made: str) -> dict[str, Any]:
    """Ask about the kept samples."""
    samples = [s for s in read_samples(run.out) if not s.dropped]
    subject = run.profile

    def looking(done: int) -> None:
        run.check()
        run.watch.tell("writing questions", done, len(samples))

    watched = Watched(run.teacher, looking)
    rows = write_questions(
        samples, run.name, run.analyses, seed=run.seed, teacher=watched, people=[subject.person], own=subject.facts
    )
    looking(len(samples))
    write_lines(run.out / RESULTS["questions"], [r.to_dict() for r in rows])
    kinds, types = Counter(r.kind for r in rows), Counter(r.type for r in rows)
    told = Counter(r.teacher for r in rows)
    return {"counts": {"rows": len(rows), **dict(types), **dict(kinds)}, "dropped": {}, "teachers": dict(told)}


def write_dataset(run: Augmentation, made: str) -> dict[str, Any]:
    """Put samples and rows together, with a card and checksums."""
    samples = [s for s in read_samples(run.out) if not s.dropped]
    rows = [Row(**row) for row in read_lines(run.out / RESULTS["questions"])]
    dataset.write(run.out, samples, rows)
    size = sum((run.out / s.media).stat().st_size for s in samples)
    return {"counts": {"samples": len(samples), "rows": len(rows), "media_bytes": size}, "dropped": {}}
