"""A clip's sound: read in time, parted into speech, given to a mouth, kept with the clip; no weights are needed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import av
import make_clips
import numpy as np
import pytest
from av.stream import Disposition
from make_analysis import make_analysis, make_track

from pvchat import video
from pvchat.config import Settings, VideoConfig
from pvchat.errors import WeightsError
from pvchat.perception.experts.voiceactivity import STEP, STEP_S
from pvchat.perception.experts.voiceprint import mel_filters
from pvchat.perception.experts.whisper import _warp, log_mel
from pvchat.perception.sound.listening import Speech, _sound_of, _transcribe, in_windows, speech_in
from pvchat.perception.sound.mouths import _with_speaker, faces_at, false_faces, look_times, mouth_movements
from pvchat.schemas import SAMPLE_RATE, ClipAnalysis, Look, Sound, SpokenWord, Utterance
from pvchat.service.hearing import voices_in, with_sound
from pvchat.storage.clips import ClipCache
from pvchat.video.sound import _sound_of as _main_track
from pvchat.video.sound import has_sound, read_sound

HELLO = Utterance(
    1.0, 2.0, (SpokenWord("Hello", 1.0, 1.4), SpokenWord("Ana.", 1.5, 1.9)), track=1, voice=0, voiceprint=(0.6, 0.8)
)
SOUND = Sound("heard", (HELLO, Utterance(3.0, 4.0, unseen=True)))


def tones(
    path: Any, sounding: tuple[float, float], rate: int = 44_100, layout: str = "stereo", late_s: float = 0.0
) -> Any:
    """Three seconds of grey with a loud tone from one time to another, in another rate and two channels."""
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", 24)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        sound = out.add_stream("aac", rate, layout=layout)
        for _ in range(72):
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), "rgb24")))
        out.mux(pictures.encode())
        times = np.arange(round((3 - late_s) * rate)) / rate + late_s
        wave = np.where((times >= sounding[0]) & (times < sounding[1]), 0.5 * np.sin(2e3 * times), 0).astype(np.float32)
        for at in range(0, len(wave), 1024):
            part = np.repeat(wave[None, at : at + 1024], 2 if layout == "stereo" else 1, axis=0)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", layout)
            frame.sample_rate, frame.pts = rate, at + round(late_s * rate)
            out.mux(sound.encode(frame))
        out.mux(sound.encode())
    return path


@pytest.mark.parametrize("late_s", [0.0, 0.75])
def test_sound_is_read_on_the_clock_of_the_pictures(tmp_path, late_s):
    """At 16 kHz and one channel, whatever it was; where the track begins late there is silence before."""
    clip = tones(tmp_path / "tone.mp4", (1.0, 2.0), late_s=late_s)
    samples = np.concatenate(list(read_sound(clip, video.probe(clip, VideoConfig()), VideoConfig())))
    assert len(samples) == pytest.approx(3 * SAMPLE_RATE, abs=0.1 * SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.2) / SAMPLE_RATE
    assert (loud[0], loud[-1]) == (pytest.approx(1.0, abs=0.08), pytest.approx(2.0, abs=0.08))


def test_a_clip_without_sound_has_none(tmp_path, monkeypatch):
    """That is told by its header: no packet of it is read."""
    monkeypatch.setattr("pvchat.video.sound.frames_of", lambda *_: pytest.fail("a packet is read"))
    silent, photo = make_clips.matroska(tmp_path / "silent.mkv"), tmp_path / "photo.png"
    make_clips.Image.new("RGB", (64, 64)).save(photo)
    assert not has_sound(silent, VideoConfig())
    assert not has_sound(photo, VideoConfig())
    assert list(read_sound(silent, video.probe(silent, VideoConfig()), VideoConfig())) == []
    assert has_sound(make_clips.with_sound(tmp_path / "sound.mp4"), VideoConfig())


def test_a_damaged_sound_track_ends_no_reading(tmp_path):
    whole = tones(tmp_path / "whole.mp4", (0.0, 3.0))
    data = bytearray(whole.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    samples = [*read_sound(broken, video.probe(broken, VideoConfig()), VideoConfig())]
    assert sum(map(len, samples)) <= 3.1 * SAMPLE_RATE
    assert all(np.isfinite(block).all() for block in samples)


class LoudIsSpeech:
    """Probabilities by loudness, so that what is made of them can be told without a network."""

    def restart(self) -> None:
        pass

    def probabilities(self, samples: Any) -> Any:
        return (np.abs(samples).reshape(-1, STEP).max(1) > 0.1).astype(np.float32)


def blocks(*spans: tuple[float, float], seconds: float, size: int = 7001) -> Iterator[Any]:
    """Sound that is loud in some spans, in blocks of an odd size."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    samples = sum(((times >= a) & (times < b)) * 0.5 for a, b in spans).astype(np.float32)
    return (samples[i : i + size] for i in range(0, len(samples), size))


