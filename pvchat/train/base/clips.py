"""Clips that scenes are laid over: the cached grids of their own frames, in their order.

In: sets of frames of clips (rows of `metadata.jsonl` with `clip` and `frame`) and `features.GridFeatures`. Out: `Clips`
of one split. Frames are spread evenly over a clip, so their number says when each is, as a share of the clip; how many
seconds that is the scene's evidence draws (`sheets.py`), as for pictures: the tokens don't hold it.

Legend: T frames, N cells of a grid, W width.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pvchat.errors import SettingsError
from pvchat.train.base.features import GridFeatures, grid_folder
from pvchat.train.pictures import read_metadata


class Clips:
    """Clips of one split with the grids of all their frames; one of which a frame's grid is missing is left out.

    Args:
        root: the folder of sets.
        cache: the folder with `<set>.grid`.
        sets: their names.
        validation: which split; a clip lies in one of them wholly.

    Raises:
        SettingsError: a set has no grids, or none of these clips is whole.
    """

    def __init__(self, root: Path, cache: Path, sets: Sequence[str], validation: bool) -> None:
        self._grids = {name: GridFeatures(grid_folder(cache, name)) for name in sets}
        self.files = [
            (name, files)
            for name in sets
            for files in frames_of_clips(root / name, validation)
            if all(file in self._grids[name].row for file in files)
        ]
        if not self.files:
            raise SettingsError("no clips were found", subject=", ".join(sets), hint="Check --data and --clips.")

    def __len__(self) -> int:
        return len(self.files)

    def grid(self, index: int) -> NDArray[np.float16]:
        """The grids [T, N, W] of one clip."""
        name, files = self.files[index]
        return self._grids[name].read(files)

    def fingerprint(self) -> str:
        """Hash of which clips they are: a resumed run must see the same."""
        return sha256("\n".join(f"{name}/{file}" for name, files in self.files for file in files).encode()).hexdigest()


def frames_of_clips(folder: Path, validation: bool) -> list[list[str]]:
    """The files of each clip of a set's split, frame by frame; rows that belong to no clip are left out."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in read_metadata(folder):
        if "clip" in row and (row["split"] == "val") == validation:
            found[row["clip"]].append((row["frame"], row["file"]))
    return [[file for _, file in sorted(frames)] for frames in found.values()]
