"""Where numbers come from: settings, versions and hashes of a run, and how long it took.

In: a manifest, options, the run's folder. Out: plain JSON for run.json; an error where a folder's predictions come from
other settings, weights or code (`admit`).
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import statistics
import subprocess
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pvchat.bases.sources import BaseSource
from pvchat.config import Settings
from pvchat.errors import SettingsError
from pvchat.eval.manifest import Manifest
from pvchat.eval.options import EvalOptions
from pvchat.storage.journal import Journal

PACKAGE = Path(__file__).parents[1]
DEEP_ONLY = ("train", "augment")  # parts of the package that only deep enrollment runs
RUN = "run.json"
FILES = (
    "predictions.jsonl", "metrics.json", "timing.jsonl", "clips.jsonl", "questions.jsonl", "judge.jsonl", "report.html",
    RUN,
)  # fmt: skip
_MOST = 600  # characters of what differs
PACKAGES = (
    "torch",
    "transformers",
    "numpy",
    "scikit-learn",
    "sacrebleu",
    "torchmetrics",
    "rouge-score",
    "faiss-cpu",
    "av",
)


def config(manifest: Manifest, options: EvalOptions, settings: Settings) -> dict[str, Any]:
    """What decides the predictions: a second call into the same folder must agree in all of it."""
    return {
        "code": code_hashes(deep=options.depth == "deep"),
        "weights": weights_hashes(settings),
        "manifest": manifest.name,
        "manifest_sha256": manifest_hash(manifest),
        "media_sha256": media_hash(manifest),
        "questions": len(manifest.items),
        "people": len(manifest.people),
        "suite": options.suite,
        "half": options.half,
        "limit": options.limit,
        "settings": asdict(settings),
        "options": options.options,
    }


def manifest_hash(manifest: Manifest) -> str:
    """SHA-256 of who is enrolled from what and what is asked."""
    rows = [asdict(p) for p in manifest.people] + [i.to_dict() for i in manifest.items]
    return hashlib.sha256(json.dumps(rows, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def media_hash(manifest: Manifest) -> str:
    """SHA-256 of the names and sizes of all clips (their content would take minutes to read)."""
    names = sorted({*(p.clip for p in manifest.people), *(i.video for i in manifest.items)})
    sizes = [(n, path.stat().st_size if (path := manifest.path(n)).is_file() else None) for n in names]
    return hashlib.sha256(json.dumps(sizes).encode()).hexdigest()


def code_hashes(deep: bool = False, package: Path = PACKAGE) -> dict[str, str]:
    """Version of PVChat, and by part of the package a hash of its files: sources, tables and shipped small weights.

    Parts that can't change a prediction are left out: the report, and without deep enrollment training and
    augmentation.
    """
    from pvchat import __version__

    parts: dict[str, Any] = {}
    for path in sorted(p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        place = path.relative_to(package)
        if place.parts[:2] == ("eval", "report") or (place.parts[0] in DEEP_ONLY and not deep):
            continue
        part = package.name if len(place.parts) == 1 else f"{package.name}.{place.parts[0]}"
        parts.setdefault(part, hashlib.sha256()).update(place.as_posix().encode() + path.read_bytes())
    return {"version": __version__, **{part: found.hexdigest()[:16] for part, found in sorted(parts.items())}}


def weights_hashes(settings: Settings) -> dict[str, str | None]:
    """Of the pinned packages, of the trained model's folder, and of another language model's folder; None for none."""
    from pvchat.assets import weights
    from pvchat.bases import models

    table = hashlib.sha256("".join(w.sha256 for w in weights.TABLE).encode()).hexdigest()[:16]
    llm = Path(settings.llm).expanduser() if settings.llm else None
    base = models.base_of(settings)
    hashes = {"packages": table, "model": _base_hash(base) if base else _folder_hash(models.find(settings.model))}
    return {**hashes, "llm": _folder_hash(llm) if llm is not None and llm.is_dir() else settings.llm or None}


def admit(out: Path, wanted: dict[str, Any], restart: bool = False) -> None:
    """Let a run into a folder: an empty one, or one that holds an unfinished or finished run of the same config.

    Args:
        out: the folder.
        wanted: from `config`.
        restart: delete the run that is there, whatever made it.

    Raises:
        SettingsError: it holds a run of other settings, weights or code; says what differs.
    """
    path, hint = out / RUN, "Use another --out, or --restart to delete that run and start over."
    if restart:
        _clear(out)
    if not path.exists():
        return
    try:
        before = json.loads(path.read_text(encoding="utf-8"))["config"]
        differing = differences(before, wanted)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError("its run.json can't be read.", subject=str(out), hint=hint) from error
    if differing:
        changes = "; ".join(differing)[:_MOST]
        raise SettingsError(f"holds a run made otherwise ({changes}).", subject=str(out), hint=hint)


def enrolled(out: Path) -> dict[str, Any] | None:
    """Who was enrolled, by depth, as the run in a folder says; None where it wasn't done."""
    path = out / RUN
    row = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found: dict[str, Any] | None = row.get("enrolled")
    return found


