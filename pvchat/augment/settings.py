"""What one augmentation is asked for. Torch-free: the command line reads its fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pvchat.errors import SettingsError

GENERATORS = ("offline", "consisid")
FPS = 8.0  # frames a second of every made clip


@dataclass(frozen=True)
class AugmentConfig:
    """How much is made, out of what.

    Attributes:
        clips: positive clips that are made (stage "video"); the gates drop some of them.
        stills: positive pictures that are made (stage "image").
        negatives: clips without the subject that are looked for; a third of them also give a still.
        seconds: length of a made clip.
        frames: most frames of a sample that the experts see.
        track: whom the clip is about when it shows several (as `enroll --track`).
        others: folders of clips and pictures of other people: negatives, and who stands beside the subject.
        backgrounds: folder of pictures to put behind the subject, or None: plain and blurred ones are made.
        generators: any of `GENERATORS`.
        model: hub name or local folder of ConsisID, empty for the usual one.
        seed: of everything that is drawn; None takes the service's.
    """

    clips: int = 56
    stills: int = 20
    negatives: int = 34
    seconds: float = 2.0
    frames: int = 6
    track: int | None = None
    others: tuple[Path, ...] = ()
    backgrounds: Path | None = None
    generators: tuple[str, ...] = ("offline",)
    model: str = ""
    seed: int | None = None

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
