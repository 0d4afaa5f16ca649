"""What is heard in a clip: words, stretches of speech, and who speaks as far as that is seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

SoundState = Literal["heard", "none", "off", "unfetched"]
SAMPLE_RATE = 16_000  # samples a second of all sound that networks hear
VOICEPRINT = 256  # width of a voiceprint
LANGUAGES = {  # names of those that speech is told to be of, by their codes (ISO 639-1)
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "hi": "Hindi", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian",
    "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True)
class SpokenWord:
    """One word as it was heard, with punctuation; from when to when, seconds."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Utterance:
    """A stretch of speech without a longer pause, seconds from the clip's start."""

    start_s: float
    end_s: float
    words: tuple[SpokenWord, ...] = ()  # what was understood of it, in order
    track: int | None = None  # number of the face track whose mouth goes with it; None: nobody's does for sure
    unseen: bool = False  # every mouth stayed still, or no face was seen: whoever speaks isn't in the picture
    overlap: bool = False  # several mouths clearly move
    voice: int | None = None  # number of its voice among those of the clip; None: too short to tell
    language: str = ""  # code (`LANGUAGES`) of the words' language, where that is known
    voiceprint: tuple[float, ...] = ()  # [256] that voice, of four digits; empty where it is too short. Biometric

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s

    @property
    def text(self) -> str:
        """The words, as they are quoted."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Sound:
    """What was heard in a clip, in order of time."""

    state: SoundState  # none: the clip has no sound; off: hearing is switched off; unfetched: its weights aren't here
    utterances: tuple[Utterance, ...] = ()
    music: tuple[tuple[float, float], ...] = ()  # from when to when it plays, seconds

    def within(self, start_s: float, end_s: float, tracks: Sequence[int]) -> Sound:
        """What is heard from one time to another, where only these tracks (numbers) are left."""
        inside = [one for one in self.utterances if one.end_s > start_s and one.start_s < end_s]
        numbers = {track: number for number, track in enumerate(tracks)}
        kept = (replace(one, track=None if one.track is None else numbers.get(one.track)) for one in inside)
        music = tuple((max(start_s, a), min(end_s, b)) for a, b in self.music if b > start_s and a < end_s)
        return replace(self, utterances=tuple(kept), music=music)

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Sound:
        """What `asdict` made of a sound, after JSON; raises TypeError or KeyError where it isn't that."""
        spoken = (
            {**one, "words": tuple(SpokenWord(**word) for word in one["words"]), "voiceprint": tuple(one["voiceprint"])}
            for one in row["utterances"]
        )
        return cls(row["state"], tuple(Utterance(**one) for one in spoken), tuple((a, b) for a, b in row["music"]))
