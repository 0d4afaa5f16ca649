"""Turns a clip's sound into stretches of speech with their words, and says who seems to speak in each.

The sound is read once, block after block; a stretch of speech is held until its words are found, so that an hour takes
no more memory than a minute. How the limits were chosen: docs/adr/0060-words-in-the-library.md, 0067-real-voices.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pvchat.assets import packages, weights
from pvchat.config import VideoConfig
from pvchat.memory import trim
from pvchat.perception.experts import networks
from pvchat.perception.experts.mesh import MeshExpert
from pvchat.perception.experts.music import MusicExpert, MusicListener
from pvchat.perception.experts.voiceactivity import STEP, STEP_S, SpeechExpert
from pvchat.perception.experts.voiceprint import FRAME_S, WINDOW, VoiceprintExpert
from pvchat.perception.experts.whisper import WINDOW_S, WordExpert
from pvchat.perception.sound.mouths import with_speakers
from pvchat.schemas import SAMPLE_RATE, ClipAnalysis, FloatArray, Progress, Sound, SpokenWord, Utterance
from pvchat.video.files import PathLike, Probe
from pvchat.video.sound import read_sound

# Silero's own: speech begins at the first probability, and ends where it stays below the second for so long
_SPEAKS, _SILENT, _PAUSE_S = 0.5, 0.35, 0.4
_SHORTEST_S = 0.25
_MARGIN_S = 0.12  # kept before and after, for soft sounds
_LONGEST_S = WINDOW_S - 2.0
_BLOCK_S = 4.0  # heard at once
_STEP = WINDOW // 4  # frames from one look for another voice to the next
_QUIET_S, _LOUDNESS_S = 0.4, 0.05  # around it speech is parted where it is softest, in windows so long
_VOICE_S = 1.0  # of speech, without the margins, from which its voice is told
SAME_VOICE = 0.725  # mean cosine from which two groups of stretches are one voice
# Cosine of what is heard in the 1.6 s before a moment and after it, and of all before and after, below which another
# voice goes on there.
_OTHER_NEAR, _OTHER = 0.65, 0.7


class SoundExperts:
    """The networks that hear, each loaded when it is first needed: WeightsError where its weights aren't here."""

    speech = cached_property(lambda self: SpeechExpert())  # when somebody speaks
    words = cached_property(lambda self: WordExpert())  # what is said
    voices = cached_property(lambda self: VoiceprintExpert())  # whose voice it is
    music = cached_property(lambda self: MusicExpert())
    mesh = cached_property(lambda self: MeshExpert())  # mouths

    @cached_property
    def languages(self) -> WordExpert | None:
        """What is said in which language; None where that isn't fetched: then all is taken for English."""
        return None if weights.missing(table=packages.table("languages")) else WordExpert.of_languages()


@dataclass(frozen=True)
class Speech:
    """A stretch of speech: when it begins (seconds), and its samples."""

    start_s: float
    samples: FloatArray

    @property
    def end_s(self) -> float:
        """When it ends, seconds."""
        return self.start_s + len(self.samples) / SAMPLE_RATE


def listen(
    path: PathLike,
    found: Probe,
    analysis: ClipAnalysis,
    experts: SoundExperts,
    config: VideoConfig,
    progress: Progress | None = None,
) -> Sound:
    """What is heard in a clip with sound: words, in how many voices, who speaks as far as that is seen, and music.

    `analysis`: of it, for the faces, or of a part of it: then only the part is listened to. Progress is in seconds.
    Raises VideoReadError where it can't be read, WeightsError where the weights to hear it aren't here.
    """
    networks.release_buffers()  # what looking needed isn't there beside what hearing does
    utterances: list[Utterance] = []
    start_s, blocks = _sound_of(path, found, analysis, config)
    music = MusicListener(experts.music, start_s)
    for window in in_windows(split_by_voice(speech_in(music.along(blocks), experts.speech, start_s), experts.voices)):
        if progress is not None:
            progress("listening", window[-1].end_s, found.duration_s)
        spoken = zip(window, _transcribe(window, experts), strict=True)
        utterances += [replace(told, voiceprint=_voiceprint(one, experts.voices)) for one, told in spoken]
        trim()
    spoken_by = with_speakers(path, found, analysis, utterances, experts.mesh, config)
    return Sound("heard", with_voices(spoken_by), music.spans())


