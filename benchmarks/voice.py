"""What is heard of made speech: word errors by loudness of noise, whose mouth speech is given to, what it costs.

    python benchmarks/voice.py words --work FOLDER
    python benchmarks/voice.py languages --work FOLDER
    python benchmarks/voice.py cost --work FOLDER --moving A.mp4 --share 0.1
    python benchmarks/voice.py speakers --work FOLDER --moving A.mp4 B.mp4 … --still C.mp4 D.mp4 …

In: Debian's espeak-ng and flite, and hibari-tts where it is installed, speak; `--moving` are clips in which one face's
mouth moves, `--still` such in which none does. They are put beside each other (both orders), speech of a voice on top,
with noise, or music (`words --music FILE`). `cost` has one clip over and over again (without `--moving`: nothing to
see), transcribed by a process of its own, and the same without sound. Out: tables on stdout. `--half held` is the half
of the pairs (SHA-256 of their names, odd) on which nothing was chosen; words and languages were never used to choose
anything. The made clips lie in `--work`, and are nobody's to commit.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import resource
import subprocess
import sys
import time
import wave
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pvchat import video
from pvchat.config import VideoConfig
from pvchat.perception.analysis import Depth, recognise
from pvchat.perception.experts.collection import Experts
from pvchat.perception.sound.listening import SoundExperts, listen
from pvchat.schemas import ClipAnalysis, FloatArray, Sound, Utterance
from pvchat.video.sound import has_sound

SENTENCES = (
    "Good morning everybody, thank you for coming so early today.",
    "Could you please bring me a cup of coffee and a glass of water?",
    "The meeting starts at nine in the large room on the second floor.",
    "I have never seen such a beautiful garden in the middle of a city.",
    "Please close the window, it is getting cold in here.",
    "My brother works in a hospital and my sister is a teacher.",
    "We should leave before it starts to rain again.",
    "She told me that the train from London was late.",
    "Nobody knows where the keys of the old house are.",
    "This table is too heavy, can somebody help me carry it?",
    "The children are playing football behind the school.",
    "I think the answer is wrong, but I am not sure.",
)
LANGUAGES = {  # espeak-ng's voices, and sentences
    "de": ("Guten Morgen, könnten Sie mir bitte eine Tasse Kaffee und ein Glas Wasser bringen?",
           "Die Besprechung beginnt um neun Uhr im großen Zimmer im zweiten Stock.",
           "Mein Bruder arbeitet in einem Krankenhaus und meine Schwester ist Lehrerin."),
    "es": ("Buenos días, ¿puede traerme una taza de café y un vaso de agua, por favor?",
           "La reunión empieza a las nueve en la sala grande del segundo piso.",
           "Mi hermano trabaja en un hospital y mi hermana es profesora."),
    "fr": ("Bonjour, pouvez-vous m'apporter une tasse de café et un verre d'eau, s'il vous plaît ?",
           "La réunion commence à neuf heures dans la grande salle du deuxième étage.",
           "Mon frère travaille dans un hôpital et ma soeur est professeur."),
    "en-us": SENTENCES[1:3] + SENTENCES[5:6],
}  # fmt: skip
VOICES = ("espeak en-us", "espeak en-gb+f3", "espeak en-us+m3 150", "flite slt", "flite rms", "flite awb", "hibari")
NOISES = (None, 20.0, 10.0, 0.0)  # dB of speech over noise
RATE, SIDE, FPS = 16_000, 360, 25
WHO = Depth(grid_frames=2, body_crops=0, prints=0, faceless=False)


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("words", "speakers", "languages", "cost"))
    parser.add_argument("--work", type=Path, required=True, help="where made clips go")
    parser.add_argument("--moving", nargs="*", type=Path, default=[])
    parser.add_argument("--still", nargs="*", type=Path, default=[])
    parser.add_argument("--half", choices=("chosen", "held", "all"), default="all")
    parser.add_argument("--music", type=Path, help="of words: a recording under the speech, in noise's place")
    parser.add_argument("--each", type=int, default=1, help="sentences of each voice")
    parser.add_argument("--share", type=float, default=1.0, help="of the long clip in which somebody speaks")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long that clip is")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    experts = SoundExperts()
    if args.what == "words":
        measure_words(args.work, args.each, None if args.music is None else recording(args.music), experts)
    elif args.what == "languages":
        measure_languages(args.work, experts)
    elif args.what == "cost":
        measure_cost(args.work, args.moving[:1], args.share, args.seconds)
    else:
        measure_speakers(args.work, args.moving, args.still, args.half, experts)


def measure_words(work: Path, each: int, music: FloatArray | None, experts: SoundExperts) -> None:
    """Word errors by noise and engine, and CPU seconds a second of the clip."""
    for noise in NOISES:
        wrong: dict[str, list[int]] = {}
        spent, length = 0.0, 0.0
        for number, voice in enumerate(VOICES):
            for k in range(each):
                text = SENTENCES[(number + k * len(VOICES)) % len(SENTENCES)]
                samples = spoken(text, voice, work)
                if samples is None:
                    continue
                sound, cpu, seconds = heard_of(noisy(samples, noise, number + 100 * k, music), work, experts)
                spent, length = spent + cpu, length + seconds
                told = " ".join(one.text for one in sound.utterances)
                row = wrong.setdefault(voice.split()[0], [0, 0])
                row[0] += word_errors(text, told)
                row[1] += len(plain_words(text))
                say(f"  {voice} {noise}: {told}")
        errors, total = (sum(column) for column in zip(*wrong.values(), strict=True))
        by_engine = {name: round(bad / count, 3) for name, (bad, count) in wrong.items()}
        say(f"noise {noise} dB: word error {errors / total:.3f} of {total} {by_engine}, CPU {spent / length:.2f} x")


def measure_languages(work: Path, experts: SoundExperts) -> None:
    """Stretches told to be of the right language, of another, of none; word errors; CPU seconds a second."""
    for language, sentences in LANGUAGES.items():
        told, wrong, total, spent, length = [0, 0, 0], 0, 0, 0.0, 0.0
        for number, (text, kind) in enumerate((text, kind) for kind in ("", "+f3") for text in sentences):
            samples = spoken(text, f"espeak {language}{kind} 150", work)
            assert samples is not None
            sound, cpu, seconds = heard_of(noisy(samples, 20.0, number), work, experts)
            spent, length = spent + cpu, length + seconds
            for one in sound.utterances:
                told[0 if one.language == language[:2] else 1 if one.language else 2] += 1
            heard = " ".join(one.text for one in sound.utterances)
            wrong, total = wrong + word_errors(text, heard), total + len(plain_words(text))
            say(f"  {language}{kind} {[one.language for one in sound.utterances]}: {heard}")
        say(f"{language}: right, wrong, not told {told}; word error {wrong / total:.3f}; CPU {spent / length:.2f} x")


def measure_cost(work: Path, paths: Sequence[Path], share: float, seconds: float) -> None:
    """Peak memory and CPU seconds a second of a long clip that is transcribed; of the same without sound."""
    speech = [spoken(text, VOICES[i % 4], work) for i, text in enumerate(SENTENCES)]
    round_of = np.concatenate([np.pad(one, (0, RATE // 2)) for one in speech if one is not None])
    quiet = np.zeros(round(len(round_of) * (1 / share - 1)), np.float32)
    samples = np.resize(np.concatenate([round_of, quiet]), round(seconds * RATE))
    grey = [np.full((64, 64, 3), 90, np.uint8)] * round(seconds * FPS)
    frames = _frames(paths[0], seconds) if paths else grey
    for name, sound in (("sound", samples), ("silent", None)):
        clip = write_clip(work / f"long-{name}.mp4", frames, sound)
        command = [sys.executable, "-m", "pvchat", "transcribe", str(clip)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        lines = len(done.stdout.splitlines())
        most = after.ru_maxrss * 1024 / 1e9
        say(f"{name}: {lines} lines, CPU {cpu / seconds:.3f} x, most memory so far {most:.2f} GB")


def heard_of(samples: FloatArray, work: Path, experts: SoundExperts) -> tuple[Sound, float, float]:
    """What is heard in a clip of grey pictures with some sound; CPU seconds, and its length in seconds."""
    clip = write_clip(work / "words.mp4", [np.full((64, 64, 3), 90, np.uint8)], samples)
    found, began = video.probe(clip, VideoConfig()), time.process_time()
    sound = listen(clip, found, empty_analysis(found.duration_s), experts, VideoConfig())
    return sound, time.process_time() - began, found.duration_s


def measure_speakers(
    work: Path, moving: Sequence[Path], still: Sequence[Path], half: str, experts: SoundExperts
) -> None:
    """To whom speech is given: one that moves beside one that doesn't, two that don't."""
    looking, right = Experts("cpu"), {"speaks": [0, 0, 0], "unseen": [0, 0, 0]}  # right, nobody named, wrong
    pairs = [
        (a, b, "speaks") for i, a in enumerate(moving) for b in (still[i % len(still)], still[(i + 3) % len(still)])
    ]
    pairs += [(a, still[(i + 1) % len(still)], "unseen") for i, a in enumerate(still)]
    for number, (one, other, truth) in enumerate(pairs):
        digest = int(hashlib.sha256(f"{one.name} {other.name}".encode()).hexdigest(), 16)
        if half != "all" and ("chosen", "held")[digest % 2] != half:
            continue
        swapped = digest // 2 % 2
        samples = spoken(SENTENCES[number % len(SENTENCES)], VOICES[number % len(VOICES)], work)
        assert samples is not None
        frames = beside(*((other, one) if swapped else (one, other)), len(samples) / RATE + 0.5)
        clip = write_clip(work / "who.mp4", frames, noisy(samples, 20.0, number))
        found = video.probe(clip, VideoConfig())
        analysis = recognise(video.load(clip, VideoConfig(), found=found, key="made"), looking, depth=WHO)
        began = time.process_time()
        sound = listen(clip, found, analysis, experts, VideoConfig())
        spent = (time.process_time() - began) / found.duration_s
        for utterance in sound.utterances:
            told = judged(utterance, analysis, truth, bool(swapped))
            right[truth][told] += 1
            say(f"  {one.name} | {other.name}: {truth} {('right', 'nobody', 'WRONG')[told]} CPU {spent:.2f} x")
    for truth, (good, nobody, bad) in right.items():
        say(f"{truth}: {good} right, {nobody} nobody named, {bad} wrong")
    silent = write_clip(work / "silent.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 250, None)
    began = time.perf_counter()
    assert not has_sound(silent, VideoConfig())
    say(f"no sound in it: told in {1000 * (time.perf_counter() - began):.1f} ms")


def judged(one: Utterance, analysis: ClipAnalysis, truth: str, swapped: bool) -> int:
    """0 right, 1 nobody was named, 2 wrong: the other one, or anybody where nobody in the picture speaks."""
    if one.track is None:
        return 0 if truth == "unseen" and one.unseen else 2 if truth == "speaks" and one.unseen else 1
    on_right = float(np.median(analysis.tracks[one.track].boxes[:, [0, 2]])) > 0.5
    return 0 if truth == "speaks" and on_right == swapped else 2


def spoken(text: str, voice: str, work: Path) -> FloatArray | None:
    """[n] samples of a text in a made voice; None where its engine isn't installed."""
    engine, *how = voice.split()
    path = work / "speech.wav"
    if engine == "hibari":
        try:
            from hibari import Hibari
        except ImportError:
            return None
        Hibari().save(text, str(path))
    elif engine == "flite":
        subprocess.run(["flite", "-voice", how[0], "-t", text, "-o", str(path)], check=True)
    else:
        rate = how[1] if len(how) > 1 else "165"
        subprocess.run(["espeak-ng", "-v", how[0], "-s", rate, "-w", str(path), text], check=True)
    with wave.open(str(path)) as file:
        raw, rate_hz = np.frombuffer(file.readframes(file.getnframes()), np.int16), file.getframerate()
    samples = np.interp(np.arange(0, len(raw) / rate_hz, 1 / RATE), np.arange(len(raw)) / rate_hz, raw / 32768)
    return np.asarray(0.3 * samples / max(np.abs(samples).max(), 1e-6), np.float32)


