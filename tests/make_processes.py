"""A training run by one process and by two that share it (gloo, on the processor), and whether both went alike.

In: a script that writes JSON to the file it is given: number of processes, history, tokens. Out: an assertion.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

_ALONE = {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": ""}


def two_go_like_one(text: str, folder: Path, tolerance: float) -> None:
    """Run a script both ways; every number of the history and every token must agree."""
    script, found = folder / "two.py", {}
    script.write_text(text)
    for count in (1, 2):
        out = folder / f"{count}.json"
        shared = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"] if count > 1 else []
        words, env = [sys.executable, *shared, str(script), str(out)], os.environ | _ALONE
        done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=500, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        found[count] = json.loads(out.read_text())
    assert [found[n][0] for n in (1, 2)] == [1, 2]
    for one, two in zip(found[1][1], found[2][1], strict=True):
        for key, value in one.items():
            assert two[key] == (pytest.approx(value, rel=1e-4, abs=1e-6) if isinstance(value, float) else value), key
    assert torch.allclose(torch.tensor(found[1][2]), torch.tensor(found[2][2]), atol=tolerance)
