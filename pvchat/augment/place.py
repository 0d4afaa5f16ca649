"""The folder of one augmentation: whose it is, one process at a time in it, and what lies there no more.

In: a folder and whom a data set is to be about. Out: the folder held while it is worked in; afterwards its media are
those of its samples. Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pvchat.augment.journal import read_manifest
from pvchat.augment.schemas import Sample
from pvchat.errors import SettingsError
from pvchat.storage import atomic

MEDIA, DROPPED = "media", "dropped"
_OURS = re.compile(r"(\.\d+-|\.)?[0-9a-f]{16}\.(mp4|png|jpg)")  # as samples are named, and drafts of killed processes


@contextmanager
def held(out: Path, name: str) -> Iterator[None]:
    """Make a folder for a data set about `name`, or take one that is about her already.

    Raises:
        SettingsError: it is about somebody else, or another process works in it.
        OSError: it can't be made.
    """
    told = read_manifest(out / "profile.json")
    if told is not None and told.get("name", name) != name:
        hint = "Give another folder, or delete this one."
        raise SettingsError(f"holds a data set about {told['name']}, not {name}.", subject=str(out), hint=hint)
    (out / MEDIA).mkdir(parents=True, exist_ok=True)
    busy = SettingsError("another augmentation is running in this folder.", subject=str(out))
    with atomic.alone(out / ".lock", busy):
        yield


def strays(out: Path, samples: Sequence[Sample]) -> list[Path]:
    """Media named as ours are that no sample has: of an earlier call with other settings, or half written."""
    wanted = {out / (f"{DROPPED}/{Path(s.media).name}" if s.dropped else s.media) for s in samples}
    found = [path for folder in (MEDIA, DROPPED) if (out / folder).is_dir() for path in (out / folder).iterdir()]
    return sorted(path for path in found if _OURS.fullmatch(path.name) and path not in wanted)
