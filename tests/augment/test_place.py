"""The folder of an augmentation: whose it is, what lies in it; what is told before anything is made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import test_steps
from test_steps import SMALL, run

from pvchat.augment import steps
from pvchat.augment.augmentation import check_folders, read_samples
from pvchat.augment.schemas import AugmentConfig
from pvchat.errors import PeopleError, SettingsError

chat, clip = test_steps.chat, test_steps.clip  # fixtures


def test_a_data_set_about_somebody_else_is_not_overwritten(clip, chat):
    out = run(clip, chat)
    before = {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(SettingsError, match="about Ana, not Ben"):
        steps.augment(clip, "Ben", out, chat, SMALL)
    assert {path.name: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_second_process_in_the_same_folder_is_refused(clip, chat):
    def asked(what, done, total):
        if what == "making positives" and done == 2:
            with pytest.raises(SettingsError, match="another augmentation is running"):
                run(clip, chat)

    assert len(read_samples(run(clip, chat, progress=asked))) == 5


def test_media_of_other_settings_go_and_what_is_not_ours_stays(clip, chat):
    out = run(clip, chat, config=AugmentConfig(**{**SMALL.__dict__, "clips": 6}))
    mine, draft = out / "media" / "holiday.mp4", out / "media" / f".77-{'a' * 16}.mp4"
    mine.write_bytes(b"film")
    draft.write_bytes(b"half a fi")
    run(clip, chat)
    assert {p.name for p in (out / "media").iterdir()} == {Path(s.media).name for s in read_samples(out)} | {mine.name}


@pytest.mark.parametrize(("name", "why"), [("  ", "visible character"), ("she", "questions use these words")])
def test_a_name_that_nobody_can_have_is_told_before_anything_is_made(clip, chat, name, why):
    with pytest.raises(PeopleError, match=why):
        steps.augment(clip, name, clip.parent / "set", chat, SMALL)
    assert not (clip.parent / "set").exists()


@pytest.mark.parametrize(("name", "file"), [("others", "a.txt"), ("backgrounds", "")])
def test_a_folder_without_anything_to_use_is_told(clip, chat, tmp_path, name, file):
    (tmp_path / "there" / "below").mkdir(parents=True)
    if file:
        (tmp_path / "there" / file).write_text("no clip")
    folder = (tmp_path / "there",)
    with pytest.raises(SettingsError, match="no clip or picture"):
        run(clip, chat, config=AugmentConfig(**{name: folder}))
    (tmp_path / "there" / "below" / "b.PNG").write_bytes(b"")
    check_folders(AugmentConfig(**{name: folder}))


def test_a_folder_that_is_not_there_is_told(clip, chat, tmp_path):
    with pytest.raises(SettingsError, match="no such folder"):
        run(clip, chat, config=AugmentConfig(backgrounds=(tmp_path / "nowhere",)))


def test_a_generator_that_cannot_run_here_is_told_before_anything_is_made(clip, chat, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(SettingsError, match="needs diffusers"):
        run(clip, chat, config=AugmentConfig(**{**SMALL.__dict__, "generators": ("offline", "consisid")}))
    assert not chat.seen
    assert not steps.summary(clip.parent / "set")
