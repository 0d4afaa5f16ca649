"""Voices: their features, which stretches are of one, whose they are; made voiceprints, no weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from make_analysis import make_analysis
from make_people import find_traces, make_person
from make_studio import open_studio

from pvchat import PVChat
from pvchat.chat.sounds import rows_of_sound
from pvchat.config import PresenceConfig, Settings
from pvchat.errors import PeopleError
from pvchat.identity.voices import add_voices, voice_of
from pvchat.people import contents, exchange
from pvchat.people.parts import merge_people
from pvchat.people.store import PeopleStore
from pvchat.perception.experts.music import MusicListener
from pvchat.perception.experts.voiceprint import WINDOW, _window_starts, mel_bands, mel_filters
from pvchat.perception.sound.listening import Speech, change_after, split_by_voice, with_voices
from pvchat.schemas import SAMPLE_RATE, FloatArray, PersonPresence, Sound, Utterance
from pvchat.storage.clips import ClipCache

NAMES = {0: "Ana", 1: "#1"}


def voiceprint(voice: int, seed: int = 0, apart: float = 0.15) -> tuple[float, ...]:
    """A direction near others of the same voice: their cosine is about 1 - apart ** 2."""
    own = np.random.default_rng(100 + voice).normal(size=256)
    stray = np.random.default_rng(seed).normal(size=256)
    mixed = own / np.linalg.norm(own) + apart * stray / np.linalg.norm(stray)
    return tuple((mixed / np.linalg.norm(mixed)).round(4).tolist())


def spoken(start_s: float, voice: int, track: int | None = None, seconds: float = 2.0, **how: bool) -> Utterance:
    return Utterance(start_s, start_s + seconds, (), track, voiceprint=voiceprint(voice, int(start_s)), **how)


def heard(*utterances: Utterance) -> Sound:
    return Sound("heard", with_voices(utterances))


def test_mel_bands_are_librosa_s():
    """Of a rising tone, against what librosa 0.11 gives (`melspectrogram`, 400 samples each 160, 40 bands)."""
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    rising = (0.3 * np.sin(2 * np.pi * (100 * t + 1500 * t * t))).astype(np.float32)
    bands = mel_bands(torch.from_numpy(rising), torch.from_numpy(mel_filters(40))).numpy()
    frames = [0, 10, 50, 90, 100]
    assert bands.shape == (101, 40)
    assert bands[frames].argmax(1).tolist() == [0, 4, 19, 26, 27]
    np.testing.assert_allclose(bands[frames].max(1), [4.3969, 9.5522, 8.0404, 5.3352, 1.5369], rtol=1e-4)
    assert bands.sum() == pytest.approx(1219.522, abs=0.01)


@pytest.mark.parametrize(("samples", "starts"), [(8_000, [0]), (25_600, [0]), (41_000, [0, 77]), (40_000, [0, 77])])
def test_a_voice_is_looked_at_as_resemblyzer_does(samples, starts):
    assert _window_starts(samples) == starts


def test_stretches_of_one_voice_have_one_number():
    short = Utterance(8.0, 8.4)
    sound = heard(spoken(0.0, 5), spoken(2.5, 7), spoken(5.0, 5), short, spoken(9.0, 7))
    assert [one.voice for one in sound.utterances] == [0, 1, 0, None, 1]
    assert heard().utterances == ()


def test_a_voice_belongs_to_the_face_that_speaks_with_it():
    """Of one who was seen speaking the rest is hers, too; not what several mouths move with, nor another voice."""
    sound = heard(
        spoken(0.0, 5, track=0), spoken(3.0, 7, track=1), spoken(6.0, 5, unseen=True), spoken(9.0, 7),
        spoken(12.0, 5, overlap=True), spoken(15.0, 9, unseen=True),
    )  # fmt: skip
    rows = [(row.entity, row.of, row.value) for row in rows_of_sound(sound, NAMES)]
    assert rows == [
        ("Ana", "", "1"), ("#1", "", "2"), ("Ana", "unseen", "1"), ("#1", "voice", "2"), ("", "several", "1"),
        ("", "unseen", "3"),
    ]  # fmt: skip


def test_a_voice_that_several_faces_speak_with_is_nobody_s():
    sound = heard(spoken(0.0, 5, track=0), spoken(3.0, 5, track=1), spoken(6.0, 5, unseen=True))
    assert [row.entity for row in rows_of_sound(sound, NAMES)] == ["Ana", "#1", ""]


def test_a_voice_is_learned_from_its_own_mouth_only():
    hers = [spoken(0.0, 5, track=0), spoken(3.0, 5, track=2)]
    learned = voice_of(heard(*hers, spoken(6.0, 7, track=1)), [0, 2])
    assert learned is not None
    assert learned.shape == (1, 256)
    assert learned.nbytes < 1000
    assert float(learned[0] @ np.float32(voiceprint(5, 50))) > 0.9
    assert voice_of(heard(hers[0]), [0]) is None  # two seconds are too few
    assert voice_of(heard(*hers, spoken(6.0, 5, unseen=True)), [0, 2]) is None  # it is somebody else's, off-screen
    assert voice_of(heard(*hers), [1]) is None


def known(name: str, voice: int):  # type: ignore[no-untyped-def]
    person = make_person(name)
    return replace(person, arrays={**person.arrays, "voice": np.float16([voiceprint(voice, 77)])})


def test_who_is_heard_is_named_and_put_into_no_picture():
    people = [known("Ana", 5), known("Ben", 7), make_person("Cleo")]
    gone = [PersonPresence(person.name, "absent", 0.01) for person in people]
    sound = heard(spoken(12.0, 5, unseen=True), spoken(15.0, 9, unseen=True))
    found = add_voices(people, gone, sound, PresenceConfig())
    assert [one.voices for one in found] == [(0,), (), ()]
    assert [(one.decision, one.probability) for one in found] == [("absent", 0.01)] * 3
    twins = add_voices([*people, known("Eve", 5)], [*gone, gone[0]], sound, PresenceConfig())
    assert [one.voices for one in twins] == [(), (), (), ()]  # as near to one as to the other


@pytest.mark.parametrize(("voice", "track", "decision"), [(5, 1, "present"), (7, 1, "unsure"), (5, 0, "unsure")])
def test_a_voice_makes_a_face_that_speaks_surer(voice, track, decision):
    unsure = PersonPresence("Ana", "unsure", 0.45, track=1, tracks=(1,))
    (found,) = add_voices([known("Ana", 5)], [unsure], heard(spoken(0.0, voice, track=track)), PresenceConfig())
    assert found.decision == decision
    assert (found.probability > 0.45) == (decision == "present")


@pytest.mark.parametrize(("other", "voice"), [("unsure", 5), ("present", 9)])
def test_a_voice_that_may_be_another_s_makes_no_face_surer(other, voice):
    """Of two who may stand on one track, with voices that are alike; of one who may be whoever surely stands there."""
    people = [known("Ana", 5), known("Eve", voice)]
    seen = [PersonPresence("Ana", "unsure", 0.45, track=1, tracks=(1,)), PersonPresence("Eve", other, 0.9, track=1)]
    found = add_voices(people, seen, heard(spoken(0.0, 5, track=1)), PresenceConfig())
    assert [(one.decision, one.probability) for one in found] == [("unsure", 0.45), (other, 0.9)]


def test_a_voice_goes_where_its_person_goes(tmp_path):
    """Into an export, and away with her: from her folder, and from what was heard in clips."""
    cache = ClipCache(tmp_path / "cache" / "clips")
    store = PeopleStore(tmp_path / "people", cache)
    ana = store.add(known("Ana", 5))
    sound = heard(spoken(0.0, 5, unseen=True))
    cache.save(replace(make_analysis(), sound=sound), "1")
    told = str(sound.utterances[0].voiceprint[7]).encode()
    wanted = {"voice": ana.arrays["voice"].tobytes()[:32], "voiceprint": told}
    assert len(find_traces(tmp_path, wanted)) == 2
    moved = exchange.read(exchange.write(ana, tmp_path / "ana.pvperson"))
    np.testing.assert_array_equal(moved.arrays["voice"], ana.arrays["voice"])
    (tmp_path / "ana.pvperson").unlink()
    store.forget("Ana")
    assert find_traces(tmp_path, wanted) == []


def test_two_clips_of_somebody_are_two_views_of_the_voice():
    both = merge_people(known("Ana", 5), known("Ana again", 6))
    assert both.arrays["voice"].shape == (2, 256)
    silent = merge_people(known("Ana", 5), make_person("Ana again"))
    assert silent.arrays["voice"].shape == (1, 256)


def test_a_voice_of_another_width_is_refused():
    with pytest.raises(PeopleError, match="voice"):
        contents.check("face", {**make_person().arrays, "voice": np.ones((1, 99), np.float16)}, {}, "Ana")


class LoudIsMusic:
    """Music where it is loud, so that what is made of it can be told without a network."""

    def probabilities(self, samples: FloatArray) -> FloatArray:
        frames = max(0, (len(samples) - 400) // 160 + 1)
        loud = np.array([np.abs(samples[160 * i : 160 * i + 400]).max() > 0.1 for i in range(frames)])
        return np.stack([0 * loud, 0 * loud, loud], 1).astype(np.float32)


def test_music_is_heard_while_blocks_pass():
    times = np.arange(60 * SAMPLE_RATE) / SAMPLE_RATE
    spans = [(5.0, 31.0), (31.4, 45.0), (50.0, 50.3)]
    samples = sum(((times >= a) & (times < b)) * 0.5 for a, b in spans).astype(np.float32)
    listener = MusicListener(LoudIsMusic())  # type: ignore[arg-type]
    blocks = [samples[i : i + 70_001] for i in range(0, len(samples), 70_001)]
    passed = list(listener.along(blocks))
    np.testing.assert_array_equal(np.concatenate(passed), samples)
    assert listener.spans() == ((pytest.approx(5.0, abs=0.1), pytest.approx(45.0, abs=0.1)),)
    later = MusicListener(LoudIsMusic(), 60.0)  # type: ignore[arg-type]
    assert later.spans() == ()
    list(later.along([samples]))
    assert later.spans() == ((pytest.approx(65.0, abs=0.1), pytest.approx(105.0, abs=0.1)),)
    part = Sound("heard", music=((5.0, 45.0),)).within(40.0, 50.0, [])
    assert part.music == ((40.0, 45.0),)


def test_who_is_heard_off_screen_is_told_to_be(tmp_path, monkeypatch, pvchat_home):
    """And with hearing switched off, she is told to be absent, as who has no voice is."""
    studio = open_studio(tmp_path, monkeypatch)
    chat = PVChat(Settings(device="cpu", answers="facts"))
    quiet = PVChat(Settings(device="cpu", answers="facts", voice=False), people=chat.people)
    seen = heard(spoken(0.0, 5, track=0), spoken(3.0, 5, track=0))
    assert "voice" not in quiet.enroll(studio.clip("ana", 1, sound=seen), "Ana").arrays
    person = chat.enroll(studio.clip("ana", 1, sound=seen), "Ana", replace=True)
    assert person.arrays["voice"].shape == (1, 256)
    assert person.notes is not None
    assert person.notes.voice_bytes == 512
    clip = studio.clip("other", 2, sound=heard(spoken(12.0, 5, unseen=True)))
    answer = chat.ask(clip, "Is Ana in this video?")
    assert answer.answer == "I hear Ana at 0:12, but don't see Ana. I see one person, on the left."
    assert answer.people[0].decision == "absent"
    assert quiet.ask(clip, "Is Ana in this video?").answer.startswith("No, Ana is not in this video.")
    assert (
        quiet.ask(clip, "What does Ana say?").answer
        == "Listening to videos is switched off here (by --no-voice, or in Settings)."
    )


def test_speech_is_parted_where_another_voice_goes_on():
    """Two voices of 3 s each, looked at four times in 1.6 s; looks across the change are of both."""
    one, other = (np.array(voiceprint(voice), np.float32) for voice in (0, 1))
    mixed = [(1 - share) * one + share * other for share in (0.25, 0.5, 0.75)]
    looks = np.array([one] * 4 + mixed + [other] * 4)
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    assert change_after(looks, 4) == 3
    assert change_after(np.array([one] * 9), 4) is None
    assert change_after(looks[:4], 4) is None


class LooksLikeItsSign:
    """Hears one voice in samples above zero, another in those below."""

    def voiceprints_along(self, samples: FloatArray, step: int) -> FloatArray:
        starts = range(0, len(samples) - WINDOW * 160 + 1, step * 160)
        above = [float((samples[at : at + WINDOW * 160] > 0).mean()) for at in starts]
        rows = np.array([[share, 1 - share] for share in above], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_each_part_has_one_voice_and_nothing_is_lost():
    samples = np.concatenate([np.full(3 * SAMPLE_RATE, 0.5), np.zeros(1600), np.full(3 * SAMPLE_RATE, -0.5)])
    samples = samples.astype(np.float32)
    parts = list(split_by_voice([Speech(10.0, samples)], LooksLikeItsSign()))
    assert [one.start_s for one in parts] == [10.0, pytest.approx(13.05, abs=0.1)]
    assert np.array_equal(np.concatenate([one.samples for one in parts]), samples)
    assert len(list(split_by_voice([Speech(0.0, samples[: 3 * SAMPLE_RATE])], LooksLikeItsSign()))) == 1