def test_speech_is_parted_at_pauses_and_at_the_longest_that_is_heard_at_once():
    spans = [(0.5, 2.0), (2.2, 3.0), (5.0, 5.1), (8.0, 50.0)]
    found = list(speech_in(blocks(*spans, seconds=52.0), LoudIsSpeech()))
    told = [(one.start_s, one.end_s) for one in found]
    assert told[0] == (pytest.approx(0.5, abs=0.2), pytest.approx(3.0, abs=0.2))  # a short pause parts nothing
    assert len(told) == 3  # what is shorter than speech is none
    assert told[1][0] == pytest.approx(8.0, abs=0.2)
    assert told[2] == (pytest.approx(36.0, abs=0.4), pytest.approx(50.0, abs=0.3))
    assert all(np.abs(one.samples).max() == 0.5 for one in found)


def test_only_what_was_looked_at_is_listened_to(tmp_path):
    """Of a part of a video its own seconds, told in the video's time: speech and music."""
    clip = tones(tmp_path / "tone.mp4", (0.5, 2.5))
    looked = replace(make_analysis(key="part"), shots=np.float32([[1.0, 2.0]]), duration_s=2.0)
    start_s, parts = _sound_of(clip, video.probe(clip, VideoConfig()), looked, VideoConfig())
    samples = np.concatenate(list(parts))
    assert (start_s, len(samples)) == (1.0, SAMPLE_RATE)
    assert np.abs(samples[::100]).max() > 0.3
    (speech,) = speech_in(blocks((0.5, 3.0), seconds=4.0), LoudIsSpeech(), 60.0)
    assert (speech.start_s, speech.end_s) == (pytest.approx(60.5, abs=0.2), pytest.approx(63.0, abs=0.2))


def test_short_stretches_are_heard_together():
    made = [Speech(at, np.zeros(SAMPLE_RATE, np.float32)) for at in (0.0, 10.0, 26.0, 40.0)]
    assert [[one.start_s for one in window] for window in in_windows(made)] == [[0.0, 10.0, 26.0], [40.0]]


class SaysTwice:
    """Hears a word in each of two loud places."""

    def words(self, samples: Any, start_s: float) -> list[SpokenWord]:
        loud = np.flatnonzero(samples > 0.2) / SAMPLE_RATE + start_s
        return [
            SpokenWord("yes", float(loud[0]), float(loud[0]) + 0.3),
            SpokenWord("no", float(loud[-1]) - 0.3, float(loud[-1]) + 4),
        ]


def test_words_go_to_their_stretch_and_end_with_it():
    made = [Speech(at, np.full(SAMPLE_RATE, 0.5, np.float32)) for at in (2.0, 6.0)]
    first, second = _transcribe(made, SimpleNamespace(words=SaysTwice(), languages=None))
    assert [word.text for word in first.words] == ["yes"]
    assert second.words == (SpokenWord("no", pytest.approx(6.7, abs=0.02), 7.0),)


class StopsEarly:
    """Hears the first words only, whatever comes after them."""

    def words(self, samples: Any, start_s: float) -> list[SpokenWord]:
        return [SpokenWord("yes", start_s, start_s + 0.3)]


def test_a_stretch_that_was_passed_over_is_heard_by_itself():
    made = [Speech(at, np.full(SAMPLE_RATE, 0.5, np.float32)) for at in (2.0, 6.0)]
    told = _transcribe(made, SimpleNamespace(words=StopsEarly(), languages=None))
    assert [[word.start_s for word in one.words] for one in told] == [[2.0], [6.0]]


def test_of_several_sound_tracks_the_one_that_players_play_is_heard():
    first, second = (SimpleNamespace(codec_context=1, channels=2, disposition=Disposition(one)) for one in (0, 1))
    for tracks, heard in (([first, second], second), ([first, first], first), ([], None)):
        assert _main_track(SimpleNamespace(streams=SimpleNamespace(audio=tracks))) is heard


def swings(size: float) -> dict[float, float]:
    """How far a mouth is open when it is looked at."""
    return {time: size * (i % 2) for i, time in enumerate(look_times(HELLO))}


@pytest.mark.parametrize(
    ("sizes", "there", "track", "unseen", "overlap"),
    [
        ({0: 0.03, 1: 0.001}, {0, 1}, 0, False, False),  # one speaks
        ({0: 0.03, 1: 0.025}, {0, 1}, None, False, True),  # both mouths move
        ({0: 0.03}, {0, 1}, None, False, False),  # one can't be followed: it may be that one
        ({0: 0.001, 1: 0.002}, {0, 1}, None, True, False),  # all are still
        ({0: 0.005}, {0}, None, False, False),  # it moves a little
        ({0: 0.03, 1: np.nan}, {0}, 0, False, False),  # what the mesh finds no face in is none
        ({}, set(), None, True, False),  # nobody is in the picture
    ],
)
def test_speech_is_given_to_the_mouth_that_moves(sizes, there, track, unseen, overlap):
    opened = {t: {n: swings(size)[t] for n, size in sizes.items()} for t in look_times(HELLO)}
    assert false_faces(look_times(HELLO), opened) == {n for n, size in sizes.items() if np.isnan(size)}
    told = _with_speaker(replace(HELLO, track=None), there, mouth_movements(look_times(HELLO), opened), True)
    assert (told.track, told.unseen, told.overlap) == (track, unseen, overlap)


