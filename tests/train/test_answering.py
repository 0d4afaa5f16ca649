"""Phase 4: made evidence fits itself, questions have the rules' answers, and a model learns from them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from make_sets import encode, make_config

from pvchat.chat.answers import plain_answer
from pvchat.chat.colours import COLOURS
from pvchat.chat.reader.tokens import sentences, told_words
from pvchat.train.base import run as base
from pvchat.train.base.answering import agrees
from pvchat.train.base.clips import Clips
from pvchat.train.base.lessonplan import plan
from pvchat.train.base.questionbank import bank
from pvchat.train.base.sheets import KEPT_NAMES, TRAINING_NAMES


@pytest.fixture
def phase(tmp_path):
    """Phase 4 on the generated sets."""
    run = base.setup(make_config(tmp_path, phase=4), encode)
    yield run.phase
    run.report.close()


def made(phase, count=40, validation=False):
    return phase.plans(count, np.random.default_rng(1), validation)


def test_wordings_of_training_and_validation_share_none():
    training = {text.lower() for w in bank().values() for text in (w.plain, *w.training)}
    kept_back = {text.lower() for w in bank().values() for text in w.kept_back}
    assert not training & kept_back
    assert not set(TRAINING_NAMES) & set(KEPT_NAMES)
    assert {w.about for w in bank().values()} == {"one", "two", "clip"}


def test_the_free_questions_are_in_no_bank():
    free = [
        line.rsplit("|", 1)[0].strip()
        for file in ("free_questions.txt", "free_questions_more.txt")
        for line in (Path(__file__).parents[2] / "data" / file).read_text().splitlines()
        if line and line[0] != "#"
    ]
    assert len(free) == len(set(free)) == 250
    taught = {text for w in bank().values() for text in (w.plain, *w.training, *w.kept_back)}
    assert [text for text in free if text in taught] == []


def test_the_brief_tells_of_everybody_asked_about_and_of_nobody_absent_more_than_that(phase):
    for one in made(phase):
        if not one.brief:
            continue
        by_name = {p.name: p for p in one.sheet.presences}
        told = sentences(one.brief)
        for name in one.named:
            mine = [s for s in told if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", s)]
            assert mine, one.brief
            if by_name[name].decision == "absent":
                assert all(re.search(r"\bnot\b|^(?:Neither|None)\b", s) and "in this video" in s for s in mine)


def test_answers_are_the_rules_and_agree_with_themselves(phase):
    for one in made(phase):
        for lesson in one.lessons:
            asked = lesson.question.about(one.sheet.presences)
            if lesson.kind != "existence by tokens":
                assert lesson.answer == plain_answer(lesson.question, asked, one.sheet.evidence)
            assert agrees(one, lesson, lesson.answer)
            assert not agrees(one, lesson, "Somebody is dancing on the roof.")


def test_who_is_told_of_by_tokens_only_is_who_is_in_the_scene(phase):
    bare = [one for one in made(phase, 120) if one.lessons[0].kind == "existence by tokens"]
    said = {lesson.answer.split(",")[0] for one in bare for lesson in one.lessons}
    assert said == {"Yes", "No"}
    for one in bare:
        present = {p.name for p in one.sheet.presences if p.decision == "present"}
        assert all(lesson.answer.startswith("Yes") == (lesson.question.people[0] in present) for lesson in one.lessons)


def test_some_questions_come_with_what_the_rules_would_say(phase):
    told = [lesson for one in made(phase, 60) for lesson in one.lessons if lesson.told]
    assert told
    assert all(lesson.told == lesson.answer for lesson in told)
    assert all(lesson.asked == f"{lesson.answer}\n{lesson.text}" for lesson in told)


def test_the_brief_says_what_the_answers_need(phase):
    """Nothing but words of refusal and doubt stands in an answer that neither brief nor question has."""
    for one in made(phase, 120):
        names = [p.name for p in one.sheet.presences]
        for lesson in one.lessons if one.brief else ():
            given = set(told_words(f"{one.brief} {lesson.asked}", names))
            more = {w for w in told_words(lesson.answer, names) if w not in given}
            assert {w for w in more if w.startswith("@") or w[0].isdigit()} == set(), (lesson, one.brief)
            assert not more & COLOURS, (lesson, one.brief)


def test_the_same_step_makes_the_same_batch(phase):
    one, other = phase.batch(7), phase.batch(7)
    assert one.prompts == other.prompts
    assert phase.batch(8).prompts != one.prompts


def test_validation_asks_in_words_that_training_never_saw(phase):
    rng = np.random.default_rng(0)
    training = {w for text in bank().values() for w in (text.plain, *text.training)}
    for _ in range(20):
        sheet = phase.makers[True].make(phase.episodes[True].laid_out(rng), rng)
        for lesson in plan(sheet, 4, rng, True).lessons:
            text = lesson.text
            for p in sorted(sheet.presences, key=lambda p: -len(p.name)):
                text = text.replace(p.name, "{0}")
            assert text not in training


def test_it_learns_to_answer(tmp_path):
    settings = {"phase": 4, "steps": 12, "validate_every": 100, "lora_lr": 1e-2, "lr": 1e-2, "warmup": 1}
    run = base.setup(make_config(tmp_path, **settings), encode)
    losses = [base.take_step(run)[0]["lm_loss"] for _ in range(12)]  # of one batch, over and over
    run.report.close()
    assert losses[-1] < losses[0] - 0.1


@pytest.fixture
def over_clips(tmp_path):
    """Phase 4 with scenes over the generated clips."""
    run = base.setup(make_config(tmp_path, phase=4, clips="clips", steps=4, out=tmp_path / "over"), encode)
    yield run
    run.report.close()


@pytest.mark.parametrize("validation", [False, True])
def test_scenes_lie_over_whole_clips_of_their_split(over_clips, validation):
    """Each frame has its own grid, in order; people's tracks go through all of them, some of them across."""
    rng, seen, moved = np.random.default_rng(3), set(), 0
    for _ in range(40):
        scene = over_clips.phase.episodes[validation].laid_out(rng)
        clip, frame = np.divmod(scene.analysis.frame_features[:, 0, 0], 1)
        assert frame.tolist() == [0, 1 / 8, 2 / 8]
        assert len(set(clip)) == 1
        assert len(scene.analysis.times) == 3
        seen.add(int(clip[0]))
        for track in scene.analysis.tracks:
            assert track.frames.tolist() == [0, 1, 2]
            moved += bool(np.ptp(track.boxes[:, 0]) > 0.1)
    assert seen == ({3, 7} if validation else {0, 1, 2, 4, 5, 6})
    assert moved