def recording(path: Path) -> FloatArray:
    """[n] samples of a file."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", RATE)
        parts = [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    return np.asarray(np.concatenate(parts), np.float32)


def noisy(samples: FloatArray, decibels: float | None, seed: int, music: FloatArray | None = None) -> FloatArray:
    """Speech with half a second of its surroundings before, and pink noise, or music, of so much less power."""
    padded = np.pad(samples, (RATE // 2, RATE // 4))
    if decibels is None:
        return padded
    power = float((samples**2).mean()) / 10 ** (decibels / 10)
    under = pink_noise(len(padded), seed) if music is None else np.resize(np.roll(music, -seed * RATE), len(padded))
    return np.asarray(padded + under * np.sqrt(power / (under**2).mean()), np.float32)


def pink_noise(count: int, seed: int) -> FloatArray:
    """[count] samples."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), count).astype(np.float32)


def beside(left: Path, right: Path, seconds: float) -> list[NDArray[np.uint8]]:
    """The pictures of two clips beside each other, played forwards and backwards as long as is needed."""
    sides = [_frames(path, seconds) for path in (left, right)]
    return [np.concatenate(pair, axis=1) for pair in zip(*sides, strict=True)]


def _frames(path: Path, seconds: float) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or FPS)
        images = [frame.to_image() for frame in container.decode(video=0)]
    width = round(images[0].width * SIDE / images[0].height) // 2 * 2
    small = [np.asarray(image.resize((width, SIDE), Image.Resampling.BICUBIC)) for image in images]
    there_and_back = small + small[-2:0:-1]
    return [there_and_back[int(i / FPS * rate) % len(there_and_back)] for i in range(round(seconds * FPS))]