def speaking(path: PathLike, found: Probe, analysis: ClipAnalysis, experts: SoundExperts, config: VideoConfig) -> Sound:
    """`listen` without words and music: who speaks when, and in which voice."""
    start_s, blocks = _sound_of(path, found, analysis, config)
    utterances = [
        Utterance(round(one.start_s, 2), round(one.end_s, 2), voiceprint=_voiceprint(one, experts.voices))
        for one in split_by_voice(speech_in(blocks, experts.speech, start_s), experts.voices)
    ]
    return Sound("heard", with_voices(with_speakers(path, found, analysis, utterances, experts.mesh, config)))


def speech_in(blocks: Iterable[FloatArray], expert: SpeechExpert, start_s: float = 0.0) -> Iterator[Speech]:
    """The stretches of speech in blocks of samples, which begin at `start_s` (seconds): each at most `_LONGEST_S` long,
    in order, with a short margin.
    """
    held, first = np.zeros(0, np.float32), 0  # samples that may still be needed, and the number of the first of them
    begun, quiet, at = -1, 0, 0  # steps: the stretch's first, how many were silent at its end, how many were heard
    margin = round(_MARGIN_S * SAMPLE_RATE)
    expert.restart()

    def cut(start: int, end: int) -> Speech:
        low = max(first, start * STEP - margin)
        return Speech(start_s + low / SAMPLE_RATE, held[low - first : end * STEP + margin - first].copy())

    for block in _in_whole_steps(blocks):
        held = np.concatenate([held, block])
        for probability in expert.probabilities(block):
            if begun < 0 and probability >= _SPEAKS:
                begun, quiet = at, 0
            elif begun >= 0:
                quiet = quiet + 1 if probability < _SILENT else 0
            at += 1
            if begun >= 0 and (quiet * STEP_S >= _PAUSE_S or (at - begun) * STEP_S >= _LONGEST_S):
                if (at - quiet - begun) * STEP_S >= _SHORTEST_S:
                    yield cut(begun, at - quiet)
                begun = -1
        needed = max(first, (at if begun < 0 else begun) * STEP - margin)
        held, first = held[needed - first :], needed
    if begun >= 0 and (at - quiet - begun) * STEP_S >= _SHORTEST_S:
        yield cut(begun, at - quiet)


def split_by_voice(speech: Iterable[Speech], expert: VoiceprintExpert) -> Iterator[Speech]:
    """Speech split where another voice goes on without a pause; turns shorter than its `WINDOW` aren't found."""
    for one in speech:
        waiting = [one]
        while waiting:
            part = waiting.pop()
            if (at := _voice_change(part.samples, expert)) is None:
                yield part
            else:
                rest = Speech(part.start_s + at / SAMPLE_RATE, part.samples[at:])
                waiting += [rest, Speech(part.start_s, part.samples[:at])]


