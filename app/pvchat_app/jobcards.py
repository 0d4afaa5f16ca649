"""HTML of background jobs: step, progress bar, time left, a cancel button, and samples that a training has made.

In: `Job`s, and the augmentation folder of the one that runs. Out: HTML, all foreign text escaped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pvchat import video
from pvchat.augment.lines import read_lines
from pvchat.config import VideoConfig
from pvchat.errors import PVChatError
from pvchat.runtime import seconds as length
from pvchat_app.cards import data_url
from pvchat_app.jobs import Job, Jobs
from pvchat_app.progress import bar
from pvchat_app.wording import counted, escape, explained_error, percent, rough_duration

SAMPLES = 8  # shown of those made so far
CHECKED, MADE = "samples.jsonl", "positives.jsonl"  # samples that were checked (with gates' values), that were made
SIDE = 160  # pixels of a shown sample
_RECIPES = {
    "photometric": "other light", "background": "new backdrop", "subclip": "an excerpt",
    "reenact:turn": "turning", "reenact:nod": "nodding", "reenact:smile": "smiling", "reenact:blink": "blinking",
    "reenact:talk": "talking",
}  # fmt: skip


def job_list(shown: Sequence[Job], jobs: Jobs, under: Callable[[Job], str] = lambda job: "") -> str:
    """Jobs of one browser, newest first, with the HTML of `under` below each."""
    rows = [_job(job, jobs.ahead_of(job), under(job)) for job in shown]
    return f'<div class="pv-jobs" role="group" aria-label="Background work">{"".join(rows)}</div>' if rows else ""


def preview(job: Job, folder: Path | None) -> None:
    """Update a job's preview to the samples in its augmentation folder, if their list has changed."""
    lists = [folder / name for name in (CHECKED, MADE)] if folder else []
    path = next((one for one in lists if one.is_file()), None)
    if path is not None and (state := (path.stat().st_mtime, path.stat().st_size)) != job.previewed:
        job.previewed = state
        job.preview = sample_strip(path) or job.preview


def sample_strip(path: Path) -> str:
    """Some samples of a list, with their identity score once they are checked; "" if there are none.

    One of each recipe comes first, so that the variety is seen.
    """
    rows = (row.get("sample") or row for row in read_lines(path))
    kept = [row for row in rows if row.get("role") == "positive" and not row.get("dropped")]
    first: dict[str, dict[str, Any]] = {}
    for row in kept:
        first.setdefault(str(row.get("recipe")), row)
    spread = [*first.values(), *(row for row in kept if first[str(row.get("recipe"))] is not row)][:SAMPLES]
    shown = [card for row in spread if (card := _sample(path.parent, row))]
    if not shown:
        return ""
    checked = "kept, with how surely each still shows this person" if path.name == CHECKED else "made; checking follows"
    note = f"{counted(len(kept), 'sample')} {checked}"
    return f'<p class="pv-dim pv-samples-note">{note}</p><div class="pv-samples">{"".join(shown)}</div>'


def _job(job: Job, ahead: int, samples: str) -> str:
    name, cancel, told = escape(job.name), "", escape(status(job, ahead))
    done = bar(job.share, f"{name}: {told}") if job.state == "running" else ""
    if job.active:
        text, off = ("Stopping …", " disabled") if job.stop.is_set() else ("Cancel", "")
        label = f'aria-label="{text.rstrip(" …")} {name}"'
        cancel = f'<button type="button" class="pv-button" data-cancel="{job.id}" {label}{off}>{text}</button>'
    return (
        f'<div class="pv-job"><div class="pv-job-head"><b>{name}</b> <span class="pv-tag pv-state-{job.state}">'
        f"{job.state}</span>{cancel}</div>"
        f'<p class="pv-dim pv-job-status">{told}</p>{done}{samples}</div>'
    )


def status(job: Job, ahead: int = 0) -> str:
    """A job's state in words: its step and the time left, the jobs before it, or how it ended."""
    if job.state == "waiting":
        return f"{counted(ahead, 'job')} before this one" if ahead else "Starts at once"
    if job.state == "running":
        step = job.step or "starting"
        step = f"Step {job.number} of {job.count}: {step}" if job.number else step[:1].upper() + step[1:]
        if job.kind == "evaluation" and job.total > 1:
            step += f" ({min(job.done + 1, job.total):.0f} of {job.total:.0f})"
        left = job.left_s()
        return f"{step} · {rough_duration(left)} left" if left is not None else step
    if job.state == "failed":
        rest = " The instant enrollment still answers." if job.kind == "deep" else ""
        return f"{explained_error(job.failure)}{rest}" if job.failure else "Failed"
    took = length(job.finished - job.started) if job.started else ""
    if job.state == "stopped":
        kept = "; what was reached by then is kept" if job.kind == "deep" else ""
        return f"Stopped after {took}{kept}" if took else "Stopped before it began"
    return f"Finished in {took}" + ("; answers come from it now" if job.kind == "deep" else "")


def _sample(folder: Path, row: dict[str, Any]) -> str:
    path = (folder / str(row.get("media", ""))).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return ""
    try:
        picture = _first_picture(path)
    except (OSError, ValueError, PVChatError, StopIteration):  # put aside just now, or damaged: one sample less
        return ""
    odds, recipe, score = row.get("gates", {}).get("log_odds"), str(row.get("recipe", "")), ""
    if odds is not None:  # how surely the sample still shows the person
        score = f"<b>{escape(f'identity {percent(1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))))}')}</b>"
    what = escape(_RECIPES.get(recipe, recipe))
    return (
        f'<figure class="pv-sample"><img src="{data_url(picture)}" alt="Sample: {what}">'
        f"<figcaption>{what}{score}</figcaption></figure>"
    )


def _first_picture(path: Path) -> bytes:
    """A still, or the first frame of a clip, small, as a JPEG."""
    from PIL import Image

    if path.suffix == ".mp4":
        config = VideoConfig()
        image = next(video.pictures_at(path, video.probe(path, config), [0.0], config))[1]
    else:
        with Image.open(path) as file:
            image = np.asarray(file.convert("RGB"))
    return video.jpeg_of(image, SIDE)
