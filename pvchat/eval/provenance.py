"""Where numbers come from: settings, versions and hashes of a run, and how long it took.

In: a manifest, options, the run's folder. Out: plain JSON for run.json.
"""

from __future__ import annotations

import hashlib
import json
import platform
import statistics
import subprocess
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pvchat.config import Settings
from pvchat.eval.journal import Journal
from pvchat.eval.manifest import Manifest

if TYPE_CHECKING:
    from pvchat.eval.run import Options

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


def config(manifest: Manifest, options: Options, settings: Settings) -> dict[str, Any]:
    """What decides the results: a second call into the same folder must agree in all of it."""
    return {
        "manifest": manifest.name,
        "manifest_sha256": manifest_hash(manifest),
        "questions": len(manifest.items),
        "people": len(manifest.people),
        "suite": options.suite,
        "limit": options.limit,
        "settings": asdict(settings),
        "options": options.options,
    }


def manifest_hash(manifest: Manifest) -> str:
    """SHA-256 of who is enrolled from what and what is asked."""
    rows = [asdict(p) for p in manifest.people] + [i.to_dict() for i in manifest.items]
    return hashlib.sha256(json.dumps(rows, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Of PVChat (and its commit where it runs from a checkout), Python, and the packages that make the numbers."""
    from pvchat import __version__, weights

    table = hashlib.sha256("".join(w.sha256 for w in weights.TABLE).encode()).hexdigest()[:16]
    out = {"pvchat": __version__, "python": platform.python_version(), "weights": table, "machine": platform.machine()}
    if commit := _commit():
        out["commit"] = commit
    for package in PACKAGES:
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            out[package] = "not installed"
    return out


def file_hashes(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of the files that must come out the same whenever the run is repeated."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def seconds(folder: Path) -> dict[str, Any]:
    """Seconds by system over all questions (mean and median), and of decoding and experts over the clips."""
    rows = {(r["system"], r["id"]): r for r in Journal(folder / "timing.jsonl").read()}
    by_system: dict[str, list[dict[str, Any]]] = {}
    for (system, _), row in sorted(rows.items()):
        by_system.setdefault(system, []).append(row)
    clips = {r["clip"]: r for r in Journal(folder / "clips.jsonl").read()}
    decoded = [c["analysis"] for c in clips.values() if c.get("analysis")]
    return {
        "systems": {name: _took(told) for name, told in by_system.items()},
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


def _commit() -> str:
    """The checked-out commit, with "+" where files differ from it; empty outside a checkout."""
    folder = Path(__file__).parent
    try:
        words = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