def _voice_change(samples: FloatArray, expert: VoiceprintExpert) -> int | None:
    """The index of the sample at which another voice begins; None where there is one voice."""
    if len(samples) < 2 * WINDOW * FRAME_S * SAMPLE_RATE:
        return None
    last = change_after(expert.voiceprints_along(samples, _STEP), WINDOW // _STEP)
    if last is None:
        return None
    middle = (last * _STEP + WINDOW) * FRAME_S
    first = round((middle - _QUIET_S) * SAMPLE_RATE)
    around = np.abs(samples[first : round((middle + _QUIET_S) * SAMPLE_RATE)])
    width = round(_LOUDNESS_S * SAMPLE_RATE)
    return first + int(np.convolve(around, np.ones(width), "valid").argmin()) + width // 2


def in_windows(speech: Iterable[Speech]) -> Iterator[list[Speech]]:
    """Group stretches that the word network hears together: it takes `WINDOW_S` at once, however short they are."""
    held: list[Speech] = []
    for one in speech:
        if held and one.end_s - held[0].start_s > _LONGEST_S:
            yield held
            held = []
        held.append(one)
    if held:
        yield held


def _sound_of(
    path: PathLike, found: Probe, analysis: ClipAnalysis, config: VideoConfig
) -> tuple[float, Iterator[FloatArray]]:
    """The start (seconds) of the part that was analysed, and its sound, block after block."""
    start_s = float(analysis.shots[0, 0])
    length_s = min(found.duration_s, analysis.duration_s) - start_s
    return start_s, read_sound(path, replace(found, start_s=found.start_s + start_s, duration_s=length_s), config)


def _in_whole_steps(blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
    """The same samples in blocks of whole steps, a few seconds each; silence fills the last one up."""
    parts: list[FloatArray] = []
    length, wanted = 0, round(_BLOCK_S / STEP_S) * STEP
    for block in blocks:
        parts.append(block)
        length += len(block)
        if length >= wanted:
            whole = np.concatenate(parts)
            even = len(whole) // STEP * STEP
            yield whole[:even]
            parts, length = [whole[even:]], len(whole) - even
    if length:
        yield np.pad(np.concatenate(parts), (0, -length % STEP))


def _transcribe(window: list[Speech], experts: SoundExperts) -> list[Utterance]:
    """Stretches with their words and language: heard together, with silence where nobody speaks."""
    start_s = window[0].start_s
    samples = np.zeros(round((window[-1].end_s - start_s) * SAMPLE_RATE) + 1, np.float32)
    for one in window:
        at = round((one.start_s - start_s) * SAMPLE_RATE)
        samples[at : at + len(one.samples)] = one.samples[: len(samples) - at]
    words_of: list[list[SpokenWord]] = [[] for _ in window]
    if experts.languages is None:
        heard, language = experts.words.words(samples, start_s), ""
    else:
        heard, language = experts.languages.words_and_language(samples, start_s, experts.words)
    for word in heard:  # each belongs to the nearest stretch of speech, and is clipped to it
        middle = (word.start_s + word.end_s) / 2
        nearest = int(np.argmin([max(one.start_s - middle, middle - one.end_s) for one in window]))
        speech = window[nearest]
        start = min(max(word.start_s, speech.start_s), speech.end_s)
        end = max(start, min(word.end_s, speech.end_s))
        words_of[nearest].append(replace(word, start_s=round(start, 2), end_s=round(end, 2)))
    return [  # of what is heard together some is passed over: that is heard again by itself
        Utterance(round(one.start_s, 2), round(one.end_s, 2), tuple(words), language=language * bool(words))
        if words or len(window) == 1
        else _transcribe([one], experts)[0]
        for one, words in zip(window, words_of, strict=True)
    ]


def _voiceprint(speech: Speech, expert: VoiceprintExpert) -> tuple[float, ...]:
    """The voice of a stretch; nothing where it is too short."""
    if speech.end_s - speech.start_s < _VOICE_S + 2 * _MARGIN_S:
        return ()
    return tuple(round(float(value), 4) for value in expert.voiceprint(speech.samples))


def with_voices(utterances: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """The stretches with the numbers of their voices, counted from 0 as they begin to speak."""
    from scipy.cluster.hierarchy import fcluster, linkage

    prints = np.array([one.voiceprint for one in utterances if one.voiceprint], np.float32)
    groups = [0] * len(prints)
    if len(prints) > 1:
        groups = fcluster(linkage(prints, "average", "cosine"), 1 - SAME_VOICE, "distance").tolist()
    order, of_each = list(dict.fromkeys(groups)), iter(groups)
    return tuple(replace(one, voice=order.index(next(of_each)) if one.voiceprint else None) for one in utterances)


def change_after(prints: FloatArray, apart: int) -> int | None:
    """The index of the window after which another voice goes on; None where it is one voice.

    `prints`: [looks, 256] along a stretch, of unit length; a look ends where the one that is `apart` further begins.
    """
    if len(prints) <= apart:
        return None
    likeness = (prints[:-apart] * prints[apart:]).sum(1)
    last = int(likeness.argmin())
    before, after = prints[: last + 1].mean(0), prints[last + apart :].mean(0)
    whole = float(before @ after / (np.linalg.norm(before) * np.linalg.norm(after)))
    return last if likeness[last] < _OTHER_NEAR and whole < _OTHER else None
