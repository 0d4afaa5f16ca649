"""Whose voice it is, and when music plays, of made speech and of recordings of music.

    python benchmarks/voices.py voices --work FOLDER
    python benchmarks/voices.py music --work FOLDER --music A.mp3 B.ogg …

In: the voices of Debian's espeak-ng and flite, and of hibari-tts where it is installed, the latter two in three sizes
of a throat (played slower and faster). Out: tables on stdout. "held" is the half of the voices (SHA-256 of their names,
odd) on which nothing was chosen; music was never used to choose anything. People are known from three sentences
without noise, and heard in three others.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from voice import NOISES, RATE, SENTENCES, VOICES, noisy, recording, say, spoken

from pvchat.chat.english import word_set
from pvchat.config import PresenceConfig
from pvchat.identity.voices import add_voices
from pvchat.people.person import Person
from pvchat.perception.experts.music import MusicListener
from pvchat.perception.sound.listening import SoundExperts
from pvchat.schemas import FloatArray, PersonPresence, Sound, Utterance

KINDS = word_set(
    """
    m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 Alicia Andrea Andy Annie belinda benjamin boris caleb david Denis Diogo
    edward Gene gustave Hugo ian iven Jacky john Lee linda marcelo Mario max michael miguel pablo paul pedro
    quincy rob robert steph steph3 travis victor zac anika grandpa norbert shelby klatt2 aunty croak
    """
)
SIZES = (0.86, 1, 1.16)


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("voices", "music"))
    parser.add_argument("--work", type=Path, required=True, help="where made speech goes")
    parser.add_argument("--music", nargs="*", type=Path, default=[])
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if args.what == "voices":
        prints = voiceprints(args.work, SoundExperts())
        for half in ("chosen", "held"):
            measure_voices({name: one for name, one in prints.items() if half_of(name) == half}, half)
    else:
        measure_music(args.work, args.music, SoundExperts())


def made_voices() -> list[str]:
    """Names of made voices: kinds of espeak-ng's, and those of flite and hibari in three sizes of a throat."""
    others = ("flite awb", "flite kal", "flite rms", "flite slt", "hibari heart")
    return [
        *(f"espeak en-us+{kind}" for kind in sorted(KINDS)),
        *(f"{voice} x{size}" for voice in others for size in SIZES),
    ]


def voiceprints(work: Path, experts: SoundExperts) -> dict[str, FloatArray]:
    """[sentences, noises, 256] of each made voice: six sentences, without noise, at 20 and at 10 dB."""
    found: dict[str, FloatArray] = {}
    for number, name in enumerate(made_voices()):
        voice, _, size = name.partition(" x")
        rows = []
        for k in range(6):
            samples = spoken(SENTENCES[(number + 2 * k) % len(SENTENCES)], voice, work)
            if samples is None:
                break
            at = np.arange(0, len(samples) - 1, float(size or 1))
            samples = np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
            heard = (noisy(samples, noise, k)[RATE // 2 : -RATE // 4] for noise in NOISES[:3])
            rows.append([experts.voices.voiceprint(one) for one in heard])
        if rows:
            found[name] = np.array(rows)
    return found


def measure_voices(kept: dict[str, FloatArray], half: str) -> None:
    """Equal error rate; how often strangers are named, and those who are known are, among so many known ones."""
    enrolled = {name: one[:3, 0].mean(0) for name, one in kept.items()}
    people = {name: _known_by_voice(name, voice) for name, voice in enrolled.items()}
    for column, noise in enumerate(NOISES[:3]):
        likeness = {
            (mine, other): kept[other][3:, column] @ voice / np.linalg.norm(voice)
            for mine, voice in enrolled.items()
            for other in kept
        }
        same = np.concatenate([values for (mine, other), values in likeness.items() if mine == other])
        apart = np.concatenate([values for (mine, other), values in likeness.items() if mine != other])
        say(f"{half}: {len(kept)} voices, noise {noise} dB: equal error rate {equal_error(same, apart):.3f}")
        for known in (count for count in (1, 5, 10) if count < len(kept)):
            strangers, hers, wrong = named(kept, people, column, known)
            say(f"  {known} known: named of strangers {strangers:.4f}, of known ones {hers:.3f}, wrongly {wrong:.4f}")


def named(
    kept: dict[str, FloatArray], people: dict[str, Person], column: int, known: int, draws: int = 20
) -> tuple[float, float, float]:
    """Shares of strangers' stretches that get a name, of known ones that get theirs, and that get another."""
    rng, counts = np.random.default_rng(0), np.zeros(5)
    for _ in range(draws):
        chosen = [people[str(name)] for name in rng.choice(sorted(people), known, replace=False)]
        names = [person.name for person in chosen]
        for name, rows in kept.items():
            for row in rows[3:, column]:
                sound = Sound("heard", (Utterance(0.0, 3.0, voice=0, voiceprint=tuple(row)),))
                gone = [PersonPresence(one, "absent", 0.0) for one in names]
                found = [one.name for one in add_voices(chosen, gone, sound, PresenceConfig()) if one.voices]
                if name in names:
                    counts += [0, 0, 1, found == [name], bool(found) and found != [name]]
                else:
                    counts += [1, bool(found), 0, 0, 0]
    return counts[1] / counts[0], counts[3] / counts[2], counts[4] / counts[2]


def equal_error(same: FloatArray, apart: FloatArray) -> float:
    """The rate of errors at the limit where as many pairs of one voice are refused as pairs of two are taken."""
    limits = np.sort(np.concatenate([same, apart]))
    rates = [((same < limit).mean(), (apart >= limit).mean()) for limit in limits]
    return float(max(min(rates, key=lambda rate: abs(rate[0] - rate[1]))))


def _known_by_voice(name: str, voice: FloatArray) -> Person:
    arrays = {"prototypes": np.ones((1, 128), np.float32), "voice": voice[None].astype(np.float16)}
    return Person(name, arrays=arrays)


def measure_music(work: Path, files: Sequence[Path], experts: SoundExperts) -> None:
    """Seconds of music that are heard, alone and under speech as loud; of speech, of noise, that are taken for it."""
    speech = np.concatenate([s for voice in VOICES if (s := spoken(" ".join(SENTENCES[:2]), voice, work)) is not None])
    noise = noisy(0.1 * np.ones(RATE * 20, np.float32), 0.0, 0)
    for what, samples in (("speech", speech), ("speech, 10 dB noise", noisy(speech, 10.0, 1)), ("noise", noise - 0.1)):
        say(f"{what}: music in {played(samples, experts):.2f} of it")
    for path in files:
        music = excerpt(path, len(speech) / RATE)
        mixed = music / np.sqrt((music**2).mean()) * np.sqrt((speech**2).mean()) + speech[: len(music)]
        say(f"{path.name}: {played(music, experts):.2f}; under speech as loud {played(mixed, experts):.2f}")


def played(samples: FloatArray, experts: SoundExperts) -> float:
    """The share of some sound in which music is heard."""
    listener = MusicListener(experts.music)
    list(listener.along([np.asarray(samples, np.float32)]))
    return sum(end - start for start, end in listener.spans()) * RATE / len(samples)


def excerpt(path: Path, seconds: float) -> FloatArray:
    """[n] samples from the tenth second of a recording on."""
    return recording(path)[10 * RATE :][: round(seconds * RATE)]


def half_of(name: str) -> str:
    """Whether numbers were chosen on a voice, or it was held back."""
    return ("chosen", "held")[int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2]


if __name__ == "__main__":
    main()
