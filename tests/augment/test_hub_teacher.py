"""A teacher from a hub: shown the frames, told first where it can't be had, asked for once."""

from __future__ import annotations

import pytest
import test_steps
from test_steps import SMALL, rows_of, run, stamps

from pvchat.augment import steps
from pvchat.augment.questions.teacher import HubTeacher
from pvchat.augment.settings import AugmentConfig
from pvchat.bases import loading
from pvchat.bases.imagetext import ImageTextModel
from pvchat.errors import SettingsError

chat, clip = test_steps.chat, test_steps.clip  # fixtures


def test_a_hub_teacher_is_shown_the_frames(clip, chat, tmp_path, monkeypatch):
    shown = []

    def generate(self, images, question):
        shown.append((self.path, self.device, images.shape[-1]))
        return "The person is riding a bike." if "doing" in question else "Blue."

    monkeypatch.setattr(HubTeacher, "generate", generate)
    monkeypatch.setattr(ImageTextModel, "check", lambda self: None)
    out = run(clip, chat, config=AugmentConfig(**{**SMALL.__dict__, "teacher": "some/video-model"}))
    assert set(shown) == {("some/video-model", "cpu", 3)}
    told = {r["teacher"] for r in rows_of(out) if r["type"] == "action" and r["kind"] == "single"}
    assert told == {"video-model"}


def test_a_teacher_that_cannot_be_loaded_is_named(clip, chat, tmp_path):
    pytest.importorskip("transformers")
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    with pytest.raises(SettingsError, match="neither a model's folder nor a hub id") as caught:
        run(clip, chat, config=AugmentConfig(**{**SMALL.__dict__, "teacher": str(nowhere)}))
    assert str(nowhere) in caught.value.subject
    assert not (clip.parent / "set").exists()  # told before an hour of work, not after it


def test_a_hub_that_does_not_answer_is_told_before_anything_is_made(clip, chat, monkeypatch):
    pytest.importorskip("transformers")
    monkeypatch.setattr(loading, "hub_answers", lambda: False)
    with pytest.raises(SettingsError, match="the hub can't be reached") as caught:
        run(clip, chat, config=AugmentConfig(**{**SMALL.__dict__, "teacher": "some/video-model"}))
    assert "some/video-model" in caught.value.subject
    assert not chat.seen
    assert not steps.summary(clip.parent / "set")


def test_a_finished_data_set_needs_no_hub_again(clip, chat, monkeypatch):
    config = AugmentConfig(**{**SMALL.__dict__, "teacher": "some/video-model"})
    monkeypatch.setattr(HubTeacher, "generate", lambda *_: "The person is riding a bike.")
    asked = []
    monkeypatch.setattr(ImageTextModel, "check", lambda self: asked.append(self.path))
    out = run(clip, chat, config=config)
    assert asked == ["some/video-model"]  # once, not before every step
    before = stamps(out)
    run(clip, chat, config=config)
    assert (asked, stamps(out)) == (["some/video-model"], before)
