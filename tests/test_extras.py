"""One install is enough: no module needs an extra to be imported, and what does need one says which."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pvchat.errors import SettingsError

REPO = Path(__file__).parents[1]
# what `pip install pvchat` doesn't bring
OF_EXTRAS = ("num2words", "open_clip", "diffusers", "cv2", "ray", "mcp", "paho")


@pytest.mark.slow
def test_every_module_imports_without_the_extras() -> None:
    code = f"""
import importlib, json, pkgutil, sys
sys.modules.update(dict.fromkeys({OF_EXTRAS!r}))  # None: importing it fails
import pvchat, pvchat_app
names = [m.name for p in (pvchat, pvchat_app) for m in pkgutil.walk_packages(p.__path__, p.__name__ + ".")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(json.dumps(names))
"""
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(REPO), str(REPO / "app")))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO, env=env)
    assert done.returncode == 0, done.stderr
    assert {"pvchat.train.losses", "pvchat.eval.run", "pvchat_app.server"} <= set(
        json.loads(done.stdout.splitlines()[-1])
    )


def _generator() -> Any:
    from pvchat.augment.positives.consisid import ConsisID

    return ConsisID.from_pretrained(device="cpu")


def _tools() -> Any:
    from pvchat_app.server import Options, serve

    return serve(Options(port=0, mcp=True), None, print)  # type: ignore[arg-type]


def _evaluation() -> Any:
    from pvchat.pool import results

    return list(results(["a clip"], None, engine="ray"))  # type: ignore[arg-type]


def _encoder() -> Any:
    from pvchat.bases.eyes import Eyes

    return Eyes("open_clip:nobody/nothing").folder


@pytest.mark.parametrize(
    ("package", "start", "extra"),
    [
        ("open_clip", _encoder, "hub"), ("diffusers", _generator, "hub"), ("mcp", _tools, "mcp"),
        ("ray", _evaluation, "ray"),
    ],
)  # fmt: skip
def test_what_needs_an_extra_says_which(monkeypatch: pytest.MonkeyPatch, package: str, start: Any, extra: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SettingsError) as caught:
        start()
    assert f"pip install 'pvchat[{extra}]'" in caught.value.hint
