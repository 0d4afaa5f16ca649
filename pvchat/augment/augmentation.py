"""One augmentation as its steps share it: clip, person, settings, the analyses of its samples; folders and media."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pvchat import video
from pvchat.augment import profile
from pvchat.augment.lines import read_lines, read_manifest
from pvchat.augment.schemas import FPS, AugmentConfig, Sample
from pvchat.augment.watch import UNWATCHED, Watch
from pvchat.errors import SettingsError
from pvchat.schemas import ClipAnalysis, Pixels, Service
from pvchat.storage import atomic
from pvchat.storage.clips import ClipCache
from pvchat.video.files import SUFFIXES

FOLDERS = ("others", "backgrounds")  # fields of `AugmentConfig`
MEDIA = "media"
_JPEG_QUALITY = 92
_SAMPLE_FILE = re.compile(r"(\.[0-9a-f]+-)?[0-9a-f]{16}\.(mp4|png|jpg)")  # samples and drafts of them
_ALL_BYTES = 1 << 40  # the folder's own analyses are never thrown out
RESULTS = {
    "profile": "profile.jsonl", "positives": "positives.jsonl", "negatives": "negatives.jsonl",
    "filter": "samples.jsonl", "dataset": "dataset.jsonl",
}  # fmt: skip


class AnalysisCache:
    """Analyses of samples, each made once and kept in `OUT/analyses`: gates, questions and training share them."""

    def __init__(self, out: Path, chat: Service, config: AugmentConfig | None = None) -> None:
        usual, frames = chat.settings.video, (config or AugmentConfig()).frames
        # one frame of a still: more of the same would tell no more
        video = replace(usual, max_frames=frames, still_seconds=1 / usual.sample_fps)
        self.out, self.chat = out, chat.beside(ClipCache(out / "analyses", _ALL_BYTES), video)

    def __call__(self, sample: Sample) -> ClipAnalysis:
        """Raises VideoReadError when the sample's media can't be read."""
        return self.chat.analyse(self.out / sample.media)


@dataclass
class Augmentation:
    """One run of `steps.augment`: its inputs, and what its steps share."""

    clip: Path
    name: str
    out: Path
    chat: Service
    config: AugmentConfig
    watch: Watch = UNWATCHED
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)  # of the steps that are done
    input_hash: str = ""  # of what the step at hand is made from

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        return self.chat.settings.seed

    @cached_property
    def profile(self) -> profile.Profile:
        """The subject, measured frame by frame when a step first needs that."""
        return profile.build(self.clip, self.name, self.chat, self.config, self.watch)

    @cached_property
    def analyses(self) -> AnalysisCache:
        """What the experts saw in a sample."""
        return AnalysisCache(self.out, self.chat, self.config)


def read_samples(out: str | Path) -> list[Sample]:
    """All samples of a folder that went through the gates, dropped ones among them."""
    return [Sample(**row) for row in read_lines(Path(out) / RESULTS["filter"])]


def check_folders(config: AugmentConfig) -> None:
    """Raise SettingsError where a folder isn't there, or holds nothing of what it is for."""
    for name in FOLDERS:
        for folder in getattr(config, name):
            if not folder.is_dir():
                raise SettingsError("there is no such folder.", subject=f"{name} {folder}")
            if not any(p.suffix.lower() in SUFFIXES for p in folder.rglob("*")):
                raise SettingsError("no clip or picture is in this folder.", subject=f"{name} {folder}")


def file_stats(folders: Sequence[Path]) -> list[list[Any]]:
    """Names, sizes and times of the files in the folders, by which a change of their content is noticed."""
    found = []
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock"):
            known = path.stat()
            found.append([path.relative_to(folder).as_posix(), known.st_size, known.st_mtime_ns])
    return found


@contextmanager
def locked_folder(out: Path, name: str) -> Iterator[None]:
    """Make a folder for a data set about `name`, or take one that is about her already.

    Raises SettingsError where it is about somebody else, or another process works in it.
    """
    manifest = read_manifest(out / "profile.json")
    if manifest is not None and manifest.get("name", name) != name:
        hint = "Give another folder, or delete this one."
        raise SettingsError(f"holds a data set about {manifest['name']}, not {name}.", subject=str(out), hint=hint)
    atomic.make_private_folder(out / MEDIA)
    busy = SettingsError("another augmentation is running in this folder.", subject=str(out))
    with atomic.exclusive(out / ".lock", busy):
        yield


def orphaned_media(out: Path, samples: Sequence[Sample]) -> list[Path]:
    """Our media that belong to no sample: of an earlier call with other settings, or half written."""
    wanted = {out / sample.media for sample in samples}
    return [path for path in (out / MEDIA).iterdir() if _SAMPLE_FILE.fullmatch(path.name) and path not in wanted]


def write_media(path: Path, images: Pixels) -> None:
    """Write frames [T, H, W, 3] to `path` (H.264), whole or not at all; a `.png` or `.jpg` takes the first alone."""
    with atomic.drafted(path) as draft:
        if path.suffix == ".mp4":
            video.save_clip(draft, images, FPS)
        elif path.suffix == ".jpg":
            Image.fromarray(images[0]).save(draft, "JPEG", quality=_JPEG_QUALITY)
        else:
            Image.fromarray(np.ascontiguousarray(images[0])).save(draft, "PNG", compress_level=3)
