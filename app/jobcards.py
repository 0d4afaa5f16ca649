"""Deep enrollments as they are shown: step, bar, time left, a cancel button, and samples with their identity score.

In: `Job`s, and the augmentation folder of the one that runs. Out: HTML, all foreign words escaped.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.jobs import Job
from app.timeline import percent
from app.wording import escape, length, many, told

SAMPLES = 8  # shown of those made so far
SIDE = 160  # pixels of a shown sample
MAX_LINES = 5_000  # of samples.jsonl that are looked at

_log = logging.getLogger(__name__)
_WORDS = {"waiting": "waiting", "running": "running", "done": "done", "stopped": "stopped", "failed": "failed"}


def job_list(jobs: Sequence[Job], ahead: Sequence[int], samples: dict[str, str]) -> str:
    """All jobs of one browser.

    Args:
        jobs: newest first.
        ahead: how many jobs come before each.
        samples: HTML of samples by job id.
    """
    rows = [_job(job, n, samples.get(job.id, "")) for job, n in zip(jobs, ahead, strict=True)]
    return f'<div class="pv-jobs" role="group" aria-label="Background work">{"".join(rows)}</div>' if rows else ""


def preview(job: Job, folder: Path | None) -> None:
    """Let a job's preview show the samples that are there now; nothing is decoded while the list stays the same."""
    path = folder / "samples.jsonl" if folder else None
    if path is None or not path.is_file():
        return
    state = path.stat()
    if (state.st_mtime, state.st_size) != job.previewed:
        job.previewed = (state.st_mtime, state.st_size)
        job.preview = sample_strip(folder) or job.preview


def sample_strip(folder: Path | None) -> str:
    """Some kept samples of an augmentation folder with their identity score; "" when there are none yet."""
    if folder is None or not (folder / "samples.jsonl").is_file():
        return ""
    kept = [row for row in _rows(folder / "samples.jsonl") if row.get("role") == "positive" and not row.get("dropped")]
    scored = [row for row in kept if _score(row.get("gates") or {})] or kept
    spread = scored[:: max(1, len(scored) // SAMPLES)][:SAMPLES]  # of all kinds, not only the last one made
    shown = [card for row in spread if (card := _sample(folder, row))]
    if not shown:
        return ""
    note = f"{many(len(kept), 'sample')} of this person so far"
    return f'<p class="pv-dim">{note}</p><div class="pv-strip">{"".join(shown)}</div>'


def _job(job: Job, ahead: int, samples: str) -> str:
    name = escape(job.name)
    bar = ""
    if job.state == "running":
        share = 100 * job.share
        bar = (
            f'<div class="pv-bar-outer" role="progressbar" aria-valuenow="{share:.0f}" aria-valuemin="0" '
            f'aria-valuemax="100" aria-label="{name}: {escape(job.step)}"><div style="width:{share:.1f}%"></div></div>'
        )
    button = ""
    if job.active:
        text = "Stopping …" if job.stop.is_set() else "Cancel"
        off = " disabled" if job.stop.is_set() else ""
        button = (
            f'<button type="button" class="pv-button" data-cancel="{job.id}" '
            f'aria-label="Cancel {name}"{off}>{text}</button>'
        )
    return (
        f'<div class="pv-job"><div class="pv-job-head"><b>{name}</b> <span class="pv-tag">{_WORDS[job.state]}</span>'
        f'<span class="pv-dim">{escape(status(job, ahead))}</span>{button}</div>{bar}{samples}</div>'
    )


def status(job: Job, ahead: int = 0) -> str:
    """A job's state in words: the step and the time left, what it waits for, or how it ended."""
    if job.state == "waiting":
        return f"{many(ahead, 'job')} before this one" if ahead else "starts at once"
    if job.state == "running":
        left = job.left_s()
        step = job.step or "starting"
        step = f"step {job.number} of {job.count}: {step}" if job.number else step
        return f"{step}, about {length(left)} left in this step" if left is not None else step
    if job.state == "failed":
        rest = " The instant enrollment still answers." if job.kind == "deep" else ""
        return f"{told(job.failure)}{rest}" if job.failure else "failed"
    took = length(job.finished - job.started) if job.started else ""
    if job.state == "stopped":
        kept = "; the best so far is kept" if job.kind == "deep" else ""
        return f"stopped after {took}{kept}" if took else "stopped before it began"
    return f"finished in {took}"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """Samples so far; a last line that is still being written is left out."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file):
            if number >= MAX_LINES:
                return
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                yield row


def _sample(folder: Path, row: dict[str, Any]) -> str:
    path = (folder / str(row.get("media", ""))).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return ""
    try:
        picture = _first_picture(path)
    except (OSError, ValueError) as error:  # still being written, or damaged: one sample less to look at
        _log.info("no preview of a sample: %s", error)
        return ""
    gates = row.get("gates") if isinstance(row.get("gates"), dict) else {}
    score = _score(gates)
    recipe = str(row.get("recipe", ""))
    label = " · ".join(part for part in (recipe, score) if part)
    return (
        f'<figure class="pv-sample"><img src="data:image/jpeg;base64,{picture}" alt="{escape(label)}">'
        f"<figcaption>{escape(label)}</figcaption></figure>"
    )


def _score(gates: dict[str, Any]) -> str:
    """How surely a sample still shows the person: the probability behind the gate's log-odds, else the distance."""
    if "log_odds" in gates:
        return f"identity {percent(1 / (1 + math.exp(-max(-30.0, min(30.0, float(gates['log_odds']))))))}"
    return f"identity distance {float(gates['identity']):.2f}" if "identity" in gates else ""


def _first_picture(path: Path) -> str:
    """A still, or the first frame of a clip, small, as base64 of a JPEG."""
    from PIL import Image

    if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"):
        with Image.open(path) as file:
            image = file.convert("RGB")
    else:
        import av

        with av.open(str(path)) as container:
            frame = next(container.decode(video=0), None)
            if frame is None:
                raise ValueError("no frame")
            image = Image.fromarray(frame.to_ndarray(format="rgb24"))
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return base64.b64encode(out.getvalue()).decode()
