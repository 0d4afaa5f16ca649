"""Small packages for tests: a wheel and an sdist with two files that are wanted and code that must never run."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

from pvchat.assets.packages import Weight

MODEL = bytes(range(256)) * 4096  # 1 MiB
WHEEL = "tiny_model-1.0-py3-none-any.whl"
SDIST = "tiny_source-2.0.tar.gz"


def make_wheel(folder: Path) -> Weight:
    """Writes the wheel into `folder`; its row."""
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr("tiny_model/data/model.bin", MODEL)
        wheel.writestr("tiny_model/labels.txt", "a\nb\n")
        wheel.writestr("tiny_model/unwanted.py", "raise SystemExit('never run')")
        wheel.writestr("tiny_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        wheel.writestr("tiny_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("tiny_model-1.0.dist-info/RECORD", "")
    members = ("tiny_model/data/model.bin", "tiny_model/labels.txt")
    return _weight("tiny", "tiny-model", "1.0", folder / WHEEL, members)


def make_sdist(folder: Path, trace: Path) -> Weight:
    """Writes the sdist into `folder`; its row. Its code would create `trace`."""
    (folder / SDIST).write_bytes(source_package("tiny-source", "2.0", trace, {"tiny_source/model.dat": MODEL}))
    return _weight("source", "tiny-source", "2.0", folder / SDIST, ("tiny_source-2.0/tiny_source/model.dat",))


def source_package(package: str, version: str, trace: Path, files: dict[str, bytes] | None = None) -> bytes:
    """A tar.gz with these files, whose setup.py and whose build backend of its own would both create `trace`."""
    run = f"open({str(trace)!r}, 'w').close()\nraise SystemExit('code of the package was run')\n".encode()
    project = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    info = f"Metadata-Version: 1.1\nName: {package}\nVersion: {version}\n".encode()
    own = {"PKG-INFO": info, "setup.py": run, "backend.py": run, "pyproject.toml": project}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as sdist:
        for name, content in {**own, **(files or {})}.items():
            entry = tarfile.TarInfo(f"{package.replace('-', '_')}-{version}/{name}")
            entry.size = len(content)
            sdist.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def leftovers(home: Path) -> list[str]:
    """Whatever lies in the weights folder beside finished rows and locks."""
    root = home / "weights"
    staged = [path for path in (root / ".staging").rglob("*")] if (root / ".staging").exists() else []
    rows = [path for path in root.iterdir() if not path.name.startswith(".")] if root.exists() else []
    return [str(path) for path in staged] + [str(path) for path in rows if not (path / "receipt.json").exists()]


def _weight(role: str, package: str, version: str, archive: Path, members: tuple[str, ...]) -> Weight:
    sha256, size = hashlib.sha256(archive.read_bytes()).hexdigest(), archive.stat().st_size
    return Weight(
        role=role, package=package, version=version, archive=archive.name, sha256=sha256, size_bytes=size,
        members=members, licence="MIT", purpose="a test",
    )  # fmt: skip
