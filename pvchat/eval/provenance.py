"""Settings and versions of a run, for its record."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pvchat import __version__
from pvchat.config import Settings
from pvchat.eval.manifest import Manifest
from pvchat.eval.options import EvalOptions


def config(manifest: Manifest, options: EvalOptions, settings: Settings) -> dict[str, Any]:
    """What was asked, of which questions (a hash of the manifest's rows), with which settings."""
    rows = [asdict(p) for p in manifest.people] + [i.to_dict() for i in manifest.items]
    return {
        "manifest": hashlib.sha256(json.dumps(rows, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        **{name: getattr(options, name) for name in ("depth", "half", "limit", "options")},
        **{f"settings {key}": value for key, value in asdict(settings).items()},
    }


def versions() -> dict[str, str]:
    """Versions of PVChat, Python and torch; in a checkout the commit, with "+" where files differ from it."""
    commit, words = "", ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(words, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10)
        commit = done.stdout.strip() if done.returncode == 0 else ""
    told = {"commit": commit} if commit else {}
    return {"pvchat": __version__, **told, "python": platform.python_version(), "torch": version("torch")}
