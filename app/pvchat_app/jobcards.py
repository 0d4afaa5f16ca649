"""A look through the library as it is shown: what is being done, bar, time left, a cancel button.

In: a `Job`. Out: HTML, all foreign words escaped.
"""

from __future__ import annotations

from pvchat_app.jobs import Job, Jobs
from pvchat_app.wording import about, escape, explained_error, length, many


def job_card(job: Job, jobs: Jobs) -> str:
    """A job; `jobs` knows what comes before it."""
    said = escape(status(job, jobs.ahead_of(job)))
    return (
        '<div class="pv-jobs" role="group" aria-label="Background work"><div class="pv-job"><div class="pv-job-head">'
        f'<b>Library</b> <span class="pv-tag pv-state-{job.state}">{job.state}</span>{_cancel(job)}</div>'
        f'<p class="pv-dim pv-job-status">{said}</p>{_bar(job, said)}</div></div>'
    )


def _bar(job: Job, said: str) -> str:
    if job.state != "running":
        return ""
    share = 100 * job.share
    return (
        f'<div class="pv-bar-outer" role="progressbar" aria-valuenow="{share:.0f}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuetext="{said}" aria-label="Progress of the library">'
        f'<div style="width:{share:.1f}%"></div></div>'
    )


def _cancel(job: Job) -> str:
    if not job.active:
        return ""
    text, off = ("Stopping …", " disabled") if job.stop.is_set() else ("Cancel", "")
    return f'<button type="button" class="pv-button" data-cancel="{job.id}"{off}>{text}</button>'


def status(job: Job, ahead: int = 0) -> str:
    """A job's state in words: the step and the time left, what it waits for, or how it ended."""
    if job.state == "waiting":
        return f"{many(ahead, 'job')} before this one" if ahead else "Starts at once"
    if job.state == "running":
        step, left = job.step or "starting", job.left_s()
        step = step[:1].upper() + step[1:]
        return f"{step} · {about(left)} left" if left is not None else step
    if job.state == "failed":
        return explained_error(job.failure) if job.failure else "Failed"
    took = length(job.finished - job.started) if job.started else ""
    if job.state == "stopped":
        return f"Stopped after {took}" if took else "Stopped before it began"
    return f"Finished in {took}"
