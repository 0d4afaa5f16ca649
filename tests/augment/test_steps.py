"""The runner: what is skipped, gone on with, made anew; and its manifests."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from make_analysis import made_up_model, make_analysis, make_track
from make_profile import make_profile, mesh_at

from pvchat import video
from pvchat.augment import lines, profile, steps
from pvchat.augment.augmentation import AnalysisCache, read_samples, write_media
from pvchat.augment.negatives import search
from pvchat.augment.negatives.strangers import SubjectClip
from pvchat.augment.positives import plan
from pvchat.augment.schemas import STEPS, AugmentConfig, Sample
from pvchat.augment.watch import StoppedError, Watch
from pvchat.cli import console
from pvchat.cli import main as cli
from pvchat.config import Settings
from pvchat.identity.presence import PresenceModel
from pvchat.perception.experts.mesh import Mesh

SMALL = AugmentConfig(clips=3, stills=2, negatives=0, seconds=0.3)


class FakeChat:
    """Sees the subject in every positive; counts what it looks at."""

    strangers = ()  # tracks that it sees in negatives

    def __init__(self):
        self.settings, self.device, self.describer = Settings(device="cpu"), "cpu", None
        self.people = SimpleNamespace(names=list)
        self.seen = []
        self.person = 1
        mesh = Mesh(mesh_at(), 1.0, 0.0, 0.3, 0.0, 0.0, 0.0, 0.0)
        self.experts = SimpleNamespace(mesh=SimpleNamespace(mesh=lambda *_: mesh))

    def analyse(self, clip):
        self.seen.append(str(clip))
        others = Path(clip).parents[1] / "negatives.jsonl"
        if others.exists() and any(row["media"].endswith(Path(clip).name) for row in lines.read_lines(others)):
            return make_analysis(*self.strangers, key=video.content_key(clip))
        return make_analysis(make_track(self.person, range(1), box=(0.3, 0.2, 0.7, 0.6)), key=video.content_key(clip))

    def score(self, people, analysis):
        return PresenceModel.load().score(people, analysis, self.settings.presence)

    def beside(self, cache, video):
        return self

    @property
    def networks(self):
        return SimpleNamespace(presence=PresenceModel.load(), experts=self.experts)


@pytest.fixture
def chat(monkeypatch):
    model = made_up_model()
    monkeypatch.setattr(PresenceModel, "load", classmethod(lambda cls: model))
    monkeypatch.setattr(profile, "build", lambda *_: make_profile())
    monkeypatch.setattr(SubjectClip, "of", classmethod(lambda cls, *_: None))
    return FakeChat()


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "ana.mp4"
    path.write_bytes(b"a clip")
    return path


def run(clip, chat, out=None, config=SMALL, **watching):
    return steps.augment(clip, "Ana", out or clip.parent / "set", chat, config, Watch(**watching))


def stamps(out):
    return {step: (out / f"{step}.json").stat().st_mtime_ns for step in STEPS}


def test_all_steps_leave_a_data_set_and_their_manifests(clip, chat):
    told = []
    out = run(clip, chat, progress=lambda what, done, total: told.append((what, done, total)))
    made = steps.summary(out)
    assert list(made) == list(STEPS)
    for step, manifest in made.items():
        assert {"input", "result", "seed", "seconds", "counts", "dropped"} <= set(manifest), step
    assert made["positives"]["counts"] == {"planned": 5, "made": 5}
    assert made["filter"]["counts"]["kept"] == 5
    samples = read_samples(out)
    assert all((out / s.media).exists() for s in samples)
    assert {s.stage for s in samples} == {"video", "image"}
    rows = lines.read_lines(out / "dataset.jsonl")
    assert {r["sample"] for r in rows} == {s.id for s in samples}
    assert (out / "CARD.md").exists()
    assert out.stat().st_mode & 0o077 == 0  # it shows people
    assert ("augmentation", 5, 5) in told
    assert ("making positives", 5, 5) in told


def test_nothing_is_made_twice(clip, chat):
    out = run(clip, chat)
    before, looked = stamps(out), len(chat.seen)
    run(clip, chat)
    assert stamps(out) == before
    assert len(chat.seen) == looked


def test_the_same_call_makes_the_same_data_set(clip, chat, tmp_path):
    one, other = run(clip, chat, tmp_path / "one"), run(clip, chat, tmp_path / "other")
    for name in ("positives.jsonl", "samples.jsonl", "dataset.jsonl"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    media = sorted(p.name for p in (one / "media").iterdir())
    assert [(one / "media" / n).read_bytes() for n in media] == [(other / "media" / n).read_bytes() for n in media]


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"stills": 1}, ("positives", "filter", "dataset")), ({"negatives": 1}, ("negatives", "filter", "dataset")),
        ({"frames": 3}, ("filter",)),
    ],
)  # fmt: skip
def test_only_what_depends_on_a_change_is_made_anew(clip, chat, change, again, monkeypatch):
    find_others(monkeypatch, None)
    out = run(clip, chat)
    before = stamps(out)
    run(clip, chat, config=AugmentConfig(**{**SMALL.__dict__, **change}))
    after = stamps(out)
    assert {step for step in STEPS if after[step] != before[step]} == set(again)


def test_another_clip_in_the_same_folder_starts_anew(clip, chat):
    out = run(clip, chat)
    before = stamps(out)
    clip.write_bytes(b"another clip")
    run(clip, chat)
    assert stamps(out)["profile"] != before["profile"]


@pytest.mark.parametrize("damage", ["result", "manifest"])
def test_damaged_steps_are_made_anew(clip, chat, damage):
    out = run(clip, chat)
    path = out / ("samples.jsonl" if damage == "result" else "filter.json")
    whole = (out / "samples.jsonl").read_bytes()
    path.write_text("half a li")
    run(clip, chat)
    assert (out / "samples.jsonl").read_bytes() == whole


def test_an_interrupted_run_goes_on_where_it_was(clip, chat, monkeypatch, tmp_path):
    made, make = [], plan.make_planned

    def counted(order, *rest):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(order.id)
        return make(order, *rest)

    out = clip.parent / "set"
    monkeypatch.setattr(plan, "make_planned", counted)
    with pytest.raises(KeyboardInterrupt):
        run(clip, chat)
    assert not (out / "positives.json").exists()
    assert len(lines.read_lines(out / "positives.jsonl.part")) == 1 + 3  # whole, whenever it is killed
    monkeypatch.setattr(plan, "make_planned", lambda order, *rest: made.append(order.id) or make(order, *rest))
    run(clip, chat)
    assert len(made) == len(set(made)) == 5  # nothing twice
    straight = run(clip, chat, tmp_path / "straight")
    for name in ("samples.jsonl", "dataset.jsonl"):
        assert (straight / name).read_bytes() == (out / name).read_bytes()


def test_a_stop_is_obeyed_between_samples(clip, chat):
    stop = threading.Event()

    def progress(what, done, total):
        if what == "making positives" and done == 2:
            stop.set()

    with pytest.raises(StoppedError):
        run(clip, chat, progress=progress, stop=stop)
    out = clip.parent / "set"
    assert len(lines.read_lines(out / "positives.jsonl.part")) == 1 + 3  # it was set before the third was made
    assert steps.summary(out).keys() == {"profile"}
    run(clip, chat)
    assert len(steps.summary(out)) == 5


def test_strangers_are_dropped_and_counted(clip, chat):
    look = chat.analyse
    chat.person = 2
    out = run(clip, chat)
    told = steps.summary(out)["filter"]
    assert told["counts"]["kept"] == 0
    assert told["dropped"] == {"identity": 5}
    assert {s.dropped for s in read_samples(out)} == {"identity"}
    chat.person, chat.analyse = 1, look
    run(clip, chat, config=AugmentConfig(**{**SMALL.__dict__, "frames": 4}))  # other gates may take them
    assert {s.dropped for s in read_samples(out)} == {None}
    assert len(list((out / "media").iterdir())) == 5


def find_others(monkeypatch, *dropped, recipe="lookalike"):
    """Have the search find so many clips of others, one split after the other, each dropped for this reason or kept."""

    def write(found, subject, augmentation):
        rows = []
        for number, reason in enumerate(dropped):
            sample = Sample(f"{number:016x}", "negative", recipe, "video", f"media/{number:016x}.mp4", f"{number}",
                            ("train", "val", "test")[number % 3], {"Ana": False}, {}, reason)  # fmt: skip
            if not reason:
                write_media(augmentation.out / sample.media, np.roll(make_profile(4).images, number + 1, 2))
            rows.append(sample)
        return rows

    monkeypatch.setattr(search, "find_negatives", lambda *_, **__: ([], {"may be the subject": 2}))
    monkeypatch.setattr(search, "write_excerpts", write)


def test_negatives_go_through_the_gates_too(clip, chat, monkeypatch):
    find_others(monkeypatch, None, "identity")
    chat.strangers = (make_track(1, range(1)),)  # the subject after all
    out = run(clip, chat, config=AugmentConfig(clips=1, stills=0, negatives=2, seconds=0.3))
    made = steps.summary(out)
    assert made["negatives"]["dropped"] == {"may be the subject": 2}
    found = [s for s in read_samples(out) if s.role == "negative"]
    assert [s.dropped for s in found] == ["identity", "identity"]
    assert found[0].gates["probability"] > 0.5


@pytest.mark.parametrize(("recipe", "dropped"), [("same-clip", "no face"), ("random", None)])
def test_a_cut_out_that_shows_nobody_is_dropped(clip, chat, monkeypatch, recipe, dropped):
    find_others(monkeypatch, None, recipe=recipe)
    out = run(clip, chat, config=AugmentConfig(clips=1, stills=0, negatives=1, seconds=0.3))
    assert [s.dropped for s in read_samples(out) if s.role == "negative"] == [dropped]


def test_where_nobody_else_is_found_it_is_said(clip, chat, monkeypatch, caplog):
    find_others(monkeypatch)
    out = run(clip, chat, config=AugmentConfig(clips=1, stills=0, negatives=8, seconds=0.3))
    assert {s.role for s in read_samples(out)} == {"positive"}
    assert "nothing shows anybody else" in caplog.text


def test_a_recipe_that_cannot_is_counted(clip, chat, monkeypatch):
    def fails(order, *_):
        raise ValueError("no clothes in the picture")

    monkeypatch.setattr(plan, "make_planned", fails)
    out = run(clip, chat)
    made = steps.summary(out)["positives"]
    assert made["counts"] == {"planned": 5, "made": 0}
    assert made["dropped"] == {"no clothes in the picture": 5}


def test_questions_can_be_stopped(clip, chat):
    stop = threading.Event()
    with pytest.raises(StoppedError):
        run(clip, chat, stop=stop, progress=lambda what, *_: stop.set() if what == "writing questions" else None)
    assert list(steps.summary(clip.parent / "set")) == list(STEPS[:4])


def test_analyses_are_kept_beside_the_samples(tmp_path):
    from pvchat.service import PVChat

    chat = PVChat(Settings(device="cpu"))
    kept = AnalysisCache(tmp_path, chat, AugmentConfig(frames=5))
    assert kept.chat.settings.video.max_frames == 5
    assert kept.chat.cache.root == tmp_path / "analyses"
    assert chat.settings.video.max_frames != 5
    video = kept.chat.settings.video
    assert video.still_seconds * video.sample_fps == 1  # a still is one frame
    assert chat.settings.video.still_seconds == 1
    assert kept.chat.networks is chat.networks


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_makes_and_checks(clip, chat, monkeypatch, capsys):
    from pvchat.runtime import ProgressDisplay

    monkeypatch.setattr(console, "open_chat", lambda args: (chat, ProgressDisplay()))
    find_others(monkeypatch, *[None] * 6)
    out = clip.parent / "set"
    words = ["augment", str(clip), "--name", "Ana", "--out", str(out), "--clips", "4", "--stills", "2"]
    words += ["--negatives", "6"]
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert all(step in shown for step in STEPS)
    assert cli.main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["positives"]["counts"]["planned"] == 6
    assert cli.main(["augment", "--check", str(out)]) == 0
    capsys.readouterr()
    assert cli.main(["augment", "--check", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"checked": str(out), "problems": [], "corrected": []}
    (out / "media" / read_samples(out)[0].media.split("/")[1]).unlink()
    assert cli.main(["augment", "--check", str(out)]) == 1
    capsys.readouterr()
    assert cli.main(["augment", "--check", str(out), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)  # one document, as where nothing is wrong
    assert "is missing" in told["problems"][0]["what"]


def test_the_command_asks_for_what_it_needs(clip, capsys):
    assert cli.main(["augment", str(clip)]) == 1
    assert "--name and --out" in capsys.readouterr().err
