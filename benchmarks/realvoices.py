"""What is heard of real people: words, languages, who is who, and where another one goes on.

    python benchmarks/realvoices.py words SOUNDS/fr_CA_f_June --language fr --transcript core-sounds-fr.txt
    python benchmarks/realvoices.py voices SOUNDS/en_US_f_Allison SOUNDS/fr_CA_f_June …
    python benchmarks/realvoices.py meetings DATA/*.wav --speakers DATA/*.rttm

In: folders of recordings, each of one person, called by what follows the last "_" of its name; of a transcript lines
"file: what is said", or CMU Sphinx's. Debian has both in packages (docs/voice.md lists them); unpack them anywhere by
`dpkg-deb -x`: nothing of them belongs into this project. Recordings are taken in the order of the SHA-256 of their
names; texts with digits are left out. Out: tables on stdout. No number of the program was chosen by any of it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, permutations
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from voice import RATE, empty_analysis, heard_of, noisy, plain_words, recording, say, word_errors, write_clip
from voices import measure_voices

from pvchat import video
from pvchat.config import VideoConfig
from pvchat.perception.sound.listening import SoundExperts, Speech, speaking, split_by_voice
from pvchat.schemas import FloatArray, Sound

_LINE = re.compile(r"(?:<s> )?(?P<text>.+?) </s> \((?P<name>[^)]+)\)|(?P<file>[\w/-]+): *(?P<said>.+)")
_LEAST_WORDS = 5
_LEAST_S, _MOST_S = 2.0, 10.0  # of recordings by which voices are compared
_NEAR_S = 0.6  # a change of voice that is found is found as near as this
_FRAME_S = 0.01
_PAUSE_S = 0.7  # between turns of a conversation


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("words", "voices", "meetings"))
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER", help="of one person each; or recordings")
    parser.add_argument("--speakers", nargs="*", type=Path, default=[], help="RTTM files: who speaks when in meetings")
    parser.add_argument("--transcript", type=Path, help="what is said; without it only the language is counted")
    parser.add_argument("--language", default="en", help="that is spoken (two letters)")
    parser.add_argument("--noise", type=float, help="dB of speech over pink noise; none when not given")
    parser.add_argument("--joined", type=float, default=25.0, help="seconds of several recordings in one clip; 0: one")
    parser.add_argument("--each", type=int, default=12, help="recordings of each person")
    parser.add_argument("--band", type=float, default=RATE / 2, help="Hz above which nothing is kept, of all voices")
    args = parser.parse_args()
    experts = SoundExperts()
    if args.what == "words":
        for folder in args.paths:
            measure_words(folder, args, experts)
    elif args.what == "meetings":
        measure_meetings(args.paths, args.speakers, experts)
    else:
        people: dict[str, list[FloatArray]] = {}
        for folder in args.paths:
            people.setdefault(folder.name.split("_")[-1], []).extend(sentences(folder, args.each, args.band))
        measure_people(people, experts)
        measure_changes(people, experts)
        measure_conversations(people, experts)


def measure_words(folder: Path, args: argparse.Namespace, experts: SoundExperts) -> None:
    """Stretches told to be of the right language, of another, of none; word errors; CPU seconds a second."""
    texts = transcript(args.transcript) if args.transcript else {path.stem: "" for path in _files(folder)}
    known = ((texts[path.stem], recording(path)) for path in _files(folder) if path.stem in texts)
    long = ((text, samples) for text, samples in known if len(samples) > _LEAST_S * RATE)
    told, wrong, total, spent, length = [0, 0, 0], 0, 0, 0.0, 0.0
    for number, (text, samples) in enumerate(joined(islice(long, args.each), args.joined)):
        with tempfile.TemporaryDirectory() as work:
            sound, cpu, seconds = heard_of(noisy(samples, args.noise, number), Path(work), experts)
        spent, length = spent + cpu, length + seconds
        for one in sound.utterances:
            told[0 if one.language == args.language else 1 if one.language else 2] += 1
        heard = " ".join(one.text for one in sound.utterances)
        wrong, total = wrong + word_errors(text, heard), total + len(plain_words(text))
        say(f"  {[one.language for one in sound.utterances]}: {heard}  [{text}]")
    error = f"word error {wrong / total:.3f} of {total} words; " if total else ""
    say(f"{folder.name}: {error}language right, wrong, not told {told}; CPU {spent / length:.2f} x {length:.0f} s")


def joined(recordings: Iterable[tuple[str, FloatArray]], seconds: float) -> Iterator[tuple[str, FloatArray]]:
    """Texts and recordings one after the other, with pauses, as long as they last no longer than so many seconds."""
    held: list[tuple[str, FloatArray]] = []
    pause = np.zeros(round(_PAUSE_S * RATE), np.float32)

    def together() -> tuple[str, FloatArray]:
        return " ".join(text for text, _ in held), np.concatenate([x for _, one in held for x in (one, pause)])

    for text, samples in recordings:
        if held and sum(len(one) + len(pause) for _, one in held) + len(samples) > seconds * RATE:
            yield together()
            held = []
        held.append((text, samples))
    if held:
        yield together()


def measure_people(people: dict[str, list[FloatArray]], experts: SoundExperts) -> None:
    """Whose voice it is: as of made voices, where three recordings without noise are known."""
    prints = {}
    for name, samples in people.items():
        noises = ([one, *(noisy(one, db, k)[RATE // 2 : -RATE // 4] for db in (20.0, 10.0))]
                  for k, one in enumerate(samples))  # fmt: skip
        prints[name] = np.array([[experts.voices.voiceprint(one) for one in row] for row in noises])
        say(f"  {name}: {len(samples)} recordings")
    measure_voices(prints, "real")


def measure_changes(people: dict[str, list[FloatArray]], experts: SoundExperts) -> None:
    """How often a change of voice without a pause is found, and one voice is parted."""
    found = parted = changes = single = 0
    for number, (one, other) in enumerate(permutations(people, 2)):
        first, second = people[one][number % len(people[one])], people[other][number % len(people[other])]
        stretch = Speech(0.0, np.concatenate([first, second]))
        starts = [part.start_s for part in split_by_voice([stretch], experts.voices)][1:]
        found += any(abs(start - len(first) / RATE) <= _NEAR_S for start in starts)
        changes += 1
    for own in people.values():
        for pair in zip(own[::2], own[1::2], strict=False):
            parted += len(list(split_by_voice([Speech(0.0, np.concatenate(pair))], experts.voices))) > 1
            single += 1
    say(f"changes of voice found {found} of {changes}; one voice parted {parted} of {single}")


def measure_conversations(people: dict[str, list[FloatArray]], experts: SoundExperts) -> None:
    """Of two people who take three turns each: how many voices are told, and whether turns are grouped rightly."""
    voices: list[int] = []
    together, apart = [0, 0], [0, 0]
    pause = np.zeros(round(_PAUSE_S * RATE), np.float32)
    for number, (one, other) in enumerate(pair for pair in permutations(people, 2) if pair[0] < pair[1]):
        turns = [(name, people[name][(number + k) % len(people[name])]) for k in range(3) for name in (one, other)]
        ends = np.cumsum([len(samples) + len(pause) for _, samples in turns]) / RATE
        sound = voices_of(np.concatenate([part for _, samples in turns for part in (samples, pause)]), experts)
        heard = [(turns[int((ends < (u.start_s + u.end_s) / 2).sum())][0], u.voice)
                 for u in sound.utterances if u.voice is not None]  # fmt: skip
        voices.append(len({voice for _, voice in heard}))
        for i, (name, voice) in enumerate(heard):
            for before, earlier in heard[:i]:
                counts = together if name == before else apart
                counts[0] += (voice == earlier) == (name == before)
                counts[1] += 1
    say(f"conversations of two: voices told {sorted(voices)}; turns of one person as one voice {together[0]} of "
        f"{together[1]}, of two as two {apart[0]} of {apart[1]}")  # fmt: skip


def measure_meetings(paths: Sequence[Path], speakers: Sequence[Path], experts: SoundExperts) -> None:
    """Of the time in which one person speaks alone: how much is given to her voice, to another, to none."""
    rows = [line.split() for path in speakers for line in path.read_text(encoding="utf-8").splitlines()]
    whole = np.zeros(3)
    for path in paths:
        turns = [(row[7], float(row[3]), float(row[4])) for row in rows if row[1] == path.stem]
        names = sorted({name for name, *_ in turns})
        samples = recording(path)
        frames = np.zeros((len(names), round(len(samples) / RATE / _FRAME_S)), bool)
        for name, start, length in turns:
            frames[names.index(name), round(start / _FRAME_S) : round((start + length) / _FRAME_S)] = True
        told = np.full(frames.shape[1], -1)
        for one in voices_of(samples, experts).utterances:
            told[round(one.start_s / _FRAME_S) : round(one.end_s / _FRAME_S)] = -1 if one.voice is None else one.voice
        alone = frames[:, frames.sum(0) == 1].argmax(0), told[frames.sum(0) == 1]
        voices = int(told.max()) + 1
        shared = np.array(
            [[((alone[0] == k) & (alone[1] == v)).sum() for v in range(voices)] for k in range(len(names))]
        )
        right = shared[linear_sum_assignment(-shared)].sum() if voices else 0
        counts = np.array([right, (alone[1] >= 0).sum() - right, (alone[1] < 0).sum()]) * _FRAME_S
        whole += counts
        say(f"  {path.stem}: {len(names)} people, {voices} voices; right, another's, none {counts.round(1)} s")
    say(f"meetings: right, another's, none {(whole / whole.sum()).round(3)} of {whole.sum():.0f} s")


def voices_of(samples: FloatArray, experts: SoundExperts) -> Sound:
    """The voices in some sound, by all that a clip goes through but words."""
    with tempfile.TemporaryDirectory() as work:
        clip = write_clip(Path(work) / "voices.mp4", [np.full((64, 64, 3), 90, np.uint8)], samples)
        found = video.probe(clip, VideoConfig())
        return speaking(clip, found, empty_analysis(found.duration_s), experts, VideoConfig())


def transcript(path: Path) -> dict[str, str]:
    """What is said in each recording, by its name; texts with digits, and very short ones, are left out."""
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()
    found = [match for line in lines if (match := _LINE.match(line.strip()))]
    texts = {match["name"] or match["file"]: match["text"] or match["said"] for match in found}
    return {n: t for n, t in texts.items() if len(plain_words(t)) >= _LEAST_WORDS and not re.search(r"[\d\[(]", t)}


def sentences(folder: Path, count: int, band_hz: float) -> list[FloatArray]:
    """Recordings of a few seconds, without the silence around them, equally loud, and without higher tones."""
    found: list[FloatArray] = []
    for path in _files(folder):
        samples = recording(path)
        loud = np.flatnonzero(np.abs(samples) > 0.03 * np.abs(samples).max())
        spoken = samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]
        if _LEAST_S <= len(spoken) / RATE <= _MOST_S:
            spectrum = np.fft.rfft(spoken)
            spectrum[np.fft.rfftfreq(len(spoken), 1 / RATE) > band_hz] = 0
            kept = np.fft.irfft(spectrum, len(spoken))
            found.append(np.asarray(0.3 * kept / np.abs(kept).max(), np.float32))
        if len(found) == count:
            break
    return found


def _files(folder: Path) -> Sequence[Path]:
    kinds = (".wav", ".g722", ".gsm", ".flac", ".mp3", ".ogg")
    files = [path for path in folder.iterdir() if path.suffix in kinds]
    return sorted(files, key=lambda path: hashlib.sha256(path.stem.encode()).hexdigest())


if __name__ == "__main__":
    main()
