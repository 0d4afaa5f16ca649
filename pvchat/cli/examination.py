"""What an installation consists of, what is missing, and the command that mends it: what `pvchat doctor` tells.

In: the machine, the home folder, the weights table. Out: `examine()`, a dict (the JSON of `--json`). Nothing is loaded
but what has to be asked: no model, no network.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import pvchat
from pvchat.config import VideoConfig, home

PACKAGES = (
    "torch", "transformers", "tokenizers", "accelerate", "safetensors", "timm", "ai-edge-litert", "av",
    "decord", "decord2", "numpy", "scipy", "pillow", "faiss-cpu", "gradio", "peft", "scikit-learn",
)  # fmt: skip
CODE_LICENCE = "Apache-2.0"
FITTED_LICENCE = "for research, non-commercial use, as the data they were fitted on demand"
EITHER = ("decord", "decord2")  # one of them is right, both are not
LOW_DISK_BYTES = 2 * 10**9
FETCH = "pvchat doctor --fetch"


def examine(video: VideoConfig | None = None, *, thorough: bool = False) -> dict[str, Any]:
    """Look at everything; never raises for what it finds.

    Args:
        video: which decoder is asked about.
        thorough: hash all weights; without, only files that changed since they were hashed last.

    Returns:
        {"ok", "versions", "machine", "decoder", "device", "home", "disk", "damage", "weights", "fitted", "people",
        "encryption", "problems"}; a problem is {"what", "mend"}.
    """
    from pvchat.runtime import usable_cores

    report: dict[str, Any] = {
        "versions": _versions(),
        "machine": {"system": platform.platform(terse=True), "arch": platform.machine(), "cores": usable_cores()},
        "decoder": _decoder(video or VideoConfig()),
        "device": _device(),
        "home": str(home()),
        "disk": _disk(),
        "damage": look_for_damage(thorough),
        "weights": _weights(),
        "fitted": _fitted(),
        "people": {"enrolled": 0, "damaged": {}},
        "encryption": _encryption(),
    }
    if not report["encryption"]["locked"]:
        report["people"] = _people()
    report["problems"] = _problems(report)
    report["ok"] = not report["problems"]
    return report


def look_for_damage(thorough: bool) -> list[dict[str, str]]:
    """Weights and converted networks that aren't as they were made: {"what", "mend"} each; they count as missing then.

    Args:
        thorough: hash every file; without, only those that changed since they were hashed last.
    """
    from pvchat.assets import weights
    from pvchat.assets.footage import EVERY
    from pvchat.perception.experts import converted

    found = [f"{one.role}: {one.name}: {one.what}" for one in weights.verify(table=EVERY, thorough=thorough)]
    found += [f"converted network {name}: {what}" for name, what in converted.damaged(thorough).items()]
    rows = [{"what": f"Damaged: {what}.", "mend": FETCH} for what in found]
    return rows + ([{"what": f"Damaged: {name}.", "mend": _reinstall()} for name in _changed()] if thorough else [])


def _changed() -> list[str]:
    """Fitted files of the package that aren't as they were installed; a checkout keeps no list of them."""
    import base64
    import hashlib

    found = []
    for file in importlib.metadata.files("pvchat") or ():
        if file.suffix == ".safetensors" and file.hash is not None:
            digest = hashlib.sha256(Path(str(file.locate())).read_bytes()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
                found.append(str(file))
    return found


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {"pvchat": pvchat.__version__, "python": platform.python_version()}
    versions.update({name: _version(name) for name in PACKAGES})
    if versions["decord"] or versions["decord2"]:
        versions = {name: version for name, version in versions.items() if version or name not in EITHER}
    return versions


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _decoder(video: VideoConfig) -> dict[str, str]:
    from pvchat.errors import PVChatError
    from pvchat.video import backend_in_use

    try:
        backend, why = backend_in_use(video)
    except PVChatError as error:
        backend, why = "none", str(error)
    return {"backend": backend, "why": why}


def _device() -> dict[str, Any]:
    from pvchat.runtime import available_devices

    try:
        found = available_devices()
    except (ImportError, OSError) as error:  # a torch that doesn't load is what people call the doctor for
        return {"auto": "none", "available": [], "why": str(error)}
    return {"auto": found[0], "available": list(found)}


def _disk() -> dict[str, int]:
    folder = home()
    parent = next(p for p in (folder, *folder.parents) if p.exists())
    files = (Path(top) / name for top, _, names in os.walk(folder) for name in names)
    return {"used_bytes": sum(_file_bytes(f) for f in files), "free_bytes": shutil.disk_usage(parent).free}


def _file_bytes(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:  # another process has just removed it
        return 0


def _weights() -> list[dict[str, Any]]:
    from pvchat.assets import weights
    from pvchat.assets.footage import EVERY, FOOTAGE
    from pvchat.assets.packages import LANGUAGES, VOICE

    gone = {weight.role for weight in weights.missing(table=EVERY)}
    return [
        {
            "role": weight.role,
            "purpose": weight.purpose,
            "package": weight.requirement,
            "licence": weight.licence,
            "size_bytes": weight.size_bytes,
            "here": weight.role not in gone,
            "for_demo": weight in FOOTAGE,
            "for_voice": weight in (*VOICE, *LANGUAGES),
        }
        for weight in EVERY
    ]


def _fitted() -> list[dict[str, Any]]:
    """The fitted files that are part of the package, with their licence: other than the code's."""
    package = Path(pvchat.__file__).parent
    return [
        {"file": file.relative_to(package).as_posix(), "size_bytes": _file_bytes(file), "licence": FITTED_LICENCE}
        for file in sorted(package.rglob("*.safetensors"))
    ]


def _people() -> dict[str, Any]:
    from pvchat.people.store import PeopleStore

    store = PeopleStore()
    return {"enrolled": len(store.names()), "damaged": store.damaged()}


def _encryption() -> dict[str, Any]:
    """Whether the home is encrypted, why it can't be opened, how many files are still plain, and the like."""
    from pvchat.errors import LockedError
    from pvchat.storage import keys, stores, temporary

    locked = ""
    try:
        keys.current()
    except LockedError as error:
        locked = str(error)
    plain = sum(len(stores.plain_files(folder)) for folder in stores.stores()) if keys.exists() else 0
    place = temporary.root()
    on_disk = keys.exists() and place.is_relative_to(home())
    return {"encrypted": keys.exists(), "locked": locked, "plain_files": plain, "temporary": str(place),
            "temporary_on_disk": on_disk}  # fmt: skip


def _unencrypted(state: dict[str, Any]) -> list[tuple[str, str]]:
    """Problems of an encrypted home: what is wrong, and what mends it."""
    found = []
    if state["locked"]:
        found.append((state["locked"], "export PVCHAT_KEY=…"))
    if state["plain_files"]:
        found.append(
            (f"{state['plain_files']} files are not encrypted: if they are yours, encrypt them, too.", "pvchat encrypt")
        )
    if state["temporary_on_disk"]:
        what = "Temporary files of an encrypted home lie on the disk: no file system in memory is large enough."
        found.append((what, "export PVCHAT_TMP=FOLDER"))
    return found


def _pip() -> str:
    return f"{Path(sys.executable).name} -m pip"


def _reinstall() -> str:
    return f"{_pip()} install --force-reinstall --no-deps pvchat"


def _problems(report: dict[str, Any]) -> list[dict[str, str]]:
    from pvchat.runtime import size

    found: list[tuple[str, str]] = []
    lost = [row for row in report["weights"] if not (row["here"] or row["for_demo"] or row["for_voice"])]
    if lost:
        amount = size(sum(row["size_bytes"] for row in lost))
        roles = ", ".join(row["role"] for row in lost)
        found.append((f"Weights are missing: {roles} ({amount}).", FETCH))
    found += [(row["what"], row["mend"]) for row in report["damage"]]
    versions, pip = report["versions"], _pip()
    for name in PACKAGES:
        if name not in EITHER and not versions.get(name):
            found.append((f"The package {name} is missing.", f"{pip} install {name}"))
    if all(versions.get(name) for name in EITHER):
        mend = f"{pip} uninstall -y decord decord2 && {pip} install pvchat"
        found.append(("decord and decord2 are both installed and overwrite one another.", mend))
    if not report["device"]["available"]:
        found.append((f"torch does not load: {report['device']['why']}.", f"{pip} install --force-reinstall torch"))
    if report["decoder"]["backend"] == "none":
        found.append((f"No video decoder: {report['decoder']['why']}", "unset PVCHAT_VIDEO_BACKEND"))
    if report["disk"]["free_bytes"] < LOW_DISK_BYTES:
        free = size(report["disk"]["free_bytes"])
        found.append((f"Only {free} of disk are free at {report['home']}.", "Free some, or set PVCHAT_HOME"))
    found += _unencrypted(report["encryption"])
    for folder, why in report["people"]["damaged"].items():
        found.append((f"A person can't be read and is left out: {why}", f"pvchat people forget {folder}"))
    return [{"what": what, "mend": mend} for what, mend in found]
