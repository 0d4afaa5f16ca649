"""The background worker: one at a time, stoppable, visible to its owner only, with step and time left."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from make_app import wait_for
from make_people import jpeg
from pvchat_app.jobcards import job_list, preview, sample_strip, status
from pvchat_app.jobs import Job, Jobs

from pvchat.errors import SettingsError


@pytest.fixture
def jobs():
    made = Jobs()
    yield made
    made.close()


def until_stopped(stop: threading.Event, progress) -> None:
    progress("training", 1, 4)
    stop.wait(300)


def test_jobs_run_one_after_the_other(jobs: Jobs) -> None:
    running, most = [], []

    def work(stop, progress):
        running.append(1)
        most.append(len(running))
        threading.Event().wait(0.05)
        running.pop()

    made = [jobs.add(Job("me", f"P{i}", work)) for i in range(4)]
    wait_for(lambda: all(job.state == "done" for job in made))
    assert most == [1, 1, 1, 1]


def test_a_running_job_is_stopped_and_cleaned_up(jobs: Jobs) -> None:
    cleaned = []
    job = jobs.add(Job("me", "Ana", until_stopped, lambda: cleaned.append(1)))
    wait_for(lambda: job.step == "training")
    assert jobs.cancel(job.id, "me")
    wait_for(lambda: job.state == "stopped")
    assert cleaned == [1]
    assert "what was reached by then is kept" in status(job)


def test_a_waiting_job_is_stopped_without_ever_running(jobs: Jobs) -> None:
    first = jobs.add(Job("me", "Ana", until_stopped))
    ran = []
    second = jobs.add(Job("me", "Ben", lambda stop, progress: ran.append(1)))
    assert jobs.ahead_of(second) == 1
    assert jobs.cancel(second.id, "me")
    assert second.state == "stopped"
    jobs.cancel(first.id, "me")
    third = jobs.add(Job("me", "Cid", lambda stop, progress: None))
    wait_for(lambda: third.state == "done")
    assert ran == []


def test_only_the_owner_sees_and_stops_a_job(jobs: Jobs) -> None:
    job = jobs.add(Job("me", "Ana", until_stopped))
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

    bad, worse = jobs.add(Job("me", "Ana", fail)), jobs.add(Job("me", "Ben", crash))
    good = jobs.add(Job("me", "Cid", lambda stop, progress: None))
    wait_for(lambda: good.state == "done")
    assert "The machine is too small. Use a larger one." in status(bad)
    assert worse.state == "failed"
    assert "secret" not in status(worse)


def test_stopping_a_person_waits_until_her_job_is_over(jobs: Jobs) -> None:
    job = jobs.add(Job("me", "Ana", until_stopped))
    wait_for(lambda: job.state == "running")
    assert jobs.stop_person("Ana")
    assert job.state == "stopped"
    assert jobs.stop_person("nobody")


def test_an_evaluation_is_no_training_of_a_person(jobs: Jobs) -> None:
    job = jobs.add(Job("me", "Ana", until_stopped, kind="evaluation"))
    assert jobs.for_person("Ana") is None
    assert jobs.of("me") == []
    assert jobs.of("me", "evaluation") == [job]


def test_steps_of_an_augmentation_are_counted_and_keep_their_name() -> None:
    job = Job("me", "Ana", lambda stop, progress: None, state="running")
    job.tell("augmentation", 1, 5)
    job.tell("making positives", 3, 9)
    job.tell("laying the mesh", 1, 9)
    assert status(job) == "Step 2 of 6: making samples"  # without a plan nothing is said of the time
    job.tell("augmentation", 5, 5)
    assert status(job) == "Step 6 of 6: training"


def test_the_bar_of_counted_steps_never_falls() -> None:
    job = Job("me", "Ana", lambda stop, progress: None, state="running")
    bars = []
    for step, part in enumerate(("laying the mesh", "making positives", "cutting negatives", "filtering")):
        job.tell("augmentation", step, 5)
        for done in range(10):
            job.tell(part, done, 10)
            bars.append(job.share)
    assert bars == sorted(bars)
    assert bars[-1] == pytest.approx(3.9 / 6)
    assert status(job) == "Step 4 of 6: checking samples"


def test_a_job_of_one_part_tells_its_time_left() -> None:
    job = Job("me", "Library", lambda stop, progress: None, kind="scan", state="running", main="looking through videos")
    job.tell("looking through videos", 0, 10)
    job.tell("reading a.mp4", 9, 10)  # a piece of it
    assert (job.share, status(job)) == (0.0, "Reading a.mp4")
    job.pace._began -= 600.0  # ten minutes ago
    job.tell("looking through videos", 5, 10)
    assert status(job) == "Looking through videos · about 10 min left"
    html = job_list([job], Jobs())
    assert 'role="progressbar" aria-valuenow="50"' in html
    assert f'aria-label="Library: {status(job)}"' in html


def test_the_list_escapes_names_and_has_a_cancel_button_only_while_active() -> None:
    job = Job("me", "<img src=x onerror=alert(1)>", lambda stop, progress: None, state="running", step="a<b")
    html = job_list([job], Jobs())
    assert "<img" not in html
    assert "A&lt;b" in html
    assert f'data-cancel="{job.id}"' in html
    job.state = "done"
    assert "data-cancel" not in job_list([job], Jobs())


def test_samples_are_shown_with_their_identity_score_and_only_from_inside_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "augment"
    (folder / "media").mkdir(parents=True)
    (folder / "media" / "a.jpg").write_bytes(jpeg())
    (tmp_path / "secret.jpg").write_bytes(jpeg())
    rows = [
        {
            "role": "positive",
            "recipe": "reenact:<b>",
            "media": "media/a.jpg",
            "gates": {"identity": 0.42, "log_odds": 2.0},
        },
        {"role": "positive", "recipe": "outside", "media": "../secret.jpg", "gates": {}},
        {"role": "positive", "recipe": "dropped", "media": "media/a.jpg", "dropped": "sharpness"},
        {"role": "negative", "recipe": "lookalike", "media": "media/a.jpg"},
    ]
    (folder / "samples.jsonl").write_text("\n".join(map(json.dumps, rows)))
    html = sample_strip(folder / "samples.jsonl")
    assert html.count("<img") == 1
    assert "reenact:&lt;b&gt;<b>identity 88 %</b>" in html


def test_a_sample_without_a_picture_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / "samples.jsonl").write_text(json.dumps({"role": "positive", "media": "a.mp4"}))
    assert "<img" not in sample_strip(tmp_path / "samples.jsonl")


def test_samples_are_shown_before_they_are_checked_and_one_of_each_recipe_first(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "a.jpg").write_bytes(jpeg())
    recipes = ["photometric"] * 9 + ["reenact:nod"]
    rows = [{"sample": {"role": "positive", "recipe": recipe, "media": "media/a.jpg"}} for recipe in recipes]
    (tmp_path / "positives.jsonl").write_text(
        "\n".join(map(json.dumps, [*rows, {"failed": "no mesh", "sample": None}]))
    )
    html = sample_strip(tmp_path / "positives.jsonl")
    assert "10 samples made; checking follows" in html
    assert html.index("other light") < html.index("nodding") < html.rindex("other light")
    assert "identity" not in html


def test_a_preview_stays_when_the_samples_are_gone_until_the_person_is_forgotten(jobs: Jobs, tmp_path: Path) -> None:
    folder = tmp_path / "augment"
    (folder / "media").mkdir(parents=True)
    job = jobs.add(Job("me", "Ana", until_stopped))
    preview(job, folder)
    assert job.preview == ""
    (folder / "media" / "a.jpg").write_bytes(jpeg())
    (folder / "samples.jsonl").write_text(json.dumps({"role": "positive", "recipe": "turn", "media": "media/a.jpg"}))
    preview(job, folder)
    assert "turn" in job.preview
    preview(job, None)
    assert "turn" in job.preview
    jobs.forget("Ana")
    assert jobs.of("me") == [job]  # it still runs
    jobs.stop_person("Ana")
    jobs.forget("Ana")
    assert jobs.of("me") == []
