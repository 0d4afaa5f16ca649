"""Augmentation of many clips: one after another, over processes of this machine, or over a Ray cluster (`pool.py`).

In: jobs. Out: one row a job, in the order of the jobs, the same however they were spread. An error that a user can mend
fails its own job and no other. A finished data set is not made again, so a run that was stopped goes on when it is
called again.

    augment_many([AugmentJob(Path("ana.mp4"), "Ana", Path("sets/ana"))], open_chat, AugmentConfig())
    [{"clip": "ana.mp4", "name": "Ana", "out": "sets/ana", "rows": 1243, "sha256": "…"}]
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pvchat import pool
from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.config import Settings
from pvchat.errors import PVChatError, SettingsError
from pvchat.schemas import Service

DATASET = "dataset.jsonl"

Row = dict[str, Any]  # what JSON can hold
Opener = Callable[[Settings], Service]  # goes to other processes: a function of a module


@dataclass(frozen=True)
class AugmentJob:
    """One clip to augment.

    Attributes:
        clip: a video, an animation or a photo.
        name: of the person it is about.
        out: folder of the data set.
    """

    clip: Path
    name: str
    out: Path

    def __str__(self) -> str:
        return str(self.clip)

    def to_dict(self) -> Row:
        """The job as JSON."""
        return {"clip": str(self.clip), "name": self.name, "out": str(self.out)}


def augment_many(
    jobs: Sequence[AugmentJob],
    open_chat: Opener,
    config: AugmentConfig,
    settings: Settings | None = None,
    workers: int = 1,
    watch: Watch = UNWATCHED,
) -> list[Row]:
    """Augment many clips by `config.engine`.

    Args:
        jobs: no two with the same folder.
        open_chat: opens the service that augments, once a worker.
        config: of every augmentation.
        settings: of the service.
        workers: how many at once.
        watch: told how many jobs are done, of how many; no further job begins once it is stopped.

    Returns:
        A row for each job: clip, name, out, and either rows (their number) and sha256 of dataset.jsonl, or error.

    Raises:
        SettingsError: two jobs have one folder, there is no such engine, or Ray isn't installed.
    """
    if len({Path(job.out).resolve() for job in jobs}) < len(jobs):
        raise SettingsError("two clips can't be augmented into one folder.", subject="--out")
    rows: dict[int, Row] = {}
    open_worker = partial(_worker, open_chat, config, settings or Settings())
    with closing(pool.results(jobs, open_worker, workers, config.engine)) as results:
        while not watch.stopped and (done := next(results, None)) is not None:
            rows[done[0]] = done[1]
            watch.tell("augmenting clips", len(rows), len(jobs))
    return [rows[number] for number in sorted(rows)]


def _worker(open_chat: Opener, config: AugmentConfig, settings: Settings) -> Callable[[AugmentJob], Row]:
    """What a worker does with one job after another, with one service, which loads the experts once."""
    from pvchat.augment import steps

    chat = open_chat(settings)

    def run(job: AugmentJob) -> Row:
        """Rows of the data set and its digest, or the error that failed the job."""
        try:
            data = (steps.augment(job.clip, job.name, job.out, chat, config) / DATASET).read_bytes()
        except PVChatError as error:
            return {**job.to_dict(), "error": error.to_dict()}
        return {**job.to_dict(), "rows": data.count(b"\n"), "sha256": hashlib.sha256(data).hexdigest()}

    return run
