"""Settings as plain dataclasses: no torch, no I/O at import.

`home()` is where people, weights and caches live: `$PVCHAT_HOME`, else the platform's user data folder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pvchat.errors import SettingsError

FRAME_STYLES = ("auto", "plain", "marks", "crop")  # as they are; people outlined; one of them enlarged, too
MAX_QUESTION = 2_000  # characters; reading one takes longer than in proportion to its length
QUANTIZED = ("", "8bit", "4bit")
DEPTHS = ("instant", "deep")  # how somebody is enrolled: by one pass; and by training, too
EVAL_DEPTHS = (*DEPTHS, "stored")  # for an evaluation; the last: as the people store has her, with what was trained
# measured facts; gaps filled by our model; all of it said by our model, checked
ANSWERS = ("facts", "model", "spoken")
EYES = "open_clip:"  # before the name of an encoder of CLIP's kind


def home() -> Path:
    """The folder that holds people, weights and caches (`$PVCHAT_HOME` decides; not created here)."""
    if chosen := os.environ.get("PVCHAT_HOME"):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("pvchat", appauthor=False))


def _setting(default: Any, meaning: str) -> Any:
    """A field with its line in `--help`."""
    return field(default=default, metadata={"help": meaning})


@dataclass(frozen=True)
class VideoConfig:
    """How an input clip is checked, normalised and sampled (`pvchat.video`)."""

    max_bytes: int = _setting(8 * 1024**3, "largest file that is taken")
    max_duration_s: float = _setting(3 * 60 * 60.0, "longest clip that is taken, seconds")
    max_pixels: int = _setting(4096 * 2304, "largest frame that is taken, width times height")  # 4K passes, 8K doesn't
    whole_side: int = _setting(
        960, "pixels, longest side up to which the copy keeps a picture whole; of larger ones 3/4"
    )
    max_side: int = _setting(1920, "pixels, longest side of the normalised copy at most")
    sample_fps: float = _setting(4.0, "frames a second of a short clip that are looked at")
    max_frames: int = _setting(40, "most frames of a short clip that are looked at")  # spread evenly
    scan_from_s: float = _setting(12.0, "length, seconds, from which a video is looked through from end to end")
    scan_fps: float = _setting(2.0, "frames a second of a long video that are looked at")
    still_seconds: float = _setting(1.0, "length of the clip that a photo becomes")

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise SettingsError(f"video.{name} must be positive, not {value}")


@dataclass(frozen=True)
class PresenceConfig:
    """What wrong answers cost: a probability becomes the decision of least expected cost (`identity/presence.py`).

    "Unsure" is chosen where both others cost more on average (the reject option: Chow, "On optimum recognition error
    and reject tradeoff", 1970). Only ratios count.
    """

    wrong_yes: float = _setting(1.0, "what it costs to say that somebody is there who isn't")
    wrong_no: float = _setting(1.2, "what it costs to say that somebody isn't there who is")
    unsure: float = _setting(0.48, "what it costs to be unsure; the least expected cost decides")

    def __post_init__(self) -> None:
        for name in ("wrong_yes", "wrong_no", "unsure"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise SettingsError(f"presence.{name} must be positive, not {getattr(self, name)}")

    @property
    def present_from(self) -> float:
        """The probability from which "yes" costs least."""
        return max(1 - self.unsure / self.wrong_yes, self._even)

    @property
    def absent_below(self) -> float:
        """The probability below which "no" costs least."""
        return min(self.unsure / self.wrong_no, self._even)

    @property
    def _even(self) -> float:
        """Where a yes and a no cost the same."""
        return self.wrong_yes / (self.wrong_yes + self.wrong_no)


# By name: "strict" would rather miss somebody than take a stranger for her, "lenient" the other way round.
COSTS = {"strict": PresenceConfig(wrong_yes=3.0), "lenient": PresenceConfig(wrong_no=3.0, unsure=0.65)}


@dataclass(frozen=True)
class Settings:
    """Everything that one PVChat needs to start."""

    device: str = "auto"  # auto | cpu | cuda | mps
    seed: int = 0
    model: str = "embedded"  # the trained model: a preset, a folder of one of ours, or a pretrained base (`bases/`)
    answers: str = "auto"  # what words come from: ANSWERS; auto is model where it has weights, else facts
    quantize: str = ""  # of a pretrained base: 8bit or 4bit, where bitsandbytes is installed
    eyes: str = ""  # an encoder of CLIP's kind for deeds and places that weren't measured: `bases/eyes.py`
    show: str = "auto"  # how a pretrained base is shown people: FRAME_STYLES
    voice: bool = True  # whether a clip's sound is listened to, once somebody asks for it
    traits: bool = True  # whether men are told from women, and smiles; a pretrained base says what it sees
    video: VideoConfig = field(default_factory=VideoConfig)
    presence: PresenceConfig = field(default_factory=PresenceConfig)

    def __post_init__(self) -> None:
        if not isinstance(self.seed, int) or self.seed < 0:
            raise SettingsError(f"--seed {self.seed} is no seed.", hint="Use a whole number from 0.")
        if self.answers not in ("auto", *ANSWERS):
            hint = f"Use auto, {', '.join(ANSWERS[:-1])} or {ANSWERS[-1]}."
            raise SettingsError(f"unknown source of answers '{self.answers}'", hint=hint)
        if self.eyes and (self.eyes == EYES or not self.eyes.startswith(EYES)):
            raise SettingsError(f"--eyes {self.eyes} is not known", hint=f"Use {EYES}ORG/NAME or {EYES}FOLDER.")
        if self.eyes and self.answers == "facts":
            hint = "Leave one of them out."
            raise SettingsError("--answers facts wants measured facts alone, --eyes adds to them.", hint=hint)
        for name, value, known in (("show", self.show, FRAME_STYLES), ("quantize", self.quantize, QUANTIZED)):
            if value not in known:
                raise SettingsError(f"--{name} {value} is not known", hint=f"Use {', '.join(filter(None, known))}.")
