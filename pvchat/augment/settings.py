"""What one augmentation is asked for. Torch-free: the command line reads its fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pvchat.errors import SettingsError

GENERATORS = ("offline", "consisid")
FPS = 8.0  # frames a second of every made clip


@dataclass(frozen=True)
class AugmentConfig:
    """How much is made, out of what."""

    clips: int = 56  # positive ones (stage "video"); the gates drop some of them
    stills: int = 20  # positive pictures (stage "image")
    negatives: int = 34  # clips without the subject that are looked for; a third of them also give a still
    seconds: float = 2.0  # length of a made clip
    frames: int = 6  # most of a sample that the experts see
    track: int | None = None  # whom the clip is about when it shows several (as `enroll --track`)
    others: tuple[Path, ...] = ()  # folders of other people, for negatives
    backgrounds: Path | None = None  # folder of pictures to put behind the subject; None: plain ones
    generators: tuple[str, ...] = ("offline",)  # any of `GENERATORS`
    model: str = ""  # hub name or folder of ConsisID, empty for the usual one
    seed: int | None = None  # of everything that is drawn; None takes the service's

    def __post_init__(self) -> None:
        for name in ("clips", "stills", "negatives"):
            if getattr(self, name) < 0:
                raise SettingsError(f"augment.{name} can't be negative, as {getattr(self, name)} is.")
        for name in ("seconds", "frames"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"augment.{name} must be positive, not {getattr(self, name)}.")
        for generator in self.generators:
            if generator not in GENERATORS:
                raise SettingsError(f"there is no generator '{generator}'.", hint=f"Use {', '.join(GENERATORS)}.")