def differences(before: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What two configs disagree in, as "name: before → wanted"; code and weights part by part."""
    found = []
    for key in sorted(wanted):
        one, two = before.get(key), wanted[key]
        if key in ("code", "weights", "settings") and isinstance(one, dict):
            parts = [k for k in sorted({*one, *two}) if one.get(k) != two.get(k)]
            found += [f"{key} {k}: {one.get(k)} → {two.get(k)}" for k in parts]
        elif one != two:
            found.append(f"{key}: {one} → {two}" if key in before else f"{key}: not recorded")
    return found


def versions() -> dict[str, str]:
    """Of PVChat (and its commit where it runs from a checkout), Python, and the packages that make the numbers."""
    from pvchat import __version__

    out = {"pvchat": __version__, "python": platform.python_version(), "machine": platform.machine()}
    if commit := _commit():
        out["commit"] = commit
    for package in PACKAGES:
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            out[package] = "not installed"
    return out


def seconds(folder: Path) -> dict[str, Any]:
    """Seconds by system over all questions (mean and median), and of decoding and experts over the clips."""
    rows = {(r["system"], r["id"]): r for r in Journal(folder / "timing.jsonl").read()}
    by_system: dict[str, list[dict[str, Any]]] = {}
    for (system, _), row in sorted(rows.items()):
        by_system.setdefault(system, []).append(row)
    clips = {r["clip"]: r for r in Journal(folder / "clips.jsonl").read()}
    decoded = [c["analysis"] for c in clips.values() if c.get("analysis")]
    return {
        "systems": {name: _took(timed) for name, timed in by_system.items()},
        "clips": {
            "n": len(clips),
            "analysed_anew": len(decoded),
            **{key: round(sum(d.get(key, 0.0) for d in decoded), 1) for key in ("decode_s", "experts_s")},
        },
    }


def _took(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Count, mean and median seconds, and the mean of each part that the system measured itself."""
    took = [r["seconds"] for r in rows]
    names = sorted({k for r in rows for k in r if k.endswith("_s")})
    parts = {name: round(sum(r.get(name, 0.0) for r in rows) / len(rows), 4) for name in names}
    mean, median = round(statistics.fmean(took), 4), round(statistics.median(took), 4)
    return {"n": len(took), "mean": mean, "median": median, "parts": parts}


def _folder_hash(folder: Path | None) -> str | None:
    """Of the names and bytes of a model's files; None for None."""
    if folder is None:
        return None
    found = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.suffix in (".json", ".safetensors")):
        with path.open("rb") as file:
            found.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()[:16]


def _base_hash(base: BaseSource) -> str:
    """Of a pretrained base: of its folder's files and what training added; of a hub's one its id."""
    folders = [Path(base.path)] if base.local else []
    folders += [base.trained] if base.trained is not None else []
    return "+".join([*([] if base.local else [base.path]), *(str(_folder_hash(folder)) for folder in folders)])


def _clear(out: Path) -> None:
    """Delete a run, and nothing else that lies in its folder."""
    if not (out / RUN).is_file():
        return
    for name in ("people", ".scratch"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in FILES:  # run.json last: until then the folder still says whose rows are left
        (out / name).unlink(missing_ok=True)


def _commit() -> str:
    """The checked-out commit, with "+" where files differ from it; empty outside a checkout."""
    folder = Path(__file__).parent
    try:
        words = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