def test_a_face_is_followed_between_sightings_of_one_shot_only():
    track = make_track(frames=[0, 2, 4])
    track.boxes[1] += np.float32([0.2, 0, 0.2, 0])
    analysis = make_analysis(track)  # samples at .125, .375, …
    (face,) = faces_at(analysis, 0.375)
    assert face.box[0] == pytest.approx(0.4)
    parted = replace(analysis, shots=np.float32([[0, 0.5], [0.5, 2]]))
    assert faces_at(parted, 0.375)[0].box[0] == pytest.approx(0.3)  # beside the sighting before, not towards the next
    assert faces_at(analysis, 1.99) == []


def test_a_sound_is_kept_with_the_clip_and_goes_with_it(tmp_path):
    cache, analysis = ClipCache(tmp_path), replace(make_analysis(make_track(), make_track()), sound=SOUND)
    cache.save(analysis, "1")
    held = cache.load(analysis.key, "1")
    assert held is not None
    assert held.sound == SOUND
    assert any(b"Hello" in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    cache.remove(analysis.key, forgotten=True)
    assert not any(b"Hello" in file.read_bytes() for file in tmp_path.iterdir() if file.is_file())


def test_a_part_of_a_clip_has_its_words_and_counts_its_own_tracks():
    late = make_track(2, frames=range(4, 8))
    analysis = replace(make_analysis(make_track(1, frames=[0]), late), sound=SOUND)
    part = analysis.between(1.0, 2.0).sound
    assert part is not None
    assert part.utterances == (replace(HELLO, track=0),)


def listened(chat: Any, clip: Any) -> Sound | None:
    analysis: ClipAnalysis = make_analysis(key=video.content_key(clip))
    return with_sound(chat._clips, clip, Look(analysis)).analysis.sound


def test_why_nothing_is_heard(chat, tmp_path):
    """Without sound nothing is loaded; what isn't fetched, or is switched off, is told and not kept."""
    silent = make_clips.matroska(tmp_path / "silent.mkv")
    sounding = make_clips.with_sound(tmp_path / "sound.mp4")
    assert listened(chat, silent) == Sound("none")
    assert listened(chat, sounding) == Sound("unfetched")
    chat.networks.settings = replace(Settings(), voice=False)
    assert listened(chat, sounding) == Sound("off")
    assert "sound" not in chat.networks.__dict__


def test_damaged_weights_are_as_those_that_are_missing(chat, tmp_path, monkeypatch):
    """What is seen in the clip doesn't fail with them; nor does an enrollment. Once mended, they hear it."""

    def damaged(*_: Any) -> Sound:
        raise WeightsError("the weights 'words' are damaged.")

    clip = make_clips.with_sound(tmp_path / "sound.mp4")
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: [])
    for name in ("listen", "speaking"):
        monkeypatch.setattr(f"pvchat.perception.sound.listening.{name}", damaged)
    assert listened(chat, clip) == Sound("unfetched")
    assert voices_in(chat._clips, clip, make_analysis()) is None
    monkeypatch.setattr("pvchat.perception.sound.listening.listen", lambda *_: SOUND)
    assert listened(chat, clip) == SOUND


@pytest.mark.parametrize("whole", [True, False])
def test_nobody_else_uses_the_networks_while_a_clip_is_listened_to(chat, tmp_path, monkeypatch, whole):
    """They remember what was heard last: of a part of a video, too."""
    held = []

    def listen(*_: Any) -> Sound:
        held.append(chat.networks.lock._owner == threading.get_ident())
        return SOUND

    monkeypatch.setattr("pvchat.perception.sound.listening.listen", listen)
    monkeypatch.setattr("pvchat.assets.weights.missing", lambda **_: [])
    clip = make_clips.with_sound(tmp_path / "sound.mp4")
    seen = with_sound(chat._clips, clip, Look(make_analysis(key=video.content_key(clip))), whole)
    assert (seen.analysis.sound, held) == (SOUND, [True])


def test_whisper_s_spectrum_and_alignment():
    filters = mel_filters(80)
    assert filters.shape == (80, 201)
    tone = np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    import torch

    mel = log_mel(torch.from_numpy(tone), torch.from_numpy(filters))
    assert mel.shape == (80, 100)
    centre = float(
        (filters[int(mel[:, 50].argmax())] * np.linspace(0, 8000, 201)).sum() / filters[int(mel[:, 50].argmax())].sum()
    )
    assert centre == pytest.approx(1000, abs=40)
    cost = np.ones((3, 9), np.float32)
    cost[0, :3] = cost[1, 3:7] = cost[2, 7:] = 0
    assert _warp(cost).tolist() == [0, 3, 7]
    assert pytest.approx(0.032) == STEP_S