def test_a_step_over_clips_reads_them(over_clips):
    """Their frames reach the batch: four stretches of time at most, here one for each of three frames."""
    frame = over_clips.phase.batch(0).features.experts["frame"]
    assert frame.tokens.shape[1] == 3 * 49
    assert np.isfinite(base.take_step(over_clips)[0]["lm_loss"])


def test_a_run_over_clips_is_no_run_over_pictures(phase, over_clips):
    assert phase.fingerprint() != over_clips.phase.fingerprint()


def test_clips_without_grids_are_refused(tmp_path):
    with pytest.raises(base.SettingsError, match="no features"):
        base.setup(make_config(tmp_path, phase=4, clips="films"), encode)


def test_a_clip_of_which_a_frame_has_no_grid_is_left_out(tmp_path):
    config = make_config(tmp_path)
    metadata = config.data / "clips" / "metadata.jsonl"
    rows = metadata.read_text() + '{"file": "train/0_9.jpg", "split": "train", "clip": "c0", "frame": 9}\n'
    metadata.write_text(rows)
    assert len(Clips(config.data, config.features, ["clips"], False)) == 5
    metadata.write_text("".join(row + "\n" for row in rows.splitlines() if '"val"' in row))
    with pytest.raises(base.SettingsError, match="no clips"):
        Clips(config.data, config.features, ["clips"], False)


def test_sparsity_acts_on_the_heads_that_train(tmp_path):
    """With `--only` the routed heads, a step moves their routers by SPR and HAE, too, and nothing else.

    The target is one that heads which are all on miss, so that HAE has something to push.
    """
    moved = {}
    for sparsity in ("none", "both"):
        only = "qformer.layers."
        out = tmp_path / sparsity
        run = base.setup(
            make_config(
                tmp_path, phase=4, out=out, sparsity=sparsity, only=only, target=-0.5, lr=0.1, warmup=1, dropout=0
            ),
            encode,
        )
        before = {k: v.clone() for k, v in run.state.model.named_parameters()}
        numbers, _ = base.take_step(run)
        run.report.close()
        after = dict(run.state.model.named_parameters())
        changed = {k for k in before if not torch.equal(before[k], after[k])}
        assert all(k.startswith(only) for k in changed)
        assert any(".mixer." in k for k in changed)
        assert ("hae_loss" in numbers) == ("spr_loss" in numbers) == (sparsity == "both")
        moved[sparsity] = numbers["gradient_norm"]
    assert moved["both"] != moved["none"]


def test_it_needs_a_language_model(tmp_path):
    with pytest.raises(base.SettingsError, match="language model"):
        base.setup(make_config(tmp_path, phase=4, llm="none"), encode)
