"""The real networks that hear, on speech made by espeak-ng: skipped where either isn't there."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from make_analysis import make_analysis

from pvchat import video
from pvchat.assets import packages, weights
from pvchat.config import VideoConfig
from pvchat.perception.sound.listening import SoundExperts, Speech, listen, speaking, split_by_voice

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
TEXT = "Good morning everybody. Would you like a cup of coffee?"


@pytest.fixture
def experts(weights_home) -> SoundExperts:
    if gone := weights.missing(table=packages.table("voice")):
        pytest.skip(f"no weights for {', '.join(w.role for w in gone)}: run `pvchat doctor --fetch --voice`")
    return SoundExperts()


@pytest.mark.weights
def test_words_of_made_speech_are_heard_in_time(experts, tmp_path):
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng isn't installed")
    from voice import noisy, plain_words, spoken, word_errors, write_clip

    speech = spoken(TEXT, "espeak en-us 150", tmp_path)
    assert speech is not None
    silence = np.zeros(3 * 16_000, np.float32)
    samples = np.concatenate([noisy(speech, 30.0, 0), silence, speech])
    clip = write_clip(tmp_path / "speech.mp4", [np.full((64, 64, 3), 90, np.uint8)], samples)
    found = video.probe(clip, VideoConfig())
    sound = listen(clip, found, replace(make_analysis(), duration_s=found.duration_s), experts, VideoConfig())
    words = [word for one in sound.utterances for word in one.words]
    assert word_errors(f"{TEXT} {TEXT}", " ".join(word.text for word in words)) <= 3
    assert len(plain_words(TEXT)) == 10
    again = (len(speech) / 16_000) + 0.75 + 3  # half a second before the first, a quarter after it
    assert sound.utterances[0].start_s == pytest.approx(0.5, abs=0.3)
    starts = [word.start_s for word in words if word.text.startswith("coffee")]
    assert len(starts) == 2
    assert starts[1] - starts[0] == pytest.approx(again - 0.5, abs=0.25)
    assert all(word.start_s <= word.end_s for word in words)


@pytest.mark.weights
def test_nobody_speaks_in_silence_and_in_noise(experts):
    rng = np.random.default_rng(0)
    for samples in (np.zeros(16_384, np.float32), rng.normal(0, 0.05, 16_384).astype(np.float32)):
        experts.speech.restart()
        assert experts.speech.probabilities(samples).max() < 0.5


@pytest.mark.weights
def test_two_voices_are_two_and_music_is_music(experts, tmp_path):
    """Off-screen all of them; each voice speaks twice, and a chord plays at the end."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng isn't installed")
    from voice import SENTENCES, spoken, write_clip

    voices = ("espeak en-us+m3", "espeak en-us+f4")
    parts = []
    for number, voice in enumerate((*voices, *voices)):
        speech = spoken(SENTENCES[number], voice, tmp_path)
        assert speech is not None
        parts += [speech, np.zeros(16_000, np.float32)]
    t = np.arange(4 * 16_000) / 16_000
    chord = sum(np.sin(2 * np.pi * f * k * t) / k for f in (220, 277, 330) for k in range(1, 6)) * np.exp(
        -2 * (t % 0.5)
    )
    samples = np.concatenate([*parts, (0.3 * chord / np.abs(chord).max()).astype(np.float32)])
    clip = write_clip(tmp_path / "voices.mp4", [np.full((64, 64, 3), 90, np.uint8)], samples)
    found = video.probe(clip, VideoConfig())
    sound = listen(clip, found, replace(make_analysis(), duration_s=found.duration_s), experts, VideoConfig())
    told = [one.voice for one in sound.utterances if one.voice is not None]
    assert sorted({*told}) == [0, 1]
    assert told[0] == 0
    assert told[-1] == 1
    ((start, end),) = sound.music
    assert (start, end) == (pytest.approx(len(samples) / 16_000 - 4, abs=1.0), pytest.approx(found.duration_s, abs=0.5))
    quiet = speaking(clip, found, replace(make_analysis(), duration_s=found.duration_s), experts, VideoConfig())
    assert [one.voice for one in quiet.utterances] == [one.voice for one in sound.utterances]
    assert not any(one.words for one in quiet.utterances)


@pytest.mark.weights
def test_a_stretch_is_parted_where_the_voice_changes(experts, tmp_path):
    """Two voices without a pause; and one voice that says two sentences."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng isn't installed")
    from voice import SENTENCES, spoken

    voices = ("espeak en-us+m3", "espeak en-us+f4")
    one, other = (spoken(SENTENCES[k], voice, tmp_path)[800:-4000] for k, voice in enumerate(voices))
    same = spoken(SENTENCES[2], voices[0], tmp_path)[800:-4000]
    first, second = split_by_voice([Speech(2.0, np.concatenate([one, other]))], experts.voices)
    assert second.start_s == pytest.approx(2.0 + len(one) / 16_000, abs=0.5)
    assert first.end_s == pytest.approx(second.start_s)
    assert len(list(split_by_voice([Speech(0.0, np.concatenate([one, same]))], experts.voices))) == 1


@pytest.mark.weights
@pytest.mark.parametrize(
    ("voice", "text", "language"),
    [
        ("de", "Die Besprechung beginnt um neun Uhr im großen Zimmer im zweiten Stock.", "de"),
        ("es", "La reunión empieza a las nueve en la sala grande del segundo piso.", "es"),
        ("en-us", TEXT, "en"),
    ],
)
def test_the_language_is_told_and_its_words_are_heard(experts, tmp_path, voice, text, language):
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng isn't installed")
    if experts.languages is None:
        pytest.skip("no weights for languages: run `pvchat doctor --fetch --voice`")
    from voice import heard_of, noisy, plain_words, spoken, word_errors

    sound, *_ = heard_of(noisy(spoken(text, f"espeak {voice} 150", tmp_path), 30.0, 0), tmp_path, experts)
    assert {one.language for one in sound.utterances} == {language}
    told = " ".join(one.text for one in sound.utterances)
    assert word_errors(text, told) <= len(plain_words(text)) // 2
