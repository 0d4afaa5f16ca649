"""The folder of an index: its manifest, which files in it are the index's own, and the lock of those who write.

In and out: `index.json`, which names the files and how far the numbers go. It is read anew by everyone and trusted by
nobody: names that point elsewhere and values of the wrong type are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import filelock

from pvchat.index.entries import VideoIndexError
from pvchat.storage import atomic

MANIFEST = "index.json"
FORMAT = 1
SCRATCH = ".scratch"
LOCK_TIMEOUT_S = 60.0
_OWN = re.compile(r"[0-9a-f]{32}\.safetensors|(faces|figures|clips)-[0-9a-f]{32}\.ivf")  # .ivf: of earlier versions


@dataclass
class IndexManifest:
    """What `index.json` holds.

    Attributes:
        experts: version of the experts that made the vectors; others can't be compared with them.
        next: number of the next clip.
        segments: file names, ids ascending.
    """

    experts: str = ""
    next: int = 0
    segments: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path) -> IndexManifest:
        """The manifest in a folder; an empty one where there is none.

        Raises:
            VideoIndexError: it is damaged, of another format, or can't be read.
        """
        from pydantic import TypeAdapter

        path = root / MANIFEST
        try:
            row: dict[str, Any] = json.loads(path.read_bytes())
            if row.pop("format") != FORMAT:
                raise ValueError("another format")
            manifest = TypeAdapter(cls).validate_python(row)
            if any(Path(name).name != name for name in manifest.segments):
                raise ValueError("it names files elsewhere")
            return manifest
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            reason = "not what an index writes" if type(error).__module__.startswith("pydantic") else error
            raise VideoIndexError(
                f"the index can't be read ({reason}).", subject=str(path), hint="Build the index again."
            ) from error

    def write(self, root: Path, scratch: Path) -> None:
        """Put the manifest in place, in one step."""
        data = json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()
        atomic.write_file(root / MANIFEST, data, scratch)


def own_files(root: Path) -> list[Path]:
    """Segments in a folder, of whatever manifest, and what earlier versions wrote beside them."""
    return [path for path in root.iterdir() if _OWN.fullmatch(path.name)]


@contextmanager
def held(root: Path) -> Iterator[None]:
    """Hold the writers' lock of an index; the folder is made where there is none.

    Raises:
        VideoIndexError: another process holds it for too long, or the folder can't be written.
    """
    try:
        atomic.make_private_folder(root)
        with atomic.lock_of(root, LOCK_TIMEOUT_S):
            yield
    except filelock.Timeout as error:
        raise VideoIndexError("another process is changing it.", subject=str(root)) from error
    except OSError as error:
        raise VideoIndexError(
            f"the index can't be written ({error.strerror or error}).", subject=str(root),
            hint="Put it elsewhere with --index FOLDER, or free some space.",
        ) from error  # fmt: skip