def write_clip(path: Path, frames: Sequence[NDArray[np.uint8]], samples: FloatArray | None) -> Path:
    """An mp4 of H.264, with AAC where there are samples; one frame is shown as long as they last."""
    count = len(frames) if samples is None or len(frames) > 1 else round(len(samples) / RATE * FPS)
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", FPS, options={"crf": "20", "preset": "ultrafast"})
        pictures.width, pictures.height, pictures.pix_fmt = frames[0].shape[1], frames[0].shape[0], "yuv420p"
        sound = None if samples is None else out.add_stream("aac", RATE, layout="mono")
        for i in range(count):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(frames[min(i, len(frames) - 1)]), "rgb24")
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode())
        for at in range(0, len(samples) if samples is not None else 0, 1024):
            assert samples is not None
            assert sound is not None
            part = av.AudioFrame.from_ndarray(samples[None, at : at + 1024].astype(np.float32), "fltp", "mono")
            part.sample_rate, part.pts = RATE, at
            out.mux(sound.encode(part))
        if sound is not None:
            out.mux(sound.encode())
    return path


def plain_words(text: str) -> list[str]:
    """Words without case and punctuation."""
    return re.findall(r"[\w']+", text.lower().replace("’", "'"))


def word_errors(asked: str, told: str) -> int:
    """Words put in, left out or exchanged (Levenshtein)."""
    one, other = plain_words(asked), plain_words(told)
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, heard in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != heard))
    return row[-1]


def empty_analysis(seconds: float) -> ClipAnalysis:
    """Of a clip in which nobody is seen."""
    return ClipAnalysis("made", seconds, 64, 64, np.zeros(1, np.float32), np.zeros((0, 49, 1280), np.float16), [])


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
