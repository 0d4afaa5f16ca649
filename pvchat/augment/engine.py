"""Augmentation of many clips: one after another in this process, or spread over the workers of Ray Data.

In: jobs (clip, name, folder for the data set). Out: one row a job, in the order of the jobs, the same whichever engine
made them. An error that a user can mend fails its own job and no other. A finished data set is not made again, so a run
that was stopped goes on when it is called again.

Ray Data comes with the extra `ray`. Without `$RAY_ADDRESS` it starts workers on this machine; with it, it uses that
cluster, whose nodes must see the clips and the folders under the same paths.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pvchat.augment.settings import AugmentConfig
from pvchat.augment.watch import NOBODY, Watch
from pvchat.config import Settings
from pvchat.errors import PVChatError, SettingsError
from pvchat.schemas import Service

ENGINES = ("local", "ray")
DATASET = "dataset.jsonl"

Row = dict[str, Any]  # what JSON can hold
Task = Callable[[Row], Row]
Opener = Callable[[Settings], Service]  # pickled by name for the workers of Ray: a function of a module


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

    def to_dict(self) -> Row:
        """The job as JSON."""
        return {"clip": str(self.clip), "name": self.name, "out": str(self.out)}


@dataclass
class Augmenter:
    """Augments one job after another; each worker has one, which loads the experts once.

    Attributes:
        open_chat: opens the service, once a worker.
        config: of every augmentation.
        settings: of the service.
    """

    open_chat: Opener
    config: AugmentConfig
    settings: Settings

    def __call__(self, row: Row) -> Row:
        """A job as a row, to what came of it: rows of the data set, and its digest."""
        from pvchat.augment import steps

        folder = steps.augment(row["clip"], row["name"], Path(row["out"]), self._chat, self.config)
        data = (Path(folder) / DATASET).read_bytes()
        return {**row, "rows": data.count(b"\n"), "sha256": hashlib.sha256(data).hexdigest()}

    @cached_property
    def _chat(self) -> Service:
        return self.open_chat(self.settings)


def augment_many(
    jobs: Sequence[AugmentJob],
    open_chat: Opener,
    config: AugmentConfig,
    settings: Settings | None = None,
    workers: int = 1,
    watch: Watch = NOBODY,
) -> list[Row]:
    """Augment many clips by `config.engine`.

    Args:
        jobs: no two with the same folder.
        open_chat: opens the service that augments, once a worker.
        config: of every augmentation.
        settings: of the service.
        workers: of Ray; the local engine has one, this process.
        watch: told how many jobs are done, of how many; stops before the next job (local engine).

    Returns:
        A row for each job: clip, name, out, and either rows (their number) and sha256 of dataset.jsonl, or error.

    Raises:
        SettingsError: two jobs have one folder, or Ray isn't installed.
    """
    if len({Path(job.out).resolve() for job in jobs}) < len(jobs):
        raise SettingsError("two clips can't be augmented into one folder.", subject="--out")
    alone = replace(config, engine="local")  # the data set doesn't tell the engine
    task = Augmenter(open_chat, alone, settings or Settings())
    items = [job.to_dict() for job in jobs]
    return run(task, items, config.engine, workers, watch)


def run(
    task: Task,
    items: Sequence[Row],
    engine: str = "local",
    workers: int = 1,
    watch: Watch = NOBODY,
) -> list[Row]:
    """Do a task for every item.

    Args:
        task: from a row to a row, both of what JSON can hold; with Ray each worker unpickles its own copy once.
        items: rows.
        engine: "local" or "ray".
        workers: as of `augment_many`.
        watch: as of `augment_many`.

    Returns:
        What the task gave for each item, in the items' order; {**item, "error": …} where it raised a `PVChatError`.

    Raises:
        SettingsError: no such engine, or Ray isn't installed.
    """
    if engine not in ENGINES:
        raise SettingsError(f"there is no engine '{engine}'.", hint=f"Use {' or '.join(ENGINES)}.")
    texts = [json.dumps(item, sort_keys=True) for item in items]
    rows: list[str | None] = [None] * len(texts)
    results = _on_ray(task, texts, workers) if engine == "ray" else _here(task, texts, watch)
    for done, (number, row) in enumerate(results, 1):
        rows[number] = row
        watch.tell("augmenting clips", done, len(texts))
    return [json.loads(row) for row in rows if row is not None]


def _here(task: Task, texts: Sequence[str], watch: Watch) -> Iterator[tuple[int, str]]:
    for number, text in enumerate(texts):
        if watch.stopped:
            return
        yield number, _done(task, text)


def _on_ray(task: Task, texts: Sequence[str], workers: int) -> Iterator[tuple[int, str]]:
    """Rows travel as JSON text: Arrow would guess types from the first rows and change others."""
    with _ray(workers) as ray:
        rows = [{"number": number, "text": text} for number, text in enumerate(texts)]
        data = ray.data.from_items(rows, override_num_blocks=max(1, len(rows)))  # a block a clip: they are long tasks
        done = data.map(
            _RayWorker, fn_constructor_args=(task,), num_cpus=1, compute=ray.data.ActorPoolStrategy(size=workers)
        )
        for row in done.iter_rows():
            yield int(row["number"]), str(row["text"])


class _RayWorker:
    """One worker: keeps its task, and what that has loaded."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def __call__(self, row: Row) -> Row:
        return {"number": row["number"], "text": _done(self.task, row["text"])}


def _done(task: Task, text: str) -> str:
    item: Row = json.loads(text)
    try:
        return json.dumps(task(item), sort_keys=True)
    except PVChatError as error:
        return json.dumps({**item, "error": error.to_dict()}, sort_keys=True)


@contextmanager
def _ray(workers: int) -> Iterator[Any]:
    """Ray, started for the time of one run unless it runs already."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise SettingsError(
            "Ray isn't installed.", subject="--engine ray", hint="pip install 'pvchat[ray]'."
        ) from error
    if ray.is_initialized():
        yield ray
        return
    here: dict[str, Any] = (
        {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers + 1}
    )  # one more: its reading takes a slot, too
    ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False, **here)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.WARNING)  # what runs is told by `progress`
        yield ray
    finally:
        ray.shutdown()
