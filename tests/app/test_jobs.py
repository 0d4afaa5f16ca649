"""The background worker: one at a time, stoppable, visible to its owner only, with step and time left."""

from __future__ import annotations

import threading

import pytest
from make_app import wait_for
from pvchat_app.jobcards import job_card, status
from pvchat_app.jobs import Job, Jobs

from pvchat.errors import SettingsError


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def until_stopped(stop: threading.Event, progress) -> None:
    progress("looking through videos", 1, 4)
    stop.wait(300)


def test_jobs_run_one_after_the_other(jobs: Jobs) -> None:
    running, most = [], []

    def work(stop, progress):
        running.append(1)
        most.append(len(running))
        threading.Event().wait(0.05)
        running.pop()

    made = [jobs.add("me", work) for i in range(4)]
    wait_for(lambda: all(job.state == "done" for job in made))
    assert most == [1, 1, 1, 1]


def test_a_running_job_is_stopped(jobs: Jobs) -> None:
    job = jobs.add("me", until_stopped)
    wait_for(lambda: job.step == "looking through videos")
    assert jobs.cancel(job.id, "me")
    wait_for(lambda: job.state == "stopped")
    assert job.over.is_set()
    assert status(job).startswith("Stopped after ")


def test_a_waiting_job_is_stopped_without_ever_running(jobs: Jobs) -> None:
    first = jobs.add("me", until_stopped)
    ran = []
    second = jobs.add("me", lambda stop, progress: ran.append(1))
    assert jobs.ahead_of(second) == 1
    assert jobs.cancel(second.id, "me")
    assert second.state == "stopped"
    jobs.cancel(first.id, "me")
    third = jobs.add("me", lambda stop, progress: None)
    wait_for(lambda: third.state == "done")
    assert ran == []


def test_only_the_owner_sees_and_stops_a_job(jobs: Jobs) -> None:
    job = jobs.add("me", until_stopped)
    assert jobs.of("you") == []
    assert not jobs.cancel(job.id, "you")
    assert not jobs.cancel("no such job", "me")
    assert not job.stop.is_set()
    assert jobs.of("me") == [job]


def test_a_failure_is_told_and_the_worker_goes_on(jobs: Jobs) -> None:
    def fail(stop, progress):
        raise SettingsError("the machine is too small.", hint="Use a larger one.")

    def crash(stop, progress):
        raise ZeroDivisionError("secret detail")

    bad, worse = jobs.add("me", fail), jobs.add("me", crash)
    good = jobs.add("me", lambda stop, progress: None)
    wait_for(lambda: good.state == "done")
    assert "The machine is too small. Use a larger one." in status(bad)
    assert worse.state == "failed"
    assert "secret" not in status(worse)


def test_a_job_tells_its_time_left_and_a_bar_that_never_falls() -> None:
    job, bars = Job("me", lambda stop, progress: None, state="running"), []
    for done in range(10):
        job.tell("looking through videos", done, 10)
        job.tell("reading a.mp4", 1, 2)
        bars.append(job.share)
    assert bars == sorted(bars)
    assert bars[-1] == 0.9
    job.pace._began -= 600.0  # ten minutes ago
    assert status(job).startswith("Reading a.mp4 · ")
    assert status(job).endswith(" left")
    html = job_card(job, Jobs())
    assert 'role="progressbar"' in html
    assert f'aria-valuetext="{status(job)}"' in html


def test_the_card_escapes_what_is_done_and_has_a_cancel_button_only_while_active() -> None:
    job = Job("me", lambda stop, progress: None, state="running", step="<img src=x onerror=alert(1)>")
    html = job_card(job, Jobs())
    assert "<img" not in html
    assert f'data-cancel="{job.id}"' in html
    job.state = "done"
    assert "data-cancel" not in job_card(job, Jobs())
