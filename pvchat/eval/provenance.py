"""Settings, versions and hashes of a run, so that a folder never mixes rows of different runs."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pvchat import __version__
from pvchat.assets import packages
from pvchat.bases import models
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Manifest
from pvchat.eval.options import EvalOptions

PACKAGE = Path(__file__).parents[1]
DEEP_ONLY = ("train", "augment")  # parts of the package that only deep enrollment runs
RUN = "run.json"
FILES = ("predictions.jsonl", "metrics.json", "timing.jsonl", "clips.jsonl", "report.html", RUN)
_MOST = 600  # characters of what differs


def config(manifest: Manifest, options: EvalOptions, settings: Settings) -> dict[str, Any]:
    """Everything that predictions depend on: a second call into the same folder must agree in all of it."""
    rows = [asdict(p) for p in manifest.people] + [i.to_dict() for i in manifest.items]
    return {
        "code": code_hash(deep=options.depth == "deep"),
        "weights": weights_hash(settings),
        "manifest": hashlib.sha256(json.dumps(rows, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        **{name: getattr(options, name) for name in ("depth", "half", "limit", "options")},
        **{f"settings {key}": value for key, value in asdict(settings).items()},
    }


def code_hash(deep: bool = False, package: Path = PACKAGE) -> str:
    """Hash of the package's files that predictions depend on: without the report, and without `deep` training code."""
    places = {path.relative_to(package): path for path in package.rglob("*") if path.is_file()}
    return _hashed(
        path
        for place, path in sorted(places.items())
        if "__pycache__" not in place.parts
        and not place.as_posix().startswith("eval/report.")
        and (deep or place.parts[0] not in DEEP_ONLY)
    )


def weights_hash(settings: Settings) -> str:
    """Hash of the pinned packages' weights, of the model that answers, and of another language model."""
    base, llm = models.base_of(settings), Path(settings.llm).expanduser() if settings.llm else None
    own = (models.find(settings.model),) if base is None else (Path(base.path) if base.local else None, base.trained)
    named = [w.sha256 for w in packages.table("embedded")] + [base.path if base is not None and not base.local else ""]
    files = [
        _hashed(sorted(path for path in folder.iterdir() if path.suffix in (".json", ".safetensors")))
        for folder in (*own, llm)
        if folder is not None and folder.is_dir()
    ]
    return hashlib.sha256(json.dumps([named, files, settings.llm]).encode()).hexdigest()[:16]


def check_folder(out: Path, wanted: dict[str, Any], restart: bool = False) -> dict[str, Any]:
    """The record of an earlier run in a folder, which must have the same config; {} if there is none.

    `restart` deletes an earlier run first. Raises SettingsError, which says what differs.
    """
    path, hint = out / RUN, "Use another --out, or --restart to delete that run and start over."
    if restart and path.is_file():
        shutil.rmtree(out / "people", ignore_errors=True)
        for name in FILES:  # run.json last: until then the folder still says whose rows are left
            (out / name).unlink(missing_ok=True)
    if not path.exists():
        return {}
    try:
        row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        before = row["config"]
        off = [f"{key}: {before.get(key)} → {value}" for key, value in wanted.items() if before.get(key) != value]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError("its run.json can't be read.", subject=str(out), hint=hint) from error
    if off:
        raise SettingsError(f"holds a run made otherwise ({'; '.join(off)[:_MOST]}).", subject=str(out), hint=hint)
    return row


def versions() -> dict[str, str]:
    """Versions of PVChat, Python and torch; in a checkout the commit, with "+" where files differ from it."""
    commit, words = "", ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(words, cwd=PACKAGE, capture_output=True, text=True, timeout=10)
        commit = done.stdout.strip() if done.returncode == 0 else ""
    told = {"commit": commit} if commit else {}
    return {"pvchat": __version__, **told, "python": platform.python_version(), "torch": version("torch")}


def _hashed(paths: Iterable[Path]) -> str:
    """Hash of names and bytes of files."""
    found = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            found.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]
